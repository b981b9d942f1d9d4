"""The frame of a map: bounds without outliers, and the meridian at which to cut the globe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

#: Largest share of points outside a frame; how many times sparser than the others they must be;
#: and how many times larger a frame around all points must be.
_OUTSIDE, _SPARSER, _LARGER = 0.04, 30.0, 1.5
#: Smallest area of a frame, for points on one line [square degrees].
_LEAST_AREA = 1e-9


@dataclass(frozen=True, eq=False)
class Framed:
    """The layers of a map, ready to plot.

    Parameters
    ----------
    sites, clusters, hulls
        As given to `frame_layers`, moved to one side of the cut; longitudes may exceed 180. Sites
        are sorted by score, so that the best are on top; those without a score come first.
    bounds
        West, south, east, north as `frame_bounds` returns them.
    """

    sites: GeoDataFrame
    clusters: GeoDataFrame
    hulls: GeoDataFrame
    bounds: tuple[float, float, float, float]


def frame_layers(sites: GeoDataFrame, clusters: GeoDataFrame, hulls: GeoDataFrame) -> Framed:
    """Prepare the tables of a result for a map: cut at an empty meridian, framed, best on top.

    Parameters
    ----------
    sites
        The table of sites of a result.
    clusters
        Its table of clusters.
    hulls
        The hulls of its clusters.

    Returns
    -------
    New tables of the same rows, and the frame around the sites.

    Examples
    --------
    >>> import geopandas
    >>> ports = geopandas.points_from_xy([178, -178], [-18, -18])
    >>> sites = geopandas.GeoDataFrame({"score": [0.5, None]}, geometry=ports, crs=4326)
    >>> none = sites.iloc[:0]
    >>> frame_layers(sites, none, none).sites.geometry.x.tolist()
    [182.0, 178.0]
    """
    cut = cut_meridian(sites.geometry.x.to_numpy())
    order = np.argsort(sites["score"].fillna(-1.0).to_numpy(dtype=float), kind="stable")
    drawn = unwrap(sites.iloc[order], cut)
    bounds = frame_bounds(drawn.geometry.x.to_numpy(), drawn.geometry.y.to_numpy())
    return Framed(drawn, unwrap(clusters, cut), unwrap(hulls, cut), bounds)


def cut_meridian(longitudes: np.ndarray) -> float:
    """Return the meridian at which to cut the globe so that a map is narrowest.

    Parameters
    ----------
    longitudes
        Longitudes [degrees] in [-180, 180].

    Returns
    -------
    The meridian [degrees] in the middle of the widest gap; -180 unless another cut makes the map
    narrower.

    Examples
    --------
    >>> cut_meridian(np.array([4.0, 9.0]))
    -180.0
    >>> cut_meridian(np.array([178.0, -178.0]))
    0.0
    """
    known = np.unique(longitudes[np.isfinite(longitudes)])
    if known.size < 2:  # noqa: PLR2004 - there is no gap between fewer
        return -180.0
    gaps = np.diff(known)
    widest = int(np.argmax(gaps))
    across = known[0] + 360.0 - known[-1]
    if gaps[widest] <= across:
        return -180.0
    return float(known[widest] + gaps[widest] / 2)


def unwrap(layer: GeoDataFrame, cut: float) -> GeoDataFrame:
    """Move geometries west of the cut by 360 degrees east; parts of a row move separately.

    Parameters
    ----------
    layer
        Points or polygons in EPSG:4326.
    cut
        As `cut_meridian` returns it.

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
    """Return the frame of a map: around all points, or without a few that are far away.

    Parameters
    ----------
    x
        Longitudes [degrees].
    y
        Latitudes [degrees].

    Returns
    -------
    West, south, east, north with a margin of 4 %. At most 4 % of the points are outside, only if
    they are 30 times sparser than the others, and only if a frame around all points would have
    more than 1.5 times the area.

    Examples
    --------
    >>> frame_bounds(np.array([0.0, 10.0]), np.array([50.0, 60.0]))
    (-0.4, 49.6, 10.4, 60.4)
    """
    every = np.c_[x, y]
    kept, most = every, int(_OUTSIDE * len(every))
    while (fewer := _without_outliers(kept, most - (len(every) - len(kept)))) is not None:
        kept = fewer
    bulk = kept if _area(every) > _LARGER * _area(kept) else every
    ends = np.array([bulk.min(axis=0), bulk.max(axis=0)])
    margin = np.maximum(0.04 * (ends[1] - ends[0]), 0.05 * (ends[1] == ends[0]))
    (west, south), (east, north) = ends[0] - margin, ends[1] + margin
    return float(west), float(south), float(east), float(north)


def _without_outliers(points: np.ndarray, most: int) -> np.ndarray | None:
    """Drop the outermost points of the side that saves most area; None if no side saves any."""
    best, sparsest = None, _SPARSER
    dropped = np.arange(1, most + 1)
    for axis in (0, 1):
        order = np.argsort(points[:, axis], kind="stable")
        for inwards in (order, order[::-1]):
            outwards = points[inwards[::-1]]
            low, high = np.minimum.accumulate(outwards), np.maximum.accumulate(outwards)
            areas = np.prod(high - low, axis=1)[::-1]
            kept = np.maximum(areas[dropped], _LEAST_AREA)
            sparser = (areas[0] - kept) / kept * (len(points) - dropped) / dropped
            if len(sparser) and sparser.max() > sparsest:
                count = int(sparser.argmax()) + 1
                best, sparsest = points[inwards[count:]], float(sparser.max())
    return best


def _area(points: np.ndarray) -> float:
    """Return the area of the frame around points [square degrees]."""
    return float(np.prod(np.ptp(points, axis=0)))
