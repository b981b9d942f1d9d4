"""How a sector is shared out over regions: location quotient, Ellison and Glaeser's index.

Both count in regions, and change with how they are drawn: look at them for at least two divisions
(countries and provinces, say). Neither knows which regions are neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import AlignmentError, LayerError, gather, name_ids, warn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["ellison_glaeser", "location_quotient"]

#: how far shares may add up to something else than 1
_ROUNDING = 1e-6


def location_quotient(
    sites: pd.DataFrame, *, sector: str, region: str, column: str | None = None
) -> pd.DataFrame:
    """Compare a sector's share of each region with its share of the whole.

    1 is as everywhere, 2 twice as much of the region as of the whole. In a region of few sites one
    plant makes a quotient of any size; and where a quantity is unknown for many, what is known
    speaks for them.

    Parameters
    ----------
    sites
        One row for each site.
    sector, region
        Columns that name the sector and the region of each site.
    column
        Quantity, numeric, >= 0 (emissions, jobs); None counts sites.

    Returns
    -------
    (x_sr / x_r) / (x_s / x), a row for each region and a column for each sector, both sorted. 0
    where a sector is absent, NaN where a region or sector holds none of the quantity. Sites of
    unknown sector, region or quantity are left out with a warning.

    Raises
    ------
    LayerError
        If a column is missing, or the quantity is not numeric, infinite or negative; all faults
        are named.

    Examples
    --------
    20 of 100 jobs in a region, where the sector has 10 of 100 over all:

    >>> jobs = pd.DataFrame(
    ...     {
    ...         "region": ["here", "here", "there"],
    ...         "sector": ["steel", "other", "other"],
    ...         "jobs": [20, 80, 100],
    ...     }
    ... )
    >>> location_quotient(jobs, sector="sector", region="region", column="jobs").round(4)
    sector  other  steel
    region
    here   0.8889    2.0
    there  1.1111    0.0
    """
    held = _quantities(sites, sector, region, column)
    within = _table(held)
    by_region, by_sector = within.sum(axis=1), within.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = within.div(by_region, axis=0)
        quotient = share.div(by_sector / by_sector.sum(), axis=1)
    return quotient.rename_axis(index=region, columns=sector)


def ellison_glaeser(
    sites: pd.DataFrame,
    *,
    sector: str,
    region: str,
    column: str,
    reference: pd.Series[float] | None = None,
) -> pd.DataFrame:
    """Tell whether a sector is more concentrated than its few plants alone would make it.

    A sector of three plants is in three places at most; that is no agglomeration. gamma takes off
    what plants dropped at random would show: 0 is chance, above 0.05 is commonly called strongly
    concentrated, below 0 they avoid each other. Few plants make it stray far from 0.

    Parameters
    ----------
    sites
        One row for each plant.
    sector, region
        Columns that name the sector and the region of each plant.
    column
        Size of the plants, numeric, >= 0 (emissions, jobs).
    reference
        Share of each region in what the sector is compared with, adding up to 1, indexed by region
        (area, population); by default its share of the column over all sectors.

    Returns
    -------
    Index sectors, sorted; ``gamma``; ``g``, sum (s_r - x_r)^2; ``herfindahl``, of the sizes of the
    plants; ``plants``, those of a size above 0. gamma is NaN for a sector of one plant, and where
    one region is the whole reference. Sites of unknown sector, region or size are left out with a
    warning.

    Raises
    ------
    AlignmentError
        If `reference` lacks a region or does not add up to 1.
    LayerError
        As for `location_quotient`.

    Notes
    -----
    gamma = (G - (1 - sum x^2) H) / ((1 - sum x^2) (1 - H)) (Ellison and Glaeser 1997, eq. 5).

    References
    ----------
    Ellison, G., and Glaeser, E. L. (1997), J. of Political Economy 105, 889-927 (recalled).

    Examples
    --------
    Ten equal plants, all in one of two equal regions:

    >>> plants = pd.DataFrame({"sector": "steel", "region": "east", "mt": [1.0] * 10})
    >>> halves = pd.Series({"east": 0.5, "west": 0.5})
    >>> ellison_glaeser(plants, sector="sector", region="region", column="mt", reference=halves)
            gamma    g  herfindahl  plants
    sector
    steel     1.0  0.5         0.1      10
    """
    held = _quantities(sites, sector, region, column)
    within = _table(held)
    if reference is None:
        by_region = within.sum(axis=1)
        reference = by_region / by_region.sum()
    x = _checked_reference(reference, within.index)
    within = within.reindex(x.index, fill_value=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = within / within.sum(axis=0)
        g = share.sub(x, axis=0).pow(2).sum(axis=0, skipna=False)
        plant = held["quantity"] / held.groupby("sector")["quantity"].transform("sum")
        herfindahl = (plant**2).groupby(held["sector"]).sum(min_count=1).reindex(g.index)
        spread = 1.0 - float((x**2).sum())
        gamma = (g - spread * herfindahl) / (spread * (1.0 - herfindahl))
    plants = held["quantity"].gt(0.0).groupby(held["sector"]).sum().reindex(g.index)
    # of one plant, or one region, nothing can be told: what rounding leaves of 0 / 0 is no number
    told = (plants > 1) & (x.max() < 1.0)
    return pd.DataFrame(
        {"gamma": gamma.where(told), "g": g, "herfindahl": herfindahl, "plants": plants}
    ).rename_axis(index=sector)


def _quantities(sites: pd.DataFrame, sector: str, region: str, column: str | None) -> pd.DataFrame:
    """Take sector, region and quantity of the sites of which all three are known."""
    wanted = [name for name in (sector, region, column) if name is not None]
    faults = [
        f"expected a column {name!r}, got {', '.join(map(str, sites.columns)) or 'none'}"
        for name in wanted
        if name not in sites.columns
    ]
    if column in sites.columns:
        faults += _quantity_faults(sites[column])
    if faults:
        raise LayerError(gather(faults, of="sites"))
    held = pd.DataFrame(
        {
            "sector": sites[sector].astype(object),
            "region": sites[region].astype(object),
            "quantity": 1.0 if column is None else sites[column].astype("float64"),
        }
    )
    known = held.notna().all(axis=1)
    if not known.all():
        warn(f"left out {(~known).sum()} of {len(held)} sites of unknown {', '.join(wanted)}")
    return held[known]


def _quantity_faults(held: pd.Series) -> list[str]:
    if not pd.api.types.is_numeric_dtype(held):
        return [f"column {held.name!r} must be numeric, got {held.dtype}; convert it"]
    wrong = (held < 0.0) | np.isinf(held.astype("float64"))
    if not wrong.any():
        return []
    ids = name_ids(list(held.index[wrong]))
    return [f"column {held.name!r} is negative or infinite for {wrong.sum()} sites: {ids}; mend"]


def _table(held: pd.DataFrame) -> pd.DataFrame:
    """Add up quantities, regions by sectors; in the order of sizes, whatever that of rows."""
    ordered = held.sort_values(["region", "sector", "quantity"])
    return ordered.pivot_table(
        index="region",
        columns="sector",
        values="quantity",
        aggfunc="sum",
        fill_value=0.0,
    )


def _checked_reference(reference: pd.Series[float], regions: pd.Index) -> pd.Series[float]:
    absent = regions.difference(reference.index)
    if len(absent):
        msg = f"expected reference for every region, {name_ids(list(absent))} are missing; add them"
        raise AlignmentError(msg)
    if not abs(float(reference.sum()) - 1.0) < _ROUNDING or (reference < 0.0).any():
        msg = f"expected reference to be shares that add up to 1, got {reference.sum():g}; divide"
        raise AlignmentError(msg)
    return reference.astype("float64")
