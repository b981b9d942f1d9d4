"""What would raise a score: each reference point a site has not reached, and what it would add.

Every gain is the difference of two scores, so it is exact under any aggregation. It holds for one
change at a time: two changes together add up to something else unless the profile is additive.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from standort.scoring.aggregation.score_tables import score_table
from standort.scoring.profile.value_functions import Goalpost, Logistic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from standort.scoring.profile.criteria import ClusterCriterion, Criterion
    from standort.scoring.profile.loading import Profile
    from standort.scoring.profile.value_functions import ValueFunction

__all__ = ["possible_raises", "reference_points", "unknown_spans"]

_RAISES = ("criterion", "reference", "unit", "partial_value", "score", "gain")
_SPANS = ("criterion", "score_worst", "score_best")
#: An S-curve never reaches 1; where it has come to this is as good as it gets.
_NEARLY = 0.9


def reference_points(value_function: ValueFunction) -> list[float]:
    """Give the metrics at which a value function is fixed by its profile.

    Parameters
    ----------
    value_function
        Of a criterion.

    Returns
    -------
    Breakpoints or goalposts [unit of the metric]; of an S-curve its midpoint and where it is 0.9.

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> reference_points(load_profile("net-zero").criterion("port_distance").value)
    [5.0, 30.0, 100.0]
    """
    if isinstance(value_function, Goalpost):
        return [value_function.worst.x, value_function.best.x]
    if isinstance(value_function, Logistic):
        midpoint, scale = value_function.midpoint.x, value_function.scale.x
        return [midpoint, midpoint + scale * math.log(_NEARLY / (1.0 - _NEARLY))]
    return value_function.xs


def possible_raises(values: Mapping[str, float], *, profile: Profile) -> pd.DataFrame:
    """Tell what each reference point that a site has not reached would add to its score.

    A gain says what a change would be worth under the profile, not that it could be had: a store
    cannot be moved. Gains of several changes do not add up, except under a profile that adds.

    Parameters
    ----------
    values
        Partial value in [0, 1] of each criterion that can be computed in the study; NaN where it
        is unknown at the site.
    profile
        The profile.

    Returns
    -------
    One row per criterion and reference point that gains anything, largest gain first: `criterion`,
    `reference` [`unit`], `unit`, `partial_value` there, `score` then, and `gain`, above 0. Nothing
    for a site without a score, and for criteria unknown there (see `unknown_spans`).

    Raises
    ------
    AlignmentError
        If a name is no criterion of the profile.
    OptionError
        If a value lies outside [0, 1].

    Examples
    --------
    A site 30 km from a port, 5 km from a pipeline:

    >>> from standort.scoring.profile.loading import load_profile
    >>> profile = load_profile("net-zero")
    >>> values = {"port_distance": 0.5, "pipeline_distance": 0.8846}
    >>> possible_raises(values, profile=profile)[["criterion", "reference", "gain"]].round(3)
               criterion  reference   gain
    0      port_distance        5.0  0.250
    1  pipeline_distance        2.0  0.058
    """
    found = [
        (criterion, point, worth)
        for criterion in profile.criteria
        if criterion.id in values
        for point, worth in _better_points(criterion, float(values[criterion.id]))
    ]
    cases = [dict(values), *({**values, c.id: worth} for c, _, worth in found)]
    score, *raised = _scores(cases, profile)
    rows = [
        (criterion.id, point, criterion.unit, worth, then, then - score)
        for (criterion, point, worth), then in zip(found, raised, strict=True)
        if then > score
    ]
    table = pd.DataFrame(rows, columns=list(_RAISES))
    return table.sort_values("gain", ascending=False, kind="stable", ignore_index=True)


def unknown_spans(values: Mapping[str, float], *, profile: Profile) -> pd.DataFrame:
    """Tell what the score would be if one criterion that is unknown were known.

    Parameters
    ----------
    values
        As for `possible_raises`.
    profile
        The profile.

    Returns
    -------
    One row per criterion of weight above 0 that is unknown at the site or has no layer, in profile
    order: `criterion`, `score_worst` and `score_best`, the score with that criterion alone at 0
    and at 1; NaN if too little else is known.

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> profile = load_profile("net-zero")
    >>> spans = unknown_spans({"port_distance": 0.5}, profile=profile)
    >>> spans[spans["criterion"] == "pipeline_distance"].round(3)
                criterion  score_worst  score_best
    14  pipeline_distance         0.25        0.75
    """
    weights = {component.id: component.weight for component in profile.components}
    names = [
        c.id
        for c in profile.criteria
        if c.weight > 0 and weights[c.component] > 0 and math.isnan(values.get(c.id, math.nan))
    ]
    rows = []
    for name in names:
        worst, best = _scores([{**values, name: 0.0}, {**values, name: 1.0}], profile)
        rows.append((name, worst, best))
    return pd.DataFrame(rows, columns=list(_SPANS))


def _better_points(
    criterion: Criterion | ClusterCriterion, value: float
) -> list[tuple[float, float]]:
    """Give the reference points of a criterion that are worth more than it has, with their worth.

    Of two points worth the same the first one on the way counts.
    """
    points = reference_points(criterion.value)
    worths = [float(worth) for worth in criterion.value(points)]
    reached: dict[float, float] = {}
    pairs = sorted(zip(points, worths, strict=True), reverse=criterion.value.direction == "cost")
    for point, worth in pairs:
        if worth > value:  # never where the value is unknown
            reached.setdefault(worth, point)
    return [(point, worth) for worth, point in reached.items()]


def _scores(cases: Sequence[Mapping[str, float]], profile: Profile) -> list[float]:
    """Score tables of partial values that have the same criteria."""
    table = pd.DataFrame(list(cases), dtype=float)
    scored = score_table(table, table.fillna(0.0), table.fillna(1.0), profile=profile)
    return [float(score) for score in scored["score"]]
