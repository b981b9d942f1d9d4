"""Geocentric coordinates on the WGS84 ellipsoid, and geodesics between points.

Searches run on geocentric x, y, z [m], where the antimeridian and the poles need no special
treatment. Lengths are returned as WGS84 geodesics.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from standort.arguments import checked
from standort.earth.blocks import in_parts

if TYPE_CHECKING:
    import pyproj

    from standort.array_types import Floats


EQUATORIAL_RADIUS = 6_378_137.0
FLATTENING = 1.0 / 298.257223563
POLAR_RADIUS = EQUATORIAL_RADIUS * (1.0 - FLATTENING)
ECCENTRICITY_SQUARED = FLATTENING * (2.0 - FLATTENING)
#: radius of the sphere with the area of WGS84 [m]
AUTHALIC_RADIUS = 6_371_007.180918

#: smallest and largest radius of curvature of any normal section of WGS84 [m]
_SHARPEST = POLAR_RADIUS**2 / EQUATORIAL_RADIUS
_FLATTEST = EQUATORIAL_RADIUS**2 / POLAR_RADIUS

#: up to this chord [m] Euler's radius is accurate to 0.4 mm; beyond it, pyproj.Geod is used
_EULER_LIMIT = 400_000.0

#: up to this length [m] a series is accurate to 0.4 mm
_SERIES_LIMIT = 300_000.0

#: distances that differ by less than this [m] are tied, and a smaller distance is 0: far below
#: the accuracy of any position, far above the rounding of coordinates of 6,000,000 m
TIE = 1e-6

#: slack of a chord bound [m]; it costs only a few exact tests
_SLACK = 1e-3

#: up to this length [m] a chord can decide without an exact test
_SURE_LIMIT = 15_000_000.0


@cache
def wgs84() -> pyproj.Geod:
    """Return pyproj's geodesic calculator (Karney 2013) for WGS84."""
    import pyproj

    return pyproj.Geod(ellps="WGS84")


@cache
def _to_geocentric() -> pyproj.Transformer:
    import pyproj

    return pyproj.Transformer.from_crs(4979, 4978, always_xy=True)


@checked()
def geocentric(lon: Floats, lat: Floats) -> Floats:
    """Convert longitude and latitude [degrees] to geocentric coordinates [m], shape (n, 3).

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


@checked()
def geographic(points: Floats) -> tuple[Floats, Floats]:
    """Convert geocentric points on the ellipsoid [m] to longitude and latitude [degrees]."""
    x, y, z = points.T
    lat = np.arctan2(z, (1.0 - ECCENTRICITY_SQUARED) * np.hypot(x, y))
    return np.degrees(np.arctan2(y, x)), np.degrees(lat)


def _lift(points: Floats) -> Floats:
    """Project points just below the ellipsoid onto its surface, away from its centre."""
    x, y, z = points.T
    stretch = 1.0 / np.sqrt((x * x + y * y) / EQUATORIAL_RADIUS**2 + z * z / POLAR_RADIUS**2)
    return np.column_stack([x * stretch, y * stretch, z * stretch])


@checked()
def geodesic_length(start: Floats, end: Floats) -> Floats:
    """Measure the WGS84 geodesic between points on the ellipsoid.

    Up to 400 km the length is computed from the chord c and Euler's radius of curvature R in the
    chord's direction at its midpoint, s = 2 R asin(c / 2R) with 1/R = cos^2(az)/M + sin^2(az)/N,
    which agrees with Karney (2013) to 0.4 mm. Longer geodesics are measured by pyproj.Geod.

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
    # sin^2 of the chord's azimuth, its eastward share; on the axis all directions are equivalent
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


@checked()
def geodesic_table(start: Floats, end: Floats) -> Floats:
    """Measure the WGS84 geodesics from each point to each other point, several times as fast.

    Up to 300 km the length is c asin(m / 2) / (m / 2) with c the chord between the points and m
    that between their unit normals, as on a sphere. It agrees with `geodesic_length` to 1e-12 of
    the length up to 30 km, to 0.4 mm up to 300 km. Beyond, `geodesic_length` measures.

    Parameters
    ----------
    start, end
        Geocentric coordinates [m], shapes (n, 3) and (m, 3), on the ellipsoid.

    Returns
    -------
    Lengths [m], shape (n, m).

    Examples
    --------
    >>> points = geocentric(np.array([0.0, 1.0, 5.0]), np.zeros(3))
    >>> geodesic_table(points[:1], points).round(3)
    array([[     0.   , 111319.491, 556597.454]])
    """
    from scipy.spatial.distance import cdist

    length = cdist(start, end)
    half = cdist(_normals(start), _normals(end), "sqeuclidean")
    half /= 4.0
    # the series of asin(x) / x in x^2; the next term is below 1e-13 up to 300 km
    ratio = half * (5.0 / 112.0)
    ratio += 3.0 / 40.0
    ratio *= half
    ratio += 1.0 / 6.0
    ratio *= half
    ratio += 1.0
    length *= ratio
    row, column = np.nonzero(length > _SERIES_LIMIT)
    if row.size:
        length[row, column] = geodesic_length(start[row], end[column])
    return np.asarray(length)


def _normals(points: Floats) -> Floats:
    """Return the unit normals of the ellipsoid at points on it."""
    normals = points / [1.0, 1.0, 1.0 - ECCENTRICITY_SQUARED]
    return np.asarray(normals / np.sqrt((normals * normals).sum(axis=1))[:, np.newaxis])


def chord_ceiling(length: Floats | float) -> Floats:
    """Return an upper bound [m] for the chord of a geodesic of this length [m].

    A curve bends least where the ellipsoid is flattest, so the longest chord is that of a circle
    with the largest radius of curvature (Schur's comparison theorem).
    """
    half = np.minimum(np.asarray(length, dtype=float) / (2.0 * _FLATTEST), np.pi / 2.0)
    return np.asarray(2.0 * _FLATTEST * np.sin(half) + _SLACK)


def chord_floor(length: float) -> float:
    """Return a chord [m] below which the geodesic cannot exceed this length [m].

    The ellipsoid bends most at its smallest radius of curvature. Near the antipode a chord
    determines little, so beyond 15,000 km the exact length must decide.
    """
    sure = min(length, _SURE_LIMIT)
    return max(2.0 * _SHARPEST * float(np.sin(sure / (2.0 * _SHARPEST))) - _SLACK, 0.0)


def chord_of_no_farther(chord: Floats) -> Floats:
    """Return an upper bound [m] for the chords of points no farther than one at this chord [m]."""
    half = np.minimum(np.asarray(chord) / (2.0 * _SHARPEST), 1.0)
    return chord_ceiling(2.0 * _SHARPEST * np.arcsin(half))


def nearest_on_segment(points: Floats, start: Floats, end: Floats) -> Floats:
    """Return, for each point, the nearest point of its segment, on the ellipsoid's surface."""
    px, py, pz = points.T
    sx, sy, sz = start.T
    ex, ey, ez = end.T
    dx, dy, dz = ex - sx, ey - sy, ez - sz
    square = dx * dx + dy * dy + dz * dz
    along = (px - sx) * dx + (py - sy) * dy + (pz - sz) * dz
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(np.nan_to_num(along / square), 0.0, 1.0)
    return _lift(np.column_stack([sx + share * dx, sy + share * dy, sz + share * dz]))
