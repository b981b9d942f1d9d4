"""Means: closed forms, order, limits, unknown values and bits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import AlignmentError, OptionError, WeightError
from standort.scoring.aggregation import formulas
from standort.scoring.aggregation.formulas import mean_of_known
from standort.scoring.aggregation.means import (
    COMPONENT_AGGREGATIONS,
    aggregate,
    aggregation_named,
    arithmetic,
    geometric,
    minimum,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from standort.array_types import Floats
    from standort.scoring.aggregation.means import ColumnAggregation

NAN = float("nan")
EACH = list(COMPONENT_AGGREGATIONS.values())
UNIT = st.floats(0, 1)
TRIPLES = st.lists(st.tuples(UNIT, UNIT, UNIT), min_size=1, max_size=20)
WEIGHTS = st.tuples(*[st.floats(0.01, 100)] * 3)


def columns(*sites: Sequence[float]) -> list[Floats]:
    return [np.array(column, dtype=np.float64) for column in zip(*sites, strict=True)]


def test_an_excellent_pair_does_not_compensate_for_a_weak_third() -> None:
    # (.9 + .9 + .1) / 3; (.901^2 * .109)^(1/3) = .4456 -> (.4456 - .01) / .99
    triple = columns((0.9, 0.9, 0.1))
    scores = [float(f(triple, [1, 1, 1])[0]) for f in (arithmetic, geometric, minimum)]
    assert scores == pytest.approx([0.6333, 0.4400, 0.1], abs=5e-5)


def test_a_component_of_0_does_not_make_the_score_0() -> None:
    # .01^(1/3) = .2154 -> (.2154 - .01) / .99
    triple = columns((1, 1, 0))
    scores = [float(f(triple, [1, 1, 1])[0]) for f in (arithmetic, geometric, minimum)]
    assert scores == pytest.approx([0.6667, 0.2075, 0.0], abs=5e-5)


@pytest.mark.parametrize("function", EACH)
def test_equal_components_give_themselves(function: ColumnAggregation) -> None:
    assert function(columns((0.6, 0.6, 0.6)), [1, 1, 1]).tolist() == [0.6]


@given(sites=TRIPLES, weights=WEIGHTS)
def test_minimum_geometric_arithmetic_come_in_this_order(
    sites: list[tuple[float, float, float]], weights: tuple[float, float, float]
) -> None:
    least, middle, most = (f(columns(*sites), weights) for f in (minimum, geometric, arithmetic))
    assert (least >= 0).all()
    assert (least <= middle).all()
    assert (middle <= most).all()
    assert (most <= 1).all()


@given(weights=WEIGHTS, end=st.sampled_from([0.0, 1.0]))
@pytest.mark.parametrize("function", EACH)
def test_all_worst_is_0_and_all_best_is_1(
    function: ColumnAggregation, weights: tuple[float, float, float], end: float
) -> None:
    assert function(columns((end, end, end)), weights).tolist() == [end]


@given(sites=TRIPLES, weights=WEIGHTS, factor=st.floats(0.01, 100))
@pytest.mark.parametrize("function", EACH)
def test_only_the_ratios_of_weights_matter(
    function: ColumnAggregation,
    sites: list[tuple[float, float, float]],
    weights: tuple[float, float, float],
    factor: float,
) -> None:
    scaled = [factor * weight for weight in weights]
    np.testing.assert_allclose(
        function(columns(*sites), scaled), function(columns(*sites), weights), atol=1e-12
    )


@given(sites=TRIPLES, weights=WEIGHTS)
@pytest.mark.parametrize("function", EACH)
def test_a_weight_of_0_is_the_same_as_no_column(
    function: ColumnAggregation,
    sites: list[tuple[float, float, float]],
    weights: tuple[float, float, float],
) -> None:
    triple = columns(*sites)
    with_zero = function(triple, [weights[0], 0, weights[2]])
    assert with_zero.tobytes() == function(triple[::2], weights[::2]).tobytes()


@given(sites=TRIPLES, weights=WEIGHTS, rise=UNIT)
@pytest.mark.parametrize("function", EACH)
def test_a_better_component_never_lowers_the_score(
    function: ColumnAggregation,
    sites: list[tuple[float, float, float]],
    weights: tuple[float, float, float],
    rise: float,
) -> None:
    first, second, third = columns(*sites)
    better = np.maximum(first, rise)
    before, after = (function([c, second, third], weights) for c in (first, better))
    assert (after >= before - 1e-15).all()


@pytest.mark.parametrize("function", EACH)
def test_an_unknown_component_makes_the_score_unknown_unless_it_has_no_weight(
    function: ColumnAggregation,
) -> None:
    triple = columns((0.5, NAN, 0.7), (0.5, 0.6, 0.7))
    assert np.isnan(function(triple, [1, 1, 1])).tolist() == [True, False]
    assert np.isnan(function(triple, [1, 0, 1])).tolist() == [False, False]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("function", EACH)
def test_a_site_has_the_same_bits_alone_and_among_many(
    function: ColumnAggregation, size: int
) -> None:
    table = np.random.default_rng(3).uniform(0, 1, (3000, 3))
    strided = [table[:, k] for k in range(3)]
    whole = function(strided, [1, 2, 0.3])
    for start in range(0, len(table), max(size, 53)):
        part = function([c[start : start + size].copy() for c in strided], [1, 2, 0.3])
        assert part.tobytes() == whole[start : start + size].tobytes()


def test_the_minimum_is_not_a_view_of_its_input() -> None:
    (only,) = columns((0.5,))
    minimum([only], [1])[0] = 0.9
    assert only.tolist() == [0.5]


@pytest.mark.parametrize("weights", [[0, 0, 0], [1, -1, 1], [1, NAN, 1], [1, float("inf"), 1]])
@pytest.mark.parametrize("function", EACH)
def test_invalid_weights_are_rejected(function: ColumnAggregation, weights: list[float]) -> None:
    with pytest.raises(WeightError, match="finite weights of at least 0 and one above 0"):
        function(columns((1, 1, 1)), weights)


@given(sites=TRIPLES, weights=WEIGHTS)
@pytest.mark.parametrize("name", sorted(formulas.VECTORISED))
def test_a_formula_has_the_bits_of_its_checked_function_and_takes_arrays_of_weights(
    name: str, sites: list[tuple[float, float, float]], weights: tuple[float, float, float]
) -> None:
    options = {"floor": 0.01} if name == "geometric" else {}
    formula = partial(getattr(formulas, name), **options)
    triple = columns(*sites)
    score = formula(triple, weights)
    assert score.tobytes() == COMPONENT_AGGREGATIONS[name](triple, weights).tobytes()
    draws = formula(triple, [np.full((2, 1), weight) for weight in weights])
    np.testing.assert_allclose(np.broadcast_to(draws, (2, len(sites))), [score] * 2, atol=1e-15)


# Tables


def test_aggregate_takes_a_function_where_it_takes_a_name() -> None:
    def best(components: Sequence[Floats], weights: Sequence[float]) -> Floats:
        return np.asarray(np.fmax(components[0], components[1]))

    table = pd.DataFrame({"a": [0.2], "b": [0.7]}, index=["x"])
    assert aggregate(table, {"a": 1, "b": 1}, aggregation=best).to_dict() == {"x": 0.7}


def test_a_higher_floor_is_kinder_to_a_component_of_0() -> None:
    table = pd.DataFrame({"a": [1.0], "b": [0.0]})
    # The scores are (sqrt(.01) - .01) / .99 and (sqrt(.25) - .25) / .75.
    low, high = (aggregate(table, {"a": 1, "b": 1}, floor=f).iloc[0] for f in (0.01, 0.25))
    assert (low, high) == pytest.approx((0.090909, 0.333333), abs=1e-6)


def test_an_unknown_aggregation_is_reported_with_a_suggestion() -> None:
    with pytest.raises(OptionError, match=r"'geometrik'; did you mean 'geometric'\?"):
        aggregation_named("geometrik")


def test_values_outside_their_range_are_rejected_with_their_site() -> None:
    table = pd.DataFrame({"a": [0.5, 1.2], "b": [-0.1, 0.5]}, index=["x", "y"])
    with pytest.raises(OptionError, match=r"(?s)a in \[0, 1\], got 1\.2 at 'y'.*-0\.1 at 'x'"):
        aggregate(table, {"a": 1, "b": 1})


def test_a_column_without_weight_is_named() -> None:
    with pytest.raises(WeightError, match="none for 'b'; add it"):
        aggregate(pd.DataFrame({"a": [0.5], "b": [0.5]}), {"a": 1})


def test_a_column_that_occurs_twice_is_named() -> None:
    with pytest.raises(AlignmentError, match="got 'a' more often"):
        aggregate(pd.DataFrame([[0.5, 0.5]], columns=["a", "a"]), {"a": 1})


def known_mean(*sites: Sequence[float], weights: Sequence[float], limit: float) -> list[Floats]:
    return list(mean_of_known(columns(*sites), weights, coverage_limit=limit))


def test_the_mean_of_known_values_shares_weight_among_them() -> None:
    mean, coverage = known_mean((0.2, 0.8), (0.2, NAN), (NAN, NAN), weights=(1, 3), limit=0.25)
    # x: (.2 + 2.4) / 4; y: a alone with a quarter of the weight; z: nothing
    np.testing.assert_allclose(mean, [0.65, 0.2, NAN])
    assert coverage.tolist() == [1.0, 0.25, 0.0]


def test_the_mean_of_known_values_is_unknown_below_the_limit() -> None:
    mean, coverage = known_mean((0.2, NAN), weights=(1, 3), limit=0.26)
    assert np.isnan(mean[0])
    assert coverage.tolist() == [0.25]


def test_coverage_at_the_limit_counts_despite_rounding() -> None:
    # three of five criteria that weigh .7 each: 2.0999999999999996 / 3.5 is a hair under .6
    mean, coverage = known_mean((0.5, 0.5, 0.5, NAN, NAN), weights=[0.7] * 5, limit=0.6)
    assert coverage[0] < 0.6
    assert mean.tolist() == [0.5]


@pytest.mark.parametrize("aggregation", [arithmetic, geometric, minimum])
def test_columns_that_do_not_fit_are_rejected(aggregation: Callable[..., object]) -> None:
    half = np.array([0.5])
    with pytest.raises(WeightError, match="got 2 for 3 columns"):
        aggregation([half] * 3, [1, 1])
    with pytest.raises(OptionError, match=r"got 1\.5 in column 2"):
        aggregation([half, np.array([np.nan, 1.5])], [1, 1])
    with pytest.raises(OptionError, match="each an array of numbers, got"):
        aggregation([1.5], [1])
    with pytest.raises(OptionError, match="each an array of numbers"):
        aggregation([np.array(["much"])], [1])


@pytest.mark.parametrize("share", [0.25, 1 / 3, 0.5, 2 / 3, 1.0])
def test_a_weight_and_an_array_of_it_give_the_same_bits(share: float) -> None:
    # numpy takes a square root for the number 0.5, but not for an array that holds it
    columns = list(np.random.default_rng(5).random((2, 5_000)))
    weights = [share, 1.0 - share] if share < 1.0 else [1.0, 1.0]
    by_number = formulas.geometric(columns, weights, floor=0.01)
    arrays = [np.full((1, 1), weight) for weight in weights]
    by_array = formulas.geometric([c[np.newaxis] for c in columns], arrays, floor=0.01)
    np.testing.assert_array_equal(by_array[0], by_number)
