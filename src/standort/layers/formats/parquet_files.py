"""GeoParquet and Parquet files, as a whole or in chunks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from standort.errors import CRSError, LayerError
from standort.layers.attributes.column_types import find_repeated
from standort.layers.formats.arrow_tables import ArrowRows, GeometryColumn, to_pandas
from standort.layers.formats.local_files import check_local_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

#: Endings of the names of Parquet files.
PARQUET = (".parquet", ".geoparquet")
_NATIVE = {"point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"}
_LONGITUDE_LATITUDE = "OGC:CRS84"
_AGAIN = "write the file again, for example with GeoDataFrame.to_parquet of geopandas"


class _Column(BaseModel):
    """Metadata of a geometry column; without `crs` it is in longitude and latitude."""

    encoding: str
    crs: dict[str, Any] | str | None = _LONGITUDE_LATITUDE


class _Metadata(BaseModel):
    """Metadata of GeoParquet, as far as reading needs them."""

    primary_column: str
    columns: dict[str, _Column]


def is_parquet(path: Path) -> bool:
    """Return whether a file is Parquet, by its extension."""
    return path.suffix.lower() in PARQUET


def open_parquet(path: Path) -> tuple[ParquetFile, GeometryColumn | None]:
    """Open a Parquet file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    The file, to be closed, and its geometry column; None if it holds a plain table.

    Raises
    ------
    FileError
        If it is not a regular file.
    LayerError
        If it is not Parquet, a column occurs twice, or its metadata of geometry are wrong.
    """
    from pyarrow import ArrowException, parquet

    if path.is_dir():
        msg = (
            f"{path.name!r} is a folder of parts: merge them into one file, for example with "
            "geopandas.read_parquet(folder).to_parquet(file)"
        )
        raise LayerError(msg)
    check_local_file(path)
    try:
        file = parquet.ParquetFile(path)
    except (ArrowException, OSError, ValueError) as error:
        msg = f"it cannot be read as Parquet ({_first_line(error)}): {_AGAIN}"
        raise LayerError(msg) from error
    try:
        _check_names(file)
        return file, _geometry_column(file)
    except LayerError:
        file.close()
        raise


def _check_names(file: ParquetFile) -> None:
    repeated = find_repeated(file.schema_arrow.names)
    if repeated:
        raise LayerError("; ".join(repeated))


def parquet_schema(path: Path) -> tuple[pa.Schema, GeometryColumn | None, int]:
    """Return the attributes of a Parquet file, its geometry column and its number of rows."""
    import pyarrow as pa

    file, geometry = open_parquet(path)
    with file:
        schema = file.schema_arrow
        if geometry is not None:
            schema = schema.remove(schema.get_field_index(geometry.name))
            for name in geometry.others:
                schema = schema.set(schema.get_field_index(name), pa.field(name, pa.string()))
        return _attributes(schema).remove_metadata(), geometry, file.metadata.num_rows


def _attributes(schema: pa.Schema) -> pa.Schema:
    """Return the columns of a file, without an unnamed index that pandas would restore."""
    import pyarrow as pa

    empty = to_pandas(schema.empty_table())
    names = {*empty.columns, empty.index.name}
    return pa.schema([field for field in schema if field.name in names])


def read_parquet(path: Path, size: int | None = None) -> Iterator[ArrowRows]:
    """Read a Parquet file.

    Parameters
    ----------
    path
        The file.
    size
        Largest number of rows of a chunk; None reads all rows at once.

    Yields
    ------
    The rows, in the order of the file.

    Raises
    ------
    LayerError
        If the file cannot be read.
    """
    import pyarrow as pa

    file, geometry = open_parquet(path)
    with file:
        try:
            if size is None:
                yield ArrowRows(file.read(), geometry)
                return
            for batch in file.iter_batches(size):
                yield ArrowRows(pa.Table.from_batches([batch]), geometry)
        except (pa.ArrowException, OSError) as error:
            msg = f"it is damaged ({_first_line(error)}): {_AGAIN}"
            raise LayerError(msg) from error


def _geometry_column(file: ParquetFile) -> GeometryColumn | None:
    """Return the geometry column that a file declares, in its metadata or by its own type."""
    encoded = (file.schema_arrow.metadata or {}).get(b"geo")
    if encoded is None:
        return _typed_column(file)
    try:
        declared = _Metadata.model_validate_json(encoded)
        name = declared.primary_column
        column = declared.columns[name]
    except (ValidationError, KeyError) as error:
        msg = f"its metadata of geometry ('geo') are not those of GeoParquet: {_AGAIN}"
        raise LayerError(msg) from error
    encoding = column.encoding.lower()
    absent = [n for n in (name, *declared.columns) if n not in file.schema_arrow.names]
    if absent or encoding not in {"wkb", *_NATIVE}:
        wrong = f"the column {absent[0]!r}" if absent else f"the encoding {column.encoding!r}"
        msg = f"its metadata of geometry ('geo') name {wrong}, which is unknown: {_AGAIN}"
        raise LayerError(msg)
    others = [n for n, c in declared.columns.items() if n != name and c.encoding.lower() == "wkb"]
    return GeometryColumn(name, encoding, _crs(column.crs), tuple(others))


def _typed_column(file: ParquetFile) -> GeometryColumn | None:
    """Return the first column of Parquet's own types GEOMETRY and GEOGRAPHY."""
    found = []
    for position in range(len(file.schema)):
        column = file.schema.column(position)
        declared = json.loads(column.logical_type.to_json())
        if declared.get("Type") in {"Geometry", "Geography"}:
            found.append((column.name, declared.get("crs") or _LONGITUDE_LATITUDE))
    if not found:
        return None
    name, crs = found[0]
    kind, _, rest = crs.partition(":")
    if kind == "projjson":  # the name of a metadata entry
        crs = (file.metadata.metadata or {}).get(rest.encode(), b"").decode("utf-8", "replace")
    elif kind == "srid":
        crs = f"EPSG:{rest}"
    return GeometryColumn(name, "wkb", _crs(crs), tuple(other for other, _ in found[1:]))


def _crs(given: dict[str, Any] | str | None) -> Any:  # noqa: ANN401 - a CRS of pyproj or None
    """Return a coordinate reference system; None if it is unknown."""
    import pyproj

    if given is None:
        return None
    try:
        return pyproj.CRS.from_user_input(given)
    except pyproj.exceptions.CRSError as error:
        msg = f"its metadata name no coordinate reference system that PROJ knows: {_AGAIN}"
        raise CRSError(msg) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
