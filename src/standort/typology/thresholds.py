"""Where high begins, on each of the two axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from standort.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

__all__ = [
    "FIXED",
    "LEAST_UNITS_FOR_JENKS",
    "NaturalBreaks",
    "Threshold",
    "Thresholds",
    "find_thresholds",
    "natural_breaks",
]

#: Default of both axes; our assumption, as the paper gives no number.
FIXED = 0.5
#: Natural breaks of fewer places would say more about chance than about places; our assumption.
LEAST_UNITS_FOR_JENKS = 20


@dataclass(frozen=True)
class Thresholds:
    """From where on a place is high in advantage and in linkage.

    Parameters
    ----------
    advantage, linkage
        The least number that is high, in [0, 1].
    method
        Where they come from; ``fixed`` and ``expert`` hold for any study, ``median`` and
        ``jenks`` for this sample only.
    fit_advantage, fit_linkage
        Goodness of variance fit of natural breaks in [0, 1]; NaN for the other methods.
    """

    advantage: float = FIXED
    linkage: float = FIXED
    method: Literal["fixed", "expert", "median", "jenks"] = "fixed"
    fit_advantage: float = math.nan
    fit_linkage: float = math.nan

    def __post_init__(self) -> None:
        for axis, number in (("advantage", self.advantage), ("linkage", self.linkage)):
            if not 0.0 <= number <= 1.0:  # also refuses NaN
                msg = f"expected the threshold of {axis} in [0, 1], got {number!r}; correct it"
                raise OptionError(msg)

    @property
    def in_sample(self) -> bool:
        """Whether they come from the places themselves, and hold for no others."""
        return self.method in {"median", "jenks"}

    @property
    def label(self) -> str:
        """Method and numbers in words, to stand beside every class that follows from them."""
        told = f"{self.method}: advantage {self.advantage:.3g}, linkage {self.linkage:.3g}"
        if self.method == "jenks":
            told += f" (fit {self.fit_advantage:.3f}, {self.fit_linkage:.3f})"
        return told + (", this sample only" if self.in_sample else "")


Threshold = float | tuple[float, float] | Literal["median", "jenks"] | Thresholds


def find_thresholds(
    advantage: pd.Series[float], linkage: pd.Series[float], *, threshold: Threshold = FIXED
) -> Thresholds:
    """Find from where on places are high.

    Fixed thresholds make classes of different places and years comparable. The median calls half
    of the places high however alike or poor they are; natural breaks split where the sample has
    its widest gap. With either, a place can change its class because another one was added. Never
    show classes of two methods in one table without their labels.

    Parameters
    ----------
    advantage, linkage
        Of each place, in [0, 1]; NaN is left out.
    threshold
        A number for both axes (fixed), a pair for advantage and linkage (expert), ``"median"``,
        ``"jenks"`` (natural breaks into two groups), or thresholds, which are handed back.

    Returns
    -------
    The thresholds. For natural breaks they lie midway between the two groups.

    Raises
    ------
    OptionError
        If a threshold lies outside [0, 1] or is no such thing, no place is known on an axis, or
        natural breaks are asked of fewer than 20 places or of equal ones.

    Examples
    --------
    >>> import pandas as pd
    >>> advantage, linkage = pd.Series([0.2, 0.3, 0.9]), pd.Series([0.1, 0.8, 0.7])
    >>> find_thresholds(advantage, linkage, threshold="median").label
    'median: advantage 0.3, linkage 0.7, this sample only'
    """
    if isinstance(threshold, Thresholds):
        return threshold
    if threshold == "median":
        return Thresholds(_median(advantage), _median(linkage), "median")
    if threshold == "jenks":
        (high_advantage, fit), (high_linkage, other) = _jenks(advantage), _jenks(linkage)
        return Thresholds(high_advantage, high_linkage, "jenks", fit, other)
    if isinstance(threshold, int | float) and not isinstance(threshold, bool):
        return Thresholds(float(threshold), float(threshold))
    if isinstance(threshold, tuple) and len(threshold) == 2:  # noqa: PLR2004 - two axes
        return Thresholds(float(threshold[0]), float(threshold[1]), "expert")
    msg = (
        "expected as threshold a number, a pair of numbers, 'median' or 'jenks', got "
        f"{threshold!r}; correct it"
    )
    raise OptionError(msg)


def _known(numbers: pd.Series[float]) -> Floats:
    return np.asarray(numbers.dropna(), dtype=np.float64)


def _median(numbers: pd.Series[float]) -> float:
    known = _known(numbers)
    if not len(known):
        msg = "a median needs at least one known place on each axis; use a fixed threshold"
        raise OptionError(msg)
    return float(np.median(known))


def _jenks(numbers: pd.Series[float]) -> tuple[float, float]:
    known = _known(numbers)
    if len(known) < LEAST_UNITS_FOR_JENKS:
        msg = (
            f"natural breaks need at least {LEAST_UNITS_FOR_JENKS} known places on each axis, got "
            f"{len(known)}; use a fixed threshold"
        )
        raise OptionError(msg)
    found = natural_breaks(known, n_groups=2)
    below, above = found.highest[0], found.lowest[0]
    # Between two neighbouring doubles there is no middle, and the lower one must stay low.
    return max((below + above) / 2, math.nextafter(below, above)), found.fit


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
