"""GeoPackages as SQLite databases.

SQLite stores any value in a column of any type, and GDAL converts what it finds: a text in a column
of numbers becomes 0. So SQLite is asked first what is stored. It also finds damaged pages, layers
that are half registered and views that never end, which GDAL reads in part, omits or reads forever.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from standort.errors import FileError, LayerError, name_ids
from standort.layers.formats.local_files import check_local_file
from standort.storage.database_access import open_database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

#: A GeoPackage is an SQLite database, usually with one of these marks in its header.
_SQLITE_MARK = b"SQLite format 3\x00"
_MARKS, _MARK_AT, _HEADER_LENGTH = (b"GPKG", b"GP10", b"GP11"), 68, 72
#: Number of changed cells that a message shows.
_SHOWN = 5
_RECOVER = (
    "restore it from a copy, or recover what is left with 'sqlite3 FILE .recover' and check that "
    "no row is missing"
)
_AGAIN = "export it again, in QGIS by 'Save Features As'"

_REGISTERED = "SELECT table_name FROM gpkg_contents WHERE data_type NOT LIKE '%tiles%'"
_TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
_SPATIAL = "SELECT table_name FROM gpkg_geometry_columns"

#: For each type that GDAL reads, the cells it would change, which differ from themselves as that
#: type. Adding no days turns 30 February into 2 March.
_CHANGED = {
    "bool": "{c} NOT IN (0, 1)",
    "int8": "{c} <> CAST({c} AS INTEGER) OR {c} NOT BETWEEN -128 AND 127",
    "uint8": "{c} <> CAST({c} AS INTEGER) OR {c} NOT BETWEEN 0 AND 255",
    "int16": "{c} <> CAST({c} AS INTEGER) OR {c} NOT BETWEEN -32768 AND 32767",
    "int32": "{c} <> CAST({c} AS INTEGER) OR {c} NOT BETWEEN -2147483648 AND 2147483647",
    "int64": "{c} <> CAST({c} AS INTEGER)",
    "float32": "{c} <> CAST({c} AS REAL)",
    "float64": "{c} <> CAST({c} AS REAL)",
    "object": "{c} >= x'' OR instr({c}, char(0))",  # blobs are greater than any text
    "datetime64[D]": "{c} IS NOT date({c}, '+0 days')",
    "datetime64[ms]": (
        "{c} IS NOT NULL AND (datetime({c}) IS NULL OR NOT {c} GLOB '[0-9][0-9][0-9][0-9]-*' "
        "OR date(substr({c}, 1, 10), '+0 days') IS NOT substr({c}, 1, 10))"
    ),
}
_KINDS = {
    "bool": "true or false",
    "object": "text without null characters",
    "datetime64[D]": "dates (YYYY-MM-DD)",
    "datetime64[ms]": "times (YYYY-MM-DDTHH:MM:SSZ)",
    "float32": "numbers",
    "float64": "numbers",
}


def is_geopackage(path: Path) -> bool:
    """Return whether a file is a GeoPackage, by the mark in its header or by its contents."""
    check_local_file(path)
    with path.open("rb") as file:
        is_database = file.read(len(_SQLITE_MARK)) == _SQLITE_MARK
    return is_database and (has_mark(path) or _has_contents(path))


def has_mark(path: Path) -> bool:
    """Return whether the header of an SQLite database marks it as a GeoPackage."""
    with path.open("rb") as file:
        return file.read(_HEADER_LENGTH)[_MARK_AT:] in _MARKS


def _has_contents(path: Path) -> bool:
    with open_geopackage(path) as base:
        return "gpkg_contents" in {name for (name,) in base.execute(_TABLES)}


@contextmanager
def open_geopackage(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage for reading.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    A connection. Texts that are not UTF-8 are returned with escapes.

    Raises
    ------
    FileError
        If another program has locked the file, or it is damaged.
    """
    try:
        with open_database(path) as base:
            base.text_factory = lambda text: text.decode("utf-8", "backslashreplace")
            yield base
    except sqlite3.Error as error:
        raise FileError(_explain(path, error)) from error


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code of an error of SQLite; -1 if it has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else code & 0xFF


def _explain(path: Path, error: sqlite3.Error) -> str:
    """Explain why a database cannot be read."""
    code = _code(error)
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
        return (
            f"'{path}' has changes that the last program did not finish writing, or may not be "
            "read: open and close it once in QGIS where it can be written, or check its permissions"
        )
    if code == sqlite3.SQLITE_CORRUPT:
        return f"'{path}' is damaged, and rows would be missing: {_RECOVER}"
    return (
        f"expected a GeoPackage, '{path}' cannot be read as one: it is damaged or incomplete; "
        "restore it from a copy, or export the layers to a GeoPackage, one layer per role"
    )


def check_pages(base: sqlite3.Connection, path: Path) -> None:
    """Check the structure of the whole file.

    Parameters
    ----------
    base
        The open file.
    path
        Its path, for the message.

    Raises
    ------
    FileError
        If pages are damaged, so that rows would be missing.
    """
    constraints = ("NULL value in ", "CHECK constraint failed in ")  # odd, but readable
    found = [text for (text,) in base.execute("PRAGMA quick_check") if text != "ok"]
    damage = [text for text in found if not text.startswith(constraints)]
    if damage:
        msg = f"'{path}' is damaged, and rows would be missing: {_RECOVER}"
        raise FileError(msg)


def list_tables(base: sqlite3.Connection, unregistered: Iterable[str]) -> list[str]:
    """List the layers and tables of a GeoPackage, in the order of its contents.

    Parameters
    ----------
    base
        The open file.
    unregistered
        Names that are listed even if the contents do not name them.

    Returns
    -------
    Their names.
    """
    names = [name for (name,) in base.execute(_REGISTERED)]
    others = {*_spatial(base), *(name for (name,) in base.execute(_TABLES))}
    return names + [name for name in unregistered if name in others and name not in names]


