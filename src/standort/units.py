"""Units of measure: dimensions, conversion factors and symbols.

Every quantity column of a layer and every metric names its unit in its suffix
(`co2_t_per_yr`, `port_distance_km`). Conversion factors are exact by definition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from standort.errors import OptionError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Quantity = TypeVar("Quantity", float, "NDArray[np.float64]", "pd.Series[Any]")

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
    # cell values of rasters
    "m_per_s": ("speed", 1.0),
    "kwh_per_m2_per_day": ("irradiation per day", 1.0),
    "kwh_per_m2_per_yr": ("irradiation per year", 1.0),
    "people_per_km2": ("people per area", 1.0),
    "jobs_per_km2": ("jobs per area", 1.0),
    "mw_per_km2": ("power per area", 1.0),
    "gwh_per_yr_per_km2": ("energy rate per area", 1.0),
    "t_per_yr_per_km2": ("mass rate per area", 1.0),
}

#: Symbol of each unit whose symbol differs from its name.
UNIT_SYMBOLS = {
    "t_per_yr": "t/yr",
    "kt_per_yr": "kt/yr",
    "mt_per_yr": "Mt/yr",
    "mt": "Mt",
    "gt": "Gt",
    "mw": "MW",
    "gw": "GW",
    "kv": "kV",
    "gwh": "GWh",
    "twh": "TWh",
    "gwh_per_yr": "GWh/yr",
    "twh_per_yr": "TWh/yr",
    "m2": "m²",
    "km2": "km²",
    "yr": "years",
    "count": "",
    "thousand_jobs": "thousand jobs",
    "million_people": "million people",
    "ratio": "",
    "m_per_s": "m/s",
    "kwh_per_m2_per_day": "kWh/m² a day",
    "kwh_per_m2_per_yr": "kWh/m² a year",
    "people_per_km2": "people/km²",
    "jobs_per_km2": "jobs/km²",
    "mw_per_km2": "MW/km²",
    "gwh_per_yr_per_km2": "GWh/yr per km²",
    "t_per_yr_per_km2": "t/yr per km²",
}


def dimension_of(unit: str) -> str:
    """Return the dimension of a unit.

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
        msg = f"expected a known unit, got {unit!r}; known: {', '.join(UNITS)}"
        raise OptionError(msg)
    return UNITS[unit][0]


def convert(quantity: Quantity, unit: str, to: str) -> Quantity:
    """Convert a quantity to another unit.

    Parameters
    ----------
    quantity
        A number, an array or a series; NaN stays NaN.
    unit
        Unit of the quantity.
    to
        Target unit; it must have the same dimension.

    Returns
    -------
    The quantity in the target unit. Of a factor and its reciprocal, the whole number is used, to
    multiply or to divide: 2,600,000 t are 2.6 Mt, not 2.5999999999999996.

    Raises
    ------
    OptionError
        If a unit is unknown, or the dimensions differ (Mt and Mt/yr, for example).

    Examples
    --------
    >>> convert(2_600_000.0, "t_per_yr", "mt_per_yr")
    2.6
    >>> convert(25.0, "km", "m")
    25000.0
    """
    if dimension_of(unit) != dimension_of(to):
        msg = (
            f"cannot convert {unit!r} ({dimension_of(unit)}) to {to!r} ({dimension_of(to)}): "
            "the dimensions differ"
        )
        raise OptionError(msg)
    size, target = UNITS[unit][1], UNITS[to][1]
    return quantity * (size / target) if size >= target else quantity / (target / size)


def quotient_unit(supply: str, demand: str) -> str | None:
    """Return the unit of a supply divided by a demand.

    Parameters
    ----------
    supply, demand
        Units from `UNITS`.

    Returns
    -------
    ``"yr"`` for an amount over an amount per year, ``"ratio"`` for two quantities of one dimension,
    None for any other pair.

    Examples
    --------
    >>> quotient_unit("mt", "t_per_yr"), quotient_unit("mt_per_yr", "t_per_yr")
    ('yr', 'ratio')
    """
    offered, wanted = dimension_of(supply), dimension_of(demand)
    if wanted == f"{offered} rate":
        return "yr"
    return "ratio" if wanted == offered else None


def symbol_of(unit: str) -> str:
    """Return the symbol of a unit.

    Parameters
    ----------
    unit
        One of `UNITS`.

    Returns
    -------
    The text to print after a number; empty for a count or a ratio.

    Examples
    --------
    >>> symbol_of("t_per_yr"), symbol_of("km"), symbol_of("count")
    ('t/yr', 'km', '')
    """
    return UNIT_SYMBOLS.get(unit, unit)
