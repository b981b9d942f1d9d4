"""The one writer of files: every output appears whole, or the earlier one stays as it was.

A file is built in a scratch folder beside its destination, written to the disk, and moved there.
Only results of standort are replaced. The scratch folder is locked for as long as its process
lives, so that the next run can recognise what a killed one left behind, and remove it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from standort.arguments import checked
from standort.errors import FileError, warn
from standort.storage.database_access import settle
from standort.storage.own_files import foreign_entries, is_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Beginning and end of the name of a scratch folder.
_SCRATCH = (".standort-", ".unfinished")
#: Entries of a scratch folder: the lock, unfinished files, and what they are replacing.
_LOCK, _NEW, _BEFORE = "lock", "new", "before"
#: How to say to the C library "from the working folder" and "exchange", as its headers define them.
_LINUX_HERE, _LINUX_EXCHANGE, _DARWIN_SWAP = -100, 2, 2
#: Errors of the disk.
_DISK = (OSError, sqlite3.OperationalError)
#: Endings of files that GDAL would apply to any later raster of that name.
_RASTER_SIDECARS = (".aux.xml", ".ovr", ".msk")


@checked()
def check_destination(
    path: str | Path, *, endings: tuple[str, ...] = (".gpkg",), inputs: Iterable[str | Path] = ()
) -> Path:
    """Raise unless a destination can be written, before any computation.

    Parameters
    ----------
    path
        The destination of a file, or of a folder if `endings` has an empty one.
    endings
        Accepted endings of its name.
    inputs
        Files and folders that are read, which it may not replace.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If its name has another ending, its folder is missing or not writable, or it exists and is
        an input or not a result of standort.

    Warns
    -----
    StandortWarning
        If unfinished files of a killed run beside it were removed.
    """
    path = Path(path)
    if path.suffix.lower() not in endings:
        wanted = " or ".join(ending or "nothing" for ending in endings)
        msg = f"expected a file name that ends in {wanted}, got {path.name!r}; add the ending"
        raise FileError(msg)
    if path.suffix and os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises on names that are too long
        msg = f"expected a file to write, {str(path)!r} is a folder; give a file name in it"
        raise FileError(msg)
    with readable_write_errors(path):
        target = _target(path)
        _check_folder(path, target.parent)
        remove_leftovers(target.parent)
        if os.path.lexists(target):
            _refuse_inputs(path, inputs)
            _refuse_foreign(path)
    return path


def _target(path: Path) -> Path:
    """Return what a path names, through symbolic links: the link stays, its target is replaced."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        msg = f"cannot write {str(path)!r}: its symbolic links form a circle; remove one of them"
        raise FileError(msg)
    return target


def _check_folder(path: Path, folder: Path) -> None:
    if not folder.is_dir():
        msg = f"cannot write {path.name!r}: there is no folder {str(folder)!r}; create it first"
        raise FileError(msg)
    if not os.access(folder, os.W_OK | os.X_OK):
        msg = (
            f"cannot write {path.name!r}: you may not write to the folder {str(folder)!r}; "
            "choose another or change its permissions"
        )
        raise FileError(msg)


def _refuse_inputs(path: Path, inputs: Iterable[str | Path]) -> None:
    """Raise if a path names an input, or a folder that holds one; links are followed."""
    for given in map(Path, inputs):
        source = Path(os.path.realpath(given))
        if any(p.exists() and path.samefile(p) for p in (source, *source.parents)):
            msg = (
                f"expected another output than the input {str(given)!r}, which {str(path)!r} would "
                "replace; choose another name"
            )
            raise FileError(msg)


def _refuse_foreign(path: Path) -> None:
    """Raise for what standort did not write."""
    kind = "folder of results" if path.is_dir() else "result"
    if not is_own(path):
        msg = (
            f"{str(path)!r} is not a {kind} of standort and would be lost; choose another name, or "
            "remove it first"
        )
        raise FileError(msg)
    others = foreign_entries(path) if path.is_dir() else []
    if others:
        msg = (
            f"{str(path)!r} holds more than a result of standort, which would be lost: "
            f"{', '.join(others[:5])}; choose another name, or move them first"
        )
        raise FileError(msg)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file or folder completely, or not at all.

    Parameters
    ----------
    path
        The destination, checked by `check_destination`.

    Yields
    ------
    Where to write. Once the block ends without an error, it is moved to the destination.

    Raises
    ------
    FileError
        If it cannot be written; an existing file stays unchanged.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "note.txt")
    ...     with replacing(path) as scratch:
    ...         _ = scratch.write_text("done")
    ...     path.read_text(), len(os.listdir(folder))
    ('done', 1)
    """
    with readable_write_errors(path), scratch_folder(_target(path).parent) as folder:
        written = folder / path.name
        yield written
        put_in_place(written, path)


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Provide a folder for unfinished files, which the next run removes if this one is killed.

    Parameters
    ----------
    parent
        Folder of their destinations.

    Yields
    ------
    The folder, removed at the end with all that it holds.
    """
    remove_leftovers(parent)
    folder, lock = _locked_folder(parent)
    try:
        (folder / _NEW).mkdir()
        yield folder / _NEW
    finally:
        _remove_scratch(folder, lock)


