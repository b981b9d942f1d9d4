"""`standort score`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from standort.cli.arguments import ProfileOption, StudyArgument, YearOption
from standort.cli.shell import command_line, output, progress_shown

if TYPE_CHECKING:
    import pandas as pd

    from standort.layers import Study

__all__ = ["score"]


def score(
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
    year: YearOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT", help="Write the result to this GeoPackage; replaces it."
        ),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Clusters and sites to print.")] = 10,
) -> None:
    """Score the sites and clusters of a study.

    Prints the largest clusters and the best placed sites, and says which criteria the scores
    stand on. The file holds layers for QGIS, what each criterion adds to each score, and a record
    of all inputs.

    Example: `standort score study.gpkg --profile net-zero --out scores.gpkg`
    """
    from standort import study as chain
    from standort.layers import read_study

    if out is not None:
        prepare_destination(out, inputs=[study, *([sites] if sites else [])])
    read = read_study(study, year=year)
    if sites is not None:
        read = _with_sites(read, sites, year)
    with progress_shown() as progress:
        result = chain.score(read, profile, progress=progress)
    if out is not None:
        result.write(out)

    from standort.outputs.summary import summarise

    console = output()
    console.print(
        summarise(result.sites, result.clusters, result.manifest, top=top, width=console.width)
    )
    if out is not None:
        typer.echo(f"\nWritten to {out}. Ask why a site scores as it does:")
        typer.echo(f"  {command_line('explain', out, _best_site(result.sites))}")


def _best_site(sites: "pd.DataFrame") -> object:
    """Give the id of the best placed site; of the first one if none is scored."""
    scores = sites["score"]
    return scores.idxmax() if scores.notna().any() else scores.index[0]


def prepare_destination(out: Path, *, inputs: list[Path]) -> None:
    """Make the folder of the output, and refuse an output that cannot be or is an input."""
    from standort.errors import FileError
    from standort.outputs.geopackage import check_destination
    from standort.outputs.reading import is_result

    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            msg = (
                f"expected another file for the result than for the input, both are {str(out)!r}; "
                "choose another name for --out"
            )
            raise FileError(msg)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot make the folder {str(out.parent)!r}: {error.strerror}; choose another"
        raise FileError(msg) from error
    check_destination(out)
    if out.exists() and not is_result(out):
        msg = (
            f"{str(out)!r} is no result of standort and would be lost; "
            "choose another name for --out, or remove the file first"
        )
        raise FileError(msg)


def _with_sites(study: "Study", path: Path, year: int | None) -> "Study":
    from standort.layers import read_layer

    sites, source = read_layer(path, "sites", year=year)
    return study.with_layer("sites", sites, source=source)
