"""Weights from points and rankings.

A weight is a trade-off between full ranges: the worth of taking one criterion from its worst
reference point to its best, against another. Ask for that, not for "importance". Methods that
compare criteria in pairs are in `pairwise_comparison` and `best_worst`; weights computed from the
data are in `diagnostics`, because they depend on the sites.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from standort.arguments import ANY_NUMBER, checked
from standort.errors import WeightError, gather, name_ids
from standort.scoring.aggregation.formulas import proportional
from standort.scoring.profile.problems import as_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_FULL_SWING = 100.0
#: Ratios this near each other differ by rounding only.
_AGREEING = 1e-9


@dataclass(frozen=True)
class Judgement:
    """One comparison of two criteria, beside the ratio of their weights."""

    criterion: str
    compared_with: str
    given: float
    """How many times as much the first counts, as judged."""
    implied: float
    """The ratio of the two weights."""

    def __str__(self) -> str:
        return (
            f"{self.criterion} over {self.compared_with}: given {self.given:.3g}, "
            f"the weights say {self.implied:.3g}"
        )


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Weights, and the consistency of the judgements they come from."""

    weights: pd.Series
    """Series `weight` by criterion, summing to 1."""
    method: str
    consistency_ratio: float | None = None
    """0 where judgements agree; None for methods that cannot contradict themselves."""
    worst_judgement: Judgement | None = None
    """The judgement farthest from the weights; None where all agree or there are no comparisons."""
    inconsistency: float | None = None
    """Basis of the ratio: lambda_max of `ahp`, xi of `bwm`."""
    lowest: pd.Series | None = None
    """For `bwm` with more than one solution: the smallest each weight can be, on its own."""
    highest: pd.Series | None = None


def weights_of(names: Sequence[str], numbers: Sequence[float]) -> pd.Series:
    """Return numbers as a series of shares that sum to 1."""
    scaled = proportional(numbers)
    total = math.fsum(scaled)
    index = pd.Index(list(names), name="criterion", dtype="str")
    shares = [number / total for number in scaled]
    return pd.Series(shares, index=index, name="weight", dtype="float64")


def farthest_judgement(
    judgements: Iterable[tuple[str, str, float]], weights: pd.Series
) -> Judgement | None:
    """Return the judgement that the weights contradict most, by ratio.

    Parameters
    ----------
    judgements
        Criterion, what it is compared with, and how many times as much it counts.
    weights
        Weight by criterion.

    Returns
    -------
    The judgement, in the direction in which it is at least 1; the first if several are equally
    far; None if the weights agree with all. A weight of 0 contradicts every judgement.

    Examples
    --------
    >>> halves = equal_weights(["port", "heat"]).weights
    >>> print(farthest_judgement([("port", "heat", 0.5)], halves))
    heat over port: given 2, the weights say 1
    """
    share = dict(zip(weights.index, weights.tolist(), strict=True))
    worst, farthest = None, _AGREEING
    for first, second, ratio in judgements:
        inverted = ratio < 1.0
        one, other = (second, first) if inverted else (first, second)
        given = 1.0 / ratio if inverted else ratio
        implied = share[one] / share[other] if share[other] > 0.0 else math.inf
        off = abs(math.log(given / implied)) if 0.0 < implied < math.inf else math.inf
        if off > farthest * (1.0 + _AGREEING):
            worst, farthest = Judgement(one, other, given, implied), off
    return worst


@checked()
def equal_weights(criteria: Iterable[str]) -> Weights:
    """Weigh all criteria equally, for lack of judgements.

    Equal weights are a choice too: two criteria that measure much the same count twice.

    Parameters
    ----------
    criteria
        Ids of the criteria.

    Returns
    -------
    The weights, by criterion in the order given.

    Raises
    ------
    WeightError
        If there is no criterion, or one occurs twice.

    Examples
    --------
    >>> equal_weights(["port_distance", "heat_demand"]).weights.to_dict()
    {'port_distance': 0.5, 'heat_demand': 0.5}
    """
    names = list(criteria)
    _raise(name_problems(names), of="equal weights")
    return Weights(weights=weights_of(names, [1.0] * len(names)), method="equal")


