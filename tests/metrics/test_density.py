"""Counts, sums and the largest within a radius, against a table of all pairs; what is unknown."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from clouds import CLOUDS
from metrics.brute_force import (
    all_pairs,
    bits,
    brute_count,
    brute_largest,
    brute_sum,
    clear_radius,
    layer,
    shape_pairs,
)
from oracles import geodesic_matrix

from standort.earth import CROWD
from standort.metrics import (
    count_within,
    cutoff,
    exponential,
    gaussian,
    largest_within,
    linear,
    measure_count,
    measure_largest,
    measure_sum,
    sum_within,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]

RADII = [0.8, 25.0, 400.0, 3_000.0, 19_000.0]
DECAYS = [exponential(20.0), gaussian(15.0), linear(30.0), cutoff(12.0), lambda d: 1.0 / (1.0 + d)]


def cloud_layers(cloud: Cloud) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Sites, and features of which every fourth amount is unknown and some are 0."""
    rng = np.random.default_rng(29)
    amount = rng.lognormal(0.0, 2.0, 140)
    amount[rng.random(140) < 0.25] = np.nan
    amount[:5] = 0.0
    names = rng.permutation([f"f{i}" for i in range(140)])
    features = layer(*cloud(rng, 140), feature_id=names, amount=amount)
    return layer(*cloud(rng, 110)), features


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("about_km", RADII)
def test_count_sum_and_largest_equal_brute_force(cloud: Cloud, about_km: float) -> None:
    sites, features = cloud_layers(cloud)
    pairs = all_pairs(sites, features)
    radius = clear_radius(pairs, about_km)
    count = count_within(sites, features, radius_km=radius)
    assert count.tolist() == brute_count(pairs, 110, radius).tolist()
    total = sum_within(sites, features, "amount", radius_km=radius)
    np.testing.assert_allclose(total, brute_sum(pairs, 110, radius), rtol=1e-12)
    largest = largest_within(sites, features, "amount", radius_km=radius)
    np.testing.assert_array_equal(largest, brute_largest(pairs, 110, radius))


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("decay", DECAYS, ids=lambda d: getattr(d, "name", "inverse"))
def test_decayed_sum_equals_brute_force(cloud: Cloud, decay: Callable[[Floats], Floats]) -> None:
    sites, features = cloud_layers(cloud)
    pairs = all_pairs(sites, features)
    for about_km in (25.0, 500.0):
        radius = clear_radius(pairs, about_km)
        result = sum_within(sites, features, "amount", radius_km=radius, decay=decay)
        expected = brute_sum(pairs, 110, radius, decay)
        # a millimetre more or less changes a weight by a share of 1e-7 at most, near 0 by 1e-7
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_measurements_name_what_decides_and_count_the_unknown(cloud: Cloud) -> None:
    sites, features = cloud_layers(cloud)
    pairs = all_pairs(sites, features)
    radius = clear_radius(pairs, 60.0)
    within = pairs[pairs["km"] <= radius]
    unknown = within[within["amount"].isna()].groupby("site").size()
    # the largest; of equals the first id
    known = within.dropna(subset="amount").sort_values(["amount", "feature"])
    known = known.sort_values("amount", ascending=False, kind="stable")
    decides = known.groupby("site")["feature"].first().reindex(range(110))
    for result in (
        measure_sum(sites, features, "amount", radius_km=radius),
        measure_largest(sites, features, "amount", radius_km=radius),
    ):
        assert result.unknown.tolist() == unknown.reindex(range(110), fill_value=0).tolist()
        assert (
            result.feature.tolist() == decides.astype(object).where(decides.notna(), None).tolist()
        )
    total = sum_within(sites, features, "amount", radius_km=radius)
    assert bits(measure_sum(sites, features, "amount", radius_km=radius).value).tolist() == (
        bits(total).tolist()
    )


def test_shapes_count_once_if_any_of_them_is_within_reach() -> None:
    shapes = {
        "bent line": shapely.LineString([(0, 50), (3, 51), (3, 49)]),
        "pair of lines": shapely.MultiLineString([[(0, 52), (1, 52)], [(5, 52), (6, 53)]]),
        "ring": shapely.Polygon(
            [(-4, 47), (8, 47), (8, 55), (-4, 55)], [[(-3, 48), (7, 48), (7, 54), (-3, 54)]]
        ),
        "points": shapely.MultiPoint([(2, 50), (2.1, 50), (2, 50.1)]),
        "point": shapely.Point(4, 51),
        "islands": shapely.MultiPolygon([shapely.box(0, 50, 1, 51), shapely.box(1.5, 50, 2, 51)]),
    }
    features = gpd.GeoDataFrame(
        {"feature_id": list(shapes), "amount": [1.0, 20.0, 300.0, np.nan, 5e4, 6e5]},
        geometry=list(shapes.values()),
        crs=4326,
    )
    rng = np.random.default_rng(3)
    sites = layer(rng.uniform(-5, 9, 24), rng.uniform(46, 56, 24))
    pairs = shape_pairs(sites, features)
    for radius in (5.0, 60.0, 250.0):
        assert (pairs["km"] - radius).abs().min() > 1e-3
        count = count_within(sites, features, radius_km=radius)
        assert count.tolist() == brute_count(pairs, 24, radius).tolist()
        total = sum_within(sites, features, "amount", radius_km=radius)
        np.testing.assert_allclose(total, brute_sum(pairs, 24, radius), rtol=1e-12)
        largest = largest_within(sites, features, "amount", radius_km=radius)
        np.testing.assert_array_equal(largest, brute_largest(pairs, 24, radius))
        decayed = sum_within(sites, features, "amount", radius_km=radius, decay=linear(200.0))
        expected = brute_sum(pairs, 24, radius, linear(200.0))
        np.testing.assert_allclose(decayed, expected, rtol=1e-4, atol=1e-3 / 200.0 * 6e5)


