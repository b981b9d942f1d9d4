"""Bounds on the globe: west to east across the antimeridian if need be, up to a pole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.earth.geodesy import AUTHALIC_RADIUS
from standort.errors import OptionError, gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Bounds", "bounds_of", "read_bounds"]

_HALF, _FULL, _QUARTER = 180.0, 360.0, 90.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box of longitudes and latitudes [degrees], its edges included.

    Parameters
    ----------
    west
        Western edge, in [-180, 180].
    south, north
        Southern and northern edge.
    width
        Degrees from the western edge eastward to the eastern one, in (0, 360].
    """

    west: float
    south: float
    north: float
    width: float

    @property
    def east(self) -> float:
        """Eastern edge; beyond 180 where the box crosses the antimeridian."""
        return self.west + self.width

    def holds(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        """Tell which places lie in the box; one that is not finite never does.

        >>> Bounds(170.0, -20.0, -10.0, 20.0).holds(np.array([-175.0, 0.0]), np.array([-15.0] * 2))
        array([ True, False])
        """
        with np.errstate(invalid="ignore"):
            inside = np.mod(lon - self.west, _FULL) <= self.width
            return np.asarray(inside & (lat >= self.south) & (lat <= self.north))

    def text(self) -> str:
        """Write the edges as they are given, in short: west, south, east, north."""
        return " ".join(f"{edge:g}" for edge in self.edges())

    def edges(self) -> list[float]:
        """Give the edges: west, south, east, north [degrees]."""
        east = self.east - _FULL if self.east > _HALF else self.east
        return [self.west, self.south, east, self.north]


def read_bounds(edges: Sequence[float]) -> Bounds:
    """Read bounds as people write them.

    Parameters
    ----------
    edges
        West, south, east, north [degrees]. A west greater than the east is a box across the
        antimeridian; -180 and 180 are the whole way round.

    Returns
    -------
    The bounds.

    Raises
    ------
    OptionError
        If there are not four numbers, or they bound nothing on Earth.

    Examples
    --------
    >>> read_bounds([170, -20, -170, -10]).width
    20.0
    """
    if len(edges) != 4:  # noqa: PLR2004 - west, south, east, north
        msg = f"expected four bounds, west, south, east and north, got {len(edges)}; give all four"
        raise OptionError(msg)
    west, south, east, north = (float(edge) for edge in edges)
    problems = [
        f"expected {name} within -{limit:g} and {limit:g} degrees, got {edge:g}; correct it"
        for name, edge, limit in (
            ("west", west, _HALF),
            ("east", east, _HALF),
            ("south", south, _QUARTER),
            ("north", north, _QUARTER),
        )
        if not abs(edge) <= limit
    ]
    if not problems and not south < north:
        problems.append(f"expected south below north, got {south:g} and {north:g}; swap them")
    if not problems and west == east:
        problems.append(f"expected west and east apart, both are {west:g}; widen them")
    if problems:
        raise OptionError(gather(problems, of="bounds"))
    return Bounds(west, south, north, east - west if east > west else east - west + _FULL)


def bounds_of(boxes: Floats, *, margin_m: float = 0.0) -> Bounds:
    """Give the smallest bounds that hold boxes, with a margin: those with the widest gap outside.

    Parameters
    ----------
    boxes
        West, south, east, north [degrees], none across the antimeridian, shape (n, 4), n > 0.
    margin_m
        How far the bounds reach beyond on all sides at least [m].

    Returns
    -------
    The bounds; all longitudes where they reach a pole.

    Examples
    --------
    >>> fiji = np.array([[177.0, -19.0, 180.0, -16.0], [-180.0, -18.0, -178.0, -17.0]])
    >>> bounds_of(fiji).text()
    '177 -19 -178 -16'
    """
    angle = float(np.degrees(margin_m / AUTHALIC_RADIUS)) * 1.01  # no place on Earth is so flat
    south = max(float(boxes[:, 1].min()) - angle, -_QUARTER)
    north = min(float(boxes[:, 3].max()) + angle, _QUARTER)
    west, width = _arc(boxes[:, 0], boxes[:, 2])
    farthest = max(abs(float(boxes[:, 1].min())), abs(float(boxes[:, 3].max())))
    if farthest + angle >= _QUARTER:
        return Bounds(-_HALF, south, north, _FULL)
    aside = np.degrees(np.arcsin(np.sin(np.radians(angle)) / np.cos(np.radians(farthest))))
    width += 2.0 * float(aside)
    if width >= _FULL:
        return Bounds(-_HALF, south, north, _FULL)
    west -= float(aside)
    return Bounds(west + _FULL if west < -_HALF else west, south, north, width)


def _arc(west: Floats, east: Floats) -> tuple[float, float]:
    """Give where the shortest stretch of longitudes over all boxes begins, and its width."""
    order = np.argsort(west, kind="stable")
    west, reached = west[order], np.maximum.accumulate(east[order])
    gap = np.append(west[1:], west[0] + _FULL) - reached
    last = int(np.argmax(gap))
    if gap[last] <= 0.0:
        return -_HALF, _FULL
    first = float(west[(last + 1) % len(west)])
    return first, float(np.mod(reached[last] - first, _FULL))
