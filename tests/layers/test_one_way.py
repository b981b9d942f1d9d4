"""One-way edges: from any file of the same streets, the same directions."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas
import networkx as nx
import numpy as np
import osmnx
import pandas as pd
import pytest
import shapely

from standort.errors import LayerError, StandortWarning
from standort.layers import read_network
from standort.layers.networks.network_files import as_network
from standort.metrics import network_distance

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from standort.earth import Network

PLACES = {1: (4.0, 51.9), 2: (4.1, 51.9), 3: (4.1, 52.0), 4: (4.0, 52.0), 5: (4.0, 52.1)}
#: from node 1 to node 4: around the ring 1-2-3-4, or directly against it
AROUND, DIRECT = 24.9, 11.1


def ring(**attributes: object) -> nx.MultiDiGraph:
    """A one-way ring 1-2-3-4-1 with a bend in each street, and a street 4-5 both ways."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, (x, y) in PLACES.items():
        graph.add_node(node, x=x, y=y)
    for u, v in ((1, 2), (2, 3), (3, 4), (4, 1)):
        is_one_way = {"oneway": True, "reversed": False, **attributes}
        graph.add_edge(u, v, osmid=u, length=1.0, geometry=_line(u, v), **is_one_way)
    for u, v in ((4, 5), (5, 4)):
        both = {"oneway": False, "reversed": u > v}
        graph.add_edge(u, v, osmid=9, length=1.0, geometry=_line(u, v), **both)
    return graph


def _line(u: int, v: int) -> shapely.LineString:
    middle = np.mean([PLACES[u], PLACES[v]], axis=0)
    return shapely.LineString([PLACES[u], middle, PLACES[v]])


def streets(one_way: object, *, reverse: bool = False) -> geopandas.GeoDataFrame:
    """The ring as lines, drawn around it or against it, with a column ``oneway``."""
    drawn = [_line(u, v) for u, v in ((1, 2), (2, 3), (3, 4), (4, 1), (4, 5))]
    values = [one_way] * 4 + ["no" if isinstance(one_way, str) else 0]
    shapes = [line.reverse() for line in drawn] if reverse else drawn
    return geopandas.GeoDataFrame({"oneway": values}, geometry=shapes, crs=4326)


def kilometres(network: Network) -> float:
    """Distance from node 1 to node 4."""
    site, port = (
        geopandas.GeoDataFrame(geometry=[shapely.Point(PLACES[node])], crs=4326) for node in (1, 4)
    )
    return float(network_distance(site, port, network)["network_km"].iloc[0].round(1))


def test_the_ring_is_as_long_as_said() -> None:
    network = as_network(ring())
    assert kilometres(network) == AROUND
    assert network.length.sum() / 1e3 == pytest.approx(47.1, abs=0.1)
    assert kilometres(as_network(streets(None))) == DIRECT


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("layers", [("nodes", "edges"), ("edges",)])
def test_a_geopackage_of_osmnx_keeps_directions(
    tmp_path: Path, layers: tuple[str, ...], *, directed: bool
) -> None:
    osmnx.save_graph_geopackage(ring(), tmp_path / "all.gpkg", directed=directed)
    for layer in layers:
        frame = geopandas.read_file(tmp_path / "all.gpkg", layer=layer)
        frame.to_file(tmp_path / "g.gpkg", layer=layer)
    network = read_network(tmp_path / "g.gpkg", layer="edges")
    assert kilometres(network) == AROUND
    assert network.length.sum() == pytest.approx(as_network(ring()).length.sum())
    assert int((network.forward & network.backward).sum()) == 1


