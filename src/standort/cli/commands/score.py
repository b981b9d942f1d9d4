"""`standort score`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from standort.cli.terminal import command_line, get_console, print_text, show_progress

if TYPE_CHECKING:
    import pandas as pd

    from standort.layers import Study

#: Number of sites from which a file is scored in chunks by default.
_MANY_SITES = 200_000
#: Largest size of a small study [bytes].
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
            "--out",
            "-o",
            metavar="OUT",
            help="Write the result to this GeoPackage; an earlier result is replaced.",
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=1, help="Number of clusters and sites to print.")
    ] = 10,
    draws: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=2,
            help="Number of Monte Carlo draws, such as 10000; gives intervals of scores and ranks.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="S", min=0, help="Random seed [default: 0].")
    ] = None,
    chunk_sites: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Score this many sites at a time [default: 65,536 from 200,000 sites].",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Number of processes that score chunks [default: 1]."
        ),
    ] = None,
) -> None:
    """Score the sites and clusters of a study.

    Prints the largest clusters, the best placed sites and the criteria used. The file holds layers
    for QGIS, the contribution of each criterion to each score, and a record of all inputs.

    Millions of sites (a GeoPackage or GeoParquet file) are scored in chunks. The result is a
    GeoPackage or, if OUT has no extension, a folder of GeoParquet files, without ranks and
    contributions.

    With --draws, sites also get `score_p05`, `score_p95`, `rank_p05`, `rank_p95` and `p_top10`
    (share of draws in the top tenth), each followed by its standard error in a column that ends in
    `_error`. All sites are then held in memory.

    Example: `standort score study.gpkg --profile net-zero --out scores.gpkg`
    """
    from standort import study as chain
    from standort.layers import read_study
    from standort.scoring import load_profile

    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    in_chunks = chunk_sites is not None or workers is not None
    _check_draws(draws, seed, in_chunks=in_chunks or (out is not None and not out.suffix))
    inputs = [study, Path(profile), *([sites] if sites else []), *files.values()]
    prepare_output(out, inputs=inputs, endings=(".gpkg", ""))
    many = None if draws else _chunked_file(study, sites, out, in_chunks=in_chunks)
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
    with _python_strings(study):
        read = with_rasters(read_study(study, year=year), files)
        if sites is not None:
            read = _with_sites(read, sites, year)
        with show_progress() as progress:
            result = chain.score(read, chosen, progress=progress)
            if draws is not None:
                from standort.uncertainty import monte_carlo

                drawn = monte_carlo(read, chosen, draws=draws, seed=seed or 0, progress=progress)
                result = drawn.applied_to(result)
        if out is not None:
            result.write(out)

        _print_result(result.sites, result.clusters, result.manifest, top)
        if len(result.places):
            from standort.outputs.summary.place_summary import count_types

            print_text(f"\n{count_types(result.places)} See them with:")
            # the types depend on the vetoes of the profile
            own = () if profile == "net-zero" else ("--profile", profile)
            print_text(f"  {command_line('type', study, *own)}")
        if out is not None:
            print_text(f"\nWritten to {out}. Explain the score of a site with:")
            print_text(f"  {command_line('explain', out, _best_site(result.sites))}")


@contextmanager
def _python_strings(study: Path) -> Iterator[None]:
    """Store the texts of a small study as Python strings.

    In tables of a few hundred rows Arrow strings cost more per operation than they save: 0.2 s on a
    study the size of Great Britain. Results do not depend on it.
    """
    import pandas as pd

    # Path.is_file raises on names that are too long
    small = os.path.isfile(study) and study.stat().st_size <= _SMALL  # noqa: PTH113
    with pd.option_context("mode.string_storage", "python") if small else nullcontext():
        yield


def _check_draws(draws: int | None, seed: int | None, *, in_chunks: bool) -> None:
    """Raise if options of draws have no effect, or sites are scored in chunks."""
    from standort.errors import OptionError

    if draws is None and seed is not None:
        msg = f"--seed {seed} has no effect without draws; add --draws 10000, or leave it out"
        raise OptionError(msg)
    if draws is not None and in_chunks:
        msg = (
            "draws rank all sites at once, which excludes chunks and a folder as output; "
            "leave out --draws, or --chunk-sites and --workers, and end --out in .gpkg"
        )
        raise OptionError(msg)


def _print_result(
    sites: "pd.DataFrame", clusters: "pd.DataFrame", manifest: Mapping[str, object], top: int
) -> None:
    from standort.outputs.summary.result_summary import summarise

    console = get_console()
    console.print(summarise(sites, clusters, manifest, top=top, width=console.width))


def _chunked_file(
    study: Path, sites: Path | None, out: Path | None, *, in_chunks: bool
) -> Path | None:
    """Return the file of sites to score in chunks; None to score all sites at once."""
    from standort.errors import FileError
    from standort.layers.site_chunks import find_sites

    file = find_sites(study if sites is None else sites)
    many = file is not None and file.rows >= _MANY_SITES
    folder = out is not None and not out.suffix
    if not (many or in_chunks or folder):
        return None
    if file is None:
        msg = (
            "scoring in chunks, or into a folder of GeoParquet files, needs a GeoPackage or "
            "GeoParquet file of sites; give it with --sites"
        )
        raise FileError(msg)
    if out is None:
        msg = f"expected --out: {file.rows:,} sites are scored in chunks, into a file"
        raise FileError(msg)
    return file.path


def _score_in_chunks(study: "Study", sites: Path, out: Path, *, top: int, **options: Any) -> None:  # noqa: ANN401
    from standort.batch import score_file

    with show_progress() as progress:
        done = score_file(study, sites, out, progress=progress, **options)
    _print_result(done.best, done.clusters, done.manifest, top)
    print_text(f"\nWritten to {out}, without ranks and contributions; sort the sites by score.")


def _best_site(sites: "pd.DataFrame") -> object:
    """Return the id of the best placed site, or of the first one if none has a score."""
    scores = sites["score"]
    return scores.idxmax() if scores.notna().any() else scores.index[0]


def _with_sites(study: "Study", path: Path, year: int | None) -> "Study":
    from standort.layers import read_layer

    sites, source = read_layer(path, "sites", year=year)
    return study.with_layer("sites", sites, source=source)
