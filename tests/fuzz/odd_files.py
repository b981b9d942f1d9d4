"""Files that are cut short, held by others, or said to be what they are not."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from fuzz.changes import Base, File

if TYPE_CHECKING:
    from pathlib import Path

    from fuzz.changes import Oddity


def cut(part: float) -> Any:  # noqa: ANN401 - a change of a file
    return lambda path: os.truncate(path, int(path.stat().st_size * part))


def with_bytes(at: int, new: bytes) -> Any:  # noqa: ANN401
    def change(path: Path) -> None:
        old = path.read_bytes()
        path.write_bytes(old[:at] + new + old[at + len(new) :])

    return change


def in_the_log(path: Path) -> None:
    """Leave the last change in the log, as a program does that was killed."""
    log, kept = path.with_name(f"{path.name}-wal"), path.with_name("kept")
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("UPDATE sites SET name = 'in the log'")
        shutil.copy(path, kept)
        shutil.copy(log, f"{kept}-wal")
    shutil.move(kept, path)
    shutil.move(f"{kept}-wal", log)


def named_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nothing")


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def in_parts(path: Path) -> None:
    """Write a layer as other programs do: in parts, in a folder of its name."""
    content = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / "part-0.parquet").write_bytes(content)


def text(path: Path) -> None:
    path.write_text("site_id,name\ns0,Name\n")


_PARTS = (0.0, 0.0005, 0.1, 0.5, 0.9, 0.99)
_CHANGES = (named_pipe, link_to_itself, link_to_nothing, endless, text)
#: queries that a view of the name of the layer may hold
_VIEWS = {
    "without a key": "SELECT site_id, name, year_from, year_to, geom FROM kept",
    "with a key": "SELECT fid, site_id, name, year_from, year_to, geom FROM kept",
    "of keys that repeat": "SELECT fid / 2 AS fid, site_id, name, geom FROM kept",
    "of nothing": "SELECT site_id, name, geom FROM elsewhere",
    "without end": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT i AS fid, 's' || i AS site_id, name, geom FROM n, kept",
}
#: changes of a GeoPackage in SQL
_STATEMENTS = {
    "not in gpkg_contents": "DELETE FROM gpkg_contents WHERE table_name = 'sites'",
    "not in gpkg_geometry_columns": "DELETE FROM gpkg_geometry_columns WHERE table_name = 'sites'",
    "not there": "ALTER TABLE sites RENAME TO gone",
    "no gpkg_contents": "DROP TABLE gpkg_contents",
    "CRS 0": "UPDATE gpkg_geometry_columns SET srs_id = 0 WHERE table_name = 'sites'",
    "CRS 77": "UPDATE gpkg_geometry_columns SET srs_id = 77 WHERE table_name = 'sites'",
    "CRS without a definition": "UPDATE gpkg_spatial_ref_sys SET definition = 'undefined'",
    "extent outside the Earth": "UPDATE gpkg_contents SET min_x = 1e300, max_x = 'east'",
    "no type of geometry": "UPDATE gpkg_geometry_columns SET geometry_type_name = ''",
    "another type of geometry": "UPDATE gpkg_geometry_columns SET geometry_type_name = 'POLYGON'",
    "no content": "DELETE FROM sites",
    "column of no known type": "ALTER TABLE sites ADD COLUMN more WHATEVER",
    "column of JSON": "ALTER TABLE sites ADD COLUMN more JSON DEFAULT '{'",
    "column that is computed": "ALTER TABLE sites ADD COLUMN more REAL AS (year_to / 0)",
    "index that is damaged": "CREATE INDEX i ON sites(name); "
    "UPDATE sqlite_master SET rootpage = 3 WHERE name = 'i'",
}
FILES: list[Oddity] = [
    *(
        File(f"{form} cut to {part:.2%}", "sites", cut(part), form)
        for form in ("geopackage", "folder")
        for part in _PARTS
    ),
    *(
        File(f"{form} as {change.__name__.replace('_', ' ')}", "sites", change, form)
        for form in ("geopackage", "folder")
        for change in _CHANGES
    ),
    File("folder with file in parts", "sites", in_parts, "folder"),
    File("change in the log", "sites", in_the_log),
    File("no application id", "sites", with_bytes(68, b"\0\0\0\0")),
    File("another application id", "sites", with_bytes(68, b"ABCD")),
    File("another version of SQLite", "sites", with_bytes(18, b"\7\7")),
    *(
        Base(f"view {name}", "sites", "ALTER TABLE sites RENAME TO kept; CREATE VIEW sites AS " + q)
        for name, q in _VIEWS.items()
    ),
    *(Base(name, "sites", statements) for name, statements in _STATEMENTS.items()),
]
