"""What a GeoPackage can store, for tables written at once and in chunks alike.

Numbers to 64 bits, truth values, texts, dates, times and bytes are stored as they are. All else
becomes text: lists and dicts as JSON, second geometries as WKT, other values as Python prints them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.results.manifest import plain

if TYPE_CHECKING:
    import pyarrow as pa

#: Types of pandas that need no conversion.
_PLAIN = {"bool", "boolean", "str", "string", "float32", "float64", "Float32", "Float64"}
_PLAIN |= {f"{sign}nt{bits}" for sign in "iI" for bits in (8, 16, 32, 64)}
_PLAIN |= {f"{sign}nt{bits}" for sign in ("ui", "UI") for bits in (8, 16, 32)}


def stored_type(kind: pa.DataType) -> pa.DataType:
    """Return the type as which a GeoPackage stores values of a type of Arrow.

    Parameters
    ----------
    kind
        The type of a column.

    Returns
    -------
    Boolean, 64-bit integer or float, date, time stamp, bytes or text.

    Examples
    --------
    >>> import pyarrow as pa
    >>> stored_type(pa.float16()), stored_type(pa.duration("s"))
    (DataType(double), DataType(string))
    """
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        return stored_type(kind.value_type)
    if types.is_boolean(kind) or types.is_date32(kind) or types.is_timestamp(kind):
        return kind
    if types.is_integer(kind) and not types.is_uint64(kind):
        return pa.int64()
    if types.is_floating(kind):
        return pa.float64()
    if any(
        is_(kind) for is_ in (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)
    ):
        return pa.binary()
    return pa.string()


def as_stored(column: pd.Series) -> pd.Series:
    """Convert a column to one that a GeoPackage can store.

    Parameters
    ----------
    column
        Any column.

    Returns
    -------
    The same rows; unknown values stay unknown.

    Examples
    --------
    >>> as_stored(pd.Series([2**64, None], dtype=object)).tolist()
    ['18446744073709551616', <NA>]
    """
    import pyarrow as pa

    if str(column.dtype) in _PLAIN or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if str(column.dtype) == "geometry":
        return as_texts(column)
    try:
        kind = pa.array(column, from_pandas=True).type
    except (pa.ArrowException, TypeError, ValueError, OverflowError):  # values of several kinds
        return as_texts(column)
    wanted = stored_type(kind)
    if wanted == pa.string():
        return as_texts(column)
    pandas_types = {pa.bool_(): "boolean", pa.int64(): "Int64", pa.float64(): "float64"}
    if wanted not in pandas_types:
        return column
    return column.astype(pd.api.types.pandas_dtype(pandas_types[wanted]))


def as_texts(column: pd.Series) -> pd.Series:
    """Return the values of a column as texts, unknown ones as unknown."""
    cells = column.astype(object)
    texts = [None if _is_missing(cell) else _as_text(cell) for cell in cells]
    return pd.Series(texts, index=column.index, dtype="string")


def _is_missing(cell: Any) -> bool:  # noqa: ANN401 - whatever a cell holds
    return cell is None or (pd.api.types.is_scalar(cell) and bool(pd.isna(cell)))


def _as_text(cell: Any) -> str:  # noqa: ANN401 - whatever a cell holds
    if isinstance(cell, list | tuple | dict) or hasattr(cell, "tolist"):
        return json.dumps(plain(cell), ensure_ascii=False)
    return cell if isinstance(cell, str) else str(cell)
