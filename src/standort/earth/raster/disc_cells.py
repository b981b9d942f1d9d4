"""Grids of meridians and parallels: the cells a disc covers, and their true areas.

Such cells have areas in closed form, and their rows are stretched so that equal parts of a cell
have equal areas: shares are exact for cells of any size, including at the antimeridian and the
poles. `make_grid` returns a `MappedGrid` for all other rasters.
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

    from standort.array_types import Floats
    from standort.earth.raster.cells import Shares


#: tolerances for the ellipsoid of WGS84 [m, inverse flattening] and for a degree [radians]
_SAME_AXIS, _SAME_FLATTENING, _SAME_DEGREE = 1.0, 1e-3, 1e-12


class GeographicGrid(Grid):
    """Cells between meridians and parallels."""

    @cached_property
    def _turn(self) -> float:
        """Columns once around the Earth; negative where they run west."""
        return 360.0 / self.placement.a

    @cached_property
    def _width(self) -> int:
        """Number of columns that do not repeat others."""
        return min(self.cols, int(np.floor(abs(self._turn) + 1e-6)))

    @cached_property
    def _parallels(self) -> Floats:
        """Authalic sine of the lines between rows, rising with the row's number."""
        lat = self.placement.f + self.placement.e * np.arange(self.rows + 1)
        return np.asarray(authalic_sine(np.clip(lat, -90.0, 90.0)) * np.sign(self.placement.e))

    def cells_at(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return column and row, with fractions, whichever range longitudes are in."""
        col, row = super().cells_at(lon, lat)
        turn = abs(self._turn)
        # a position on the western edge stays there, even if rounding moved it just beyond
        return col - np.floor((col + 1e-9) / turn) * turn, row

    def covers(self, disc: Disc, radius: float) -> list[Cover]:  # noqa: ARG002 - see Grid
        """Return the cells a disc covers: no window, one, or two where it crosses a seam."""
        lon, lat = self.from_wgs84.transform(disc.lon, disc.lat)
        lon, lat = close_ring(np.asarray(lon), np.asarray(lat))
        sine = authalic_sine(lat) * np.sign(self.placement.e)
        row = np.interp(sine, self._parallels, np.arange(self.rows + 1.0))
        col = (lon - self.placement.c) / self.placement.a
        turn = abs(self._turn)
        covers = []
        first = int(np.ceil(-col.max() / turn))
        for turns in range(first, first + 3):
            moved = col + turns * turn
            window = window_of(moved, row, self.rows, self._width)
            if window is not None:
                covers.append(Cover(window, self._shares(cut_outline(moved, row, window))))
        return covers

    def _shares(self, outline: Outline) -> Shares:
        def shares(start: int, stop: int) -> tuple[Floats, Floats]:
            return outline.fractions(start, stop), self.cell_areas(start, stop)

        return shares

    def cell_areas(self, start: int, stop: int) -> Floats:
        """Return the areas [m2] of the cells of some rows, shape (rows, 1)."""
        height = np.diff(self._parallels[start : stop + 1])
        width = np.radians(abs(self.placement.a))
        return np.asarray(AUTHALIC_RADIUS**2 * width * height)[:, np.newaxis]


def make_grid(crs: pyproj.CRS, placement: Placement, rows: int, cols: int) -> Grid:
    """Return the grid of a raster.

    Parameters
    ----------
    crs
        Its coordinate reference system.
    placement
        Transform from column and row, from the corner of the first cell, to map coordinates.
    rows, cols
        Numbers of rows and columns.

    Returns
    -------
    A `GeographicGrid` if cells are bounded by meridians and parallels of WGS84 (or an ellipsoid
    equal to a millionth), else a `MappedGrid`.

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
    # latitudes on a model's sphere are taken as WGS84; other ellipsoids are different datums
    sphere = ellipsoid is not None and not ellipsoid.inverse_flattening
    like_wgs84 = (
        ellipsoid is not None
        and abs(ellipsoid.semi_major_metre - EQUATORIAL_RADIUS) < _SAME_AXIS
        and abs(ellipsoid.inverse_flattening - 298.257) < _SAME_FLATTENING
    )
    return in_degrees and (sphere or like_wgs84)
