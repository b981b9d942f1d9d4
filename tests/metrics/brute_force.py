"""Reference metrics: a pandas table of all pairs, and shapes in a local plane.

Distances come from pyproj.Geod for points. For lines and polygons each site gets its own azimuthal
equidistant plane, in which distances from the centre are geodesics and there is no seam.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from oracles import GEOD, geodesic_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "all_pairs",
    "assert_aligned",
    "bits",
    "brute_count",
    "brute_largest",
    "brute_nearest",
    "brute_sum",
    "clear_radius",
    "layer",
    "planar_distance",
    "shape_pairs",
]


def layer(
    lon: Floats | Sequence[float],
    lat: Floats | Sequence[float],
    *,
    index: pd.Index[Any] | None = None,
    **columns: object,
) -> gpd.GeoDataFrame:
    """Return a layer of points in WGS84."""
    points = gpd.points_from_xy(lon, lat)
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326", index=index)


def all_pairs(sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> pd.DataFrame:
    """List every pair of a site and a feature of two point layers, with its distance [km]."""
    start, end = sites.geometry, features.geometry
    metres = geodesic_matrix(
        start.x.to_numpy(), start.y.to_numpy(), end.x.to_numpy(), end.y.to_numpy()
    )
    return _pair_table(metres, features)


def shape_pairs(sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> pd.DataFrame:
    """List every pair of a site and a feature of any geometry, with its distance [km]."""
    metres = [[planar_distance(p.x, p.y, g) for g in features.geometry] for p in sites.geometry]
    return _pair_table(np.array(metres), features)


def _pair_table(metres: Floats, features: gpd.GeoDataFrame) -> pd.DataFrame:
    n_sites, n_features = metres.shape
    table = pd.DataFrame(
        {
            "site": np.repeat(np.arange(n_sites), n_features),
            "feature": np.tile(features["feature_id"].to_numpy(), n_sites),
            "km": metres.ravel() / 1_000.0,
        }
    )
    if "amount" in features:
        table["amount"] = np.tile(features["amount"].to_numpy(), n_sites)
    return table


def clear_radius(pairs: pd.DataFrame, about_km: float) -> float:
    """Return a radius [km] near the given one that differs from all pairs by 5 mm or more."""
    radius = about_km
    while (pairs["km"] - radius).abs().min() < 5e-6:
        radius += 7e-6
    return radius


def brute_nearest(pairs: pd.DataFrame, n_sites: int, k: int, max_km: float = np.inf) -> Floats:
    """Sort the distances [km] of each site; infinite where there are fewer than k."""
    km = pairs["km"].to_numpy().reshape(n_sites, -1)
    within = np.where(km <= max_km, km, np.inf)
    short = np.full((n_sites, max(k - within.shape[1], 0)), np.inf)
    return np.sort(np.column_stack([within, short]), axis=1)[:, :k]


def brute_count(pairs: pd.DataFrame, n_sites: int, radius_km: float) -> NDArray[np.int64]:
    """Count the pairs of each site."""
    size = pairs[pairs["km"] <= radius_km].groupby("site").size()
    return np.asarray(size.reindex(range(n_sites), fill_value=0), dtype=np.int64)


def brute_sum(
    pairs: pd.DataFrame,
    n_sites: int,
    radius_km: float,
    decay: Callable[[Floats], Floats] | None = None,
) -> Floats:
    """Sum the known amounts; NaN where all are unknown, 0 where there are none."""
    within = pairs[pairs["km"] <= radius_km].copy()
    weight = np.ones(len(within)) if decay is None else decay(within["km"].to_numpy())
    within["share"] = within["amount"] * weight
    total = within[weight > 0.0].groupby("site")["share"].sum(min_count=1)
    return np.asarray(total.reindex(range(n_sites), fill_value=0.0))


def brute_largest(pairs: pd.DataFrame, n_sites: int, radius_km: float) -> Floats:
    """Return the largest known amount; NaN where all are unknown, 0 where there are none."""
    largest = pairs[pairs["km"] <= radius_km].groupby("site")["amount"].max()
    return np.asarray(largest.reindex(range(n_sites), fill_value=0.0))


def planar_distance(lon: float, lat: float, geometry: shapely.Geometry) -> float:
    """Return the distance [m] from a point to a geometry, in the plane centred on the point."""
    plane = pyproj.Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    flat = shapely.transform(_densify(geometry), lambda xy: np.column_stack(plane(*xy.T)))
    return float(shapely.distance(shapely.Point(0.0, 0.0), flat))


def _densify(geometry: shapely.Geometry) -> shapely.Geometry:
    """Add vertices on the geodesic edges, 1 km apart or less."""
    if geometry.geom_type == "Point":
        return geometry
    if geometry.geom_type == "LineString":
        return shapely.LineString(_densify_line(shapely.get_coordinates(geometry)))
    if geometry.geom_type == "Polygon":
        rings = [
            _densify_line(shapely.get_coordinates(ring)) for ring in shapely.get_rings(geometry)
        ]
        return shapely.Polygon(rings[0], rings[1:])
    parts = [_densify(part) for part in geometry.geoms]
    return type(geometry)(parts)


def _densify_line(lonlat: Floats) -> Floats:
    lengths = GEOD.inv(*lonlat[:-1].T, *lonlat[1:].T)[2]
    pieces = []
    for start, end, length in zip(lonlat[:-1], lonlat[1:], lengths, strict=True):
        pieces.append([tuple(start)])
        between = int(length // 1_000.0)
        if between:
            pieces.append(GEOD.npts(start[0], start[1], end[0], end[1], between))
    return np.array([point for piece in pieces for point in piece] + [tuple(lonlat[-1])])


def assert_aligned(result: pd.Series[Any], sites: gpd.GeoDataFrame, name: str) -> None:
    """Assert that a series has the index of the sites and the name of its function."""
    pd.testing.assert_index_equal(result.index, sites.index, exact=True, check_names=True)
    assert result.name == name


def bits(result: pd.Series[Any]) -> NDArray[np.int64]:
    """Return the bits of floats (or the integers), so that NaN and -0.0 are compared too."""
    return np.ascontiguousarray(result.to_numpy()).view(np.int64)
