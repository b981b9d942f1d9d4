"""Conversion of coordinate reference systems to degrees on WGS84.

PROJ selects the operation for each point by area of use, independently of other rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from standort.errors import CRSError

if TYPE_CHECKING:
    from standort.array_types import Floats

Geometries = NDArray[Any]
#: Axes of a system without heights.
_FLAT = 2


@dataclass(frozen=True, slots=True)
class Projected:
    """Geometries in degrees, with the operation of PROJ and its accuracy."""

    geometries: Geometries
    operation: str | None
    accuracy_m: float | None


def horizontal_part(crs: CRS) -> CRS:
    """Return a reference system without heights.

    Parameters
    ----------
    crs
        Reference system of a layer.

    Returns
    -------
    The map or the longitudes and latitudes of a system that also has heights; any other system
    unchanged.

    Examples
    --------
    >>> name_crs(horizontal_part(CRS("EPSG:7405"))), name_crs(horizontal_part(CRS("EPSG:4979")))
    ('EPSG:27700', 'EPSG:4326')
    """
    return crs.to_2d() if len(crs.axis_info) > _FLAT and not crs.is_geocentric else crs


def is_wgs84(crs: CRS) -> bool:
    """Return whether coordinates are longitude and latitude on WGS84.

    Parameters
    ----------
    crs
        Reference system of a layer.

    Returns
    -------
    True for EPSG:4326 and OGC:CRS84.

    Examples
    --------
    >>> is_wgs84(CRS("OGC:CRS84")), is_wgs84(CRS("EPSG:27700"))
    (True, False)
    """
    return bool(crs.equals("EPSG:4326", ignore_axis_order=True))


def name_crs(crs: CRS) -> str:
    """Return a short name of a reference system.

    Parameters
    ----------
    crs
        Reference system of a layer.

    Returns
    -------
    Authority and code if it has them, else its name.

    Examples
    --------
    >>> name_crs(CRS("EPSG:27700"))
    'EPSG:27700'
    """
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else str(crs.name)


def project_to_wgs84(geometries: Geometries, crs: CRS) -> Projected:
    """Convert coordinates to longitude and latitude on WGS84.

    Parameters
    ----------
    geometries
        2-D shapely geometries, none missing.
    crs
        Their reference system.

    Returns
    -------
    The geometries, PROJ's description of the operation (of all operations used at the outermost
    points) and the worst accuracy [m]. Coordinates that cannot be converted are infinite; the
    caller must check for them.

    Raises
    ------
    CRSError
        If there is no operation from the system to WGS84.
    """
    if is_wgs84(crs):
        return Projected(geometries, None, None)
    name = name_crs(crs)
    kind = _unmappable(crs)
    if kind is not None:
        msg = f"CRS {name} is {kind}, not a map: convert the layer to EPSG:4326"
        raise CRSError(msg)
    try:
        transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except ProjError as error:
        msg = f"CRS {name} cannot be converted to WGS84 ({error}): convert the layer to EPSG:4326"
        raise CRSError(msg) from error
    coordinates = shapely.get_coordinates(geometries)
    operation, accuracy = _describe(transformer, coordinates)
    moved = np.column_stack(transformer.transform(coordinates[:, 0], coordinates[:, 1]))
    return Projected(shapely.set_coordinates(geometries.copy(), moved), operation, accuracy)


def _unmappable(crs: CRS) -> str | None:
    """Return the kind of a system that is not a map; None for a map."""
    if crs.is_geocentric:
        return "geocentric"
    if crs.is_vertical:
        return "vertical"
    return "a local engineering system" if crs.is_engineering else None


def _describe(transformer: Transformer, coordinates: Floats) -> tuple[str, float | None]:
    """Return the operations of PROJ at the outermost points, and the worst accuracy."""
    if not len(coordinates):
        return "nothing to convert", None
    outermost = {int(i) for i in (*coordinates.argmin(axis=0), *coordinates.argmax(axis=0))}
    used: dict[str, float] = {}
    for row in sorted(outermost):
        transformer.transform(*coordinates[row])
        try:
            operation = transformer.get_last_used_operation()
        except ProjError:  # there is only one operation
            operation = transformer
        used[operation.description] = operation.accuracy
    accuracies = list(used.values())
    known = all(accuracy >= 0 for accuracy in accuracies)
    return "; ".join(used), max(accuracies) if known else None
