"""`standort score`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standort.cli.arguments import ProfileOption, RasterOption, StudyArgument, YearOption
from standort.cli.raster_options import raster_files, with_rasters
from standort.cli.shell import command_line, make_way, output, progress_shown

if TYPE_CHECKING:
    import pandas as pd

    from standort.layers import Study

__all__ = ["prepare_destination", "score"]

#: sites from which on a file is scored in chunks without being asked
_MANY_SITES = 200_000
#: bytes up to which a file of a study is small
_SMALL = 16_000_000


def score(  # noqa: PLR0913 - one parameter for each option
    study: StudyArgument,
    *,
    profile: ProfileOption = "net-zero",
    sites: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Score these points instead of the emitters (GeoPackage, GeoJSON ...).",
        ),
    ] = None,
    raster: RasterOption = None,
    year: YearOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT", help="Write the result to this GeoPackage; replaces it."
        ),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Clusters and sites to print.")] = 10,
    draws: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=2,
            help="Draw what is uncertain N times, for intervals of scores and ranks; 10,000 is "
            "usual.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="S", min=0, help="Seed of the draws [default: 0]."),
    ] = None,
    chunk_sites: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Sites to hold in memory at once; from 200,000 sites on, 65,536 unless told.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Processes that score such chunks [default: 1]."),
    ] = None,
) -> None:
    """Score the sites and clusters of a study.

    Prints the largest clusters and the best placed sites, and says which criteria the scores
    stand on. The file holds layers for QGIS, what each criterion adds to each score, and a record
    of all inputs.

    Millions of sites (a GeoPackage or GeoParquet file) are scored in chunks, into a GeoPackage or,
    if OUT has no ending, a folder of GeoParquet files; ranks and contributions are left out.

    With --draws sites also get `score_p05`, `score_p95`, `rank_p05`, `rank_p95` and `p_top10`,
    the share of draws in the top tenth, each with its standard error in a column `_error` beside
    it; all sites are then held in memory.

    Example: `standort score study.gpkg --profile net-zero --out scores.gpkg`
    """
    from standort import study as chain
    from standort.layers import read_study
    from standort.scoring import load_profile

    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    asked = chunk_sites is not None or workers is not None
    _check_draws(draws, seed, asked=asked or (out is not None and not out.suffix))
    many = None if draws else _sites_in_chunks(study, sites, out, asked=asked)
    if many is not None and out is not None:
        from standort.batch import CHUNK_SITES

        _score_in_chunks(
            with_rasters(read_study(study, year=year, without_sites=True), files),
            many,
            out,
            top=top,
            profile=chosen,
            year=year,
            chunk_sites=chunk_sites or CHUNK_SITES,
            workers=workers or 1,
        )
        return
    if out is not None:
        prepare_destination(out, inputs=[study, *([sites] if sites else [])])
    with _texts_of_python(study):
        read = with_rasters(read_study(study, year=year), files)
        if sites is not None:
            read = _with_sites(read, sites, year)
        with progress_shown() as progress:
            result = chain.score(read, chosen, progress=progress)
            if draws is not None:
                from standort.uncertainty import monte_carlo

                found = monte_carlo(read, chosen, draws=draws, seed=seed or 0, progress=progress)
                result = found.applied_to(result)
        if out is not None:
            result.write(out)

        _tell_result(result.sites, result.clusters, result.manifest, top)
        if len(result.places):
            from standort.outputs.summary.place_summary import tell_types

            typer.echo(f"\n{tell_types(result.places)} More of them:")
            # its types are by its vetoes
            own = () if profile == "net-zero" else ("--profile", profile)
            typer.echo(f"  {command_line('type', study, *own)}")
        if out is not None:
            typer.echo(f"\nWritten to {out}. Ask why a site scores as it does:")
            typer.echo(f"  {command_line('explain', out, _best_site(result.sites))}")


@contextmanager
def _texts_of_python(study: Path) -> Iterator[None]:
    """Keep the texts of a small study as Python's own.

    In tables of a few hundred rows Arrow's cost more in each small step than they ever save: 0.2 s
    of a study the size of Great Britain. No result depends on it.
    """
    import pandas as pd

    # Path.is_file raises on names that are too long
    small = os.path.isfile(study) and study.stat().st_size <= _SMALL  # noqa: PTH113
    with pd.option_context("mode.string_storage", "python") if small else nullcontext():
        yield


def _check_draws(draws: int | None, seed: int | None, *, asked: bool) -> None:
    """Refuse options of draws that would be ignored."""
    from standort.errors import OptionError

    if draws is None and seed is not None:
        msg = f"--seed {seed} means nothing without draws: add --draws 10000, or leave it out"
        raise OptionError(msg)
    if draws is not None and asked:
        msg = (
            "draws rank all sites at once, so they cannot be scored in chunks or into a folder: "
            "leave out --draws, or --chunk-sites and --workers, and give --out an ending"
        )
        raise OptionError(msg)


def _tell_result(
    sites: "pd.DataFrame", clusters: "pd.DataFrame", manifest: Mapping[str, object], top: int
) -> None:
    from standort.outputs.summary.result_summary import summarise

    console = output()
    console.print(summarise(sites, clusters, manifest, top=top, width=console.width))


def _sites_in_chunks(
    study: Path, sites: Path | None, out: Path | None, *, asked: bool
) -> Path | None:
    """Tell which file of sites is scored in chunks; None where all are scored in one go."""
    from standort.errors import FileError
    from standort.layers.site_chunks import find_sites

    file = find_sites(study if sites is None else sites)
    many = file is not None and file.rows >= _MANY_SITES
    folder = out is not None and not out.suffix
    if not (many or asked or folder):
        return None
    if file is None:
        msg = (
            "scoring in chunks, or into a folder of GeoParquet files, takes a GeoPackage or "
            "GeoParquet file of sites: give it by --sites"
        )
        raise FileError(msg)
    if out is None:
        msg = f"expected --out: the scores of {file.rows:,} sites go to a file, not to memory"
        raise FileError(msg)
    prepare_destination(out, inputs=[study, file.path])
    return file.path


def _score_in_chunks(study: "Study", sites: Path, out: Path, *, top: int, **options: Any) -> None:  # noqa: ANN401
    from standort.batch import score_file

    with progress_shown() as progress:
        done = score_file(study, sites, out, progress=progress, **options)
    _tell_result(done.best, done.clusters, done.manifest, top)
    typer.echo(f"\nWritten to {out}, without ranks and contributions: sort its sites by score.")


def _best_site(sites: "pd.DataFrame") -> object:
    """Give the id of the best placed site; of the first one if none is scored."""
    scores = sites["score"]
    return scores.idxmax() if scores.notna().any() else scores.index[0]


def prepare_destination(out: Path, *, inputs: list[Path]) -> None:
    """Make the folder of the output, and refuse an output that cannot be or is an input."""
    from standort.errors import FileError
    from standort.outputs.geopackage.chunk_writer import check_stream_destination
    from standort.outputs.geopackage.stored_results import is_result

    make_way(out, inputs=inputs, what="result")
    check_stream_destination(out)
    if out.is_file() and not is_result(out):
        msg = (
            f"{str(out)!r} is no result of standort and would be lost; "
            "choose another name for --out, or remove the file first"
        )
        raise FileError(msg)


def _with_sites(study: "Study", path: Path, year: int | None) -> "Study":
    from standort.layers import read_layer

    sites, source = read_layer(path, "sites", year=year)
    return study.with_layer("sites", sites, source=source)
