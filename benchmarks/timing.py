"""Seconds and memory of a piece of work, here or in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "ROOT",
    "Run",
    "children_cpu",
    "command_memory_gib",
    "in_fresh_process",
    "peak_memory_gib",
    "standort_command",
    "timed",
    "timed_command",
]

#: the checkout
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Run:
    """What one run took: seconds on the clock, and seconds of processors in all its threads.

    On a machine that others use as well, the clock of a run depends on them, the seconds of
    processors hardly.
    """

    wall_s: float
    cpu_s: float


def timed(work: Callable[[], Any]) -> tuple[Run, Any]:
    """Do the work and say what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = work()
    return Run(time.perf_counter() - wall, time.process_time() - cpu), answer


def timed_command(command: Sequence[str]) -> Run:
    """Run a command to its end, its output thrown away; a failure is an error."""
    before = children_cpu()
    wall = time.perf_counter()
    # only commands of our own are run here and below
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603
    return Run(time.perf_counter() - wall, children_cpu() - before)


def standort_command() -> list[str]:
    """Give the installed command, or what it would run."""
    script = Path(sys.executable).with_name("standort")
    if script.exists():
        return [str(script)]
    return [sys.executable, "-c", "from standort.cli.app import main; main()"]


def children_cpu() -> float:
    """Give the seconds of processors of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_memory_gib(pid: int | str = "self") -> float:
    """Give the largest resident memory a process ever had [GiB]; NaN where the system keeps none.

    Not `ru_maxrss`: a child starts with that of the process which started it.
    """
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return float("nan")
    kib = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return kib[0] / 2**20 if kib else float("nan")


def command_memory_gib(command: Sequence[str]) -> float:
    """Run a command and watch its largest resident memory [GiB]."""
    peak = 0.0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        while process.poll() is None:
            now = peak_memory_gib(process.pid)
            peak = max(peak, now if now == now else 0.0)  # noqa: PLR0124 - NaN once it has ended
            time.sleep(0.01)
    return peak


def in_fresh_process(options: Sequence[str]) -> dict[str, float]:
    """Run this benchmark with other options in a new process and read what it prints."""
    command = [sys.executable, "-m", "benchmarks.run", *options]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE)  # noqa: S603
    actual: dict[str, float] = json.loads(done.stdout)
    return actual
