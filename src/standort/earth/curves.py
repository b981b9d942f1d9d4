"""Points along a curve through cubes: those near in space stand near in line, cube by cube."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.earth.blocks import ascending, cube_numbers, in_parts, in_threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Flags = NDArray[np.bool_]
    Numbers = NDArray[np.uint64]

__all__ = ["LEAST_EDGE", "Cubes", "Curve"]

#: least edge of a cube [m]: with it the place of a cube along an axis has 21 bits
LEAST_EDGE = 7.0
#: the bits of a number that hold the place along the first axis
_AXIS = np.uint64(0x1249249249249249)
#: steps from a cube to half of those that touch it; the others are the steps back
_HALF_ROUND = tuple(
    (i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1) if (i, j, k) > (0, 0, 0)
)


@dataclass(frozen=True)
class Curve:
    """Points in the order of a Morton curve.

    Parameters
    ----------
    order
        Position that each point along the curve has in the input.
    points
        Geocentric coordinates along the curve [m], shape (n, 3).
    number
        Numbers of their smallest cubes, ascending.
    halvings
        How often the edge asked for was halved to get the smallest cubes.
    """

    order: Ints
    points: Floats
    number: Numbers
    halvings: int

    @classmethod
    def through(cls, points: Floats, *, edge: float) -> Curve:
        """Order points [m] along a curve through cubes of an edge [m], `LEAST_EDGE` or more.

        Within those cubes it goes on through ever smaller ones, so that points of one cube are in
        order as well.
        """
        halvings = int(np.log2(edge / LEAST_EDGE))
        number = cube_numbers(points, edge / 2.0**halvings)
        order = ascending(number)
        along = np.empty_like(points)

        def fill(some: slice) -> None:
            along[some] = points.take(order[some], axis=0)

        in_parts(fill, len(order))
        return cls(order, along, number[order], halvings)

    def keep(self, kept: Flags) -> Curve:
        """Keep some points, given by a mask along the curve."""
        some = np.flatnonzero(kept)
        points = self.points.take(some, axis=0)
        return Curve(self.order[some], points, self.number[some], self.halvings)

    def cubes(self, *, twice: bool = False) -> Cubes:
        """Tell where along the curve each cube of the edge, or of twice the edge, begins."""
        number = self.number >> np.uint64(3 * (self.halvings + int(twice)))
        begins = np.ones(len(number), dtype=np.bool_)
        np.not_equal(number[1:], number[:-1], out=begins[1:])
        first = np.flatnonzero(begins)
        return Cubes(first, np.diff(first, append=len(number)), number[first])


@dataclass(frozen=True)
class Cubes:
    """The cubes of a curve that hold points: where each begins, how many it holds, its number."""

    first: Ints
    size: Ints
    number: Numbers

    def touching(self) -> list[tuple[Ints, Ints]]:
        """Pair each cube with those that touch it, once: positions among the cubes."""
        return list(in_threads(self._step, _HALF_ROUND))

    def _step(self, step: tuple[int, int, int]) -> tuple[Ints, Ints]:
        """Pair each cube with the one a step away, if that holds points."""
        beside = np.zeros(len(self.number), dtype=np.uint64)
        for axis, by in enumerate(step):
            beside |= _moved(self.number, axis, by)
        place = np.minimum(self.number.searchsorted(beside), len(self.number) - 1)
        here = np.flatnonzero(self.number[place] == beside)
        return here, place[here]


def _moved(number: Numbers, axis: int, by: int) -> Numbers:
    """Move cubes by one place, or none, along an axis, and give the bits of that axis alone.

    The bits of the other axes stand between: filled with ones they carry, with zeros they borrow.
    """
    mask, one = _AXIS << np.uint64(axis), np.uint64(1 << axis)
    if by > 0:
        return ((number | ~mask) + one) & mask
    along = number & mask
    return along if by == 0 else (along - one) & mask
