"""The steps behind the metrics: pairs, weights, sums and the largest by site."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metrics.brute_force import all_pairs, clear_radius, layer

from standort.errors import OptionError
from standort.layers.features import as_features, as_sites
from standort.metrics import largest_within
from standort.metrics.reach import add_up, pairs_within_reach, pick_largest, weigh_shares

#: of row, feature and share
Shares = list[tuple[int, float]]

shares = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([0.0, 1.0, 2.0, 0.25, np.nan])), max_size=20
)


@given(shares)
def test_sums_and_largest_equal_a_loop(result: Shares) -> None:
    row = np.array([r for r, _ in result], dtype=np.intp)
    share = np.array([s for _, s in result])
    largest, whose, n_unknown = pick_largest(row, np.arange(len(result)), share, 5)
    total = add_up(row, share, 5)
    for site in range(5):
        own = [(s, f) for f, (r, s) in enumerate(result) if r == site]
        known = [(s, f) for s, f in own if not np.isnan(s)]
        none = np.nan if own else 0.0
        assert n_unknown[site] == len(own) - len(known)
        np.testing.assert_equal(total[site], sum(s for s, _ in known) if known else none)
        np.testing.assert_equal(largest[site], max(s for s, _ in known) if known else none)
        first = min((f for s, f in known if s == largest[site]), default=-1)
        assert whose[site] == first


def test_pairs_equal_brute_force_and_weight_0_is_out_of_reach() -> None:
    rng = np.random.default_rng(5)
    sites, features = (layer(rng.uniform(-3, 3, n), rng.uniform(-3, 3, n)) for n in (15, 25))
    features["feature_id"] = range(25)
    expected = all_pairs(sites, features)
    radius_km = clear_radius(expected, 200.0)
    near_km = clear_radius(expected, 50.0)
    within = expected[(expected["km"] <= radius_km) & (expected["km"] > near_km)]
    result = set()
    for pairs in pairs_within_reach(as_sites(sites), as_features(features), radius_km, "exclude"):
        row, of, _ = weigh_shares(pairs, np.ones(25), lambda km: np.where(km > near_km, 1.0, 0.0))
        result |= {*zip(pairs.site[row].tolist(), of.tolist(), strict=True)}
    assert result == {*zip(within["site"], within["feature"], strict=True)}
    assert 0 < len(result) < len(expected)


def test_own_is_one_of_two_choices() -> None:
    sites = layer(np.zeros(1), np.zeros(1))
    with pytest.raises(OptionError, match="'exclude' or 'include', got 'only'"):
        largest_within(sites, sites, "co2_t_per_yr", radius_km=5.0, own="only")  # type: ignore[arg-type]
