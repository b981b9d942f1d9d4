"""Means over the members of clusters, weighted by what they emit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from standort.clusters.cluster_table import emissions_mt, members
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers.features import Features

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Unknown = Literal["left out", "lowest", "highest"]

__all__ = ["means_of_groups", "member_means"]


def member_means(
    emitters: GeoDataFrame | Features,
    found: pd.DataFrame,
    table: pd.DataFrame,
    *,
    unknown: Unknown = "left out",
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
    n_clusters = int(cluster.max(initial=-1)) + 1
    entries = {
        str(name): np.asarray(table[name], dtype=np.float64)[context.order][member]
        for name in table.columns
    }
    emissions = emissions_mt(context)[member]
    means = means_of_groups(entries, emissions, cluster, n_clusters, unknown=unknown)
    index = pd.RangeIndex(n_clusters, name="cluster")
    return pd.DataFrame(means, index=index, columns=table.columns)


def means_of_groups(
    entries: Mapping[str, Floats],
    emissions: Floats,
    group: Ints,
    n_groups: int,
    *,
    unknown: Unknown = "left out",
) -> dict[str, Floats]:
    """Average entries over the members of groups, weighted by known emissions; arrays only.

    What `member_means` does for clusters, for groups that may share members. It sums the members
    of a group in the order they come, so that a group has the same bits among any others. One call
    for each draw is cheap.

    Parameters
    ----------
    entries
        By name, an entry for each member of each group, shape (n_members,); NaN is unknown.
    emissions
        Emissions of each of them, in any one unit; NaN is unknown.
    group
        Group of each of them, 0 to `n_groups` - 1.
    n_groups
        Number of groups.
    unknown
        As for `member_means`.

    Returns
    -------
    By name, the mean of each group, shape (n_groups,); NaN where no entry is known.

    Examples
    --------
    >>> group, emissions = np.array([0, 0, 1]), np.array([1.0, 3.0, np.nan])
    >>> means_of_groups({"value": np.array([0.0, 1.0, 0.5])}, emissions, group, 2)["value"]
    array([0.75, 0.5 ])
    """
    known_emissions = np.nan_to_num(emissions, nan=0.0)
    is_unknown = np.isnan(emissions)
    means = {}
    for name, entry in entries.items():
        known = ~np.isnan(entry)
        weight = np.where(known, known_emissions, 0.0)
        mass = np.bincount(group, weights=weight, minlength=n_groups)
        weight = np.where(mass[group] > 0, weight, known.astype(float))
        mass = np.bincount(group, weights=weight, minlength=n_groups)
        total = np.bincount(group, weights=weight * np.where(known, entry, 0.0), minlength=n_groups)
        with np.errstate(invalid="ignore"):
            mean = total / mass
        if unknown != "left out":
            extreme = np.fmin if unknown == "lowest" else np.fmax
            extreme.at(mean, group[is_unknown], entry[is_unknown])
        means[name] = mean
    return means
