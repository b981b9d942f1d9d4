"""From any coordinate reference system to degrees on WGS84, with a record of how.

PROJ picks the operation point by point, by area of use, so a row gets the same coordinates whatever
other rows travel with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from standort.errors import CRSError

__all__ = ["Projected", "is_wgs84", "name_crs", "project_to_wgs84"]

Geometries = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Projected:
    """Geometries in degrees, and what PROJ did to get there."""

    geometries: Geometries
    operation: str | None
    accuracy_m: float | None


def is_wgs84(crs: CRS) -> bool:
    """Tell whether coordinates are already longitude and latitude on WGS84.

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
    """Name a reference system as briefly as it allows.

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
    The geometries, PROJ's description of the operation (of each, where the outermost points fall
    to different ones) and the worst accuracy [m]. Coordinates that cannot be converted come out
    infinite; the caller looks for them.

    Raises
    ------
    CRSError
        If no operation leads from the system to WGS84.
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
    """Say why coordinates in a system are no position on a map, if so."""
    if crs.is_geocentric:
        return "geocentric"
    if crs.is_vertical:
        return "vertical"
    return "a local engineering system" if crs.is_engineering else None


def _describe(
    transformer: Transformer, coordinates: NDArray[np.float64]
) -> tuple[str, float | None]:
    """Describe the operations PROJ uses at the outermost points, and the worst accuracy."""
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
