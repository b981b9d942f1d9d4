"""Units: a number never travels without one.

Every quantity column of a layer and every metric names its unit in its suffix
(`co2_t_per_yr`, `port_distance_km`). This module knows those units, which dimension each belongs
to, and the factors between units of one dimension. Factors are exact by definition.
"""

from __future__ import annotations

from standort.errors import OptionError

__all__ = ["UNITS", "convert_factor", "dimension_of"]

#: unit -> (dimension, size in the dimension's base unit)
UNITS: dict[str, tuple[str, float]] = {
    "m": ("length", 1.0),
    "km": ("length", 1_000.0),
    "t": ("mass", 1.0),
    "kt": ("mass", 1_000.0),
    "mt": ("mass", 1_000_000.0),
    "gt": ("mass", 1_000_000_000.0),
    "t_per_yr": ("mass rate", 1.0),
    "kt_per_yr": ("mass rate", 1_000.0),
    "mt_per_yr": ("mass rate", 1_000_000.0),
    "mw": ("power", 1.0),
    "gw": ("power", 1_000.0),
    "kv": ("voltage", 1.0),
    "gwh": ("energy", 1.0),
    "twh": ("energy", 1_000.0),
    "gwh_per_yr": ("energy rate", 1.0),
    "twh_per_yr": ("energy rate", 1_000.0),
    "m2": ("area", 1.0),
    "ha": ("area", 10_000.0),
    "km2": ("area", 1_000_000.0),
    "yr": ("time", 1.0),
    "count": ("number", 1.0),
    "jobs": ("number of jobs", 1.0),
    "thousand_jobs": ("number of jobs", 1_000.0),
    "people": ("number of people", 1.0),
    "million_people": ("number of people", 1_000_000.0),
    "ratio": ("ratio", 1.0),
}


def dimension_of(unit: str) -> str:
    """Name the dimension of a unit.

    Parameters
    ----------
    unit
        One of `UNITS`.

    Returns
    -------
    The dimension, such as ``"mass rate"``.

    Raises
    ------
    OptionError
        If the unit is unknown.

    Examples
    --------
    >>> dimension_of("mt_per_yr")
    'mass rate'
    """
    if unit not in UNITS:
        msg = f"expected a unit standort knows, got {unit!r}; known: {', '.join(UNITS)}"
        raise OptionError(msg)
    return UNITS[unit][0]


def convert_factor(unit: str, to: str) -> float:
    """Give the factor that turns a number in one unit into another.

    Parameters
    ----------
    unit
        Unit of the number at hand.
    to
        Unit wanted; of the same dimension.

    Returns
    -------
    The factor to multiply with.

    Raises
    ------
    OptionError
        If a unit is unknown, or the two measure different things (Mt and Mt/yr, say).

    Examples
    --------
    >>> convert_factor("t_per_yr", "mt_per_yr")
    1e-06
    >>> convert_factor("km", "m")
    1000.0
    """
    if dimension_of(unit) != dimension_of(to):
        msg = (
            f"cannot turn {unit!r} ({dimension_of(unit)}) into {to!r} ({dimension_of(to)}): "
            "they measure different things"
        )
        raise OptionError(msg)
    return UNITS[unit][1] / UNITS[to][1]
