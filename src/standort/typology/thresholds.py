"""Thresholds between low and high advantage and linkage, and natural breaks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from standort.arguments import SHARE, between, checked, whole
from standort.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd

    from standort.array_types import Floats, Ints


#: Default for both axes; an assumption, as the paper gives no number.
FIXED = 0.5
_FIT = between(0, 1, or_unknown=True)
#: Least places for natural breaks; with fewer, breaks are mostly random. An assumption.
_LEAST_PLACES_FOR_JENKS = 20


@checked(advantage=SHARE, linkage=SHARE, fit_advantage=_FIT, fit_linkage=_FIT)
@dataclass(frozen=True)
class Thresholds:
    """Thresholds of advantage and linkage.

    Parameters
    ----------
    advantage, linkage
        Least value that is high, in [0, 1].
    method
        Method by which they were set; ``fixed`` and ``expert`` hold for any study, ``median`` and
        ``jenks`` for this sample only.
    fit_advantage, fit_linkage
        Goodness of variance fit of natural breaks in [0, 1]; NaN for the other methods.
    """

    advantage: float = FIXED
    linkage: float = FIXED
    method: Literal["fixed", "expert", "median", "jenks"] = "fixed"
    fit_advantage: float = math.nan
    fit_linkage: float = math.nan

    @property
    def in_sample(self) -> bool:
        """Whether they were derived from the places and apply to no others."""
        return self.method in {"median", "jenks"}

    @property
    def label(self) -> str:
        """Method and numbers as text, to accompany every type that depends on them."""
        text = f"{self.method}: advantage {self.advantage:.3g}, linkage {self.linkage:.3g}"
        if self.method == "jenks":
            text += f" (fit {self.fit_advantage:.3f}, {self.fit_linkage:.3f})"
        return text + (", this sample only" if self.in_sample else "")


Threshold = float | tuple[float, float] | Literal["median", "jenks"] | Thresholds


@checked(threshold=SHARE)
def find_thresholds(
    advantage: pd.Series[float], linkage: pd.Series[float], *, threshold: Threshold = FIXED
) -> Thresholds:
    """Return the thresholds from which advantage and linkage are high.

    Fixed thresholds make the types of different places and years comparable. With the median, half
    of the places are high however similar or poor they are; natural breaks split at the widest gap
    of the sample. With either, a place can change its type because another one was added. Never
    show types from two methods in one table without their labels.

    Parameters
    ----------
    advantage, linkage
        Values of each place in [0, 1]; NaN is ignored.
    threshold
        A number for both axes (fixed), a pair for advantage and linkage (expert), ``"median"``,
        ``"jenks"`` (natural breaks into two groups), or `Thresholds`, which are returned as they
        are.

    Returns
    -------
    The thresholds. Natural breaks are midway between the two groups.

    Raises
    ------
    OptionError
        If a threshold is outside [0, 1] or of another kind, no place is known on an axis, or
        there are fewer than 20 known places or only equal ones for natural breaks.

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
        "expected the threshold to be a number, a pair of numbers, 'median' or 'jenks', got "
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
    if len(known) < _LEAST_PLACES_FOR_JENKS:
        msg = (
            f"natural breaks need at least {_LEAST_PLACES_FOR_JENKS} known places on each axis, "
            f"got {len(known)}; use a fixed threshold"
        )
        raise OptionError(msg)
    breaks = natural_breaks(known, n_groups=2)
    below, above = breaks.highest[0], breaks.lowest[0]
    # Two neighbouring doubles have no middle, and the lower one must stay low.
    return max((below + above) / 2, math.nextafter(below, above)), breaks.fit


class NaturalBreaks(NamedTuple):
    """Groups of numbers, from the lowest to the highest.

    Parameters
    ----------
    lowest
        Lowest number of each group except the first.
    highest
        Highest number of each group except the last.
    fit
        Goodness of variance fit: share of the squared deviations that the groups explain, in
        [0, 1]; 1 if the numbers within each group are equal.
    """

    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    fit: float


@checked(n_groups=whole(2, 1000))
def natural_breaks(numbers: Floats, *, n_groups: int) -> NaturalBreaks:
    """Split numbers into groups with the least squared deviations from the group means.

    There is always a split, even of numbers without a gap: check the fit and a histogram. Another
    sample gives other breaks, so do not compare groups between studies.

    Parameters
    ----------
    numbers
        Shape (n,); NaN is ignored.
    n_groups
        Number of groups, at least 2 and at most the number of distinct values. Time grows with
        the square of the distinct values, memory linearly.

    Returns
    -------
    The ends of the groups and the fit. Equal numbers are always in one group; of equally good
    splits, the one with the lower breaks is returned.

    Raises
    ------
    OptionError
        If there are fewer distinct numbers than groups, one is infinite, or `n_groups` is not a
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
    if np.isinf(different).any():
        msg = "expected finite numbers, got an infinite one; remove it"
        raise OptionError(msg)
    if len(different) < n_groups:
        msg = (
            f"expected at least {n_groups} different numbers for {n_groups} groups, got "
            f"{len(different)}; ask for fewer groups"
        )
        raise OptionError(msg)


def _starts_of_groups(different: Floats, count: Ints, n_groups: int) -> Ints:
    """Return the start position of each group except the first in the best split."""
    size = len(different)
    # Centring keeps the squares, and thus rounding errors, small.
    shifted = different - different[size // 2]
    weight, first, second = (
        np.concatenate([[0.0], np.cumsum(count * shifted**power)]) for power in (0, 1, 2)
    )

    def cost(starts: Ints, end: int) -> Floats:
        """Return the squared deviations of the numbers from each start to before the end."""
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
    bounds = [size]
    for choice in reversed(choices):
        bounds.append(int(choice[bounds[-1]]))
    return np.array(bounds[:0:-1], dtype=np.intp)


def _deviations(different: Floats, count: Ints) -> float:
    """Return the sum of squared deviations from the mean."""
    mean = np.sum(count * different) / np.sum(count)
    return float(np.sum(count * (different - mean) ** 2))
