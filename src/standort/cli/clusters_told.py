"""What `standort clusters` prints: settings, clusters, and how far both can be relied on."""

from typing import TYPE_CHECKING, Any

import typer

from standort.cli.shell import output

if TYPE_CHECKING:
    import pandas as pd

    from standort.clusters import Exploration

__all__ = ["tell_clusters"]

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
