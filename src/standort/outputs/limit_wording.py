"""Vetoes in words: whom they hold against, and what that does to a class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from standort.errors import name_ids
from standort.outputs.wording import count_of, format_score, humanise, join_words
from standort.results.cell_values import as_float, as_text

if TYPE_CHECKING:
    import pandas as pd

    from standort.scoring import Profile

__all__ = [
    "describe_gates",
    "describe_vetoed_sites",
    "describe_vetoes",
    "tell_vetoed_places",
    "veto_limits",
    "vetoes_in",
]

#: The columns that name the criteria whose veto holds, and might.
_HOLDS, _MIGHT = "vetoed", "veto_unknown"
#: Ids named in a sentence.
_NAMED = 3


def veto_limits(manifest: Mapping[str, object]) -> dict[str, float]:
    """Give the partial value that each criterion with a veto must reach.

    Parameters
    ----------
    manifest
        The manifest of a result, which holds its profile whole.

    Returns
    -------
    By criterion; empty for a profile without vetoes.

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
    return {str(entry["id"]): float(entry["veto"]) for entry in entries if "veto" in entry}


def vetoes_in(row: Mapping[str, object] | pd.Series, column: str = _HOLDS) -> tuple[str, ...]:
    """Name the criteria whose veto holds against a site or place.

    Parameters
    ----------
    row
        Its row.
    column
        ``vetoed``, or ``veto_unknown`` for those whose veto might hold.

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
    worth: Mapping[str, object],
) -> list[str]:
    """Tell of one site or place which vetoes hold, which might, and what that means.

    Parameters
    ----------
    kind
        ``site``, or what kind of place it is.
    vetoed, unknown
        Criteria whose veto holds, and might.
    limits
        As `veto_limits` gives them.
    worth
        Partial values by criterion.

    Returns
    -------
    Sentences; none where no veto holds or might.

    Examples
    --------
    >>> told = describe_vetoes("site", ("port_distance",), (), limits={"port_distance": 0.5},
    ...                  worth={"port_distance": 0.2})
    >>> print(told[0])
    Vetoed by port distance (worth 0.20, the profile asks for 0.50): whatever its score, the site...
    """
    class_ = (
        "whatever its score, the site does not count as well placed"
        if kind == "site"
        else f"whatever its advantage, the {kind} is typed as one of low advantage"
    )
    told = []
    if vetoed:
        told.append(f"Vetoed by {join_words([_told(n, limits, worth) for n in vetoed])}: {class_}.")
    if unknown:
        named = join_words([_told(name, limits, worth) for name in unknown])
        told.append(f"Too little is known to tell whether a veto holds, of {named}.")
    return told


def describe_vetoed_sites(sites: pd.DataFrame, manifest: Mapping[str, object]) -> list[str]:
    """Tell how many sites a veto holds against.

    Parameters
    ----------
    sites
        The table of sites of a result, whole.
    manifest
        Its manifest.

    Returns
    -------
    Sentences; none for a profile without vetoes, or where none holds or might.
    """
    if not veto_limits(manifest) or _HOLDS not in sites:
        return []
    told = []
    count, named, ids = _counted(sites, _HOLDS)
    if count:
        verb, their = ("is", "its class is") if count == 1 else ("are", "their class is")
        told.append(
            f"{count_of(count, 'site')} {verb} vetoed ({ids}): {named}. Scores stay as they are; "
            f"{their} capped: no vetoed site counts as well placed."
        )
    count, named, ids = _counted(sites, _MIGHT)
    if count:
        told.append(
            f"Whether a veto holds is unknown of {count_of(count, 'site')} ({ids}): {named}."
        )
    return told


def tell_vetoed_places(places: pd.DataFrame) -> list[str]:
    """Tell how many places a veto holds against, and that it caps their types.

    Parameters
    ----------
    places
        The table of places of a result.

    Returns
    -------
    Notes; none where no veto holds or might.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"vetoed": ["port_distance", ""]}, index=["Humber", "Teesside"])
    >>> print(tell_vetoed_places(places)[0])
    1 of 2 places is vetoed ('Humber'): port distance at 1; whatever its advantage, a vetoed place...
    """
    if _HOLDS not in places:
        return []
    told = []
    total = count_of(len(places), "place")
    count, named, ids = _counted(places, _HOLDS)
    if count:
        told.append(
            f"{count:,} of {total} {'is' if count == 1 else 'are'} vetoed ({ids}): {named}; "
            "whatever its advantage, a vetoed place is typed as one of low advantage (column vetoed)"
        )
    count, named, ids = _counted(places, _MIGHT)
    if count:
        told.append(
            f"whether a veto holds is unknown of {count:,} of {total} ({ids}): {named}; "
            "their types are told as if none did (column veto_unknown)"
        )
    return told


def _told(name: str, limits: Mapping[str, float], worth: Mapping[str, object]) -> str:
    known = format_score(worth.get(name))
    is_worth = "not known" if known == "-" else f"worth {known}"
    limit = as_float(limits.get(name))
    return f"{humanise(name)} ({is_worth}, the profile asks for {format_score(limit)})"


def _counted(table: pd.DataFrame, column: str) -> tuple[int, str, str]:
    """Count the rows that name a criterion, in all and by criterion, and name a few of them."""
    if column not in table:
        return 0, "", ""
    texts = table[column].astype(object).where(table[column].notna(), "").astype(str)
    held = texts[texts != ""]
    by = held.str.split(",").explode().value_counts()
    named = ", ".join(f"{humanise(str(name))} at {count:,}" for name, count in by.items())
    return len(held), named, name_ids(held.index.tolist(), limit=_NAMED)


def describe_gates(excluded: str, profile: Profile, worth: Mapping[str, object]) -> str:
    """Name the gates that exclude a site or place, what it is worth there and what they ask for.

    Parameters
    ----------
    excluded
        Cell of the column ``excluded``: ids of criteria, separated by commas.
    profile
        The profile.
    worth
        Partial values by criterion, as far as they are at hand.

    Returns
    -------
    The words, without a full stop.

    Examples
    --------
    >>> from standort.scoring import parse_profile
    >>> own = {"extends": "net-zero", "id": "coastal", "version": "1"}
    >>> profile = parse_profile({**own, "gates": {"port_distance": 0.5}})
    >>> describe_gates("port_distance", profile, {"port_distance": 0.2})
    'a gate of the profile excludes it, by port distance (worth 0.20, the gate asks for 0.50)'
    """
    limits = {c.id: c.gate for c in profile.criteria}
    limits |= {c.id: c.gate for c in profile.cluster_criteria}
    told = []
    for name in excluded.split(","):
        known = format_score(worth.get(name))
        parts = [] if known == "-" else [f"worth {known}"]
        if limits.get(name) is not None:
            parts.append(f"the gate asks for {format_score(limits[name])}")
        told.append(f"{humanise(name)} ({', '.join(parts)})" if parts else humanise(name))
    return f"a gate of the profile excludes it, by {join_words(told)}"
