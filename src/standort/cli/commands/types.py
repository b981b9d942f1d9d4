"""`standort type`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standort.cli.output_files import FIGURE_ENDINGS, prepare_output, save_figure
from standort.cli.shared_options import (
    ProfileOption,
    RasterOption,
    StudyArgument,
    raster_files,
    with_rasters,
)
from standort.cli.terminal import command_line, get_console, print_text, show_progress

if TYPE_CHECKING:
    from standort.array_types import Progress
    from standort.layers import Study
    from standort.study import PlaceHistory, Result
    from standort.typology.thresholds import Threshold

#: Centre of the drawn thresholds.
_FIXED = 0.5


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
            help="Year of the study; repeat it to follow places over several years.",
            show_default=False,
        ),
    ] = None,
    threshold: Annotated[
        str,
        typer.Option(
            metavar="T",
            help="Threshold of high advantage and linkage: T, ADVANTAGE,LINKAGE, median or jenks.",
        ),
    ] = "0.5",
    draws: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=2,
            help="Number of Monte Carlo draws; gives the probability of each type.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="S", min=0, help="Random seed [default: 0].")
    ] = None,
    reasoning: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Show the reasoning behind the verdicts on this place."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Write the result to this GeoPackage; an earlier result is replaced.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Plot places by linkage and advantage (.png, .svg, .pdf)."
        ),
    ] = None,
) -> None:
    """Classify clusters, initiatives and unclustered sites. Screen place-based approaches.

    Prints the advantage, linkage and type of each place, its type under three aggregations, and the
    place-based approaches and solution families that suit it. If links between firms are not
    recorded, a place has a set of possible types, and the command lists the data to collect.

    Example: `standort type study.gpkg --year 2016 --year 2022 --draws 10000 --out types.gpkg`
    """
    from standort.layers import read_study
    from standort.scoring import load_profile

    limits = _parse_threshold(threshold)
    years = sorted(set(year or []))
    _check_options(years, limits, draws, seed)
    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    inputs = [study, Path(profile), *files.values()]
    prepare_output(out, inputs=inputs)
    prepare_output(plot, inputs=inputs, endings=FIGURE_ENDINGS)
    results = []
    requested: list[int | None] = [*years] or [None]
    with show_progress() as progress:
        for each in requested:
            read = with_rasters(read_study(study, year=each), files)
            results.append(_score(read, chosen, limits, (draws, seed or 0), progress))
    followed = _follow(results, limits) if len(results) > 1 else None
    written = None
    if out is not None:
        written = results[0].write(out, screening=True) if followed is None else followed.write(out)
    if plot is not None:
        _plot(followed, results[-1], limits, plot)
    _print_places(followed, results[-1], reasoning)
    if plot is not None:
        print_text(f"Figure written to {plot}.")
    if written is not None:
        print_text(f"Written to {out}. Show the reasoning behind the verdicts on a place with:")
        name = results[-1].places.index[0] if len(results[-1].places) else "PLACE"
        print_text(f"  {command_line('type', study, '--reasoning', name)}")


def _score(
    study: "Study",
    profile: Any,  # noqa: ANN401 - a profile
    threshold: "Threshold",
    sampling: tuple[int | None, int],
    progress: "Progress | None",
) -> "Result":
    """Score a study and type its places, with draws if requested."""
    from standort import study as chain

    draws, seed = sampling
    result = chain.score(study, profile, progress=progress)
    if draws is None:
        return result.with_thresholds(threshold)
    from standort.uncertainty import monte_carlo

    drawn = monte_carlo(study, profile, draws=draws, seed=seed, progress=progress)
    result = drawn.applied_to(result)
    if threshold == _FIXED or result.places.empty:
        return result
    return result.with_thresholds(
        threshold,
        advantage_draws=drawn.advantage_draws,
        linkage_draws=drawn.linkage_draws,
        threshold_draws=_shift_thresholds(threshold, result, drawn.threshold_draws),
        vetoed_draws=drawn.vetoed_draws,
    )


def _shift_thresholds(threshold: "Threshold", result: "Result", draws: Any) -> Any:  # noqa: ANN401 - arrays
    """Centre drawn thresholds on the ones requested rather than on the default."""
    import numpy as np

    from standort.typology import find_thresholds

    limits = find_thresholds(
        result.places["advantage"].astype(float),
        result.places["linkage"].astype(float),
        threshold=threshold,
    )
    pairs = zip(draws, (limits.advantage, limits.linkage), strict=True)
    return tuple(np.clip(draw - _FIXED + limit, 0.0, 1.0) for draw, limit in pairs)


def _follow(results: "list[Result]", threshold: "Threshold") -> "PlaceHistory":
    from standort.study import follow_places

    pair = threshold if isinstance(threshold, tuple) else (threshold, threshold)
    return follow_places(results, threshold=pair)  # type: ignore[arg-type]  # _check_options excludes names


def _print_places(followed: "PlaceHistory | None", result: "Result", reasoning: str | None) -> None:
    from standort.outputs.summary.place_summary import (
        describe_history,
        format_screening,
        summarise_places,
    )

    console = get_console()
    if result.places.empty:
        print_text("There are no places to classify: the study has no layer 'emitters'.")
        return
    if reasoning is not None:
        _print_reasoning(followed, result, reasoning)
        return
    places = result.places if followed is None else followed.places
    for part in summarise_places(places, width=console.width):
        console.print(part)
    if followed is not None:
        print_text("\n".join(describe_history(followed.trajectories, followed.attribution)) + "\n")
    for part in format_screening(result.screening, result.solution_families):
        console.print(part)
    for line in _remarks(followed, result):
        console.print(line, markup=False)


def _remarks(followed: "PlaceHistory | None", result: "Result") -> list[str]:
    """Count strategic dispersed sites; list what to consider and which data to collect."""
    from standort.outputs.wording import count_of

    strategic = result.strategic_dispersed_sites
    lines = []
    if result.schema.has("sites", "role"):
        named = ", ".join(str(site) for site in strategic.index[:5])
        dispersed = int((result.sites["role"] == "noise").sum())
        line = f"Strategic dispersed sites: {len(strategic)} of {count_of(dispersed, 'site')} "
        lines.append(f"{line}outside clusters score 0.5 or more{f': {named}' if named else ''}.")
    lines += [f"Note: {note}" for note in (followed.notes if followed is not None else [])]
    return [*lines, *(f"Note: {note}" for note in result.place_notes)]


def _print_reasoning(followed: "PlaceHistory | None", result: "Result", reasoning: str) -> None:
    from standort.errors import OptionError
    from standort.outputs.summary.place_summary import describe_place

    names = {str(name): str(name) for name in result.places.index}
    if followed is not None:
        names = {shown: own for own, shown in followed.names[-1].items()}
    if reasoning not in names:
        from difflib import get_close_matches

        close = get_close_matches(reasoning, names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"places: {', '.join(list(names)[:5])}"
        msg = f"expected the name of a place, got {reasoning!r}; {hint}"
        raise OptionError(msg)
    own = names[reasoning]
    row = result.places.loc[own].to_dict()
    for line in describe_place(own, result.screening, result.solution_families, row):
        print_text(line)


def _plot(
    followed: "PlaceHistory | None", result: "Result", threshold: "Threshold", plot: Path
) -> None:
    from standort.typology import find_thresholds

    places = result.places
    limits = find_thresholds(
        places["advantage"].astype(float), places["linkage"].astype(float), threshold=threshold
    )
    moved = None
    if followed is not None:
        # arrows end at places by their names in the last year
        own = {shown: name for name, shown in followed.names[-1].items()}
        rows = followed.trajectories
        rows = rows[rows["place"].isin(list(own))]
        kept = rows["place"].map(own).map(places["kind"]) != "unclustered"
        moved = rows[kept.to_numpy(dtype=bool)]
    axes = result.plot.typology(threshold=(limits.advantage, limits.linkage), trajectories=moved)
    save_figure(axes.figure, plot)


def _parse_threshold(text: str) -> "Threshold":
    """Parse a number, two numbers, or the name of a method."""
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


def _check_options(
    years: list[int], threshold: "Threshold", draws: int | None, seed: int | None
) -> None:
    """Raise if options contradict each other."""
    from standort.errors import OptionError

    if draws is None and seed is not None:
        msg = f"--seed {seed} has no effect without draws; add --draws 10000, or leave it out"
        raise OptionError(msg)
    if len(years) > 1 and isinstance(threshold, str):
        msg = (
            f"thresholds by {threshold!r} differ between years, so places cannot be followed; "
            "give numbers, or one year"
        )
        raise OptionError(msg)
