"""`standort clusters`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from standort.cli.output_files import FIGURE_ENDINGS, prepare_output, save_figure
from standort.cli.shared_options import StudyArgument, YearOption
from standort.cli.terminal import get_console, print_text

if TYPE_CHECKING:
    import pandas as pd

    from standort.clusters import Exploration, NeighbourGraph

#: Layers that identify a file written by this command.
_LAYERS = {"clusters", "stability", "settings"}
#: Maximum number of values of an option that takes a range.
_MAX_VALUES = 1_000
#: Defaults.
_MIN_EMISSIONS_MT = 1.0
_POSITION_SD_KM = 0.5
#: Share of position draws from which a site counts as firmly in its cluster.
_FIRM_SHARE = 0.9
#: Maximum width of a text column.
_TEXT_WIDTH = 24


def clusters(  # noqa: PLR0913 - one parameter for each option
    study: StudyArgument,
    *,
    eps_km: Annotated[
        str, typer.Option("--eps-km", metavar="KM", help="Radii to test: FROM:TO:STEP, or a list.")
    ] = "5:30:5",
    min_samples: Annotated[
        str,
        typer.Option(
            "--min-samples",
            metavar="N",
            help="Minimum numbers of sites to test: FROM:TO, or a list.",
        ),
    ] = "2:6",
    chosen_eps_km: Annotated[
        float, typer.Option(metavar="KM", help="Radius of the clusters to describe.")
    ] = 10.0,
    chosen_min_samples: Annotated[
        int, typer.Option(metavar="N", min=1, help="Minimum number of sites of those clusters.")
    ] = 4,
    mode: Annotated[
        str,
        typer.Option(
            metavar="MODE",
            help="What makes an area dense: 'count', 'emission' or 'count_and_emission'.",
        ),
    ] = "count",
    min_emissions_mt: Annotated[
        float | None,
        typer.Option(
            metavar="MT",
            help="Emissions within the radius that make an area dense [Mt/yr; default: 1].",
        ),
    ] = None,
    star: Annotated[
        bool, typer.Option("--star", help="Exclude border sites from clusters (DBSCAN*).")
    ] = False,
    max_diameter_km: Annotated[
        float | None, typer.Option(metavar="KM", help="Split clusters wider than this.")
    ] = None,
    position_sd_km: Annotated[
        float | None,
        typer.Option(
            metavar="KM",
            min=0,
            help="Standard deviation of positions; 0: positions are exact [default: 0.5].",
        ),
    ] = None,
    distances: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Distances between emitters, as CSV or Parquet of from_id, to_id, distance_km "
            "[default: geodesics].",
        ),
    ] = None,
    distances_reach_km: Annotated[
        float | None,
        typer.Option(
            metavar="KM",
            help="Distance up to which that file holds all pairs [default: its longest].",
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Compare with the groups in this column of the emitters."
        ),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Show what became of the clusters in an earlier --out."),
    ] = None,
    year: YearOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT", help="Write all tables to this GeoPackage."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Plot the k-distance curve and the stability (.png, .svg, .pdf)."
        ),
    ] = None,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Number of clusters to print.")] = 10,
) -> None:
    """Find clusters and test their sensitivity to the parameters.

    Prints each combination of radius and minimum number of sites with its red flags, whether
    clusters are stable over several radii, and the clusters of one combination. It does not choose
    the parameters for you.

    Example: `standort clusters study.gpkg --eps-km 5:30:5 --min-samples 2:6 --out clusters.gpkg`
    """
    from standort.clusters.settings.exploration import explore_clusters
    from standort.layers import read_study

    radii, numbers = _range("--eps-km", eps_km), _range("--min-samples", min_samples)
    _refuse_options_without_effect(
        {
            "--min-emissions-mt": (min_emissions_mt, "in mode 'count'", mode == "count"),
            "--distances-reach-km": (distances_reach_km, "without --distances", not distances),
            "--position-sd-km": (position_sd_km, "with --distances", bool(distances)),
        }
    )
    inputs = [study, *([distances] if distances else [])]
    prepare_output(out, inputs=inputs)
    prepare_output(plot, inputs=inputs, endings=FIGURE_ENDINGS)
    earlier = None if before is None else _read_earlier(before)
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
    explored = explore_clusters(
        emitters,
        eps_km=radii,
        min_samples=numbers,
        chosen_eps_km=chosen_eps_km,
        chosen_min_samples=chosen_min_samples,
        graph=graph,
        **options,
    )
    if out is not None:
        _write(explored, out)
    if plot is not None:
        from standort.outputs.figures.eps_plot import plot_choice

        figure = plot_choice(explored.suggestion, explored.stability, chosen_eps_km=chosen_eps_km)
        save_figure(figure, plot)
    _print_clusters(explored, top)
    if earlier is not None:
        _print_changes(earlier, explored)
    if out is not None:
        print_text(f"Written to {out}.")
    if plot is not None:
        print_text(f"Figure written to {plot}.")


def _refuse_options_without_effect(options: dict[str, tuple[float | None, str, bool]]) -> None:
    """Raise if options are given that have no effect."""
    from standort.errors import OptionError

    problems = [
        f"{option} {number:g} has no effect {where}; leave it out"
        for option, (number, where, unused) in options.items()
        if number is not None and unused
    ]
    if problems:
        raise OptionError("; ".join(problems))


def _range(option: str, text: str) -> list[float]:
    """Parse FROM:TO:STEP, both ends included, or a comma-separated list."""
    from standort.errors import OptionError

    msg = f"expected {option} as FROM:TO:STEP or a list such as 5,10,25 of positive numbers, "
    msg += f"at most {_MAX_VALUES:,}; got {text!r}"
    try:
        if ":" not in text:
            numbers = [float(part) for part in text.split(",")]
        else:
            start, stop, step = [*map(float, text.split(":")), 1.0][:3]
            count = int((stop - start) / step + 1e-9) + 1 if step > 0 else 0
            numbers = [start + i * step for i in range(min(count, _MAX_VALUES + 1))]
    except (ValueError, OverflowError) as error:
        raise OptionError(msg) from error
    valid = 0 < len(numbers) <= _MAX_VALUES and all(0 < n < float("inf") for n in numbers)
    if not valid or text.count(":") > 2:  # noqa: PLR2004 - three parts
        raise OptionError(msg)
    return [round(n, 9) for n in numbers]


def _layers(path: Path) -> list[str]:
    import pyogrio

    from standort.errors import FileError
    from standort.layers.formats.local_files import check_vector_file

    try:
        return [str(name) for name, _ in pyogrio.list_layers(check_vector_file(path))]
    except (FileError, pyogrio.errors.DataSourceError):
        return []


def _read_graph(path: Path, ids: "pd.Index[Any]", reach_km: float | None) -> "NeighbourGraph":
    """Read distances between emitters from a table."""
    import pandas as pd

    from standort.clusters import NeighbourGraph
    from standort.errors import FileError
    from standort.outputs.csv_tables import read_csv

    try:
        if path.suffix.lower() == ".parquet":
            pairs = pd.read_parquet(path)
        else:
            pairs = read_csv(path, texts=["from_id", "to_id"])
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        msg = f"cannot read distances from {str(path)!r}: {reason}; expected a CSV or Parquet file"
        raise FileError(msg) from error
    if reach_km is None and "distance_km" in pairs:
        reach_km = float(pd.to_numeric(pairs["distance_km"], errors="coerce").max())
    return NeighbourGraph.of_pairs(pairs, ids=ids, reach_km=reach_km or 1.0)


def _read_earlier(path: Path) -> "pd.DataFrame":
    """Read the sites of an earlier run, indexed by id as text."""
    import pyogrio

    from standort.errors import FileError

    if not set(_layers(path)) >= _LAYERS:
        msg = (
            f"expected a file written by 'standort clusters --out' for --before, got {str(path)!r}"
        )
        raise FileError(msg)
    sites: pd.DataFrame = pyogrio.read_dataframe(path, layer="sites", read_geometry=False)
    sites.index = sites["site_id"].astype(str)
    return sites[["cluster", "co2_t_per_yr"]]


def _print_changes(earlier: "pd.DataFrame", explored: "Exploration") -> None:
    """Count and list the changes of clusters since an earlier run."""
    from standort.clusters import track

    sites = explored.sites
    now = sites[["cluster", "co2_t_per_yr"]].set_axis(sites.index.astype(str))
    events = track(
        earlier, now, emissions_before=earlier["co2_t_per_yr"], emissions_after=now["co2_t_per_yr"]
    )
    counts = events["event"].value_counts()
    print_text("Changes: " + ", ".join(f"{n:,} {what}" for what, n in counts.items()) + ".")
    for row in events[events["event"] != "continued"].to_dict("records"):
        one = {"died": f"cluster {row['before']}", "born": f"cluster {row['after']}"}
        both = f"cluster {row['before']}, now {row['after']}"
        print_text(f"  {row['event']}: {one.get(row['event'], both)}")


def _write(explored: "Exploration", out: Path) -> None:
    """Write all tables as one GeoPackage."""
    import pandas as pd

    from standort.outputs.geopackage.writer import write_geopackage
    from standort.results.manifest import brief_manifest

    settings = {
        **explored.settings,
        "k_distance": str(explored.suggestion),
        "validity": explored.validity,
        "validity_min": explored.validity_range[0],
        "validity_max": explored.validity_range[1],
    }
    tables = {
        "stability": explored.stability,
        "k_distances": explored.suggestion.curve.to_frame(),
        "hierarchy": explored.hierarchy.drop(columns="site_ids").reset_index(),
        "lone_anchors": explored.lone_anchors,
        "agreements": explored.agreements.reset_index(),
        "split": explored.split,
        "settings": pd.DataFrame(
            {"setting": list(settings), "value": [str(v) for v in settings.values()]}
        ),
        "manifest": brief_manifest("clusters"),
    }
    if explored.sectors is not None:
        tables["sectors"] = explored.sectors.reset_index()
    layers = {
        "sites": explored.sites,
        "clusters": explored.clusters,
        "cluster_hulls": explored.hulls,
    }
    write_geopackage(out, layers=layers, tables=tables)


def _print_clusters(explored: "Exploration", top: int) -> None:
    """Print settings, the suggested radius, the largest clusters and their diagnostics."""
    console = get_console()
    _print_table(console, "Settings", _stability_rows(explored.stability))
    print_text(str(explored.suggestion))
    print_text(f"{_describe_plateau(explored)}\n")
    settings = explored.settings
    title = f"Clusters at eps {settings['eps_km']:g} km, min_samples {settings['min_samples']:g}"
    shown = f" ({top} of {len(explored.clusters)})" if len(explored.clusters) > top else ""
    rows = _cluster_rows(explored.clusters.iloc[:top])
    fitting = _fitting(rows, console.width)
    _print_table(console, f"{title}{shown}", fitting)
    hidden = [
        head.lstrip("<") for head in rows if head not in fitting and not _is_empty(rows[head])
    ]
    if hidden:
        print_text(
            f"Columns hidden (terminal too narrow): {', '.join(hidden)}; --out writes all columns."
        )
    for line in _diagnostics(explored):
        print_text(line)


def _diagnostics(explored: "Exploration") -> Iterator[str]:
    """Describe tiers, uncertain positions, validity, agreement with others, and splits."""
    from standort.outputs.wording import count_of

    tiers = explored.sites["tier"].value_counts()
    yield (
        f"{count_of(len(explored.clusters), 'cluster')}: {tiers.get('member', 0):,} sites in "
        f"clusters, {tiers.get('adjacent', 0):,} adjacent, "
        f"{tiers.get('dispersed', 0):,} dispersed; "
        f"{count_of(len(explored.lone_anchors), 'lone anchor')}."
    )
    if "position_clustered_share" in explored.sites:
        member = explored.sites["cluster"] >= 0
        firm = explored.sites["position_clustered_share"] >= _FIRM_SHARE
        yield (
            f"With positions drawn 100 times, {(member & ~firm).sum():,} of {member.sum():,} sites "
            f"leave their cluster in more than {1 - _FIRM_SHARE:.0%} of the draws."
        )
    valid = _number(explored.validity, 2, " (-1 to 1)", unknown="unknown")
    low, high = (_number(end, 2, unknown="unknown") for end in explored.validity_range)
    ties = "" if low == high else f"; {low} to {high} by which of equally short trees is used"
    yield f"Density-based validity (DBCV): {valid}{ties}."
    for row in explored.agreements.reset_index().to_dict("records"):
        noise = "noise as singletons" if row["noise"] == "singletons" else "without noise"
        other = "HDBSCAN" if row["with"] == "hdbscan" else "the reference"
        indices = ", ".join(
            f"{name.upper()} {_number(row[name], 2, unknown='unknown')}" for name in ("ari", "ami")
        )
        yield f"Agreement with {other}, {noise} ({row['n_sites']:,.0f} sites): {indices}."
    for number, parts in explored.split.groupby("split_cluster"):
        wide = parts["split_diameter_km"].iloc[0]
        into = ", ".join("noise" if c < 0 else f"no. {c}" for c in parts["cluster"])
        yield f"Split: cluster {number}, {wide:.0f} km wide, into {into}."


def _describe_plateau(explored: "Exploration") -> str:
    plateau = explored.plateau
    if plateau is None and not explored.stability["n_clusters"].any():
        return "No plateau: there are no clusters under any setting."
    if plateau is None:
        return "No plateau: the clusters change with every step of eps, so they depend on the step."
    text = (
        f"Widest plateau: eps {plateau.eps_from_km:g} to {plateau.eps_to_km:g} km at min_samples "
        f"{plateau.min_samples:g} (mean ARI {plateau.mean_ari:.2f})"
    )
    return (
        f"{text}, but it consists of chains; do not choose it." if plateau.chained else f"{text}."
    )


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
        "Elong.": [_number(v, 2) for v in table["elongation"]],
        "Near": [_number(v, 0, " km") for v in table["nearest_cluster_km"]],
        "Satellites": [f"{v:,}" for v in table["n_satellites"]],
    }
    if "sectors" in table:
        rows["<Largest sector"] = [text.split(",")[0] for text in table["sectors"]]
    return rows


def _number(number: float, digits: int, unit: str = "", *, unknown: str = "-") -> str:
    return f"{number:.{digits}f}{unit}" if abs(number) < float("inf") else unknown


def _fitting(rows: dict[str, list[str]], width: int) -> dict[str, list[str]]:
    """Drop columns until the rest fits: empty ones first, then the least informative.

    Text columns may wrap, so they need at most `_TEXT_WIDTH`.
    """
    kept = dict(rows)
    widths = {head: _column_width(head, cells) for head, cells in rows.items()}
    heads = ("Elong.", "Satellites", "unknown", "<Largest sector", "Anchor", "Near")
    empty = [head for head in heads if _is_empty(rows.get(head, []))]
    for head in (*empty, *(head for head in heads if head not in empty)):
        if sum(widths[name] for name in kept) > width:
            kept.pop(head, None)
    return kept


def _column_width(head: str, cells: list[str]) -> int:
    """Return the width of a column with its gap."""
    if head.startswith("<"):
        return 1 + min(_TEXT_WIDTH, max(map(len, [head[1:], *cells])))
    return 1 + max(map(len, [head, *cells]))


def _is_empty(cells: list[str]) -> bool:
    """Return whether all cells of a column are zero or unknown."""
    return set(cells) <= {"0", "-"}


def _print_table(console: Any, title: str, rows: dict[str, list[str]]) -> None:  # noqa: ANN401
    """Print columns under a title; the heading of a text column starts with <."""
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
