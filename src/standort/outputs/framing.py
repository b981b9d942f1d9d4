"""Framing a map: keep together what the antimeridian would tear apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["cut_meridian", "frame_bounds", "unwrap"]

#: Share of places that may lie outside a frame, and how many times larger one round them all is.
_OUTSIDE, _MUCH_LARGER = 0.01, 2.0


def cut_meridian(longitudes: np.ndarray) -> float:
    """Find where to cut the globe open so that a map of some places is narrowest.

    Parameters
    ----------
    longitudes
        Longitudes [degrees] in [-180, 180].

    Returns
    -------
    The meridian [degrees] in the middle of the widest empty stretch; -180 unless cutting
    elsewhere makes the map narrower.

    Examples
    --------
    >>> cut_meridian(np.array([4.0, 9.0]))
    -180.0
    >>> cut_meridian(np.array([178.0, -178.0]))
    0.0
    """
    known = np.unique(longitudes[np.isfinite(longitudes)])
    if known.size < 2:  # noqa: PLR2004 - there is no stretch between fewer
        return -180.0
    gaps = np.diff(known)
    widest = int(np.argmax(gaps))
    across = known[0] + 360.0 - known[-1]
    if gaps[widest] <= across:
        return -180.0
    return float(known[widest] + gaps[widest] / 2)


def unwrap(layer: GeoDataFrame, cut: float) -> GeoDataFrame:
    """Move what lies west of the cut one turn east; parts of one row move on their own.

    Parameters
    ----------
    layer
        Points or polygons in EPSG:4326.
    cut
        As `cut_meridian` gives it.

    Returns
    -------
    A layer of the same rows; longitudes may exceed 180.
    """
    if cut <= -180 or layer.empty:  # noqa: PLR2004 - the antimeridian: there is nothing to move
        return layer
    import shapely

    geometry = layer.geometry.to_numpy()
    parts, owner = shapely.get_parts(geometry, return_index=True)
    west = shapely.get_coordinates(shapely.centroid(parts))[:, 0] < cut
    points, part_of = shapely.get_coordinates(parts, return_index=True)
    moved = shapely.set_coordinates(
        parts, points + np.c_[360.0 * west[part_of], np.zeros(len(points))]
    )
    together = {
        row: shapely.union_all(moved[owner == row]) if np.sum(owner == row) > 1 else moved[i]
        for i, row in zip(*np.unique(owner, return_index=True)[::-1], strict=True)
    }
    return layer.set_geometry([together.get(row) for row in range(len(layer))], crs=layer.crs)


def frame_bounds(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float, float]:
    """Frame places: all of them, unless a few far off would make the map useless.

    Parameters
    ----------
    x
        Longitudes [degrees].
    y
        Latitudes [degrees].

    Returns
    -------
    West, south, east, north with a margin of 4 %. At most 1 % of the places lie outside, and only
    where a frame round all would have more than twice the area.

    Examples
    --------
    >>> frame_bounds(np.array([0.0, 10.0]), np.array([50.0, 60.0]))
    (-0.4, 49.6, 10.4, 60.4)
    """
    ends = np.array([[x.min(), y.min()], [x.max(), y.max()]])
    tails = (_OUTSIDE / 4, 1 - _OUTSIDE / 4)
    near = np.quantile(np.c_[x, y], tails, axis=0)
    if np.prod(ends[1] - ends[0]) > _MUCH_LARGER * np.prod(near[1] - near[0]):
        ends = near
    margin = np.maximum(0.04 * (ends[1] - ends[0]), 0.05 * (ends[1] == ends[0]))
    (west, south), (east, north) = ends[0] - margin, ends[1] + margin
    return float(west), float(south), float(east), float(north)
