"""Gates in words: which of them leaves a site or unit without a score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.outputs.wording import humanise, tell_list, tell_score

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.scoring import Profile

__all__ = ["tell_gates"]


def tell_gates(excluded: str, profile: Profile, worth: Mapping[str, object]) -> str:
    """Name the gates that exclude a site or unit, what it is worth there and what they ask for.

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
    >>> tell_gates("port_distance", profile, {"port_distance": 0.2})
    'a gate of the profile excludes it, by port distance (worth 0.20, the gate asks for 0.50)'
    """
    limits = {c.id: c.gate for c in profile.criteria}
    limits |= {c.id: c.gate for c in profile.cluster_criteria}
    told = []
    for name in excluded.split(","):
        known = tell_score(worth.get(name))
        parts = [] if known == "-" else [f"worth {known}"]
        if limits.get(name) is not None:
            parts.append(f"the gate asks for {tell_score(limits[name])}")
        told.append(f"{humanise(name)} ({', '.join(parts)})" if parts else humanise(name))
    return f"a gate of the profile excludes it, by {tell_list(told)}"
