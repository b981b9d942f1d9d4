"""Reading stored results: one site, one place, or all tables."""

from __future__ import annotations

import difflib
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from standort.arguments import MOST, checked, whole
from standort.errors import FileError, OptionError, StandortError
from standort.results.manifest import unflatten_manifest
from standort.results.place_lookup import find_place
from standort.results.result_tables import ResultTables
from standort.storage.database_access import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

_OF_ALL = ("sites", "manifest")
_NEEDED = ("sites", "contributions", "manifest")
#: Columns without which a table of a result cannot be read.
_COLUMNS = {
    "sites": {"site_id", "score"},
    "contributions": {
        *("site_id", "component", "criterion", "metric", "unit", "value"),
        *("partial_value", "weight", "contribution", "feature", "feature_name"),
    },
    "clusters": {"cluster"},
    "places": {"place", "kind", "advantage"},
    "place_members": {"place", "site_id"},
    "place_contributions": {"place"},
    "manifest": {"key", "value"},
}
#: Entries of a manifest, and what they are.
_ENTRIES = {"profile": dict, "inputs": dict, "criteria": dict, "schema": dict}
#: Most ids compared with a mistyped one.
_MOST_IDS = 100_000


class StoredSite(NamedTuple):
    """One site of a result."""

    site: pd.Series
    """The row of table `sites`, named by the id; without geometry."""
    contributions: pd.DataFrame
    manifest: dict[str, object]


class StoredPlace(NamedTuple):
    """One place of a result."""

    place: pd.Series
    """The row of table `places`, named by the place; without geometry."""
    contributions: pd.DataFrame
    members: pd.DataFrame
    """Rows of table `sites`."""
    manifest: dict[str, object]


@checked(site_id=whole(-MOST, MOST))
def read_site(path: str | Path, site_id: str | int) -> StoredSite:
    """Read one site of a result, without loading the rest of the file.

    Parameters
    ----------
    path
        A GeoPackage written by `standort score` or `Result.write`.
    site_id
        Id of the site; ``12`` and ``"12"`` are the same.

    Returns
    -------
    The row of the site, its contributions, and the manifest of the result.

    Raises
    ------
    FileError
        If the file is missing or is not a result.
    OptionError
        If it does not have the site; the message suggests ids.
    """
    with open_result(path) as connection:
        site = _read_row(connection, Path(path), str(site_id))
        contributions = _read(
            connection,
            "SELECT * FROM contributions WHERE site_id = ? ORDER BY rowid",
            (site["site_id"],),
        )
        manifest = _read_manifest(connection)
    storage = [n for n in site.index if n in {"fid", "site_id"} or isinstance(site[n], bytes)]
    row = site.drop(labels=storage).rename(site["site_id"])
    return StoredSite(row, contributions.drop(columns="fid", errors="ignore"), manifest)


@checked(asked=whole(-MOST, MOST))
def read_place(path: str | Path, asked: str | int) -> StoredPlace | None:
    """Read a cluster or another place of a result.

    Parameters
    ----------
    path
        A GeoPackage written by `standort score` or `Result.write`.
    asked
        Name of the place, or number of the cluster.

    Returns
    -------
    The row of the place, its contributions, the rows of its members among the sites, and the
    manifest of the result; None if it does not have the place.

    Raises
    ------
    FileError
        If the file is missing or is not a result.
    """
    with open_result(path) as connection:
        if not {"places", "place_members", "place_contributions"} <= _tables_of(connection):
            return None
        places = _without_storage(_read(connection, "SELECT * FROM places")).set_index("place")
        places = _of_last_year(places)
        name = find_place(places, asked)
        if name is None:
            return None
        rows = _read(
            connection, "SELECT * FROM place_contributions WHERE place = ? ORDER BY rowid", (name,)
        )
        members = _read(
            connection,
            "SELECT * FROM sites WHERE CAST(site_id AS TEXT) IN "
            "(SELECT CAST(site_id AS TEXT) FROM place_members WHERE place = ?)",
            (name,),
        )
        manifest = _read_manifest(connection)
    contributions = rows.drop(columns="fid", errors="ignore")
    members = _without_storage(members).set_index("site_id")
    place = places.iloc[places.index.tolist().index(name)]
    return StoredPlace(place, contributions, members, manifest)


