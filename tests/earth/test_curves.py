"""The curve through cubes: against cubes found one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from standort.earth import geocentric
from standort.earth.blocks import ascending
from standort.earth.geodesy import TIE, chord_ceiling
from standort.earth.point_graph import LEAST_EDGE, Curve, _linking_edge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EDGES = [7.0, 8.0, 13.999, 14.0, 300.0, 1_154.7, 50_000.0, 3_000_000.0]


def everywhere(n: int, spread: float) -> Floats:
    """Points of the Earth round a place where longitude and latitude are 0."""
    rng = np.random.default_rng(1)
    return geocentric(rng.uniform(-spread, spread, n), rng.uniform(-spread, spread, n) / 2.0)


def cubes_of(points: Floats, edge: float) -> list[tuple[int, ...]]:
    return [tuple(row) for row in np.floor((points + 6_400_000.0) / edge).astype(int).tolist()]


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("spread", [0.001, 0.1, 180.0])
def test_points_of_one_cube_stand_together(edge: float, spread: float) -> None:
    points = everywhere(500, spread)
    curve = Curve.through(points, edge=edge)
    np.testing.assert_array_equal(curve.points, points[curve.order])
    np.testing.assert_array_equal(np.sort(curve.order), np.arange(len(points)))
    for twice in (False, True):
        cubes = curve.cubes(twice=twice)
        # the edge as the curve halves it, for the places of single points by its rounding
        least = edge / 2.0**curve.halvings
        held = cubes_of(curve.points, least)
        wide = [tuple(i >> (curve.halvings + twice) for i in cube) for cube in held]
        assert len(cubes.first) == len(set(wide))
        for first, size in zip(cubes.first, cubes.size, strict=True):
            assert len(set(wide[first : first + size])) == 1
        assert int(cubes.size.sum()) == len(points)


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("spread", [0.001, 0.1, 180.0])
def test_each_pair_of_cubes_that_touch_is_found_once(edge: float, spread: float) -> None:
    curve = Curve.through(everywhere(300, spread), edge=edge)
    cubes = curve.cubes(twice=True)
    held = np.array(cubes_of(curve.points[cubes.first], edge / 2.0**curve.halvings))
    place = held >> (curve.halvings + 1)
    apart = np.abs(place[:, np.newaxis] - place).max(axis=2)
    expected = {(int(i), int(j)) for i, j in np.argwhere(apart == 1) if i < j}
    found = [
        (min(i, j), max(i, j))
        for here, there in cubes.touching()
        for i, j in zip(here.tolist(), there.tolist(), strict=True)
    ]
    assert set(found) == expected
    assert len(found) == len(expected)


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
