"""Scores under other weights, for any aggregation a profile can have.

Uses the functions that make the scores of a result (`component_columns`, `aggregate_columns`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.scoring import criterion_weights
from standort.scoring.aggregation.means import column_of
from standort.scoring.aggregation.score_tables import aggregate_columns, component_columns
from standort.uncertainty.score_draws import exclude

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from standort.array_types import Floats
    from standort.scoring import Profile


def as_columns(values: pd.DataFrame, *, profile: Profile) -> dict[str, Floats]:
    """Return the columns of the criteria used by the score, in profile order."""
    weights = criterion_weights(values.columns, profile=profile)
    return {str(name): column_of(values, str(name)) for name in weights.index}


def basis_weights(basis: Mapping[str, object], *, profile: Profile) -> Floats:
    """Return each criterion's share of the total weight, summing to 1."""
    return criterion_weights(list(basis), profile=profile).to_numpy(dtype=np.float64)


def reweighted(profile: Profile, weights: Mapping[str, float]) -> Profile:
    """Return the profile with other weights.

    Parameters
    ----------
    profile
        The profile.
    weights
        Share of the total weight of each criterion in the basis, at least 0 [share]. A component
        gets the sum of its criteria; components that are not named keep their ratio to the rest.

    Returns
    -------
    A profile in which criteria that are not named keep their weight.

    Examples
    --------
    >>> from standort.scoring import load_profile
    >>> shares = {"neighbour_count": 0.2, "port_distance": 0.5, "heat_demand": 0.3}
    >>> other = reweighted(load_profile("net-zero"), shares)
    >>> criterion_weights(list(shares), profile=other).round(12).tolist()
    [0.2, 0.5, 0.3]
    """
    within: dict[str, float] = {}
    for criterion in profile.criteria:
        if criterion.id in weights:
            share = within.get(criterion.component, 0.0) + weights[criterion.id]
            within[criterion.component] = share
    total = sum(c.weight for c in profile.components if c.id in within) or 1.0
    criteria = tuple(
        c.model_copy(update={"weight": float(weights[c.id])}) if c.id in weights else c
        for c in profile.criteria
    )
    components = tuple(
        c.model_copy(update={"weight": float(within.get(c.id, c.weight / total))})
        for c in profile.components
    )
    return profile.model_copy(update={"criteria": criteria, "components": components})


def score_columns(columns: Mapping[str, Floats], *, profile: Profile) -> Floats:
    """Score sites from columns of partial values, as `score_table` does, gates included."""
    size = len(next(iter(columns.values())))
    components = component_columns(columns, profile=profile)
    scores = aggregate_columns(components, profile=profile, size=size)
    return exclude(scores, columns, profile=profile)
