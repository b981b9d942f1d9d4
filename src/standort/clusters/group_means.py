"""Means over the members of groups, weighted by emissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from standort.arguments import MOST, checked, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.array_types import Floats, Ints


Unknown = Literal["left out", "lowest", "highest"]


@checked(n_groups=whole(0, MOST))
def means_of_groups(
    entries: Mapping[str, Floats],
    emissions: Floats,
    group: Ints,
    n_groups: int,
    *,
    unknown: Unknown = "left out",
) -> dict[str, Floats]:
    """Average entries over the members of groups, weighted by known emissions.

    Members of unknown emissions, and unknown entries, are left out. Where no member with a known
    entry has known emissions above 0, the known entries have equal weights. Groups may share
    members. Members are summed in the given order, so that a group has the same bits whichever
    other groups there are.

    Parameters
    ----------
    entries
        By name, one entry per member of each group, shape (n_members,); NaN if unknown.
    emissions
        Emissions of each member, in any unit; NaN if unknown.
    group
        Group of each member, 0 to `n_groups` - 1.
    n_groups
        Number of groups.
    unknown
        How to treat members of unknown emissions, which might have any weight: leave them out, or
        return the lowest or highest value that the mean could have with them.

    Returns
    -------
    By name, the mean of each group, shape (n_groups,); NaN where no entry is known.

    Examples
    --------
    >>> group, emissions = np.array([0, 0, 1]), np.array([1.0, 3.0, np.nan])
    >>> means_of_groups({"value": np.array([0.0, 1.0, 0.5])}, emissions, group, 2)["value"]
    array([0.75, 0.5 ])
    """
    known_emissions = np.nan_to_num(emissions, nan=0.0)
    is_unknown = np.isnan(emissions)
    means = {}
    for name, entry in entries.items():
        known = ~np.isnan(entry)
        weight = np.where(known, known_emissions, 0.0)
        mass = np.bincount(group, weights=weight, minlength=n_groups)
        weight = np.where(mass[group] > 0, weight, known.astype(float))
        mass = np.bincount(group, weights=weight, minlength=n_groups)
        total = np.bincount(group, weights=weight * np.where(known, entry, 0.0), minlength=n_groups)
        with np.errstate(invalid="ignore"):
            mean = total / mass
        if unknown != "left out":
            extreme = np.fmin if unknown == "lowest" else np.fmax
            extreme.at(mean, group[is_unknown], entry[is_unknown])
        means[name] = mean
    return means
