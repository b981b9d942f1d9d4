"""Reader of studies: GeoPackages, or folders with one GeoParquet file per layer."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from standort.arguments import YEAR, checked
from standort.errors import (
    CRSError,
    FileError,
    GeometryError,
    LayerError,
    Problem,
    ProblemKind,
    raise_problems,
    warn,
)
from standort.layers.attributes.column_checks import suggest
from standort.layers.formats.arrow_tables import ArrowRows, to_frame
from standort.layers.formats.geopackages import (
    check_pages,
    has_mark,
    is_geopackage,
    list_tables,
    open_geopackage,
)
from standort.layers.formats.local_files import check_local_file, check_vector_file
from standort.layers.formats.parquet_files import is_parquet, read_parquet
from standort.layers.formats.vector_files import (
    compare_stored,
    describe_geojson,
    describe_table,
    read_vector,
)
from standort.layers.preparation import Origin, Prepared, prepare
from standort.layers.provenance import LayerSource, Notice
from standort.layers.study import Study, assemble, no_rows, study_problems
from standort.roles import ROLES, Role, find_role

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from geopandas import GeoDataFrame
    from pandas import DataFrame

_RASTER = (".tif", ".tiff")
_GEOJSON = (".geojson", ".json")
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
    found
        Problems of files that belong to no single layer.
    """

    path: Path
    prepared: dict[str, Prepared]
    rasters: dict[str, Path] = field(default_factory=dict)
    ignored_layers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    found: tuple[Problem, ...] = ()

    @property
    def problems(self) -> list[Problem]:
        """All problems of the layers and of the study as a whole."""
        return [*self.found, *study_problems(self.prepared, suggestions=self.warnings)]


@checked(year=YEAR)
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
        problems += contents.found
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
    if not os.path.lexists(path):
        msg = f"expected a GeoPackage or a folder, found nothing at '{path}': check the path"
        raise FileError(msg)
    check_local_file(path, or_folder=True)
    load = _load_folder if path.is_dir() else _load_geopackage
    return load(path, year, {"sites"} if without_sites else set())


@checked(year=YEAR)
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
        If the layer has problems; `CRSError` or `GeometryError` if all are of that kind. A layer
        of sites without rows is one.

    Warns
    -----
    StandortWarning
        For each kind of repair, with its count.
    """
    path, role = Path(path), find_role(role) if isinstance(role, str) else role
    if not os.path.lexists(path):
        msg = (
            f"expected a file with the layer {role.name!r}, found none at '{path}': check the path"
        )
        raise FileError(msg)
    check_local_file(path)
    if is_parquet(path):
        prepared = _prepare_parquet(role, path, year)
    elif path.suffix.lower() in _GEOJSON:
        prepared = _prepare_geojson(role, check_vector_file(path), year)
    elif is_geopackage(path):
        with _open_checked(path) as base:
            layer, origin = choose_layer(base, path, role), Origin(path, file_hash(path))
            prepared = _prepare_table(base, role, origin, year, layer=layer)
    else:
        msg = (
            f"expected a GeoPackage, GeoParquet or GeoJSON file with the layer {role.name!r}, "
            f"'{path}' is none of these: export the layer to one of them, in QGIS by "
            "'Save Features As'"
        )
        raise FileError(msg)
    raise_problems(prepared.problems, of=path.name)
    if role.name == "sites" and not prepared.source.rows_kept:
        raise_problems([no_rows(prepared.source)], of=path.name)
    for notice in prepared.warnings:
        warn(notice.text)
    return prepared.frame, prepared.source


def _load_geopackage(path: Path, year: int | None, unread: set[str]) -> Contents:
    """Read all layers of a GeoPackage that have a role."""
    with _open_checked(path) as base:
        names = list_tables(base, ROLES)
        known = [name for name in ROLES if name in names and name not in unread]
        origin = Origin(path, file_hash(path))
        prepared = {name: _prepare_table(base, ROLES[name], origin, year) for name in known}
    ignored = tuple(name for name in names if name not in ROLES)
    return Contents(path, prepared, ignored_layers=ignored, warnings=_suggestions(ignored, known))


def _load_folder(path: Path, year: int | None, unread: set[str]) -> Contents:
    """Read all Parquet files of a folder that have a role, and list its rasters."""
    entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    layers = [entry for entry in entries if is_parquet(entry)]
    rasters = [entry for entry in entries if entry.suffix.lower() in _RASTER and entry.is_file()]
    by_name = {file.stem: file for file in layers}
    known = [name for name in ROLES if name in by_name and name not in unread]
    others = _ignored_files([e for e in entries if e not in (*layers, *rasters)])
    if not known:
        msg = (
            f"expected one GeoParquet file per layer, such as emitters.parquet, "
            f"found {_names([*by_name, *others])} in '{path}': export each layer to a file named "
            "after its role"
        )
        raise FileError(msg)
    prepared = {name: _prepare_parquet(ROLES[name], by_name[name], year) for name in known}
    ignored = (*(name for name in by_name if name not in ROLES), *others)
    instead = tuple(
        f"'{name}' was ignored: export it to {meant}.parquet, if it is the layer {meant!r}"
        for name, meant in others.items()
        if meant not in known
    )
    return Contents(
        path,
        prepared,
        {file.stem: file for file in rasters},
        ignored,
        (*_suggestions(tuple(by_name), known), *instead),
        (*_repeated(layers), *_repeated(rasters)),
    )


def _ignored_files(entries: Iterable[Path]) -> dict[str, str]:
    """Return the names of other files that look like layers, with the roles they look like."""
    meant = {entry.name: suggest(entry.name.partition(".")[0], tuple(ROLES)) for entry in entries}
    return {name: role for name, role in meant.items() if role is not None}


def _repeated(files: Sequence[Path]) -> list[Problem]:
    """Return the problems of files that differ in their endings only."""
    named: dict[str, list[str]] = {}
    for file in files:
        named.setdefault(file.stem, []).append(file.name)
    return [
        Problem("attribute", f"{name!r} is in several files: keep one of {_names(several)}")
        for name, several in named.items()
        if len(several) > 1
    ]


def check_geopackage(path: Path) -> None:
    """Check that a file is a GeoPackage that GDAL opens as one.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileError
        If it is not.

    Warns
    -----
    StandortWarning
        If its header has no mark.
    """
    if not is_geopackage(path):
        msg = (
            f"expected a GeoPackage, '{path}' is not one: export the layers to a GeoPackage, one "
            "layer per role"
        )
        raise FileError(msg)
    if not has_mark(path):
        if path.suffix.lower() != ".gpkg":
            msg = f"'{path}' is a GeoPackage without its mark (application_id): rename it to .gpkg"
            raise FileError(msg)
        warn(f"'{path}' is a GeoPackage without its mark (application_id); it is read as one")


@contextmanager
def _open_checked(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage whose pages are sound."""
    check_geopackage(path)
    with open_geopackage(path) as base:
        check_pages(base, path)
        yield base


