"""What a profile asks for: its aggregation with its options, and how its weights came about."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from standort.scoring.aggregation.means import aggregation_named
from standort.scoring.aggregation.ordered_means import owa, power_mean, quantifier_exponent, topsis
from standort.scoring.weights.weight_groups import COMPONENTS

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    from standort.scoring.aggregation.means import ColumnAggregation
    from standort.scoring.profile.schema import Profile

__all__ = ["elicitation_summary", "profile_aggregation", "profile_orness", "weight_table"]


def profile_aggregation(profile: Profile) -> ColumnAggregation:
    """Give the function that turns the components of a profile into its score.

    Parameters
    ----------
    profile
        The profile.

    Returns
    -------
    A function of columns and weights; none of its values falls when a component rises.

    Examples
    --------
    >>> import numpy as np
    >>> from standort.scoring.profile.loading import parse_profile
    >>> own = {"extends": "net-zero", "id": "cautious", "version": "1"}
    >>> profile = parse_profile({**own, "aggregation": "owa", "quantifier": "most"})
    >>> profile_aggregation(profile)([np.array([0.9]), np.array([0.1])], [1, 1]).round(4)
    array([0.3])
    """
    if profile.aggregation == "power_mean":
        assert profile.exponent is not None
        return partial(power_mean, exponent=profile.exponent, floor=profile.floor)
    if profile.aggregation == "owa":
        return partial(owa, orness=profile_orness(profile))
    if profile.aggregation == "topsis":
        return topsis
    return aggregation_named(profile.aggregation, floor=profile.floor)


def profile_orness(profile: Profile) -> float:
    """Give the orness of a profile that aggregates by OWA.

    Parameters
    ----------
    profile
        A profile with an orness or a quantifier.

    Returns
    -------
    A share from 0 (minimum) to 1 (maximum).

    Examples
    --------
    >>> from standort.scoring.profile.loading import parse_profile
    >>> own = {"extends": "net-zero", "id": "cautious", "version": "1"}
    >>> profile_orness(parse_profile({**own, "aggregation": "owa", "quantifier": "all"}))
    0.0
    """
    if profile.orness is not None:
        return profile.orness
    assert profile.quantifier is not None
    return 1.0 / (1.0 + quantifier_exponent(profile.quantifier))


def elicitation_summary(profile: Profile) -> dict[str, Any]:
    """Tell, for a manifest, how the weights of a profile came about.

    Parameters
    ----------
    profile
        The profile.

    Returns
    -------
    Nothing for plain weights, otherwise `weights`: method, variant, consistency ratio and worst
    judgement by group. The judgements themselves stand in the definition of the profile.

    Examples
    --------
    >>> from standort.scoring.profile.loading import parse_profile
    >>> profile = parse_profile(
    ...     {
    ...         "extends": "net-zero",
    ...         "id": "assets-first",
    ...         "version": "1",
    ...         "weights": {
    ...             "components": {
    ...                 "method": "rank_order_centroid",
    ...                 "ranking": ["net_zero_assets", "firm_proximity", "physical_conditions"],
    ...             }
    ...         },
    ...     }
    ... )
    >>> elicitation_summary(profile)
    {'weights': {'components': {'method': 'rank_order_centroid'}}}
    """
    groups = {
        elicited.group: elicited.model_dump(exclude_none=True, exclude={"group", "judgements"})
        for elicited in profile.elicited
    }
    return {"weights": groups} if groups else {}


def weight_table(profile: Profile) -> pd.DataFrame:
    """List the weights of a profile as shares, and how they came about.

    Parameters
    ----------
    profile
        The profile.

    Returns
    -------
    One row per component and criterion, in profile order: `group` ("components" or the component),
    `id`, `share` of the group's weight, `share_of_whole`, `method` ("plain" for weights that stand
    in the profile) and `consistency_ratio` (NaN where the method has none).

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> weight_table(load_profile("net-zero"))[["id", "share", "method"]].head(2).round(3)
                        id  share method
    0  physical_conditions  0.333  plain
    1       firm_proximity  0.333  plain
    """
    import pandas as pd

    asked = {elicited.group: elicited for elicited in profile.elicited}
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
        asked[group].method if group in asked else "plain" for group in table["group"]
    ]
    ratios = [
        asked[group].consistency_ratio if group in asked else None for group in table["group"]
    ]
    table["consistency_ratio"] = pd.Series(ratios, dtype="float64")
    return table
