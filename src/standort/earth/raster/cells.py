"""The cells of a raster: rows and columns, placed on a map by an affine transform."""

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

    from standort.earth.raster.discs import Disc

    Floats = NDArray[np.float64]
    #: covered share and area [m2] of the cells in some rows
    Shares = Callable[[int, int], tuple[Floats, Floats]]

__all__ = ["Cover", "Grid", "Placement", "window_of"]

#: a place closer than this to a line between cells [cells] is on it
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
        """Give map coordinates of places on the grid."""
        return self.a * col + self.b * row + self.c, self.d * col + self.e * row + self.f

    def to_grid(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Give column and row, with fractions, of map coordinates."""
        x, y = x - self.c, y - self.f
        if not (self.b or self.d):
            return x / self.a, y / self.e
        size = self.a * self.e - self.b * self.d
        return (self.e * x - self.b * y) / size, (self.a * y - self.d * x) / size

    def divided(self, pieces: int) -> Placement:
        """Divide the sides of every cell."""
        sides = (self.a, self.b, self.d, self.e)
        a, b, d, e = (side / pieces for side in sides)
        return Placement(a, b, self.c, d, e, self.f)


@dataclass(frozen=True)
class Cover:
    """The cells of a grid a disc covers any of.

    Parameters
    ----------
    window
        Where they are.
    shares
        Gives, for some rows of the window, the covered share of each cell and the true area of
        each whole cell [m2]; the areas may be one number for each row.
    """

    window: Window
    shares: Shares


@dataclass(frozen=True)
class Grid(ABC):
    """Cells in rows and columns on some map of the Earth."""

    crs: pyproj.CRS
    placement: Placement
    rows: int
    cols: int

    @cached_property
    def from_wgs84(self) -> pyproj.Transformer:
        """From longitude and latitude [degrees] to map coordinates."""
        import pyproj

        return pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)

    def cells_at(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Give column and row, with fractions, of places; not finite where the map ends."""
        x, y = self.from_wgs84.transform(lon, lat)
        with np.errstate(invalid="ignore"):
            return self.placement.to_grid(np.asarray(x), np.asarray(y))

    def locate(self, lon: Floats, lat: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Find the cell that holds each place.

        Parameters
        ----------
        lon, lat
            Places [degrees].

        Returns
        -------
        Row and column, both -1 outside the grid. On the line between two cells it is the one of
        the higher number; the outermost lines belong to the outermost cells.
        """
        col, row = (_snapped(place) for place in self.cells_at(lon, lat))
        inside = (col >= 0.0) & (col <= self.cols) & (row >= 0.0) & (row <= self.rows)
        place = np.full((2, len(lon)), -1, dtype=np.intp)
        place[0, inside] = np.minimum(row[inside].astype(np.intp), self.rows - 1)
        place[1, inside] = np.minimum(col[inside].astype(np.intp), self.cols - 1)
        return place[0], place[1]

    @abstractmethod
    def covers(self, disc: Disc, radius: float) -> list[Cover]:
        """Find the cells a disc covers: no window, one, or two where it crosses a seam.

        Parameters
        ----------
        disc
            The disc.
        radius
            Its radius [m].
        """


def window_of(col: Floats, row: Floats, rows: int, cols: int) -> Window | None:
    """Give the cells of a grid within the bounds of a polygon, None where there are none."""
    row_start, row_stop = max(int(np.floor(row.min())), 0), min(int(np.ceil(row.max())), rows)
    col_start, col_stop = max(int(np.floor(col.min())), 0), min(int(np.ceil(col.max())), cols)
    if row_start >= row_stop or col_start >= col_stop:
        return None
    return Window(row_start, row_stop, col_start, col_stop)


def _snapped(place: Floats) -> Floats:
    """Put places on the line between cells that rounding has moved off it back on it."""
    line = np.rint(place)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(place - line) < _ON_LINE, line, place)
