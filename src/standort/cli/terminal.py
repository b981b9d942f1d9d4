"""Terminal: exit codes, errors and warnings, signals, progress, standard output and error.

Neither this module nor the commands import the rest of standort before a command runs, so that
`standort --help` answers at once.
"""

import shlex
import shutil
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from standort.errors import StandortError, StandortWarning

if TYPE_CHECKING:
    from rich.console import Console

    from standort.array_types import Progress

#: Exit codes: something is wrong with the input, or with standort.
BAD_INPUT = 2
INTERNAL_ERROR = 1


@contextmanager
def handle_errors(*, debug: bool = False) -> Iterator[None]:
    """Turn an error into a message and an exit code, and warnings into plain lines.

    Parameters
    ----------
    debug
        Whether to print the traceback too.

    Raises
    ------
    typer.Exit
        With code 2 for a `StandortError`, and code 1 for any other exception.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("always", StandortWarning)
        warnings.showwarning = _show_warning
        try:
            yield
        except StandortError as error:
            _print_traceback(debug=debug)
            print_error(f"error: {error}")
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt:
            print_error("stopped")
            raise
        except Exception as error:
            # The parser's exceptions have exit codes; a reader such as head may close the pipe.
            if hasattr(error, "exit_code") or isinstance(error, typer.Abort | BrokenPipeError):
                raise
            _print_traceback(debug=debug)
            reason = " ".join(str(error).split())
            print_error(
                f"error: this is a bug in standort, not a problem with your input "
                f"({type(error).__name__}: {reason}); "
                "run 'standort --debug ...' to see where, and report it"
            )
            raise typer.Exit(INTERNAL_ERROR) from error


@contextmanager
def handle_signals() -> Iterator[None]:
    """Treat a request to end (SIGTERM, or the terminal closing) as Ctrl-C.

    Raises
    ------
    typer.Exit
        With 128 plus the number of the signal, as shells expect. Ctrl-C itself raises
        KeyboardInterrupt, which ends with 130.
    """
    received: list[int] = []

    def stop(number: int, _frame: object) -> None:
        received.append(number)
        raise KeyboardInterrupt

    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # A signal that is ignored, as under nohup, stays ignored.
    handled = [number for number in wanted if signal.getsignal(number) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        handled = []
    for number in handled:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:
        if received:
            print_error("stopped")
            raise typer.Exit(128 + received[0]) from None
        raise
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def show_progress() -> "Iterator[Progress | None]":
    """Show progress on standard error if it is a terminal.

    Yields
    ------
    A function that takes a label, the steps done and the total; None without a terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(label: str, done: int, total: int) -> None:
            bar.update(task, description=label, completed=done, total=total)

        yield show


def command_line(*arguments: object) -> str:
    """Format a command so that it can be pasted into a shell.

    Parameters
    ----------
    arguments
        Arguments after the name of the program.

    Returns
    -------
    The command. The program is named as in this call, because it may not be on the path.
    """
    called = Path(sys.argv[0])
    on_path = shutil.which("standort")
    is_ours = called.stem == "standort" and called.exists()
    is_default = is_ours and on_path is not None and called.samefile(on_path)
    program = str(called) if is_ours and not is_default else "standort"
    return shlex.join([program, *(str(argument) for argument in arguments)])


def get_console() -> "Console":
    """Return a console on standard output; it uses colour only on a terminal."""
    from rich.console import Console

    return Console(highlight=False)


def print_error(message: str) -> None:
    """Write a line to standard error."""
    typer.echo(message, err=True)


def _print_traceback(*, debug: bool) -> None:
    if debug:
        print_error(traceback.format_exc().rstrip())


def _show_warning(
    message: Warning | str, category: type[Warning], *_args: object, **_options: object
) -> None:
    kind = "warning" if issubclass(category, StandortWarning) else category.__name__
    print_error(f"{kind}: {message}")
