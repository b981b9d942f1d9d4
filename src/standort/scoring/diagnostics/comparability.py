"""Comparability of two tables of scores."""

from __future__ import annotations

from standort.arguments import checked
from standort.errors import ComparabilityWarning, warn


@checked()
def check_comparable(
    left_basis: str, right_basis: str, left_profile_hash: str, right_profile_hash: str
) -> bool:
    """Return whether scores are comparable, and warn if not.

    Parameters
    ----------
    left_basis
        Column `basis` of one score table: ids of criteria, separated by commas.
    right_basis
        The same column of the other table.
    left_profile_hash
        Content hash of the profile of one score table.
    right_profile_hash
        The same hash for the other table.

    Returns
    -------
    True if both use the same criteria of the same profile.

    Warns
    -----
    ComparabilityWarning
        Otherwise, naming the criteria that only one of them uses.

    Examples
    --------
    >>> check_comparable("port_distance,heat_demand", "port_distance,heat_demand", "f3", "f3")
    True
    """
    left, right = (_ids(basis) for basis in (left_basis, right_basis))
    differences = []
    if left_profile_hash != right_profile_hash:
        came = f"{left_profile_hash[:12]} and {right_profile_hash[:12]}"
        differences.append(f"they come from different profiles (hash {came})")
    for side, only in (
        ("left", [name for name in left if name not in right]),
        ("right", [name for name in right if name not in left]),
    ):
        if only:
            differences.append(f"only the {side} one uses {', '.join(only)}")
    if not differences:
        return True
    msg = (
        f"these scores are not comparable: {'; '.join(differences)}; score both with the same "
        "profile and layers"
    )
    warn(msg, ComparabilityWarning)
    return False


def _ids(basis: str) -> list[str]:
    return [name.strip() for name in basis.split(",") if name.strip()]
