"""Hansen, cumulative opportunities and Huff: closed forms, all pairs by hand, what is unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from metrics.brute_force import all_pairs, assert_aligned, bits, brute_sum, clear_radius, layer

from standort.errors import CRSError, LayerError, OptionError
from standort.metrics import (
    cumulative_opportunities,
    exponential,
    hansen_access,
    huff_shares,
    linear,
    logistic,
    measure_hansen,
    measure_sum,
    power,
    sum_within,
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


def brute_huff(pairs: pd.DataFrame, cutoff_km: float, *, alpha: float, beta: float) -> pd.DataFrame:
    """Shares by pandas; a site of which nothing attracts gives 0 / 0."""
    within = pairs[pairs["km"] <= cutoff_km].sort_values(["site", "feature"])
    pull = within["amount"] ** alpha / within["km"].clip(lower=2.0) ** beta
    return within.assign(share=pull / pull.groupby(within["site"]).transform("sum"))


# ---------------------------------------------------------------------- closed forms


def test_hansen_in_closed_form() -> None:
    """100 e^-1 + 50 e^-0.5 = 67.1145."""
    found = hansen_access(
        one_site(),
        stores([10.0, 5.0], [100.0, 50.0]),
        "amount",
        decay=exponential(10),
        cutoff_km=50,
    )
    assert found.iloc[0] == pytest.approx(67.1145, abs=5e-5)


def test_huff_in_closed_form() -> None:
    """100 / 10^2 to 50 / 5^2 is 1 to 2."""
    found = huff_shares(
        one_site(), stores([10.0, 5.0], [100.0, 50.0]), "amount", beta=2.0, cutoff_km=50
    )
    assert found["feature_id"].tolist() == ["s1", "s2"]
    assert found["share"].tolist() == pytest.approx([1 / 3, 2 / 3], abs=1e-8)
    assert found["distance_km"].tolist() == pytest.approx([10.0, 5.0], abs=1e-6)


# ---------------------------------------------------------------------- brute force


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("decay", DECAYS, ids=lambda d: getattr(d, "name", "inverse"))
def test_hansen_equals_brute_force(cloud: Cloud, decay: Callable[[Floats], Floats]) -> None:
    sites, features = cloud_layers(cloud)
    pairs = all_pairs(sites, features)
    for about_km in (25.0, 500.0):
        cutoff = clear_radius(pairs, about_km)
        found = hansen_access(sites, features, "amount", decay=decay, cutoff_km=cutoff)
        expected = brute_sum(pairs, 90, cutoff, decay)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 2.0), (0.5, 1.0), (2.0, 0.0)])
def test_huff_equals_brute_force(cloud: Cloud, alpha: float, beta: float) -> None:
    sites, features = cloud_layers(cloud)
    pairs = all_pairs(sites, features)
    for about_km in (25.0, 2_000.0):
        cutoff = clear_radius(pairs, about_km)
        found = huff_shares(
            sites, features, "amount", alpha=alpha, beta=beta, floor_km=2.0, cutoff_km=cutoff
        )
        expected = brute_huff(pairs, cutoff, alpha=alpha, beta=beta)
        assert found.index.tolist() == expected["site"].tolist()
        assert found["feature_id"].tolist() == expected["feature"].tolist()
        np.testing.assert_allclose(found["distance_km"], expected["km"], rtol=0.0, atol=1e-6)
        np.testing.assert_allclose(found["share"], expected["share"], rtol=1e-6, atol=1e-12)
        whole = found["share"].groupby(level=0).sum(min_count=1).dropna()
        np.testing.assert_allclose(whole, 1.0, rtol=1e-12)


# ---------------------------------------------------------------------- the same as sums within


def test_cumulative_opportunities_are_sums_within_to_the_bit() -> None:
    sites, features = cloud_layers(CLOUDS[3])
    found = cumulative_opportunities(sites, features, "amount", cutoff_km=4.0)
    assert_aligned(found, sites, "cumulative_opportunities")
    expected = sum_within(sites, features, "amount", radius_km=4.0)
    assert bits(found).tolist() == bits(expected).tolist()


def test_hansen_names_the_largest_contribution_and_counts_the_unknown() -> None:
    features = stores([1.0, 40.0, 20.0], [8.0, 100.0, np.nan])
    sites = one_site().set_axis(["plant"], axis=0)
    found = measure_hansen(sites, features, "amount", decay=exponential(10.0), cutoff_km=50.0)
    assert_aligned(found.value, sites, "hansen_access")
    # 8 e^-0.1 = 7.2, 100 e^-4 = 1.8
    assert found.value.iloc[0] == pytest.approx(8 * np.exp(-0.1) + 100 * np.exp(-4), rel=1e-6)
    assert (found.feature.iloc[0], found.unknown.iloc[0]) == ("s1", 1)
    plain = hansen_access(sites, features, "amount", decay=exponential(10.0), cutoff_km=50.0)
    assert bits(plain).tolist() == bits(found.value).tolist()
    same = measure_sum(sites, features, "amount", decay=exponential(10.0), radius_km=50.0)
    assert bits(same.value).tolist() == bits(found.value).tolist()


def test_nothing_within_reach_is_none_and_only_unknown_is_unknown() -> None:
    for at_km, expected in ((60.0, 0.0), (20.0, np.nan)):
        features = stores([at_km], [np.nan])
        found = hansen_access(
            one_site(), features, "amount", decay=exponential(10.0), cutoff_km=50.0
        )
        np.testing.assert_array_equal(found, [expected])


def test_a_site_among_the_features_does_not_reach_itself() -> None:
    plants = layer([0.0, KM], [0.0, 0.0], site_id=["a", "b"], amount=[1.0, 20.0])
    found = hansen_access(plants, plants, "amount", decay=linear(2.0), cutoff_km=5.0)
    assert found.tolist() == pytest.approx([10.0, 0.5], rel=1e-6)
    assert huff_shares(plants, plants, "amount", cutoff_km=5.0)["feature_id"].tolist() == ["b", "a"]


# ---------------------------------------------------------------------- Huff: unknown and none


def test_a_store_of_unknown_attraction_has_an_unknown_share() -> None:
    features = stores([10.0, 10.0, 10.0], [30.0, np.nan, 10.0])
    for alpha in (0.0, 1.0):
        found = huff_shares(one_site(), features, "amount", alpha=alpha, cutoff_km=50.0)
        known = [0.5, 0.5] if alpha == 0.0 else [0.75, 0.25]
        np.testing.assert_allclose(found["share"], [known[0], np.nan, known[1]], rtol=1e-12)


def test_where_nothing_attracts_shares_are_unknown() -> None:
    features = stores([10.0, 20.0], [0.0, 0.0])
    assert huff_shares(one_site(), features, "amount", cutoff_km=50.0)["share"].isna().all()


def test_below_the_floor_nearer_is_no_better() -> None:
    features = stores([0.0, 0.9, 2.0], [1.0, 1.0, 1.0])
    found = huff_shares(one_site(), features, "amount", cutoff_km=50.0)
    assert found["share"].tolist() == pytest.approx([4 / 9, 4 / 9, 1 / 9], rel=1e-6)


def test_a_site_without_a_choice_has_no_row_and_the_index_is_that_of_the_sites() -> None:
    sites = layer([0.0, 5.0, 0.0], [0.0] * 3, index=pd.Index(["x", "far", "y"], name="plant"))
    found = huff_shares(sites, stores([1.0, 2.0], [1.0, 1.0]), "amount", cutoff_km=50.0)
    expected = pd.Index(["x", "x", "y", "y"], name="plant")
    pd.testing.assert_index_equal(found.index, expected)
    none = huff_shares(sites, stores([1.0], [1.0]).iloc[:0], "amount", cutoff_km=50.0)
    assert none.columns.tolist() == ["feature_id", "distance_km", "share"]
    assert len(none) == 0


def test_shares_do_not_depend_on_the_unit_of_the_attraction() -> None:
    sites, features = cloud_layers(CLOUDS[3])
    scaled = features.assign(amount=features["amount"] * 1e6)
    found, expected = (huff_shares(sites, f, "amount", cutoff_km=9.0) for f in (scaled, features))
    np.testing.assert_allclose(found["share"], expected["share"], rtol=1e-12)


# ---------------------------------------------------------------------- bits


@pytest.mark.parametrize("cloud", CLOUDS)
def test_any_company_and_any_order_give_the_same_bits(cloud: Cloud) -> None:
    sites, features = cloud_layers(cloud)
    rng = np.random.default_rng(2)
    everyone = hansen_access(sites, features, "amount", decay=DECAYS[1], cutoff_km=800.0)
    shares = huff_shares(sites, features, "amount", beta=1.3, cutoff_km=800.0)
    for rows in (rng.permutation(90), rng.permutation(90)[:37], np.array([5])):
        mixed = features.iloc[rng.permutation(120)]
        some = sites.iloc[rows]
        found = hansen_access(some, mixed, "amount", decay=DECAYS[1], cutoff_km=800.0)
        assert bits(found).tolist() == bits(everyone.iloc[rows]).tolist()
        choice = huff_shares(some, mixed, "amount", beta=1.3, cutoff_km=800.0)
        kept = [i for i in some.index if i in shares.index]
        pd.testing.assert_frame_equal(choice, shares.loc[kept], check_exact=True)


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
        lambda: cumulative_opportunities(one_site(), features, "amount", cutoff_km=wrong),
        lambda: huff_shares(one_site(), features, "amount", cutoff_km=wrong),
    ]
    message = f"expected cutoff_km to be a positive number of kilometres, got {wrong!r}"
    for call in calls:
        with pytest.raises(OptionError, match=re.escape(message)):
            call()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": -1.0}, "expected alpha to be a number >= 0, got -1.0"),
        ({"beta": np.nan}, "expected beta to be a number >= 0, got nan"),
        ({"beta": np.inf}, "expected beta to be a number >= 0, got inf"),
        ({"floor_km": 0.0}, "expected floor_km to be a positive number of kilometres, got 0.0"),
        ({"alpha": 400.0}, "to the power 400 exceeds all numbers; choose a smaller exponent"),
    ],
)
def test_options_of_huff_are_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        huff_shares(one_site(), stores([1.0], [9.0]), "amount", cutoff_km=5.0, **options)


def test_an_attraction_below_none_is_refused_by_id() -> None:
    features = stores([1.0, 2.0, 3.0], [1.0, -2.0, -3.0])
    message = "expected attraction 'amount' >= 0, 2 are less: 's2', 's3'; mend or drop"
    with pytest.raises(LayerError, match=message):
        huff_shares(one_site(), features, "amount", cutoff_km=5.0)


def test_a_decay_that_gives_no_weights_is_refused() -> None:
    with pytest.raises(OptionError, match="expected decay to give one finite weight >= 0"):
        hansen_access(one_site(), stores([1.0], [1.0]), "amount", decay=lambda d: -d, cutoff_km=5.0)


def test_a_layer_without_crs_is_refused() -> None:
    homeless = stores([1.0], [1.0]).set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match="layer 'features': it has no coordinate reference system"):
        huff_shares(one_site(), homeless, "amount", cutoff_km=5.0)
