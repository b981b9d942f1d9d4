"""Probabilities and margins: normal draws in closed form, counts by hand, unknown values."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, qmc

from standort.errors import AlignmentError, OptionError
from standort.typology import TYPES, DrawRange, margins, spreads, type_probabilities
from standort.typology.probabilities import PROBABILITY_COLUMNS, UNDECIDED

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAN = float("nan")
COLUMNS = list(PROBABILITY_COLUMNS)
DRAW = st.one_of(st.floats(0, 1), st.just(NAN))
KNOWN = st.floats(0, 1)


def normal_draws(mean: tuple[float, float], deviation: float) -> list[NDArray[np.float64]]:
    """Evenly spread normal draws of two axes, 2^16 of them, cut to [0, 1]."""
    points = qmc.Sobol(2, scramble=False).random_base2(16) + 2.0**-17
    return [np.clip(m + deviation * norm.ppf(points[:, k]), 0, 1)[None] for k, m in enumerate(mean)]


def allowed(a: float, b: float) -> set[int]:
    """The types a single draw allows."""
    rows = {0, 1} if math.isnan(a) else {0} if a >= 0.5 else {1}
    columns = {0, 1} if math.isnan(b) else {0} if b >= 0.5 else {1}
    return {2 * column + row for row in rows for column in columns}


def test_independent_normal_draws() -> None:
    # A = .7, L = .6, deviation .1: P(A high) = Phi(2), P(L high) = Phi(1)
    a, b = normal_draws((0.7, 0.6), 0.1)
    result = type_probabilities(a, b)[COLUMNS].iloc[0]
    assert result.tolist() == pytest.approx([0.8222, 0.0191, 0.1550, 0.0036], abs=2e-4)


def test_where_the_borders_cross_all_types_are_equally_likely() -> None:
    a, b = normal_draws((0.5, 0.5), 0.1)
    result = type_probabilities(a, b).iloc[0]
    assert result[COLUMNS].tolist() == pytest.approx([0.25] * 4, abs=2e-4)
    assert result["entropy"] == pytest.approx(1, abs=1e-6)
    assert result["type"].startswith("ambiguous ")


def test_one_certain_type_has_no_entropy() -> None:
    result = type_probabilities(np.full((1, 9), 0.9), np.full((1, 9), 0.1)).iloc[0]
    assert result[COLUMNS].tolist() == [0, 0, 1, 0]
    assert (result["entropy"], result["type"]) == (0, "classic_cluster")


def test_two_equally_likely_types_have_half_the_entropy() -> None:
    result = type_probabilities(np.array([[0.9, 0.1]]), np.full((1, 2), 0.9)).iloc[0]
    assert result["entropy"] == 0.5
    assert result["type"] == "ambiguous forerunner/dispersed_cluster"
    assert result["type_set"] == "forerunner | dispersed_cluster"


@pytest.mark.parametrize(("high", "label"), [(8, "forerunner"), (7, "ambiguous")])
def test_a_type_needs_eight_of_ten_draws(high: int, label: str) -> None:
    a = np.array([[0.9] * high + [0.1] * (10 - high)])
    result = type_probabilities(a, np.full((1, 10), 0.9)).iloc[0]
    assert result["type"].split()[0] == label


def test_an_ambiguous_label_names_the_two_likeliest() -> None:
    # 5 x dispersed sites, 3 x classic cluster, 2 x forerunner
    a = np.array([[0.1] * 5 + [0.9] * 5])
    b = np.array([[0.1] * 8 + [0.9] * 2])
    result = type_probabilities(a, b).iloc[0]
    assert result["type"] == "ambiguous dispersed_sites/classic_cluster"
    assert result["type_set"] == "classic_cluster | dispersed_sites"


@given(draws=st.lists(st.tuples(DRAW, DRAW), min_size=1, max_size=30))
def test_probabilities_are_counted_draw_by_draw(draws: list[tuple[float, float]]) -> None:
    a, b = (np.array([axis]) for axis in zip(*draws, strict=True))
    result = type_probabilities(a, b).iloc[0]
    spoken = [allowed(*draw) for draw in draws]
    for k, column in enumerate(COLUMNS):
        sure = sum(types == {k} for types in spoken)
        possible = sum(k in types for types in spoken)
        if sure == possible:
            assert result[column] == sure / len(draws)
        else:
            assert math.isnan(result[column])
    # the smallest set of types that holds at least .8 of the draws for sure
    sizes = [
        size
        for size in (1, 2, 3, 4)
        for chosen in combinations(range(4), size)
        if sum(types <= set(chosen) for types in spoken) >= 0.8 * len(draws) - 1e-9
    ]
    named = {TYPES.index(name) for name in result["type_set"].split(" | ")}
    assert len(named) == min(sizes)
    assert sum(types <= named for types in spoken) >= 0.8 * len(draws) - 1e-9


@given(draws=st.lists(st.tuples(KNOWN, KNOWN), min_size=1, max_size=40))
def test_probabilities_of_known_draws_sum_to_1(draws: list[tuple[float, float]]) -> None:
    a, b = (np.array([axis]) for axis in zip(*draws, strict=True))
    result = type_probabilities(a, b).iloc[0]
    assert sum(result[COLUMNS]) == pytest.approx(1)
    assert 0 <= result["entropy"] <= 1


@given(draws=st.lists(st.tuples(KNOWN, KNOWN), min_size=1, max_size=40))
def test_swapping_the_axes_swaps_two_probabilities(draws: list[tuple[float, float]]) -> None:
    a, b = (np.array([axis]) for axis in zip(*draws, strict=True))
    there, back = type_probabilities(a, b), type_probabilities(b, a)
    assert there[COLUMNS].to_numpy().tolist() == back[COLUMNS].to_numpy()[:, [0, 2, 1, 3]].tolist()


def test_unknown_linkage_leaves_two_probabilities_unknown() -> None:
    a = np.array([[0.9] * 8 + [0.1] * 2, [0.9] * 6 + [0.1] * 4])
    result = type_probabilities(a, np.full((2, 1), NAN))
    assert result[COLUMNS].isna().all(axis=None)
    assert result["entropy"].isna().all()
    assert result["type"].tolist() == [UNDECIDED] * 2
    assert result["type_set"].tolist() == ["forerunner | classic_cluster", " | ".join(TYPES)]


def test_a_probability_independent_of_unknowns_is_a_number() -> None:
    # advantage is high in every draw, so neither low type is possible
    linkage = np.array([[NAN, 0.9, 0.9, 0.9, 0.9]])
    result = type_probabilities(np.full((1, 5), 0.9), linkage).iloc[0]
    assert result[["p_dispersed_cluster", "p_dispersed_sites"]].tolist() == [0, 0]
    assert result[["p_forerunner", "p_classic_cluster"]].isna().all()
    # four of five draws are forerunners for sure, whatever the fifth is
    assert result["type"] == "forerunner"


def test_a_type_must_hold_at_every_corner() -> None:
    high, low = np.full((1, 10), 0.9), np.full((1, 10), 0.2)
    half = np.where(np.arange(10) < 5, 0.9, 0.2)[np.newaxis]
    result = type_probabilities(high, DrawRange(low, half, high)).iloc[0]
    assert (result["p_forerunner"], result["p_classic_cluster"]) == (0.5, 0.5)
    assert (result["p_forerunner_low"], result["p_forerunner_high"]) == (0.0, 1.0)
    assert result["p_dispersed_sites_high"] == 0.0
    assert (result["type"], result["type_set"]) == (UNDECIDED, "forerunner | classic_cluster")
    sure = type_probabilities(high, DrawRange(high, high, high)).iloc[0]
    assert sure["type"] == "forerunner"
    both = type_probabilities(DrawRange(low, high, high), DrawRange(low, half, high)).iloc[0]
    assert both["type_set"] == " | ".join(TYPES)


def test_a_corner_that_is_likely_enough_does_not_leave_a_type_open() -> None:
    most = np.where(np.arange(10) < 8, 0.9, 0.2)[np.newaxis]
    high = np.full((1, 10), 0.9)
    assert type_probabilities(high, DrawRange(most, most, high)).iloc[0]["type"] == "forerunner"


def test_drawn_thresholds_apply_draw_by_draw() -> None:
    a = np.full((1, 4), 0.5)
    limits = np.array([0.45, 0.5, 0.55, 0.6])
    result = type_probabilities(a, a, threshold=(limits, 0.5)).iloc[0]
    assert result[["p_forerunner", "p_dispersed_cluster"]].tolist() == [0.5, 0.5]


def test_numbers_do_not_depend_on_other_places() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.random((700, 40)), rng.random((700, 40))
    b[rng.random(b.shape) < 0.05] = NAN
    whole, spread = type_probabilities(a, b), spreads(a, b)
    for row in (0, 255, 256, 699):
        alone = type_probabilities(a[[row]], b[[row]], index=pd.Index([row]))
        pd.testing.assert_frame_equal(alone, whole.iloc[[row]], check_index_type=False)
        alone = spreads(a[[row]], b[[row]], index=pd.Index([row]))
        assert alone.to_numpy().tobytes() == spread.iloc[[row]].to_numpy().tobytes()


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        (np.zeros((2, 3)), np.zeros((2, 4)), AlignmentError, "one shape"),
        (np.zeros((2, 3)), np.zeros((3, 3)), AlignmentError, "one shape"),
        (np.zeros(3), np.zeros(3), AlignmentError, "one shape"),
        (np.zeros((2, 0)), np.zeros((2, 0)), OptionError, "at least one draw"),
        (np.full((1, 2), 1.5), np.full((1, 2), -1), OptionError, r"(?s)got 1\.5 in 2.*got -1 in 2"),
    ],
)
def test_draws_of_mismatched_shape_raise(
    a: NDArray[np.float64], b: NDArray[np.float64], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        type_probabilities(a, b)


@pytest.mark.parametrize("limit", [0.5, 1.1, NAN])
def test_a_limit_that_two_types_could_reach_raises(limit: float) -> None:
    with pytest.raises(OptionError, match=r"limit to be a number above 0\.5"):
        type_probabilities(np.zeros((1, 1)), np.zeros((1, 1)), limit=limit)


@pytest.mark.parametrize(
    ("threshold", "error"),
    [((np.full(2, 0.5), 0.5), AlignmentError), ((0.5, NAN), OptionError)],
)
def test_thresholds_of_mismatched_shape_raise(
    threshold: tuple[float, float], error: type[Exception]
) -> None:
    with pytest.raises(error, match="threshold"):
        type_probabilities(np.zeros((1, 3)), np.zeros((1, 3)), threshold=threshold)


def test_an_index_of_another_length_raises() -> None:
    with pytest.raises(AlignmentError, match="id for each of 1 places"):
        type_probabilities(np.zeros((1, 3)), np.zeros((1, 3)), index=pd.Index(["a", "b"]))


# Margins


def test_the_margin_is_the_signed_distance_to_the_nearer_border() -> None:
    result = margins(pd.Series([0.75, 0.25, 0.5]), pd.Series([0.375, 0.875, 0.5]))
    assert result["margin"].tolist() == [-0.125, -0.25, 0.0]
    assert result["margin_axis"].tolist() == ["linkage", "advantage", "advantage"]


def test_a_margin_is_unknown_if_an_axis_is() -> None:
    result = margins(pd.Series([0.75]), pd.Series([NAN])).iloc[0]
    assert result["margin_advantage"] == 0.25
    assert math.isnan(result["margin"])
    assert result["margin_axis"] is None


def test_the_nearer_border_in_deviations_may_be_the_other() -> None:
    spread = pd.DataFrame({"advantage": [0.01], "linkage": [0.2]})
    result = margins(pd.Series([0.55]), pd.Series([0.4]), spread=spread).iloc[0]
    assert result["margin_axis"] == "advantage"
    assert result["margin_sd"] == pytest.approx(-0.5)
    assert result["margin_advantage_sd"] == pytest.approx(5)


def test_without_spread_a_margin_is_infinitely_many_deviations() -> None:
    draws = np.full((2, 3), 0.7)
    spread = spreads(draws, draws)
    assert spread["advantage"].tolist() == [0, 0]
    result = margins(pd.Series([0.75, 0.5]), pd.Series([0.9, 0.9]), spread=spread)
    assert result["margin_sd"].tolist() == [math.inf, 0]


def test_spreads_agree_with_numpy_on_each_row() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.random((20, 50)), rng.random((20, 50))
    b[3, 4] = NAN
    result = spreads(a, b)
    np.testing.assert_allclose(result["advantage"], a.std(axis=1, ddof=1))
    np.testing.assert_allclose(result["advantage_p05"], np.quantile(a, 0.05, axis=1))
    assert result.loc[3, ["linkage", "linkage_p05", "linkage_p95"]].isna().all()


def test_a_single_draw_has_no_deviation() -> None:
    assert spreads(np.full((1, 1), 0.3), np.full((1, 1), 0.3))["linkage"].isna().tolist() == [True]
