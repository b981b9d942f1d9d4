"""Masks: file formats, reference systems, and selection of cells by centre."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely

from standort.errors import CRSError, FileError, GeometryError, LayerError
from standort.surfaces.bounds import enclosing_bounds, read_bounds
from standort.surfaces.mask import Region, as_mask

if TYPE_CHECKING:
    from pathlib import Path

ISLANDS = [shapely.box(3.5, 51.3, 4.1, 51.9), shapely.Point(4.6, 52.2).buffer(0.3)]


def polygons(crs: str | None = "EPSG:4326", **columns: Any) -> geopandas.GeoDataFrame:  # noqa: ANN401
    return geopandas.GeoDataFrame(columns, geometry=ISLANDS, crs=crs)


def scattered() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.uniform(3.0, 5.2, 2_000), rng.uniform(51.0, 52.8, 2_000)


def write(path: Path, layer: geopandas.GeoDataFrame) -> Path:
    if path.suffix == ".parquet":
        layer.to_parquet(path)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the missing CRS, in the test of that
            layer.to_file(path)
    return path


@pytest.mark.parametrize("name", ["land.gpkg", "land.shp", "land.geojson", "land.parquet"])
def test_every_format_gives_the_same_cells(name: str, tmp_path: Path) -> None:
    lon, lat = scattered()
    result = as_mask(write(tmp_path / name, polygons())).holds(lon, lat)
    inside = shapely.union_all(ISLANDS)
    # edges are geodesics here, straight in degrees there: 6 m apart at most
    sure = np.abs(shapely.distance(shapely.boundary(inside), shapely.points(lon, lat))) > 1e-3
    assert sure.sum() > 1_900
    assert result[sure].tolist() == shapely.contains_xy(inside, lon, lat)[sure].tolist()
    assert 0 < result.sum() < len(lon)


def test_another_reference_system_gives_the_same_cells(tmp_path: Path) -> None:
    lon, lat = scattered()
    there = polygons().assign(geometry=lambda layer: layer.segmentize(0.005)).to_crs(3035)
    result = as_mask(write(tmp_path / "land.gpkg", there)).holds(lon, lat)
    expected = as_mask(polygons()).holds(lon, lat)
    assert (result != expected).sum() <= 4


def test_a_mask_across_the_antimeridian_and_its_bounds() -> None:
    fiji = shapely.Polygon([(177, -19), (-178, -19), (-178, -16), (177, -16)])
    mask = as_mask(geopandas.GeoDataFrame(geometry=[fiji], crs=4326))
    lon = np.array([178.0, 180.0, -180.0, -179.0, 0.0, 176.0])
    assert mask.holds(lon, np.full(6, -17.0)).tolist() == [True] * 4 + [False] * 2
    west, south, east, north = enclosing_bounds(mask.boxes()).edges()
    assert (west, east, north) == (177.0, -178.0, -16.0)
    assert -19.1 < south < -19.0  # the geodesic between the southern corners bulges


def test_a_mask_around_a_pole_reaches_it() -> None:
    ring = [(lon, 80.0) for lon in range(-180, 180, 10)]
    mask = as_mask(geopandas.GeoDataFrame(geometry=[shapely.Polygon(ring)], crs=4326))
    lat = np.array([90.0, 85.0, 79.0])
    assert mask.holds(np.array([0.0, 100.0, 0.0]), lat).tolist() == [True, True, False]
    assert enclosing_bounds(mask.boxes()).edges() == pytest.approx([-180, 80, 180, 90], abs=0.1)


def test_a_region_needs_bounds_and_mask() -> None:
    region = Region(read_bounds([3, 51, 4, 53]), as_mask(polygons()))
    lon, lat = np.array([3.8, 4.05, 3.1, 4.6]), np.array([51.5, 51.5, 51.5, 52.2])
    assert region.holds(lon, lat).tolist() == [True, False, False, False]


def test_of_several_layers_the_one_named_mask_is_used(tmp_path: Path) -> None:
    path = tmp_path / "several.gpkg"
    polygons().iloc[:1].to_file(path, layer="mask")
    polygons().iloc[1:].to_file(path, layer="sea")
    here = as_mask(path).holds(np.array([3.8, 4.6]), np.array([51.5, 52.2]))
    assert here.tolist() == [True, False]


def test_several_layers_with_other_names_raise(tmp_path: Path) -> None:
    path = tmp_path / "several.gpkg"
    for name in ("sea", "air"):
        polygons().to_file(path, layer=name)
    with pytest.raises(FileError, match="has 'sea', 'air': rename the intended one"):
        as_mask(path)


def test_digests_identify_polygons(tmp_path: Path) -> None:
    one, same = as_mask(polygons()), as_mask(write(tmp_path / "a.gpkg", polygons(name=["x", "y"])))
    assert one.digest == same.digest
    assert as_mask(polygons().iloc[:1]).digest != one.digest


def test_polygons_without_a_reference_system_raise(tmp_path: Path) -> None:
    path = write(tmp_path / "land.shp", polygons(crs=None))
    with pytest.raises(CRSError, match=r"'land.shp': it has no coordinate reference system: ask"):
        as_mask(path)


def test_lines_raise() -> None:
    lines = geopandas.GeoDataFrame(geometry=[shapely.LineString([(3, 51), (4, 52)])], crs=4326)
    with pytest.raises(GeometryError, match="polygon"):
        as_mask(lines)


def test_an_empty_mask_raises() -> None:
    with pytest.raises(LayerError, match="'mask' has no polygons"):
        as_mask(polygons().iloc[:0])


def test_missing_and_unreadable_files_raise(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="found nothing at"):
        as_mask(tmp_path / "none.gpkg")
    path = tmp_path / "notes.gpkg"
    path.write_text("no polygons here")
    with pytest.raises(FileError, match="expected a GeoPackage"):
        as_mask(path)
