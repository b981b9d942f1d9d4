"""Clusters as features to measure distances to: positions of members and total emissions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.arguments import checked, with_columns
from standort.clusters.cluster_table import members
from standort.clusters.density_clusters import NOISE
from standort.earth import NO_FEATURE
from standort.earth.crowds import Places
from standort.layers.features import Features, as_emitters, as_sites, check_index, own_features

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame, GeoSeries

    from standort.layers.features import Sites


@checked(labels=with_columns("cluster", "role"), table=with_columns("co2_mt_per_yr"))
def cluster_features(
    emitters: GeoDataFrame | Features,
    labels: pd.DataFrame,
    table: pd.DataFrame,
    *,
    places: GeoSeries | None = None,
) -> Features:
    """Return each cluster as one feature: where it is, and its emissions.

    Unless `places` are given, the distance to a cluster is that to its nearest member.

    Parameters
    ----------
    emitters
        The emitters that were clustered.
    labels
        Their ``cluster``, as `dbscan` returns it.
    table
        The clusters, as `cluster_table` returns them.
    places
        What the distance to each cluster is measured to, in EPSG:4326 on the index of `table`, such
        as the centroids or the hulls; None for the members.

    Returns
    -------
    One feature per cluster. The number of the cluster is its id and its ``site_id``, by which a
    site's own cluster is recognised. Attributes are those of the table, and ``co2_t_per_yr``: the
    known emissions [t/yr], NaN where none is known.

    Examples
    --------
    >>> import geopandas
    >>> from standort.clusters import cluster_table, dbscan
    >>> points = geopandas.points_from_xy([0, 0.01, 0.02, 5, 5.01, 5.02], [0] * 6, crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": list("abcdef"), "co2_t_per_yr": [1e6, 2e6, 3e6, 1e5, 1e5, np.nan]},
    ...     geometry=points,
    ... )
    >>> labels = dbscan(plants, min_samples=3)
    >>> cluster_features(plants, labels, cluster_table(plants, labels)).quantity("co2_t_per_yr")
    array([6000000.,  200000.])
    """
    context = as_emitters(emitters)
    of_each = _members_of_each(context, labels) if places is None else places.to_numpy()
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


def _members_of_each(context: Features, labels: pd.DataFrame) -> Sequence[shapely.MultiPoint]:
    """Return the members of each cluster; those at one position are as far as one of them."""
    member, cluster = members(context, labels)
    if not len(member):
        return []
    lonlat = shapely.get_coordinates(context.geometries[member])
    first = Places.of(lonlat[:, 0], lonlat[:, 1], cluster).rank == 0
    return list(shapely.multipoints(lonlat[first], indices=cluster[first]))


@checked(labels=with_columns("cluster", "role"))
def as_cluster_sites(
    sites: GeoDataFrame | Sites, emitters: GeoDataFrame | Features, labels: pd.DataFrame
) -> Sites:
    """Return the sites with the numbers of their clusters as ids, to recognise their own cluster.

    Parameters
    ----------
    sites
        Points in any CRS.
    emitters, labels
        As for `cluster_features`.

    Returns
    -------
    The sites at their positions. Ids are those of their own clusters, missing where a site is noise
    or not an emitter.
    """
    scored, context = as_sites(sites), as_emitters(emitters)
    check_index(labels, context, "the clusters")
    own = own_features(scored, context)
    if own is None:
        return replace(scored, ids=None)
    label = np.append(labels["cluster"].to_numpy()[context.order], NOISE)[own]
    is_member = (own != NO_FEATURE) & (label != NOISE)
    return replace(scored, ids=pd.Index(pd.array(label, dtype="Int64")).where(is_member))
