"""Power mean, OWA and TOPSIS on fixed ideals: closed forms, published cases, bits, order."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import OptionError, WeightError
from standort.scoring import (
    arithmetic,
    geometric,
    minimum,
    ordered_average,
    orness,
    owa,
    power_mean,
    topsis,
)
from standort.scoring.aggregation.ordered_means import QUANTIFIERS, quantifier_exponent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from standort.array_types import Floats
    from standort.scoring.aggregation.means import ColumnAggregation

NAN = float("nan")
UNIT = st.floats(0, 1)
SITES = st.lists(st.tuples(UNIT, UNIT, UNIT), min_size=1, max_size=20)
WEIGHTS = st.tuples(*[st.floats(0.01, 100)] * 3)
EACH: dict[str, ColumnAggregation] = {
    "harmonic": partial(power_mean, exponent=-1),
    "steep": partial(power_mean, exponent=-80),
    "quadratic": partial(power_mean, exponent=2),
    "cautious": partial(owa, orness=0.2),
    "hopeful": partial(owa, orness=0.8),
    "least": partial(owa, orness=0),
    "most": partial(owa, orness=1),
    "topsis": topsis,
}
each = pytest.mark.parametrize("function", EACH.values(), ids=EACH.keys())


def columns(*sites: Sequence[float]) -> list[Floats]:
    return [np.array(column, dtype=np.float64) for column in zip(*sites, strict=True)]


# ------------------------------------------------------------------ published and closed forms


def test_owa_of_the_method_s_case() -> None:
    """Yager (1988): o = (1, 0, 0) is the maximum, (0, 0, 1) the minimum."""
    triple = columns((0.5, 0.1, 0.9))
    for order_weights, expected in (
        ([1, 0, 0], 0.9),
        ([0, 0, 1], 0.1),
        ([0.5, 0.3, 0.2], 0.62),  # .45 + .15 + .02
        ([1 / 3, 1 / 3, 1 / 3], 0.5),
    ):
        assert ordered_average(triple, order_weights).tolist() == pytest.approx([expected])
    assert orness([0.5, 0.3, 0.2]) == pytest.approx(0.65)
    assert orness([1, 0, 0]) == 1.0
    assert orness([0, 0, 1]) == 0.0
    assert orness([0.25] * 4) == pytest.approx(0.5)


def test_owa_led_by_a_quantifier_with_equal_weights() -> None:
    # Q(p) = p^2, orness 1/3: order weights 1/9, 3/9, 5/9
    triple = columns((0.9, 0.5, 0.1))
    actual = owa(triple, [1, 1, 1], orness=1 / 3)
    assert actual.tolist() == pytest.approx([(0.9 + 3 * 0.5 + 5 * 0.1) / 9])


def test_owa_with_weights_of_importance() -> None:
    # best first: .8 of weight .25, .2 of weight .75; Q(.25) = .0625
    actual = owa(columns((0.2, 0.8)), [3, 1], orness=1 / 3)
    assert actual.tolist() == pytest.approx([0.0625 * 0.8 + 0.9375 * 0.2])


def test_quantifiers_and_their_orness() -> None:
    ornesses = {name: 1 / (1 + quantifier_exponent(name)) for name in QUANTIFIERS}
    assert ornesses["all"] == 0.0
    assert ornesses["half"] == 0.5
    assert ornesses["at_least_one"] == 1.0
    assert sorted(ornesses.values()) == list(ornesses.values())
    assert quantifier_exponent(3) == 3.0


@given(sites=SITES, weights=WEIGHTS)
def test_owa_with_an_orness_of_a_half_is_the_arithmetic_mean(
    sites: list[tuple[float, float, float]], weights: tuple[float, float, float]
) -> None:
    """F.2 no. 25, with weights."""
    triple = columns(*sites)
    np.testing.assert_allclose(
        owa(triple, weights, orness=0.5), arithmetic(triple, weights), atol=1e-12
    )


def test_power_means_of_one_pair() -> None:
    pair = columns((0.25, 1.0))
    means = {
        -1: 0.4,  # 2 / (4 + 1)
        0: 0.5,
        1: 0.625,
        2: ((0.0625 + 1) / 2) ** 0.5,
        float("-inf"): 0.25,
        float("inf"): 1.0,
    }
    for exponent, mean in means.items():
        actual = power_mean(pair, [1, 1], exponent=exponent, floor=1e-12)
        assert actual.tolist() == pytest.approx([mean], abs=1e-9)


def test_the_power_mean_passes_through_the_others_without_a_jump() -> None:
    triple, weights = columns((0.9, 0.0, 0.4), (0.2, 0.6, 1.0)), [1, 2, 0.5]
    near = power_mean(triple, weights, exponent=1e-7)
    np.testing.assert_allclose(near, geometric(triple, weights), atol=1e-5)
    np.testing.assert_allclose(
        power_mean(triple, weights, exponent=1 - 1e-9), arithmetic(triple, weights), atol=1e-7
    )
    np.testing.assert_allclose(
        power_mean(triple, weights, exponent=-2000), minimum(triple, weights), atol=0.002
    )


def test_topsis_of_one_pair() -> None:
    # D- = sqrt(.25 .36), D+ = sqrt(.25 .16 + .25 1): .6 / (.6 + sqrt(1.16))
    actual = topsis(columns((0.6, 0.0)), [1, 1])
    assert actual.tolist() == pytest.approx([0.6 / (0.6 + 1.16**0.5)])


# ------------------------------------------------------------------ what holds for each


@each
@given(sites=SITES, weights=WEIGHTS)
def test_scores_lie_between_the_weakest_and_the_strongest_component(
    function: ColumnAggregation,
    sites: list[tuple[float, float, float]],
    weights: tuple[float, float, float],
) -> None:
    """F.2 no. 15."""
    triple = columns(*sites)
    actual = function(triple, weights)
    assert (actual >= minimum(triple, weights)).all()
    assert (actual <= np.maximum(np.maximum(triple[0], triple[1]), triple[2])).all()


@each
@given(weights=WEIGHTS, same=UNIT)
def test_equal_components_give_themselves(
    function: ColumnAggregation, weights: tuple[float, float, float], same: float
) -> None:
    """F.2 no. 16 among them: all worst is 0 and all best is 1."""
    assert function(columns((same,) * 3), weights).tolist() == [same]


@each
@given(sites=SITES, weights=WEIGHTS, factor=st.floats(0.01, 100))
def test_only_the_ratios_of_weights_matter(
    function: ColumnAggregation,
    sites: list[tuple[float, float, float]],
    weights: tuple[float, float, float],
    factor: float,
) -> None:
    """F.2 no. 13."""
    scaled = [factor * weight for weight in weights]
    np.testing.assert_allclose(
        function(columns(*sites), scaled), function(columns(*sites), weights), atol=1e-9
    )


@each
@given(sites=SITES, weights=WEIGHTS)
def test_a_weight_of_0_is_the_same_as_no_column(
    function: ColumnAggregation,
    sites: list[tuple[float, float, float]],
    weights: tuple[float, float, float],
) -> None:
    """F.2 no. 14."""
    triple = columns(*sites)
    with_zero = function(triple, [weights[0], 0, weights[2]])
    assert with_zero.tobytes() == function(triple[::2], weights[::2]).tobytes()


@each
@given(sites=SITES, weights=WEIGHTS, rise=UNIT)
def test_a_better_component_never_lowers_the_score(
    function: ColumnAggregation,
    sites: list[tuple[float, float, float]],
    weights: tuple[float, float, float],
    rise: float,
) -> None:
    first, second, third = columns(*sites)
    before, after = (
        function([c, second, third], weights) for c in (first, np.maximum(first, rise))
    )
    assert (after >= before - 1e-12).all()


@given(sites=SITES, weights=WEIGHTS, dials=st.tuples(UNIT, UNIT))
def test_owa_never_falls_as_orness_rises(
    sites: list[tuple[float, float, float]],
    weights: tuple[float, float, float],
    dials: tuple[float, float],
) -> None:
    less, more = (owa(columns(*sites), weights, orness=dial) for dial in sorted(dials))
    assert (less <= more + 1e-12).all()


@given(sites=SITES, weights=WEIGHTS, dials=st.tuples(st.floats(-30, 30), st.floats(-30, 30)))
def test_the_power_mean_never_falls_as_its_exponent_rises(
    sites: list[tuple[float, float, float]],
    weights: tuple[float, float, float],
    dials: tuple[float, float],
) -> None:
    less, more = (power_mean(columns(*sites), weights, exponent=dial) for dial in sorted(dials))
    assert (less <= more + 1e-12).all()


@each
def test_an_unknown_component_makes_the_score_unknown_unless_it_has_no_weight(
    function: ColumnAggregation,
) -> None:
    triple = columns((0.5, NAN, 0.7), (0.5, 0.6, 0.7))
    assert np.isnan(function(triple, [1, 1, 1])).tolist() == [True, False]
    assert np.isnan(function(triple, [1, 0, 1])).tolist() == [False, False]


@each
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_site_has_the_same_bits_alone_and_among_many(
    function: ColumnAggregation, size: int
) -> None:
    """F.2 no. 12."""
    table = np.random.default_rng(3).uniform(0, 1, (3000, 3))
    table[::5, 1] = table[::5, 0]  # ties
    strided = [table[:, k] for k in range(3)]
    whole = function(strided, [1, 2, 0.3])
    for start in range(0, len(table), max(size, 53)):
        part = function([c[start : start + size].copy() for c in strided], [1, 2, 0.3])
        assert part.tobytes() == whole[start : start + size].tobytes()


@each
def test_nothing_is_a_view_of_its_input(function: ColumnAggregation) -> None:
    (only,) = columns((0.5,))
    function([only], [1])[0] = 0.9
    assert only.tolist() == [0.5]


@each
@pytest.mark.parametrize("weights", [[0, 0, 0], [1, -1, 1], [1, NAN, 1]])
def test_invalid_weights_are_rejected(function: ColumnAggregation, weights: list[float]) -> None:
    with pytest.raises(WeightError, match="finite weights of at least 0 and one above 0"):
        function(columns((1, 1, 1)), weights)


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize("wrong", [-0.1, 1.1, NAN, True])
def test_an_orness_outside_its_range_is_rejected(wrong: float) -> None:
    with pytest.raises(OptionError, match="orness to be a number of at least 0 and at most 1"):
        owa(columns((1, 1)), [1, 1], orness=wrong)


def test_an_exponent_that_is_not_a_number_is_rejected() -> None:
    with pytest.raises(OptionError, match="number for the exponent of the power mean, got nan"):
        power_mean(columns((1, 1)), [1, 1], exponent=NAN)


@pytest.mark.parametrize("wrong", [[0.5, 0.5], [0.5, 0.6, 0.2], [1.5, -0.5, 0], [1, 0, NAN]])
def test_order_weights_that_do_not_fit_are_rejected(wrong: list[float]) -> None:
    with pytest.raises(OptionError, match="expected 3 order weights"):
        ordered_average(columns((1, 1, 1)), wrong)


def test_an_unknown_quantifier_is_named() -> None:
    with pytest.raises(OptionError, match=r"'mots'; did you mean 'most'\?"):
        quantifier_exponent("mots")


def test_single_numbers_are_not_columns() -> None:
    with pytest.raises(OptionError, match="each an array of numbers"):
        ordered_average([0.9, 0.5, 0.1], [0.5, 0.3, 0.2])  # type: ignore[list-item]  # the error


@pytest.mark.parametrize("aggregation", [owa, power_mean, topsis])
def test_columns_without_a_weight_are_rejected(aggregation: Callable[..., object]) -> None:
    options = {owa: {"orness": 0.3}, power_mean: {"exponent": 2.0}}.get(aggregation, {})
    with pytest.raises(WeightError, match="got 2 for 3 columns"):
        aggregation([np.array([0.5])] * 3, [1, 1], **options)
