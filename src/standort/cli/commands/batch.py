"""`standort batch`."""

from pathlib import Path
from typing import Annotated

import typer

from standort.cli.shared_options import ProfileOption, RasterOption, YearOption, raster_files
from standort.cli.terminal import BAD_INPUT, get_console, print_error, print_text, show_progress


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
            help="Folder for one GeoPackage per study and batch.csv.",
            show_default=False,
        ),
    ],
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: YearOption = None,
    workers: Annotated[
        int,
        typer.Option(
            "--workers", "-w", metavar="N", min=1, help="Number of studies scored at a time."
        ),
    ] = 1,
) -> None:
    """Score many studies. A study that fails does not stop the others.

    Ends with exit code 2 if any study failed. Ctrl-C stops the batch; finished results are kept,
    and batch.csv lists them.

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
    try:
        with show_progress() as progress:
            table = run(paths, **options, progress=progress)  # type: ignore[arg-type]  # as named
    except KeyboardInterrupt:
        print_error(f"{out_dir / 'batch.csv'} lists the studies that are finished")
        raise
    failed = table.loc[table["status"] == "failed"]
    done = len(table) - len(failed)
    print_text(f"{done} of {len(table)} studies scored; see {out_dir / 'batch.csv'}")
    for row in failed.itertuples():
        get_console().print(f"failed: {row.study}: {row.message}", markup=False, style=None)
    if len(failed):
        raise typer.Exit(BAD_INPUT)
