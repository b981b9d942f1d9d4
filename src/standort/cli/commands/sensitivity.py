"""`standort sensitivity`."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from standort.cli.output_files import FIGURE_ENDINGS, prepare_output, save_figure
from standort.cli.shared_options import (
    ProfileOption,
    RasterOption,
    StudyArgument,
    YearOption,
    raster_files,
    with_rasters,
)
from standort.cli.terminal import get_console, print_text, show_progress

if TYPE_CHECKING:
    import pandas as pd

    from standort.layers import Study
    from standort.scoring import Profile

Method = Literal["sobol", "morris", "factorial"]
Target = Literal["score", "rank", "margin"]

#: Name of the sample size of each method.
_SAMPLE_SIZE = {"sobol": "samples", "morris": "trajectories"}
#: Names of the tables of each kind of analysis; the first has none.
_TABLES = {"indices": ("", "factors"), "factorial": ("", "effects", "sites", "factors")}


def sensitivity(  # noqa: PLR0913 - one parameter for each option
    study: StudyArgument,
    *,
    method: Annotated[
        Method,
        typer.Option(
            metavar="METHOD",
            help="sobol: shares of the variance; morris: screening with few runs; factorial: all "
            "combinations of method choices.",
        ),
    ] = "sobol",
    site: Annotated[
        str | None, typer.Option(metavar="ID", help="Site to analyse [default: the best placed].")
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Place, or number of a cluster, to analyse instead of a site."
        ),
    ] = None,
    target: Annotated[
        Target | None,
        typer.Option(
            metavar="TARGET", help="score, rank or margin (score minus threshold) [default: score]."
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=2,
            help="sobol: base sample, a power of 2 [default: 1024]; morris: trajectories "
            "[default: 20].",
            show_default=False,
        ),
    ] = None,
    realisations: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=2,
            help="Number of random realisations of each layer [default: 16].",
            show_default=False,
        ),
    ] = None,
    separate_weights: Annotated[
        bool, typer.Option("--separate-weights", help="Treat each weight as a separate factor.")
    ] = False,
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: YearOption = None,
    seed: Annotated[int, typer.Option(metavar="S", min=0, help="Random seed.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="CSV",
            help="Write the results to this file and NAME_factors.csv (factorial: more) beside it.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Plot indices or effects with intervals (.png, .svg, .pdf); not for factorial.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show which uncertain input changes a score most.

    sobol and morris vary weights, value functions, layers and missing data. factorial scores the
    study with every combination of aggregation, decay, radius and eps, and compares ranks.

    Example: `standort sensitivity study.gpkg --site rotterdam-pernis --method morris`
    """
    from standort.layers import read_study
    from standort.scoring import load_profile

    given: dict[str, object] = {
        "--site": site,
        "--place": place,
        "--target": target,
        "--samples": samples,
        "--realisations": realisations,
        "--separate-weights": separate_weights or None,
        "--seed": seed or None,
        "--plot": plot,
    }
    if method == "factorial":
        _refuse_options(given)
    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    inputs = [study, Path(profile), *files.values()]
    tables = _table_files(out, _TABLES["factorial" if method == "factorial" else "indices"])
    for path in tables:
        prepare_output(path, inputs=inputs, endings=(".csv",))
    prepare_output(plot, inputs=inputs, endings=FIGURE_ENDINGS)
    if plot is not None:
        from standort.outputs.figures.row_figure import load_pyplot

        load_pyplot()  # raises if matplotlib is missing, before the long work
    read = with_rasters(read_study(study, year=year), files)
    if method == "factorial":
        _factorial(read, chosen, out)
    else:
        sizes = {} if samples is None else {_SAMPLE_SIZE[method]: samples}
        sizes |= {} if realisations is None else {"realisations": realisations}
        _indices(
            read,
            chosen,
            out,
            plot,
            method=method,
            site=site,
            place=place,
            target=target or "score",
            weights="separate" if separate_weights else "group",
            seed=seed,
            **sizes,
        )
    if out is not None:
        print_text(f"\nWritten to {', '.join(map(str, tables))}.")


