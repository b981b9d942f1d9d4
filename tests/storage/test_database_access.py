"""Databases of SQLite that others damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from standort.storage.database_access import open_database, settle

if TYPE_CHECKING:
    from pathlib import Path


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
