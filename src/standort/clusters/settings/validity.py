"""Validity of a partition: density-based (DBCV), and agreement with a reference (ARI, AMI)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from standort.arguments import checked, whole, with_columns
from standort.clusters.cluster_table import members
from standort.clusters.density_clusters import NOISE
from standort.earth import geocentric, geodesic_length
from standort.errors import AlignmentError
from standort.layers.features import as_emitters
from standort.random_numbers import name_keys, uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame

    from standort.array_types import Flags, Floats, Ints
    from standort.layers.features import Features


#: dimension of the surface that sites are on
_DIMENSION = 2
#: members up to which the distances within a cluster are kept for the next tree
_KEPT = 2_048


@checked()
def agreement(partition: pd.Series[Any], reference: pd.Series[Any]) -> pd.DataFrame:
    """Compare two partitions of the same sites, with two treatments of noise.

    Parameters
    ----------
    partition
        Cluster of each site, -1 or missing for noise.
    reference
        Another partition, on the same index: names or numbers, -1 or missing for sites in no group.

    Returns
    -------
    Index ``noise``: ``singletons``, where every noise site is a group of its own, and ``dropped``,
    where only sites in a group of both partitions count. ``ari`` (adjusted Rand index) and ``ami``
    (adjusted mutual information): 1 for equal partitions, about 0 for random ones; NaN without
    sites. ``n_sites``: sites counted. With mostly noise, ``dropped`` is too optimistic and
    ``singletons`` says little.

    Raises
    ------
    AlignmentError
        If the two are not on the same index.

    References
    ----------
    Hubert, L. and Arabie, P. (1985), Comparing partitions, Journal of Classification 2, 193-218,
    eq. 5. Vinh, N. X., Epps, J. and Bailey, J. (2010), JMLR 11, 2837-2854, eq. 3.

    Examples
    --------
    >>> import pandas as pd
    >>> agreement(pd.Series([0, 0, 1, 1]), pd.Series(["a", "a", "b", "c"])).ari.round(4).tolist()
    [0.5714, 0.5714]
    """
    from sklearn.metrics import adjusted_mutual_info_score

    if not partition.index.equals(reference.index):
        msg = (
            f"expected two partitions of the same sites, got indices of {len(partition)} "
            f"and {len(reference)} sites that differ; use reference.reindex(partition.index)"
        )
        raise AlignmentError(msg)
    first, second = _numbered(partition), _numbered(reference)
    both = (first != NOISE) & (second != NOISE)
    rows = []
    for one, other in ((as_singletons(first), as_singletons(second)), (first[both], second[both])):
        ami = float(adjusted_mutual_info_score(one, other)) if len(one) else np.nan
        rows.append({"ari": adjusted_rand(one, other), "ami": ami, "n_sites": len(one)})
    return pd.DataFrame(rows, index=pd.Index(["singletons", "dropped"], name="noise"))


def adjusted_rand(first: Ints, second: Ints) -> float:
    """Return the adjusted Rand index of two labellings; NaN without sites.

    >>> round(adjusted_rand(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])), 4)
    0.5714
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(first, second)) if len(first) else np.nan


def as_singletons(label: Ints) -> Ints:
    """Return labels in which each noise site is a group of its own.

    >>> as_singletons(np.array([0, -1, 0, -1]))
    array([0, 1, 0, 2])
    """
    own = label.copy()
    noise = np.flatnonzero(label == NOISE)
    own[noise] = label.max(initial=-1) + 1 + np.arange(len(noise))
    return own


def _numbered(partition: pd.Series[Any]) -> Ints:
    """Return the numbers of groups, -1 for noise."""
    labels = partition.astype(object)
    noise = partition.isna() | (labels == NOISE)
    code, _ = pd.factorize(labels.where(~noise).astype(object))
    return np.asarray(code)


