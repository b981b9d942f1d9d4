"""Quantiles and shares of draws of sites, with Monte Carlo standard errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.uncertainty.propagation.histograms import (
    EXACT_RANKS,
    FEWEST_REPLICATES,
    RANK_BINS,
    SCORE_BINS,
    GappedSpread,
    Histogram,
    ReplicateSums,
    Spread,
    error_of_share,
    least_error,
    rank_rows,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from standort.array_types import Flags, Floats

    Sums = tuple[Spread, ...]

P05, P50, P95 = 0.05, 0.5, 0.95


class SiteTally:
    """Counts of the draws of the sites.

    Parameters
    ----------
    n
        Number of sites.
    draws
        Total number of draws.
    top
        Share of the sites that counts as the top.
    gates
        Whether scores may be missing (NaN) in draws, because a gate excludes the site.
    vetoes
        Whether draws come with flags of the sites to which a veto applies.
    """

    def __init__(
        self, n: int, draws: int, top: float, *, gates: bool = False, vetoes: bool = False
    ) -> None:
        self.n, self.draws, self.top, self.gates = n, draws, top, gates
        exact = n <= EXACT_RANKS
        bins = n if exact else RANK_BINS
        # a rank lies in the middle of its own bin, or in one of the wider bins
        low, width = (0.5, 1.0) if exact else (0.5, n / RANK_BINS)
        self.score = Histogram(n, SCORE_BINS, low=0.0, width=1.0 / SCORE_BINS, draws=draws)
        self.rank = Histogram(n, bins, low=low, width=width, draws=draws)
        self.of_score, self.of_rank = ReplicateSums(n), ReplicateSums(n)
        shares = [f"p_top{round(100 * top)}"]
        shares += ["p_excluded"] * gates + ["p_vetoed"] * vetoes
        self.of_shares = {name: ReplicateSums(n) for name in shares}

    def sums(self) -> Sums:
        """Return empty sums for the draws of one replicate."""
        kind = GappedSpread if self.gates else Spread
        return (kind(self.n), kind(self.n), *(Spread(self.n) for _ in self.of_shares))

    def add(
        self, scores: Floats, sums: Sums, lock: threading.Lock, vetoed: Flags | None = None
    ) -> None:
        """Count draws of one replicate, shape (draws, n)."""
        if not self.n:
            return
        rank = rank_rows(scores)
        numbers = [scores, rank, self._in_top(scores, rank)]
        if self.gates:
            numbers.append(np.isnan(scores).astype(float))
        if vetoed is not None:
            numbers.append(vetoed.astype(float))
        for each, rows in zip(sums, numbers, strict=True):
            each.add(rows)
        if self.gates:
            with lock:
                self.score.add_gapped(scores)
                self.rank.add_gapped(rank)
            return
        score_cells, rank_cells = self.score.cells(scores), self.rank.cells(rank)
        with lock:
            self.score.add(scores, score_cells)
            self.rank.add(rank, rank_cells)

    def close_replicate(self, sums: Sums) -> None:
        """Add the sums of a replicate; call in the order of replicates for reproducible bits."""
        if not self.n:
            return
        held = (self.of_score, self.of_rank, *self.of_shares.values())
        for to, each in zip(held, sums, strict=True):
            noise = np.nan_to_num(each.variance, nan=0.0) / np.maximum(each.draws, 1)
            to.add(each.mean, noise, each.draws)

    def table(self, index: pd.Index) -> pd.DataFrame:
        """Return the figures of the sites and their errors."""
        columns = self._quantiles(
            {"score_p05": P05, "score_p50": P50, "score_p95": P95}, self.score, self.of_score
        )
        ranks = self._quantiles({"rank_p05": P05, "rank_p95": P95}, self.rank, self.of_rank)
        for name in ("rank_p05", "rank_p95"):
            ranks[name] = np.ceil(ranks[name] - 0.5)  # the middle of a rank is the rank itself
        columns |= ranks
        least = self._least_error()
        for name, of in self.of_shares.items():
            error = np.where(of.replicates >= FEWEST_REPLICATES, of.error, np.nan)
            columns[name] = of.share
            columns[f"{name}_error"] = np.maximum(error, least)
        return pd.DataFrame(columns, index=index)

    def _quantiles(
        self, wanted: Mapping[str, float], held: Histogram, of: ReplicateSums
    ) -> dict[str, Floats]:
        """Return quantiles and their standard errors, from draws and replicates."""
        if not self.n:
            names = [f"{name}{end}" for name in wanted for end in ("", "_error")]
            return {name: np.empty(0) for name in names}
        columns: dict[str, Floats] = {}
        draws, replicates = np.maximum(of.draws, 1.0), np.maximum(of.replicates, 1.0)
        likeness = of.likeness(draws)
        for name, share in wanted.items():
            error = error_of_share(share, likeness, draws=draws, replicates=replicates)
            at, below, above = held.quantiles([share, *about(share, error)])
            known = resolved(share, error) & (of.replicates >= FEWEST_REPLICATES)
            columns[name] = at
            columns[f"{name}_error"] = np.where(known, np.maximum(above - at, at - below), np.nan)
        return columns

    def _least_error(self) -> Floats:
        """Return the error of a share of 0 or 1; for a site never scored, that of replicates."""
        of, draws = self.of_score, next(iter(self.of_shares.values()))
        likeness = np.where(of.replicates > 0.0, of.likeness(np.maximum(of.draws, 1.0)), 1.0)
        n_draws, n = int(draws.draws.max(initial=1.0)), int(draws.replicates.max(initial=1.0))
        return least_error(likeness, draws=n_draws, replicates=n)

    def _in_top(self, scores: Floats, rank: Floats) -> Floats:
        """Return which sites are among the best of the scored sites in each draw."""
        exact = self.n <= EXACT_RANKS
        if not self.gates:
            n_top = _n_top(self.top, self.n)
            return (rank <= n_top).astype(float) if exact else _best(scores, n_top)
        sizes = (~np.isnan(scores)).sum(axis=1)
        n_tops = np.array([_n_top(self.top, int(size)) for size in sizes])
        if exact:
            return (rank <= n_tops[:, np.newaxis]).astype(float)
        filled = np.where(np.isnan(scores), -1.0, scores)
        rows = [_best(filled[i : i + 1], n_top)[0] for i, n_top in enumerate(n_tops.tolist())]
        return np.where(np.isnan(scores), 0.0, np.stack(rows))


def about(share: float, error: Floats) -> tuple[Floats, Floats]:
    """Return the shares one standard error below and above."""
    return np.maximum(share - error, 0.0), np.minimum(share + error, 1.0)


def resolved(share: float, error: Floats) -> Flags:
    """Return whether draws resolve a quantile: its share stays within (0, 1) at one standard error.

    A dozen draws do not: their 5 % quantile lies below all of them by an unknown amount.

    Examples
    --------
    >>> resolved(0.05, np.array([0.01, 0.049, 0.05, 0.2]))
    array([ True,  True, False, False])
    """
    return np.asarray(error < round(min(share, 1.0 - share), 12) - 1e-9)


def _n_top(top: float, n: int) -> int:
    return max(1, int(np.ceil(top * n - 1e-9)))


def _best(scores: Floats, n_top: int) -> Floats:
    """Return which sites are among the best of each draw, ties with the last included."""
    n = scores.shape[1]
    least = np.partition(scores, n - n_top, axis=1)[:, n - n_top, np.newaxis]
    return (scores >= least).astype(np.float64)
