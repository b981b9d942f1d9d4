"""Hexagons: selection by centre, and outlines."""

from __future__ import annotations

import h3
import h3.api.numpy_int as h3_int
import numpy as np
import pyproj
import pytest
import shapely

from standort.errors import OptionError
from standort.surfaces.bounds import Bounds, read_bounds
from standort.surfaces.hexagons import Hexagons, as_text, create_hexagons, outlines
from standort.surfaces.mask import Region

REGIONS = {
    "Europe": ((3.0, 51.0, 5.0, 53.0), 6),
    "a spot": ((4.0, 52.0, 4.05, 52.03), 8),
    "Fiji": ((176.0, -20.0, -178.0, -16.0), 4),
    "north pole": ((-180.0, 80.0, 180.0, 90.0), 3),
    "south pole": ((-180.0, -90.0, 180.0, -75.0), 3),
    "beside a pole": ((20.0, 85.0, 60.0, 90.0), 4),
    "everywhere": ((-180.0, -90.0, 180.0, 90.0), 3),
}
GEOD = pyproj.Geod(ellps="WGS84")


def found_in(hexagons: Hexagons, bounds: Bounds) -> list[int]:
    region = Region(bounds)
    blocks = [hexagons.block(number, region) for number in range(len(hexagons))]
    return np.concatenate([block.cell_ids for block in blocks]).tolist()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def everything() -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """All cells of the Earth of resolutions 3 and 4, and their centres."""
    cells = {}
    for resolution in (3, 4):
        ids = h3_int.uncompact_cells(h3_int.get_res0_cells(), resolution)
        lat, lon = np.array([h3_int.cell_to_latlng(cell) for cell in ids.tolist()]).T
        cells[resolution] = (ids, lon, lat)
    return cells


@pytest.mark.parametrize("region_name", [name for name, (_, res) in REGIONS.items() if res <= 4])
def test_hexagons_are_exactly_those_with_centres_in_the_bounds(
    region_name: str, everything: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> None:
    edges, resolution = REGIONS[region_name]
    bounds = read_bounds(edges)
    ids, lon, lat = everything[resolution]
    expected = np.sort(ids[bounds.holds(lon, lat)]).tolist()
    assert len(expected) > 10
    assert found_in(create_hexagons(bounds, resolution), bounds) == expected


@pytest.mark.parametrize("region_name", ["Europe", "a spot"])
def test_hexagons_agree_with_the_library_for_a_box(region_name: str) -> None:
    edges, resolution = REGIONS[region_name]
    box = shapely.segmentize(shapely.box(*edges), 0.001)
    expected = {h3.str_to_int(cell) for cell in h3.geo_to_cells(box, resolution)}
    result = set(found_in(create_hexagons(read_bounds(edges), resolution), read_bounds(edges)))
    # edges are parallels here, chords of the sphere there: a centre may lie between
    assert len(result ^ expected) <= 0.01 * len(expected)
    assert len(result) > 5


@pytest.mark.parametrize("levels", [0, 1, 3, 6])
def test_the_size_of_blocks_changes_nothing(levels: int) -> None:
    edges, resolution = REGIONS["Europe"]
    bounds = read_bounds(edges)
    expected = found_in(create_hexagons(bounds, resolution), bounds)
    assert found_in(Hexagons(resolution, bounds, levels), bounds) == expected


@pytest.mark.parametrize("region_name", REGIONS)
def test_the_estimated_number_is_close(region_name: str) -> None:
    edges, resolution = REGIONS[region_name]
    hexagons = create_hexagons(read_bounds(edges), resolution)
    number = len(found_in(hexagons, read_bounds(edges)))
    assert hexagons.cells == pytest.approx(number, rel=0.35, abs=10)


@pytest.mark.parametrize("resolution", [0, 1, 2])
def test_outlines_cover_the_earth_once(resolution: int) -> None:
    """None is torn by the antimeridian, none lacks a pole: areas add up to the whole map."""
    ids = np.sort(h3_int.uncompact_cells(h3_int.get_res0_cells(), resolution))
    shapes = outlines(ids)
    assert shapely.is_valid(shapes).all()
    west, south, east, north = shapely.bounds(shapely.get_parts(shapes)).T
    assert west.min() >= -180.0
    assert east.max() <= 180.0
    poles = shapely.contains(shapes, shapely.Point(0, 89.99999)) | shapely.contains(
        shapes, shapely.Point(0, -89.99999)
    )
    assert poles.sum() == 2
    assert (south.min(), north.max()) == (-90.0, 90.0)
    # edges straight in degrees miss the true ones by a little, most where cells are largest
    assert shapely.area(shapes).sum() == pytest.approx(360.0 * 180.0, rel=0.03)
    assert shapely.union_all(shapes).area == pytest.approx(360.0 * 180.0, rel=0.03)


def test_outlines_across_the_antimeridian_have_the_area_of_the_hexagon() -> None:
    edges, resolution = REGIONS["Fiji"]
    bounds = read_bounds(edges)
    ids = np.array(found_in(create_hexagons(bounds, resolution), bounds), dtype=np.uint64)
    shapes = outlines(ids)
    torn = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON
    assert torn.sum() > 5
    for cell, shape in zip(ids[torn].tolist(), shapes[torn], strict=True):
        lat, lon = np.array(h3_int.cell_to_boundary(cell)).T
        area = abs(GEOD.polygon_area_perimeter(lon, lat)[0])
        assert abs(GEOD.geometry_area_perimeter(shape)[0]) == pytest.approx(area, rel=1e-5)


def test_ids_have_the_usual_format() -> None:
    text = h3.latlng_to_cell(52.0, 4.0, 7)
    assert as_text(np.array([h3.str_to_int(text)], dtype=np.uint64)) == [text]


@pytest.mark.parametrize("resolution", [-1, 16])
def test_a_resolution_out_of_range_raises(resolution: int) -> None:
    with pytest.raises(OptionError, match=f"from 0 to 15, got {resolution}"):
        create_hexagons(read_bounds([3, 51, 5, 53]), resolution)