def read_manifest(path: str | Path) -> dict[str, object]:
    """Read the manifest of a result.

    Parameters
    ----------
    path
        A GeoPackage written by `standort score` or `Result.write`.

    Returns
    -------
    The manifest; `standort.results.Schema.of` reads the schema in it.

    Raises
    ------
    FileError
        If the file is missing or is not a result.
    """
    with open_result(path, needed=("manifest",)) as connection:
        return _read_manifest(connection)


def _of_last_year(places: pd.DataFrame) -> pd.DataFrame:
    """Keep the last year of places followed over the years, as in the other tables."""
    if "year" not in places or not places.index.has_duplicates:
        return places
    last: pd.DataFrame = places.loc[places["year"] == places["year"].max()]
    return last


def _without_storage(table: pd.DataFrame) -> pd.DataFrame:
    """Drop row numbers, and geometries as bytes."""
    geometry = [n for n in table if table[n].map(lambda cell: isinstance(cell, bytes)).any()]
    return table.drop(columns=[*geometry, *({"fid"} & set(table.columns))])


@checked()
def read_result(path: str | Path) -> ResultTables:
    """Read the tables of a result.

    Parameters
    ----------
    path
        A GeoPackage written by `standort score` or `Result.write`.

    Returns
    -------
    Sites and clusters indexed by their ids, contributions, manifest, and places if it has any; if
    it follows places over the years, those of the last year.

    Raises
    ------
    FileError
        If the file is missing or is not a result.
    """
    with open_result(path) as connection:
        tables, manifest = _tables_of(connection), _read_manifest(connection)
        layers = _read_layers(Path(path), tables)
    if "places" in layers:
        layers["places"] = _of_last_year(layers["places"])
    empty = pd.DataFrame(index=pd.RangeIndex(0, name="cluster"))
    return ResultTables(
        layers["sites"],
        layers.get("clusters", empty),
        layers["contributions"],
        manifest,
        layers.get("places"),
    )


