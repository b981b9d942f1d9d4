"""Tipping points of places: the smallest changes that would alter the type of a place."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import SHARE, checked
from standort.errors import OptionError
from standort.results.cell_values import as_text
from standort.results.place_lookup import find_place
from standort.scoring import as_wholes
from standort.typology import classify
from standort.uncertainty.exclusions import describe_exclusion, listed_criteria
from standort.uncertainty.reweighting import as_columns
from standort.uncertainty.score_draws import has_limits
from standort.uncertainty.tipping.metric_changes import metric_tip, value_tip
from standort.uncertainty.tipping.points import TIPPING_COLUMNS, metric_row, weight_rows
from standort.uncertainty.tipping.targets import Standing, Target

if TYPE_CHECKING:
    from standort.scoring import Profile
    from standort.study import Result

#: entry in the column ``metric`` for a criterion that is a mean over members
_MEAN = "members_mean"
#: a place of at least this many members has a density of its own
_PAIR = 2
#: distance of the rival from the threshold, so that rounding does not make a tie
_CLEAR = 1e-12


@checked(threshold=SHARE)
def place_tipping_points(
    result: Result, place: object, *, threshold: float | tuple[float, float] = 0.5
) -> pd.DataFrame:
    """Find the smallest changes that would alter the type of a place.

    Parameters
    ----------
    result
        A result of `standort.score`.
    place
        Name of a place, or number of its cluster.
    threshold
        Threshold from which a place is high, in (0, 1): one for both axes, or one each for
        advantage and linkage.

    Returns
    -------
    As `tipping_points`, without ranks, and with ``type_after`` (missing while the linkage is
    unknown). ``target`` is to reach or fall below the threshold of ``advantage`` or ``linkage``.
    For a criterion that is a mean over members, ``kind`` is ``value`` and the mean partial value
    changes; for one measured on the whole place it is ``metric``. The row of ``linkage`` changes
    the linkage score itself, not individual links.

    Raises
    ------
    OptionError
        If the place is unknown or has no advantage, or the threshold is not in (0, 1).

    Notes
    -----
    A place at the threshold is high. For weights the threshold is treated as a rival with that
    score under all weights, so that the search of `tipping_points` applies; the rival is 1e-12
    beyond the threshold.
    """
    row = _place(result, place)
    return place_tipping_table(
        row, result.place_contributions, profile=result.profile, threshold=threshold
    )


@checked(threshold=SHARE)
def place_tipping_table(
    place: pd.Series,
    contributions: pd.DataFrame,
    *,
    profile: Profile,
    threshold: float | tuple[float, float] = 0.5,
) -> pd.DataFrame:
    """Find tipping points of a place in tables, such as those read from a file.

    Parameters
    ----------
    place
        The row of the table of places, named after the place.
    contributions
        The table of contributions of places; rows of other places are ignored.
    profile
        The profile of the result.
    threshold
        As for `place_tipping_points`.

    Returns
    -------
    As `place_tipping_points`.

    Raises
    ------
    OptionError
        If the place has no advantage or no contributions, or the threshold is not in (0, 1).
    """
    limits = threshold if isinstance(threshold, tuple) else (threshold, threshold)
    if not all(0.0 < limit < 1.0 for limit in limits):
        msg = f"expected thresholds above 0 and below 1, got {threshold!r}; 0.5 is usual"
        raise OptionError(msg)
    own = contributions[contributions["place"].astype(str) == str(place.name)]
    if pd.isna(place["advantage"]):
        why = "its coverage is too low"
        failed = listed_criteria(place.get("excluded"))
        if failed and has_limits(profile, "gate"):
            values = dict(zip(own["criterion"], own["partial_value"], strict=True))
            why = describe_exclusion(failed, profile=profile, values=values)
        msg = f"expected a place that has an advantage, {place.name!r} has none: {why}"
        raise OptionError(msg)
    own = own[own["partial_value"].notna()]
    if own.empty:
        msg = f"expected contributions of place {place.name!r}, got none; score the study again"
        raise OptionError(msg)
    linkage = float("nan") if pd.isna(place["linkage"]) else float(place["linkage"])
    standing, target = _standing(place, own, profile, limits[0])
    rows = list(weight_rows(standing, target))
    rows += _criterion_rows(standing, target, own)
    table = pd.DataFrame(rows, columns=list(TIPPING_COLUMNS)).drop(columns="rank_after")
    table["verified"] = table["possible"] & (
        (table["score_after"].astype(float) >= limits[0]) == target.rises
    )
    after = _linkage_row(linkage, limits[1], standing.score)
    table = pd.concat([table, pd.DataFrame([after])], ignore_index=True)
    return _with_types(table, linkage, limits, as_text(place.get("vetoed")))


def _standing(
    place: pd.Series, contributions: pd.DataFrame, profile: Profile, limit: float
) -> tuple[Standing, Target]:
    """Return the place beside a rival at the threshold, and the target."""
    whole = place["kind"] != "unclustered" and place["n_sites"] >= _PAIR
    chosen = as_wholes(profile) if whole else profile
    partial_values = contributions["partial_value"].astype(float)
    own = dict(zip(contributions["criterion"], partial_values, strict=True))

    def beside(rival: float) -> Standing:
        # The same partial value throughout gives that score under all weights.
        values = pd.DataFrame([own, dict.fromkeys(own, rival)], index=[place.name, "threshold"])
        return Standing(as_columns(values, profile=chosen), values.index, 0, chosen)

    rises = bool(beside(limit).score < limit)
    # A place at the threshold is high: to rise is to reach it, to fall is to be below it.
    level = float(np.nextafter(limit, 0.0)) if rises else limit
    rival = limit + _CLEAR if rises else limit - _CLEAR
    return beside(rival), Target(_name("advantage", rises=rises), rises, level, 1)


def _criterion_rows(
    standing: Standing, target: Target, contributions: pd.DataFrame
) -> list[dict[str, object]]:
    """List the smallest change of each criterion: of its metric, or of its mean value."""
    rows = []
    values = contributions["value"].astype(float)
    metrics = dict(zip(contributions["criterion"], values, strict=True))
    means = set(contributions.loc[contributions["metric"] == _MEAN, "criterion"])
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
    """Return the change of the linkage score; for an unknown one, the score needed."""
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
        "possible": True,
        "verified": (after >= limit) != high,
        "method": "closed form",
    }


def _with_types(
    table: pd.DataFrame, linkage: float, limits: tuple[float, float], vetoed: str | None
) -> pd.DataFrame:
    """Classify the place after each change, with the present veto."""
    linked = table["after"].where(table["kind"] == "linkage", linkage).astype(float)
    typed = table["possible"] & linked.notna()
    types = pd.Series(None, index=table.index, dtype="object")
    if typed.any():
        scores = table.loc[typed, "score_after"].astype(float)
        held = pd.Series(vetoed, index=scores.index, dtype="object")
        kinds = classify(scores, linked[typed], threshold=limits, vetoed=held)
        types[typed] = kinds.astype("object")
    return table.assign(type_after=types).astype({"possible": bool, "verified": bool})
