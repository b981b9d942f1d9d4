"""Where lines meet: segments of one set against segments of another, anywhere on Earth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from standort.earth.geodesy import geocentric, geographic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.earth.parts import Parts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["Crossings", "find_crossings"]

#: lines this near [degrees] meet: 1 mm, far below any survey
_TOUCH = 1e-8
_HALF, _FULL = 180.0, 360.0


class Crossings(NamedTuple):
    """Pairs of segments that meet, each named by the position of the vertex it starts at.

    `point` is where, in geocentric coordinates [m], shape (n, 3).
    """

    first: Ints
    second: Ints
    point: Floats


def find_crossings(first: Parts, second: Parts) -> Crossings:
    """Find the pairs of segments that cross or touch, to a millimetre.

    Parameters
    ----------
    first, second
        Lines taken apart; the same parts twice to find where they meet themselves (each pair then
        comes once, and no segment with itself).

    Returns
    -------
    One entry for each pair, in order; two where segments overlap, at both ends of what they share.
    """
    of_first, drawn = _segments(first)
    of_second, other = (of_first, drawn) if second is first else _segments(second)
    a, b = shapely.STRtree(other).query(drawn, predicate="dwithin", distance=_TOUCH)
    if second is first:
        a, b = a[of_first[a] < of_first[b]], b[of_first[a] < of_first[b]]
    where, pair = shapely.get_coordinates(_common(drawn[a], other[b]), return_index=True)
    found = np.stack([of_first[a][pair], of_second[b][pair]])
    point = geocentric(*where.T)
    # a segment over the antimeridian is drawn twice, so a pair may have been found twice
    table = np.column_stack([*found, np.round(point, 2)])
    _, kept = np.unique(table, axis=0, return_index=True)
    return Crossings(found[0, kept], found[1, kept], point[kept])


def _common(one: NDArray[np.object_], other: NDArray[np.object_]) -> NDArray[np.object_]:
    """Give what two segments share; where rounding keeps them apart, where they are nearest."""
    shared = shapely.intersection(one, other)
    apart = shapely.is_empty(shared)
    nearest = shapely.shortest_line(one[apart], other[apart])
    shared[apart] = shapely.get_point(nearest, 0)
    return np.asarray(shared, dtype=object)


def _segments(parts: Parts) -> tuple[Ints, NDArray[np.object_]]:
    """Draw each segment flat in longitude and latitude, with the vertex it starts at.

    A segment that reaches the antimeridian is drawn on both sides of the map.
    """
    vertex = np.flatnonzero(parts.starts_segment)
    lon, lat = geographic(parts.vertices)
    ends = np.stack([lon[vertex], lon[vertex + 1]], axis=1)
    ends[:, 1] -= _FULL * np.round((ends[:, 1] - ends[:, 0]) / _FULL)
    seam = np.flatnonzero(np.abs(ends).max(axis=1) >= _HALF - _TOUCH)
    turn = np.where(ends[seam].mean(axis=1) > 0.0, -_FULL, _FULL)
    ends = np.concatenate([ends, ends[seam] + turn[:, np.newaxis]])
    vertex = np.concatenate([vertex, vertex[seam]])
    lats = np.stack([lat[vertex], lat[vertex + 1]], axis=1)
    return vertex, np.asarray(shapely.linestrings(np.stack([ends, lats], axis=2)), dtype=object)
