"""All pairs of a block of sites with the features within a radius.

Points are vertices of one tree. The outline of a line or polygon may have thousands of vertices
within the radius, of which one decides, so features of many vertices have trees of their own.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from scipy.spatial import cKDTree

from standort.earth.answers import NO_FEATURE, Pairs, k_nearest
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

    from standort.array_types import Floats, Ints
    from standort.earth.segments import Parts


#: vertices from which a feature has its own tree; for fewer, listing them all is faster
MANY_VERTICES = 64

#: largest relative error of a rough search for the nearest vertex
ROUGHLY = 4.0

#: most cells of a table of sites and features in memory
TABLE_CELLS = 16_000_000


class Index(Protocol):
    """The part of an index used here; `standort.earth.FeatureIndex` implements it."""

    @property
    def parts(self) -> Parts:
        """The vertices, segments and areas of the layer."""

    @property
    def tree(self) -> cKDTree[Any, Any]:
        """The tree of the vertices."""

    def nearest_of(
        self, points: Floats, exclude: Ints, k: int, max_distance: float
    ) -> tuple[Ints, Floats]:
        """Return the k nearest outlines of geocentric points and their distances [m]."""


def vertex_pairs(points: Floats, tree: cKDTree[Any, Any], reach: float) -> NDArray[np.void]:
    """Return unordered pairs of a point `i` and a vertex `j` within a chord [m], the chord `v`."""
    return cKDTree(points, compact_nodes=False, balanced_tree=False).sparse_distance_matrix(
        tree, reach, output_type="ndarray"
    )


def point_pairs(index: Index, points: Floats, block: Ints, radius: float, exclude: Ints) -> Pairs:
    """Pair sites with features that are single points; only chords near the radius need a test.

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
        For each site the position of a feature to skip, or `NO_FEATURE`.
    """
    vertices = index.parts.vertices
    near = vertex_pairs(points[block], index.tree, float(chord_ceiling(radius)))
    close = np.flatnonzero(near["v"] > chord_floor(radius))
    if close.size:
        row, feature = near["i"][close], near["j"][close]
        length = geodesic_length(points[block[row]], vertices[feature])
        near = np.delete(near, close[length > radius])
    # row and feature packed into one number sort fastest
    bits = max(len(vertices) - 1, 1).bit_length()
    key = (near["i"] << bits) | near["j"]
    key.sort()
    row, feature = key >> bits, key & ((1 << bits) - 1)
    excluded = exclude[block]
    if (excluded != NO_FEATURE).any():
        keep = feature != excluded[row]
        row, feature = row[keep], feature[keep]
    return Pairs(
        block,
        row,
        feature,
        None,
        lambda row, other: geodesic_length(points[block[row]], vertices[other]),
    )


class Outlines:
    """Points, lines and polygon boundaries to pair with sites.

    Parameters
    ----------
    parts
        The vertices and segments of the layer.
    index_of
        Builds an index from parts.
    """

    def __init__(self, parts: Parts, index_of: Callable[[Parts], Index]) -> None:
        self.parts = parts
        self._index_of = index_of
        size = np.bincount(parts.owner, minlength=parts.n_features)
        self._start = np.cumsum(size) - size
        self._size = size
        self._large = np.flatnonzero(size >= MANY_VERTICES)
        # indexes of single outlines, by the name of the feature
        self._name: Ints = np.arange(parts.n_features)
        self._alone: dict[int, Index] = {}

    def subset(self, parts: Parts, which: Ints) -> Outlines:
        """Return the outlines of some features; both objects share the indexes of outlines.

        Parameters
        ----------
        parts
            The vertices and segments of these features.
        which
            Their positions among all features.
        """
        some = Outlines(parts, self._index_of)
        some._name, some._alone = self._name[which], self._alone
        return some

    def blocks(self, points: Floats, radius: float) -> Iterator[Ints]:
        """Split sites into blocks with a bounded number of pairs."""
        reach = self._reach(self._small, radius)
        return compact_blocks(points, self._crowding, reach, extra=len(self._large))

    def pairs(
        self, points: Floats, block: Ints, radius: float, exclude: Ints, inside: tuple[Ints, Ints]
    ) -> Pairs:
        """Pair sites with the nearest point of each feature, at distance 0 inside polygons.

        Parameters
        ----------
        points, block, radius, exclude
            As for `point_pairs`.
        inside
            Sites and the polygons they are in, sorted by site.
        """
        parts = [
            self._inside_pairs(block, inside),
            *self._small_pairs(points[block], radius),
            *self._large_pairs(points[block], radius),
        ]
        row, feature, distance = (np.concatenate(part) for part in zip(*parts, strict=True))
        # NaN: certainly within the radius, not measured yet
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
        """Return the k nearest outlines of geocentric points [m], and their distances [m].

        The vertices nearest to a point mostly belong to one outline, so a search by vertices takes
        long to reach the second. Here each outline of many vertices is queried separately, if its
        bounding sphere is near enough for it to be among the k.
        """
        feature = np.full((len(points), k), NO_FEATURE, dtype=np.intp)
        distance = np.full((len(points), k), np.inf)
        # several vertices are stored for each point and outline
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
        # equal to cdist, without importing scipy.spatial.distance
        away = np.sqrt(sum((points[:, [axis]] - centre[:, axis]) ** 2 for axis in range(3)))
        away[exclude[:, np.newaxis] == self._large] = np.inf
        # chords that the k nearest do not exceed
        limits = chord_ceiling(np.minimum(best, max_distance) + TIE)
        limit = limits[:, -1].copy()
        if len(self._large) >= k:
            # k outlines are wholly within this chord
            within = np.partition(away + extent, k - 1, axis=1)[:, k - 1]
            limit = np.minimum(limit, chord_of_no_farther(within))
        seen = []
        for i in np.argsort((away - extent).min(axis=0, initial=np.inf), kind="stable"):
            rows = np.flatnonzero(away[:, i] - extent[i] <= limit)
            if rows.size:
                seen.append(_look_at(int(i), self._own_index(int(i)), rows, points))
                reached = chord_of_no_farther(seen[-1].chord[:, 0])
                limits[rows] = np.sort(np.column_stack([limits[rows], reached]), axis=1)[:, :k]
                limit[rows] = np.minimum(limit[rows], limits[rows, -1])
        start = self._start[self._large]
        of_large = _measure_seen(seen, self.parts, start, points, limit)
        of_large[of_large > max_distance] = np.inf
        owners = np.column_stack([owner, np.broadcast_to(self._large, of_large.shape)])
        return k_nearest(owners, np.column_stack([best, of_large]), k)

    def _distance(self, points: Floats, feature: Ints) -> Floats:
        """Measure the distance [m] of points to one feature of many vertices each."""
        distance = np.empty(len(points))
        order = np.argsort(feature, kind="stable")
        starts = np.flatnonzero(np.diff(feature[order], prepend=-1))
        for some in np.split(order, starts[1:]):
            i = int(np.searchsorted(self._large, feature[some[0]]))
            no_exclusion = np.full(len(some), NO_FEATURE)
            near = self._own_index(i).nearest_of(points[some], no_exclusion, 1, np.inf)[1]
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
        """List the vertices of small features within reach that could be the nearest."""
        small = self._small
        reach = self._reach(small, radius)
        for some in self._rows(points, reach):
            near = vertex_pairs(points[some], small.tree, reach)
            row, vertex = near["i"], near["j"]
            could = self._could_be_nearest(row, small.parts.owner[vertex], near["v"])
            row, vertex = row[could] + some.start, vertex[could]
            yield row, small.parts.owner[vertex], small.parts.distance(points[row], vertex)

    def _rows(self, points: Floats, reach: float) -> Iterator[slice]:
        """Split a block so that a table of its sites and the features near them stays small."""
        low, high = points.min(axis=0), points.max(axis=0)
        around = reach + float(np.linalg.norm(high - low)) / 2.0
        near = max(self._crowding.bound((low + high) / 2.0, around), 1)
        step = max(TABLE_CELLS // min(near, len(self._size)), 1)
        return (slice(i, i + step) for i in range(0, len(points), step))

    def _could_be_nearest(self, row: Ints, owner: Ints, chord: Floats) -> Ints:
        """Return vertices that may be the nearest of their feature or end its nearest segment.

        A segment no farther than the vertex at the least chord has an end within the hypotenuse of
        that chord and half the segment.
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
        """Measure each feature of many vertices near the block to the sites near it.

        Where a vertex is certainly within the radius, the distance is left unmeasured: many metrics
        never need it.
        """
        centre, extent = self._spheres
        limit = float(chord_ceiling(radius)) + extent
        low, high = points.min(axis=0), points.max(axis=0)
        apart = np.linalg.norm(centre - (low + high) / 2.0, axis=1)
        for i in np.flatnonzero(apart <= limit + np.linalg.norm(high - low) / 2.0):
            away = np.linalg.norm(points - centre[i], axis=1)
            row, index = np.flatnonzero(away <= limit[i]), self._own_index(int(i))
            sure = away[row] + extent[i] <= chord_floor(radius)
            # any vertex within the radius is enough, so a rough search mostly suffices
            chord = self._nearest_vertex(index, points[row[~sure]], eps=ROUGHLY)
            sure[~sure] = chord <= chord_floor(radius)
            left = np.flatnonzero(~sure)
            chord = self._nearest_vertex(index, points[row[left]])
            sure[left] = chord <= chord_floor(radius)
            yield row[sure], np.full(sure.sum(), self._large[i]), np.full(sure.sum(), np.nan)
            row = row[left[(chord > chord_floor(radius)) & (chord <= self._reach(index, radius))]]
            if not row.size:
                continue
            no_exclusion = np.full(len(row), NO_FEATURE)
            _, distance = index.nearest_of(points[row], no_exclusion, 1, radius)
            reached = np.isfinite(distance[:, 0])
            feature = np.full(np.count_nonzero(reached), self._large[i])
            yield row[reached], feature, distance[reached, 0]

    @staticmethod
    def _nearest_vertex(index: Index, points: Floats, eps: float = 0.0) -> Floats:
        """Return the chord [m] to the nearest vertex, or to one at most 1 + eps times as far."""
        return np.asarray(index.tree.query(points, k=1, eps=eps)[0])

    @property
    def are_many(self) -> bool:
        """Whether most vertices belong to features of many vertices."""
        return bool(2 * self._size[self._large].sum() > len(self.parts.vertices))

    @cached_property
    def _small(self) -> Index:
        """One index of all features of few vertices."""
        few = self._size < MANY_VERTICES
        return self._index_of(self.parts.outlines_of(few[self.parts.owner]))

    @cached_property
    def _crowding(self) -> Crowding:
        return Crowding.of(self._small.parts.vertices)

    @cached_property
    def _spheres(self) -> tuple[Floats, Floats]:
        """Centre and radius [m] of a sphere around each feature of many vertices."""
        vertices = self.parts.vertices
        ranges = [slice(s, s + n) for s, n in zip(self._start, self._size, strict=True)]
        low = np.array([vertices[ranges[i]].min(axis=0) for i in self._large]).reshape(-1, 3)
        high = np.array([vertices[ranges[i]].max(axis=0) for i in self._large]).reshape(-1, 3)
        # between two vertices the surface bulges by far less than a metre
        return (low + high) / 2.0, np.linalg.norm(high - low, axis=1) / 2.0 + 1.0

    def _own_index(self, i: int) -> Index:
        """Return the index of one feature of many vertices, built on first use."""
        feature = self._large[i]
        name = int(self._name[feature])
        if name not in self._alone:
            start = self._start[feature]
            own = self.parts.outlines_of(slice(start, start + self._size[feature]))
            self._alone[name] = self._index_of(own)
        return self._alone[name]

    @staticmethod
    def _reach(index: Index, radius: float) -> float:
        """Return a chord [m] within which any segment inside the radius has an end."""
        return float(np.hypot(chord_ceiling(radius), index.parts.longest_segment / 2.0))


