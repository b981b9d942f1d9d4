"""`standort tipping` of sites, clusters, initiatives and unclustered sites."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from cli.runs import run, write_study

from standort.layers import read_study
from standort.outputs.geopackage.writer import write_geopackage
from standort.study import Result, score
from standort.uncertainty import place_tipping_points, tipping_points

SAMPLE = Path(__file__).resolve().parents[3] / "sample_layers" / "north_sea.gpkg"
INITIATIVE = "Port of Rotterdam"
UNCLUSTERED = "dispersed sites (no regions given)"


@pytest.fixture(scope="module")
def result() -> Result:
    return score(read_study(SAMPLE))


@pytest.fixture(scope="module")
def written(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return result.write(tmp_path_factory.mktemp("tipping") / "out.gpkg")


@pytest.mark.parametrize(
    "asked", [INITIATIVE, "Black Country Industrial Cluster", "3", UNCLUSTERED]
)
def test_a_result_gives_the_changes_of_the_function(
    result: Result, written: Path, tmp_path: Path, asked: str
) -> None:
    done = run("tipping", written, asked, "--out", tmp_path / "changes.csv", columns=200)
    assert done.exit_code == 0, done.output
    assert "NO" not in done.output
    wanted = place_tipping_points(result, asked)
    changes = pd.read_csv(tmp_path / "changes.csv")
    for name in ("target", "kind", "changed", "possible", "verified", "type_after"):
        expected = [None if pd.isna(cell) else cell for cell in wanted[name]]
        assert [None if pd.isna(cell) else cell for cell in changes[name]] == expected, name
    for name in ("before", "after", "score_after"):
        pd.testing.assert_series_equal(
            changes[name].astype(float), wanted[name].astype(float), rtol=0, atol=1e-9
        )


def test_a_study_prints_the_same_as_its_result(written: Path) -> None:
    output = run("tipping", SAMPLE, INITIATIVE, columns=200)
    assert output.exit_code == 0, output.output
    assert output.stdout == run("tipping", written, INITIATIVE, columns=200).stdout
    assert "Port of Rotterdam reaches the threshold of linkage" in output.stdout
    assert "forerunner" in output.stdout


def test_an_unknown_linkage_leaves_the_type_unknown(written: Path) -> None:
    output = run("tipping", written, "Black Country Industrial Cluster", columns=200).stdout
    assert "linkage unknown, forerunner | dispersed cluster |" in output.splitlines()[0]
    changed = next(line for line in output.splitlines() if "all weights together" in line)
    assert "unknown" in changed
    linked = next(line for line in output.splitlines() if line.startswith("  linkage "))
    assert "dispersed cluster" in linked


def test_the_thresholds_of_the_result_are_used(result: Result, tmp_path: Path) -> None:
    other = result.with_thresholds((0.4, 0.45)).write(tmp_path / "other.gpkg")
    output = run("tipping", other, INITIATIVE, columns=200).stdout
    assert "(thresholds 0.4, 0.45)" in output
    linked = next(line for line in output.splitlines() if line.startswith("  linkage "))
    assert "0.4500" in linked
    # the label rounds to three digits, the manifest does not
    fine = result.with_thresholds((0.41234, 0.45)).write(tmp_path / "fine.gpkg")
    assert "(thresholds 0.41234, 0.45)" in run("tipping", fine, INITIATIVE, columns=200).stdout
    median = result.with_thresholds("median").write(tmp_path / "median.gpkg")
    # nobody searched well enough for a linkage, so the median is that of what is on record
    exact = float(result.places["linkage_recorded"].astype(float).median())
    assert run("tipping", median, INITIATIVE, "--out", tmp_path / "m.csv").exit_code == 0
    changes = pd.read_csv(tmp_path / "m.csv").query("kind == 'linkage'")
    assert changes["after"].iloc[0] == pytest.approx(exact, abs=1e-12)


def test_the_last_of_several_years_is_used(tmp_path: Path) -> None:
    path = tmp_path / "years.gpkg"
    asked = [part for year in (2016, 2022) for part in ("--year", year)]
    assert run("type", SAMPLE, *asked, "--out", path).exit_code == 0
    last = score(read_study(SAMPLE, year=2022)).places.loc["North West Cluster"]
    output = run("tipping", path, "North West Cluster", columns=200)
    assert output.exit_code == 0, output.output
    assert f"advantage {last['advantage']:.4f}, linkage unknown" in output.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM place_contributions",
        "UPDATE place_contributions SET partial_value = 0.5 WHERE criterion = 'neighbour_count'",
    ],
)
def test_a_result_without_contributions_asks_for_the_study(
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
        ("999", [], "see its layers sites and places"),
    ],
)
def test_an_unknown_id_is_one_error_with_close_matches(
    written: Path, asked: str, options: list[str], hint: str
) -> None:
    done = run("tipping", written, asked, *options, columns=300)
    assert done.exit_code == 2
    assert hint in done.stderr
    assert done.stderr.count("error:") == 1


def test_a_result_and_its_study_give_the_changes_of_the_function(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study.gpkg")
    assert run("score", study, "--out", tmp_path / "out.gpkg").exit_code == 0
    for source, name in ((tmp_path / "out.gpkg", "a.csv"), (study, "b.csv")):
        done = run("tipping", source, "b", "--out", tmp_path / name)
        assert done.exit_code == 0, done.output
        assert "b is overtaken by c" in done.output
        assert "NO" not in done.output
    written = pd.read_csv(tmp_path / "a.csv")
    pd.testing.assert_frame_equal(written, pd.read_csv(tmp_path / "b.csv"))
    changes = tipping_points(score(read_study(study)), "b")
    assert written["after"].equals(changes["after"].astype(float).reset_index(drop=True))


def test_a_result_keeps_its_own_profile(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study.gpkg")
    run("score", study, "--out", tmp_path / "out.gpkg")
    assert run("tipping", tmp_path / "out.gpkg", "b", "--profile", "net-zero").exit_code == 0
    done = run("tipping", tmp_path / "out.gpkg", "b", "--profile", "frontrunner")
    assert done.exit_code == 2
    assert "was not scored by profile 'frontrunner'" in " ".join(done.output.split())
    assert run("tipping", study, "b", "--profile", "frontrunner").exit_code == 0


def test_an_unknown_site_is_reported(tmp_path: Path) -> None:
    done = run("tipping", write_study(tmp_path / "study.gpkg"), "nowhere")
    assert done.exit_code == 2
    assert "'nowhere'" in done.output


def write_row(path: Path, lon: list[float]) -> Path:
    """Write equal emitters along a parallel, each with a port of its own."""
    ids = [f"s{i}" for i in range(len(lon))]
    positions = gpd.points_from_xy(lon, [52.0] * len(lon), crs=4326)
    plants = gpd.GeoDataFrame({"site_id": ids, "co2_t_per_yr": 1e6}, geometry=positions)
    ports = gpd.GeoDataFrame({"feature_id": ids}, geometry=positions)
    return write_geopackage(path, layers={"emitters": plants, "ports": ports}, tables={})


def test_a_tie_is_broken_by_any_amount(tmp_path: Path) -> None:
    done = run("tipping", write_row(tmp_path / "two.gpkg", [4.0, 4.2]), "s0")
    assert done.exit_code == 0, done.output
    assert "any less" in done.output
    assert [line for line in done.output.splitlines() if "1.00    1.00" in line] == []


def test_a_single_site_has_no_rivals(tmp_path: Path) -> None:
    done = run("tipping", write_row(tmp_path / "one.gpkg", [4.0]), "s0")
    assert done.exit_code == 0, done.output
    assert "rank 1 of 1" in done.output
    assert "No other site has a score, so the rank cannot change." in done.output


def test_a_gate_that_excludes_a_site_or_place_is_named(tmp_path: Path) -> None:
    profile = tmp_path / "gates.toml"
    profile.write_text(
        'extends = "net-zero"\nid = "gates"\nversion = "1"\n[gates]\nport_distance = 0.98\n',
        encoding="utf-8",
    )
    study = write_study(tmp_path / "study.gpkg")
    out = tmp_path / "out.gpkg"
    assert run("score", study, "--profile", profile, "--out", out).exit_code == 0
    for source, asked in ((study, "e"), (out, "e"), (out, "0")):
        options = ("--profile", profile) if source == study else ()
        done = run("tipping", source, asked, *options)
        assert done.exit_code == 2
        message = " ".join(done.output.split())
        assert "a gate of the profile excludes it: 'port_distance' (partial value 0." in message
        assert "at least 0.98 needed" in message
