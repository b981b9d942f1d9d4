"""`standort surface`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from standort.cli.output_files import prepare_output
from standort.cli.shared_options import (
    ProfileOption,
    RasterOption,
    StudyArgument,
    YearOption,
    raster_files,
    with_rasters,
)
from standort.cli.terminal import print_error, print_text, show_progress


def surface(  # noqa: PLR0913 - each is an option of the command
    study: StudyArgument,
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Write the surface to this file (.tif; with --h3 .parquet or .gpkg); an earlier "
            "result is replaced.",
            show_default=False,
        ),
    ],
    cell_km: Annotated[
        float | None,
        typer.Option("--cell-km", metavar="KM", help="Raster of cells with this side [km]."),
    ] = None,
    h3: Annotated[
        int | None,
        typer.Option(
            "--h3",
            metavar="RES",
            help="H3 hexagons of this resolution, 0 to 15 (7: about 5 km2), instead of a raster.",
        ),
    ] = None,
    bounds: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(
            "--bounds",
            metavar="W S E N",
            help="Longitudes and latitudes to cover; W > E crosses the antimeridian "
            "[default: those of the mask, or of the emitters with 25 km around them].",
        ),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Polygons; cells with centres outside them have no data."
        ),
    ] = None,
    grid: Annotated[
        str, typer.Option(metavar="KIND", help="Grid of the raster: 'equal-area' or 'geographic'.")
    ] = "equal-area",
    crs: Annotated[
        str | None,
        typer.Option(
            metavar="CRS", help="Projected reference system of the raster, such as EPSG:27700."
        ),
    ] = None,
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: YearOption = None,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Start again rather than resume an unfinished surface."),
    ] = False,
) -> None:
    """Score a hypothetical site at the centre of each grid cell.

    Bands or columns are the score, its components and its coverage. Ctrl-C stops the command; the
    same command resumes.

    Example: `standort surface study.gpkg --cell-km 1 --mask land.gpkg --out surface.tif`
    """
    from standort.layers import read_study
    from standort.scoring import load_profile
    from standort.surfaces import surface as run
    from standort.surfaces.scored_surface import RASTER_ENDINGS, TABLE_ENDINGS

    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    inputs = [study, Path(profile), *([mask] if mask else []), *files.values()]
    prepare_output(out, inputs=inputs, endings=(*RASTER_ENDINGS, *TABLE_ENDINGS))
    options: dict[str, Any] = {
        "cell_km": cell_km,
        "h3": h3,
        "bounds": bounds,
        "mask": mask,
        "grid": grid,
        "crs": crs,
        "resume": not restart,
    }
    read = with_rasters(read_study(study, year=year, without_sites=True), files)
    try:
        with show_progress() as progress:
            run(read, chosen, out=out, progress=progress, **options)
    except KeyboardInterrupt:
        _print_how_to_resume(out)
        raise
    _print_summary(out)


def _print_how_to_resume(out: Path) -> None:
    from standort.surfaces.checkpoint import checkpoint_path

    kept = checkpoint_path(out)
    if kept.exists():
        print_error(f"finished cells are kept in {str(kept)!r}; run the same command to resume")


def _print_summary(out: Path) -> None:
    from standort.errors import FileError
    from standort.surfaces.hexagon_files import read_manifest

    manifest = read_manifest(out)
    if manifest is None:
        msg = f"wrote {str(out)!r}, but cannot read it again; check the disk, and run this again"
        raise FileError(msg)
    counts, basis, profile = manifest["counts"], manifest["basis"], manifest["profile"]
    names = ", ".join(name.replace("_", " ") for name in basis)
    print_text(
        f"{counts['scored']:,} of {counts['cells']:,} cells scored by profile {profile['id']} "
        f"{profile['version']}."
    )
    print_text(f"Scores use {len(basis)} of the {len(manifest['criteria'])} criteria: {names}.")
    print_text(f"Written to {out}.")
