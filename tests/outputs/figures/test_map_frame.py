"""Maps are framed without gaps, also across the antimeridian."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from geopandas import GeoDataFrame
from geopandas.testing import assert_geodataframe_equal
from shapely import MultiPolygon, box

from standort.outputs.figures.map_frame import cut_meridian, frame_bounds, frame_layers, unwrap


@pytest.mark.parametrize(
    ("longitudes", "cut"),
    [
        ([4.0], -180.0),
        ([-10.0, 30.0], -180.0),
        ([179.0, -179.0], 0.0),
        ([170.0, 175.0, -160.0], 5.0),
        ([np.nan, 5.0], -180.0),
        ([7.0, 7.0], -180.0),
    ],
)
def test_the_globe_is_cut_at_the_widest_gap(longitudes: list[float], cut: float) -> None:
    assert cut_meridian(np.array(longitudes)) == pytest.approx(cut)


def test_points_across_the_antimeridian_come_together() -> None:
    points = gpd.points_from_xy([179.0, -179.0], [-17.0, -17.0])
    layer = GeoDataFrame({"a": [1, 2]}, geometry=points, crs=4326, index=["x", "y"])
    moved = unwrap(layer, 0.0)
    assert moved.geometry.x.tolist() == [179.0, 181.0]
    assert moved.index.tolist() == ["x", "y"]
    assert layer.geometry.x.tolist() == [179.0, -179.0]


def test_a_split_hull_is_joined_again() -> None:
    split = MultiPolygon([box(179, 0, 180, 1), box(-180, 0, -179, 1)])
    layer = GeoDataFrame(geometry=[box(170, 0, 171, 1), split], crs=4326)
    moved = unwrap(layer, 0.0)
    assert moved.geometry[0].equals(box(170, 0, 171, 1))
    assert moved.geometry[1].equals(box(179, 0, 181, 1))


def test_missing_shapes_stay_missing() -> None:
    layer = GeoDataFrame(geometry=[None, box(-171, 0, -170, 1)], crs=4326)
    moved = unwrap(layer, 0.0)
    assert moved.geometry[0] is None
    assert moved.geometry[1].bounds == (189.0, 0.0, 190.0, 1.0)


def test_a_map_of_one_point_has_an_extent() -> None:
    west, south, east, north = frame_bounds(np.array([4.0]), np.array([52.0]))
    assert west < 4.0 < east
    assert south < 52.0 < north


def test_a_few_far_points_do_not_shrink_the_map() -> None:
    rng = np.random.default_rng(7)
    x, y = np.append(rng.uniform(0, 10, 2000), -61.0), np.append(rng.uniform(45, 55, 2000), 5.0)
    west, south, _, _ = frame_bounds(x, y)
    assert west > -1
    assert south > 44


def test_a_sparse_fringe_is_left_outside_and_a_dense_one_is_not() -> None:
    rng = np.random.default_rng(11)
    x, y = rng.uniform(0, 10, 250), rng.uniform(50, 55, 250)
    fringe = np.linspace(10, 25, 8), np.linspace(56, 70, 8)
    x, y = np.append(x, fringe[0]), np.append(y, fringe[1])
    _, _, east, north = frame_bounds(x, y)
    assert east < 11
    assert north < 57
    dense = np.append(x, rng.uniform(10, 25, 60)), np.append(y, rng.uniform(56, 70, 60))
    assert frame_bounds(*dense)[3] > 68


def test_points_on_one_line_are_all_framed() -> None:
    x = np.linspace(0.0, 40.0, 100)
    west, south, east, north = frame_bounds(x, np.full(100, 50.0))
    assert west < 0
    assert east > 40
    assert south < 50 < north


def test_none_of_a_few_points_is_left_out() -> None:
    x, y = np.array([0.0, 1.0, 2.0, 60.0]), np.array([50.0, 51.0, 52.0, 53.0])
    west, south, east, north = frame_bounds(x, y)
    assert west < 0
    assert east > 60
    assert south < 50
    assert north > 53


def test_framed_sites_are_on_one_side_of_the_cut_the_best_last_those_without_score_first() -> None:
    points = gpd.points_from_xy([178.0, -178.0, 179.0], [-18.0, -18.0, -17.0])
    sites = GeoDataFrame(
        {"score": [0.9, 0.2, None]}, index=["best", "worst", "none"], geometry=points, crs=4326
    )
    before = sites.copy()
    framed = frame_layers(sites, sites.iloc[:1], sites.iloc[:0])
    assert framed.sites.index.tolist() == ["none", "worst", "best"]
    assert framed.sites.geometry.x.tolist() == [179.0, 182.0, 178.0]
    assert framed.clusters.geometry.x.tolist() == [178.0]
    west, _, east, _ = framed.bounds
    assert (west, east) == pytest.approx((177.84, 182.16))
    assert_geodataframe_equal(sites, before)
