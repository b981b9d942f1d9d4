"""Hansen access: closed forms, all pairs by hand, unknown quantities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from clouds import CLOUDS
from metrics.brute_force import all_pairs, assert_aligned, bits, brute_sum, clear_radius, layer

from standort.errors import CRSError, OptionError
from standort.metrics import (
    exponential,
    hansen_access,
    linear,
    logistic,
    measure_hansen,
    measure_sum,
    power,
    truncated_gaussian,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]

#: a kilometre along the equator [degrees]
KM = 1.0 / 111.319490793

DECAYS: list[Callable[[Floats], Floats]] = [
    truncated_gaussian(30.0),
    logistic(20.0, 0.2),
    power(1.5, floor_km=2.0),
    lambda d: 1.0 / (1.0 + d),
]


def one_site() -> gpd.GeoDataFrame:
    return layer([0.0], [0.0])


def stores(at_km: list[float], amount: list[float]) -> gpd.GeoDataFrame:
    """Features along the equator, east of the site at 0."""
    names = [f"s{i}" for i in range(1, len(at_km) + 1)]
    lon = np.array(at_km) * KM
    return layer(lon, np.zeros(len(lon)), feature_id=names, amount=np.array(amount))


def cloud_layers(cloud: Cloud) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Sites, and features of which every fourth amount is unknown and some are 0."""
    rng = np.random.default_rng(31)
    amount = rng.lognormal(0.0, 2.0, 120)
    amount[rng.random(120) < 0.25] = np.nan
    amount[:5] = 0.0
    names = rng.permutation([f"f{i}" for i in range(120)])
    features = layer(*cloud(rng, 120), feature_id=names, amount=amount)
    return layer(*cloud(rng, 90)), features


# ---------------------------------------------------------------------- closed forms


def test_hansen_in_closed_form() -> None:
    """100 e^-1 + 50 e^-0.5 = 67.1145."""
    result = hansen_access(
        one_site(),
        stores([10.0, 5.0], [100.0, 50.0]),
        "amount",
        decay=exponential(10),
        cutoff_km=50,
    )
    assert result.iloc[0] == pytest.approx(67.1145, abs=5e-5)


# ---------------------------------------------------------------------- brute force


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("decay", DECAYS, ids=lambda d: getattr(d, "name", "inverse"))
def test_hansen_equals_brute_force(cloud: Cloud, decay: Callable[[Floats], Floats]) -> None:
    sites, features = cloud_layers(cloud)
    pairs = all_pairs(sites, features)
    for about_km in (25.0, 500.0):
        cutoff = clear_radius(pairs, about_km)
        result = hansen_access(sites, features, "amount", decay=decay, cutoff_km=cutoff)
        expected = brute_sum(pairs, 90, cutoff, decay)
        np.testing.assert_allclose(result, expected, rtol=1e-6, atol=1e-6)


# ---------------------------------------------------------------------- the same as sums within


def test_hansen_names_the_largest_contribution_and_counts_the_unknown() -> None:
    features = stores([1.0, 40.0, 20.0], [8.0, 100.0, np.nan])
    sites = one_site().set_axis(["plant"], axis=0)
    result = measure_hansen(sites, features, "amount", decay=exponential(10.0), cutoff_km=50.0)
    assert_aligned(result.value, sites, "hansen_access")
    # 8 e^-0.1 = 7.2, 100 e^-4 = 1.8
    assert result.value.iloc[0] == pytest.approx(8 * np.exp(-0.1) + 100 * np.exp(-4), rel=1e-6)
    assert (result.feature.iloc[0], result.unknown.iloc[0]) == ("s1", 1)
    plain = hansen_access(sites, features, "amount", decay=exponential(10.0), cutoff_km=50.0)
    assert bits(plain).tolist() == bits(result.value).tolist()
    same = measure_sum(sites, features, "amount", decay=exponential(10.0), radius_km=50.0)
    assert bits(same.value).tolist() == bits(result.value).tolist()


def test_nothing_within_reach_is_none_and_only_unknown_is_unknown() -> None:
    for at_km, expected in ((60.0, 0.0), (20.0, np.nan)):
        features = stores([at_km], [np.nan])
        result = hansen_access(
            one_site(), features, "amount", decay=exponential(10.0), cutoff_km=50.0
        )
        np.testing.assert_array_equal(result, [expected])


def test_a_site_among_the_features_does_not_reach_itself() -> None:
    plants = layer([0.0, KM], [0.0, 0.0], site_id=["a", "b"], amount=[1.0, 20.0])
    result = hansen_access(plants, plants, "amount", decay=linear(2.0), cutoff_km=5.0)
    assert result.tolist() == pytest.approx([10.0, 0.5], rel=1e-6)


# ---------------------------------------------------------------------- bits


@pytest.mark.parametrize("cloud", CLOUDS)
def test_other_sites_and_order_give_the_same_bits(cloud: Cloud) -> None:
    sites, features = cloud_layers(cloud)
    rng = np.random.default_rng(2)
    all_sites = hansen_access(sites, features, "amount", decay=DECAYS[1], cutoff_km=800.0)
    for rows in (rng.permutation(90), rng.permutation(90)[:37], np.array([5])):
        mixed = features.iloc[rng.permutation(120)]
        some = sites.iloc[rows]
        result = hansen_access(some, mixed, "amount", decay=DECAYS[1], cutoff_km=800.0)
        assert bits(result).tolist() == bits(all_sites.iloc[rows]).tolist()


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_a_cutoff_must_be_a_positive_number(wrong: float) -> None:
    features = stores([1.0], [1.0])
    calls: list[Callable[[], object]] = [
        lambda: hansen_access(
            one_site(), features, "amount", decay=exponential(1.0), cutoff_km=wrong
        ),
        lambda: measure_hansen(
            one_site(), features, "amount", decay=exponential(1.0), cutoff_km=wrong
        ),
    ]
    message = f"expected cutoff_km to be a positive number up to 1e+06 [km], got {wrong!r}"
    for call in calls:
        with pytest.raises(OptionError, match=re.escape(message)):
            call()


def test_a_decay_that_gives_no_weights_raises() -> None:
    with pytest.raises(OptionError, match="expected decay to return one finite weight >= 0"):
        hansen_access(one_site(), stores([1.0], [1.0]), "amount", decay=lambda d: -d, cutoff_km=5.0)


def test_a_layer_without_crs_raises() -> None:
    homeless = stores([1.0], [1.0]).set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match="layer 'features': it has no coordinate reference system"):
        hansen_access(one_site(), homeless, "amount", decay=linear(2.0), cutoff_km=5.0)
