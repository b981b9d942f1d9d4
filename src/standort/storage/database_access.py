"""Reading databases of SQLite, GeoPackages above all, that other programs may hold open."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from standort.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The last byte of an error code is its kind.
_KIND = 0xFF
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    The connection. Other errors of SQLite than locks are left to the caller.

    Raises
    ------
    FileError
        If another program has locked it, at any time until the connection is closed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.gpkg")
    ...     path.touch()
    ...     with open_database(path) as connection:
    ...         connection.execute("SELECT 1").fetchall()
    [(1,)]
    """
    with _readable_locks(path), closing(_connect(path)) as connection:
        yield connection


@contextmanager
def _readable_locks(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if _kind_of(error) not in _LOCKED:
            raise
        raise FileError(_describe_lock(path)) from error


def _kind_of(error: sqlite3.OperationalError) -> int:
    """Return the kind of an error; errors of Python, as of texts that are not UTF-8, have none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _KIND


def _describe_lock(path: Path) -> str:
    return (
        f"{str(path)!r} is locked by another program; close it there, or wait until it has "
        "finished, and try again"
    )


def _connect(path: Path) -> sqlite3.Connection:
    """Connect, also to a database in WAL mode in a folder that cannot be written."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        return _open(address)
    except sqlite3.OperationalError as error:
        if _kind_of(error) != sqlite3.SQLITE_CANTOPEN:
            raise
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            msg = (
                f"{str(path)!r} has changes that another program has not finished writing, in "
                f"{log.name!r}; copy both to a folder that you may write to, and use the copy"
            )
            raise FileError(msg) from error
        return _open(f"{address}&immutable=1")


def _open(address: str) -> sqlite3.Connection:
    """Connect and read the schema, as SQLite does before anything else."""
    connection = sqlite3.connect(address, uri=True)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except UnicodeDecodeError as error:  # of a message that quotes a damaged schema
        connection.close()
        msg = "malformed database schema"
        raise sqlite3.DatabaseError(msg) from error
    except BaseException:
        connection.close()
        raise
    return connection


def settle(path: Path) -> None:
    """Move the changes that lie in files next to a database into it, and remove those files.

    SQLite would apply them to any later file of that name.

    Parameters
    ----------
    path
        The database, which may be missing.

    Raises
    ------
    FileError
        If another program is reading or writing it.
    """
    beside = [path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal")]
    if not any(file.exists() for file in beside):
        return
    if path.exists():
        with _readable_locks(path), closing(_open(path.absolute().as_uri())) as connection:
            # opening has rolled a journal back
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise FileError(_describe_lock(path))
    for file in beside:
        file.unlink(missing_ok=True)
