"""What DBSCAN asks of distances: who has enough neighbours, who is linked, which core is nearest.

Geodesics answer without listing all pairs; a graph of other distances answers from its list
(`standort.clusters.graph`). Points stand in the order of their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from standort.earth import FeatureIndex, crowded, linked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Flags = NDArray[np.bool_]

__all__ = ["Geodesics", "Neighbours", "exact_sums"]


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

    def nearest(self, ranked: Ints, others: Ints, radius: float) -> Ints:
        """Find the nearest of the ranked points to each other point, -1 where none is in reach.

        The order of `ranked` decides between points equally near (to a micrometre).
        """


@dataclass(frozen=True)
class Geodesics:
    """Points on WGS84 [degrees] and the geodesics between them."""

    lon: Floats
    lat: Floats

    def __len__(self) -> int:
        """Count the points."""
        return len(self.lon)

    def crowded(self, radius: float, at_least: int) -> Flags:
        """Flag the points that have enough points within the radius [m]."""
        return crowded(self.lon, self.lat, radius=radius, at_least=at_least)

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
        return linked(self.lon[which], self.lat[which], radius=radius)

    def nearest(self, ranked: Ints, others: Ints, radius: float) -> Ints:
        """Find the nearest ranked point within the radius [m] of each other point."""
        index = FeatureIndex.of_points(self.lon[ranked], self.lat[ranked])
        near = index.nearest(self.lon[others], self.lat[others], max_distance=radius)
        return np.asarray(near.feature[:, 0])


def exact_sums(group: Ints, quantity: Floats) -> Floats:
    """Sum by group 0, 1, ... without rounding on the way: equal totals are equal to the bit."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    return np.array([fsum(part) for part in np.split(quantity[order], starts[1:]) if len(part)])