# ---------------------------------------------------------------------- unknown and none

# one site at 0 E; per degree of longitude 111.3 km


def one_site() -> gpd.GeoDataFrame:
    return layer([0.0], [0.0])


def emitters(amount: list[float | None]) -> gpd.GeoDataFrame:
    """Emitters at 1, 2, 3, ... tenths of a degree east: 11.1, 22.3, 33.4 km ..."""
    lon = np.arange(1, len(amount) + 1) / 10.0
    names = [f"e{i}" for i in range(1, len(amount) + 1)]
    column = np.array(amount, dtype=np.float64)
    return layer(lon, np.zeros(len(lon)), feature_id=names, amount=column)


def test_sums_add_the_known_and_count_the_unknown() -> None:
    features = emitters([3.0, None, 4.0, None, 100.0])
    result = measure_sum(one_site(), features, "amount", radius_km=50.0)
    assert (result.value.iloc[0], result.unknown.iloc[0], result.feature.iloc[0]) == (7.0, 2, "e3")
    largest = measure_largest(one_site(), features, "amount", radius_km=50.0)
    assert (largest.value.iloc[0], largest.unknown.iloc[0], largest.feature.iloc[0]) == (
        4.0,
        2,
        "e3",
    )


def test_only_the_unknown_within_reach_is_unknown_not_none() -> None:
    features = emitters([None, None, 4.0])
    for result in (
        measure_sum(one_site(), features, "amount", radius_km=30.0),
        measure_sum(one_site(), features, "amount", radius_km=30.0, decay=exponential(10.0)),
        measure_largest(one_site(), features, "amount", radius_km=30.0),
    ):
        assert np.isnan(result.value.iloc[0])
        assert result.feature.iloc[0] is None
        assert result.unknown.iloc[0] == 2


def test_nothing_within_reach_is_none_not_unknown() -> None:
    features = emitters([None, 4.0])
    for result in (
        measure_sum(one_site(), features, "amount", radius_km=5.0),
        measure_largest(one_site(), features, "amount", radius_km=5.0),
    ):
        assert bits(result.value).tolist() == bits(pd.Series([0.0])).tolist()
        assert result.feature.iloc[0] is None
        assert result.unknown.iloc[0] == 0


def test_no_one_feature_decides_a_count() -> None:
    result = measure_count(one_site(), emitters([1.0, 4.0]), radius_km=30.0)
    assert result.feature.tolist() == [None]


def test_a_known_zero_is_known() -> None:
    result = measure_sum(one_site(), emitters([0.0, None]), "amount", radius_km=30.0)
    assert (result.value.iloc[0], result.feature.iloc[0], result.unknown.iloc[0]) == (0.0, "e1", 1)
    largest = measure_largest(one_site(), emitters([0.0, None]), "amount", radius_km=30.0)
    assert (largest.value.iloc[0], largest.feature.iloc[0]) == (0.0, "e1")


def test_weight_zero_is_out_of_reach() -> None:
    # the unknown e2 at 22.3 km is beyond the decay's 20 km, within the radius of 50 km
    for decay in (linear(20.0), cutoff(20.0)):
        only = measure_sum(one_site(), emitters([None, 8.0]), "amount", radius_km=50.0, decay=decay)
        assert np.isnan(only.value.iloc[0])
        result = measure_sum(
            one_site(), emitters([8.0, None]), "amount", radius_km=50.0, decay=decay
        )
        assert result.value.iloc[0] == pytest.approx(8.0 * float(decay(np.array([11.1319491]))[0]))
        assert result.unknown.iloc[0] == 0
        far = emitters([None, 8.0]).iloc[[1]]
        none = measure_sum(one_site(), far, "amount", radius_km=50.0, decay=decay)
        assert (none.value.iloc[0], none.feature.iloc[0]) == (0.0, None)


