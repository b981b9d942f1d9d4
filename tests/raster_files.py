"""Small rasters written for a test, and a slow way to measure them by pyproj.Geod alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import rasterio
from affine import Affine
from oracles import GEOD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    OnEarth = Callable[[Floats, Floats], tuple[Floats, Floats]]

__all__ = ["brute_cells", "cell_area", "mapped_raster", "write_raster"]


def write_raster(
    path: Path, values: NDArray[Any], corner: tuple[float, float], size: float, **options: object
) -> Path:
    """Write a raster of square cells from its upper left corner; EPSG:4326 by default."""
    bands = values if values.ndim == 3 else values[np.newaxis]
    profile: dict[str, object] = {
        "crs": "EPSG:4326",
        "transform": Affine(size, 0.0, corner[0], 0.0, -size, corner[1]),
        "dtype": bands.dtype.name,
        **options,
    }
    count, height, width = bands.shape
    with rasterio.open(path, "w", count=count, height=height, width=width, **profile) as file:
        file.write(bands)
    return path


def mapped_raster(
    path: Path, crs: str, place: tuple[float, float], size: float, values: NDArray[Any]
) -> Path:
    """Write a raster in a map's own coordinates, centred on a longitude and latitude."""
    x, y = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*place)
    height, width = values.shape
    corner = (x - width * size / 2.0, y + height * size / 2.0)
    return write_raster(path, values, corner, size, crs=crs)


def cell_area(path: Path, row: float, col: float, *, n: int = 500) -> float:
    """Area [m2] of a cell: geodesics between points close together along its edges."""
    along, zero, full = np.arange(n) / n, np.zeros(n), np.ones(n)
    cols = np.concatenate([along, full, 1.0 - along, zero])
    rows = np.concatenate([zero, along, full, 1.0 - along])
    lon, lat = _to_earth(path)(col + cols, row + rows)
    return float(abs(GEOD.polygon_area_perimeter(lon, lat)[0]))


def brute_cells(
    path: Path, place: tuple[float, float], radius: float, *, k: int = 40
) -> tuple[Floats, Floats]:
    """Covered share and covered area [m2] of each cell, by k x k little cells in it.

    A little cell counts if its middle is within the radius by pyproj.Geod; its area is that of
    the geodesic quadrangle of its corners.
    """
    on_earth = _to_earth(path)
    with rasterio.open(path) as dataset:
        shape = dataset.shape
    share, area = np.zeros(shape), np.zeros(shape)
    inner = (np.arange(k) + 0.5) / k
    dx, dy = (g.ravel() for g in np.meshgrid(inner, inner))
    for row in range(shape[0]):
        for col in range(shape[1]):
            lon, lat = on_earth(col + dx, row + dy)
            away = GEOD.inv(np.full(k * k, place[0]), np.full(k * k, place[1]), lon, lat)[2]
            within = np.asarray(away) <= radius
            if not within.any():
                continue
            # the little cells of one row of them are nearly alike: one area for each
            strips = np.array([_little_area(on_earth, row, col, j, k) for j in range(k)])
            little = np.repeat(strips, k)
            share[row, col] = little[within].sum() / little.sum()
            area[row, col] = little[within].sum()
    return share, area


def _to_earth(path: Path) -> OnEarth:
    """Give what turns column and row of a raster into longitude and latitude."""
    with rasterio.open(path) as dataset:
        t, crs = dataset.transform, dataset.crs
    transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def on_earth(cols: Floats, rows: Floats) -> tuple[Floats, Floats]:
        x, y = t.a * cols + t.b * rows + t.c, t.d * cols + t.e * rows + t.f
        lon, lat = transformer.transform(x, y)
        return np.asarray(lon), np.asarray(lat)

    return on_earth


def _little_area(on_earth: OnEarth, row: int, col: int, j: int, k: int) -> float:
    cols = col + (np.array([0.0, 1.0, 1.0, 0.0]) + k // 2) / k
    rows = row + (np.array([0.0, 0.0, 1.0, 1.0]) + j) / k
    lon, lat = on_earth(cols, rows)
    return float(abs(GEOD.polygon_area_perimeter(lon, lat)[0]))
