"""Geometries of several parts: which parts stay, and which one stands for a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from shapely import GeometryType

from standort.earth.geodesy import geocentric, geodesic_length

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Geometries = NDArray[Any]

__all__ = [
    "DIMENSION_OF",
    "Represented",
    "allowed_parts",
    "leave_out_empty_parts",
    "represent",
    "together",
]

#: Distances within this are equal [m].
_EQUAL = 1e-6
#: Of points, lines, polygons and collections, by shapely type id: Point, LineString, LinearRing,
#: Polygon, their Multis, GeometryCollection.
DIMENSION_OF = np.array([0, 1, 1, 2, 0, 1, 2, 3])
_MULTI = (shapely.MultiPoint, shapely.MultiLineString, shapely.MultiPolygon)
_MULTI_TYPES = (
    GeometryType.MULTIPOINT,
    GeometryType.MULTILINESTRING,
    GeometryType.MULTIPOLYGON,
)


class Represented(NamedTuple):
    """One point for each MultiPoint, and how far [m] its farthest part is from that point."""

    points: Geometries
    farthest: NDArray[np.float64]


def represent(multipoints: Geometries) -> Represented:
    """Choose the part of each MultiPoint that is nearest to the mean of all its parts.

    The mean is taken of geocentric coordinates, so that neither the antimeridian nor a pole is
    special. Of parts as near as each other (within a micrometre) the first in the order of
    longitude, then latitude stands: the order in which parts are listed never matters. A point on
    the Earth is chosen, not the mean: that would lie where nothing stands.

    Parameters
    ----------
    multipoints
        MultiPoints in WGS84 [degrees], none empty and no part empty.

    Returns
    -------
    A point for each, and the geodesic to its farthest part [m].

    Examples
    --------
    >>> represent(np.array([shapely.MultiPoint([(2, 0), (0, 0), (1, 0)])])).points
    array([<POINT (1 0)>], dtype=object)
    """
    count = len(multipoints)
    lonlat, owner = shapely.get_coordinates(multipoints, return_index=True)
    order = np.lexsort((lonlat[:, 1], lonlat[:, 0], owner))
    lonlat, owner = lonlat[order], owner[order]
    place = geocentric(lonlat[:, 0], lonlat[:, 1])
    # added up in the order of coordinates, the same whatever the order of parts
    number = np.bincount(owner, minlength=count)
    total = [np.bincount(owner, weights=axis, minlength=count) for axis in place.T]
    away = np.linalg.norm(place - (np.column_stack(total) / number[:, None])[owner], axis=1)
    least = np.full(count, np.inf)
    np.minimum.at(least, owner, away)
    near = np.flatnonzero(away <= least[owner] + _EQUAL)
    chosen = near[np.unique(owner[near], return_index=True)[1]]
    farthest = np.zeros(count)
    np.maximum.at(farthest, owner, geodesic_length(place[chosen][owner], place))
    return Represented(np.asarray(shapely.points(lonlat[chosen])), farthest)


def leave_out_empty_parts(geometries: Geometries) -> tuple[Geometries, NDArray[np.bool_]]:
    """Leave out the parts of multi-geometries that have no coordinates.

    Parameters
    ----------
    geometries
        Geometries of any kind, none empty as a whole; not changed.

    Returns
    -------
    The geometries, and which of them lost parts.

    Examples
    --------
    >>> lines = shapely.from_wkt(["MULTILINESTRING (EMPTY, (0 0, 1 1))"])
    >>> leave_out_empty_parts(lines)
    (array([<MULTILINESTRING ((0 0, 1 1))>], dtype=object), array([ True]))
    """
    multi = np.flatnonzero(np.isin(shapely.get_type_id(geometries), _MULTI_TYPES))
    parts, owner = shapely.get_parts(geometries[multi], return_index=True)
    empty = shapely.is_empty(parts)
    lossy = np.zeros(len(geometries), dtype=bool)
    lossy[multi[owner[empty]]] = True
    if not empty.any():
        return geometries, lossy
    kept = geometries.copy()
    for row in np.flatnonzero(lossy):
        own = shapely.get_parts(kept[row])
        kept[row] = together(list(own[~shapely.is_empty(own)]))
    return kept, lossy


def together(parts: list[Any]) -> Any:  # noqa: ANN401 - a geometry
    """Make one multi-geometry of points, of lines or of polygons."""
    return _MULTI[DIMENSION_OF[shapely.get_type_id(parts[0])]](parts)


def allowed_parts(
    collection: shapely.GeometryCollection, dimensions: frozenset[int]
) -> tuple[list[Any], int]:
    """List the parts of a collection that may stay, and count the others.

    Parameters
    ----------
    collection
        A geometry collection, which may hold others.
    dimensions
        Dimensions allowed: 0 for points, 1 for lines, 2 for polygons.

    Returns
    -------
    The parts of the highest dimension that is allowed, and the number of those left out. Empty
    parts are in neither.
    """
    parts = shapely.get_parts([collection])
    while (shapely.get_type_id(parts) > GeometryType.POLYGON).any():
        parts = shapely.get_parts(parts)
    parts = parts[~shapely.is_empty(parts)]
    of_part = DIMENSION_OF[shapely.get_type_id(parts)]
    found = dimensions & set(of_part.tolist())
    if not found:
        return [], len(parts)
    wanted = of_part == max(found)
    return list(parts[wanted]), int((~wanted).sum())