@checked(points=ANY_NUMBER)
def direct_weights(points: Mapping[str, float]) -> Weights:
    """Turn points given to each criterion into weights.

    People tend to give points for importance as such, whatever the ranges; `swing_weights` asks a
    better question.

    Parameters
    ----------
    points
        By criterion, at least 0; only their ratios matter.

    Returns
    -------
    The weights, by criterion in the order given.

    Raises
    ------
    WeightError
        If points are negative or not finite, or none is above 0.

    Examples
    --------
    >>> direct_weights({"port_distance": 3, "heat_demand": 1}).weights.to_dict()
    {'port_distance': 0.75, 'heat_demand': 0.25}
    """
    _raise(_point_problems(points), of="points")
    return Weights(weights=weights_of(list(points), _numbers(points)), method="direct")


@checked(points=ANY_NUMBER)
def swing_weights(points: Mapping[str, float]) -> Weights:
    """Turn points for swings into weights.

    Imagine a site at the worst reference point of every criterion. Which one would you take to its
    best first? That swing gets 100 points, and every other one its worth beside it. The weights
    hold for these reference points only: with others, ask again (von Winterfeldt and Edwards 1986,
    recalled).

    Parameters
    ----------
    points
        By criterion, 0 to 100; the largest is 100.

    Returns
    -------
    The weights, by criterion in the order given.

    Raises
    ------
    WeightError
        If points are not finite or outside 0 to 100, or none is 100.

    Examples
    --------
    >>> swing_weights({"port_distance": 100, "heat_demand": 60}).weights.to_dict()
    {'port_distance': 0.625, 'heat_demand': 0.375}
    """
    problems = _point_problems(points)
    largest = max((n for p in points.values() if (n := as_number(p)) is not None), default=0.0)
    if not problems and largest != _FULL_SWING:
        came = f"expected 100 points for the swing that is worth most, got {largest:g}"
        problems = [f"{came}; give it 100 and the others their worth, or use direct weights"]
    _raise(problems, of="swings")
    return Weights(weights=weights_of(list(points), _numbers(points)), method="swing")


@checked()
def rank_order_centroid(ranking: Sequence[str | Sequence[str]]) -> Weights:
    """Turn a ranking of criteria into weights, where that is all people can give.

    The weights are the mean of all weights that keep the ranking (Barron and Barrett 1996,
    recalled). They are steep: of four criteria the first has 52 %.

    Parameters
    ----------
    ranking
        Ids, the one that counts most first; a list within it holds tied criteria, which share the
        weights of their ranks.

    Returns
    -------
    The weights, by criterion in the order given.

    Raises
    ------
    WeightError
        If there is no criterion, or one occurs twice.

    Notes
    -----
    w_i = (1/n) sum over k from i to n of 1/k.

    Examples
    --------
    Of three: (1 + 1/2 + 1/3) / 3, (1/2 + 1/3) / 3, (1/3) / 3.

    >>> centroid = rank_order_centroid(["port_distance", "heat_demand", "labour_pool"])
    >>> centroid.weights.round(4).tolist()
    [0.6111, 0.2778, 0.1111]
    """
    groups = [[entry] if isinstance(entry, str) else list(entry) for entry in ranking]
    names = [name for group in groups for name in group]
    _raise(name_problems(names), of="ranking")
    n = len(names)
    by_rank = [math.fsum(1.0 / k for k in range(i, n + 1)) / n for i in range(1, n + 1)]
    shares: list[float] = []
    for group in groups:
        tied = by_rank[len(shares) : len(shares) + len(group)]
        shares += [math.fsum(tied) / len(group)] * len(group)
    return Weights(weights=weights_of(names, shares), method="rank_order_centroid")


def name_problems(names: Sequence[object]) -> list[str]:
    """Describe what is wrong with a list of criteria."""
    if not names:
        return ["expected at least one criterion, got none; name them"]
    twice = [name for name, count in Counter(names).items() if count > 1]
    return [f"expected each criterion once, got {name_ids(twice)} more often"] if twice else []


def _point_problems(points: Mapping[str, float]) -> list[str]:
    problems = name_problems(list(points))
    for name, given in points.items():
        number = as_number(given)
        if number is None or number < 0.0:
            problems.append(
                f"expected points of at least 0 for {name!r}, got {given!r}; correct it"
            )
    if not problems and not any(_numbers(points)):
        problems.append("expected points above 0 for at least one criterion, got 0 for all")
    return problems


def _numbers(points: Mapping[str, float]) -> list[float]:
    return [float(given) for given in points.values()]


def _raise(problems: Sequence[str], *, of: str) -> None:
    if problems:
        raise WeightError(gather(problems, of=of))
