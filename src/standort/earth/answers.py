"""The answers of the index: nearest features, pairs of a block, and the choice among candidates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.earth.geodesy import TIE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["NO_FEATURE", "Nearest", "Pairs", "k_smallest"]

#: position that stands for "no feature"
NO_FEATURE = -1


@dataclass(frozen=True)
class Nearest:
    """The k nearest features of each site, nearest first.

    `feature` holds positions in the layer, shape (n_sites, k), `NO_FEATURE` where there is none;
    `distance` the lengths [m], infinite where there is none.
    """

    feature: Ints
    distance: Floats


@dataclass(frozen=True)
class Pairs:
    """All pairs of a block of sites with the features within a radius.

    Pairs are sorted by the site's place in the block, then by feature, so that whatever is
    summed over them is summed in one order.

    `site` holds the positions of the block's sites, shape (n,); `row` the place in `site` of each
    pair, `feature` its feature, both of shape (n_pairs,). `_known` holds distances [m], NaN where
    it is only known that a pair is within the radius; `_measure` gives those of rows and features.
    """

    site: Ints
    row: Ints
    feature: Ints
    _known: Floats | None
    _measure: Callable[[Ints, Ints], Floats]

    @cached_property
    def distance(self) -> Floats:
        """Distance of each pair [m], shape (n_pairs,), measured when first asked for."""
        if self._known is None:
            return self._measure(self.row, self.feature)
        distance = self._known.copy()
        left = np.flatnonzero(np.isnan(distance))
        if left.size:
            distance[left] = self._measure(self.row[left], self.feature[left])
        return distance


def k_smallest(owner: Ints, distance: Floats, k: int) -> tuple[Ints, Floats]:
    """Pick, row by row, the k nearest different owners; a tie goes to the smaller owner."""
    left = distance.copy()
    n_rows = len(left)
    feature = np.full((n_rows, k), NO_FEATURE, dtype=np.intp)
    nearest = np.full((n_rows, k), np.inf)
    for place in range(k):
        best = left.min(axis=1, initial=np.inf)
        tied = left <= (best + TIE)[:, np.newaxis]
        chosen = np.where(tied, owner, np.iinfo(np.intp).max).min(
            axis=1, initial=np.iinfo(np.intp).max
        )
        found = np.isfinite(best)
        mine = owner == chosen[:, np.newaxis]
        own = np.where(mine, left, np.inf).min(axis=1, initial=np.inf)
        feature[found, place] = chosen[found]
        nearest[found, place] = own[found]
        left[mine] = np.inf
    return feature, nearest
