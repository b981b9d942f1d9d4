"""Study areas: size, edge, containment, and uniformly random points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from oracles import GEOD, distance_to_edges, is_inside

from standort.errors import CRSError, GeometryError
from standort.metrics import StudyArea, as_study_area

EARTH_KM2 = 510_065_621.724


def area_of(*polygons: shapely.Geometry) -> StudyArea:
    return as_study_area(gpd.GeoDataFrame(geometry=list(polygons), crs=4326))


def disc(lon: float, lat: float, radius_km: float, corners: int = 360) -> shapely.Polygon:
    """A circle on the ellipsoid, as a polygon."""
    azimuth = np.linspace(0.0, 360.0, corners, endpoint=False)
    x, y, _ = GEOD.fwd(
        np.full(corners, lon), np.full(corners, lat), azimuth, np.full(corners, radius_km * 1e3)
    )
    return shapely.Polygon(np.column_stack([x, y]))


HOLED = shapely.Polygon(
    [(0, 50), (6, 51), (7, 55), (2, 56), (-1, 53)], [[(2, 52), (4, 52.5), (3, 54)]]
)


def test_the_whole_earth_has_its_area_no_edge_and_contains_everything() -> None:
    earth = StudyArea.whole_earth()
    assert earth.area_km2 == pytest.approx(EARTH_KM2, abs=0.01)
    assert earth.edge_km == 0.0
    lon = np.array([0.0, 180.0, -180.0, 13.0, 0.0, 90.0])
    lat = np.array([0.0, 10.0, -10.0, 90.0, -90.0, 0.0])
    assert earth.contains(lon, lat).all()
    assert np.isinf(earth.edge_distance_km(lon, lat)).all()
    assert earth.share_reached(np.array([10.0, 9_000.0]), n=100, seed=0).tolist() == [1.0, 1.0]


def test_places_inside_a_polygon_with_a_hole_equal_winding_numbers() -> None:
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(-2, 8, 300), rng.uniform(49, 57, 300)
    expected = [is_inside(x, y, HOLED) for x, y in zip(lon, lat, strict=True)]
    assert 50 < sum(expected) < 250
    assert area_of(HOLED).contains(lon, lat).tolist() == expected


def test_distance_to_the_edge_is_that_to_the_nearest_ring() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(0, 6, 12), rng.uniform(51, 55, 12)
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(HOLED)]
    expected = [
        min(distance_to_edges(x, y, ring) for ring in rings) / 1e3
        for x, y in zip(lon, lat, strict=True)
    ]
    np.testing.assert_allclose(area_of(HOLED).edge_distance_km(lon, lat), expected, atol=1e-3)


def test_the_edge_is_as_long_as_its_rings() -> None:
    expected = sum(GEOD.geometry_length(ring) for ring in shapely.get_rings(HOLED)) / 1e3
    assert area_of(HOLED).edge_km == pytest.approx(expected, rel=1e-9)


def test_the_antimeridian_is_not_an_edge_where_both_sides_belong_to_the_area() -> None:
    across = area_of(shapely.box(178, -2, 180, 2), shapely.box(-180, -2, -178, 2))
    same = area_of(shapely.box(8, -2, 10, 2), shapely.box(10, -2, 12, 2))
    assert across.edge_km == pytest.approx(same.edge_km, rel=1e-9)
    lon, lat = np.array([180.0, -180.0, 179.0]), np.array([0.5, 0.5, 0.0])
    result = across.edge_distance_km(lon, lat)
    np.testing.assert_allclose(result, same.edge_distance_km(lon % 360.0 - 170.0, lat), rtol=1e-9)
    assert across.contains(lon, lat).all()


def test_the_antimeridian_is_an_edge_where_only_one_side_belongs_to_the_area() -> None:
    uneven = area_of(shapely.box(178, -2, 180, 2), shapely.box(-180, 0, -178, 2))
    distance = uneven.edge_distance_km(np.array([179.99, 179.99]), np.array([-1.0, 1.0]))
    assert distance[0] == pytest.approx(1.113, abs=1e-3)
    assert distance[1] > 100.0


def test_a_cap_around_the_pole_has_no_edge_at_the_pole() -> None:
    cap = area_of(*(shapely.box(lon, 80, lon + 30, 90) for lon in range(-180, 180, 30)))
    assert cap.edge_distance_km(np.array([0.0]), np.array([90.0])) > 1_000.0
    assert cap.contains(np.array([50.0]), np.array([90.0])).all()


def test_overlapping_polygons_count_once() -> None:
    twice = area_of(shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1))
    # with the same corners: an edge along a parallel is no geodesic
    once = area_of(shapely.segmentize(shapely.box(0, 0, 3, 1), 1.0))
    assert twice.area_km2 == pytest.approx(once.area_km2, rel=1e-9)


@pytest.mark.parametrize("crs", ["EPSG:3035", "EPSG:4258"])
def test_any_crs_gives_the_same_area(crs: str) -> None:
    dense = shapely.segmentize(HOLED, 0.02)
    there = as_study_area(gpd.GeoDataFrame(geometry=[dense], crs=4326).to_crs(crs))
    assert there.area_km2 == pytest.approx(area_of(dense).area_km2, rel=1e-6)


# ---------------------------------------------------------------------- random points


def test_random_points_fall_on_equal_areas_alike_from_equator_to_pole() -> None:
    whole = area_of(shapely.box(0, 0, 40, 89))
    lon, lat = whole.random_points(40_000, np.random.default_rng(5))
    assert whole.contains(lon, lat).all()
    for south, north in ((0, 20), (20, 45), (45, 70), (70, 89)):
        # cut as finely as a parallel needs
        band = shapely.segmentize(shapely.box(0, south, 40, north), 0.05)
        expected = 40_000 * area_of(band).area_km2 / whole.area_km2
        count = np.count_nonzero((lat > south) & (lat <= north))
        assert abs(count - expected) < 4.5 * np.sqrt(expected) + 0.003 * expected


def test_random_points_fall_in_scattered_parts_in_proportion_to_their_area() -> None:
    parts = [disc(-179.9, 60.0, 30.0), disc(3.0, 0.0, 60.0), HOLED]
    parts[0] = shapely.MultiPolygon(
        [
            shapely.box(179, 59, 180, 61),
            shapely.box(-180, 59, -179, 61),
        ]
    )
    scattered = area_of(*parts)
    lon, lat = scattered.random_points(20_000, np.random.default_rng(6))
    total = sum(area_of(part).area_km2 for part in parts)
    assert scattered.area_km2 == pytest.approx(total, rel=1e-9)
    for part in parts:
        expected = 20_000 * area_of(part).area_km2 / total
        count = np.count_nonzero(area_of(part).contains(lon, lat))
        assert abs(count - expected) < 4.5 * np.sqrt(expected)


def test_the_same_seed_gives_the_same_points_and_another_seed_others() -> None:
    area = area_of(HOLED)
    first, again = (area.random_points(50, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.isin(area.random_points(50, np.random.default_rng(8))[0], first[0]).any()


def test_share_of_circles_in_a_disc_follows_its_closed_form() -> None:
    # set covariance of a disc of radius a over its area, in the plane
    a = 50.0
    d = np.array([0.0, 10.0, 40.0, 90.0])
    covariance = 2 * a**2 * np.arccos(d / (2 * a)) - d / 2 * np.sqrt(4 * a**2 - d**2)
    result = area_of(disc(10.0, 55.0, a)).share_reached(d, n=40_000, seed=1)
    np.testing.assert_allclose(result, covariance / (np.pi * a**2), atol=0.01)


# ---------------------------------------------------------------------- refusals


def test_a_study_area_needs_a_crs() -> None:
    with pytest.raises(CRSError, match="study area"):
        as_study_area(gpd.GeoDataFrame(geometry=[HOLED]))


@pytest.mark.parametrize(
    "geometry", [shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)])], ids=["point", "line"]
)
def test_a_study_area_is_made_of_polygons(geometry: shapely.Geometry) -> None:
    with pytest.raises(GeometryError, match="study area"):
        area_of(geometry)


def test_an_empty_study_area_raises_with_what_to_give_instead() -> None:
    with pytest.raises(GeometryError, match="whole_earth"):
        area_of()
