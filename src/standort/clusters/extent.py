"""The extent of clusters: centroid, diameter, mean pairwise distance, elongation and hull."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer
from pyproj.enums import TransformDirection

from standort.earth import geocentric, geodesic_length, geodesic_table, geographic
from standort.earth.blocks import in_threads
from standort.earth.crowds import Places
from standort.earth.geodesy import chord_floor
from standort.layers.geometry.antimeridian_cuts import crosses_antimeridian, split_polygon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from standort.array_types import Floats, Ints


_KM = 1_000.0
#: most pairs in a block
_MOST_PAIRS = 4_000_000
#: variance [m²] below which members coincide
_COINCIDENT = 1e-6
#: most members of a cluster whose pairs are listed
_LISTED = 1_024
#: positions of which the pairs are measured at a time: so few that they stay in the cache
_TILE = 256
#: members from which most pairs are ruled out before any is measured
_MANY = 128
#: how closely a hull follows its members: 0 most tightly, 1 as the convex hull
_HULL_RATIO = 0.3
#: the projection of a hull, centred on a longitude and a latitude; a pipeline, because creating a
#: coordinate reference system for each cluster takes longer than everything else
_PLANE = "+proj=laea +lon_0={} +lat_0={} +ellps=WGS84"
#: margin around a hull, so that members are inside it and a pair has an area [m]
_HULL_MARGIN = 2_000.0


def centroids(lon: Floats, lat: Floats, cluster: Ints, weight: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean position of each cluster [degrees].

    The mean is taken in space and projected onto the ellipsoid, so the antimeridian needs no
    special treatment. Clusters are numbered 0, 1, ... without gaps.
    """
    points = geocentric(lon, lat)
    sums = [np.bincount(cluster, weights=weight * axis) for axis in points.T]
    # only the direction from the centre of the Earth matters, so sums replace means
    return geographic(np.column_stack(sums).astype(np.float64))


def spread(lon: Floats, lat: Floats, cluster: Ints, weight: Floats) -> tuple[Floats, Floats]:
    """Measure the diameter and the weighted mean pairwise distance of each cluster.

    Parameters
    ----------
    lon, lat
        Members of all clusters [degrees], shape (n,), those of a cluster consecutive.
    cluster
        Cluster of each member: 0, 1, ... in ascending order, without gaps.
    weight
        Weight of each member, >= 0; the weight of a pair is the product.

    Returns
    -------
    The largest distance between two members and the mean over pairs [km], one per cluster; the
    mean is NaN where no pair has a weight. Every pair of different positions is measured: time
    grows with the square of their number, memory does not.
    """
    n_clusters = int(cluster[-1]) + 1 if len(cluster) else 0
    points = geocentric(lon, lat)
    size = np.bincount(cluster, minlength=n_clusters)
    diameter, moment, mass = (np.zeros(n_clusters) for _ in range(3))
    few = size[cluster] <= _LISTED
    small, number, of_few = points[few], cluster[few], weight[few]
    for first, second in _pairs_of(np.bincount(number, minlength=n_clusters)):
        distance = geodesic_length(small[first], small[second]) / _KM
        joint = of_few[first] * of_few[second]
        np.maximum.at(diameter, number[first], distance)
        moment += np.bincount(number[first], weights=joint * distance, minlength=n_clusters)
        mass += np.bincount(number[first], weights=joint, minlength=n_clusters)
    for crowd in np.flatnonzero(size > _LISTED):
        member = slice(*np.searchsorted(cluster, [crowd, crowd + 1]))
        diameter[crowd] = _diameter(points[member]) / _KM
        moment[crowd], mass[crowd] = _moment(points[member], weight[member])
    with np.errstate(invalid="ignore"):
        return diameter, moment / mass


