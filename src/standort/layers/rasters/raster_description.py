"""Descriptions of raster files, without their values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.arguments import checked
from standort.layers.geometry.crs import name_crs
from standort.layers.rasters.raster_files import Raster, open_raster

if TYPE_CHECKING:
    from pathlib import Path

_DEGREES = "degrees"


@dataclass(frozen=True, slots=True)
class RasterDescription:
    """Description of a raster file, without its values.

    Parameters
    ----------
    rows, columns
        Size [cells].
    bands
        Number of bands.
    crs
        Reference system.
    resolution
        Width and height of a cell [`resolution_unit`].
    resolution_unit
        Such as ``"degrees"`` or ``"metre"``.
    nodata
        Declared nodata value of the band; None if there is none.
    extent
        West, south, east and north [degrees]; west > east crosses the antimeridian. None if
        the extent cannot be converted.
    """

    rows: int
    columns: int
    bands: int
    crs: str
    resolution: tuple[float, float]
    resolution_unit: str
    nodata: float | None
    extent: tuple[float, float, float, float] | None


@checked()
def describe_raster(raster: Raster | str | Path) -> RasterDescription:
    """Describe a raster.

    Parameters
    ----------
    raster
        A raster opened with `open_raster`, or a path, of which the first band is used.

    Returns
    -------
    The description.

    Raises
    ------
    FileError, CRSError, LayerError
        As for `open_raster`.

    Examples
    --------
    >>> import numpy, rasterio, tempfile
    >>> from affine import Affine
    >>> path = tempfile.mkdtemp() + "/wind.tif"
    >>> options = dict(width=3, height=2, count=1, dtype="float32", crs="EPSG:4326", nodata=-1)
    >>> with rasterio.open(path, "w", transform=Affine(1, 0, 6, 0, -1, 51), **options) as file:
    ...     file.write(numpy.full((1, 2, 3), 7, dtype="float32"))
    >>> description = describe_raster(path)
    >>> description.crs, description.resolution, description.resolution_unit
    ('EPSG:4326', (1.0, 1.0), 'degrees')
    >>> description.nodata, description.extent
    (-1.0, (6.0, 49.0, 9.0, 51.0))
    """
    opened = raster if isinstance(raster, Raster) else open_raster(raster, band=1)
    at = opened.placement
    with opened.dataset() as dataset:
        bands, nodata = dataset.count, dataset.nodatavals[opened.band - 1]
    return RasterDescription(
        rows=opened.rows,
        columns=opened.cols,
        bands=bands,
        crs=name_crs(opened.crs),
        resolution=(math.hypot(at.a, at.d), math.hypot(at.b, at.e)),
        resolution_unit=_unit_of(opened),
        nodata=None if nodata is None else float(nodata),
        extent=_extent(opened),
    )


def _unit_of(raster: Raster) -> str:
    if raster.crs.is_geographic:
        return _DEGREES
    return str(raster.crs.axis_info[0].unit_name)


def _extent(raster: Raster) -> tuple[float, float, float, float] | None:
    """Return the extent of the raster in longitude and latitude; None if not convertible."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    cols, rows = np.array([0, 1, 0, 1]) * raster.cols, np.array([0, 0, 1, 1]) * raster.rows
    x, y = raster.placement.to_map(cols.astype(float), rows.astype(float))
    try:
        to_earth = Transformer.from_crs(raster.crs, "EPSG:4326", always_xy=True)
        bounds = to_earth.transform_bounds(x.min(), y.min(), x.max(), y.max(), densify_pts=21)
    except ProjError:
        return None
    west, south, east, north = map(float, bounds)
    return (west, south, east, north) if all(map(math.isfinite, bounds)) else None
