"""Routes on networks, against networkx; access points, against planar geometry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from network_oracle import (
    REGIONS,
    Edge,
    Position,
    as_network,
    position_of,
    random_edges,
    region_nodes,
    shortest,
)

from standort.earth import Network, Routing, find_access, geodesic_length

LIMIT = 50_000.0
DEGREE = 111_319.490793


def routes_of(
    network: Network, sites: np.ndarray, features: np.ndarray, *, both_ways: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Length of each site's route [m], snapping included, and the feature where it ends."""
    access, _ = find_access(network, shapely.points(features), max_distance=LIMIT)
    snap = network.snap(sites[:, 0], sites[:, 1])
    snap.edge[snap.distance > LIMIT] = -1
    routes = Routing(network, access, both_ways=both_ways).search(snap)
    return routes.distance + snap.distance, np.append(access.feature, -1)[routes.access]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("one_way", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_routes_equal_those_of_networkx(region: str, one_way: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = region_nodes(rng, region, 14)
    edges = random_edges(rng, nodes, 16, one_way=one_way)
    sites, features = region_nodes(rng, region, 20), region_nodes(rng, region, 5)
    length, feature = routes_of(as_network(nodes, edges), sites, features)
    expected = shortest(edges, sites, features, LIMIT)
    # the oracle finds the nearest point of an edge to about a centimetre along it
    np.testing.assert_allclose(length, [way for way, _ in expected], atol=0.2, rtol=1e-7)
    assert feature.tolist() == [number for _, number in expected]


def lattice(side: int) -> tuple[np.ndarray, list[Edge]]:
    """A lattice on the equator, so small that all its rows have the same length."""
    step = 0.01
    nodes = np.array([(step * x, step * y) for y in range(side) for x in range(side)])
    joined = [(i, i + 1) for i in range(side * side) if (i + 1) % side]
    joined += [(i, i + side) for i in range(side * (side - 1))]
    return nodes, [Edge(a, b, [position_of(nodes[a]), position_of(nodes[b])]) for a, b in joined]


def test_on_a_lattice_the_route_is_the_sum_of_both_sides() -> None:
    nodes, edges = lattice(6)
    length, _ = routes_of(as_network(nodes, edges), nodes, nodes[:1])
    east, north = DEGREE, 110_574.389
    expected = nodes[:, 0] * east + nodes[:, 1] * north
    np.testing.assert_allclose(length, expected, atol=0.01)


def test_ties_go_to_the_first_feature_whatever_the_order_of_the_search() -> None:
    nodes, edges = lattice(7)
    corners = nodes[[0, 6, 42, 48]]
    middle = nodes[[24]]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        length, feature = routes_of(as_network(nodes, edges), middle, corners[order])
        # north to south the lattice is not quite symmetric: the equator's rows are the longest
        northern = {order.index(2), order.index(3)}
        assert feature[0] == min(northern)
        assert length[0] == pytest.approx(0.03 * DEGREE + 0.03 * 110_574.4, abs=1.0)


def test_site_and_feature_on_one_edge_are_joined_along_it() -> None:
    network = as_network(np.array([[0.0, 0.0], [3.0, 0.0]]), [Edge(0, 1, [(0.0, 0.0), (3.0, 0.0)])])
    length, _ = routes_of(network, np.array([[1.0, 0.0], [2.5, 0.0]]), np.array([[2.0, 0.0]]))
    np.testing.assert_allclose(length, [DEGREE, DEGREE / 2], atol=1e-3)


def test_a_one_way_edge_is_travelled_forward_only() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.5]])
    edges = [
        Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)], backward=False),
        Edge(1, 2, [(1.0, 0.0), (0.5, 0.5)], backward=False),
        Edge(2, 0, [(0.5, 0.5), (0.0, 0.0)], backward=False),
    ]
    network = as_network(nodes, edges)
    site, feature = np.array([[0.6, 0.0]]), np.array([[0.4, 0.0]])
    whole = network.length.sum()
    assert routes_of(network, site, feature)[0][0] == pytest.approx(whole - 0.2 * DEGREE, abs=1e-3)
    assert routes_of(network, feature, site)[0][0] == pytest.approx(0.2 * DEGREE, abs=1e-3)
    back = routes_of(network, site, feature, both_ways=True)[0][0]
    assert back == pytest.approx(0.2 * DEGREE, abs=1e-3)


