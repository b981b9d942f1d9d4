"""What each unit of demand gets of a supply: the division in a floating catchment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.errors import OptionError, gather
from standort.layers.contracts import unit_of
from standort.units import convert, dimension_of

if TYPE_CHECKING:
    from standort.metrics.reach import Floats, Ints

__all__ = ["catchment_unit", "supply_ratio"]


def supply_ratio(
    offered: Floats, total: Floats, n_unknown: Ints, *, supply: str, demand: str
) -> Floats:
    """Divide supplies by the demand on them, with what is certain where one is unknown.

    Parameters
    ----------
    offered
        Supplies in the unit of the column `supply`, at least 0; NaN is unknown.
    total
        The known demand on each, in the unit of the column `demand`.
    n_unknown
        How many demands on each are unknown.
    supply, demand
        Names of the columns, such as ``capacity_mt`` and ``co2_t_per_yr``.

    Returns
    -------
    The ratios, in years for an amount over a yearly amount. Infinite where nobody asks for a
    supply; 0 where there is none; NaN where the supply or all of the demand is unknown. An upper
    bound where some of the demand is.

    Examples
    --------
    100 Mt for 4 Mt a year, and for nobody:

    >>> demanded, none_unknown = np.array([4e6, 0.0]), np.array([0, 0])
    >>> columns = {"supply": "capacity_mt", "demand": "co2_t_per_yr"}
    >>> supply_ratio(np.array([100.0, 100.0]), demanded, none_unknown, **columns).tolist()
    [25.0, inf]
    """
    in_unit = _in_unit_of(offered, supply, demand)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = in_unit / total
    ratio[(total == 0.0) & (n_unknown > 0)] = np.nan
    ratio[in_unit == 0.0] = 0.0
    ratio[np.isnan(in_unit)] = np.nan
    return ratio


def _in_unit_of(quantity: Floats, supply: str, demand: str) -> Floats:
    """Express a supply in the unit of the demand; in the same unit without "a year" for years."""
    held, wanted = str(unit_of(supply)), str(unit_of(demand))
    if dimension_of(held) != dimension_of(wanted):
        wanted = wanted.removesuffix("_per_yr")
    return convert(quantity, held, wanted)


def catchment_unit(supply: str, demand: str) -> str:
    """Tell the unit of `floating_catchment` from the units its columns end in.

    Parameters
    ----------
    supply, demand
        Names of the columns, such as ``capacity_mt`` and ``co2_t_per_yr``.

    Returns
    -------
    ``"yr"`` for an amount over a yearly amount, ``"ratio"`` for two quantities of one dimension.

    Raises
    ------
    OptionError
        If a column names no unit, or the two do not go together.

    Examples
    --------
    >>> catchment_unit("capacity_mt", "co2_t_per_yr")
    'yr'
    >>> catchment_unit("injection_mt_per_yr", "co2_t_per_yr")
    'ratio'
    """
    units = {"supply": (supply, unit_of(supply)), "demand": (demand, unit_of(demand))}
    faults = [
        f"expected {option} to be a column that ends in its unit, such as capacity_mt or "
        f"co2_t_per_yr, got {column!r}; rename it"
        for option, (column, unit) in units.items()
        if unit is None
    ]
    if faults:
        raise OptionError(gather(faults, of="floating catchment"))
    offered, asked = dimension_of(str(units["supply"][1])), dimension_of(str(units["demand"][1]))
    if asked == f"{offered} rate":
        return "yr"
    if asked == offered:
        return "ratio"
    msg = (
        "floating catchment: expected a supply over a yearly demand of the same kind (Mt over "
        f"t/yr), or two quantities of one kind, got {supply!r} ({offered}) over {demand!r} "
        f"({asked}); choose columns that go together"
    )
    raise OptionError(msg)