@pytest.mark.parametrize("to_undirected", [False, True])
@pytest.mark.parametrize("ending", ["graphml", "parquet", "table", "graph"])
def test_every_form_of_a_graph_keeps_directions(
    tmp_path: Path, ending: str, *, to_undirected: bool
) -> None:
    graph = osmnx.convert.to_undirected(ring()) if to_undirected else ring()
    edges = osmnx.graph_to_gdfs(graph, nodes=False)
    if ending == "graphml":
        osmnx.save_graphml(graph, tmp_path / "g.graphml")
        network = read_network(tmp_path / "g.graphml")
    elif ending == "parquet":
        edges.to_parquet(tmp_path / "g.parquet")
        network = read_network(tmp_path / "g.parquet")
    else:
        network = as_network(edges if ending == "table" else graph)
    assert kilometres(network) == AROUND


@pytest.mark.parametrize("rows", [[0], [1], [0, 2], [1, 2], [0, 1, 2, 3]])
def test_lines_drawn_against_their_nodes_are_turned(rows: list[int]) -> None:
    edges = osmnx.graph_to_gdfs(ring(), nodes=False).reset_index()
    edges.loc[rows, "geometry"] = edges.loc[rows, "geometry"].reverse()
    assert kilometres(as_network(edges)) == AROUND


def test_ids_of_nodes_may_be_texts_or_unknown() -> None:
    edges = osmnx.graph_to_gdfs(ring(), nodes=False).reset_index()
    edges["u"], edges["v"] = edges["u"].map("n{}".format), edges["v"].map("n{}".format)
    assert kilometres(as_network(edges)) == AROUND
    edges.loc[edges["v"] == "n4", "v"] = None
    assert kilometres(as_network(edges)) == AROUND


@pytest.mark.parametrize(
    "value", ["yes", "true", "True", "1", " YES ", 1, 1.0, True, "[True, 'no']"]
)
@pytest.mark.parametrize("column", ["oneway", "ONEWAY", "one_way"])
def test_lines_with_oneway_are_one_way_as_drawn(value: object, column: str) -> None:
    lines = streets(value).rename(columns={"oneway": column})
    assert kilometres(as_network(lines)) == AROUND


@pytest.mark.parametrize("value", ["-1", "reverse", -1, -1.0])
def test_lines_with_minus_one_are_one_way_against_their_drawing(value: object) -> None:
    assert kilometres(as_network(streets(value, reverse=True))) == AROUND
    assert kilometres(as_network(streets(value))) == DIRECT


@pytest.mark.parametrize("value", ["no", "", None, 0, False, np.nan, "reversible"])
def test_lines_without_a_direction_are_open_both_ways(value: object) -> None:
    assert not as_network(streets(value)).is_directed


def test_the_letters_of_geofabrik_are_understood_beside_b() -> None:
    letters = streets("F")
    letters.loc[4, "oneway"] = "B"
    assert kilometres(as_network(letters)) == AROUND
    backward = streets("T", reverse=True)
    backward.loc[4, "oneway"] = "B"
    assert kilometres(as_network(backward)) == AROUND


@pytest.mark.parametrize("value", ["F", "T", "left", 7, "['yes', '-1']"])
def test_values_that_are_not_understood_warn_and_are_open_both_ways(value: object) -> None:
    with pytest.warns(StandortWarning, match=r"'oneway' to be yes, no or -1, got .* in 4 rows"):
        assert kilometres(as_network(streets(value))) == DIRECT


def test_tags_in_one_text_are_read() -> None:
    lines = streets("yes")
    tags = '"lanes"=>"2","oneway"=>"' + lines.pop("oneway").astype(str) + '"'
    assert kilometres(as_network(lines.assign(other_tags=tags))) == AROUND
    assert not as_network(lines.assign(other_tags='"lanes"=>"2"')).is_directed


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.parquet", "a.shp", "a.fgb"])
def test_every_format_of_lines_keeps_directions(tmp_path: Path, name: str) -> None:
    lines = streets("yes")
    lines.to_parquet(tmp_path / name) if name == "a.parquet" else lines.to_file(tmp_path / name)
    assert kilometres(read_network(tmp_path / name)) == AROUND


