"""What is kept of many draws: counts, not the draws, so that memory does not grow with them.

Whole numbers are added up, in any order, and sums of replicates in the order of the replicates:
the result is the same however many workers there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = [
    "EXACT_RANKS",
    "RANK_BINS",
    "SCORE_BINS",
    "Histogram",
    "ReplicateSums",
    "Spread",
    "error_of_share",
    "rank_rows",
]

#: bins of the score: a quantile lies in the right bin and is interpolated inside it
SCORE_BINS = 512
#: bins of ranks, where there are too many sites for a bin for each rank
RANK_BINS = 512
#: sites up to which each rank has a bin of its own
EXACT_RANKS = 16_000
#: cells of the score by which many sites are ranked: those in one cell share a rank
_CELLS = 2**22
_MOST_SHORT = 65_535
_COUNTS_AT_ONCE = 4_000_000
#: of a draw
_HAIR = 1e-6


class Histogram:
    """How often a number of each site fell into each bin, for quantiles of all draws.

    Parameters
    ----------
    n
        Number of sites.
    bins
        Number of bins.
    low, width
        Lower end of the first bin, and width of each.
    draws
        Most counts a bin may get.
    """

    def __init__(self, n: int, bins: int, *, low: float, width: float, draws: int) -> None:
        self.low, self.width, self.bins = low, width, bins
        kind = np.uint16 if draws <= _MOST_SHORT else np.uint32
        self._count: Ints = np.zeros(n * bins, dtype=kind)
        self._start = np.arange(n, dtype=np.intp) * bins
        self.least = np.full(n, np.inf)
        self.most = np.full(n, -np.inf)

    def cells(self, rows: Floats) -> Ints:
        """Find the place of the count of each number, shape (draws, n)."""
        cell = ((rows - self.low) / self.width).astype(np.intp)
        return self._start + np.minimum(np.maximum(cell, 0), self.bins - 1)

    def add(self, rows: Floats, cells: Ints) -> None:
        """Count draws; a row never holds a site twice."""
        for row in cells:
            self._count[row] += 1
        for row in rows:
            np.minimum(self.least, row, out=self.least)
            np.maximum(self.most, row, out=self.most)

    def quantiles(self, shares: Sequence[float | Floats]) -> list[Floats]:
        """Give the numbers below which these shares of the draws lie, interpolated in bins.

        A share is one for all sites, or one for each. No quantile is beyond the least and the
        largest number drawn.
        """
        n = len(self.least)
        found = [np.empty(n) for _ in shares]
        block = max(1, _COUNTS_AT_ONCE // self.bins)
        for start in range(0, n, block):
            rows = slice(start, min(start + block, n))
            of_rows = [share[rows] if isinstance(share, np.ndarray) else share for share in shares]
            self._read(rows, of_rows, found)
        return [np.minimum(np.maximum(column, self.least), self.most) for column in found]

    def _read(self, rows: slice, shares: Sequence[float | Floats], found: list[Floats]) -> None:
        """Find the quantiles of some sites, in one running sum over all of them."""
        count = self._count[rows.start * self.bins : rows.stop * self.bins]
        running: Ints = np.cumsum(count, dtype=np.int64)
        ends = running[self.bins - 1 :: self.bins]
        drawn = np.diff(ends, prepend=0)
        first = np.arange(len(drawn)) * self.bins
        for share, column in zip(shares, found, strict=True):
            # a hair less, so that five of a hundred is the fifth and not the sixth
            wanted = np.maximum(share * drawn, _HAIR) - _HAIR / 2.0
            before = ends - drawn
            at = np.searchsorted(running, before + wanted)
            part = (wanted - (running[at] - count[at] - before)) / count[at]
            column[rows] = self.low + self.width * (at - first + part)


class Spread:
    """Mean and variance of a number of each site within one replicate, about its first draw."""

    def __init__(self, n: int) -> None:
        self.count = 0
        self._about, self._sum, self._squares = (np.zeros(n) for _ in range(3))

    def add(self, rows: Floats) -> None:
        """Add draws, shape (draws, n), in order."""
        if not self.count:
            self._about = rows[0].copy()
        self.count += len(rows)
        off = rows - self._about
        self._sum += off.sum(axis=0)
        self._squares += np.square(off, out=off).sum(axis=0)

    @property
    def mean(self) -> Floats:
        """Mean of the draws."""
        return self._about + self._sum / self.count

    @property
    def variance(self) -> Floats:
        """Variance among the draws; NaN of a single one."""
        if self.count == 1:
            return np.full_like(self._sum, np.nan)
        squares = self._squares - self._sum**2 / self.count
        return np.maximum(squares, 0.0) / (self.count - 1)


class ReplicateSums:
    """How far replicates lie apart: what few of them leave of error, however many the draws."""

    def __init__(self, n: int) -> None:
        self.replicates = 0
        self._mean, self._squares, self._noise = np.zeros(n), np.zeros(n), np.zeros(n)

    def add(self, mean: Floats, noise: Floats) -> None:
        """Add a replicate: its mean, and the variance that its own few draws leave in it."""
        self.replicates += 1
        off = mean - self._mean
        self._mean += off / self.replicates
        self._squares += off * (mean - self._mean)
        self._noise += (noise - self._noise) / self.replicates

    @property
    def mean(self) -> Floats:
        """Mean of the replicates."""
        return self._mean

    @property
    def error(self) -> Floats:
        """Standard error of the mean over all, draws and replicates both; NaN of a single one."""
        if self.replicates < 2:  # noqa: PLR2004
            return np.full_like(self._mean, np.nan)
        return np.sqrt(self._squares / (self.replicates - 1) / self.replicates)

    def likeness(self, draws: int) -> Floats:
        """Give how alike draws of one replicate are: their correlation, in [0, 1].

        It is the part of the variance that lies between replicates; 0 where nothing varies.
        """
        within = self._noise * draws / max(self.replicates, 1)
        total = self._squares / max(self.replicates - 1, 1) - self._noise
        between = np.maximum(total, 0.0)
        varies = between + within > 0.0
        return np.where(varies, between / np.where(varies, between + within, 1.0), 0.0)


def error_of_share(share: float, likeness: Floats, *, draws: int, replicates: int) -> Floats:
    """Give the standard error of the share of draws below a number.

    Draws of one replicate share their layers, so they tell less than as many that share nothing.

    Parameters
    ----------
    share
        The share, in (0, 1).
    likeness
        Correlation of draws of one replicate, in [0, 1].
    draws, replicates
        How many there are.

    Returns
    -------
    The standard error, with the shape of `likeness`.

    Notes
    -----
    That two draws fall below together is worked out as for normal numbers of that correlation,
    by Owen's integral over what they share. Where all lies between replicates it is
    sqrt(p (1 - p) / replicates), where nothing does, sqrt(p (1 - p) / draws).

    Examples
    --------
    >>> alike = np.array([0.0, 0.5, 1.0])
    >>> error_of_share(0.05, alike, draws=10_000, replicates=25).round(4)
    array([0.0022, 0.0198, 0.0436])
    """
    from scipy.special import ndtr, ndtri

    at = ndtri(share)
    shared = np.linspace(-8.0, 8.0, 801)
    density = np.exp(-0.5 * shared**2)
    density /= density.sum()
    grid = np.linspace(0.0, 1.0, 101)
    both = [
        (ndtr((at - np.sqrt(rho) * shared) / np.sqrt(1.0 - rho)) ** 2 * density).sum()
        for rho in grid[:-1]
    ]
    spread = share * (1.0 - share)
    together = (np.array([*both, share]) - share**2) / spread
    alike = np.interp(likeness, grid, np.clip(together, 0.0, 1.0))
    return np.sqrt(spread * (alike / replicates + (1.0 - alike) / draws))


def rank_rows(scores: Floats) -> Floats:
    """Rank the sites of each draw: 1 is the highest, equal scores share a rank.

    With more than `EXACT_RANKS` sites those within 2^-22 of a score may share a rank too.
    """
    return np.stack([_exact(row) if len(row) <= EXACT_RANKS else _nearly(row) for row in scores])


def _exact(scores: Floats) -> Floats:
    order = np.argsort(-scores)  # equal scores share a rank, whichever comes first here
    ordered = scores[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    place = np.maximum.accumulate(np.where(first, np.arange(len(scores)), 0))
    rank = np.empty(len(scores))
    rank[order] = place + 1
    return rank


def _nearly(scores: Floats) -> Floats:
    cell = (scores * _CELLS).astype(np.intp)
    count = np.bincount(cell, minlength=_CELLS + 1)
    better = count[::-1].cumsum()[::-1] - count
    return (better[cell] + 1).astype(np.float64)
