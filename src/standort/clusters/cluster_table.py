"""The table of clusters: emissions, anchor, position and extent of each; and their hulls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import shapely

from standort.arguments import checked, positive, with_columns
from standort.clusters.density_clusters import NOISE
from standort.clusters.extent import centroids, hulls, mean_distance_range, spread
from standort.clusters.neighbour_graph import exact_sums
from standort.layers.features import as_emitters, check_index
from standort.units import convert

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Floats, Ints
    from standort.layers.features import Features


@checked(labels=with_columns("cluster", "role"), major_mt=positive("Mt/yr"))
def cluster_table(
    emitters: GeoDataFrame | Features, labels: pd.DataFrame, *, major_mt: float = 2.0
) -> GeoDataFrame:
    """Describe each cluster.

    Parameters
    ----------
    emitters
        The emitters that were clustered, with ``co2_t_per_yr`` [t/yr]; a column ``name`` names
        the anchor.
    labels
        Their ``cluster``, as `dbscan` returns it.
    major_mt
        Smallest known emissions of a major cluster [Mt/yr].

    Returns
    -------
    Index ``cluster``, a point at the emission-weighted centroid in EPSG:4326, and ``name`` (of
    the anchor), ``n_sites``, ``n_unknown`` (sites of unknown emissions), ``co2_mt_per_yr``
    (known; NaN if none is), ``anchor`` (the largest known emitter, ties by id; the first by id
    where none is known), ``anchor_mt_per_yr``, ``diameter_km``, ``mean_pairwise_distance_km``
    (emission-weighted; unweighted where fewer than two members emit a known amount),
    ``mean_pairwise_distance_min_km`` and ``mean_pairwise_distance_max_km`` (that mean, whatever
    the unknown emissions are), ``major``.

    Examples
    --------
    >>> points = geopandas.points_from_xy([0, 0.01, 0.02], [0, 0, 0], crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": list("abc"), "co2_t_per_yr": [1e6, 3e6, np.nan]}, geometry=points
    ... )
    >>> from standort.clusters import dbscan
    >>> table = cluster_table(plants, dbscan(plants, min_samples=3))
    >>> table[["anchor", "n_sites", "n_unknown", "co2_mt_per_yr"]]
            anchor  n_sites  n_unknown  co2_mt_per_yr
    cluster
    0            b        3          1            4.0
    """
    context = as_emitters(emitters)
    member, cluster = members(context, labels)
    return describe_groups(context, member, cluster, major_mt=major_mt)


@checked(major_mt=positive("Mt/yr"))
def describe_groups(
    context: Features, member: Ints, group: Ints, *, major_mt: float = 2.0
) -> GeoDataFrame:
    """Describe groups of emitters as `cluster_table` describes clusters; groups may share members.

    Parameters
    ----------
    context
        The emitters.
    member
        Positions of the members in `context`, by group and then in order.
    group
        Group of each: 0, 1, ... in ascending order, without gaps.
    major_mt
        Smallest known emissions of a major group [Mt/yr].

    Returns
    -------
    As `cluster_table`.
    """
    emissions = emissions_mt(context)[member]
    outline = outline_groups(context, member, group)
    lon, lat = shapely.get_coordinates(context.geometries[member]).T
    diameter, mean_distance = spread(lon, lat, group, _weights(group, emissions, 2))
    least, most = mean_distance_range(
        lon, lat, group, emissions, mean=mean_distance, diameter=diameter
    )
    anchor = _anchors(group, emissions)
    ids = context.ids.to_numpy(dtype=object)[member]
    total = outline["co2_mt_per_yr"]
    table = {
        "name": _names(context, member)[anchor],
        **{name: outline[name] for name in ("n_sites", "n_unknown", "co2_mt_per_yr")},
        "anchor": ids[anchor],
        "anchor_mt_per_yr": emissions[anchor],
        "diameter_km": diameter,
        "mean_pairwise_distance_km": mean_distance,
        "mean_pairwise_distance_min_km": least,
        "mean_pairwise_distance_max_km": most,
        "major": np.nan_to_num(total.to_numpy()) >= major_mt,
    }
    return geopandas.GeoDataFrame(table, index=outline.index, geometry=outline.geometry)


@checked()
def outline_groups(context: Features, member: Ints, group: Ints) -> GeoDataFrame:
    """Describe groups of emitters without measuring pairs: size, emissions and position.

    Parameters
    ----------
    context, member, group
        As for `describe_groups`.

    Returns
    -------
    Index ``cluster``, a point at the emission-weighted centroid in EPSG:4326, ``n_sites``,
    ``n_unknown`` and ``co2_mt_per_yr`` as in `cluster_table`.
    """
    tonnes = context.quantity("co2_t_per_yr")[member]
    emissions = convert(tonnes, "t_per_yr", "mt_per_yr")
    lon, lat = shapely.get_coordinates(context.geometries[member]).T
    size = np.bincount(group)
    n_unknown = np.bincount(group[np.isnan(emissions)], minlength=len(size))
    total = convert(exact_sums(group, np.nan_to_num(tonnes)), "t_per_yr", "mt_per_yr")
    table = {
        "n_sites": size,
        "n_unknown": n_unknown,
        "co2_mt_per_yr": np.where(n_unknown == size, np.nan, total),
    }
    index = pd.RangeIndex(len(size), name="cluster")
    points = geopandas.points_from_xy(
        *centroids(lon, lat, group, _weights(group, emissions, 1)), crs="EPSG:4326"
    )
    return geopandas.GeoDataFrame(table, index=index, geometry=points)


@checked(labels=with_columns("cluster", "role"))
def cluster_hulls(emitters: GeoDataFrame | Features, labels: pd.DataFrame) -> GeoDataFrame:
    """Return the hull of each cluster, for maps.

    Parameters
    ----------
    emitters, labels
        As for `cluster_table`.

    Returns
    -------
    Index ``cluster``, one polygon each in EPSG:4326; see `standort.clusters.extent.hulls`.

    Examples
    --------
    >>> points = geopandas.points_from_xy([0, 0.01, 0.02], [0, 0, 0], crs=4326)
    >>> plants = geopandas.GeoDataFrame({"site_id": list("abc")}, geometry=points)
    >>> from standort.clusters import dbscan
    >>> hulls = cluster_hulls(plants, dbscan(plants, min_samples=3))
    >>> hulls.contains(points[1]).tolist()
    [True]
    """
    context = as_emitters(emitters)
    member, cluster = members(context, labels)
    lon, lat = shapely.get_coordinates(context.geometries[member]).T
    drawn = hulls(lon, lat, cluster) if len(member) else np.empty(0, dtype=object)
    index = pd.RangeIndex(len(drawn), name="cluster")
    return geopandas.GeoDataFrame(index=index, geometry=drawn, crs="EPSG:4326")


def emissions_mt(emitters: Features) -> Floats:
    """Return the emissions of each emitter [Mt/yr], NaN where unknown."""
    return convert(emitters.quantity("co2_t_per_yr"), "t_per_yr", "mt_per_yr")


def members(context: Features, labels: pd.DataFrame) -> tuple[Ints, Ints]:
    """Return members sorted by cluster, then id, and their clusters."""
    check_index(labels, context, "the clusters")
    label = labels["cluster"].to_numpy()[context.order]
    member = np.flatnonzero(label != NOISE)
    member = member[np.argsort(label[member], kind="stable")]
    return member, label[member]


def _weights(cluster: Ints, emissions: Floats, at_least: int) -> Floats:
    """Return weights by known emissions, equal where too few members of a cluster emit."""
    known = np.nan_to_num(emissions, nan=0.0)
    emitting = np.bincount(cluster[known > 0], minlength=int(cluster.max(initial=-1)) + 1)
    return np.asarray(np.where(emitting[cluster] >= at_least, known, 1.0))


def _anchors(cluster: Ints, emissions: Floats) -> Ints:
    """Return the largest known emitter of each cluster, ties and unknown emissions by id."""
    order = np.lexsort([np.arange(len(cluster)), -np.nan_to_num(emissions, nan=-1.0), cluster])
    return order[np.flatnonzero(np.diff(cluster[order], prepend=-1))]


def _names(context: Features, member: Ints) -> NDArray[np.object_]:
    """Return the names of members, or their ids where ``name`` is missing or empty."""
    ids = context.ids.astype(str).to_numpy(dtype=object)[member]
    if "name" not in context.table.columns:
        return ids
    names = context.table["name"].to_numpy(dtype=object)[member]
    return np.where(pd.isna(names), ids, names)
