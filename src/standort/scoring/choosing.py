"""The aggregation a profile asks for, with its options."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from standort.scoring.aggregation import aggregation_named
from standort.scoring.averaging import owa, power_mean, quantifier_exponent, topsis

if TYPE_CHECKING:
    from standort.scoring.aggregation import ColumnAggregation
    from standort.scoring.schema import Profile

__all__ = ["profile_aggregation", "profile_orness"]


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
    >>> from standort.scoring.profiles import parse_profile
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
    >>> from standort.scoring.profiles import parse_profile
    >>> own = {"extends": "net-zero", "id": "cautious", "version": "1"}
    >>> profile_orness(parse_profile({**own, "aggregation": "owa", "quantifier": "all"}))
    0.0
    """
    if profile.orness is not None:
        return profile.orness
    assert profile.quantifier is not None
    return 1.0 / (1.0 + quantifier_exponent(profile.quantifier))
