"""Distance decay: how much a thing a distance away counts, 1 at the site and never rising.

Each function takes its parameters and gives a `Decay`, which is called with distances [km]. Any
other callable of distances may stand in for one. Formulas: method of the literature cited at each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.layers.inputs import check_positive

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Decay", "cutoff", "exponential", "gaussian", "linear"]


@dataclass(frozen=True)
class Decay:
    """A decay with a name and the distance at which a thing counts half.

    Parameters
    ----------
    name
        How it is called in results.
    function
        From distances [km] to weights in [0, 1].
    half_distance_km
        Distance of weight 0.5 [km].
    """

    name: str
    function: Callable[[Floats], Floats]
    half_distance_km: float

    def __call__(self, distance_km: Floats) -> Floats:
        """Weigh distances [km]."""
        return self.function(distance_km)


def exponential(scale_km: float) -> Decay:
    """Decay as e^(-d / scale).

    Parameters
    ----------
    scale_km
        Distance at which a thing counts 1/e = 0.37 [km].

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
    check_positive("scale_km", scale_km)
    return Decay(
        f"exponential({scale_km:g} km)", lambda d: np.exp(-d / scale_km), scale_km * np.log(2.0)
    )


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
    check_positive("bandwidth_km", bandwidth_km)
    return Decay(
        f"gaussian({bandwidth_km:g} km)",
        lambda d: np.exp(-(d * d) / (2.0 * bandwidth_km * bandwidth_km)),
        bandwidth_km * float(np.sqrt(2.0 * np.log(2.0))),
    )


def linear(reach_km: float) -> Decay:
    """Decay in a straight line to 0 at the reach.

    Parameters
    ----------
    reach_km
        Distance from which on a thing does not count [km].

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
    check_positive("reach_km", reach_km)
    return Decay(
        f"linear({reach_km:g} km)", lambda d: np.maximum(1.0 - d / reach_km, 0.0), reach_km / 2.0
    )


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
    check_positive("reach_km", reach_km)
    return Decay(f"cutoff({reach_km:g} km)", lambda d: (d <= reach_km).astype(float), reach_km)
