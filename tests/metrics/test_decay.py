"""Decay functions: closed forms, 1 at the site, never rising, a half where they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from standort.errors import OptionError
from standort.metrics import Decay, cutoff, exponential, gaussian, linear

if TYPE_CHECKING:
    from collections.abc import Callable

FAMILIES = [exponential, gaussian, linear, cutoff]


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


@pytest.mark.parametrize("family", [exponential, gaussian, linear])
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


def test_names_carry_the_parameter_and_its_unit() -> None:
    names = [family(12.5).name for family in FAMILIES]
    assert names == [
        "exponential(12.5 km)",
        "gaussian(12.5 km)",
        "linear(12.5 km)",
        "cutoff(12.5 km)",
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_are_the_same_bits_alone_and_in_company(family: Callable[[float], Decay]) -> None:
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
    ],
)
def test_a_length_that_is_not_positive_is_refused_by_name(
    family: Callable[[float], Decay], option: str, wrong: float
) -> None:
    with pytest.raises(OptionError, match=f"expected {option} to be a positive number .* got"):
        family(wrong)
