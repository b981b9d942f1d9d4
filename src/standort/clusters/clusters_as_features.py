"""Clusters as things to measure against: where their members stand and what they emit together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.clusters.cluster_table import members
from standort.clusters.density_clusters import NOISE
from standort.earth import NO_FEATURE
from standort.layers.features import Features, as_emitters, as_sites, check_index, own_features

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.layers.features import Sites

__all__ = ["as_cluster_sites", "cluster_features"]


def cluster_features(
    emitters: GeoDataFrame | Features, found: pd.DataFrame, table: pd.DataFrame
) -> Features:
    """Make each cluster one feature: the places of its members, and its emissions.

    The distance to a cluster is that to its nearest member.

    Parameters
    ----------
    emitters
        The emitters that were clustered.
    found
        Their ``cluster``, as `dbscan` gives it.
    table
        The clusters, as `cluster_table` gives them.

    Returns
    -------
    One feature per cluster, its id the number of the cluster, which is the ``site_id`` it is told
    apart from a site's own by. Attributes are those of the table, and ``co2_t_per_yr``: the known
    emissions [t/yr], NaN where none is known.

    Examples
    --------
    >>> import geopandas
    >>> from standort.clusters import cluster_table, dbscan
    >>> places = geopandas.points_from_xy([0, 0.01, 0.02, 5, 5.01, 5.02], [0] * 6, crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": list("abcdef"), "co2_t_per_yr": [1e6, 2e6, 3e6, 1e5, 1e5, np.nan]},
    ...     geometry=places,
    ... )
    >>> found = dbscan(plants, min_samples=3)
    >>> cluster_features(plants, found, cluster_table(plants, found)).quantity("co2_t_per_yr")
    array([6000000.,  200000.])
    """
    context = as_emitters(emitters)
    member, cluster = members(context, found)
    places = shapely.get_coordinates(context.geometries[member])
    of_each = shapely.multipoints(places, indices=cluster) if len(member) else []
    ids: pd.Index[Any] = table.index
    quantity = table["co2_mt_per_yr"].to_numpy(dtype=np.float64) * 1e6
    return Features(
        geometries=np.asarray(of_each, dtype=object),
        ids=ids,
        site_ids=ids,
        table=pd.DataFrame(table).assign(co2_t_per_yr=quantity),
        order=np.arange(len(ids)),
        input_index=ids,
    )


def as_cluster_sites(
    sites: GeoDataFrame | Sites, emitters: GeoDataFrame | Features, found: pd.DataFrame
) -> Sites:
    """Let each site go by the number of its cluster, to tell it apart from the other clusters.

    Parameters
    ----------
    sites
        Points in any CRS.
    emitters, found
        As for `cluster_features`.

    Returns
    -------
    The sites where they are. Their ids are those of their own clusters, missing where a site is
    in none: it is noise, or no emitter.
    """
    places, context = as_sites(sites), as_emitters(emitters)
    check_index(found, context, "the clusters found")
    own = own_features(places, context)
    if own is None:
        return replace(places, ids=None)
    label = np.append(found["cluster"].to_numpy()[context.order], NOISE)[own]
    in_one = (own != NO_FEATURE) & (label != NOISE)
    return replace(places, ids=pd.Index(pd.array(label, dtype="Int64")).where(in_one))
