"""Networks from lines, joined at common ends or vertices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from standort.arguments import between, checked
from standort.earth import Network, build_network, geocentric
from standort.errors import LayerError, warn
from standort.layers.geometry.conversion import to_wgs84
from standort.layers.networks.one_way import Directions, find_one_way, read_directions

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints

Noding = Literal["ends", "vertices"]

#: Default distance within which ends of lines are joined [m].
TOLERANCE_M = 0.1

_LINES = frozenset({"line"})


@checked(tolerance_m=between(0, unit="m"))
def network_from_lines(
    lines: GeoDataFrame,
    *,
    tolerance_m: float = TOLERANCE_M,
    noding: Noding = "ends",
    name: str = "network",
) -> Network:
    """Build a network from lines that are joined at common ends (or vertices).

    Parameters
    ----------
    lines
        Lines in any CRS. They can be travelled in both directions unless a column ``oneway`` says
        otherwise, in any form of OpenStreetMap's yes, no and -1: along the line as drawn, or from
        the node ``u`` to ``v`` (``from`` to ``to``) where such columns name the nodes, as in files
        of OSMnx. Lines without a value can be travelled both ways.
    tolerance_m, noding
        As for `read_network`.
    name
        Name for messages.

    Returns
    -------
    The network.

    Raises
    ------
    CRSError
        If the lines have no CRS.
    GeometryError
        If geometries are missing, empty, off the Earth or not lines.
    LayerError
        If no lines remain, or there are several columns ``oneway``.
    OptionError
        If an option is out of range.

    Warns
    -----
    StandortWarning
        If lines cross or touch where they are not joined, values of ``oneway`` are not understood,
        or the lines are edges of a graph without ``oneway``.

    Examples
    --------
    Two roads of one degree each along the equator:

    >>> from geopandas import GeoDataFrame
    >>> roads = GeoDataFrame(
    ...     geometry=shapely.from_wkt(["LINESTRING (0 0, 1 0)", "LINESTRING (1 0, 2 0)"]), crs=4326
    ... )
    >>> network = network_from_lines(roads)
    >>> len(network), len(network.nodes), network.length.sum().round(3)
    (2, 3, np.float64(222638.982))
    >>> network_from_lines(roads.assign(oneway=["yes", "no"])).is_directed
    True
    """
    lines = _with_node_columns(lines)
    layer, _ = to_wgs84(lines, name=name, allowed=_LINES, id_column="feature_id")
    reject_empty(layer, name)
    noded = node_lines(layer.geometry.to_numpy(), tolerance=tolerance_m, noding=noding)
    forward, backward = _directions(layer, noded, name)
    network = build_network(
        noded.nodes, noded.start, noded.end, noded.lines, forward=forward, backward=backward
    )
    reject_empty(network, name)
    if network.unsplit_crossings:
        remedy = "" if noding == "vertices" else ", or join them at vertices (--at-vertices)"
        warn(
            f"layer {name!r}: lines cross or touch without ending at {network.unsplit_crossings:,} "
            "positions; they are not joined, as they may be bridges. If they are junctions, "
            f"split the lines there first (in QGIS: 'Split with lines'){remedy}"
        )
    return network


#: Pairs of columns that name the nodes of an edge; OSMnx adds from and to to undirected graphs,
#: whose u and v are in no order.
_NODE_COLUMNS = (("from", "to"), ("u", "v"), ("source", "target"))


def _with_node_columns(lines: GeoDataFrame) -> GeoDataFrame:
    """Return lines with u and v as columns, which OSMnx has as an index."""
    levels = [level for level in ("u", "v") if level in lines.index.names and level not in lines]
    return lines.reset_index(levels) if levels else lines


def _directions(layer: GeoDataFrame, noded: Noded, name: str) -> Directions:
    """Return the directions of the joined lines, from the columns of their layer."""
    one_way = find_one_way(layer, name=name)
    columns = list(layer.columns)
    names = next((p for p in _NODE_COLUMNS if all(columns.count(c) == 1 for c in p)), None)
    turned = np.zeros(len(layer), dtype=bool)
    if names is not None:
        turned, are_nodes = _drawn_against(layer[names[0]], layer[names[1]], noded)
        if one_way is None and are_nodes:
            warn(
                f"layer {name!r}: its columns {names[0]!r} and {names[1]!r} are those of a graph, "
                "but without a column 'oneway' the directions of its edges are unknown; all can be "
                "travelled in both directions (save the graph with 'oneway', or as GraphML)"
            )
    if one_way is None:
        both = np.ones(len(noded.lines), dtype=bool)
        return Directions(both, both)
    forward, backward = read_directions(one_way, name=name).turned(turned)
    return Directions(forward[noded.owner], backward[noded.owner])


def _drawn_against(u: pd.Series[Any], v: pd.Series[Any], noded: Noded) -> tuple[Flags, bool]:
    """Return which lines are drawn from v to u, and whether u and v name the nodes at all.

    A node is where the ends of the lines that name it meet. One that a single line names is left
    open, as either end may be it.
    """
    owner, first = np.unique(noded.owner, return_index=True)
    last = len(noded.owner) - 1 - np.unique(noded.owner[::-1], return_index=True)[1]
    ends = np.stack([noded.start[first], noded.end[last]])
    # 0 where the name is unknown
    names = 1 + pd.factorize(pd.concat([u, v]).astype("string"))[0].reshape(2, -1)[:, owner]
    is_shared = (np.bincount(names.ravel())[names] > 1) & (names > 0)
    at = np.where(is_shared, _places(names, ends), -1)
    along, against = (at == ends).sum(axis=0), (at == ends[::-1]).sum(axis=0)
    turned = np.zeros(len(u), dtype=bool)
    turned[owner] = against > along
    are_nodes = is_shared.any() and (np.maximum(along, against) == is_shared.sum(axis=0)).all()
    return turned, bool(are_nodes)


def _places(names: Ints, ends: Ints) -> Ints:
    """Return for each name of an end, shape (2, n), the node that most lines of that name share.

    A line votes for both of its ends, a little more for the one at which it should be.
    """
    votes = pd.DataFrame(
        {
            "name": np.concatenate([names, names]).ravel(),
            "node": np.concatenate([ends, ends[::-1]]).ravel(),
            "weight": np.repeat([3, 2], names.size),
        }
    )
    count = votes.groupby(["name", "node"])["weight"].sum().reset_index()
    best = count.sort_values("weight", kind="stable").drop_duplicates("name", keep="last")
    place = np.zeros(names.max() + 1, dtype=np.intp)
    place[best["name"]] = best["node"]
    return place[names]


def reject_empty(network: Network | GeoDataFrame, name: str) -> None:
    """Raise unless a network or a layer of lines holds anything."""
    if not len(network):
        msg = f"network {name!r}: expected lines, found none with a length"
        raise LayerError(msg)


class Noded(NamedTuple):
    """Lines between nodes.

    `nodes` are geocentric coordinates [m], shape (n, 3); `start` and `end` the nodes at the ends of
    each of the `lines`, and `owner` the position of the geometry it is a part of.
    """

    nodes: Floats
    start: Ints
    end: Ints
    lines: NDArray[np.object_]
    owner: Ints


def node_lines(geometries: NDArray[np.object_], *, tolerance: float, noding: Noding) -> Noded:
    """Join lines at common ends, or also at common vertices.

    Parameters
    ----------
    geometries
        Lines or MultiLines in longitude and latitude [degrees].
    tolerance
        Ends within this distance [m] are one node.
    noding
        ``"ends"`` joins lines only at their ends; ``"vertices"`` also splits them at vertices that
        occur more than once: in OpenStreetMap these are junctions, and crossings without a vertex
        are bridges.

    Returns
    -------
    The lines, split if requested, and their nodes.

    Examples
    --------
    >>> lines = shapely.from_wkt(["LINESTRING (0 0, 1 0, 2 0)", "LINESTRING (1 0, 1 1)"])
    >>> [len(node_lines(lines, tolerance=0.1, noding=n).lines) for n in ("ends", "vertices")]
    [2, 3]
    """
    parts, owner = shapely.get_parts(geometries, return_index=True)
    lonlat, line = shapely.get_coordinates(parts, return_index=True)
    owner = owner[line]
    first = np.append(True, line[1:] != line[:-1])
    last = np.append(first[1:], True)
    if noding == "vertices":
        source, first, last = _split(lonlat, first, last)
        lonlat, owner = lonlat[source], owner[source]
    line = np.cumsum(first) - 1
    ends = np.concatenate([lonlat[first], lonlat[last]])
    nodes, node = _join(geocentric(*ends.T), tolerance)
    count = int(first.sum())
    lines = np.asarray(shapely.linestrings(lonlat, indices=line), dtype=object)
    return Noded(nodes, node[:count], node[count:], lines, owner[first])


def _split(lonlat: Floats, first: Flags, last: Flags) -> tuple[Ints, Flags, Flags]:
    """Duplicate inner vertices that occur more than once, to split lines there.

    Return the position of each vertex before, and which now begin and end lines.
    """
    _, number, times = np.unique(lonlat, axis=0, return_inverse=True, return_counts=True)
    at = (times[number.ravel()] > 1) & ~first & ~last
    source = np.repeat(np.arange(len(lonlat)), 1 + at)
    again = np.append(False, source[1:] == source[:-1])
    before = np.append(again[1:], False)
    return source, first[source] | again, last[source] | before


def _join(points: Floats, tolerance: float) -> tuple[Floats, Ints]:
    """Merge points within a tolerance; return the nodes and the node of each point."""
    unique, of_point = np.unique(points, axis=0, return_inverse=True)
    pairs = cKDTree(unique).query_pairs(tolerance, output_type="ndarray")
    graph = coo_array(
        (np.ones(len(pairs), dtype=np.int8), pairs.T), shape=(len(unique), len(unique))
    )
    group = connected_components(graph, directed=False)[1]
    _, lowest = np.unique(group, return_index=True)
    return unique[lowest], group[of_point.ravel()]
