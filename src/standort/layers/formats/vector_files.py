"""Layers that GDAL reads, GeoPackage and GeoJSON: as a whole, or in one pass of chunks."""

from __future__ import annotations

import json
import warnings
from contextlib import ExitStack, contextmanager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from standort.errors import LayerError, Problem
from standort.layers.formats.arrow_tables import ArrowRows, GeometryColumn
from standort.layers.formats.geopackages import (
    check_table,
    count_rows,
    describe_changed_cells,
    is_view,
    list_columns,
)
from standort.layers.provenance import Notice

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from standort.roles import Role

_AGAIN = "export it again, in QGIS by 'Save Features As'"
#: Names of keys without a meaning.
_PLAIN_KEYS = {"", "fid", "ogc_fid"}
_UNNAMED_GEOMETRY = "wkb_geometry"


class VectorLayer(NamedTuple):
    """A layer of a file, as GDAL describes it.

    `rows` is None if the format does not count them. `types` are the types in which GDAL reads the
    columns, and `with_key` is whether the primary key `key` is one of them.
    """

    path: Path
    layer: str | None = None
    rows: int | None = None
    types: Mapping[str, str] = MappingProxyType({})
    key: str = ""
    with_key: bool = False
    geometry: str = ""


def describe_table(base: sqlite3.Connection, path: Path, layer: str, role: Role) -> VectorLayer:
    """Describe a layer of a GeoPackage that can be read as a whole.

    Parameters
    ----------
    base
        The open file.
    path
        Its path.
    layer
        Name of the layer or table.
    role
        Its role.

    Returns
    -------
    The layer. Its key is an attribute if the role has a column of that name, or if it is a column
    of a view.

    Raises
    ------
    LayerError
        If it is half registered, or cannot be evaluated.
    """
    import pyogrio

    check_table(base, layer)
    with _own_errors():
        info = pyogrio.read_info(path, layer=layer, LIST_ALL_TABLES="YES")
    key = info["fid_column"]
    with_key = key in {column.name for column in role.columns} or (
        is_view(base, layer) and key.lower() not in _PLAIN_KEYS
    )
    fields = zip(info["fields"].tolist(), info["dtypes"], info["ogr_types"], strict=True)
    types = {name: "bytes" if kind == "OFTBinary" else str(dtype) for name, dtype, kind in fields}
    if with_key:
        types[key] = "int64"
    geometry = info["geometry_name"] or ""
    return VectorLayer(path, layer, count_rows(base, layer), types, key, with_key, geometry)


def compare_stored(
    base: sqlite3.Connection, source: VectorLayer, role: Role
) -> tuple[list[Problem], list[Notice]]:
    """Compare a layer of a GeoPackage as it is stored with what GDAL reads.

    Parameters
    ----------
    base
        The open file.
    source
        The layer.
    role
        Its role.

    Returns
    -------
    Problems that name every cell that GDAL would change and every column of the role that it would
    omit, and notices of other columns that it omits.
    """
    layer = str(source.layer)
    declared = list_columns(base, layer)
    id_column = role.id_column if role.id_column in declared else None
    changed = describe_changed_cells(base, layer, source.types, id_column)
    problems = [Problem("attribute", text) for text in changed]
    notices = []
    read = {name.lower() for name in (*source.types, source.key, source.geometry)}
    needed = {column.name for column in role.columns}
    for name, kind in declared.items():
        if name.lower() in read:
            continue
        text = (
            f"column {name!r} cannot be read: its type {kind!r} is not one of GeoPackages; "
            "export the layer again, in QGIS by 'Save Features As'"
        )
        if name in needed:
            problems.append(Problem("attribute", text))
        else:
            notices.append(Notice("omitted column", text))
    return problems, notices


