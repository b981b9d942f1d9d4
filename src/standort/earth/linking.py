"""Points as a graph: who has enough neighbours within a distance, and who is linked to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from standort.earth.blocks import Crowding, compact_blocks, in_threads, spatial_order
from standort.earth.geodesy import TIE, chord_ceiling, chord_floor, geocentric, geodesic_length
from standort.earth.index import FeatureIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Flags = NDArray[np.bool_]

__all__ = ["FEW_KEPT", "NearFew", "crowded", "linked", "near_few"]

#: up to so many neighbours of each point are worth keeping
FEW_KEPT = 8

#: up to so many neighbours a search for the k-th is faster than counting
_FEW = 64
#: neighbours of each point that are linked before the rest is looked at
_FIRST_LINKS = 5
#: points whose neighbours are looked for at once
_AT_ONCE = 65_536
#: farther from the axes than any point of the Earth, and the least edge of a cell [m]: with it the
#: place of a cell along an axis has 21 bits
_WIDEST, _LEAST_EDGE = 6_400_000.0, 7.0
#: a cell and those that touch it
_TOUCHING = [(i << 42) + (j << 21) + k for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)]


@dataclass(frozen=True)
class NearFew:
    """The nearest few neighbours of each point within a radius, as pairs of positions.

    Parameters
    ----------
    enough
        Which points have enough points within the radius, themselves among them.
    complete
        Which points have all others within the radius listed.
    start, end
        A point and another near it.
    sure
        Whether they are surely within the radius; others may be beyond it by a hair.
    points
        The points in geocentric coordinates [m].
    """

    enough: Flags
    complete: Flags
    start: Ints
    end: Ints
    sure: Flags
    points: Floats


def near_few(lon: Floats, lat: Floats, *, radius: float, at_least: int) -> NearFew:
    """Flag the points that have enough points within a radius, as `crowded`, and list the nearest.

    Parameters
    ----------
    lon, lat
        Points [degrees], shape (n,).
    radius
        Largest distance [m], inclusive (to a micrometre).
    at_least
        How many are enough, 1 to `FEW_KEPT`: so many are listed at most, the point itself aside.

    Returns
    -------
    Flags and pairs; the answers of `crowded` to the bit.

    Examples
    --------
    >>> near = near_few(np.array([0.0, 0.01, 5.0]), np.zeros(3), radius=2_000.0, at_least=2)
    >>> near.enough, near.start, near.end
    (array([ True,  True, False]), array([0, 1]), array([1, 0]))
    """
    reach = radius + TIE
    points = geocentric(lon, lat)
    order = spatial_order(points)
    along = points[order]
    tree: cKDTree[Any, Any] = cKDTree(along, balanced_tree=False)  # faster for points in order
    sure, bound = chord_floor(reach), np.nextafter(float(chord_ceiling(reach)), np.inf)
    kth = np.full(len(points), np.inf)

    def search(first: int) -> tuple[Ints, Ints, Flags]:
        some = order[first : first + _AT_ONCE]
        chord, place = tree.query(
            along[first : first + _AT_ONCE],
            k=np.arange(1, at_least + 1),
            distance_upper_bound=bound,
        )
        near = np.asarray(chord)
        kth[some] = near[:, -1]
        there = np.flatnonzero(np.isfinite(near))
        start, end = some[there // at_least], order[np.asarray(place).ravel()[there]]
        other = np.flatnonzero(start != end)
        return start[other], end[other], near.ravel()[there[other]] <= sure

    nothing = (order[:0], order[:0], np.empty(0, dtype=np.bool_))
    pairs = [nothing, *in_threads(search, range(0, len(points), _AT_ONCE))]
    start, end, surely = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    enough = kth <= sure
    unsure = np.flatnonzero(~enough & np.isfinite(kth))
    _count_unsure(lon, lat, unsure, enough, radius=radius, at_least=at_least)
    return NearFew(enough, np.isinf(kth), start, end, surely, points)


def _count_unsure(
    lon: Floats, lat: Floats, unsure: Ints, enough: Flags, *, radius: float, at_least: int
) -> None:
    """Fill in flags of points whose k-th neighbour is too near to the radius to tell by chord."""
    if unsure.size:
        everyone = FeatureIndex.of_points(lon, lat)
        count = everyone.count_within(lon[unsure], lat[unsure], radius=radius)
        enough[unsure] = count >= at_least


def crowded(lon: Floats, lat: Floats, *, radius: float, at_least: int) -> Flags:
    """Flag the points that have enough points within a radius, themselves among them.

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
    if at_least > _FEW:
        everyone = FeatureIndex.of_points(lon, lat)
        return np.asarray(everyone.count_within(lon, lat, radius=radius) >= at_least)
    enough = np.zeros(len(lon), dtype=np.bool_)
    reach = radius + TIE
    if at_least > len(lon):
        return enough
    points = geocentric(lon, lat)
    order = spatial_order(points)
    chord, _ = cKDTree(points).query(
        points[order],
        k=[at_least],
        workers=-1,
        distance_upper_bound=np.nextafter(float(chord_ceiling(reach)), np.inf),
    )
    # the k-th neighbour by chord lies within the radius, beyond it, or too near it to tell
    kth = np.asarray(chord)[:, 0]
    enough[order] = kth <= chord_floor(reach)
    unsure = order[(kth > chord_floor(reach)) & np.isfinite(kth)]
    _count_unsure(lon, lat, unsure, enough, radius=radius, at_least=at_least)
    return enough


