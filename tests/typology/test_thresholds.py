"""Thresholds from natural breaks: the published case, brute force and another library."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import OptionError
from standort.typology import natural_breaks

HUNDREDTHS = st.integers(0, 100).map(lambda k: k / 100)


def deviations(numbers: list[float], ends: tuple[int, ...]) -> float:
    """Squared deviations within the groups that end before these positions."""
    parts = np.split(np.sort(numbers), ends)
    return float(sum(np.sum((part - part.mean()) ** 2) for part in parts))


def test_the_case_of_seven_numbers() -> None:
    # .1 .12 .15 | .5 .52 | .9 .95
    result = natural_breaks(np.array([0.95, 0.1, 0.5, 0.12, 0.9, 0.15, 0.52]), n_groups=3)
    assert result.highest == (0.15, 0.52)
    assert result.lowest == (0.5, 0.9)
    assert result.fit == pytest.approx(0.99652, abs=5e-6)


@given(
    numbers=st.lists(HUNDREDTHS, min_size=4, max_size=9).filter(lambda drawn: len(set(drawn)) > 3),
    n_groups=st.integers(2, 4),
)
def test_no_other_split_fits_better(numbers: list[float], n_groups: int) -> None:
    result = natural_breaks(np.array(numbers), n_groups=n_groups)
    ends = tuple(int(np.searchsorted(np.sort(numbers), low)) for low in result.lowest)
    best = min(
        deviations(numbers, split) for split in combinations(range(1, len(numbers)), n_groups - 1)
    )
    assert deviations(numbers, ends) == pytest.approx(best, abs=1e-12)
    assert result.fit == pytest.approx(1 - best / deviations(numbers, ()), abs=1e-12)


@pytest.mark.filterwarnings("ignore:Numba not installed")
@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_mapclassify_finds_the_same_breaks_where_they_are_clear(n_groups: int) -> None:
    mapclassify = pytest.importorskip("mapclassify")
    rng = np.random.default_rng(n_groups)
    numbers = np.concatenate([rng.normal(k, 0.05, 60) for k in range(n_groups)])
    theirs = mapclassify.FisherJenks(numbers, k=n_groups)
    ours = natural_breaks(numbers, n_groups=n_groups)
    assert ours.highest == pytest.approx(theirs.bins[:-1].tolist())


def test_equal_numbers_stay_in_one_group() -> None:
    result = natural_breaks(np.array([0.1] * 5 + [0.2] * 9 + [0.8]), n_groups=2)
    assert (result.highest, result.lowest) == ((0.2,), (0.8,))


def test_unknown_numbers_and_order_are_ignored() -> None:
    first = natural_breaks(np.array([0.1, np.nan, 0.9, 0.2, 0.8]), n_groups=2)
    second = natural_breaks(np.array([0.8, 0.2, 0.9, 0.1]), n_groups=2)
    assert first == second


def test_of_equally_good_splits_the_lower_is_returned() -> None:
    # 0 | 1 2 and 0 1 | 2 both leave .5
    assert natural_breaks(np.array([0.0, 1.0, 2.0]), n_groups=2).highest == (0.0,)


@pytest.mark.parametrize(
    ("numbers", "n_groups", "message"),
    [
        ([0.5, 0.5, 0.5], 2, "at least 2 different numbers"),
        ([0.5, np.inf], 2, "finite"),
        ([0.1, 0.2], 1, "n_groups to be a whole number from 2"),
        ([], 2, "got 0"),
    ],
)
def test_numbers_that_cannot_be_split_raise(
    numbers: list[float], n_groups: int, message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        natural_breaks(np.array(numbers), n_groups=n_groups)
