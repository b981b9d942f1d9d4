"""Cutting of polygons that cross the antimeridian or contain a pole.

Edges are geodesics. A ring whose longitude changes by more than 180 degrees between two vertices
crosses the antimeridian and is cut at the latitude where the geodesic crosses. A ring around the
axis contains the nearer pole: the interior of a ring is its smaller side, whatever its orientation.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely import MultiPolygon, Polygon

from standort.errors import GeometryError

if TYPE_CHECKING:
    from standort.array_types import Flags, Floats

Geometries = NDArray[Any]

_HALF, _FULL = 180.0, 360.0
_POLYGONAL = 2
_STEP_M = 10_000.0
#: Tolerance for rounding of longitudes beyond 180 [degrees]; 1 cm on the equator.
_ROUNDING = 1e-7
#: Tolerance for the area of a cut ring, as latitudes are rounded to 1 cm [share, m2].
_AREA_TOLERANCE, _AREA_TOLERANCE_M2 = 1e-3, 1.0
_GEOD = Geod(ellps="WGS84")


def wrap_longitudes(geometries: Geometries) -> tuple[Geometries, Flags]:
    """Wrap longitudes between 180 and 360, of either sign, to [-180, 180].

    Parameters
    ----------
    geometries
        2-D geometries in degrees, none missing, longitudes within +-360.

    Returns
    -------
    The geometries and a mask of the wrapped ones. A part entirely beyond 180 is moved as a whole; a
    part across 180 becomes one that crosses the antimeridian, for `split_polygon`. Longitudes less
    than 1 cm beyond 180 are set to 180.

    Examples
    --------
    >>> wrapped, changed = wrap_longitudes(shapely.points([[190.0, 5.0], [180.0, 0.0]]))
    >>> shapely.to_wkt(wrapped).tolist(), changed.tolist()
    (['POINT (-170 5)', 'POINT (180 0)'], [True, False])
    """
    beyond = _reaches_beyond(geometries)
    if not beyond.any():
        return geometries, beyond
    wrapped = geometries.copy()
    wrapped[beyond] = shapely.transform(geometries[beyond], _snap_coordinates)
    changed = _reaches_beyond(wrapped)
    plain = changed & (shapely.get_type_id(geometries) == shapely.GeometryType.POINT)
    wrapped[plain] = shapely.transform(wrapped[plain], _wrap_coordinates)
    for row in np.flatnonzero(changed & ~plain):
        parts = [_wrap_part(part) for part in shapely.get_parts(wrapped[row])]
        multi = shapely.get_type_id(wrapped[row]) > shapely.GeometryType.POLYGON
        wrapped[row] = type(wrapped[row])(parts) if multi else parts[0]
    return wrapped, changed


def crosses_antimeridian(geometries: Geometries) -> Flags:
    """Flag the polygons with a ring that changes by more than 180 degrees between two vertices.

    Parameters
    ----------
    geometries
        2-D geometries in degrees, longitudes within +-180.

    Returns
    -------
    A mask; false for geometries that are not polygons.

    Examples
    --------
    >>> fiji = Polygon([(177, -19), (-178, -19), (-178, -16), (177, -16)])
    >>> bool(crosses_antimeridian(np.array([fiji]))[0])
    True
    """
    west, _, east, _ = shapely.bounds(geometries).T
    wide = (east - west > _HALF) & (shapely.get_dimensions(geometries) == _POLYGONAL)
    crossing = np.zeros(len(geometries), dtype=bool)
    rows = np.flatnonzero(wide)
    parts, part_rows = shapely.get_parts(geometries[rows], return_index=True)
    rings, ring_parts = shapely.get_rings(parts, return_index=True)
    coordinates, of_ring = shapely.get_coordinates(rings, return_index=True)
    step = np.abs(np.diff(coordinates[:, 0]))
    # A step of 360 degrees connects equal points (the edge of Antarctica along the pole).
    jump = (step > _HALF) & (step < _FULL) & (of_ring[1:] == of_ring[:-1])
    crossing[rows[part_rows[ring_parts[of_ring[1:][jump]]]]] = True
    return crossing


def split_polygon(geometry: Polygon | MultiPolygon) -> MultiPolygon:
    """Cut the rings of a polygon at the antimeridian and close those that contain a pole.

    Parameters
    ----------
    geometry
        Polygon whose rings cross the antimeridian.

    Returns
    -------
    A polygon whose rings stay within +-180 degrees of longitude.

    Raises
    ------
    GeometryError
        If a ring cannot be cut, because it crosses itself.

    Examples
    --------
    >>> cut = split_polygon(Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)]))
    >>> [part.bounds[::2] for part in cut.geoms]
    [(-180.0, -179.0), (179.0, 180.0)]
    """
    parts = [_split_part(part) for part in shapely.get_parts(geometry)]
    return MultiPolygon(sorted(_polygons(shapely.union_all(parts)), key=lambda part: part.bounds))


def _split_part(part: Polygon) -> Polygon | MultiPolygon:
    """Cut the outer ring and the holes separately, then subtract the holes."""
    outer = _split_ring(part.exterior)
    holes = [_split_ring(ring) for ring in part.interiors]
    return shapely.difference(outer, shapely.union_all(holes)) if holes else outer


def _split_ring(ring: shapely.LinearRing) -> Polygon | MultiPolygon:
    """Cut one ring as a polygon without holes."""
    import antimeridian  # rarely needed

    if not crosses_antimeridian(np.array([Polygon(ring)]))[0]:
        return _make_valid(Polygon(ring))
    coordinates = _densify(shapely.get_coordinates(ring))
    area, _ = _GEOD.polygon_area_perimeter(coordinates[:, 0], coordinates[:, 1])
    # A positive area means that the smaller side is on the left, as fix_polygon expects.
    wound = coordinates if area > 0 else coordinates[::-1]
    try:
        cut = _make_valid(antimeridian.fix_polygon(Polygon(wound), fix_winding=False))
    except (AssertionError, IndexError, ValueError):  # for self-crossing rings
        cut = Polygon()
    if abs(_area_m2(cut) - abs(area)) > _AREA_TOLERANCE * abs(area) + _AREA_TOLERANCE_M2:
        msg = "a ring that crosses the antimeridian also crosses itself"
        raise GeometryError(msg)
    return cut


def _densify(coordinates: Floats) -> Floats:
    """Add vertices on the geodesic edges of a ring, at most 10 km apart."""
    pieces = []
    for (lon0, lat0), (lon1, lat1) in pairwise(coordinates):
        pieces.append([(lon0, lat0)])
        _, _, length = _GEOD.inv(lon0, lat0, lon1, lat1)
        between = int(np.ceil(length / _STEP_M)) - 1
        if between > 0:
            pieces.append(_GEOD.npts(lon0, lat0, lon1, lat1, between))
    return np.array([point for piece in pieces for point in piece] + [coordinates[-1]])


def _area_m2(polygon: Polygon | MultiPolygon) -> float:
    """Return the area of the outer rings of a cut polygon on the ellipsoid."""
    areas = [_GEOD.geometry_area_perimeter(part)[0] for part in shapely.get_parts(polygon)]
    return float(sum(abs(area) for area in areas))


def _make_valid(polygon: Polygon | MultiPolygon) -> MultiPolygon:
    """Return a valid polygon, keeping only polygonal parts."""
    if polygon.is_valid:
        return polygon
    fixed = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    return MultiPolygon(_polygons(fixed))


def _polygons(geometry: Any) -> list[Polygon]:  # noqa: ANN401  # shapely publishes no types
    """List the polygons among the parts of a geometry."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _reaches_beyond(geometries: Geometries) -> Flags:
    """Flag geometries with longitudes beyond +-180."""
    west, _, east, _ = shapely.bounds(geometries).T
    return np.asarray((west < -_HALF) | (east > _HALF))


def _snap_coordinates(coordinates: Floats) -> Floats:
    """Set longitudes slightly beyond +-180 to +-180."""
    lon, lat = coordinates[:, 0], coordinates[:, 1]
    snapped = np.where(np.abs(lon) <= _HALF + _ROUNDING, np.clip(lon, -_HALF, _HALF), lon)
    return np.column_stack((snapped, lat))


def _wrap_coordinates(coordinates: Floats) -> Floats:
    """Wrap each longitude to [-180, 180]."""
    lon, lat = coordinates[:, 0], coordinates[:, 1]
    turn = np.where(lon > _HALF, -_FULL, np.where(lon < -_HALF, _FULL, 0.0))
    return np.column_stack((lon + turn, lat))


def _wrap_part(part: Any) -> Any:  # noqa: ANN401  # shapely publishes no types
    """Move a part as a whole if it is entirely beyond 180 degrees, else wrap its vertices."""
    west, _, east, _ = part.bounds
    if west >= _HALF or east <= -_HALF:
        turn = -_FULL if west >= _HALF else _FULL
        return shapely.transform(part, lambda xy: xy + np.array([turn, 0.0]))
    return shapely.transform(part, _wrap_coordinates)
