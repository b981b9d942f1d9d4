"""Checks of the columns of a layer against its role.

The functions do not raise: they return one sentence per problem. Unknown values (NaN, empty) are
allowed; impossible ones, such as a negative mass, are problems.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from standort.errors import name_ids
from standort.layers.attributes.column_types import (
    as_numbers,
    is_arrow_text,
    is_blank,
    is_number,
    is_unknown,
    may_hold_text,
)
from standort.layers.attributes.ids import EXACT
from standort.layers.attributes.periods import select_year
from standort.roles import Column, Role, unit_of
from standort.units import symbol_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from standort.array_types import Flags, Floats

#: Above this, sums and products of quantities could leave the range of floats.
_LARGEST = 1e100
#: Kinds of ids, as pandas infers them.
_ID_KINDS = frozenset({"string", "integer", "floating", "empty"})
#: What a text column may not hold.
_NOT_TEXT = (bytes, list, tuple, dict, set, np.ndarray)


def find_problems(table: DataFrame, role: Role, *, year: int | None = None) -> list[str]:
    """Return all problems of the columns of a layer or table.

    Parameters
    ----------
    table
        Layer or table with plain types; a geometry column is ignored.
    role
        Role of the layer.
    year
        Year of the study: of the rows it keeps, each must have its own id. All other checks
        concern all rows.

    Returns
    -------
    One sentence per problem with column, rows and remedy; empty if there are none.

    Examples
    --------
    >>> from standort.roles import ROLES
    >>> ports = DataFrame({"feature_id": ["a", "b", "a"]})
    >>> find_problems(ports, ROLES["ports"])
    ["column 'feature_id' must name each row once;
      'a' occurs more than once: give every row its own id"]
    """
    problems = [_missing(table, column) for column in role.required if column.name not in table]
    rows = _row_names(table, role)
    for column in role.columns:
        if column.name in table and column.kind in _CHECKS:
            problems += _CHECKS[column.kind](table[column.name], column, rows)
    for name in table.columns:
        problems += _check_storable(table[name], rows)
    problems += _find_duplicates(select_year(table, year), role)
    return problems


def _find_duplicates(table: DataFrame, role: Role) -> list[str]:
    """Return the problem of ids that occur more than once.

    Parameters
    ----------
    table
        Layer or table as read.
    role
        Role of the layer; without an id column there are no duplicates.

    Returns
    -------
    At most one sentence.
    """
    if role.id_column is None or role.id_column not in table:
        return []
    ids = table[role.id_column]
    if pd.api.types.infer_dtype(ids, skipna=True) not in _ID_KINDS:
        return []
    repeated = ids[ids.notna() & ids.duplicated()].unique().tolist()
    if not repeated:
        return []
    verb = "occurs" if len(repeated) == 1 else "occur"
    remedy = "give every row its own id"
    if {"year", "year_from", "year_to"} & set(table.columns):
        remedy += ", or, if the rows are years of one thing, keep one year"
    problem = (
        f"column {role.id_column!r} must name each row once; {name_ids(repeated)} {verb} "
        f"more than once: {remedy}"
    )
    return [problem]


def count_unknown(table: DataFrame, role: Role) -> dict[str, int]:
    """Count the unknown values of each quantity that has any.

    Parameters
    ----------
    table
        Layer or table.
    role
        Role of the layer.

    Returns
    -------
    Number of rows, by column.
    """
    names = [c.name for c in role.columns if c.kind == "quantity" and c.name in table]
    counts = {name: int(table[name].isna().sum()) for name in names}
    return {name: count for name, count in counts.items() if count}


def suggest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name that was probably meant.

    Parameters
    ----------
    name
        Given name.
    known
        Expected names.

    Returns
    -------
    The closest name, ignoring case, blanks, hyphens and underscores; None if none is close.

    Examples
    --------
    >>> suggest("Emmiters", ["sites", "emitters"])
    'emitters'
    """
    lowered = {other.lower(): other for other in known}
    plain = name.lower().replace(" ", "_").replace("-", "_")
    close = get_close_matches(plain, lowered, n=1, cutoff=0.75)
    return lowered[close[0]] if close else None


def _missing(table: DataFrame, column: Column) -> str:
    """Describe a missing required column, with the column that may be meant."""
    names = [str(name) for name in table.columns]
    problem = f"required column {column.name!r} is missing"
    meant = _other_unit(column, names) or suggest(column.name, names)
    if meant is None:
        return f"{problem}; it has {', '.join(names) or 'no columns'}: add it"
    unit = unit_of(meant)
    if column.unit is not None and unit not in {None, column.unit}:
        units = f"from {symbol_of(str(unit))} to {symbol_of(column.unit)}"
        return f"{problem}; it has {meant!r}: convert {units} and rename it"
    return f"{problem}; it has {meant!r}: rename it if that is meant"


def _other_unit(column: Column, names: list[str]) -> str | None:
    """Return a column of the same quantity in another unit, if there is one."""
    if column.unit is None:
        return None
    stem = column.name.removesuffix(column.unit)
    same = [name for name in names if stem and name == f"{stem}{unit_of(name)}"]
    return same[0] if same else None


def _row_names(table: DataFrame, role: Role) -> Series:
    """Return the names of rows for messages: their ids, or their numbers from 0."""
    if role.id_column is not None and role.id_column in table:
        return Series(table[role.id_column].to_numpy(dtype=object), dtype=object)
    return Series(range(len(table)), dtype=object)


def _some(rows: Series, mask: Flags) -> str:
    """Format the number of rows of a mask and the first ids."""
    named = [row for row in rows[mask] if not is_unknown(row)]
    count = int(mask.sum())
    noun = "row" if count == 1 else "rows"
    return f"{count} {noun} ({name_ids(named)})" if named else f"{count} {noun}"


def _check_ids(ids: Series, column: Column, rows: Series) -> list[str]:
    """Return problems of ids that are empty or no ids at all."""
    start = f"column {column.name!r}"
    empty = is_blank(ids)
    problems = []
    if empty.any():
        numbers = name_ids(np.flatnonzero(empty).tolist())
        problems.append(
            f"{start} must not be empty; it is in {int(empty.sum())} of {len(ids)} rows "
            f"(row numbers from 0: {numbers}): fill it in"
        )
    return problems + _check_references(ids, column, rows)


def _check_references(ids: Series, column: Column, rows: Series) -> list[str]:
    """Return problems of ids that are inexact, or neither all text nor all whole numbers."""
    start = f"column {column.name!r}"
    kind = pd.api.types.infer_dtype(ids, skipna=True)
    if kind == "floating":
        filled = ~is_blank(ids)
        return _check_float_ids(ids[filled], start, rows[filled])
    if kind not in _ID_KINDS:
        return [f"{start} must hold text or whole numbers, not {kind} values: use one kind"]
    return []


def _check_float_ids(ids: Series, start: str, rows: Series) -> list[str]:
    """Return problems of floats that are not whole, or too large to be exact."""
    numbers = as_numbers(ids).to_numpy()
    whole = np.mod(numbers, 1) == 0
    problems = []
    if not whole.all():
        some = _examples(ids[~whole], limit=5)
        problems.append(f"{start} must hold text or whole numbers, not {some}: use text or int")
    inexact = whole & (np.abs(numbers) >= EXACT)
    if inexact.any():
        problems.append(
            f"{start} holds whole numbers beyond 2**53 as floats, which are not exact, in "
            f"{_some(rows, inexact)}: store them as text or int"
        )
    return problems


def _check_storable(values: Series, rows: Series) -> list[str]:
    """Return the problem of text with NUL or half characters, which files cut or refuse."""
    if not may_hold_text(values):
        return []
    if is_arrow_text(values):  # valid UTF-8
        wrong = values.str.contains("\0", regex=False, na=False).to_numpy(dtype=bool)
    else:
        cells = values.to_numpy(dtype=object)
        wrong = np.array([isinstance(cell, str) and _is_broken(cell) for cell in cells], dtype=bool)
    if not wrong.any():
        return []
    problem = (
        f"column {values.name!r} has text with NUL or half characters in {_some(rows, wrong)}: "
        "remove these characters"
    )
    return [problem]


def _is_broken(text: str) -> bool:
    if text.isprintable():  # the usual case, and fast
        return False
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _check_numbers(values: Series, column: Column, rows: Series) -> tuple[Floats | None, list[str]]:
    """Return a column as numbers, or the problems that prevent it."""
    start = f"column {column.name!r} must hold numbers{_in_unit(column)}"
    remedy = "write plain numbers and leave unknown values empty"
    if values.dtype.kind in "bcmM" or pd.api.types.is_bool_dtype(values):
        return None, [f"{start}; it holds {values.dtype} values: {remedy}"]
    wrong = np.zeros(len(values), dtype=bool)
    if not pd.api.types.is_numeric_dtype(values):
        wrong = np.array([not is_number(value) for value in values], dtype=bool)
    if wrong.any():
        shown = _examples(values[wrong])
        return None, [f"{start}; {shown} in {_some(rows, wrong)}: {remedy}"]
    return as_numbers(values).to_numpy(dtype=np.float64), []


def _check_quantity(values: Series, column: Column, rows: Series) -> list[str]:
    """Return problems of text, and of infinite, negative and too large values in a quantity."""
    numbers, problems = _check_numbers(values, column, rows)
    if numbers is None:
        return problems
    largest = _LARGEST if column.largest is None else column.largest
    allowed = "of at least 0" if column.largest is None else f"from 0 to {largest:g}"
    start = f"column {column.name!r} must hold finite numbers {allowed}{_in_unit(column)}"
    infinite, negative = np.isinf(numbers), np.isfinite(numbers) & (numbers < 0)
    huge = np.isfinite(numbers) & (numbers > largest)
    for mask, what in (
        (infinite, "infinite"),
        (negative, "negative"),
        (huge, f"above {largest:g}"),
    ):
        if mask.any():
            problems.append(
                f"{start}; {what} in {_some(rows, mask)}: "
                "correct the values and leave unknown ones empty"
            )
    return problems


def _check_year(values: Series, column: Column, rows: Series) -> list[str]:
    """Return problems of years that are not whole numbers of at least 0."""
    numbers, problems = _check_numbers(values, column, rows)
    if numbers is None:
        return problems
    whole = np.isfinite(numbers) & (numbers % 1 == 0) & (numbers >= 0)
    wrong = ~np.isnan(numbers) & ~whole
    if wrong.any():
        shown = name_ids(np.unique(numbers[wrong]).tolist(), limit=3)
        problems.append(
            f"column {column.name!r} must hold whole years; {shown} in {_some(rows, wrong)}: "
            "correct them and leave unknown years empty"
        )
    return problems


def _check_flag(values: Series, column: Column, rows: Series) -> list[str]:
    """Return problems of values that are neither true nor false."""
    wrong = np.array([not _is_flag(value) for value in values], dtype=bool)
    if not wrong.any():
        return []
    problem = (
        f"column {column.name!r} must hold true or false; {_examples(values[wrong])} in "
        f"{_some(rows, wrong)}: write true or false, or 1 and 0, and leave unknown ones empty"
    )
    return [problem]


def _is_flag(value: object) -> bool:
    if isinstance(value, bool | np.bool_):
        return True
    return is_number(value) and (is_unknown(value) or value in {0, 1})


def _check_text(values: Series, column: Column, rows: Series) -> list[str]:
    """Return problems of values that are no text, or not among the choices of a column."""
    if values.dtype != object and not column.choices:
        return []
    cells = values.to_numpy(dtype=object)
    wrong = np.array([isinstance(cell, _NOT_TEXT) for cell in cells], dtype=bool)
    expected, remedy = "hold text", "write plain text and leave unknown values empty"
    if column.choices and not wrong.any():
        wrong = ~values.isin(column.choices).to_numpy(dtype=bool)
        expected, remedy = f"be one of {', '.join(column.choices)}", "use one of these words"
    if not wrong.any():
        return []
    shown = _examples(values[wrong])
    return [f"column {column.name!r} must {expected}; {shown} in {_some(rows, wrong)}: {remedy}"]


_CHECKS: dict[str, Callable[[Series, Column, Series], list[str]]] = {
    "id": _check_ids,
    "reference": _check_references,
    "quantity": _check_quantity,
    "year": _check_year,
    "flag": _check_flag,
    "text": _check_text,
}


def _examples(values: Series, *, limit: int = 3) -> str:
    """List the first distinct values of a column, of any kind."""
    return name_ids(list({repr(value): value for value in values.tolist()}.values()), limit=limit)


def _in_unit(column: Column) -> str:
    """Format the unit of a column for a message."""
    symbol = symbol_of(column.unit) if column.unit else ""
    return f" [{symbol}]" if symbol else ""
