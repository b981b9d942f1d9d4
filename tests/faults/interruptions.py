"""Faults at the file operations of a run: killed, interrupted, or refused by the disk.

Python reports each file operation before it happens (audit hooks), so nothing in the code under
test is replaced. What a kill leaves is what the disk holds at that moment, so the output folder is
copied before each operation, in a single run. For the other faults the run is forked where it is
about to change the output folder for the first time, once for each fault: what it computed before
is the same for all.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import sqlite3
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from child_runs import Outcome, fork_captured
from faults.writers import Writer, contents, run_writer

if TYPE_CHECKING:
    from collections.abc import Callable

#: operations that change the disk, as audit hooks name them; fsync is reported by `_report_syncs`
_CHANGES = {
    *("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod"),
    *("os.chown", "os.link", "os.symlink", "os.utime", "sqlite3.connect", "os.fsync"),
}
#: operations that make room or give a name: they succeed on a full disk
_FREEING = {"os.remove", "os.rmdir", "os.rename", "os.chmod", "os.chown", "os.utime"}
KINDS = ("EIO", "ENOSPC", "SIGINT", "SIGTERM")


@dataclass(frozen=True)
class Operation:
    """A file operation of a run, and a copy of the output folder as it was before."""

    event: str
    #: the paths that it changes: two of a rename
    paths: tuple[Path, ...]
    state: Path
    #: whether the output folder was as at the start
    pristine: bool


@dataclass(frozen=True)
class Fault:
    """What happens before the n-th operation, counted from 0."""

    kind: str
    number: int


class _Enough(BaseException):
    """The run has served its purpose."""


def record(writer: Writer) -> list[Operation]:
    """Run a writer over the old result; keep what the disk held before each operation and after."""
    operations: list[Operation] = []
    before = contents(writer.out)
    held: list[dict[str, bytes]] = []

    def note(event: str, paths: tuple[Path, ...]) -> None:
        now = contents(writer.out)
        state = writer.root / f"state {len(held)}"
        if not held or held[-1] != now:
            shutil.copytree(writer.out, state)
            held.append(now)
        state = writer.root / f"state {len(held) - 1}"
        operations.append(Operation(event, paths, state, pristine=now == before))

    _watch(writer.out, note)
    with suppress(SystemExit):
        run_writer(writer.commands["new"])
    shutil.copytree(writer.out, writer.state["new"])
    return operations


def strike(writer: Writer, faults: list[Fault], brink: int) -> list[tuple[Fault, Outcome, Path]]:
    """Run a writer over the old result again and again, each time with one of the faults."""
    endings: list[tuple[Fault, Outcome, Path]] = []
    number, active = -1, list[Fault]()

    def act(event: str, paths: tuple[Path, ...]) -> None:
        nonlocal number
        number += 1
        if active:
            _fail(active[0], number, event, paths)
            return
        for fault in faults:
            if fault.number == number <= brink or fault.number > number == brink:
                outcome = fork_captured()
                if outcome is None:
                    active.append(fault)
                    _fail(fault, number, event, paths)
                    return
                state = writer.root / f"after {fault.kind} {fault.number}"
                shutil.move(writer.out, state)
                writer.put_back(writer.state["old"])
                endings.append((fault, outcome, state))
        if number == brink:
            raise _Enough

    _watch(writer.out, act)
    with suppress(_Enough):
        run_writer(writer.commands["new"])
    return endings


def run_on_a_small_disk(arguments: list[str], size: int) -> None:
    """Run a writer where no file can be larger than a size [bytes]."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        run_writer(arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def _fail(fault: Fault, number: int, event: str, paths: tuple[Path, ...]) -> None:
    """Let a fault happen if it is its turn; a full disk stays full."""
    full = fault.kind == "ENOSPC" and number > fault.number
    if number != fault.number and not full:
        return
    if fault.kind.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, fault.kind))
    elif not (fault.kind == "ENOSPC" and event in _FREEING):
        raise _refusal(fault.kind, event, paths[-1])


def _refusal(kind: str, event: str, path: Path) -> Exception:
    if event == "sqlite3.connect":
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        error.sqlite_errorname = "SQLITE_CANTOPEN"
        return error
    number = getattr(errno, kind)
    return OSError(number, os.strerror(number), str(path))


def _watch(folder: Path, act: Callable[[str, tuple[Path, ...]], None]) -> None:
    """Call a function before each operation within a folder that changes the disk."""
    busy = False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal busy
        if busy or event not in _CHANGES or (event == "open" and not _writes(*arguments[1:])):
            return
        busy = True
        try:
            paths = _paths_of(event, arguments)
            if any(folder in path.parents for path in paths):
                act(event, paths)
        finally:
            busy = False

    _report_syncs()
    sys.addaudithook(hook)


def _report_syncs() -> None:
    """Make `os.fsync` report itself as other operations do."""
    real = os.fsync

    def fsync(file: Any) -> None:  # noqa: ANN401 - a file or its number
        sys.audit("os.fsync", file if isinstance(file, int) else file.fileno())
        real(file)

    os.fsync = fsync  # type: ignore[assignment]  # takes the same


def _writes(mode: str | None, flags: int) -> bool:
    named = mode is not None and any(letter in mode for letter in "wax+")
    return named or bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _paths_of(event: str, arguments: tuple[Any, ...]) -> tuple[Path, ...]:
    """Return the paths that an operation changes."""
    given = arguments[: 2 if event in {"os.rename", "os.link"} else 1]
    relative_to = arguments[-1] if event in {"os.remove", "os.rmdir", "os.mkdir"} else -1
    folder = _of_descriptor(relative_to) if relative_to not in {-1, None} else Path()
    return tuple(
        _of_descriptor(path)
        if isinstance(path, int)
        else folder / os.fsdecode(path).removeprefix("file:").split("?")[0]
        for path in given
    )


def _of_descriptor(number: int) -> Path:
    return Path(f"/proc/self/fd/{number}").readlink()
