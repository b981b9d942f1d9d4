"""Geometries with several parts: selection of parts, and representative points of sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from shapely import GeometryType

from standort.earth.geodesy import geocentric, geodesic_length

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats

    Geometries = NDArray[Any]

#: Distances within this are equal [m].
_EQUAL = 1e-6
#: Of points, lines, polygons and collections, by shapely type id: Point, LineString, LinearRing,
#: Polygon, their Multis, GeometryCollection.
DIMENSION_OF = np.array([0, 1, 1, 2, 0, 1, 2, 3])
_MULTI = (shapely.MultiPoint, shapely.MultiLineString, shapely.MultiPolygon)
_MULTI_TYPES = (GeometryType.MULTIPOINT, GeometryType.MULTILINESTRING, GeometryType.MULTIPOLYGON)


class RepresentativePoints(NamedTuple):
    """A point for each MultiPoint, and the distance [m] to its farthest part."""

    points: Geometries
    farthest: Floats


def representative_points(multipoints: Geometries) -> RepresentativePoints:
    """Return the part of each MultiPoint that is nearest to the mean of its parts.

    The mean is that of geocentric coordinates, so the antimeridian and the poles need no special
    treatment. Of equally near parts (within a micrometre), the first by longitude and latitude is
    chosen, so the order of parts does not matter. The mean itself is not used: nothing is there.

    Parameters
    ----------
    multipoints
        MultiPoints in WGS84 [degrees], none empty and no part empty.

    Returns
    -------
    A point for each, and the geodesic distance to its farthest part [m].

    Examples
    --------
    >>> representative_points(np.array([shapely.MultiPoint([(2, 0), (0, 0), (1, 0)])])).points
    array([<POINT (1 0)>], dtype=object)
    """
    count = len(multipoints)
    lonlat, owner = shapely.get_coordinates(multipoints, return_index=True)
    order = np.lexsort((lonlat[:, 1], lonlat[:, 0], owner))
    lonlat, owner = lonlat[order], owner[order]
    position = geocentric(lonlat[:, 0], lonlat[:, 1])
    # summed in the order of coordinates, independent of the order of parts
    number = np.bincount(owner, minlength=count)
    total = [np.bincount(owner, weights=axis, minlength=count) for axis in position.T]
    away = np.linalg.norm(position - (np.column_stack(total) / number[:, None])[owner], axis=1)
    least = np.full(count, np.inf)
    np.minimum.at(least, owner, away)
    near = np.flatnonzero(away <= least[owner] + _EQUAL)
    chosen = near[np.unique(owner[near], return_index=True)[1]]
    farthest = np.zeros(count)
    np.maximum.at(farthest, owner, geodesic_length(position[chosen][owner], position))
    return RepresentativePoints(np.asarray(shapely.points(lonlat[chosen])), farthest)


def drop_empty_parts(geometries: Geometries) -> tuple[Geometries, Flags]:
    """Drop the parts of multi-geometries that have no coordinates.

    Parameters
    ----------
    geometries
        Geometries of any type, none entirely empty; not changed.

    Returns
    -------
    The geometries, and a mask of those that lost parts.

    Examples
    --------
    >>> lines = shapely.from_wkt(["MULTILINESTRING (EMPTY, (0 0, 1 1))"])
    >>> drop_empty_parts(lines)
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
        kept[row] = as_multi(list(own[~shapely.is_empty(own)]))
    return kept, lossy


def as_multi(parts: list[Any]) -> Any:  # noqa: ANN401 - a geometry
    """Combine points, lines or polygons into a multi-geometry."""
    return _MULTI[DIMENSION_OF[shapely.get_type_id(parts[0])]](parts)


def allowed_parts(
    collection: shapely.GeometryCollection, dimensions: frozenset[int]
) -> tuple[list[Any], int]:
    """Return the allowed parts of a collection and the number of others.

    Parameters
    ----------
    collection
        A geometry collection, possibly nested.
    dimensions
        Allowed dimensions: 0 for points, 1 for lines, 2 for polygons.

    Returns
    -------
    The parts of the highest allowed dimension, and the number of other parts. Empty parts are
    ignored.
    """
    parts = shapely.get_parts([collection])
    while (shapely.get_type_id(parts) > GeometryType.POLYGON).any():
        parts = shapely.get_parts(parts)
    parts = parts[~shapely.is_empty(parts)]
    of_part = DIMENSION_OF[shapely.get_type_id(parts)]
    present = dimensions & set(of_part.tolist())
    if not present:
        return [], len(parts)
    wanted = of_part == max(present)
    return list(parts[wanted]), int((~wanted).sum())