def check_table(base: sqlite3.Connection, name: str) -> None:
    """Check that a layer or table can be read as a whole.

    Parameters
    ----------
    base
        The open file.
    name
        Name of the layer or table.

    Raises
    ------
    LayerError
        If it is registered without a table, or half registered, or a view that may never end.
    """
    kinds = dict(base.execute("SELECT lower(table_name), data_type FROM gpkg_contents"))
    spatial = {layer.lower() for layer in _spatial(base)}
    stored = {table.lower() for (table,) in base.execute(_TABLES)}
    lower = name.lower()
    if lower not in stored:
        msg = f"it is registered, but the file holds no such table: {_AGAIN}"
        raise LayerError(msg)
    if lower in spatial and lower not in kinds:
        msg = f"it is half registered: gpkg_contents does not name it; {_AGAIN}"
        raise LayerError(msg)
    if kinds.get(lower) == "features" and lower not in spatial:
        msg = f"it is half registered: gpkg_geometry_columns does not name it; {_AGAIN}"
        raise LayerError(msg)
    _check_view(base, name)


def _spatial(base: sqlite3.Connection) -> list[str]:
    """List the layers that are registered with a geometry column, if there are any."""
    held = {table for (table,) in base.execute(_TABLES)}
    return [n for (n,) in base.execute(_SPATIAL)] if "gpkg_geometry_columns" in held else []


def _check_view(base: sqlite3.Connection, name: str) -> None:
    """Raise if a layer is a view that cannot be evaluated, or that refers to itself."""
    remedy = "store it as a table, in QGIS by 'Save Features As'"
    try:
        plan = list(base.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {quoted(name)}"))  # noqa: S608 - quoted
    except sqlite3.OperationalError as error:
        if _code(error) != sqlite3.SQLITE_ERROR:
            raise
        msg = f"it is a view that cannot be evaluated ({error}): {remedy}"
        raise LayerError(msg) from error
    if any("RECURSIVE" in step for *_, step in plan):
        msg = f"it is a recursive view, which may never end: {remedy}"
        raise LayerError(msg)


def count_rows(base: sqlite3.Connection, name: str) -> int:
    """Count the rows of a layer or table."""
    (count,) = base.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()  # noqa: S608 - quoted
    return int(count)


def is_view(base: sqlite3.Connection, name: str) -> bool:
    """Return whether a layer is a view."""
    query = "SELECT 1 FROM sqlite_master WHERE type = 'view' AND lower(name) = lower(?)"
    return base.execute(query, (name,)).fetchone() is not None


def list_columns(base: sqlite3.Connection, name: str) -> dict[str, str]:
    """Return the columns of a layer or table, with their declared types."""
    rows = base.execute(f"PRAGMA table_xinfo({quoted(name)})")
    return {column: declared for _, column, declared, *_ in rows}


def describe_changed_cells(
    base: sqlite3.Connection, name: str, types: Mapping[str, str], id_column: str | None
) -> list[str]:
    """Describe the cells that GDAL would not read as they are stored.

    Parameters
    ----------
    base
        The open file.
    name
        Name of the layer or table.
    types
        Columns, and the types in which GDAL reads them, such as ``"float64"``.
    id_column
        Column that names the rows in messages; None for row numbers.

    Returns
    -------
    One sentence for each column with such cells.

    Examples
    --------
    >>> base = sqlite3.connect(":memory:")
    >>> _ = base.execute("CREATE TABLE ports (feature_id TEXT, depth REAL)")
    >>> _ = base.execute("INSERT INTO ports VALUES ('a', 12.5), ('b', 'n/a'), ('c', NULL)")
    >>> describe_changed_cells(base, "ports", {"depth": "float64"}, "feature_id")
    ["column 'depth' must hold numbers; 'n/a' in 1 row ('b'): SQLite stores any value in any column,
      correct these and leave unknown ones empty"]
    """
    tests = {
        column: f"({_CHANGED[kind].format(c=quoted(column))})"
        for column, kind in types.items()
        if kind in _CHANGED
    }
    if not tests:
        return []
    source = f"FROM {quoted(name)} WHERE"
    anywhere = f"SELECT 1 {source} {' OR '.join(tests.values())} LIMIT 1"
    if base.execute(anywhere).fetchone() is None:
        return []
    row = "row_number() OVER () - 1" if id_column is None else quoted(id_column)
    texts = []
    for column, test in tests.items():
        (count,) = base.execute(f"SELECT count(*) {source} {test}").fetchone()
        if count:
            cells = base.execute(f"SELECT {row}, {quoted(column)} {source} {test}")
            texts.append(_describe(column, types[column], cells.fetchmany(_SHOWN), count))
    return texts


def _describe(column: str, kind: str, changed: list[tuple[object, object]], count: int) -> str:
    """Describe the changed cells of a column, given the first of them."""
    values = name_ids(list(dict.fromkeys(value for _, value in changed)))
    more = "" if count <= len(changed) else f" and {count - len(changed)} more"
    rows = f"{count} row{'s' * (count != 1)} ({name_ids([id_ for id_, _ in changed])}{more})"
    wanted = _KINDS.get(kind, f"whole numbers ({kind})")
    return (
        f"column {column!r} must hold {wanted}; {values} in {rows}: SQLite stores any value in any "
        "column, correct these and leave unknown ones empty"
    )


def quoted(name: str) -> str:
    """Return a name as an identifier of SQL.

    >>> quoted('my "best" ports')
    '"my ""best"" ports"'
    """
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
