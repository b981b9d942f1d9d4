"""Graphs of points within a radius: neighbour counts, connected components, nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from standort.arguments import checked, positive, whole
from standort.earth.blocks import (
    LEAST_EDGE,
    Crowding,
    ascending,
    compact_blocks,
    cube_numbers,
    in_parts,
    in_threads,
)
from standort.earth.feature_index import FeatureIndex
from standort.earth.geodesy import TIE, chord_ceiling, chord_floor, geocentric, geodesic_length

if TYPE_CHECKING:
    from collections.abc import Iterator

    from standort.array_types import Flags, Floats, Ints, Keys


#: most neighbours of each point worth storing
FEW_KEPT = 8

#: up to this k, searching for the k-th neighbour is faster than counting
FEW_SEARCHED = 64
#: neighbours of each point, itself included, that are linked before the other pairs
_FIRST_LINKS = 5
#: neighbours of a point, on average, beyond which links are sought from nearest points alone
_MANY_NEIGHBOURS = 256
#: points in a slab, and most slabs
_SLAB_POINTS, _MOST_SLABS = 65_536, 32


@dataclass(frozen=True)
class NearFew:
    """The nearest few neighbours of each point within a radius, as pairs.

    Parameters
    ----------
    radius
        The radius [m], inclusive (to a micrometre).
    curve
        The points in spatial order.
    enough
        Which points, in input order, have enough points within the radius, themselves included.
    complete
        Which points, in input order, have all others within the radius listed.
    pairs
        In any number of parts: two points near each other, as positions along the curve, and
        whether they are certainly within the radius; others may be just beyond it.
    """

    radius: float
    curve: Curve
    enough: Flags
    complete: Flags
    pairs: tuple[tuple[Ints, Ints, Flags], ...]


@checked(radius=positive("m"), at_least=whole(1))
def near_few(lon: Floats, lat: Floats, *, radius: float, at_least: int) -> NearFew:
    """Flag points that have enough points within a radius, as `crowded`, and list the nearest.

    Parameters
    ----------
    lon, lat
        Points [degrees], shape (n,).
    radius
        Largest distance [m], inclusive (to a micrometre).
    at_least
        How many are enough, 1 to `FEW_KEPT`. At most as many are listed, the point itself
        included.

    Returns
    -------
    Flags and pairs; the flags equal those of `crowded` to the bit.

    Examples
    --------
    >>> near = near_few(np.array([0.0, 0.01, 5.0]), np.zeros(3), radius=2_000.0, at_least=2)
    >>> near.enough, near.complete
    (array([ True,  True, False]), array([False, False,  True]))
    """
    return _search(lon, lat, radius, at_least, np.arange(1, at_least + 1))


def _search(lon: Floats, lat: Floats, radius: float, at_least: int, ranks: Ints) -> NearFew:
    """Search as `near_few`, but list only neighbours of given ranks, the last being `at_least`."""
    reach = radius + TIE
    curve = Curve.through(geocentric(lon, lat), edge=max(_linking_edge(reach), LEAST_EDGE))
    sure, bound = chord_floor(reach), float(np.nextafter(chord_ceiling(reach), np.inf))
    height = np.ascontiguousarray(curve.points[:, 2])
    enough, complete = np.zeros((2, len(lon)), dtype=np.bool_)

    def search(slab: tuple[float, float]) -> tuple[Ints, Ints, Flags]:
        low, high = slab
        some = np.flatnonzero((height >= low - bound) & (height < high + bound))
        own = np.flatnonzero((height[some] >= low) & (height[some] < high))
        points = curve.points.take(some, axis=0)
        tree: cKDTree[Any, Any] = cKDTree(points, balanced_tree=False)  # faster for points in order
        nearest = tree.query(points.take(own, axis=0), k=ranks, distance_upper_bound=bound)
        chord, position = (np.asarray(of_all) for of_all in nearest)
        kth, here = chord[:, -1], curve.order[some]
        crowd = np.zeros(len(some), dtype=np.bool_)
        crowd[own] = kth <= sure
        # the k-th neighbour by chord is within the radius, beyond it, or too close to call
        unsure = own[(kth > sure) & np.isfinite(kth)]
        if unsure.size:
            index = FeatureIndex.of_points(lon[here], lat[here])
            query = here[unsure]
            count = index.count_within(lon[query], lat[query], radius=radius)
            crowd[unsure] = count >= at_least
        enough[here[own]], complete[here[own]] = crowd[own], np.isinf(kth)
        return _pairs(chord, position, some.astype(np.int32), own, sure)

    pairs = tuple(in_threads(search, _slabs(height, bound)))
    return NearFew(radius, curve, enough, complete, pairs)


def _pairs(
    chord: Floats, position: Ints, some: Ints, own: Ints, sure: float
) -> tuple[Ints, Ints, Flags]:
    """List the points of a slab with their neighbours; see `NearFew.pairs`."""
    flat = position.ravel()
    there = np.flatnonzero(flat < len(some))  # a position beyond the last means no neighbour
    start, end = some[own][there // position.shape[1]], some[flat[there]]
    other = np.flatnonzero(start != end)
    return start[other], end[other], chord.ravel()[there[other]] <= sure


def _slabs(height: Floats, margin: float) -> Iterator[tuple[float, float]]:
    """Split heights [m] into slabs of about equally many points, to search them in threads.

    No slab is thinner than two margins, so a point is within a margin of at most two slabs.
    """
    n = min(len(height) // _SLAB_POINTS + 1, _MOST_SLABS)
    sample = np.sort(height[:: max(len(height) // 4_096, 1)])
    low = -np.inf
    for cut in sample[np.arange(1, n) * len(sample) // n].tolist():
        if cut - low >= 2.0 * margin:
            yield low, cut
            low = cut
    yield low, np.inf


@checked(radius=positive("m"), at_least=whole(1))
def crowded(lon: Floats, lat: Floats, *, radius: float, at_least: int) -> Flags:
    """Flag points that have enough points within a radius, themselves included.

    Parameters
    ----------
    lon, lat
        Points [degrees], shape (n,).
    radius
        Largest distance [m], inclusive (to a micrometre).
    at_least
        How many are enough.

    Returns
    -------
    A flag for each point.

    Examples
    --------
    >>> crowded(np.array([0.0, 0.01, 5.0]), np.zeros(3), radius=2_000.0, at_least=2)
    array([ True,  True, False])
    """
    if at_least > FEW_SEARCHED:
        index = FeatureIndex.of_points(lon, lat)
        return np.asarray(index.count_within(lon, lat, radius=radius) >= at_least)
    return _search(lon, lat, radius, at_least, np.array([at_least])).enough


@checked(radius=positive("m"))
def linked(lon: Floats, lat: Floats, *, radius: float) -> Ints:
    """Label points so that those connected by a chain of short steps share a label.

    Parameters
    ----------
    lon, lat
        Points [degrees], shape (n,).
    radius
        Longest step [m], inclusive (to a micrometre).

    Returns
    -------
    Labels 0, 1, ... in no particular order: the connected components of the graph of all pairs
    within the radius.

    Examples
    --------
    >>> label = linked(np.array([0.0, 0.01, 0.02, 5.0]), np.zeros(4), radius=2_000.0)
    >>> label[0] == label[1] == label[2], label[3] == label[0]
    (np.True_, np.False_)
    """
    near = near_few(lon, lat, radius=radius, at_least=_FIRST_LINKS)
    return linked_few(near, np.ones(len(lon), dtype=np.bool_))


@checked()
def linked_few(near: NearFew, among: Flags) -> Ints:
    """Label a subset of points as `linked` does, given the nearest few of all.

    Parameters
    ----------
    near
        Points and their nearest few; these pairs only save time.
    among
        Which points are linked; chains do not pass through others.

    Returns
    -------
    Labels of all points, -1 for those not linked.

    Notes
    -----
    The nearest few neighbours of each point are linked first, and all points of a cube too small
    to hold a longer step. Where all cubes that touch a cube share its label, its points are
    settled. Among the other points, processed block by block, only pairs between different labels
    still matter.

    Examples
    --------
    >>> lonlat = np.array([0.0, 0.01, 0.02, 5.0]), np.zeros(4)
    >>> near = near_few(*lonlat, radius=2_000.0, at_least=2)
    >>> linked_few(near, np.array([True, False, True, True])).tolist()
    [0, -1, 1, 2]
    """
    kept = among[near.curve.order]
    curve, reach = near.curve.keep(kept), near.radius + TIE
    label = _label_cubes(curve, reach)
    if len(label) > 1:
        # most pairs are within one cube, and few cubes remain to be joined
        label = _join(label, _listed_links(near, kept, label))
        label = _join_others(curve, label, reach)
    of_all = np.full(len(among), -1, dtype=np.intp)
    of_all[curve.order] = label
    return of_all


@checked()
def nearest_of_few(near: NearFew, preference: Ints, query: Flags) -> Ints:
    """Find the nearest candidate for each query point whose neighbours are all listed.

    Parameters
    ----------
    near
        Points and their nearest few.
    preference
        For each point, -1 or, for a candidate, its priority among those equally near (to a
        micrometre): the lowest wins. Priorities of candidates are distinct.
    query
        For which points to search; they must be `NearFew.complete`.

    Returns
    -------
    For each query point the position of the nearest candidate within the radius; -1 where there is
    none, and for other points.

    Examples
    --------
    The first point is the second's nearest, unless only the third is a candidate:

    >>> lonlat = np.array([0.0, 0.01, 0.025]), np.zeros(3)
    >>> near = near_few(*lonlat, radius=2_000.0, at_least=4)
    >>> query = np.array([False, True, False])
    >>> nearest_of_few(near, np.array([5, -1, 3]), query).tolist()
    [-1, 0, -1]
    >>> nearest_of_few(near, np.array([-1, -1, 3]), query).tolist()
    [-1, 2, -1]
    """
    curve = near.curve
    queried, priority = query[curve.order], preference[curve.order]
    candidate = priority >= 0

    def between(pairs: tuple[Ints, Ints, Flags]) -> Ints:
        start, end, _ = pairs
        kept = np.flatnonzero(queried[start] & candidate[end])
        return np.stack([start[kept], end[kept]])

    start, end = np.concatenate([*in_threads(between, near.pairs)], axis=1)
    length = geodesic_length(curve.points[start], curve.points[end])
    least = np.full(len(queried), near.radius + TIE)
    np.minimum.at(least, start, length)
    tied = np.flatnonzero(length <= np.minimum(least[start] + TIE, near.radius + TIE))
    start, end = start[tied], end[tied]
    first = np.full(len(queried), np.iinfo(np.int64).max)
    np.minimum.at(first, start, priority[end])
    chosen = np.flatnonzero(priority[end] == first[start])
    nearest: Ints = np.full(len(queried), -1, dtype=np.intp)
    nearest[curve.order[start[chosen]]] = curve.order[end[chosen]]
    return nearest


def _linking_edge(reach: float) -> float:
    """Return the edge of a cube whose diagonal is certainly no longer than a step [m]."""
    return float(chord_floor(reach) / np.sqrt(3.0) * (1.0 - 1e-9))


def _label_cubes(curve: Curve, reach: float) -> Ints:
    """Label the points of each cube alike, where a cube cannot hold a longer step."""
    if _linking_edge(reach) < LEAST_EDGE:
        return np.arange(len(curve.order), dtype=np.int32)
    size = curve.cubes().size
    return np.repeat(np.arange(len(size), dtype=np.int32), size)


def _listed_links(near: NearFew, kept: Flags, label: Ints) -> Ints:
    """Return the labels that listed pairs of kept points connect."""
    of_all = np.full(len(kept), -1, dtype=np.int32)
    of_all[kept] = label

    def between_labels(pairs: tuple[Ints, Ints, Flags]) -> Ints:
        start, end = of_all[pairs[0]], of_all[pairs[1]]
        apart = np.flatnonzero((start != end) & (start >= 0) & (end >= 0) & pairs[2])
        return np.stack([start[apart], end[apart]])

    return np.concatenate([*in_threads(between_labels, near.pairs)], axis=1)


def _join_others(curve: Curve, label: Ints, reach: float) -> Ints:
    """Merge the labels that unlisted pairs connect."""
    unsettled = _among_others(curve, label)
    if not unsettled.size:
        return label
    left, own = curve.points.take(unsettled, axis=0), label[unsettled].astype(np.int32)
    bound = float(chord_ceiling(reach))
    tree: cKDTree[Any, Any] = cKDTree(left, compact_nodes=False, balanced_tree=False)
    sample = left[:: max(len(left) // 64, 1)]
    if np.mean(tree.query_ball_point(sample, bound, return_length=True)) <= _MANY_NEIGHBOURS:
        return _join(label, _other_links(left, own, tree, reach))
    while (edges := _nearest_links(left, own, reach)).size:
        label = _join(label, edges)
        own = label[unsettled].astype(np.int32)
    return label


def _other_links(left: Floats, own: Ints, tree: cKDTree[Any, Any], reach: float) -> Ints:
    """Return the labels of points that any pair within a step connects."""
    blocks = compact_blocks(left, Crowding.of(left), float(chord_ceiling(reach)))
    others = np.arange(len(left))
    links = in_threads(lambda some: _near_labels(left, own, some, tree, others, reach), blocks)
    return np.concatenate([np.empty((2, 0), dtype=np.int32), *links], axis=1)


def _near_labels(
    points: Floats, own: Ints, some: Ints, tree: cKDTree[Any, Any], others: Ints, reach: float
) -> Ints:
    """Return the different labels of some points and of others, in a tree, within a step."""
    of_some = cKDTree(points[some], compact_nodes=False, balanced_tree=False)
    bound = float(chord_ceiling(reach))
    pairs = of_some.sparse_distance_matrix(tree, bound, output_type="ndarray")
    start, end = some[pairs["i"]], others[pairs["j"]]
    apart = np.flatnonzero(own[start] != own[end])
    start, end = start[apart], end[apart]
    close = geodesic_length(points[start], points[end]) <= reach
    return np.stack([own[start[close]], own[end[close]]])


def _nearest_links(points: Floats, own: Ints, reach: float) -> Ints:
    """Return at least one other label within a step of each label that has any; no pair is listed.

    Two labels differ in some bit, so the nearest points on the other side are sought for each bit.
    """
    sure, bound = chord_floor(reach), float(np.nextafter(chord_ceiling(reach), np.inf))
    edges: list[Ints] = [np.empty((2, 0), dtype=np.int32)]
    for bit in range(int(own.max()).bit_length()):
        side = (own >> bit) & 1
        sides = np.flatnonzero(side == 0), np.flatnonzero(side == 1)
        if not sides[0].size or not sides[1].size:
            continue
        few, many = sorted(sides, key=len)
        tree: cKDTree[Any, Any] = cKDTree(points[many])
        found = tree.query(points[few], distance_upper_bound=bound, workers=-1)
        chord, nearest = (np.asarray(of_all) for of_all in found)
        near = np.flatnonzero(chord <= sure)
        edges.append(np.stack([own[few[near]], own[many[nearest[near]]]]))
        # nothing on the other side is certainly within a step: what may be is in a thin shell
        unsure = few[(chord > sure) & np.isfinite(chord)]
        if unsure.size:
            edges.append(_near_labels(points, own, unsure, tree, many, reach))
    return np.unique(np.concatenate(edges, axis=1), axis=1)


def _among_others(curve: Curve, label: Ints) -> Ints:
    """Return points that may have a differently labelled point within a step.

    It would be in their cube or one that touches it: cubes have twice the edge, longer than a step.
    """
    cubes = curve.cubes(twice=True)
    low = np.minimum.reduceat(label, cubes.first)
    high = np.maximum.reduceat(label, cubes.first)
    mixed = low != high
    for here, there in cubes.touching():
        differ = np.flatnonzero((low[here] != low[there]) | (high[here] != high[there]))
        mixed[here[differ]] = mixed[there[differ]] = True
    return np.flatnonzero(np.repeat(mixed, cubes.size))


def _join(label: Ints, edges: Ints) -> Ints:
    """Merge the labels that edges connect."""
    start, end = edges
    shape = (int(label.max()) + 1,) * 2
    graph = coo_matrix((np.ones(len(start), dtype=np.bool_), (start, end)), shape=shape)
    return np.asarray(connected_components(graph, directed=False)[1])[label]


#: the bits of a number that hold the position along the first axis
_AXIS = np.uint64(0x1249249249249249)
#: steps from a cube to half of those that touch it; the others are their opposites
_HALF_ROUND = tuple(
    (i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1) if (i, j, k) > (0, 0, 0)
)


@dataclass(frozen=True)
class Curve:
    """Points in the order of a Morton curve.

    Parameters
    ----------
    order
        Input position of each point along the curve.
    points
        Geocentric coordinates along the curve [m], shape (n, 3).
    number
        Keys of their smallest cubes, ascending.
    halvings
        How often the requested edge was halved to get the smallest cubes.
    """

    order: Ints
    points: Floats
    number: Keys
    halvings: int

    @classmethod
    def through(cls, points: Floats, *, edge: float) -> Curve:
        """Order points [m] along a curve through cubes of an edge [m], `LEAST_EDGE` or more.

        The curve continues within those cubes through ever smaller ones, so that the points of one
        cube are ordered too.
        """
        halvings = int(np.log2(edge / LEAST_EDGE))
        number = cube_numbers(points, edge / 2.0**halvings)
        order = ascending(number)
        along = np.empty_like(points)

        def fill(some: slice) -> None:
            along[some] = points.take(order[some], axis=0)

        in_parts(fill, len(order))
        return cls(order, along, number[order], halvings)

    def keep(self, kept: Flags) -> Curve:
        """Return the points that a mask along the curve keeps."""
        some = np.flatnonzero(kept)
        points = self.points.take(some, axis=0)
        return Curve(self.order[some], points, self.number[some], self.halvings)

    def cubes(self, *, twice: bool = False) -> Cubes:
        """Return the cubes of the edge, or of twice the edge, along the curve."""
        number = self.number >> np.uint64(3 * (self.halvings + int(twice)))
        begins = np.ones(len(number), dtype=np.bool_)
        np.not_equal(number[1:], number[:-1], out=begins[1:])
        first = np.flatnonzero(begins)
        return Cubes(first, np.diff(first, append=len(number)), number[first])


@dataclass(frozen=True)
class Cubes:
    """The cubes along a curve that hold points: first point, number of points, Morton number."""

    first: Ints
    size: Ints
    number: Keys

    def touching(self) -> list[tuple[Ints, Ints]]:
        """Return positions of each pair of touching cubes, once."""
        return list(in_threads(self._step, _HALF_ROUND))

    def _step(self, step: tuple[int, int, int]) -> tuple[Ints, Ints]:
        """Pair each cube with the one a step away, if that one holds points."""
        beside = np.zeros(len(self.number), dtype=np.uint64)
        for axis, by in enumerate(step):
            beside |= _moved(self.number, axis, by)
        position = np.minimum(self.number.searchsorted(beside), len(self.number) - 1)
        here = np.flatnonzero(self.number[position] == beside)
        return here, position[here]


def _moved(number: Keys, axis: int, by: int) -> Keys:
    """Move cubes by one step, or none, along an axis, and return the bits of that axis alone.

    The bits of the other axes are in between: set to ones they carry, set to zeros they borrow.
    """
    mask, one = _AXIS << np.uint64(axis), np.uint64(1 << axis)
    if by > 0:
        return ((number | ~mask) + one) & mask
    along = number & mask
    return along if by == 0 else (along - one) & mask
