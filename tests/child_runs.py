"""Tasks in processes of their own, with limits of memory and time.

A server without threads imports what the tasks need and forks for each of them, so that a task
starts within milliseconds, and one that hangs, dies or eats memory harms nobody.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import importlib
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

#: limits of a task [s], [bytes]; far above what a healthy one needs
SECONDS, MEMORY = 120.0, 6 << 30
#: bytes that a pipe holds
_PIPE = 1 << 20
#: exit codes: done, a bug, a problem of the input
DONE, BUG, REFUSED = 0, 1, 2


@dataclass(frozen=True)
class Outcome:
    """How a task ended; `code` is negative for a signal, `value` is what the task returned."""

    code: int
    said: str
    errors: str
    value: Any = None
    hangs: bool = False

    @property
    def refused(self) -> bool:
        """Whether it ended with an error for the user."""
        return self.code == REFUSED

    @property
    def summary(self) -> str:
        """One line for a failed test."""
        last = " ".join((self.errors or self.said).replace("^", "").split())[-300:]
        return f"hangs: {last}" if self.hangs else f"exit code {self.code}: {last}"


def run_child(task: Callable[..., object], *arguments: object, seconds: float = SECONDS) -> Outcome:
    """Run a function of a module in a process of its own."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    pickle.dump((task, arguments, seconds), server.stdin)
    server.stdin.flush()
    outcome: Outcome = pickle.load(server.stdout)  # noqa: S301 - from our own process
    return outcome


def run_command(*arguments: object, seconds: float = SECONDS) -> Outcome:
    """Run a command as typed, without the leading `standort`."""
    return run_child(standort_command, [str(argument) for argument in arguments], seconds=seconds)


def standort_command(arguments: list[str]) -> None:
    """Run the command line in this process."""
    from standort.cli.app import main

    sys.argv = ["standort", *arguments]
    main()


@cache
def _server() -> subprocess.Popen[bytes]:
    """Start the server; it ends when its input does."""
    here = {"PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "100", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", "import child_runs; child_runs.serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **here, "SOURCE_DATE_EPOCH": "1700000000", "MPLBACKEND": "agg"},
        start_new_session=True,
    )
    atexit.register(process.communicate)
    return process


def serve() -> None:
    """Answer requests, one after the other."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(EOFError):
        while True:
            outcome, modules = in_fork(*pickle.load(requests))  # noqa: S301 - from the tests
            pickle.dump(outcome, answers)
            answers.flush()
            _import_all(modules)


def _import_all(modules: list[str]) -> None:
    """Import what a task imported, so that the next one need not."""
    for name in modules:
        if name not in sys.modules:
            with contextlib.suppress(Exception):  # some modules are made, not found
                importlib.import_module(name)


def in_fork(
    task: Callable[..., object], arguments: tuple[object, ...], seconds: float
) -> tuple[Outcome, list[str]]:
    """Run a task in a fork; return how it ended, and the modules that it imported."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "value"
        outcome = fork_captured(seconds)
        if outcome is None:
            _work(file, task, arguments)
        if not file.exists():
            return outcome, []
        value, modules = pickle.loads(file.read_bytes())  # noqa: S301 - our own
        return replace(outcome, value=value), modules


def fork_captured(seconds: float = SECONDS) -> Outcome | None:
    """Fork: return None in the child, and in the parent how the child ended, once it has."""
    pipes = _open_pipe(), _open_pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for number, (_, entrance) in enumerate(pipes, start=1):
            os.dup2(entrance, number)
        sys.stdout, sys.stderr = (
            os.fdopen(n, "w", encoding="utf-8", closefd=False) for n in (1, 2)
        )
        return None
    code, hangs = _wait_for(pid, seconds)
    said, errors = (_drain(exit_, entrance) for exit_, entrance in pipes)
    return Outcome(code, said, errors, hangs=hangs)


def _open_pipe() -> tuple[int, int]:
    """Open a pipe that holds what a command says, also while a limit of file sizes is tried."""
    pipe = os.pipe()
    fcntl.fcntl(pipe[1], fcntl.F_SETPIPE_SZ, _PIPE)
    os.set_blocking(pipe[0], False)
    return pipe


def _drain(exit_: int, entrance: int) -> str:
    """Read and close a pipe, which processes that outlive the child may still hold open."""
    os.close(entrance)
    with open(exit_, "rb") as file:
        return (file.read() or b"").decode(errors="replace")


def _wait_for(pid: int, seconds: float) -> tuple[int, bool]:
    """Wait for a process; kill it and its children after some time."""
    end, hangs, pause = time.monotonic() + seconds, False, 0.001
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), hangs
        if time.monotonic() > end:
            hangs = True
            os.killpg(pid, signal.SIGKILL)
        time.sleep(pause)
        pause = min(1.5 * pause, 0.02)


def _work(file: Path, task: Callable[..., object], arguments: tuple[object, ...]) -> NoReturn:
    """Run a task in this fork, which ends with it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code, value, before = DONE, None, set(sys.modules)
    try:
        value = task(*arguments)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else DONE
    except BaseException:  # noqa: BLE001 - whatever it is, the outcome says so
        traceback.print_exc()
        code = BUG
    with contextlib.suppress(Exception):
        file.write_bytes(pickle.dumps((value, sorted(set(sys.modules) - before))))
    _end_process(code)


def _end_process(code: int) -> NoReturn:
    """End this process at once: what the parent registered is not for a fork to do."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code)
