"""Grids of cells in rows and columns: equal-area or geographic."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from standort.arguments import FARTHEST_KM, MOST, between, checked, whole
from standort.earth import wgs84
from standort.errors import CRSError, OptionError

if TYPE_CHECKING:
    import pyproj

    from standort.array_types import Floats, Ints
    from standort.surfaces.bounds import Bounds
    from standort.surfaces.mask import Region


GridKind = Literal["equal-area", "geographic"]

_HALF, _FULL, _QUARTER = 180.0, 360.0, 90.0
#: Rows and columns of a block.
SIDE = 256
#: EPSG code of the equal-area reference system of official European grids.
_EUROPE = 3035
#: Number of positions mapped along each edge of the bounds, and along a row of the lattice inside.
_EDGE, _LATTICE = 4_001, 201
#: Bound on the bulge of an edge between two such positions [m].
_BULGE = 5.0


class Cells(NamedTuple):
    """Cells of a block: their ids (position in the block, or H3 id) and centres [degrees]."""

    cell_ids: Ints
    lon: Floats
    lat: Floats


class Window(NamedTuple):
    """A window of rows and columns of a grid."""

    row: int
    col: int
    rows: int
    cols: int


@dataclass(frozen=True)
class CellGrid:
    """A grid of cells on a map.

    Parameters
    ----------
    crs
        Reference system of the map.
    left, top
        Map coordinates of the upper left corner.
    width, height
        Size of a cell in map units.
    rows, cols
        Number of cells.
    side
        Rows and columns of a block.
    """

    crs: pyproj.CRS
    left: float
    top: float
    width: float
    height: float
    rows: int
    cols: int
    side: int = field(default_factory=lambda: SIDE)

    def __len__(self) -> int:
        """Return the number of blocks."""
        return -(-self.rows // self.side) * self._across

    @property
    def _across(self) -> int:
        return -(-self.cols // self.side)

    @checked(block=whole(0, MOST))
    def window(self, block: int) -> Window:
        """Return the window of a block; blocks at the right and lower edge may be smaller."""
        row, col = (part * self.side for part in divmod(block, self._across))
        return Window(row, col, min(self.side, self.rows - row), min(self.side, self.cols - col))

    @checked()
    def centres(self, window: Window) -> tuple[Floats, Floats]:
        """Return longitude and latitude [degrees] of the cell centres, row by row.

        Returns
        -------
        Longitudes in [-180, 180] and latitudes; not finite outside the domain of the map.
        """
        col = window.col + np.arange(window.cols, dtype=np.float64)
        row = window.row + np.arange(window.rows, dtype=np.float64)
        x, y = np.meshgrid(
            self.left + (col + 0.5) * self.width, self.top - (row + 0.5) * self.height
        )
        if self.crs.is_geographic:
            lon = np.where(x > _HALF, x - _FULL, x)
            return lon.ravel(), y.ravel()
        lon, lat = self._to_wgs84.transform(x.ravel(), y.ravel())
        return np.asarray(lon), np.asarray(lat)

    @cached_property
    def _to_wgs84(self) -> pyproj.Transformer:
        import pyproj

        return pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)

    @checked(number=whole(0, MOST))
    def block(self, number: int, region: Region) -> Cells:
        """Return the cells of a block that are in a region."""
        lon, lat = self.centres(self.window(number))
        inside = np.flatnonzero(region.holds(lon, lat))
        return Cells(inside, lon[inside], lat[inside])

    @property
    def cells(self) -> int:
        """Number of all cells."""
        return self.rows * self.cols

    def describe(self) -> dict[str, object]:
        """Return the definition of the grid for the manifest."""
        authority = self.crs.to_authority(min_confidence=100)
        return {
            "crs": ":".join(authority) if authority else self.crs.to_wkt(),
            "left": self.left,
            "top": self.top,
            "cell_width": self.width,
            "cell_height": self.height,
            "rows": self.rows,
            "cols": self.cols,
        }


@checked(cell_km=between(0.001, FARTHEST_KM, "km"), crs=whole(1, 999_999))
def create_grid(
    bounds: Bounds,
    cell_km: float,
    kind: GridKind = "equal-area",
    *,
    crs: str | int | pyproj.CRS | None = None,
) -> CellGrid:
    """Create a grid that covers bounds.

    Corners are at whole multiples of the cell size from the origin of the map, so grids with one
    map and cell size are aligned, whatever their bounds.

    Parameters
    ----------
    bounds
        Bounds to cover; the grid may extend beyond them.
    cell_km
        Side of a cell [km].
    kind
        ``"equal-area"``: squares on an equal-area map, EPSG:3035 if the bounds are in its area of
        use, else a Lambert azimuthal one centred on the bounds (to whole degrees). The true area of
        every cell is `cell_km` squared; far from the centre cells are not square on the ground.
        ``"geographic"``: steps in longitude and latitude that divide the circle and are about
        `cell_km` at the middle latitude; cells shrink towards the poles. Longitudes continue beyond
        180 across the antimeridian, so that the raster has no seam.
    crs
        A projected reference system in metres for the equal-area grid instead. Cells then have
        equal area only if its map is equal-area.

    Returns
    -------
    The grid.

    Raises
    ------
    OptionError
        If the kind is unknown, or does not accept a reference system.
    CRSError
        If the reference system is unknown, or not projected in metres.

    Examples
    --------
    >>> from standort.surfaces.bounds import read_bounds
    >>> grid = create_grid(read_bounds([3, 51, 5, 52]), 1.0)
    >>> grid.crs.to_epsg(), grid.left, grid.width
    (3035, 3830000.0, 1000.0)
    """
    if kind not in ("equal-area", "geographic"):
        msg = f"expected the grid 'equal-area' or 'geographic', got {kind!r}; choose one"
        raise OptionError(msg)
    if kind == "equal-area":
        return _equal_area(bounds, cell_km * 1_000.0, _map_for(bounds, crs))
    if crs is not None:
        msg = "a geographic grid has the reference system EPSG:4326; omit either crs or the grid"
        raise OptionError(msg)
    return _geographic(bounds, cell_km * 1_000.0)


def _map_for(bounds: Bounds, crs: object | None) -> pyproj.CRS:
    """Return the reference system of an equal-area grid."""
    import pyproj
    from pyproj.exceptions import CRSError as Unknown

    if crs is not None:
        try:
            chosen = pyproj.CRS.from_user_input(crs)
        except Unknown as error:
            msg = f"expected a coordinate reference system, got {crs!r}; use for example EPSG:27700"
            raise CRSError(msg) from error
        if not chosen.is_projected or {axis.unit_name for axis in chosen.axis_info} != {"metre"}:
            msg = (
                f"expected a projected reference system in metres for the grid, got {chosen.name}; "
                "choose another one, or omit it"
            )
            raise CRSError(msg)
        return chosen
    europe = pyproj.CRS.from_epsg(_EUROPE)
    use = europe.area_of_use
    assert use is not None
    if (
        use.west <= bounds.west
        and bounds.east <= use.east
        and use.south <= bounds.south
        and bounds.north <= use.north
    ):
        return europe
    return _centred_map(bounds)


def _centred_map(bounds: Bounds) -> pyproj.CRS:
    """Return an equal-area reference system centred on the bounds."""
    import pyproj
    from pyproj.crs import ProjectedCRS
    from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

    if bounds.width == _FULL:  # all longitudes: centred on the nearer pole
        lat, lon = 90 * int(np.sign(bounds.north + bounds.south)), 0
    else:
        lat = round((bounds.south + bounds.north) / 2.0)
        lon = round(bounds.west + bounds.width / 2.0)
        lon = lon - 360 if lon > _HALF else lon
    return ProjectedCRS(
        LambertAzimuthalEqualAreaConversion(
            latitude_natural_origin=lat, longitude_natural_origin=lon
        ),
        name=f"WGS 84 / equal area at {lat} {lon}",
        geodetic_crs=pyproj.CRS.from_epsg(4326),
    )


def _equal_area(bounds: Bounds, size: float, crs: pyproj.CRS) -> CellGrid:
    import pyproj

    to_map = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = (np.asarray(axis) for axis in to_map.transform(*_positions_over(bounds)))
    mapped = np.isfinite(x) & np.isfinite(y)
    if not mapped.any():
        msg = (
            f"the map {crs.name} does not cover any of the bounds {bounds.text()}; "
            "choose another reference system, or omit it"
        )
        raise CRSError(msg)
    x, y = x[mapped], y[mapped]
    left, low = (int(np.floor((axis.min() - _BULGE) / size)) for axis in (x, y))
    right, high = (int(np.ceil((axis.max() + _BULGE) / size)) for axis in (x, y))
    return CellGrid(crs, left * size, high * size, size, size, high - low, right - left)


def _positions_over(bounds: Bounds) -> tuple[Floats, Floats]:
    """Return closely spaced positions along the edges of bounds and a lattice inside."""
    lon = bounds.west + np.linspace(0.0, bounds.width, _EDGE)
    lat = np.linspace(bounds.south, bounds.north, _EDGE)
    some = slice(None, None, (_EDGE - 1) // (_LATTICE - 1))
    inner_lon, inner_lat = (axis.ravel() for axis in np.meshgrid(lon[some], lat[some]))
    south, north = np.full(_EDGE, bounds.south), np.full(_EDGE, bounds.north)
    west, east = np.full(_EDGE, bounds.west), np.full(_EDGE, bounds.east)
    return (
        np.concatenate([lon, lon, west, east, inner_lon]),
        np.concatenate([south, north, lat, lat, inner_lat]),
    )


def _geographic(bounds: Bounds, size: float) -> CellGrid:
    """Return a grid whose steps divide the circle of longitudes and the arc of latitudes."""
    import pyproj

    middle = (bounds.south + bounds.north) / 2.0
    low, high = max(middle - 0.5, -_QUARTER), min(middle + 0.5, _QUARTER)
    per_lat = wgs84().inv(0.0, low, 0.0, high)[2] / (high - low)
    per_lon = wgs84().inv(0.0, middle, 1.0, middle)[2]
    width = _FULL / max(1, round(_FULL * per_lon / size))
    height = _HALF / max(1, round(_HALF * per_lat / size))
    first, last = _steps(bounds.west + _HALF, bounds.east + _HALF, width)
    last = min(last, first + round(_FULL / width))  # no duplicate cells
    upper, lower = _steps(_QUARTER - bounds.north, _QUARTER - bounds.south, height)
    return CellGrid(
        pyproj.CRS.from_epsg(4326),
        first * width - _HALF,
        _QUARTER - upper * height,
        width,
        height,
        lower - upper,
        last - first,
    )


def _steps(start: float, stop: float, step: float) -> tuple[int, int]:
    """Return the first and last number of the steps that cover an interval."""
    slack = 1e-9  # tolerance for an interval that ends between two steps
    first = int(np.floor(start / step + slack))
    return first, max(int(np.ceil(stop / step - slack)), first + 1)
