"""The command `standort` and its entry point."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from standort.cli.commands import (
    batch,
    check,
    clusters,
    compare,
    explain,
    network,
    profile,
    score,
    sensitivity,
    surface,
    tipping,
    types,
    whatif,
)
from standort.cli.help_text import PlainCommand
from standort.cli.terminal import handle_errors, handle_signals, open_standard_files, print_text


class _Commands(TyperGroup):
    """Commands that report errors in one line and end with the matching exit code."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - no public type
        with handle_errors():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the parser's context has no public type
        with handle_signals(), handle_errors(debug=bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check", cls=PlainCommand)(check.check)
app.command("score", cls=PlainCommand)(score.score)
# An id may begin with a hyphen, such as -1.
app.command("explain", cls=PlainCommand, context_settings={"ignore_unknown_options": True})(
    explain.explain
)
app.command("compare", cls=PlainCommand)(compare.compare)
app.command("whatif", cls=PlainCommand)(whatif.whatif)
app.command("tipping", cls=PlainCommand, context_settings={"ignore_unknown_options": True})(
    tipping.tipping
)
app.command("sensitivity", cls=PlainCommand)(sensitivity.sensitivity)
app.command("type", cls=PlainCommand)(types.classify)
app.command("clusters", cls=PlainCommand)(clusters.clusters)
app.add_typer(network.app, name="network")
app.add_typer(profile.app, name="profile")
app.command("surface", cls=PlainCommand)(surface.surface)
app.command("batch", cls=PlainCommand)(batch.batch)


def main() -> None:
    """Run the command line."""
    open_standard_files()
    app(prog_name="standort")


def _print_version(requested: bool) -> None:  # noqa: FBT001 - the parser calls it with the flag
    if requested:
        from importlib import metadata

        print_text(f"standort {metadata.version('standort')}")
        raise typer.Exit


@app.callback()
def standort(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Print the traceback of an error.")
    ] = False,
) -> None:
    """Score the locational advantage of industrial sites for net zero.

    Start with `standort check STUDY.gpkg`, then `standort score STUDY.gpkg --out scores.gpkg`.
    Exit codes: 0 success, 1 internal error of standort, 2 problem with the input or output, 128
    plus the number of a signal that stopped it (141 for a closed pipe).
    """
