"""Columns of a type, a name or a reference system that nobody expects."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from fuzz.changes import Frame, Table
from fuzz.healthy_study import N_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from fuzz.changes import Oddity

    Change = Callable[[Any], Any]

#: columns of a table in memory that are no plain numbers or texts
_IN_MEMORY: dict[str, Any] = {
    "lists": pd.Series([[1.0]] * N_ROWS),
    "dicts": pd.Series([{"a": 1}] * N_ROWS),
    "decimals": pd.Series([Decimal(n) for n in range(N_ROWS)]),
    "huge integers": pd.Series([10**30 + n for n in range(N_ROWS)], dtype=object),
    "complex numbers": np.arange(N_ROWS) * 1j,
    "float16": np.arange(N_ROWS, dtype=np.float16),
    "categories": pd.Categorical([float(n) for n in range(N_ROWS)]),
    "durations": pd.to_timedelta(range(N_ROWS), unit="s"),
    "moments": pd.to_datetime(range(N_ROWS)),
    "Arrow floats": pd.array([float(n) for n in range(N_ROWS)], "double[pyarrow]"),
}
#: types of columns in a Parquet file
_IN_PARQUET: tuple[pa.DataType, ...] = (
    *(pa.string(), pa.large_string(), pa.bool_(), pa.int8(), pa.uint64(), pa.float16()),
    *(pa.float32(), pa.float64(), pa.decimal128(9, 2), pa.duration("s"), pa.timestamp("s")),
    *(pa.date32(), pa.time32("s"), pa.binary(), pa.list_(pa.int64()), pa.null()),
)
#: names that an own column may have
_NAMES = (
    *("score", "rank", "cluster", "tier", "site_id_2", "fid", "Name", "geom", "index"),
    *("a\nb", "'", '"', "x" * 300, "\u00e9", "%s", "=1+1"),
)
_CRS = (None, 4258, 3857, 4979, 7405, 4978, 5773, 3035, "IAU_2015:30100")


def of_type(column: str, kind: pa.DataType) -> Change:
    """Change the type of a column of an Arrow table."""

    def change(table: pa.Table) -> pa.Table:
        at = table.schema.get_field_index(column)
        return table.set_column(at, column, pa.array(_cells(kind, table.num_rows), kind))

    return change


def _cells(kind: pa.DataType, rows: int) -> list[Any]:
    if pa.types.is_null(kind):
        return [None] * rows
    if pa.types.is_list(kind):
        return [[n] for n in range(rows)]
    make: dict[str, Callable[[int], Any]] = {
        "string": str,
        "large_string": str,
        "bool": bool,
        "halffloat": np.float16,
        "binary": lambda n: b"%d" % n,
    }
    return [make.get(str(kind), int)(n) for n in range(rows)]


def holding(column: str, cells: Any) -> Change:  # noqa: ANN401 - any column
    return lambda table: table.assign(**{column: cells})


def with_own(name: object) -> Change:
    return lambda table: table.assign(_own="mine").rename(columns={"_own": name})


def twice(column: str) -> Change:
    return lambda table: table.append_column(column, table[column])


def geo(text: bytes | None) -> Change:
    """Replace what a Parquet file says of its geometry."""
    return lambda table: table.replace_schema_metadata(None if text is None else {b"geo": text})


def with_crs(crs: object) -> Change:
    """State a reference system, whatever the coordinates are in."""
    return lambda table: table.set_geometry(gpd.GeoSeries(table.geometry.to_numpy(), crs=crs))


_QUANTITY, _ID = ("co2_t_per_yr", "emitters"), ("site_id", "sites")
COLUMNS: list[Oddity] = [
    *(
        Frame(f"{column} of {kind}", layer, holding(column, cells), ("memory",))
        for column, layer in (_QUANTITY, _ID)
        for kind, cells in _IN_MEMORY.items()
    ),
    *(
        Table(f"{column} as {kind}", layer, of_type(column, kind))
        for column, layer in (_QUANTITY, _ID)
        for kind in _IN_PARQUET
    ),
    *(Table(f"{column} twice", layer, twice(column)) for column, layer in (_QUANTITY, _ID)),
    *(
        Table(f"geo metadata {text!r}", "sites", geo(text))
        for text in (None, b"", b"{", b"[]", b"{}", b"\xff", b'{"columns": {}}')
    ),
    *(Frame(f"own column {name[:9]!r}", "sites", with_own(name)) for name in _NAMES),
    *(
        Frame(f"column {name!r}", "sites", with_own(name), ("memory",))
        for name in (7, None, (1, 2))
    ),
    *(
        Frame(f"CRS {crs}", layer, with_crs(crs))
        for layer in ("sites", "pipelines")
        for crs in _CRS
    ),
    Frame("name twice", "sites", lambda t: pd.concat([t, t[["name"]]], axis=1), ("memory",)),
    Frame("site_id as index", "sites", lambda t: t.set_index("site_id"), ("memory",)),
    Frame("no site_id", "sites", lambda t: t.drop(columns="site_id")),
    Frame("no co2_t_per_yr", "emitters", lambda t: t.drop(columns="co2_t_per_yr")),
    Frame("no rows", "sites", lambda t: t.iloc[:0]),
    Frame("no rows", "ports", lambda t: t.iloc[:0]),
]
