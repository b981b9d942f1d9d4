"""Shortest routes along a network from many stops to the nearest of many features.

One Dijkstra search (1959) starts at all features at once and runs against the direction of travel,
so it reaches each node from the feature nearest to it. Features are inserted into the graph by
splitting edges where they join; stops are not, so the result for one stop never depends on the
others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from standort.arguments import checked, positive
from standort.earth.answers import NO_FEATURE
from standort.earth.feature_index import FeatureIndex
from standort.earth.geodesy import (
    TIE,
    chord_ceiling,
    geodesic_length,
    geographic,
    nearest_on_segment,
)
from standort.earth.network.line_network import find_crossings
from standort.earth.segments import split_geometries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints
    from standort.earth.network.line_network import Network, Snap


#: most distances between nodes in memory
_CELLS = 8_000_000

#: label of nodes that no access point reaches
_NONE = np.iinfo(np.int64).max


class Routes(NamedTuple):
    """The shortest route from each stop, one entry per stop.

    `access` is the position of the access point where it ends, `NO_FEATURE` where none can be
    reached; `distance` is its length [m], infinite there. The length covers the network and the
    way from it to the feature, but not the way from the stop onto the network.
    """

    access: Ints
    distance: Floats


@dataclass(frozen=True)
class _Pieces:
    """Edges split where features join, sorted by edge and by their start along it."""

    edge: Ints
    begin: Floats
    finish: Floats
    tail: Ints
    head: Ints

    @property
    def length(self) -> Floats:
        return self.finish - self.begin


@dataclass(frozen=True)
class Routing:
    """A network with the access points of features inserted.

    Parameters
    ----------
    network
        The network.
    access
        Where features join it.
    both_ways
        Whether every edge may be travelled in both directions, whatever the network says.
    """

    network: Network
    access: Access
    both_ways: bool = False

    @cached_property
    def _cut(self) -> tuple[_Pieces, Ints]:
        """The pieces, and the node of each access point."""
        network, access = self.network, self.access
        n_edges, n_nodes = len(network), len(network.nodes)
        # breakpoints: the start of an edge, the access points on it, its end
        edge = np.concatenate([np.arange(n_edges), access.edge, np.arange(n_edges)])
        along = np.concatenate([np.zeros(n_edges), access.along, network.length])
        node = np.concatenate([network.start, np.full(len(access.edge), -1), network.end])
        kind = np.repeat([0, 1, 2], [n_edges, len(access.edge), n_edges])
        order = np.lexsort([kind, along, edge])
        node = node[order]
        at_start = along[order] <= TIE
        at_end = along[order] >= network.length[edge[order]] - TIE
        placed = kind[order] == 1
        node[placed & at_start] = network.start[edge[order][placed & at_start]]
        node[placed & at_end & ~at_start] = network.end[edge[order][placed & at_end & ~at_start]]
        # access points within a micrometre of each other share a node
        new = (node == -1) & np.append(True, (np.diff(along[order]) > TIE) | (node[:-1] >= 0))
        number = n_nodes + np.cumsum(new) - 1
        node = np.where(node == -1, number, node)
        where = np.empty(len(order), dtype=np.intp)
        where[order] = node
        after = np.flatnonzero(np.diff(edge[order]) == 0)
        begin, finish = order[after], order[after + 1]
        pieces = _Pieces(edge[begin], along[begin], along[finish], where[begin], where[finish])
        return pieces, where[n_edges : n_edges + len(access.edge)]

    @property
    def _directions(self) -> tuple[Flags, Flags]:
        """Whether each piece may be travelled forward and backward."""
        edge = self._cut[0].edge
        return (
            self.network.forward[edge] | self.both_ways,
            self.network.backward[edge] | self.both_ways,
        )

    @checked()
    def search(self, stops: Snap, allowed: Flags | None = None) -> Routes:
        """Find the shortest route from each stop to any access point.

        Parameters
        ----------
        stops
            Positions snapped to the network.
        allowed
            Access points that count; all by default.

        Returns
        -------
        The route from each stop. Of equally long routes (to a micrometre), that to the first
        access point.
        """
        allowed = np.ones(len(self.access.edge), dtype=bool) if allowed is None else allowed
        distance = np.full(len(stops.edge), np.inf)
        label = np.full(len(stops.edge), _NONE)
        if allowed.any():
            node_distance, node_label = self._spread(np.flatnonzero(allowed))
            on = np.flatnonzero(stops.edge >= 0)
            distance[on], label[on] = self._step_on(stops, on, node_distance, node_label)
        return Routes(np.where(np.isfinite(distance), label, NO_FEATURE), distance)

    @checked(reach=positive("m"))
    def pairs(self, reach: float) -> tuple[Ints, Ints, Floats]:
        """List pairs of access points with a route of at most `reach` [m] between them.

        Edges are travelled in both directions, whatever the network says: a pair has one distance.

        Returns
        -------
        Positions of both access points, the first below the second, and the length of the route
        [m], including the way off the network at both ends; sorted by the first, then the second.
        """
        pieces, access_node = self._cut
        row, column = np.append(pieces.head, pieces.tail), np.append(pieces.tail, pieces.head)
        apart = row != column
        length = np.tile(pieces.length, 2)[apart]
        row, column, length = _shortest(row[apart], column[apart], length)
        size = int(
            max(access_node.max(initial=0), self.network.start.max(), self.network.end.max())
        )
        graph = coo_array((length, (row, column)), shape=(size + 1, size + 1)).tocsr()
        node, node_of_stop = np.unique(access_node, return_inverse=True)
        parts: list[tuple[Ints, Ints, Floats]] = [(node[:0], node[:0], np.empty(0))]
        step = max(_CELLS // (size + 1), 1)
        for begin in range(0, len(node), step):
            routes = dijkstra(graph, indices=node[begin : begin + step], limit=reach + TIE)[:, node]
            one, other = np.nonzero(np.isfinite(routes))
            later = begin + one <= other
            one, other = one[later], other[later]
            parts.append(_stops_at(node_of_stop, begin + one, other, routes[one, other]))
        first, second, length = (np.concatenate(part) for part in zip(*parts, strict=True))
        length = length + self.access.distance[first] + self.access.distance[second]
        near = np.flatnonzero(length <= reach + TIE)
        near = near[np.lexsort([second[near], first[near]])]
        return first[near], second[near], length[near]

    def _spread(self, allowed: Ints) -> tuple[Floats, Ints]:
        """Return each node's distance to the nearest access point, and which that is."""
        pieces, access_node = self._cut
        forward, backward = self._directions
        # the search starts at the features, so it runs against the direction of travel
        row = np.concatenate([pieces.head[forward], pieces.tail[backward]])
        column = np.concatenate([pieces.tail[forward], pieces.head[backward]])
        weight = np.concatenate([pieces.length[forward], pieces.length[backward]])
        apart = row != column
        row, column, weight = row[apart], column[apart], weight[apart]

        node, off, source = _best_access(access_node[allowed], self.access.distance[allowed])
        # a feature off the network has a node of its own
        n_nodes = 1 + max(access_node.max(), self.network.start.max(), self.network.end.max())
        aside = off > TIE
        start = np.where(aside, n_nodes + np.cumsum(aside) - 1, node)
        row = np.concatenate([row, start[aside]])
        column = np.concatenate([column, node[aside]])
        weight = np.concatenate([weight, off[aside]])
        row, column, weight = _shortest(row, column, weight)

        size = int(n_nodes + aside.sum())
        graph = coo_array((weight, (row, column)), shape=(size, size)).tocsr()
        distance, _, origin = dijkstra(
            graph, indices=start, min_only=True, return_predecessors=True
        )
        label_of = np.full(size, _NONE)
        label_of[start] = allowed[source]
        label = np.full(size, _NONE)
        reached = np.isfinite(distance)
        label[reached] = label_of[origin[reached]]
        _settle_ties(distance, label, row, column, weight)
        return distance, label

    def _step_on(
        self, stops: Snap, on: Ints, node_distance: Floats, node_label: Ints
    ) -> tuple[Floats, Ints]:
        """Return for each stop the shorter of the routes via the two ends of its piece."""
        pieces, _ = self._cut
        piece = _find_piece(pieces, stops.edge[on], stops.along[on])
        forward, backward = self._directions
        along = stops.along[on]
        ends = (pieces.head[piece], pieces.tail[piece])
        rests = (pieces.finish[piece] - along, along - pieces.begin[piece])
        lengths = []
        for node, rest, is_open in zip(ends, rests, (forward[piece], backward[piece]), strict=True):
            at_node = rest <= TIE  # a stop at a node may leave in any direction
            onward = np.where(at_node, 0.0, rest) + node_distance[node]
            lengths.append(np.where(is_open | at_node, onward, np.inf))
        shortest = np.minimum(*lengths)
        label = np.full(len(on), _NONE)
        for node, length in zip(ends, lengths, strict=True):
            tied = length <= shortest + TIE
            label[tied] = np.minimum(label[tied], node_label[node[tied]])
        return shortest, label


