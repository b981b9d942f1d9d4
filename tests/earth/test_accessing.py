"""Where features join a network: held against planar geometry in a local projection."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from network_oracle import Edge, Place, as_network, place_of, random_edges

from standort.earth import find_access, geodesic_length

#: a few kilometres round a place, where a plane is true to a centimetre
PLACES = {"mid-latitude": (6.0, 50.5), "antimeridian": (180.0, -17.0), "arctic": (20.0, 84.0)}
LIMIT = 5_000.0


def unproject(plane: pyproj.Proj, xy: np.ndarray) -> np.ndarray:
    """Places of the plane [m] in degrees, shape (n, 2)."""
    return np.column_stack(plane(xy[:, 0], xy[:, 1], inverse=True))


def town(rng: np.random.Generator, place: str) -> tuple[pyproj.Proj, Any, list[Edge]]:
    """A plane round a place, and random roads in it."""
    lon, lat = PLACES[place]
    plane = pyproj.Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    nodes = unproject(plane, rng.uniform(-3e3, 3e3, (9, 2)))
    return plane, as_network(nodes, edges := random_edges(rng, nodes, 8)), edges


def drawn(plane: pyproj.Proj, course: list[Place]) -> shapely.LineString:
    """A course in degrees as a line in the plane."""
    return shapely.LineString(np.column_stack(plane(*np.array(course).T)))


def shapes(rng: np.random.Generator, plane: pyproj.Proj, n: int) -> list[tuple[Any, Any]]:
    """Random lines and triangles, in degrees and in the plane."""
    made = []
    for number in range(n):
        centre = rng.uniform(-6e3, 6e3, 2)
        xy = centre + rng.uniform(-1.5e3, 1.5e3, (3, 2))
        lonlat = unproject(plane, xy)
        make = shapely.LineString if number % 2 else shapely.Polygon
        made.append((make(lonlat), make(xy)))
    return made


def jumps(shape: shapely.Geometry) -> bool:
    """Whether a shape jumps over the antimeridian: layers hold such polygons cut in two."""
    return bool(shape.geom_type == "Polygon" and shape.bounds[2] - shape.bounds[0] > 180.0)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", range(3))
def test_shapes_join_where_roads_meet_them_or_come_nearest(place: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    plane, network, edges = town(rng, place)
    pairs = [pair for pair in shapes(rng, plane, 40) if not jumps(pair[0])]
    access, joins = find_access(
        network, np.array([pair[0] for pair in pairs], dtype=object), max_distance=LIMIT
    )
    roads = shapely.unary_union([drawn(plane, edge.course) for edge in edges])
    for number, (_, flat) in enumerate(pairs):
        outline = flat.boundary if flat.geom_type == "Polygon" else flat
        found = np.flatnonzero(access.feature == number)
        distance = flat.distance(roads)
        assert joins[number] == (distance <= LIMIT)
        if outline.intersects(roads):
            # one place for each crossing; planar roads bend off geodesics by millimetres
            points = shapely.get_coordinates(outline.intersection(roads))
            assert len(found) == len(points)
            assert (access.distance[found] == 0.0).all()
        elif 0.0 < distance <= LIMIT:
            assert len(found) == 1
            assert access.distance[found[0]] == pytest.approx(distance, rel=2e-6, abs=0.05)


def test_a_place_of_access_is_where_its_edge_says() -> None:
    rng = np.random.default_rng(9)
    plane, network, _ = town(rng, "mid-latitude")
    xy = rng.uniform(-5e3, 5e3, (30, 2))
    lonlat = unproject(plane, xy)
    access, _ = find_access(network, shapely.points(lonlat), max_distance=LIMIT)
    snap = network.snap(*lonlat[access.feature].T)
    np.testing.assert_array_equal(access.edge, snap.edge)
    np.testing.assert_array_equal(access.along, snap.along)
    np.testing.assert_array_equal(access.distance, snap.distance)


def test_each_part_of_a_multi_point_joins() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0]])
    network = as_network(nodes, [Edge(0, 1, [place_of(nodes[0]), place_of(nodes[1])])])
    docks = np.array([shapely.MultiPoint([(0.2, 0.01), (0.8, 0.02), (0.5, 3.0)])], dtype=object)
    access, joins = find_access(network, docks, max_distance=LIMIT)
    assert access.feature.tolist() == [0, 0]
    assert joins.tolist() == [True]


def test_a_polygon_round_the_whole_network_joins_at_no_place() -> None:
    nodes = np.array([[0.0, 0.0], [1.0, 0.0]])
    network = as_network(nodes, [Edge(0, 1, [place_of(nodes[0]), place_of(nodes[1])])])
    access, joins = find_access(
        network, np.array([shapely.box(-1, -1, 2, 1)], dtype=object), max_distance=LIMIT
    )
    assert len(access.feature) == 0
    assert joins.tolist() == [True]


def test_a_crossing_is_at_one_place_seen_from_either_line() -> None:
    courses = [np.array([[0.0, 0.0], [1.0, 0.3]]), np.array([[0.31, -0.5], [0.47, 0.9]])]
    met = []
    for road, pipe in (courses, courses[::-1]):
        network = as_network(road, [Edge(0, 1, [place_of(road[0]), place_of(road[1])])])
        lines = np.array([shapely.LineString(pipe)], dtype=object)
        access, _ = find_access(network, lines, max_distance=LIMIT)
        far = geodesic_length(network.parts.vertices, network.nodes[network.start[0]][None])
        before = int(np.searchsorted(far, access.along[0]) - 1)
        step = network.parts.vertices[before + 1] - network.parts.vertices[before]
        rest = (access.along[0] - far[before]) / np.linalg.norm(step)
        met.append(network.parts.vertices[before] + rest * step)
    assert np.linalg.norm(met[0] - met[1]) < 0.01
