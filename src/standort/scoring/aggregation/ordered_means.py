"""Aggregations between minimum and maximum: power mean, ordered weighted average, TOPSIS."""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from standort.arguments import ANY_NUMBER, SHARE, between, checked
from standort.errors import OptionError
from standort.scoring.aggregation import formulas
from standort.scoring.aggregation.means import checked_columns
from standort.scoring.profile.problems import as_number, suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standort.array_types import Floats


#: Exponent a of the quantifier Q(p) = p^a by name (Malczewski 2006, recalled; he writes 0.0001 and
#: 1000 for the ends, which are 0 and infinity here).
QUANTIFIERS = {
    "all": math.inf,
    "almost_all": 10.0,
    "most": 2.0,
    "half": 1.0,
    "a_few": 0.5,
    "at_least_a_few": 0.1,
    "at_least_one": 0.0,
}
_ADDS_UP = 1e-9


@checked(weights=ANY_NUMBER, exponent=ANY_NUMBER, floor=between(0, 1, closed="right"))
def power_mean(
    components: Sequence[Floats], weights: Sequence[float], *, exponent: float, floor: float = 0.01
) -> Floats:
    """Return the floored power mean; its exponent runs from minimum to arithmetic mean and beyond.

    Parameters
    ----------
    components
        One array per component, all of one length, in [0, 1]; NaN is unknown.
    weights
        One per component, at least one above 0; only their ratios matter.
    exponent
        1 is the arithmetic mean, 0 the geometric, -1 the harmonic, minus infinity the minimum. The
        lower, the less a strong component compensates for a weak one; above 1 it more than does.
    floor
        What a component of 0 counts as, in (0, 1); no effect on the arithmetic mean.

    Returns
    -------
    The mean of each site, between minimum and maximum; it never falls as the exponent rises.

    Raises
    ------
    WeightError
        If no weight is above 0, or one is negative or not finite.
    OptionError
        If the exponent is not a number.

    Notes
    -----
    c' = e + (1 - e) c for floor e, M = (sum w c'^p)^(1/p), A = (M - e) / (1 - e). The floor is
    that of `geometric`, so scores are continuous at p = 0.

    Examples
    --------
    >>> pair = [np.array([1.0]), np.array([0.25])]
    >>> power_mean(pair, [1, 1], exponent=-1, floor=1e-9).round(4)
    array([0.4])
    """
    if isinstance(exponent, bool) or math.isnan(exponent):
        msg = f"expected a number for the exponent of the power mean, got {exponent!r}; correct it"
        raise OptionError(msg)
    columns, numbers = checked_columns(components, weights)
    return formulas.power_mean(columns, numbers, exponent=exponent, floor=floor)


@checked(weights=ANY_NUMBER, orness=SHARE)
def owa(components: Sequence[Floats], weights: Sequence[float], *, orness: float = 0.5) -> Floats:
    """Return the ordered weighted average, with more weight on the worst or the best components.

    It combines importance weights with a quantifier (Yager 1996, Malczewski 2006, recalled):
    orness is the degree to which one good component is enough. It is not in itself a measure of
    risk taking, and equal steps of orness are not equal steps of the score.

    Parameters
    ----------
    components
        One array per component, all of one length, in [0, 1]; NaN is unknown.
    weights
        One per component, at least one above 0; only their ratios matter.
    orness
        In [0, 1]: 0 is the minimum, 0.5 the arithmetic mean, 1 the maximum.

    Returns
    -------
    The average of each site, between minimum and maximum; it never falls as orness rises.

    Raises
    ------
    WeightError
        If no weight is above 0, or one is negative or not finite.
    OptionError
        If orness lies outside [0, 1].

    Notes
    -----
    With components from best to worst and their weights u, A = sum over j of
    (Q(u_1 + ... + u_j) - Q(u_1 + ... + u_(j-1))) c_j, Q(p) = p^a, a = 1 / orness - 1. It is a
    Choquet integral, so it never falls when a component rises.

    Examples
    --------
    >>> triple = [np.array([0.9]), np.array([0.5]), np.array([0.1])]
    >>> [owa(triple, [1, 1, 1], orness=o).round(4).tolist()[0] for o in (0, 0.25, 0.5, 1)]
    [0.1, 0.2333, 0.5, 0.9]
    """
    columns, numbers = checked_columns(components, weights)
    return formulas.owa(columns, numbers, orness=float(orness))


