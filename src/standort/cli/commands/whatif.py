"""`standort whatif`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from standort.cli.arguments import ProfileOption, RasterOption, StudyArgument, YearOption
from standort.cli.raster_options import raster_files, with_rasters
from standort.cli.shell import make_way, progress_shown

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.layers import Study

__all__ = ["whatif"]

Format = Literal["text", "json"]


def whatif(  # noqa: PLR0913 - one parameter for each option
    study: StudyArgument,
    *,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add",
            metavar="LAYER=FILE",
            help="Features to add to a layer, such as ports=new.gpkg; may be repeated.",
            show_default=False,
        ),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="ID",
            help="Feature to take away, by its id, or LAYER=ID; may be repeated.",
            show_default=False,
        ),
    ] = None,
    candidates: Annotated[
        list[str] | None,
        typer.Option(
            "--best-next",
            metavar="LAYER=FILE",
            help="Rank these features by what each alone would add to all scores; given once.",
            show_default=False,
        ),
    ] = None,
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: YearOption = None,
    output_format: Annotated[
        Format, typer.Option("--format", metavar="FORMAT", help="text or json.")
    ] = "text",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Write the changes of all sites, or the ranking (CSV), or all (GeoPackage).",
        ),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Most rows to print.")] = 10,
) -> None:
    """Tell who gains and who loses if features come or go.

    Scores the study again as it would be. Emitters may be added and removed too: that changes
    clusters, the density round others, and who competes for stores.

    Example: `standort whatif study.gpkg --add ports=terminal.gpkg --remove p12`
    """
    from standort.errors import OptionError
    from standort.layers import read_study
    from standort.scoring import load_profile

    if candidates and (add or remove):
        msg = "expected --best-next, or --add and --remove, not both: rank first, then try one"
        raise OptionError(msg)
    if candidates and len(candidates) > 1:
        given = ", ".join(candidates)
        msg = f"--best-next is given {len(candidates)} times ({given}); rank one layer at a time, "
        msg += "and put the features of a layer into one file"
        raise OptionError(msg)
    chosen = load_profile(profile)
    files = _layer_files([*(add or []), *(candidates or [])])
    if out is not None:
        make_way(out, inputs=[study, *(path for _, path in files)], what="report")
    base = with_rasters(read_study(study, year=year), raster_files(raster, chosen))
    layers = _read_layers(files, year)
    if candidates:
        _rank(base, chosen, layers, output_format, out, top)
        return
    from standort.study import what_if

    found = what_if(base, chosen, add=layers, remove=remove)
    if out is not None:
        found.write(out)
    if output_format == "json":
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        return
    typer.echo(found.to_text(top=top))
    _tell_written(out)


def _rank(
    study: "Study",
    profile: Any,  # noqa: ANN401 - a profile
    layers: "dict[str, GeoDataFrame]",
    output_format: Format,
    out: Path | None,
    top: int,
) -> None:
    """Rank candidates and tell of the best of them."""
    from standort.outputs.comparison.candidate_ranking import (
        ranking_records,
        tell_ranking,
        with_site_names,
    )
    from standort.outputs.comparison.comparison import write_changes
    from standort.study import best_next

    with progress_shown() as progress:
        found = best_next(study, profile, candidates=layers, progress=progress)
    ranked = with_site_names(found, study.sites.get("name"))
    if out is not None:
        write_changes(out, ranked, {}, layer="candidates")
    if output_format == "json":
        typer.echo(json.dumps(ranking_records(ranked), ensure_ascii=False, indent=2))
        return
    typer.echo(tell_ranking(ranked, layer=next(iter(layers)), top=top))
    _tell_written(out)


def _tell_written(out: Path | None) -> None:
    if out is not None:
        typer.echo(f"\nWritten to {out}.")


def _layer_files(given: list[str]) -> list[tuple[str, Path]]:
    """Take LAYER=FILE apart; all that is wrong is told at once."""
    from standort.errors import OptionError, gather
    from standort.roles import ROLES

    pairs: list[tuple[str, Path]] = []
    faults = []
    for text in given:
        name, sign, file = text.partition("=")
        if not (name and sign and file):
            faults.append(f"expected LAYER=FILE, such as ports=new.gpkg, got {text!r}")
        elif name not in ROLES:
            faults.append(f"no layer of a study is called {name!r}, they are {', '.join(ROLES)}")
        elif name in {earlier for earlier, _ in pairs}:
            faults.append(f"layer {name!r} is given twice; put the features into one file")
        pairs.append((name, Path(file)))
    if faults:
        raise OptionError(gather(faults, of="options"))
    return pairs


def _read_layers(files: list[tuple[str, Path]], year: int | None) -> "dict[str, GeoDataFrame]":
    from standort.layers import read_layer

    return {name: read_layer(path, name, year=year)[0] for name, path in files}