def test_the_feature_that_adds_most_is_named_not_the_largest() -> None:
    # 10 at 11.1 km weighs 10 e^-1.11 = 3.3; 50 at 33.4 km weighs 50 e^-3.34 = 1.8
    features = emitters([10.0, 1.0, 50.0])
    result = measure_sum(one_site(), features, "amount", radius_km=50.0, decay=exponential(10.0))
    assert result.feature.iloc[0] == "e1"
    assert measure_sum(one_site(), features, "amount", radius_km=50.0).feature.iloc[0] == "e3"


def test_ties_of_the_largest_go_to_the_first_id_whatever_the_row_order() -> None:
    features = emitters([5.0, 5.0, 5.0])
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        result = measure_largest(one_site(), features.iloc[order], "amount", radius_km=50.0)
        assert result.feature.iloc[0] == "e1"


def test_a_count_knows_nothing_unknown_and_counts_unknown_emitters() -> None:
    features = emitters([None, 4.0])
    assert count_within(one_site(), features, radius_km=30.0).tolist() == [2]
    result = measure_count(one_site(), features, radius_km=30.0)
    assert (result.value.tolist(), result.unknown.tolist()) == ([2.0], [0])


@pytest.mark.parametrize("dtype", ["int64", "Int64", "Float64", "float32", "object", "boolean"])
def test_numbers_of_any_kind_are_quantities(dtype: str) -> None:
    features = emitters([1.0, 0.0, 1.0])
    features["amount"] = features["amount"].astype(dtype)
    assert sum_within(one_site(), features, "amount", radius_km=50.0).tolist() == [2.0]


def test_missing_values_of_any_kind_are_unknown() -> None:
    for column in (
        pd.array([1, None, 2], dtype="Int64"),
        pd.Series([1.0, None, 2], dtype=object),
        pd.Series([1, pd.NA, 2], dtype=object),
    ):
        features = emitters([0.0, 0.0, 0.0]).assign(amount=column)
        result = measure_sum(one_site(), features, "amount", radius_km=50.0)
        assert (result.value.iloc[0], result.unknown.iloc[0]) == (3.0, 1)


def _crowd(seed: int, n: int = 5_000, *, places: int | None = None) -> gpd.GeoDataFrame:
    """Return more emitters within 25 km than are listed, a fifth of them unknown."""
    draw = np.random.default_rng(seed)
    lon, lat = draw.uniform(-0.08, 0.08, (2, n if places is None else places))
    at = np.arange(n) if places is None else draw.integers(0, places, n)
    amount = np.round(draw.lognormal(10, 3, n), 2)
    amount[draw.random(n) < 0.2] = np.nan
    ids = [f"e{i}" for i in draw.permutation(n)]
    return layer(lon[at] + 180.0 - 360.0 * (lon[at] > 0), lat[at], site_id=ids, amount=amount)


@pytest.mark.parametrize("places", [None, 7, 1])
def test_sums_and_maxima_in_a_crowd_are_exact(places: int | None) -> None:
    emitters = _crowd(4, places=places)
    sites = emitters.iloc[::100]
    measured = measure_sum(sites, emitters, "amount", radius_km=20.0)
    largest = measure_largest(sites, emitters, "amount", radius_km=20.0)
    other = measure_largest(sites, emitters, "amount", radius_km=20.0, own="exclude")
    lonlat = emitters.get_coordinates().to_numpy().T
    amount, name = emitters["amount"].to_numpy(), emitters["site_id"].to_numpy()
    for row, site in enumerate(range(0, len(emitters), 100)):
        within = geodesic_matrix(*lonlat[:, site : site + 1], *lonlat)[0] <= 20_000.0
        others = within & (np.arange(len(emitters)) != site)
        assert within.sum() > CROWD
        assert measured.value.iloc[row] == fsum(amount[others & ~np.isnan(amount)])
        assert measured.unknown.iloc[row] == np.isnan(amount[others]).sum()
        assert largest.value.iloc[row] == np.nanmax(amount[within])
        assert other.value.iloc[row] == np.nanmax(amount[others])
        assert measured.feature.iloc[row] == other.feature.iloc[row]
        assert name[np.nanargmax(np.where(others, amount, np.nan))] == other.feature.iloc[row]


@pytest.mark.parametrize("places", [None, 7])
def test_sums_in_a_crowd_depend_on_no_other_site_and_no_order(places: int | None) -> None:
    emitters = _crowd(5, places=places)
    whole = sum_within(emitters, emitters, "amount", radius_km=20.0)
    mixed = emitters.sample(frac=1.0, random_state=1)
    some = mixed.iloc[:20]
    alone = sum_within(some, mixed, "amount", radius_km=20.0)
    assert bits(alone).tolist() == bits(whole.loc[some.index]).tolist()


def test_a_crowd_of_unknown_quantities_has_no_sum() -> None:
    emitters = _crowd(6).assign(amount=np.nan)
    measured = measure_sum(emitters.iloc[:3], emitters, "amount", radius_km=100.0)
    assert measured.value.isna().all()
    assert measured.feature.isna().all()
    assert measured.unknown.tolist() == [len(emitters) - 1] * 3
