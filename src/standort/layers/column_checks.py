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
from standort.layers.provenance import Notice
from standort.roles import Column, Role, unit_of
from standort.units import symbol_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from standort.array_types import Flags, Floats

_EARLIEST, _LATEST = 1000, 2999


def find_problems(table: DataFrame, role: Role) -> list[str]:
    """Return all problems of the columns of a layer or table.

    Parameters
    ----------
    table
        Layer or table as read; a geometry column is ignored.
    role
        Role of the layer.

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
    problems += _find_duplicates(table, role)
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


def coerce_columns(table: DataFrame, role: Role) -> DataFrame:
    """Convert the columns of a checked table to the types used throughout standort.

    Parameters
    ----------
    table
        Layer or table without problems.
    role
        Role of the layer.

    Returns
    -------
    A copy: quantities and years as float64 with NaN for unknown, flags as pandas ``boolean``,
    whole-number ids as int64. Other columns are unchanged.

    Examples
    --------
    >>> from standort.roles import ROLES
    >>> table = DataFrame({"feature_id": [1.0, 2.0], "voltage_kv": [380, None]})
    >>> coerce_columns(table, ROLES["grid_nodes"]).dtypes.astype(str).to_dict()
    {'feature_id': 'int64', 'voltage_kv': 'float64'}
    """
    converted: dict[str, Series] = {}
    for column in role.columns:
        if column.name not in table:
            continue
        if column.kind in {"quantity", "year"}:
            converted[column.name] = _numbers(table[column.name])
        elif column.kind == "flag":
            converted[column.name] = _numbers(table[column.name]).astype("boolean")
        elif column.kind == "id":
            converted[column.name] = _plain_ids(table[column.name])
    return table.assign(**converted)


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


def find_implausible_years(table: DataFrame, role: Role) -> list[Notice]:
    """Return notices of possible but implausible years, such as 0 or 9999.

    Parameters
    ----------
    table
        Layer or table without problems.
    role
        Role of the layer.

    Returns
    -------
    One notice per column with such years. The years are kept: as bounds of a period they are
    harmless.
    """
    notices = []
    for column in role.columns:
        if column.kind == "year" and column.name in table:
            years = _numbers(table[column.name])
            implausible = years[(years < _EARLIEST) | (years > _LATEST)]
            if len(implausible):
                shown = name_ids([int(year) for year in sorted(set(implausible))], limit=3)
                rows = f"{len(implausible)} rows"
                text = f"column {column.name!r} has implausible years in {rows}: {shown}"
                notices.append(Notice(f"implausible years in {column.name}", text))
    return notices


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
    named = [row for row in rows[mask] if not pd.isna(row)]
    count = int(mask.sum())
    noun = "row" if count == 1 else "rows"
    return f"{count} {noun} ({name_ids(named)})" if named else f"{count} {noun}"


def _check_ids(ids: Series, column: Column, _rows: Series) -> list[str]:
    """Return problems of ids that are empty, or neither all text nor all whole numbers."""
    start = f"column {column.name!r}"
    empty = (ids.isna() | (ids.astype(object) == "")).to_numpy(dtype=bool)
    problems = []
    if empty.any():
        numbers = name_ids(np.flatnonzero(empty).tolist())
        problems.append(
            f"{start} must not be empty; it is in {int(empty.sum())} of {len(ids)} rows "
            f"(row numbers from 0: {numbers}): fill it in"
        )
    kind = pd.api.types.infer_dtype(ids, skipna=True)
    if kind == "floating":
        broken = ids.notna().to_numpy() & (ids % 1 != 0).to_numpy()
        if broken.any():
            some = name_ids(ids[broken].tolist())
            problems.append(f"{start} must hold text or whole numbers, not {some}: use text or int")
    elif kind not in {"string", "integer", "empty"}:
        problems.append(f"{start} must hold text or whole numbers, not {kind} values: use one kind")
    return problems


def _check_numbers(values: Series, column: Column, rows: Series) -> tuple[Floats | None, list[str]]:
    """Return a column as numbers, or the problems that prevent it."""
    start = f"column {column.name!r} must hold numbers{_in_unit(column)}"
    remedy = "write plain numbers and leave unknown values empty"
    if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_bool_dtype(values):
        return None, [f"{start}; it holds {values.dtype} values: {remedy}"]
    wrong = np.zeros(len(values), dtype=bool)
    if not pd.api.types.is_numeric_dtype(values):
        wrong = np.array([not _is_number(value) for value in values], dtype=bool)
    if wrong.any():
        shown = name_ids(list(dict.fromkeys(values[wrong].tolist())), limit=3)
        return None, [f"{start}; {shown} in {_some(rows, wrong)}: {remedy}"]
    return _numbers(values).to_numpy(dtype=np.float64), []


def _check_quantity(values: Series, column: Column, rows: Series) -> list[str]:
    """Return problems of text, infinite and negative values in a quantity."""
    numbers, problems = _check_numbers(values, column, rows)
    if numbers is None:
        return problems
    start = f"column {column.name!r} must hold finite numbers of at least 0{_in_unit(column)}"
    infinite, negative = np.isinf(numbers), np.isfinite(numbers) & (numbers < 0)
    for mask, what in ((infinite, "infinite"), (negative, "negative")):
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
    known = values.notna().to_numpy(dtype=bool)
    wrong = known & ~values.astype(object).isin([True, False]).to_numpy(dtype=bool)
    if not wrong.any():
        return []
    shown = name_ids(list(dict.fromkeys(values[wrong].tolist())), limit=3)
    problem = (
        f"column {column.name!r} must hold true or false; {shown} in {_some(rows, wrong)}: "
        "write true or false, or 1 and 0, and leave unknown ones empty"
    )
    return [problem]


def _check_text(values: Series, column: Column, rows: Series) -> list[str]:
    """Return problems of values that are not among the choices of a column."""
    if not column.choices:
        return []
    wrong = ~values.isin(column.choices).to_numpy(dtype=bool)
    if not wrong.any():
        return []
    shown = name_ids(list(dict.fromkeys(values[wrong].tolist())), limit=3)
    problem = (
        f"column {column.name!r} must be one of {', '.join(column.choices)}; "
        f"{shown} in {_some(rows, wrong)}: use one of these words"
    )
    return [problem]


_CHECKS: dict[str, Callable[[Series, Column, Series], list[str]]] = {
    "id": _check_ids,
    "quantity": _check_quantity,
    "year": _check_year,
    "flag": _check_flag,
    "text": _check_text,
}


def _in_unit(column: Column) -> str:
    """Format the unit of a column for a message."""
    symbol = symbol_of(column.unit) if column.unit else ""
    return f" [{symbol}]" if symbol else ""


def _is_number(value: object) -> bool:
    """Return whether a value of an untyped column is a number or unknown."""
    if isinstance(value, bool | np.bool_ | str | bytes | complex):
        return False
    try:
        float(value)  # type: ignore[arg-type]  # anything may be in a column of objects
    except (TypeError, ValueError):
        return bool(value is None or value is pd.NA)
    return True


def _numbers(values: Series) -> Series:
    """Convert numbers of any type to float64, with NaN for unknown values."""
    if values.dtype == np.float64:
        return values
    return pd.to_numeric(values, errors="coerce").astype("Float64").astype("float64")


def _plain_ids(ids: Series) -> Series:
    """Return whole-number ids as int64 and others as text."""
    if pd.api.types.is_numeric_dtype(ids) or pd.api.types.infer_dtype(ids) == "integer":
        return ids.astype("int64")
    return ids.astype(str)
