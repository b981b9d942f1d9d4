"""Grids of raster cells: rows and columns, positioned on a map by an affine transform."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from standort.earth.raster.cell_coverage import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyproj
    from numpy.typing import NDArray

    from standort.array_types import Floats
    from standort.earth.raster.discs import Disc

    #: covered share and area [m2] of the cells in some rows
    Shares = Callable[[int, int], tuple[Floats, Floats]]

#: a position within this distance [cells] of a line between cells is on it
_ON_LINE = 1e-9


@dataclass(frozen=True)
class Placement:
    """From column and row to map coordinates: x = a col + b row + c, y = d col + e row + f."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def to_map(self, col: Floats, row: Floats) -> tuple[Floats, Floats]:
        """Convert column and row to map coordinates."""
        return self.a * col + self.b * row + self.c, self.d * col + self.e * row + self.f

    def to_grid(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Convert map coordinates to column and row, with fractions."""
        x, y = x - self.c, y - self.f
        if not (self.b or self.d):
            return x / self.a, y / self.e
        size = self.a * self.e - self.b * self.d
        return (self.e * x - self.b * y) / size, (self.a * y - self.d * x) / size

    def divided(self, pieces: int) -> Placement:
        """Return the placement of cells whose sides are divided into pieces."""
        sides = (self.a, self.b, self.d, self.e)
        a, b, d, e = (side / pieces for side in sides)
        return Placement(a, b, self.c, d, e, self.f)


@dataclass(frozen=True)
class Cover:
    """The cells of a grid that a disc covers, at least partly.

    Parameters
    ----------
    window
        The range of cells.
    shares
        Returns, for some rows of the window, the covered share of each cell and the true area of
        each whole cell [m2]; the areas may be one number per row.
    """

    window: Window
    shares: Shares


@dataclass(frozen=True)
class Grid(ABC):
    """Cells in rows and columns of a map."""

    crs: pyproj.CRS
    placement: Placement
    rows: int
    cols: int

    @cached_property
    def from_wgs84(self) -> pyproj.Transformer:
        """Transformer from longitude and latitude [degrees] to map coordinates."""
        import pyproj

        return pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)

    def cells_at(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return column and row, with fractions, of positions; not finite outside the map."""
        x, y = self.from_wgs84.transform(lon, lat)
        with np.errstate(invalid="ignore"):
            return self.placement.to_grid(np.asarray(x), np.asarray(y))

    def locate(self, lon: Floats, lat: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the cell that contains each position.

        Parameters
        ----------
        lon, lat
            Positions [degrees].

        Returns
        -------
        Row and column, both -1 outside the grid. A position on the line between two cells is in
        the one with the higher number; the outer lines belong to the outermost cells.
        """
        col, row = (_snap_to_lines(position) for position in self.cells_at(lon, lat))
        inside = (col >= 0.0) & (col <= self.cols) & (row >= 0.0) & (row <= self.rows)
        cell = np.full((2, len(lon)), -1, dtype=np.intp)
        cell[0, inside] = np.minimum(row[inside].astype(np.intp), self.rows - 1)
        cell[1, inside] = np.minimum(col[inside].astype(np.intp), self.cols - 1)
        return cell[0], cell[1]

    @abstractmethod
    def covers(self, disc: Disc, radius: float) -> list[Cover]:
        """Return the cells a disc covers: no window, one, or two where it crosses a seam.

        Parameters
        ----------
        disc
            The disc.
        radius
            Its radius [m].
        """


def window_of(col: Floats, row: Floats, rows: int, cols: int) -> Window | None:
    """Return the cells of a grid within the bounds of a polygon; None if there are none."""
    row_start, row_stop = max(int(np.floor(row.min())), 0), min(int(np.ceil(row.max())), rows)
    col_start, col_stop = max(int(np.floor(col.min())), 0), min(int(np.ceil(col.max())), cols)
    if row_start >= row_stop or col_start >= col_stop:
        return None
    return Window(row_start, row_stop, col_start, col_stop)


def _snap_to_lines(position: Floats) -> Floats:
    """Move positions that rounding has shifted off a line between cells back onto it."""
    line = np.rint(position)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(position - line) < _ON_LINE, line, position)
