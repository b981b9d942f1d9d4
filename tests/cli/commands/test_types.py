"""`standort type` prints, writes and plots types of places."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from cli.runs import run

from standort.layers import read_study
from standort.study import score

SAMPLE = Path(__file__).resolve().parents[3] / "sample_layers" / "north_sea.gpkg"
PLACE_COLUMNS = [
    "place",
    "kind",
    "year",
    "n_sites",
    "co2_mt_per_yr",
    "advantage",
    "advantage_p05",
    "advantage_p50",
    "advantage_p95",
    "linkage",
    "linkage_p05",
    "linkage_p50",
    "linkage_p95",
    "linkage_recorded",
    "linkage_lower",
    "linkage_upper",
    "type",
    "type_set",
    "p_forerunner",
    "p_dispersed_cluster",
    "p_classic_cluster",
    "p_dispersed_sites",
    "entropy",
    "margin",
]


def test_places_of_the_sample_are_printed_written_and_plotted(tmp_path: Path) -> None:
    out, plot = tmp_path / "types.gpkg", tmp_path / "types.png"
    result = run("type", SAMPLE, "--year", "2022", "--out", out, "--plot", plot)
    assert result.exit_code == 0, result.output
    assert "classic cluster" in result.output
    scored = score(read_study(SAMPLE, year=2022)).sites
    dispersed = scored[scored["role"] == "noise"]
    strategic = int((dispersed["score"] >= 0.5).sum())
    counted = f"Strategic dispersed sites: {strategic} of {len(dispersed)} sites"
    assert strategic > 0
    assert counted in result.output
    places = gpd.read_file(out, layer="places")
    n = places["type"].isna().sum()
    of = f"{n} of {len(places)} places" if n < len(places) else f"all {n} places"
    assert f"the data do not decide the type of {of}" in " ".join(result.output.split())
    assert places.columns.tolist()[: len(PLACE_COLUMNS)] == PLACE_COLUMNS
    assert set(places["kind"]) == {"cluster", "initiative", "unclustered"}
    assert places["year"].unique().tolist() == [2022]
    assert places["p_forerunner"].isna().all()
    assert places["threshold"].unique().tolist() == ["fixed: advantage 0.5, linkage 0.5"]
    screening = pyogrio.read_dataframe(out, layer="screening")
    assert screening.columns.tolist() == ["place", "approach", "verdict", "reasoning", "missing"]
    assert set(screening["verdict"]) == {"true", "false", "unknown"}
    styles = pyogrio.read_dataframe(out, layer="layer_styles")
    assert "places" in set(styles["f_table_name"])
    assert plot.stat().st_size > 10_000


def test_draws_give_probabilities(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "types.gpkg"
    result = run("type", study_path, "--draws", "40", "--seed", "3", "--out", out)
    assert result.exit_code == 0, result.output
    assert "P(type)" in result.output
    places = gpd.read_file(out, layer="places")
    assert places["advantage_p05"].notna().all()
    # without links, a place may not be a forerunner, but is never one for certain
    assert not (places["p_forerunner"] > 0).any()
    again = tmp_path / "again.gpkg"
    run("type", study_path, "--draws", "40", "--seed", "3", "--out", again)
    assert (
        gpd.read_file(again, layer="places")
        .drop(columns="geometry")
        .equals(places.drop(columns="geometry"))
    )


def test_draws_are_centred_on_the_requested_threshold(study_path: Path, tmp_path: Path) -> None:
    low, high = tmp_path / "low.gpkg", tmp_path / "high.gpkg"
    for out, threshold in ((low, "0,0.5"), (high, "1,0.5")):
        result = run("type", study_path, "--draws", "40", "--threshold", threshold, "--out", out)
        assert result.exit_code == 0, result.output
    assert (gpd.read_file(low, layer="places")["p_dispersed_sites"] == 0).all()
    assert (gpd.read_file(high, layer="places")["p_classic_cluster"] == 0).all()


def test_the_reasoning_is_printed(study_path: Path) -> None:
    result = run("type", study_path, "--reasoning", "Alpha works")
    assert result.exit_code == 0, result.output
    assert "[unknown] Net Zero Industrial Cluster: all of" in result.output
    assert "missing:" in result.output


def test_several_years_are_compared() -> None:
    result = run("type", SAMPLE, "--year", "2022", "--year", "2016", "--year", "2016")
    assert result.exit_code == 0, result.output
    assert "2016 to 2022: advantage +0.003 = firm proximity" in result.output
    assert "no transition is settled" in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--reasoning", "Alpha work"], "did you mean 'Alpha works'?"),
        (["--threshold", "high"], "expected --threshold as T, ADVANTAGE,LINKAGE, median or jenks"),
        (["--threshold", "1.5"], "expected threshold to be a number of at least 0 and at most 1"),
        (["--threshold", "jenks"], "natural breaks need at least 20 known places"),
        (["--threshold", "median"], "a median needs at least one known place on each axis"),
        (["--seed", "3"], "--seed 3 has no effect without draws"),
        (["--year", "2016", "--year", "2022", "--threshold", "median"], "cannot be followed"),
        (["--plot", "types.txt"], "expected a file name that ends in .png or .svg or .pdf"),
        (["--out", "types.csv"], "types.csv"),
    ],
)
def test_wrong_options_are_one_error(study_path: Path, options: list[str], message: str) -> None:
    result = run("type", study_path, *options)
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.count("error:") == 1