@checked(labels=with_columns("cluster", "role"))
def density_validity(sites: GeoDataFrame | Features, labels: pd.DataFrame) -> pd.Series[float]:
    """Measure how much denser clusters are than the gaps between them (DBCV).

    Compare only partitions of the same sites. The index depends on shape and density alone: many
    small tight clusters score higher than a large loose one, whatever they emit.

    Parameters
    ----------
    sites
        The sites that were clustered.
    labels
        Their ``cluster``, as `dbscan` returns it.

    Returns
    -------
    Validity of each cluster, -1 to 1, index ``cluster``, the last entry named ``all``: their mean
    weighted by members, noise counting as 0. NaN with fewer than two clusters of two members: the
    gap is then undefined.

    Notes
    -----
    Definitions 1 to 8 of the source with dimension 2 and geodesics. Where several trees span a
    cluster at the same length, the one that grows from the smallest id is used, adding the smallest
    id first; the source leaves this open, and it matters: see `density_validity_range`. A cluster
    whose tree has no inner edge uses all its edges. Coincident sites have infinite density. Time
    grows with the square of the members, memory with their number.

    References
    ----------
    Moulavi, D., Jaskowiak, P. A., Campello, R., Zimek, A. and Sander, J. (2014), Density-based
    clustering validation, SDM 2014, 839-847.

    Examples
    --------
    Two rows of plants 111 km apart, with plants every kilometre:

    >>> import geopandas
    >>> lon = [0, 0.009, 0.018, 0.027, 1, 1.009, 1.018, 1.027]
    >>> points = geopandas.points_from_xy(lon, [0] * 8, crs=4326)
    >>> plants = geopandas.GeoDataFrame(geometry=points)
    >>> from standort.clusters import dbscan
    >>> density_validity(plants, dbscan(plants, min_samples=3)).round(2).tolist()
    [0.99, 0.99, 0.99]
    """
    layer = as_emitters(sites)
    by_id = np.arange(len(layer), dtype=np.float64)
    (validity,) = _validity_in_orders(layer, labels, by_id[np.newaxis])
    return pd.Series(validity, index=_cluster_names(validity), name="density_validity")


@checked(labels=with_columns("cluster", "role"), orders=whole(1), seed=whole(0))
def density_validity_range(
    sites: GeoDataFrame | Features, labels: pd.DataFrame, *, orders: int = 20, seed: int = 0
) -> pd.DataFrame:
    """Measure `density_validity` over several of the shortest trees that span each cluster.

    Lengths are tied by construction: all neighbours of a site are as far from it as its own core
    distance. Which of the tied edges a tree takes decides which sites are inner ones, and that
    alone moves the index: by 0.10 in the median of random clusters close together, by less than
    0.01 for most real ones far apart, and by 0.55 for one of 260 in Europe. A difference between
    two partitions that is smaller than their ranges says nothing.

    Parameters
    ----------
    sites, labels
        As for `density_validity`.
    orders
        Number of orders in which ties are broken; the first is that of the ids.
    seed
        Seed of the other orders, which depend on the ids and not on the order of rows.

    Returns
    -------
    Index as for `density_validity`. ``density_validity``: as that function returns it;
    ``density_validity_min`` and ``density_validity_max``: the lowest and the highest over the
    orders. There may be trees beyond them.

    Examples
    --------
    Five plants around a sixth, and a row of three 8 km away:

    >>> import geopandas
    >>> lon = [0, 0.01, 0.003, -0.008, -0.008, 0.003, 0.1, 0.11, 0.13]
    >>> lat = [0, 0, 0.01, 0.006, -0.006, -0.01, 0, 0, 0]
    >>> plants = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, lat, crs=4326))
    >>> from standort.clusters import dbscan
    >>> table = density_validity_range(plants, dbscan(plants, eps_km=3, min_samples=3))
    >>> table.loc["all"].round(2).tolist()
    [0.85, 0.83, 0.85]
    """
    layer = as_emitters(sites)
    keys = name_keys(layer.ids)
    drawn = [uniform(seed, "spanning tree", order, keys) for order in range(1, orders)]
    validity = _validity_in_orders(layer, labels, np.array([np.arange(len(layer)), *drawn]))
    columns = {
        "density_validity": validity[0],
        "density_validity_min": validity.min(axis=0),
        "density_validity_max": validity.max(axis=0),
    }
    return pd.DataFrame(columns, index=_cluster_names(validity[0]))


def _cluster_names(validity: Floats) -> pd.Index[Any]:
    """Return the index of the validity of each cluster and of all."""
    return pd.Index([*range(len(validity) - 1), "all"], name="cluster", dtype=object)


def _validity_in_orders(layer: Features, labels: pd.DataFrame, keys: Floats) -> Floats:
    """Return the validity of each cluster and of all, one row for each order.

    Parameters
    ----------
    layer, labels
        The sites and their clusters.
    keys
        Numbers that order the sites, one row for each order: of tied edges the first is used.
    """
    member, cluster = members(layer, labels)
    size = np.bincount(cluster)
    validity = np.full((len(keys), len(size)), np.nan)
    usable = np.flatnonzero(size > 1)
    if len(usable) < 2:  # noqa: PLR2004 - a gap is between two
        return np.column_stack([validity, np.full(len(keys), np.nan)])
    member = member[size[cluster] > 1]
    lon, lat = shapely.get_coordinates(layer.geometries[member]).T
    points = geocentric(np.ascontiguousarray(lon), np.ascontiguousarray(lat))
    groups = _Groups.of(points, size[usable])
    inner, loosest = _span_all(groups, keys[:, member])
    gap = _gaps(groups, inner)
    larger = np.maximum(gap, loosest)
    with np.errstate(invalid="ignore"):
        validity[:, usable] = np.where(larger > 0, (gap - loosest) / larger, 0.0)
    total = [np.nansum(row * size) / len(layer) for row in validity]
    return np.column_stack([validity, total])


