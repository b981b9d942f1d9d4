"""`standort batch`."""

from pathlib import Path
from typing import Annotated

import typer

from standort.cli.arguments import ProfileOption, RasterOption, YearOption
from standort.cli.raster_options import raster_files
from standort.cli.shell import BAD_INPUT, output, progress_shown, stoppable, tell

__all__ = ["batch"]


def batch(
    patterns: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDIES", help="Studies, or patterns such as 'in/*.gpkg'.", show_default=False
        ),
    ],
    *,
    out_dir: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="Folder for a GeoPackage per study and batch.csv.",
            show_default=False,
        ),
    ],
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: YearOption = None,
    workers: Annotated[
        int, typer.Option("--workers", "-w", metavar="N", min=1, help="Studies at a time.")
    ] = 1,
) -> None:
    """Score many studies; one that fails does not stop the others.

    Ends with exit code 2 if any study failed. Ctrl-C stops it; what is done stays, and batch.csv
    tells which studies are.

    Example: `standort batch 'in/*.gpkg' --out-dir out/ --workers 2`
    """
    from standort.batch import batch as run
    from standort.batch import expand_patterns
    from standort.scoring import load_profile

    paths, chosen = expand_patterns(patterns), load_profile(profile)
    options = {
        "out_dir": out_dir,
        "profile": chosen,
        "rasters": raster_files(raster, chosen),
        "year": year,
        "workers": workers,
    }
    with stoppable():
        try:
            with progress_shown() as progress:
                table = run(paths, **options, progress=progress)  # type: ignore[arg-type]  # as named
        except KeyboardInterrupt:
            tell(f"{out_dir / 'batch.csv'} tells which studies are done")
            raise
    failed = table.loc[table["status"] == "failed"]
    done = len(table) - len(failed)
    typer.echo(f"{done} of {len(table)} studies scored; see {out_dir / 'batch.csv'}")
    for row in failed.itertuples():
        output().print(f"failed: {row.study}: {row.message}", markup=False, style=None)
    if len(failed):
        raise typer.Exit(BAD_INPUT)