def test_lines_split_at_vertices_and_in_parts_keep_directions(tmp_path: Path) -> None:
    lines = streets("yes")
    side = geopandas.GeoDataFrame(
        {"oneway": ["no"]}, geometry=[shapely.LineString([(4.05, 51.9), (4.05, 51.8)])], crs=4326
    )
    joined = pd.concat([lines, side])
    joined.to_file(tmp_path / "a.gpkg")
    network = read_network(tmp_path / "a.gpkg", noding="vertices")
    assert kilometres(network) == AROUND
    assert len(network) == 7
    coords = [np.array(line.coords) for line in lines.geometry]
    lines["geometry"] = [shapely.MultiLineString([c[:2], c[1:]]) for c in coords]
    assert kilometres(as_network(lines)) == AROUND


@pytest.mark.parametrize("names", [("u", "v"), ("from", "to"), ("source", "target")])
def test_a_graph_without_oneway_warns(names: tuple[str, str]) -> None:
    edges = osmnx.graph_to_gdfs(ring(), nodes=False).reset_index()
    edges = edges.drop(columns=["oneway"]).rename(columns=dict(zip("uv", names, strict=True)))
    with pytest.warns(StandortWarning, match=f"{names[0]!r} and {names[1]!r}.*without .*'oneway'"):
        assert kilometres(as_network(edges)) == DIRECT


def test_names_of_places_are_not_nodes() -> None:
    lines = streets("no").drop(columns="oneway")
    lines["from"], lines["to"] = "Aachen", ["Bonn", "Cologne", "Bonn", "Trier", "Aachen"]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        named = kilometres(as_network(lines))
    assert warned == []
    assert named == kilometres(as_network(lines.drop(columns=["from", "to"])))


def test_several_columns_of_directions_raise() -> None:
    with pytest.raises(LayerError, match="one column 'oneway', got 'oneway', 'ONEWAY'"):
        as_network(streets("yes").assign(ONEWAY="no"))


@pytest.mark.parametrize("value", ["yes", "no", "-1", "[True, False]", "anything"])
def test_directed_graphs_are_travelled_as_their_edges_run(tmp_path: Path, value: str) -> None:
    osmnx.save_graphml(ring(oneway=value), tmp_path / "g.graphml")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert kilometres(read_network(tmp_path / "g.graphml")) == AROUND
    told = [str(warning.message) for warning in caught]
    assert any("oneway" in text for text in told) == (value in {"no", "-1", "anything"})


def test_an_undirected_graph_that_lost_its_directions_warns() -> None:
    with pytest.warns(StandortWarning, match="4 edges are one-way, but the graph is undirected"):
        assert kilometres(as_network(nx.MultiGraph(ring()))) == DIRECT


GRAPH_FORMS: dict[str, Callable[[nx.MultiDiGraph], object]] = {
    "text ids": lambda g: nx.relabel_nodes(g, {n: f"n{n}" for n in g}),
    "mixed ids": lambda g: nx.relabel_nodes(g, {1: "one", 2: 2.5}),
    "no types": nx.MultiDiGraph,
    "depth": lambda g: g.add_node(1, z=3.0) or g,
}


@pytest.mark.parametrize("form", GRAPH_FORMS)
def test_a_graphml_of_networkx_is_read(tmp_path: Path, form: str) -> None:
    graph = ring()
    for _, _, attributes in graph.edges(data=True):
        attributes["geometry"] = attributes["geometry"].wkt
    nx.write_graphml(GRAPH_FORMS[form](graph), tmp_path / "g.graphml")
    assert kilometres(read_network(tmp_path / "g.graphml")) == AROUND


def test_attributes_of_a_declared_type_may_hold_anything(tmp_path: Path) -> None:
    osmnx.save_graphml(ring(), tmp_path / "g.graphml")
    text = (tmp_path / "g.graphml").read_text(encoding="utf-8")
    kinds = text.replace(
        'attr.name="oneway" attr.type="string"', 'attr.name="oneway" attr.type="boolean"'
    )
    assert kinds != text
    (tmp_path / "g.graphml").write_text(kinds.replace(">True<", ">yes<"), encoding="utf-8")
    assert kilometres(read_network(tmp_path / "g.graphml")) == AROUND
