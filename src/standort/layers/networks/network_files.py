"""Reader of networks: OSMnx graphs, OpenStreetMap XML and layers of lines."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import shapely
from geopandas import GeoDataFrame
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from standort.earth import Network, build_network, geocentric
from standort.earth.network.line_network import line_ends
from standort.errors import FileError, LayerError, OptionError, name_ids, warn
from standort.layers.geometry.conversion import to_wgs84
from standort.layers.local_files import check_vector_file

if TYPE_CHECKING:
    import networkx as nx
    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints


Noding = Literal["ends", "vertices"]

#: Default distance within which ends of lines are joined [m].
TOLERANCE_M = 0.1

_LINES = frozenset({"line"})
_POINTS = frozenset({"point"})
_GRAPHML = (".graphml",)
_OSM_XML = (".osm", ".xml")
_PARQUET = (".parquet", ".geoparquet")
#: Tags of ways of OpenStreetMap that are part of a transport network.
_WAYS = ("highway", "railway", "waterway", "route")


def read_network(
    path: str | Path,
    *,
    layer: str | None = None,
    tolerance_m: float = TOLERANCE_M,
    noding: Noding = "ends",
) -> Network:
    """Read a network of roads, railways, waterways or pipes.

    Parameters
    ----------
    path
        A graph saved by OSMnx (``.graphml``, read by `osmnx.load_graphml`), an extract of
        OpenStreetMap (``.osm`` or ``.xml``, read by `osmnx.graph_from_xml`), or lines in any file
        that geopandas reads, in any CRS.
    layer
        Layer of the file; required if it has several.
    tolerance_m
        Ends of lines within this distance are joined [m]; ignored for graphs.
    noding
        ``"ends"`` joins lines at their ends; ``"vertices"`` also at shared vertices, as raw lines
        of OpenStreetMap require.

    Returns
    -------
    The network. Graphs keep the direction of their edges; lines can be travelled in both
    directions.

    Raises
    ------
    FileError
        If the file is missing or cannot be read.
    LayerError
        If there are no lines, or the lines have problems.
    OptionError
        If an option is out of range.

    Warns
    -----
    StandortWarning
        If lines cross or touch where they are not joined, with the number of positions.
    """
    path = Path(path)
    if not path.is_file():
        msg = f"there is no file {str(path)!r}; check the path"
        raise FileError(msg)
    if path.suffix.lower() in _GRAPHML:
        return network_from_graph(_load_graphml(path), name=path.name)
    if path.suffix.lower() in _OSM_XML:
        return network_from_graph(_load_osm_xml(path), name=path.name)
    lines = _load_lines(path, layer)
    return network_from_lines(lines, tolerance_m=tolerance_m, noding=noding, name=path.name)


def as_network(network: Network | GeoDataFrame | nx.MultiDiGraph) -> Network:
    """Return lines or an OSMnx graph as a network; a network is unchanged."""
    if isinstance(network, Network):
        return network
    if isinstance(network, GeoDataFrame):
        return network_from_lines(network)
    if hasattr(network, "edges") and hasattr(network, "nodes"):
        return network_from_graph(network)
    msg = (
        "expected a network from read_network, a GeoDataFrame of lines or an OSMnx graph, "
        f"got {type(network).__name__}"
    )
    raise TypeError(msg)


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
        Lines in any CRS; each can be travelled in both directions.
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
        If no lines remain.
    OptionError
        If an option is out of range.

    Warns
    -----
    StandortWarning
        If lines cross or touch where they are not joined.

    Examples
    --------
    Two roads of one degree each along the equator:

    >>> roads = GeoDataFrame(
    ...     geometry=shapely.from_wkt(["LINESTRING (0 0, 1 0)", "LINESTRING (1 0, 2 0)"]), crs=4326
    ... )
    >>> network = network_from_lines(roads)
    >>> len(network), len(network.nodes), network.length.sum().round(3)
    (2, 3, np.float64(222638.982))
    """
    if not 0.0 <= tolerance_m < np.inf:
        msg = f"expected tolerance_m to be a number of metres >= 0, got {tolerance_m!r}"
        raise OptionError(msg)
    if noding not in get_args(Noding):
        msg = f"expected noding to be 'ends' or 'vertices', got {noding!r}"
        raise OptionError(msg)
    layer, _ = to_wgs84(lines, name=name, allowed=_LINES, id_column="feature_id")
    _reject_empty(layer, name)
    noded = node_lines(layer.geometry.to_numpy(), tolerance=tolerance_m, noding=noding)
    both = np.ones(len(noded.lines), dtype=bool)
    network = build_network(
        noded.nodes, noded.start, noded.end, noded.lines, forward=both, backward=both
    )
    _reject_empty(network, name)
    if network.unsplit_crossings:
        remedy = "" if noding == "vertices" else ", or join them at vertices (--at-vertices)"
        warn(
            f"layer {name!r}: lines cross or touch without ending at {network.unsplit_crossings:,} "
            "positions; they are not joined, as they may be bridges. If they are junctions, "
            f"split the lines there first (in QGIS: 'Split with lines'){remedy}"
        )
    return network


