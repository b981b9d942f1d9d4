"""Why a gate leaves a site or place without a score, for error messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.results.cell_values import as_float, as_text, is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.scoring import Profile


def listed_criteria(cell: object) -> list[str]:
    """Return the ids in a cell of the column ``excluded``; none if it is empty or missing."""
    text = as_text(cell)
    return text.split(",") if text else []


def describe_exclusion(
    criteria: list[str], *, profile: Profile, values: Mapping[str, object]
) -> str:
    """Describe the gates that exclude a site or place.

    Parameters
    ----------
    criteria
        Ids of the criteria whose gate it fails.
    profile
        The profile.
    values
        Partial values by criterion, where known.

    Returns
    -------
    The end of an error message.

    Examples
    --------
    >>> from standort.scoring import parse_profile
    >>> own = {"extends": "net-zero", "id": "coastal", "version": "1"}
    >>> profile = parse_profile({**own, "gates": {"port_distance": 0.5}})
    >>> describe_exclusion(["port_distance"], profile=profile, values={"port_distance": 0.2})
    "a gate of the profile excludes it: 'port_distance' (partial value 0.20, at least 0.50 needed)"
    """
    gates = {c.id: c.gate for c in profile.criteria}
    gates |= {c.id: c.gate for c in profile.cluster_criteria}
    failed = []
    for name in criteria:
        value, gate = values.get(name), gates.get(name)
        parts = [] if is_missing(value) else [f"partial value {as_float(value):.2f}"]
        parts += [] if gate is None else [f"at least {gate:.2f} needed"]
        failed.append(f"{name!r} ({', '.join(parts)})" if parts else repr(name))
    return f"a gate of the profile excludes it: {', '.join(failed)}"
