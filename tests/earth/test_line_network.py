"""Networks: order-free building, exact lengths, joining at the nearest point, crossings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from network_oracle import (
    REGIONS,
    Edge,
    as_network,
    join,
    length_of,
    position_of,
    random_edges,
    region_nodes,
)

from standort.earth import geocentric, geodesic_length

EQUATOR = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])


def test_length_is_that_of_the_geodesics_not_of_any_attribute() -> None:
    edges = [Edge(0, 1, [(0.0, 0.0), (0.5, 0.4), (1.0, 0.0)])]
    assert as_network(EQUATOR, edges).length[0] == pytest.approx(
        length_of(edges[0].course), abs=1e-6
    )


def test_one_degree_of_the_equator_is_a_pi_over_180() -> None:
    network = as_network(EQUATOR, [Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)])])
    assert network.length[0] == pytest.approx(111_319.490793, abs=1e-6)


def test_the_two_directions_of_a_street_become_one_two_way_edge() -> None:
    there = [(0.0, 0.0), (0.5, 0.1), (1.0, 0.0)]
    edges = [Edge(0, 1, there, backward=False), Edge(1, 0, there[::-1], backward=False)]
    network = as_network(EQUATOR, edges)
    assert len(network) == 1
    assert not network.is_directed


def test_one_way_edges_keep_their_direction_however_they_are_turned() -> None:
    course = [(0.0, 0.0), (1.0, 0.0)]
    one = as_network(EQUATOR, [Edge(0, 1, course, forward=True, backward=False)])
    other = as_network(EQUATOR, [Edge(1, 0, course[::-1], forward=False, backward=True)])
    assert one.is_directed
    assert one.forward.tolist() == other.forward.tolist()
    assert one.start.tolist() == other.start.tolist()


def test_parallel_edges_of_different_course_remain_separate() -> None:
    edges = [
        Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)]),
        Edge(0, 1, [(0.0, 0.0), (0.5, 0.2), (1.0, 0.0)]),
    ]
    assert len(as_network(EQUATOR, edges)) == 2


def test_an_edge_without_length_merges_its_nodes() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    edges = [
        Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)]),
        Edge(1, 2, [(1.0, 0.0), (1.0, 0.0)]),
        Edge(2, 3, [(1.0, 0.0), (2.0, 0.0)]),
    ]
    network = as_network(nodes, edges)
    assert (len(network), len(network.nodes)) == (2, 3)
    assert len(set(network.component.tolist())) == 1


def test_a_line_that_stops_short_of_its_node_is_extended() -> None:
    network = as_network(EQUATOR, [Edge(0, 1, [(0.1, 0.0), (0.9, 0.0)])])
    assert network.length[0] == pytest.approx(111_319.490793, abs=1e-6)


def test_the_network_does_not_depend_on_order_or_direction() -> None:
    rng = np.random.default_rng(3)
    nodes = region_nodes(rng, "antimeridian", 12)
    edges = random_edges(rng, nodes, 25, one_way=0.4)
    plain = as_network(nodes, edges)
    order = rng.permutation(12)
    position = np.argsort(order)
    turned = [
        Edge(e.v, e.u, e.course[::-1], e.backward, e.forward) if rng.random() < 0.5 else e
        for e in edges
    ]
    moved = [e._replace(u=int(position[e.u]), v=int(position[e.v])) for e in turned]
    other = as_network(nodes[order], [moved[i] for i in rng.permutation(25)])
    for name in ("nodes", "start", "end", "forward", "backward", "length", "along"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("region", REGIONS)
def test_snap_equals_the_minimum_over_all_edges(region: str) -> None:
    rng = np.random.default_rng(5)
    nodes = region_nodes(rng, region, 8)
    edges = random_edges(rng, nodes, 12)
    network = as_network(nodes, edges)
    positions = region_nodes(rng, region, 25)
    snap = network.snap(positions[:, 0], positions[:, 1])
    expected = [join(lon, lat, edges) for lon, lat in positions]
    np.testing.assert_allclose(snap.distance, [joint.distance for joint in expected], atol=0.01)
    points = geocentric(positions[:, 0], positions[:, 1])
    np.testing.assert_allclose(geodesic_length(points, snap.point), snap.distance, atol=1e-6)


def test_both_parts_of_an_edge_add_up_to_it() -> None:
    rng = np.random.default_rng(6)
    course = [(6.0, 50.0), (6.2, 50.1), (6.4, 50.0)]
    network = as_network(np.array([course[0], course[-1]]), [Edge(0, 1, course)])
    lon, lat = rng.uniform(6.0, 6.4, 30), rng.uniform(49.9, 50.2, 30)
    snap = network.snap(lon, lat)
    first = network.parts.vertices[0]
    way = network.parts.vertices
    for along, point in zip(snap.along, snap.point, strict=True):
        before = way[network.along <= along]
        steps = [geodesic_length(a[None], b[None])[0] for a, b in pairwise([*before, point])]
        assert sum(steps) == pytest.approx(along, abs=1e-6)
    np.testing.assert_array_equal(first, network.nodes[network.start[0]])
    assert (snap.along <= network.length[0]).all()


def test_snap_respects_the_largest_distance() -> None:
    network = as_network(EQUATOR, [Edge(0, 1, [(0.0, 0.0), (1.0, 0.0)])])
    snap = network.snap(np.array([0.5, 0.5]), np.array([0.01, 0.5]), max_distance=5_000.0)
    assert snap.edge.tolist() == [0, -1]
    assert np.isinf(snap.distance[1])


def test_largest_component_is_the_one_of_greatest_length() -> None:
    nodes = np.array([[0.0, 0.0], [0.1, 0.0], [0.2, 0.0], [5.0, 0.0], [6.0, 0.0]])
    courses = [[0, 1], [1, 2], [3, 4]]
    edges = [Edge(a, b, [position_of(nodes[a]), position_of(nodes[b])]) for a, b in courses]
    network = as_network(nodes, edges)
    assert len(set(network.component.tolist())) == 2
    assert network.largest_component().length.sum() == pytest.approx(111_319.490793, abs=1e-6)


CROSSINGS = {
    "lines that share an end": (["0 0, 1 0", "1 0, 1 1"], 0),
    "a bridge": (["0 0, 2 0", "1 -1, 1 1"], 1),
    "an end on the middle of another": (["0 0, 2 0", "1 0, 1 1"], 1),
    "a vertex shared in the middle": (["0 0, 1 0, 2 0", "1 -1, 1 0, 1 1"], 1),
    "two crossings of one pair": (["0 0, 3 0", "1 -1, 1 1, 2 1, 2 -1"], 2),
    "joined at one end, crossing elsewhere": (["0 0, 3 0", "0 0, 1 1, 2 -1"], 1),
    "far apart": (["0 0, 1 0", "0 5, 1 5"], 0),
    "over the antimeridian": (["179 0, -179 0", "180 -1, 180 1"], 1),
    "beside the antimeridian": (["179 0, -179 0", "-179.5 -1, -179.5 1"], 1),
    "side by side across the antimeridian": (["178 0, 179 0", "-179 0, -178 0"], 0),
}


@pytest.mark.parametrize("case", CROSSINGS)
def test_crossings_without_a_common_node_are_counted(case: str) -> None:
    texts, expected = CROSSINGS[case]
    lines = [shapely.get_coordinates(shapely.from_wkt(f"LINESTRING ({t})")) for t in texts]
    ends = np.concatenate([line[[0, -1]] for line in lines])
    nodes, position = np.unique(ends, axis=0, return_inverse=True)
    of_end = position.ravel().reshape(-1, 2)
    edges = [
        Edge(int(u), int(v), [position_of(xy) for xy in line])
        for (u, v), line in zip(of_end, lines, strict=True)
    ]
    assert as_network(nodes, edges).unsplit_crossings == expected
