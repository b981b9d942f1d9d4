"""Natural breaks (Fisher-Jenks): groups of numbers that differ least within themselves.

The optimum is found exactly, in double precision. mapclassify solves the same problem in single
precision, in which near ties go either way, and brings scikit-learn along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from standort.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

__all__ = ["NaturalBreaks", "natural_breaks"]


class NaturalBreaks(NamedTuple):
    """Groups of numbers, from the lowest to the highest.

    Parameters
    ----------
    lowest
        The lowest number of each group but the first.
    highest
        The highest number of each group but the last.
    fit
        Goodness of variance fit: share of the squared deviations that the groups explain, in
        [0, 1]; 1 where each group holds equal numbers only.
    """

    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    fit: float


def natural_breaks(numbers: Floats, *, n_groups: int) -> NaturalBreaks:
    """Split numbers into groups with the least squared deviations from the groups' means.

    There is always a split, also of numbers without any gap: look at the fit, and at a histogram.
    Another sample gives other breaks, so that they compare nothing between two studies.

    Parameters
    ----------
    numbers
        Shape (n,); NaN is left out.
    n_groups
        How many groups, 2 or more; there must be as many different numbers. Time grows with the
        square of those, memory with their number.

    Returns
    -------
    The ends of the groups and the fit. Equal numbers are always in one group; of splits that fit
    alike the one with the lower breaks is taken.

    Raises
    ------
    OptionError
        If there are fewer different numbers than groups, one is infinite, or `n_groups` is no
        whole number of at least 2.

    Notes
    -----
    Dynamic programming after Fisher (1958), doi 10.1080/01621459.1958.10501479.

    Examples
    --------
    >>> natural_breaks(np.array([0.1, 0.12, 0.15, 0.5, 0.52, 0.9, 0.95]), n_groups=3)
    NaturalBreaks(lowest=(0.5, 0.9), highest=(0.15, 0.52), fit=0.99652...)
    """
    known = np.asarray(numbers, dtype=np.float64)
    different, count = np.unique(known[~np.isnan(known)], return_counts=True)
    _check(different, n_groups)
    starts = _starts_of_groups(different, count, n_groups)
    parts = np.split(np.arange(len(different)), starts)
    within = sum(_deviations(different[part], count[part]) for part in parts)
    return NaturalBreaks(
        lowest=tuple(different[starts].tolist()),
        highest=tuple(different[starts - 1].tolist()),
        fit=float(1.0 - within / _deviations(different, count)),
    )


def _check(different: Floats, n_groups: int) -> None:
    if isinstance(n_groups, bool) or not isinstance(n_groups, int) or n_groups < 2:  # noqa: PLR2004
        msg = f"expected n_groups as a whole number of at least 2, got {n_groups!r}; correct it"
        raise OptionError(msg)
    if np.isinf(different).any():
        msg = "expected finite numbers, got an infinite one; leave it out"
        raise OptionError(msg)
    if len(different) < n_groups:
        msg = (
            f"expected at least {n_groups} different numbers for {n_groups} groups, got "
            f"{len(different)}; ask for fewer groups"
        )
        raise OptionError(msg)


def _starts_of_groups(different: Floats, count: Ints, n_groups: int) -> Ints:
    """Give the position at which each group but the first starts in the best split."""
    size = len(different)
    # Shifting to the middle keeps the squares small, and with them the rounding.
    shifted = different - different[size // 2]
    weight, first, second = (
        np.concatenate([[0.0], np.cumsum(count * shifted**power)]) for power in (0, 1, 2)
    )

    def cost(starts: Ints, end: int) -> Floats:
        """Squared deviations of the numbers from each start up to, not including, the end."""
        total = first[end] - first[starts]
        spread = second[end] - second[starts] - total * total / (weight[end] - weight[starts])
        return np.asarray(np.maximum(spread, 0.0))

    best = np.array([np.inf, *(cost(np.array([0]), end)[0] for end in range(1, size + 1))])
    choices = []
    for group in range(2, n_groups + 1):
        extended, choice = np.full(size + 1, np.inf), np.zeros(size + 1, dtype=np.intp)
        # The last group ends where the numbers do.
        for end in range(group if group < n_groups else size, size + 1):
            starts = np.arange(group - 1, end)
            totals = best[starts] + cost(starts, end)
            picked = int(np.argmin(totals))
            extended[end], choice[end] = totals[picked], starts[picked]
        best = extended
        choices.append(choice)
    found = [size]
    for choice in reversed(choices):
        found.append(int(choice[found[-1]]))
    return np.array(found[:0:-1], dtype=np.intp)


def _deviations(different: Floats, count: Ints) -> float:
    """Squared deviations from the mean."""
    mean = np.sum(count * different) / np.sum(count)
    return float(np.sum(count * (different - mean) ** 2))
