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
) -> Access:
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
    The places; a polygon that holds a whole network within it has none.
    """
    is_point = shapely.get_dimensions(geometries) == 0
    of_points = np.flatnonzero(is_point)
    lonlat, feature = shapely.get_coordinates(geometries[of_points], return_index=True)
    snap = network.snap(*lonlat.T, max_distance=max_distance)
    found = [Access(of_points[feature], snap.edge, snap.along, snap.distance)]
    shapes = np.flatnonzero(~is_point)
    if shapes.size:
        found.append(_shape_access(network, geometries, shapes, max_distance))
    access = _stack(found)
    near = np.flatnonzero((access.edge >= 0) & (access.distance <= max_distance))
    order = near[np.lexsort([access.along[near], access.edge[near], access.feature[near]])]
    return Access(
        access.feature[order], access.edge[order], access.along[order], access.distance[order]
    )


def _stack(rows: list[Access]) -> Access:
    """Put places of access one after another."""
    return Access(
        np.concatenate([row.feature for row in rows]),
        np.concatenate([row.edge for row in rows]),
        np.concatenate([row.along for row in rows]),
        np.concatenate([row.distance for row in rows]),
    )


def _shape_access(
    network: Network, geometries: NDArray[np.object_], shapes: Ints, max_distance: float
) -> Access:
    """Find where lines and polygons join: where the network meets them, or comes nearest."""
    parts = take_apart(geometries[shapes])
    met = find_crossings(network.parts, parts)
    start, end = network.parts.vertices[met.first], network.parts.vertices[met.first + 1]
    on_segment = geodesic_length(start, nearest_on_segment(met.point, start, end))
    edge = network.parts.owner[met.first]
    along = np.minimum(network.along[met.first] + on_segment, network.length[edge])
    crossed = Access(shapes[parts.owner[met.second]], edge, along, np.zeros(len(edge)))

    lon, lat = geographic(network.parts.vertices)
    _, holding = FeatureIndex(parts).containing(lon, lat)
    apart = np.setdiff1d(np.arange(len(shapes)), [*parts.owner[met.second], *holding])
    reach = max_distance + parts.longest_segment
    return _stack([crossed, *(_nearest(network, geometries, shapes[[at]], reach) for at in apart)])


def _nearest(
    network: Network, geometries: NDArray[np.object_], feature: Ints, reach: float
) -> Access:
    """Find the point of the network nearest to a shape it does not meet.

    Of two lines that do not cross, one is nearest to the other at a vertex of its own: first the
    vertices of the shape are held against the network, then the network's against the shape.
    """
    shape = FeatureIndex(geometries[feature])
    vertices = shape.parts.vertices
    snap = network.snap(*geographic(vertices), max_distance=reach)
    best = [int(snap.distance.argmin())]
    by_shape = Access(feature, snap.edge[best], snap.along[best], snap.distance[best])
    if not np.isfinite(by_shape.distance[0]):
        return by_shape
    radius = np.hypot(float(chord_ceiling(by_shape.distance[0])), shape.parts.longest_segment)
    around = network.index.tree.query_ball_point(vertices, radius)
    near = np.unique(np.concatenate([np.asarray(places, dtype=np.intp) for places in around]))
    if not near.size:
        return by_shape
    away = shape.nearest(*geographic(network.parts.vertices[near])).distance[:, 0]
    closest = [int(away.argmin())]
    if away[closest[0]] >= by_shape.distance[0]:
        return by_shape
    vertex = near[closest]
    return Access(feature, network.parts.owner[vertex], network.along[vertex], away[closest])
