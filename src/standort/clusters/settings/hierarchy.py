"""Nested clusters at several levels: macro, meso and micro."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import checked, positive
from standort.clusters.cluster_profiles import stable_ids
from standort.clusters.density_clusters import NOISE
from standort.clusters.settings.stability import cluster_grid
from standort.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from geopandas import GeoDataFrame

    from standort.clusters.neighbour_graph import NeighbourGraph
    from standort.clusters.settings.stability import ClusterOptions
    from standort.layers.features import Features

#: names of the levels and their eps [km]
LEVELS = {"macro": 25.0, "meso": 10.0, "micro": 5.0}


@checked(levels_km=positive("km"), min_samples=positive())
def cluster_hierarchy(
    sites: GeoDataFrame | Features,
    *,
    levels_km: Mapping[str, float] = LEVELS,
    min_samples: float = 4,
    graph: NeighbourGraph | None = None,
    **options: Unpack[ClusterOptions],
) -> pd.DataFrame:
    """Cluster sites at several eps, so that each cluster is within one of the next larger eps.

    Borders are left out (DBSCAN*): otherwise a site might be in a small cluster, but not in the
    large one around it. Clusters therefore have fewer members than those of `dbscan`.

    Parameters
    ----------
    sites
        Points in any CRS.
    levels_km
        Names of the levels and their eps [km].
    min_samples
        Neighbours, including the site itself, that make a core; the same at every level.
    graph
        Distances instead of geodesics.
    **options
        As for `dbscan`, except `star`.

    Returns
    -------
    Index ``level``, ``cluster``, one row per cluster, from the largest eps on: ``eps_km``,
    ``parent``, the cluster of the level above that contains it (-1 at the top), ``n_sites``,
    ``stable_id`` and ``site_ids``, its members, ascending.

    Raises
    ------
    OptionError
        If two levels have the same eps.

    Examples
    --------
    >>> import geopandas
    >>> lon = [0, 0.01, 0.02, 0.1, 0.11, 0.12, 1, 1.01, 1.02]
    >>> plants = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, [0] * 9, crs=4326))
    >>> table = cluster_hierarchy(plants, levels_km={"meso": 10, "micro": 2}, min_samples=2)
    >>> table[["parent", "n_sites"]]
                   parent  n_sites
    level cluster
    meso  0            -1        6
          1            -1        3
    micro 0             0        3
          1             0        3
          2             1        3
    """
    names = sorted(levels_km, key=lambda name: -levels_km[name])
    if len(set(levels_km.values())) < len(names):
        msg = f"expected levels of different eps, got {dict(levels_km)!r}"
        raise OptionError(msg)
    options = {**options, "star": True}
    grid = cluster_grid(
        sites,
        eps_km=[levels_km[name] for name in names],
        min_samples=[min_samples],
        graph=graph,
        **options,
    )
    ids = grid.sites.ids
    tables: list[pd.DataFrame] = []
    above = np.full(len(ids), NOISE)
    for name, label in zip(names, grid.label[0][::-1], strict=True):
        inside = np.flatnonzero(label != NOISE)
        order = inside[np.argsort(label[inside], kind="stable")]
        starts = np.flatnonzero(np.diff(label[order], prepend=-1))
        groups = np.split(order, starts[1:]) if len(order) else []
        rows: dict[str, Any] = {
            "eps_km": levels_km[name],
            "parent": above[order[starts]],
            "n_sites": [len(group) for group in groups],
            "stable_id": stable_ids(ids, label, label != NOISE),
            "site_ids": [[str(one) for one in ids[group]] for group in groups],
        }
        index = pd.MultiIndex.from_product([[name], range(len(groups))], names=["level", "cluster"])
        tables.append(pd.DataFrame(rows, index=index))
        above = label
    return pd.concat(tables)