#: vertices queried first: the nearest, and mostly its neighbours
_LOOK = 4


class _Seen(NamedTuple):
    """The nearest vertices of one outline from some points, and the chords to them [m]."""

    outline: int
    alone: Index
    rows: Ints
    vertex: Ints
    chord: Floats


def _look_at(outline: int, index: Index, rows: Ints, points: Floats) -> _Seen:
    """Query the vertices of one outline nearest to some rows of geocentric points [m]."""
    chord, vertex = index.tree.query(points[rows], k=np.arange(1, _LOOK + 1))
    return _Seen(outline, index, rows, np.asarray(vertex, dtype=np.intp), np.asarray(chord))


def _measure_seen(
    seen: list[_Seen], parts: Parts, start: Ints, points: Floats, limit: Floats
) -> Floats:
    """Measure distances [m] of points to outlines, shape (n points, n outlines).

    `start` holds the first vertex of each outline among all, `limit` the longest chord [m] that
    matters to each point; distances certainly beyond it stay infinite. A segment no farther than a
    chord has an end within the hypotenuse of that chord and half the segment.
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


def _look_farther(one: _Seen, points: Floats, distance: Floats) -> None:
    """Measure again, in place, where vertices not queried yet may end the nearest segment."""
    measured = distance[one.rows, one.outline]
    reach = np.hypot(chord_ceiling(measured + TIE), one.alone.parts.longest_segment / 2.0)
    unsure = one.rows[np.isfinite(measured) & (one.chord[:, -1] <= reach)]
    if unsure.size:
        no_exclusion = np.full(len(unsure), NO_FEATURE)
        _, nearest = one.alone.nearest_of(points[unsure], no_exclusion, 1, np.inf)
        distance[unsure, one.outline] = nearest[:, 0]