def _moment(points: Floats, weight: Floats) -> tuple[float, float]:
    """Return the sum over pairs of weight times distance [km], and the sum of their weights.

    Members at one position are measured together. Neither sum is a difference of large ones.
    """
    mass = math.fsum(weight[:-1] * np.cumsum(weight[:0:-1])[::-1])
    places = Places.of(*points.T)
    of_place = np.bincount(places.number, weights=weight)
    at_place = np.empty((len(of_place), 3))
    at_place[places.number] = points
    starts = range(0, len(at_place), _TILE)

    def measure(start: int) -> float:
        """Sum over the pairs of a range of positions with itself and with those after it."""
        some = slice(start, start + _TILE)
        sums = []
        for first in starts[start // _TILE :]:
            other = slice(first, first + _TILE)
            distance = geodesic_table(at_place[some], at_place[other]) / _KM
            distance *= of_place[some, np.newaxis]
            distance *= of_place[other]
            sums.append(float(distance.sum()))
        return math.fsum([sums[0] / 2.0, *sums[1:]])  # the first has each pair twice

    return math.fsum(in_threads(measure, starts)), mass


def mean_distance_range(
    lon: Floats, lat: Floats, cluster: Ints, emissions: Floats, *, mean: Floats, diameter: Floats
) -> tuple[Floats, Floats]:
    """Bound the mean pairwise distance of each cluster, whatever its unknown emissions are.

    Parameters
    ----------
    lon, lat, cluster
        As for `spread`.
    emissions
        Emissions of each member in any unit, NaN where unknown: any amount, or none.
    mean, diameter
        The mean weighted by known emissions, and the diameter, from `spread` [km].

    Returns
    -------
    The least and the largest mean [km], one per cluster; both `mean` where nothing is unknown.
    Clusters of more than 1,024 members have 0 and their diameter, so that time is bounded.

    Notes
    -----
    The mean is a ratio, linear above and below in each emission, so it is monotone in each. It is
    extreme where every unknown emission is 0 or outweighs all others: over the known emitters
    (`mean`), of one such member to the known emitters, or between two such members.
    """
    least, most = mean.copy(), mean.copy()
    unknown, known = np.isnan(emissions), np.nan_to_num(emissions, nan=0.0)
    size = np.bincount(cluster, minlength=len(mean))
    open_ended = np.bincount(cluster, weights=unknown, minlength=len(mean)) > 0
    crowded = open_ended & (size > _LISTED)
    least[crowded], most[crowded] = 0.0, diameter[crowded]
    chosen = np.flatnonzero((open_ended & ~crowded)[cluster])
    points = geocentric(lon[chosen], lat[chosen])
    of, weight, unknown = cluster[chosen], known[chosen], unknown[chosen]
    moment, mass = np.zeros(len(chosen)), np.zeros(len(chosen))
    for first, second in _pairs_of(np.bincount(of, minlength=len(mean))):
        distance = geodesic_length(points[first], points[second]) / _KM
        both = unknown[first] & unknown[second]
        np.fmin.at(least, of[first[both]], distance[both])
        np.fmax.at(most, of[first[both]], distance[both])
        for one, other in ((first, second), (second, first)):
            moment += np.bincount(one, weights=weight[other] * distance, minlength=len(chosen))
            mass += np.bincount(one, weights=weight[other], minlength=len(chosen))
    alone = unknown & (mass > 0.0)
    from_known = moment[alone] / mass[alone]
    np.fmin.at(least, of[alone], from_known)
    np.fmax.at(most, of[alone], from_known)
    return least, most


def diameters(lon: Floats, lat: Floats, cluster: Ints) -> Floats:
    """Measure the largest distance between two members of each cluster, exactly.

    The triangle inequality rules out most pairs: two members whose distances from the middle add up
    to less than the longest distance so far cannot be farther apart. (A convex hull in space would
    rule out none, since all points are on a convex surface.) Memory is bounded; only members on a
    ring take time that grows with the square of their number.

    Parameters
    ----------
    lon, lat
        Members of all clusters [degrees], shape (n,), those of a cluster consecutive.
    cluster
        Cluster of each member: 0, 1, ... in ascending order, without gaps.

    Returns
    -------
    One diameter [km] per cluster, the same as that of `spread`.

    Examples
    --------
    >>> diameters(np.array([0.0, 1.0, 2.0]), np.zeros(3), np.array([0, 0, 1])).round(3)
    array([111.319,   0.   ])
    """
    points = geocentric(lon, lat)
    sizes = np.bincount(cluster)
    diameter = np.zeros(len(sizes))
    few = sizes[cluster] < _MANY
    small, number = points[few], cluster[few]
    for first, second in _pairs_of(np.bincount(number, minlength=len(sizes))):
        distance = geodesic_length(small[first], small[second]) / _KM
        np.maximum.at(diameter, number[first], distance)
    ends = np.cumsum(sizes)
    for large in np.flatnonzero(sizes >= _MANY):
        diameter[large] = _diameter(points[ends[large] - sizes[large] : ends[large]]) / _KM
    return diameter


def _diameter(points: Floats) -> float:
    """Return the largest geodesic [m] between two of many points."""
    points = points[Places.of(*points.T).rank == 0]
    away = np.linalg.norm(points - points.mean(axis=0), axis=1)
    points, away = points[np.argsort(-away)], np.sort(away)[::-1]
    longest = 0.0
    end = 0
    for _ in range(3):  # from one end to a farther one: close to the diameter in a few steps
        from_end = geodesic_length(np.broadcast_to(points[end], points.shape), points)
        end = int(np.argmax(from_end))
        longest = max(longest, float(from_end[end]))
    needed = chord_floor(longest)
    # sorted by distance from the middle, each point's partners are those before a limit
    partners = np.searchsorted(-away, away - needed, side="right") - np.arange(len(points)) - 1
    for first, second in _pairs_after(np.maximum(partners, 0)):
        longest = max(longest, float(geodesic_length(points[first], points[second]).max()))
    return longest


def elongations(lon: Floats, lat: Floats, cluster: Ints) -> Floats:
    """Return how elongated each cluster is.

    Parameters
    ----------
    lon, lat, cluster
        As for `diameters`.

    Returns
    -------
    1 - b / a with a and b the standard deviations of the members along and across their principal
    axis, on the tangent plane at their mean position: 0 is round, 1 a line (as any pair), NaN where
    all members coincide. It is misleading for bent clusters, which seem round.

    Examples
    --------
    >>> square, line = [0, 0.1, 0.1, 0], [1, 1.1, 1.2, 1.3]
    >>> lat = np.array([0, 0, 0.1, 0.1, 0, 0, 0, 0])
    >>> elongations(np.array(square + line), lat, np.repeat([0, 1], 4)).round(2)
    array([0.01, 1.  ])
    """
    n_clusters = int(cluster[-1]) + 1 if len(cluster) else 0
    mean_lon, mean_lat = (
        np.radians(part)[cluster] for part in centroids(lon, lat, cluster, np.ones(len(lon)))
    )
    size = np.bincount(cluster, minlength=n_clusters)
    points = geocentric(lon, lat)
    east = np.column_stack([-np.sin(mean_lon), np.cos(mean_lon), np.zeros(len(lon))])
    inward = np.sin(mean_lat)
    north = np.column_stack(
        [-inward * np.cos(mean_lon), -inward * np.sin(mean_lon), np.cos(mean_lat)]
    )
    x, y = (points * east).sum(axis=1), (points * north).sum(axis=1)
    x, y = (v - (np.bincount(cluster, weights=v) / size)[cluster] for v in (x, y))
    xx, yy, xy = (np.bincount(cluster, weights=v) / size for v in (x * x, y * y, x * y))
    half, turn = (xx + yy) / 2.0, np.hypot((xx - yy) / 2.0, xy)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.sqrt(np.maximum(half - turn, 0.0) / (half + turn))
    return np.where(half > _COINCIDENT, 1.0 - ratio, np.nan)


def hulls(lon: Floats, lat: Floats, cluster: Ints) -> NDArray[np.object_]:
    """Return concave hulls around the members of clusters, for maps only.

    Each is drawn in an equal-area projection centred on its members, with a margin of 2 km. Hulls
    do not test membership: other sites may be inside them.

    Parameters
    ----------
    lon, lat, cluster
        As for `spread`.

    Returns
    -------
    Polygons in degrees, split at the antimeridian where they cross it, one per cluster.
    """
    middles = zip(*centroids(lon, lat, cluster, np.ones(len(lon))), strict=True)
    planes = [Transformer.from_pipeline(_PLANE.format(*middle)) for middle in middles]
    x, y = _by_cluster(planes, lon, lat, cluster, TransformDirection.FORWARD)
    members = shapely.multipoints(shapely.points(x, y), indices=cluster)
    drawn = shapely.buffer(
        shapely.concave_hull(members, ratio=_HULL_RATIO), _HULL_MARGIN, quad_segs=4
    )
    edge, owner = shapely.get_coordinates(shapely.get_exterior_ring(drawn), return_index=True)
    edge = np.column_stack(
        _by_cluster(planes, edge[:, 0], edge[:, 1], owner, TransformDirection.INVERSE)
    )
    polygons: NDArray[np.object_] = shapely.polygons(shapely.linearrings(edge, indices=owner))
    for crossing in np.flatnonzero(crosses_antimeridian(polygons)):
        polygons[crossing] = split_polygon(polygons[crossing])
    return polygons


def _pairs_of(sizes: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield all pairs within consecutive groups, a few million at a time."""
    end = np.cumsum(sizes)
    # each member pairs with those after it in its group
    yield from _pairs_after(np.repeat(end, sizes) - np.arange(end[-1] if len(end) else 0) - 1)


def _pairs_after(partners: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs of each member with the given number of members after it, in blocks."""
    start = 0
    filled = np.cumsum(partners)
    while start < len(partners):
        before = filled[start - 1] if start else 0
        stop = max(int(np.searchsorted(filled, before + _MOST_PAIRS, side="right")), start + 1)
        first = np.repeat(np.arange(start, stop), partners[start:stop])
        offset = np.arange(len(first)) - np.repeat(
            filled[start:stop] - partners[start:stop] - before, partners[start:stop]
        )
        if len(first):
            yield first, first + 1 + offset
        start = stop


def _by_cluster(
    planes: list[Transformer], x: Floats, y: Floats, cluster: Ints, direction: TransformDirection
) -> tuple[Floats, Floats]:
    """Transform the points of each cluster to its own plane, or back."""
    ends = np.flatnonzero(np.diff(cluster)) + 1
    parts = zip(planes, np.split(x, ends), np.split(y, ends), strict=True)
    moved = [plane.transform(a, b, direction=direction) for plane, a, b in parts]
    east, north = (np.concatenate(part) for part in zip(*moved, strict=True))
    return east, north
