"""All pairs of a block of sites with the features within a radius.

Points are found as vertices of one tree. The outline of a line or polygon may have thousands of
vertices within the radius, of which one decides: a feature of many vertices has a tree of its own
and answers for itself.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from scipy.spatial import cKDTree

from standort.earth.answers import NO_FEATURE, Pairs, k_smallest
from standort.earth.blocks import Crowding, compact_blocks
from standort.earth.geodesy import (
    TIE,
    chord_ceiling,
    chord_floor,
    chord_of_no_farther,
    geodesic_length,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from standort.earth.segments import Parts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["Outlines", "Seen", "look_at", "measure_seen", "point_pairs"]

#: vertices from which a feature answers for itself; below, listing them all is faster
MANY_VERTICES = 64

#: how much farther than the nearest the vertex may be that a rough search finds
ROUGHLY = 4.0

#: cells of a table of sites and features that is held at once
TABLE_CELLS = 16_000_000


class Index(Protocol):
    """What is asked of an index here: `standort.earth.FeatureIndex` is one."""

    @property
    def parts(self) -> Parts:
        """What the layer is made of."""

    @property
    def tree(self) -> cKDTree[Any, Any]:
        """The tree of its vertices."""

    def nearest_of(
        self, points: Floats, exclude: Ints, k: int, max_distance: float
    ) -> tuple[Ints, Floats]:
        """Find the nearest outlines of geocentric points."""


def vertex_pairs(points: Floats, tree: cKDTree[Any, Any], reach: float) -> NDArray[np.void]:
    """Pairs of a point `i` and a vertex `j` within a chord [m], in no order; `v` the chord."""
    return cKDTree(points, compact_nodes=False, balanced_tree=False).sparse_distance_matrix(
        tree, reach, output_type="ndarray"
    )


def point_pairs(index: Index, points: Floats, block: Ints, radius: float, exclude: Ints) -> Pairs:
    """Pair sites with features that are single points: only chords near the radius are in doubt.

    Parameters
    ----------
    index
        The index of the features.
    points
        All sites, geocentric [m].
    block
        Positions of the sites to pair.
    radius
        Largest distance [m].
    exclude
        For each site the position of a feature to pass over, or `NO_FEATURE`.
    """
    vertices = index.parts.vertices
    found = vertex_pairs(points[block], index.tree, float(chord_ceiling(radius)))
    close = np.flatnonzero(found["v"] > chord_floor(radius))
    if close.size:
        row, feature = found["i"][close], found["j"][close]
        length = geodesic_length(points[block[row]], vertices[feature])
        found = np.delete(found, close[length > radius])
    # place and feature packed into one number sort fastest
    bits = max(len(vertices) - 1, 1).bit_length()
    key = (found["i"] << bits) | found["j"]
    key.sort()
    row, feature = key >> bits, key & ((1 << bits) - 1)
    passed_over = exclude[block]
    if (passed_over != NO_FEATURE).any():
        keep = feature != passed_over[row]
        row, feature = row[keep], feature[keep]
    return Pairs(
        block,
        row,
        feature,
        None,
        lambda row, other: geodesic_length(points[block[row]], vertices[other]),
    )


class Outlines:
    """Points, lines and the boundaries of polygons, ready to be paired with sites.

    Parameters
    ----------
    parts
        What the layer is made of.
    index_of
        Makes an index of parts.
    """

    def __init__(self, parts: Parts, index_of: Callable[[Parts], Index]) -> None:
        self.parts = parts
        self._index_of = index_of
        size = np.bincount(parts.owner, minlength=parts.n_features)
        self._start = np.cumsum(size) - size
        self._size = size
        self._large = np.flatnonzero(size >= MANY_VERTICES)
        # an index of one outline, by the name of its feature
        self._name: Ints = np.arange(parts.n_features)
        self._alone: dict[int, Index] = {}

    def subset(self, parts: Parts, which: Ints) -> Outlines:
        """Give the outlines of some features; what is indexed for these or all serves both.

        Parameters
        ----------
        parts
            What the features are made of.
        which
            Their positions among all.
        """
        some = Outlines(parts, self._index_of)
        some._name, some._alone = self._name[which], self._alone
        return some

    def blocks(self, points: Floats, radius: float) -> Iterator[Ints]:
        """Cut sites into blocks of bounded numbers of pairs."""
        reach = self._reach(self._small, radius)
        return compact_blocks(points, self._crowding, reach, besides=len(self._large))

    def pairs(
        self, points: Floats, block: Ints, radius: float, exclude: Ints, inside: tuple[Ints, Ints]
    ) -> Pairs:
        """Pair sites with the nearest place of each feature, at 0 where they lie inside.

        Parameters
        ----------
        points, block, radius, exclude
            As for `point_pairs`.
        inside
            Sites and the polygons they lie in, sorted by site.
        """
        found = [
            self._inside_pairs(block, inside),
            *self._small_pairs(points[block], radius),
            *self._large_pairs(points[block], radius),
        ]
        row, feature, distance = (np.concatenate(part) for part in zip(*found, strict=True))
        # NaN is a distance that is surely within the radius, and not asked for yet
        keep = ~(distance > radius) & (feature != exclude[block][row])
        row, feature, distance = row[keep], feature[keep], distance[keep]
        order = np.lexsort([distance, feature, row])
        row, feature, distance = row[order], feature[order], distance[order]
        first = np.ones(len(row), dtype=bool)
        first[1:] = (row[1:] != row[:-1]) | (feature[1:] != feature[:-1])
        return Pairs(
            block,
            row[first],
            feature[first],
            distance[first],
            lambda row, other: self._distance(points[block[row]], other),
        )

    def nearest(
        self, points: Floats, exclude: Ints, k: int, max_distance: float
    ) -> tuple[Ints, Floats]:
        """Find the k nearest outlines of geocentric points [m].

        The vertices nearest to a point are mostly those of one outline, so a search of vertices
        has far to go for the second. Here each outline of many vertices is asked for itself, where
        the sphere round it comes near enough for it to be among the k.
        """
        feature = np.full((len(points), k), NO_FEATURE, dtype=np.intp)
        distance = np.full((len(points), k), np.inf)
        # of each outline that a point sees, several vertices are held
        step = max(TABLE_CELLS // 4 // max(len(self._large), 1), 1)
        for start in range(0, len(points), step):
            some = slice(start, start + step)
            feature[some], distance[some] = self._nearest(
                points[some], exclude[some], k, max_distance
            )
        return feature, distance

    def _nearest(
        self, points: Floats, exclude: Ints, k: int, max_distance: float
    ) -> tuple[Ints, Floats]:
        owner, best = np.full((len(points), k), NO_FEATURE), np.full((len(points), k), np.inf)
        if len(self._small.parts.vertices):
            owner, best = self._small.nearest_of(points, exclude, k, max_distance)
        centre, extent = self._spheres
        # what cdist gives, without all that scipy.spatial.distance loads
        away = np.sqrt(sum((points[:, [axis]] - centre[:, axis]) ** 2 for axis in range(3)))
        away[exclude[:, np.newaxis] == self._large] = np.inf
        # chords that the k nearest do not exceed
        limits = chord_ceiling(np.minimum(best, max_distance) + TIE)
        limit = limits[:, -1].copy()
        if len(self._large) >= k:
            # k outlines lie wholly within this chord
            within = np.partition(away + extent, k - 1, axis=1)[:, k - 1]
            limit = np.minimum(limit, chord_of_no_farther(within))
        seen = []
        for i in np.argsort((away - extent).min(axis=0, initial=np.inf), kind="stable"):
            rows = np.flatnonzero(away[:, i] - extent[i] <= limit)
            if rows.size:
                seen.append(look_at(int(i), self._own_index(int(i)), rows, points))
                reached = chord_of_no_farther(seen[-1].chord[:, 0])
                limits[rows] = np.sort(np.column_stack([limits[rows], reached]), axis=1)[:, :k]
                limit[rows] = np.minimum(limit[rows], limits[rows, -1])
        start = self._start[self._large]
        found = measure_seen(seen, self.parts, start, points, limit)
        found[found > max_distance] = np.inf
        owners = np.column_stack([owner, np.broadcast_to(self._large, found.shape)])
        return k_smallest(owners, np.column_stack([best, found]), k)

    def _distance(self, points: Floats, feature: Ints) -> Floats:
        """Measure the distance [m] of points to one feature of many vertices each."""
        distance = np.empty(len(points))
        order = np.argsort(feature, kind="stable")
        starts = np.flatnonzero(np.diff(feature[order], prepend=-1))
        for some in np.split(order, starts[1:]):
            i = int(np.searchsorted(self._large, feature[some[0]]))
            nobody = np.full(len(some), NO_FEATURE)
            near = self._own_index(i).nearest_of(points[some], nobody, 1, np.inf)[1]
            distance[some] = near[:, 0]
        return distance

    def _inside_pairs(self, block: Ints, inside: tuple[Ints, Ints]) -> tuple[Ints, Ints, Floats]:
        low = np.searchsorted(inside[0], block)
        high = np.searchsorted(inside[0], block, side="right")
        count = high - low
        within = np.repeat(low - (np.cumsum(count) - count), count) + np.arange(count.sum())
        row = np.repeat(np.arange(len(block)), count)
        return row, inside[1][within], np.zeros(len(within))

    def _small_pairs(self, points: Floats, radius: float) -> Iterator[tuple[Ints, Ints, Floats]]:
        """List the vertices within reach of features of few vertices that could be the nearest."""
        small = self._small
        reach = self._reach(small, radius)
        for some in self._rows(points, reach):
            found = vertex_pairs(points[some], small.tree, reach)
            row, vertex = found["i"], found["j"]
            could = self._could_be_nearest(row, small.parts.owner[vertex], found["v"])
            row, vertex = row[could] + some.start, vertex[could]
            yield row, small.parts.owner[vertex], small.parts.distance(points[row], vertex)

    def _rows(self, points: Floats, reach: float) -> Iterator[slice]:
        """Cut a block so that a table of its sites and the features near them stays small."""
        low, high = points.min(axis=0), points.max(axis=0)
        around = reach + float(np.linalg.norm(high - low)) / 2.0
        near = max(self._crowding.bound((low + high) / 2.0, around), 1)
        step = max(TABLE_CELLS // min(near, len(self._size)), 1)
        return (slice(i, i + step) for i in range(0, len(points), step))

    def _could_be_nearest(self, row: Ints, owner: Ints, chord: Floats) -> Ints:
        """Keep the vertices of which one is the nearest of its feature or ends the nearest segment.

        A segment no farther than the vertex at the least chord has an end within half its length
        of that, at right angles.
        """
        there = np.zeros(len(self._size), dtype=bool)
        there[owner] = True
        column = np.cumsum(there) - 1
        n_columns = int(column[-1]) + 1
        cell = row * n_columns + column[owner]
        least = np.full((int(row.max(initial=-1)) + 1) * n_columns, np.inf)
        np.minimum.at(least, cell, chord)
        filled = np.isfinite(least)
        limit = chord_of_no_farther(least[filled])
        least[filled] = np.hypot(limit, self._small.parts.longest_segment / 2.0)
        return np.flatnonzero(chord <= least[cell])

    def _large_pairs(self, points: Floats, radius: float) -> Iterator[tuple[Ints, Ints, Floats]]:
        """Ask each feature of many vertices near the block for its distance to sites near it.

        Where a vertex is surely within the radius, the distance is left for later: many metrics
        never ask for it.
        """
        centre, extent = self._spheres
        limit = float(chord_ceiling(radius)) + extent
        low, high = points.min(axis=0), points.max(axis=0)
        apart = np.linalg.norm(centre - (low + high) / 2.0, axis=1)
        for i in np.flatnonzero(apart <= limit + np.linalg.norm(high - low) / 2.0):
            away = np.linalg.norm(points - centre[i], axis=1)
            row, index = np.flatnonzero(away <= limit[i]), self._own_index(int(i))
            sure = away[row] + extent[i] <= chord_floor(radius)
            # any vertex within the radius will do, so a rough search is mostly enough
            chord = self._nearest_vertex(index, points[row[~sure]], eps=ROUGHLY)
            sure[~sure] = chord <= chord_floor(radius)
            left = np.flatnonzero(~sure)
            chord = self._nearest_vertex(index, points[row[left]])
            sure[left] = chord <= chord_floor(radius)
            yield row[sure], np.full(sure.sum(), self._large[i]), np.full(sure.sum(), np.nan)
            row = row[left[(chord > chord_floor(radius)) & (chord <= self._reach(index, radius))]]
            if not row.size:
                continue
            nobody = np.full(len(row), NO_FEATURE)
            _, distance = index.nearest_of(points[row], nobody, 1, radius)
            reached = np.isfinite(distance[:, 0])
            feature = np.full(np.count_nonzero(reached), self._large[i])
            yield row[reached], feature, distance[reached, 0]

    @staticmethod
    def _nearest_vertex(index: Index, points: Floats, eps: float = 0.0) -> Floats:
        """Give the chord [m] to the nearest vertex, or to one at most 1 + eps times as far."""
        return np.asarray(index.tree.query(points, k=1, eps=eps)[0])

    @property
    def are_many(self) -> bool:
        """Whether most vertices are of features that have many."""
        return bool(2 * self._size[self._large].sum() > len(self.parts.vertices))

    @cached_property
    def _small(self) -> Index:
        """Index the features of few vertices together."""
        few = self._size < MANY_VERTICES
        return self._index_of(self.parts.outlines_of(few[self.parts.owner]))

    @cached_property
    def _crowding(self) -> Crowding:
        return Crowding.of(self._small.parts.vertices)

    @cached_property
    def _spheres(self) -> tuple[Floats, Floats]:
        """Give the centre and radius [m] of a sphere round each feature of many vertices."""
        vertices = self.parts.vertices
        ranges = [slice(s, s + n) for s, n in zip(self._start, self._size, strict=True)]
        low = np.array([vertices[ranges[i]].min(axis=0) for i in self._large]).reshape(-1, 3)
        high = np.array([vertices[ranges[i]].max(axis=0) for i in self._large]).reshape(-1, 3)
        # the surface bulges out between two vertices by far less than a metre
        return (low + high) / 2.0, np.linalg.norm(high - low, axis=1) / 2.0 + 1.0

    def _own_index(self, i: int) -> Index:
        """Index one feature of many vertices, when it is first asked for."""
        feature = self._large[i]
        name = int(self._name[feature])
        if name not in self._alone:
            start = self._start[feature]
            own = self.parts.outlines_of(slice(start, start + self._size[feature]))
            self._alone[name] = self._index_of(own)
        return self._alone[name]

    @staticmethod
    def _reach(index: Index, radius: float) -> float:
        """Give a chord [m] within which a segment no farther than the radius has an end."""
        return float(np.hypot(chord_ceiling(radius), index.parts.longest_segment / 2.0))


#: vertices that are looked at first: the nearest, and mostly its neighbours
_LOOK = 4


class Seen(NamedTuple):
    """An outline as seen from some points: its nearest vertices, and the chords to them [m]."""

    outline: int
    alone: Index
    rows: Ints
    vertex: Ints
    chord: Floats


def look_at(outline: int, index: Index, rows: Ints, points: Floats) -> Seen:
    """Find the nearest vertices of one outline.

    Parameters
    ----------
    outline
        Its number.
    index
        The index of it alone.
    rows
        From which of the points.
    points
        Geocentric [m], shape (n, 3).
    """
    chord, vertex = index.tree.query(points[rows], k=np.arange(1, _LOOK + 1))
    return Seen(outline, index, rows, np.asarray(vertex, dtype=np.intp), np.asarray(chord))


def measure_seen(
    seen: list[Seen], parts: Parts, start: Ints, points: Floats, limit: Floats
) -> Floats:
    """Measure the distances of points to the outlines they see, where they matter.

    A segment no farther than a chord has an end within half its length of that, at right angles.

    Parameters
    ----------
    seen
        What the points see, each outline once.
    parts
        What the whole layer is made of.
    start
        Where the vertices of each outline start among all.
    points
        Geocentric [m], shape (n, 3).
    limit
        For each point the longest chord [m] that matters.

    Returns
    -------
    Distances [m], shape (n points, n outlines); infinite where the outline is surely beyond.
    """
    distance = np.full((len(points), len(start)), np.inf)
    rows, outlines, vertices = [], [], []
    for one in seen:
        half, nearest = one.alone.parts.longest_segment / 2.0, one.chord[:, 0]
        matters = nearest <= np.hypot(limit[one.rows], half)
        could = one.chord <= np.hypot(chord_of_no_farther(nearest), half)[:, np.newaxis]
        row, rank = np.nonzero(could & matters[:, np.newaxis])
        rows.append(one.rows[row])
        outlines.append(np.full(len(row), one.outline))
        vertices.append(start[one.outline] + one.vertex[row, rank])
    if seen:
        row, vertex = np.concatenate(rows), np.concatenate(vertices)
        measured = parts.distance(points[row], vertex)
        np.minimum.at(distance, (row, np.concatenate(outlines)), measured)
    for one in seen:
        _look_farther(one, points, distance)
    return distance


def _look_farther(one: Seen, points: Floats, distance: Floats) -> None:
    """Measure again where vertices that were not looked at may end the nearest segment."""
    measured = distance[one.rows, one.outline]
    reach = np.hypot(chord_ceiling(measured + TIE), one.alone.parts.longest_segment / 2.0)
    unsure = one.rows[np.isfinite(measured) & (one.chord[:, -1] <= reach)]
    if unsure.size:
        nobody = np.full(len(unsure), NO_FEATURE)
        _, nearest = one.alone.nearest_of(points[unsure], nobody, 1, np.inf)
        distance[unsure, one.outline] = nearest[:, 0]
