"""Which pairs of firms were examined, and how likely a true tie between them would be on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from standort.linkages.collection import METHODS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standort.array_types import Floats, Ints
    from standort.linkages.collection import Search

#: Corners of the stated ranges: where most ties are on record, where fewest are, and their middle.
CORNERS = ("fewest_missed", "middle", "most_missed")


class Pairs(NamedTuple):
    """All pairs u < v of the firms of a place."""

    u: Ints
    v: Ints

    @classmethod
    def of(cls, n: int) -> Pairs:
        """Return the pairs of n firms, ordered by u and then v."""
        u, v = np.triu_indices(n, 1)
        return cls(u.astype(np.intp), v.astype(np.intp))


def detection_of_pairs(searches: Sequence[Search], pairs: Pairs, corner: str) -> Floats:
    """Return the probability that a tie of each pair would have been recorded.

    q = 1 - prod_s (1 - pi_s)^e, where e is the number of ends that search s asked: both firms are
    asked in a survey, while a register shows a tie once if it covers both.

    Parameters
    ----------
    searches
        The searches of a layer. Those limited to one body do not examine pairs.
    pairs
        Pairs of firms.
    corner
        One of `CORNERS`.

    Returns
    -------
    Shape (n_pairs,), in [0, 1]; 0 for pairs that nobody examined.
    """
    missed = np.ones(len(pairs.u))
    for search in searches:
        if search.body is not None:
            continue
        one, other = search.covered[pairs.u], search.covered[pairs.v]
        asked = one.astype(int) + other if METHODS[search.method].asks_firms else one & other
        missed = missed * (1.0 - at_corner(search.detect, corner)) ** asked
    return 1.0 - missed


def detection_of_members(
    searches: Sequence[Search], body: str, n: int, corner: str
) -> Floats:
    """Return the probability that a membership of each firm in a body would have been recorded.

    Parameters
    ----------
    searches
        The searches of a layer, limited to this body or to none.
    body
        Name of the organisation or asset.
    n
        Number of firms of the place.
    corner
        One of `CORNERS`.

    Returns
    -------
    Shape (n,), in [0, 1].
    """
    missed = np.ones(n)
    for search in searches:
        if search.body in {None, body}:
            missed = missed * (1.0 - at_corner(search.detect, corner)) ** search.covered
    return 1.0 - missed


def at_corner(bounds: tuple[float, float], corner: str) -> float:
    """Return the share detected at a corner of its stated range."""
    low, high = bounds
    return {"fewest_missed": high, "middle": (low + high) / 2.0, "most_missed": low}[corner]
