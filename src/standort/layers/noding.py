"""From loose lines to edges between nodes: which lines are joined, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from standort.earth import geocentric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["Noded", "Noding", "node_lines"]

Noding = Literal["ends", "vertices"]


class Noded(NamedTuple):
    """Lines between nodes.

    `nodes` are geocentric coordinates [m], shape (n, 3); `start` and `end` the node at which each
    of the `lines` begins and ends.
    """

    nodes: Floats
    start: Ints
    end: Ints
    lines: NDArray[np.object_]


def node_lines(geometries: NDArray[np.object_], *, tolerance: float, noding: Noding) -> Noded:
    """Join lines at the ends, or at the vertices, they share.

    Parameters
    ----------
    geometries
        Lines, also of several parts, in longitude and latitude [degrees].
    tolerance
        Ends no farther apart than this [m] are one node.
    noding
        ``"ends"`` joins lines where they end only; ``"vertices"`` also splits them at every vertex
        that occurs more than once, exactly: in OpenStreetMap that is a junction, and a crossing
        without a vertex is a bridge.

    Returns
    -------
    The lines, split where asked, and the nodes between them.

    Examples
    --------
    >>> lines = shapely.from_wkt(["LINESTRING (0 0, 1 0, 2 0)", "LINESTRING (1 0, 1 1)"])
    >>> [len(node_lines(lines, tolerance=0.1, noding=n).lines) for n in ("ends", "vertices")]
    [2, 3]
    """
    lonlat, line = shapely.get_coordinates(shapely.get_parts(geometries), return_index=True)
    first = np.append(True, line[1:] != line[:-1])
    last = np.append(first[1:], True)
    if noding == "vertices":
        lonlat, first, last = _split(lonlat, first, last)
    line = np.cumsum(first) - 1
    ends = np.concatenate([lonlat[first], lonlat[last]])
    nodes, node = _join(geocentric(*ends.T), tolerance)
    count = int(first.sum())
    lines = np.asarray(shapely.linestrings(lonlat, indices=line), dtype=object)
    return Noded(nodes, node[:count], node[count:], lines)


def _split(
    lonlat: Floats, first: NDArray[np.bool_], last: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Double the inner vertices that occur more than once, so that a line ends and one begins."""
    _, place, times = np.unique(lonlat, axis=0, return_inverse=True, return_counts=True)
    at = (times[place.ravel()] > 1) & ~first & ~last
    source = np.repeat(np.arange(len(lonlat)), 1 + at)
    again = np.append(False, source[1:] == source[:-1])
    before = np.append(again[1:], False)
    return lonlat[source], first[source] | again, last[source] | before


def _join(points: Floats, tolerance: float) -> tuple[Floats, Ints]:
    """Make one node of points within a tolerance; give the nodes, and the node of each point."""
    unique, of_point = np.unique(points, axis=0, return_inverse=True)
    pairs = cKDTree(unique).query_pairs(tolerance, output_type="ndarray")
    graph = coo_array(
        (np.ones(len(pairs), dtype=np.int8), pairs.T), shape=(len(unique), len(unique))
    )
    group = connected_components(graph, directed=False)[1]
    _, lowest = np.unique(group, return_index=True)
    return unique[lowest], group[of_point.ravel()]
