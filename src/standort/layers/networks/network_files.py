"""Reader of networks: OSMnx graphs, OpenStreetMap XML and layers of lines."""

from __future__ import annotations

import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geopandas import GeoDataFrame

from standort.arguments import between, checked
from standort.earth import Network
from standort.errors import FileError, name_ids
from standort.layers.formats.local_files import check_vector_file, check_xml_file
from standort.layers.networks.graphs import network_from_graph
from standort.layers.networks.line_layers import (
    TOLERANCE_M,
    Noding,
    network_from_lines,
)

if TYPE_CHECKING:
    import networkx as nx

_GRAPHML = (".graphml",)
_OSM_XML = (".osm", ".xml")
_PARQUET = (".parquet", ".geoparquet")
#: Tags of ways of OpenStreetMap that are part of a transport network.
_WAYS = ("highway", "railway", "waterway", "route")


@checked(tolerance_m=between(0, unit="m"))
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
        A graph saved by OSMnx or networkx (``.graphml``), an extract of OpenStreetMap (``.osm`` or
        ``.xml``, read by `osmnx.graph_from_xml`), or lines in a GeoPackage (also that of OSMnx),
        GeoParquet, GeoJSON, FlatGeobuf or Shapefile, in any CRS.
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
    directions unless a column ``oneway`` says otherwise (see `network_from_lines`).

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
        If lines cross or touch where they are not joined, with the number of positions, or
        directions are unknown.
    """
    path = Path(path)
    if not path.is_file():
        msg = f"there is no file {str(path)!r}; check the path"
        raise FileError(msg)
    if path.suffix.lower() in _GRAPHML:
        return network_from_graph(_load_graphml(check_xml_file(path)), name=path.name)
    if path.suffix.lower() in _OSM_XML:
        return network_from_graph(_load_osm_xml(check_xml_file(path)), name=path.name)
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


def _load_graphml(path: Path) -> nx.MultiDiGraph:
    """Load a graph with all attributes as texts, as few are used and others may hold anything."""
    from networkx.readwrite.graphml import GraphMLReader

    class TextReader(GraphMLReader):  # type: ignore[misc]  # networkx has no types
        def construct_types(self) -> None:
            self.python_type: dict[str, type] = defaultdict(lambda: str)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about attributes without a type
            (graph,) = TextReader(str, str, force_multigraph=True)(path=path)
    except Exception as error:
        # the XML parser and networkx each raise in their own way
        reason = " ".join(str(error).split())
        msg = (
            f"expected a graph saved by osmnx.save_graphml, {str(path)!r} cannot be read as one "
            f"({type(error).__name__}: {reason}); fetch or save it again"
        )
        raise FileError(msg) from error
    return graph


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
