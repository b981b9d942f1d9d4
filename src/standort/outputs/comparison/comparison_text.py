"""Sentences and tables of a comparison."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from standort.outputs.text_layout import align_columns
from standort.outputs.wording import count_of, cut, format_score, format_type, humanise
from standort.results.cell_values import as_float, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

#: Most characters of a name, and of all four types.
_NAME, _TYPES = 40, 72
#: The event of clusters that is not a change by itself.
_CONTINUED = "continued"
_UNCHANGED = 1e-9


def format_change(change: object, *, digits: int = 3) -> str:
    """Format a change with its sign.

    Parameters
    ----------
    change
        A number; NaN, None or NA if unknown.
    digits
        Decimals.

    Returns
    -------
    The number, or a hyphen if unknown.

    Examples
    --------
    >>> format_change(0.0812), format_change(-0.2), format_change(None)
    ('+0.081', '-0.200', '-')
    """
    number = as_float(change)
    return "-" if math.isnan(number) else f"{number:+.{digits}f}"


def summarise_moves(counts: Mapping[str, float], gains: pd.DataFrame, losses: pd.DataFrame) -> str:
    """Summarise how many scores changed, in a sentence or two.

    Parameters
    ----------
    counts
        As `Comparison.counts`.
    gains, losses
        Sites whose score rose or fell, the largest change first.

    Returns
    -------
    The sentences.
    """
    only_one = [f"{counts[k]:,} {k}" for k in ("added", "removed") if counts[k]]
    lead = f"{count_of(int(counts['sites']), 'site')} in both"
    lead += f" ({', '.join(only_one)})" if only_one else ""
    if not counts["gain"] and not counts["lose"]:
        text = f"{lead}: no score changed."
    else:
        sides = [
            f"{len(rows):,} {verb} (largest: {_format_site(rows.iloc[0])})"
            for rows, verb in ((gains, "gain"), (losses, "lose"))
            if len(rows)
        ]
        total = format_change(counts["total_change"])
        text = f"{lead}: {', '.join(sides)}; scores change by {total} in total."
    more = [
        f"{count_of(int(counts[key]), 'site')} {words}"
        for key, words in (
            ("inputs_changed", "changed attributes or position"),
            ("score_lost", "lost the score"),
            ("score_gained", "gained a score"),
            ("tiers_changed", "changed tier"),
        )
        if counts[key]
    ]
    if counts["types_changed"]:
        more.append(f"{count_of(int(counts['types_changed']), 'place')} changed type")
    return f"{text} {'; '.join(more)}." if more else text


def format_moved_sites(moved: pd.DataFrame, details: pd.DataFrame, top: int) -> list[str]:
    """Format the sites whose score changed most, each with its main criterion.

    Parameters
    ----------
    moved
        Sites whose score changed, the largest change first.
    details
        Rows of sites and criteria that changed.
    top
        Most sites to show.

    Returns
    -------
    Lines; none if nothing changed.
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
                _format_cause(id_, row.get("mostly_by"), keyed),
            )
        )
    head = ["change", "before", "after", "rank", "site", "mostly by"]
    title = f"Largest changes of score ({len(shown):,} of {len(moved):,}):"
    return [title, *align_columns(head, lines, numbers={"change", "before", "after"})]


def format_input_changes(sites: pd.DataFrame, top: int) -> list[str]:
    """Format the sites whose attributes or position changed.

    Parameters
    ----------
    sites
        As `site_changes` returns them.
    top
        Most sites to show.

    Returns
    -------
    Lines; none if nothing changed.
    """
    changed = sites.loc[sites["input_changed"] != ""]
    lines = [
        (_named_with_id(row), as_text(row["input_changed"]) or "-")
        for _, row in changed.head(top).iterrows()
    ]
    if not lines:
        return []
    shown = f"({len(lines):,} of {len(changed):,})"
    title = f"Sites whose attributes or position changed {shown}:"
    return [title, *align_columns(["site", "changed"], lines, numbers=(), widest=_TYPES)]


def format_criteria(criteria: pd.DataFrame, *, every: bool) -> list[str]:
    """Format for how many sites each criterion changed.

    Parameters
    ----------
    criteria
        As `criterion_changes` returns them.
    every
        Whether to include criteria whose partial values are the same and only the weight changed.

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
    head = ["change", "criterion", "sites whose metric changed", "sites whose driver changed"]
    table = align_columns(head, lines, numbers={"change"})
    return ["By criterion, over all sites:", *table] if lines else []


def format_cluster_events(clusters: pd.DataFrame, top: int) -> list[str]:
    """Format the clusters that changed.

    Parameters
    ----------
    clusters
        As `cluster_changes` returns them.
    top
        Most events to show.

    Returns
    -------
    Lines; none if nothing changed.
    """
    if clusters.empty:
        return []
    continued = clusters["event"] == _CONTINUED
    same = continued & ~(clusters["change"].abs() > _UNCHANGED)
    if {"n_sites_before", "n_sites_after"} <= set(clusters.columns):
        same &= clusters["n_sites_before"] == clusters["n_sites_after"]
    changed = clusters.loc[~same]
    size = changed["change"].abs().fillna(0.0)
    changed = changed.loc[size.sort_values(ascending=False, kind="stable").index]
    lines = [
        (
            format_change(row["change"]),
            str(row["event"]),
            _named(row, "before"),
            _named(row, "after"),
        )
        for _, row in changed.head(top).iterrows()
    ]
    title = f"Clusters that changed ({len(lines):,} of {len(changed):,}):"
    head = ["change", "event", "before", "after"]
    return [title, *align_columns(head, lines, numbers={"change"})] if lines else []


def format_type_changes(places: pd.DataFrame | None, top: int) -> list[str]:
    """Format the places whose type changed.

    Parameters
    ----------
    places
        As `place_changes` returns them, or None.
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
    return [title, *align_columns(["place", "before", "after"], lines, numbers=(), widest=_TYPES)]


def _format_cause(id_: Any, criterion: object, details: pd.DataFrame) -> str:  # noqa: ANN401 - any id
    """Format the criterion by which a score changed most, with its new driver."""
    name = as_text(criterion)
    if name is None:
        return "-"
    row = details.loc[(id_, name)]
    features = [as_text(row[f"feature_{when}"]) for when in ("before", "after")]
    text = f"{humanise(name)} {format_change(row['change'])}"
    if features[0] == features[1] or features[1] is None:
        return text
    return f"{text} ({features[1]})"


def _format_site(row: pd.Series) -> str:
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
    text = f"{number} {cut(name, _NAME // 2)}" if name else number
    return f"{text}, {count} sites" if count else text
