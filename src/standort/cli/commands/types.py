"""`standort type`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standort.cli.arguments import ProfileOption, RasterOption, StudyArgument
from standort.cli.raster_options import raster_files, with_rasters
from standort.cli.shell import command_line, output, progress_shown

if TYPE_CHECKING:
    from standort.cli.shell import Progress
    from standort.layers import Study
    from standort.study import PlaceHistory, Result
    from standort.typology.thresholds import Threshold

__all__ = ["classify"]


def classify(  # noqa: PLR0913 - one parameter for each option
    study: StudyArgument,
    *,
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: Annotated[
        list[int] | None,
        typer.Option(
            "--year",
            metavar="YEAR",
            help="Year of the study; several follow places over the years.",
            show_default=False,
        ),
    ] = None,
    threshold: Annotated[
        str,
        typer.Option(
            metavar="T",
            help="From where on a place is high: a number, ADVANTAGE,LINKAGE, median or jenks.",
        ),
    ] = "0.5",
    draws: Annotated[
        int | None,
        typer.Option(metavar="N", min=2, help="Draw what is uncertain so often: gives P(type)."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="S", min=0, help="Which draws [default: 0].")
    ] = None,
    proof: Annotated[
        str | None,
        typer.Option(metavar="UNIT", help="Show how each verdict on this place comes about."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="OUT", help="Write the result to this GeoPackage; replaces it."
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw places by linkage and advantage (.png, .svg)."),
    ] = None,
) -> None:
    """Type clusters, initiatives and unclustered sites; screen them.

    Prints advantage, linkage and type of each place, the type under three aggregations, and which
    place-based approaches and solution families suit it. Where links between firms are not
    recorded, a place has a set of possible types, and it says what to collect.

    Example: `standort type study.gpkg --year 2016 --year 2022 --draws 10000 --out types.gpkg`
    """
    limits = _read_threshold(threshold)
    years = sorted(set(year or []))
    _check(years, limits, draws, seed)
    if out is not None:
        from standort.cli.commands.score import prepare_destination

        prepare_destination(out, inputs=[study])
    if plot is not None:
        _check_figure(plot)
    from standort.layers import read_study
    from standort.scoring import load_profile

    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    results = []
    with progress_shown() as progress:
        asked: list[int | None] = [*years] if years else [None]
        for one in asked:
            read = with_rasters(read_study(study, year=one), files)
            results.append(_score(read, chosen, limits, (draws, seed or 0), progress))
    followed = _follow(results, limits) if len(results) > 1 else None
    written = None
    if out is not None:
        written = results[0].write(out, screening=True) if followed is None else followed.write(out)
    _tell(followed, results[-1], proof)
    if plot is not None:
        _draw(followed, results[-1], limits, plot)
        typer.echo(f"Drawn to {plot}")
    if written is not None:
        typer.echo(f"Written to {out}. See how the verdicts on a place come about:")
        name = results[-1].places.index[0] if len(results[-1].places) else "UNIT"
        typer.echo(f"  {command_line('type', study, '--proof', name)}")


def _score(
    study: "Study",
    profile: Any,  # noqa: ANN401 - a profile, which is imported late
    threshold: "Threshold",
    drawing: tuple[int | None, int],
    progress: "Progress | None",
) -> "Result":
    """Score a study and type its places; by draws, if any are asked for."""
    from standort import study as chain

    draws, seed = drawing
    result = chain.score(study, profile, progress=progress)
    if draws is None:
        return result.with_thresholds(threshold)
    from standort.uncertainty import monte_carlo

    found = monte_carlo(study, profile, draws=draws, seed=seed, progress=progress)
    result = found.applied_to(result)
    if threshold == _FIXED or result.places.empty:
        return result
    return result.with_thresholds(
        threshold,
        advantage_draws=found.advantage_draws,
        linkage_draws=found.linkage_draws,
        threshold_draws=_about(threshold, result, found.threshold_draws),
        vetoed_draws=found.vetoed_draws,
    )


#: where the drawn thresholds have their middle
_FIXED = 0.5


def _about(threshold: "Threshold", result: "Result", drawn: Any) -> Any:  # noqa: ANN401 - arrays
    """Set drawn thresholds about others than the default."""
    import numpy as np

    from standort.typology import find_thresholds

    limits = find_thresholds(
        result.places["advantage"].astype(float),
        result.places["linkage"].astype(float),
        threshold=threshold,
    )
    pairs = zip(drawn, (limits.advantage, limits.linkage), strict=True)
    return tuple(np.clip(draw - _FIXED + limit, 0.0, 1.0) for draw, limit in pairs)


def _follow(results: "list[Result]", threshold: "Threshold") -> "PlaceHistory":
    from standort.study import follow_places

    pair = threshold if isinstance(threshold, tuple) else (threshold, threshold)
    return follow_places(results, threshold=pair)  # type: ignore[arg-type]  # _check saw to it


def _tell(followed: "PlaceHistory | None", result: "Result", proof: str | None) -> None:
    from standort.outputs.summary.place_summary import (
        summarise_places,
        tell_changes,
        tell_screening,
    )

    console = output()
    if result.places.empty:
        typer.echo("There are no places: a study needs a layer 'emitters'.")
        return
    if proof is not None:
        _tell_proof(followed, result, proof)
        return
    places = result.places if followed is None else followed.places
    for part in summarise_places(places, width=console.width):
        console.print(part)
    if followed is not None:
        typer.echo("\n".join(tell_changes(followed.trajectories, followed.attribution)) + "\n")
    for part in tell_screening(result.screening, result.solution_families):
        console.print(part)
    for line in _remarks(followed, result):
        console.print(line, markup=False)


def _remarks(followed: "PlaceHistory | None", result: "Result") -> list[str]:
    """Say what to mind: dispersed sites of strategic importance, and what to collect."""
    from standort.outputs.wording import count_of

    strategic = result.strategic_dispersed_sites
    lines = []
    if "role" in result.sites:
        named = ", ".join(str(site) for site in strategic.index[:5])
        dispersed = int((result.sites["role"] == "noise").sum())
        line = f"Strategic dispersed sites: {len(strategic)} of {count_of(dispersed, 'site')} "
        lines.append(f"{line}outside all clusters score 0.5 or more{f': {named}' if named else ''}")
    lines += [f"Note: {note}" for note in (followed.notes if followed is not None else [])]
    return [*lines, *(f"Note: {note}" for note in result.place_notes)]


def _tell_proof(followed: "PlaceHistory | None", result: "Result", proof: str) -> None:
    from standort.errors import OptionError
    from standort.outputs.summary.place_summary import tell_place_kind

    called = {str(name): str(name) for name in result.places.index}
    if followed is not None:
        called = {shown: own for own, shown in followed.names[-1].items()}
    if proof not in called:
        from difflib import get_close_matches

        close = get_close_matches(proof, called, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"places: {', '.join(list(called)[:5])}"
        msg = f"expected the name of a place, got {proof!r}; {hint}"
        raise OptionError(msg)
    own = called[proof]
    row = result.places.loc[own].to_dict()
    for line in tell_place_kind(own, result.screening, result.solution_families, row):
        typer.echo(line)


def _draw(
    followed: "PlaceHistory | None", result: "Result", threshold: "Threshold", plot: Path
) -> None:
    from standort.typology import find_thresholds

    places = result.places
    limits = find_thresholds(
        places["advantage"].astype(float), places["linkage"].astype(float), threshold=threshold
    )
    moved = None
    if followed is not None:
        # arrows go to the places as they are drawn: by the names of the last year
        own = {shown: name for name, shown in followed.names[-1].items()}
        rows = followed.trajectories
        rows = rows[rows["place"].isin(list(own))]
        kept = rows["place"].map(own).map(places["kind"]) != "unclustered"
        moved = rows[kept.to_numpy(dtype=bool)]
    axes = result.plot.typology(threshold=(limits.advantage, limits.linkage), trajectories=moved)
    axes.figure.savefig(plot, dpi=150)  # type: ignore[union-attr]  # a figure, no part of one


def _check_figure(plot: Path) -> None:
    from standort.errors import FileError

    if plot.suffix.lower() not in {".png", ".svg", ".pdf"} or not plot.parent.is_dir():
        msg = f"expected a file .png, .svg or .pdf in a folder that is there, got {str(plot)!r}"
        raise FileError(msg)


def _read_threshold(text: str) -> "Threshold":
    """Read a number, two numbers, or the name of a method."""
    from standort.errors import OptionError

    if text in {"median", "jenks"}:
        return text  # type: ignore[return-value]  # one of the two names
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        return numbers[0]
    if len(numbers) == 2:  # noqa: PLR2004 - two axes
        return numbers[0], numbers[1]
    msg = f"expected --threshold as T, ADVANTAGE,LINKAGE, median or jenks, got {text!r}"
    raise OptionError(msg)


def _check(years: list[int], threshold: "Threshold", draws: int | None, seed: int | None) -> None:
    """Refuse options that do not go together."""
    from standort.errors import OptionError

    if draws is None and seed is not None:
        msg = f"--seed {seed} means nothing without draws: add --draws 10000, or leave it out"
        raise OptionError(msg)
    if len(years) > 1 and isinstance(threshold, str):
        msg = (
            f"thresholds by {threshold!r} differ from year to year, so places cannot be followed: "
            "give numbers, or one year"
        )
        raise OptionError(msg)
