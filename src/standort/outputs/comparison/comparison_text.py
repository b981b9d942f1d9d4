"""What moved, in words and aligned columns."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from standort.outputs.wording import count_of, cut, format_score, format_type, humanise
from standort.results.cell_values import as_float, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = [
    "columns_of",
    "format_change",
    "format_cluster_events",
    "format_criteria",
    "format_input_changes",
    "format_moved_sites",
    "format_type_changes",
    "summarise_moves",
]

_GAP = "  "
#: Most characters of a name in a table, and of all four types in words.
_NAME, _TYPES = 40, 72
_ALIGNED_RIGHT = (
    "change",
    "before",
    "after",
    "sites",
    "Mt/yr",
    "total gain",
    "sites gaining",
    "sites losing",
    "they emit",
    "most",
)
#: Events of clusters that are no news by themselves.
_WENT_ON = "continued"
_UNCHANGED = 1e-9


def format_change(change: object, *, digits: int = 3) -> str:
    """Write a change with its sign.

    Parameters
    ----------
    change
        A number; NaN, None or NA if it is not known.
    digits
        Places behind the point.

    Returns
    -------
    The number, or a hyphen for one that is not known.

    Examples
    --------
    >>> format_change(0.0812), format_change(-0.2), format_change(None)
    ('+0.081', '-0.200', '-')
    """
    number = as_float(change)
    return "-" if math.isnan(number) else f"{number:+.{digits}f}"


def columns_of(
    head: Sequence[str], lines: Sequence[Sequence[str]], *, widest: int = _NAME
) -> list[str]:
    """Align cells in columns; numbers stand to the right, names are cut.

    Parameters
    ----------
    head
        Headings.
    lines
        Cells by line.
    widest
        Most characters of a cell.

    Returns
    -------
    Lines, the headings first; none without cells.

    Examples
    --------
    >>> for line in columns_of(["change", "site"], [["+0.1", "Pernis"], ["-0.02", "Moerdijk"]]):
    ...     print(line)
    change  site
      +0.1  Pernis
     -0.02  Moerdijk
    """
    if not lines:
        return []
    cells = [list(head), *([cut(cell, widest) for cell in line] for line in lines)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    return [
        _GAP.join(
            cell.rjust(width) if name in _ALIGNED_RIGHT else cell.ljust(width)
            for cell, width, name in zip(line, widths, head, strict=True)
        ).rstrip()
        for line in cells
    ]


def summarise_moves(counts: Mapping[str, float], gains: pd.DataFrame, losses: pd.DataFrame) -> str:
    """Tell in a sentence or two how many sites moved.

    Parameters
    ----------
    counts
        As a comparison gives them.
    gains, losses
        Sites whose score rose or fell, the largest change first.

    Returns
    -------
    The sentences.
    """
    came = [f"{counts[k]:,} {k}" for k in ("added", "removed") if counts[k]]
    lead = f"{count_of(int(counts['sites']), 'site')} in both"
    lead += f" ({', '.join(came)})" if came else ""
    if not counts["gain"] and not counts["lose"]:
        text = f"{lead}: no score moved."
    else:
        sides = [
            f"{len(rows):,} {verb} (most {_most(rows.iloc[0])})"
            for rows, verb in ((gains, "gain"), (losses, "lose"))
            if len(rows)
        ]
        total = format_change(counts["total_change"])
        text = f"{lead}: {', '.join(sides)}; scores change by {total} in total."
    more = [
        f"{count_of(int(counts[key]), 'site')} {words}"
        for key, words in (
            ("inputs_changed", "came with other attributes or elsewhere"),
            ("score_lost", "lost the score"),
            ("score_gained", "got a score"),
            ("tiers_changed", "changed tier"),
        )
        if counts[key]
    ]
    if counts["types_changed"]:
        more.append(f"{count_of(int(counts['types_changed']), 'place')} changed type")
    return f"{text} {'; '.join(more)}." if more else text


def format_moved_sites(moved: pd.DataFrame, details: pd.DataFrame, top: int) -> list[str]:
    """Lay out the sites that moved most, and by which criterion.

    Parameters
    ----------
    moved
        Sites whose score changed, the largest change first.
    details
        Rows of sites and criteria that differ.
    top
        Most sites to show.

    Returns
    -------
    Lines; none if nothing moved.
    """
    if moved.empty:
        return []
    shown = moved.head(top)
    keyed = details.loc[details["site_id"].isin(shown.index)].set_index(["site_id", "criterion"])
    lines = []
    for id_, row in shown.iterrows():
        lines.append(
            (
                format_change(row["change"]),
                format_score(row["score_before"], digits=3),
                format_score(row["score_after"], digits=3),
                f"{as_text(row['rank_before'])} -> {as_text(row['rank_after'])}",
                _name(row),
                _by(id_, row.get("mostly_by"), keyed),
            )
        )
    head = ["change", "before", "after", "rank", "site", "mostly by"]
    title = f"Sites that moved most ({len(shown):,} of {len(moved):,}):"
    return [title, *columns_of(head, lines)]


def format_input_changes(sites: pd.DataFrame, top: int) -> list[str]:
    """Name the sites that came with other attributes or elsewhere.

    Parameters
    ----------
    sites
        As `site_changes` gives them.
    top
        Most sites to show.

    Returns
    -------
    Lines; none if all came as before.
    """
    changed = sites.loc[sites["input_changed"] != ""]
    lines = [
        (_named_with_id(row), as_text(row["input_changed"]) or "-")
        for _, row in changed.head(top).iterrows()
    ]
    title = f"Sites that came with other attributes or elsewhere ({len(lines):,} of "
    head = ["site", "what differs"]
    return [f"{title}{len(changed):,}):", *columns_of(head, lines, widest=_TYPES)] if lines else []


def format_criteria(criteria: pd.DataFrame, *, every: bool) -> list[str]:
    """Lay out which criteria changed for how many sites.

    Parameters
    ----------
    criteria
        As `criterion_changes` gives them.
    every
        Whether to show those too that are worth the same everywhere and only weigh otherwise.

    Returns
    -------
    Lines; none if nothing changed.
    """
    shown = (criteria["sites_measured"] > 0) | (criteria["sites_valued"] > 0)
    some = criteria.loc[shown | (every & (criteria["change"].abs() > _UNCHANGED))]
    lines = [
        (
            format_change(row["change"]),
            humanise(str(name)),
            f"{row['sites_measured']:,.0f}",
            f"{row['sites_decided']:,.0f}",
        )
        for name, row in some.iterrows()
    ]
    head = ["change", "criterion", "sites measured otherwise", "decided otherwise"]
    return ["By criterion, over all sites:", *columns_of(head, lines)] if lines else []


def format_cluster_events(clusters: pd.DataFrame, top: int) -> list[str]:
    """Lay out what became of clusters; those that went on as they were are left out.

    Parameters
    ----------
    clusters
        As `cluster_changes` gives them.
    top
        Most events to show.

    Returns
    -------
    Lines; none if nothing changed.
    """
    if clusters.empty:
        return []
    went_on = clusters["event"] == _WENT_ON
    same = went_on & ~(clusters["change"].abs() > _UNCHANGED)
    if {"n_sites_before", "n_sites_after"} <= set(clusters.columns):
        same &= clusters["n_sites_before"] == clusters["n_sites_after"]
    news = clusters.loc[~same]
    order = news["change"].abs().fillna(0.0).sort_values(ascending=False, kind="stable").index
    news = news.loc[order]
    lines = [
        (
            format_change(row["change"]),
            str(row["event"]),
            _named(row, "before"),
            _named(row, "after"),
        )
        for _, row in news.head(top).iterrows()
    ]
    title = f"Clusters that changed ({len(lines):,} of {len(news):,}):"
    return [title, *columns_of(["change", "event", "was", "is"], lines)] if lines else []


def format_type_changes(places: pd.DataFrame | None, top: int) -> list[str]:
    """Lay out the places whose type changed.

    Parameters
    ----------
    places
        As `place_changes` gives them, or None.
    top
        Most places to show.

    Returns
    -------
    Lines; none if none changed.
    """
    if places is None or "type_changed" not in places or not places["type_changed"].any():
        return []
    changed = places.loc[places["type_changed"]]
    lines = [
        (str(id_), format_type(row, when="_before"), format_type(row, when="_after"))
        for id_, row in changed.head(top).iterrows()
    ]
    title = f"Places whose type changed ({len(lines):,} of {len(changed):,}):"
    return [title, *columns_of(["place", "was", "is"], lines, widest=_TYPES)]


def _by(id_: Any, criterion: object, details: pd.DataFrame) -> str:  # noqa: ANN401 - any id
    """Tell by what a site moved most, and which feature gave way to which."""
    name = as_text(criterion)
    if name is None:
        return "-"
    row = details.loc[(id_, name)]
    features = [as_text(row[f"feature_{when}"]) for when in ("before", "after")]
    text = f"{humanise(name)} {format_change(row['change'])}"
    if features[0] == features[1] or features[1] is None:
        return text
    return f"{text} ({features[1]})"


def _most(row: pd.Series) -> str:
    return f"{_name(row)}, {format_change(row['change'])}"


def _name(row: pd.Series) -> str:
    return as_text(row.get("name")) or str(row.name)


def _named_with_id(row: pd.Series) -> str:
    name = as_text(row.get("name"))
    return f"{cut(name, _NAME)} ({row.name})" if name else str(row.name)


def _named(row: pd.Series, when: str) -> str:
    number = as_text(row[when])
    if number is None:
        return "-"
    name = as_text(row.get(f"name_{when}"))
    count = as_text(row.get(f"n_sites_{when}"))
    told = f"{number} {cut(name, _NAME // 2)}" if name else number
    return f"{told}, {count} sites" if count else told
