"""Nearest features and their distances, against a table of all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from clouds import CLOUDS
from metrics.brute_force import all_pairs, brute_nearest, layer, planar_distance, shape_pairs
from oracles import GEOD, distance_to

from standort.metrics import (
    count_within,
    measure_nearest,
    measure_neighbours,
    nearest_distance,
    nearest_feature,
    neighbour_distance,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]

MILLIMETRE, METRE = 1e-6, 1e-3  # [km]

SHAPES = {
    "line": shapely.LineString([(-5, 48), (2, 51), (9, 50)]),
    "bundle of lines": shapely.MultiLineString([[(0, 55), (3, 56)], [(12, 52), (12, 56), (9, 57)]]),
    "polygon with a hole": shapely.Polygon(
        [(0, 50), (12, 49), (14, 58), (1, 60)], [[(4, 52), (8, 52), (7, 56), (5, 56)]]
    ),
    "polygon within": shapely.box(10, 52, 11, 53),
    "islands": shapely.MultiPolygon([shapely.box(-3, 57, -2, 58), shapely.box(-6, 58, -4, 59)]),
    "point": shapely.Point(6, 54),
    "points": shapely.MultiPoint([(-8, 50), (18, 55)]),
    "line over the antimeridian": shapely.LineString([(178, 10), (-178, 12), (-170, 5)]),
    "polygon over the antimeridian": shapely.MultiPolygon(
        [shapely.box(175, -20, 180, -10), shapely.box(-180, -20, -174, -10)]
    ),
    "line over the pole": shapely.LineString([(30, 88), (-150, 87)]),
}


def shapes_layer() -> gpd.GeoDataFrame:
    amount = np.arange(1.0, len(SHAPES) + 1.0)
    amount[2] = np.nan
    return gpd.GeoDataFrame(
        {"feature_id": list(SHAPES), "amount": amount}, geometry=list(SHAPES.values()), crs=4326
    )


def shape_sites() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(11)
    lon = np.concatenate([rng.uniform(-8, 18, 12), [6.0, 10.5, 180.0, -180.0, 179.0, 40.0, 6.0]])
    lat = np.concatenate([rng.uniform(47, 60, 12), [54.0, 52.5, -15.0, 11.0, 11.0, 90.0, 50.4]])
    return layer(lon, lat)


def cloud_layers(
    cloud: Cloud, n_sites: int, n_features: int
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    rng = np.random.default_rng(23)
    sites = layer(*cloud(rng, n_sites))
    names = rng.permutation([f"f{i}" for i in range(n_features)])
    return sites, layer(*cloud(rng, n_features), feature_id=names)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("max_distance_km", [np.inf, 1.3])
def test_nearest_distance_equals_brute_force(cloud: Cloud, max_distance_km: float) -> None:
    sites, features = cloud_layers(cloud, 120, 150)
    expected = brute_nearest(all_pairs(sites, features), 120, 1, max_distance_km)[:, 0]
    result = nearest_distance(sites, features, max_distance_km=max_distance_km)
    np.testing.assert_allclose(result, expected, rtol=0.0, atol=MILLIMETRE)
    assert np.isfinite(result).any() or cloud.__name__ not in {"dense_cloud", "lattice_cloud"}


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("k", [1, 4, 7])
def test_neighbour_distance_equals_brute_force(cloud: Cloud, k: int) -> None:
    sites, features = cloud_layers(cloud, 120, 150)
    expected = brute_nearest(all_pairs(sites, features), 120, k).mean(axis=1)
    result = neighbour_distance(sites, features, k=k)
    np.testing.assert_allclose(result, expected, rtol=0.0, atol=MILLIMETRE)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nearest_features_are_named_nearest_first_and_ties_by_id(cloud: Cloud) -> None:
    sites, features = cloud_layers(cloud, 60, 90)
    pairs = all_pairs(sites, features)
    # equal distances (to less than a micrometre) are in the order of their ids
    pairs["step"] = (pairs["km"] * 1e7).round()
    ranked = pairs.sort_values(["site", "step", "feature"]).groupby("site").head(5)
    result = nearest_feature(sites, features, k=5)
    assert result["feature_id"].tolist() == ranked["feature"].tolist()
    np.testing.assert_allclose(result["distance_km"], ranked["km"], rtol=0.0, atol=MILLIMETRE)
    assert result["rank"].tolist() == [1, 2, 3, 4, 5] * 60


def test_shapes_equal_brute_force_within_a_metre() -> None:
    sites, features = shape_sites(), shapes_layer()
    expected = brute_nearest(shape_pairs(sites, features), len(sites), 3)
    result = nearest_feature(sites, features, k=3)["distance_km"].to_numpy().reshape(-1, 3)
    np.testing.assert_allclose(result, expected, rtol=0.0, atol=METRE)
    near = nearest_distance(sites, features)
    np.testing.assert_allclose(near, expected[:, 0], rtol=0.0, atol=METRE)
    mean = neighbour_distance(sites, features, k=3)
    np.testing.assert_allclose(mean, expected.mean(axis=1), rtol=0.0, atol=METRE)


@pytest.mark.parametrize("name", ["line", "polygon with a hole", "line over the pole"])
def test_the_two_oracles_of_shapes_agree(name: str) -> None:
    sites = shape_sites().iloc[::6]
    for site in sites.geometry:
        slow = distance_to(site.x, site.y, SHAPES[name])
        assert planar_distance(site.x, site.y, SHAPES[name]) == pytest.approx(slow, abs=0.05)


def test_inside_is_zero_and_in_a_hole_is_not() -> None:
    sites = layer([2.0, 6.0, 10.5], [54.0, 53.0, 52.5])
    features = shapes_layer().iloc[[2, 3]]
    result = measure_nearest(sites, features)
    assert result.value.tolist()[0::2] == [0.0, 0.0]
    assert result.value.iloc[1] > 50.0
    # in two polygons at once: the lower id
    assert result.feature.iloc[2] == "polygon with a hole"


def test_where_nothing_is_within_reach_distance_is_infinite_and_no_feature_is_named() -> None:
    sites, features = layer([0.0], [0.0]), layer([1.0, 2.0], [0.0, 0.0], feature_id=["a", "b"])
    result = nearest_feature(sites, features, k=3, max_distance_km=150.0)
    assert result["feature_id"].iloc[0] == "a"
    assert result["feature_id"].isna().tolist() == [False, True, True]
    assert result["distance_km"].round(1).tolist() == [111.3, np.inf, np.inf]
    assert nearest_distance(sites, features, max_distance_km=100.0).tolist() == [np.inf]
    assert neighbour_distance(sites, features, k=3).tolist() == [np.inf]
    assert neighbour_distance(sites, features, k=2, max_distance_km=150.0).tolist() == [np.inf]
    assert measure_nearest(sites, features, max_distance_km=100.0).feature.tolist() == [None]


def test_measurements_name_the_deciding_feature_and_know_nothing_unknown() -> None:
    sites = layer([0.0, 5.0], [0.0, 0.0])
    features = layer([1.0, 4.5], [0.0, 0.0], feature_id=["west", "east"])
    near, neighbours = measure_nearest(sites, features), measure_neighbours(sites, features, k=2)
    assert near.feature.tolist() == neighbours.feature.tolist() == ["west", "east"]
    pd.testing.assert_series_equal(near.value, nearest_distance(sites, features))
    pd.testing.assert_series_equal(neighbours.value, neighbour_distance(sites, features, k=2))
    assert near.unknown.tolist() == neighbours.unknown.tolist() == [0, 0]


def test_published_distances() -> None:
    """method.md F.1 nos. 1 to 6: Karney (2013) and closed forms of WGS84."""
    start = [(-73.8, 40.6), (174.81, -41.32), (0.0, 0.0), (0.0, 0.0), (0.0, 89.0), (0.0, 90.0)]
    end = [(-0.5, 51.6), (-5.50, 40.96), (1.0, 0.0), (0.0, 1.0), (0.0, 90.0), (0.0, 0.0)]
    metres = [
        5_551_759.400319,
        19_959_679.267,
        111_319.491,
        110_574.389,
        111_693.865,
        10_001_965.729,
    ]
    start += [(0.0, 90.0), (179.5, 0.0), (0.0, 89.5), (0.0, 0.0)]
    end += [(0.0, -90.0), (-179.5, 0.0), (180.0, 89.5), (179.5, 0.5)]
    metres += [20_003_931.459, 111_319.491, 111_693.951, 19_936_288.579]
    for site, feature, length in zip(start, end, metres, strict=True):
        result = nearest_distance(layer(*zip(site)), layer(*zip(feature)))
        assert result.iloc[0] == pytest.approx(length / 1_000.0, abs=MILLIMETRE)


def test_the_edge_of_a_polygon_that_passes_near_the_pole_is_true_to_a_metre() -> None:
    polygon = shapely.Polygon([(0, 80), (90, 75), (179, 80)])
    along = np.array(GEOD.npts(0, 80, 179, 80, 999))
    along = along[along[:, 1] > 89.8]
    south = np.full(len(along), 180.0)
    lon, lat, _ = GEOD.fwd(along[:, 0], along[:, 1], south, np.full(len(along), 3.0))
    sites = layer(lon, lat)
    result = nearest_distance(sites, gpd.GeoDataFrame(geometry=[polygon], crs=4326))
    expected = [planar_distance(x, y, polygon) / 1e3 for x, y in zip(lon, lat, strict=True)]
    np.testing.assert_allclose(result, expected, rtol=0.0, atol=METRE)


@pytest.mark.filterwarnings("ignore:.*invalid polygons repaired")
def test_a_polygon_that_is_valid_on_the_globe_is_not_repaired() -> None:
    polygon = shapely.Polygon(
        [(67.96, -88.82), (77.78, -88.76), (-60.59, -88.24), (-51.87, -86.18), (-1.2, -85.38)]
    )
    result = nearest_distance(
        layer([52.9], [-87.9]), gpd.GeoDataFrame(geometry=[polygon], crs=4326)
    )
    expected = planar_distance(52.9, -87.9, polygon) / 1e3
    assert expected == pytest.approx(distance_to(52.9, -87.9, polygon) / 1e3, abs=METRE)
    assert result.iloc[0] == pytest.approx(expected, abs=METRE)


def test_the_missing_feature_is_none_whatever_the_ids_are() -> None:
    sites = layer([0.0], [0.0])
    for ids in ([7, 8], ["a", "b"]):
        features = layer([1.0, 2.0], [0.0, 0.0], feature_id=ids)
        result = nearest_feature(sites, features, k=2, max_distance_km=150.0)
        assert result["feature_id"].tolist() == [ids[0], None]


def test_a_limit_equal_to_the_reported_distance_is_inclusive() -> None:
    rng = np.random.default_rng(0)
    sites = layer(rng.uniform(0, 1, 400), rng.uniform(50, 51, 400))
    features = layer(rng.uniform(0, 1, 300), rng.uniform(50, 51, 300))
    reported = nearest_distance(sites, features)
    for row in range(0, len(sites), 5):
        site, limit = sites.iloc[[row]], float(reported.iloc[row])
        assert nearest_distance(site, features, max_distance_km=limit).iloc[0] == limit
        assert count_within(site, features, radius_km=limit).iloc[0] >= 1
