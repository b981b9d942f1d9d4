"""What all commands share: telling errors and warnings, progress, and where text goes.

Nothing here or in the commands imports the rest of standort before a command runs, so that
`standort --help` answers at once.
"""

import shlex
import shutil
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from standort.errors import FileError, StandortError, StandortWarning

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "BAD_INPUT",
    "OUR_FAULT",
    "command_line",
    "guarded",
    "make_way",
    "output",
    "progress_shown",
    "stoppable",
    "tell",
]

#: Exit codes: the input is at fault, or standort is.
BAD_INPUT = 2
OUR_FAULT = 1

Progress = Callable[[str, int, int], None]


@contextmanager
def guarded(*, debug: bool = False) -> Iterator[None]:
    """Turn errors into a message and an exit code, and warnings into plain lines.

    Parameters
    ----------
    debug
        Whether to show where an error came from.

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
            _tell_trace(debug=debug)
            tell(f"error: {error}")
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt:
            tell("stopped")
            raise
        except Exception as error:
            # No faults: the parser's exceptions say how to end, and a reader (head) may leave.
            if hasattr(error, "exit_code") or isinstance(error, typer.Abort | BrokenPipeError):
                raise
            _tell_trace(debug=debug)
            reason = " ".join(str(error).split())
            tell(
                f"error: this is a fault of standort, not of your input "
                f"({type(error).__name__}: {reason}); "
                "run it as 'standort --debug ...' to see where, and report that"
            )
            raise typer.Exit(OUR_FAULT) from error


@contextmanager
def stoppable() -> Iterator[None]:
    """Take a request to end (SIGTERM, or the terminal closing) as Ctrl-C, and end as it asks.

    Raises
    ------
    typer.Exit
        With 128 and the number of the signal, as shells expect; Ctrl-C itself raises
        KeyboardInterrupt, which ends with 130.
    """
    came: list[int] = []

    def stop(number: int, _frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    wanted = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # Whoever ignores a signal, as nohup does, wants it ignored.
    taken = [number for number in wanted if signal.getsignal(number) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        taken = []
    for number in taken:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:
        if came:
            tell("stopped")
            raise typer.Exit(128 + came[0]) from None
        raise
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def progress_shown() -> Iterator[Progress | None]:
    """Show progress on standard error, if a person is looking at it.

    Yields
    ------
    A function that takes a label, the steps done and all steps; None if nobody is looking.
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
    """Write a command that can be typed as it stands.

    Parameters
    ----------
    arguments
        What follows the name of the program.

    Returns
    -------
    The command. The program is called as it was called this time: it need not be on the path.
    """
    called = Path(sys.argv[0])
    on_path = shutil.which("standort")
    is_ours = called.stem == "standort" and called.exists()
    found_anyway = is_ours and on_path is not None and called.samefile(on_path)
    program = str(called) if is_ours and not found_anyway else "standort"
    return shlex.join([program, *(str(argument) for argument in arguments)])


def make_way(out: Path, *, inputs: list[Path], what: str) -> None:
    """Make the folder of an output, and refuse an output that is an input.

    Parameters
    ----------
    out
        Where the output is to go.
    inputs
        What it must not replace.
    what
        What is written, for the message.

    Raises
    ------
    FileError
        If the output is one of the inputs, or its folder cannot be made.
    """
    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            msg = (
                f"expected another file for the {what} than for the input, both are {str(out)!r}; "
                "choose another name for --out"
            )
            raise FileError(msg)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot make the folder {str(out.parent)!r}: {error.strerror}; choose another"
        raise FileError(msg) from error


def output() -> "Console":
    """Give the console for results: standard output, without colour when it is no terminal."""
    from rich.console import Console

    return Console(highlight=False)


def tell(message: str) -> None:
    """Write a line to standard error."""
    typer.echo(message, err=True)


def _tell_trace(*, debug: bool) -> None:
    if debug:
        tell(traceback.format_exc().rstrip())


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    *_args: object,
    **_options: object,
) -> None:
    kind = "warning" if issubclass(category, StandortWarning) else category.__name__
    tell(f"{kind}: {message}")
