"""Distance decay functions: weights of 1 at the site that never rise with distance.

Each function returns a `Decay` for its parameters: a callable of distances [km] with a half
distance. Any other callable of distances may replace it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from standort.arguments import ANY_NUMBER, between, checked, positive
from standort.errors import OptionError, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from standort.array_types import Floats


@checked(half_distance_km=between(0, math.inf, "km"))
@dataclass(frozen=True)
class Decay:
    """A named decay and the distance at which a feature counts half.

    Parameters
    ----------
    name
        Name in results.
    function
        Function from distances [km] to weights in [0, 1].
    half_distance_km
        Distance of weight 0.5 [km], or where the weight jumps past it; infinite where the weight
        never falls to a half.
    """

    name: str
    function: Callable[[Floats], Floats]
    half_distance_km: float

    def __call__(self, distance_km: Floats) -> Floats:
        """Return the weights of distances [km]."""
        return self.function(distance_km)


@checked(scale_km=positive("km"))
def exponential(scale_km: float) -> Decay:
    """Decay as e^(-d / scale).

    Parameters
    ----------
    scale_km
        Distance at which a feature counts 1/e = 0.37 [km].

    Returns
    -------
    The decay; its half distance is scale * ln 2.

    Raises
    ------
    OptionError
        If the scale is not positive.

    Examples
    --------
    >>> exponential(100.0)(np.array([0.0, 100.0])).round(4)
    array([1.    , 0.3679])
    """
    return Decay(
        f"exponential({scale_km:g} km)", lambda d: np.exp(-d / scale_km), scale_km * np.log(2.0)
    )


@checked(bandwidth_km=positive("km"))
def gaussian(bandwidth_km: float) -> Decay:
    """Decay as e^(-d^2 / (2 h^2)).

    Parameters
    ----------
    bandwidth_km
        Standard deviation h [km].

    Returns
    -------
    The decay; its half distance is h * sqrt(2 ln 2).

    Raises
    ------
    OptionError
        If the bandwidth is not positive.

    Examples
    --------
    >>> gaussian(10.0)(np.array([0.0, 10.0])).round(4)
    array([1.    , 0.6065])
    """
    return Decay(
        f"gaussian({bandwidth_km:g} km)",
        lambda d: np.exp(-(d * d) / (2.0 * bandwidth_km * bandwidth_km)),
        bandwidth_km * float(np.sqrt(2.0 * np.log(2.0))),
    )


@checked(reach_km=positive("km"))
def linear(reach_km: float) -> Decay:
    """Decay linearly to 0 at the reach.

    Parameters
    ----------
    reach_km
        Distance beyond which features do not count [km].

    Returns
    -------
    The decay; its half distance is half the reach.

    Raises
    ------
    OptionError
        If the reach is not positive.

    Examples
    --------
    >>> linear(100.0)(np.array([0.0, 25.0, 300.0]))
    array([1.  , 0.75, 0.  ])
    """
    return Decay(
        f"linear({reach_km:g} km)", lambda d: np.maximum(1.0 - d / reach_km, 0.0), reach_km / 2.0
    )


@checked(reach_km=positive("km"))
def cutoff(reach_km: float) -> Decay:
    """Count everything up to the reach in full, and nothing beyond.

    Parameters
    ----------
    reach_km
        Largest distance that counts, inclusive [km].

    Returns
    -------
    The decay; the weight falls through a half at the reach.

    Raises
    ------
    OptionError
        If the reach is not positive.

    Examples
    --------
    >>> cutoff(25.0)(np.array([25.0, 25.1]))
    array([1., 0.])
    """
    return Decay(f"cutoff({reach_km:g} km)", lambda d: (d <= reach_km).astype(float), reach_km)


@checked(reach_km=positive("km"))
def truncated_gaussian(reach_km: float) -> Decay:
    """Decay as a Gaussian truncated at its standard deviation and rescaled to end there at 0.

    (e^(-(d/D)^2 / 2) - e^(-1/2)) / (1 - e^(-1/2)) up to the reach D, 0 beyond: smooth like the
    Gaussian, but features beyond the reach do not count.

    Parameters
    ----------
    reach_km
        Distance D beyond which features do not count [km].

    Returns
    -------
    The decay; its half distance is D * sqrt(-2 ln((1 + e^(-1/2)) / 2)) = 0.662 D.

    Raises
    ------
    OptionError
        If the reach is not positive.

    References
    ----------
    Dai, D. (2010), Black residential segregation, disparities in spatial access to health care
    facilities, and late-stage breast cancer diagnosis in metropolitan Detroit, Health & Place
    16, 1038-1052.

    Examples
    --------
    >>> truncated_gaussian(100.0)(np.array([0.0, 50.0, 100.0, 300.0])).round(4)
    array([1.    , 0.7014, 0.    , 0.    ])
    """
    end = float(np.exp(-0.5))
    return Decay(
        f"truncated_gaussian({reach_km:g} km)",
        lambda d: np.maximum((np.exp(-0.5 * (d / reach_km) ** 2) - end) / (1.0 - end), 0.0),
        reach_km * float(np.sqrt(-2.0 * np.log((1.0 + end) / 2.0))),
    )


@checked(midpoint_km=positive("km"), steepness_per_km=positive())
def logistic(midpoint_km: float, steepness_per_km: float) -> Decay:
    """Decay along an S-shaped curve: near features count almost in full, far ones hardly.

    (1 + e^(-b m)) / (1 + e^(b (d - m))), with the midpoint m and the steepness b.

    Parameters
    ----------
    midpoint_km
        Distance m of the steepest fall [km].
    steepness_per_km
        Steepness b at the midpoint [1/km].

    Returns
    -------
    The decay; its half distance is m + ln(1 + 2 e^(-b m)) / b, slightly beyond the midpoint
    because the weight is scaled to 1 at the site.

    Raises
    ------
    OptionError
        If the midpoint or the steepness is not positive.

    Examples
    --------
    >>> logistic(100.0, 0.1)(np.array([0.0, 50.0, 100.0, 150.0])).round(4)
    array([1.    , 0.9934, 0.5   , 0.0067])
    """
    from scipy.special import expit

    # an array like any other, so that the weight at the site is exactly 1
    at_site = expit(np.array([steepness_per_km * midpoint_km]))
    return Decay(
        f"logistic({midpoint_km:g} km, {steepness_per_km:g} per km)",
        lambda d: expit(steepness_per_km * (midpoint_km - d)) / at_site,
        midpoint_km
        + float(np.log1p(2.0 * np.exp(-steepness_per_km * midpoint_km))) / steepness_per_km,
    )


@checked(exponent=positive(), floor_km=positive("km"))
def power(exponent: float, *, floor_km: float = 1.0) -> Decay:
    """Decay as a power of distance, (max(d, d0) / d0)^(-exponent).

    It falls fast near the site and slowly far away: without a cut-off, distant features can
    outweigh near ones.

    Parameters
    ----------
    exponent
        Rate of decline, usually 1 to 2.
    floor_km
        Distance d0 up to which everything counts in full [km]; the power is undefined at 0.

    Returns
    -------
    The decay; its half distance is d0 * 2^(1 / exponent), infinite if that overflows.

    Raises
    ------
    OptionError
        If the exponent or the floor is not positive.

    Examples
    --------
    >>> power(2.0)(np.array([0.0, 1.0, 2.0, 10.0]))
    array([1.  , 1.  , 0.25, 0.01])
    """
    with np.errstate(over="ignore"):
        half = floor_km * float(np.exp2(1.0 / exponent))
    return Decay(
        f"power({exponent:g}, from {floor_km:g} km)",
        lambda d: (np.maximum(d, floor_km) / floor_km) ** -exponent,
        half,
    )


@checked(table=ANY_NUMBER)
def steps(table: Sequence[tuple[float, float]]) -> Decay:
    """Decay in steps: one weight up to each distance, and nothing beyond the last.

    Parameters
    ----------
    table
        Pairs of a distance [km] and the weight up to it, inclusive. Distances rise, and the last
        may be infinite; weights start at 1 and do not rise.

    Returns
    -------
    The decay; its half distance is the end of the last step with a weight above a half, infinite if
    that step has no end.

    Raises
    ------
    OptionError
        If the table is empty or not in that order; all problems are reported together.

    Examples
    --------
    Three zones, with the weights of Luo and Qi (2009):

    >>> decay = steps([(20.0, 1.0), (40.0, 0.68), (60.0, 0.22)])
    >>> decay(np.array([0.0, 20.0, 20.1, 60.0, 60.1]))
    array([1.  , 1.  , 0.68, 0.22, 0.  ])
    >>> decay.half_distance_km
    40.0
    """
    problems = _step_problems(table)
    if problems:
        raise OptionError(gather(problems, of="steps"))
    bounds = np.array([distance for distance, _ in table], dtype=np.float64)
    weights = np.array([*(weight for _, weight in table), 0.0], dtype=np.float64)
    return Decay(
        f"steps({', '.join(f'{distance:g} km: {weight:g}' for distance, weight in table)})",
        lambda d: weights[np.searchsorted(bounds, d, side="left")],
        float(bounds[weights[:-1] > 0.5][-1]),  # noqa: PLR2004
    )


def _step_problems(table: Sequence[tuple[float, float]]) -> list[str]:
    """Return all problems of a table of steps."""
    if not table:
        return ["expected at least one pair of a distance [km] and a weight, got none; add one"]
    distances = [distance for distance, _ in table]
    weights = [weight for _, weight in table]
    problems = []
    if not (distances[0] > 0.0 and all(b > a for a, b in pairwise(distances))):
        problems.append(f"expected positive distances [km] that rise, got {distances}; sort them")
    if weights[0] != 1.0:
        problems.append(f"expected the first weight to be 1, got {weights[0]!r}; divide all by it")
    if not (weights[-1] >= 0.0 and all(b <= a for a, b in pairwise(weights))):
        problems.append(f"expected weights >= 0 that do not rise, got {weights}; fix them")
    return problems
