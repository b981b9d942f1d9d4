"""Grids in any projection: the cells a disc covers, and their true areas on WGS84.

The area of a cell follows from how fast the position in space changes across it, whatever the
datum, the projection or the rotation. Where a disc is only a few cells wide, the cells are divided,
so that the map's scale may vary within a large cell.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from standort.earth.geodesy import geocentric
from standort.earth.raster.cell_coverage import Outline, Window, cut_outline
from standort.earth.raster.cells import Cover, Grid, window_of
from standort.errors import GeometryError

if TYPE_CHECKING:
    import pyproj

    from standort.array_types import Floats
    from standort.earth.raster.discs import Disc


#: a grid is divided until a disc's radius spans this many cells
_CELLS_PER_RADIUS = 32
#: areas are measured at cells this far apart [m] and interpolated between them
_PITCH = 4_000.0
#: cells longer than this [m] are measured at 64 points each, shorter ones at 4 or 1
_LARGE = 50_000.0
#: the change of position is measured over this distance [m], or one cell if shorter
_SPAN = 500.0
#: sample points along each side that locate the grid on the Earth
_SAMPLES = 17
#: a disc that a map shows this many times too large or too small is torn
_TORN = 4.0


class MappedGrid(Grid):
    """Cells of any other map: projected, rotated, or on another ellipsoid."""

    @cached_property
    def _to_wgs84(self) -> pyproj.Transformer:
        import pyproj

        return pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)

    def _in_space(self, col: Floats, row: Floats) -> Floats:
        """Return the geocentric coordinates [m] of positions on the grid."""
        lon, lat = self._to_wgs84.transform(*self.placement.to_map(col, row))
        return geocentric(np.asarray(lon), np.asarray(lat))

    @cached_property
    def _reach(self) -> tuple[Floats, float]:
        """Centre and radius [m] of a ball that contains the grid; infinite if unknown."""
        col, row = np.meshgrid(
            np.linspace(0.0, self.cols, _SAMPLES), np.linspace(0.0, self.rows, _SAMPLES)
        )
        points = self._in_space(col.ravel(), row.ravel())
        if not np.isfinite(points).all():
            return np.zeros(3), np.inf
        centre = (points.max(axis=0) + points.min(axis=0)) / 2.0
        lattice = points.reshape(_SAMPLES, _SAMPLES, 3)
        gap = max(np.linalg.norm(np.diff(lattice, axis=axis), axis=2).max() for axis in (0, 1))
        return centre, float(np.linalg.norm(points - centre, axis=1).max() + 2.0 * gap)

    @cached_property
    def _cell_size(self) -> float:
        """Length [m] of the longer side of the cell in the middle, in metres or map units."""
        sides = self._sides(np.array([self.cols / 2.0]), np.array([self.rows / 2.0]), 0.5)
        size = max(float(np.linalg.norm(side)) for side in sides)
        return size if np.isfinite(size) and size > 0.0 else 1.0

    def _sides(self, col: Floats, row: Floats, half: float) -> tuple[Floats, Floats]:
        """Return two sides of a cell as vectors in space [m], from the change of position."""
        n = len(col)
        away = np.repeat([[half, 0.0], [-half, 0.0], [0.0, half], [0.0, -half]], n, axis=0)
        points = self._in_space(np.tile(col, 4) + away[:, 0], np.tile(row, 4) + away[:, 1])
        with np.errstate(invalid="ignore"):
            return (
                (points[:n] - points[n : 2 * n]) / (2.0 * half),
                (points[2 * n : 3 * n] - points[3 * n :]) / (2.0 * half),
            )

    def areas_at(self, col: Floats, row: Floats) -> Floats:
        """Return the areas [m2] of cells centred at positions."""
        half = min(0.5, _SPAN / self._cell_size)
        right, down = self._sides(col, row, half)
        return np.asarray(np.linalg.norm(np.cross(right, down), axis=1))

    def cell_areas(self, window: Window) -> Floats:
        """Return the areas [m2] of a window's cells, the same to the bit for any window.

        Cells outside the map have the area 0.
        """
        pitch = max(1, int(_PITCH / self._cell_size))
        node_row, up = np.divmod(np.arange(window.row_start, window.row_stop), pitch)
        node_col, right = np.divmod(np.arange(window.col_start, window.col_stop), pitch)
        rows = np.arange(node_row[0], node_row[-1] + 2)
        cols = np.arange(node_col[0], node_col[-1] + 2)
        col, row = np.meshgrid(cols * pitch + 0.5, rows * pitch + 0.5)
        nodes = self.areas_at(col.ravel(), row.ravel()).reshape(col.shape)
        # between four nodes: along the columns, then along the rows
        share = right / pitch
        i, j = node_row - rows[0], node_col - cols[0]
        across = nodes[:, j] * (1.0 - share) + np.where(share > 0.0, nodes[:, j + 1], 0.0) * share
        share = (up / pitch)[:, np.newaxis]
        areas = across[i] * (1.0 - share) + np.where(share > 0.0, across[i + 1], 0.0) * share
        return np.where(np.isfinite(areas), areas, 0.0)

    def covers(self, disc: Disc, radius: float) -> list[Cover]:
        """Return the cells a disc covers: no window or one."""
        if self._out_of_reach(disc, radius):
            return []
        pieces = max(1, int(np.ceil(_CELLS_PER_RADIUS * self._cell_size / radius)))
        grid = self._divided(pieces)
        col, row = grid.cells_at(disc.lon, disc.lat)
        self._check_in_one_piece(grid, col, row, disc)
        col, row = np.append(col, col[0]), np.append(row, row[0])
        window = window_of(col, row, grid.rows, grid.cols)
        if window is None:
            return []
        outline = cut_outline(col, row, window)
        return [grid.whole(outline) if pieces == 1 else self._gathered(grid, outline, pieces)]

    def whole(self, outline: Outline) -> Cover:
        """Return the undivided cells inside an outline."""
        window = outline.window

        def shares(start: int, stop: int) -> tuple[Floats, Floats]:
            part = replace(window, row_start=start, row_stop=stop)
            return outline.fractions(start, stop), self.cell_areas(part)

        return Cover(window, shares)

    @cached_property
    def _finer(self) -> dict[int, MappedGrid]:
        return {1: self}

    def _divided(self, pieces: int) -> MappedGrid:
        """Return the grid with the sides of its cells divided, built once."""
        if pieces not in self._finer:
            smaller = self.placement.divided(pieces)
            fine = MappedGrid(self.crs, smaller, self.rows * pieces, self.cols * pieces)
            self._finer[pieces] = fine
        return self._finer[pieces]

    def _gathered(self, fine: MappedGrid, outline: Outline, pieces: int) -> Cover:
        """Return the cover of whole cells from that of their divided parts."""
        inner = outline.window
        window = Window(
            inner.row_start // pieces,
            (inner.row_stop - 1) // pieces + 1,
            inner.col_start // pieces,
            (inner.col_stop - 1) // pieces + 1,
        )
        shape = (window.row_stop - window.row_start, window.col_stop - window.col_start)
        covered = outline.fractions(inner.row_start, inner.row_stop)
        covered = covered * np.where(covered > 0.0, fine.cell_areas(inner), 0.0)
        row = np.arange(inner.row_start, inner.row_stop) // pieces - window.row_start
        col = np.arange(inner.col_start, inner.col_stop) // pieces - window.col_start
        cell = (row[:, np.newaxis] * shape[1] + col).ravel()
        total = np.bincount(cell, covered.ravel(), minlength=shape[0] * shape[1]).reshape(shape)
        areas = self._large_areas(window)

        def shares(start: int, stop: int) -> tuple[Floats, Floats]:
            part = slice(start - window.row_start, stop - window.row_start)
            with np.errstate(invalid="ignore"):
                share = np.where(total[part] > 0.0, total[part] / areas[part], 0.0)
            return share, areas[part]

        return Cover(window, shares)

    def _large_areas(self, window: Window) -> Floats:
        """Return areas [m2] of cells of varying scale, by Gauss-Legendre quadrature."""
        if self._cell_size <= _PITCH:
            return self.cell_areas(window)
        abscissa, weight = np.polynomial.legendre.leggauss(2 if self._cell_size < _LARGE else 8)
        abscissa, weight = (abscissa + 1.0) / 2.0, weight / 2.0
        row = np.arange(window.row_start, window.row_stop)
        col = np.arange(window.col_start, window.col_stop)
        total = np.zeros((len(row), len(col)))
        for down, height in zip(abscissa, weight, strict=True):
            for right, width in zip(abscissa, weight, strict=True):
                x, y = np.meshgrid(col + right, row + down)
                areas = self.areas_at(x.ravel(), y.ravel()).reshape(x.shape)
                total = total + height * width * areas
        return np.where(np.isfinite(total), total, 0.0)

    def _out_of_reach(self, disc: Disc, radius: float) -> bool:
        centre, reach = self._reach
        nearest = np.linalg.norm(geocentric(disc.lon[:1], disc.lat[:1])[0] - centre)
        return bool(nearest > reach + 2.0 * radius)

    def _check_in_one_piece(self, grid: MappedGrid, col: Floats, row: Floats, disc: Disc) -> None:
        """Raise if the map does not show a disc in one piece."""
        on_map = np.abs((col * np.roll(row, -1) - np.roll(col, -1) * row).sum()) / 2.0
        with np.errstate(invalid="ignore"):
            area = on_map * grid.areas_at(col[:1], row[:1])[0]
        if not disc.area / _TORN < area < disc.area * _TORN:
            msg = (
                f"expected the raster's projection ({self.crs.name}) to show the disc around every "
                f"site in one piece, but it tears the disc near longitude {disc.lon[0]:.3f}, "
                f"latitude {disc.lat[0]:.3f}; convert the raster to EPSG:4326 "
                "(gdalwarp -t_srs EPSG:4326)"
            )
            raise GeometryError(msg)
