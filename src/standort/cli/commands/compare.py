"""`standort compare`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from standort.cli.shell import make_way

__all__ = ["compare"]


def compare(
    old: Annotated[
        Path,
        typer.Argument(
            metavar="OLD", help="GeoPackage written by standort score.", show_default=False
        ),
    ],
    new: Annotated[
        Path,
        typer.Argument(metavar="NEW", help="Another, to compare with it.", show_default=False),
    ],
    *,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", metavar="FORMAT", help="text or json.")
    ] = "text",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Write the changes of all sites (CSV), or of everything (GeoPackage).",
        ),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Most rows to print.")] = 10,
) -> None:
    """Tell what moved between two results, and why.

    Sites are matched by their ids, clusters by the members they have in common. Shows which scores,
    tiers, clusters and types changed, by which criterion, and what the two runs did not have in
    common: inputs, profile, versions.

    Example: `standort compare scores_2024.gpkg scores_2025.gpkg --out moved.gpkg`
    """
    from standort import study as chain

    if out is not None:
        make_way(out, inputs=[old, new], what="comparison")
    comparison = chain.compare(old, new)
    if out is not None:
        comparison.write(out)
    if output_format == "json":
        import json

        typer.echo(json.dumps(comparison.to_dict(), ensure_ascii=False, indent=2))
        return
    typer.echo(comparison.to_text(top=top))
    if out is not None:
        typer.echo(f"\nWritten to {out}.")
