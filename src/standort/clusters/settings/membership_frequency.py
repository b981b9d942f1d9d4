"""How often each site is in a cluster, and in which, over many settings or draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from standort.arguments import checked, with_columns
from standort.clusters.density_clusters import NOISE
from standort.layers.features import check_index

if TYPE_CHECKING:
    from standort.array_types import Flags, Floats, Ints
    from standort.clusters.settings.displacement import DisplacedClusters
    from standort.clusters.settings.stability import Partitions


@checked(labels=with_columns("cluster", "role"))
def membership(grid: Partitions | DisplacedClusters, labels: pd.DataFrame) -> pd.DataFrame:
    """Measure how often each site is in a cluster, and in which.

    Parameters
    ----------
    grid
        The sites under many settings, or under many displacements: then read "draw" for "setting".
    labels
        Their ``cluster`` and ``role`` under the chosen setting, as `dbscan` returns them.

    Returns
    -------
    Index of the sites: ``clustered_share``, the share of settings under which the site is in any
    cluster; ``cluster``, the chosen one; ``together_share``, how often it is together with that
    cluster: the mean share, over settings, of the cluster's other cores (its members, if it has no
    other cores) that are in the same cluster; NaN for noise; ``likely_cluster``, the chosen cluster
    it is most often together with, and ``likely_share``, 0 to 1, also for noise near a cluster.
    The shares depend on the grid: they are not probabilities.

    Examples
    --------
    >>> import geopandas
    >>> from standort.clusters import cluster_grid, dbscan
    >>> points = geopandas.points_from_xy([0, 0.01, 0.02, 0.1], [0] * 4, crs=4326)
    >>> plants = geopandas.GeoDataFrame(geometry=points)
    >>> grid = cluster_grid(plants, eps_km=[2, 3, 10], min_samples=[3])
    >>> membership(grid, dbscan(plants, eps_km=2, min_samples=3)).round(2)
       clustered_share  cluster  together_share  likely_cluster  likely_share
    0             1.00        0            1.00               0          1.00
    1             1.00        0            1.00               0          1.00
    2             1.00        0            1.00               0          1.00
    3             0.33       -1             NaN               0          0.33
    """
    check_index(labels, grid.sites, "the clusters")
    order, n = grid.sites.order, len(grid.sites)
    chosen = labels["cluster"].to_numpy()[order]
    role = labels["role"].to_numpy(dtype=object)[order]
    of_settings = grid.label.reshape(-1, n)
    together, own_share = _together(of_settings, chosen, _represented(chosen, role == "core"))
    likely = np.full(n, NOISE)
    likely_share = np.zeros(n)
    for site in np.flatnonzero(np.diff(together.indptr)):
        some = slice(together.indptr[site], together.indptr[site + 1])
        best = int(np.argmax(together.data[some]))
        likely[site] = together.indices[some][best]
        likely_share[site] = together.data[some][best]
    table = pd.DataFrame(
        {
            "clustered_share": (of_settings != NOISE).mean(axis=0),
            "cluster": chosen,
            "together_share": own_share,
            "likely_cluster": likely,
            "likely_share": likely_share,
        },
        index=order,
    )
    return table.sort_index().set_index(grid.sites.input_index)


def _represented(chosen: Ints, core: Flags) -> Ints:
    """Return the cluster each site represents: its own if core, or if that has under two cores."""
    member = chosen != NOISE
    cores = np.bincount(chosen[core], minlength=int(chosen.max(initial=-1)) + 1)
    few = member & (np.append(cores, 2)[chosen] < 2)  # noqa: PLR2004 - not counting the site itself
    return np.where(member & (core | few), chosen, NOISE)


def _together(
    of_settings: Ints, chosen: Ints, represents: Ints
) -> tuple[csr_array[np.float64], Floats]:
    """Average, over settings, the share of each cluster's cores in the same cluster as a site.

    Return the shares of sites and chosen clusters, sparse, and those of each site and its own.
    """
    n, n_clusters = len(chosen), int(chosen.max(initial=-1)) + 1
    cores = np.flatnonzero(represents != NOISE)
    size = np.bincount(represents[cores], minlength=n_clusters)
    is_core = represents == np.where(chosen == NOISE, n_clusters, chosen)
    total = csr_array((n, n_clusters), dtype=np.float64)
    for label in of_settings:
        inside = np.flatnonzero(label != NOISE)
        n_labels = int(label.max(initial=-1)) + 1
        ones = np.ones(len(inside))
        of_label = csr_array((ones, (inside, label[inside])), shape=(n, n_labels))
        held = cores[label[cores] != NOISE]
        cells = (label[held], represents[held])
        counts = csr_array((np.ones(len(held)), cells), shape=(n_labels, n_clusters))
        total = total + of_label @ counts
    rows = np.repeat(np.arange(n), np.diff(total.indptr))
    own = chosen[rows] == total.indices
    # a site does not count for itself
    itself = own & is_core[rows]
    times_inside = (of_settings != NOISE).sum(axis=0)
    others = size[total.indices] - itself
    with np.errstate(invalid="ignore", divide="ignore"):
        total.data = (total.data - itself * times_inside[rows]) / (others * len(of_settings))
    share = np.where(chosen == NOISE, np.nan, 0.0)
    share[rows[own]] = total.data[own]
    return total, share
