"""`standort compare`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from standort.cli.output_files import prepare_output
from standort.cli.terminal import print_text


def compare(
    old: Annotated[
        Path,
        typer.Argument(
            metavar="OLD", help="GeoPackage written by standort score.", show_default=False
        ),
    ],
    new: Annotated[
        Path,
        typer.Argument(metavar="NEW", help="GeoPackage to compare with it.", show_default=False),
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
            help="Write the changes of all sites (CSV) or of everything (GeoPackage) to this file.",
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=1, help="Maximum number of rows to print.")
    ] = 10,
) -> None:
    """Compare two results and explain the changes.

    Matches sites by id and clusters by the members they share. Shows which scores, tiers, clusters
    and types changed, through which criteria, and how the two runs differ in inputs, profile and
    versions.

    Example: `standort compare scores_2024.gpkg scores_2025.gpkg --out changes.gpkg`
    """
    from standort import study as chain

    prepare_output(out, inputs=[old, new], endings=(".csv", ".gpkg"))
    comparison = chain.compare(old, new)
    if out is not None:
        comparison.write(out)
    if output_format == "json":
        import json

        print_text(json.dumps(comparison.to_dict(), ensure_ascii=False, indent=2))
        return
    print_text(comparison.to_text(top=top))
    if out is not None:
        print_text(f"\nWritten to {out}.")
