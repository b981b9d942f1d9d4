"""Grids of H3 hexagons (the hierarchical grid of Uber) and their outlines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from standort.errors import OptionError
from standort.layers.geometry.antimeridian_cuts import split_polygon
from standort.surfaces.grids import Cells

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    from standort.array_types import Keys
    from standort.surfaces.bounds import Bounds
    from standort.surfaces.mask import Region


#: Finest resolution of H3.
_FINEST = 15
#: A block is a cell of so many resolutions coarser: 7**5 = 16,807 cells.
LEVELS = 5
#: Reach of the children of a cell, over the distance to its farthest corner (1.00 observed).
_REACH = 1.2
_FULL, _HALF, _QUARTER = 360.0, 180.0, 90.0
#: Area of the Earth [km2].
_EARTH_KM2 = 510_065_621.724


@dataclass(frozen=True)
class Hexagons:
    """The cells of one resolution in bounds, in blocks.

    Parameters
    ----------
    resolution
        Resolution of H3, from 0 (sides of 1,100 km) to 15 (half a metre).
    bounds
        Bounds of the cell centres.
    levels
        Number of resolutions by which the parent cell of a block is coarser.
    """

    resolution: int
    bounds: Bounds
    levels: int

    @cached_property
    def parents(self) -> tuple[int, ...]:
        """Parent cells that may contain cells in the bounds, in order; each is a block."""
        coarse = max(self.resolution - self.levels, 0)
        parents = sorted(_h3().get_res0_cells().tolist())
        for level in range(coarse + 1):
            if level:
                parents = [c for p in parents for c in _h3().cell_to_children(p, level).tolist()]
            parents = [cell for cell in parents if _may_hold(cell, self.bounds)]
        return tuple(parents)

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self.parents)

    def block(self, number: int, region: Region) -> Cells:
        """Return the cells of a block that are in a region, in order of ids."""
        h3 = _h3()
        ids = np.sort(h3.cell_to_children(self.parents[number], self.resolution))
        centres = np.array([h3.cell_to_latlng(cell) for cell in ids.tolist()])
        lat, lon = np.ascontiguousarray(centres[:, 0]), np.ascontiguousarray(centres[:, 1])
        some = np.flatnonzero(region.holds(lon, lat))
        return Cells(ids[some], lon[some], lat[some])

    @property
    def cells(self) -> int:
        """Number of all cells, estimated from the area of the bounds."""
        low, high = np.sin(np.radians([self.bounds.south, self.bounds.north]))
        share = self.bounds.width / _FULL * float(high - low) / 2.0
        return int(share * _EARTH_KM2 / _h3().average_hexagon_area(self.resolution, unit="km^2"))

    def describe(self) -> dict[str, object]:
        """Return the definition of the grid for the manifest."""
        return {"h3_resolution": self.resolution}


def create_hexagons(bounds: Bounds, resolution: int) -> Hexagons:
    """Return the hexagons whose centres are in bounds.

    Parameters
    ----------
    bounds
        Bounds of the cell centres.
    resolution
        Resolution of H3, 0 to 15.

    Returns
    -------
    The hexagons.

    Raises
    ------
    OptionError
        If the resolution is out of range, or the package h3 is not installed.

    Examples
    --------
    >>> from standort.surfaces.bounds import read_bounds
    >>> from standort.surfaces.mask import Region
    >>> bounds = read_bounds([4, 52, 4.1, 52.1])
    >>> hexagons = create_hexagons(bounds, 6)
    >>> as_text(hexagons.block(1, Region(bounds)).cell_ids)
    ['86196b8c7ffffff', '86196b8d7ffffff', '86196b8dfffffff']
    """
    if not 0 <= resolution <= _FINEST:
        msg = f"expected a resolution of H3 from 0 to {_FINEST}, got {resolution}; choose one"
        raise OptionError(msg)
    _h3()
    return Hexagons(resolution, bounds, LEVELS)


def as_text(ids: Keys) -> list[str]:
    """Format the ids of hexagons in the usual hexadecimal form."""
    return [_h3().int_to_str(cell) for cell in ids.tolist()]


def outlines(ids: Keys) -> NDArray[np.object_]:
    """Return hexagons (and pentagons) as polygons of longitude and latitude [degrees].

    Parameters
    ----------
    ids
        Keys, shape (n,).

    Returns
    -------
    Polygons, cut at the antimeridian and closed over a pole where necessary.
    """
    h3 = _h3()
    rings = [h3.cell_to_boundary(cell) for cell in ids.tolist()]
    ring = np.repeat(np.arange(len(rings)), [len(corners) for corners in rings])
    corners = np.array([corner for ring in rings for corner in ring]).reshape(-1, 2)[:, ::-1]
    polygons = np.asarray(shapely.polygons(shapely.linearrings(corners, indices=ring)))
    west, _, east, _ = shapely.bounds(polygons).T
    for torn in np.flatnonzero(east - west > _HALF):
        polygons[torn] = split_polygon(polygons[torn])
    return polygons


def _may_hold(cell: int, bounds: Bounds) -> bool:
    """Return whether the children of a cell may have centres in bounds."""
    h3 = _h3()
    lat, lon = centre = h3.cell_to_latlng(cell)
    corners = h3.cell_to_boundary(cell)
    reach = _REACH * max(
        h3.great_circle_distance(centre, corner, unit="rads") for corner in corners
    )
    angle = float(np.degrees(reach))
    if not bounds.south - angle <= lat <= bounds.north + angle:
        return False
    if abs(lat) + angle >= _QUARTER:
        return True
    aside = float(np.degrees(np.arcsin(np.sin(reach) / np.cos(np.radians(lat)))))
    return bool((lon - bounds.west + aside) % _FULL <= bounds.width + 2.0 * aside)


def _h3() -> ModuleType:
    """Import h3, or raise with installation instructions."""
    try:
        import h3.api.numpy_int as h3
    except ImportError as error:
        msg = "hexagons need h3, which is not installed: pip install standort[surface]"
        raise OptionError(msg) from error
    module: ModuleType = h3
    return module
