"""Concentration of sectors in regions: location quotient, Ellison and Glaeser's index.

Both depend on how regions are drawn: compare at least two divisions, such as countries and
provinces. Neither takes account of which regions are neighbours.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from standort.arguments import checked
from standort.errors import AlignmentError, LayerError, gather, name_ids, warn

#: largest deviation of the sum of shares from 1
_ROUNDING = 1e-6


@checked()
def location_quotient(
    sites: pd.DataFrame, *, sector: str, region: str, column: str | None = None
) -> pd.DataFrame:
    """Compare a sector's share of each region with its share of the whole.

    1 means the same share as overall, 2 twice that share. In a region of few sites one plant can
    produce a quotient of any size. Sites of unknown quantity are assumed to be like the others.

    Parameters
    ----------
    sites
        One row per site.
    sector, region
        Columns with the sector and the region of each site.
    column
        Quantity, numeric, >= 0 (emissions, jobs); None counts sites.

    Returns
    -------
    (x_sr / x_r) / (x_s / x), one row per region and one column per sector, both sorted. 0 where a
    sector is absent, NaN where a region or sector has none of the quantity. Sites of unknown
    sector, region or quantity are left out with a warning.

    Raises
    ------
    LayerError
        If a column is missing, or the quantity is not numeric, infinite or negative; all problems
        are reported together.

    Examples
    --------
    20 of 100 jobs in a region, where the sector has 10 % of all jobs:

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
    table = _quantities(sites, sector, region, column)
    within = _sums(table)
    by_region, by_sector = within.sum(axis=1), within.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = within.div(by_region, axis=0)
        quotient = share.div(by_sector / by_sector.sum(), axis=1)
    return quotient.rename_axis(index=region, columns=sector)


@checked()
def ellison_glaeser(
    sites: pd.DataFrame,
    *,
    sector: str,
    region: str,
    column: str,
    reference: pd.Series[float] | None = None,
) -> pd.DataFrame:
    """Measure whether a sector is more concentrated than its number of plants implies.

    A sector of three plants is in at most three regions, which is not agglomeration. gamma
    subtracts the concentration of randomly located plants: 0 is random, above 0.05 is commonly
    called strongly concentrated, below 0 dispersed. With few plants gamma varies widely.

    Parameters
    ----------
    sites
        One row per plant.
    sector, region
        Columns with the sector and the region of each plant.
    column
        Size of the plants, numeric, >= 0 (emissions, jobs).
    reference
        Share of each region in the reference quantity, such as area or population, adding up to 1,
        indexed by region; by default its share of the column over all sectors.

    Returns
    -------
    Index sectors, sorted; ``gamma``; ``g``, sum (s_r - x_r)^2; ``herfindahl``, the index of plant
    sizes; ``plants`` of a size above 0. gamma is NaN for a sector of one plant, and where one
    region is the whole reference. Sites of unknown sector, region or size are left out with a
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
    table = _quantities(sites, sector, region, column)
    within = _sums(table)
    if reference is None:
        by_region = within.sum(axis=1)
        reference = by_region / by_region.sum()
    x = _checked_reference(reference, within.index)
    within = within.reindex(x.index, fill_value=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = within / within.sum(axis=0)
        g = share.sub(x, axis=0).pow(2).sum(axis=0, skipna=False)
        plant = table["quantity"] / table.groupby("sector")["quantity"].transform("sum")
        herfindahl = (plant**2).groupby(table["sector"]).sum(min_count=1).reindex(g.index)
        spread = 1.0 - float((x**2).sum())
        gamma = (g - spread * herfindahl) / (spread * (1.0 - herfindahl))
    plants = table["quantity"].gt(0.0).groupby(table["sector"]).sum().reindex(g.index)
    # gamma is undefined, 0 / 0 up to rounding, for one plant or one region
    defined = (plants > 1) & (x.max() < 1.0)
    return pd.DataFrame(
        {"gamma": gamma.where(defined), "g": g, "herfindahl": herfindahl, "plants": plants}
    ).rename_axis(index=sector)


def _quantities(sites: pd.DataFrame, sector: str, region: str, column: str | None) -> pd.DataFrame:
    """Return sector, region and quantity of the sites where all three are known."""
    names = [name for name in (sector, region, column) if name is not None]
    problems = [
        f"expected a column {name!r}, got {', '.join(map(str, sites.columns)) or 'none'}"
        for name in names
        if name not in sites.columns
    ]
    if column in sites.columns:
        problems += _quantity_problems(sites[column])
    if problems:
        raise LayerError(gather(problems, of="sites"))
    table = pd.DataFrame(
        {
            "sector": sites[sector].astype(object),
            "region": sites[region].astype(object),
            "quantity": 1.0 if column is None else sites[column].astype("float64"),
        }
    )
    known = table.notna().all(axis=1)
    if not known.all():
        warn(f"left out {(~known).sum()} of {len(table)} sites of unknown {', '.join(names)}")
    return table[known]


def _quantity_problems(quantity: pd.Series) -> list[str]:
    if not pd.api.types.is_numeric_dtype(quantity):
        return [f"column {quantity.name!r} must be numeric, got {quantity.dtype}; convert it"]
    wrong = (quantity < 0.0) | np.isinf(quantity.astype("float64"))
    if not wrong.any():
        return []
    ids = name_ids(list(quantity.index[wrong]))
    return [f"column {quantity.name!r} is negative or infinite for {wrong.sum()} sites: {ids}; fix"]


def _sums(table: pd.DataFrame) -> pd.DataFrame:
    """Sum quantities by region and sector, in the order of sizes rather than of rows."""
    ordered = table.sort_values(["region", "sector", "quantity"])
    return ordered.pivot_table(
        index="region", columns="sector", values="quantity", aggfunc="sum", fill_value=0.0
    )


def _checked_reference(reference: pd.Series[float], regions: pd.Index) -> pd.Series[float]:
    absent = regions.difference(reference.index)
    if len(absent):
        msg = f"expected reference for every region, missing are {name_ids(list(absent))}; add them"
        raise AlignmentError(msg)
    if not abs(float(reference.sum()) - 1.0) < _ROUNDING or (reference < 0.0).any():
        total = float(reference.sum())
        msg = f"expected reference to be shares that add up to 1, got {total:g}; divide by it"
        raise AlignmentError(msg)
    return reference.astype("float64")
