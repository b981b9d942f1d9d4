"""Contributions: they add up to the score, whatever the aggregation."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from standort.scoring.aggregation.contribution_shares import contributions, shapley_shares
from standort.scoring.aggregation.means import arithmetic, geometric, minimum
from standort.scoring.aggregation.score_tables import score_table
from standort.scoring.profile.loading import load_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.scoring.profile.profile_model import Profile

    MakeProfile = Callable[..., Profile]

NAN = float("nan")
IDS = ["p1", "p2", "p3", "p4", "p5", "f1", "f2", "s1", "s2"]
AGGREGATIONS = ("geometric", "arithmetic", "minimum")
PARTIAL = arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.just(len(IDS))),
    elements=st.one_of(st.floats(0, 1), st.just(NAN)),
)


def scored(values: pd.DataFrame, profile: Profile) -> pd.Series:
    return score_table(values, values.fillna(0.0), values.fillna(1.0), profile=profile)["score"]


@given(
    partial=PARTIAL,
    aggregation=st.sampled_from(AGGREGATIONS),
    absent=st.sets(st.sampled_from(IDS), max_size=8),
    weights=st.fixed_dictionaries({name: st.floats(0.1, 9) for name in [*IDS, "power", "firms"]}),
)
def test_contributions_add_up_to_the_score(
    make_profile: MakeProfile,
    partial: np.ndarray,
    aggregation: str,
    absent: set[str],
    weights: dict[str, float],
) -> None:
    profile = make_profile(aggregation=aggregation, weights=weights)
    values = pd.DataFrame(partial, columns=IDS).drop(columns=list(absent))
    added = contributions(values, profile=profile).sum(axis=1, min_count=1)
    score = scored(values, profile)
    assert added[score.notna()].to_numpy() == pytest.approx(
        score[score.notna()].to_numpy(), abs=1e-12
    )
    assert added[score.isna()].isna().all()


def test_under_the_arithmetic_mean_they_are_weight_times_value(make_profile: MakeProfile) -> None:
    # firms has 2 of 4 parts, and f1 has 3 of 4 parts of firms
    profile = make_profile(aggregation="arithmetic", weights={"firms": 2, "f1": 3})
    values = pd.DataFrame([[0, 0, 0, 0, 1, 0.8, 0.4, 1, 0]], columns=IDS)
    actual = contributions(values, profile=profile).loc[0]
    assert actual["p5"] == pytest.approx(1 / 20)
    assert list(actual[["f1", "f2"]]) == pytest.approx([0.375 * 0.8, 0.125 * 0.4])
    assert actual["s1"] == pytest.approx(1 / 8)


def test_an_unknown_value_adds_nothing_and_stays_unknown(make_profile: MakeProfile) -> None:
    values = pd.DataFrame([[NAN, 0, 1, 1, 1, 1, 1, 1, 1]], columns=IDS)
    actual = contributions(values, profile=make_profile()).loc[0]
    assert list(actual.isna()) == [True] + [False] * 8
    assert actual["p2"] == 0.0


def test_an_unknown_score_has_no_contributions(make_profile: MakeProfile) -> None:
    values = pd.DataFrame([[NAN, NAN, NAN, 1, 1, 1, 1, 1, 1]], columns=IDS)
    assert contributions(values, profile=make_profile()).isna().all().all()


def test_a_weight_of_0_contributes_0(make_profile: MakeProfile) -> None:
    profile = make_profile(weights={"p1": 0, "firms": 0})
    actual = contributions(pd.DataFrame([[0.5] * 9], columns=IDS), profile=profile).loc[0]
    assert list(actual[["p1", "f1", "f2"]]) == [0.0, 0.0, 0.0]
    assert actual.sum() == pytest.approx(0.5, abs=1e-12)


def test_columns_come_in_profile_order_on_the_index_of_the_sites(
    make_profile: MakeProfile,
) -> None:
    values = pd.DataFrame({"s1": [0.5], "p1": [0.5]}, index=pd.Index(["x"], name="site_id"))
    actual = contributions(values, profile=make_profile())
    assert actual.columns.tolist() == ["p1", "s1"]
    pd.testing.assert_index_equal(actual.index, values.index)


def test_without_any_criterion_there_is_nothing_to_share(make_profile: MakeProfile) -> None:
    actual = contributions(pd.DataFrame(index=pd.Index(["x"])), profile=make_profile())
    assert actual.shape == (1, 0)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_a_site_has_the_same_bits_alone_and_among_many(aggregation: str, size: int) -> None:
    profile = load_profile("net-zero").model_copy(update={"aggregation": aggregation})
    rng = np.random.default_rng(6)
    known = rng.uniform(0, 1, (3000, len(profile.criteria)))
    known[rng.uniform(size=known.shape) < 0.1] = NAN
    values = pd.DataFrame(known, columns=[c.id for c in profile.criteria])
    whole = contributions(values, profile=profile)
    for start in range(0, len(values), max(size, 307)):
        part = contributions(values[start : start + size], profile=profile)
        pd.testing.assert_frame_equal(part, whole[start : start + size], check_exact=True)


# Shapley shares


def test_shapley_shares_of_the_arithmetic_mean_are_weight_times_component() -> None:
    columns = [np.array([0.9]), np.array([0.3])]
    shares = shapley_shares(columns, [3, 1], aggregation=arithmetic)
    assert [float(share[0]) for share in shares] == pytest.approx([0.675, 0.075], abs=1e-15)


def test_shapley_shares_of_two_components_are_worked_by_hand() -> None:
    # v(1) = (sqrt(1 * .01) - .01) / .99 = .0909.., v(2) = (sqrt(.505 * .01) - .01) / .99,
    # v(12) = (sqrt(1 * .505) - .01) / .99; share of 1 = (v(1) + v(12) - v(2)) / 2
    first, second, both = ((np.sqrt(product) - 0.01) / 0.99 for product in (0.01, 0.00505, 0.505))
    shares = shapley_shares([np.array([1.0]), np.array([0.5])], [1, 1], aggregation=geometric)
    assert shares[0][0] == pytest.approx((first + both - second) / 2, abs=1e-12)
    assert shares[1][0] == pytest.approx((second + both - first) / 2, abs=1e-12)


def test_equal_components_of_equal_weight_share_equally() -> None:
    columns = [np.array([0.6])] * 3
    for aggregation in (geometric, minimum):
        shares = shapley_shares(columns, [1, 1, 1], aggregation=aggregation)
        assert [float(share[0]) for share in shares] == pytest.approx([0.2] * 3, abs=1e-15)


def test_a_component_of_0_has_no_share() -> None:
    columns = [np.array([0.9]), np.array([0.0]), np.array([0.4])]
    assert shapley_shares(columns, [1, 1, 1], aggregation=geometric)[1].tolist() == [0.0]


def test_more_sites_than_one_block_are_shared_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = list(np.random.default_rng(7).uniform(0, 1, (3, 1000)))
    whole = shapley_shares(columns, [1, 2, 3], aggregation=geometric)
    # The package exports a function of the module's name, so the module is fetched as such.
    module = import_module("standort.scoring.aggregation.contribution_shares")
    monkeypatch.setattr(module, "_BLOCK", 64)
    blocked = shapley_shares(columns, [1, 2, 3], aggregation=geometric)
    assert [share.tobytes() for share in whole] == [share.tobytes() for share in blocked]
