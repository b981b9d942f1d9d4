"""Where features can be reached from a network: the places at which each one joins it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from standort.earth.crossings import find_crossings
from standort.earth.geodesy import chord_ceiling, geodesic_length, geographic, nearest_on_segment
from standort.earth.index import FeatureIndex
from standort.earth.parts import take_apart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.earth.networks import Network

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["Access", "find_access"]


class Access(NamedTuple):
    """Places where features join a network, sorted by feature, edge and distance along it.

    `feature` and `edge` are positions, `along` is how far from the start of the edge [m],
    `distance` how far the feature is from there [m].
    """

    feature: Ints
    edge: Ints
    along: Floats
    distance: Floats


def find_access(
    network: Network, geometries: NDArray[np.object_], *, max_distance: float
) -> tuple[Access, NDArray[np.bool_]]:
    """Find where each feature joins a network.

    A point joins at the nearest point of the network, each part of a multi-point on its own. A line
    or polygon joins wherever the network meets it (its edge, for a polygon), at distance 0; one
    that the network meets nowhere joins at the point of the network nearest to it.

    Parameters
    ----------
    network
        The network.
    geometries
        Features in longitude and latitude [degrees], in the order of their ids.
    max_distance
        A feature farther than this [m] from the network does not join it.

    Returns
    -------
    The places, and for each feature whether it joins. A polygon that holds a whole network within
    it joins, though at no place in particular.
    """
    is_point = shapely.get_dimensions(geometries) == 0
    of_points = np.flatnonzero(is_point)
    lonlat, feature = shapely.get_coordinates(geometries[of_points], return_index=True)
    snap = network.snap(*lonlat.T, max_distance=max_distance)
    found = [Access(of_points[feature], snap.edge, snap.along, snap.distance)]
    joins = np.zeros(len(geometries), dtype=bool)
    shapes = np.flatnonzero(~is_point)
    if shapes.size:
        meets, around = _meet(network, geometries, shapes)
        joins[around] = True
        apart = np.setdiff1d(shapes, np.concatenate([meets.feature, around]))
        found += [meets, *_approach(network, geometries, apart, max_distance)]
    access = _stack(found)
    near = np.flatnonzero((access.edge >= 0) & (access.distance <= max_distance))
    order = near[np.lexsort([access.along[near], access.edge[near], access.feature[near]])]
    joins[access.feature[order]] = True
    return Access(*_take(access, order)), joins


def _take(access: Access, rows: Ints) -> tuple[Ints, Ints, Floats, Floats]:
    return access.feature[rows], access.edge[rows], access.along[rows], access.distance[rows]


def _stack(rows: list[Access]) -> Access:
    """Put places of access one after another."""
    return Access(
        np.concatenate([row.feature for row in rows]),
        np.concatenate([row.edge for row in rows]),
        np.concatenate([row.along for row in rows]),
        np.concatenate([row.distance for row in rows]),
    )


def _meet(network: Network, geometries: NDArray[np.object_], shapes: Ints) -> tuple[Access, Ints]:
    """Find where lines and polygons meet a network, and the polygons that any of it lies in."""
    parts = take_apart(geometries[shapes])
    met = find_crossings(network.parts, parts)
    start, end = network.parts.vertices[met.first], network.parts.vertices[met.first + 1]
    on_segment = geodesic_length(start, nearest_on_segment(met.point, start, end))
    edge = network.parts.owner[met.first]
    along = np.minimum(network.along[met.first] + on_segment, network.length[edge])
    crossed = Access(shapes[parts.owner[met.second]], edge, along, np.zeros(len(edge)))
    _, holding = FeatureIndex(parts).containing(*geographic(network.nodes))
    return crossed, shapes[np.unique(holding)]


def _approach(
    network: Network, geometries: NDArray[np.object_], apart: Ints, max_distance: float
) -> list[Access]:
    """Find the point of the network nearest to each shape that it does not meet.

    Of two lines that do not cross, one is nearest to the other at a vertex of its own: first the
    vertices of all shapes are held against the network, then the network's against each shape.
    """
    if not apart.size:
        return []
    parts = take_apart(geometries[apart])
    reach = max_distance + parts.longest_segment
    snap = network.snap(*geographic(parts.vertices), max_distance=reach)
    best = np.lexsort([snap.distance, parts.owner])
    best = best[np.append(True, np.diff(parts.owner[best]) > 0)]
    by_shape = Access(apart, snap.edge[best], snap.along[best], snap.distance[best])
    near = np.flatnonzero(by_shape.edge >= 0)
    return [
        _nearer(network, geometries, Access(*_take(by_shape, near[[i]]))) for i in range(len(near))
    ]


def _nearer(network: Network, geometries: NDArray[np.object_], by_shape: Access) -> Access:
    """Look whether a vertex of the network is nearer to one shape than its own vertices are."""
    shape = FeatureIndex(geometries[by_shape.feature])
    radius = np.hypot(float(chord_ceiling(by_shape.distance[0])), shape.parts.longest_segment)
    around = network.index.tree.query_ball_point(shape.parts.vertices, radius)
    near = np.unique(np.concatenate([np.asarray(places, dtype=np.intp) for places in around]))
    if not near.size:
        return by_shape
    away = shape.nearest(*geographic(network.parts.vertices[near])).distance[:, 0]
    closest = [int(away.argmin())]
    if away[closest[0]] >= by_shape.distance[0]:
        return by_shape
    vertex = near[closest]
    edge, along = network.parts.owner[vertex], network.along[vertex]
    return Access(by_shape.feature, edge, along, away[closest])