def network_from_graph(graph: nx.MultiDiGraph, *, name: str = "network") -> Network:
    """Build a network from an OSMnx graph.

    Parameters
    ----------
    graph
        Nodes with ``x`` and ``y`` in the ``crs`` of the graph. Edges are one-way, along their
        ``geometry`` if they have one, otherwise straight; a two-way street is two edges. Lengths
        are measured on WGS84; ``length`` is ignored.
    name
        Name for messages.

    Returns
    -------
    The network, connected only where the graph is.

    Raises
    ------
    LayerError
        If the graph has no edges, or nodes lack ``x`` or ``y``; `CRSError` and `GeometryError` as
        for a layer.

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
    lacking = [i for i in ids if not {"x", "y"} <= set(graph.nodes[i])]
    if lacking or not graph.number_of_edges():
        problem = f"nodes {name_ids(lacking)} lack x or y" if lacking else "it has no edges"
        msg = f"graph {name!r}: {problem}; expected a graph saved by OSMnx"
        raise LayerError(msg)
    crs = graph.graph.get("crs")
    nodes = _node_points(graph, ids, crs, name)
    position = {node: number for number, node in enumerate(ids)}
    ends = np.array([(position[u], position[v]) for u, v in graph.edges()], dtype=np.intp)
    lines = _drawn_forward(_edge_lines(graph, ends, nodes, crs, name), nodes[ends])
    open_back = np.full(len(ends), not graph.is_directed())
    network = build_network(
        geocentric(*nodes.T),
        ends[:, 0],
        ends[:, 1],
        lines,
        forward=np.ones(len(ends), dtype=bool),
        backward=open_back,
    )
    _reject_empty(network, name)
    return network


def _node_points(
    graph: nx.MultiDiGraph, ids: list[Any], crs: object, name: str
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return longitudes and latitudes of the nodes [degrees], shape (n, 2)."""
    xy = np.array([(graph.nodes[i]["x"], graph.nodes[i]["y"]) for i in ids], dtype=np.float64)
    frame = GeoDataFrame({"feature_id": ids}, geometry=shapely.points(xy), crs=crs)
    layer, _ = to_wgs84(frame, name=name, allowed=_POINTS, id_column="feature_id")
    return np.asarray(shapely.get_coordinates(layer.geometry.to_numpy()))


def _edge_lines(
    graph: nx.MultiDiGraph,
    ends: np.ndarray[Any, Any],
    nodes: np.ndarray[Any, Any],
    crs: object,
    name: str,
) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return the line of each edge in longitude and latitude; straight without geometry."""
    drawn = np.array(
        [shape for _, _, shape in graph.edges(data="geometry", default=None)], dtype=object
    )
    lines = np.asarray(shapely.linestrings(nodes[ends]), dtype=object)
    has = np.array([shape is not None for shape in drawn])
    has[has] = shapely.length(drawn[has]) > 0.0
    if has.any():
        frame = GeoDataFrame({"feature_id": np.flatnonzero(has)}, geometry=drawn[has], crs=crs)
        layer, _ = to_wgs84(frame, name=name, allowed=_LINES, id_column="feature_id")
        lines[layer["feature_id"]] = layer.geometry.to_numpy()
    return lines


def _drawn_forward(
    lines: np.ndarray[Any, np.dtype[np.object_]], ends: np.ndarray[Any, np.dtype[np.float64]]
) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Reverse lines drawn from the end node of an edge, as in undirected graphs."""
    first, last = (geocentric(*lonlat.T) for lonlat in line_ends(lines))
    start, end = (geocentric(*ends[:, side].T) for side in (0, 1))
    as_is = np.linalg.norm(first - start, axis=1) + np.linalg.norm(last - end, axis=1)
    turned = np.linalg.norm(first - end, axis=1) + np.linalg.norm(last - start, axis=1)
    return np.asarray(np.where(turned < as_is, shapely.reverse(lines), lines), dtype=object)


