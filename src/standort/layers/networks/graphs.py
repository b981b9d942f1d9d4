"""Networks from graphs of networkx and OSMnx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from geopandas import GeoDataFrame

from standort.arguments import checked
from standort.earth import Network, build_network, geocentric
from standort.earth.network.line_network import line_ends
from standort.errors import CRSError, GeometryError, LayerError, name_ids, warn
from standort.layers.geometry.conversion import to_wgs84
from standort.layers.networks.line_layers import reject_empty
from standort.layers.networks.one_way import Directions, read_directions

if TYPE_CHECKING:
    import networkx as nx
    from numpy.typing import NDArray

    from standort.array_types import Floats, Ints

#: Distance from its node at which the end of a line is remarkable [m].
_FAR = 100.0

_LINES = frozenset({"line"})
_POINTS = frozenset({"point"})


@checked()
def network_from_graph(graph: nx.Graph[Any], *, name: str = "network") -> Network:
    """Build a network from an OSMnx graph.

    Parameters
    ----------
    graph
        Nodes with ``x`` and ``y`` in the ``crs`` of the graph. Edges follow their ``geometry`` (a
        line or its WKT) if they have one, otherwise they are straight. In a directed graph they are
        one-way, and a two-way street is two edges; in an undirected one they are two-way unless
        ``oneway`` says otherwise, ``from`` one node ``to`` the other. Lengths are measured on
        WGS84; ``length`` is ignored.
    name
        Name for messages.

    Returns
    -------
    The network, connected only where the graph is.

    Raises
    ------
    CRSError
        If the graph has no CRS, or an invalid one.
    GeometryError
        If edges are drawn in parts that do not touch, or positions are off the Earth.
    LayerError
        If the graph has no edges, nodes lack ``x`` or ``y``, or geometries cannot be read.

    Warns
    -----
    StandortWarning
        If ``oneway`` contradicts the edges, or edges end far from their nodes.

    Examples
    --------
    >>> import networkx
    >>> graph = networkx.MultiDiGraph(crs="EPSG:4326")
    >>> graph.add_nodes_from([(1, {"x": 0.0, "y": 0.0}), (2, {"x": 1.0, "y": 0.0})])
    >>> _ = graph.add_edge(1, 2)
    >>> network = network_from_graph(graph)
    >>> network.length.round(3), network.is_directed
    (array([111319.491]), True)
    """
    ids = list(graph.nodes)
    crs = _check_graph(graph, name)
    nodes = _node_points(graph, ids, crs, name)
    position = {node: number for number, node in enumerate(ids)}
    ends = np.array([(position[u], position[v]) for u, v in graph.edges()], dtype=np.intp)
    lines = _drawn_forward(_edge_lines(graph, ends, nodes, crs, name), nodes[ends], name)
    forward, backward = _directions(graph, name)
    start, end = ends.T
    network = build_network(
        geocentric(*nodes.T), start, end, lines, forward=forward, backward=backward
    )
    reject_empty(network, name)
    return network


def _check_graph(graph: nx.MultiDiGraph, name: str) -> pyproj.CRS:
    """Return the CRS of a graph; raise unless it has edges, nodes with positions and a CRS."""
    lacking = [node for node, at in graph.nodes(data=True) if not {"x", "y"} <= set(at)]
    if lacking or not graph.number_of_edges():
        problem = f"nodes {name_ids(lacking)} lack x or y" if lacking else "it has no edges"
        msg = f"graph {name!r}: {problem}; expected a graph saved by OSMnx"
        raise LayerError(msg)
    crs = graph.graph.get("crs")
    if crs is None:
        msg = (
            f"graph {name!r}: it has no coordinate reference system; expected one as the attribute "
            "'crs' of the graph (graph.graph['crs']), such as 'EPSG:4326'"
        )
        raise CRSError(msg)
    try:
        return pyproj.CRS.from_user_input(crs)
    except (pyproj.exceptions.CRSError, TypeError, ValueError) as error:
        msg = f"graph {name!r}: expected 'crs' to be a reference system, got {crs!r}"
        raise CRSError(msg) from error


def _node_points(graph: nx.MultiDiGraph, ids: list[Any], crs: pyproj.CRS, name: str) -> Floats:
    """Return longitudes and latitudes of the nodes [degrees], shape (n, 2)."""
    given = pd.DataFrame([(graph.nodes[i]["x"], graph.nodes[i]["y"]) for i in ids], index=ids)
    xy = given.apply(pd.to_numeric, errors="coerce").astype(np.float64)
    if xy.isna().any(axis=None):
        lacking = list(xy.index[xy.isna().any(axis=1)])
        msg = f"graph {name!r}: expected x and y to be numbers, got others at {name_ids(lacking)}"
        raise LayerError(msg)
    frame = GeoDataFrame({"feature_id": ids}, geometry=shapely.points(xy.to_numpy()), crs=crs)
    layer, _ = to_wgs84(frame, name=name, allowed=_POINTS, id_column="feature_id")
    return np.asarray(shapely.get_coordinates(layer.geometry.to_numpy()))


def _edge_lines(
    graph: nx.MultiDiGraph, ends: Ints, nodes: Floats, crs: pyproj.CRS, name: str
) -> NDArray[np.object_]:
    """Return the line of each edge in longitude and latitude; straight without geometry."""
    drawn = _drawn_shapes(graph, name)
    lines = np.asarray(shapely.linestrings(nodes[ends]), dtype=object)
    has = shapely.length(drawn) > 0.0
    if has.any():
        frame = GeoDataFrame({"feature_id": np.flatnonzero(has)}, geometry=drawn[has], crs=crs)
        layer, _ = to_wgs84(frame, name=name, allowed=_LINES, id_column="feature_id")
        lines[layer["feature_id"]] = layer.geometry.to_numpy()
    return lines


def _drawn_shapes(graph: nx.MultiDiGraph, name: str) -> NDArray[np.object_]:
    """Return the geometry of each edge, None without; touching parts of a line become one."""
    edges = list(graph.edges(data="geometry", default=None))
    shapes = np.empty(len(edges), dtype=object)
    for row, (_, _, shape) in enumerate(edges):
        shapes[row] = shapely.from_wkt(shape, on_invalid="ignore") if _is_text(shape) else shape
    unread = [
        (u, v)
        for (u, v, given), shape in zip(edges, shapes, strict=True)
        if not (isinstance(shape, shapely.Geometry) or _is_absent(given))
    ]
    if unread:
        msg = (
            f"graph {name!r}: expected the geometry of an edge to be a line or its WKT, got others "
            f"at the edges {name_ids(unread)}; remove them to make those edges straight"
        )
        raise LayerError(msg)
    shapes[~shapely.is_geometry(shapes)] = None
    multi = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.MULTILINESTRING)
    shapes[multi] = shapely.line_merge(shapes[multi])
    apart = multi[shapely.get_num_geometries(shapes[multi]) > 1]
    if apart.size:
        msg = (
            f"graph {name!r}: expected each edge to be one line, got parts that do not touch end "
            f"to end at {name_ids([edges[row][:2] for row in apart])}; join their parts"
        )
        raise GeometryError(msg)
    return shapes


def _is_text(shape: object) -> bool:
    return isinstance(shape, str) and bool(shape.strip())


def _is_absent(shape: object) -> bool:
    """Return whether an edge has no geometry: None, an empty text or NaN, as pandas has it."""
    return shape is None or shape == "" or (isinstance(shape, float) and np.isnan(shape))


def _drawn_forward(lines: NDArray[np.object_], ends: Floats, name: str) -> NDArray[np.object_]:
    """Reverse lines drawn from the end node of an edge, as in undirected graphs."""
    first, last = (geocentric(*lonlat.T) for lonlat in line_ends(lines))
    start, end = (geocentric(*ends[:, side].T) for side in (0, 1))
    as_is = np.linalg.norm([first - start, last - end], axis=2)
    turned = np.linalg.norm([first - end, last - start], axis=2)
    is_turned = turned.sum(axis=0) < as_is.sum(axis=0)
    gap = np.where(is_turned, turned, as_is).max(axis=0)
    if (gap > _FAR).any():
        warn(
            f"graph {name!r}: the lines of {(gap > _FAR).sum():,} edges end up to "
            f"{gap.max():,.0f} m from their nodes, and straight pieces are added; check that nodes "
            "and lines have the same reference system"
        )
    return np.asarray(np.where(is_turned, shapely.reverse(lines), lines), dtype=object)


def _directions(graph: nx.MultiDiGraph, name: str) -> Directions:
    """Return the directions of the edges: as they are, or by oneway in an undirected graph."""
    edges = list(graph.edges(data=True))
    along = np.ones(len(edges), dtype=bool)
    values = pd.Series([attributes.get("oneway") for _, _, attributes in edges], dtype=object)
    if not values.notna().any():
        return Directions(along, along & (not graph.is_directed()))
    by_tag = read_directions(values, name=name)
    if graph.is_directed():
        back = np.array([graph.has_edge(v, u) for u, v, _ in edges])
        lost = by_tag.backward & ~back & values.notna().to_numpy()
        if lost.any():
            warn(
                f"graph {name!r}: {lost.sum():,} edges are open backwards by 'oneway' but have no "
                "edge back: they are travelled forward only (a graph downloaded with "
                "osmnx.settings.all_oneway is not for routing)"
            )
        return Directions(along, ~along)
    # networkx does not keep the order of the nodes of an undirected edge, OSMnx notes it
    nodes = np.array([(str(u), str(v)) for u, v, _ in edges])
    named = np.array([(str(a.get("from")), str(a.get("to"))) for _, _, a in edges])
    turned = (named == nodes[:, ::-1]).all(axis=1)
    unclear = ~(by_tag.forward & by_tag.backward) & ~turned & ~(named == nodes).all(axis=1)
    if unclear.any():
        warn(
            f"graph {name!r}: {unclear.sum():,} edges are one-way, but the graph is undirected and "
            "their attributes 'from' and 'to' do not name their nodes: they can be travelled in "
            "both directions; save the directed graph"
        )
    forward, backward = by_tag.turned(turned)
    return Directions(forward | unclear, backward | unclear)
