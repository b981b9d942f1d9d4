"""Tables of Arrow as layers: texts, times and geometries, for every format and size of chunk."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from standort.errors import LayerError, Problem, name_ids
from standort.layers.provenance import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray
    from pandas import DataFrame

    from standort.array_types import Flags

#: Kinds of geometry in WKB that GEOS cannot hold, by code.
_KINDS = {
    8: "CircularString",
    9: "CompoundCurve",
    10: "CurvePolygon",
    11: "MultiCurve",
    12: "MultiSurface",
    13: "Curve",
    14: "Surface",
    15: "PolyhedralSurface",
    16: "TIN",
    17: "Triangle",
}
_CURVES = frozenset(list(_KINDS.values())[:5])
#: What pyarrow raises for metadata of pandas that are not, or that belong to other columns.
_WRONG_METADATA = (AttributeError, KeyError, NotImplementedError, TypeError, ValueError)


class GeometryColumn(NamedTuple):
    """Column of geometries of an Arrow table.

    `encoding` is ``wkb`` or a native encoding of GeoArrow, `crs` anything that pyproj understands,
    and `others` are further columns of WKB, which become text.
    """

    name: str
    encoding: str = "wkb"
    crs: Any = None
    others: tuple[str, ...] = ()


class ArrowRows(NamedTuple):
    """Rows of a layer as they were read.

    `times` are columns of text that hold times, and `straighten` returns the WKB of all rows
    without curves, if the format can.
    """

    table: pa.Table
    geometry: GeometryColumn | None = None
    times: tuple[str, ...] = ()
    straighten: Callable[[], NDArray[np.object_]] | None = None


class ReadRows(NamedTuple):
    """Rows of a layer as a frame, without those that have problems."""

    frame: GeoDataFrame | DataFrame
    rows: int
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()


def to_frame(read: ArrowRows, id_column: str | None) -> ReadRows:
    """Convert an Arrow table to a frame.

    Parameters
    ----------
    read
        The rows as they were read.
    id_column
        Column that names the rows in messages.

    Returns
    -------
    The frame, in whose geometry column every cell is as stored. Texts that are not UTF-8 and
    geometries that cannot be represented are problems, with their rows.

    Raises
    ------
    LayerError
        If the table cannot be converted.

    Examples
    --------
    >>> import pyarrow as pa
    >>> line = bytes.fromhex("010200000001000000") + bytes(16)  # with a single vertex
    >>> table = pa.table({"feature_id": ["a"], "geometry": [line]})
    >>> to_frame(ArrowRows(table, GeometryColumn("geometry")), "feature_id").problems[0].text
    "geometries must be readable; a damaged one in 1 row ('a'): correct the rows or remove them"
    """
    table, problems = _decode(read.table, id_column)
    geometry = read.geometry
    if geometry is None:
        return ReadRows(to_pandas(table, read.times), table.num_rows, tuple(problems))
    import geopandas

    rows = _row_names(table, id_column)
    shapes, damaged, curved = _geometries(table, geometry, read.straighten)
    problems += _damaged_geometries(table, geometry, rows, damaged)
    frame = to_pandas(_with_texts(table.drop_columns([geometry.name]), geometry), read.times)
    frame = geopandas.GeoDataFrame(frame, geometry=shapes, crs=geometry.crs)
    notices = [Notice("curves", f"curves made of straight segments in {_some(rows, curved)}")]
    return ReadRows(
        frame[~damaged] if damaged.any() else frame,
        table.num_rows,
        tuple(problems),
        tuple(notices) if curved.any() else (),
    )


def to_pandas(table: pa.Table, times: tuple[str, ...] = ()) -> DataFrame:
    """Return the attributes of a table, with texts that hold times as times."""
    try:
        frame: DataFrame = table.to_pandas()
    except _WRONG_METADATA:
        frame = table.replace_schema_metadata(None).to_pandas()
    for name in times:
        for utc in (False, True):  # if there are several time zones
            with suppress(ValueError):  # other texts remain
                times_read = pd.to_datetime(frame[name], format="ISO8601", utc=utc)
                frame[name] = times_read.dt.as_unit("ms")
                break
    return frame


def _decode(table: pa.Table, id_column: str | None) -> tuple[pa.Table, list[Problem]]:
    """Return a table whose texts are UTF-8, with the problems of those that were not."""
    from pyarrow import ArrowInvalid

    wrong = []
    for position, column in enumerate(table.columns):
        try:
            column.validate(full=True)
        except ArrowInvalid:
            wrong.append(position)
    decoded, flags = table, {}
    for position in wrong:
        field = table.schema.field(position)
        texts, flags[field.name] = _escape(table.column(position), field.name)
        decoded = decoded.set_column(position, field.name, texts)
    rows = _row_names(decoded, id_column)
    return decoded, [_not_utf8(decoded, name, rows, flag) for name, flag in flags.items()]


def _escape(column: pa.ChunkedArray, name: str) -> tuple[pa.Array, Flags]:
    """Return texts with escapes for bytes that are not UTF-8, and flag the rows with such bytes."""
    import pyarrow as pa

    try:
        cells = column.cast(pa.binary()).to_pylist()
    except pa.ArrowException as error:
        msg = f"column {name!r} is damaged: export the layer again"
        raise LayerError(msg) from error
    texts = [cell if cell is None else cell.decode("utf-8", "backslashreplace") for cell in cells]
    wrong = [
        text is not None and text.encode() != cell for cell, text in zip(cells, texts, strict=True)
    ]
    return pa.array(texts, pa.string()), np.array(wrong, dtype=bool)


def _not_utf8(table: pa.Table, name: str, rows: list[object], wrong: Flags) -> Problem:
    shown = [text for text, flag in zip(table[name].to_pylist(), wrong, strict=True) if flag]
    text = (
        f"column {name!r} must hold text in UTF-8; {name_ids(shown, limit=3)} in "
        f"{_some(rows, wrong)}: convert the text, in QGIS by setting the encoding of the source "
        "(often windows-1252) and 'Save Features As'"
    )
    return Problem("attribute", text)


def _geometries(
    table: pa.Table,
    geometry: GeometryColumn,
    straighten: Callable[[], NDArray[np.object_]] | None,
) -> tuple[NDArray[np.object_], Flags, Flags]:
    """Return the geometries of a table, and flag the damaged and the curved ones."""
    none = np.zeros(table.num_rows, dtype=bool)
    if geometry.encoding != "wkb":
        return _native(table, geometry), none, none
    stored = _cells(table, geometry.name)
    shapes, curved = _from_wkb(stored)
    if curved.any() and straighten is not None:
        shapes[curved] = shapely.from_wkb(straighten()[curved], on_invalid="ignore")
    present = table[geometry.name].is_valid().to_numpy()
    damaged = present & shapely.is_missing(shapes)
    return shapes, damaged, curved & ~damaged


def _cells(table: pa.Table, name: str) -> NDArray[np.object_]:
    """Return a column of WKB as an array of bytes and None."""
    import pyarrow as pa

    column = table[name]
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.cast(column.type.storage_type)
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        msg = f"column {name!r} must hold geometries as WKB, not {column.type}: export it again"
        raise LayerError(msg)
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)


def _from_wkb(stored: NDArray[np.object_]) -> tuple[NDArray[np.object_], Flags]:
    """Return geometries, None for those that cannot be read, and flag the curved ones."""
    curved = np.zeros(len(stored), dtype=bool)
    try:
        return shapely.from_wkb(stored, on_invalid="ignore"), curved
    except NotImplementedError:  # curves, which GEOS reads but shapely does not hold
        shapes = np.full(len(stored), None, dtype=object)
    for row, cell in enumerate(stored):
        try:
            shapes[row] = shapely.from_wkb(cell, on_invalid="ignore")
        except NotImplementedError:
            curved[row] = True
    return shapes, curved


def _native(table: pa.Table, geometry: GeometryColumn) -> NDArray[np.object_]:
    """Return geometries in a native encoding of GeoArrow."""
    import geopandas
    import pyarrow as pa

    field = table.schema.field(geometry.name)
    marks = {
        "ARROW:extension:name": f"geoarrow.{geometry.encoding}",
        "ARROW:extension:metadata": "{}",
    }
    marked = pa.schema([field.with_metadata(marks)])
    try:
        column = table.select([geometry.name]).replace_schema_metadata(None).cast(marked)
        return np.asarray(geopandas.GeoDataFrame.from_arrow(column).geometry, dtype=object)
    except (pa.ArrowException, AttributeError, RuntimeError, TypeError, ValueError) as error:
        msg = f"its geometries are not stored as {geometry.encoding!r}: export it again"
        raise LayerError(msg) from error


def _with_texts(table: pa.Table, geometry: GeometryColumn) -> pa.Table:
    """Return a table with its other geometries as text (WKT)."""
    import pyarrow as pa

    for name in geometry.others:
        shapes, _ = _from_wkb(_cells(table, name))
        texts = pa.array(shapely.to_wkt(shapes, rounding_precision=-1), pa.string())
        table = table.set_column(table.schema.get_field_index(name), name, texts)
    return table


def _damaged_geometries(
    table: pa.Table, geometry: GeometryColumn, rows: list[object], damaged: Flags
) -> list[Problem]:
    """Return the problems of geometries that cannot be represented, one for each kind."""
    if not damaged.any():
        return []
    kinds = np.array([_kind(cell) for cell in _cells(table, geometry.name)], dtype=object)
    problems = []
    for kind in dict.fromkeys(kinds[damaged]):
        remedy = "correct the rows or remove them"
        if kind in _CURVES:
            remedy = "convert them to straight segments, with ogr2ogr -nlt CONVERT_TO_LINEAR"
        elif kind is not None:
            remedy = "convert them to polygons, in QGIS by 'Convert geometry type'"
        what = f"a {kind}" if kind else "a damaged one"
        text = f"geometries must be readable; {what} in {_some(rows, damaged & (kinds == kind))}"
        problems.append(Problem("geometry", f"{text}: {remedy}"))
    return problems


def _kind(wkb: bytes | None) -> str | None:
    """Return the kind of a geometry that GEOS cannot hold, by its code; None for any other.

    >>> _kind(bytes([1, 16, 0, 0, 0])), _kind(bytes([0, 0, 0, 3, 240])), _kind(bytes([1, 2, 0]))
    ('TIN', 'CircularString', None)
    """
    head = wkb or b""
    code = int.from_bytes(head[1:5], "little" if head[:1] == b"\x01" else "big")
    return _KINDS.get((code & 0x1FFFFFFF) % 1000)  # without the marks of heights and measures


def _row_names(table: pa.Table, id_column: str | None) -> list[object]:
    """Return the names of rows for messages: their ids, or their numbers from 0."""
    if id_column is not None and id_column in table.column_names:
        names: list[object] = table[id_column].to_pylist()
        return names
    return [f"row {row}" for row in range(table.num_rows)]


def _some(rows: list[object], mask: Flags) -> str:
    """Format the number of rows of a mask and the first ids."""
    named = [row for row, flag in zip(rows, mask, strict=True) if flag]
    return f"{len(named)} row{'s' * (len(named) != 1)} ({name_ids(named)})"
