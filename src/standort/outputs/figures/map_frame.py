"""Framing a map: keep together what the antimeridian would tear apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["Framed", "cut_meridian", "frame_bounds", "frame_layers", "unwrap"]

#: Most places outside a frame, as a share; how many times sparser than the rest they must lie;
#: and how many times larger a frame round all must be to leave any out.
_OUTSIDE, _SPARSER, _LARGER = 0.04, 30.0, 1.5
#: Places on one line frame no area; this stands for it [square degrees].
_LEAST_AREA = 1e-9


@dataclass(frozen=True, eq=False)
class Framed:
    """The layers of a map, ready to be drawn.

    Parameters
    ----------
    sites, clusters, hulls
        As given to `frame_layers`, moved to one side of the cut; longitudes may exceed 180. The
        best placed sites come last, so that they are drawn on top, those without a score first.
    bounds
        West, south, east, north as `frame_bounds` gives them.
    """

    sites: GeoDataFrame
    clusters: GeoDataFrame
    hulls: GeoDataFrame
    bounds: tuple[float, float, float, float]


def frame_layers(sites: GeoDataFrame, clusters: GeoDataFrame, hulls: GeoDataFrame) -> Framed:
    """Prepare the tables of a result for a map: cut open where it is empty, framed, best on top.

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
    New tables of the same rows, and the frame round the sites.

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
    """Frame the bulk of places: all of them, unless a few far off would leave the map empty.

    Parameters
    ----------
    x
        Longitudes [degrees].
    y
        Latitudes [degrees].

    Returns
    -------
    West, south, east, north with a margin of 4 %. At most 4 % of the places lie outside, only
    where they are 30 times sparser than the others, and only if a frame round all would have more
    than 1.5 times the area.

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


def _without_outliers(places: np.ndarray, most: int) -> np.ndarray | None:
    """Drop the outermost places of one side, where each saves most room; None if none saves any."""
    best, sparsest = None, _SPARSER
    dropped = np.arange(1, most + 1)
    for axis in (0, 1):
        order = np.argsort(places[:, axis], kind="stable")
        for inwards in (order, order[::-1]):
            outwards = places[inwards[::-1]]
            low, high = np.minimum.accumulate(outwards), np.maximum.accumulate(outwards)
            areas = np.prod(high - low, axis=1)[::-1]
            kept = np.maximum(areas[dropped], _LEAST_AREA)
            sparser = (areas[0] - kept) / kept * (len(places) - dropped) / dropped
            if len(sparser) and sparser.max() > sparsest:
                count = int(sparser.argmax()) + 1
                best, sparsest = places[inwards[count:]], float(sparser.max())
    return best


def _area(places: np.ndarray) -> float:
    """Measure the frame round places [square degrees]."""
    return float(np.prod(np.ptp(places, axis=0)))
