"""Aggregation: partial values into components, components into a score.

Sums and products go column by column in a fixed order. No matrix product and no reduction along
an axis is used: they may add in another order for one site than for many, and a score must have
the same bits however many sites are scored with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce

import numpy as np
import pandas as pd

from standort.errors import AlignmentError, OptionError, WeightError, gather, name_ids
from standort.scoring.profile.problems import as_number, suggest
from standort.scoring.profile.value_functions import FloatArray

__all__ = [
    "COMPONENT_AGGREGATIONS",
    "ColumnAggregation",
    "aggregate",
    "aggregation_named",
    "arithmetic",
    "between",
    "column_of",
    "geometric",
    "minimum",
    "range_faults",
    "used",
    "weighted_mean",
]

ColumnAggregation = Callable[[Sequence[FloatArray], Sequence[float]], FloatArray]

#: A known weight share this little under the limit still counts as the limit: weights such as
#: 0.1 do not add up exactly.
_SLACK = 1e-9


def arithmetic(components: Sequence[FloatArray], weights: Sequence[float]) -> FloatArray:
    """Average components: a strong one makes up for a weak one in full.

    Parameters
    ----------
    components
        One array per component, all of one length, in [0, 1]; NaN is unknown.
    weights
        One per component, at least one above 0; only their ratios matter.

    Returns
    -------
    The mean of each site, NaN where a component of weight above 0 is NaN.

    Raises
    ------
    WeightError
        If no weight is above 0, one is negative or not finite, or there is not one for each column.
    OptionError
        If a value is no number or lies outside [0, 1].

    Examples
    --------
    >>> triple = [np.array([0.9]), np.array([0.9]), np.array([0.1])]
    >>> arithmetic(triple, [1, 1, 1]).round(4)
    array([0.6333])
    """
    components, weights = used(components, weights)
    total = sum(weights)
    mean = reduce(np.add, (w * c for c, w in zip(components, weights, strict=True))) / total
    return between(mean, reduce(np.minimum, components), reduce(np.maximum, components))


def geometric(
    components: Sequence[FloatArray], weights: Sequence[float], *, floor: float = 0.01
) -> FloatArray:
    """Take the floored geometric mean: a weak component cannot be fully made up for.

    Without a floor one component of 0 would make the score 0, whatever the others are.

    Parameters
    ----------
    components
        One array per component, all of one length, in [0, 1]; NaN is unknown.
    weights
        One per component, at least one above 0; only their ratios matter.
    floor
        What a component of 0 counts as, in (0, 1); the smaller, the harder a 0 is punished.

    Returns
    -------
    The mean of each site, between minimum and arithmetic mean; NaN where a component of weight
    above 0 is NaN.

    Raises
    ------
    WeightError
        If no weight is above 0, one is negative or not finite, or there is not one for each column.
    OptionError
        If a value is no number or lies outside [0, 1].

    Notes
    -----
    c' = e + (1 - e) c and A = (prod c'^w - e) / (1 - e) for floor e. It maps 0 to 0 and 1 to 1.

    Examples
    --------
    >>> triple = [np.array([1.0]), np.array([1.0]), np.array([0.0])]
    >>> geometric(triple, [1, 1, 1]).round(4)
    array([0.2075])
    """
    components, weights = used(components, weights)
    total = sum(weights)
    powers = (
        np.power(floor + (1.0 - floor) * c, w / total)
        for c, w in zip(components, weights, strict=True)
    )
    mean = (reduce(np.multiply, powers) - floor) / (1.0 - floor)
    # Mathematically it lies between these two; rounding may push it out in the last bit.
    return between(mean, reduce(np.minimum, components), arithmetic(components, weights))


def minimum(components: Sequence[FloatArray], weights: Sequence[float]) -> FloatArray:
    """Take the weakest component: nothing makes up for it.

    Parameters
    ----------
    components
        One array per component, all of one length, in [0, 1]; NaN is unknown.
    weights
        One per component; those of weight 0 are left out, otherwise weights do not matter.

    Returns
    -------
    The minimum of each site, NaN where a component of weight above 0 is NaN.

    Raises
    ------
    WeightError
        If no weight is above 0, one is negative or not finite, or there is not one for each column.
    OptionError
        If a value is no number or lies outside [0, 1].

    Examples
    --------
    >>> minimum([np.array([0.9]), np.array([0.1])], [1, 1])
    array([0.1])
    """
    components, _ = used(components, weights)
    return reduce(np.minimum, components).copy()


COMPONENT_AGGREGATIONS: dict[str, ColumnAggregation] = {
    "geometric": geometric,
    "arithmetic": arithmetic,
    "minimum": minimum,
}


def aggregation_named(
    aggregation: str | ColumnAggregation, *, floor: float = 0.01
) -> ColumnAggregation:
    """Give the function of a name; a function is handed back.

    Parameters
    ----------
    aggregation
        A name of `COMPONENT_AGGREGATIONS`, or a function of columns and weights.
    floor
        Floor of the geometric mean.

    Returns
    -------
    A function of columns and weights.

    Raises
    ------
    OptionError
        If the name is unknown.

    Examples
    --------
    >>> aggregation_named("minimum") is minimum
    True
    """
    if callable(aggregation):
        return aggregation
    if aggregation not in COMPONENT_AGGREGATIONS:
        msg = f"no aggregation is called {aggregation!r}; " + suggest(
            aggregation, COMPONENT_AGGREGATIONS
        )
        raise OptionError(msg)
    if aggregation == "geometric":
        return partial(geometric, floor=floor)
    return COMPONENT_AGGREGATIONS[aggregation]


def aggregate(
    components: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    aggregation: str | ColumnAggregation = "geometric",
    floor: float = 0.01,
) -> pd.Series:
    """Turn component scores into a score.

    A component that is unknown everywhere should be left out of the table: its weight is then
    shared over the others. One that is unknown at a site makes that site's score unknown.

    Parameters
    ----------
    components
        One column per component, in [0, 1]; NaN is unknown.
    weights
        Weight by component; may name components the table lacks.
    aggregation
        A name of `COMPONENT_AGGREGATIONS`, or a function of columns and weights.
    floor
        Floor of the geometric mean.

    Returns
    -------
    Series `score` with the index of the table.

    Raises
    ------
    WeightError
        If a weight is missing, negative or not finite, or none is above 0.
    OptionError
        If a value lies outside [0, 1], or the aggregation is unknown.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [0.9], "b": [0.9], "c": [0.1]}, index=["rotterdam"])
    >>> aggregate(table, {"a": 1, "b": 1, "c": 1}).round(2)
    rotterdam    0.44
    Name: score, dtype: float64
    """
    function = aggregation_named(aggregation, floor=floor)
    columns, chosen = _checked(components, weights, of="components")
    return pd.Series(function(columns, chosen), index=components.index, name="score")


def weighted_mean(
    partial_values: pd.DataFrame, weights: Mapping[str, float], *, coverage_limit: float = 0.0
) -> pd.DataFrame:
    """Average the partial values of one component over what is known.

    Parameters
    ----------
    partial_values
        One column per criterion, in [0, 1]; NaN is unknown.
    weights
        Weight by criterion; may name criteria the table lacks.
    coverage_limit
        Share of the weight that must be known; below it the mean is unknown.

    Returns
    -------
    Columns `mean` (NaN where too little is known) and `coverage` (known share of the weight).

    Raises
    ------
    WeightError
        If a weight is missing, negative or not finite, or none is above 0.
    OptionError
        If a value lies outside [0, 1].

    Examples
    --------
    Of two criteria one is unknown, so the other speaks for the component:

    >>> table = pd.DataFrame({"port_distance": [0.5], "heat_demand": [float("nan")]})
    >>> weighted_mean(table, {"port_distance": 1, "heat_demand": 1})
       mean  coverage
    0   0.5       0.5
    """
    columns, chosen = _checked(partial_values, weights, of="partial values")
    mean, coverage = mean_of_known(columns, chosen, coverage_limit=coverage_limit)
    return pd.DataFrame({"mean": mean, "coverage": coverage}, index=partial_values.index)


def mean_of_known(
    columns: Sequence[FloatArray], weights: Sequence[float], *, coverage_limit: float
) -> tuple[FloatArray, FloatArray]:
    """Average columns over what is known, and give the known share of the weight."""
    columns, weights = used(columns, weights)
    known = [~np.isnan(column) for column in columns]
    known_weight = reduce(
        np.add, (np.where(k, w, 0.0) for k, w in zip(known, weights, strict=True))
    )
    weighted = reduce(
        np.add,
        (np.where(k, w * c, 0.0) for c, w, k in zip(columns, weights, known, strict=True)),
    )
    coverage = known_weight / sum(weights)
    enough = (known_weight > 0.0) & (coverage >= coverage_limit - _SLACK)
    mean = np.where(enough, weighted / np.where(enough, known_weight, 1.0), np.nan)
    return between(mean, reduce(np.fmin, columns), reduce(np.fmax, columns)), coverage


def column_of(table: pd.DataFrame, name: str) -> FloatArray:
    """Give a column as a contiguous array to read from."""
    return np.ascontiguousarray(table[name], dtype=np.float64)


def range_faults(table: pd.DataFrame) -> list[str]:
    """Name the columns with values outside [0, 1]."""
    faults = []
    for name in table.columns:
        column = column_of(table, name)
        outside = (column < 0.0) | (column > 1.0)
        if outside.any():
            came = f"{column[outside][0]:g} at {name_ids(table.index[outside].tolist())}"
            faults.append(
                f"expected {name} in [0, 1], got {came}; turn the metric into a partial value first"
            )
    return faults


def _checked(
    table: pd.DataFrame, weights: Mapping[str, float], *, of: str
) -> tuple[list[FloatArray], list[float]]:
    if table.columns.has_duplicates:
        twice = name_ids(table.columns[table.columns.duplicated()].tolist())
        msg = f"{of}: expected each column once, got {twice} more often; rename or drop"
        raise AlignmentError(msg)
    names = [str(name) for name in table.columns]
    lacking = [name for name in names if name not in weights]
    if lacking:
        msg = f"{of}: expected a weight for each column, none for {name_ids(lacking)}; add it"
        raise WeightError(msg)
    faults = range_faults(table)
    if faults:
        raise OptionError(gather(faults, of=of))
    return [column_of(table, name) for name in names], [weights[name] for name in names]


def used(
    columns: Sequence[FloatArray], weights: Sequence[float]
) -> tuple[list[FloatArray], list[float]]:
    """Leave out columns of weight 0, so that a weight of 0 is the same as no column."""
    if len(columns) != len(weights):
        msg = (
            f"expected one weight for each column, got {len(weights)} for {len(columns)} columns; "
            "give as many"
        )
        raise WeightError(msg)
    numbers = [as_number(weight) for weight in weights]
    if any(number is None or number < 0.0 for number in numbers) or not any(numbers):
        msg = (
            f"expected finite weights of at least 0 and one above 0, got {list(weights)}; "
            "correct the weights"
        )
        raise WeightError(msg)
    pairs = [
        (_in_range(c, i), n) for i, (c, n) in enumerate(zip(columns, numbers, strict=True)) if n
    ]
    return [column for column, _ in pairs], [number for _, number in pairs]


def _in_range(column: FloatArray, place: int) -> FloatArray:
    """Refuse what is no number, or lies outside [0, 1]; NaN passes."""
    try:
        values = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"expected numbers in column {place + 1}, got {column!r}; convert it"
        raise OptionError(msg) from error
    outside = (values < 0.0) | (values > 1.0)
    if outside.any():
        msg = (
            f"expected partial values in [0, 1], got {values[outside].flat[0]:g} in column "
            f"{place + 1}; turn the metric into a partial value first"
        )
        raise OptionError(msg)
    return values


def between(mean: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Take back what rounding pushed out of its bounds."""
    return np.asarray(np.minimum(np.maximum(mean, low), high), dtype=np.float64)
