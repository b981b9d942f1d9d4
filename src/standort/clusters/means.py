"""Means over the members of clusters, weighted by what they emit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from standort.clusters.table import emissions_mt, members
from standort.layers.inputs import as_emitters

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.layers.inputs import Features

__all__ = ["member_means"]


def member_means(
    emitters: GeoDataFrame | Features,
    found: pd.DataFrame,
    table: pd.DataFrame,
    *,
    unknown: Literal["left out", "lowest", "highest"] = "left out",
) -> pd.DataFrame:
    """Average columns over the members of each cluster, weighted by known emissions.

    Members of unknown emissions, and unknown entries, are left out. Where no member with a known
    entry emits a known amount, the known entries count alike.

    Parameters
    ----------
    emitters
        The emitters that were clustered, with ``co2_t_per_yr`` [t/yr].
    found
        Their ``cluster``, as `dbscan` gives it.
    table
        Numbers to average, in the order of the rows of `found`.
    unknown
        What becomes of members of unknown emissions, which might weigh anything: they are left
        out, or the result is the lowest or highest that the mean could be with them.

    Returns
    -------
    Index ``cluster``, the columns of `table`; NaN where no member's entry is known.

    Examples
    --------
    >>> import geopandas
    >>> places = geopandas.points_from_xy([0, 0.01, 0.02], [0, 0, 0], crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": list("abc"), "co2_t_per_yr": [1e6, 3e6, np.nan]}, geometry=places
    ... )
    >>> from standort.clusters import dbscan
    >>> found = dbscan(plants, min_samples=3)
    >>> member_means(plants, found, pd.DataFrame({"value": [0.0, 1.0, 0.5]}))
             value
    cluster
    0         0.75
    """
    context = as_emitters(emitters)
    member, cluster = members(context, found)
    known_emissions = np.nan_to_num(emissions_mt(context)[member], nan=0.0)
    is_unknown = np.isnan(emissions_mt(context)[member])
    n_clusters = int(cluster.max(initial=-1)) + 1
    means = {}
    for name in table.columns:
        entry = np.asarray(table[name], dtype=np.float64)[context.order][member]
        known = ~np.isnan(entry)
        weight = np.where(known, known_emissions, 0.0)
        mass = np.bincount(cluster, weights=weight, minlength=n_clusters)
        weight = np.where(mass[cluster] > 0, weight, known.astype(float))
        mass = np.bincount(cluster, weights=weight, minlength=n_clusters)
        total = np.bincount(
            cluster, weights=weight * np.where(known, entry, 0.0), minlength=n_clusters
        )
        with np.errstate(invalid="ignore"):
            mean = total / mass
        if unknown != "left out":
            extreme = np.fmin if unknown == "lowest" else np.fmax
            extreme.at(mean, cluster[is_unknown], entry[is_unknown])
        means[name] = mean
    return pd.DataFrame(means, index=pd.RangeIndex(n_clusters, name="cluster"))
