"""`standort clusters`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standort.cli.arguments import StudyArgument, YearOption
from standort.cli.shell import output

if TYPE_CHECKING:
    import pandas as pd

    from standort.clusters import Exploration, NeighbourGraph

__all__ = ["clusters", "tell_clusters"]

#: tables by which a file of this command is known
_OURS = {"clusters", "stability", "settings"}
#: most settings of a grid
_MOST_SETTINGS = 1_000
#: what holds unless told
_MIN_EMISSIONS_MT = 1.0
_POSITION_SD_KM = 0.5


def clusters(  # noqa: PLR0913 - one parameter for each option
    study: StudyArgument,
    *,
    eps_km: Annotated[
        str,
        typer.Option("--eps-km", metavar="KM", help="Radii to try: FROM:TO:STEP, or a list."),
    ] = "5:30:5",
    min_samples: Annotated[
        str,
        typer.Option("--min-samples", metavar="N", help="Numbers to try: FROM:TO, or a list."),
    ] = "2:6",
    chosen_eps_km: Annotated[
        float, typer.Option(metavar="KM", help="Describe the clusters of this radius.")
    ] = 10.0,
    chosen_min_samples: Annotated[
        int, typer.Option(metavar="N", min=1, help="And of this number.")
    ] = 4,
    mode: Annotated[
        str,
        typer.Option(
            metavar="MODE", help="What is dense: 'count', 'emission' or 'count_and_emission'."
        ),
    ] = "count",
    min_emissions_mt: Annotated[
        float | None,
        typer.Option(
            metavar="MT", help="Emissions within the radius that are dense [Mt/yr; default: 1]."
        ),
    ] = None,
    star: Annotated[
        bool, typer.Option("--star", help="Leave borders out of clusters (DBSCAN*).")
    ] = False,
    max_diameter_km: Annotated[
        float | None, typer.Option(metavar="KM", help="Split clusters that are wider.")
    ] = None,
    position_sd_km: Annotated[
        float | None,
        typer.Option(
            metavar="KM",
            min=0,
            help="How far off positions may be; 0: take them as they are [default: 0.5].",
        ),
    ] = None,
    distances: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Distances instead of geodesics: CSV or Parquet of from_id, to_id, distance_km.",
        ),
    ] = None,
    distances_reach_km: Annotated[
        float | None,
        typer.Option(
            metavar="KM", help="Up to where that file holds all pairs [default: its longest]."
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column of the emitters with groups to compare with."),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Tell what became of the clusters of an earlier --out.",
        ),
    ] = None,
    year: YearOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help="Write all tables to this GeoPackage."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the k-distance curve and the stability (.png)."),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Clusters to print.")] = 10,
) -> None:
    """Find clusters of emitters, and see what the setting decides.

    Prints each setting of a grid with its red flags, whether clusters stay the same over several
    radii, and the clusters of the chosen setting. Nothing is chosen for you.

    Example: `standort clusters study.gpkg --eps-km 5:30:5 --min-samples 2:6 --out clusters.gpkg`
    """
    radii, numbers = _range("--eps-km", eps_km), _range("--min-samples", min_samples)
    _refuse_idle(
        {
            "--min-emissions-mt": (min_emissions_mt, "in mode 'count'", mode == "count"),
            "--distances-reach-km": (distances_reach_km, "without --distances", not distances),
            "--position-sd-km": (position_sd_km, "with --distances", bool(distances)),
        }
    )
    if out is not None:
        _prepare(out, inputs=[study, *([distances] if distances else [])])
    earlier = None if before is None else _read_earlier(before)
    if plot is not None:
        _check_figure(plot)
    from standort.clusters.settings.exploration import explore_clusters
    from standort.layers import read_study

    emitters = read_study(study, year=year).emitters
    graph = _read_graph(distances, emitters.index, distances_reach_km) if distances else None
    options: dict[str, Any] = {
        "mode": mode,
        "min_emissions_mt": _MIN_EMISSIONS_MT if min_emissions_mt is None else min_emissions_mt,
        "star": star,
        "max_diameter_km": max_diameter_km,
        "reference": reference,
        "position_sd_km": (_POSITION_SD_KM if position_sd_km is None else position_sd_km) or None,
    }
    found = explore_clusters(
        emitters,
        eps_km=radii,
        min_samples=numbers,
        chosen_eps_km=chosen_eps_km,
        chosen_min_samples=chosen_min_samples,
        graph=graph,
        **options,
    )
    tell_clusters(found, top)
    if earlier is not None:
        _tell_changes(earlier, found)
    if out is not None:
        _write(found, out)
        typer.echo(f"Written to {out}")
    if plot is not None:
        from standort.outputs.figures.eps_plot import plot_choice

        figure = plot_choice(found.suggestion, found.stability, chosen_eps_km=chosen_eps_km)
        figure.savefig(plot, dpi=150)
        typer.echo(f"Drawn in {plot}")


def _refuse_idle(options: dict[str, tuple[float | None, str, bool]]) -> None:
    """Refuse options that were given and count for nothing."""
    from standort.errors import OptionError

    faults = [
        f"{option} {given:g} means nothing {where}: leave it out"
        for option, (given, where, idle) in options.items()
        if given is not None and idle
    ]
    if faults:
        raise OptionError("; ".join(faults))


def _range(option: str, text: str) -> list[float]:
    """Read FROM:TO:STEP, both ends included, or numbers with commas between."""
    from standort.errors import OptionError

    msg = f"expected {option} as FROM:TO:STEP or a list such as 5,10,25 of positive numbers, "
    msg += f"at most {_MOST_SETTINGS:,}; got {text!r}"
    try:
        if ":" not in text:
            numbers = [float(part) for part in text.split(",")]
        else:
            start, stop, step = [*map(float, text.split(":")), 1.0][:3]
            count = int((stop - start) / step + 1e-9) + 1 if step > 0 else 0
            numbers = [start + i * step for i in range(min(count, _MOST_SETTINGS + 1))]
    except (ValueError, OverflowError) as error:
        raise OptionError(msg) from error
    fine = 0 < len(numbers) <= _MOST_SETTINGS and all(0 < n < float("inf") for n in numbers)
    if not fine or text.count(":") > 2:  # noqa: PLR2004 - three parts
        raise OptionError(msg)
    return [round(n, 9) for n in numbers]


def _prepare(out: Path, *, inputs: list[Path]) -> None:
    """Refuse an output that is an input or something else, before any work."""
    from standort.errors import FileError
    from standort.outputs.geopackage.writer import check_destination

    check_destination(out)
    for path in inputs:
        if out.exists() and path.exists() and out.samefile(path):
            msg = f"expected another file for the clusters than the input {str(out)!r}"
            raise FileError(msg)
    if out.is_file() and not set(_layers(out)) >= _OURS:
        msg = (
            f"{str(out)!r} holds no clusters of standort and would be lost; "
            "choose another name for --out, or remove the file first"
        )
        raise FileError(msg)


def _layers(path: Path) -> list[str]:
    import pyogrio

    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except pyogrio.errors.DataSourceError:
        return []


def _check_figure(plot: Path) -> None:
    from standort.outputs.geopackage.writer import check_destination

    check_destination(plot, endings=(".png", ".pdf", ".svg"))


def _read_graph(path: Path, ids: "pd.Index[Any]", reach_km: float | None) -> "NeighbourGraph":
    """Read distances between emitters from a table."""
    import pandas as pd

    from standort.clusters import NeighbourGraph
    from standort.errors import FileError

    try:
        if path.suffix.lower() == ".parquet":
            pairs = pd.read_parquet(path)
        else:
            pairs = pd.read_csv(path, dtype={"from_id": str, "to_id": str})
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        msg = f"cannot read distances from {str(path)!r}: {reason}; give a CSV or Parquet file"
        raise FileError(msg) from error
    if reach_km is None and "distance_km" in pairs:
        reach_km = float(pd.to_numeric(pairs["distance_km"], errors="coerce").max())
    return NeighbourGraph.of_pairs(pairs, ids=ids, reach_km=reach_km or 1.0)


def _read_earlier(path: Path) -> "pd.DataFrame":
    """Read the sites of an earlier run, by id as text."""
    import pyogrio

    from standort.errors import FileError

    if not set(_layers(path)) >= _OURS:
        msg = f"expected a file of 'standort clusters --out' for --before, got {str(path)!r}"
        raise FileError(msg)
    sites: pd.DataFrame = pyogrio.read_dataframe(path, layer="sites", read_geometry=False)
    sites.index = sites["site_id"].astype(str)
    return sites[["cluster", "co2_t_per_yr"]]


def _tell_changes(earlier: "pd.DataFrame", found: "Exploration") -> None:
    """Count and list what became of clusters."""
    from standort.clusters import track

    now = found.sites[["cluster", "co2_t_per_yr"]].set_axis(found.sites.index.astype(str))
    events = track(
        earlier,
        now,
        emissions_before=earlier["co2_t_per_yr"],
        emissions_after=now["co2_t_per_yr"],
    )
    counts = events["event"].value_counts()
    typer.echo("Since then: " + ", ".join(f"{n:,} {what}" for what, n in counts.items()) + ".")
    for row in events[events["event"] != "continued"].to_dict("records"):
        there = {"died": f"cluster {row['before']}", "born": f"cluster {row['after']}"}
        both = f"cluster {row['before']} and now {row['after']}"
        typer.echo(f"  {row['event']}: {there.get(row['event'], both)}")


def _write(found: "Exploration", out: Path) -> None:
    """Write all tables as one GeoPackage."""
    import pandas as pd

    from standort.outputs.geopackage.writer import write_geopackage

    settings = {**found.settings, "k_distance": str(found.suggestion), "validity": found.validity}
    tables = {
        "stability": found.stability,
        "k_distances": found.suggestion.curve.to_frame(),
        "hierarchy": found.hierarchy.drop(columns="site_ids").reset_index(),
        "lone_anchors": found.lone_anchors,
        "agreements": found.agreements.reset_index(),
        "split": found.split,
        "settings": pd.DataFrame(
            {"setting": list(settings), "value": [str(v) for v in settings.values()]}
        ),
    }
    if found.sectors is not None:
        tables["sectors"] = found.sectors.reset_index()
    layers = {"sites": found.sites, "clusters": found.clusters, "cluster_hulls": found.hulls}
    write_geopackage(out, layers=layers, tables=tables)


#: share of the draws of positions from which on a site is surely in a cluster
_SURELY = 0.9
#: room for a column of words
_WORDS = 24


def tell_clusters(found: "Exploration", top: int) -> None:
    """Print settings, suggestion and clusters, `top` of them."""
    from standort.outputs.wording import count_of

    console = output()
    _print_table(console, "Settings", _stability_rows(found.stability))
    typer.echo(str(found.suggestion))
    typer.echo(f"{_tell_plateau(found)}\n")
    settings = found.settings
    title = f"Clusters at eps {settings['eps_km']:g} km, min_samples {settings['min_samples']:g}"
    shown = f" ({top} of {len(found.clusters)})" if len(found.clusters) > top else ""
    rows = _cluster_rows(found.clusters.iloc[:top])
    fitting = _fitting(rows, console.width)
    _print_table(console, f"{title}{shown}", fitting)
    left_out = [
        head.lstrip("<") for head in rows if head not in fitting and not _is_idle(rows[head])
    ]
    if left_out:
        typer.echo(f"Left out, for want of room: {', '.join(left_out)}; --out writes all columns.")
    tiers = found.sites["tier"].value_counts()
    typer.echo(
        f"{count_of(len(found.clusters), 'cluster')}: {tiers.get('member', 0):,} sites in "
        f"clusters, {tiers.get('adjacent', 0):,} adjacent, "
        f"{tiers.get('dispersed', 0):,} dispersed; "
        f"{count_of(len(found.lone_anchors), 'lone anchor')}."
    )
    if "position_clustered_share" in found.sites:
        member = found.sites["cluster"] >= 0
        sure = found.sites["position_clustered_share"] >= _SURELY
        typer.echo(
            f"Positions a little off would take {(member & ~sure).sum():,} of {member.sum():,} "
            f"sites out of their cluster in more than {1 - _SURELY:.0%} of 100 draws."
        )
    valid = _number(found.validity, 2, ", of -1 to 1", unknown="unknown")
    typer.echo(f"Density-based validity (DBCV) {valid}.")
    for row in found.agreements.reset_index().to_dict("records"):
        treated = "noise as singletons" if row["noise"] == "singletons" else "noise left out"
        other = "HDBSCAN" if row["with"] == "hdbscan" else "the reference"
        indices = ", ".join(
            f"{name.upper()} {_number(row[name], 2, unknown='unknown')}" for name in ("ari", "ami")
        )
        typer.echo(f"Agreement with {other}, {treated} ({row['n_sites']:,.0f} sites): {indices}.")
    for number, parts in found.split.groupby("split_cluster"):
        wide = parts["split_diameter_km"].iloc[0]
        into = ", ".join("noise" if c < 0 else f"no. {c}" for c in parts["cluster"])
        typer.echo(f"Split: what was cluster {number}, {wide:.0f} km wide, into {into}.")


def _tell_plateau(found: "Exploration") -> str:
    plateau = found.plateau
    if plateau is None and not found.stability["n_clusters"].any():
        return "No plateau: no setting finds a cluster."
    if plateau is None:
        return "No plateau: clusters change with every step of eps, so the step decides them."
    told = (
        f"Widest plateau: eps {plateau.eps_from_km:g} to {plateau.eps_to_km:g} km at min_samples "
        f"{plateau.min_samples:g} (mean ARI {plateau.mean_ari:.2f})"
    )
    return f"{told}, but of chains: no reason to choose it." if plateau.chained else f"{told}."


def _stability_rows(table: "pd.DataFrame") -> dict[str, list[str]]:
    return {
        "eps km": [f"{v:g}" for v in table["eps_km"]],
        "min": [f"{v:g}" for v in table["min_samples"]],
        "Clusters": [f"{v:,}" for v in table["n_clusters"]],
        "Core": [f"{v:.0%}" for v in table["core_share"]],
        "In cluster": [f"{v:.0%}" for v in table["clustered_share"]],
        "km wide": [_number(v, 0) for v in table["diameter_km"]],
        "ARI next": [_number(v, 2) for v in table["ari_larger_eps"]],
        "ARI": [_number(v, 2) for v in table["ari"]],
        "<Red flags": list(table["flags"]),
    }


def _cluster_rows(table: "pd.DataFrame") -> dict[str, list[str]]:
    from standort.outputs.wording import cut

    rows = {
        "No.": [str(number) for number in table.index],
        "<Cluster": [cut(label, 36) for label in table["label"]],
        "Sites": [f"{v:,}" for v in table["n_sites"]],
        "unknown": [f"{v:,}" for v in table["n_unknown"]],
        "Mt/yr": [_number(v, 2) for v in table["co2_mt_per_yr"]],
        "Anchor": [_number(v * 100, 0, " %") for v in table["anchor_share"]],
        "km wide": [_number(v, 0) for v in table["diameter_km"]],
        "Long": [_number(v, 2) for v in table["elongation"]],
        "Near": [_number(v, 0, " km") for v in table["nearest_cluster_km"]],
        "Satellites": [f"{v:,}" for v in table["n_satellites"]],
    }
    if "sectors" in table:
        rows["<Largest sector"] = [text.split(",")[0] for text in table["sectors"]]
    return rows


def _number(number: float, digits: int, unit: str = "", *, unknown: str = "-") -> str:
    return f"{number:.{digits}f}{unit}" if abs(number) < float("inf") else unknown


def _fitting(rows: dict[str, list[str]], width: int) -> dict[str, list[str]]:
    """Leave out columns until the rest fits: those that say nothing first, then the least telling.

    Words may go over several lines, and need no more room than the longest of them.
    """
    kept = dict(rows)
    room = {head: _room(head, cells) for head, cells in rows.items()}
    heads = ("Long", "Satellites", "unknown", "<Largest sector", "Anchor", "Near")
    idle = [head for head in heads if _is_idle(rows.get(head, []))]
    for head in (*idle, *(head for head in heads if head not in idle)):
        if sum(room[name] for name in kept) > width:
            kept.pop(head, None)
    return kept


def _room(head: str, cells: list[str]) -> int:
    """Give the width a column takes, its gap included."""
    if head.startswith("<"):
        return 1 + min(_WORDS, max(map(len, [head[1:], *cells])))
    return 1 + max(map(len, [head, *cells]))


def _is_idle(cells: list[str]) -> bool:
    """Tell whether a column says nothing: no cluster has any of it."""
    return set(cells) <= {"0", "-"}


def _print_table(console: Any, title: str, rows: dict[str, list[str]]) -> None:  # noqa: ANN401
    """Print columns under a title; a heading that starts with < is of words."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in rows:
        words = head.startswith("<")
        table.add_column(head.lstrip("<"), justify="left" if words else "right", no_wrap=not words)
    for cells in zip(*rows.values(), strict=True):
        table.add_row(*(Text(cell) for cell in cells))
    console.print(Text(title, style="bold"))
    console.print(table)
