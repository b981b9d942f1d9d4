"""Tipping points of places: the smallest change that would give a place another type."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import OptionError
from standort.outputs.limit_wording import tell_gates
from standort.results.cell_values import as_text
from standort.results.place_lookup import find_place
from standort.study.group_scores import as_wholes
from standort.typology import classify
from standort.uncertainty.reweighting import as_columns
from standort.uncertainty.score_draws import has_limits
from standort.uncertainty.tipping.metric_changes import metric_tip, value_tip
from standort.uncertainty.tipping.points import TIPPING_COLUMNS, metric_row, weight_rows
from standort.uncertainty.tipping.targets import Standing, Target

if TYPE_CHECKING:
    from standort.scoring import Profile
    from standort.study import Result

__all__ = ["place_tipping_points", "place_tipping_table"]

#: what stands in the column ``metric`` of a criterion that is a mean over members
_MEAN = "members_mean"
#: a place has a density of its own from this many members on
_PAIR = 2
#: how far from the threshold its rival stands, so that rounding under other weights is no tie
_CLEAR = 1e-12


def place_tipping_points(
    result: Result, place: object, *, threshold: float | tuple[float, float] = 0.5
) -> pd.DataFrame:
    """Find the smallest changes by which a place would get another type.

    Parameters
    ----------
    result
        A result, as `standort.score` gives it.
    place
        Name of a place, or number of a cluster.
    threshold
        From where on a place is high, in (0, 1): of both axes, or of advantage and linkage.

    Returns
    -------
    As `tipping_points`, without ranks, and with ``type_after`` (missing while the linkage is
    unknown). ``target`` is to reach or to fall below the threshold of ``advantage`` or of
    ``linkage``. Of a criterion that is a mean over members, ``kind`` is ``value``: the mean partial
    value that it takes; of one measured on the place as a whole it is ``metric``. The row of
    ``linkage`` is the change of the linkage score itself, not of any tie.

    Raises
    ------
    OptionError
        If there is no such place, it has no advantage, or the threshold is not in (0, 1).

    Notes
    -----
    A place at the threshold is high. For weights the threshold is a rival of that score under all
    weights, so that `tipping_points` and this share one search; the rival stands 1e-12 beyond it.
    """
    row = _place(result, place)
    return place_tipping_table(
        row, result.place_contributions, profile=result.profile, threshold=threshold
    )


def place_tipping_table(
    place: pd.Series,
    contributions: pd.DataFrame,
    *,
    profile: Profile,
    threshold: float | tuple[float, float] = 0.5,
) -> pd.DataFrame:
    """Find tipping points of a place in tables, such as those read back from a file.

    Parameters
    ----------
    place
        Its row of the table of places, named by it.
    contributions
        Rows of the table of contributions of places; those of others are left out.
    profile
        The profile the result was made with.
    threshold
        As of `place_tipping_points`.

    Returns
    -------
    As `place_tipping_points`.

    Raises
    ------
    OptionError
        If the place has no advantage, the contributions hold nothing of it, or the threshold is not
        in (0, 1).
    """
    limits = threshold if isinstance(threshold, tuple) else (threshold, threshold)
    if not all(0.0 < limit < 1.0 for limit in limits):
        msg = f"expected thresholds above 0 and below 1, got {threshold!r}; 0.5 is usual"
        raise OptionError(msg)
    if pd.isna(place["advantage"]):
        msg = f"expected a place that has an advantage, too little is known of {place.name!r}"
        if has_limits(profile, "gate") and (names := as_text(place.get("excluded"))):
            own = contributions[contributions["place"].astype(str) == str(place.name)]
            worth = dict(zip(own["criterion"], own["partial_value"], strict=True))
            gates = tell_gates(names, profile, worth)
            msg = f"expected a place that has an advantage, {place.name!r} has none: {gates}"
        raise OptionError(msg)
    told = contributions[contributions["place"].astype(str) == str(place.name)]
    told = told[told["partial_value"].notna()]
    if told.empty:
        msg = f"there are no contributions of place {place.name!r}; score the study again"
        raise OptionError(msg)
    linkage = float("nan") if pd.isna(place["linkage"]) else float(place["linkage"])
    standing, target = _standing(place, told, profile, limits[0])
    rows = list(weight_rows(standing, target))
    rows += _criterion_rows(standing, target, told)
    table = pd.DataFrame(rows, columns=list(TIPPING_COLUMNS)).drop(columns="rank_after")
    table["verified"] = table["found"] & (
        (table["score_after"].astype(float) >= limits[0]) == target.rises
    )
    after = _linkage_row(linkage, limits[1], standing.score)
    table = pd.concat([table, pd.DataFrame([after])], ignore_index=True)
    return _with_types(table, linkage, limits, as_text(place.get("vetoed")))


def _standing(
    place: pd.Series, told: pd.DataFrame, profile: Profile, limit: float
) -> tuple[Standing, Target]:
    """Set the place beside the threshold as a rival, and say what it could tip into."""
    whole = place["kind"] != "unclustered" and place["n_sites"] >= _PAIR
    chosen = as_wholes(profile) if whole else profile
    own = dict(zip(told["criterion"], told["partial_value"].astype(float), strict=True))

    def beside(rival: float) -> Standing:
        # What is worth the same throughout has that score, under all weights.
        values = pd.DataFrame([own, dict.fromkeys(own, rival)], index=[place.name, "threshold"])
        return Standing(as_columns(values, profile=chosen), values.index, 0, chosen)

    rises = bool(beside(limit).score < limit)
    # A place at the threshold is high: to rise is to reach it, to fall is to be below it.
    level = float(np.nextafter(limit, 0.0)) if rises else limit
    rival = limit + _CLEAR if rises else limit - _CLEAR
    return beside(rival), Target(_name("advantage", rises=rises), rises, level, 1)


def _criterion_rows(
    standing: Standing, target: Target, told: pd.DataFrame
) -> list[dict[str, object]]:
    """List the criteria that could change: as a metric, or as the mean value of the members."""
    rows = []
    metrics = dict(zip(told["criterion"], told["value"].astype(float), strict=True))
    means = set(told.loc[told["metric"] == _MEAN, "criterion"])
    for name in standing.columns:
        if name in means or np.isnan(metrics[name]):
            now = float(standing.columns[name][0])
            tip = value_tip(standing, name, target)
            rows.append(metric_row(standing, target, name, now, tip, is_value=True))
        else:
            criterion = standing.profile.criterion(name)
            tip = metric_tip(standing, criterion, metrics[name], target)
            rows.append(metric_row(standing, target, name, metrics[name], tip))
    return rows


def _place(result: Result, place: object) -> pd.Series:
    places = pd.DataFrame(result.places)
    name = find_place(places, place) if len(places) else None
    if name is None:
        close = get_close_matches(str(place), [str(known) for known in places.index])
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else "see its places.index"
        msg = f"expected a place or the number of a cluster, got {place!r}; {hint}"
        raise OptionError(msg)
    return places.iloc[places.index.tolist().index(name)]


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


def _with_types(
    table: pd.DataFrame, linkage: float, limits: tuple[float, float], vetoed: str | None
) -> pd.DataFrame:
    """Classify the place again after each change; the veto that holds now is taken to hold then."""
    linked = table["after"].where(table["kind"] == "linkage", linkage).astype(float)
    found = table["found"] & linked.notna()
    types = pd.Series(None, index=table.index, dtype="object")
    if found.any():
        scores = table.loc[found, "score_after"].astype(float)
        held = pd.Series(vetoed, index=scores.index, dtype="object")
        kinds = classify(scores, linked[found], threshold=limits, vetoed=held)
        types[found] = kinds.astype("object")
    return table.assign(type_after=types).astype({"found": bool, "verified": bool})
