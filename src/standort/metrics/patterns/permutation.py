"""Two-sided p-values of observations among random draws, and checks of options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from standort.array_types import Floats, Ints


def two_sided(observed: Floats, drawn: Floats) -> Floats:
    """Return two-sided p-values of observations among draws.

    Parameters
    ----------
    observed
        Shape (n,).
    drawn
        Shape (n_draws, n).

    Returns
    -------
    Twice the share of draws at least as extreme, counting the observation, at most 1; a draw equal
    to the observation (to rounding) counts on both sides. NaN where either is NaN.

    Examples
    --------
    None of 9 draws is as large as 3, and all equal 0:

    >>> two_sided(np.array([3.0, 0.0]), np.zeros((9, 2)))
    array([0.2, 1. ])
    """
    slack = 1e-9 * np.abs(observed)
    above = np.count_nonzero(drawn >= observed - slack, axis=0)
    below = np.count_nonzero(drawn <= observed + slack, axis=0)
    p_value = two_sided_share(above, below, len(drawn))
    return np.where(np.isnan(observed) | np.isnan(drawn).any(axis=0), np.nan, p_value)


def two_sided_share(above: Ints, below: Ints, n_draws: int) -> Floats:
    """Convert counts of draws at least and at most as large to two-sided p-values.

    A draw equal to the observation counts as both: if all draws are tied, p is 1.
    """
    share = (np.minimum(above, below) + 1.0) / (n_draws + 1.0)
    return np.asarray(np.minimum(2.0 * share, 1.0))