def _indices(
    study: "Study",
    profile: "Profile",
    out: Path | None,
    plot: Path | None,
    **options: Any,  # noqa: ANN401 - options of the function
) -> None:
    from standort.uncertainty import sensitivity as analyse

    with show_progress() as progress:
        analysis = analyse(study, profile, progress=progress, **options)
    _write(out, {"": analysis.indices.reset_index(), "factors": analysis.factors})
    if plot is not None:
        save_figure(analysis.plot().figure, plot)
    console, settings = get_console(), analysis.settings
    console.print(
        f"{settings['target'].capitalize()} of {settings['of']}: recorded {analysis.recorded:.3f}; "
        f"over {settings['runs']:,} runs mean {analysis.mean:.3f}, standard deviation "
        f"{analysis.deviation:.3f}."
    )
    _print_table(analysis.indices.reset_index(), digits=3)
    if settings["method"] == "sobol":
        console.print(
            "S1: share of the variance due to the factor alone; ST: including interactions. "
            "+- is half of the 95 % confidence interval."
        )
    else:
        console.print(
            "mu_star: mean absolute effect of the factor over its range. "
            "+- is half of the 95 % confidence interval."
        )
    _print_fixed(analysis.factors)
    if plot is not None:
        print_text(f"\nFigure written to {plot}.")


def _factorial(study: "Study", profile: "Profile", out: Path | None) -> None:
    from standort.uncertainty import factorial

    with show_progress() as progress:
        choices = factorial(study, profile, progress=progress)
    tables = {
        "": choices.runs,
        "effects": choices.effects,
        "sites": choices.sites.reset_index(),
        "factors": choices.factors,
    }
    _write(out, tables)
    console, shifts = get_console(), choices.runs["rank_shift"]
    console.print(
        f"{len(shifts)} combinations of method choices for {len(choices.sites):,} sites: ranks "
        f"change by {shifts.mean():.1f} on average, by {shifts.max():.1f} in the combination that "
        "changes them most."
    )
    _print_table(choices.effects, digits=2)
    console.print(
        "rank_shift: mean absolute change of rank at that level; effect: difference from the mean "
        "over all runs."
    )
    _print_fixed(choices.factors)


def _refuse_options(given: dict[str, object]) -> None:
    """Raise if options are given that have no effect on a factorial."""
    from standort.errors import OptionError

    wrong = [name for name, value in given.items() if value is not None]
    if wrong:
        msg = (
            f"{', '.join(wrong)}: no effect with --method factorial, which draws nothing and "
            "covers all sites; leave out"
        )
        raise OptionError(msg)


def _print_table(table: "pd.DataFrame", *, digits: int) -> None:
    """Print a table; an error follows its figure."""
    from rich.table import Table

    errors = {name for name in table.columns if str(name).endswith("_error")}
    shown = Table(box=None, pad_edge=False)
    columns = [name for name in table.columns if name not in errors]
    for name in columns:
        shown.add_column(str(name), justify="left" if table[name].dtype == "str" else "right")
    for i in range(len(table)):
        cells = []
        for name in columns:
            cell = table[name].iloc[i]
            text = f"{cell:.{digits}f}" if isinstance(cell, float) else str(cell)
            if f"{name}_error" in errors:
                text += f" +- {table[f'{name}_error'].iloc[i]:.{digits}f}"
            cells.append("" if text == "nan" else text)
        shown.add_row(*cells)
    get_console().print(shown)


def _print_fixed(factors: "pd.DataFrame") -> None:
    """List the factors that were not varied, with the reasons."""
    fixed = factors[~factors["varied"]]
    console = get_console()
    console.print(f"\nNot varied ({len(fixed)}):")
    for name, reason in zip(fixed["factor"], fixed["how"], strict=True):
        console.print(f"  {name}: {reason}", markup=False)


def _write(out: Path | None, tables: "dict[str, pd.DataFrame]") -> None:
    from standort.outputs.csv_tables import write_csv

    paths = _table_files(out, tables)
    for path, table in zip(paths, tables.values(), strict=bool(paths)):
        write_csv(table, path)


def _table_files(out: Path | None, names: Iterable[str]) -> list[Path]:
    """Return the files of the tables: the one given, and others beside it."""
    if out is None:
        return []
    return [out.with_name(f"{out.stem}_{name}.csv") if name else out for name in names]