def _locked_folder(parent: Path) -> tuple[Path, IO[Any]]:
    """Create a scratch folder and lock it; again if another run took it for a leftover."""
    prefix, suffix = _SCRATCH
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix, suffix=suffix))
        with suppress(FileNotFoundError):
            lock = (folder / _LOCK).open("w")
            if try_lock(lock) is not False and (folder / _LOCK).exists():
                return folder, lock
            lock.close()


def _remove_scratch(folder: Path, lock: IO[Any]) -> None:
    """Remove a scratch folder, the lock last: without it, only an empty folder is a leftover."""
    for name in (_NEW, _BEFORE):
        shutil.rmtree(folder / name, ignore_errors=True)
    with suppress(OSError):
        (folder / _LOCK).unlink()
    lock.close()
    with suppress(OSError):
        (folder / _LOCK).unlink(missing_ok=True)  # where open files cannot be removed
        folder.rmdir()


def remove_leftovers(parent: Path) -> None:
    """Remove the scratch of killed runs, and restore what they were replacing.

    Parameters
    ----------
    parent
        Folder in which they wrote.

    Warns
    -----
    StandortWarning
        For each.
    """
    prefix, suffix = _SCRATCH
    for folder in sorted(parent.glob(f"{prefix}*{suffix}")):
        with suppress(OSError):
            if not any(folder.iterdir()):  # killed before it was locked
                folder.rmdir()
                continue
            lock = (folder / _LOCK).open("r+")
            if not try_lock(lock) or not (folder / _LOCK).exists():
                lock.close()
                continue
            _restore(folder / _BEFORE, parent)
            _remove_scratch(folder, lock)
            warn(f"removed {folder.name!r}, the unfinished files of a run that was killed")


def _restore(before: Path, parent: Path) -> None:
    """Move back what a killed run had moved aside, unless its new files are in place."""
    for earlier in before.iterdir() if before.is_dir() else ():
        if not os.path.lexists(parent / earlier.name):
            earlier.rename(parent / earlier.name)
            warn(f"restored {earlier.name!r}, which a run that was killed was about to replace")


def try_lock(file: IO[Any]) -> bool | None:
    """Lock a file until it is closed or the process ends.

    Parameters
    ----------
    file
        The open file.

    Returns
    -------
    Whether it is locked now; False if another process has locked it, None if the file system has
    no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None
    return True


def put_in_place(written: Path, path: Path) -> None:
    """Move a complete file or folder to its destination.

    A file is replaced in one step, a folder too where the system can exchange two. Elsewhere, the
    earlier folder is moved aside first, from where an error or the next run (`remove_leftovers`)
    moves it back.

    Parameters
    ----------
    written
        What was written, in a folder of `scratch_folder`.
    path
        Its destination.
    """
    target = _target(path)
    for file in written.iterdir() if written.is_dir() else (written,):
        _sync(file)
    if target.exists():
        shutil.copymode(target, written)
    if written.is_dir() and target.exists():
        _exchange(written, target)
    else:
        _remove_sidecars(target)
        written.replace(target)
    _sync(target.parent)


def _exchange(written: Path, target: Path) -> None:
    """Exchange two folders: in one step if the system can, else by moving the earlier one aside."""
    _sync(written)
    if _swap(written, target):
        return
    aside = written.parent.with_name(_BEFORE) / target.name
    aside.parent.mkdir()
    try:
        target.rename(aside)
        written.rename(target)
    finally:
        if aside.exists() and not target.exists():
            aside.rename(target)


def _swap(one: Path, other: Path) -> bool:
    """Exchange the names of two folders, which the system may refuse; return whether it did.

    A rename replaces empty folders only, and with two renames, a kill between them would leave
    nothing at the destination. Python has no function for the exchange, the C library has.
    """
    names = os.fsencode(one), os.fsencode(other)
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return bool(library.renamex_np(*names, _DARWIN_SWAP) == 0)
        here = ctypes.c_int(_LINUX_HERE)
        return bool(library.renameat2(here, names[0], here, names[1], _LINUX_EXCHANGE) == 0)
    except (AttributeError, OSError, TypeError):  # no such function, no such library
        return False


def _remove_sidecars(target: Path) -> None:
    """Remove files beside the earlier one that would be applied to the new one."""
    if target.suffix.lower() == ".gpkg":
        settle(target)
    for ending in _RASTER_SIDECARS:
        target.with_name(target.name + ending).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name != "posix":
        return
    file = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def readable_write_errors(path: Path) -> Iterator[None]:
    """Turn errors of writing a file into messages that say what to do.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    FileError
        In place of errors of the disk, of SQLite or of GDAL.
    """
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

    try:
        yield
    except FileError:  # already readable
        raise
    except PermissionError as error:
        msg = (
            f"cannot write {str(path)!r}: it may not be changed; close it in other programs, "
            "or choose another name or folder"
        )
        raise FileError(msg) from error
    except (*_DISK, DataLayerError, DataSourceError, FeatureError) as error:
        reason = getattr(error, "strerror", None) or _last_part(str(error))
        msg = f"cannot write {str(path)!r}: {reason}; check the disk, or choose another folder"
        raise FileError(msg) from error


def _last_part(message: str) -> str:
    """Return what went wrong of a message of GDAL, without the statement of SQL before it.

    >>> _last_part("sqlite3_exec(INSERT INTO a) failed: database or disk is full")
    'database or disk is full'
    """
    return message.rpartition("failed: ")[2].strip().rstrip(".")
