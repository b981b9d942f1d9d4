"""Nearest features and pairs within a radius, against brute force over pyproj.Geod."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from clouds import CLOUDS, dense_cloud, global_cloud
from oracles import GEOD, distance_to, geodesic_matrix

from standort.earth import NO_FEATURE, FeatureIndex, geocentric
from standort.earth import blocks as blocks_module
from standort.earth import pairs as pairing_module

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]

MILLIMETRE = 1e-3


def all_pairs(
    index: FeatureIndex, lon: Floats, lat: Floats, radius: float
) -> dict[tuple[int, int], float]:
    actual: dict[tuple[int, int], float] = {}
    for block in index.pairs_within(lon, lat, radius=radius):
        sites = block.site[block.row].tolist()
        keys = zip(sites, block.feature.tolist(), strict=True)
        order = np.argsort(block.row, kind="stable")
        again = block.feature[order][np.diff(block.row[order], append=-1) == 0]
        following = block.feature[order][1:][np.diff(block.row[order]) == 0]
        assert (again < following).all()
        actual.update(zip(keys, block.distance.tolist(), strict=True))
    return actual


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("k", [1, 4])
def test_nearest_points_equal_brute_force(cloud: Cloud, k: int) -> None:
    rng = np.random.default_rng(42)
    lon, lat = cloud(rng, 300)
    to_lon, to_lat = cloud(rng, 400)
    matrix = geodesic_matrix(lon, lat, to_lon, to_lat)
    expected = np.sort(matrix, axis=1)[:, :k]
    near = FeatureIndex(shapely.points(to_lon, to_lat)).nearest(lon, lat, k=k)
    assert np.abs(near.distance - expected).max() < MILLIMETRE
    named = np.take_along_axis(matrix, near.feature, axis=1)
    assert np.abs(named - expected).max() < MILLIMETRE


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("radius", [0.5, 3e3, 25e3, 300e3, 5e6])
def test_pairs_equal_brute_force(cloud: Cloud, radius: float) -> None:
    rng = np.random.default_rng(1)
    lon, lat = cloud(rng, 120)
    to_lon, to_lat = cloud(rng, 150)
    matrix = geodesic_matrix(lon, lat, to_lon, to_lat)
    actual = all_pairs(FeatureIndex(shapely.points(to_lon, to_lat)), lon, lat, radius)
    expected = {(int(i), int(j)) for i, j in np.argwhere(matrix <= radius)}
    undecided = {(int(i), int(j)) for i, j in np.argwhere(np.abs(matrix - radius) < MILLIMETRE)}
    assert set(actual) - undecided == expected - undecided
    assert all(abs(d - matrix[pair]) < MILLIMETRE for pair, d in actual.items())


def test_the_radius_is_inclusive() -> None:
    lon, lat, radius = np.array([0.0]), np.array([0.0]), 10_000.0
    index = FeatureIndex(shapely.points([[0.05, 0.02]]))
    radius = float(index.nearest(lon, lat).distance[0, 0])
    assert len(all_pairs(index, lon, lat, radius)) == 1
    assert len(all_pairs(index, lon, lat, radius - 1e-5)) == 0


def test_geodesic_order_wins_where_chord_order_differs() -> None:
    """North-south the Earth bends more near the equator, so equal chords are unequal geodesics."""
    north_lon, north_lat, _ = GEOD.fwd(0.0, 0.0, 0.0, 3_000_000.0)
    east_lon, east_lat, _ = GEOD.fwd(0.0, 0.0, 90.0, 3_000_050.0)
    features = shapely.points([[east_lon, east_lat], [north_lon, north_lat]])
    index = FeatureIndex(features)
    chords = np.linalg.norm(index.parts.vertices - [6_378_137.0, 0.0, 0.0], axis=1)
    assert chords[0] != chords[1]
    near = index.nearest(np.array([0.0]), np.array([0.0]), k=2)
    by_geodesic = np.argsort(near.distance[0])
    assert near.feature[0, 0] == 1
    assert by_geodesic.tolist() == [0, 1]


def test_nearest_is_right_at_every_scale_where_chord_and_geodesic_disagree() -> None:
    """Rings of features at nearly one distance: the chord alone would pick a wrong one."""
    rng = np.random.default_rng(8)
    disagreements = 0
    for distance in (2e5, 1e6, 3e6, 8e6, 1.5e7):
        lon, lat = global_cloud(rng, 20)
        for site_lon, site_lat in zip(lon, lat, strict=True):
            n = 40
            to_lon, to_lat, _ = GEOD.fwd(
                np.full(n, site_lon),
                np.full(n, site_lat),
                rng.uniform(-180, 180, n),
                distance * (1 + rng.uniform(0, 2e-3, n)),
            )
            site = np.array([site_lon]), np.array([site_lat])
            index = FeatureIndex(shapely.points(to_lon, to_lat))
            true = geodesic_matrix(*site, to_lon, to_lat)[0]
            near = index.nearest(*site)
            assert near.feature[0, 0] == np.argmin(true)
            by_chord = index.tree.query(geocentric(*site)[0])[1]
            disagreements += int(by_chord != np.argmin(true))
    assert disagreements > 0


def test_ties_go_to_the_first_feature() -> None:
    east_and_west = shapely.points([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]])
    for order in ([0, 1, 2], [1, 2, 0], [2, 0, 1]):
        near = FeatureIndex(east_and_west[order]).nearest(np.zeros(1), np.zeros(1), k=3)
        assert near.feature.tolist() == [[0, 1, 2]]


def test_a_tie_survives_rounding_anywhere_on_earth() -> None:
    for lon in (0.0, 17.3, 121.7, 179.99):
        pair = shapely.points([[lon + 0.3, 50.0], [lon - 0.3, 50.0]])
        near = FeatureIndex(pair).nearest(np.array([lon]), np.array([50.0]))
        assert near.feature[0, 0] == 0


def test_coincident_points_are_all_at_distance_zero() -> None:
    features = FeatureIndex(shapely.points(np.full(500, 4.0), np.full(500, 52.0)))
    near = features.nearest(np.array([4.0]), np.array([52.0]), k=500)
    assert near.feature[0].tolist() == list(range(500))
    assert not near.distance.any()


def test_an_excluded_feature_is_skipped() -> None:
    lon, lat = dense_cloud(np.random.default_rng(2), 60)
    index = FeatureIndex(shapely.points(lon, lat))
    me = np.arange(60)
    matrix = geodesic_matrix(lon, lat, lon, lat)
    np.fill_diagonal(matrix, np.inf)
    near = index.nearest(lon, lat, exclude=me)
    assert np.abs(near.distance[:, 0] - matrix.min(axis=1)).max() < MILLIMETRE
    assert (near.feature[:, 0] != me).all()
    pairs = list(index.pairs_within(lon, lat, radius=5e3, exclude=me))
    assert sum(len(b.row) for b in pairs) == (matrix <= 5e3).sum()


def test_nothing_within_max_distance_gives_no_feature_at_infinity() -> None:
    near = FeatureIndex(shapely.points([[10.0, 0.0]])).nearest(
        np.zeros(1), np.zeros(1), k=2, max_distance=1e6
    )
    assert near.feature.tolist() == [[NO_FEATURE, NO_FEATURE]]
    assert np.isinf(near.distance).all()


def test_an_empty_layer_has_no_nearest_and_no_pairs() -> None:
    empty = FeatureIndex(np.empty(0, dtype=object))
    assert np.isinf(empty.nearest(np.zeros(3), np.zeros(3)).distance).all()
    assert not list(empty.pairs_within(np.zeros(3), np.zeros(3), radius=1e5))


# ---------------------------------------------------------------------- lines and polygons


def test_a_point_off_the_equator_and_one_past_its_end() -> None:
    """method.md F.1 no. 7."""
    index = FeatureIndex(np.array([shapely.LineString([(0, 0), (10, 0)])]))
    near = index.nearest(np.array([5.0, 15.0]), np.array([1.0, 0.0]))
    assert near.distance[:, 0] == pytest.approx([110_574.389, 556_597.454], abs=1e-3)


def test_inside_on_the_edge_and_in_a_hole() -> None:
    """method.md F.1 no. 8."""
    ring = [(0, 0), (4, 0), (4, 4), (0, 4)]
    hole = [(1, 1), (1, 3), (3, 3), (3, 1), (1, 1)]
    index = FeatureIndex(np.array([shapely.Polygon(ring, [hole])]))
    near = index.nearest(np.array([0.5, 0.0, 2.0]), np.array([0.5, 2.0, 2.0]))
    assert near.distance[0, 0] == 0.0
    assert near.distance[1, 0] == 0.0
    to_hole = distance_to(2.0, 2.0, shapely.LineString(hole))
    assert near.distance[2, 0] == pytest.approx(to_hole, abs=1.0)


SHAPES = {
    "long line": shapely.LineString([(-70, 40), (-10, 55), (20, 40)]),
    "line over the antimeridian": shapely.LineString([(178, 10), (-178, 12), (-170, 5)]),
    "line by the pole": shapely.LineString([(0, 85), (100, 88), (-120, 86)]),
    "line over the pole": shapely.LineString([(30, 88), (-150, 87)]),
    "wide polygon with a hole": shapely.Polygon(
        [(0, 50), (12, 49), (14, 58), (1, 60)], [[(4, 52), (8, 52), (7, 56), (5, 56)]]
    ),
    "two polygons split at the antimeridian": shapely.MultiPolygon(
        [
            shapely.box(175, -20, 180, -10),
            shapely.box(-180, -20, -174, -10),
        ]
    ),
    "arctic polygon": shapely.Polygon([(10, 80), (60, 84), (120, 83), (60, 78)]),
    "mixed": shapely.GeometryCollection(
        [shapely.Point(5, 5), shapely.LineString([(6, 6), (9, 9)])]
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_distance_to_shapes_equals_brute_force_within_a_metre(name: str) -> None:
    shape = SHAPES[name]
    rng = np.random.default_rng(5)
    anchor = shapely.get_coordinates(shape)
    at = anchor[rng.integers(0, len(anchor), 25)]
    lat = np.clip(at[:, 1] + rng.normal(0, 2.0, 25), -90, 90)
    lon = (at[:, 0] + rng.normal(0, 3.0, 25) + 180.0) % 360.0 - 180.0
    near = FeatureIndex(np.array([shape])).nearest(lon, lat)
    expected = [distance_to(x, y, shape) for x, y in zip(lon, lat, strict=True)]
    assert np.abs(near.distance[:, 0] - expected).max() < 1.0


def test_every_shape_at_once_the_nearest_and_the_pairs_agree_with_brute_force() -> None:
    shapes = np.array([s for s in SHAPES.values() if s.geom_type != "GeometryCollection"])
    lon, lat = global_cloud(np.random.default_rng(6), 12)
    lon[:4], lat[:4] = [6.0, 3.0, -179.0, 60.0], [54.0, 54.0, -15.0, 82.0]
    matrix = np.array(
        [[distance_to(x, y, s) for s in shapes] for x, y in zip(lon, lat, strict=True)]
    )
    index = FeatureIndex(shapes)
    near = index.nearest(lon, lat, k=3)
    assert np.abs(near.distance - np.sort(matrix, axis=1)[:, :3]).max() < 1.0
    actual = all_pairs(index, lon, lat, 2e6)
    expected = {(int(i), int(j)) for i, j in np.argwhere(matrix <= 2e6)}
    assert set(actual) == expected
    assert max(abs(d - matrix[pair]) for pair, d in actual.items()) < 1.0


def test_a_polygon_cut_at_the_antimeridian_has_no_seam_inside() -> None:
    index = FeatureIndex(np.array([SHAPES["two polygons split at the antimeridian"]]))
    lon = np.array([180.0, -180.0, 179.9999, -179.9999])
    near = index.nearest(lon, np.full(4, -15.0))
    assert not near.distance.any()


def test_edges_of_polygons_are_geodesics_inside_too() -> None:
    """Between 0 and 40 E on 50 N the geodesic runs 160 km north of the parallel."""
    box = shapely.Polygon([(0, 40), (40, 40), (40, 50), (0, 50)])
    top = GEOD.npts(0, 50, 40, 50, 1)[0]
    assert top[1] > 51.0
    near = FeatureIndex(np.array([box])).nearest(
        np.array([top[0], top[0]]), np.array([top[1] - 1e-5, top[1] + 1e-4])
    )
    assert near.distance[0, 0] == 0.0
    assert near.distance[1, 0] == pytest.approx(11.1, abs=0.5)


@pytest.mark.parametrize("name", ["long line", "wide polygon with a hole"])
def test_splitting_a_shape_changes_no_distance(name: str) -> None:
    """method.md F.2 no. 7: cut a line at vertices, a polygon into touching parts."""
    shape = SHAPES[name]
    if name == "long line":
        coordinates = shapely.get_coordinates(shape)
        parts = [shapely.LineString(coordinates[i : i + 2]) for i in range(2)]
    else:
        # along a meridian, which is a geodesic, so that no new bend appears
        parts = [
            shapely.Polygon([(0, 50), (6, 50), (6, 54), (0, 54)]),
            shapely.Polygon([(6, 50), (9, 50), (9, 54), (6, 54)]),
        ]
        shape = shapely.MultiPolygon(parts)
    lon, lat = np.linspace(-30, 40, 200), np.linspace(35, 70, 200)
    whole = FeatureIndex(np.array([shape])).nearest(lon, lat).distance
    split = FeatureIndex(np.array(parts)).nearest(lon, lat).distance
    assert np.array_equal(whole, split)


# ---------------------------------------------------------------------- same bits every time


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_result_depends_on_other_sites_or_order(cloud: Cloud) -> None:
    rng = np.random.default_rng(9)
    lon, lat = cloud(rng, 200)
    shapes = np.concatenate(
        [
            shapely.points(*cloud(rng, 300)),
            np.array([SHAPES["long line"], SHAPES["arctic polygon"]]),
        ]
    )
    index = FeatureIndex(shapes)
    full = index.nearest(lon, lat, k=2)
    for some in (rng.permutation(200), np.array([17]), np.arange(50, 90)):
        part = index.nearest(lon[some], lat[some], k=2)
        assert np.array_equal(part.feature, full.feature[some])
        assert np.array_equal(part.distance, full.distance[some])
    pairs = all_pairs(index, lon, lat, 2e5)
    alone = {
        (17, feature): d for (_, feature), d in all_pairs(index, lon[[17]], lat[[17]], 2e5).items()
    }
    assert alone == {pair: d for pair, d in pairs.items() if pair[0] == 17}


def test_block_size_changes_no_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    lon, lat = dense_cloud(np.random.default_rng(4), 500)
    index = FeatureIndex(shapely.points(lon, lat))
    whole = all_pairs(index, lon, lat, 3e3)
    monkeypatch.setattr(blocks_module, "BLOCK_PAIRS", 2_000)
    assert len(list(index.pairs_within(lon, lat, radius=3e3))) > 50
    assert all_pairs(index, lon, lat, 3e3) == whole


@pytest.mark.parametrize("turn", [31.7, 180.0, -94.2])
def test_turning_the_globe_changes_no_distance(turn: float) -> None:
    """method.md F.2 nos. 4, 5 and 6: rotation in longitude, and the mirror north-south."""
    rng = np.random.default_rng(12)
    lon, lat = global_cloud(rng, 200)
    to_lon, to_lat = global_cloud(rng, 200)
    plain = FeatureIndex(shapely.points(to_lon, to_lat)).nearest(lon, lat).distance
    turned = FeatureIndex(shapely.points(to_lon + turn, to_lat)).nearest(lon + turn, lat).distance
    mirrored = FeatureIndex(shapely.points(to_lon, -to_lat)).nearest(lon, -lat).distance
    assert np.abs(turned - plain).max() < 1e-6
    assert np.abs(mirrored - plain).max() < 1e-6


def test_more_features_never_lengthen_the_nearest_distance() -> None:
    rng = np.random.default_rng(13)
    lon, lat = global_cloud(rng, 100)
    to = shapely.points(*global_cloud(rng, 60))
    few = FeatureIndex(to[:30]).nearest(lon, lat).distance
    many = FeatureIndex(to).nearest(lon, lat).distance
    assert (many <= few).all()
    # a duplicate changes nothing (method.md F.2 no. 8)
    twice = FeatureIndex(np.concatenate([to, to])).nearest(lon, lat).distance
    assert np.array_equal(twice, many)


@pytest.mark.parametrize("radius", [0.5, 3e3, 60e3, 300e3])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_features_with_their_own_tree_give_the_same_bits(
    cloud: Cloud, radius: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of many vertices may have a tree of its own, or be listed vertex by vertex."""
    rng = np.random.default_rng(19)
    lon, lat = cloud(rng, 40)
    to_lon, to_lat = cloud(rng, 18)
    lon[:9], lat[:9] = to_lon[:9], to_lat[:9]
    lines = shapely.linestrings(np.column_stack([to_lon, to_lat]).reshape(6, 3, 2))
    index = FeatureIndex(np.concatenate([lines, shapely.points(to_lon, to_lat)]))
    sizes = np.bincount(index.parts.owner)
    actual = {}
    for many in (2, int(np.median(sizes[:6])), 10**9):
        monkeypatch.setattr(pairing_module, "MANY_VERTICES", many)
        index = FeatureIndex(index.parts)
        actual[many] = all_pairs(index, lon, lat, radius)
    first, *others = actual.values()
    assert first
    assert all(other == first for other in others)


