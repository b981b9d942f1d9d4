"""Networks from OSMnx graphs, OpenStreetMap XML and lines: what is joined and what is not."""

from __future__ import annotations

import json
import threading
import warnings
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote_plus

import networkx as nx
import numpy as np
import osmnx
import pytest
import shapely
from geopandas import GeoDataFrame
from oracles import GEOD

from standort.errors import (
    CRSError,
    FileError,
    GeometryError,
    LayerError,
    OptionError,
    StandortWarning,
)
from standort.layers import read_network
from standort.layers.networks import network_from_graph, network_from_lines
from standort.layers.networks.network_files import as_network
from standort.layers.networks.osm_download import fetch_network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from standort.layers.networks.osm_download import NetworkKind

DEGREE = 111_319.490793
OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6" generator="hand">
  <node id="1" lat="0.0" lon="0.0"/><node id="2" lat="0.0" lon="1.0"/>
  <node id="3" lat="0.0" lon="2.0"/><node id="4" lat="1.0" lon="1.0"/>
  <node id="5" lat="0.5" lon="0.5"/><node id="6" lat="0.5" lon="0.6"/>
  <way id="10"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/></way>
  <way id="11"><nd ref="2"/><nd ref="4"/><tag k="highway" v="primary"/><tag k="oneway" v="yes"/>
  </way>
  <way id="12"><nd ref="5"/><nd ref="6"/><tag k="building" v="yes"/></way>
