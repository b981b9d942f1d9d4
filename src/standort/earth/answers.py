"""Results of spatial queries: nearest features, and pairs within a radius."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from standort.earth.geodesy import TIE

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.array_types import Floats, Ints


#: position that means "no feature"
NO_FEATURE = -1


@dataclass(frozen=True)
class Nearest:
    """The k nearest features of each site, nearest first.

    `feature` holds positions in the layer, shape (n_sites, k), and `NO_FEATURE` where there is
    none; `distance` holds the distances [m], infinite where there is none.
    """

    feature: Ints
    distance: Floats


@dataclass(frozen=True)
class Pairs:
    """All pairs of a block's sites with the features within a radius.

    Pairs are sorted by the site's position in the block, then by feature, so that sums over them
    are always taken in the same order.

    `site` holds the positions of the block's sites, shape (n,). For each pair, `row` holds the
    position in `site` and `feature` the feature, both of shape (n_pairs,). `_known` holds distances
    [m], NaN where only the fact that the pair is within the radius is known; `_measure` returns
    the distances for given rows and features.
    """

    site: Ints
    row: Ints
    feature: Ints
    _known: Floats | None
    _measure: Callable[[Ints, Ints], Floats]

    @cached_property
    def distance(self) -> Floats:
        """Distance of each pair [m], shape (n_pairs,), measured on first access."""
        if self._known is None:
            return self._measure(self.row, self.feature)
        distance = self._known.copy()
        left = np.flatnonzero(np.isnan(distance))
        if left.size:
            distance[left] = self._measure(self.row[left], self.feature[left])
        return distance


def k_nearest(owner: Ints, distance: Floats, k: int) -> tuple[Ints, Floats]:
    """Return the k nearest distinct owners of each row; ties go to the smaller owner."""
    left = distance.copy()
    n_rows = len(left)
    feature = np.full((n_rows, k), NO_FEATURE, dtype=np.intp)
    nearest = np.full((n_rows, k), np.inf)
    for rank in range(k):
        best = left.min(axis=1, initial=np.inf)
        tied = left <= (best + TIE)[:, np.newaxis]
        chosen = np.where(tied, owner, np.iinfo(np.intp).max).min(
            axis=1, initial=np.iinfo(np.intp).max
        )
        reached = np.isfinite(best)
        mine = owner == chosen[:, np.newaxis]
        own = np.where(mine, left, np.inf).min(axis=1, initial=np.inf)
        feature[reached, rank] = chosen[reached]
        nearest[reached, rank] = own[reached]
        left[mine] = np.inf
    return feature, nearest
