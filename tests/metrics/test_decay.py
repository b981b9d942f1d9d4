"""Decay functions: closed forms, 1 at the site, never rising, a half where they say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from standort.errors import OptionError
from standort.metrics import (
    Decay,
    cutoff,
    exponential,
    gaussian,
    linear,
    logistic,
    power,
    steps,
    truncated_gaussian,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def s_curve(length_km: float) -> Decay:
    return logistic(length_km, 5.0 / length_km)


def blunt_s_curve(length_km: float) -> Decay:
    """A curve so flat that scaling it to 1 at the site matters."""
    return logistic(length_km, 0.3 / length_km)


def inverse_square(length_km: float) -> Decay:
    return power(2.0, floor_km=length_km)


def inverse_root(length_km: float) -> Decay:
    return power(0.5, floor_km=length_km)


def three_zones(length_km: float) -> Decay:
    return steps([(length_km, 1.0), (2.0 * length_km, 0.68), (3.0 * length_km, 0.22)])


NAMED = [exponential, gaussian, linear, cutoff, truncated_gaussian]
SMOOTH = [
    exponential,
    gaussian,
    linear,
    truncated_gaussian,
    s_curve,
    blunt_s_curve,
    inverse_square,
    inverse_root,
]
FAMILIES = [*SMOOTH, cutoff, three_zones]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("length_km", [0.5, 25.0, 300.0])
def test_decay_starts_at_one_never_rises_and_stays_in_its_range(
    family: Callable[[float], Decay], length_km: float
) -> None:
    decay = family(length_km)
    weight = decay(np.linspace(0.0, 5.0 * length_km, 1_001))
    assert weight[0] == 1.0
    assert (np.diff(weight) <= 0.0).all()
    assert ((weight >= 0.0) & (weight <= 1.0)).all()
    assert weight.dtype == np.float64


@pytest.mark.parametrize("family", SMOOTH)
def test_half_distance_is_where_a_thing_counts_half(family: Callable[[float], Decay]) -> None:
    decay = family(40.0)
    assert decay(np.array([decay.half_distance_km]))[0] == pytest.approx(0.5, abs=1e-12)


def test_cutoff_falls_from_one_to_nothing_just_beyond_its_reach() -> None:
    decay = cutoff(25.0)
    assert decay.half_distance_km == 25.0
    assert decay(np.array([25.0, np.nextafter(25.0, 26.0)])).tolist() == [1.0, 0.0]


def test_closed_forms() -> None:
    at = np.array([0.0, 10.0, 20.0, 40.0])
    assert exponential(10.0)(at) == pytest.approx([1.0, np.exp(-1), np.exp(-2), np.exp(-4)])
    assert gaussian(10.0)(at) == pytest.approx([1.0, np.exp(-0.5), np.exp(-2), np.exp(-8)])
    assert linear(20.0)(at).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert cutoff(20.0)(at).tolist() == [1.0, 1.0, 1.0, 0.0]
    root = np.exp(-0.5)
    dai = [1.0, (np.exp(-0.125) - root) / (1.0 - root), 0.0, 0.0]
    assert truncated_gaussian(20.0)(at) == pytest.approx(dai)
    start = 1.0 + np.exp(-2.0)
    curve = [1.0, start / (1.0 + np.exp(-1.0)), start / 2.0, start / (1.0 + np.exp(2.0))]
    assert logistic(20.0, 0.1)(at) == pytest.approx(curve)
    assert power(1.5, floor_km=10.0)(at) == pytest.approx([1.0, 1.0, 2.0**-1.5, 0.125])
    assert power(1.0)(at) == pytest.approx([1.0, 0.1, 0.05, 0.025])
    assert steps([(10.0, 1.0), (20.0, 0.5)])(at).tolist() == [1.0, 1.0, 0.5, 0.0]


def test_half_distances_in_closed_form() -> None:
    assert truncated_gaussian(100.0).half_distance_km == pytest.approx(66.193, abs=1e-3)
    # m + ln(1 + 2 e^(-b m)) / b = 10 + ln(1 + 2 / e) / 0.1
    assert logistic(10.0, 0.1).half_distance_km == pytest.approx(10.0 + 10.0 * np.log(1 + 2 / np.e))
    assert power(1.0).half_distance_km == 2.0
    assert power(0.5, floor_km=3.0).half_distance_km == 12.0


def test_the_half_distance_of_steps_is_where_weights_first_are_a_half_or_less() -> None:
    for weight, half in ((0.51, 40.0), (0.5, 20.0), (0.2, 20.0)):
        decay = steps([(20.0, 1.0), (40.0, weight), (60.0, 0.1)])
        assert decay.half_distance_km == half


def test_what_never_falls_to_a_half_has_an_infinite_half_distance() -> None:
    endless = steps([(20.0, 1.0), (np.inf, 0.7)])
    assert endless.half_distance_km == np.inf
    assert endless(np.array([19.0, 20_000.0])).tolist() == [1.0, 0.7]
    assert power(1e-4).half_distance_km == np.inf


def test_a_steep_s_curve_is_a_cutoff_without_an_overflow() -> None:
    weight = logistic(100.0, 1e4)(np.array([0.0, 99.0, 101.0, 20_000.0]))
    assert weight == pytest.approx([1.0, 1.0, 0.0, 0.0])


def test_names_carry_the_parameter_and_its_unit() -> None:
    names = [family(12.5).name for family in NAMED]
    assert names == [f"{family.__name__}(12.5 km)" for family in NAMED]
    assert logistic(12.5, 0.1).name == "logistic(12.5 km, 0.1 per km)"
    assert power(2.0).name == "power(2, from 1 km)"
    assert steps([(20.0, 1.0), (40.0, 0.68)]).name == "steps(20 km: 1, 40 km: 0.68)"


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_have_the_same_bits_alone_and_together(
    family: Callable[[float], Decay],
) -> None:
    decay = family(37.0)
    distance = np.random.default_rng(1).uniform(0.0, 60.0, 501)
    together = decay(distance)
    for n in (1, 2, 3, 7, 13):
        pieces = [decay(distance[i : i + n]) for i in range(0, 501, n)]
        assert np.array_equal(np.concatenate(pieces), together)


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize(
    ("family", "option"),
    [
        (exponential, "scale_km"),
        (gaussian, "bandwidth_km"),
        (linear, "reach_km"),
        (cutoff, "reach_km"),
        (truncated_gaussian, "reach_km"),
        (lambda length: logistic(length, 1.0), "midpoint_km"),
        (lambda rate: logistic(1.0, rate), "steepness_per_km"),
        (power, "exponent"),
        (lambda length: power(1.0, floor_km=length), "floor_km"),
    ],
)
def test_a_length_that_is_not_positive_raises_by_name(
    family: Callable[[float], Decay], option: str, wrong: float
) -> None:
    with pytest.raises(OptionError, match=f"expected {option} to be a positive number.*, got"):
        family(wrong)


@pytest.mark.parametrize(
    ("table", "problems"),
    [
        ([], ["expected at least one pair"]),
        ([(0.0, 1.0)], [r"positive distances \[km\] that rise, got \[0.0\]"]),
        ([(20.0, 1.0), (20.0, 0.5)], [r"that rise, got \[20.0, 20.0\]"]),
        ([(np.nan, 1.0)], ["positive distances"]),
        ([(20.0, 0.9)], ["expected the first weight to be 1, got 0.9"]),
        ([(20.0, 1.0), (40.0, -0.1)], [r"weights >= 0 that do not rise, got \[1.0, -0.1\]"]),
        ([(20.0, 1.0), (40.0, np.nan)], ["weights >= 0 that do not rise"]),
        (
            [(20.0, 0.2), (10.0, 0.5)],
            ["steps has 3 problems", "distances", "first weight", "do not rise"],
        ),
    ],
)
def test_a_table_of_steps_raises_with_all_its_problems(
    table: list[tuple[float, float]], problems: list[str]
) -> None:
    with pytest.raises(OptionError) as caught:
        steps(table)
    for problem in problems:
        assert re.search(problem, str(caught.value))