def describe_geojson(path: Path) -> tuple[VectorLayer, list[Problem]]:
    """Describe a GeoJSON file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    The layer, with the number of its features if it is a collection, and problems of its texts.

    Raises
    ------
    LayerError
        If it is not JSON.
    """
    raw = path.read_bytes()
    problems = []
    if b"\\u0000" in raw:
        text = "texts must not hold null characters (\\u0000), which would cut them: remove them"
        problems.append(Problem("attribute", text))
    try:
        content = json.loads(raw.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        msg = f"it is not GeoJSON ({error}): {_AGAIN}"
        raise LayerError(msg) from error
    features = content.get("features") if isinstance(content, dict) else None
    return VectorLayer(path, rows=len(features) if isinstance(features, list) else None), problems


def read_vector(source: VectorLayer, size: int | None = None) -> Iterator[ArrowRows]:
    """Read a layer in one sequential pass.

    Parameters
    ----------
    source
        The layer.
    size
        Largest number of rows of a chunk; None reads all rows at once.

    Yields
    ------
    The rows, in the order of the file.

    Raises
    ------
    LayerError
        If it cannot be read, or if not all rows were.
    """
    start = 0
    with ExitStack() as stack:
        with _own_errors():
            meta, reader = stack.enter_context(_open_stream(source, size))
        name = meta["geometry_name"] or _UNNAMED_GEOMETRY
        geometry = GeometryColumn(name, crs=meta["crs"]) if name in reader.schema.names else None
        while (table := _next_rows(reader, size)) is not None:
            straighten = partial(_straight, source, start, table.num_rows)
            yield ArrowRows(table, geometry, _times(meta), straighten)
            start += table.num_rows
            if size is None:
                break
    if source.rows is not None and start != source.rows:
        msg = f"{start:,} of its {source.rows:,} rows can be read: {_AGAIN}"
        raise LayerError(msg)


def vector_schema(source: VectorLayer) -> pa.Schema:
    """Return the names and Arrow types of the attributes of a layer."""
    import pyarrow as pa

    with _own_errors(), _open_stream(source, None) as (meta, reader):
        schema, geometry = reader.schema, meta["geometry_name"] or _UNNAMED_GEOMETRY
        if geometry in schema.names:
            schema = schema.remove(schema.get_field_index(geometry))
        for name in _times(meta):
            position = schema.get_field_index(name)
            schema = schema.set(position, pa.field(name, pa.timestamp("ms")))
        return schema.remove_metadata()


def _times(meta: dict[str, Any]) -> tuple[str, ...]:
    """Return the columns of times, which are read as text because each may have a time zone."""
    kinds = zip(meta["fields"], map(str, meta["dtypes"]), strict=True)
    return tuple(
        name for name, kind in kinds if kind.startswith("datetime") and kind != "datetime64[D]"
    )


def _open_stream(source: VectorLayer, size: int | None) -> Any:  # noqa: ANN401 - a context manager
    import pyogrio

    options = {} if source.layer is None else {"LIST_ALL_TABLES": "YES"}
    return pyogrio.open_arrow(
        source.path,
        layer=source.layer,
        return_fids=source.with_key,
        batch_size=size or 65_536,
        use_pyarrow=True,
        datetime_as_string=True,
        **options,
    )


def _next_rows(reader: Any, size: int | None) -> pa.Table | None:  # noqa: ANN401 - of Arrow
    """Return the next chunk of a stream, or all rows; None at its end."""
    import pyarrow as pa

    with _own_errors():
        if size is None:
            return reader.read_all()
        for batch in reader:
            if batch.num_rows:
                return pa.Table.from_batches([batch])
    return None


def _straight(source: VectorLayer, start: int, count: int) -> NDArray[np.object_]:
    """Return the geometries of some rows with segments in place of curves, as GDAL makes them."""
    import pyogrio

    geometries: NDArray[np.object_]
    with _own_errors():
        _, _, geometries, _ = pyogrio.raw.read(
            source.path, layer=source.layer, columns=[], skip_features=start, max_features=count
        )
    return geometries


@contextmanager
def _own_errors() -> Iterator[None]:
    """Raise errors of GDAL as those of a layer; its warnings are covered by checks."""
    from pyarrow import ArrowException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    except UnicodeDecodeError as error:
        msg = f"the names of its columns are not UTF-8: {_AGAIN}"
        raise LayerError(msg) from error
    except LayerError:
        raise
    except (ArrowException, OSError, RuntimeError, ValueError) as error:
        first = str(error).partition("\n")[0].partition(";")[0]
        msg = f"it cannot be read ({first}): {_AGAIN}"
        raise LayerError(msg) from error
