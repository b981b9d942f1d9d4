"""Smallest changes of weights that reach a target: of one weight, or of all together.

Weights are shares that sum to 1. When one weight changes, the ratios among the others stay. When
all change together, the smallest change is the one of least Euclidean length on the simplex.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.uncertainty.tipping.targets import Tip, step_past

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats
    from standort.uncertainty.tipping.targets import Standing, Target


#: points tried between a share and each end, 0 and 1, if there is no closed form
_STEPS = 32
#: width to which the step that first reaches a target is bisected
_NARROW = 1e-12
#: most iterations of linearising a score that is not linear in the weights
_ROUNDS = 40
#: rivals near the border of the top tenth that are tried
_RIVALS = 5
#: how far beyond the tie the target is searched for, relative to the distance to the tie
_BEYOND = 1.25
_DIFFERENCE = 1e-7
#: movement below which the design point has converged; finite differences allow no less
_STILL = 1e-8


def one_weight_tip(standing: Standing, members: Flags, target: Target) -> Tip | None:
    """Find the smallest change of the share of some criteria that reaches a target.

    Parameters
    ----------
    standing
        The site among the other sites.
    members
        Criteria that change together, keeping their ratios: one, or those of a component.
    target
        The target.

    Returns
    -------
    The change of their share of the total weight; None if no share in [0, 1] is known to reach
    the target. Without a closed form, 32 shares on each side are tried, so a narrow window between
    two of them can be missed.
    """
    weights = standing.weights
    now = float(weights[members].sum())
    if not 0.0 < now < 1.0:
        return None

    def at_share(share: float) -> Floats:
        return np.where(members, weights * (share / now), weights * ((1 - share) / (1 - now)))

    def passes(share: float) -> bool:
        return _reached(standing, at_share(share), target)

    tie = _tie_share(standing, members, target, now)
    if tie is not None:
        end = 1.0 if tie > now else 0.0
        after = step_past(_each(passes), tie, end)
        if after is not None:
            return Tip(now, after, "closed form", at_share(after))
    ends = [_nearest(passes, now, end) for end in (0.0, 1.0)]
    shares = [share for share in ends if share is not None]
    if not shares:
        return None
    after = min(shares, key=lambda share: abs(share - now))
    return Tip(now, after, "search", at_share(after))


def all_weights_tip(
    standing: Standing, target: Target, others: Sequence[Tip | None] = ()
) -> Tip | None:
    """Find the smallest change of all weights together that reaches a target.

    Parameters
    ----------
    standing
        The site among the other sites.
    target
        The target.
    others
        Other changes of weights that reach it; the result is no larger than any of them.

    Returns
    -------
    The change, with its Euclidean length as `after`; None if none is known. For the arithmetic
    mean of known values it is the minimum. Otherwise, and for the top tenth, a smaller change may
    exist.
    """
    exact = target.top is None and _is_linear(standing, target.rival)
    if target.top is None:
        rivals = [target.rival]
    else:
        nearness = np.abs(standing.scores - target.level)
        nearness[standing.at] = np.nan
        rivals = np.argsort(nearness, kind="stable")[:_RIVALS].tolist()
    ways = [_way_past(standing, rival, rises=target.rises) for rival in rivals]
    ends = [_first_on_way(standing, way, target) for way in ways if way is not None]
    if not exact:
        ends += [tip.weights for tip in others if tip is not None]
    reaching = [weights for weights in ends if weights is not None]
    if not reaching:
        return None
    best = min(reaching, key=lambda weights: _length(standing, weights))
    return Tip(0.0, _length(standing, best), "closed form" if exact else "search", best)


def on_simplex(point: Floats) -> Floats:
    """Project a point on the simplex: shares of at least 0 that sum to 1.

    Notes
    -----
    Held, Wolfe and Crowder (1974): the part above a common level, chosen so that it sums to 1.

    Examples
    --------
    >>> on_simplex(np.array([0.9, 0.5, -0.2])).round(2)
    array([0.7, 0.3, 0. ])
    """
    largest_first = np.sort(point)[::-1]
    levels = (np.cumsum(largest_first) - 1.0) / np.arange(1, len(point) + 1)
    level = levels[np.flatnonzero(largest_first > levels)[-1]]
    return np.asarray(np.maximum(point - level, 0.0), dtype=np.float64)


def shortest_way(weights: Floats, slope: Floats, wanted: float) -> Floats | None:
    """Return the nearest shares at which a linear function reaches a level.

    Parameters
    ----------
    weights
        Shares to start from.
    slope
        Gain of the function per share.
    wanted
        Level to reach.

    Returns
    -------
    The shares; None if no shares reach it.

    Notes
    -----
    The nearest point of a simplex cut by a half-space is the projection of weights + t slope for
    some t >= 0 (Karush, Kuhn and Tucker), and the function rises with t; t is bisected.

    Examples
    --------
    >>> shortest_way(np.array([0.5, 0.5]), np.array([1.0, 0.0]), 0.7).round(6)
    array([0.7, 0.3])
    """
    if float(slope.max()) < wanted:
        return None
    if _dot(slope, weights) >= wanted:
        return weights.copy()
    most = 1.0
    while _dot(slope, on_simplex(weights + most * slope)) < wanted and most < 1e18:  # noqa: PLR2004 - no way
        most *= 2.0
    least = 0.0
    for _ in range(200):
        middle = 0.5 * (least + most)
        if middle in (least, most):
            break
        if _dot(slope, on_simplex(weights + middle * slope)) < wanted:
            least = middle
        else:
            most = middle
    return on_simplex(weights + most * slope)


def _way_past(standing: Standing, rival: int, *, rises: bool) -> Floats | None:
    """Find the weights nearest to the present ones at which a site and a rival tie.

    Scores that are not linear in the weights are linearised iteratively at the last point, as in
    the search for the design point of reliability analysis (Hasofer and Lind 1974; Rackwitz and
    Fiessler 1978).
    """
    rows = np.array([standing.at, rival])
    sign = 1.0 if rises else -1.0
    point, start = standing.weights, standing.weights
    linear = _is_linear(standing, rival)
    for _ in range(1 if linear else _ROUNDS):
        gap, slope = _gap_and_slope(standing, rows, point, linear=linear)
        if np.isnan(gap) or np.isnan(slope).any():
            return None
        way = shortest_way(start, sign * slope, sign * _dot(slope, point) - sign * gap)
        if way is None:
            return None
        still = float(np.abs(way - point).max()) < _STILL
        point = way
        if still:
            break
    return point


def _gap_and_slope(
    standing: Standing, rows: NDArray[np.intp], point: Floats, *, linear: bool
) -> tuple[float, Floats]:
    """Return the lead of the site over the rival, and its gain per weight."""
    own, other = standing.with_weights(point, rows)
    if linear:
        slope = [c[rows[0]] - c[rows[1]] for c in standing.columns.values()]
        return float(own - other), np.array(slope)
    slope = []
    for j in range(len(point)):
        moved = point.copy()
        moved[j] += _DIFFERENCE
        first, second = standing.with_weights(moved, rows)
        slope.append(((first - second) - (own - other)) / _DIFFERENCE)
    return float(own - other), np.array(slope)


def _first_on_way(standing: Standing, far: Floats, target: Target) -> Floats | None:
    """Return the first weights that reach the target, from the present ones through a tie."""
    start = standing.weights
    step = far - start
    falling = step < 0.0
    room = float((start[falling] / -step[falling]).min()) if falling.any() else 1.0

    def at(t: float) -> Floats:
        return np.maximum(start + t * step, 0.0)

    def passes(t: float) -> bool:
        return _reached(standing, at(t), target)

    if target.top is None:
        past = step_past(_each(passes), 1.0, min(_BEYOND, room))
        if past is not None:
            return at(past)
    end = min(_BEYOND, room)
    nearest = _nearest(passes, 0.0, end) if end > 0.0 else None
    return None if nearest is None else at(nearest)


def _nearest(passes: Callable[[float], bool], start: float, end: float) -> float | None:
    """Try points from the start, and bisect the step in which one first passes."""
    before, after = start, start
    for point in (start + (end - start) * np.arange(1, _STEPS + 1) / _STEPS).tolist():
        after = float(point)
        if passes(after):
            break
        before = after
    else:
        return None
    while abs(after - before) > _NARROW:
        middle = 0.5 * (before + after)
        if passes(middle):
            after = middle
        else:
            before = middle
    return after


def _tie_share(standing: Standing, members: Flags, target: Target, now: float) -> float | None:
    """Return the share at which site and rival tie, if scores are linear in the weights."""
    if target.top is not None or not _is_linear(standing, target.rival):
        return None
    ahead = np.array([c[standing.at] - c[target.rival] for c in standing.columns.values()])
    inside = _dot(standing.weights[members], ahead[members]) / now
    outside = _dot(standing.weights[~members], ahead[~members]) / (1.0 - now)
    if inside == outside:
        return None
    share = -outside / (inside - outside)
    return share if 0.0 <= share <= 1.0 else None


def _is_linear(standing: Standing, rival: int) -> bool:
    """Return whether the scores of site and rival are sums of weight times value."""
    known = not any(np.isnan(c[[standing.at, rival]]).any() for c in standing.columns.values())
    return known and standing.profile.aggregation == "arithmetic"


def _reached(standing: Standing, weights: Floats, target: Target) -> bool:
    if target.top is not None:
        return target.reached(standing.with_weights(weights), standing.at)
    pair = standing.with_weights(weights, np.array([standing.at, target.rival]))
    return bool(pair[0] > pair[1] if target.rises else pair[0] < pair[1])


def _each(passes: Callable[[float], bool]) -> Callable[[Floats], Flags]:
    return lambda points: np.array([passes(point) for point in points.tolist()])


def _length(standing: Standing, weights: Floats) -> float:
    return float(np.sqrt(sum(((weights - standing.weights) ** 2).tolist())))


def _dot(first: Floats, second: Floats) -> float:
    """Sum products in order; the last bits of BLAS depend on the machine."""
    return float(sum((first * second).tolist()))
