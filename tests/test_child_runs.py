"""Children that hang, die or want too much are outcomes, not the end of the tests."""

from __future__ import annotations

import signal
import time

from child_runs import BUG, MEMORY, REFUSED, run_child, run_command


def test_what_a_task_returns_comes_back() -> None:
    outcome = run_child(max, 1, 2)
    assert (outcome.code, outcome.value) == (0, 2)


def test_a_task_that_hangs_is_killed() -> None:
    assert run_child(time.sleep, 600, seconds=0.5).hangs


def test_a_task_that_dies_has_the_number_of_the_signal() -> None:
    assert run_child(signal.raise_signal, signal.SIGKILL).code == -signal.SIGKILL


def test_a_task_that_wants_too_much_memory_fails() -> None:
    outcome = run_child(bytes, MEMORY)
    assert outcome.code == BUG
    assert "MemoryError" in outcome.errors


def test_a_command_has_its_exit_code_and_its_words() -> None:
    outcome = run_command("check", "nothing.gpkg")
    assert outcome.code == REFUSED
    assert "nothing.gpkg" in outcome.errors