def test_of_parallel_edges_the_shorter_is_taken_not_their_sum() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0]])
    edges = [
        Edge(0, 1, [(0.0, 0.0), (0.5, 0.3), (1.0, 0.0)]),
        Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)]),
        Edge(0, 1, [(0.0, 0.0), (0.5, -0.2), (1.0, 0.0)]),
    ]
    length, _ = routes_of(as_network(nodes, edges), nodes[:1], nodes[1:])
    assert length[0] == pytest.approx(DEGREE, abs=1e-3)


def test_an_edge_without_length_is_passed() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    edges = [
        Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)]),
        Edge(1, 2, [(1.0, 0.0), (1.0, 0.0)]),
        Edge(2, 3, [(1.0, 0.0), (2.0, 0.0)]),
    ]
    length, _ = routes_of(as_network(nodes, edges), nodes[:1], nodes[3:])
    assert length[0] == pytest.approx(2 * DEGREE, abs=1e-3)


def test_coincident_features_and_features_at_nodes_are_all_reached() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    edges = [Edge(i, i + 1, [position_of(nodes[i]), position_of(nodes[i + 1])]) for i in range(2)]
    features = np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 0.0], [0.5, 0.0], [2.0, 0.0]])
    length, feature = routes_of(as_network(nodes, edges), np.array([[0.6, 0], [1.9, 0]]), features)
    assert feature.tolist() == [2, 4]
    np.testing.assert_allclose(length, [0.1 * DEGREE, 0.1 * DEGREE], atol=1e-3)


def test_a_loop_is_travelled_in_the_shorter_direction() -> None:
    ring = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    network = as_network(np.array([[0.0, 0.0]]), [Edge(0, 0, ring)])
    length, _ = routes_of(network, np.array([[0.0, 0.5]]), np.array([[0.5, 0.0]]))
    assert length[0] == pytest.approx(0.5 * DEGREE + 110_574.389 / 2, abs=1.0)


def test_a_component_without_features_is_infinitely_far() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    edges = [Edge(i, i + 1, [position_of(nodes[i]), position_of(nodes[i + 1])]) for i in (0, 2)]
    length, feature = routes_of(as_network(nodes, edges), nodes[[2]], nodes[[0]])
    assert np.isinf(length[0])
    assert feature[0] == -1


def test_a_route_has_the_same_bits_whichever_other_sites_are_searched() -> None:
    rng = np.random.default_rng(8)
    nodes = region_nodes(rng, "mid-latitude", 40)
    network = as_network(nodes, random_edges(rng, nodes, 70, one_way=0.3))
    sites, features = region_nodes(rng, "mid-latitude", 60), region_nodes(rng, "mid-latitude", 9)
    all_sites, _ = routes_of(network, sites, features)
    for some in (slice(0, 1), slice(17, 41), slice(59, 60)):
        assert routes_of(network, sites[some], features)[0].tobytes() == all_sites[some].tobytes()


#: within a few kilometres of a position a plane is accurate to a centimetre
POSITIONS = {"mid-latitude": (6.0, 50.5), "antimeridian": (180.0, -17.0), "arctic": (20.0, 84.0)}
JOIN_LIMIT = 5_000.0


def unproject(plane: pyproj.Proj, xy: np.ndarray) -> np.ndarray:
    """Convert positions in the plane [m] to degrees, shape (n, 2)."""
    return np.column_stack(plane(xy[:, 0], xy[:, 1], inverse=True))


def town(rng: np.random.Generator, position: str) -> tuple[pyproj.Proj, Any, list[Edge]]:
    """A plane around a position, and random roads in it."""
    lon, lat = POSITIONS[position]
    plane = pyproj.Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    nodes = unproject(plane, rng.uniform(-3e3, 3e3, (9, 2)))
    return plane, as_network(nodes, edges := random_edges(rng, nodes, 8)), edges


def drawn(plane: pyproj.Proj, course: list[Position]) -> shapely.LineString:
    """Return a course in degrees as a line in the plane."""
    return shapely.LineString(np.column_stack(plane(*np.array(course).T)))


