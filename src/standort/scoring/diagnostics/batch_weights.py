"""Weights computed from a batch of sites, as diagnostics: they reflect the data, not priorities.

Both methods measure how much sites differ in a criterion, which is not how much it matters, and
both change for all sites when one is added. So no profile can use them. Compare them with the
weights of a profile to see which criteria distinguish the sites.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.arguments import checked
from standort.errors import OptionError, gather, name_ids
from standort.scoring.aggregation.means import column_of
from standort.scoring.weights.elicitation import Weights, weights_of

if TYPE_CHECKING:
    import pandas as pd

    from standort.array_types import Floats


@checked()
def entropy_weights(values: pd.DataFrame) -> Weights:
    """Weigh criteria by how unevenly their amounts are spread over a batch of sites.

    A diagnostic: it changes with the batch, and a criterion that is rare in a batch counts much
    whether or not it matters.

    Parameters
    ----------
    values
        A row per site, a column per criterion: amounts of at least 0 with a true zero (partial
        values, tonnes), not temperatures. No NaN.

    Returns
    -------
    The weights, by criterion in column order; 0 for a column that is the same everywhere.

    Raises
    ------
    OptionError
        If there are fewer than two sites, a number is negative or not finite, a column is 0
        throughout, or all columns are the same everywhere.

    Notes
    -----
    w proportional to 1 - E, E = -(1 / ln m) sum p ln p, p the shares of m sites, 0 ln 0 = 0. pymcdm
    agrees on numbers above 0 but rejects zeros, so it is not used.

    Examples
    --------
    A quarter and three quarters have an entropy of 0.811; equal amounts have 1, so no weight.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"port_distance": [1.0, 3.0], "heat_demand": [2.0, 2.0]})
    >>> entropy_weights(table).weights.to_dict()
    {'port_distance': 1.0, 'heat_demand': 0.0}
    """
    columns = _columns(values, of="entropy", least=0.0)
    empty = [name for name, column in columns.items() if not column.any()]
    if empty:
        msg = "entropy: expected an amount above 0 somewhere in each criterion, none in "
        raise OptionError(msg + f"{name_ids(empty)}; leave it out")
    uneven = []
    for column in columns.values():
        shares = (column / math.fsum(column)).tolist()
        even = -math.fsum(p * math.log(p) for p in shares if p > 0.0) / math.log(len(column))
        uneven.append(0.0 if np.ptp(column) == 0.0 else max(1.0 - even, 0.0))
    return Weights(weights=_shares(list(columns), uneven, of="entropy"), method="entropy")


@checked()
def critic_weights(values: pd.DataFrame) -> Weights:
    """Weigh criteria by spread and by how little they repeat each other (Diakoulaki et al. 1995).

    A diagnostic: it changes with the batch. Two criteria that rise and fall together get little
    weight because they are redundant; one that contradicts all others gets much, whether or not it
    matters.

    Parameters
    ----------
    values
        A row per site, a column per criterion, more is better (partial values are). No NaN.

    Returns
    -------
    The weights, by criterion in column order; 0 for a column that is the same everywhere.

    Raises
    ------
    OptionError
        If there are fewer than two sites, a number is not finite, fewer than two columns differ
        between sites, or those that do are copies of each other.
    ImportError
        If pymcdm is not installed (``standort[diagnostics]``).

    Notes
    -----
    C_j = sigma_j sum over k of (1 - r_jk) on columns scaled to [0, 1] by minimum and maximum of the
    batch. Computed by pymcdm, without constant columns, which would make all weights NaN.

    Examples
    --------
    The first two are copies of each other, so they share one weight:

    >>> import pandas as pd
    >>> table = pd.DataFrame({"a": [0, 0, 1, 1], "b": [0, 0, 1, 1], "c": [0, 1, 0, 1]})
    >>> critic_weights(table).weights.round(6).tolist()
    [0.25, 0.25, 0.5]
    """
    columns = _columns(values, of="CRITIC", least=-math.inf)
    differing = {name: column for name, column in columns.items() if np.ptp(column) > 0.0}
    if len(differing) < 2:  # noqa: PLR2004 - a correlation takes two
        msg = (
            f"CRITIC: expected at least two criteria that differ between sites, got "
            f"{name_ids(list(differing)) or 'none'}; there is nothing to compare"
        )
        raise OptionError(msg)
    weights = need_pymcdm("weights").critic_weights(np.column_stack(list(differing.values())))
    if not np.isfinite(weights).all():
        msg = "CRITIC: all criteria are copies of each other, so they are redundant; leave some out"
        raise OptionError(msg)
    shares = dict(zip(differing, np.maximum(weights, 0.0).tolist(), strict=True))
    numbers = [shares.get(name, 0.0) for name in columns]
    return Weights(weights=_shares(list(columns), numbers, of="CRITIC"), method="critic")


def need_pymcdm(part: str) -> Any:  # noqa: ANN401 - a module without types
    """Import a part of pymcdm, or raise with how to install it."""
    import importlib

    try:
        return importlib.import_module(f"pymcdm.{part}")
    except ImportError as error:
        msg = "this needs the package pymcdm; install it with: pip install 'standort[diagnostics]'"
        raise ImportError(msg) from error


def _shares(names: list[str], numbers: list[float], *, of: str) -> pd.Series:
    if not any(numbers):
        msg = f"{of}: all criteria are the same at all sites, so none distinguishes them"
        raise OptionError(msg)
    return weights_of(names, numbers)


def _columns(values: pd.DataFrame, *, of: str, least: float) -> dict[str, Floats]:
    problems = []
    if len(values) < 2:  # noqa: PLR2004 - spread takes two
        problems.append(f"expected at least two sites, got {len(values)}")
    columns = {str(name): column_of(values, str(name)) for name in values.columns}
    for name, column in columns.items():
        wrong = ~np.isfinite(column) | (column < least)
        if wrong.any():
            wanted = "finite numbers" if math.isinf(least) else "finite numbers of at least 0"
            ids = name_ids(values.index[wrong].tolist())
            problems.append(f"expected {wanted} in {name}, not so at {ids}; leave these sites out")
    if problems:
        raise OptionError(gather(problems, of=of))
    return columns
