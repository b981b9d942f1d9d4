"""The command `standort`: its groups and commands, and the way in."""

import sys
from io import TextIOWrapper
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
from standort.cli.shell import guarded

__all__ = ["app", "main"]


class _Guarded(TyperGroup):
    """A group that tells errors in words and ends with the exit code they call for."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the parser's context has no public type
        with guarded(debug=bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Guarded,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("check", cls=PlainCommand)(check.check)
app.command("score", cls=PlainCommand)(score.score)
# An id may begin with a hyphen, as -1 does.
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that the terminal's encoding lacks is no reason to fail.
            stream.reconfigure(errors="replace")
    app(prog_name="standort")


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - the parser calls it with the flag
    if wanted:
        from importlib import metadata

        typer.echo(f"standort {metadata.version('standort')}")
        raise typer.Exit


@app.callback()
def standort(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
) -> None:
    """Score the locational advantage of industrial sites for net zero.

    Start with `standort check STUDY.gpkg`, then `standort score STUDY.gpkg --out scores.gpkg`.
    Exit codes: 0 done, 2 something is wrong with the input, 1 something is wrong with standort.
    """
