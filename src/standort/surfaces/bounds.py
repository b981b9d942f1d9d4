"""Bounds in longitude and latitude, which may cross the antimeridian or reach a pole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.earth.geodesy import AUTHALIC_RADIUS
from standort.errors import OptionError, gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standort.array_types import Flags, Floats


_HALF, _FULL, _QUARTER = 180.0, 360.0, 90.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box of longitudes and latitudes [degrees], including its edges.

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

    def holds(self, lon: Floats, lat: Floats) -> Flags:
        """Flag the positions in the box; positions that are not finite are outside.

        >>> Bounds(170.0, -20.0, -10.0, 20.0).holds(np.array([-175.0, 0.0]), np.array([-15.0] * 2))
        array([ True, False])
        """
        with np.errstate(invalid="ignore"):
            inside = np.mod(lon - self.west, _FULL) <= self.width
            return np.asarray(inside & (lat >= self.south) & (lat <= self.north))

    def text(self) -> str:
        """Format the edges: west, south, east, north."""
        return " ".join(f"{edge:g}" for edge in self.edges())

    def edges(self) -> list[float]:
        """Return the edges: west, south, east, north [degrees]."""
        east = self.east - _FULL if self.east > _HALF else self.east
        return [self.west, self.south, east, self.north]


def read_bounds(edges: Sequence[float]) -> Bounds:
    """Check bounds given as four edges.

    Parameters
    ----------
    edges
        West, south, east, north [degrees]. If west is greater than east, the box crosses the
        antimeridian; -180 and 180 cover all longitudes.

    Returns
    -------
    The bounds.

    Raises
    ------
    OptionError
        If there are not four numbers, or they are not valid bounds.

    Examples
    --------
    >>> read_bounds([170, -20, -170, -10]).width
    20.0
    """
    if len(edges) != 4:  # noqa: PLR2004 - west, south, east, north
        msg = f"expected four bounds, west, south, east and north, got {len(edges)} numbers"
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
        problems.append(f"expected different west and east, both are {west:g}; widen them")
    if problems:
        raise OptionError(gather(problems, of="bounds"))
    return Bounds(west, south, north, east - west if east > west else east - west + _FULL)


def enclosing_bounds(boxes: Floats, *, margin_m: float = 0.0) -> Bounds:
    """Return the smallest bounds that contain some boxes, with a margin.

    Parameters
    ----------
    boxes
        West, south, east, north [degrees] of boxes that do not cross the antimeridian, shape
        (n, 4), n > 0.
    margin_m
        Least margin on all sides [m].

    Returns
    -------
    The bounds, with all longitudes if they reach a pole.

    Examples
    --------
    >>> fiji = np.array([[177.0, -19.0, 180.0, -16.0], [-180.0, -18.0, -178.0, -17.0]])
    >>> enclosing_bounds(fiji).text()
    '177 -19 -178 -16'
    """
    angle = float(np.degrees(margin_m / AUTHALIC_RADIUS)) * 1.01  # exceeds the flattening
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
    """Return the start and width of the shortest range of longitudes that covers all boxes."""
    order = np.argsort(west, kind="stable")
    west, reached = west[order], np.maximum.accumulate(east[order])
    gap = np.append(west[1:], west[0] + _FULL) - reached
    last = int(np.argmax(gap))
    if gap[last] <= 0.0:
        return -_HALF, _FULL
    first = float(west[(last + 1) % len(west)])
    return first, float(np.mod(reached[last] - first, _FULL))
