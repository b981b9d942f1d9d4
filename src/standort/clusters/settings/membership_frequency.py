"""How sure a site's membership is, over many settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from standort.clusters.density_clusters import NOISE
from standort.layers.features import check_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.clusters.settings.displacement import DisplacedClusters
    from standort.clusters.settings.stability import Partitions

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Flags = NDArray[np.bool_]

__all__ = ["membership"]


def membership(grid: Partitions | DisplacedClusters, found: pd.DataFrame) -> pd.DataFrame:
    """Tell how sure it is that each site is in a cluster, and in which.

    Parameters
    ----------
    grid
        The sites under many settings, or moved many times: then read "draw" for "setting" below.
    found
        Their ``cluster`` and ``role`` under the chosen one, as `dbscan` gives them.

    Returns
    -------
    Index of the sites: ``clustered_share``, the share of settings under which the site is in any
    cluster; ``cluster``, its chosen one; ``together_share``, how often it is together with that
    cluster: the share of settings and of the cluster's other cores (its members, if it has no
    cores besides) that are then in its cluster; NaN for noise; ``likely_cluster``, the
    chosen cluster it is most often together with, and ``likely_share``, 0 to 1: for noise by a
    cluster this is how nearly it belongs. The shares depend on the grid: they are no probability.

    Examples
    --------
    >>> import geopandas
    >>> from standort.clusters import cluster_grid, dbscan
    >>> places = geopandas.points_from_xy([0, 0.01, 0.02, 0.1], [0] * 4, crs=4326)
    >>> plants = geopandas.GeoDataFrame(geometry=places)
    >>> grid = cluster_grid(plants, eps_km=[2, 3, 10], min_samples=[3])
    >>> membership(grid, dbscan(plants, eps_km=2, min_samples=3)).round(2)
       clustered_share  cluster  together_share  likely_cluster  likely_share
    0             1.00        0            1.00               0          1.00
    1             1.00        0            1.00               0          1.00
    2             1.00        0            1.00               0          1.00
    3             0.33       -1             NaN               0          0.33
    """
    check_index(found, grid.sites, "the clusters found")
    order, n = grid.sites.order, len(grid.sites)
    chosen = found["cluster"].to_numpy()[order]
    role = found["role"].to_numpy(dtype=object)[order]
    labels = grid.label.reshape(-1, n)
    together, own_share = _together(labels, chosen, _stands_for(chosen, role == "core"))
    likely = np.full(n, NOISE)
    likely_share = np.zeros(n)
    for site in np.flatnonzero(np.diff(together.indptr)):
        some = slice(together.indptr[site], together.indptr[site + 1])
        best = int(np.argmax(together.data[some]))
        likely[site] = together.indices[some][best]
        likely_share[site] = together.data[some][best]
    table = pd.DataFrame(
        {
            "clustered_share": (labels != NOISE).mean(axis=0),
            "cluster": chosen,
            "together_share": own_share,
            "likely_cluster": likely,
            "likely_share": likely_share,
        },
        index=order,
    )
    return table.sort_index().set_index(grid.sites.input_index)


def _stands_for(chosen: Ints, core: Flags) -> Ints:
    """Say which cluster each site stands for: its own if core, or if no two cores are in it."""
    member = chosen != NOISE
    cores = np.bincount(chosen[core], minlength=int(chosen.max(initial=-1)) + 1)
    few = member & (np.append(cores, 2)[chosen] < 2)  # noqa: PLR2004 - itself does not count
    return np.where(member & (core | few), chosen, NOISE)


def _together(labels: Ints, chosen: Ints, stands_for: Ints) -> tuple[csr_array[np.float64], Floats]:
    """Average over settings the share of each cluster's cores that share a site's cluster.

    Returns
    -------
    Shares of sites and chosen clusters, sparse, and those of each site and its own cluster.
    """
    n, n_clusters = len(chosen), int(chosen.max(initial=-1)) + 1
    cores = np.flatnonzero(stands_for != NOISE)
    size = np.bincount(stands_for[cores], minlength=n_clusters)
    is_core = stands_for == np.where(chosen == NOISE, n_clusters, chosen)
    total = csr_array((n, n_clusters), dtype=np.float64)
    for label in labels:
        inside = np.flatnonzero(label != NOISE)
        n_found = int(label.max(initial=-1)) + 1
        ones = np.ones(len(inside))
        of_found = csr_array((ones, (inside, label[inside])), shape=(n, n_found))
        held = cores[label[cores] != NOISE]
        cells = (label[held], stands_for[held])
        counts = csr_array((np.ones(len(held)), cells), shape=(n_found, n_clusters))
        total = total + of_found @ counts
    rows = np.repeat(np.arange(n), np.diff(total.indptr))
    own = chosen[rows] == total.indices
    # a site does not count as company of its own
    itself = own & is_core[rows]
    times_inside = (labels != NOISE).sum(axis=0)
    others = size[total.indices] - itself
    with np.errstate(invalid="ignore", divide="ignore"):
        total.data = (total.data - itself * times_inside[rows]) / (others * len(labels))
    share = np.where(chosen == NOISE, np.nan, 0.0)
    share[rows[own]] = total.data[own]
    return total, share
