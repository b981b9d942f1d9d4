"""Random weights: Dirichlet about those of a profile, or uniform on the simplex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import ANY_NUMBER, MOST, MOST_DRAWS, SEED, checked, positive, whole
from standort.errors import WeightError, name_ids
from standort.random_numbers import dirichlet, name_keys
from standort.scoring import Profile
from standort.scoring.weights.effective_weights import basis_criteria

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from standort.array_types import Ints


#: how closely drawn weights keep to those of the profile; our assumption
CONCENTRATION = 30.0


@dataclass(frozen=True)
class WeightDraws:
    """Weights of components and of criteria inside each; tables have a row for each draw.

    Parameters
    ----------
    components
        A column per component of the basis; rows add up to 1.
    within
        A column per criterion of the basis; those of one component add up to 1.
    """

    components: pd.DataFrame
    within: pd.DataFrame


@checked(weights=ANY_NUMBER, draws=whole(1, MOST_DRAWS), seed=SEED, concentration=positive())
def draw_weights(
    weights: Profile | Mapping[str, float],
    draws: int,
    seed: int,
    *,
    available: Collection[str] | None = None,
    concentration: float | None = CONCENTRATION,
) -> pd.DataFrame:
    """Draw weights of criteria.

    For a profile, weights of components are drawn first, then those of the criteria inside each;
    the weight of an absent layer is first shared inside its component. Plain weights are drawn on
    one level.

    Parameters
    ----------
    weights
        A profile, or weights by criterion, of which only the ratios matter.
    draws
        Number of draws.
    seed
        Random seed: draw 7 of a seed does not depend on the number of draws.
    available
        Ids of the criteria that can be computed; all by default.
    concentration
        How closely draws keep to the given weights: a share w has the variance
        w (1 - w) / (concentration + 1), so a third has a standard deviation of 0.085 at 30. None
        draws uniformly on the simplex, for weights of which nothing is known.

    Returns
    -------
    A row per draw, a column per criterion with a weight above 0; rows add up to 1.

    Raises
    ------
    OptionError
        If `draws` or `concentration` is out of range.
    WeightError
        If a weight is negative or not finite, or none is above 0.

    Notes
    -----
    Dirichlet with parameters concentration x w, or all 1; see `standort.random_numbers.dirichlet`.

    Examples
    --------
    >>> draw_weights({"port_distance": 2, "heat_demand": 1}, 10_000, 0).mean().round(2)
    criterion
    port_distance    0.67
    heat_demand      0.33
    dtype: float64
    """
    numbers = np.arange(draws)
    if not isinstance(weights, Profile):
        of = weights if available is None else {k: w for k, w in weights.items() if k in available}
        return _table(of, numbers, seed, concentration, "weights of criteria")
    names = [c.id for c in weights.criteria] if available is None else available
    drawn = draw_shares(weights, names, numbers, seed, concentration=concentration)
    component = {criterion.id: criterion.component for criterion in weights.criteria}
    columns = {
        name: drawn.within[name].to_numpy() * drawn.components[component[name]].to_numpy()
        for name in map(str, drawn.within.columns)
    }
    table = pd.DataFrame(columns, index=drawn.within.index)
    return table.rename_axis(columns="criterion")


@checked(draws=whole(0, MOST), seed=SEED, concentration=positive())
def draw_shares(
    profile: Profile,
    available: Collection[str],
    draws: Sequence[int] | Ints,
    seed: int,
    *,
    concentration: float | None = CONCENTRATION,
) -> WeightDraws:
    """Draw the weights of a profile's components and of the criteria inside each.

    Parameters
    ----------
    profile
        The profile.
    available
        Ids of the criteria that can be computed.
    draws
        Numbers of the draws; the weights of a draw depend on its number and the seed only.
    seed
        Random seed.
    concentration
        As for `draw_weights`; the same on both levels.

    Returns
    -------
    The shares of the components and criteria used by the score.

    Raises
    ------
    OptionError
        If `concentration` is out of range.
    WeightError
        If no criterion of weight above 0 is available.

    Examples
    --------
    A criterion without a layer leaves its weight to the rest of its component:

    >>> from standort.scoring import load_profile
    >>> available = ["neighbour_count", "port_distance", "heat_demand"]
    >>> shares = draw_shares(load_profile("net-zero"), available, range(2_000), 0)
    >>> shares.components.mean().round(1)
    component
    firm_proximity     0.5
    net_zero_assets    0.5
    dtype: float64
    >>> shares.within["neighbour_count"].unique()
    array([1.])
    """
    basis = basis_criteria(available, profile=profile)
    used = {criterion.component for criterion in basis}
    numbers = np.asarray(draws, dtype=np.intp)
    across = {c.id: c.weight for c in profile.components if c.id in used}
    components = _table(across, numbers, seed, concentration, "weights of components")
    inside = [
        _table(
            {c.id: c.weight for c in basis if c.component == component},
            numbers,
            seed,
            concentration,
            "weights of criteria",
        )
        for component in across
    ]
    within = pd.concat(inside, axis=1)[[c.id for c in basis]]
    return WeightDraws(
        components.rename_axis(columns="component"), within.rename_axis(columns="criterion")
    )


def _table(
    weights: Mapping[str, float], draws: Ints, seed: int, concentration: float | None, purpose: str
) -> pd.DataFrame:
    """Draw a column of shares for each name of weight above 0."""
    wrong = [name for name, weight in weights.items() if not 0.0 <= weight < np.inf]
    used = {name: float(weight) for name, weight in weights.items() if weight > 0}
    if wrong or not used:
        came = f"others at {name_ids(wrong)}" if wrong else "none above 0"
        msg = f"expected finite weights of at least 0 and one above 0, got {came}; correct them"
        raise WeightError(msg)
    total = sum(used.values())
    alphas = [1.0 if concentration is None else concentration * w / total for w in used.values()]
    shares = dirichlet(alphas, seed, purpose, draws, names=name_keys(used))
    index = pd.Index(draws, name="draw")
    columns = pd.Index(list(used), name="criterion", dtype="str")
    return pd.DataFrame(shares, index=index, columns=columns)
