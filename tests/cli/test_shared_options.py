"""`--raster NAME=FILE` in every command that scores, and rasters in `standort check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pytest
from cli.runs import run, write_study
from raster_files import write_raster

from standort.scoring import profile_text

if TYPE_CHECKING:
    from pathlib import Path

WIND = """
[[criteria]]
id = "wind_speed"
component = "net_zero_assets"
title = "Wind speed within 10 km"
rationale = "Power from nearby"
metric = "raster_within"
statistic = "mean"
radius_km = 10
unit = "m_per_s"
source = { raster = "wind", unit = "m_per_s" }
value.kind = "goalpost"
value.worst = { x = 4, source = "assumption" }
value.best = { x = 9, source = "assumption" }
"""


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(profile_text("net-zero") + WIND)
    return path


@pytest.fixture
def wind(tmp_path: Path) -> Path:
    """Write wind of 7 m/s around all sites but the far one."""
    values = np.full((20, 40), 7.0, dtype="float32")
    return write_raster(tmp_path / "any-name.tif", values, (3.5, 52.5), 0.05, nodata=-1)


def test_score_uses_the_raster(study_path: Path, profile: Path, wind: Path) -> None:
    out = profile.with_name("out.gpkg")
    given = f"wind={wind}"
    result = run("score", study_path, "--profile", profile, "--raster", given, "--out", out)
    assert result.exit_code == 0, result.output
    assert "wind speed" in result.output
    assert "too little of raster 'any-name.tif' is known at 1 of 6 sites" in result.output
    sites = geopandas.read_file(out, layer="sites").set_index("site_id")
    assert sites.loc["a", "wind_speed_m_per_s"] == pytest.approx(7.0)
    assert np.isnan(sites.loc["far", "wind_speed_m_per_s"])
    explained = run("explain", out, "a")
    assert "7 m/s" in explained.output
    assert "100 % covered" in explained.output


def test_score_in_chunks_uses_the_raster(study_path: Path, profile: Path, wind: Path) -> None:
    out, given = profile.with_name("out.gpkg"), f"wind={wind}"
    options = ["--profile", profile, "--raster", given, "--out", out, "--chunk-sites", 2]
    emitters = geopandas.read_file(study_path, layer="emitters")[["site_id", "geometry"]]
    emitters.to_file(profile.with_name("sites.gpkg"), layer="sites")
    sites = ["--sites", profile.with_name("sites.gpkg")]
    result = run("score", study_path, *sites, *options)
    assert result.exit_code == 0, result.output
    stored = geopandas.read_file(out, layer="sites")
    assert stored["wind_speed_m_per_s"].notna().sum() == 5


def test_without_the_raster_the_criterion_is_left_out_with_a_hint(
    study_path: Path, profile: Path
) -> None:
    result = run("score", study_path, "--profile", profile, columns=120)
    assert result.exit_code == 0, result.output
    assert "wind speed: the study has no raster 'wind': give one by --raster wind=FILE" in (
        result.output
    )


def test_surface_and_batch_use_the_raster(study_path: Path, profile: Path, wind: Path) -> None:
    given = ["--profile", profile, "--raster", f"wind={wind}"]
    out = profile.with_name("surface.tif")
    bounds = ["--bounds", 4, 51.8, 4.5, 52.2, "--cell-km", 10]
    result = run("surface", study_path, *given, *bounds, "--out", out)
    assert result.exit_code == 0, result.output
    assert "wind speed" in result.output
    result = run("batch", study_path, *given, "--out-dir", profile.with_name("out"))
    assert result.exit_code == 0, result.output
    assert "wind_speed" in profile.with_name("out").joinpath("batch.csv").read_text()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("wind", "expected NAME=FILE, such as wind=wind.tif"),
        ("=x.tif", "expected NAME=FILE"),
        ("wimd=any-name.tif", "has no criterion that uses a raster 'wimd'; did you mean 'wind'?"),
        ("zzz=any-name.tif", "has no criterion that uses a raster 'zzz'; its rasters are wind"),
        ("wind=no-such.tif", "there is no file 'no-such.tif'; check the path"),
    ],
)
@pytest.mark.parametrize("command", ["score", "check", "surface", "batch"])
def test_a_wrong_option_is_one_clear_error(
    study_path: Path, profile: Path, command: str, given: str, message: str
) -> None:
    needed = {
        "surface": ["--out", profile.with_name("s.tif"), "--cell-km", 10],
        "batch": ["--out-dir", profile.with_name("out")],
    }
    options = ["--profile", profile, "--raster", given, *needed.get(command, [])]
    result = run(command, study_path, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output + result.stderr


def test_all_problems_of_the_option_are_listed_together(
    study_path: Path, profile: Path, wind: Path
) -> None:
    given = ["--raster", f"wind={wind}", "--raster", f"wind={wind}", "--raster", "sun"]
    result = run("score", study_path, "--profile", profile, *given)
    assert result.exit_code == 2
    assert "--raster has 2 problems:" in result.stderr
    assert "raster 'wind' is given twice; leave one out" in result.stderr


def test_check_describes_a_raster_and_its_criteria(
    study_path: Path, profile: Path, wind: Path
) -> None:
    result = run("check", study_path, "--profile", profile, "--raster", f"wind={wind}")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    at = lines.index("wind: raster any-name.tif")
    assert lines[at + 1 : at + 7] == [
        "  size: 20 rows, 40 columns, 1 band",
        "  CRS: EPSG:4326",
        "  resolution: 0.05 x 0.05 degrees",
        "  nodata: -1",
        "  extent: 3.50 E to 5.50 E, 51.50 N to 52.50 N",
        "  used by: wind speed",
    ]
    assert "yes, from raster wind" in result.output
    assert "No problems found." in lines


def test_check_lists_an_unreadable_raster_among_the_problems(
    study_path: Path, profile: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.tif"
    broken.write_text("no raster")
    given = ["--profile", profile, "--raster", f"wind={broken}"]
    result = run("check", study_path, *given)
    assert result.exit_code == 2
    assert "no: raster 'wind' has problems" in result.output
    assert "Problems (1)" in result.output
    assert "cannot open" in result.output
    assert "standort scores nothing until all problems are fixed." in result.output
    result = run("score", study_path, *given)
    assert result.exit_code == 2
    assert "cannot open" in result.stderr
    assert "give another by --raster wind=FILE" in result.stderr


def test_check_describes_unused_rasters_without_reporting_problems(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    emitters = geopandas.read_file(write_study(tmp_path / "s.gpkg"), layer="emitters")
    emitters.to_parquet(folder / "emitters.parquet")
    write_raster(folder / "sun.tif", np.ones((2, 2)), (4.0, 52.0), 0.1)
    (folder / "broken.tif").write_text("no raster")
    result = run("check", folder)
    assert result.exit_code == 0, result.output
    assert "sun: raster sun.tif" in result.output
    assert "  used by: no criterion of profile net-zero" in result.output
    assert "  cannot open" in result.output
    assert "No problems found." in result.output
