"""Distances to several outlines of many vertices, measured in one go.

To ask an outline of a few hundred vertices costs more than to measure them. Here the tree
of each is only asked for its nearest vertices; which of them can matter is known when all have
answered, and those are measured together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from standort.earth.answers import NO_FEATURE
from standort.earth.geodesy import TIE, chord_ceiling, chord_of_no_farther

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.earth.pairing import Index
    from standort.earth.parts import Parts

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["Seen", "look_at", "measure_seen"]

#: vertices that are looked at first: the nearest, and mostly its neighbours
_LOOK = 4


class Seen(NamedTuple):
    """An outline as seen from some points: its nearest vertices, and the chords to them [m]."""

    outline: int
    alone: Index
    rows: Ints
    vertex: Ints
    chord: Floats


def look_at(outline: int, index: Index, rows: Ints, points: Floats) -> Seen:
    """Find the nearest vertices of one outline.

    Parameters
    ----------
    outline
        Its number.
    index
        The index of it alone.
    rows
        From which of the points.
    points
        Geocentric [m], shape (n, 3).
    """
    chord, vertex = index.tree.query(points[rows], k=np.arange(1, _LOOK + 1))
    return Seen(outline, index, rows, np.asarray(vertex, dtype=np.intp), np.asarray(chord))


def measure_seen(
    seen: list[Seen], parts: Parts, start: Ints, points: Floats, limit: Floats
) -> Floats:
    """Measure the distances of points to the outlines they see, where they matter.

    A segment no farther than a chord has an end within half its length of that, at right angles.

    Parameters
    ----------
    seen
        What the points see, each outline once.
    parts
        What the whole layer is made of.
    start
        Where the vertices of each outline start among all.
    points
        Geocentric [m], shape (n, 3).
    limit
        For each point the longest chord [m] that matters.

    Returns
    -------
    Distances [m], shape (n points, n outlines); infinite where the outline is surely beyond.
    """
    distance = np.full((len(points), len(start)), np.inf)
    rows, outlines, vertices = [], [], []
    for one in seen:
        half, nearest = one.alone.parts.longest_segment / 2.0, one.chord[:, 0]
        matters = nearest <= np.hypot(limit[one.rows], half)
        could = one.chord <= np.hypot(chord_of_no_farther(nearest), half)[:, np.newaxis]
        row, rank = np.nonzero(could & matters[:, np.newaxis])
        rows.append(one.rows[row])
        outlines.append(np.full(len(row), one.outline))
        vertices.append(start[one.outline] + one.vertex[row, rank])
    if seen:
        row, vertex = np.concatenate(rows), np.concatenate(vertices)
        measured = parts.distance(points[row], vertex)
        np.minimum.at(distance, (row, np.concatenate(outlines)), measured)
    for one in seen:
        _look_farther(one, points, distance)
    return distance


def _look_farther(one: Seen, points: Floats, distance: Floats) -> None:
    """Measure again where vertices that were not looked at may end the nearest segment."""
    measured = distance[one.rows, one.outline]
    reach = np.hypot(chord_ceiling(measured + TIE), one.alone.parts.longest_segment / 2.0)
    unsure = one.rows[np.isfinite(measured) & (one.chord[:, -1] <= reach)]
    if unsure.size:
        nobody = np.full(len(unsure), NO_FEATURE)
        _, nearest = one.alone.nearest_of(points[unsure], nobody, 1, np.inf)
        distance[unsure, one.outline] = nearest[:, 0]
