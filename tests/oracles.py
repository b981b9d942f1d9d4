"""Slow, independent measuring by pyproj.Geod alone, to hold the fast index against."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from scipy.optimize import minimize_scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

GEOD = pyproj.Geod(ellps="WGS84")


def geodesic_matrix(lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats) -> Floats:
    """All geodesic distances [m] from each point to each other point."""
    shape = (len(lon), len(to_lon))
    x0, y0, x1, y1 = (
        np.broadcast_to(v, shape).ravel() for v in (lon[:, None], lat[:, None], to_lon, to_lat)
    )
    distance = GEOD.inv(x0, y0, x1, y1)[2]
    return np.asarray(distance).reshape(shape)


def distance_to_edges(lon: float, lat: float, lonlat: Floats) -> float:
    """Distance [m] from a point to a polyline of geodesic edges, by bounded minimisation."""
    return min(_distance_to_edge(lon, lat, start, end) for start, end in pairwise(lonlat))


def _distance_to_edge(lon: float, lat: float, start: Floats, end: Floats) -> float:
    azimuth, _, length = GEOD.inv(start[0], start[1], end[0], end[1])

    def at(along: float) -> float:
        x, y, _ = GEOD.fwd(start[0], start[1], azimuth, along)
        return float(GEOD.inv(lon, lat, x, y)[2])

    grid = np.linspace(0.0, length, 60)
    coarse = [at(a) for a in grid]
    best = int(np.argmin(coarse))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, 59)]
    if low == high:
        return coarse[best]
    fine = minimize_scalar(at, bounds=(low, high), method="bounded", options={"xatol": 1e-3})
    return float(min(fine.fun, coarse[best], at(low), at(high)))


def is_inside(lon: float, lat: float, polygon: shapely.Polygon) -> bool:
    """Whether the rings of a polygon wind round a point, seen from the point in azimuths."""
    turns = [_turns(lon, lat, shapely.get_coordinates(ring)) for ring in shapely.get_rings(polygon)]
    return bool(turns[0]) and not any(turns[1:])


def _turns(lon: float, lat: float, ring: Floats) -> bool:
    dense = [ring[:1]]
    for start, end in pairwise(ring):
        middle = GEOD.npts(start[0], start[1], end[0], end[1], 200)
        dense.append(np.vstack([np.array(middle), end]))
    x, y = np.concatenate(dense).T
    azimuth = GEOD.inv(np.full(len(x), lon), np.full(len(x), lat), x, y)[0]
    turn = (np.diff(azimuth) + 180.0) % 360.0 - 180.0
    return bool(abs(turn.sum()) > 180.0)


def distance_to(lon: float, lat: float, geometry: shapely.Geometry) -> float:
    """Distance [m] from a point to any geometry, 0 inside polygons."""
    distances = []
    for part in shapely.get_parts([geometry]):
        if part.geom_type == "Point":
            distances.append(float(GEOD.inv(lon, lat, part.x, part.y)[2]))
        elif part.geom_type == "LineString":
            distances.append(distance_to_edges(lon, lat, shapely.get_coordinates(part)))
        elif is_inside(lon, lat, part):
            distances.append(0.0)
        else:
            rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(part)]
            distances.append(min(distance_to_edges(lon, lat, ring) for ring in rings))
    return min(distances)
