"""The aggregation a profile chooses, with its options."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from standort.arguments import checked
from standort.errors import OptionError
from standort.scoring.aggregation import formulas
from standort.scoring.aggregation.means import apply_checked
from standort.scoring.aggregation.ordered_means import quantifier_exponent

if TYPE_CHECKING:
    from standort.scoring.aggregation.means import ColumnAggregation
    from standort.scoring.profile.profile_model import Profile


@checked()
def profile_aggregation(profile: Profile) -> ColumnAggregation:
    """Return the function that aggregates the components of a profile to its score.

    Parameters
    ----------
    profile
        The profile.

    Returns
    -------
    A function of columns and weights, which it checks; its value never falls when a component
    rises.

    Examples
    --------
    >>> import numpy as np
    >>> from standort.scoring.profile.loading import parse_profile
    >>> own = {"extends": "net-zero", "id": "cautious", "version": "1"}
    >>> profile = parse_profile({**own, "aggregation": "owa", "quantifier": "most"})
    >>> profile_aggregation(profile)([np.array([0.9]), np.array([0.1])], [1, 1]).round(4)
    array([0.3])
    """
    return partial(apply_checked, profile_formula(profile))


def profile_formula(profile: Profile, aggregation: str | None = None) -> formulas.Formula:
    """Return the formula of a profile's aggregation, or of another one; it checks nothing.

    Parameters
    ----------
    profile
        The profile.
    aggregation
        Name of the aggregation; the profile's own by default.

    Returns
    -------
    A function of columns and weights.
    """
    match aggregation or profile.aggregation:
        case "geometric":
            return partial(formulas.geometric, floor=profile.floor)
        case "arithmetic":
            return formulas.arithmetic
        case "minimum":
            return formulas.minimum
        case "topsis":
            return formulas.topsis
        case "power_mean":
            assert profile.exponent is not None
            return partial(formulas.power_mean, exponent=profile.exponent, floor=profile.floor)
        case "owa":
            return partial(formulas.owa, orness=profile_orness(profile))
        case other:
            msg = f"unknown aggregation {other!r}"
            raise OptionError(msg)


def profile_orness(profile: Profile) -> float:
    """Return the orness of a profile that aggregates by OWA.

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
