"""`standort surface` writes rasters and hexagons; a problem is one error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import pytest
import rasterio
import shapely
from cli.runs import ALL_CRITERIA, PROFILE_NAME, run

if TYPE_CHECKING:
    from pathlib import Path

BOUNDS = ("--bounds", "3.5", "51.5", "5", "52.5")


def test_a_raster_is_written_and_summarised(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "new folder" / "surface.tif"
    result = run("surface", study_path, "--cell-km", "10", *BOUNDS, "--out", out)
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())
    assert f"Scores use 6 of the {ALL_CRITERIA}: neighbour emissions," in output
    assert f"Written to {out}" in output
    with rasterio.open(out) as raster:
        scored = (raster.read(1) >= 0).sum()
        cells = (raster.read(4) >= 0).sum()
    assert output.startswith(f"{scored} of {cells} cells scored by profile {PROFILE_NAME}")
    assert [path.name for path in out.parent.iterdir()] == ["surface.tif"]


def test_hexagons_within_a_mask_are_written(study_path: Path, tmp_path: Path) -> None:
    land = geopandas.GeoDataFrame(geometry=[shapely.box(3.9, 51.9, 4.3, 52.1)], crs=4326)
    land.to_crs(28992).to_file(tmp_path / "land.shp")
    out = tmp_path / "surface.gpkg"
    result = run("surface", study_path, "--h3", "7", "--mask", tmp_path / "land.shp", "--out", out)
    assert result.exit_code == 0, result.output
    cells = geopandas.read_file(out, layer="surface")
    assert 100 < len(cells) < 180
    assert shapely.box(3.85, 51.85, 4.35, 52.15).contains(cells.geometry.union_all())


def test_bounds_may_cross_the_antimeridian(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    bounds = ("--bounds", "179", "-18", "-179", "-17")
    result = run("surface", study_path, "--cell-km", "20", *bounds, "--out", out)
    assert result.exit_code == 0, result.output
    with rasterio.open(out) as raster:
        assert 9 < raster.width < 15


def test_only_a_result_is_replaced(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    command = ("surface", study_path, "--cell-km", "20", *BOUNDS, "--out", out)
    assert [run(*command).exit_code for _ in range(2)] == [0, 0]
    out.write_text("a holiday")
    result = run(*command)
    assert result.exit_code == 2
    assert "is not a result of standort and would be lost" in result.output
    assert out.read_text() == "a holiday"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "expected either cell_km (a raster) or h3 (hexagons), got neither"),
        (("--cell-km", "1", "--h3", "6"), "got both"),
        (("--cell-km", "0.001"), "choose larger cells (for H3, a lower resolution) or smaller"),
        (("--cell-km", "-3"), "at most 1e+06 [km] or None, got -3"),
        (("--cell-km", "1", "--grid", "round"), "'equal-area' or 'geographic', got 'round'"),
        (("--cell-km", "1", "--bounds", "5", "53", "4", "52"), "south below north"),
        (("--cell-km", "1", "--mask", "none.gpkg"), "found nothing at 'none.gpkg'"),
        (("--h3", "16"), "from 0 to 15 or None, got 16"),
    ],
)
def test_wrong_options_are_one_error(
    options: tuple[str, ...], message: str, study_path: Path, tmp_path: Path
) -> None:
    name = "a.gpkg" if options[:1] == ("--h3",) else "a.tif"
    result = run("surface", study_path, *BOUNDS, *options, "--out", tmp_path / name)
    assert result.exit_code == 2
    assert result.output.startswith("error: ")
    assert message in " ".join(result.output.split())
    assert [path.name for path in tmp_path.iterdir()] == ["study.gpkg"]


def test_the_study_is_not_overwritten(study_path: Path) -> None:
    before = study_path.read_bytes()
    result = run("surface", study_path, "--h3", "5", "--out", study_path)
    assert (result.exit_code, study_path.read_bytes()) == (2, before)
    assert "expected another output than the input" in " ".join(result.output.split())


def test_the_year_selects_rows(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "surface.tif"
    options = ("--cell-km", "20", *BOUNDS, "--year", "2030", "--restart", "--out", out)
    assert run("surface", study_path, *options).exit_code == 0
