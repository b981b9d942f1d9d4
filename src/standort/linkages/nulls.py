"""Reciprocity and transitivity, and how often random networks of equal size reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]

__all__ = ["conditional_p", "reciprocity_of", "transitivity_of"]

_SLACK = 1e-12
#: more than one pair in so many tied: a full matrix is faster
_SPARSE = 20


def reciprocity_of(u: Ints, v: Ints, n: int) -> float:
    """Give the share of arcs that are returned, 2 m_mutual / m; NaN without arcs.

    Examples
    --------
    A and B supply each other, and A supplies C:

    >>> reciprocity_of(np.array([0, 1, 0]), np.array([1, 0, 2]), 3)
    0.6667
    """
    if not len(u):
        return float("nan")
    return float(np.isin(u * n + v, v * n + u).mean())


def transitivity_of(u: Ints, v: Ints, n: int) -> float:
    """Give the share of paths of two ties that a third closes; NaN where there is no such path.

    Examples
    --------
    A triangle with a tail: 3 of 5 paths are closed.

    >>> transitivity_of(np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3]), 4)
    0.6
    """
    from scipy.sparse import coo_array

    degree = np.bincount(np.concatenate([u, v]), minlength=n)
    paths = int((degree * (degree - 1)).sum())
    if not paths:
        return float("nan")
    ends = np.concatenate([u, v]), np.concatenate([v, u])
    if len(u) * _SPARSE > n * n:
        filled = np.zeros((n, n))
        filled[ends] = 1.0
        # whole numbers, exact in any order of adding up
        return float(((filled @ filled) * filled).sum()) / paths
    tied = coo_array((np.ones(2 * len(u), dtype=np.int64), ends), shape=(n, n)).tocsr()
    closed = int((tied @ tied).multiply(tied).sum())
    return closed / paths


def conditional_p(  # noqa: PLR0913 - a statistic, what it is conditional on, and how to draw
    statistic: Callable[[Ints, Ints, int], float],
    observed: float,
    ties: int,
    n: int,
    *,
    directed: bool,
    draws: int,
    seed: int,
) -> float:
    """Give the share of random networks of as many firms and ties that reach a statistic.

    Parameters
    ----------
    statistic
        Of the ends of ties and the number of firms.
    observed
        Its value in the network itself, which counts as one of the random ones.
    ties, n
        Number of ties (arcs if `directed`) and of firms.
    directed
        Whether a tie has a direction.
    draws, seed
        Number of random networks, and which.

    Returns
    -------
    In (0, 1]; small if chance seldom gives as much. NaN if nothing was observed or drawn. A random
    network without the paths that the statistic looks at does not reach it.

    References
    ----------
    Anderson, B. S., Butts, C. and Carley, K. (1999), The interaction of size and density with
    graph-level indices, Social Networks 21, 239-267.
    """
    if np.isnan(observed) or not draws:
        return float("nan")
    possible = n * (n - 1) if directed else n * (n - 1) // 2
    if ties == possible:
        return 1.0
    reached = 0
    for draw in range(draws):
        drawn = np.random.default_rng([seed, draw]).choice(possible, ties, replace=False)
        u, v = _arc(drawn, n) if directed else _pair(drawn)
        reached += statistic(u, v, n) >= observed - _SLACK
    return (1 + reached) / (1 + draws)


def _arc(number: Ints, n: int) -> tuple[Ints, Ints]:
    """Turn numbers below n (n - 1) into distinct arcs."""
    u, v = number // (n - 1), number % (n - 1)
    return u, v + (v >= u)


def _pair(number: Ints) -> tuple[Ints, Ints]:
    """Turn numbers below n (n - 1) / 2 into distinct pairs u < v."""
    v = ((1.0 + np.sqrt(8.0 * number + 1.0)) / 2.0).astype(np.intp)
    v -= v * (v - 1) // 2 > number  # rounding, either way
    v += v * (v + 1) // 2 <= number
    return number - v * (v - 1) // 2, v
