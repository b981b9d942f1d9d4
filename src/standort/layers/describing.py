"""What kind of a raster a file is: size, reference system, resolution, nodata, extent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.layers.projecting import name_crs
from standort.layers.rasters import Raster, open_raster

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RasterDescription", "describe_raster"]

_DEGREES = "degrees"


@dataclass(frozen=True, slots=True)
class RasterDescription:
    """What a raster file tells of itself; its values are not read.

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
        The value the band declares as unknown; None if it declares none.
    extent
        West, south, east and north [degrees]; west > east crosses the antimeridian. None where
        the map cannot be brought to longitude and latitude.
    """

    rows: int
    columns: int
    bands: int
    crs: str
    resolution: tuple[float, float]
    resolution_unit: str
    nodata: float | None
    extent: tuple[float, float, float, float] | None


def describe_raster(raster: Raster | str | Path) -> RasterDescription:
    """Describe a raster.

    Parameters
    ----------
    raster
        A raster opened with `open_raster`, or the path of one, of which the first band is taken.

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
    >>> told = describe_raster(path)
    >>> told.crs, told.resolution, told.resolution_unit, told.nodata, told.extent
    ('EPSG:4326', (1.0, 1.0), 'degrees', -1.0, (6.0, 49.0, 9.0, 51.0))
    """
    import rasterio

    opened = raster if isinstance(raster, Raster) else open_raster(raster, band=1)
    at = opened.placement
    with rasterio.open(opened.source) as dataset:
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
    """Bring the outline of the raster to longitude and latitude."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    cols, rows = np.array([0, 1, 0, 1]) * raster.cols, np.array([0, 0, 1, 1]) * raster.rows
    x, y = raster.placement.to_map(cols.astype(float), rows.astype(float))
    try:
        to_earth = Transformer.from_crs(raster.crs, "EPSG:4326", always_xy=True)
        found = to_earth.transform_bounds(x.min(), y.min(), x.max(), y.max(), densify_pts=21)
    except ProjError:
        return None
    west, south, east, north = map(float, found)
    return (west, south, east, north) if all(map(math.isfinite, found)) else None
