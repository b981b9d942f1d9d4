"""What `smaa` is given, checked before anything is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import AlignmentError, OptionError, gather, name_ids
from standort.scoring import Profile
from standort.scoring.aggregation import range_faults
from standort.uncertainty.smaa_draws import ValueBounds

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_known", "check_numbers", "value_bounds"]

#: a value this little outside its bounds is within: sums of weights round
_SLACK = 1e-9


def value_bounds(
    values: pd.DataFrame, low: pd.DataFrame | None, high: pd.DataFrame | None
) -> ValueBounds:
    """Give the bounds between which each value is drawn; refuse tables that do not fit.

    Parameters
    ----------
    values
        Partial values; NaN is unknown.
    low, high
        Bounds, both or neither.

    Returns
    -------
    The bounds, criterion by criterion.

    Raises
    ------
    AlignmentError
        If tables differ in rows or columns.
    OptionError
        If a value is no number, or lies outside [0, 1] or its bounds.
    """
    given = {name: t for name, t in (("low", low), ("high", high)) if t is not None}
    faults = _shape_faults(values, given)
    _check_numeric({"partial values": values, **given})
    if len(given) == 1:
        faults.append("expected both low and high, or neither, got one; give the other")
    if faults:
        raise AlignmentError(gather(faults, of="partial values"))
    outside = [fault for table in (values, *given.values()) for fault in range_faults(table)]
    least, most = given.get("low", values.fillna(0.0)), given.get("high", values.fillna(1.0))
    if (least > most).to_numpy().any():
        outside.append("expected low at most high, it is more somewhere; exchange them there")
    elif given and not outside:
        beyond = (values < least - _SLACK) | (values > most + _SLACK)
        outside += [
            f"expected {name} between low and high, it is not at "
            f"{name_ids(values.index[beyond[name]].tolist())}; correct one of the three"
            for name in values.columns[beyond.any()]
        ]
    if outside:
        raise OptionError(gather(outside, of="partial values"))
    return ValueBounds.of(least, most)


def _shape_faults(values: pd.DataFrame, bounds: Mapping[str, pd.DataFrame]) -> list[str]:
    faults = []
    if values.empty:
        faults.append("expected at least one site and one criterion, got none; give both")
    if values.index.has_duplicates:
        twice = name_ids(values.index[values.index.duplicated()].unique().tolist())
        faults.append(f"expected each site once, got {twice} more often; make site_id unique")
    for name, table in bounds.items():
        if not table.index.equals(values.index) or list(table.columns) != list(values.columns):
            faults.append(f"{name} has other rows or columns than the values; give the same")
        elif table.isna().to_numpy().any():
            faults.append(f"expected {name} to be known everywhere, got NaN; give 0 or 1 there")
    return faults


def _check_numeric(tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse text and the like, before any arithmetic meets it."""
    faults = [
        f"expected numbers in column {name!r} of {of}, got {table.dtypes.iloc[i]}; convert it"
        for of, table in tables.items()
        for i, name in enumerate(table.columns)
        if not pd.api.types.is_numeric_dtype(table.dtypes.iloc[i])
        and pd.to_numeric(table.iloc[:, i], errors="coerce")
        .isna()
        .ne(table.iloc[:, i].isna())
        .any()
    ]
    if faults:
        raise OptionError(gather(faults, of="smaa"))


def check_known(
    criteria: list[str],
    *,
    profile: Profile | None,
    weights: Profile | Mapping[str, float] | pd.DataFrame | None,
) -> None:
    """Refuse criteria that a profile leaves out of the score, and would still draw weights for.

    Parameters
    ----------
    criteria
        Columns of the partial values.
    profile, weights
        As for `smaa`.

    Raises
    ------
    AlignmentError
        If a profile among them does not know a criterion.
    """
    for given in (profile, weights):
        if isinstance(given, Profile):
            unknown = [name for name in criteria if name not in {c.id for c in given.criteria}]
            if unknown:
                msg = (
                    f"profile {given.id!r} knows no criterion {name_ids(unknown)}; drop the "
                    "column, or give the profile the values were made with"
                )
                raise AlignmentError(msg)


def check_numbers(**numbers: int) -> None:
    """Refuse numbers of draws that are not whole or below 1.

    Parameters
    ----------
    **numbers
        By the name of the option.

    Raises
    ------
    OptionError
        If one is out of range.
    """
    for name, number in numbers.items():
        whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
        if not whole or number < 1:
            msg = f"expected {name} to be a whole number of at least 1, got {number!r}"
            raise OptionError(msg)
