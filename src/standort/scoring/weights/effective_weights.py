"""Weights: who counts how much, and how weight is shared when a layer is absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection

    from standort.scoring.profile.criteria import Criterion
    from standort.scoring.profile.loading import Profile

__all__ = ["basis_criteria", "criterion_weights"]


def basis_criteria(available: Collection[str], *, profile: Profile) -> tuple[Criterion, ...]:
    """List the criteria a score stands on: available, and of a weight above 0.

    Parameters
    ----------
    available
        Ids of the criteria that can be computed.
    profile
        The profile.

    Returns
    -------
    Criteria in profile order.

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> basis = basis_criteria(["heat_demand", "port_distance"], profile=load_profile("net-zero"))
    >>> [criterion.id for criterion in basis]
    ['port_distance', 'heat_demand']
    """
    counting = {component.id for component in profile.components if component.weight > 0}
    return tuple(
        criterion
        for criterion in profile.criteria
        if criterion.id in available and criterion.weight > 0 and criterion.component in counting
    )


def criterion_weights(available: Collection[str], *, profile: Profile) -> pd.Series:
    """Share the weight of the whole over the criteria that are available.

    The weight of a criterion that is not available goes to the others of its component; that of
    a component without any goes to the other components.

    Parameters
    ----------
    available
        Ids of the criteria that can be computed.
    profile
        The profile.

    Returns
    -------
    Series `weight` by criterion, in profile order, summing to 1; empty if nothing is available.

    Examples
    --------
    Two of three components are there, and one of them has two criteria:

    >>> from standort.scoring.profile.loading import load_profile
    >>> available = ["neighbour_count", "port_distance", "heat_demand"]
    >>> criterion_weights(available, profile=load_profile("net-zero"))
    criterion
    neighbour_count    0.50
    port_distance      0.25
    heat_demand        0.25
    Name: weight, dtype: float64
    """
    basis = basis_criteria(available, profile=profile)
    within = {
        component.id: sum(c.weight for c in basis if c.component == component.id)
        for component in profile.components
    }
    across = {c.id: c.weight for c in profile.components if within[c.id] > 0}
    total = sum(across.values())
    shares = [c.weight / within[c.component] * across[c.component] / total for c in basis]
    index = pd.Index([c.id for c in basis], name="criterion", dtype="str")
    return pd.Series(shares, index=index, name="weight", dtype="float64")
