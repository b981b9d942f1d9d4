"""Writing layers, tables and QGIS styles as one GeoPackage."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.arguments import checked
from standort.errors import LayerError
from standort.outputs.geopackage.column_descriptions import alias_of, describe_columns
from standort.outputs.geopackage.qgis_styles import with_aliases
from standort.outputs.geopackage.stored_types import as_stored
from standort.results.manifest import creation_time
from standort.results.schema import Schema
from standort.storage.replacement import check_destination, replacing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame

#: Geometry types of layers without rows.
_EMPTY_GEOMETRY = {
    "sites": "Point",
    "clusters": "Point",
    "cluster_hulls": "Polygon",
    "places": "Point",
}
#: The newest version that the GDAL of QGIS 3.22 (2021) reads without a warning.
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


@checked()
def write_geopackage(
    path: str | Path,
    *,
    layers: Mapping[str, GeoDataFrame],
    tables: Mapping[str, pd.DataFrame],
    styles: Mapping[str, str] | None = None,
    schema: Schema | None = None,
) -> Path:
    """Write layers and tables as one GeoPackage, completely or not at all.

    An index with a name becomes the first column; one without is left out. Unknown numbers (NaN)
    become NULL, infinite ones stay infinite. Columns of mixed ids become text. With
    ``SOURCE_DATE_EPOCH`` set, the same tables give the same bytes.

    Parameters
    ----------
    path
        The file, ends in ``.gpkg``. An existing one is replaced with all its layers if it is a
        result of standort: its table ``manifest`` has the key ``standort``.
    layers
        Tables with geometry, by the name of the layer.
    tables
        Tables without geometry, by name.
    styles
        QGIS styles (QML), by the name of the layer; QGIS applies them when it opens the layer.
    schema
        The columns: QGIS shows titles and meanings as aliases and comments.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If the file cannot be written, or exists and is not a result of standort; an existing one
        stays unchanged.
    LayerError
        If a table has an index and a column of the same name, or a column that cannot be stored.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = pd.DataFrame({"rows": [1, 2]})
    ...     write_geopackage(f"{folder}/a.gpkg", layers={}, tables={"counts": table}).name
    'a.gpkg'
    """
    path = check_destination(path)
    frames: dict[str, pd.DataFrame] = {**layers, **tables}
    with replacing(path) as scratch:
        with gdal_settings():
            for name, frame in frames.items():
                write_layer(scratch, name, frame)
            add_styles(scratch, styles or {}, {}, layers, schema or Schema())
        describe_columns(scratch, schema or Schema())
    return path


def add_styles(
    path: Path,
    styles: Mapping[str, str],
    geometry_columns: Mapping[str, str],
    layers: Mapping[str, GeoDataFrame],
    schema: Schema,
) -> None:
    """Add the table of styles that QGIS reads; nothing without styles.

    Parameters
    ----------
    path
        The GeoPackage, its layers written.
    styles
        QGIS styles (QML), by the name of the layer.
    geometry_columns
        Names of geometry columns by layer, for layers that are not among `layers`.
    layers
        The layers that were written.
    schema
        The columns, whose aliases go into the styles.
    """
    if not styles:
        return
    columns = {
        name: geometry_columns.get(name) or _geometry_column(layers[name]) for name in styles
    }
    named = {name: with_aliases(qml, _aliases(schema, name)) for name, qml in styles.items()}
    write_layer(path, _STYLES_TABLE, _style_rows(named, columns))


def _aliases(schema: Schema, layer: str) -> dict[str, str]:
    """Return the aliases of the columns of a layer that are results."""
    columns = (c for c in schema.columns if c.table == layer and c.kind != "input")
    return {column.name: alias_of(column) for column in columns}


def write_layer(path: Path, name: str, frame: pd.DataFrame) -> None:
    """Add a layer or table to a GeoPackage.

    Parameters
    ----------
    path
        The file, created if it does not exist.
    name
        Name of the layer.
    frame
        Its rows.

    Raises
    ------
    LayerError
        If the table has a column that cannot be stored.
    """
    import pyogrio
    from pyogrio.errors import FieldError

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
    except (FieldError, NotImplementedError, OverflowError, TypeError, ValueError) as error:
        msg = f"cannot store table {name!r}: {error}; convert or drop that column"
        raise LayerError(msg) from error


def _flatten(frame: pd.DataFrame) -> Any:  # noqa: ANN401 - a table, with or without geometry
    """Turn a named index into a column, and columns into types that a GeoPackage can store."""
    if frame.index.name in frame.columns:
        msg = f"{frame.index.name!r} is both the index and a column; rename or drop the column"
        raise LayerError(msg)
    named = frame.index.name is not None
    # a plain table, because geopandas inspects every column
    flat = pd.DataFrame(frame).reset_index(drop=not named)
    flat.columns = pd.Index(_distinct([str(column) for column in flat.columns]))
    position = _geometry_position(frame)
    geometry = None if position is None else flat.columns[position + named]
    for name in flat.columns.drop([geometry] if geometry else []):
        flat[name] = as_stored(flat[name])
    if geometry is None:
        return flat
    from geopandas import GeoDataFrame

    return GeoDataFrame(flat, geometry=geometry)


def _geometry_position(frame: Any) -> int | None:  # noqa: ANN401 - geopandas has no types
    return list(frame.columns).index(frame.geometry.name) if _has_geometry(frame) else None


def _has_geometry(frame: pd.DataFrame) -> bool:
    from geopandas import GeoDataFrame

    return isinstance(frame, GeoDataFrame)


def _distinct(names: Sequence[str]) -> list[str]:
    """Add numbers to names that differ in case only, which SQLite treats as equal."""
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
    geometry = frame.geometry.name  # once, because geopandas looks it up every time
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
    """Return styles as rows of the table that QGIS reads."""
    rows = pd.DataFrame({"f_table_name": list(styles), "styleQML": list(styles.values())})
    # QGIS looks for empty texts here, and ignores NULL
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
    """Make GDAL use the time stamp of `creation_time`, and not wait for the disk."""
    import pyogrio

    options = {"OGR_CURRENT_DATE": creation_time().strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    # an incomplete file is discarded, and a complete one is synced once, at the end
    options["OGR_SQLITE_SYNCHRONOUS"] = "OFF"
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