def _stops_at(
    node_of_stop: Ints, one: Ints, other: Ints, length: Floats
) -> tuple[Ints, Ints, Floats]:
    """Expand pairs of nodes, the first no later than the second, to pairs of stops there."""
    stops = np.argsort(node_of_stop, kind="stable")
    start = np.searchsorted(node_of_stop[stops], np.arange(node_of_stop.max(initial=-1) + 2))
    count = np.diff(start)
    pairs = count[one] * count[other]
    of = np.repeat(np.arange(len(one)), pairs)
    number = np.arange(len(of)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    a = stops[start[one[of]] + number // count[other[of]]]
    b = stops[start[other[of]] + number % count[other[of]]]
    # stops at one node appear twice, and paired with themselves
    once = (one[of] != other[of]) | (a < b)
    a, b, of = a[once], b[once], of[once]
    return np.minimum(a, b), np.maximum(a, b), length[of]


def _best_access(node: Ints, off: Floats) -> tuple[Ints, Floats, Ints]:
    """Return the nearest access point of each node; ties (to a micrometre) by position."""
    order = np.lexsort([off, node])
    first = np.append(True, np.diff(node[order]) > 0)
    least = off[order][first][np.cumsum(first) - 1]
    tied = order[off[order] <= least + TIE]
    tied = tied[np.lexsort([tied, node[tied]])]
    kept = tied[np.append(True, np.diff(node[tied]) > 0)]
    return node[kept], off[kept], kept


def _shortest(row: Ints, column: Ints, weight: Floats) -> tuple[Ints, Ints, Floats]:
    """Return the shortest of parallel edges, which a sparse matrix would add up."""
    order = np.lexsort([weight, column, row])
    row, column, weight = row[order], column[order], weight[order]
    first = np.append(True, (np.diff(row) > 0) | (np.diff(column) > 0))
    return row[first], column[first], weight[first]


def _settle_ties(distance: Floats, label: Ints, row: Ints, column: Ints, weight: Floats) -> None:
    """Label nodes equally near to several access points with the first, in place.

    Labels propagate along all shortest routes until nothing changes; without ties nothing does.
    """
    tight = np.flatnonzero(distance[row] + weight <= distance[column] + TIE)
    row, column = row[tight], column[tight]
    while True:
        better = np.flatnonzero(label[row] < label[column])
        if not better.size:
            return
        np.minimum.at(label, column[better], label[row[better]])


def _find_piece(pieces: _Pieces, edge: Ints, along: Floats) -> Ints:
    """Return the piece that holds each position along an edge."""
    n_pieces = len(pieces.edge)
    key_edge = np.concatenate([pieces.edge, edge])
    key_along = np.concatenate([pieces.begin, along])
    is_query = np.arange(len(key_edge)) >= n_pieces
    order = np.lexsort([is_query, key_along, key_edge])
    latest = np.cumsum(~is_query[order]) - 1
    piece = np.empty(len(order), dtype=np.intp)
    piece[order] = latest
    return piece[n_pieces:]


class Access(NamedTuple):
    """Access points, where features join a network, sorted by feature, edge and `along`.

    `feature` and `edge` are positions, `along` is the distance from the start of the edge [m],
    `distance` that from the access point to the feature [m].
    """

    feature: Ints
    edge: Ints
    along: Floats
    distance: Floats


@checked(max_distance=positive("m", or_infinite=True))
def find_access(
    network: Network, geometries: NDArray[np.object_], *, max_distance: float
) -> tuple[Access, Flags]:
    """Find where each feature joins a network.

    A point joins at the nearest point of the network, each part of a multi-point separately. A line
    or polygon joins wherever the network meets it (its boundary, for a polygon), at distance 0; if
    the network does not meet it, it joins at the point of the network nearest to it.

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
    The access points, and for each feature whether it joins. A polygon that contains a whole
    network joins without an access point.
    """
    is_point = shapely.get_dimensions(geometries) == 0
    of_points = np.flatnonzero(is_point)
    lonlat, feature = shapely.get_coordinates(geometries[of_points], return_index=True)
    snap = network.snap(*lonlat.T, max_distance=max_distance)
    parts = [Access(of_points[feature], snap.edge, snap.along, snap.distance)]
    joins = np.zeros(len(geometries), dtype=bool)
    shapes = np.flatnonzero(~is_point)
    if shapes.size:
        meets, around = _meet(network, geometries, shapes)
        joins[around] = True
        apart = np.setdiff1d(shapes, np.concatenate([meets.feature, around]))
        parts += [meets, *_approach(network, geometries, apart, max_distance)]
    access = _stack(parts)
    near = np.flatnonzero((access.edge >= 0) & (access.distance <= max_distance))
    order = near[np.lexsort([access.along[near], access.edge[near], access.feature[near]])]
    joins[access.feature[order]] = True
    return Access(*_take(access, order)), joins


def _take(access: Access, rows: Ints) -> tuple[Ints, Ints, Floats, Floats]:
    return access.feature[rows], access.edge[rows], access.along[rows], access.distance[rows]


def _stack(rows: list[Access]) -> Access:
    """Concatenate access points."""
    return Access(
        np.concatenate([row.feature for row in rows]),
        np.concatenate([row.edge for row in rows]),
        np.concatenate([row.along for row in rows]),
        np.concatenate([row.distance for row in rows]),
    )


def _meet(network: Network, geometries: NDArray[np.object_], shapes: Ints) -> tuple[Access, Ints]:
    """Return where lines and polygons meet a network, and polygons that contain any of it."""
    parts = split_geometries(geometries[shapes])
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

    Two lines that do not cross are nearest at a vertex of one of them: first the vertices of all
    shapes are measured to the network, then the network's vertices to each shape.
    """
    if not apart.size:
        return []
    parts = split_geometries(geometries[apart])
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
    """Return a vertex of the network if it is nearer to one shape than the shape's own vertices."""
    shape = FeatureIndex(geometries[by_shape.feature])
    radius = np.hypot(float(chord_ceiling(by_shape.distance[0])), shape.parts.longest_segment)
    around = network.index.tree.query_ball_point(shape.parts.vertices, radius)
    near = np.unique(np.concatenate([np.asarray(rows, dtype=np.intp) for rows in around]))
    if not near.size:
        return by_shape
    away = shape.nearest(*geographic(network.parts.vertices[near])).distance[:, 0]
    closest = [int(away.argmin())]
    if away[closest[0]] >= by_shape.distance[0]:
        return by_shape
    vertex = near[closest]
    edge, along = network.parts.owner[vertex], network.along[vertex]
    return Access(by_shape.feature, edge, along, away[closest])
