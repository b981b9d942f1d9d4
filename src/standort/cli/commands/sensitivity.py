"""`standort sensitivity`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from standort.cli.arguments import ProfileOption, RasterOption, StudyArgument, YearOption
from standort.cli.raster_options import raster_files, with_rasters
from standort.cli.shell import make_way, output, progress_shown

if TYPE_CHECKING:
    import pandas as pd

    from standort.layers import Study
    from standort.scoring import Profile

__all__ = ["sensitivity"]

Method = Literal["sobol", "morris", "factorial"]
Target = Literal["score", "rank", "margin"]


def sensitivity(  # noqa: PLR0913 - one parameter for each option
    study: StudyArgument,
    *,
    method: Annotated[
        Method,
        typer.Option(
            metavar="METHOD",
            help="sobol: shares of the variance; morris: a screening with few runs; factorial: all "
            "choices of method.",
        ),
    ] = "sobol",
    site: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Site asked about [default: the best placed]."),
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Place, or number of a cluster, asked about instead."),
    ] = None,
    target: Annotated[
        Target | None,
        typer.Option(
            metavar="TARGET",
            help="score, rank or margin (score less threshold) [default: score].",
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=2,
            help="Base sample of sobol, a power of 2 [default: 1024], or walks of morris [20].",
            show_default=False,
        ),
    ] = None,
    realisations: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=2,
            help="How often each layer is drawn and measured again [default: 16].",
            show_default=False,
        ),
    ] = None,
    separate_weights: Annotated[
        bool, typer.Option("--separate-weights", help="Take each weight as a factor of its own.")
    ] = False,
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: YearOption = None,
    seed: Annotated[int, typer.Option(metavar="S", min=0, help="Where chance comes from.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="CSV",
            help="Write the figures here, and beside it NAME_factors.csv (and more of factorial).",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw indices or effects with their intervals (.png, .svg); not of factorial.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Tell which uncertain input moves a score most.

    sobol and morris vary weights, value functions, layers and what is unknown. factorial scores
    the study under every combination of aggregation, decay, radius and eps, and compares ranks.

    Example: `standort sensitivity study.gpkg --site rotterdam-pernis --method morris`
    """
    from standort.layers import read_study
    from standort.outputs.geopackage.writer import check_destination
    from standort.scoring import load_profile

    asked: dict[str, object] = {
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
        _refuse_options(asked)
    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    if out is not None:
        make_way(out, inputs=[study], what="table")
        check_destination(out, endings=(".csv",))
    if plot is not None:
        from standort.outputs.figures.row_figure import load_pyplot

        load_pyplot()  # a figure that cannot be drawn is told before the long work
        make_way(plot, inputs=[study], what="figure")
        check_destination(plot, endings=(".png", ".pdf", ".svg"))
    read = with_rasters(read_study(study, year=year), files)
    if method == "factorial":
        tables = _all_choices(read, chosen)
    else:
        number = {} if samples is None else {_COUNT[method]: samples}
        number |= {} if realisations is None else {"realisations": realisations}
        tables = _indices(
            read,
            chosen,
            plot,
            method=method,
            site=site,
            place=place,
            target=target or "score",
            weights="separate" if separate_weights else "group",
            seed=seed,
            **number,
        )
    if out is not None:
        _write(out, tables)


_COUNT = {"sobol": "samples", "morris": "trajectories"}


def _indices(
    study: "Study",
    profile: "Profile",
    plot: Path | None,
    **options: Any,  # noqa: ANN401 - options of the function
) -> "dict[str, pd.DataFrame]":
    from standort.uncertainty import sensitivity as ask

    with progress_shown() as progress:
        found = ask(study, profile, progress=progress, **options)
    console, settings = output(), found.settings
    console.print(
        f"{settings['target'].capitalize()} of {settings['of']}: recorded {found.recorded:.3f}, "
        f"varied {found.mean:.3f} +- {found.deviation:.3f} (one standard deviation) in "
        f"{settings['runs']:,} runs."
    )
    _print(found.indices.reset_index(), digits=3)
    if settings["method"] == "sobol":
        console.print("S1: share of the variance alone; ST: with others. +- is half of 95 %.")
    else:
        console.print("mu_star: mean size of the effect of the whole range. +- is half of 95 %.")
    _tell_left(found.factors)
    if plot is not None:
        found.plot().figure.savefig(plot, dpi=150)  # type: ignore[union-attr]  # a figure, no part of one
        typer.echo(f"\nDrawn to {plot}.")
    return {"": found.indices.reset_index(), "factors": found.factors}


def _all_choices(study: "Study", profile: "Profile") -> "dict[str, pd.DataFrame]":
    from standort.uncertainty import factorial

    with progress_shown() as progress:
        found = factorial(study, profile, progress=progress)
    console, runs = output(), found.runs
    console.print(
        f"{len(runs)} combinations of method choices for {len(found.sites):,} sites: ranks move by "
        f"{runs['rank_shift'].mean():.1f} on average, by {runs['rank_shift'].max():.1f} in the "
        "combination that moves them most."
    )
    _print(found.effects, digits=2)
    console.print("rank_shift: mean absolute change of rank under that level; effect: against all.")
    _tell_left(found.factors)
    return {
        "": runs,
        "effects": found.effects,
        "sites": found.sites.reset_index(),
        "factors": found.factors,
    }


def _refuse_options(given: dict[str, object]) -> None:
    """Refuse what means nothing to a factorial."""
    from standort.errors import OptionError

    wrong = [name for name, value in given.items() if value is not None]
    if wrong:
        msg = (
            f"{', '.join(wrong)} means nothing to --method factorial, which draws nothing and asks "
            "about all sites; leave it out"
        )
        raise OptionError(msg)


def _print(table: "pd.DataFrame", *, digits: int) -> None:
    """Print a table; an error stands behind its figure."""
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
    output().print(shown)


def _tell_left(factors: "pd.DataFrame") -> None:
    """List what could not be varied."""
    left = factors[~factors["varied"]]
    output().print(f"\nNot varied ({len(left)}):")
    for name, how in zip(left["factor"], left["how"], strict=True):
        output().print(f"  {name}: {how}", markup=False)


def _write(out: Path, tables: "dict[str, pd.DataFrame]") -> None:
    from standort.outputs.geopackage.writer import told_plainly

    paths = []
    for name, table in tables.items():
        path = out.with_name(f"{out.stem}_{name}.csv") if name else out
        with told_plainly(path):
            table.to_csv(path, index=False)
        paths.append(str(path))
    typer.echo(f"\nWritten to {', '.join(paths)}.")
