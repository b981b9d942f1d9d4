"""Types of columns: whatever a table holds becomes the few types used throughout standort.

Names become text, categories and Arrow columns what they stand for, quantities floats, ids whole
numbers or text, and blank text unknown.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from pandas import DataFrame, Series

from standort.errors import name_ids
from standort.layers.attributes.ids import id_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from standort.array_types import Flags
    from standort.roles import Role

Frame = TypeVar("Frame", GeoDataFrame, DataFrame)

_INT64 = np.iinfo(np.int64)
#: Kinds of values that are neither numbers nor unknown, though some of them convert to floats.
_NOT_NUMBERS = (bool, np.bool_, str, bytes, complex, np.complexfloating, np.timedelta64)


def with_text_names(frame: Frame) -> tuple[Frame, list[str]]:
    """Return a table whose columns are named by text, each once.

    Parameters
    ----------
    frame
        Layer or table; not changed.

    Returns
    -------
    The table, without columns whose name has occurred before, and one sentence per problem of the
    names.

    Examples
    --------
    >>> table, problems = with_text_names(DataFrame([[1, 2]], columns=[2019, "2019"]))
    >>> table.columns.tolist(), problems
    (['2019'], ["column '2019' occurs 2 times: rename or remove all but one"])
    """
    names = [str(name) for name in frame.columns]
    problems = find_repeated(names)
    problems += [
        f"the name of column {name!r} has a NUL character: rename it"
        for name in dict.fromkeys(names)
        if "\0" in name
    ]
    if frame.columns.nlevels > 1:
        problems.append(f"its columns have {frame.columns.nlevels} levels of names: keep one level")
    if not problems and names == list(frame.columns):
        return frame, []
    first = ~pd.Index(names).duplicated()
    kept: Frame = frame.loc[:, first].set_axis(pd.Index(names)[first], axis=1)
    active = str(frame.active_geometry_name) if isinstance(frame, GeoDataFrame) else None
    if isinstance(kept, GeoDataFrame) and active in kept:
        kept = kept.set_geometry(active)
    return kept, problems


def with_declared_names(frame: Frame, role: Role) -> tuple[Frame, list[str]]:
    """Return a table whose columns have the names that its role declares.

    Parameters
    ----------
    frame
        Layer or table; not changed.
    role
        Role of the layer.

    Returns
    -------
    The table, and one sentence per column that has two names with different values. A column with
    both names takes the values of the second where the first is blank.

    Examples
    --------
    >>> from standort.roles import ROLES
    >>> table = DataFrame({"unit": ["Humber", None], "initiative": [None, "Teesside"]})
    >>> with_declared_names(table, ROLES["collection"])[0]["unit"].tolist()
    ['Humber', 'Teesside']
    """
    problems = []
    pairs = [(column.name, other) for column in role.columns for other in column.also]
    for name, other in pairs:
        if other not in frame:
            continue
        if name not in frame:
            frame = frame.rename(columns={other: name})
            continue
        first, second = frame[name], frame[other]
        differ = _differing(first, second)
        if differ:
            problems.append(
                f"columns {name!r} and {other!r} are two names of one thing and differ in "
                f"{len(differ)} row{'' if len(differ) == 1 else 's'} (row numbers from 0: "
                f"{name_ids(differ)}): fill in one of them"
            )
        frame = frame.assign(**{name: first.where(~is_blank(first), second)}).drop(columns=other)
    return frame, problems


def _differing(first: Series, second: Series) -> list[int]:
    """Return the numbers of the rows in which two columns of ids are filled in differently."""
    filled = np.flatnonzero(~is_blank(first) & ~is_blank(second))
    texts = [id_texts(column.iloc[filled]).str.strip() for column in (first, second)]
    return [int(row) for row in filled[np.asarray(texts[0] != texts[1])]]


def find_repeated(names: Sequence[str]) -> list[str]:
    """Return the problems of names of columns that occur more than once.

    Parameters
    ----------
    names
        Names of all columns.

    Returns
    -------
    One sentence per name.

    Examples
    --------
    >>> find_repeated(["name", "kind", "name"])
    ["column 'name' occurs 2 times: rename or remove all but one"]
    """
    return [
        f"column {name!r} occurs {count} times: rename or remove all but one"
        for name, count in Counter(names).items()
        if count > 1
    ]


def with_plain_types(frame: Frame) -> Frame:
    """Return a table without categories and Arrow columns.

    Parameters
    ----------
    frame
        Layer or table; not changed.

    Returns
    -------
    The table, with the same values in types of NumPy and pandas.

    Examples
    --------
    >>> with_plain_types(DataFrame({"kind": Series([2, 2], dtype="category")}))["kind"].dtype
    dtype('int64')
    """
    plain = {
        str(name): _decoded(frame[name])
        for name, dtype in frame.dtypes.items()
        if isinstance(dtype, pd.ArrowDtype | pd.CategoricalDtype)
    }
    return frame.assign(**plain) if plain else frame


def _decoded(values: Series) -> Series:
    """Return the values of an Arrow column or of categories; whole numbers stay exact."""
    if isinstance(values.dtype, pd.ArrowDtype):
        import pyarrow as pa

        nullable = {
            pa.int64(): pd.Int64Dtype(),
            pa.uint64(): pd.UInt64Dtype(),
            pa.bool_(): pd.BooleanDtype(),
        }
        converted = pa.array(values).to_pandas(types_mapper=nullable.get)
        values = Series(converted.array, index=values.index)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.astype(object).infer_objects()
    return values


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
    A copy: quantities and years as float64 with NaN for unknown, flags as pandas ``boolean``, ids
    as int64 or, if they are text or beyond 64 bits, as text, references as text. In all other
    columns blank text is unknown.

    Examples
    --------
    >>> from standort.roles import ROLES
    >>> table = DataFrame({"feature_id": [1.0, 2.0], "voltage_kv": [380, None], "name": ["A", " "]})
    >>> typed = coerce_columns(table, ROLES["grid_nodes"])
    >>> typed.dtypes.astype(str).to_dict()["feature_id"], typed["name"].isna().tolist()
    ('int64', [False, True])
    """
    convert = {column.name: _CONVERSIONS[column.kind] for column in role.columns}
    converted = {
        name: convert.get(name, _plain_texts)(table[name])
        for name in table.columns
        if name in convert or may_hold_text(table[name])
    }
    return table.assign(**converted)