def _reject_empty(network: Network | GeoDataFrame, name: str) -> None:
    if not len(network):
        msg = f"network {name!r}: expected lines, found none with a length"
        raise LayerError(msg)


def _load_graphml(path: Path) -> nx.MultiDiGraph:
    """Load a graph with OSMnx, which also converts attributes to their types."""
    import osmnx

    try:
        return osmnx.load_graphml(path)
    except (ValueError, KeyError, SyntaxError, OSError, AttributeError) as error:
        msg = (
            f"expected a graph saved by osmnx.save_graphml, {str(path)!r} cannot be read as one "
            f"({type(error).__name__}: {error}); fetch or save it again"
        )
        raise FileError(msg) from error


def _load_osm_xml(path: Path) -> nx.MultiDiGraph:
    """Load an extract of OpenStreetMap, with a node at each junction and all components."""
    import osmnx

    tags = osmnx.settings.useful_tags_way
    osmnx.settings.useful_tags_way = sorted({*tags, *_WAYS})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about files saved by OSMnx itself
            graph = osmnx.graph_from_xml(path, simplify=False, retain_all=True)
    except Exception as error:
        # the XML parser, OSMnx and networkx each raise in their own way
        reason = " ".join(str(error).split())
        msg = (
            f"expected an OpenStreetMap XML file, {str(path)!r} cannot be read as one ({reason}); "
            "export it again, as .osm"
        )
        raise FileError(msg) from error
    finally:
        osmnx.settings.useful_tags_way = tags
    ways = [(u, v, key) for u, v, key, way in graph.edges(keys=True, data=True) if _is_way(way)]
    return graph.edge_subgraph(ways)


def _is_way(attributes: dict[str, Any]) -> bool:
    """Return whether a way carries traffic, unlike outlines of buildings and woods."""
    return any(tag in attributes for tag in _WAYS)


def _load_lines(path: Path, layer: str | None) -> GeoDataFrame:
    """Load a layer of lines from a file."""
    import geopandas
    import pyogrio
    from pyarrow import ArrowException

    try:
        if path.suffix.lower() in _PARQUET:
            return geopandas.read_parquet(path)
        names = [str(name) for name in pyogrio.list_layers(check_vector_file(path))[:, 0]]
        if layer is None and len(names) > 1:
            msg = f"{str(path)!r} has the layers {name_ids(names)}; choose one of them"
            raise FileError(msg)
        return geopandas.read_file(path, layer=layer or names[0])
    except (ArrowException, RuntimeError, ValueError, TypeError) as error:
        msg = f"expected a layer of lines, {str(path)!r} cannot be read as one ({error})"
        raise FileError(msg) from error


class Noded(NamedTuple):
    """Lines between nodes.

    `nodes` are geocentric coordinates [m], shape (n, 3); `start` and `end` the nodes at the ends of
    each of the `lines`.
    """

    nodes: Floats
    start: Ints
    end: Ints
    lines: NDArray[np.object_]


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


def _split(lonlat: Floats, first: Flags, last: Flags) -> tuple[Floats, Flags, Flags]:
    """Duplicate inner vertices that occur more than once, to split lines there."""
    _, number, times = np.unique(lonlat, axis=0, return_inverse=True, return_counts=True)
    at = (times[number.ravel()] > 1) & ~first & ~last
    source = np.repeat(np.arange(len(lonlat)), 1 + at)
    again = np.append(False, source[1:] == source[:-1])
    before = np.append(again[1:], False)
    return lonlat[source], first[source] | again, last[source] | before


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
