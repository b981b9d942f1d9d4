"""Ways along networks: against networkx, in closed form, and at every trap of sparse graphs."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from network_oracle import (
    REGIONS,
    Edge,
    as_network,
    place_of,
    random_edges,
    region_nodes,
    shortest,
)

from standort.earth import Network, Routing, find_access

LIMIT = 50_000.0
DEGREE = 111_319.490793


def ways(
    network: Network, sites: np.ndarray, features: np.ndarray, *, both_ways: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Length of the way of each site [m], snapping included, and the feature it leads to."""
    access, _ = find_access(network, shapely.points(features), max_distance=LIMIT)
    snap = network.snap(sites[:, 0], sites[:, 1])
    snap.edge[snap.distance > LIMIT] = -1
    routes = Routing(network, access, both_ways=both_ways).search(snap)
    return routes.distance + snap.distance, np.append(access.feature, -1)[routes.access]


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("one_way", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_ways_are_those_networkx_finds(region: str, one_way: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = region_nodes(rng, region, 14)
    edges = random_edges(rng, nodes, 16, one_way=one_way)
    sites, features = region_nodes(rng, region, 20), region_nodes(rng, region, 5)
    length, feature = ways(as_network(nodes, edges), sites, features)
    expected = shortest(edges, sites, features, LIMIT)
    # the oracle finds the nearest point of an edge to about a centimetre along it
    np.testing.assert_allclose(length, [way for way, _ in expected], atol=0.2, rtol=1e-7)
    assert feature.tolist() == [number for _, number in expected]


def lattice(side: int) -> tuple[np.ndarray, list[Edge]]:
    """A lattice along the equator, so small that rows are all equally long."""
    step = 0.01
    nodes = np.array([(step * x, step * y) for y in range(side) for x in range(side)])
    joined = [(i, i + 1) for i in range(side * side) if (i + 1) % side]
    joined += [(i, i + side) for i in range(side * (side - 1))]
    return nodes, [Edge(a, b, [place_of(nodes[a]), place_of(nodes[b])]) for a, b in joined]


def test_on_a_lattice_the_way_is_the_sum_of_both_sides() -> None:
    nodes, edges = lattice(6)
    length, _ = ways(as_network(nodes, edges), nodes, nodes[:1])
    east, north = DEGREE, 110_574.389
    expected = nodes[:, 0] * east + nodes[:, 1] * north
    np.testing.assert_allclose(length, expected, atol=0.01)


def test_ties_go_to_the_first_feature_whatever_the_order_of_the_search() -> None:
    nodes, edges = lattice(7)
    corners = nodes[[0, 6, 42, 48]]
    middle = nodes[[24]]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        length, feature = ways(as_network(nodes, edges), middle, corners[order])
        # north to south the lattice is not quite symmetric: the equator's rows are the longest
        northern = {order.index(2), order.index(3)}
        assert feature[0] == min(northern)
        assert length[0] == pytest.approx(0.03 * DEGREE + 0.03 * 110_574.4, abs=1.0)


def test_site_and_feature_on_one_edge_go_straight_along_it() -> None:
    network = as_network(np.array([[0.0, 0.0], [3.0, 0.0]]), [Edge(0, 1, [(0.0, 0.0), (3.0, 0.0)])])
    length, _ = ways(network, np.array([[1.0, 0.0], [2.5, 0.0]]), np.array([[2.0, 0.0]]))
    np.testing.assert_allclose(length, [DEGREE, DEGREE / 2], atol=1e-3)


def test_a_one_way_edge_is_left_forward_only_and_round_the_block() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.5]])
    edges = [
        Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)], backward=False),
        Edge(1, 2, [(1.0, 0.0), (0.5, 0.5)], backward=False),
        Edge(2, 0, [(0.5, 0.5), (0.0, 0.0)], backward=False),
    ]
    network = as_network(nodes, edges)
    site, feature = np.array([[0.6, 0.0]]), np.array([[0.4, 0.0]])
    whole = network.length.sum()
    assert ways(network, site, feature)[0][0] == pytest.approx(whole - 0.2 * DEGREE, abs=1e-3)
    assert ways(network, feature, site)[0][0] == pytest.approx(0.2 * DEGREE, abs=1e-3)
    back = ways(network, site, feature, both_ways=True)[0][0]
    assert back == pytest.approx(0.2 * DEGREE, abs=1e-3)


def test_of_parallel_edges_the_shorter_is_taken_not_their_sum() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0]])
    edges = [
        Edge(0, 1, [(0.0, 0.0), (0.5, 0.3), (1.0, 0.0)]),
        Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)]),
        Edge(0, 1, [(0.0, 0.0), (0.5, -0.2), (1.0, 0.0)]),
    ]
    length, _ = ways(as_network(nodes, edges), nodes[:1], nodes[1:])
    assert length[0] == pytest.approx(DEGREE, abs=1e-3)


def test_an_edge_without_length_is_passed() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    edges = [
        Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)]),
        Edge(1, 2, [(1.0, 0.0), (1.0, 0.0)]),
        Edge(2, 3, [(1.0, 0.0), (2.0, 0.0)]),
    ]
    length, _ = ways(as_network(nodes, edges), nodes[:1], nodes[3:])
    assert length[0] == pytest.approx(2 * DEGREE, abs=1e-3)


def test_features_at_one_place_and_at_nodes_are_all_reached() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    edges = [Edge(i, i + 1, [place_of(nodes[i]), place_of(nodes[i + 1])]) for i in range(2)]
    features = np.array([[1.0, 0.0], [1.0, 0.0], [0.5, 0.0], [0.5, 0.0], [2.0, 0.0]])
    length, feature = ways(as_network(nodes, edges), np.array([[0.6, 0], [1.9, 0]]), features)
    assert feature.tolist() == [2, 4]
    np.testing.assert_allclose(length, [0.1 * DEGREE, 0.1 * DEGREE], atol=1e-3)


def test_a_loop_is_travelled_the_shorter_way_round() -> None:
    ring = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]
    network = as_network(np.array([[0.0, 0.0]]), [Edge(0, 0, ring)])
    length, _ = ways(network, np.array([[0.0, 0.5]]), np.array([[0.5, 0.0]]))
    assert length[0] == pytest.approx(0.5 * DEGREE + 110_574.389 / 2, abs=1.0)


def test_a_component_without_feature_is_infinitely_far() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    edges = [Edge(i, i + 1, [place_of(nodes[i]), place_of(nodes[i + 1])]) for i in (0, 2)]
    length, feature = ways(as_network(nodes, edges), nodes[[2]], nodes[[0]])
    assert np.isinf(length[0])
    assert feature[0] == -1


def test_the_way_of_a_site_is_the_same_to_the_bit_whoever_else_is_asked_for() -> None:
    rng = np.random.default_rng(8)
    nodes = region_nodes(rng, "mid-latitude", 40)
    network = as_network(nodes, random_edges(rng, nodes, 70, one_way=0.3))
    sites, features = region_nodes(rng, "mid-latitude", 60), region_nodes(rng, "mid-latitude", 9)
    everyone, _ = ways(network, sites, features)
    for some in (slice(0, 1), slice(17, 41), slice(59, 60)):
        assert ways(network, sites[some], features)[0].tobytes() == everyone[some].tobytes()