def shapes(rng: np.random.Generator, plane: pyproj.Proj, n: int) -> list[tuple[Any, Any]]:
    """Return random lines and triangles, in degrees and in the plane."""
    made = []
    for number in range(n):
        centre = rng.uniform(-6e3, 6e3, 2)
        xy = centre + rng.uniform(-1.5e3, 1.5e3, (3, 2))
        lonlat = unproject(plane, xy)
        make = shapely.LineString if number % 2 else shapely.Polygon
        made.append((make(lonlat), make(xy)))
    return made


def jumps(shape: shapely.Geometry) -> bool:
    """Return whether a shape crosses the antimeridian: layers hold such polygons split."""
    return bool(shape.geom_type == "Polygon" and shape.bounds[2] - shape.bounds[0] > 180.0)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("seed", range(3))
def test_shapes_join_where_roads_meet_them_or_are_nearest(position: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    plane, network, edges = town(rng, position)
    pairs = [pair for pair in shapes(rng, plane, 40) if not jumps(pair[0])]
    access, joins = find_access(
        network, np.array([pair[0] for pair in pairs], dtype=object), max_distance=JOIN_LIMIT
    )
    roads = shapely.unary_union([drawn(plane, edge.course) for edge in edges])
    for number, (_, flat) in enumerate(pairs):
        outline = flat.boundary if flat.geom_type == "Polygon" else flat
        actual = np.flatnonzero(access.feature == number)
        distance = flat.distance(roads)
        assert joins[number] == (distance <= JOIN_LIMIT)
        if outline.intersects(roads):
            # one position per crossing; planar roads deviate from geodesics by millimetres
            points = shapely.get_coordinates(outline.intersection(roads))
            assert len(actual) == len(points)
            assert (access.distance[actual] == 0.0).all()
        elif 0.0 < distance <= JOIN_LIMIT:
            assert len(actual) == 1
            assert access.distance[actual[0]] == pytest.approx(distance, rel=2e-6, abs=0.05)


def test_an_access_point_is_on_its_edge() -> None:
    rng = np.random.default_rng(9)
    plane, network, _ = town(rng, "mid-latitude")
    xy = rng.uniform(-5e3, 5e3, (30, 2))
    lonlat = unproject(plane, xy)
    access, _ = find_access(network, shapely.points(lonlat), max_distance=JOIN_LIMIT)
    snap = network.snap(*lonlat[access.feature].T)
    np.testing.assert_array_equal(access.edge, snap.edge)
    np.testing.assert_array_equal(access.along, snap.along)
    np.testing.assert_array_equal(access.distance, snap.distance)


def test_each_part_of_a_multi_point_joins() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0]])
    network = as_network(nodes, [Edge(0, 1, [position_of(nodes[0]), position_of(nodes[1])])])
    docks = np.array([shapely.MultiPoint([(0.2, 0.01), (0.8, 0.02), (0.5, 3.0)])], dtype=object)
    access, joins = find_access(network, docks, max_distance=JOIN_LIMIT)
    assert access.feature.tolist() == [0, 0]
    assert joins.tolist() == [True]


def test_a_polygon_around_the_network_joins_without_an_access_point() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0]])
    network = as_network(nodes, [Edge(0, 1, [position_of(nodes[0]), position_of(nodes[1])])])
    access, joins = find_access(
        network, np.array([shapely.box(-1, -1, 2, 1)], dtype=object), max_distance=JOIN_LIMIT
    )
    assert len(access.feature) == 0
    assert joins.tolist() == [True]


def test_a_crossing_has_one_position_from_either_line() -> None:
    courses = [np.array([[0.0, 0.0], [1.0, 0.3]]), np.array([[0.31, -0.5], [0.47, 0.9]])]
    met = []
    for road, pipe in (courses, courses[::-1]):
        network = as_network(road, [Edge(0, 1, [position_of(road[0]), position_of(road[1])])])
        lines = np.array([shapely.LineString(pipe)], dtype=object)
        access, _ = find_access(network, lines, max_distance=JOIN_LIMIT)
        far = geodesic_length(network.parts.vertices, network.nodes[network.start[0]][None])
        before = int(np.searchsorted(far, access.along[0]) - 1)
        step = network.parts.vertices[before + 1] - network.parts.vertices[before]
        rest = (access.along[0] - far[before]) / np.linalg.norm(step)
        met.append(network.parts.vertices[before] + rest * step)
    assert np.linalg.norm(met[0] - met[1]) < 0.01