@pytest.mark.parametrize("max_distance", [3e3, 300e3, np.inf])
@pytest.mark.parametrize("k", [1, 2, 3, 9])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_k_nearest_are_those_of_all_vertices_too(
    cloud: Cloud, k: int, max_distance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the second nearest, an outline of many vertices is queried separately."""
    rng = np.random.default_rng(23)
    lon, lat = cloud(rng, 16)
    to_lon, to_lat = cloud(rng, 18)
    lon[:9], lat[:9] = to_lon[:9], to_lat[:9]
    lines = shapely.linestrings(np.column_stack([to_lon, to_lat]).reshape(6, 3, 2))
    index = FeatureIndex(np.concatenate([lines, shapely.points(to_lon, to_lat), lines[:2]]))
    exclude = np.where(rng.random(16) < 0.5, rng.integers(0, len(index), 16), -1)
    points = geocentric(lon, lat)
    expected = index.nearest_of(points, exclude, k, max_distance)
    sizes = np.bincount(index.parts.owner)
    for many in (2, int(np.median(sizes[:6])), 10**9):
        monkeypatch.setattr(pairing_module, "MANY_VERTICES", many)
        actual = FeatureIndex(index.parts).nearest(
            lon, lat, k=k, max_distance=max_distance, exclude=exclude
        )
        np.testing.assert_array_equal(actual.feature, expected[0])
        np.testing.assert_array_equal(actual.distance, expected[1])


TWO_THREADS = """
import threading
import numpy as np
import shapely
from standort.earth import FeatureIndex

angle = np.linspace(0.0, 2.0 * np.pi, 20_001)[:-1]
edge = np.column_stack([np.cos(angle) * (1.0 + 0.1 * np.sin(50.0 * angle)), np.sin(angle)])
lon, lat = np.random.default_rng(0).uniform(-1.0, 1.0, (2, 2_000))
for _ in range(8):
    index = FeatureIndex(np.array([shapely.Polygon(edge)]))
    together, counts = threading.Barrier(4), []
    def ask():
        together.wait()
        counts.append(len(index.containing(lon, lat)[0]))
    threads = [threading.Thread(target=ask) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(counts) == 4 and len(set(counts)) == 1, counts
"""


def test_threads_may_query_the_polygons_of_one_index_at_once() -> None:
    # what GEOS prepares of a polygon it prepares at the first question; two at once crash it
    ended = subprocess.run([sys.executable, "-c", TWO_THREADS], check=False, timeout=120)
    assert ended.returncode == 0


@pytest.mark.parametrize("radius", [3e3, 300e3])
def test_a_subset_of_an_index_has_the_bits_of_a_new_index(
    radius: float,
) -> None:
    rng = np.random.default_rng(5)
    shapes = mixed_shapes(rng)
    which = np.flatnonzero(rng.random(len(shapes)) < 0.6)
    lon, lat = rng.uniform(-3.0, 3.0, (2, 200))
    whole, alone = FeatureIndex(shapes), FeatureIndex(shapes[which])
    all_pairs(whole, lon, lat, radius)  # so that it holds something to hand on
    some = whole.subset(which)
    for k in (1, 3):
        actual, expected = (each.nearest(lon, lat, k=k) for each in (some, alone))
        np.testing.assert_array_equal(actual.feature, expected.feature)
        np.testing.assert_array_equal(actual.distance, expected.distance)
    np.testing.assert_array_equal(some.containing(lon, lat), alone.containing(lon, lat))
    assert all_pairs(some, lon, lat, radius) == all_pairs(alone, lon, lat, radius)
    again = np.flatnonzero(np.arange(len(which)) % 2)
    expected_again = FeatureIndex(shapes[which[again]])
    actual_again = all_pairs(some.subset(again), lon, lat, radius)
    assert actual_again == all_pairs(expected_again, lon, lat, radius)


def mixed_shapes(rng: np.random.Generator) -> NDArray[np.object_]:
    """Points, lines, small polygons and polygons of many vertices with holes, mixed."""
    at = rng.uniform(-3.0, 3.0, (40, 2))
    made: list[shapely.Geometry] = []
    for i, (x, y) in enumerate(at):
        disc = shapely.Point(x, y).buffer(rng.uniform(0.05, 0.5), quad_segs=64)
        kinds = (
            shapely.Point(x, y),
            shapely.LineString([(x, y), (x + 0.3, y + 0.4), (x + 0.5, y)]),
            shapely.box(x, y, x + 0.1, y + 0.2),
            disc,
            disc.difference(shapely.Point(x, y).buffer(0.02)),
        )
        made.append(kinds[i % len(kinds)])
    return np.array(made, dtype=object)
