"""Reader of studies: GeoPackages, or folders with one GeoParquet file per layer."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from standort.errors import FileError, Problem, raise_problems, warn
from standort.layers.attributes.column_checks import suggest
from standort.layers.local_files import check_vector_file
from standort.layers.preparation import Origin, Prepared, prepare
from standort.layers.provenance import LayerSource
from standort.layers.study import Study, assemble, study_problems
from standort.roles import ROLES, Role, find_role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geopandas import GeoDataFrame
    from pandas import DataFrame

_PARQUET = (".parquet", ".geoparquet")
_RASTER = (".tif", ".tiff")
_GEOJSON = (".geojson", ".json")
#: A GeoPackage is an SQLite database with one of these marks in its header.
_SQLITE_MARK = b"SQLite format 3\x00"
_GEOPACKAGE_MARKS, _GEOPACKAGE_AT, _HEADER_LENGTH = (b"GPKG", b"GP10", b"GP11"), 68, 72
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """Contents of a study file, including problems.

    Parameters
    ----------
    path
        File or folder of the study.
    prepared
        Layers and tables by name.
    rasters
        Paths of rasters by name.
    ignored_layers
        Layers without a role.
    warnings
        Suggestions for layers with misspelt names.
    """

    path: Path
    prepared: dict[str, Prepared]
    rasters: dict[str, Path] = field(default_factory=dict)
    ignored_layers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def problems(self) -> list[Problem]:
        """All problems of the layers and of the study as a whole."""
        return study_problems(self.prepared, suggestions=self.warnings)


def read_study(path: str | Path, *, year: int | None = None, without_sites: bool = False) -> Study:
    """Read, check and convert a study.

    Parameters
    ----------
    path
        A GeoPackage with one layer per role, or a folder with one GeoParquet (for tables, plain
        Parquet) file per role.
    year
        Year of the study: rows whose ``year_from`` and ``year_to`` do not cover it are omitted.
        None keeps all rows.
    without_sites
        Whether to skip the layer ``sites``, if the sites come from elsewhere.

    Returns
    -------
    The study, with all layers in EPSG:4326.

    Raises
    ------
    FileError
        If the file is missing or not a GeoPackage, or the folder has no layers.
    LayerError
        If the layers have problems, all in one message; `CRSError` or `GeometryError` if all
        problems are of that kind.

    Warns
    -----
    StandortWarning
        For each kind of repair in each layer, with its count, and for misspelt layer names.
    """
    contents = load_contents(path, year=year, without_sites=without_sites)
    problems = contents.problems
    if without_sites:
        problems = [problem for layer in contents.prepared.values() for problem in layer.problems]
    raise_problems(problems, of=contents.path.name)
    for message in contents.warnings:
        warn(message)
    return assemble(
        contents.prepared,
        rasters=contents.rasters,
        ignored_layers=contents.ignored_layers,
        year=year,
    )


def load_contents(
    path: str | Path, *, year: int | None = None, without_sites: bool = False
) -> Contents:
    """Read a study without raising its problems.

    Parameters
    ----------
    path, year, without_sites
        As for `read_study`.

    Returns
    -------
    Layers with their records and problems.

    Raises
    ------
    FileError
        If there is nothing to read.
    """
    path = Path(path)
    if not path.exists():
        msg = f"expected a GeoPackage or a folder, found nothing at '{path}': check the path"
        raise FileError(msg)
    load = _load_folder if path.is_dir() else _load_geopackage
    return load(path, year, {"sites"} if without_sites else set())


def read_layer(
    path: str | Path, role: Role | str, *, year: int | None = None
) -> tuple[GeoDataFrame | DataFrame, LayerSource]:
    """Read, check and convert a single layer from a file.

    Parameters
    ----------
    path
        A GeoPackage with a layer named after the role or with a single layer, a GeoParquet file
        or a GeoJSON file.
    role
        Role of the layer, or its name.
    year
        As for `read_study`.

    Returns
    -------
    The layer in EPSG:4326, indexed by its id, and its source.

    Raises
    ------
    FileError
        If the file is missing or has another format, or the layer is ambiguous.
    LayerError
        If the layer has problems; `CRSError` or `GeometryError` if all are of that kind.

    Warns
    -----
    StandortWarning
        For each kind of repair, with its count.
    """
    path, role = Path(path), find_role(role) if isinstance(role, str) else role
    if not path.is_file():
        msg = (
            f"expected a file with the layer {role.name!r}, found none at '{path}': check the path"
        )
        raise FileError(msg)
    if path.suffix.lower() not in (*_PARQUET, *_GEOJSON) and not is_geopackage(path):
        msg = (
            f"expected a GeoPackage, GeoParquet or GeoJSON file with the layer {role.name!r}, "
            f"'{path}' is none of these: export the layer to one of them, in QGIS by "
            "'Save Features As'"
        )
        raise FileError(msg)
    if not is_parquet(path):
        check_vector_file(path)
    origin = Origin(path, file_hash(path))
    if is_parquet(path):
        prepared = _prepare_parquet(role, origin, year)
    elif path.suffix.lower() in _GEOJSON:
        prepared = _prepare_vector(role, origin, year, layer=None)
    else:
        prepared = _prepare_vector(role, origin, year, layer=choose_layer(path, role))
    raise_problems(prepared.problems, of=path.name)
    for notice in prepared.warnings:
        warn(notice.text)
    return prepared.frame, prepared.source


def _load_geopackage(path: Path, year: int | None, unread: set[str]) -> Contents:
    """Read all layers of a GeoPackage that have a role."""
    names = list_layers(path)
    origin = Origin(path, file_hash(path))
    known = [name for name in ROLES if name in names and name not in unread]
    prepared = {name: _prepare_vector(ROLES[name], origin, year, layer=name) for name in known}
    ignored = tuple(name for name in names if name not in ROLES)
    return Contents(path, prepared, ignored_layers=ignored, warnings=_suggestions(ignored, known))


def _load_folder(path: Path, year: int | None, unread: set[str]) -> Contents:
    """Read all Parquet files of a folder that have a role, and list its rasters."""
    files = sorted(file for file in path.iterdir() if file.is_file())
    by_name = {file.stem: file for file in files if is_parquet(file)}
    known = [name for name in ROLES if name in by_name and name not in unread]
    if not known:
        msg = (
            f"expected one GeoParquet file per layer, such as emitters.parquet, "
            f"found {_names(by_name)} in '{path}': export each layer to a file named after its role"
        )
        raise FileError(msg)
    prepared = {}
    for name in known:
        origin = Origin(by_name[name], file_hash(by_name[name]))
        prepared[name] = _prepare_parquet(ROLES[name], origin, year)
    ignored = tuple(name for name in by_name if name not in ROLES)
    rasters = {file.stem: file for file in files if file.suffix.lower() in _RASTER}
    return Contents(path, prepared, rasters, ignored, _suggestions(ignored, known))


def list_layers(path: Path) -> list[str]:
    """List the layers of a GeoPackage."""
    import pyogrio

    remedy = "export the layers to a GeoPackage, one layer per role"
    if not is_geopackage(path):
        msg = f"expected a GeoPackage, '{path}' is not one: {remedy}"
        raise FileError(msg)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # the error below is sufficient
            return [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    except pyogrio.errors.DataSourceError as error:
        msg = f"expected a GeoPackage, '{path}' cannot be read as one ({error}): {remedy}"
        raise FileError(msg) from error


def is_parquet(path: Path) -> bool:
    """Return whether a file is Parquet, by its extension."""
    return path.suffix.lower() in _PARQUET


def is_geopackage(path: Path) -> bool:
    """Return whether a file is a GeoPackage, by its header."""
    with path.open("rb") as file:
        header = file.read(_HEADER_LENGTH)
    return header.startswith(_SQLITE_MARK) and header[_GEOPACKAGE_AT:] in _GEOPACKAGE_MARKS


def choose_layer(path: Path, role: Role) -> str:
    """Return the layer of a GeoPackage that is named after a role, or its only layer."""
    names = list_layers(path)
    if role.name in names:
        return role.name
    if len(names) == 1:
        return names[0]
    msg = (
        f"expected one layer, or one named {role.name!r}, '{path}' has {_names(names)}: "
        f"rename the intended one to {role.name!r}"
    )
    raise FileError(msg)


def _prepare_vector(role: Role, origin: Origin, year: int | None, *, layer: str | None) -> Prepared:
    """Read and check a layer with GDAL."""
    import pyogrio

    try:
        frame = pyogrio.read_dataframe(origin.path, layer=layer, use_arrow=True)
        if role.id_column is not None and role.id_column not in frame:
            info = pyogrio.read_info(origin.path, layer=layer)
            if info["fid_column"] == role.id_column:
                # The primary key of a GeoPackage is not an ordinary column.
                frame = pyogrio.read_dataframe(origin.path, layer=layer, fid_as_index=True)
                frame.index.name = role.id_column
    except (RuntimeError, ValueError) as error:
        return _unreadable(role, origin, error)
    return prepare(frame, role, year=year, origin=origin)


def _prepare_parquet(role: Role, origin: Origin, year: int | None) -> Prepared:
    """Read and check a GeoParquet or Parquet file."""
    import geopandas
    import pandas as pd
    from pyarrow import ArrowException, parquet

    try:
        metadata = parquet.read_schema(origin.path).metadata or {}
        read = geopandas.read_parquet if b"geo" in metadata else pd.read_parquet
        frame = read(origin.path)
    except (ArrowException, OSError, ValueError) as error:
        return _unreadable(role, origin, error)
    return prepare(frame, role, year=year, origin=origin)


def _unreadable(role: Role, origin: Origin, error: Exception) -> Prepared:
    """Return an error of a reading library as a problem of the layer."""
    text = f"layer {role.name!r}: it cannot be read ({error}): export it again"
    source = LayerSource(origin.path, role.name, origin.sha256)
    return Prepared(None, source, (Problem("attribute", text),))


def _suggestions(ignored: tuple[str, ...], known: list[str]) -> tuple[str, ...]:
    """Return suggestions for ignored layers that look like misspelt roles."""
    absent = tuple(name for name in ROLES if name not in known)
    pairs = [(name, suggest(name, absent)) for name in ignored]
    return tuple(
        f"layer {name!r} is unknown and was ignored; did you mean {meant!r}?"
        for name, meant in pairs
        if meant is not None
    )


def file_hash(path: Path) -> str:
    """Return the SHA-256 hash of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _names(names: Iterable[str]) -> str:
    """Format names for a message."""
    return ", ".join(repr(name) for name in names) or "none"
