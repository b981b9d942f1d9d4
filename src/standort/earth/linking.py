"""Points as a graph: who has enough neighbours within a distance, and who is linked to whom."""

from __future__ import annotations

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

__all__ = ["crowded", "linked"]

#: up to so many neighbours a search for the k-th is faster than counting
_FEW = 64
#: neighbours of each point that are linked before the rest is looked at
_FIRST_LINKS = 5


def crowded(lon: Floats, lat: Floats, *, radius: float, at_least: int) -> NDArray[np.bool_]:
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
    if unsure.size:
        everyone = FeatureIndex.of_points(lon, lat)
        count = everyone.count_within(lon[unsure], lat[unsure], radius=radius)
        enough[unsure] = count >= at_least
    return enough


def linked(lon: Floats, lat: Floats, *, radius: float) -> Ints:
    """Label points so that those linked by a chain of short steps share a label.

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

    Notes
    -----
    The nearest few neighbours of each point are linked first. Of all other pairs, walked block by
    block, only those between different labels still matter, which are few.

    Examples
    --------
    >>> label = linked(np.array([0.0, 0.01, 0.02, 5.0]), np.zeros(4), radius=2_000.0)
    >>> label[0] == label[1] == label[2], label[3] == label[0]
    (np.True_, np.False_)
    """
    radius = radius + TIE
    points = geocentric(lon, lat)
    label: Ints = np.arange(len(points))
    if len(points) < 2:  # noqa: PLR2004 - one point is a component by itself
        return label
    tree = cKDTree(points)
    label = _link_nearest(points, tree, label, radius).astype(np.int32)

    def between_labels(block: Ints) -> Ints:
        found = cKDTree(points[block], compact_nodes=False, balanced_tree=False)
        pairs = found.sparse_distance_matrix(tree, reach, output_type="ndarray")
        of_start, end = label[block][pairs["i"]], pairs["j"]
        apart = np.flatnonzero(of_start != label[end])
        start, end = block[pairs["i"][apart]], end[apart]
        close = geodesic_length(points[start], points[end]) <= radius
        return np.stack([label[start[close]], label[end[close]]])

    reach = float(chord_ceiling(radius))
    blocks = compact_blocks(points, Crowding.of(points), reach)
    edges = [edge for edge in in_threads(between_labels, blocks) if edge.size]
    return _join(label, np.concatenate(edges, axis=1)) if edges else label


def _link_nearest(points: Floats, tree: cKDTree, label: Ints, radius: float) -> Ints:
    """Link each point with its nearest few, where that is sure from the chord alone."""
    order = spatial_order(points)
    sure = chord_floor(radius)
    chord, neighbour = tree.query(
        points[order],
        k=np.arange(2, min(_FIRST_LINKS, len(points)) + 1),
        workers=-1,
        distance_upper_bound=max(sure, 1e-9),
    )
    near = np.asarray(chord) <= sure
    start = np.broadcast_to(order[:, np.newaxis], near.shape)[near]
    return _join(label, np.stack([start, np.asarray(neighbour)[near]]))


def _join(label: Ints, edges: Ints) -> Ints:
    """Give one label to all that edges between labels connect."""
    start, end = edges
    graph = coo_matrix((np.ones(len(start), dtype=np.bool_), (start, end)), shape=(len(label),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1])[label]
