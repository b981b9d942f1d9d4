"""Grids: coverage of bounds, areas of cells, and centres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj
import pytest
import shapely

from standort.errors import CRSError, OptionError
from standort.surfaces.bounds import read_bounds
from standort.surfaces.grids import CellGrid, create_grid
from standort.surfaces.mask import Region

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.surfaces.grids import GridKind

GEOD = pyproj.Geod(ellps="WGS84")
EUROPE = (3.0, 51.0, 5.0, 53.0)
REGIONS = {
    "Europe": EUROPE,
    "Fiji": (176.0, -20.0, -178.0, -16.0),
    "New Zealand": (166.0, -48.0, 179.0, -34.0),
    "north pole": (-180.0, 80.0, 180.0, 90.0),
    "south pole": (-180.0, -90.0, 180.0, -75.0),
    "beside a pole": (20.0, 85.0, 60.0, 90.0),
    "a ring": (-180.0, 60.0, 180.0, 70.0),
    "a hemisphere": (-60.0, -80.0, 120.0, 85.0),
}


def all_centres(grid: CellGrid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    parts = [grid.centres(grid.window(block)) for block in range(len(grid))]
    return np.concatenate([lon for lon, _ in parts]), np.concatenate([lat for _, lat in parts])


def scattered(edges: tuple[float, ...], n: int = 500) -> tuple[NDArray[np.float64], ...]:
    """Scatter places over bounds, their corners and edges among them."""
    rng = np.random.default_rng(5)
    bounds = read_bounds(edges)
    along, up = rng.random(n), rng.random(n)
    along[:100], up[100:200] = rng.integers(0, 2, 100), rng.integers(0, 2, 100)
    lon = bounds.west + along * bounds.width
    return np.where(lon > 180, lon - 360, lon), bounds.south + up * (bounds.north - bounds.south)


def true_area_km2(grid: CellGrid, row: int, col: int) -> float:
    """Measure the ground of a cell: its edges on the map, densified and taken to the ellipsoid."""
    x = grid.left + (col + np.array([0.0, 1.0])) * grid.width
    y = grid.top - (row + np.array([1.0, 0.0])) * grid.height
    ring = shapely.segmentize(shapely.box(x[0], y[0], x[1], y[1]), grid.width / 50.0)
    to_earth = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_earth.transform(*shapely.get_coordinates(ring).T)
    return abs(GEOD.polygon_area_perimeter(lon, lat)[0]) / 1e6


@pytest.mark.parametrize("region_name", REGIONS)
def test_cells_of_an_equal_area_grid_have_the_stated_area(region_name: str) -> None:
    grid = create_grid(read_bounds(REGIONS[region_name]), 20.0)
    rng = np.random.default_rng(1)
    some = zip(rng.integers(0, grid.rows, 40), rng.integers(0, grid.cols, 40), strict=True)
    areas = np.array([true_area_km2(grid, int(row), int(col)) for row, col in some])
    there = np.isfinite(areas)  # corners may be outside the domain of the map
    assert there.sum() > 20
    np.testing.assert_allclose(areas[there], 400.0, rtol=2e-4)


@pytest.mark.parametrize("kind", ["equal-area", "geographic"])
@pytest.mark.parametrize("region_name", REGIONS)
def test_every_position_in_the_bounds_is_in_a_cell(region_name: str, kind: GridKind) -> None:
    grid = create_grid(read_bounds(REGIONS[region_name]), 50.0, kind)
    to_map = pyproj.Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True)
    lon, lat = scattered(REGIONS[region_name])
    if kind == "geographic":  # the raster goes on past the antimeridian
        lon = np.where(lon < grid.left - 1e-9, lon + 360.0, lon)
    x, y = to_map.transform(lon, lat) if kind == "equal-area" else (lon, lat)
    col, row = (np.asarray(x) - grid.left) / grid.width, (grid.top - np.asarray(y)) / grid.height
    assert (col >= -1e-9).all()
    assert (col <= grid.cols + 1e-9).all()
    assert (row >= -1e-9).all()
    assert (row <= grid.rows + 1e-9).all()


def test_europe_uses_its_official_grid() -> None:
    grid = create_grid(read_bounds(EUROPE), 10.0)
    assert grid.crs.to_epsg() == 3035
    assert (grid.left % 10_000, grid.top % 10_000) == (0.0, 0.0)


def test_other_maps_are_centred_on_the_bounds() -> None:
    grid = create_grid(read_bounds(REGIONS["Fiji"]), 10.0)
    lon, lat = pyproj.Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(0.0, 0.0)
    assert (lon, lat) == pytest.approx((179.0, -18.0))
    # some 6 degrees wide: no seam tears the grid
    assert 630 < grid.cols * 10 < 680


def test_a_grid_of_wider_bounds_has_the_same_cells() -> None:
    narrow, wide = (create_grid(read_bounds(b), 10.0) for b in (EUROPE, (2.5, 50.5, 5.5, 53.5)))
    cells = [set(zip(*all_centres(grid), strict=True)) for grid in (narrow, wide)]
    assert cells[0] < cells[1]


def test_a_geographic_grid_divides_the_circle() -> None:
    grid = create_grid(read_bounds(EUROPE), 10.0, "geographic")
    for whole, step in ((360.0, grid.width), (180.0, grid.height)):
        assert whole / step == pytest.approx(round(whole / step), abs=1e-9)
    east, north = GEOD.inv(0, 52, grid.width, 52)[2], GEOD.inv(0, 52, 0, 52 + grid.height)[2]
    assert (east, north) == (pytest.approx(1e4, rel=0.01), pytest.approx(1e4, rel=0.01))


def test_a_geographic_grid_of_the_whole_earth_has_every_cell_once() -> None:
    grid = create_grid(read_bounds([-180, -90, 180, 90]), 500.0, "geographic")
    assert (grid.left, grid.top) == (-180.0, 90.0)
    assert grid.cols * grid.width == pytest.approx(360.0)
    assert grid.rows * grid.height == pytest.approx(180.0)


def test_a_geographic_grid_continues_beyond_the_antimeridian() -> None:
    grid = create_grid(read_bounds(REGIONS["Fiji"]), 20.0, "geographic")
    assert grid.left < 180.0 < grid.left + grid.cols * grid.width
    lon, _ = grid.centres(grid.window(0))
    assert np.abs(lon).max() <= 180.0
    assert lon.min() < -178.0


def test_centres_agree_with_those_from_the_raster() -> None:
    import rasterio

    for kind in ("equal-area", "geographic"):
        grid = create_grid(read_bounds(EUROPE), 7.0, kind)
        affine = rasterio.Affine(grid.width, 0.0, grid.left, 0.0, -grid.height, grid.top)
        row, col = np.mgrid[: grid.rows, : grid.cols]
        x, y = rasterio.transform.xy(affine, row.ravel(), col.ravel())
        if kind == "equal-area":
            to_earth = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
            x, y = to_earth.transform(x, y)
        lon, lat = grid.centres(grid.window(0))
        assert np.array_equal(lon, x)
        assert np.array_equal(lat, y)


@pytest.mark.parametrize("side", [1, 7, 64])
def test_blocks_hold_every_cell_once_whatever_their_size(side: int) -> None:
    whole = create_grid(read_bounds(EUROPE), 20.0)
    grid = CellGrid(
        whole.crs, whole.left, whole.top, whole.width, whole.height, whole.rows, whole.cols, side
    )
    assert sum(w.rows * w.cols for w in map(grid.window, range(len(grid)))) == grid.cells
    cells, expected = (sorted(zip(*all_centres(result), strict=True)) for result in (grid, whole))
    assert cells == expected


def test_a_block_has_the_cells_with_centres_in_the_region() -> None:
    bounds = read_bounds(EUROPE)
    grid = create_grid(bounds, 20.0)
    lon, lat = grid.centres(grid.window(0))
    inside = (lon >= 3.0) & (lon <= 5.0) & (lat >= 51.0) & (lat <= 53.0)
    assert 0 < inside.sum() < grid.cells
    assert grid.block(0, Region(bounds)).cell_ids.tolist() == np.flatnonzero(inside).tolist()


def test_a_given_reference_system_is_used() -> None:
    grid = create_grid(read_bounds([-3, 51, 0, 53]), 1.0, crs="EPSG:27700")
    assert grid.crs.to_epsg() == 27700
    lon, lat = grid.centres(grid.window(0))
    assert GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2] == pytest.approx(1000.0, rel=1e-3)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263", "EPSG:4978"])
def test_a_system_not_projected_in_metres_raises(crs: str) -> None:
    with pytest.raises(CRSError, match="projected reference system in metres"):
        create_grid(read_bounds(EUROPE), 1.0, crs=crs)


def test_an_unknown_system_raises() -> None:
    with pytest.raises(CRSError, match="got 'moon'; use for example EPSG:27700"):
        create_grid(read_bounds(EUROPE), 1.0, crs="moon")


def test_a_geographic_grid_accepts_no_other_system() -> None:
    with pytest.raises(OptionError, match="omit either crs"):
        create_grid(read_bounds(EUROPE), 1.0, "geographic", crs="EPSG:3035")


def test_an_unknown_kind_raises() -> None:
    with pytest.raises(OptionError, match="'equal-area' or 'geographic', got 'square'"):
        create_grid(read_bounds(EUROPE), 1.0, "square")  # type: ignore[arg-type]  # on purpose
