"""Covered shares of cells, compared with shapely cell by cell."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from standort.earth.raster.cell_coverage import Window, cut_outline

Floats = NDArray[np.float64]


def shares_by_shapely(polygon: shapely.Geometry, window: Window) -> Floats:
    cells = [
        [shapely.box(col, row, col + 1, row + 1) for col in range(*columns_of(window))]
        for row in range(window.row_start, window.row_stop)
    ]
    return np.asarray(shapely.area(shapely.intersection(np.array(cells), polygon)))


def columns_of(window: Window) -> tuple[int, int]:
    return window.col_start, window.col_stop


def star(rng: np.random.Generator, snap: float) -> Floats:
    """Return the corners of a star around (5, 4), snapped to a lattice if `snap` is set."""
    n = int(rng.integers(3, 40))
    angle, reach = np.sort(rng.uniform(0.0, 2.0 * np.pi, n)), rng.uniform(0.2, 6.0, n)
    corners = np.column_stack([5.0 + reach * np.cos(angle), 4.0 + reach * np.sin(angle)])
    return np.round(corners / snap) * snap if snap else corners


@pytest.mark.parametrize("snap", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("window", [Window(0, 8, 0, 9), Window(2, 5, 3, 6)])
def test_shares_equal_those_of_shapely(seed: int, snap: float, window: Window) -> None:
    corners = star(np.random.default_rng(seed), snap)
    polygon = shapely.make_valid(shapely.Polygon(corners))
    if snap and not shapely.Polygon(corners).is_valid:
        corners = shapely.get_coordinates(shapely.convex_hull(polygon))[:-1]
        polygon = shapely.convex_hull(polygon)
    closed = np.vstack([corners, corners[:1]])
    outline = cut_outline(closed[:, 0], closed[:, 1], window)
    shares = outline.fractions(window.row_start, window.row_stop)
    np.testing.assert_allclose(shares, shares_by_shapely(polygon, window), atol=2e-9)


def test_a_level_edge_through_whole_cells_covers_half_of_each() -> None:
    box = np.array([[0.5, 0.5], [4.5, 0.5], [4.5, 1.5], [0.5, 1.5], [0.5, 0.5]])
    shares = cut_outline(box[:, 0], box[:, 1], Window(0, 2, 0, 5)).fractions(0, 2)
    np.testing.assert_array_equal(shares, [[0.25, 0.5, 0.5, 0.5, 0.25]] * 2)


def test_direction_of_the_edge_does_not_matter() -> None:
    corners = star(np.random.default_rng(3), 0.0)
    closed = np.vstack([corners, corners[:1]])
    window = Window(0, 8, 0, 9)
    one = cut_outline(closed[:, 0], closed[:, 1], window).fractions(0, 8)
    other = cut_outline(closed[::-1, 0], closed[::-1, 1], window).fractions(0, 8)
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_rows_are_the_same_to_the_bit_alone_and_together() -> None:
    corners = star(np.random.default_rng(7), 0.0)
    closed = np.vstack([corners, corners[:1]])
    outline = cut_outline(closed[:, 0], closed[:, 1], Window(0, 8, 0, 9))
    together = outline.fractions(0, 8)
    for row in range(8):
        assert outline.fractions(row, row + 1).tobytes() == together[row : row + 1].tobytes()


def test_cells_inside_are_covered_wholly_and_cells_outside_not_at_all() -> None:
    angle = np.linspace(0.0, 2.0 * np.pi, 721)
    outline = cut_outline(50 + 40 * np.cos(angle), 50 + 40 * np.sin(angle), Window(0, 100, 0, 100))
    shares = outline.fractions(0, 100)
    col, row = np.meshgrid(np.arange(100) + 0.5, np.arange(100) + 0.5)
    away = np.hypot(col - 50, row - 50)
    assert (shares[away < 39.2] == 1.0).all()
    assert (shares[away > 40.8] == 0.0).all()
