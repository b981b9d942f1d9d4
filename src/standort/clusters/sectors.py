"""The sectors of clusters, and how concentrated clusters are on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.clusters.dbscan import exact_sums
from standort.clusters.table import members
from standort.errors import LayerError
from standort.layers.inputs import as_emitters
from standort.units import convert

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers.inputs import Features

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["concentration", "sector_columns", "sector_mix"]

#: sectors named in the mix, and the share they have at least
_NAMED, _LEAST = 3, 0.005


def sector_mix(emitters: GeoDataFrame | Features, found: pd.DataFrame) -> pd.DataFrame:
    """List the sectors of each cluster.

    Parameters
    ----------
    emitters
        The emitters that were clustered, with ``co2_t_per_yr`` [t/yr] and ``sector``.
    found
        Their ``cluster``, as `dbscan` gives it.

    Returns
    -------
    Index ``cluster``, ``sector``, largest first: ``n_sites``, ``n_unknown`` (of unknown emissions),
    ``co2_mt_per_yr`` (known, NaN if none is) and ``share`` of the known emissions of the cluster,
    NaN where it has none. Sites without a sector stand as ``unknown``.

    Raises
    ------
    LayerError
        If a column is missing.

    Examples
    --------
    >>> import geopandas
    >>> from standort.clusters import dbscan
    >>> plants = geopandas.GeoDataFrame(
    ...     {"co2_t_per_yr": [1e6, 3e6, np.nan], "sector": ["Glass", "Cement", "Glass"]},
    ...     geometry=geopandas.points_from_xy([0, 0.01, 0.02], [0] * 3, crs=4326),
    ... )
    >>> sector_mix(plants, dbscan(plants, min_samples=3))
                    n_sites  n_unknown  co2_mt_per_yr  share
    cluster sector
    0       Cement        1          0            3.0   0.75
            Glass         2          1            1.0   0.25
    """
    context = as_emitters(emitters)
    member, cluster = members(context, found)
    if "sector" not in context.table.columns:
        have = ", ".join(map(str, context.table.columns)) or "none"
        msg = f"expected a column 'sector' in the emitters, which have: {have}"
        raise LayerError(msg)
    return _mix(context, member, cluster)


def concentration(cluster: Ints, part: Ints, tonnes: Floats) -> Floats:
    """Herfindahl-Hirschman index of known emissions over parts of clusters; NaN without any."""
    known = np.nan_to_num(tonnes)
    key, group = np.unique(np.stack([cluster, part]), axis=1, return_inverse=True)
    of_part = exact_sums(group, known)
    total = exact_sums(cluster, known)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, 1.0, np.nan)[key[0]] * of_part / total[key[0]]
    return exact_sums(key[0], share**2)


def sector_columns(context: Features, member: Ints, cluster: Ints) -> dict[str, Any]:
    """Say which sectors a cluster consists of, and how concentrated it is; nothing without."""
    if "sector" not in context.table:
        return {}
    mix = _mix(context, member, cluster)
    named: list[list[str]] = [[] for _ in range(int(cluster.max(initial=-1)) + 1)]
    known = mix[mix["share"].notna()].reset_index()
    for number, sector, share in zip(
        known["cluster"], known["sector"], known["share"], strict=True
    ):
        if len(named[number]) < _NAMED and share >= _LEAST:
            named[number].append(f"{sector} {share:.0%}".replace("%", " %"))
    code, _ = pd.factorize(_sectors(context)[member])
    return {
        "sectors": [", ".join(words) for words in named],
        "sector_hhi": concentration(cluster, code, context.quantity("co2_t_per_yr")[member]),
    }


def _sectors(context: Features) -> NDArray[np.object_]:
    sectors = context.table["sector"].to_numpy(dtype=object)
    return np.where(pd.isna(sectors), "unknown", sectors)


def _mix(context: Features, member: Ints, cluster: Ints) -> pd.DataFrame:
    """Count and sum members by cluster and sector, largest first."""
    tonnes = context.quantity("co2_t_per_yr")[member]
    code, names = pd.factorize(_sectors(context)[member], sort=True)
    key, group = np.unique(np.stack([cluster, code]), axis=1, return_inverse=True)
    total = exact_sums(cluster, np.nan_to_num(tonnes))[key[0]]
    emitted = exact_sums(group, np.nan_to_num(tonnes))
    size = np.bincount(group, minlength=key.shape[1])
    unknown = np.bincount(group[np.isnan(tonnes)], minlength=key.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, emitted / total, np.nan)
    order = np.lexsort([key[1], -size, -emitted, key[0]])
    mix = pd.DataFrame(
        {
            "n_sites": size,
            "n_unknown": unknown,
            "co2_mt_per_yr": np.where(
                unknown == size, np.nan, convert(emitted, "t_per_yr", "mt_per_yr")
            ),
            "share": share,
        },
        index=pd.MultiIndex.from_arrays(
            [key[0], np.asarray(names, dtype=object)[key[1]]], names=["cluster", "sector"]
        ),
    )
    return mix.iloc[order]
