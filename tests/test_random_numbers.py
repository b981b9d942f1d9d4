"""Keyed random numbers: distributions, independence of other draws, extreme parameters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from standort.random_numbers import (
    below,
    dirichlet,
    generator,
    name_keys,
    normal,
    uniform,
)

N = 50_000


def test_numbers_are_uniform_and_normal() -> None:
    assert stats.kstest(uniform(3, "a", np.arange(N)), "uniform").pvalue > 0.001
    assert stats.kstest(normal(3, "b", np.arange(N)), "norm").pvalue > 0.001


def test_neighbouring_keys_give_uncorrelated_numbers() -> None:
    drawn = uniform(0, np.arange(40)[:, None], np.arange(2_000))
    correlation = np.corrcoef(drawn) - np.eye(40)
    assert np.abs(correlation).max() < 4.5 / np.sqrt(2_000)


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=20), st.integers(0, 2**30))
def test_a_subset_of_keys_gets_the_same_numbers(keys: list[int], seed: int) -> None:
    together = normal(seed, "position", keys)
    alone = np.concatenate([normal(seed, "position", [key]) for key in keys])
    assert together.tolist() == alone.tolist()


def test_purposes_seeds_and_draws_give_different_numbers() -> None:
    drawn = {float(uniform(*keys)) for keys in [(0, "a", 1), (0, "b", 1), (1, "a", 1), (0, "a", 2)]}
    assert len(drawn) == 4


def test_shares_have_the_moments_of_a_dirichlet() -> None:
    alphas = np.array([15.0, 9.0, 6.0])
    shares = dirichlet(alphas, 1, "w", np.arange(N))
    mean = alphas / alphas.sum()
    np.testing.assert_allclose(shares.mean(axis=0), mean, atol=0.002)
    np.testing.assert_allclose(shares.var(axis=0), mean * (1 - mean) / 31, rtol=0.03)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-14)
    beta = stats.kstest(shares[:, 0], stats.beta(15, 15).cdf)
    assert beta.pvalue > 0.001


def test_tiny_parameters_give_shares_and_no_division_of_nothing() -> None:
    shares = dirichlet([1e-4, 1e-4, 0.0], 0, np.arange(2_000))
    assert np.isfinite(shares).all()
    assert (shares[:, 2] == 0.0).all()
    assert shares[:, 0].mean() == pytest.approx(0.5, abs=0.05)


def test_a_share_keeps_its_chance_whatever_stands_beside_it() -> None:
    names = name_keys(["a", "b", "c"])
    three = dirichlet([2.0, 3.0, 4.0], 5, np.arange(9), names=names)
    two = dirichlet([2.0, 4.0], 5, np.arange(9), names=names[[0, 2]])
    np.testing.assert_allclose(three[:, 0] / three[:, 2], two[:, 0] / two[:, 1])


def test_names_are_written_out() -> None:
    assert name_keys([7]) == name_keys(["7"])
    # BLAKE2b of eight bytes, read as a little-endian number, whichever machine this runs on
    assert name_keys(["teesside"]).tolist() == [8059641347163251655]


def test_numbers_below_a_limit_and_generators_by_draw() -> None:
    assert set(below(3, uniform(0, np.arange(100))).tolist()) == {0, 1, 2}
    assert generator(1, 2).random() == generator(1, 2).random() != generator(1, 3).random()
