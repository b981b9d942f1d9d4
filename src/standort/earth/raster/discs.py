"""Discs on WGS84: everything within a radius of a position, as a ring with its true area.

Areas are measured in the plane of longitude and the sine of the authalic latitude. This projection
preserves areas, so areas there are WGS84 areas, and a cell between two meridians and two parallels
is a rectangle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.earth.geodesy import AUTHALIC_RADIUS, ECCENTRICITY_SQUARED, wgs84
from standort.errors import OptionError

if TYPE_CHECKING:
    from standort.array_types import Floats


#: largest radius of a disc [m]: it can contain one pole, never both
LARGEST_RADIUS = 5_000_000.0

#: spacing of a ring's vertices [m], and their smallest and largest number
_SPACING = 2_000.0
_FEWEST, _MOST = 720, 7_200
#: factor for the number of vertices where a disc reaches this latitude [degrees]: there a line
#: straight in longitude and latitude deviates from one straight on the ground
_POLAR_FACTOR, _POLAR_LATITUDE = 6, 80.0
_METRES_PER_DEGREE = 111_000.0


@dataclass(frozen=True)
class Disc:
    """Everything within a radius of a position.

    Parameters
    ----------
    lon, lat
        Vertices of the ring [degrees], the first not repeated.
    area
        WGS84 area [m2].
    """

    lon: Floats
    lat: Floats
    area: float


def disc_around(lon: float, lat: float, radius: float) -> Disc:
    """Return the disc of all points within a geodesic radius of a position.

    The vertices are slightly outside the circle, so that the polygon has the area of the disc: its
    edge is within a metre of the circle up to 100 km, and its area within a millionth of the
    disc's.

    Parameters
    ----------
    lon, lat
        The centre [degrees].
    radius
        Geodesic radius [m], above 0 and at most `LARGEST_RADIUS`.

    Returns
    -------
    The ring and its area.

    Raises
    ------
    OptionError
        If the radius is out of range.

    Examples
    --------
    A disc of 25 km has pi r^2 less a millionth, because the Earth is curved:

    >>> disc_around(6.08, 50.78, 25_000.0).area / 1e6
    1963.493
    """
    if not 0.0 < radius <= LARGEST_RADIUS:
        msg = f"expected a radius above 0 and up to 5,000 km, got {radius / 1_000:g} km"
        raise OptionError(msg)
    n = int(np.clip(np.ceil(2.0 * np.pi * radius / _SPACING), _FEWEST, _MOST))
    if abs(lat) + radius / _METRES_PER_DEGREE > _POLAR_LATITUDE:
        n *= _POLAR_FACTOR
    # a polygon inscribed in a circle of radius r has less area; one in r sqrt(x / sin x), where x
    # is the angle between two vertices, has the area of the circle
    angle = 2.0 * np.pi / n
    length = radius * float(np.sqrt(angle / np.sin(angle)))
    azimuth = np.arange(n) * (360.0 / n)
    ring_lon, ring_lat, _ = wgs84().fwd(
        np.full(n, lon), np.full(n, lat), azimuth, np.full(n, length)
    )
    ring_lon, ring_lat = np.asarray(ring_lon), np.asarray(ring_lat)
    return Disc(ring_lon, ring_lat, _area(ring_lon, ring_lat))


def _turns(lon: Floats) -> Floats:
    """Return the change of longitude [degrees] to the next vertex, the shorter way around."""
    ahead: Floats = (np.roll(lon, -1) - lon + 180.0) % 360.0 - 180.0
    return ahead


def close_ring(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Unwrap a ring in the plane of longitude and latitude, and close it.

    Longitudes continue beyond 180 where the ring crosses the antimeridian. A ring around a pole
    does not return to its start: it is closed along the pole.

    Parameters
    ----------
    lon, lat
        Vertices [degrees], the first not repeated.

    Returns
    -------
    Longitude and latitude [degrees] of the closed polygon, first vertex repeated.

    Examples
    --------
    >>> close_ring(np.array([179.0, -179.0, -179.0]), np.array([0.0, 0.0, 1.0]))
    (array([179., 181., 181., 179.]), array([0., 0., 1., 0.]))
    >>> close_ring(np.array([0.0, 120.0, -120.0]), np.array([89.0, 89.0, 89.0]))
    (array([  0., 120., 240., 360., 360.,   0.,   0.]), array([89., 89., 89., 89., 90., 90., 89.]))
    """
    turns = _turns(lon)
    # only whole turns are added to longitudes, vertex by vertex along the ring
    wraps = np.rint((turns[:-1] - np.diff(lon)) / 360.0)
    plane_lon = lon + 360.0 * np.append(0.0, np.cumsum(wraps))
    last = plane_lon[-1] + turns[-1]
    around = 360.0 * np.rint((last - lon[0]) / 360.0)
    x, y = np.append(plane_lon, lon[0] + around), np.append(lat, lat[0])
    if around:
        pole = np.copysign(90.0, lat[np.argmax(np.abs(lat))])
        x, y = np.append(x, [x[-1], lon[0], lon[0]]), np.append(y, [pole, pole, lat[0]])
    return x, y


def authalic_sine(lat: Floats) -> Floats:
    """Return the sine of the authalic latitude, -1 to 1: linear in the area south of a parallel.

    References
    ----------
    Snyder, J. P. (1987), Map projections: a working manual, USGS Professional Paper 1395,
    equations 3-11 and 3-12 (recalled, not re-read).

    Examples
    --------
    >>> authalic_sine(np.array([-90.0, 0.0, 45.0, 90.0])).round(6)
    array([-1.      ,  0.      ,  0.705522,  1.      ])
    """
    return _area_south(np.asarray(lat)) / _area_south(np.array(90.0))


def _area_south(lat: Floats) -> Floats:
    e = np.sqrt(ECCENTRICITY_SQUARED)
    sine = np.sin(np.radians(lat))
    return np.asarray(
        (1.0 - ECCENTRICITY_SQUARED)
        * (sine / (1.0 - ECCENTRICITY_SQUARED * sine * sine) + np.arctanh(e * sine) / e)
    )


def _area(lon: Floats, lat: Floats) -> float:
    """Return the area [m2] of a ring, measured in the equal-area plane."""
    x, y = close_ring(lon, lat)
    x = np.radians(x - x[0])
    y = authalic_sine(y)
    y = y - y[0]
    twice = float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())
    return abs(twice) / 2.0 * AUTHALIC_RADIUS**2
