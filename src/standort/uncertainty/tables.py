"""Figures out of draws, each with its Monte Carlo standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.typology.probabilities import PROBABILITY_COLUMNS, type_probabilities
from standort.uncertainty.tallying import (
    EXACT_RANKS,
    RANK_BINS,
    SCORE_BINS,
    Histogram,
    ReplicateSums,
    error_of_share,
    rank_rows,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from standort.uncertainty.tallying import Spread

    Floats = NDArray[np.float64]

__all__ = ["SiteTally", "unit_table"]

_P05, _P50, _P95 = 0.05, 0.5, 0.95


class SiteTally:
    """What is kept of the draws of the sites.

    Parameters
    ----------
    n
        Number of sites.
    draws
        How many draws there will be.
    top
        Share of the sites that counts as the top.
    """

    def __init__(self, n: int, draws: int, top: float) -> None:
        self.n, self.draws, self.top = n, draws, top
        exact = n <= EXACT_RANKS
        bins = n if exact else RANK_BINS
        # a rank stands in the middle of a bin of its own, or in one of the wider bins
        low, width = (0.5, 1.0) if exact else (0.5, n / RANK_BINS)
        self.score = Histogram(n, SCORE_BINS, low=0.0, width=1.0 / SCORE_BINS, draws=draws)
        self.rank = Histogram(n, bins, low=low, width=width, draws=draws)
        self.of_score, self.of_rank, self.of_top = (ReplicateSums(n) for _ in range(3))
        self.n_top = max(1, int(np.ceil(top * n - 1e-9)))

    def add(
        self, scores: Floats, sums: tuple[Spread, Spread, Spread], lock: threading.Lock
    ) -> None:
        """Count draws of one replicate, shape (draws, n)."""
        if not self.n:
            return
        rank = rank_rows(scores)
        exact = self.n <= EXACT_RANKS
        in_top = (rank <= self.n_top).astype(float) if exact else _in_top(scores, self.n_top)
        for each, rows in zip(sums, (scores, rank, in_top), strict=True):
            each.add(rows)
        score_cells, rank_cells = self.score.cells(scores), self.rank.cells(rank)
        with lock:
            self.score.add(scores, score_cells)
            self.rank.add(rank, rank_cells)

    def close_replicate(self, sums: tuple[Spread, Spread, Spread]) -> None:
        """Take in the sums of a replicate; in the order of replicates, for the same last bits."""
        if not self.n:
            return
        for to, each in zip((self.of_score, self.of_rank, self.of_top), sums, strict=True):
            noise = np.nan_to_num(each.variance, nan=0.0) / each.count
            to.add(each.mean, noise)

    def table(self, index: pd.Index) -> pd.DataFrame:
        """Lay out the figures of the sites and their errors."""
        columns = self._quantiles(
            {"score_p05": _P05, "score_p50": _P50, "score_p95": _P95}, self.score, self.of_score
        )
        ranks = self._quantiles({"rank_p05": _P05, "rank_p95": _P95}, self.rank, self.of_rank)
        for name in ("rank_p05", "rank_p95"):
            ranks[name] = np.ceil(ranks[name] - 0.5)  # the middle of a rank is the rank itself
        columns |= ranks
        name = f"p_top{round(100 * self.top)}"
        columns[name] = np.clip(self.of_top.mean, 0.0, 1.0)
        columns[f"{name}_error"] = np.maximum(self.of_top.error, _least_error(self.draws))
        return pd.DataFrame(columns, index=index)

    def _quantiles(
        self, wanted: Mapping[str, float], held: Histogram, of: ReplicateSums
    ) -> dict[str, Floats]:
        """Give quantiles and their standard errors, from draws and from replicates."""
        if not self.n:
            names = [f"{name}{end}" for name in wanted for end in ("", "_error")]
            return {name: np.empty(0) for name in names}
        columns: dict[str, Floats] = {}
        likeness = of.likeness(self.draws)
        for name, share in wanted.items():
            error = error_of_share(share, likeness, draws=self.draws, replicates=of.replicates)
            at, below, above = held.quantiles([share, *_about(share, error)])
            columns[name], columns[f"{name}_error"] = at, np.maximum(above - at, at - below)
        return columns


def _about(share: float, error: Floats) -> tuple[Floats, Floats]:
    """Give the shares one standard error below and above."""
    return np.maximum(share - error, 0.0), np.minimum(share + error, 1.0)


def unit_table(
    units: pd.DataFrame,
    advantage: Floats,
    linkage: Floats,
    thresholds: tuple[Floats, Floats],
    replicates: int,
) -> pd.DataFrame:
    """Lay out quantiles of advantage and probabilities of types of units, with their errors.

    Parameters
    ----------
    units
        The units, with their ``kind``.
    advantage, linkage
        Draws, shape (n_units, n_draws); of linkage one column will do where it is unknown.
    thresholds
        Of advantage and linkage in each draw.
    replicates
        Draw d belongs to replicate d mod this.

    Returns
    -------
    As `Uncertainty.units`.
    """
    columns: dict[str, Any] = {"kind": units["kind"]}
    draws = advantage.shape[1]
    parts = [np.arange(r, draws, replicates) for r in range(replicates)]
    for name, share in (("p05", _P05), ("p50", _P50), ("p95", _P95)):
        at = np.quantile(advantage, share, axis=1)
        lies_below = advantage <= at[:, np.newaxis]
        of_parts = np.stack([lies_below[:, part].mean(axis=1) for part in parts])
        error = np.maximum(of_parts.std(axis=0, ddof=1) / np.sqrt(replicates), _least_error(draws))
        columns[f"advantage_{name}"] = at
        columns[f"advantage_{name}_error"] = _width(advantage, at, *_about(share, error))
    table = pd.DataFrame(columns, index=units.index)
    found = type_probabilities(advantage, linkage, index=units.index, threshold=thresholds)
    shares_of_parts = np.stack(
        [_probabilities(advantage, linkage, thresholds, part) for part in parts]
    )
    error = shares_of_parts.std(axis=0, ddof=1) / np.sqrt(replicates)
    for i, column in enumerate(PROBABILITY_COLUMNS):
        found[f"{column}_error"] = np.maximum(error[:, i], _least_error(draws))
    return table.join(found)


def _width(advantage: Floats, at: Floats, below: Floats, above: Floats) -> Floats:
    """Give how far a quantile may be off, where its share may be off from `below` to `above`."""
    ends = [
        [np.quantile(row, low), np.quantile(row, high)]
        for row, low, high in zip(advantage, below, above, strict=True)
    ]
    low, high = np.reshape(ends, (-1, 2)).T
    return np.asarray(np.maximum(high - at, at - low))


def _probabilities(
    advantage: Floats, linkage: Floats, thresholds: tuple[Floats, Floats], part: NDArray[np.intp]
) -> Floats:
    """Count types in the draws of one replicate."""
    some = linkage if linkage.shape[1] == 1 else linkage[:, part]
    limits = (thresholds[0][part], thresholds[1][part])
    found = type_probabilities(advantage[:, part], some, threshold=limits)
    return found[list(PROBABILITY_COLUMNS)].to_numpy(dtype=np.float64)


def _in_top(scores: Floats, n_top: int) -> Floats:
    """Tell which sites are among the best of each draw; ties with the last of them are too."""
    n = scores.shape[1]
    least = np.partition(scores, n - n_top, axis=1)[:, n - n_top, np.newaxis]
    return (scores >= least).astype(np.float64)


def _least_error(draws: int) -> float:
    """Give the error of a share that no draw, or every draw, has shown."""
    share = 0.5 / (draws + 1.0)
    return float(np.sqrt(share * (1.0 - share) / draws))