def choose_layer(base: sqlite3.Connection, path: Path, role: Role) -> str:
    """Return the layer of a GeoPackage that is named after a role, or its only layer."""
    names = list_tables(base, [role.name])
    if role.name in names:
        return role.name
    if len(names) == 1:
        return names[0]
    msg = (
        f"expected one layer, or one named {role.name!r}, '{path}' has {_names(names)}: "
        f"rename the intended one to {role.name!r}"
    )
    raise FileError(msg)


def _prepare_table(
    base: sqlite3.Connection,
    role: Role,
    origin: Origin,
    year: int | None,
    *,
    layer: str | None = None,
) -> Prepared:
    """Read and check a layer or table of a GeoPackage."""

    def read() -> Rows:
        source = describe_table(base, origin.path, layer or role.name, role)
        problems, notices = compare_stored(base, source, role)
        return Rows(read_vector(source), problems, notices)

    return _prepare(role, origin.path, year, read, origin)


def _prepare_geojson(role: Role, path: Path, year: int | None) -> Prepared:
    """Read and check a GeoJSON file."""

    def read() -> Rows:
        source, problems = describe_geojson(path)
        return Rows(read_vector(source), problems)

    return _prepare(role, path, year, read)


def _prepare_parquet(role: Role, path: Path, year: int | None) -> Prepared:
    """Read and check a GeoParquet or Parquet file."""
    return _prepare(role, path, year, lambda: Rows(read_parquet(path)))


class Rows(NamedTuple):
    """Rows of a file that are read at once, and what was found before."""

    read: Iterator[ArrowRows]
    problems: Sequence[Problem] = ()
    notices: Sequence[Notice] = ()


def _prepare(
    role: Role,
    path: Path,
    year: int | None,
    read: Callable[[], Rows],
    origin: Origin | None = None,
) -> Prepared:
    """Read and check all rows of a layer; the hash of a file is given if it holds several."""
    try:
        given = read()
        [rows] = given.read
        origin = origin or Origin(path, file_hash(path))
        return prepare_rows(
            rows, role, year=year, origin=origin, problems=given.problems, notices=given.notices
        )
    except (LayerError, FileError) as error:
        return unreadable(role, path, error)


def unreadable(role: Role, path: Path, error: LayerError | FileError) -> Prepared:
    """Return an error of reading as the problem of a layer."""
    kind: ProblemKind = "attribute"
    if isinstance(error, CRSError | GeometryError):
        kind = "crs" if isinstance(error, CRSError) else "geometry"
    problem = Problem(kind, f"{_named(role)}: {error}")
    return Prepared(None, LayerSource(path, role.name), (problem,))


def prepare_rows(
    rows: ArrowRows,
    role: Role,
    *,
    year: int | None,
    origin: Origin,
    problems: Sequence[Problem] = (),
    notices: Sequence[Notice] = (),
) -> Prepared:
    """Check and convert rows as they were read from a file.

    Parameters
    ----------
    rows
        The rows.
    role
        Role of the layer.
    year
        As for `read_study`.
    origin
        The file.
    problems, notices
        What was found before the rows were read, in words without the layer.

    Returns
    -------
    The layer with its record, or all problems.

    Raises
    ------
    LayerError
        If the rows cannot be converted at all.
    """
    read = to_frame(rows, role.id_column)
    prepared = prepare(read.frame, role, year=year, origin=origin)
    found = [Problem(p.kind, f"{_named(role)}: {p.text}") for p in (*problems, *read.problems)]
    new = [*notices, *read.notices]
    source = replace(
        prepared.source,
        rows_read=read.rows,
        rows_kept=0 if found else prepared.source.rows_kept,
        notes=(*prepared.source.notes, *(notice.text for notice in new)),
    )
    return Prepared(
        None if found else prepared.frame,
        source,
        (*found, *prepared.problems),
        (*(Notice(n.kind, f"{_named(role)}: {n.text}") for n in new), *prepared.warnings),
        (*new, *prepared.notes),
    )


def _named(role: Role) -> str:
    return f"{'table' if role.is_table else 'layer'} {role.name!r}"


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
    """Return the SHA-256 hash of a regular file, read in blocks."""
    check_local_file(path)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _names(names: Iterable[str]) -> str:
    """Format names for a message."""
    return ", ".join(repr(name) for name in names) or "none"
