"""Counts of ranks over draws; tied sites share the ranks they occupy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from standort.array_types import Floats, Ints


#: number of groups of draws whose sums of weights are kept separately
GROUPS = 32

#: size of one table of a block of draws
_HELD = 2_000_000


def block_size(n: int, *, pairs: bool) -> int:
    """Return the number of draws per block, so that memory does not grow with draws."""
    return max(1, _HELD // max(n * n if pairs else 4 * n, 1))


def tied_ranks(scores: Floats) -> tuple[Ints, Ints]:
    """Rank the scores of each row.

    Parameters
    ----------
    scores
        A row per draw, a column per site; more is better.

    Returns
    -------
    The number of sites better than each, and of sites with the same score (itself included).

    Examples
    --------
    >>> better, equal = tied_ranks(np.array([[0.3, 0.9, 0.3, 0.1]]))
    >>> better.tolist(), equal.tolist()
    ([[1, 0, 1, 3]], [[2, 1, 2, 1]])
    """
    rows, n = scores.shape
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=1)
    starts = np.ones((rows, n), dtype=bool)
    starts[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    group = np.cumsum(starts.ravel()) - 1
    size = np.bincount(group)
    first = np.flatnonzero(starts.ravel()) % n
    better, equal = np.empty((rows, n), dtype=np.intp), np.empty((rows, n), dtype=np.intp)
    np.put_along_axis(better, order, first[group].reshape(rows, n), axis=1)
    np.put_along_axis(equal, order, size[group].reshape(rows, n), axis=1)
    return better, equal


def first_shares(scores: Floats) -> Floats:
    """Return each site's share of the first rank in each row."""
    first = scores == scores.max(axis=1)[:, np.newaxis]
    return np.asarray(first / first.sum(axis=1)[:, np.newaxis])


@dataclass
class Counts:
    """Sums over draws; memory grows with sites, not with draws.

    Parameters
    ----------
    ranks
        Draws by site and rank; only the first rank if there are many sites.
    sizes, tops
        Draws in which a site is among the best of each size.
    rank_sum
        Sum of ranks, ties at their mean.
    first, weights, squares
        Draws in which a site is first, and the sums of their weights and of squared weights.
    wins
        Draws by site and the site it is ahead of; None if there are many sites.
    slot, grouped
        Row in `grouped` of sites that have been first, else -1; `grouped` holds by group of draws
        the number in which they are first, and the sums of their weights.
    """

    ranks: Floats
    sizes: tuple[int, ...]
    tops: Floats
    rank_sum: Floats
    first: Floats
    weights: Floats
    squares: Floats
    wins: Floats | None
    slot: Ints
    grouped: Floats

    @classmethod
    def empty(cls, n: int, n_criteria: int, *, all_ranks: bool) -> Counts:
        """Return counts of no draws."""
        sizes = tuple(sorted({1, *(-(-n // part) for part in (100, 20, 10))}))
        return cls(
            ranks=np.zeros((n, n if all_ranks else 1)),
            sizes=sizes,
            tops=np.zeros((n, len(sizes))),
            rank_sum=np.zeros(n),
            first=np.zeros(n),
            weights=np.zeros((n, n_criteria)),
            squares=np.zeros((n, n_criteria)),
            wins=np.zeros((n, n)) if all_ranks else None,
            slot=np.full(n, -1, dtype=np.intp),
            grouped=np.zeros((0, GROUPS, 1 + n_criteria)),
        )

    def add(self, scores: Floats, weights: Floats, numbers: Ints) -> None:
        """Count a block of draws, by their scores, weights and numbers."""
        better, equal = tied_ranks(scores)
        self.rank_sum += (better + 0.5 * (equal + 1)).sum(axis=0)
        for j, size in enumerate(self.sizes):
            self.tops[:, j] += np.clip((size - better) / equal, 0.0, 1.0).sum(axis=0)
        shares = np.where(better == 0, 1.0 / equal, 0.0)
        self.first += shares.sum(axis=0)
        if self.wins is None:
            self.ranks[:, 0] += shares.sum(axis=0)
        else:
            self._add_ranks(better, equal)
            self._add_wins(scores)
        draw, site = np.nonzero(shares)
        n = len(self.first)
        for j in range(weights.shape[1]):
            part = shares[draw, site] * weights[draw, j]
            self.weights[:, j] += np.bincount(site, part, minlength=n)
            self.squares[:, j] += np.bincount(site, part * weights[draw, j], minlength=n)
        self._add_grouped(site, shares[draw, site], weights[draw], numbers[draw] % GROUPS)

    def groups_of(self, site: int) -> Floats:
        """Return the sums of a site that has been first, a row per group of draws."""
        assert self.slot[site] >= 0
        return np.asarray(self.grouped[self.slot[site]])

    def central_weights(self) -> tuple[Floats, Floats]:
        """Return the mean weights under which each site is first, and their standard errors."""
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self.weights / self.first[:, np.newaxis]
            spread = np.maximum(self.squares / self.first[:, np.newaxis] - mean**2, 0.0)
            error = np.sqrt(spread / (self.first[:, np.newaxis] - 1.0))
        return mean, np.where(self.first[:, np.newaxis] > 1.0, error, np.nan)

    def _add_grouped(self, site: Ints, share: Floats, weights: Floats, group: Ints) -> None:
        """Add up first ranks and their weights by group, for sites that are ever first."""
        new = np.unique(site[self.slot[site] < 0])
        self.slot[new] = len(self.grouped) + np.arange(len(new))
        none = np.zeros((len(new), *self.grouped.shape[1:]))
        self.grouped = np.concatenate([self.grouped, none])
        cell, size = self.slot[site] * GROUPS + group, len(self.grouped) * GROUPS
        for j in range(self.grouped.shape[2]):
            part = share if j == 0 else share * weights[:, j - 1]
            held = np.bincount(cell, part, minlength=size)
            self.grouped[:, :, j] += held.reshape(-1, GROUPS)

    def _add_ranks(self, better: Ints, equal: Ints) -> None:
        """Spread each group of ties evenly over the ranks it occupies."""
        n = len(self.first)
        site = np.tile(np.arange(n), len(better))
        size = equal.ravel()
        within = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
        rank = np.repeat(better.ravel(), size) + within
        cells = np.repeat(site, size) * n + rank
        self.ranks += np.bincount(cells, np.repeat(1.0 / size, size), minlength=n * n).reshape(n, n)

    def _add_wins(self, scores: Floats) -> None:
        assert self.wins is not None
        ahead = scores[:, :, np.newaxis] > scores[:, np.newaxis, :]
        level = scores[:, :, np.newaxis] == scores[:, np.newaxis, :]
        self.wins += ahead.sum(axis=0) + 0.5 * level.sum(axis=0)