</osm>"""


def lines(*texts: str, crs: object = 4326) -> GeoDataFrame:
    """Lines given by their vertices, as in 'x y, x y'."""
    return GeoDataFrame(
        geometry=shapely.from_wkt([f"LINESTRING ({text})" for text in texts]), crs=crs
    )


def two_roads(*, crs: str = "EPSG:4326") -> nx.MultiDiGraph:
    """A street of one degree both ways with a bend, and a straight one-way street onward."""
    graph = nx.MultiDiGraph(crs=crs)
    for number, (x, y) in enumerate([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]):
        graph.add_node(number, x=x, y=y)
    bend = shapely.LineString([(0.0, 0.0), (0.5, 0.2), (1.0, 0.0)])
    graph.add_edge(0, 1, geometry=bend, oneway=False, length=5.0)
    graph.add_edge(1, 0, geometry=bend.reverse(), oneway=False, length=5.0)
    graph.add_edge(1, 2, oneway=True, length=5.0)
    return graph


def test_a_graph_saved_by_osmnx_keeps_directions_and_gets_wgs84_lengths(
    tmp_path: Path,
) -> None:
    osmnx.save_graphml(two_roads(), tmp_path / "roads.graphml")
    network = read_network(tmp_path / "roads.graphml")
    both = network.forward & network.backward
    bent = 2 * GEOD.inv(0.0, 0.0, 0.5, 0.2)[2]
    assert network.length[both] == pytest.approx([bent], abs=1e-6)
    assert network.length[~both] == pytest.approx([DEGREE], abs=1e-6)
    assert network.is_directed


def test_a_projected_graph_is_converted_to_wgs84() -> None:
    graph = two_roads()
    projected = osmnx.project_graph(graph, to_crs="EPSG:32631")
    assert projected.graph["crs"] != "EPSG:4326"
    np.testing.assert_allclose(
        np.sort(network_from_graph(projected).length),
        np.sort(network_from_graph(graph).length),
        rtol=1e-7,
    )


def test_an_edge_drawn_backwards_is_reversed() -> None:
    graph = two_roads()
    graph.edges[0, 1, 0]["geometry"] = graph.edges[0, 1, 0]["geometry"].reverse()
    np.testing.assert_allclose(
        network_from_graph(graph).length, network_from_graph(two_roads()).length
    )


def test_an_undirected_graph_is_open_both_ways() -> None:
    graph = nx.MultiGraph(two_roads())
    with pytest.warns(StandortWarning, match="1 edges are one-way, but the graph is undirected"):
        assert not network_from_graph(graph).is_directed


def test_coincident_nodes_of_a_graph_remain_separate() -> None:
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for number, (x, y) in enumerate([(0, -1), (0, 0), (0, 1), (-1, 0), (0, 0), (1, 0)]):
        graph.add_node(number, x=float(x), y=float(y))
    for u, v in [(0, 1), (1, 2), (3, 4), (4, 5)]:
        graph.add_edge(u, v)
    assert len(set(network_from_graph(graph).component.tolist())) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda g: g.nodes[1].pop("x"), "nodes 1 lack x or y"),
        (lambda g: g.remove_edges_from(list(g.edges)), "has no edges"),
        (lambda g: g.graph.pop("crs"), "no coordinate reference system"),
        (
            lambda g: g.graph.update(crs="nonsense"),
            "'crs' to be a reference system, got 'nonsense'",
        ),
        (lambda g: g.graph.update(crs={"a": [1]}), "'crs' to be a reference system"),
        (lambda g: g.add_edge(0, 9), "nodes 9 lack x or y"),
        (lambda g: g.add_node(9, x="east", y=0.0), "x and y to be numbers, got others at 9"),
        (lambda g: g.add_node(9, x=np.nan, y=0.0), "x and y to be numbers, got others at 9"),
        (lambda g: g.add_edge(2, 0, geometry="LINE (0 0)"), r"or its WKT, .* edges \(2, 0\)"),
        (lambda g: g.add_edge(2, 0, geometry=[(0, 0), (1, 1)]), r"or its WKT, .* edges \(2, 0\)"),
        (
            lambda g: g.add_edge(
                2, 0, geometry=shapely.from_wkt("MULTILINESTRING ((2 0, 1 1), (1 2, 0 0))")
            ),
            r"parts that do not touch end to end at \(2, 0\)",
        ),
    ],
)
def test_a_graph_of_another_form_raises(change: object, words: str) -> None:
    graph = two_roads()
    change(graph)  # type: ignore[operator]
    with pytest.raises(LayerError, match=words):
        network_from_graph(graph)


def test_the_parts_of_an_edge_are_joined_in_any_order() -> None:
    graph = two_roads()
    text = "MULTILINESTRING ((0.5 0.2, 1 0), (0.5 0.2, 0 0))"
    for shape in (text, shapely.from_wkt(text)):
        graph.edges[0, 1, 0]["geometry"] = graph.edges[1, 0, 0]["geometry"] = shape
        np.testing.assert_allclose(
            network_from_graph(graph).length, network_from_graph(two_roads()).length
        )


def test_edges_without_a_course_are_straight() -> None:
    graph = two_roads()
    for absent in (None, "", np.nan, shapely.LineString(), "LINESTRING EMPTY"):
        graph.edges[1, 2, 0]["geometry"] = absent
        np.testing.assert_array_equal(
            network_from_graph(graph).length, network_from_graph(two_roads()).length
        )


def test_loops_parallel_edges_and_depths_are_read() -> None:
    graph = two_roads()
    graph.add_edge(2, 2)
    graph.add_edge(2, 2, geometry=shapely.LineString([(2, 0), (2, 0.1), (2.1, 0), (2, 0)]))
    graph.add_edge(1, 2, geometry=shapely.LineString([(1, 0, 5), (1.5, -0.1, 7), (2, 0, 5)]))
    network = network_from_graph(graph)
    assert len(network) == 4
    assert np.isclose(network.length, 2 * GEOD.inv(1, 0, 1.5, -0.1)[2], rtol=1e-9).any()


def test_edges_far_from_their_nodes_warn() -> None:
    graph = two_roads()
    graph.edges[1, 2, 0]["geometry"] = shapely.LineString([(1.0, 0.01), (2.0, 0.0)])
    with pytest.warns(StandortWarning, match="lines of 1 edges end up to 1,1[0-9]{2} m from their"):
        network_from_graph(graph)


@pytest.mark.parametrize("name", ["bomb.graphml", "bomb.osm", "bomb.xml"])
def test_xml_with_entities_is_refused(tmp_path: Path, name: str) -> None:
    entities = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(10))
    text = f'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "a">{entities}]><b>&a10;</b>'
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match="expected XML without entities"):
        read_network(tmp_path / name)


def test_deep_lists_among_the_attributes_are_not_parsed(tmp_path: Path) -> None:
    graph = two_roads()
    graph.edges[1, 2, 0]["name"] = "[" * 100_000 + "]" * 100_000
    osmnx.save_graphml(graph, tmp_path / "a.graphml")
    assert len(read_network(tmp_path / "a.graphml")) == 2


def test_ways_of_openstreetmap_xml_are_joined_at_shared_nodes(tmp_path: Path) -> None:
    path = tmp_path / "map.osm"
    path.write_text(OSM, encoding="utf-8")
    network = read_network(path)
    one_way = ~(network.forward & network.backward)
    assert len(network) == 3  # the building is no way
    assert len(set(network.component.tolist())) == 1
    assert network.length[one_way] == pytest.approx([GEOD.inv(1, 0, 1, 1)[2]], abs=1e-6)


@pytest.mark.parametrize("name", ["roads.gpkg", "roads.parquet", "roads.geojson", "roads.shp"])
def test_lines_of_any_file_become_a_network(tmp_path: Path, name: str) -> None:
    layer = lines("0 0, 1 0", "1 0, 2 0")
    path = tmp_path / name
    if name.endswith("parquet"):
        layer.to_parquet(path)
    else:
        layer.to_file(path)
    network = read_network(path)
    assert network.length == pytest.approx([DEGREE, DEGREE], abs=1e-6)
    assert not network.is_directed


def test_of_several_layers_one_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "map.gpkg"
    lines("0 0, 1 0").to_file(path, layer="roads")
    lines("0 0, 0 1").to_file(path, layer="rails")
    with pytest.raises(FileError, match="'roads', 'rails'; choose one"):
        read_network(path)
    assert read_network(path, layer="roads").length == pytest.approx([DEGREE], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("none.gpkg", None, "there is no file"),
        ("bad.graphml", "<graphml>", "expected a graph saved by osmnx"),
        ("bad.osm", "no xml", "expected an OpenStreetMap XML file"),
        ("bad.gpkg", "no database", "expected a GeoPackage"),
        ("bad.parquet", "no parquet", "expected a layer of lines"),
    ],
)
def test_an_unreadable_file_raises_one_sentence(
    tmp_path: Path, name: str, text: str | None, words: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match=words):
        read_network(tmp_path / name)


def test_lines_in_metres_and_in_degrees_give_the_same_network() -> None:
    plain = lines("5 50, 6 50", "6 50, 6 51")
    projected = network_from_lines(plain.to_crs(32631))
    np.testing.assert_allclose(projected.length, network_from_lines(plain).length, rtol=1e-7)
    assert len(set(projected.component.tolist())) == 1


def test_ends_are_joined_up_to_the_tolerance() -> None:
    millimetre = 1e-8  # degrees
    gap = lines(f"0 0, {1 - 50 * millimetre:.12f} 0", "1 0, 2 0")  # about 5 cm
    assert len(set(network_from_lines(gap).component.tolist())) == 1
    assert len(set(network_from_lines(gap, tolerance_m=0.01).component.tolist())) == 2


def test_a_closed_gap_has_its_length() -> None:
    gap = lines("0 0, 0.999 0", "1 0, 2 0")
    network = network_from_lines(gap, tolerance_m=200.0)
    assert network.length.sum() == pytest.approx(2 * DEGREE, abs=1e-3)


def test_ends_are_joined_across_the_antimeridian() -> None:
    network = network_from_lines(lines("179 0, 180 0", "-180 0, -179 0"))
    assert len(set(network.component.tolist())) == 1
    assert network.length == pytest.approx([DEGREE, DEGREE], abs=1e-6)


def test_a_shared_vertex_joins_only_on_request_and_otherwise_warns() -> None:
    cross = lines("0 0, 1 0, 2 0", "1 -1, 1 0, 1 1")
    with pytest.warns(StandortWarning, match="lines cross or touch without ending at 1 positions"):
        ends = network_from_lines(cross)
    assert (len(ends), len(set(ends.component.tolist()))) == (2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        vertices = network_from_lines(cross, noding="vertices")
    assert (len(vertices), len(set(vertices.component.tolist()))) == (4, 1)


def test_a_bridge_is_not_joined_at_vertices() -> None:
    with pytest.warns(StandortWarning, match="at 1 positions"):
        network = network_from_lines(lines("0 0, 2 0", "1 -1, 1 1"), noding="vertices")
    assert len(set(network.component.tolist())) == 2


def test_a_self_crossing_line_is_split_at_its_vertex() -> None:
    eight = lines("0 0, 1 1, 2 0, 1 1, 0 2")
    assert len(network_from_lines(eight, noding="vertices")) == 3


def test_row_order_of_lines_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    nodes = rng.uniform([5.0, 50.0], [6.0, 51.0], (15, 2))
    pairs = [rng.choice(15, 2, replace=False) for _ in range(30)]
    layer = GeoDataFrame(geometry=[shapely.LineString(nodes[pair]) for pair in pairs], crs=4326)
    with pytest.warns(StandortWarning, match="cross or touch"):
        plain = network_from_lines(layer)
    with pytest.warns(StandortWarning, match="cross or touch"):
        shuffled = network_from_lines(layer.sample(frac=1.0, random_state=2))
    for name in ("nodes", "start", "end", "length"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(shuffled, name))


@pytest.mark.parametrize(
    ("layer", "options", "error", "words"),
    [
        (lines("0 0, 1 0", crs=None), {}, CRSError, "no coordinate reference system"),
        (
            GeoDataFrame(geometry=shapely.points([[0.0, 0.0]]), crs=4326),
            {},
            GeometryError,
            "Point",
        ),
        (lines("0 0, 1 0").iloc[:0], {}, LayerError, "expected lines, found none"),
        (lines("0 0, 1 0"), {"tolerance_m": -1.0}, OptionError, "tolerance_m"),
        (lines("0 0, 1 0"), {"noding": "all"}, OptionError, "'ends' or 'vertices'"),
    ],
)
def test_invalid_lines_and_options_raise(
    layer: GeoDataFrame, options: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        network_from_lines(layer, **options)  # type: ignore[arg-type]


def test_other_objects_raise() -> None:
    with pytest.raises(TypeError, match="expected a network"):
        as_network("roads.gpkg")


def test_downloading_offline_raises_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # nothing listens on the discard port
    monkeypatch.setattr(osmnx.settings, "overpass_url", "http://127.0.0.1:9/api")
    with pytest.raises(
        FileError, match=r"^cannot reach OpenStreetMap at 127\.0\.0\.1 .*connect to the internet"
    ):
        fetch_network((5.2, 50.5, 5.9, 50.9), tmp_path / "roads.graphml", kind="drive")
    assert list(tmp_path.iterdir()) == []


class _Overpass(BaseHTTPRequestHandler):
    """A server that knows one track of two pieces and a one-way street."""

    asked: ClassVar[list[str]] = []
    knows_anything: ClassVar[bool] = True

    def do_GET(self) -> None:
        self._answer("up")

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(unquote_plus(asked))
        is_rail = "railway" in self.asked[-1]
        places = [(0.0, 0.0), (0.0, 0.5), (0.0, 1.0)]
        nodes = [{"type": "node", "id": n, "lat": y, "lon": x} for n, (y, x) in enumerate(places)]
        tags = {"railway": "rail"} if is_rail else {"highway": "primary", "oneway": "yes"}
        way = {"type": "way", "id": 9, "nodes": [0, 1, 2], "tags": tags}
        elements = [*nodes, way] if self.knows_anything else []
        self._answer(json.dumps({"elements": elements}))

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def overpass(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Overpass]]:
    """Let OSMnx ask a server on this machine."""
    server = HTTPServer(("127.0.0.1", 0), _Overpass)
    monkeypatch.setattr(
        osmnx.settings, "overpass_url", f"http://127.0.0.1:{server.server_port}/api"
    )
    monkeypatch.setattr(osmnx.settings, "overpass_rate_limit", False)
    _Overpass.asked.clear()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield _Overpass
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("kind", "query", "directed"),
    [("rail", '["railway"="rail"]', False), ("drive", "highway", True)],
)
def test_a_downloaded_network_can_be_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    overpass: type[_Overpass],
    *,
    kind: NetworkKind,
    query: str,
    directed: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = fetch_network((-0.5, -0.5, 1.5, 0.5), tmp_path / "new.graphml", kind=kind)
    assert query in overpass.asked[-1]
    assert [file.name for file in tmp_path.iterdir()] == ["new.graphml"]  # and no cache
    network = read_network(path)
    assert network.length.sum() == pytest.approx(DEGREE, abs=1e-6)
    assert network.is_directed == directed


def test_an_area_without_such_ways_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overpass: type[_Overpass]
) -> None:
    monkeypatch.setattr(overpass, "knows_anything", False)
    with pytest.raises(OptionError, match="OpenStreetMap returned no rail network"):
        fetch_network((-0.5, -0.5, 1.5, 0.5), tmp_path / "new.graphml", kind="rail")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("where", "name", "kind", "words"),
    [
        ((5.9, 50.5, 5.2, 50.9), "a.graphml", "drive", "west < east"),
        ((5.2, 50.5, 5.9), "a.graphml", "drive", "four|west, south, east, north"),
        ("Liege", "a.gpkg", "drive", "ends in .graphml"),
        ("Liege", "none/a.graphml", "drive", "there is no folder"),
        ("Liege", "a.graphml", "boat", "'drive' or 'rail'"),
    ],
)
def test_invalid_downloads_raise_before_connecting(
    tmp_path: Path, where: object, name: str, kind: str, words: str
) -> None:
    with pytest.raises((OptionError, FileError), match=words):
        fetch_network(where, tmp_path / name, kind=kind)  # type: ignore[arg-type]
