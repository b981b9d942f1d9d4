"""Sobol indices and Morris effects of functions with closed forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from standort.errors import OptionError
from standort.uncertainty import morris_effects, sobol_indices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def ishigami(points: Floats) -> Floats:
    x = np.pi * (2.0 * points - 1.0)
    return np.asarray(
        np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    )


def test_ishigami() -> None:
    """Ishigami and Homma (1990), a = 7, b = .1: S .3139, .4424, 0 and ST .5576, .4424, .2437."""
    indices = sobol_indices(ishigami, ["x1", "x2", "x3"], samples=4096)
    off = np.abs(indices["S1"].to_numpy() - [0.3139, 0.4424, 0.0])
    assert (off < indices["S1_error"].to_numpy()).all()
    assert (off < 0.02).all()
    off = np.abs(indices["ST"].to_numpy() - [0.5576, 0.4424, 0.2437])
    assert (off < indices["ST_error"].to_numpy()).all()
    assert (off < 0.02).all()


def test_a_weighted_sum_of_independent_values() -> None:
    """w = (.5, .3, .2): the shares of the variance are those of the squares, .6579 .2368 .1053."""
    weights = np.array([0.5, 0.3, 0.2])
    indices = sobol_indices(lambda x: x @ weights, ["a", "b", "c"])
    np.testing.assert_allclose(indices["S1"], [0.6579, 0.2368, 0.1053], atol=0.01)
    np.testing.assert_allclose(indices["ST"], [0.6579, 0.2368, 0.1053], atol=0.01)
    assert indices["S1"].sum() == pytest.approx(1.0, abs=0.01)


def test_twice_the_samples_stay_within_the_error_stated() -> None:
    once = sobol_indices(ishigami, ["x1", "x2", "x3"], samples=1024)
    twice = sobol_indices(ishigami, ["x1", "x2", "x3"], samples=2048)
    assert ((once["ST"] - twice["ST"]).abs() < once["ST_error"]).all()
    assert ((once["S1"] - twice["S1"]).abs() < once["S1_error"]).all()


def test_twice_the_trajectories_stay_within_the_error_stated() -> None:
    once = morris_effects(ishigami, ["x1", "x2", "x3"], trajectories=100)
    twice = morris_effects(ishigami, ["x1", "x2", "x3"], trajectories=200)
    # all effects of x2 are of one size, so its error is 0 up to rounding
    assert ((once["mu_star"] - twice["mu_star"]).abs() <= once["mu_star_error"] + 1e-12).all()


def test_a_group_is_one_factor() -> None:
    # x1 and x3 together account for everything that x2 does not: 1 - .4424.
    sizes: list[int] = []

    def counted(points: Floats) -> Floats:
        sizes.append(len(points))
        return ishigami(points)

    indices = sobol_indices(counted, ["x1", "x2", "x3"], samples=2048, groups=["g", "x2", "g"])
    assert indices.index.tolist() == ["g", "x2"]
    assert indices["ST"].tolist() == pytest.approx([0.5576, 0.4424], abs=0.02)
    assert sizes == [2048 * (2 + 2)]


def test_a_constant_has_no_indices() -> None:
    indices = sobol_indices(lambda x: np.ones(len(x)), ["a", "b"], samples=16)
    assert indices.isna().to_numpy().all()


def test_morris_effects_of_a_plane_are_its_slopes() -> None:
    effects = morris_effects(lambda x: x @ np.array([3.0, -1.0, 0.0]), ["a", "b", "c"])
    assert effects["mu_star"].tolist() == pytest.approx([3.0, 1.0, 0.0])
    assert effects["mu"].tolist() == pytest.approx([3.0, -1.0, 0.0])
    assert effects["sigma"].tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


def test_effects_of_both_signs_cancel_in_mu_only() -> None:
    effects = morris_effects(lambda x: (x[:, 0] - 0.5) ** 2, ["a", "b"], trajectories=200)
    assert abs(effects["mu"].to_numpy()[0]) < 0.05
    assert effects["mu_star"].to_numpy()[0] == pytest.approx(1 / 3, abs=0.05)
    assert effects["mu_star"].to_numpy()[1] == 0.0


def test_the_same_seed_gives_the_same_indices() -> None:
    one, same, other = (morris_effects(ishigami, ["a", "b", "c"], seed=s) for s in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)


def test_invalid_options_are_rejected() -> None:
    with pytest.raises(OptionError, match="a power of 2"):
        sobol_indices(ishigami, ["a", "b", "c"], samples=1000)
    with pytest.raises(OptionError, match="trajectories to be a whole number from 2"):
        morris_effects(ishigami, ["a", "b", "c"], trajectories=1)


@pytest.mark.parametrize("seed", [0, 1])
def test_intervals_are_the_same_for_the_same_seed(seed: int) -> None:
    """SALib treats a seed of 0 as none and would draw new bootstrap samples each time."""
    runs = [sobol_indices(ishigami, ["a", "b", "c"], samples=64, seed=seed) for _ in range(2)]
    assert runs[0].equals(runs[1])
