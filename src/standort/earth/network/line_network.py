"""Networks of lines as graphs: nodes, edges with lengths, and snapping points to edges.

Edges are the lines themselves, not only their ends: a point beside a long edge joins it at the
nearest point of the edge, and both parts of the edge keep their exact geodesic length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from standort.arguments import checked, positive
from standort.earth.feature_index import FeatureIndex
from standort.earth.geodesy import TIE, geocentric, geodesic_length, geographic, nearest_on_segment
from standort.earth.segments import Lines, Parts, cut, split_geometries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints


#: most pairs of a point and a vertex of its edge in a block
_PAIRS = 1_000_000

#: longest segment [m]: a query examines all vertices within half the longest segment, so a few
#: long segments would slow down the search among many short ones
_SEGMENT = 250.0

#: an edge no longer than this [m] counts as empty: its ends are one node
_EMPTY = TIE


class Snap(NamedTuple):
    """Where points join a network, one entry per point.

    `edge` is the edge joined, `along` the distance from its start [m], `distance` that from the
    point to the network [m], and `point` the geocentric coordinates where it joins [m], shape
    (n, 3).
    """

    edge: Ints
    along: Floats
    distance: Floats
    point: Floats


@dataclass(frozen=True)
class Network:
    """Lines joined at nodes; build one with `build_network`.

    `nodes` are geocentric coordinates [m], shape (n_nodes, 3). Edge `e` runs along `lines[e]`
    (longitude and latitude [degrees]) from node `start[e]` to node `end[e]`; `forward` and
    `backward` say whether it may be travelled in that direction and in the opposite one. Several
    edges may join the same nodes, and an edge may be a loop.
    """

    nodes: Floats
    start: Ints
    end: Ints
    lines: NDArray[np.object_]
    forward: Flags
    backward: Flags

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self.start)

    @cached_property
    def parts(self) -> Parts:
        """The edges as vertices and short segments; the owner of a vertex is its edge."""
        lonlat, line = shapely.get_coordinates(self.lines, return_index=True)
        whole = Lines(lonlat, line, geocentric(*lonlat.T))
        lonlat, line, _ = cut(whole, lambda length, _: np.full(len(length), _SEGMENT))
        return split_geometries(np.asarray(shapely.linestrings(lonlat, indices=line), dtype=object))

    @cached_property
    def index(self) -> FeatureIndex:
        """The spatial index of the edges."""
        return FeatureIndex(self.parts)

    @cached_property
    def first_vertex(self) -> Ints:
        """Position in `parts` of the first vertex of each edge, and the number of vertices."""
        return np.searchsorted(self.parts.owner, np.arange(len(self) + 1))

    @cached_property
    def along(self) -> Floats:
        """Distance of each vertex of `parts` from the start of its edge [m]."""
        vertices, inner = self.parts.vertices, self.parts.starts_segment
        step = np.zeros(len(vertices))
        before = np.flatnonzero(inner)
        step[before + 1] = geodesic_length(vertices[before], vertices[before + 1])
        # edge by edge: a running sum over all edges would lose digits
        return np.asarray(pd.Series(step).groupby(self.parts.owner).cumsum())

    @cached_property
    def length(self) -> Floats:
        """Length of each edge [m], along its geodesic segments."""
        return self.along[self.first_vertex[1:] - 1]

    @cached_property
    def component(self) -> Ints:
        """Connected component of each node, ignoring directions; 0, 1 ... by first node."""
        n_nodes = len(self.nodes)
        graph = coo_array(
            (np.ones(len(self), dtype=np.int8), (self.start, self.end)), shape=(n_nodes, n_nodes)
        )
        return np.asarray(connected_components(graph, directed=False)[1])

    @property
    def is_directed(self) -> bool:
        """Whether any edge may be travelled in one direction only."""
        return not (self.forward & self.backward).all()

    @cached_property
    def unsplit_crossings(self) -> int:
        """Number of positions where edges meet without a common node: bridges, or unsplit lines."""
        crossings = find_crossings(self.parts, self.parts)
        a, b = self.parts.owner[crossings.first], self.parts.owner[crossings.second]
        met = crossings.point
        at_node = np.zeros(len(met), dtype=bool)
        for node in (self.start[a], self.end[a]):
            common = (node == self.start[b]) | (node == self.end[b])
            near = np.square(met - self.nodes[node]).sum(axis=1) < 0.01  # noqa: PLR2004 - 10 cm
            at_node |= common & near
        return len(np.unique(np.round(met[~at_node & (a != b)], 1), axis=0))

    def largest_component(self) -> Network:
        """Return the component with the greatest total length.

        Returns
        -------
        A network; of components of equal length, the one with the first node.
        """
        of_edge = self.component[self.start]
        total = np.bincount(of_edge, weights=self.length)
        keep = of_edge == int(total.argmax())
        return build_network(
            self.nodes,
            self.start[keep],
            self.end[keep],
            self.lines[keep],
            forward=self.forward[keep],
            backward=self.backward[keep],
        )

    @checked(max_distance=positive("m", or_infinite=True))
    def snap(self, lon: Floats, lat: Floats, *, max_distance: float = np.inf) -> Snap:
        """Find the point of the network nearest to each position.

        Parameters
        ----------
        lon, lat
            Positions [degrees], shape (n,).
        max_distance
            Longest distance [m] to the network.

        Returns
        -------
        Where each position joins; edge -1, at an infinite distance, where nothing is near enough.
        Of edges equally near, the first.
        """
        edge = self.index.nearest(lon, lat, max_distance=max_distance).feature[:, 0]
        snap = Snap(edge, np.zeros(len(lon)), np.full(len(lon), np.inf), np.zeros((len(lon), 3)))
        points = geocentric(lon, lat)
        for some in self._blocks(np.flatnonzero(edge >= 0), edge):
            along, distance, point = self._locate(points[some], edge[some])
            snap.along[some], snap.distance[some], snap.point[some] = along, distance, point
        return snap

    def _blocks(self, rows: Ints, edge: Ints) -> Iterator[Ints]:
        """Split rows into blocks whose edges have at most `_PAIRS` vertices in total."""
        if not rows.size:
            return
        n_vertices = np.diff(self.first_vertex)[edge[rows]]
        block = np.cumsum(n_vertices) // _PAIRS
        yield from np.split(rows, np.flatnonzero(np.diff(block)) + 1)

    def _locate(self, points: Floats, edge: Ints) -> tuple[Floats, Floats, Floats]:
        """Return the point of its edge nearest to each point; of two equally near, the first."""
        first = self.first_vertex[edge]
        count = self.first_vertex[edge + 1] - 1 - first
        row = np.repeat(np.arange(len(edge)), count)
        vertex = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        start, end = self.parts.vertices[vertex], self.parts.vertices[vertex + 1]
        point = nearest_on_segment(points[row], start, end)
        distance = geodesic_length(points[row], point)
        nearest = np.minimum.reduceat(distance, np.cumsum(count) - count)
        as_near = np.flatnonzero(distance <= nearest[row] + TIE)
        chosen = as_near[np.searchsorted(row[as_near], np.arange(len(edge)))]
        on_segment = geodesic_length(start[chosen], point[chosen])
        along = np.minimum(self.along[vertex[chosen]] + on_segment, self.length[edge])
        return along, distance[chosen], point[chosen]


@checked()
def build_network(
    nodes: Floats,
    start: Ints,
    end: Ints,
    lines: NDArray[np.object_],
    *,
    forward: Flags,
    backward: Flags,
) -> Network:
    """Build a network that does not depend on the order of nodes and edges.

    Parameters
    ----------
    nodes
        Geocentric coordinates [m], shape (n, 3).
    start, end
        Positions of the nodes where each edge starts and ends.
    lines
        Course of each edge, longitude and latitude [degrees], from its start to its end. Where it
        stops short of a node, a straight piece is added, so that routes have no gaps.
    forward, backward
        Whether each edge may be travelled from start to end, and from end to start.

    Returns
    -------
    The network. Equal courses (such as the two directions of a street) become one edge; an edge
    without length merges its two nodes; nodes without edges are left out.

    Examples
    --------
    A road of one degree along the equator and a site beside it, at a quarter of its length; the
    edge starts at the first node in coordinate order, here the eastern one:

    >>> nodes = geocentric(np.array([0.0, 1.0]), np.zeros(2))
    >>> road = np.array([shapely.LineString([(0, 0), (1, 0)])])
    >>> both = np.array([True])
    >>> network = build_network(
    ...     nodes, np.array([0]), np.array([1]), road, forward=both, backward=both
    ... )
    >>> network.length.round(3)
    array([111319.491])
    >>> snap = network.snap(np.array([0.25]), np.array([0.01]))
    >>> snap.along.round(1), snap.distance.round(1)
    (array([83489.6]), array([1105.7]))
    """
    lines = _attach(lines, nodes[start], nodes[end])
    nodes, node = _merge_nodes(nodes, start, end, lines)
    start, end = node[start], node[end]
    lines, turned = _orient(lines, start, end)
    start, end = np.where(turned, end, start), np.where(turned, start, end)
    forward, backward = np.where(turned, backward, forward), np.where(turned, forward, backward)
    course, shapes = pd.factorize(shapely.to_wkb(lines), sort=True)
    table = pd.DataFrame(
        {"start": start, "end": end, "course": course, "forward": forward, "backward": backward}
    )
    table = table.loc[_chord_length(lines) > _EMPTY]
    # in the order of start, end and course
    table = table.groupby(["start", "end", "course"], as_index=False).max()
    return Network(
        nodes=nodes,
        start=table["start"].to_numpy(np.intp),
        end=table["end"].to_numpy(np.intp),
        lines=np.asarray(shapely.from_wkb(np.asarray(shapes)[table["course"]]), dtype=object),
        forward=table["forward"].to_numpy(np.bool_),
        backward=table["backward"].to_numpy(np.bool_),
    )


def line_ends(lines: NDArray[np.object_]) -> tuple[Floats, Floats]:
    """Return the first and the last vertex of each line [degrees], shape (n, 2) each."""
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    new = np.diff(line) > 0
    return lonlat[np.append(True, new)], lonlat[np.append(new, True)]


def _attach(lines: NDArray[np.object_], start: Floats, end: Floats) -> NDArray[np.object_]:
    """Extend each line to its nodes where it stops short of them."""
    attached = np.array(lines, dtype=object)
    ends = line_ends(attached)
    gaps = [
        np.square(geocentric(*xy.T) - node).sum(axis=1) > TIE**2
        for xy, node in zip(ends, (start, end), strict=True)
    ]
    for edge in np.flatnonzero(gaps[0] | gaps[1]):
        pieces = [shapely.get_coordinates(attached[edge])]
        if gaps[0][edge]:
            pieces.insert(0, np.column_stack(geographic(start[edge : edge + 1])))
        if gaps[1][edge]:
            pieces.append(np.column_stack(geographic(end[edge : edge + 1])))
        attached[edge] = shapely.LineString(np.concatenate(pieces))
    return attached


def _chord_length(lines: NDArray[np.object_]) -> Floats:
    """Return the length of each line [m] in straight chords; 0 if all its vertices coincide."""
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    chord = np.linalg.norm(np.diff(geocentric(*lonlat.T), axis=0), axis=1)
    inner = line[1:] == line[:-1]
    total = np.bincount(line[1:][inner], weights=chord[inner], minlength=len(lines))
    return np.asarray(total, dtype=np.float64)


def _merge_nodes(
    nodes: Floats, start: Ints, end: Ints, lines: NDArray[np.object_]
) -> tuple[Floats, Ints]:
    """Merge nodes that an edge without length joins, and sort nodes by coordinates.

    Return the nodes that have edges, and the new position of each old node.
    """
    empty = np.flatnonzero(_chord_length(lines) <= _EMPTY)
    graph = coo_array(
        (np.ones(len(empty), dtype=np.int8), (start[empty], end[empty])),
        shape=(len(nodes), len(nodes)),
    )
    group = connected_components(graph, directed=False)[1]
    in_use = np.zeros(len(nodes), dtype=bool)
    full = np.setdiff1d(np.arange(len(start)), empty)
    in_use[group[start[full]]] = in_use[group[end[full]]] = True
    by_position = np.lexsort(nodes.T[::-1])
    _, first = np.unique(group[by_position], return_index=True)
    lowest = by_position[first]  # the node that represents each group
    kept = np.flatnonzero(in_use[: len(lowest)])
    kept = kept[np.lexsort(nodes[lowest[kept]].T[::-1])]
    position = np.full(len(lowest), -1, dtype=np.intp)
    position[kept] = np.arange(len(kept))
    return nodes[lowest[kept]], position[group]


def _orient(
    lines: NDArray[np.object_], start: Ints, end: Ints
) -> tuple[NDArray[np.object_], Flags]:
    """Direct each line so that it starts at the earlier node; a loop, by its coordinates."""
    turned = start > end
    loops = np.flatnonzero(start == end)
    there, back = lines[loops], shapely.reverse(lines[loops])
    turned[loops] = shapely.to_wkb(back) < shapely.to_wkb(there)
    oriented = lines.copy()
    oriented[turned] = shapely.reverse(lines[turned])
    return oriented, turned


#: lines within this distance [degrees] meet: 1 mm, far below the accuracy of any survey
_TOUCH = 1e-8
_HALF, _FULL = 180.0, 360.0


class Crossings(NamedTuple):
    """Pairs of segments that meet, each given by the position of the vertex it starts at.

    `point` holds where they meet, in geocentric coordinates [m], shape (n, 3).
    """

    first: Ints
    second: Ints
    point: Floats


def find_crossings(first: Parts, second: Parts) -> Crossings:
    """Find the pairs of segments that cross or touch, to a millimetre.

    Parameters
    ----------
    first, second
        Parts of lines; the same parts twice to find where they meet themselves (each pair is then
        listed once, and no segment with itself).

    Returns
    -------
    One entry per pair, in order; two where segments overlap, at both ends of the overlap.
    """
    of_first, drawn = _segments(first)
    of_second, other = (of_first, drawn) if second is first else _segments(second)
    a, b = shapely.STRtree(other).query(drawn, predicate="dwithin", distance=_TOUCH)
    if second is first:
        a, b = a[of_first[a] < of_first[b]], b[of_first[a] < of_first[b]]
    where, pair = shapely.get_coordinates(_common(drawn[a], other[b]), return_index=True)
    pairs = np.stack([of_first[a][pair], of_second[b][pair]])
    point = geocentric(*where.T)
    # a segment across the antimeridian is drawn twice, so a pair may appear twice
    table = np.column_stack([*pairs, np.round(point, 2)])
    _, kept = np.unique(table, axis=0, return_index=True)
    return Crossings(pairs[0, kept], pairs[1, kept], point[kept])


def _common(one: NDArray[np.object_], other: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what two segments share; where rounding separates them, the nearest point."""
    shared = shapely.intersection(one, other)
    apart = shapely.is_empty(shared)
    nearest = shapely.shortest_line(one[apart], other[apart])
    shared[apart] = shapely.get_point(nearest, 0)
    return np.asarray(shared, dtype=object)


def _segments(parts: Parts) -> tuple[Ints, NDArray[np.object_]]:
    """Return each segment in longitude and latitude, with the vertex it starts at.

    A segment that reaches the antimeridian is drawn on both sides of the map.
    """
    vertex = np.flatnonzero(parts.starts_segment)
    lon, lat = geographic(parts.vertices)
    ends = np.stack([lon[vertex], lon[vertex + 1]], axis=1)
    ends[:, 1] -= _FULL * np.round((ends[:, 1] - ends[:, 0]) / _FULL)
    seam = np.flatnonzero(np.abs(ends).max(axis=1) >= _HALF - _TOUCH)
    turn = np.where(ends[seam].mean(axis=1) > 0.0, -_FULL, _FULL)
    ends = np.concatenate([ends, ends[seam] + turn[:, np.newaxis]])
    vertex = np.concatenate([vertex, vertex[seam]])
    lats = np.stack([lat[vertex], lat[vertex + 1]], axis=1)
    return vertex, np.asarray(shapely.linestrings(np.stack([ends, lats], axis=2)), dtype=object)
