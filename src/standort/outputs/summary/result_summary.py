"""The summary of a result: the largest clusters, the best placed sites, and sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

from standort.arguments import checked, whole, with_columns
from standort.outputs.summary.summary_sentences import count_all, summary_lines
from standort.outputs.text_layout import wrap
from standort.outputs.wording import cut, format_score, humanise
from standort.results.cell_values import as_float, as_text
from standort.results.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

#: Smallest width with components and anchors [columns].
_WIDE = 110
#: Fewest and most characters of a name, and enough to keep optional columns [columns].
_LEAST, _MOST, _ENOUGH = 12, 40, 28
_INTERVAL = "5-95 %: the interval of the score in 90 of 100 draws of the uncertain inputs{error}."
_RANGE = "Range: the score if all missing data took their worst or best values."


class _Column(NamedTuple):
    """One column of a table for a terminal."""

    head: str
    cells: Sequence[str]
    justify: Literal["left", "right"] = "right"
    can_be_cut: bool = False
    """Whether its cells are cut on a narrow terminal."""
    optional: bool = False
    """Whether it is dropped to leave more width to names."""


@checked(sites=with_columns("score"), top=whole(0), width=whole(1))
def summarise(
    sites: pd.DataFrame,
    clusters: pd.DataFrame,
    manifest: Mapping[str, object],
    *,
    top: int = 10,
    width: int = 80,
) -> Group:
    """Summarise a result for a terminal; print it with `rich`.

    Parameters
    ----------
    sites
        The table of sites of a result, or its best sites if the manifest counts more.
    clusters
        Its table of clusters, largest emissions first.
    manifest
        Its manifest.
    top
        Number of clusters and of sites to show.
    width
        Width of the terminal [columns]; from 110 on, components and anchors are included.

    Returns
    -------
    Tables and lines, in this order.

    Examples
    --------
    >>> import pandas as pd
    >>> from rich.console import Console
    >>> sites = pd.DataFrame({"score": [0.5, 0.75], "rank": [2, 1]}, index=["a", "b"])
    >>> Console(width=80).print(summarise(sites, pd.DataFrame(), {}, top=1))
    Best placed sites (1 of 2)
    <BLANKLINE>
     Rank  Site  Score
     ─────────────────
        1  b      0.75
    <BLANKLINE>
    2 sites scored.
    """
    from rich import console, text

    wide = width >= _WIDE
    schema = Schema.of(manifest)
    components = schema.names("sites", "component") if wide else []
    sites = sites[schema.own("sites", sites.columns, also=("name", "co2_t_per_yr"))]
    parts: list[Table | Text] = []
    if len(clusters):
        best = clusters.iloc[:top]
        title, columns = "Largest clusters by emissions of CO2", _cluster_columns(best, components)
        parts += _titled(title, columns, of=len(clusters), width=width)
    best = sites.loc[sites["score"].notna()]
    best = best.sort_values("score", ascending=False, kind="stable").iloc[:top]
    title, columns = "Best placed sites", _site_columns(best, clusters, components)
    parts += _titled(title, columns, of=count_all(sites, manifest), width=width)
    if "score_min" in sites:
        parts += [text.Text(f"{_RANGE}\n")]
    if "score_p05" in sites:
        lines = wrap([_INTERVAL.format(error=_describe_errors(manifest))], width)
        parts += [text.Text(line) for line in (*lines, "")]
    for line in summary_lines(sites, clusters, manifest):
        indent = "    " if line.startswith(" ") else ""
        parts += [text.Text(wrapped) for wrapped in wrap([line], width, indent=indent)]
    return console.Group(*parts)


def _cluster_columns(clusters: pd.DataFrame, components: Sequence[str]) -> list[_Column]:
    anchors = [as_text(anchor) or "" for anchor in _cells(clusters, "anchor")]
    names = [as_text(name) for name in _cells(clusters, "name")]
    return [
        _Column("No.", [str(number) for number in clusters.index]),
        _Column(
            "Cluster",
            [n or a for n, a in zip(names, anchors, strict=True)],
            "left",
            can_be_cut=True,
        ),
        _Column("Sites", [as_text(n) or "-" for n in _cells(clusters, "n_sites")]),
        _Column("Mt/yr", [format_score(v) for v in _cells(clusters, "co2_mt_per_yr")]),
        _Column("km wide", [format_score(v, digits=0) for v in _cells(clusters, "diameter_km")]),
        *_score_columns(clusters, components),
        *([_Column("Anchor", anchors, "left", can_be_cut=True)] if components else []),
    ]


def _site_columns(
    sites: pd.DataFrame, clusters: pd.DataFrame, components: Sequence[str]
) -> list[_Column]:
    columns = [
        _Column("Rank", [as_text(rank) or "-" for rank in _cells(sites, "rank")]),
        _Column("Site", [str(site_id) for site_id in sites.index], "left", can_be_cut=True),
    ]
    if "name" in sites:
        columns.append(
            _Column("Name", [as_text(n) or "" for n in sites["name"]], "left", can_be_cut=True)
        )
    if "co2_t_per_yr" in sites:
        emissions = [format_score(as_float(t) / 1e6) for t in sites["co2_t_per_yr"]]
        columns.append(_Column("Mt/yr", emissions, optional=True))
    columns += _score_columns(sites, components)
    if "tier" in sites:
        columns.append(_Column("Cluster", _name_clusters(sites, clusters), "left"))
    return columns


def _score_columns(table: pd.DataFrame, components: Sequence[str]) -> list[_Column]:
    """Return the columns of scores, bounds and components."""
    columns = [_Column("Score", [format_score(score) for score in _cells(table, "score")])]
    for head, low, high in (
        ("Range", "score_min", "score_max"),
        ("5-95 %", "score_p05", "score_p95"),
    ):
        if low in table:
            ends = zip(table[low], table[high], strict=True)
            columns.append(_Column(head, [f"{format_score(a)}-{format_score(b)}" for a, b in ends]))
    columns += [
        _Column(_first_word(name), [format_score(value) for value in table[name]])
        for name in components
        if name in table
    ]
    return columns


def _first_word(component: str) -> str:
    return humanise(component).split()[0].capitalize()


def _name_clusters(sites: pd.DataFrame, clusters: pd.DataFrame) -> list[str]:
    """Return the number of the cluster of each member, and the tier of each other site."""
    numbers = [as_text(number) for number in _cells(sites, "cluster")]
    tiers = [as_text(tier) or "-" for tier in sites["tier"]]
    known = {str(number) for number in clusters.index}
    return [n if n in known else tier for n, tier in zip(numbers, tiers, strict=True)]


def _cells(table: pd.DataFrame, column: str) -> Sequence[object]:
    return list(table[column]) if column in table else [math.nan] * len(table)


def _describe_errors(manifest: Mapping[str, object]) -> str:
    """Describe the number of draws and the standard errors of the ends."""
    entry = manifest.get("monte_carlo")
    if not isinstance(entry, dict):
        return ""
    if "score_p05" not in entry["standard_errors"]:
        return f" ({entry['draws']:,} draws, too few for standard errors of its ends)"
    ends = [entry["standard_errors"][end] for end in ("score_p05", "score_p95")]
    median, largest = (max(end[which] for end in ends) for which in ("median", "largest"))
    return (
        f" ({entry['draws']:,} draws; standard error of its ends: median {median:.3f}, largest "
        f"{largest:.2f})"
    )


def _titled(title: str, columns: Sequence[_Column], *, of: int, width: int) -> list[Table | Text]:
    """Return a table under its title, which counts the rows shown."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    columns = _fitting(columns, width)
    shown = len(columns[0].cells)
    count = f" ({shown:,} of {of:,})" if shown < of else ""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in columns:
        table.add_column(column.head, justify=column.justify, no_wrap=True)
    limits = _limits(columns, width)
    for cells in zip(*(column.cells for column in columns), strict=True):
        # Text: brackets in names are not markup
        table.add_row(*(Text(cut(c, limit)) for c, limit in zip(cells, limits, strict=True)))
    return [Text(f"{title}{count}", style="bold"), table]


def _fitting(columns: Sequence[_Column], width: int) -> Sequence[_Column]:
    """Drop optional columns if names would be cut too short."""
    limits = zip(columns, _limits(columns, width), strict=True)
    short = any(
        limit < min(_ENOUGH, _widest(column)) for column, limit in limits if column.can_be_cut
    )
    return [column for column in columns if not (short and column.optional)]


def _widest(column: _Column) -> int:
    return max(len(cell) for cell in [column.head, *column.cells])


def _limits(columns: Sequence[_Column], width: int) -> list[int]:
    """Return the width of each column; those that can be cut share what the others leave."""
    needed = [_widest(column) for column in columns]
    room = width - 2 * len(columns)
    room -= sum(need for need, c in zip(needed, columns, strict=True) if not c.can_be_cut)
    limits = []
    left = [c for c in columns if c.can_be_cut]
    for need, column in zip(needed, columns, strict=True):
        limit = need
        if column.can_be_cut:
            left = left[1:]
            reserved = sum(min(_LEAST, _widest(other)) for other in left)
            limit = max(_LEAST, min(need, _MOST, room - reserved))
            room -= min(limit, need)
        limits.append(limit)
    return limits
