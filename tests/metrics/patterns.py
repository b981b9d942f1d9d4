"""Point patterns of known order near the equator, and study areas for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.metrics import StudyArea

    Floats = NDArray[np.float64]

__all__ = ["AWKWARD", "box_km", "frame_of", "points_km", "random_sites"]

#: one degree of longitude, and of latitude, at the equator [km]
LON_KM, LAT_KM = 111.319491, 110.574389

#: an area with a bay, a hole and an island, some 300 km across
AWKWARD = gpd.GeoDataFrame(
    geometry=[
        shapely.Polygon(
            [(5, 50), (9, 50), (9, 53), (7.5, 53), (7.5, 51), (6.5, 51), (6.5, 53), (5, 53)],
            [[(7, 50.2), (8.5, 50.2), (8.5, 50.7), (7, 50.7)]],
        ),
        shapely.box(9.5, 51, 10.2, 52),
    ],
    crs=4326,
)


def points_km(x_km: NDArray[np.floating[Any]], y_km: NDArray[np.floating[Any]]) -> gpd.GeoDataFrame:
    """Return points at kilometres east and north of (0, 0)."""
    return gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(np.asarray(x_km) / LON_KM, np.asarray(y_km) / LAT_KM), crs=4326
    )


def box_km(west: float, south: float, east: float, north: float) -> gpd.GeoDataFrame:
    """Return a box, in kilometres east and north of (0, 0)."""
    box = shapely.box(west / LON_KM, south / LAT_KM, east / LON_KM, north / LAT_KM)
    return gpd.GeoDataFrame(geometry=[box], crs=4326)


def frame_of(lon: Floats, lat: Floats) -> gpd.GeoDataFrame:
    """Return a layer of points."""
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)


def random_sites(area: StudyArea, n: int, seed: int) -> gpd.GeoDataFrame:
    """Return uniformly random points in an area."""
    return frame_of(*area.random_points(n, np.random.default_rng(seed)))
