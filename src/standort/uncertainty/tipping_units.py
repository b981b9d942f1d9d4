"""Tipping points of units: the smallest change that would give a unit another type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import OptionError
from standort.study.grouping import as_wholes
from standort.typology import classify
from standort.uncertainty.reweighting import as_columns
from standort.uncertainty.tipping import TIPPING_COLUMNS, metric_row, weight_rows
from standort.uncertainty.tipping_metrics import metric_tip, value_tip
from standort.uncertainty.tipping_targets import Standing, Target

if TYPE_CHECKING:
    from standort.study import Result

__all__ = ["unit_tipping_points"]

#: what stands in the column ``metric`` of a criterion that is a mean over members
_MEAN = "members_mean"
#: a place has a density of its own from this many members on
_PAIR = 2


def unit_tipping_points(
    result: Result, unit: object, *, threshold: float | tuple[float, float] = 0.5
) -> pd.DataFrame:
    """Find the smallest changes by which a unit would get another type.

    Parameters
    ----------
    result
        A result, as `standort.score` gives it.
    unit
        Name of a unit, or number of a cluster.
    threshold
        From where on a unit is high, in (0, 1): of both axes, or of advantage and linkage.

    Returns
    -------
    As `tipping_points`, without ranks, and with ``type_after`` (missing while the linkage is
    unknown). ``target`` is to reach or to fall below the threshold of ``advantage`` or of
    ``linkage``. Of a criterion that is a mean over members, ``kind`` is ``value``: the mean partial
    value that it takes; of one measured on the unit as a whole it is ``metric``. The row of
    ``linkage`` is the change of the linkage score itself, not of any tie.

    Raises
    ------
    OptionError
        If there is no such unit, it has no advantage, or the threshold is not in (0, 1).

    Notes
    -----
    A unit at the threshold is high. For weights the threshold is a rival of that score under all
    weights, so that `tipping_points` and this share one search.
    """
    limits = threshold if isinstance(threshold, tuple) else (threshold, threshold)
    if not all(0.0 < limit < 1.0 for limit in limits):
        msg = f"expected thresholds above 0 and below 1, got {threshold!r}; 0.5 is usual"
        raise OptionError(msg)
    row = _unit(result, unit)
    told = result.unit_contributions
    told = told[(told["unit"] == row.name) & told["partial_value"].notna()]
    whole = row["kind"] != "remainder" and row["n_sites"] >= _PAIR
    profile = as_wholes(result.profile) if whole else result.profile
    own = dict(zip(told["criterion"], told["partial_value"].astype(float), strict=True))
    # The threshold as a rival: what is worth the same throughout has that score.
    values = pd.DataFrame([own, dict.fromkeys(own, limits[0])], index=[row.name, "threshold"])
    standing = Standing(as_columns(values, profile=profile), values.index, 0, profile)
    rises = bool(standing.score < limits[0])
    target = Target(_name("advantage", rises=rises), rises, limits[0], 1)
    if rises:  # the threshold itself is high
        target = Target(target.name, rises, float(np.nextafter(limits[0], 0.0)), 1)
    rows = list(weight_rows(standing, target))
    metrics = dict(zip(told["criterion"], told["value"].astype(float), strict=True))
    means = set(told.loc[told["metric"] == _MEAN, "criterion"])
    for name in standing.columns:
        if name in means or np.isnan(metrics[name]):
            now = float(standing.columns[name][0])
            tip = value_tip(standing, name, target)
            rows.append(metric_row(standing, target, name, now, tip, is_value=True))
        else:
            tip = metric_tip(standing, profile.criterion(name), metrics[name], target)
            rows.append(metric_row(standing, target, name, metrics[name], tip))
    table = pd.DataFrame(rows, columns=list(TIPPING_COLUMNS)).drop(columns="rank_after")
    after = _linkage_row(float(row["linkage"]), limits[1], standing.score)
    table = pd.concat([table, pd.DataFrame([after])], ignore_index=True)
    return _with_types(table, float(row["linkage"]), limits)


def _unit(result: Result, unit: object) -> pd.Series:
    units = pd.DataFrame(result.units)
    names = [str(name) for name in units.index]
    if str(unit) in names:
        row = units.iloc[names.index(str(unit))]
    else:
        numbers = units["cluster"].astype("string").fillna("").tolist() if len(units) else []
        if str(unit) not in numbers:
            msg = (
                f"expected a unit or the number of a cluster, got {unit!r}; see result.units.index"
            )
            raise OptionError(msg)
        row = units.iloc[numbers.index(str(unit))]
    if np.isnan(row["advantage"]):
        msg = f"expected a unit that has an advantage, too little is known of {row.name!r}"
        raise OptionError(msg)
    return row


def _name(axis: str, *, rises: bool) -> str:
    verb = "reaches" if rises else "falls below"
    return f"{verb} the threshold of {axis}"


def _linkage_row(linkage: float, limit: float, advantage: float) -> dict[str, object]:
    """Give the change of the linkage score; of an unknown one, what it would have to be."""
    high = linkage >= limit
    after = float(np.nextafter(limit, 0.0)) if high else limit
    return {
        "target": _name("linkage", rises=not high),
        "rival": "threshold",
        "kind": "linkage",
        "changed": "linkage",
        "before": linkage,
        "after": after,
        "change": after - linkage,
        "unit": "share",
        "score_after": advantage,
        "found": True,
        "verified": (after >= limit) != high,
        "method": "closed form",
    }


def _with_types(table: pd.DataFrame, linkage: float, limits: tuple[float, float]) -> pd.DataFrame:
    """Classify the unit again after each change."""
    linked = table["after"].where(table["kind"] == "linkage", linkage).astype(float)
    found = table["found"] & linked.notna()
    types = pd.Series(None, index=table.index, dtype="object")
    if found.any():
        scores = table.loc[found, "score_after"].astype(float)
        types[found] = classify(scores, linked[found], threshold=limits).astype("object")
    return table.assign(type_after=types).astype({"found": bool, "verified": bool})
