"""How far a cluster spreads: diameter, mean pairwise distance, centroid and hull."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Proj

from standort.earth import geocentric, geodesic_length, geographic
from standort.layers.splitting import crosses_antimeridian, split_polygon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["centroids", "hull", "spread"]

_KM = 1_000.0
#: pairs looked at together at most
_MOST_PAIRS = 4_000_000
#: how closely a hull follows its members: 0 tightly, 1 the convex hull
_HULL_RATIO = 0.3
#: margin drawn round a hull, so that members do not sit on its line and a pair has an area [m]
_HULL_MARGIN = 2_000.0


def centroids(lon: Floats, lat: Floats, cluster: Ints, weight: Floats) -> tuple[Floats, Floats]:
    """Find the weighted mean place of each cluster on the surface [degrees].

    The mean is taken in space and put back on the ellipsoid, so no cluster is torn apart at the
    antimeridian. Clusters are numbered 0, 1, ... without a gap.
    """
    points = geocentric(lon, lat)
    sums = [np.bincount(cluster, weights=weight * axis) for axis in points.T]
    # only the direction from the centre of the Earth counts, so the sums serve as well as the mean
    return geographic(np.column_stack(sums).astype(np.float64))


def spread(lon: Floats, lat: Floats, cluster: Ints, weight: Floats) -> tuple[Floats, Floats]:
    """Measure the diameter and the weighted mean pairwise distance of each cluster.

    Parameters
    ----------
    lon, lat
        Members of all clusters [degrees], shape (n,), those of a cluster standing together.
    cluster
        Cluster of each member: 0, 1, ... in ascending order, without a gap.
    weight
        Weight of each member, >= 0; a pair weighs the product.

    Returns
    -------
    The largest distance between two members and the mean over pairs [km], one per cluster; the
    mean is NaN where no pair has a weight. Time grows with the square of a cluster's members.
    """
    n_clusters = int(cluster[-1]) + 1 if len(cluster) else 0
    points = geocentric(lon, lat)
    diameter, moment, mass = (np.zeros(n_clusters) for _ in range(3))
    for first, second in _pairs_of(np.bincount(cluster, minlength=n_clusters)):
        distance = geodesic_length(points[first], points[second]) / _KM
        joint = weight[first] * weight[second]
        np.maximum.at(diameter, cluster[first], distance)
        moment += np.bincount(cluster[first], weights=joint * distance, minlength=n_clusters)
        mass += np.bincount(cluster[first], weights=joint, minlength=n_clusters)
    with np.errstate(invalid="ignore"):
        return diameter, moment / mass


def _pairs_of(sizes: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Give all pairs inside groups that stand one after the other, a few million at a time."""
    end = np.cumsum(sizes)
    # each member pairs with those after it in its group
    partners = np.repeat(end, sizes) - np.arange(end[-1] if len(end) else 0) - 1
    start = 0
    filled = np.cumsum(partners)
    while start < len(partners):
        before = filled[start - 1] if start else 0
        stop = max(int(np.searchsorted(filled, before + _MOST_PAIRS, side="right")), start + 1)
        first = np.repeat(np.arange(start, stop), partners[start:stop])
        offset = np.arange(len(first)) - np.repeat(
            filled[start:stop] - partners[start:stop] - before, partners[start:stop]
        )
        yield first, first + 1 + offset
        start = stop


def hull(lon: Floats, lat: Floats) -> shapely.Geometry:
    """Draw a concave hull round the members of a cluster, for maps only.

    It is drawn in an equal-area projection about the members with a margin of 2 km, and is no test
    of membership: other sites may lie in it.

    Parameters
    ----------
    lon, lat
        Members [degrees].

    Returns
    -------
    A polygon in degrees, split at the antimeridian where it crosses it.
    """
    lon_mean, lat_mean = centroids(lon, lat, np.zeros(len(lon), dtype=int), np.ones(len(lon)))
    plane = Proj(proj="laea", lon_0=lon_mean[0], lat_0=lat_mean[0], ellps="WGS84")
    members = shapely.multipoints(np.column_stack(plane(lon, lat)))
    drawn = shapely.concave_hull(members, ratio=_HULL_RATIO).buffer(_HULL_MARGIN, quad_segs=4)
    edge = shapely.get_coordinates(drawn.exterior)
    polygon = shapely.Polygon(np.column_stack(plane(edge[:, 0], edge[:, 1], inverse=True)))
    if crosses_antimeridian(np.array([polygon], dtype=object))[0]:
        return split_polygon(polygon)
    return polygon
