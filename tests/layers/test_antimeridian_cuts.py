from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely import LineString, MultiPolygon, Polygon

from standort.errors import GeometryError
from standort.layers.geometry.antimeridian_cuts import (
    crosses_antimeridian,
    split_polygon,
    wrap_longitudes,
)

GEOD = Geod(ellps="WGS84")
FIJI = Polygon([(177, -19), (-178, -19), (-178, -16), (177, -16)])
NORTH_CAP = [(0, 80), (90, 80), (180, 80), (-90, 80)]


def area_km2(polygon: Polygon | MultiPolygon) -> float:
    """Measure the area on the ellipsoid, edges as geodesics, holes taken away."""
    rings = [
        (sign, Polygon(ring))
        for part in shapely.get_parts(polygon)
        for sign, ring in ((1, part.exterior), *((-1, hole) for hole in part.interiors))
    ]
    return sum(sign * abs(GEOD.geometry_area_perimeter(ring)[0]) for sign, ring in rings) / 1e6


def is_inside(polygon: Polygon | MultiPolygon, lon: float, lat: float) -> bool:
    return bool(shapely.intersects_xy(polygon, lon, lat))


def assert_flat(polygon: MultiPolygon) -> None:
    """Check that a flat map shows the polygon right."""
    assert polygon.is_valid
    assert polygon.bounds[0] >= -180
    assert polygon.bounds[2] <= 180
    assert not crosses_antimeridian(np.array([polygon]))[0]


def test_a_crossing_ring_is_cut_in_two() -> None:
    cut = split_polygon(FIJI)
    assert_flat(cut)
    assert [part.bounds[::2] for part in cut.geoms] == [(-180, -178), (177, 180)]
    assert is_inside(cut, 179.9, -17.5)
    assert is_inside(cut, -179.9, -17.5)
    assert not is_inside(cut, 0, -17.5)
    assert area_km2(cut) == pytest.approx(area_km2(FIJI), rel=1e-6)


def test_the_orientation_of_a_ring_does_not_matter() -> None:
    difference = shapely.symmetric_difference(split_polygon(FIJI.reverse()), split_polygon(FIJI))
    assert difference.area < 1e-9


def test_the_cut_is_where_the_geodesic_crosses() -> None:
    """The northern edge of 20 degrees of longitude along 60 N: its geodesic bends poleward.

    By symmetry it crosses 180 at its middle, which Geod finds without any cutting.
    """
    cut = split_polygon(Polygon([(170, 50), (-170, 50), (-170, 60), (170, 60)]))
    length = GEOD.inv(170, 60, -170, 60)[2]
    azimuth = GEOD.inv(170, 60, -170, 60)[0]
    _, middle, _ = GEOD.fwd(170, 60, azimuth, length / 2)
    coordinates = shapely.get_coordinates(cut)
    on_seam = coordinates[np.abs(coordinates[:, 0]) == 180, 1]
    assert on_seam.max() == pytest.approx(middle, abs=1e-6)  # 1e-6 degrees are 0.1 m


@pytest.mark.parametrize("ring", [NORTH_CAP, NORTH_CAP[::-1]])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_ring_around_a_pole_contains_it_in_either_orientation(
    ring: list[tuple[float, float]], sign: int
) -> None:
    polygon = Polygon([(lon, sign * lat) for lon, lat in ring])
    cut = split_polygon(polygon)
    assert_flat(cut)
    assert is_inside(cut, 33, sign * 89.9)
    assert not is_inside(cut, 33, sign * 79)
    assert not is_inside(cut, 33, -sign * 89)
    assert area_km2(cut) == pytest.approx(area_km2(polygon), rel=1e-6)


def test_a_hole_across_the_antimeridian_remains() -> None:
    hole = [(178, 3), (-178, 3), (-178, 6), (178, 6)]
    box = [(170, 0), (-170, 0), (-170, 10), (170, 10)]
    for ring in (hole, hole[::-1]):
        cut = split_polygon(Polygon(box, [ring]))
        assert_flat(cut)
        assert not is_inside(cut, 179, 4.5)
        assert not is_inside(cut, -179, 4.5)
        assert is_inside(cut, 175, 4.5)
        assert area_km2(cut) == pytest.approx(
            area_km2(Polygon(box)) - area_km2(Polygon(hole)), rel=1e-6
        )


