"""Methods whose scores depend on the batch of sites, to reproduce published results.

They take their scale from the batch, so adding a site changes the scores of all others and may
reverse their order (`rank_reversal` shows it). No profile can use them: they are for reproducing a
paper, and the methods of a profile for everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from standort.errors import AlignmentError, OptionError, WeightError, gather, name_ids
from standort.scoring.aggregation.means import column_of
from standort.scoring.diagnostics.batch_weights import need_pymcdm
from standort.scoring.profile.problems import as_number, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.array_types import Floats

    Direction = Literal["benefit", "cost"]

_SCALINGS = ("min_max", "z_score", "rank_share")


def min_max(metrics: pd.DataFrame, *, directions: Mapping[str, Direction]) -> pd.DataFrame:
    """Scale each column from its worst to its best in the batch, 0 to 1.

    Parameters
    ----------
    metrics
        A row per site, a column per criterion.
    directions
        By criterion ``benefit`` (more is better) or ``cost``.

    Returns
    -------
    The scaled table, 1 is best.

    Raises
    ------
    OptionError
        If a number is not finite, a column is the same everywhere (0/0 is undefined), or a
        direction is missing or unknown.

    Examples
    --------
    >>> table = pd.DataFrame({"port_km": [10.0, 30.0, 20.0]})
    >>> min_max(table, directions={"port_km": "cost"})["port_km"].tolist()
    [1.0, 0.0, 0.5]
    """
    columns = _columns(metrics, directions, constant="refused")
    return _table(metrics, {n: (c - c.min()) / np.ptp(c) for n, c in columns.items()})


def z_score(metrics: pd.DataFrame, *, directions: Mapping[str, Direction]) -> pd.DataFrame:
    """Scale each column by mean and standard deviation of the batch; more is better.

    Parameters
    ----------
    metrics, directions
        As for `min_max`.

    Returns
    -------
    The scaled table: deviations from the mean, in (population) standard deviations.

    Raises
    ------
    OptionError
        As for `min_max`.

    Examples
    --------
    >>> table = pd.DataFrame({"jobs": [1.0, 3.0]})
    >>> z_score(table, directions={"jobs": "benefit"})["jobs"].tolist()
    [-1.0, 1.0]
    """
    columns = _columns(metrics, directions, constant="refused")
    return _table(metrics, {n: (c - c.mean()) / c.std() for n, c in columns.items()})


def rank_share(metrics: pd.DataFrame, *, directions: Mapping[str, Direction]) -> pd.DataFrame:
    """Scale each column to the share of other sites that a site is better than; ties count half.

    Parameters
    ----------
    metrics, directions
        As for `min_max`.

    Returns
    -------
    The table of shares, 0 to 1.

    Raises
    ------
    OptionError
        As for `min_max`.

    Examples
    --------
    >>> table = pd.DataFrame({"port_km": [10.0, 30.0, 20.0]})
    >>> rank_share(table, directions={"port_km": "cost"})["port_km"].tolist()
    [1.0, 0.0, 0.5]
    """
    columns = _columns(metrics, directions, constant="refused")
    shares = {
        name: (pd.Series(column).rank().to_numpy() - 1.0) / (len(column) - 1)
        for name, column in columns.items()
    }
    return _table(metrics, shares)


def weighted_sum(
    metrics: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    directions: Mapping[str, Direction],
    scaling: Literal["min_max", "z_score", "rank_share"] = "min_max",
) -> pd.Series:
    """Return the weighted sum of columns scaled by the batch.

    Parameters
    ----------
    metrics, directions
        As for `min_max`.
    weights
        By criterion; only their ratios matter.
    scaling
        Name of a function of this module.

    Returns
    -------
    Series `score` of the sites.

    Raises
    ------
    OptionError
        As for `min_max`, or if the scaling is unknown.
    WeightError
        If a weight is missing, negative or not finite, or none is above 0.

    Examples
    --------
    B is ahead of A. When D joins, A is ahead of B, though neither has changed:

    >>> sites = pd.DataFrame({"x": [70, 40, 10], "y": [30, 55, 60]}, index=list("ABC"))
    >>> equal, up = {"x": 1, "y": 1}, {"x": "benefit", "y": "benefit"}
    >>> weighted_sum(sites, equal, directions=up).round(3).tolist()
    [0.5, 0.667, 0.5]
    >>> sites.loc["D"] = [10, 200]
    >>> weighted_sum(sites, equal, directions=up).round(3).tolist()
    [0.5, 0.324, 0.088, 0.5]
    """
    scalings = {"min_max": min_max, "z_score": z_score, "rank_share": rank_share}
    if scaling not in scalings:
        msg = f"unknown scaling {scaling!r}; {suggest(scaling, _SCALINGS)}"
        raise OptionError(msg)
    shares = _weight_shares(metrics, weights)
    scaled = scalings[scaling](metrics, directions=directions)
    total = np.zeros(len(metrics))
    for name, share in shares.items():
        total = total + share * column_of(scaled, name)
    return pd.Series(total, index=metrics.index, name="score")


def topsis(
    metrics: pd.DataFrame, weights: Mapping[str, float], *, directions: Mapping[str, Direction]
) -> pd.Series:
    """Return TOPSIS as published: vector-normalised, ideals from the batch (Hwang, Yoon 1981).

    Parameters
    ----------
    metrics, directions
        As for `min_max`; columns that are the same everywhere are allowed and have no effect.
    weights
        By criterion; only their ratios matter.

    Returns
    -------
    Series `score` of the sites, 0 to 1.

    Raises
    ------
    OptionError
        If a number is not finite, a column is 0 throughout, all columns are the same everywhere,
        or a direction is missing or unknown.
    WeightError
        If a weight is missing, negative or not finite, or none is above 0.
    ImportError
        If pymcdm is not installed (``standort[diagnostics]``).

    Notes
    -----
    Computed by pymcdm, which equals the published cases (docs/weights.md).

    Examples
    --------
    >>> sites = pd.DataFrame({"x": [3.0, 0.0], "y": [4.0, 4.0]}, index=["a", "b"])
    >>> topsis(sites, {"x": 1, "y": 1}, directions={"x": "benefit", "y": "benefit"}).to_dict()
    {'a': 1.0, 'b': 0.0}
    """
    shares = _weight_shares(metrics, weights)
    columns = _columns(metrics, directions, constant="allowed")
    counting = [name for name, column in columns.items() if shares[name] and np.ptp(column) > 0.0]
    if not counting:
        msg = "TOPSIS: all sites are the same in every criterion, so none is closer to the ideal"
        raise OptionError(msg)
    # A constant column adds nothing to any distance, and a column of 0 has no length.
    method = need_pymcdm("methods").TOPSIS(need_pymcdm("normalizations").vector_normalization)
    total = sum(shares[name] for name in counting)
    score = method(
        np.column_stack([column_of(metrics, name) for name in counting]),
        np.array([shares[name] / total for name in counting]),
        np.array([1 if directions[name] == "benefit" else -1 for name in counting]),
        validation=False,  # checked above; it would warn about a site that is best in everything
    )
    return pd.Series(np.asarray(score), index=metrics.index, name="score")


def _columns(
    metrics: pd.DataFrame, directions: Mapping[str, Direction], *, constant: str
) -> dict[str, Floats]:
    """Return the columns, with costs negated so that more is better."""
    problems, columns = [], {}
    for name in map(str, metrics.columns):
        column = column_of(metrics, name)
        if directions.get(name) not in {"benefit", "cost"}:
            came = directions.get(name)
            problems.append(f"expected 'benefit' or 'cost' for {name!r}, got {came!r}; say which")
        if not np.isfinite(column).all():
            ids = name_ids(metrics.index[~np.isfinite(column)].tolist())
            problems.append(f"expected finite numbers in {name!r}, not so at {ids}; leave them out")
        elif constant == "refused" and not np.ptp(column) > 0.0:
            problems.append(f"{name!r} is the same at all sites, so it has no scale; leave it out")
        columns[name] = -column if directions.get(name) == "cost" else column
    if problems:
        raise OptionError(gather(problems, of="metrics"))
    return columns


def _weight_shares(metrics: pd.DataFrame, weights: Mapping[str, float]) -> dict[str, float]:
    if metrics.columns.has_duplicates:
        twice = name_ids(metrics.columns[metrics.columns.duplicated()].tolist())
        msg = f"metrics: expected each column once, got {twice} more often; rename or drop"
        raise AlignmentError(msg)
    names = [str(name) for name in metrics.columns]
    problems = []
    for name in names:
        number = as_number(weights.get(name))
        if number is None or number < 0.0:
            came = weights.get(name)
            problems.append(f"expected a finite weight of at least 0 for {name!r}, got {came!r}")
    if not problems and not any(weights[name] for name in names):
        problems.append("expected a weight above 0, got none")
    if problems:
        raise WeightError(gather(problems, of="weights"))
    total = sum(weights[name] for name in names)
    return {name: weights[name] / total for name in names}


def _table(metrics: pd.DataFrame, columns: Mapping[str, Floats]) -> pd.DataFrame:
    return pd.DataFrame(dict(columns), index=metrics.index)
