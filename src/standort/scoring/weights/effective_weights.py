"""Weights in effect: each criterion's share, in the whole profile or when layers are absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from standort.arguments import checked
from standort.scoring.weights.weight_groups import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Collection

    from standort.scoring.profile.criteria import Criterion
    from standort.scoring.profile.profile_model import Profile


@checked()
def basis_criteria(available: Collection[str], *, profile: Profile) -> tuple[Criterion, ...]:
    """List the criteria a score uses: those available, with a weight above 0.

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


@checked()
def criterion_weights(available: Collection[str], *, profile: Profile) -> pd.Series:
    """Divide the total weight among the available criteria.

    The weight of a criterion that is not available goes to the others of its component; that of a
    component with none available goes to the other components.

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
    Two of three components are available, one of them with two criteria:

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


@checked()
def weight_table(profile: Profile) -> pd.DataFrame:
    """List the weights of a profile as shares, and how they were obtained.

    Parameters
    ----------
    profile
        The profile.

    Returns
    -------
    One row per component and criterion, in profile order: `group` ("components" or the component),
    `id`, `share` of the group's weight, `share_of_whole`, `method` ("plain" for weights given as
    numbers) and `consistency_ratio` (NaN where the method has none).

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> weight_table(load_profile("net-zero"))[["id", "share", "method"]].head(2).round(3)
                        id  share method
    0  physical_conditions  0.333  plain
    1       firm_proximity  0.333  plain
    """
    elicited_by_group = {elicited.group: elicited for elicited in profile.elicited}
    total = sum(component.weight for component in profile.components)
    whole = {component.id: component.weight / total for component in profile.components}
    rows = [(COMPONENTS, c.id, whole[c.id], whole[c.id]) for c in profile.components]
    for component in profile.components:
        members = profile.criteria_of(component.id)
        within = sum(criterion.weight for criterion in members)
        for c in members:
            share = c.weight / within
            rows.append((component.id, c.id, share, share * whole[component.id]))
    table = pd.DataFrame(rows, columns=["group", "id", "share", "share_of_whole"])
    table["method"] = [
        elicited_by_group[group].method if group in elicited_by_group else "plain"
        for group in table["group"]
    ]
    ratios = [
        elicited_by_group[group].consistency_ratio if group in elicited_by_group else None
        for group in table["group"]
    ]
    table["consistency_ratio"] = pd.Series(ratios, dtype="float64")
    return table
