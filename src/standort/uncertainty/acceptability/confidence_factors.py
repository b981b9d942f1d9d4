"""Confidence factors: how likely a site is first under its central weights, and how sure that is.

Central weights are estimated: of a site that is first in 30 draws they are the mean of 30. A
confidence therefore errs twice, by the draws of the values and by the weights it is taken at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.random_numbers import name_keys, uniform
from standort.uncertainty.acceptability.rank_counts import GROUPS, block_size, first_shares

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from standort.uncertainty.acceptability.preference_draws import ScoreDraws
    from standort.uncertainty.acceptability.rank_counts import Counts

    Floats = NDArray[np.float64]
    Progress = Callable[[str, int, int], None]

__all__ = ["FEWEST_FIRSTS", "RESAMPLES", "confidence_factors"]

#: draws in which a site must be first for its central weights to tell how uncertain they are
FEWEST_FIRSTS = 10
#: how often central weights are put together anew, to see how far the confidence follows
RESAMPLES = 20
#: two-sided 95 % of a normal distribution, and of Student's with as many resamples
_SURE, _SURE_OF_FEW = 1.96, 2.09


def confidence_factors(
    scores: ScoreDraws, counts: Counts, central: Floats, draws: int, progress: Progress | None
) -> tuple[Floats, Floats, int]:
    """Tell how often each site is first under its own central weights.

    Parameters
    ----------
    scores
        The values, their bounds, and how they become scores.
    counts
        In which draws of the weights a site was first.
    central
        Central weights, a row per site; NaN for one that never was.
    draws
        Draws of the values, if any is uncertain.
    progress
        Called with a label, the steps done, and of all.

    Returns
    -------
    The confidence of each site in [0, 1], half the width of its 95 % interval (NaN where the site
    was first in fewer than 10 draws), and how many draws of the values there were.

    Notes
    -----
    Every draw of the values serves all weights, so a difference between two sets of weights is no
    chance of the values. Weights are put together anew by a Bayesian bootstrap over 32 groups of
    their draws (Rubin 1981, The Annals of Statistics 9, 130-134): the mean square of the changes,
    which holds their spread and what the mean of a bent function is off, is added to the variance
    of the share.
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
    # sets of weights under which one sum is the largest are convex: their mean is one of them
    never_off = not used and scores.profile is None
    off = ((shares[:, 1:] - shares[:, :1]) ** 2).mean(axis=1)
    half = np.sqrt(_of_draws(shares[:, 0], used) + _SURE_OF_FEW**2 * off)
    error[defined] = np.where(seldom & ~np.array(never_off), np.nan, half)
    return confidence, error, used


def _weight_sets(counts: Counts, at: int, central: Floats, seed: int) -> Floats:
    """Give the central weights of a site, and those put together anew; a row each."""
    sums = counts.groups_of(at)
    chance = uniform(
        seed, "central weights", np.arange(RESAMPLES)[:, np.newaxis], np.arange(GROUPS)
    )
    share = -np.log1p(-chance)
    rows = [central]
    for of_groups in share:
        # column by column: the same bits whatever else is added up
        total = np.array([float((of_groups * column).sum()) for column in sums.T])
        rows.append(total[1:] / total[0])
    return np.stack(rows)


def _of_draws(shares: Floats, draws: int) -> Floats:
    """Give the square of half the 95 % interval of a share, as Agresti and Coull (1998)."""
    if not draws:
        return np.zeros(len(shares))
    added = (shares * draws + 2.0) / (draws + 4.0)
    return np.asarray(_SURE**2 * added * (1.0 - added) / (draws + 4.0))
