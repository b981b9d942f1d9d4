"""Databases in WAL mode are read where nothing can be written; other faults are told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from standort.errors import FileError
from standort.storage.database_access import open_database, settle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Write a database in WAL mode, beside which the index of the log cannot be created."""
    path = tmp_path / "a result #1?.gpkg"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t AS SELECT 7 AS n")
        connection.commit()
    index = path.with_name(f"{path.name}-shm")
    index.symlink_to(index)  # SQLite follows no links; this stops root too
    return path


def test_a_database_in_wal_mode_is_read_where_nothing_can_be_written(path: Path) -> None:
    with closing(sqlite3.connect(path)) as plain, pytest.raises(sqlite3.OperationalError):
        plain.execute("SELECT n FROM t")
    with open_database(path) as connection:
        assert connection.execute("SELECT n FROM t").fetchall() == [(7,)]


def test_changes_that_cannot_be_read_are_told(path: Path) -> None:
    path.with_name(f"{path.name}-wal").write_bytes(b"pending")
    with (
        pytest.raises(FileError, match=r"has changes that another program has not finished"),
        open_database(path),
    ):
        pass


def test_a_schema_that_is_not_utf8_is_an_error_of_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE plants (output REAL)")
        base.commit()
    path.write_bytes(path.read_bytes().replace(b"TABLE plants (", b"TABLE plants x"))
    path.write_bytes(path.read_bytes().replace(b"plants", b"pl\xc5nts"))
    with pytest.raises(sqlite3.DatabaseError, match="malformed"), open_database(path):
        pass
    path.with_name("a.gpkg-wal").touch()
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        settle(path)
