"""Weights nobody is sure of: drawn round those of a profile, or any at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import OptionError, WeightError, name_ids
from standort.random_numbers import dirichlet, name_keys
from standort.scoring import Profile
from standort.scoring.weights.effective_weights import basis_criteria

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

__all__ = ["CONCENTRATION", "WeightDraws", "draw_shares", "draw_weights"]

#: how closely drawn weights keep to those of the profile; our assumption
CONCENTRATION = 30.0


@dataclass(frozen=True)
class WeightDraws:
    """Weights drawn level by level; tables have a row for each draw.

    Parameters
    ----------
    components
        A column per component of the basis; rows add up to 1.
    within
        A column per criterion of the basis; those of one component add up to 1.
    """

    components: pd.DataFrame
    within: pd.DataFrame


def draw_weights(
    weights: Profile | Mapping[str, float],
    draws: int,
    seed: int,
    *,
    available: Collection[str] | None = None,
    concentration: float | None = CONCENTRATION,
) -> pd.DataFrame:
    """Draw weights of criteria.

    Of a profile first the components' weights are drawn, then the criteria's inside each, as its
    score adds them up; an absent layer's weight is shared inside its component beforehand. Plain
    weights are drawn on one level.

    Parameters
    ----------
    weights
        A profile, or weights by criterion, of which only the ratios matter.
    draws
        How many to draw.
    seed
        Where chance comes from: draw 7 of one seed is the same however many are drawn.
    available
        Ids of the criteria that can be computed; all if not given.
    concentration
        How closely they keep to the given weights: a share w varies by w (1 - w) / (concentration
        + 1), a third by 0.085 at 30. The larger, the closer. None draws any set of weights alike
        (the uniform simplex), which says that nothing is known of them.

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
    if isinstance(draws, bool) or draws < 1 or int(draws) != draws:
        msg = f"expected draws to be a whole number of at least 1, got {draws!r}"
        raise OptionError(msg)
    numbers = np.arange(int(draws))
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


def draw_shares(
    profile: Profile,
    available: Collection[str],
    draws: Sequence[int] | Ints,
    seed: int,
    *,
    concentration: float | None = CONCENTRATION,
) -> WeightDraws:
    """Draw the weights of a profile's components, and those of the criteria inside each.

    Parameters
    ----------
    profile
        The profile.
    available
        Ids of the criteria that can be computed.
    draws
        Numbers of the draws: each has the weights it has among any others.
    seed
        Where chance comes from.
    concentration
        As of `draw_weights`; the same on both levels.

    Returns
    -------
    The shares of the components and criteria the score stands on.

    Raises
    ------
    OptionError
        If `concentration` is out of range.
    WeightError
        If nothing of weight above 0 is available.

    Examples
    --------
    What has no layer leaves its weight to the rest of its component:

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
    there = {criterion.component for criterion in basis}
    numbers = np.asarray(draws, dtype=np.intp)
    across = {c.id: c.weight for c in profile.components if c.id in there}
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
    weights: Mapping[str, float],
    draws: Ints,
    seed: int,
    concentration: float | None,
    purpose: str,
) -> pd.DataFrame:
    """Draw shares of what has a weight above 0, keyed by its name."""
    if concentration is not None and not 0.0 < concentration < np.inf:
        msg = (
            f"expected a concentration above 0, or None for any weights alike, got "
            f"{concentration!r}; 30 is usual"
        )
        raise OptionError(msg)
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