def _read_layers(path: Path, tables: set[str]) -> dict[str, Any]:
    """Read the tables of a result that pyogrio reads, those with ids indexed by them."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    indices = {"sites": "site_id", "clusters": "cluster", "places": "place"}
    try:
        layers: dict[str, Any] = {
            name: pyogrio.read_dataframe(path, layer=name).set_index(index)
            for name, index in indices.items()
            if name in tables
        }
        return {**layers, "contributions": pyogrio.read_dataframe(path, layer="contributions")}
    except (DataLayerError, DataSourceError) as error:
        raise ValueError(str(error)) from error  # `_open` makes it readable


@contextmanager
def open_result(
    path: str | Path, *, needed: Sequence[str] = _NEEDED
) -> Iterator[sqlite3.Connection]:
    """Open a result for reading.

    Parameters
    ----------
    path
        A GeoPackage written by `standort score` or `Result.write`.
    needed
        Tables it must have.

    Yields
    ------
    The connection.

    Raises
    ------
    FileError
        If the file is missing, is not a result, is locked, or is found damaged until it is closed.
    """
    path = _existing(path)
    try:
        with open_database(path) as connection:
            _check_pages(connection)
            _check_tables(connection, path, needed)
            yield connection
    except StandortError:
        raise
    except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
        msg = (
            f"{str(path)!r} is not a result of standort, or is damaged ({error}); write it again "
            "with standort score"
        )
        raise FileError(msg) from error


def _read_manifest(connection: sqlite3.Connection) -> dict[str, object]:
    """Read the manifest; raise ValueError if it is damaged."""
    rows = _read(connection, 'SELECT "key", "value" FROM manifest')
    if not rows.map(lambda cell: isinstance(cell, str)).all(axis=None):
        msg = "table 'manifest' has cells without text"
        raise ValueError(msg)
    manifest = unflatten_manifest(rows)
    wrong = [k for k, kind in _ENTRIES.items() if k in manifest and type(manifest[k]) is not kind]
    if wrong:
        msg = f"table 'manifest' has damaged entries: {', '.join(wrong)}"
        raise ValueError(msg)
    return manifest


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if path.is_dir():
        msg = f"expected a result of standort, {str(path)!r} is a folder; give a GeoPackage"
        raise FileError(msg)
    if not path.is_file():
        msg = f"expected a result of standort, there is no file {str(path)!r}; check the path"
        raise FileError(msg)
    return path


def is_result(path: str | Path) -> bool:
    """Return whether a file is a result of standort.

    Parameters
    ----------
    path
        A file.

    Returns
    -------
    Whether it has the tables of a result; one of sites scored in chunks lacks contributions.

    Raises
    ------
    FileError
        If another program has locked it.
    """
    try:
        with open_database(Path(path)) as connection:
            return not _missing(connection, _OF_ALL)
    except (sqlite3.Error, ValueError):
        return False


def _check_pages(connection: sqlite3.Connection) -> None:
    """Raise ValueError for a damaged page, before which GDAL and indices would find some rows."""
    (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise ValueError(state)


def _check_tables(connection: sqlite3.Connection, path: Path, needed: Sequence[str]) -> None:
    missing = _missing(connection, needed)
    if missing:
        remedy = "give the file written by standort score --out"
        if missing == ["contributions"]:
            remedy = "sites scored in chunks lack them, so score fewer sites, without chunks"
        lacking = ", no ".join(missing)
        msg = f"expected a result of standort, {str(path)!r} has no {lacking}; {remedy}"
        raise FileError(msg)


def _missing(connection: sqlite3.Connection, needed: Sequence[str]) -> list[str]:
    """Return the tables that a result lacks; raise ValueError for tables without their columns."""
    tables = _tables_of(connection)
    missing = [name for name in needed if name not in tables]
    optional = tables & (_COLUMNS.keys() - set(_NEEDED))
    for name in () if missing else (*needed, *sorted(optional)):
        have = {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
        if lacking := sorted(_COLUMNS[name] - have):
            msg = f"table {name!r} lacks the columns {', '.join(lacking)}"
            raise ValueError(msg)
    return missing


def _tables_of(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def _read_row(connection: sqlite3.Connection, path: Path, site_id: str) -> pd.Series:
    table = _read(connection, "SELECT * FROM sites WHERE CAST(site_id AS TEXT) = ?", (site_id,))
    if table.empty:
        close = ", ".join(_close_ids(connection, site_id))
        hint = f"did you mean {close}?" if close else "the layer 'sites' lists the ids"
        msg = f"{str(path)!r} has no site {site_id!r}; {hint}"
        raise OptionError(msg)
    return table.iloc[0]


def _close_ids(connection: sqlite3.Connection, site_id: str) -> list[str]:
    """Return up to three sites with a similar id, or with the text in their names."""
    statement = f"SELECT CAST(site_id AS TEXT) FROM sites LIMIT {_MOST_IDS}"  # noqa: S608 - a number
    ids = {text.casefold(): text for (text,) in connection.execute(statement)}
    close = [ids[key] for key in difflib.get_close_matches(site_id.casefold(), ids, n=3)]
    columns = {row[1] for row in connection.execute("PRAGMA table_info(sites)")}
    if not close and "name" in columns:
        named = "SELECT site_id, name FROM sites WHERE instr(lower(name), lower(?)) LIMIT 3"
        return [f"{id_!r} ({name})" for id_, name in connection.execute(named, (site_id,))]
    return [repr(text) for text in close]


def _read(
    connection: sqlite3.Connection, statement: str, values: tuple[Any, ...] = ()
) -> pd.DataFrame:
    """Read rows without converting types: integers stay integers, NULL becomes None."""
    cursor = connection.execute(statement, values)
    names = [column[0] for column in cursor.description]
    return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)
