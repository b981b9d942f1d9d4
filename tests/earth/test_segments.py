"""Short segments of shapes, and true areas."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from oracles import GEOD

from standort.earth import geocentric, true_area
from standort.earth.segments import LARGEST_OFFSET, LONGEST_SEGMENT, densify, split_geometries

KM2 = 1e6


def test_the_area_of_a_degree_cell_and_of_an_octant() -> None:
    """method.md F.1 no. 9: edges are geodesics."""
    cell = shapely.box(0, 0, 1, 1)
    octant = shapely.Polygon([(0, 0), (90, 0), (0, 90)])
    area = true_area(np.array([cell, octant])) / KM2
    assert area == pytest.approx([12_308.778, 63_758_202.716], abs=1e-3)


def test_a_hole_is_subtracted_whichever_way_rings_are_wound() -> None:
    outer, hole = shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2)
    whole, missing = true_area(np.array([outer, hole]))
    for ring in (hole.exterior.coords, hole.exterior.coords[::-1]):
        holed = shapely.Polygon(outer.exterior.coords[::-1], [ring])
        assert true_area(np.array([holed]))[0] == pytest.approx(whole - missing, rel=1e-12)


def test_parts_of_a_multipolygon_add_up_and_nothing_has_no_area() -> None:
    one, two = shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)
    separate = true_area(np.array([one, two]))
    assert true_area(np.array([shapely.MultiPolygon([one, two])]))[0] == separate.sum()
    assert true_area(np.empty(0, dtype=object)).shape == (0,)


def test_segments_are_short_and_on_the_geodesic() -> None:
    ends = np.array([[-70.0, 40.0], [20.0, 60.0]])
    dense, line, points = densify(ends, np.zeros(2, dtype=int))
    _, _, length = GEOD.inv(dense[:-1, 0], dense[:-1, 1], dense[1:, 0], dense[1:, 1])
    assert max(length) <= LONGEST_SEGMENT + 1e-6
    assert sum(length) == pytest.approx(GEOD.inv(-70, 40, 20, 60)[2], abs=1e-3)
    assert (line == 0).all()
    np.testing.assert_array_equal(points, geocentric(*dense.T))


@pytest.mark.parametrize("nearest_km", [50.0, 5.0, 0.5])
def test_segments_shrink_towards_the_pole(nearest_km: float) -> None:
    """Between vertices a straight line in lon and lat stays near the geodesic."""
    lat = 90.0 - np.degrees(nearest_km / 6357.0)
    ends = np.array([[-60.0, lat - 0.3], [60.0, lat - 0.3]])
    dense = densify(ends, np.zeros(2, dtype=int)).lonlat
    middle = (dense[:-1] + dense[1:]) / 2.0
    azimuth, _, length = GEOD.inv(dense[:-1, 0], dense[:-1, 1], dense[1:, 0], dense[1:, 1])
    on_lon, on_lat, _ = GEOD.fwd(dense[:-1, 0], dense[:-1, 1], azimuth, np.asarray(length) / 2.0)
    offset = GEOD.inv(middle[:, 0], middle[:, 1], on_lon, on_lat)[2]
    assert max(offset) < 2.0 * LARGEST_OFFSET


def test_parts_are_in_the_order_of_features() -> None:
    shapes = np.array(
        [
            shapely.box(10, 10, 11, 11),
            shapely.Point(0, 0),
            shapely.MultiLineString([[(1, 1), (2, 2)], [(3, 3), (4, 4)]]),
        ]
    )
    parts = split_geometries(shapes)
    assert (np.diff(parts.owner) >= 0).all()
    assert set(parts.owner.tolist()) == {0, 1, 2}
    assert parts.area_owner.tolist() == [0]
    assert not parts.starts_segment[parts.owner == 1].any()