def test_a_hole_beside_the_antimeridian_remains() -> None:
    box = [(170, 0), (-170, 0), (-170, 10), (170, 10)]
    cut = split_polygon(Polygon(box, [[(172, 3), (174, 3), (174, 6), (172, 6)]]))
    assert_flat(cut)
    assert not is_inside(cut, 173, 4)
    assert is_inside(cut, -173, 4)


def test_a_ring_within_a_ring_round_the_pole_leaves_a_collar() -> None:
    inner = [(lon, 85) for lon, _ in NORTH_CAP]
    cut = split_polygon(Polygon(NORTH_CAP, [inner]))
    assert_flat(cut)
    assert is_inside(cut, 90, 82)
    assert not is_inside(cut, 90, 88)


def test_a_polygon_with_a_corner_at_the_pole() -> None:
    cut = split_polygon(Polygon([(-170, 80), (170, 80), (0, 90)]))
    assert_flat(cut)
    assert is_inside(cut, 180, 85)
    assert not is_inside(cut, 0, 85)


def test_random_polygons_keep_their_area() -> None:
    rng = np.random.default_rng(7)
    cut_polygons = 0
    for _ in range(60):
        corners = int(rng.integers(4, 12))
        azimuths = np.sort(rng.uniform(0, 360, corners))
        if np.diff([*azimuths, azimuths[0] + 360]).max() > 170:
            continue  # not star-shaped about its centre
        centre = np.full(corners, 180 + rng.uniform(-3, 3)), np.full(corners, rng.uniform(-89, 89))
        lon, lat, _ = GEOD.fwd(*centre, azimuths, rng.uniform(5e4, 3e5, corners))
        polygon = Polygon(np.column_stack((lon, lat)))
        if crosses_antimeridian(np.array([polygon]))[0]:
            cut = split_polygon(polygon)
            assert_flat(cut)
            assert area_km2(cut) == pytest.approx(area_km2(polygon), rel=1e-5, abs=1e-3)
            cut_polygons += 1
    assert cut_polygons > 20


def test_a_self_crossing_ring_across_the_antimeridian_raises() -> None:
    bow_tie = Polygon([(178, 0), (-178, 3), (-178, 0), (178, 2)])
    with pytest.raises(GeometryError, match="also crosses itself"):
        split_polygon(bow_tie)


@pytest.mark.parametrize(
    "geometry",
    [
        Polygon([(-180, -90), (180, -90), (180, -60), (-180, -60)]),  # a whole turn, drawn flat
        Polygon([(0, 0), (179, 0), (179, 5)]),
        LineString([(179, 0), (-179, 0)]),  # a line needs no cut: its edges are geodesics
        shapely.Point(180, 0),
    ],
)
def test_other_geometries_do_not_cross(geometry: shapely.Geometry) -> None:
    assert not crosses_antimeridian(np.array([geometry]))[0]


def test_longitudes_beyond_180_are_wrapped() -> None:
    lines = [LineString([(200, 1), (210, 1)]), LineString([(-190, 1), (-170, 1)])]
    wrapped, changed = wrap_longitudes(np.array([*lines, LineString([(0, 0), (180, 0)])]))
    assert shapely.to_wkt(wrapped).tolist() == [
        "LINESTRING (-160 1, -150 1)",
        "LINESTRING (170 1, -170 1)",
        "LINESTRING (0 0, 180 0)",
    ]
    assert changed.tolist() == [True, True, False]


def test_rounding_beyond_180_is_not_a_crossing() -> None:
    """Natural Earth has longitudes of 180.00000000000014."""
    polygon = Polygon([(180 + 1.4e-13, -16), (179, -16), (179, -17), (180 + 1.4e-13, -17)])
    wrapped, changed = wrap_longitudes(np.array([polygon]))
    assert wrapped[0].bounds == (179, -17, 180, -16)
    assert not changed.any()


def test_a_part_from_180_is_moved_as_a_whole() -> None:
    wrapped, _ = wrap_longitudes(np.array([MultiPolygon([shapely.box(180, 0, 190, 10)])]))
    assert wrapped[0].bounds == (-180, 0, -170, 10)
    assert wrapped[0].geom_type == "MultiPolygon"
