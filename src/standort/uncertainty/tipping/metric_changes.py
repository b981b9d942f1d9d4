"""Smallest changes of one metric that reach a target, in the unit of the metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.metric_table import METRICS
from standort.scoring.aggregation.formulas import mean_of_known
from standort.scoring.profile.value_functions import Goalpost, Logistic, LogPiecewise
from standort.uncertainty.tipping.targets import Tip, first_passing, step_past

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.array_types import Flags, Floats
    from standort.scoring import ClusterCriterion, Criterion, Profile
    from standort.scoring.profile.value_functions import ValueFunction
    from standort.uncertainty.tipping.targets import Standing, Target


#: number of scales from its midpoint at which a logistic value function is 0 or 1 to the bit
_ENDS_OF_LOGISTIC = 40.0


def metric_tip(
    standing: Standing, criterion: Criterion | ClusterCriterion, metric: float, target: Target
) -> Tip | None:
    """Find the smallest change of one metric of a site that reaches a target.

    Scores of the other sites stay. For an unknown metric, find the least favourable value that
    suffices (if the site would move down, the most favourable one).

    Parameters
    ----------
    standing
        The site among the other sites.
    criterion
        The criterion whose metric changes.
    metric
        The present metric [unit of the criterion]; NaN is unknown.
    target
        The target.

    Returns
    -------
    The change; None if no metric within the range of the value function suffices.
    """
    worst, best = metric_range(criterion)
    tie = tie_value(standing, criterion.id, target.level)
    return _smallest(
        lambda points: target.passed(standing.with_value(criterion.id, criterion.value(points))),
        metric,
        None if tie is None else _inverse(criterion.value, tie),
        (worst, best) if target.rises else (best, worst),
        whole=criterion.unit == "count",
    )


def value_tip(standing: Standing, criterion: str, target: Target) -> Tip | None:
    """Find the smallest change of one partial value that reaches a target.

    For values that do not come from a single metric, such as means over the members of a place.

    Parameters
    ----------
    standing
        The place beside its rival.
    criterion
        Id of the criterion.
    target
        The target.

    Returns
    -------
    The change; None if no value in [0, 1] suffices.
    """
    return _smallest(
        lambda points: target.passed(standing.with_value(criterion, points)),
        float(standing.columns[criterion][standing.at]),
        tie_value(standing, criterion, target.level),
        (0.0, 1.0) if target.rises else (1.0, 0.0),
        whole=False,
    )


def _smallest(
    passes: Callable[[Floats], Flags],
    now: float,
    tie: float | None,
    ends: tuple[float, float],
    *,
    whole: bool,
) -> Tip | None:
    """Search from the present value towards the second end, starting at the tie if known."""
    far, near = ends
    start = far if np.isnan(now) else min(max(now, min(ends)), max(ends))
    after, method = None, "closed form"
    if tie is not None and passes(np.array([near]))[0]:
        after = step_past(passes, min(max(tie, min(start, near)), max(start, near)), near)
    if after is None:
        after, method = first_passing(passes, start, near), "search"
    if after is not None and whole:
        after = _whole(passes, after, up=near > start)
    if after is None or after == now:
        return None
    return Tip(now, after, method)


def metric_range(criterion: Criterion | ClusterCriterion) -> tuple[float, float]:
    """Return the metrics of least and largest value; not below 0 unless from a raster."""
    function = criterion.value
    match function:
        case Goalpost():
            worst, best = function.worst.x, function.best.x
        case Logistic():
            half = _ENDS_OF_LOGISTIC * function.scale.x
            worst, best = function.midpoint.x - half, function.midpoint.x + half
        case _:
            worst, best = function.xs[0], function.xs[-1]
            if function.direction == "cost":
                worst, best = best, worst
    row = METRICS.get(criterion.metric)
    if row is not None and row.on_raster:
        return worst, best
    return max(worst, 0.0), max(best, 0.0)


def tie_value(standing: Standing, criterion: str, level: float) -> float | None:
    """Return the partial value of one criterion at which the score equals a level.

    Parameters
    ----------
    standing
        The site.
    criterion
        Id of the criterion; its value must be known.
    level
        The score to reach.

    Returns
    -------
    The value; None if the aggregation has no closed-form inverse, or no value in [0, 1] exists.

    Notes
    -----
    The aggregation is solved for the mean of the component: c = (A sum W - sum of the others
    W c) / W for the arithmetic mean, and c' = (A' / product of the others c'^W)^(1 / W) with
    c' = e + (1 - e) c for the geometric mean of floor e; the mean is then solved for the value.
    """
    profile, at = standing.profile, standing.at
    own = standing.columns[criterion][at]
    component = profile.criterion(criterion).component
    means = _component_means(standing)
    if np.isnan(own) or np.isnan(list(means.values())).any():
        return None
    mean = _tie_mean(means, component, level, profile)
    if mean is None:
        return None
    known = [
        c.weight
        for c in profile.criteria_of(component)
        if c.id in standing.columns and not np.isnan(standing.columns[c.id][at])
    ]
    tie = own + (mean - means[component]) * sum(known) / profile.criterion(criterion).weight
    return float(tie) if 0.0 <= tie <= 1.0 else None


def _component_means(standing: Standing) -> dict[str, float]:
    means = {}
    for component in standing.profile.components:
        members = [
            c for c in standing.profile.criteria_of(component.id) if c.id in standing.columns
        ]
        if not members:
            continue
        at = slice(standing.at, standing.at + 1)
        mean, _ = mean_of_known(
            [standing.columns[c.id][at] for c in members],
            [c.weight for c in members],
            coverage_limit=standing.profile.coverage_limit,
        )
        means[component.id] = float(mean[0])
    return means


def _tie_mean(
    means: dict[str, float], component: str, level: float, profile: Profile
) -> float | None:
    """Solve the aggregation for the mean of one component."""
    weights = {c.id: c.weight for c in profile.components if c.id in means}
    total = sum(weights.values())
    others = [name for name in means if name != component]
    if profile.aggregation == "arithmetic":
        rest = sum(weights[name] * means[name] for name in others)
        return (level * total - rest) / weights[component]
    if profile.aggregation == "geometric":
        floor = profile.floor
        wanted = floor + (1.0 - floor) * level
        for name in others:
            wanted /= (floor + (1.0 - floor) * means[name]) ** (weights[name] / total)
        return float((wanted ** (total / weights[component]) - floor) / (1.0 - floor))
    return None


def _inverse(function: ValueFunction, value: float) -> float:
    """Return a metric of a partial value; several may have the same value."""
    if isinstance(function, Goalpost):
        return function.worst.x + value * (function.best.x - function.worst.x)
    if isinstance(function, Logistic):
        share = min(max(value, 1e-17), 1.0 - 1e-16)
        return function.midpoint.x + function.scale.x * float(np.log(share / (1.0 - share)))
    logarithmic = isinstance(function, LogPiecewise)
    xs = np.log10(function.xs) if logarithmic else np.asarray(function.xs)
    values = np.array([point.value for point in function.points])
    order = slice(None) if function.direction == "benefit" else slice(None, None, -1)
    x = float(np.interp(value, values[order], xs[order]))
    return 10.0**x if logarithmic else x


def _whole(passes: Callable[[Floats], Flags], after: float, *, up: bool) -> float | None:
    """Round to the next whole number; None if it does not pass."""
    whole = float(np.ceil(after) if up else np.floor(after))
    return whole if passes(np.array([whole]))[0] else None
