"""Writing a GeoPackage as a whole: a reader never sees half a file, a rerun leaves nothing behind.

The file is built in a folder of its own beside its destination and then moved there in one step.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.errors import FileError, LayerError
from standort.outputs.geopackage.column_descriptions import alias_of, describe_columns
from standort.outputs.geopackage.qgis_styles import with_aliases
from standort.results.manifest import creation_time
from standort.results.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from geopandas import GeoDataFrame

__all__ = [
    "GEOPACKAGE_VERSION",
    "add_styles",
    "check_destination",
    "gdal_settings",
    "put_in_place",
    "readable_write_errors",
    "sync",
    "write_geopackage",
    "write_layer",
]

#: Geometry of layers that hold no row to tell it from.
_EMPTY_GEOMETRY = {
    "sites": "Point",
    "clusters": "Point",
    "cluster_hulls": "Polygon",
    "places": "Point",
}
#: The newest one that the GDAL of QGIS 3.22 (2021) reads without complaint.
GEOPACKAGE_VERSION = "1.3"
#: Geometry types by the numbers shapely gives them; a missing geometry has -1.
_KINDS = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
_STYLES_TABLE = "layer_styles"
#: Files SQLite keeps beside a database; those of an old file would be applied to the new one.
_SIDECARS = ("-wal", "-shm", "-journal")


def write_geopackage(
    path: str | Path,
    *,
    layers: Mapping[str, GeoDataFrame],
    tables: Mapping[str, pd.DataFrame],
    styles: Mapping[str, str] | None = None,
    schema: Schema | None = None,
) -> Path:
    """Write layers and tables as one GeoPackage, whole or not at all.

    An index with a name becomes the first column; one without is left out. Unknown numbers (NaN)
    become NULL, infinite ones stay infinite. Columns of mixed ids become text. With
    ``SOURCE_DATE_EPOCH`` set, the same tables give the same bytes.

    Parameters
    ----------
    path
        Where to; ends in ``.gpkg``. A file that is there is replaced with all it holds.
    layers
        Tables with geometry, by the name of the layer.
    tables
        Tables without geometry, by name.
    styles
        QGIS styles (QML), by the name of the layer; QGIS applies them when it opens the layer.
    schema
        What the columns mean: QGIS shows it as their alias and comment.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If the file cannot be written; what was there before is untouched.
    LayerError
        If a table has an index and a column of one name, or a column no file can hold.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = pd.DataFrame({"rows": [1, 2]})
    ...     write_geopackage(f"{folder}/a.gpkg", layers={}, tables={"counts": table}).name
    'a.gpkg'
    """
    path = check_destination(path)
    styles = styles or {}
    frames: dict[str, pd.DataFrame] = {**layers, **tables}
    with (
        readable_write_errors(path),
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder,
    ):
        temporary = Path(folder) / path.name
        with gdal_settings():
            for name, frame in frames.items():
                write_layer(temporary, name, frame)
            add_styles(temporary, styles, {}, layers, schema or Schema())
        describe_columns(temporary, schema or Schema())
        sync(temporary)
        put_in_place(temporary, path)
    return path


def put_in_place(written: Path, path: Path) -> None:
    """Move a whole GeoPackage to its destination on the same disk, in one step.

    Parameters
    ----------
    written
        Where it is.
    path
        Where it goes; what SQLite left beside an earlier file of that name is removed.
    """
    for sidecar in _SIDECARS:
        path.with_name(path.name + sidecar).unlink(missing_ok=True)
    written.replace(path)


def check_destination(path: str | Path, *, endings: tuple[str, ...] = (".gpkg",)) -> Path:
    """Refuse a destination that cannot be written, before any work is done.

    Parameters
    ----------
    path
        Where a file is to go.
    endings
        What its name may end in.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If its name has another ending, its folder is missing or takes no files, or it is
        a folder itself.
    """
    path = Path(path)
    if path.suffix.lower() not in endings:
        wanted = " or ".join(endings)
        msg = f"expected a file name that ends in {wanted}, got {path.name!r}; add the ending"
        raise FileError(msg)
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises on names that are too long
        msg = f"expected a file to write, {str(path)!r} is a folder; give a file name in it"
        raise FileError(msg)
    folder = path.parent
    if not folder.is_dir():
        msg = f"cannot write {path.name!r}: there is no folder {str(folder)!r}; create it first"
        raise FileError(msg)
    if not os.access(folder, os.W_OK | os.X_OK):
        msg = (
            f"cannot write {path.name!r}: the folder {str(folder)!r} takes no files from you; "
            "choose another or change its permissions"
        )
        raise FileError(msg)
    return path


def add_styles(
    path: Path,
    styles: Mapping[str, str],
    geometry_columns: Mapping[str, str],
    layers: Mapping[str, GeoDataFrame],
    schema: Schema,
) -> None:
    """Add the table of styles that QGIS looks for; nothing without styles.

    Parameters
    ----------
    path
        The GeoPackage, its layers written.
    styles
        QGIS styles (QML), by the name of the layer.
    geometry_columns
        Names of geometry columns by layer, for layers that are not among `layers`.
    layers
        Layers as they were written.
    schema
        What the columns mean; its names for people go into the styles.
    """
    if not styles:
        return
    columns = {
        name: geometry_columns.get(name) or _geometry_column(layers[name]) for name in styles
    }
    named = {name: with_aliases(qml, _aliases(schema, name)) for name, qml in styles.items()}
    write_layer(path, _STYLES_TABLE, _style_rows(named, columns))


def _aliases(schema: Schema, layer: str) -> dict[str, str]:
    """Return names for people of the columns of a layer that are results."""
    columns = (c for c in schema.columns if c.table == layer and c.kind != "input")
    return {column.name: alias_of(column) for column in columns}


def write_layer(path: Path, name: str, frame: pd.DataFrame) -> None:
    """Add a layer or table to a GeoPackage.

    Parameters
    ----------
    path
        The file, made if it is not there.
    name
        Of the layer.
    frame
        What it holds.

    Raises
    ------
    LayerError
        If the table has a column no file can hold.
    """
    import pyogrio

    flat = _flatten(frame)
    options: dict[str, Any] = {"layer": name, "driver": "GPKG", "use_arrow": True}
    options["dataset_options"] = {"VERSION": GEOPACKAGE_VERSION}
    options["layer_options"] = {"FID": _free_name("fid", flat.columns)}
    if _has_geometry(frame):
        options["geometry_type"] = _geometry_type(frame, name)
        options["promote_to_multi"] = options["geometry_type"].startswith("Multi")
        options["layer_options"]["GEOMETRY_NAME"] = _geometry_column(frame)
    elif name == _STYLES_TABLE:
        options["layer_options"]["FID"] = "id"
    try:
        pyogrio.write_dataframe(flat, path, **options)
    except (NotImplementedError, TypeError, ValueError) as error:
        msg = f"cannot store table {name!r}: {error}; convert or drop that column"
        raise LayerError(msg) from error


def _flatten(frame: pd.DataFrame) -> Any:  # noqa: ANN401 - a table, with or without geometry
    """Make a named index a column, and columns such that a GeoPackage can hold them."""
    if frame.index.name in frame.columns:
        msg = f"{frame.index.name!r} is the index and a column too; rename or drop the column"
        raise LayerError(msg)
    named = frame.index.name is not None
    # as a plain table, of which geopandas does not look at every column
    flat = pd.DataFrame(frame).reset_index(drop=not named)
    flat.columns = pd.Index(_distinct([str(column) for column in flat.columns]))
    position = _geometry_position(frame)
    geometry = None if position is None else flat.columns[position + named]
    kinds = {name: kind for name, kind in flat.dtypes.items() if name != geometry}
    odd = [name for name, kind in kinds.items() if not _is_plain(kind)]
    flat = flat.assign(**{str(name): _as_storable(flat[name]) for name in odd})
    if geometry is None:
        return flat
    from geopandas import GeoDataFrame

    return GeoDataFrame(flat, geometry=geometry)


def _geometry_position(frame: Any) -> int | None:  # noqa: ANN401 - geopandas has no types
    return list(frame.columns).index(frame.geometry.name) if _has_geometry(frame) else None


def _has_geometry(frame: pd.DataFrame) -> bool:
    from geopandas import GeoDataFrame

    return isinstance(frame, GeoDataFrame)


def _is_plain(dtype: object) -> bool:
    return not isinstance(dtype, pd.CategoricalDtype) and str(dtype) not in {"object", "geometry"}


def _as_storable(column: pd.Series) -> pd.Series:
    """Give a column of Python objects one kind; ids of several kinds become text."""
    column = column.astype(object)
    kind = pd.api.types.infer_dtype(column, skipna=True)
    kinds = {"boolean": "boolean", "integer": "Int64", "floating": "float64", "string": "string"}
    if kind in kinds:
        return column.astype(pd.api.types.pandas_dtype(kinds[kind]))
    texts = [None if missing else str(v) for v, missing in zip(column, column.isna(), strict=True)]
    return pd.Series(texts, index=column.index, dtype="string")


def _distinct(names: Sequence[str]) -> list[str]:
    """Give numbers to names that differ in case only, which SQLite does not tell apart."""
    taken: set[str] = set()
    distinct = []
    for name in names:
        free = _free_name(name, taken)
        taken.add(free.lower())
        distinct.append(free)
    return distinct


def _free_name(name: str, taken: Iterable[object]) -> str:
    lowered = {str(other).lower() for other in taken}
    free, number = name, 2
    while free.lower() in lowered:
        free, number = f"{name}_{number}", number + 1
    return free


def _geometry_column(frame: Any) -> str:  # noqa: ANN401 - geopandas has no types
    geometry = frame.geometry.name  # asked once: geopandas looks it up anew each time
    attributes = [column for column in frame.columns if column != geometry]
    return _free_name("geom", [*attributes, frame.index.name])


def _geometry_type(frame: Any, name: str) -> str:  # noqa: ANN401 - geopandas has no types
    import shapely

    kinds = {_KINDS[number] for number in set(shapely.get_type_id(frame.geometry)) if number >= 0}
    if not kinds:
        return _EMPTY_GEOMETRY.get(name, "Unknown")
    singles = {kind.removeprefix("Multi") for kind in kinds}
    if len(singles) > 1:
        return "Unknown"
    return str(kinds.pop()) if len(kinds) == 1 else f"Multi{singles.pop()}"


def _style_rows(styles: Mapping[str, str], geometry_columns: Mapping[str, str]) -> pd.DataFrame:
    """Lay styles out as QGIS keeps them, in a table it knows by its name."""
    rows = pd.DataFrame({"f_table_name": list(styles), "styleQML": list(styles.values())})
    # QGIS looks for the empty text here; it does not find NULL.
    return rows.assign(
        f_table_catalog="",
        f_table_schema="",
        f_geometry_column=[geometry_columns[name] for name in styles],
        styleName=rows["f_table_name"],
        styleSLD="",
        useAsDefault=True,
        description="Default style of standort",
        owner="",
        ui="",
        update_time=pd.Timestamp(creation_time()).as_unit("ms"),
    )


@contextmanager
def gdal_settings() -> Iterator[None]:
    """Let GDAL stamp files with the time of `creation_time`, and not wait for the disk."""
    import pyogrio

    options = {"OGR_CURRENT_DATE": creation_time().strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    # a half-written file is thrown away, and a whole one brought to the disk once, at the end
    options["OGR_SQLITE_SYNCHRONOUS"] = "OFF"
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


@contextmanager
def readable_write_errors(path: Path) -> Iterator[None]:
    """Tell what stops a file from being written in words that say what to do.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileError
        In place of what the disk or GDAL raise.
    """
    from pyogrio.errors import DataLayerError, DataSourceError, FieldError

    try:
        yield
    except FileError:  # told already
        raise
    except PermissionError as error:
        msg = (
            f"cannot write {str(path)!r}: it may not be changed; close it in other programs, "
            "or choose another name or folder"
        )
        raise FileError(msg) from error
    except (OSError, DataLayerError, DataSourceError, FieldError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"cannot write {str(path)!r}: {reason}; check the disk, or choose another folder"
        raise FileError(msg) from error


def sync(path: Path) -> None:
    """Have the bytes on the disk before the name points at them.

    Parameters
    ----------
    path
        The file.
    """
    with path.open("rb+") as file:
        os.fsync(file.fileno())
