"""Histograms, ranks and sums of draws, compared with numpy and pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from standort.uncertainty.propagation.histograms import (
    _CELLS,
    Histogram,
    ReplicateSums,
    Spread,
    _nearly,
    error_of_share,
    rank_rows,
)

DRAWS, N = 3_000, 40
SHARES = (0.05, 0.5, 0.95)


def drawn_scores() -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.beta(rng.uniform(1, 9, N), rng.uniform(1, 9, N), (DRAWS, N))


def counted(rows: np.ndarray, bins: int, low: float, width: float) -> Histogram:
    held = Histogram(rows.shape[1], bins, low=low, width=width, draws=len(rows))
    for start in range(0, len(rows), 700):
        part = rows[start : start + 700]
        held.add(part, held.cells(part))
    return held


def test_quantiles_of_scores_are_accurate_to_half_a_bin() -> None:
    scores = drawn_scores()
    quantiles = counted(scores, 512, 0.0, 1 / 512).quantiles(SHARES)
    expected = np.quantile(scores, SHARES, axis=0)
    assert np.abs(np.array(quantiles) - expected).max() < 0.5 / 512


def test_ranks_with_one_bin_each_are_exact() -> None:
    ranks = rank_rows(drawn_scores()[:100])
    quantiles = np.ceil(np.array(counted(ranks, N, 0.5, 1.0).quantiles(SHARES)) - 0.5)
    lower = np.quantile(ranks, SHARES, axis=0, method="inverted_cdf")
    assert np.array_equal(quantiles, lower)


def test_constant_scores_are_returned_to_the_bit() -> None:
    score = np.array([0.0, 0.1, 1 / 3, 511.5 / 512, 1.0])
    for column in counted(np.tile(score, (50, 1)), 512, 0.0, 1 / 512).quantiles(SHARES):
        assert column.tolist() == score.tolist()


def test_ranks_equal_those_of_pandas_with_ties() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 12, (25, 60)) / 12
    expected = pd.DataFrame(scores).rank(axis=1, method="min", ascending=False)
    assert np.array_equal(rank_rows(scores), expected)


def test_many_sites_are_ranked_approximately() -> None:
    scores = np.random.default_rng(1).random(20_000)
    exact = pd.Series(scores).rank(method="min", ascending=False).to_numpy()
    ranks = _nearly(scores)
    assert (ranks <= exact).all()
    assert np.abs(ranks - exact).max() <= 3  # sites in one of 2^22 cells
    edges = np.array([0.0, 1.0, 1.0, 1.0 - 2.0 / _CELLS])
    assert _nearly(edges).tolist() == [4, 1, 1, 3]


def test_sums_of_a_replicate_are_mean_and_variance() -> None:
    scores = drawn_scores()
    held = Spread(N)
    for start in (0, 1_000, 1_001):
        held.add(scores[start : {0: 1_000, 1_000: 1_001}.get(start, DRAWS)])
    np.testing.assert_allclose(held.mean, scores.mean(axis=0))
    np.testing.assert_allclose(held.variance, scores.var(axis=0, ddof=1))
    assert held.count == DRAWS


def test_variance_between_replicates_is_separated_from_variance_between_draws() -> None:
    rng = np.random.default_rng(8)
    held, n = ReplicateSums(2_000), 50
    for _ in range(24):
        shift = np.where(np.arange(2_000) < 1_000, 0.0, rng.normal(0, 1.0, 2_000))
        draws = rng.normal(shift, 1.0, (n, 2_000))
        held.add(draws.mean(axis=0), draws.var(axis=0, ddof=1) / n)
    likeness = held.likeness(24 * n)
    # no variance between replicates in the first half, half of the variance in the second
    assert likeness[:1_000].mean() == pytest.approx(0.0, abs=0.01)
    assert likeness[1_000:].mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9, 1.0])
def test_errors_of_shares_equal_those_of_drawn_replicates(share: float, rho: float) -> None:
    rng = np.random.default_rng(4)
    replicates, n, runs = 20, 40, 4_000
    shared = rng.normal(size=(runs, replicates, 1))
    own = rng.normal(size=(runs, replicates, n))
    drawn = np.sqrt(rho) * shared + np.sqrt(1 - rho) * own
    below = (drawn <= norm.ppf(share)).mean(axis=(1, 2))
    error = error_of_share(share, np.array([rho]), draws=replicates * n, replicates=replicates)
    assert error[0] == pytest.approx(below.std(), rel=0.05)
