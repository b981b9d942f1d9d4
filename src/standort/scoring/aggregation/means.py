"""Aggregations of components to a score: checked columns and weights, then a formula.

The formulas themselves, without checks, are in `standort.scoring.aggregation.formulas`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from standort.arguments import ANY_NUMBER, between, checked
from standort.array_types import Floats
from standort.errors import AlignmentError, OptionError, WeightError, gather, name_ids
from standort.scoring.aggregation import formulas
from standort.scoring.profile.problems import as_number, suggest

ColumnAggregation = Callable[[Sequence[Floats], Sequence[float]], Floats]


@checked(weights=ANY_NUMBER)
def arithmetic(components: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Return the arithmetic mean: a strong component fully compensates for a weak one.

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
        If a value is not a number or lies outside [0, 1].

    Examples
    --------
    >>> triple = [np.array([0.9]), np.array([0.9]), np.array([0.1])]
    >>> arithmetic(triple, [1, 1, 1]).round(4)
    array([0.6333])
    """
    return formulas.arithmetic(*checked_columns(components, weights))


@checked(weights=ANY_NUMBER, floor=between(0, 1, closed="right"))
def geometric(
    components: Sequence[Floats], weights: Sequence[float], *, floor: float = 0.01
) -> Floats:
    """Return the floored geometric mean: a weak component cannot be fully compensated for.

    Without a floor, one component of 0 would make the score 0 whatever the others are.

    Parameters
    ----------
    components
        One array per component, all of one length, in [0, 1]; NaN is unknown.
    weights
        One per component, at least one above 0; only their ratios matter.
    floor
        What a component of 0 counts as, in (0, 1); the smaller, the more a 0 costs.

    Returns
    -------
    The mean of each site, between minimum and arithmetic mean; NaN where a component of weight
    above 0 is NaN.

    Raises
    ------
    WeightError
        If no weight is above 0, one is negative or not finite, or there is not one for each column.
    OptionError
        If a value is not a number or lies outside [0, 1].

    Notes
    -----
    c' = e + (1 - e) c and A = (prod c'^w - e) / (1 - e) for floor e. It maps 0 to 0 and 1 to 1.

    Examples
    --------
    >>> triple = [np.array([1.0]), np.array([1.0]), np.array([0.0])]
    >>> geometric(triple, [1, 1, 1]).round(4)
    array([0.2075])
    """
    return formulas.geometric(*checked_columns(components, weights), floor=floor)


@checked(weights=ANY_NUMBER)
def minimum(components: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """Return the weakest component: nothing compensates for it.

    Parameters
    ----------
    components
        One array per component, all of one length, in [0, 1]; NaN is unknown.
    weights
        One per component; components of weight 0 are left out, otherwise weights do not matter.

    Returns
    -------
    The minimum of each site, NaN where a component of weight above 0 is NaN.

    Raises
    ------
    WeightError
        If no weight is above 0, one is negative or not finite, or there is not one for each column.
    OptionError
        If a value is not a number or lies outside [0, 1].

    Examples
    --------
    >>> minimum([np.array([0.9]), np.array([0.1])], [1, 1])
    array([0.1])
    """
    return formulas.minimum(*checked_columns(components, weights))


COMPONENT_AGGREGATIONS: dict[str, ColumnAggregation] = {
    "geometric": geometric,
    "arithmetic": arithmetic,
    "minimum": minimum,
}


@checked(weights=ANY_NUMBER, floor=between(0, 1, closed="right"))
def aggregate(
    components: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    aggregation: str | ColumnAggregation = "geometric",
    floor: float = 0.01,
) -> pd.Series:
    """Aggregate a table of components to a score.

    Leave out a component that is unknown everywhere: its weight is then shared among the others.
    One that is unknown at a site makes the score of that site unknown.

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
    _check_table(components, weights)
    columns = [column_of(components, name) for name in components.columns]
    chosen = [weights[str(name)] for name in components.columns]
    return pd.Series(function(columns, chosen), index=components.index, name="score")


def aggregation_named(
    aggregation: str | ColumnAggregation, *, floor: float = 0.01
) -> ColumnAggregation:
    """Return the aggregation of a name; a function is returned as it is.

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
        msg = f"unknown aggregation {aggregation!r}; " + suggest(
            aggregation, COMPONENT_AGGREGATIONS
        )
        raise OptionError(msg)
    if aggregation == "geometric":
        return partial(geometric, floor=floor)
    return COMPONENT_AGGREGATIONS[aggregation]


def apply_checked(
    formula: formulas.Formula, components: Sequence[Floats], weights: Sequence[float]
) -> Floats:
    """Check columns and weights, then apply a formula to those of weight above 0."""
    return formula(*checked_columns(components, weights))


def checked_columns(
    columns: Sequence[Floats], weights: Sequence[float]
) -> tuple[list[Floats], list[float]]:
    """Check columns and weights; return those of weight above 0, as a formula takes them."""
    if len(columns) != len(weights):
        msg = (
            f"expected one weight for each column, got {len(weights)} for {len(columns)} columns; "
            "pass as many weights as columns"
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
        (_in_range(c, i), n) for i, (c, n) in enumerate(zip(columns, numbers, strict=True), 1) if n
    ]
    above_zero = formulas.proportional([number for _, number in pairs])
    return [column for column, _ in pairs], above_zero


def column_of(table: pd.DataFrame, name: str) -> Floats:
    """Return a column as a contiguous array, to read only."""
    return np.ascontiguousarray(table[name], dtype=np.float64)


def range_problems(table: pd.DataFrame) -> list[str]:
    """Describe each column with values outside [0, 1]."""
    problems = []
    for name in table.columns:
        column = column_of(table, name)
        outside = (column < 0.0) | (column > 1.0)
        if outside.any():
            came = f"{column[outside][0]:g} at {name_ids(table.index[outside].tolist())}"
            problems.append(
                f"expected {name} in [0, 1], got {came}; turn the metric into a partial value first"
            )
    return problems


def _check_table(components: pd.DataFrame, weights: Mapping[str, float]) -> None:
    if components.columns.has_duplicates:
        twice = name_ids(components.columns[components.columns.duplicated()].tolist())
        msg = f"components: expected each column once, got {twice} more often; rename or drop"
        raise AlignmentError(msg)
    lacking = [str(name) for name in components.columns if str(name) not in weights]
    if lacking:
        msg = f"components: expected a weight for each column, none for {name_ids(lacking)}; add it"
        raise WeightError(msg)
    problems = range_problems(components)
    if problems:
        raise OptionError(gather(problems, of="components"))


def _in_range(column: Floats, number: int) -> Floats:
    """Return a column as floats; raise unless its values are numbers in [0, 1] or NaN."""
    try:
        values = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"expected numbers in column {number}, got {column!r}; convert it"
        raise OptionError(msg) from error
    outside = (values < 0.0) | (values > 1.0)
    if outside.any():
        msg = (
            f"expected partial values in [0, 1], got {values[outside].flat[0]:g} in column "
            f"{number}; turn the metric into a partial value first"
        )
        raise OptionError(msg)
    return values