@checked(order_weights=ANY_NUMBER)
def ordered_average(columns: Sequence[Floats], order_weights: Sequence[float]) -> Floats:
    """Return the ordered weighted average of Yager (1988), which weighs values by rank alone.

    It does not matter which criterion a value belongs to; `owa` also takes importance weights.

    Parameters
    ----------
    columns
        One array per criterion, all of one length; NaN is unknown.
    order_weights
        Weight of the best value, the second best, ... at least 0, summing to 1.

    Returns
    -------
    The average of each site, NaN where a value is NaN.

    Raises
    ------
    OptionError
        If there are too many or too few order weights, one is negative or they do not sum to 1,
        or a column is not an array.

    Examples
    --------
    >>> triple = [np.array([0.1]), np.array([0.9]), np.array([0.5])]
    >>> ordered_average(triple, [0.5, 0.3, 0.2]).round(4)
    array([0.62])
    """
    numbers = _order_weights(order_weights, size=len(columns))
    arrays = [np.asarray(column, dtype=np.float64) for column in columns]
    if any(array.ndim != 1 for array in arrays):
        msg = (
            "expected one array of sites for each criterion, got single numbers; write "
            "[[0.9], [0.5]] for one site with two criteria"
        )
        raise OptionError(msg)
    ordered, _ = formulas.best_first(arrays)
    mean = reduce(np.add, (w * column for w, column in zip(numbers, ordered, strict=True)))
    return formulas.between(mean, ordered[-1], ordered[0])


@checked(order_weights=ANY_NUMBER)
def orness(order_weights: Sequence[float]) -> float:
    """Return how close order weights come to taking the best value: 1 is "or", 0 is "and".

    Parameters
    ----------
    order_weights
        Weight of the best value, the second best, ... at least 0, summing to 1; at least two.

    Returns
    -------
    A share from 0 (minimum) over 0.5 (mean) to 1 (maximum).

    Raises
    ------
    OptionError
        If there are fewer than two order weights, one is negative, or they do not sum to 1.

    Notes
    -----
    sum over r of (n - r) o_r / (n - 1) (Yager 1988).

    Examples
    --------
    >>> round(orness([0.5, 0.3, 0.2]), 2)
    0.65
    """
    n = len(order_weights)
    if n < 2:  # noqa: PLR2004 - one value is best and worst at once
        msg = f"expected at least two order weights, got {n}; one value has no order"
        raise OptionError(msg)
    numbers = _order_weights(order_weights, size=n)
    return math.fsum((n - r) * o for r, o in enumerate(numbers, start=1)) / (n - 1)


def quantifier_exponent(quantifier: str | float) -> float:
    """Return the exponent a of a quantifier Q(p) = p^a; its orness is 1 / (1 + a).

    Parameters
    ----------
    quantifier
        A name of `QUANTIFIERS`, or the exponent, at least 0.

    Returns
    -------
    The exponent; infinite for ``all``.

    Raises
    ------
    OptionError
        If the quantifier is unknown or negative.

    Examples
    --------
    >>> round(1 / (1 + quantifier_exponent("most")), 3)
    0.333
    """
    if isinstance(quantifier, str):
        if quantifier in QUANTIFIERS:
            return QUANTIFIERS[quantifier]
        msg = f"unknown quantifier {quantifier!r}; {suggest(quantifier, QUANTIFIERS)}"
        raise OptionError(msg)
    number = as_number(quantifier)
    if number is None or number < 0.0:
        msg = f"expected a quantifier of at least 0, got {quantifier!r}; correct it"
        raise OptionError(msg)
    return number


@checked(weights=ANY_NUMBER)
def topsis(components: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Return the relative closeness to the ideal, with a fixed ideal and worst.

    They are 1 and 0 in every component. The published method takes them, and the scale, from the
    sites being scored (`batch_methods.topsis`), so that scores change when sites are added.

    Parameters
    ----------
    components
        One array per component, all of one length, in [0, 1]; NaN is unknown.
    weights
        One per component, at least one above 0; only their ratios matter. They are squared: twice
        the weight counts four times in a squared distance.

    Returns
    -------
    The closeness of each site, between minimum and maximum.

    Raises
    ------
    WeightError
        If no weight is above 0, or one is negative or not finite.

    Notes
    -----
    C = D- / (D+ + D-), D+ = sqrt(sum (w (1 - c))^2), D- = sqrt(sum (w c)^2); after Hwang and Yoon
    (1981).

    Examples
    --------
    >>> pair = [np.array([1.0, 0.5]), np.array([0.0, 0.5])]
    >>> topsis(pair, [1, 1]), topsis(pair, [3, 1])
    (array([0.5, 0.5]), array([0.75, 0.5 ]))
    """
    return formulas.topsis(*checked_columns(components, weights))


def _order_weights(order_weights: Sequence[float], *, size: int) -> list[float]:
    numbers = [as_number(weight) for weight in order_weights]
    good = [n for n in numbers if n is not None and n >= 0.0]
    if len(good) != size or len(numbers) != size or abs(math.fsum(good) - 1.0) > _ADDS_UP:
        msg = (
            f"expected {size} order weights of at least 0 that sum to 1, got "
            f"{list(order_weights)}; correct them"
        )
        raise OptionError(msg)
    return good
