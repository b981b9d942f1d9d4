"""Margins of places: their distance from the borders between types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import SHARE, checked, with_columns
from standort.typology.four_types import check_axes, held_by_veto
from standort.typology.probabilities import DrawRange, as_range, check_draws
from standort.typology.thresholds import (
    FIXED,
    Threshold,
    find_thresholds,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats


_AXES = ("advantage", "linkage")


@checked(threshold=SHARE, spread=with_columns("advantage", "linkage"))
def margins(
    advantage: pd.Series[float],
    linkage: pd.Series[float],
    *,
    threshold: Threshold = FIXED,
    spread: pd.DataFrame | None = None,
    vetoed: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the distance of each place from the nearest border to another type.

    A margin of 0.1 is large if the standard deviation of advantage is 0.02 and small if it is 0.3:
    compare the margin in standard deviations.

    Parameters
    ----------
    advantage, linkage, threshold
        As for `standort.typology.classify`.
    spread
        Standard deviations of the draws in columns ``advantage`` and ``linkage``, as returned by
        `spreads`, with the same index.
    vetoed
        As for `classify`. Where a veto applies, advantage cannot change the type, so the nearer
        border is that of linkage.

    Returns
    -------
    Index of the places, and ``margin_advantage`` and ``margin_linkage`` (value minus threshold;
    high from 0), ``margin`` (of the nearer border; of advantage if both are equally near) and
    ``margin_axis`` (its axis). With `spread` also ``margin_advantage_sd``, ``margin_linkage_sd``
    [standard deviations] (infinite if the draws do not differ, 0 on the border) and ``margin_sd``
    of the border that is nearer in these units. NaN where a value is unknown; ``margin`` and
    ``margin_sd`` are NaN where either value is.

    Raises
    ------
    AlignmentError, OptionError
        As for `standort.typology.classify`.

    Examples
    --------
    >>> margins(pd.Series([0.8]), pd.Series([0.45])).round(2)
       margin_advantage  margin_linkage  margin margin_axis
    0               0.3           -0.05   -0.05     linkage
    """
    check_axes({"advantage": advantage, "linkage": linkage})
    limits = find_thresholds(advantage, linkage, threshold=threshold)
    of_advantage = np.asarray(advantage, dtype=np.float64) - limits.advantage
    of_linkage = np.asarray(linkage, dtype=np.float64) - limits.linkage
    held = None if vetoed is None else held_by_veto(vetoed, advantage.index)
    nearer, axis = _nearer(of_advantage, of_linkage, held)
    table = pd.DataFrame(
        {
            "margin_advantage": of_advantage,
            "margin_linkage": of_linkage,
            "margin": nearer,
            "margin_axis": axis,
        },
        index=advantage.index,
    )
    if spread is None:
        return table
    check_axes({"advantage": advantage, **{f"spread of {a}": spread[a] for a in _AXES}})
    in_sd = [
        _in_deviations(margin, np.asarray(spread[name], dtype=np.float64))
        for name, margin in zip(_AXES, (of_advantage, of_linkage), strict=True)
    ]
    return table.assign(
        margin_advantage_sd=in_sd[0],
        margin_linkage_sd=in_sd[1],
        margin_sd=_nearer(in_sd[0], in_sd[1], held)[0],
    )


@checked()
def spreads(
    advantage: Floats | DrawRange,
    linkage: Floats | DrawRange,
    *,
    index: pd.Index | None = None,
) -> pd.DataFrame:
    """Return standard deviation and quantiles of the draws of each place.

    Parameters
    ----------
    advantage, linkage
        Draws in [0, 1], shape (n_places, n_draws), or ranges of draws; see
        `standort.typology.type_probabilities`.
    index
        Ids of the places; positions if not given.

    Returns
    -------
    Index of the places; for each axis the standard deviation (n - 1) in a column named after the
    axis, and the 5 %, 50 % and 95 % quantiles in ``<axis>_p05``, ``<axis>_p50``, ``<axis>_p95``. Of
    a range, the deviation and the median are those of its middle, the other quantiles those of its
    ends. NaN if a draw is unknown; the standard deviation of a single draw is NaN.

    Raises
    ------
    AlignmentError, OptionError
        As for `standort.typology.type_probabilities`.

    Examples
    --------
    >>> draws = np.array([[0.4, 0.5, 0.6]])
    >>> spreads(draws, draws)[["advantage", "advantage_p05", "advantage_p95"]]
       advantage  advantage_p05  advantage_p95
    0        0.1           0.41           0.59
    """
    ranges = as_range(advantage), as_range(linkage)
    low, middle, high = (check_draws(*ends)[:2] for ends in zip(*ranges, strict=True))
    columns = {}
    for axis, name in enumerate(_AXES):
        columns[name] = _deviations(middle[axis])
        columns[f"{name}_p05"] = np.quantile(low[axis], 0.05, axis=1)
        columns[f"{name}_p50"] = np.quantile(middle[axis], 0.5, axis=1)
        columns[f"{name}_p95"] = np.quantile(high[axis], 0.95, axis=1)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(middle[0])) if index is None else index)


def _deviations(drawn: Floats) -> Floats:
    """Return the standard deviation of each row, computed row by row to keep its bits."""
    if drawn.shape[1] == 1:
        return np.full(len(drawn), np.nan)
    deviations = np.array([float(np.std(row.copy(), ddof=1)) for row in drawn], dtype=np.float64)
    # Rounding would give equal draws a deviation of about 1e-17.
    return np.where(drawn.min(axis=1) == drawn.max(axis=1), 0.0, deviations)


def _nearer(
    first: Floats, second: Floats, only_second: Flags | None
) -> tuple[Floats, NDArray[np.object_]]:
    """Return the smaller of two margins and its axis; the second where flagged."""
    unknown = np.isnan(first) | np.isnan(second)
    second_nearer = np.abs(second) < np.abs(first)
    if only_second is not None:
        second_nearer |= only_second
    axis = np.where(second_nearer, _AXES[1], _AXES[0]).astype(object)
    axis[unknown] = None
    return np.where(unknown, np.nan, np.where(second_nearer, second, first)), axis


def _in_deviations(margin: Floats, spread: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = margin / spread
    return np.where((margin == 0.0) & (spread == 0.0), 0.0, ratio)