class _Groups(NamedTuple):
    """Members of clusters, one cluster after the other."""

    points: Floats
    core_distance: Floats
    starts: Ints
    size: Ints

    @classmethod
    def of(cls, points: Floats, size: Ints) -> _Groups:
        """Measure the core distance of each member within its cluster."""
        starts = np.cumsum(size) - size
        core = [
            _core_distance(group, i)
            for group in np.split(points, starts[1:])
            for i in range(len(group))
        ]
        return cls(points, np.array(core), starts, size)


def _span_all(groups: _Groups, keys: Floats) -> tuple[Flags, Floats]:
    """Span each cluster in each order: the inner points, and the loosest inner edges."""
    inner = np.zeros(keys.shape, dtype=np.bool_)
    loosest = np.empty((len(keys), len(groups.size)))
    for number, (start, size) in enumerate(zip(groups.starts, groups.size, strict=True)):
        own = slice(start, start + size)
        points, core_distance = groups.points[own], groups.core_distance[own]
        away: Callable[[int], Floats] = partial(_mutual_reachability, points, core_distance)
        if len(keys) > 1 and size <= _KEPT:
            away = np.array([away(i) for i in range(size)]).__getitem__
        for row, key in enumerate(keys[:, own]):
            at = np.argsort(key, kind="stable")
            tree = _span(away, at)
            inner[row, start + at], loosest[row, number] = tree.inner, tree.loosest
    return inner, loosest


def _mutual_reachability(points: Floats, core_distance: Floats, i: int) -> Floats:
    """Return the mutual reachability of one point and all (definition 2)."""
    away = geodesic_length(np.broadcast_to(points[i], points.shape), points)
    mutual: Floats = np.maximum(np.maximum(away, core_distance), core_distance[i])
    return mutual


class _Span(NamedTuple):
    """Inner points and loosest edge of a cluster's minimum spanning tree by mutual reachability."""

    inner: Flags
    loosest: float


def _span(away: Callable[[int], Floats], order: Ints) -> _Span:
    """Grow the tree from the first point of an order (Prim 1957); ties go to the first point."""
    n = len(order)
    reach, link = np.full(n, np.inf), np.zeros(n, dtype=np.intp)
    outside = np.ones(n, dtype=np.bool_)
    ends, lengths = np.empty((n - 1, 2), dtype=np.intp), np.empty(n - 1)
    newest = 0
    for step in range(n - 1):
        outside[newest] = False
        mutual = away(order[newest])[order]
        closer = outside & (mutual < reach)
        reach[closer], link[closer] = mutual[closer], newest
        newest = int(np.argmin(np.where(outside, reach, np.inf)))
        ends[step], lengths[step] = (link[newest], newest), reach[newest]
    inner = np.bincount(ends.ravel(), minlength=n) > 1
    inner_edge = inner[ends].all(axis=1)
    loosest = lengths[inner_edge] if inner_edge.any() else lengths
    return _Span(inner if inner.any() else np.ones(n, dtype=np.bool_), float(loosest.max()))


def _core_distance(points: Floats, i: int) -> float:
    """Return the power mean of the distances to all other points (definition 1)."""
    others = np.delete(points, i, axis=0)
    away = geodesic_length(np.broadcast_to(points[i], others.shape), others)
    if not away.all():
        return 0.0
    nearest = away.min()  # factored out, so that no power overflows
    mean = np.mean((nearest / away) ** _DIMENSION)
    return float(nearest * mean ** (-1.0 / _DIMENSION))


def _gaps(groups: _Groups, inner: Flags) -> Floats:
    """Return the least mutual reachability to inner points of other clusters (definition 6)."""
    points, core_distance = groups.points, groups.core_distance
    owner = np.repeat(np.arange(len(groups.size)), groups.size)
    gap = np.full((len(inner), len(groups.size)), np.inf)
    for i in np.flatnonzero(inner.any(axis=0)).tolist():
        mutual = _mutual_reachability(points, core_distance, i)
        orders = inner[:, i]
        to_cluster = np.minimum.reduceat(
            np.where(inner[orders], mutual, np.inf), groups.starts, axis=1
        )
        to_cluster[:, owner[i]] = np.inf
        gap[orders, owner[i]] = np.minimum(gap[orders, owner[i]], to_cluster.min(axis=1))
    return gap
