"""Cells of result tables as numbers and texts, whether from memory or from a file."""

from __future__ import annotations

import math
from typing import SupportsFloat, cast

import pandas as pd


def as_float(value: object) -> float:
    """Convert a cell to a number; a missing one becomes NaN.

    Parameters
    ----------
    value
        A number, or None, NA or NaN.

    Returns
    -------
    The number.

    Examples
    --------
    >>> as_float(None), as_float(3)
    (nan, 3.0)
    """
    return math.nan if is_missing(value) else float(cast("SupportsFloat", value))


def as_text(value: object) -> str | None:
    """Convert a cell to text; a missing one becomes None.

    Parameters
    ----------
    value
        Text, an id of any kind, or None, NA or NaN.

    Returns
    -------
    The text; a whole number stored as a float has no ``.0``.

    Examples
    --------
    >>> as_text(12), as_text(float("nan"))
    ('12', None)
    """
    if is_missing(value):
        return None
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole and isinstance(value, float) else str(value)


def is_missing(value: object) -> bool:
    """Return whether a cell is None, NA or NaN."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
