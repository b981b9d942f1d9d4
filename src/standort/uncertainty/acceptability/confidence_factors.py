"""Confidence factors: the probability that a site is first under its central weights.

Central weights are estimates (for a site first in 30 draws, the mean of 30), so the error of a
confidence factor has two parts: from the draws of the values, and from the weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.random_numbers import name_keys, uniform
from standort.uncertainty.acceptability.rank_counts import GROUPS, block_size, first_shares

if TYPE_CHECKING:
    from standort.array_types import Floats, Progress
    from standort.uncertainty.acceptability.preference_draws import ScoreDraws
    from standort.uncertainty.acceptability.rank_counts import Counts


#: fewest draws in which a site is first for the error of its central weights to be estimated
FEWEST_FIRSTS = 10
#: bootstrap resamples of central weights
RESAMPLES = 20
#: two-sided 95 % of a normal distribution, and of Student's with as many resamples
_SURE, _SURE_OF_FEW = 1.96, 2.09


def confidence_factors(
    scores: ScoreDraws, counts: Counts, central: Floats, draws: int, progress: Progress | None
) -> tuple[Floats, Floats, int]:
    """Estimate how often each site is first under its own central weights.

    Parameters
    ----------
    scores
        The values, their bounds, and how they are scored.
    counts
        Counts of the draws of weights, by the site that was first.
    central
        Central weights, a row per site; NaN for a site that is never first.
    draws
        Number of draws of the values, if any is uncertain.
    progress
        Called with a label, the number of steps done, and the total.

    Returns
    -------
    The confidence of each site in [0, 1], half the width of its 95 % interval (NaN if the site was
    first in fewer than 10 draws), and the number of draws of the values.

    Notes
    -----
    All weights share the draws of the values, so differences between sets of weights are not due
    to the draws. Weights are resampled by a Bayesian bootstrap over 32 groups of their draws
    (Rubin 1981, The Annals of Statistics 9, 130-134); the mean squared change, which includes the
    spread and the bias of a non-linear function, is added to the variance of the share.
    """
    used = draws if scores.bounds.uncertain else 0
    defined = np.flatnonzero(~np.isnan(central).any(axis=1))
    numbers, keys = np.arange(max(used, 1)), name_keys(scores.bounds.ids)
    first = np.zeros((len(defined), 1 + RESAMPLES))
    step = block_size(len(central), pairs=False)
    sets = [_weight_sets(counts, at, central[at], scores.seed) for at in defined.tolist()]
    for start in range(0, len(numbers), step):
        values = scores.values(numbers[start : start + step], keys)
        for i, at in enumerate(defined.tolist()):
            if progress is not None:
                progress("confidence", start * len(defined) + i, len(numbers) * len(defined))
            for k, weights in enumerate(sets[i]):
                first[i, k] += first_shares(scores.under(values, weights))[:, at].sum()
    shares = first / len(numbers)
    confidence, error = np.full(len(central), np.nan), np.full(len(central), np.nan)
    confidence[defined] = shares[:, 0]
    seldom = counts.first[defined] < FEWEST_FIRSTS
    # weights under which a weighted sum is the largest form a convex set that holds their mean
    exact = not used and scores.profile is None
    off = ((shares[:, 1:] - shares[:, :1]) ** 2).mean(axis=1)
    half = np.sqrt(_of_draws(shares[:, 0], used) + _SURE_OF_FEW**2 * off)
    error[defined] = np.where(seldom & ~np.array(exact), np.nan, half)
    return confidence, error, used


def _weight_sets(counts: Counts, at: int, central: Floats, seed: int) -> Floats:
    """Return the central weights of a site and their bootstrap resamples, a row each."""
    sums = counts.groups_of(at)
    draws = uniform(seed, "central weights", np.arange(RESAMPLES)[:, np.newaxis], np.arange(GROUPS))
    share = -np.log1p(-draws)
    rows = [central]
    for of_groups in share:
        # column by column, so that the bits do not depend on other columns
        total = np.array([float((of_groups * column).sum()) for column in sums.T])
        rows.append(total[1:] / total[0])
    return np.stack(rows)


def _of_draws(shares: Floats, draws: int) -> Floats:
    """Return the squared half width of the 95 % interval of a share (Agresti and Coull 1998)."""
    if not draws:
        return np.zeros(len(shares))
    added = (shares * draws + 2.0) / (draws + 4.0)
    return np.asarray(_SURE**2 * added * (1.0 - added) / (draws + 4.0))
