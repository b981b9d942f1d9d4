"""Contributions: what each criterion adds to a score.

Within a component, weighted partial values add up to its mean. Across components they do so only
under the arithmetic mean; under other aggregations each component gets its Shapley share, the mean
of what it adds over all orders in which components can be added.
"""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import checked
from standort.errors import OptionError, gather
from standort.scoring.aggregation.chosen_aggregation import profile_formula
from standort.scoring.aggregation.means import column_of, range_problems
from standort.scoring.aggregation.score_tables import aggregate_columns, component_columns
from standort.scoring.aggregation.vetoes_and_gates import excluded_sites

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from standort.array_types import Floats
    from standort.scoring.aggregation.means import ColumnAggregation
    from standort.scoring.profile.profile_model import Profile

#: Sites per block. It bounds memory: there is one array per subset of the components.
_BLOCK = 65_536


@checked()
def contributions(values: pd.DataFrame, *, profile: Profile) -> pd.DataFrame:
    """Split each score into the contributions of the criteria.

    A contribution also depends on the other criteria: it is a share of this score, not what the
    score would lose if the criterion fell to 0.

    Parameters
    ----------
    values
        Partial values in [0, 1] as for `score_table`: a column for each criterion that can be
        computed; NaN where a site's value is unknown.
    profile
        The profile.

    Returns
    -------
    Index of `values`, a column per criterion in profile order. Rows add up to `score`. NaN where
    the value is unknown (it adds nothing), and in the whole row where the score is NaN.

    Raises
    ------
    OptionError
        If a value lies outside [0, 1].

    Notes
    -----
    Component k has the share s_k, and its criterion j has s_k w_j v_j / sum w v over the known
    criteria. Shapley shares after Shapley (1953), where the score of no components is 0.

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> values = pd.DataFrame({"neighbour_count": [0.6], "port_distance": [0.6]}, index=["a"])
    >>> contributions(values, profile=load_profile("net-zero"))
       neighbour_count  port_distance
    a              0.3            0.3
    """
    problems = range_problems(values)
    if problems:
        raise OptionError(gather(problems, of="partial values"))
    names = [c.id for c in profile.criteria if c.id in values.columns]
    columns = {name: column_of(values, name) for name in names}
    components = component_columns(columns, profile=profile)
    shares = _component_shares(components, profile=profile)
    score = aggregate_columns(components, profile=profile, size=len(values))
    excluded = excluded_sites(columns, profile=profile, size=len(values))
    added = {}
    for name in names:
        within = _share_within(name, columns, profile=profile)
        share = shares.get(profile.criterion(name).component)
        part = 0.0 * within if share is None else share * within
        added[name] = np.where(np.isnan(score) | excluded, np.nan, part)
    return pd.DataFrame(added, index=values.index)


def shapley_shares(
    components: Sequence[Floats], weights: Sequence[float], *, aggregation: ColumnAggregation
) -> list[Floats]:
    """Divide scores among the components.

    Parameters
    ----------
    components
        One array per component, all of one length, in [0, 1].
    weights
        One per component, above 0.
    aggregation
        Function of columns and weights that returns 0 where every component is 0.

    Returns
    -------
    One array per component; they add up to the score.

    Examples
    --------
    Only the weaker of two components counts, and neither comes first:

    >>> from standort.scoring.aggregation.means import minimum
    >>> shapley_shares([np.array([0.8]), np.array([0.4])], [1, 1], aggregation=minimum)
    [array([0.2]), array([0.2])]
    """
    size = len(components[0])
    blocks = [
        _block_shares([c[start : start + _BLOCK] for c in components], weights, aggregation)
        for start in range(0, max(size, 1), _BLOCK)
    ]
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


def _block_shares(
    components: Sequence[Floats], weights: Sequence[float], aggregation: ColumnAggregation
) -> list[Floats]:
    n = len(components)
    absent = np.zeros(len(components[0]))
    # Bit k of a subset says whether component k is in it.
    scores = [
        aggregation([c if subset >> k & 1 else absent for k, c in enumerate(components)], weights)
        for subset in range(2**n)
    ]
    shares = []
    for k in range(n):
        share = np.zeros(len(absent))
        for subset in range(2**n):
            if not subset >> k & 1:
                before = subset.bit_count()
                orders = factorial(before) * factorial(n - before - 1) / factorial(n)
                share += orders * (scores[subset | 1 << k] - scores[subset])
        shares.append(share)
    return shares


def _component_shares(components: Mapping[str, Floats], *, profile: Profile) -> dict[str, Floats]:
    used = [c for c in profile.components if c.id in components and c.weight > 0]
    columns, weights = [components[c.id] for c in used], [c.weight for c in used]
    if not used:
        return {}
    if profile.aggregation == "arithmetic":
        total = sum(weights)
        shares = [w / total * column for column, w in zip(columns, weights, strict=True)]
    else:
        shares = shapley_shares(columns, weights, aggregation=profile_formula(profile))
    return {component.id: share for component, share in zip(used, shares, strict=True)}


def _share_within(name: str, columns: Mapping[str, Floats], *, profile: Profile) -> Floats:
    """Return a criterion's share of its component's mean; NaN where unknown."""
    criterion = profile.criterion(name)
    total = np.zeros(len(columns[name]))
    for member in profile.criteria_of(criterion.component):
        if member.id in columns:
            total += np.where(np.isnan(columns[member.id]), 0.0, member.weight * columns[member.id])
    part = criterion.weight * columns[name]
    # A component of 0 has a share of 0, however it is divided.
    return np.asarray(part / np.where(total > 0.0, total, 1.0), dtype=np.float64)
