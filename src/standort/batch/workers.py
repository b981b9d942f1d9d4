"""Pools of worker processes that never outlive the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import SpawnContext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Signals that can be deferred.
_STOPS = {signal.SIGINT, signal.SIGTERM}


class _RecordingContext(SpawnContext):
    """Starts and records processes.

    They are spawned, not forked: a forked process may inherit locks of threads that it lacks.
    """

    def __init__(self) -> None:
        super().__init__()
        self.started: list[Any] = []

    def Process(self, *arguments: Any, **options: Any) -> Any:  # type: ignore[override]  # noqa: ANN401, N802 - as in the base class
        process = multiprocessing.get_context("spawn").Process(*arguments, **options)
        self.started.append(process)
        return process


@contextmanager
def process_pool(
    workers: int, *, initialise: Callable[..., None] | None = None, arguments: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """Provide a pool of processes, which end with the context, at once if anything is raised.

    A killed process does not clean up. The caller must remove the folder to which it wrote.

    Parameters
    ----------
    workers
        Number of processes.
    initialise
        Called in each process at its start.
    arguments
        Arguments of `initialise`.

    Yields
    ------
    The pool. Its processes ignore Ctrl-C; the process that started them ends them.
    """
    context = _RecordingContext()
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_follow_parent, initargs=(initialise, arguments)
    )
    try:
        yield pool
    except BaseException:
        with deferred_interrupts():
            for process in context.started:
                process.kill()
            pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Defer interrupts to the end of the context; processes started in it ignore Ctrl-C.

    A signal mask alone is not enough: it applies to one thread, and the threads of numpy have their
    own. The mask is for child processes, which inherit it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals only in the main thread
        return
    received: list[int] = []
    before: dict[signal.Signals, Any] = {}
    try:
        for number in _STOPS:
            handler = signal.getsignal(number)
            if handler is None:
                continue  # not set by Python, which could not restore it
            before[number] = handler
            signal.signal(number, lambda number, _frame: received.append(number))
        with _masked():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])


@contextmanager
def _masked() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow_parent(initialise: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """Make a new process ignore Ctrl-C and end with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initialise is not None:
        initialise(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
