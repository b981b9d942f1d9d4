"""Processes that score studies, and how they end: never later than the one that started them."""

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

__all__ = ["pool_of", "unheard"]

#: Wishes to stop that can be held back.
_STOPS = {signal.SIGINT, signal.SIGTERM}


class _Recorded(SpawnContext):
    """Starts processes, and remembers which.

    They are spawned, not forked: a forked process may inherit locks of threads it does not have.
    """

    def __init__(self) -> None:
        super().__init__()
        self.started: list[Any] = []

    def Process(self, *arguments: Any, **options: Any) -> Any:  # type: ignore[override]  # noqa: ANN401, N802 - as its parent
        process = multiprocessing.get_context("spawn").Process(*arguments, **options)
        self.started.append(process)
        return process


@contextmanager
def pool_of(
    workers: int, *, begin: Callable[..., None] | None = None, given: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of processes that is gone afterwards, at once if anything is raised.

    A process that is killed cleans nothing up. What it was writing must be in a folder that the
    caller removes.

    Parameters
    ----------
    workers
        Number of processes.
    begin
        Called in each process as it starts.
    given
        What it is called with.

    Yields
    ------
    The pool. Its processes do not hear Ctrl-C: the one that asked for them does, and ends them.
    """
    context = _Recorded()
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_follow_parent, initargs=(begin, given)
    )
    try:
        yield pool
    except BaseException:
        with unheard():
            for process in context.started:
                process.kill()
            pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def unheard() -> Iterator[None]:
    """Hold wishes to stop back until the end; processes started meanwhile never hear Ctrl-C.

    A mask alone holds nothing back: it is of one thread, and numpy's threads have their own. The
    mask is for processes, which inherit it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python tells signals to the main thread only
        return
    heard: list[int] = []
    before: dict[signal.Signals, Any] = {}
    try:
        for number in _STOPS:
            handler = signal.getsignal(number)
            if handler is None:
                continue  # not Python's, which could not put it back
            before[number] = handler
            signal.signal(number, lambda number, _frame: heard.append(number))
        with _masked():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(heard[0])


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


def _follow_parent(begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    """Prepare a new process: deaf to Ctrl-C, and to end when the one that started it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin(*given)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
