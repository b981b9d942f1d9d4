"""Sentences on vetoes: which hold against a site or place, and the consequence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from standort.errors import name_ids
from standort.outputs.wording import count_of, format_score, humanise, join_words
from standort.results.cell_values import as_text

if TYPE_CHECKING:
    import pandas as pd


#: The columns of criteria whose veto holds, and of those for which that is unknown.
_HOLDS, _UNKNOWN = "vetoed", "veto_unknown"
#: Most ids that a sentence names.
_NAMED = 3


def veto_limits(
    manifest: Mapping[str, object], *, limit: Literal["veto", "gate"] = "veto"
) -> dict[str, float]:
    """Return the partial value that each criterion with a veto must reach.

    Parameters
    ----------
    manifest
        The manifest of a result, which holds the full profile.
    limit
        Whether to return vetoes or gates.

    Returns
    -------
    By criterion; empty for a profile without any.

    Examples
    --------
    >>> criteria = [{"id": "port_distance", "veto": 0.25}, {"id": "heat_demand"}]
    >>> veto_limits({"profile": {"definition": {"criteria": criteria}}})
    {'port_distance': 0.25}
    """
    profile = manifest.get("profile")
    definition = profile.get("definition") if isinstance(profile, Mapping) else None
    if not isinstance(definition, Mapping):
        return {}
    entries = [*definition.get("criteria", ()), *definition.get("cluster_criteria", ())]
    return {str(entry["id"]): float(entry[limit]) for entry in entries if limit in entry}


def vetoes_in(row: Mapping[str, object] | pd.Series, column: str = _HOLDS) -> tuple[str, ...]:
    """Return the criteria whose veto holds against a site or place.

    Parameters
    ----------
    row
        Its row.
    column
        ``vetoed``, or ``veto_unknown`` for the criteria for which it is unknown.

    Returns
    -------
    Ids of criteria.

    Examples
    --------
    >>> vetoes_in({"vetoed": "port_distance,heat_demand"}), vetoes_in({"vetoed": None})
    (('port_distance', 'heat_demand'), ())
    """
    return tuple(name for name in (as_text(row.get(column)) or "").split(",") if name)


def describe_vetoes(
    kind: str,
    vetoed: tuple[str, ...],
    unknown: tuple[str, ...],
    *,
    limits: Mapping[str, float],
    partial_values: Mapping[str, object],
) -> list[str]:
    """Describe which vetoes hold against a site or place, which may, and the consequence.

    Parameters
    ----------
    kind
        ``site``, or the kind of place.
    vetoed, unknown
        Criteria whose veto holds, and those for which that is unknown.
    limits
        As `veto_limits` returns them.
    partial_values
        By criterion.

    Returns
    -------
    Sentences; none if no veto holds or may hold.

    Examples
    --------
    >>> sentences = describe_vetoes("site", ("port_distance",), (),
    ...     limits={"port_distance": 0.5}, partial_values={"port_distance": 0.2})
    >>> print(sentences[0])
    Vetoed by port distance (partial value 0.20, the profile requires 0.50): whatever its score,...
    """
    consequence = (
        "whatever its score, the site does not count as well placed"
        if kind == "site"
        else f"whatever its advantage, the {kind} is typed as one of low advantage"
    )
    known, possible = (
        join_words([_with_limit(name, limits, partial_values) for name in names])
        for names in (vetoed, unknown)
    )
    sentences = [f"Vetoed by {known}: {consequence}."] if vetoed else []
    if unknown:
        sentences.append(f"Too little is known to decide whether a veto holds: {possible}.")
    return sentences


def describe_vetoed_sites(sites: pd.DataFrame, manifest: Mapping[str, object]) -> list[str]:
    """Count the sites that a veto holds against.

    Parameters
    ----------
    sites
        The complete table of sites of a result.
    manifest
        Its manifest.

    Returns
    -------
    Sentences; none for a profile without vetoes, or if none holds or may hold.
    """
    if not veto_limits(manifest) or _HOLDS not in sites:
        return []
    sentences = []
    count, named, ids = _counted(sites, _HOLDS)
    if count:
        verb, their = ("is", "its class is") if count == 1 else ("are", "their class is")
        sentences.append(
            f"{count_of(count, 'site')} {verb} vetoed ({ids}): {named}. Scores do not change; "
            f"{their} capped: no vetoed site counts as well placed."
        )
    count, named, ids = _counted(sites, _UNKNOWN)
    if count:
        sentences.append(
            f"Whether a veto holds is unknown for {count_of(count, 'site')} ({ids}): {named}."
        )
    return sentences


def _with_limit(
    name: str, limits: Mapping[str, float], partial_values: Mapping[str, object]
) -> str:
    value = format_score(partial_values.get(name))
    known = "unknown" if value == "-" else f"partial value {value}"
    return f"{humanise(name)} ({known}, the profile requires {format_score(limits.get(name))})"


def _counted(table: pd.DataFrame, column: str) -> tuple[int, str, str]:
    """Count the rows that name any criterion; format counts by criterion, and the first ids."""
    if column not in table:
        return 0, "", ""
    texts = table[column].astype(object).where(table[column].notna(), "").astype(str)
    held = texts[texts != ""]
    by = held.str.split(",").explode().value_counts()
    named = ", ".join(f"{humanise(str(name))} at {count:,}" for name, count in by.items())
    return len(held), named, name_ids(held.index.tolist(), limit=_NAMED)