def is_blank(values: Series) -> Flags:
    """Flag the cells that are missing, empty or only blanks.

    Parameters
    ----------
    values
        A column.

    Returns
    -------
    Array of flags.

    Examples
    --------
    >>> is_blank(Series(["a", "", " ", None, 0])).tolist()
    [False, True, True, True, False]
    """
    missing: Flags = values.isna().to_numpy(dtype=bool)
    if not may_hold_text(values):
        return missing
    if is_arrow_text(values):
        return np.logical_or(missing, values.str.strip().eq("").to_numpy(dtype=bool, na_value=True))
    cells = values.to_numpy(dtype=object)
    empty = [isinstance(cell, str) and not cell.strip() for cell in cells]
    return np.logical_or(missing, empty)


def is_unknown(value: object) -> bool:
    """Return whether a cell of any kind is None, NA, NaT or NaN."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float | np.floating | Decimal) and bool(value != value)  # noqa: PLR0124 - NaN


def is_number(value: object) -> bool:
    """Return whether a cell is a number or unknown.

    Parameters
    ----------
    value
        A cell of any kind.

    Returns
    -------
    False for text, true and false, complex numbers, durations, lists, and numbers that no float
    can hold.

    Examples
    --------
    >>> is_number(3), is_number(None), is_number("3"), is_number([3]), is_number(10**400)
    (True, True, False, False, False)
    """
    if isinstance(value, _NOT_NUMBERS):
        return False
    if is_unknown(value):
        return True
    try:
        float(value)  # type: ignore[arg-type]  # a column may hold anything
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def as_numbers(values: Series) -> Series:
    """Convert a column of any type to float64, with NaN for all that is no number.

    Parameters
    ----------
    values
        A column.

    Returns
    -------
    Numbers, on the index of the column.

    Examples
    --------
    >>> as_numbers(Series([1, None, "x", 2.5], dtype=object)).tolist()
    [1.0, nan, nan, 2.5]
    """
    if values.dtype == np.float64:
        return values
    if pd.api.types.is_numeric_dtype(values) and values.dtype.kind != "c":
        return Series(values.to_numpy(dtype=np.float64, na_value=np.nan), index=values.index)
    cells = [cell if is_number(cell) and not is_unknown(cell) else np.nan for cell in values]
    return Series(np.array(cells, dtype=np.float64), index=values.index)


def _plain_ids(ids: Series) -> Series:
    """Return whole-number ids as int64 if they all fit, and others as text."""
    if pd.api.types.infer_dtype(ids, skipna=True) in {"string", "empty"}:
        return ids.astype(str)
    if pd.api.types.is_integer_dtype(ids) or pd.api.types.is_float_dtype(ids):
        lowest, highest = (ids.min(), ids.max()) if len(ids) else (0, 0)
    else:
        lowest, highest = min(ids), max(ids)
    if _INT64.min <= int(lowest) and int(highest) <= _INT64.max:
        return ids.astype("int64")
    return Series(id_texts(ids), index=ids.index, dtype=str)


def _plain_references(references: Series) -> Series:
    """Return the written form of ids, None where it is unknown."""
    known = ~is_blank(references)
    texts = np.full(len(references), None, dtype=object)
    texts[known] = id_texts(references[known])
    return Series(texts, index=references.index, dtype=object)


def _plain_flags(flags: Series) -> Series:
    """Return flags as pandas ``boolean``."""
    cells = [pd.NA if is_unknown(cell) else bool(cell) for cell in flags]
    return Series(cells, index=flags.index, dtype="boolean")


def _plain_texts(values: Series) -> Series:
    """Return a column with blank text as unknown."""
    blank = is_blank(values) & values.notna().to_numpy()
    return values.mask(blank, None) if blank.any() else values


def is_arrow_text(values: Series) -> bool:
    """Return whether a column is text stored by Arrow, which is slow to go through in Python."""
    return getattr(values.dtype, "storage", None) == "pyarrow"


def may_hold_text(values: Series) -> bool:
    """Return whether a column may hold text, by its type."""
    return values.dtype == object or isinstance(values.dtype, pd.StringDtype)


_CONVERSIONS: dict[str, Callable[[Series], Series]] = {
    "id": _plain_ids,
    "reference": _plain_references,
    "quantity": as_numbers,
    "year": as_numbers,
    "flag": _plain_flags,
    "text": _plain_texts,
}
