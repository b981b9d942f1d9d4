"""`standort surface`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from standort.cli.arguments import ProfileOption, RasterOption, StudyArgument, YearOption
from standort.cli.raster_options import raster_files, with_rasters
from standort.cli.shell import make_way, progress_shown, stoppable, tell

__all__ = ["surface"]


def surface(  # noqa: PLR0913 - each is an option of the command
    study: StudyArgument,
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Write to this file: .tif, or with --h3 .parquet or .gpkg; replaces it.",
            show_default=False,
        ),
    ],
    cell_km: Annotated[
        float | None,
        typer.Option("--cell-km", metavar="KM", help="Side of the cells of a raster [km]."),
    ] = None,
    h3: Annotated[
        int | None,
        typer.Option(
            "--h3",
            metavar="RES",
            help="Hexagons of this resolution of H3 instead, 0 to 15 (7 is about 5 km2).",
        ),
    ] = None,
    bounds: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(
            "--bounds",
            metavar="W S E N",
            help="Longitudes and latitudes to cover; W greater than E crosses the antimeridian. "
            "By default those of the mask, or the emitters and 25 km around.",
        ),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Polygons; cells whose centres lie outside hold no data."
        ),
    ] = None,
    grid: Annotated[
        str,
        typer.Option(metavar="KIND", help="Cells of a raster: 'equal-area' or 'geographic'."),
    ] = "equal-area",
    crs: Annotated[
        str | None,
        typer.Option(
            metavar="CRS", help="Lay the raster in this projected system, such as EPSG:27700."
        ),
    ] = None,
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: YearOption = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Do not go on with an unfinished surface.")
    ] = False,
) -> None:
    """Score every cell of a grid as if a site stood there.

    Bands or columns are the score, its components and its coverage. Ctrl-C stops it; the same
    command goes on where it stopped.

    Example: `standort surface study.gpkg --cell-km 1 --mask land.gpkg --out surface.tif`
    """
    from standort.layers import read_study
    from standort.scoring import load_profile
    from standort.surfaces import surface as run

    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    _prepare(out, inputs=[study, *([mask] if mask else []), *files.values()])

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
    with stoppable():
        try:
            with progress_shown() as progress:
                run(read, chosen, out=out, progress=progress, **options)
        except KeyboardInterrupt:
            _tell_how_to_go_on(out)
            raise
    _tell_what_came(out)


def _prepare(out: Path, *, inputs: list[Path]) -> None:
    """Make the folder of the output, and refuse an output that is an input or something else."""
    from standort.errors import FileError
    from standort.surfaces.hexagon_files import read_manifest

    make_way(out, inputs=inputs, what="surface")
    if out.is_file() and read_manifest(out) is None:
        msg = (
            f"{str(out)!r} is no surface of standort and would be lost; "
            "choose another name for --out, or remove the file first"
        )
        raise FileError(msg)


def _tell_how_to_go_on(out: Path) -> None:
    from standort.surfaces.checkpoint import kept_beside

    kept = kept_beside(out)
    if kept.exists():
        tell(f"what is done is kept in {str(kept)!r}; run the same command to go on with it")


def _tell_what_came(out: Path) -> None:
    from standort.surfaces.hexagon_files import read_manifest

    manifest = read_manifest(out) or {}
    counts, basis, profile = manifest["counts"], manifest["basis"], manifest["profile"]
    names = ", ".join(name.replace("_", " ") for name in basis)
    typer.echo(
        f"{counts['scored']:,} of {counts['cells']:,} cells scored by profile {profile['id']} "
        f"{profile['version']}, on {len(basis)} of {len(manifest['criteria'])} criteria: {names}."
    )
    typer.echo(f"Written to {out}")
