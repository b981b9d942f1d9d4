"""Terminal: exit codes, errors and warnings, signals, progress, standard output and error.

Neither this module nor the commands import the rest of standort before a command runs, so that
`standort --help` answers at once.
"""

import io
import os
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
from typing import TYPE_CHECKING, Any

import typer

from standort.errors import FileError, StandortError, StandortWarning, visible

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment

    from standort.array_types import Progress

#: Exit codes: something is wrong with the input, or with standort; or the reader of a pipe has
#: stopped reading, for which shells expect 128 plus the number of SIGPIPE.
BAD_INPUT = 2
INTERNAL_ERROR = 1
CLOSED_PIPE = 141
_KEPT = ("encoding", "errors", "line_buffering", "write_through")


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
        With code 2 for a `StandortError`, 141 if standard output is a pipe that was closed, and 1
        for any other exception.
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
            print_error("stopped; outputs are complete or as they were")
            raise
        except Exception as error:
            if hasattr(error, "exit_code") or isinstance(error, typer.Abort):
                raise  # the parser's exceptions
            if isinstance(error, BrokenPipeError):
                raise typer.Exit(CLOSED_PIPE) from error
            _print_traceback(debug=debug)
            reason = " ".join(str(error).split())
            print_error(
                f"error: this is a bug in standort, not a problem with your input "
                f"({type(error).__name__}: {reason}); "
                "run 'standort --debug ...' to see where, and report it"
            )
            raise typer.Exit(INTERNAL_ERROR) from error


class StandardOutput(io.TextIOWrapper):
    """Standard output that reports in words that it cannot be written."""

    def write(self, text: str) -> int:
        """Write a text; raise FileError if the disk is full, BrokenPipeError if nobody reads."""
        if text == "":  # the parser tries with it what it may write
            return 0
        with self._readable_errors():
            return super().write(text)

    def flush(self) -> None:
        """Write what is pending; raise as `write`."""
        with self._readable_errors():
            super().flush()

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # Python would try again at its end, and print a traceback
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            if isinstance(error, BrokenPipeError):
                raise
            msg = (
                f"cannot write to standard output: {error.strerror}; free some space, or write to "
                "another place"
            )
            raise FileError(msg) from error


def open_standard_files() -> None:
    """Prepare standard input, output and error.

    Those that the caller has closed are opened, so that no output file takes their place. On
    output and error, characters that the encoding of the terminal lacks are replaced.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - until the end
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if isinstance(sys.stdout, io.TextIOWrapper):
        kept = {name: getattr(sys.stdout, name) for name in _KEPT}
        sys.stdout = StandardOutput(sys.stdout.detach(), **kept)


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
    from rich.markup import escape
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(label: str, done: int, total: int) -> None:
            described = escape(visible(label))  # it may hold the name of a file
            bar.update(task, description=described, completed=done, total=total)

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
    """Return a console on standard output; it uses colour only on a terminal, and no markup."""
    from rich.console import Console, RenderHook

    class VisibleText(RenderHook):
        """Shows control characters in all that a console prints."""

        def process_renderables(self, renderables: list[Any]) -> list[Any]:
            return [_Visible(renderable) for renderable in renderables]

    class OwnConsole(Console):
        """Leaves it to `handle_errors` to end a command whose reader has stopped reading."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = OwnConsole(highlight=False, markup=False)
    console.push_render_hook(VisibleText())
    return console


class _Visible:
    def __init__(self, renderable: "Any") -> None:  # noqa: ANN401 - whatever rich prints
        self._renderable = renderable

    def __rich_console__(
        self, console: "Console", options: "ConsoleOptions"
    ) -> "Iterator[Segment]":
        from rich.segment import Segment

        for text, style, control in console.render(self._renderable, options):
            yield Segment(text if control else visible(text), style, control)


def print_text(text: str) -> None:
    """Write a text and a line break to standard output, with control characters as escapes."""
    typer.echo(visible(text))


def print_error(message: str) -> None:
    """Write a line to standard error, with control characters as escapes."""
    typer.echo(visible(message), err=True)


def _print_traceback(*, debug: bool) -> None:
    if debug:
        print_error(traceback.format_exc().rstrip())


def _show_warning(
    message: Warning | str, category: type[Warning], *_args: object, **_options: object
) -> None:
    kind = "warning" if issubclass(category, StandortWarning) else category.__name__
    print_error(f"{kind}: {message}")