def linked(
    lon: Floats,
    lat: Floats,
    *,
    radius: float,
    known: tuple[Ints, Ints] | None = None,
    points: Floats | None = None,
) -> Ints:
    """Label points so that those linked by a chain of short steps share a label.

    Parameters
    ----------
    lon, lat
        Points [degrees], shape (n,).
    radius
        Longest step [m], inclusive (to a micrometre).
    known
        Pairs of positions that are surely within the radius, as `near_few` lists them; without,
        the nearest neighbours are looked for. They only save time.
    points
        The points in geocentric coordinates [m], if they are at hand.

    Returns
    -------
    Labels 0, 1, ... in no particular order: the connected components of the graph of all pairs
    within the radius.

    Notes
    -----
    The nearest few neighbours of each point are linked first, and all points of a cell too small
    to hold a longer step. Where all cells that touch one have its label, its points are settled:
    of all others, walked block by block, only pairs between different labels still matter.

    Examples
    --------
    >>> label = linked(np.array([0.0, 0.01, 0.02, 5.0]), np.zeros(4), radius=2_000.0)
    >>> label[0] == label[1] == label[2], label[3] == label[0]
    (np.True_, np.False_)
    """
    radius = radius + TIE
    points = geocentric(lon, lat) if points is None else points
    if len(points) < 2:  # noqa: PLR2004 - one point is a component by itself
        return np.arange(len(points))
    start, end = _nearest_links(points, radius) if known is None else known
    label = _label_cells(points, chord_floor(radius))
    # most pairs lie within one cell, and few cells are to be joined
    start, end = label[start], label[end]
    apart = start != end
    label = _join(label, np.stack([start[apart], end[apart]]))
    reach = float(chord_ceiling(radius))
    unsettled = _among_others(points, label, reach)
    if not unsettled.size:
        return label
    left = points[unsettled]
    tree: cKDTree[Any, Any] = cKDTree(left)
    own = label[unsettled].astype(np.int32)

    def between_labels(block: Ints) -> Ints:
        found = cKDTree(left[block], compact_nodes=False, balanced_tree=False)
        pairs = found.sparse_distance_matrix(tree, reach, output_type="ndarray")
        of_start, end = own[block][pairs["i"]], pairs["j"]
        apart = np.flatnonzero(of_start != own[end])
        start, end = block[pairs["i"][apart]], end[apart]
        close = geodesic_length(left[start], left[end]) <= radius
        return np.stack([own[start[close]], own[end[close]]])

    blocks = compact_blocks(left, Crowding.of(left), reach)
    edges = [edge for edge in in_threads(between_labels, blocks) if edge.size]
    return _join(label, np.concatenate(edges, axis=1)) if edges else label


def _label_cells(points: Floats, sure: float) -> Ints:
    """Give one label to the points of each cell whose diagonal is surely no longer than a step."""
    edge = sure / np.sqrt(3.0) * (1.0 - 1e-9)
    if edge < _LEAST_EDGE:
        return np.arange(len(points))
    order, first, _ = _cells(points, edge)
    label = np.empty(len(points), dtype=np.intp)
    label[order] = np.repeat(np.arange(len(first)), np.diff(first, append=len(order)))
    return label


def _among_others(points: Floats, label: Ints, reach: float) -> Ints:
    """Find the points that may have one of another label within reach [m]: in a cell or by it."""
    order, first, cell = _cells(points, max(reach, _LEAST_EDGE) * (1.0 + 1e-9))
    low = np.minimum.reduceat(label[order], first)
    high = np.maximum.reduceat(label[order], first)
    least, most = low.copy(), high.copy()
    for step in _TOUCHING:
        place = np.minimum(np.searchsorted(cell, cell + step), len(cell) - 1)
        here = np.flatnonzero(cell[place] == cell + step)
        least[here] = np.minimum(least[here], low[place[here]])
        most[here] = np.maximum(most[here], high[place[here]])
    mixed = np.repeat(least != most, np.diff(first, append=len(order)))
    return np.sort(order[mixed])


def _cells(points: Floats, edge: float) -> tuple[Ints, Ints, Ints]:
    """Sort points into cubes.

    Returns
    -------
    Points in the order of their cells; where in it each cell starts; the number of each cell,
    ascending, from which those of the cells that touch it follow.
    """
    place = ((points + _WIDEST) / edge).astype(np.int64)
    number = (place[:, 0] << 42) | (place[:, 1] << 21) | place[:, 2]
    order = np.argsort(number)
    first = np.flatnonzero(np.diff(number[order], prepend=-1))
    return order, first, number[order[first]]


def _nearest_links(points: Floats, radius: float) -> Ints:
    """Pair each point with its nearest few, where that is sure from the chord alone."""
    order = spatial_order(points)
    sure = chord_floor(radius)
    tree: cKDTree[Any, Any] = cKDTree(points)
    chord, neighbour = tree.query(
        points[order],
        k=np.arange(2, min(_FIRST_LINKS, len(points)) + 1),
        workers=-1,
        distance_upper_bound=max(sure, 1e-9),
    )
    near = np.asarray(chord) <= sure
    start = np.broadcast_to(order[:, np.newaxis], near.shape)[near]
    return np.stack([start, np.asarray(neighbour)[near]])


def _join(label: Ints, edges: Ints) -> Ints:
    """Give one label to all that edges between labels connect."""
    start, end = edges
    shape = (int(label.max()) + 1,) * 2
    graph = coo_matrix((np.ones(len(start), dtype=np.bool_), (start, end)), shape=shape)
    return np.asarray(connected_components(graph, directed=False)[1])[label]
