"""A feature of several parts is measured to the nearest and counts once; a site is one point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from metrics.brute_force import bits, brute_count, brute_largest, brute_nearest, brute_sum, layer
from oracles import geodesic_matrix

from standort.clusters import dbscan
from standort.errors import StandortWarning
from standort.metrics import (
    count_within,
    exponential,
    hansen_access,
    largest_within,
    nearest_distance,
    nearest_feature,
    sum_within,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

N_SITES, N_FEATURES = 40, 30
MILLIMETRE = 1e-6  # [km]


def ports_of_several_parts(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Scatter ports of 1 to 5 quays over the antimeridian, the pole and a plain; some coincide."""
    shapes = []
    for number in range(N_FEATURES):
        lon, lat = [(179.5, 10.0), (0.0, 89.0), (5.0, 52.0)][number % 3]
        quays = np.column_stack(
            [lon + rng.uniform(-2, 2, number % 5 + 1), lat + rng.uniform(-0.9, 0.9, number % 5 + 1)]
        )
        quays[:, 0] = (quays[:, 0] + 180.0) % 360.0 - 180.0
        quays[-1] = quays[0]  # the last one is the first one again
        shapes.append(shapely.MultiPoint(quays))
    amount = rng.uniform(1, 9, N_FEATURES).round(2)
    amount[4] = np.nan
    names = rng.permutation([f"p{number:02}" for number in range(N_FEATURES)])
    return gpd.GeoDataFrame({"feature_id": names, "amount": amount}, geometry=shapes, crs=4326)


def nearest_part_pairs(sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> pd.DataFrame:
    """List every pair with the distance [km] to the nearest of the parts."""
    parts, owner = shapely.get_parts(features.geometry.to_numpy(), return_index=True)
    lonlat = shapely.get_coordinates(parts)
    metres = geodesic_matrix(
        sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy(), lonlat[:, 0], lonlat[:, 1]
    )
    nearest = np.full((len(sites), len(features)), np.inf)
    for part, feature in enumerate(owner):
        nearest[:, feature] = np.minimum(nearest[:, feature], metres[:, part])
    return pd.DataFrame(
        {
            "site": np.repeat(np.arange(len(sites)), len(features)),
            "feature": np.tile(features["feature_id"].to_numpy(), len(sites)),
            "amount": np.tile(features["amount"].to_numpy(), len(sites)),
            "km": nearest.ravel() / 1_000.0,
        }
    )


def scattered_sites(rng: np.random.Generator) -> gpd.GeoDataFrame:
    lon = np.concatenate(
        [rng.uniform(177, 180, 13), rng.uniform(-180, 180, 13), rng.uniform(2, 8, 14)]
    )
    lat = np.concatenate([rng.uniform(8, 12, 13), rng.uniform(87, 90, 13), rng.uniform(50, 54, 14)])
    return layer(lon, lat)


@pytest.mark.parametrize("radius_km", [30.0, 150.0, 400.0])
def test_the_nearest_part_counts_and_counts_once(radius_km: float) -> None:
    rng = np.random.default_rng(31)
    features, sites = ports_of_several_parts(rng), scattered_sites(rng)
    pairs = nearest_part_pairs(sites, features)
    assert (pairs["km"] - radius_km).abs().min() > 1e-5
    count = count_within(sites, features, radius_km=radius_km)
    assert count.tolist() == brute_count(pairs, N_SITES, radius_km).tolist()
    assert 0 < count.max() <= N_FEATURES / 3
    total = sum_within(sites, features, "amount", radius_km=radius_km)
    np.testing.assert_allclose(total, brute_sum(pairs, N_SITES, radius_km), rtol=1e-12)
    largest = largest_within(sites, features, "amount", radius_km=radius_km)
    np.testing.assert_array_equal(largest, brute_largest(pairs, N_SITES, radius_km))
    decay = exponential(50.0)
    access = hansen_access(sites, features, "amount", decay=decay, cutoff_km=radius_km)
    expected = brute_sum(pairs, N_SITES, radius_km, decay)
    np.testing.assert_allclose(access, expected, rtol=1e-6)


def test_each_feature_is_named_once_at_its_nearest_part() -> None:
    rng = np.random.default_rng(32)
    features, sites = ports_of_several_parts(rng), scattered_sites(rng)
    pairs = nearest_part_pairs(sites, features)
    result = nearest_feature(sites, features, k=N_FEATURES)
    distance = result["distance_km"].to_numpy().reshape(N_SITES, -1)
    np.testing.assert_allclose(
        distance, brute_nearest(pairs, N_SITES, N_FEATURES), rtol=0.0, atol=MILLIMETRE
    )
    for _, own in result.groupby(level=0):
        assert own["feature_id"].is_unique


def test_the_order_of_parts_and_empty_ones_do_not_matter() -> None:
    rng = np.random.default_rng(33)
    features, sites = ports_of_several_parts(rng), scattered_sites(rng)
    turned = [
        shapely.multipoints([*reversed(list(shape.geoms)), shapely.Point()])
        for shape in features.geometry
    ]
    before = nearest_distance(sites, features)
    after = nearest_distance(sites, features.set_geometry(turned, crs=4326))
    assert bits(after).tolist() == bits(before).tolist()


def test_a_site_of_several_points_is_measured_as_the_one_that_stands_for_it() -> None:
    features = ports_of_several_parts(np.random.default_rng(34))
    several = shapely.MultiPoint([(5.0, 52.0), (5.3, 52.0), (5.1, 52.0)])
    plants = gpd.GeoDataFrame(
        {"site_id": ["a", "b"], "co2_t_per_yr": [3.0, 4.0]},
        geometry=[several, shapely.Point(5.2, 52.1)],
        crs=4326,
    )
    single = plants.set_geometry([shapely.Point(5.1, 52.0), shapely.Point(5.2, 52.1)], crs=4326)
    with pytest.warns(StandortWarning, match=r"was used in 1 row \('a'\), up to 13.7 km"):
        near = nearest_distance(plants, features)
    assert bits(near).tolist() == bits(nearest_distance(single, features)).tolist()
    # as features too, plants are points: the one of b is 13 km away, not 9 as the nearest part is
    with pytest.warns(StandortWarning, match="a site is one point"):
        result = sum_within(plants, plants, "co2_t_per_yr", radius_km=12.5)
    expected = sum_within(single, single, "co2_t_per_yr", radius_km=12.5)
    assert result.tolist() == expected.tolist() == [0.0, 0.0]


def test_emitters_of_several_points_are_clustered_as_one_each() -> None:
    several = [shapely.MultiPoint([(i / 10, 0), (i / 10, 0.1)]) for i in range(4)]
    plants = gpd.GeoDataFrame({"site_id": list("abcd")}, geometry=several, crs=4326)
    with pytest.warns(StandortWarning, match="in 4 rows"):
        result = dbscan(plants, eps_km=12, min_samples=3)
    single = plants.set_geometry(gpd.points_from_xy([0, 0.1, 0.2, 0.3], [0] * 4), crs=4326)
    pd.testing.assert_frame_equal(result, dbscan(single, eps_km=12, min_samples=3))
