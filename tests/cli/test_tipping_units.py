"""`standort tipping` of clusters, initiatives and unclustered sites, from a result and from its study."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from cli.runs import run

from standort.layers import read_study
from standort.study import Result, score
from standort.uncertainty import place_tipping_points

SAMPLE = Path(__file__).resolve().parents[2] / "sample_layers" / "north_sea.gpkg"
INITIATIVE = "Port of Rotterdam"
REMAINDER = "dispersed sites (no regions given)"


@pytest.fixture(scope="module")
def result() -> Result:
    return score(read_study(SAMPLE))


@pytest.fixture(scope="module")
def written(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return result.write(tmp_path_factory.mktemp("tipping") / "out.gpkg")


@pytest.mark.parametrize("asked", [INITIATIVE, "Black Country Industrial Cluster", "3", REMAINDER])
def test_a_written_result_gives_what_the_function_does(
    result: Result, written: Path, tmp_path: Path, asked: str
) -> None:
    done = run("tipping", written, asked, "--out", tmp_path / "found.csv", columns=200)
    assert done.exit_code == 0, done.output
    assert "NO" not in done.output
    wanted = place_tipping_points(result, asked)
    found = pd.read_csv(tmp_path / "found.csv")
    for name in ("target", "kind", "changed", "found", "verified", "type_after"):
        told = [None if pd.isna(cell) else cell for cell in wanted[name]]
        assert [None if pd.isna(cell) else cell for cell in found[name]] == told, name
    for name in ("before", "after", "score_after"):
        pd.testing.assert_series_equal(
            found[name].astype(float), wanted[name].astype(float), rtol=0, atol=1e-9
        )


def test_a_study_gives_the_same_as_its_result(written: Path) -> None:
    told = run("tipping", SAMPLE, INITIATIVE, columns=200)
    assert told.exit_code == 0, told.output
    assert told.stdout == run("tipping", written, INITIATIVE, columns=200).stdout
    assert "Port of Rotterdam reaches the threshold of linkage" in told.stdout
    assert "forerunner" in told.stdout


def test_an_unknown_linkage_is_told_and_leaves_the_type_unknown(written: Path) -> None:
    told = run("tipping", written, "Black Country Industrial Cluster", columns=200).stdout
    assert "linkage unknown, dispersed cluster | dispersed sites" in told.splitlines()[0]
    changed = next(line for line in told.splitlines() if "all weights together" in line)
    assert "unknown" in changed
    linked = next(line for line in told.splitlines() if line.startswith("  linkage "))
    assert "dispersed cluster" in linked


def test_types_by_other_thresholds_tip_over_those(result: Result, tmp_path: Path) -> None:
    other = result.with_thresholds((0.4, 0.45)).write(tmp_path / "other.gpkg")
    told = run("tipping", other, INITIATIVE, columns=200).stdout
    assert "(thresholds 0.4, 0.45)" in told
    linked = next(line for line in told.splitlines() if line.startswith("  linkage "))
    assert "0.4500" in linked
    median = result.with_thresholds("median").write(tmp_path / "median.gpkg")
    exact = float(result.places["linkage"].astype(float).median())
    assert run("tipping", median, INITIATIVE, "--out", tmp_path / "m.csv").exit_code == 0
    found = pd.read_csv(tmp_path / "m.csv").query("kind == 'linkage'")
    assert found["after"].iloc[0] == pytest.approx(exact, abs=1e-12)


def test_of_several_years_the_last_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "years.gpkg"
    asked = [part for year in (2016, 2022) for part in ("--year", year)]
    assert run("type", SAMPLE, *asked, "--out", path).exit_code == 0
    last = score(read_study(SAMPLE, year=2022)).places.loc["North West Cluster"]
    told = run("tipping", path, "North West Cluster", columns=200)
    assert told.exit_code == 0, told.output
    assert f"advantage {last['advantage']:.4f}, linkage {last['linkage']:.4f}" in told.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM place_contributions",
        "UPDATE place_contributions SET partial_value = 0.5 WHERE criterion = 'neighbour_count'",
    ],
)
def test_a_result_that_does_not_hold_the_parts_asks_for_the_study(
    result: Result, tmp_path: Path, statement: str
) -> None:
    path = result.write(tmp_path / "out.gpkg")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    done = run("tipping", path, INITIATIVE, columns=300)
    assert done.exit_code == 2
    assert "give the study instead of the result" in done.stderr


@pytest.mark.parametrize(
    ("asked", "options", "hint"),
    [
        ("Port of Roterdam", [], "did you mean 'Port of Rotterdam'?"),
        ("roterdam-pernis", [], "did you mean 'rotterdam-pernis'"),
        ("pernis", ["--of", "place"], "did you mean 'Pernis refinery and chemicals'?"),
        (INITIATIVE, ["--of", "site"], "expected the id of a site in"),
        ("rotterdam-pernis", ["--of", "place"], "expected the name of a place or the number"),
        ("999", [], "look in its layers sites, places"),
    ],
)
def test_an_unknown_id_is_one_error_with_close_matches(
    written: Path, asked: str, options: list[str], hint: str
) -> None:
    done = run("tipping", written, asked, *options, columns=300)
    assert done.exit_code == 2
    assert hint in done.stderr
    assert done.stderr.count("error:") == 1
