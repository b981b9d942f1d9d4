"""What DBSCAN asks of distances: who has enough neighbours, who is linked, which core is nearest.

Geodesics answer without listing all pairs; a graph of other distances answers from its list
(`standort.clusters.graph`). Points stand in the order of their ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from standort.earth import (
    FEW_KEPT,
    FeatureIndex,
    crowded,
    linked,
    linked_few,
    near_few,
    nearest_of_few,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.earth import NearFew

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Flags = NDArray[np.bool_]

__all__ = ["Geodesics", "Neighbours", "exact_sums"]


#: whole numbers below this, and their sums, are exact
_WHOLE = 2.0**53


class Neighbours(Protocol):
    """Distances between points, as far as clustering needs them; lengths in metres."""

    def __len__(self) -> int:
        """Count the points."""

    def crowded(self, radius: float, at_least: int) -> Flags:
        """Flag the points that have enough points within the radius, themselves among them."""

    def totals(self, radius: float, quantity: Floats) -> Floats:
        """Sum a quantity over the points within the radius of each, itself included."""

    def linked(self, which: Ints, radius: float) -> Ints:
        """Label some points so that those linked by steps within the radius share a label."""

    def nearest(self, preference: Ints, others: Ints, radius: float) -> Ints:
        """Find the nearest point that may be found to each other point, -1 where none is in reach.

        `preference` says of each point whether it may be found (0 or more) and decides between
        points equally near (to a micrometre): the least is found. It is different for all.
        """


@dataclass(frozen=True)
class Geodesics:
    """Points on WGS84 [degrees] and the geodesics between them.

    What the search for enough neighbours came across is kept, and spares the questions after it
    most of their work.
    """

    lon: Floats
    lat: Floats
    _met: dict[float, NearFew] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        """Count the points."""
        return len(self.lon)

    def crowded(self, radius: float, at_least: int) -> Flags:
        """Flag the points that have enough points within the radius [m]."""
        if at_least > FEW_KEPT:
            return crowded(self.lon, self.lat, radius=radius, at_least=at_least)
        self._met.clear()  # of another radius it would only take memory
        self._met[radius] = near_few(self.lon, self.lat, radius=radius, at_least=at_least)
        return self._met[radius].enough

    def totals(self, radius: float, quantity: Floats) -> Floats:
        """Sum a quantity over the points within the radius [m] of each, block by block."""
        total = np.zeros(len(self))
        everyone = FeatureIndex.of_points(self.lon, self.lat)
        for pairs in everyone.pairs_within(self.lon, self.lat, radius=radius):
            # every point is its own neighbour, so no row is missing
            total[pairs.site] = exact_sums(pairs.row, quantity[pairs.feature])
        return total

    def linked(self, which: Ints, radius: float) -> Ints:
        """Label points linked by steps within the radius [m]."""
        met = self._met.get(radius)
        if met is None:
            return linked(self.lon[which], self.lat[which], radius=radius)
        among = np.zeros(len(self), dtype=np.bool_)
        among[which] = True
        return linked_few(met, among)[which]

    def nearest(self, preference: Ints, others: Ints, radius: float) -> Ints:
        """Find the nearest point that may be found within the radius [m] of each other point."""
        met = self._met.get(radius)
        if met is not None and met.complete[others].all():
            asking = np.zeros(len(self), dtype=np.bool_)
            asking[others] = True
            return nearest_of_few(met, preference, asking)[others]
        may = np.flatnonzero(preference >= 0)
        ranked = may[np.argsort(preference[may])]
        index = FeatureIndex.of_points(self.lon[ranked], self.lat[ranked])
        near = index.nearest(self.lon[others], self.lat[others], max_distance=radius)
        found = near.feature[:, 0]
        return np.where(found >= 0, ranked[found], -1)


def exact_sums(group: Ints, quantity: Floats) -> Floats:
    """Sum by group 0, 1, ... without rounding on the way: equal totals are equal to the bit."""
    if (quantity == np.floor(quantity)).all() and np.abs(quantity).sum() < _WHOLE:
        # whole numbers are never rounded
        total = np.bincount(group, weights=quantity)[np.bincount(group) > 0]
        return np.asarray(total, dtype=np.float64)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    return np.array([fsum(part) for part in np.split(quantity[order], starts[1:]) if len(part)])
