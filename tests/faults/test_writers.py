"""Every writer is killed, interrupted and refused by the disk before each of its file operations.

At the destination there is then the old result or the new one, whole; the next ordinary run writes
the new one and leaves nothing else. A run that can still speak says one message and which code.

The short form tries all kills, but only some of the other faults of each writer and some of the
runs after kills; with ``STANDORT_FAULT_POINTS=all`` it tries all of them.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, TypeVar

import pytest
from child_runs import Outcome, run_child
from faults.interruptions import (
    KINDS,
    Fault,
    Operation,
    record,
    run_on_a_small_disk,
    strike,
)
from faults.writers import LOG, RESUMED, WRITERS, Writer, contents, prepared, run_writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")
#: how many points of each kind the short form tries
POINTS = 10_000 if os.environ.get("STANDORT_FAULT_POINTS") == "all" else 1
#: exit codes of a run that stops early, which are 128 and the number of the signal
STOPPED = {"SIGINT": 130, "SIGTERM": 143}
#: operations that clean up: if they fail, scratch stays for the next run
CLEANING = {"os.remove", "os.rmdir"}


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Writer:
    return prepared(request.param, tmp_path)


def test_writer(writer: Writer) -> None:
    outcome = run_child(record, writer)
    assert outcome.value, outcome.summary
    operations: list[Operation] = outcome.value
    broken = [
        *after_a_kill(writer, operations),
        *after_a_fault(writer, operations),
        *after_a_full_disk(writer),
    ]
    assert not broken, "\n".join(broken)


def after_a_kill(writer: Writer, operations: Sequence[Operation]) -> Iterator[str]:
    """Yield what is broken after a kill, and after the next run."""
    for number, operation in enumerate(operations):
        for text in at_destination(writer, contents(operation.state)):
            yield f"killed before {number} ({at(operation)}): {text}"
    for state in spread(distinct(operation.state for operation in operations)):
        for text in next_run(writer, state):
            yield f"killed, left {sorted(scratch(writer, contents(state)))}: {text}"


def after_a_fault(writer: Writer, operations: Sequence[Operation]) -> Iterator[str]:
    """Yield what is broken after an error of the disk or an interrupt."""
    kinds = [kind for kind in KINDS if not (writer.is_function and kind == "SIGTERM")]
    faults = [
        Fault(kind, number) for kind in kinds for number in spread(telling(writer, operations))
    ]
    brink = max(number for number, operation in enumerate(operations) if operation.pristine)
    writer.put_back(writer.state["old"])
    outcome = run_child(strike, writer, faults, brink)
    assert outcome.value is not None, outcome.summary
    for fault, ending, state in outcome.value:
        operation = operations[fault.number]
        for text in broken_ending(writer, fault, operation, ending, contents(state)):
            yield f"{fault.kind} before {fault.number} ({at(operation)}): {text}"


def after_a_full_disk(writer: Writer) -> Iterator[str]:
    """Yield what is broken where files can only grow to a part of their size."""
    largest = max(map(len, contents(writer.state["new"]).values()))
    for size in spread([largest // 3, largest // 2, largest - 1]):
        writer.put_back(writer.state["old"])
        ending = run_child(run_on_a_small_disk, writer.commands["new"], size)
        found = contents(writer.out)
        for text in (*one_message(ending), *at_destination(writer, found)):
            yield f"files of at most {size} bytes: {text}"
        if scratch(writer, found):
            yield f"files of at most {size} bytes: left {sorted(scratch(writer, found))}"


def broken_ending(
    writer: Writer, fault: Fault, operation: Operation, ending: Outcome, found: dict[str, bytes]
) -> Iterator[str]:
    """Yield what is broken after one fault."""
    yield from at_destination(writer, found)
    if scratch(writer, found) and operation.event not in CLEANING:
        yield f"left {sorted(scratch(writer, found))}"
    if ending.code == 0 and not ending.hangs:
        if found != contents(writer.state["new"]):
            yield "exit code 0, but not the new result"
    elif fault.kind in STOPPED:
        if ending.code != STOPPED[fault.kind] or not ending.errors + ending.said:
            yield f"expected {STOPPED[fault.kind]} and a word, got {ending.summary}"
    else:
        yield from one_message(ending)


def one_message(ending: Outcome) -> Iterator[str]:
    """Yield what is wrong with an error: it has one message, and exit code 2."""
    said = ending.said + ending.errors
    if ending.code == 0 and not ending.hangs:
        return
    if (
        ending.code != 2
        or ending.hangs
        or "Traceback" in said
        or len(re.findall(r"^(error|failed): ", said, re.MULTILINE)) != 1
    ):
        yield f"no single message: {ending.summary}"


def at_destination(writer: Writer, found: dict[str, bytes]) -> Iterator[str]:
    """Yield what is neither the old nor the new result; a folder of tables is one of them whole."""
    ages = {age: contents(state) for age, state in writer.state.items()}
    roots = {name.split("/")[0] for result in ages.values() for name in result} - {LOG}
    for root in sorted(roots):
        parts = {age: part_of(result, root) for age, result in ages.items()}
        if part_of(found, root) not in parts.values():
            there = sorted(part_of(found, root)) or "nothing"
            yield f"{root} is neither the old nor the new result; there is {there}"


def next_run(writer: Writer, state: Path) -> Iterator[str]:
    """Yield what is wrong after an ordinary run over what a kill left."""
    writer.put_back(state)
    outcome = run_child(run_writer, writer.commands["new"])
    if outcome.code != 0:
        yield f"the next run fails: {outcome.summary}"
        return
    found, new = contents(writer.out), contents(writer.state["new"])
    if found.keys() - new.keys():
        yield f"the next run leaves {sorted(found.keys() - new.keys())}"
    elif found != new:
        other = [name for name in new if found.get(name) != new[name]]
        yield f"the next run writes another {other}"


def telling(writer: Writer, operations: Sequence[Operation]) -> list[int]:
    """Choose operations to fail: on the destination itself, where most harm is done, and others."""
    results = {writer.out / name.split("/")[0] for name in contents(writer.state["new"])}
    harmful = {n for n, operation in enumerate(operations) if results & {*operation.paths}}
    others = [n for n in range(len(operations)) if n not in harmful]
    return sorted({*spread(sorted(harmful)), *spread(others)})


def distinct(states: Iterator[Path]) -> list[Path]:
    """Return one state of those in which files of the same names lie; scratch has random names."""
    by_names = {}
    for state in states:
        names = {re.sub(r"^\.?tmp\w+", "scratch", name) for name in contents(state)}
        by_names[frozenset(names)] = state
    return list(by_names.values())


def scratch(writer: Writer, found: dict[str, bytes]) -> set[str]:
    """Return the files that are no result and that no run goes on from."""
    known = {name for state in writer.state.values() for name in contents(state)}
    return {name for name in found.keys() - known if RESUMED not in name}


def part_of(files: dict[str, bytes], root: str) -> dict[str, bytes]:
    return {name: held for name, held in files.items() if name.split("/")[0] == root}


def spread(items: Sequence[T]) -> list[T]:
    """Choose a few from everywhere in a list."""
    few = min(POINTS, len(items))
    return [items[int((number + 0.5) * len(items) / few)] for number in range(few)]


def at(operation: Operation) -> str:
    return f"{operation.event} {' '.join(path.name for path in operation.paths)}"
