"""Improvements: the reference points a site has not reached, and how much each would add.

Every gain is the difference of two scores, so it is exact under any aggregation. It holds for one
change at a time: gains of several changes only add up if the aggregation is additive.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from standort.arguments import between, checked
from standort.scoring.aggregation.score_tables import score_table
from standort.scoring.profile.value_functions import (
    Goalpost,
    Logistic,
    ValueFunction,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from standort.scoring.profile.criteria import ClusterCriterion, Criterion
    from standort.scoring.profile.profile_model import Profile

_RAISES = ("criterion", "reference", "unit", "partial_value", "score", "gain")
_SPANS = ("criterion", "score_worst", "score_best")
#: An S-curve never reaches 1, so this value counts as its best.
_NEARLY = 0.9


@checked()
def reference_points(value_function: ValueFunction) -> list[float]:
    """Return the metrics at which a profile fixes a value function.

    Parameters
    ----------
    value_function
        The value function of a criterion.

    Returns
    -------
    Breakpoints or goalposts [unit of the metric]; for an S-curve its midpoint and where it is 0.9.

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


@checked(values=between(0, 1, or_unknown=True))
def possible_raises(values: Mapping[str, float], *, profile: Profile) -> pd.DataFrame:
    """List the gain in score at each reference point that a site has not reached.

    A gain is what a change would be worth under the profile, not a change that is possible: a store
    cannot be moved. Gains of several changes only add up if the aggregation is additive.

    Parameters
    ----------
    values
        Partial value in [0, 1] of each criterion that can be computed in the study; NaN where it
        is unknown at the site.
    profile
        The profile.

    Returns
    -------
    One row per criterion and reference point with a gain, largest first: `criterion`, `reference`
    [`unit`], `unit`, `partial_value` there, the resulting `score`, and `gain`, above 0. No rows for
    a site without a score or for criteria unknown there (see `unknown_spans`).

    Raises
    ------
    AlignmentError
        If a name is not a criterion of the profile.
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
    points = [
        (criterion, point, better)
        for criterion in profile.criteria
        if criterion.id in values
        for point, better in _better_points(criterion, float(values[criterion.id]))
    ]
    cases = [dict(values), *({**values, c.id: better} for c, _, better in points)]
    score, *raised = _scores(cases, profile)
    rows = [
        (criterion.id, point, criterion.unit, better, then, then - score)
        for (criterion, point, better), then in zip(points, raised, strict=True)
        if then > score
    ]
    table = pd.DataFrame(rows, columns=list(_RAISES))
    return table.sort_values("gain", ascending=False, kind="stable", ignore_index=True)


@checked(values=between(0, 1, or_unknown=True))
def unknown_spans(values: Mapping[str, float], *, profile: Profile) -> pd.DataFrame:
    """Return the range of the score if one unknown criterion were known.

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
    and at 1; NaN if too few others are known.

    Examples
    --------
    >>> from standort.scoring.profile.loading import load_profile
    >>> profile = load_profile("net-zero")
    >>> spans = unknown_spans({"port_distance": 0.5}, profile=profile)
    >>> spans.set_index("criterion").loc["pipeline_distance"].round(3).to_dict()
    {'score_worst': 0.25, 'score_best': 0.75}
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
    """Return the reference points above a partial value, each with its own partial value.

    Of two points with the same value, the one reached first counts.
    """
    points = reference_points(criterion.value)
    partial_values = [float(v) for v in criterion.value(points)]
    reached: dict[float, float] = {}
    pairs = sorted(
        zip(points, partial_values, strict=True), reverse=criterion.value.direction == "cost"
    )
    for point, better in pairs:
        if better > value:  # never where the value is unknown
            reached.setdefault(better, point)
    return [(point, better) for better, point in reached.items()]


def _scores(cases: Sequence[Mapping[str, float]], profile: Profile) -> list[float]:
    """Score sets of partial values that have the same criteria."""
    table = pd.DataFrame(list(cases), dtype=float)
    scored = score_table(table, table.fillna(0.0), table.fillna(1.0), profile=profile)
    return [float(score) for score in scored["score"]]
