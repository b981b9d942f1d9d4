"""Formulas of the aggregations: columns and weights in, a column out, nothing checked.

A column is an array of sites, or of draws x sites; a weight is a number, or an array that
broadcasts with the columns (aggregations in `VECTORISED`). Values lie in [0, 1] and weights are
above 0: `standort.scoring.aggregation.means` checks both.

Sums and products go column by column in a fixed order. Matrix products and reductions along an
axis are not used: they may add in another order for one site than for many, and a score must have
the same bits however many sites are scored with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from standort.array_types import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

Column = Floats
Columns = Sequence[Column]
Formula = Callable[[Columns, Any], Column]
Weight = TypeVar("Weight", float, Column)

#: Aggregations whose formula takes arrays of weights, such as those of draws.
VECTORISED = frozenset({"arithmetic", "geometric", "minimum"})

#: A known weight share this little below the limit still counts as the limit: weights such as
#: 0.1 do not add up exactly.
_SLACK = 1e-9


def proportional(weights: Sequence[float]) -> list[float]:
    """Return weights of the same ratios, the largest near 1: their sum is finite and precise.

    They are divided by a power of two, which changes no bit of a share.

    >>> proportional([5e-324, 1e-323]), proportional([1e308, 1e308])
    ([0.25, 0.5], [0.556..., 0.556...])
    """
    _, exponent = math.frexp(max(weights, default=0.0))
    return [math.ldexp(weight, -exponent) for weight in weights]


def arithmetic(columns: Columns, weights: Sequence[Weight]) -> Column:
    """Return the weighted arithmetic mean."""
    total = sum(weights)
    mean = reduce(np.add, (w * c for c, w in zip(columns, weights, strict=True))) / total
    return between(mean, reduce(np.minimum, columns), reduce(np.maximum, columns))


def geometric(columns: Columns, weights: Sequence[Weight], *, floor: float) -> Column:
    """Return the floored geometric mean, A = (prod c'^w - e) / (1 - e), c' = e + (1 - e) c."""
    total = sum(weights)
    powers = (
        _power(floor + (1.0 - floor) * c, w / total) for c, w in zip(columns, weights, strict=True)
    )
    mean = (reduce(np.multiply, powers) - floor) / (1.0 - floor)
    # Mathematically it lies between these two; rounding may push it out in the last bit.
    return between(mean, reduce(np.minimum, columns), arithmetic(columns, weights))


def _power(base: Column, exponent: float | Column) -> Column:
    """Return base ^ exponent, with the same bits for a number and for an array of that number.

    numpy takes the square root for the number 0.5, and another way for an array that holds it.
    """
    powers = np.power(base, exponent)
    half = np.asarray(exponent) == 0.5  # noqa: PLR2004 - one half is what it is about
    return np.where(half, np.sqrt(base), powers) if half.any() else powers


def minimum(columns: Columns, _weights: Sequence[Weight]) -> Column:
    """Return the smallest value of each site."""
    return reduce(np.minimum, columns).copy()


def mean_of_known(
    columns: Columns, weights: Sequence[float], *, coverage_limit: float
) -> tuple[Column, Column]:
    """Return the mean of what is known (NaN below the limit), and the known share of the weight."""
    known = [~np.isnan(column) for column in columns]
    known_weight = reduce(
        np.add, (np.where(k, w, 0.0) for k, w in zip(known, weights, strict=True))
    )
    weighted = reduce(
        np.add, (np.where(k, w * c, 0.0) for c, w, k in zip(columns, weights, known, strict=True))
    )
    coverage = known_weight / sum(weights)
    enough = (known_weight > 0.0) & (coverage >= coverage_limit - _SLACK)
    mean = np.where(enough, weighted / np.where(enough, known_weight, 1.0), np.nan)
    return between(mean, reduce(np.fmin, columns), reduce(np.fmax, columns)), coverage


def power_mean(
    columns: Columns, weights: Sequence[float], *, exponent: float, floor: float
) -> Column:
    """Return the floored power mean, A = (M - e) / (1 - e), M = (sum w c'^p)^(1/p)."""
    least, most = reduce(np.minimum, columns), reduce(np.maximum, columns)
    if math.isinf(exponent):
        return (most if exponent > 0 else least).copy()
    if exponent == 0.0:
        return geometric(columns, weights, floor=floor)
    if exponent == 1.0:
        return arithmetic(columns, weights)
    total = sum(weights)
    # Relative to the largest or smallest, no power overflows; powers less 1, whose sum is exact
    # near an exponent of 0, where all powers are nearly 1.
    unit = floor + (1.0 - floor) * (most if exponent > 0 else least)
    powers = (
        w / total * np.expm1(exponent * np.log((floor + (1.0 - floor) * c) / unit))
        for c, w in zip(columns, weights, strict=True)
    )
    mean = unit * np.exp(np.log1p(reduce(np.add, powers)) / exponent)
    return between((mean - floor) / (1.0 - floor), least, most)


def owa(columns: Columns, weights: Sequence[float], *, orness: float) -> Column:
    """Return the ordered weighted average under the quantifier Q(p) = p^(1 / orness - 1)."""
    least, most = reduce(np.minimum, columns), reduce(np.maximum, columns)
    if orness in {0.0, 1.0}:
        return (most if orness else least).copy()
    total = sum(weights)
    shares = np.array([w / total for w in weights])
    ordered, positions = best_first(columns)
    mean = np.zeros(len(least))
    weight, before = np.zeros(len(least)), np.zeros(len(least))
    for rank, (column, position) in enumerate(zip(ordered, positions, strict=True), start=1):
        weight = weight + shares[position]
        # All weights together are 1, in whatever order they were added.
        share = np.ones(len(least)) if rank == len(columns) else np.minimum(weight, 1.0)
        reached = np.power(share, np.full(len(least), 1.0 / orness - 1.0))
        mean = mean + (reached - before) * column
        before = reached
    return between(mean, least, most)


def topsis(columns: Columns, weights: Sequence[float]) -> Column:
    """Return the nearness to the ideal, C = D- / (D+ + D-), with the ideal at 1 and worst at 0."""
    total = sum(weights)
    near, far = (
        np.sqrt(reduce(np.add, (np.square(w / total * g) for g, w in gaps)))
        for gaps in (
            zip(columns, weights, strict=True),
            zip([1.0 - c for c in columns], weights, strict=True),
        )
    )
    least, most = reduce(np.minimum, columns), reduce(np.maximum, columns)
    return between(near / (near + far), least, most)


def best_first(columns: Columns) -> tuple[list[Column], list[NDArray[np.intp]]]:
    """Sort each site's values from best to worst; also return the column each came from."""
    table = np.stack(columns)
    positions = np.argsort(-table, axis=0, kind="stable")
    sites = np.arange(table.shape[1])
    return [table[position, sites] for position in positions], list(positions)


def between(mean: Column, low: Column, high: Column) -> Column:
    """Clip what rounding pushed out of its bounds."""
    return np.asarray(np.minimum(np.maximum(mean, low), high), dtype=np.float64)
