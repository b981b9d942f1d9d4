"""Arrow batches for tables that are written chunk by chunk.

Every chunk has the same columns of the same types, whatever its values.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from standort.errors import LayerError
from standort.outputs.geopackage.stored_types import as_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa
    from geopandas import GeoDataFrame

#: The column of geometries.
GEOMETRY = "geometry"


def schema_of(table: GeoDataFrame, known: Mapping[str, pa.DataType]) -> pa.Schema:
    """Return the columns and types of a table and of all its chunks.

    Parameters
    ----------
    table
        Any chunk; an index with a name is its first column.
    known
        Types of columns that do not follow from the values of a chunk.

    Returns
    -------
    The schema; texts and ids are strings unless `known` says otherwise, geometries are WKB.
    """
    import pyarrow as pa

    fields = [] if table.index.name is None else [_field(table.index.name, table.index, known)]
    names = [name for name in table.columns if name != table.geometry.name]
    fields += [_field(str(name), table[name], known) for name in names]
    return pa.schema([*fields, pa.field(GEOMETRY, pa.binary())])


def _field(name: str, column: Any, known: Mapping[str, pa.DataType]) -> pa.Field:  # noqa: ANN401 - pandas
    import pyarrow as pa

    if name in known:
        return pa.field(name, known[name])
    if pd.api.types.is_bool_dtype(column.dtype):
        return pa.field(name, pa.bool_())
    if pd.api.types.is_integer_dtype(column.dtype):
        return pa.field(name, pa.int64())
    if pd.api.types.is_float_dtype(column.dtype):
        return pa.field(name, pa.float64())
    return pa.field(name, pa.string())


def as_batch(table: GeoDataFrame, schema: pa.Schema) -> pa.RecordBatch:
    """Convert a chunk to an Arrow batch.

    Parameters
    ----------
    table
        The chunk.
    schema
        As `schema_of` returns it.

    Returns
    -------
    The columns of the schema. Unknown numbers (NaN) are null.

    Raises
    ------
    LayerError
        If a column does not fit its type.
    """
    import pyarrow as pa

    arrays = []
    for field in schema:
        try:
            arrays.append(pa.array(_values(table, field), type=field.type, from_pandas=True))
        except (pa.ArrowException, TypeError, ValueError) as error:
            msg = f"cannot store column {field.name!r} as {field.type}: {error}; convert or drop it"
            raise LayerError(msg) from error
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _values(table: GeoDataFrame, field: pa.Field) -> Any:  # noqa: ANN401 - arrays of all kinds
    if field.name == GEOMETRY:
        return shapely.to_wkb(table.geometry.to_numpy())
    column = table.index.to_series() if field.name == table.index.name else table[field.name]
    if str(field.type) == "string":
        return as_texts(column)
    return column.astype("float64") if str(column.dtype) == "float16" else column


def geo_metadata(geometry_types: list[str]) -> dict[bytes, bytes]:
    """Return the metadata of a GeoParquet file, version 1.0: encoding, CRS and geometry types."""
    from pyproj import CRS

    column = {
        "encoding": "WKB",
        "crs": CRS("EPSG:4326").to_json_dict(),
        "geometry_types": geometry_types,
    }
    metadata = {"version": "1.0.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    return {b"geo": json.dumps(metadata).encode()}


@contextmanager
def parquet_writer(path: Path, schema: pa.Schema, geometry_types: list[str]) -> Iterator[Any]:
    """Open a GeoParquet file to write batches to.

    Parameters
    ----------
    path
        The file.
    schema
        As `schema_of` returns it.
    geometry_types
        Such as ``["Point"]``.

    Yields
    ------
    The writer.
    """
    from pyarrow import parquet

    marked = schema.with_metadata(geo_metadata(geometry_types))
    texts = [field.name for field in schema if str(field.type) == "string"]
    with parquet.ParquetWriter(path, marked, compression="zstd", use_dictionary=texts) as writer:
        yield writer
