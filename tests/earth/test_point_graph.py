"""Point graphs: neighbour counts and components against all pairs; cubes along the curve."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import geodesic_matrix
from scipy.sparse.csgraph import connected_components

from standort.earth import (
    FEW_KEPT,
    crowded,
    geocentric,
    geodesic_length,
    linked,
    linked_few,
    near_few,
    nearest_of_few,
)
from standort.earth.blocks import LEAST_EDGE, ascending
from standort.earth.geodesy import TIE, chord_ceiling
from standort.earth.point_graph import Curve, _join, _linking_edge, _nearest_links

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.earth import NearFew

    Floats = NDArray[np.float64]


GEOD = pyproj.Geod(ellps="WGS84")
ROUNDING_M = 1e-6


def scattered(where: str, rng: np.random.Generator, n: int = 300) -> tuple[Floats, Floats]:
    """Return positions in clusters about 100 km wide, a few of them coincident."""
    lon, lat = rng.normal(0.0, 0.3, n), rng.normal(0.0, 0.3, n)
    if where == "antimeridian":
        lon = np.asarray((lon + 360.0) % 360.0 - 180.0)
    elif where == "pole":
        lon, lat = rng.uniform(-180.0, 180.0, n), 90.0 - np.abs(lat)
    elif where == "whole earth":
        lon, lat = rng.uniform(-180.0, 180.0, n), np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n)))
    elif where == "lattice":  # whose steps along the equator are as long as the radius
        lon, lat = np.asarray(rng.integers(0, 15, (2, n)) * 0.01, dtype=np.float64)
    lon[: n // 10], lat[: n // 10] = lon[0], lat[0]
    return lon, lat


def distances(lon: Floats, lat: Floats) -> Floats:
    row, column = (position.ravel() for position in np.indices((len(lon), len(lon))))
    metres = GEOD.inv(lon[row], lat[row], lon[column], lat[column])[2]
    return np.asarray(metres).reshape(len(lon), len(lon))


def partition(label: NDArray[Any]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(label == one).tolist()) for one in np.unique(label)}


POSITIONS = ["equator", "antimeridian", "pole", "whole earth", "lattice"]
RADII = [0.5, 50.0, 1_113.1949079327357, 10_000.0, 400_000.0, 6_000_000.0]


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("where", POSITIONS)
def test_components_are_those_of_all_pairs(where: str, radius: float) -> None:
    lon, lat = scattered(where, np.random.default_rng(1))
    near = distances(lon, lat) <= radius + ROUNDING_M
    expected = partition(connected_components(near, directed=False)[1])
    assert partition(linked(lon, lat, radius=radius)) == expected
    met = near_few(lon, lat, radius=radius, at_least=2)
    assert partition(linked_few(met, np.ones(len(lon), dtype=bool))) == expected


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("where", POSITIONS)
def test_listed_pairs_are_not_needed_for_any_link(where: str, radius: float) -> None:
    lon, lat = scattered(where, np.random.default_rng(2))
    none = np.empty(0, dtype=np.int32)
    met = near_few(lon, lat, radius=radius, at_least=4)
    without = replace(met, pairs=((none, none, none.astype(bool)),))
    all_sites = np.ones(len(lon), dtype=bool)
    assert partition(linked_few(without, all_sites)) == partition(linked_few(met, all_sites))


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("where", POSITIONS)
def test_chains_do_not_pass_through_points_left_out(where: str, radius: float) -> None:
    rng = np.random.default_rng(5)
    lon, lat = scattered(where, rng)
    among = rng.random(len(lon)) < 0.5
    label = linked_few(near_few(lon, lat, radius=radius, at_least=4), among)
    np.testing.assert_array_equal(label >= 0, among)
    near = distances(lon[among], lat[among]) <= radius + ROUNDING_M
    assert partition(label[among]) == partition(connected_components(near, directed=False)[1])


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("where", POSITIONS)
def test_the_nearest_candidate_is_that_of_all_pairs(where: str, radius: float) -> None:
    """Query points have all neighbours listed; of equally near ones the preferred wins."""
    rng = np.random.default_rng(6)
    lon, lat = scattered(where, rng)
    met = near_few(lon, lat, radius=radius, at_least=6)
    preference = np.where(met.enough, rng.permutation(len(lon)), -1)
    asking = met.complete & ~met.enough
    actual = nearest_of_few(met, preference, asking)
    points = geocentric(lon, lat)
    for point in np.flatnonzero(asking):
        metres = geodesic_length(np.broadcast_to(points[point], points.shape), points)
        may = np.flatnonzero((preference >= 0) & (metres <= radius + TIE))
        near = may[metres[may] <= metres[may].min(initial=np.inf) + TIE]
        expected = near[np.argmin(preference[near])] if near.size else -1
        assert actual[point] == expected
    assert (actual[~asking] == -1).all()


@pytest.mark.parametrize("at_least", [9, 20, 64, 65, 1_000])
@pytest.mark.parametrize("radius", RADII[1:4])
@pytest.mark.parametrize("where", POSITIONS)
def test_crowded_points_are_flagged_for_any_size(where: str, radius: float, at_least: int) -> None:
    lon, lat = scattered(where, np.random.default_rng(7))
    count = (distances(lon, lat) <= radius + ROUNDING_M).sum(axis=1)
    actual = crowded(lon, lat, radius=radius, at_least=at_least)
    np.testing.assert_array_equal(actual, count >= at_least)


@pytest.mark.parametrize("at_least", [1, 2, 5, FEW_KEPT])
@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("where", POSITIONS)
def test_nearest_few_are_flagged_and_listed(where: str, radius: float, at_least: int) -> None:
    lon, lat = scattered(where, np.random.default_rng(3))
    metres = distances(lon, lat)
    near = metres <= radius + ROUNDING_M
    met = near_few(lon, lat, radius=radius, at_least=at_least)
    np.testing.assert_array_equal(met.enough, near.sum(axis=1) >= at_least)
    np.testing.assert_array_equal(met.enough, crowded(lon, lat, radius=radius, at_least=at_least))
    missed = near & ~np.eye(len(lon), dtype=bool)
    for start, end, sure in met.pairs:
        missed[met.curve.order[start], met.curve.order[end]] = False
        assert near[met.curve.order[start[sure]], met.curve.order[end[sure]]].all()
    assert not missed[met.complete].any()
    assert not (met.complete & met.enough).any()


@pytest.mark.parametrize("where", ["equator", "whole earth", "lattice"])
def test_points_of_many_slabs(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lon, lat = scattered(where, np.random.default_rng(4))
    radius = 1_113.1949079327357
    whole = near_few(lon, lat, radius=radius, at_least=4)
    assert len(whole.pairs) == 1
    monkeypatch.setattr("standort.earth.point_graph._SLAB_POINTS", 7)
    parts = near_few(lon, lat, radius=radius, at_least=4)
    assert len(parts.pairs) > 3
    np.testing.assert_array_equal(whole.enough, parts.enough)
    np.testing.assert_array_equal(whole.complete, parts.complete)
    assert listed_of(whole) == listed_of(parts)
    all_sites = np.ones(len(lon), dtype=bool)
    assert partition(linked_few(whole, all_sites)) == partition(linked_few(parts, all_sites))


def listed_of(met: NearFew) -> set[tuple[int, int]]:
    """Return the listed pairs of points whose neighbours are all listed."""
    actual = set()
    for start, end, _ in met.pairs:
        one, other = met.curve.order[start], met.curve.order[end]
        actual |= set(zip(one[met.complete[one]], other[met.complete[one]], strict=True))
    return actual


def test_a_pair_just_beyond_the_radius_is_not_linked() -> None:
    """0.01 degree of the equator is 1,113.195 m; the chord cannot resolve half a millimetre."""
    lon, lat, length = np.array([0.0, 0.01]), np.zeros(2), 1_113.1949079327357
    too_short = near_few(lon, lat, radius=length - 5e-4, at_least=2)
    ((start, _, sure),) = too_short.pairs
    assert len(start) == 2
    assert not sure.any()
    assert not too_short.enough.any()
    assert len(set(linked(lon, lat, radius=length - 5e-4).tolist())) == 2
    assert len(set(linked(lon, lat, radius=length).tolist())) == 1


def test_no_points_and_no_candidates() -> None:
    none = np.empty(0)
    assert near_few(none, none, radius=1.0, at_least=1).enough.size == 0
    assert linked(none, none, radius=1.0).size == 0
    alone = near_few(np.zeros(1), np.zeros(1), radius=1.0, at_least=2)
    assert not alone.enough.any()
    assert alone.complete.all()


EDGES = [7.0, 8.0, 13.999, 14.0, 300.0, 1_154.7, 50_000.0, 3_000_000.0]


def everywhere(n: int, spread: float) -> Floats:
    """Return points of the Earth around longitude 0, latitude 0."""
    rng = np.random.default_rng(1)
    return geocentric(rng.uniform(-spread, spread, n), rng.uniform(-spread, spread, n) / 2.0)


def cubes_of(points: Floats, edge: float) -> list[tuple[int, ...]]:
    return [tuple(row) for row in np.floor((points + 6_400_000.0) / edge).astype(int).tolist()]


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("spread", [0.001, 0.1, 180.0])
def test_points_of_one_cube_are_consecutive(edge: float, spread: float) -> None:
    points = everywhere(500, spread)
    curve = Curve.through(points, edge=edge)
    np.testing.assert_array_equal(curve.points, points[curve.order])
    np.testing.assert_array_equal(np.sort(curve.order), np.arange(len(points)))
    for twice in (False, True):
        cubes = curve.cubes(twice=twice)
        # the edge as the curve halves it, so that single points round the same way
        least = edge / 2.0**curve.halvings
        held = cubes_of(curve.points, least)
        wide = [tuple(i >> (curve.halvings + twice) for i in cube) for cube in held]
        assert len(cubes.first) == len(set(wide))
        for first, size in zip(cubes.first, cubes.size, strict=True):
            assert len(set(wide[first : first + size])) == 1
        assert int(cubes.size.sum()) == len(points)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("spread", [0.001, 0.1, 180.0])
def test_each_pair_of_touching_cubes_is_listed_once(edge: float, spread: float) -> None:
    curve = Curve.through(everywhere(300, spread), edge=edge)
    cubes = curve.cubes(twice=True)
    held = np.array(cubes_of(curve.points[cubes.first], edge / 2.0**curve.halvings))
    position = held >> (curve.halvings + 1)
    apart = np.abs(position[:, np.newaxis] - position).max(axis=2)
    expected = {(int(i), int(j)) for i, j in np.argwhere(apart == 1) if i < j}
    actual = [
        (min(i, j), max(i, j))
        for here, there in cubes.touching()
        for i, j in zip(here.tolist(), there.tolist(), strict=True)
    ]
    assert set(actual) == expected
    assert len(actual) == len(expected)


@pytest.mark.parametrize("radius", [*np.geomspace(1e-3, 2e7, 400), 12.13, 20_003_931.5])
def test_no_step_is_longer_than_two_cubes(radius: float) -> None:
    reach = radius + TIE
    edge = max(_linking_edge(reach), LEAST_EDGE)
    assert chord_ceiling(reach) < 2.0 * edge * (1.0 - 1e-12)


@pytest.mark.parametrize("distinct", [1, 3, 1_000, 2**62])
def test_many_numbers_are_sorted_piece_by_piece(distinct: int) -> None:
    number = np.random.default_rng(2).integers(0, distinct, 200_000).astype(np.uint64)
    order = ascending(number)
    np.testing.assert_array_equal(number[order], np.sort(number))
    np.testing.assert_array_equal(np.sort(order), np.arange(len(number)))


@pytest.mark.parametrize("apart_km", [10.9, 9.5])
def test_crowds_just_beyond_a_step_are_linked_by_their_nearest_points(apart_km: float) -> None:
    """Two towns of 5,000 points within 500 m, and one stone between that may bridge the gap."""
    draw = np.random.default_rng(3)
    lat = np.append(draw.uniform(-0.002, 0.002, 10_000), 0.0)
    lon = np.append(draw.uniform(-0.002, 0.002, 10_000), apart_km / 111.32 / 2.0)
    lon[5_000:10_000] += apart_km / 111.32
    towns = linked(lon[:10_000], lat[:10_000], radius=10_000.0)
    assert (towns[:5_000] == towns[0]).all()
    assert (towns[5_000:] == towns[-1]).all()
    assert (towns[0] == towns[-1]) == (apart_km < 10.0)
    assert len(np.unique(linked(lon, lat, radius=10_000.0))) == 1


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 120), radius=st.sampled_from([3e2, 3e3, 2e4]))
def test_links_of_nearest_points_are_those_of_all_pairs(seed: int, n: int, radius: float) -> None:
    draw = np.random.default_rng(seed)
    lon, lat = draw.normal(0.0, 0.15, (2, n))
    points = geocentric(lon, lat)
    label: NDArray[Any] = np.arange(n)
    while (edges := _nearest_links(points, label, radius)).size:
        label = _join(label, edges)
    within = geodesic_matrix(lon, lat, lon, lat) <= radius
    expected = connected_components(within, directed=False)[1]
    assert len(np.unique(label)) == expected.max() + 1
    assert len(np.unique(np.stack([label, expected]), axis=1)[0]) == expected.max() + 1
