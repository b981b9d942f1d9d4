"""Rasters on WGS84: which cells a disc covers, how much of each, and how large each cell is.

Cells between meridians and parallels have areas in closed form, and their rows are stretched so
that equal parts of a cell have equal areas: shares are exact for cells of any size, over the
antimeridian and the poles. All other cells are those of a `MappedGrid`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from standort.earth.geodesy import AUTHALIC_RADIUS, EQUATORIAL_RADIUS
from standort.earth.raster.cell_coverage import Outline, cut_outline
from standort.earth.raster.cells import Cover, Grid, Placement, window_of
from standort.earth.raster.discs import Disc, authalic_sine, close_ring
from standort.earth.raster.projected_cells import MappedGrid

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from standort.earth.raster.cells import Shares

    Floats = NDArray[np.float64]

__all__ = ["GeographicGrid", "make_grid"]

#: what counts as the ellipsoid of WGS84 [m, inverse flattening], and as a degree [radians]
_SAME_AXIS, _SAME_FLATTENING, _SAME_DEGREE = 1.0, 1e-3, 1e-12


class GeographicGrid(Grid):
    """Cells between meridians and parallels."""

    @cached_property
    def _turn(self) -> float:
        """Columns once round the Earth; negative where they run west."""
        return 360.0 / self.placement.a

    @cached_property
    def _width(self) -> int:
        """Columns that do not repeat others."""
        return min(self.cols, int(np.floor(abs(self._turn) + 1e-6)))

    @cached_property
    def _parallels(self) -> Floats:
        """Authalic sine of the lines between rows, rising with the row's number."""
        lat = self.placement.f + self.placement.e * np.arange(self.rows + 1)
        return np.asarray(authalic_sine(np.clip(lat, -90.0, 90.0)) * np.sign(self.placement.e))

    def cells_at(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Give column and row, with fractions, of places, whichever way longitudes are counted."""
        col, row = super().cells_at(lon, lat)
        turn = abs(self._turn)
        # a place on the western edge stays there, though rounding may have put it just beyond
        return col - np.floor((col + 1e-9) / turn) * turn, row

    def covers(self, disc: Disc, radius: float) -> list[Cover]:  # noqa: ARG002 - see Grid
        """Find the cells a disc covers: no window, one, or two where it crosses a seam."""
        lon, lat = self.from_wgs84.transform(disc.lon, disc.lat)
        lon, lat = close_ring(np.asarray(lon), np.asarray(lat))
        sine = authalic_sine(lat) * np.sign(self.placement.e)
        row = np.interp(sine, self._parallels, np.arange(self.rows + 1.0))
        col = (lon - self.placement.c) / self.placement.a
        turn = abs(self._turn)
        found = []
        first = int(np.ceil(-col.max() / turn))
        for turns in range(first, first + 3):
            moved = col + turns * turn
            window = window_of(moved, row, self.rows, self._width)
            if window is not None:
                found.append(Cover(window, self._shares(cut_outline(moved, row, window))))
        return found

    def _shares(self, outline: Outline) -> Shares:
        def shares(start: int, stop: int) -> tuple[Floats, Floats]:
            return outline.fractions(start, stop), self.cell_areas(start, stop)

        return shares

    def cell_areas(self, start: int, stop: int) -> Floats:
        """Measure the cells [m2] of some rows, shape (rows, 1)."""
        height = np.diff(self._parallels[start : stop + 1])
        width = np.radians(abs(self.placement.a))
        return np.asarray(AUTHALIC_RADIUS**2 * width * height)[:, np.newaxis]


def make_grid(crs: pyproj.CRS, placement: Placement, rows: int, cols: int) -> Grid:
    """Make the grid of a raster.

    Parameters
    ----------
    crs
        Its reference system.
    placement
        From column and row, counted from the corner of the first cell, to map coordinates.
    rows, cols
        How many.

    Returns
    -------
    A `GeographicGrid` where cells lie between meridians and parallels of WGS84 (or an ellipsoid
    that is the same to a millionth), else a `MappedGrid`.

    Examples
    --------
    >>> import pyproj
    >>> grid = make_grid(pyproj.CRS(4326), Placement(1, 0, 0, 0, -1, 90), 180, 360)
    >>> type(grid).__name__, grid.cell_areas(89, 90).round(-3) / 1e6
    ('GeographicGrid', array([[12308.464]]))
    """
    kind = GeographicGrid if _between_meridians(crs, placement) else MappedGrid
    return kind(crs, placement, rows, cols)


def _between_meridians(crs: pyproj.CRS, placement: Placement) -> bool:
    if not crs.is_geographic or crs.is_derived or placement.b or placement.d:
        return False
    ellipsoid = crs.ellipsoid
    in_degrees = all(
        abs(axis.unit_conversion_factor - np.pi / 180.0) < _SAME_DEGREE
        for axis in crs.axis_info[:2]
    )
    # a model's sphere stands for latitudes of WGS84; other ellipsoids are true datums of their own
    sphere = ellipsoid is not None and not ellipsoid.inverse_flattening
    like_wgs84 = (
        ellipsoid is not None
        and abs(ellipsoid.semi_major_metre - EQUATORIAL_RADIUS) < _SAME_AXIS
        and abs(ellipsoid.inverse_flattening - 298.257) < _SAME_FLATTENING
    )
    return in_degrees and (sphere or like_wgs84)
