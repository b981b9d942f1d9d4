"""Routes along a network by networkx, one site at a time, to compare the search on arrays with."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from oracles import GEOD
from scipy.optimize import minimize_scalar

from standort.earth import Network, build_network, geocentric
from standort.errors import StandortWarning
from standort.layers.networks.network_files import read_network

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


REGIONS = {
    "mid-latitude": (6.0, 50.5, 0.3),
    "antimeridian": (180.0, -17.0, 0.3),
    "arctic": (20.0, 84.0, 0.8),
    "south pole": (0.0, -89.9, 60.0),
}

Position = tuple[float, float]


@cache
def read_twice(path: Path) -> tuple[Network, nx.Graph]:
    """Read roads twice, as a network and as a graph of their ends, with lengths [km]."""
    lines = gpd.read_parquet(path).to_crs(4326).geometry.to_numpy()
    xy, of = shapely.get_coordinates(lines, return_index=True)
    step = GEOD.inv(*xy[:-1].T, *xy[1:].T)[2]
    step[of[1:] != of[:-1]] = 0.0
    length = np.bincount(of[1:], weights=step, minlength=len(lines)) / 1e3
    graph = nx.Graph()
    for line, km in zip(lines, length.tolist(), strict=True):
        u, v = line.coords[0], line.coords[-1]
        now = graph.get_edge_data(u, v, {"weight": np.inf})["weight"]
        graph.add_edge(u, v, weight=min(km, now))
    with pytest.warns(StandortWarning, match="columns 'u' and 'v' are those of a graph"):
        return read_network(path), graph


class Edge(NamedTuple):
    """An edge from node `u` to node `v` along vertices [degrees], open forward and backward."""

    u: int
    v: int
    course: list[Position]
    forward: bool = True
    backward: bool = True


class Joint(NamedTuple):
    """Where a position joins: the edge, the distance along it and the distance to it [m]."""

    edge: int
    along: float
    distance: float


def position_of(row: Floats) -> Position:
    """Return a row of coordinates [degrees] as a position."""
    return float(row[0]), float(row[1])


def region_nodes(rng: np.random.Generator, name: str, n: int) -> Floats:
    """Random nodes of a region, longitudes within +-180."""
    lon, lat, spread = REGIONS[name]
    lons = (lon + rng.uniform(-spread, spread, n) + 180.0) % 360.0 - 180.0
    reach = 0.09 if name == "south pole" else 0.3
    return np.column_stack([lons, lat + rng.uniform(-reach, reach, n)])


def random_edges(
    rng: np.random.Generator, nodes: Floats, n_edges: int, *, one_way: float = 0.0
) -> list[Edge]:
    """Edges between random nodes, some with a bend, some one-way, some parallel."""
    edges = []
    for _ in range(n_edges):
        u, v = (int(i) for i in rng.choice(len(nodes), 2, replace=False))
        ends = [position_of(nodes[u]), position_of(nodes[v])]
        if rng.random() < 0.5:
            azimuth, _, length = GEOD.inv(*ends[0], *ends[1])
            lon, lat, _ = GEOD.fwd(*ends[0], azimuth + rng.uniform(-30, 30), length / 2)
            ends.insert(1, (float(lon), float(lat)))
        edges.append(Edge(u, v, ends, forward=True, backward=bool(rng.random() >= one_way)))
    return edges


def as_network(nodes: Floats, edges: list[Edge]) -> Network:
    """Build the network under test."""
    return build_network(
        geocentric(*nodes.T),
        np.array([edge.u for edge in edges]),
        np.array([edge.v for edge in edges]),
        np.array([shapely.LineString(edge.course) for edge in edges], dtype=object),
        forward=np.array([edge.forward for edge in edges]),
        backward=np.array([edge.backward for edge in edges]),
    )


def length_of(course: list[Position]) -> float:
    """Length of a polyline of geodesics [m]."""
    return float(sum(GEOD.inv(*start, *end)[2] for start, end in pairwise(course)))


def join(lon: float, lat: float, edges: list[Edge]) -> Joint:
    """Find the nearest point on any edge, by bounded minimisation along each segment."""
    actual = []
    for number, edge in enumerate(edges):
        passed = 0.0
        for start, end in pairwise(edge.course):
            azimuth, _, length = GEOD.inv(*start, *end)

            def away(along: float, start: Position = start, azimuth: float = azimuth) -> float:
                x, y, _ = GEOD.fwd(*start, azimuth, along)
                return float(GEOD.inv(lon, lat, x, y)[2])

            fine = minimize_scalar(
                away, bounds=(0.0, length), method="bounded", options={"xatol": 1e-4}
            )
            choices = [(away(0.0), 0.0), (away(length), length), (float(fine.fun), float(fine.x))]
            distance, along = min(choices)
            actual.append((distance, number, passed + along))
            passed += length
    distance, number, along = min(actual)
    return Joint(number, along, distance)


def shortest(
    edges: list[Edge], sites: Floats, features: Floats, limit: float
) -> list[tuple[float, int]]:
    """Length of the way [m] and position of the feature for each site; inf and -1 without a way."""
    graph = nx.DiGraph()
    joints = {
        **{("site", i): join(*position_of(row), edges) for i, row in enumerate(sites)},
        **{("feature", i): join(*position_of(row), edges) for i, row in enumerate(features)},
    }
    stops: dict[int, list[tuple[float, object]]] = {i: [] for i in range(len(edges))}
    for name, joint in joints.items():
        graph.add_node(name)
        if joint.distance <= limit:
            stops[joint.edge].append((joint.along, ("on", name)))
            add = (name, ("on", name)) if name[0] == "site" else (("on", name), name)
            graph.add_edge(*add, weight=joint.distance)
    for number, edge in enumerate(edges):
        length = length_of(edge.course)
        chain = [(0.0, ("node", edge.u)), *sorted(stops[number], key=lambda s: s[0])]
        for (a, one), (b, other) in pairwise([*chain, (length, ("node", edge.v))]):
            both = b - a < 1e-3
            _add(graph, one, other, b - a, there=edge.forward or both, back=edge.backward or both)
    answers = []
    for i in range(len(sites)):
        reach = nx.single_source_dijkstra_path_length(graph, ("site", i))
        ways = [(reach.get(("feature", j), np.inf), j) for j in range(len(features))]
        best = min(ways)
        answers.append(best if np.isfinite(best[0]) else (np.inf, -1))
    return answers


def _add(
    graph: nx.DiGraph, one: object, other: object, weight: float, *, there: bool, back: bool
) -> None:
    """Add an edge each way that is open, unless there is a shorter one."""
    for is_open, u, v in ((there, one, other), (back, other, one)):
        if is_open and weight < graph.get_edge_data(u, v, {"weight": np.inf})["weight"]:
            graph.add_edge(u, v, weight=max(weight, 0.0))
