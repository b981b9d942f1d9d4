"""Histograms, sums and ranks of draws, and the standard errors of shares of draws.

Memory does not grow with draws. Integer counts are added in any order and sums of replicates in the
order of replicates, so results do not depend on the number of workers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standort.array_types import Floats, Ints


#: bins of the score; quantiles are interpolated inside a bin
SCORE_BINS = 512
#: bins of ranks, if there are too many sites for a bin for each rank
RANK_BINS = 512
#: largest number of sites for which each rank has its own bin
EXACT_RANKS = 16_000
#: cells of the score by which many sites are ranked; sites in one cell share a rank
_CELLS = 2**22
#: correlations of draws at which errors are computed; between them they are interpolated
_GRID = np.linspace(0.0, 1.0, 101)
#: fewest replicates for which an error is stated; with five it is known to a third
FEWEST_REPLICATES = 5
_MOST_SHORT = 65_535
_COUNTS_AT_ONCE = 4_000_000
#: tolerance, as a fraction of a draw
_HAIR = 1e-6


class Histogram:
    """Histogram of the draws of each site, for quantiles.

    Parameters
    ----------
    n
        Number of sites.
    bins
        Number of bins.
    low, width
        Lower end of the first bin, and width of all bins.
    draws
        Largest possible count of a bin.
    """

    def __init__(self, n: int, bins: int, *, low: float, width: float, draws: int) -> None:
        self.low, self.width, self.bins = low, width, bins
        kind = np.uint16 if draws <= _MOST_SHORT else np.uint32
        self._count: Ints = np.zeros(n * bins, dtype=kind)
        self._start = np.arange(n, dtype=np.intp) * bins
        self.least = np.full(n, np.inf)
        self.most = np.full(n, -np.inf)

    def cells(self, rows: Floats) -> Ints:
        """Return the index of the count of each number, shape (draws, n); none may be NaN."""
        cell = ((rows - self.low) / self.width).astype(np.intp)
        return self._start + np.minimum(np.maximum(cell, 0), self.bins - 1)

    def add(self, rows: Floats, cells: Ints) -> None:
        """Count draws; a row holds each site once."""
        for row in cells:
            self._count[row] += 1
        for row in rows:
            np.minimum(self.least, row, out=self.least)
            np.maximum(self.most, row, out=self.most)

    def add_gapped(self, rows: Floats) -> None:
        """Count draws in which some sites have no number (NaN)."""
        there = ~np.isnan(rows)
        cells = self.cells(np.where(there, rows, self.low))
        for row, cell, known in zip(rows, cells, there, strict=True):
            self._count[cell[known]] += 1
            np.fmin(self.least, row, out=self.least)
            np.fmax(self.most, row, out=self.most)

    def quantiles(self, shares: Sequence[float | Floats]) -> list[Floats]:
        """Return the quantiles of these shares, interpolated within bins.

        A share is one number for all sites, or one for each. Quantiles lie within the range of the
        draws; that of a site without draws is NaN.
        """
        n = len(self.least)
        quantiles = [np.empty(n) for _ in shares]
        block = max(1, _COUNTS_AT_ONCE // self.bins)
        for start in range(0, n, block):
            rows = slice(start, min(start + block, n))
            of_rows = [share[rows] if isinstance(share, np.ndarray) else share for share in shares]
            self._read(rows, of_rows, quantiles)
        drawn = self.most >= self.least
        return [
            np.where(drawn, np.minimum(np.maximum(column, self.least), self.most), np.nan)
            for column in quantiles
        ]

    def _read(self, rows: slice, shares: Sequence[float | Floats], into: list[Floats]) -> None:
        """Write the quantiles of some sites into arrays, from one running sum over all of them."""
        count = self._count[rows.start * self.bins : rows.stop * self.bins]
        running: Ints = np.cumsum(count, dtype=np.int64)
        ends = running[self.bins - 1 :: self.bins]
        drawn = np.diff(ends, prepend=0)
        first = np.arange(len(drawn)) * self.bins
        for share, column in zip(shares, into, strict=True):
            # slightly less, so that five of a hundred is the fifth and not the sixth
            wanted = np.maximum(share * drawn, _HAIR) - _HAIR / 2.0
            before = ends - drawn
            # for a site without draws this may lie behind the last bin; it becomes NaN above
            at = np.minimum(np.searchsorted(running, before + wanted), len(running) - 1)
            part = (wanted - (running[at] - count[at] - before)) / np.maximum(count[at], 1)
            column[rows] = self.low + self.width * (at - first + part)


class Spread:
    """Mean and variance of the draws of each site within one replicate."""

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
    def draws(self) -> int | Floats:
        """Number of draws: one for all sites, or one for each."""
        return self.count

    @property
    def mean(self) -> Floats:
        """Mean of the draws."""
        return self._about + self._sum / self.count

    @property
    def variance(self) -> Floats:
        """Variance among the draws; NaN for a single draw."""
        if self.count == 1:
            return np.full_like(self._sum, np.nan)
        squares = self._squares - self._sum**2 / self.count
        return np.maximum(squares, 0.0) / (self.count - 1)


class GappedSpread(Spread):
    """Mean and variance of the draws of each site that are not missing (NaN)."""

    def __init__(self, n: int) -> None:
        super().__init__(n)
        self._drawn = np.zeros(n)
        self._about = np.full(n, np.nan)

    def add(self, rows: Floats) -> None:
        """Add draws, shape (draws, n), in order."""
        there = ~np.isnan(rows)
        first = rows[there.argmax(axis=0), np.arange(rows.shape[1])]
        self._about = np.where(np.isnan(self._about), first, self._about)
        self.count += len(rows)
        self._drawn += there.sum(axis=0)
        off = np.where(there, rows - self._about, 0.0)
        self._sum += off.sum(axis=0)
        self._squares += np.square(off, out=off).sum(axis=0)

    @property
    def draws(self) -> Floats:
        """Number of draws of each site."""
        return self._drawn

    @property
    def mean(self) -> Floats:
        """Mean of the draws; NaN without draws."""
        return self._about + self._sum / np.maximum(self._drawn, 1.0)

    @property
    def variance(self) -> Floats:
        """Variance among the draws; NaN for fewer than two draws."""
        squares = self._squares - self._sum**2 / np.maximum(self._drawn, 1.0)
        variance = np.maximum(squares, 0.0) / np.maximum(self._drawn - 1.0, 1.0)
        return np.where(self._drawn > 1.0, variance, np.nan)


class ReplicateSums:
    """Mean and spread of replicates, for the error that remains however many draws there are.

    A replicate without a number for a site (NaN) is ignored for that site.
    """

    def __init__(self, n: int) -> None:
        self.replicates = np.zeros(n)
        self.draws, self._total = np.zeros(n), np.zeros(n)
        self._mean, self._squares, self._noise = np.zeros(n), np.zeros(n), np.zeros(n)

    def add(self, mean: Floats, noise: Floats, draws: int | Floats = 0) -> None:
        """Add a replicate: its mean, the variance of that mean, and the number of its draws."""
        there = ~np.isnan(mean)
        self.draws += draws
        self._total += np.where(there, mean, 0.0) * draws
        self.replicates += there
        n = np.maximum(self.replicates, 1.0)
        off = np.where(there, mean - self._mean, 0.0)
        self._mean += off / n
        self._squares += off * np.where(there, mean - self._mean, 0.0)
        self._noise += np.where(there, noise - self._noise, 0.0) / n

    @property
    def mean(self) -> Floats:
        """Mean of the replicates."""
        return self._mean

    @property
    def share(self) -> Floats:
        """Share of draws that are 1, if all are 0 or 1."""
        return np.asarray(np.round(self._total) / np.maximum(self.draws, 1.0))

    @property
    def error(self) -> Floats:
        """Standard error of the mean over draws and replicates; NaN for a single replicate."""
        n = np.maximum(self.replicates, 2.0)
        error = np.sqrt(self._squares / (n - 1.0) / n)
        return np.where(self.replicates > 1.0, error, np.nan)

    def likeness(self, draws: int | Floats) -> Floats:
        """Return the correlation of draws of one replicate, in [0, 1].

        This is the part of the variance between replicates; 0 where nothing varies.
        """
        within = self._noise * draws / np.maximum(self.replicates, 1.0)
        total = self._squares / np.maximum(self.replicates - 1.0, 1.0) - self._noise
        between = np.maximum(total, 0.0)
        varies = between + within > 0.0
        return np.where(varies, between / np.where(varies, between + within, 1.0), 0.0)


def error_of_share(
    share: float, likeness: Floats, *, draws: int | Floats, replicates: int | Floats
) -> Floats:
    """Return the standard error of the share of draws below a number.

    Draws of one replicate share their layers, so they carry less information than independent
    draws.

    Parameters
    ----------
    share
        The share, in (0, 1).
    likeness
        Correlation of draws of one replicate, in [0, 1].
    draws, replicates
        Numbers of draws and replicates, at least 1; one for all, or one for each likeness.

    Returns
    -------
    The standard error, with the shape of `likeness`.

    Notes
    -----
    The probability that two draws are both below is that of normal numbers of this correlation, by
    Owen's integral over their common part. The error is sqrt(p (1 - p) / replicates) if all
    variance is between replicates, and sqrt(p (1 - p) / draws) if none is.

    Examples
    --------
    >>> likeness = np.array([0.0, 0.5, 1.0])
    >>> error_of_share(0.05, likeness, draws=10_000, replicates=25).round(4)
    array([0.0022, 0.0198, 0.0436])
    """
    excess = np.interp(likeness, _GRID, _excess(np.full(len(_GRID), share)))
    return np.asarray(_error(share, excess, draws, replicates))


def least_error(likeness: Floats, *, draws: int, replicates: int) -> Floats:
    """Return the error of a share of 0 or 1.

    It is that of half an event in the equivalent number of independent draws.

    Examples
    --------
    >>> least_error(np.array([0.0, 0.5, 1.0]), draws=10_000, replicates=25).round(4)
    array([0.0001, 0.0017, 0.0275])
    """
    share = np.full(len(_GRID), 0.5 / (draws + 1.0))
    for _ in range(30):
        error = _error(share, _excess(share), draws, replicates)
        share = 0.5 / (share * (1.0 - share) / error**2 + 1.0)
    return np.asarray(np.interp(likeness, _GRID, _error(share, _excess(share), draws, replicates)))


def _error(
    share: float | Floats, excess: Floats, draws: int | Floats, replicates: int | Floats
) -> Floats:
    spread = share * (1.0 - share)
    return np.asarray(np.sqrt(spread * (excess / replicates + (1.0 - excess) / draws)))


def _excess(share: Floats) -> Floats:
    """Return by how much two draws are below more often than if independent, on the grid."""
    from scipy.special import ndtr, ndtri

    shared = np.linspace(-8.0, 8.0, 401)
    density = np.exp(-0.5 * shared**2)
    density /= density.sum()
    rho, at = _GRID[:-1, np.newaxis], ndtri(share[:-1, np.newaxis])
    both = (ndtr((at - np.sqrt(rho) * shared) / np.sqrt(1.0 - rho)) ** 2 * density).sum(axis=1)
    together = (np.append(both, share[-1]) - share**2) / (share * (1.0 - share))
    return np.asarray(np.clip(together, 0.0, 1.0))


def rank_rows(scores: Floats) -> Floats:
    """Rank the sites of each draw: 1 is the highest, equal scores share a rank.

    A site without a score (NaN) has no rank. With more than `EXACT_RANKS` sites, scores within
    2^-22 of each other may share a rank too.
    """
    return np.stack([_rank_row(row) for row in scores])


def _rank_row(scores: Floats) -> Floats:
    rank = _exact if len(scores) <= EXACT_RANKS else _nearly
    there = ~np.isnan(scores)
    if there.all():
        return rank(scores)
    ranks = np.full(len(scores), np.nan)
    ranks[there] = rank(scores[there])
    return ranks


def _exact(scores: Floats) -> Floats:
    order = np.argsort(-scores)  # equal scores share a rank, so their order does not matter
    ordered = scores[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    position = np.maximum.accumulate(np.where(first, np.arange(len(scores)), 0))
    rank = np.empty(len(scores))
    rank[order] = position + 1
    return rank


def _nearly(scores: Floats) -> Floats:
    cell = (scores * _CELLS).astype(np.intp)
    count = np.bincount(cell, minlength=_CELLS + 1)
    better = count[::-1].cumsum()[::-1] - count
    return (better[cell] + 1).astype(np.float64)
