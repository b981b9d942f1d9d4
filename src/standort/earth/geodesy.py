"""The WGS84 ellipsoid in geocentric coordinates, and the geodesic between two of its points.

All searching is done on geocentric x, y, z [m]: the Earth has no seam there, so neither the
antimeridian nor the poles need a rule of their own. Lengths come back as WGS84 geodesics.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from standort.earth.blocks import in_parts

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "AUTHALIC_RADIUS",
    "EQUATORIAL_RADIUS",
    "TIE",
    "chord_ceiling",
    "chord_floor",
    "chord_of_no_farther",
    "geocentric",
    "geodesic_length",
    "geographic",
    "nearest_on_segment",
    "wgs84",
]

EQUATORIAL_RADIUS = 6_378_137.0
FLATTENING = 1.0 / 298.257223563
POLAR_RADIUS = EQUATORIAL_RADIUS * (1.0 - FLATTENING)
ECCENTRICITY_SQUARED = FLATTENING * (2.0 - FLATTENING)
#: radius of the sphere that has the area of WGS84 [m]
AUTHALIC_RADIUS = 6_371_007.180918

#: smallest and largest radius of curvature of any normal section of WGS84 [m]
_SHARPEST = POLAR_RADIUS**2 / EQUATORIAL_RADIUS
_FLATTEST = EQUATORIAL_RADIUS**2 / POLAR_RADIUS

#: up to this chord [m] Euler's radius holds the geodesic to 0.4 mm; beyond it pyproj.Geod measures
_EULER_LIMIT = 400_000.0

#: two distances closer than this [m] are a tie, and one below it is 0: far below any
#: position's accuracy, far above the rounding of coordinates of 6,000,000 m
TIE = 1e-6

#: slack of a chord bound [m]; it only costs a few exact tests
_SLACK = 1e-3

#: up to this length [m] a chord decides without an exact test
_SURE_LIMIT = 15_000_000.0


@cache
def wgs84() -> pyproj.Geod:
    """Give the geodesic engine of pyproj (Karney 2013) for WGS84."""
    import pyproj

    return pyproj.Geod(ellps="WGS84")


@cache
def _to_geocentric() -> pyproj.Transformer:
    import pyproj

    return pyproj.Transformer.from_crs(4979, 4978, always_xy=True)


def geocentric(lon: Floats, lat: Floats) -> Floats:
    """Turn longitude and latitude [degrees] into geocentric coordinates [m], shape (n, 3).

    >>> geocentric(np.array([0.0, 90.0]), np.array([0.0, 0.0])).round(3) + 0.0
    array([[6378137.,       0.,       0.],
           [      0., 6378137.,       0.]])
    """
    points = np.empty((len(lon), 3))

    def fill(some: slice) -> None:
        x, y, z = _to_geocentric().transform(lon[some], lat[some], np.zeros(len(lon[some])))
        points[some, 0], points[some, 1], points[some, 2] = x, y, z

    in_parts(fill, len(lon))
    return points


def geographic(points: Floats) -> tuple[Floats, Floats]:
    """Turn geocentric points on the ellipsoid [m] into longitude and latitude [degrees]."""
    x, y, z = points.T
    lat = np.arctan2(z, (1.0 - ECCENTRICITY_SQUARED) * np.hypot(x, y))
    return np.degrees(np.arctan2(y, x)), np.degrees(lat)


def _lift(points: Floats) -> Floats:
    """Push points just under the ellipsoid out to its surface, along the line from the centre."""
    x, y, z = points.T
    stretch = 1.0 / np.sqrt((x * x + y * y) / EQUATORIAL_RADIUS**2 + z * z / POLAR_RADIUS**2)
    return np.column_stack([x * stretch, y * stretch, z * stretch])


def geodesic_length(start: Floats, end: Floats) -> Floats:
    """Measure the WGS84 geodesic between points of the ellipsoid.

    Up to 400 km the length follows from the chord c and Euler's radius of curvature R in the
    chord's direction at its midpoint, s = 2 R asin(c / 2R) with 1/R = cos^2(az)/M + sin^2(az)/N:
    within 0.4 mm of Karney (2013). Beyond, pyproj.Geod measures.

    Parameters
    ----------
    start, end
        Geocentric coordinates [m], shape (n, 3), on the ellipsoid.

    Returns
    -------
    Lengths [m], shape (n,); exactly 0 below a micrometre.

    Examples
    --------
    One degree of longitude on the equator is a * pi / 180.

    >>> ends = geocentric(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    >>> geodesic_length(ends[:1], ends[1:]).round(3)
    array([111319.491])
    """
    length = _euler_length(start, end)
    far = np.flatnonzero(length > _EULER_LIMIT)
    if far.size:
        lon0, lat0 = geographic(start[far])
        lon1, lat1 = geographic(end[far])
        length[far] = wgs84().inv(lon0, lat0, lon1, lat1)[2]
    length[length < TIE] = 0.0
    return length


def _euler_length(start: Floats, end: Floats) -> Floats:
    """Length [m] from the chord and Euler's radius of curvature; good up to 400 km."""
    x0, y0, z0 = start.T
    x1, y1, z1 = end.T
    dx, dy, dz = x1 - x0, y1 - y0, z1 - z0
    mx, my, mz = x0 + x1, y0 + y1, z0 + z1
    square = dx * dx + dy * dy + dz * dz
    axis_square = mx * mx + my * my
    # share of the chord that runs east: sin^2 of its azimuth; on the axis every direction is one
    east = my * dx - mx * dy
    with np.errstate(divide="ignore", invalid="ignore"):
        sin2_azimuth = np.nan_to_num(east * east / (axis_square * square), posinf=0.0)
        # the ellipsoid's normal has the components x, y, z a^2/b^2
        normal_z = mz / (1.0 - ECCENTRICITY_SQUARED)
        sin2_latitude = normal_z * normal_z / (axis_square + normal_z * normal_z)
    w2 = 1.0 - ECCENTRICITY_SQUARED * np.nan_to_num(sin2_latitude)
    bend = (1.0 - sin2_azimuth) * (w2 / (1.0 - ECCENTRICITY_SQUARED)) + sin2_azimuth
    diameter = 2.0 * EQUATORIAL_RADIUS / (np.sqrt(w2) * bend)
    return np.asarray(diameter * np.arcsin(np.minimum(np.sqrt(square) / diameter, 1.0)))


def chord_ceiling(length: Floats | float) -> Floats:
    """Give a chord [m] that no two points of a geodesic of this length [m] exceed.

    A curve bends least where the ellipsoid is flattest, so the longest chord is that of a circle
    of the largest radius of curvature (Schur's comparison of curves).
    """
    half = np.minimum(np.asarray(length, dtype=float) / (2.0 * _FLATTEST), np.pi / 2.0)
    return np.asarray(2.0 * _FLATTEST * np.sin(half) + _SLACK)


def chord_floor(length: float) -> float:
    """Give a chord [m] below which the geodesic is surely no longer than this length [m].

    The ellipsoid bends most with its smallest radius of curvature. Near the antipode a chord
    says little, so beyond 15,000 km nothing is sure and the exact length decides.
    """
    sure = min(length, _SURE_LIMIT)
    return max(2.0 * _SHARPEST * float(np.sin(sure / (2.0 * _SHARPEST))) - _SLACK, 0.0)


def chord_of_no_farther(chord: Floats) -> Floats:
    """Give a chord [m] that no point as near as one at this chord [m] exceeds, by the geodesic."""
    half = np.minimum(np.asarray(chord) / (2.0 * _SHARPEST), 1.0)
    return chord_ceiling(2.0 * _SHARPEST * np.arcsin(half))


def nearest_on_segment(points: Floats, start: Floats, end: Floats) -> Floats:
    """Find the point of each segment nearest to each point, on the ellipsoid's surface."""
    px, py, pz = points.T
    sx, sy, sz = start.T
    ex, ey, ez = end.T
    dx, dy, dz = ex - sx, ey - sy, ez - sz
    square = dx * dx + dy * dy + dz * dz
    along = (px - sx) * dx + (py - sy) * dy + (pz - sz) * dz
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(np.nan_to_num(along / square), 0.0, 1.0)
    return _lift(np.column_stack([sx + share * dx, sy + share * dy, sz + share * dz]))
