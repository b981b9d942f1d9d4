"""Crowded points: counts, exact sums and the first of the points within a radius, unlisted.

Points at one position are counted together. Positions along a curve in space form boxes, and boxes
form larger ones, up to one box of all. A box wholly within the radius counts as a whole; only the
positions of boxes that the radius cuts are tested, each exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from standort.arguments import checked
from standort.earth.blocks import LEAST_EDGE, ascending, cube_numbers, in_threads
from standort.earth.geodesy import chord_ceiling, chord_floor, geodesic_length

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints

Number = TypeVar("Number", bound=np.number[Any])


#: points within the radius of a position from which they are a crowd, and no longer listed
CROWD = 4_096

#: positions in a box of the lowest level, and queries that go through the boxes together
_BOX = 32
#: a priority after all others
_LAST = np.iinfo(np.intp).max
#: groups of queries that a thread processes at a time, and boxes that it tests at a time
_GROUPS, _TESTED = 64, 1_024


class Places(NamedTuple):
    """The distinct positions of points: of each point its place and its rank at that place."""

    number: Ints
    rank: Ints

    @classmethod
    def of(cls, *axes: Floats | Ints) -> Places:
        """Group points by coordinates that are exactly equal.

        >>> Places.of(np.array([5.0, 3.0, 5.0]), np.zeros(3))
        Places(number=array([1, 0, 1]), rank=array([0, 0, 1]))
        """
        order = np.lexsort(axes)
        begins = np.zeros(len(order), dtype=np.bool_)
        begins[:1] = True
        for axis in axes:
            along = axis[order]
            begins[1:] |= along[1:] != along[:-1]
        first = np.flatnonzero(begins)
        number, rank = np.empty((2, len(order)), dtype=np.intp)
        number[order] = np.cumsum(begins) - 1
        rank[order] = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
        return cls(number, rank)


def share_places(most: int, *axes: Floats) -> bool:
    """Return whether more points than `most` have exactly equal coordinates.

    In rare cases other points are mistaken for such ones, never the reverse (but for zeros of
    different sign); it takes a fraction of the time of `Places.of`.

    >>> share_places(1, np.array([5.0, 3.0, 5.0]), np.zeros(3))
    True
    """
    key = np.zeros(len(axes[0]), dtype=np.uint64)
    for axis in axes:
        key = (key + np.ascontiguousarray(axis).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    key.sort()
    return bool((key[most:] == key[:-most]).any()) if most < len(key) else False


@checked()
def exact_columns(quantity: Floats) -> Floats:
    """Split numbers into columns that can be added in any order without rounding.

    The entries of a column are so small multiples of a power of two that no sum of them is
    rounded. The sums of all columns, added by `add_columns`, are the exact sum, rounded once.

    Parameters
    ----------
    quantity
        Finite numbers, shape (n,).

    Returns
    -------
    Shape (columns, n); as a rule one to three columns.

    Examples
    --------
    >>> columns = exact_columns(np.array([1e16, 1.0, -1e16]))
    >>> add_columns(columns.sum(axis=1, keepdims=True)).tolist()
    [1.0]
    """
    left, columns = quantity.copy(), []
    spare = max(len(quantity), 1).bit_length()
    while left.any():
        unit = np.ldexp(1.0, int(np.frexp(np.abs(left).max())[1]) + spare - 53)
        columns.append(np.rint(left / unit) * unit if unit > 0.0 else left)
        left = left - columns[-1]
    return np.array(columns).reshape(len(columns), len(quantity))


@checked()
def add_columns(sums: Floats) -> Floats:
    """Add the sums of columns from `exact_columns`, shape (columns, m), and round once."""
    if len(sums) == 1:
        return np.asarray(sums[0])
    return np.array([fsum(parts) for parts in sums.T.tolist()], dtype=np.float64)


@dataclass(frozen=True)
class Tally:
    """What is within the radius of the queries that have a crowd there.

    Parameters
    ----------
    query
        Positions of these queries, ascending, shape (n,).
    count
        Number of points within the radius, shape (n,).
    sums
        Sum of each column over these points, shape (columns, n).
    least
        Smallest priority of these points, shape (n,); meaningless if they have none.
    """

    query: Ints
    count: Ints
    sums: Floats
    least: Ints


class Crowd:
    """Points to count within a radius, grouped into positions and boxes.

    Parameters
    ----------
    points
        Geocentric coordinates on the ellipsoid [m], shape (n, 3).
    """

    def __init__(self, points: Floats) -> None:
        places = Places.of(*points.T)
        first = np.flatnonzero(places.rank == 0)
        at_place = np.empty_like(points[first])
        at_place[places.number[first]] = points[first]
        order = _along_curve(at_place)
        along = np.empty_like(order)
        along[order] = np.arange(len(order))
        #: the place of each point, numbered along the curve
        self.place = along[places.number]
        starts = np.arange(0, len(order), _BOX)
        low = np.minimum.reduceat(at_place[order], starts)
        high = np.maximum.reduceat(at_place[order], starts)
        #: coordinates of the positions by box, shape (3, boxes, _BOX), infinite where there is none
        self.boxed = np.array([_boxed(axis, np.inf) for axis in at_place[order].T])
        #: centre and radius of the spheres around the boxes, from the smallest boxes to one of all
        self.levels = [_spheres(low, high)]
        while len(low) > 1:
            starts = np.arange(0, len(low), 2)
            low, high = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
            self.levels.append(_spheres(low, high))

    def tally(
        self,
        points: Floats,
        radius: float,
        columns: Floats,
        priority: Ints | None = None,
        *,
        more_than: int = CROWD,
    ) -> Tally:
        """Count and add up the points within a radius of each query that has a crowd there.

        Parameters
        ----------
        points
            Queries, geocentric [m], shape (m, 3).
        radius
            Largest distance [m].
        columns
            Quantities of the points that add up without rounding, shape (columns, n).
        priority
            A number for each point, of which the smallest within the radius is returned.
        more_than
            A query is left out unless it has more points within the radius.

        Returns
        -------
        The counts and sums; they depend neither on the other queries nor on any order.
        """
        asked = points
        at: Ints = np.arange(len(points))
        if share_places(_BOX, *points.T):
            at = Places.of(*points.T).number
            asked = np.empty((int(at.max()) + 1, 3))
            asked[at] = points
        order = _along_curve(asked)
        values = _Values.of(self, np.vstack([np.ones(len(self.place)), columns]), priority)
        step = _GROUPS * _BOX
        blocks = [order[i : i + step] for i in range(0, len(order), step)]
        sums = np.zeros((len(columns) + 1, len(asked)))
        least = np.empty(len(asked), dtype=np.intp)

        def search(block: Ints) -> tuple[Floats, Ints]:
            return self._search(asked[block], radius, values, more_than)

        for block, (some, lowest) in zip(blocks, in_threads(search, blocks), strict=True):
            sums[:, block], least[block] = some, lowest
        crowded = np.flatnonzero(sums[0, at] > more_than)
        at = at[crowded]
        return Tally(crowded, sums[0, at].astype(np.int64), sums[1:, at], least[at])

    def _search(
        self, points: Floats, radius: float, values: _Values, more_than: int
    ) -> tuple[Floats, Ints]:
        """Add up what is within the radius of some queries; 0 without a crowd."""
        sure, bound = chord_floor(radius), float(chord_ceiling(radius))
        group = np.arange(len(points)) // _BOX
        centre, extent = _spheres(
            np.minimum.reduceat(points, np.arange(0, len(points), _BOX)),
            np.maximum.reduceat(points, np.arange(0, len(points), _BOX)),
        )
        of_groups = _Total.of_nothing(len(values.columns), len(centre))
        for level, row, box in self._whole_boxes(centre, extent, sure, bound):
            if level >= 0:
                of_groups.add(row, *values.of_boxes(level, box))
            else:
                cut_row, cut_box = row, box
        most = of_groups.sums[0] + np.bincount(
            cut_row, weights=values.sums[0][0, cut_box], minlength=len(centre)
        )
        few = most <= more_than
        of_groups.sums[:, few] = 0.0
        kept = ~few[cut_row]
        total = _Total(of_groups.sums[:, group], of_groups.least[group])
        for start in range(0, len(cut_row), _TESTED):
            some = slice(start, start + _TESTED)
            row, box = cut_row[some][kept[some]], cut_box[some][kept[some]]
            self._test_boxes(points, row, box, (radius, sure, bound), values, total)
        return total.sums, total.least

    def _whole_boxes(
        self, centre: Floats, extent: Floats, sure: float, bound: float
    ) -> Iterator[tuple[int, Ints, Ints]]:
        """Yield level, group and box where the box is wholly within reach of the group.

        Last come, as level -1, the smallest boxes that may be partly within reach.
        """
        group = np.arange(len(centre))
        box = np.zeros_like(group)
        for level in reversed(range(len(self.levels))):
            middle, radius = self.levels[level]
            whole, cut = _compare(
                centre[group], middle[box], extent[group] + radius[box], sure, bound
            )
            yield level, group[whole], box[whole]
            group, box = group[cut], box[cut]
            if level:
                group, box = np.repeat(group, 2), np.repeat(2 * box, 2)
                box[1::2] += 1
                there = box < len(self.levels[level - 1][1])
                group, box = group[there], box[there]
        yield -1, group, box

    def _test_boxes(
        self,
        points: Floats,
        group: Ints,
        box: Ints,
        limits: tuple[float, float, float],
        values: _Values,
        total: _Total,
    ) -> None:
        """Add, in place, what of some boxes is within the radius of each query of some groups."""
        _, sure, bound = limits
        query = (group[:, np.newaxis] * _BOX + np.arange(_BOX)).ravel()
        box = np.repeat(box, _BOX)[query < len(points)]
        query = query[query < len(points)]
        middle, extent = self.levels[0]
        whole, cut = _compare(points[query], middle[box], extent[box], sure, bound)
        total.add(query[whole], *values.of_boxes(0, box[whole]))
        query, box = query[cut], box[cut]
        for start in range(0, len(query), _TESTED):
            row, of = query[start : start + _TESTED], box[start : start + _TESTED]
            total.add(row, *values.of_places(of, self._within(points[row], of, *limits)))

    def _within(self, points: Floats, box: Ints, radius: float, sure: float, bound: float) -> Flags:
        """Return which positions of a box each point has within the radius, shape (n, _BOX)."""
        square = np.zeros((len(points), _BOX))
        for boxed, along in zip(self.boxed, points.T, strict=True):
            apart = boxed[box]
            apart -= along[:, np.newaxis]
            apart *= apart
            square += apart
        within, maybe = square <= sure * sure, square <= bound * bound
        if np.count_nonzero(maybe) > np.count_nonzero(within):
            row, of = np.nonzero(maybe & ~within)
            length = geodesic_length(points[row], self.boxed[:, box[row], of].T)
            within[row, of] = length <= radius
        return within


class _Total(NamedTuple):
    """Sums of columns and smallest priorities by row, to add to in place."""

    sums: Floats
    least: Ints

    @classmethod
    def of_nothing(cls, n_columns: int, n_rows: int) -> _Total:
        return cls(np.zeros((n_columns, n_rows)), np.full(n_rows, _LAST))

    def add(self, row: Ints, sums: Floats, least: Ints | None) -> None:
        n_rows = len(self.least)
        self.sums[:] += [np.bincount(row, weights=column, minlength=n_rows) for column in sums]
        if least is not None:
            np.minimum.at(self.least, row, least)


class _Values(NamedTuple):
    """Columns and priorities of places, by box; and of whole boxes, by level."""

    columns: Floats
    priority: Ints | None
    sums: list[Floats]
    least: list[Ints]

    @classmethod
    def of(cls, crowd: Crowd, columns: Floats, priority: Ints | None) -> _Values:
        n_places = int(crowd.place.max(initial=-1)) + 1
        at_place = [np.bincount(crowd.place, weights=c, minlength=n_places) for c in columns]
        boxed, first = np.array([_boxed(column, 0.0) for column in at_place]), None
        sums, least = [boxed.sum(axis=2)], []
        if priority is not None:
            least_at_place = np.full(n_places, _LAST)
            np.minimum.at(least_at_place, crowd.place, priority)
            first = _boxed(least_at_place, _LAST)
            least.append(first.min(axis=1))
        for boxes, _ in crowd.levels[:-1]:
            starts = np.arange(0, len(boxes), 2)
            sums.append(np.add.reduceat(sums[-1], starts, axis=1))
            if least:
                least.append(np.minimum.reduceat(least[-1], starts))
        return cls(boxed, first, sums, least)

    def of_boxes(self, level: int, box: Ints) -> tuple[Floats, Ints | None]:
        """Return sums and priorities of whole boxes."""
        return self.sums[level][:, box], self.least[level][box] if self.least else None

    def of_places(self, box: Ints, within: Flags) -> tuple[Floats, Ints | None]:
        """Return sums and priorities of some places of each box, given by a mask."""
        counts = within.astype(np.float64)
        sums = np.array([np.einsum("ij,ij->i", c[box], counts) for c in self.columns])
        if self.priority is None:
            return sums, None
        return sums, np.where(within, self.priority[box], _LAST).min(axis=1)


def _along_curve(points: Floats) -> Ints:
    """Return the order of points along a curve through small cubes."""
    return ascending(cube_numbers(points, LEAST_EDGE))


def _boxed(values: NDArray[Number], filling: float) -> NDArray[Number]:
    """Cut an array into boxes of equal size, the last one filled up."""
    n = -len(values) % _BOX
    filled = np.concatenate([values, np.full((n, *values.shape[1:]), filling, dtype=values.dtype)])
    return filled.reshape(-1, _BOX, *values.shape[1:])


def _spheres(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return centre and radius [m] of the spheres around boxes."""
    return (low + high) / 2.0, np.linalg.norm(high - low, axis=1) / 2.0


def _compare(
    centre: Floats, other: Floats, extent: Floats, sure: float, bound: float
) -> tuple[Flags, Flags]:
    """Return which pairs of spheres are wholly within reach of each other, and which partly.

    `extent` is the sum of their radii, `sure` a chord [m] certainly within the radius and `bound`
    one that is not exceeded within it.
    """
    apart = centre - other
    apart *= apart
    away = np.sqrt(apart[:, 0] + apart[:, 1] + apart[:, 2])
    whole = away + extent <= sure
    return whole, ~whole & (away - extent <= bound)
