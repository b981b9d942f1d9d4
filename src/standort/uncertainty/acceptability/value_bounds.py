"""Bounds of partial values, between which uncertain values are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import AlignmentError, OptionError, gather, name_ids
from standort.random_numbers import uniform
from standort.scoring.aggregation.means import column_of, range_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.array_types import Floats, Ints, Keys


#: tolerance for values outside their bounds, because sums of weights round
_SLACK = 1e-9


@dataclass(frozen=True)
class ValueBounds:
    """Lower and upper bounds of partial values, by criterion."""

    ids: pd.Index
    low: dict[str, Floats]
    high: dict[str, Floats]

    @classmethod
    def of(cls, low: pd.DataFrame, high: pd.DataFrame) -> ValueBounds:
        """Read the bounds from two tables of one shape."""
        names = [str(name) for name in low.columns]
        tables = [{name: column_of(table, name) for name in names} for table in (low, high)]
        return cls(low.index, *tables)

    @property
    def criteria(self) -> list[str]:
        """Ids of the criteria, in order."""
        return list(self.low)

    @property
    def uncertain(self) -> bool:
        """Whether any value is uncertain."""
        return any((self.low[name] < self.high[name]).any() for name in self.low)

    def only(self, criteria: list[str]) -> ValueBounds:
        """Return the bounds of these criteria only."""
        some = [{name: table[name] for name in criteria} for table in (self.low, self.high)]
        return ValueBounds(self.ids, *some)

    def draw(self, name: str, numbers: Ints, keys: Keys, seed: int) -> Floats:
        """Draw the values of one criterion, a row per draw; one row if they are certain."""
        low, high = self.low[name], self.high[name]
        uncertain = np.flatnonzero(low < high)
        if not uncertain.size:
            return low[np.newaxis, :]
        share = uniform(seed, "partial value", name, numbers[:, np.newaxis], keys[uncertain])
        values = np.repeat(low[np.newaxis, :], len(numbers), axis=0)
        values[:, uncertain] += share * (high[uncertain] - low[uncertain])
        return np.minimum(values, high)


def checked_bounds(
    values: pd.DataFrame, low: pd.DataFrame | None, high: pd.DataFrame | None
) -> ValueBounds:
    """Return the bounds between which each value is drawn; raise if tables do not match.

    Parameters
    ----------
    values
        Partial values; NaN is unknown.
    low, high
        Both bounds, or neither.

    Returns
    -------
    The bounds by criterion.

    Raises
    ------
    AlignmentError
        If tables differ in rows or columns.
    OptionError
        If a value is not a number, or lies outside [0, 1] or its bounds.
    """
    given = {name: t for name, t in (("low", low), ("high", high)) if t is not None}
    problems = _shape_problems(values, given)
    _check_numeric({"partial values": values, **given})
    if len(given) == 1:
        problems.append("expected both low and high, or neither, got one; pass the other")
    if problems:
        raise AlignmentError(gather(problems, of="partial values"))
    outside = [each for table in (values, *given.values()) for each in range_problems(table)]
    least, most = given.get("low", values.fillna(0.0)), given.get("high", values.fillna(1.0))
    if (least > most).to_numpy().any():
        outside.append(
            "expected low to be at most high, it is larger somewhere; exchange them there"
        )
    elif given and not outside:
        beyond = (values < least - _SLACK) | (values > most + _SLACK)
        outside += [
            f"expected {name} to be between low and high, it is not at "
            f"{name_ids(values.index[beyond[name]].tolist())}; correct one of the three"
            for name in values.columns[beyond.any()]
        ]
    if outside:
        raise OptionError(gather(outside, of="partial values"))
    return ValueBounds.of(least, most)


def _shape_problems(values: pd.DataFrame, bounds: Mapping[str, pd.DataFrame]) -> list[str]:
    problems = []
    if values.empty:
        problems.append("expected at least one site and one criterion, got none; pass both")
    if values.index.has_duplicates:
        repeated = name_ids(values.index[values.index.duplicated()].unique().tolist())
        problems.append(f"expected each site once, got {repeated} repeated; make site_id unique")
    for name, table in bounds.items():
        if not table.index.equals(values.index) or list(table.columns) != list(values.columns):
            problems.append(f"expected {name} to have the rows and columns of the values; align it")
        elif table.isna().to_numpy().any():
            problems.append(f"expected {name} to be known everywhere, got NaN; set 0 or 1 there")
    return problems


def _check_numeric(tables: Mapping[str, pd.DataFrame]) -> None:
    """Raise if a column is not numeric."""
    problems = [
        f"expected numbers in column {name!r} of {of}, got {table.dtypes.iloc[i]}; convert it"
        for of, table in tables.items()
        for i, name in enumerate(table.columns)
        if not pd.api.types.is_numeric_dtype(table.dtypes.iloc[i])
        and pd.to_numeric(table.iloc[:, i], errors="coerce")
        .isna()
        .ne(table.iloc[:, i].isna())
        .any()
    ]
    if problems:
        raise OptionError(gather(problems, of="smaa"))
