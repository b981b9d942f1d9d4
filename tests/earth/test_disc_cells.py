"""Grids: areas of cells, the cells a disc covers, and the cell that contains a position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
from affine import Affine
from raster_files import brute_cells, cell_area, mapped_raster, write_raster

from standort.earth.raster.cell_coverage import Window
from standort.earth.raster.cells import Cover, Grid, Placement
from standort.earth.raster.disc_cells import GeographicGrid, make_grid
from standort.earth.raster.discs import disc_around
from standort.earth.raster.projected_cells import MappedGrid
from standort.errors import GeometryError
from standort.layers.rasters.raster_files import open_raster

if TYPE_CHECKING:
    from pathlib import Path

#: maps and a position each is made for: transverse Mercator, equal area, Great Britain on Airy's
#: ellipsoid, web Mercator, polar, degrees on the International ellipsoid, degrees round a
#: shifted pole
MAPS = [
    ("EPSG:32632", (6.5, 50.5), 1.0),
    ("EPSG:3035", (6.5, 50.5), 1.0),
    ("EPSG:27700", (-2.2, 53.0), 1.0),
    ("EPSG:3857", (6.5, 55.0), 1.0),
    ("EPSG:3413", (10.0, 89.9), 1.0),
    ("EPSG:4230", (6.0, 50.0), 1e-5),
    ("+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18", (6.0, 50.0), 1e-5),
]


def total_area(covers: list[Cover]) -> float:
    """Covered area [m2] of all cells."""
    total = 0.0
    for cover in covers:
        share, area = cover.shares(cover.window.row_start, cover.window.row_stop)
        total += float(np.where(share > 0.0, share * area, 0.0).sum())
    return total


def world(size: float, west: float = -180.0, north: float = 90.0) -> Grid:
    rows = round((90.0 + north) / size) if north <= 90.0 else round(180.0 / size) + 1
    return make_grid(
        pyproj.CRS(4326), Placement(size, 0, west, 0, -size, north), rows, round(360 / size)
    )


@pytest.mark.parametrize("row", [0, 30, 60, 89])
def test_cells_of_longitude_and_latitude_have_their_wgs84_area(tmp_path: Path, row: int) -> None:
    path = write_raster(tmp_path / "a.tif", np.ones((90, 2)), (0.0, 90.0), 1.0)
    grid = open_raster(path).grid
    assert isinstance(grid, GeographicGrid)
    expected = cell_area(path, row, 1, n=5_000)
    np.testing.assert_allclose(grid.cell_areas(row, row + 1), [[expected]], rtol=1e-7)


def test_the_degree_at_the_equator_is_that_along_the_parallel() -> None:
    grid = world(1.0)
    assert isinstance(grid, GeographicGrid)
    assert grid.cell_areas(89, 90)[0, 0] / 1e6 == pytest.approx(12_308.464, abs=0.001)


@pytest.mark.parametrize(("crs", "position", "unit"), MAPS)
@pytest.mark.parametrize("size", [100.0, 1_000.0, 20_000.0])
def test_mapped_cells_have_their_wgs84_area(
    tmp_path: Path, crs: str, position: tuple[float, float], unit: float, size: float
) -> None:
    path = mapped_raster(tmp_path / "a.tif", crs, position, size * unit, np.ones((40, 40)))
    grid = open_raster(path).grid
    assert isinstance(grid, MappedGrid)
    areas = grid.cell_areas(Window(0, 40, 0, 40))
    for row, col in [(0, 0), (17, 23), (39, 39)]:
        expected = cell_area(path, row, col)
        # over 20 km the scale of a map changes within a cell: those are measured otherwise
        assert areas[row, col] == pytest.approx(expected, rel=1e-6 if size < 5e3 else 1e-5)


@pytest.mark.parametrize(("crs", "position", "unit"), MAPS)
@pytest.mark.parametrize("size", [20_000.0, 300_000.0])
def test_large_mapped_cells_have_their_wgs84_area(
    tmp_path: Path, crs: str, position: tuple[float, float], unit: float, size: float
) -> None:
    path = mapped_raster(tmp_path / "a.tif", crs, position, size * unit, np.ones((3, 3)))
    (cover,) = open_raster(path).grid.covers(disc_around(*position, 20_000.0), 20_000.0)
    share, area = cover.shares(1, 2)
    expected = cell_area(path, 1, 1, n=2_000)
    assert area[0, 1 - cover.window.col_start] == pytest.approx(expected, rel=2e-6)
    assert share.max() > 0.0


@pytest.mark.parametrize(("crs", "position", "unit"), MAPS)
@pytest.mark.parametrize("size", [150.0, 700.0, 1_000.0, 9_000.0, 200_000.0])
@pytest.mark.parametrize("radius", [5_000.0, 25_000.0])
def test_covered_areas_add_up_to_the_disc_on_any_map(
    tmp_path: Path, crs: str, position: tuple[float, float], unit: float, size: float, radius: float
) -> None:
    n = int(4.0 * radius / size) + 4
    path = mapped_raster(tmp_path / "a.tif", crs, position, size * unit, np.ones((n, n)))
    disc = disc_around(*position, radius)
    assert total_area(open_raster(path).grid.covers(disc, radius)) == pytest.approx(
        disc.area, rel=1e-6
    )


@pytest.mark.parametrize("west", [-180.0, 0.0, -25.0, 97.0])
@pytest.mark.parametrize("size", [0.25, 1.0, 10.0])
@pytest.mark.parametrize(
    ("position", "radius"),
    [
        ((6.08, 50.78), 25_000.0),
        ((179.99, 10.0), 100_000.0),
        ((-180.0, -52.0), 300_000.0),
        ((0.0, 90.0), 100_000.0),
        ((33.0, -89.9), 25_000.0),
        ((100.0, 20.0), 3_000_000.0),
    ],
)
def test_covered_areas_add_up_to_the_disc_over_seams_and_poles(
    west: float, size: float, position: tuple[float, float], radius: float
) -> None:
    disc = disc_around(*position, radius)
    assert total_area(world(size, west).covers(disc, radius)) == pytest.approx(disc.area, rel=1e-6)


def test_a_raster_that_repeats_its_first_column_counts_it_once() -> None:
    grid = make_grid(pyproj.CRS(4326), Placement(1, 0, -180.5, 0, -1, 90), 180, 361)
    disc = disc_around(-180.0, 0.0, 200_000.0)
    assert total_area(grid.covers(disc, 200_000.0)) == pytest.approx(disc.area, rel=1e-6)


def test_cells_beyond_the_pole_are_ignored() -> None:
    grid = world(1.0, north=90.5)
    disc = disc_around(0.0, 90.0, 200_000.0)
    assert total_area(grid.covers(disc, 200_000.0)) == pytest.approx(disc.area, rel=1e-6)


def test_a_disc_half_outside_a_raster_is_half_covered() -> None:
    grid = make_grid(pyproj.CRS(4326), Placement(0.01, 0, 6, 0, -0.01, 60), 2_000, 500)
    disc = disc_around(6.0, 50.0, 25_000.0)
    assert total_area(grid.covers(disc, 25_000.0)) == pytest.approx(disc.area / 2.0, rel=1e-6)


@pytest.mark.parametrize(
    ("crs", "position", "size", "radius", "n"),
    [
        ("EPSG:4326", (6.1, 50.6), 0.3, 25_000.0, 7),
        ("EPSG:4326", (6.1, 79.9), 4.0, 60_000.0, 3),
        ("EPSG:32632", (6.5, 50.5), 10_000.0, 25_000.0, 7),
        ("EPSG:27700", (-2.2, 53.0), 6_000.0, 17_000.0, 7),
        ("EPSG:3857", (6.5, 60.0), 60_000.0, 25_000.0, 3),
        ("EPSG:3035", (6.5, 50.5), 90_000.0, 25_000.0, 3),
    ],
)
def test_shares_of_cells_equal_sums_over_small_cells(
    tmp_path: Path, crs: str, position: tuple[float, float], size: float, radius: float, n: int
) -> None:
    path = mapped_raster(tmp_path / "a.tif", crs, position, size, np.ones((n, n)))
    share, area = brute_cells(path, position, radius, k=1_000 // n)
    actual_share, actual_area = np.zeros((n, n)), np.zeros((n, n))
    for cover in open_raster(path).grid.covers(disc_around(*position, radius), radius):
        w = cover.window
        part = (slice(w.row_start, w.row_stop), slice(w.col_start, w.col_stop))
        some, whole = cover.shares(w.row_start, w.row_stop)
        actual_share[part], actual_area[part] = some, some * whole
    np.testing.assert_allclose(actual_share, share, atol=1e-3)
    np.testing.assert_allclose(actual_area, area, atol=1e-3 * area.max())


def test_a_rotated_raster_is_measured_as_one_that_is_not(tmp_path: Path) -> None:
    turned = Affine.translation(6.0, 50.0) @ Affine.rotation(30.0) @ Affine.scale(0.1, -0.1)
    path = write_raster(tmp_path / "a.tif", np.ones((9, 9)), (0, 0), 1, transform=turned)
    position = turned @ (4.5, 4.5)
    disc = disc_around(*position, 15_000.0)
    grid = open_raster(path).grid
    assert isinstance(grid, MappedGrid)
    assert total_area(grid.covers(disc, 15_000.0)) == pytest.approx(disc.area, rel=1e-6)


def test_a_disc_torn_by_its_map_raises() -> None:
    width = 20_037_508.342789244
    mercator = make_grid(
        pyproj.CRS(3857), Placement(1e4, 0, -width, 0, -1e4, 1e7), 2_000, int(2 * width / 1e4)
    )
    with pytest.raises(GeometryError, match="gdalwarp"):
        mercator.covers(disc_around(179.99, 10.0, 100_000.0), 100_000.0)


def test_a_disc_on_the_other_side_of_the_earth_covers_nothing(tmp_path: Path) -> None:
    path = mapped_raster(tmp_path / "a.tif", "EPSG:32632", (9.0, 50.0), 1_000.0, np.ones((9, 9)))
    grid = open_raster(path).grid
    for position in [(-171.0, -50.0), (99.0, 0.0), (9.0, -50.0), (9.0, 52.0), (0.0, 90.0)]:
        assert grid.covers(disc_around(*position, 50_000.0), 50_000.0) == []


@pytest.mark.parametrize("west", [-180.0, 0.0])
def test_cells_are_located_in_any_range_of_longitudes(west: float) -> None:
    row, col = world(1.0, west).locate(
        np.array([-0.5, 359.5, 0.0, 180.0, -180.0]), np.array([0.5, 0.5, 90.0, -90.0, 0.0])
    )
    east = np.array([359, 359, 0, 180, 180]) if west == 0.0 else np.array([179, 179, 180, 0, 0])
    np.testing.assert_array_equal(col, east)
    np.testing.assert_array_equal(row, [89, 89, 0, 179, 90])


def test_positions_on_the_outer_lines_are_inside_the_raster() -> None:
    grid = make_grid(pyproj.CRS(4326), Placement(0.1, 0, 5.5, 0, -0.1, 51.5), 15, 15)
    row, col = grid.locate(
        np.array([5.5, 7.0, 5.499, 7.001, 6.0]), np.array([51.5, 50.0, 51.0, 51.0, 51.501])
    )
    np.testing.assert_array_equal(row, [0, 14, -1, -1, -1])
    np.testing.assert_array_equal(col, [0, 14, -1, -1, -1])
