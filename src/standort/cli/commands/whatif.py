"""`standort whatif`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from standort.cli.terminal import print_text, show_progress

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.layers import Study

Format = Literal["text", "json"]


def whatif(  # noqa: PLR0913 - one parameter for each option
    study: StudyArgument,
    *,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add",
            metavar="LAYER=FILE",
            help="Add features to a layer, such as ports=new.gpkg; repeatable.",
            show_default=False,
        ),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="ID",
            help="Remove a feature, by its id or LAYER=ID; repeatable.",
            show_default=False,
        ),
    ] = None,
    candidates: Annotated[
        list[str] | None,
        typer.Option(
            "--best-next",
            metavar="LAYER=FILE",
            help="Rank these candidates by the total gain in score of adding each on its own.",
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
            help="Write the changes of all sites or the ranking (CSV), or all tables (GeoPackage).",
        ),
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=1, help="Maximum number of rows to print.")
    ] = 10,
) -> None:
    """Show which sites gain or lose from added or removed features.

    Scores the edited study again in full. Added or removed emitters also change clusters, the
    density around other sites, and competition for stores.

    Example: `standort whatif study.gpkg --add ports=terminal.gpkg --remove p12`
    """
    from standort.errors import OptionError
    from standort.layers import read_study
    from standort.scoring import load_profile

    if candidates and (add or remove):
        msg = "expected --best-next, or --add and --remove, not both; rank first, then add one"
        raise OptionError(msg)
    if candidates and len(candidates) > 1:
        msg = (
            f"--best-next is given {len(candidates)} times ({', '.join(candidates)}); rank one "
            "layer at a time, with all its candidates in one file"
        )
        raise OptionError(msg)
    chosen = load_profile(profile)
    files = _layer_files([*(add or []), *(candidates or [])])
    rasters = raster_files(raster, chosen)
    inputs = [study, Path(profile), *(path for _, path in files), *rasters.values()]
    prepare_output(out, inputs=inputs, endings=(".csv", ".gpkg"))
    base = with_rasters(read_study(study, year=year), rasters)
    layers = _read_layers(files, year)
    if candidates:
        _rank(base, chosen, layers, output_format, out, top)
        return
    from standort.study import what_if

    scenario = what_if(base, chosen, add=layers, remove=remove)
    if out is not None:
        scenario.write(out)
    if output_format == "json":
        print_text(json.dumps(scenario.to_dict(), ensure_ascii=False, indent=2))
        return
    print_text(scenario.to_text(top=top))
    _print_destination(out)


def _rank(
    study: "Study",
    profile: Any,  # noqa: ANN401 - a profile
    layers: "dict[str, GeoDataFrame]",
    output_format: Format,
    out: Path | None,
    top: int,
) -> None:
    """Rank candidates, write and print the ranking."""
    from standort.outputs.comparison.candidate_ranking import (
        format_ranking,
        ranking_records,
        with_site_names,
    )
    from standort.outputs.comparison.comparison import write_changes
    from standort.study import best_next

    with show_progress() as progress:
        gains = best_next(study, profile, candidates=layers, progress=progress)
    ranked = with_site_names(gains, study.sites.get("name"))
    if out is not None:
        write_changes(out, ranked, {}, layer="candidates")
    if output_format == "json":
        print_text(json.dumps(ranking_records(ranked), ensure_ascii=False, indent=2))
        return
    print_text(format_ranking(ranked, layer=next(iter(layers)), top=top))
    _print_destination(out)


def _print_destination(out: Path | None) -> None:
    if out is not None:
        print_text(f"\nWritten to {out}.")


def _layer_files(given: list[str]) -> list[tuple[str, Path]]:
    """Parse LAYER=FILE; raise once with all problems."""
    from standort.errors import OptionError, gather
    from standort.roles import ROLES

    pairs: list[tuple[str, Path]] = []
    problems = []
    for text in given:
        name, sign, file = text.partition("=")
        if not (name and sign and file):
            problems.append(f"expected LAYER=FILE, such as ports=new.gpkg, got {text!r}")
        elif name not in ROLES:
            problems.append(
                f"{name!r} is not a layer of a study; the layers are {', '.join(ROLES)}"
            )
        elif name in {earlier for earlier, _ in pairs}:
            problems.append(f"layer {name!r} is given twice; put its features into one file")
        pairs.append((name, Path(file)))
    if problems:
        raise OptionError(gather(problems, of="options"))
    return pairs


def _read_layers(files: list[tuple[str, Path]], year: int | None) -> "dict[str, GeoDataFrame]":
    from standort.layers import read_layer

    return {name: read_layer(path, name, year=year)[0] for name, path in files}
