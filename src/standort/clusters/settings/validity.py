"""Validity of a partition: density-based (DBCV), and agreement with a reference (ARI, AMI)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from standort.arguments import checked, with_columns
from standort.clusters.cluster_table import members
from standort.clusters.density_clusters import NOISE
from standort.earth import geocentric, geodesic_length
from standort.errors import AlignmentError
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Floats, Ints
    from standort.layers.features import Features


#: dimension of the surface that sites are on
_DIMENSION = 2


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
    id first; the source leaves this open. A cluster whose tree has no inner edge uses all its
    edges. Coincident sites have infinite density. Time grows with the square of the members, memory
    with the largest cluster.

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
    member, cluster = members(layer, labels)
    lon, lat = shapely.get_coordinates(layer.geometries[member]).T
    points = geocentric(np.ascontiguousarray(lon), np.ascontiguousarray(lat))
    size = np.bincount(cluster)
    groups = np.split(points, np.cumsum(size)[:-1]) if len(size) else []
    validity = np.full(len(size), np.nan)
    usable = [i for i, group in enumerate(groups) if len(group) > 1]
    if len(usable) > 1:
        trees = [_span(groups[i]) for i in usable]
        gap, loosest = _gaps(trees), np.array([tree.loosest for tree in trees])
        larger = np.maximum(gap, loosest)
        with np.errstate(invalid="ignore"):
            validity[usable] = np.where(larger > 0, (gap - loosest) / larger, 0.0)
    total = float(np.nansum(validity * size) / len(layer)) if len(usable) > 1 else np.nan
    index: pd.Index[Any] = pd.Index([*range(len(size)), "all"], name="cluster", dtype=object)
    return pd.Series([*validity, total], index=index, name="density_validity")


class _Span(NamedTuple):
    """Inner points and loosest edge of a cluster's minimum spanning tree by mutual reachability."""

    inner: Floats
    core_distance: Floats
    loosest: float


def _span(points: Floats) -> _Span:
    """Grow the tree from the first point (Prim 1957); ties go to the first point."""
    n = len(points)
    core_distance = np.array([_core_distance(points, i) for i in range(n)])
    reach, link = np.full(n, np.inf), np.zeros(n, dtype=np.intp)
    outside = np.ones(n, dtype=np.bool_)
    ends, lengths = np.empty((n - 1, 2), dtype=np.intp), np.empty(n - 1)
    newest = 0
    for step in range(n - 1):
        outside[newest] = False
        away = geodesic_length(np.broadcast_to(points[newest], points.shape), points)
        mutual = np.maximum(np.maximum(away, core_distance), core_distance[newest])
        closer = outside & (mutual < reach)
        reach[closer], link[closer] = mutual[closer], newest
        newest = int(np.argmin(np.where(outside, reach, np.inf)))
        ends[step], lengths[step] = (link[newest], newest), reach[newest]
    inner = np.bincount(ends.ravel(), minlength=n) > 1
    inner_edge = inner[ends].all(axis=1)
    loosest = lengths[inner_edge] if inner_edge.any() else lengths
    kept = inner if inner.any() else np.ones(n, dtype=np.bool_)
    return _Span(points[kept], core_distance[kept], float(loosest.max()))


def _core_distance(points: Floats, i: int) -> float:
    """Return the power mean of the distances to all other points (definition 1)."""
    others = np.delete(points, i, axis=0)
    away = geodesic_length(np.broadcast_to(points[i], others.shape), others)
    if not away.all():
        return 0.0
    nearest = away.min()  # factored out, so that no power overflows
    mean = np.mean((nearest / away) ** _DIMENSION)
    return float(nearest * mean ** (-1.0 / _DIMENSION))


def _gaps(trees: list[_Span]) -> Floats:
    """Return the least mutual reachability to inner points of other clusters (definition 6)."""
    points = np.concatenate([tree.inner for tree in trees])
    core_distance = np.concatenate([tree.core_distance for tree in trees])
    size = np.array([len(tree.inner) for tree in trees])
    starts, owner = np.cumsum(size) - size, np.repeat(np.arange(len(trees)), size)
    gap = np.full(len(trees), np.inf)
    for point, own, tree in zip(points, core_distance, owner, strict=True):
        away = geodesic_length(np.broadcast_to(point, points.shape), points)
        mutual = np.maximum(np.maximum(away, core_distance), own)
        to_cluster = np.minimum.reduceat(mutual, starts)
        to_cluster[tree] = np.inf
        gap[tree] = min(gap[tree], to_cluster.min())
    return gap
