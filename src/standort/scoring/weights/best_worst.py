"""The best-worst method: weights from comparisons with the best and the worst criterion only."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from standort.arguments import ANY_NUMBER, checked
from standort.errors import WeightError, gather, name_ids
from standort.scoring.weights.elicitation import Weights, farthest_judgement, weights_of
from standort.scoring.weights.pairwise_comparison import as_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd


class _Comparisons(NamedTuple):
    """The judgements, all at least 1; best and worst are positions."""

    names: list[str]
    best_over: list[float]
    over_worst: list[float]
    best: int
    worst: int

    @property
    def others(self) -> list[int]:
        return [k for k in range(len(self.names)) if k not in {self.best, self.worst}]

    @property
    def span(self) -> float:
        """How many times as much as the worst the best counts."""
        return self.best_over[self.worst]


@checked(best_to_others=ANY_NUMBER, others_to_worst=ANY_NUMBER)
def bwm(
    best_to_others: Mapping[str, float] | pd.Series,
    others_to_worst: Mapping[str, float] | pd.Series,
    *,
    variant: Literal["nonlinear", "linear"] = "nonlinear",
    best: str | None = None,
    worst: str | None = None,
) -> Weights:
    """Weigh criteria by comparing each with the best and with the worst (Rezaei 2015, 2016).

    It takes 2n - 3 judgements where all pairs take n (n - 1) / 2. As with `ahp`, compare the swing
    of a criterion from its worst to its best reference point, not importance as such.

    Parameters
    ----------
    best_to_others
        By criterion, how many times as much the best counts, usually 1 to 9; 1 for the best.
    others_to_worst
        By criterion, how many times as much as the worst it counts; 1 for the worst.
    variant
        ``nonlinear`` (2015) fits ratios of weights to the judgements and has a consistency ratio;
        ``linear`` (2016) fits differences and always has a unique solution.
    best
        The best criterion; needed only if more than one has 1 in `best_to_others`.
    worst
        The worst criterion; needed only if more than one has 1 in `others_to_worst`.

    Returns
    -------
    The weights, in the order of `best_to_others`. `inconsistency` is xi, the largest deviation of
    a ratio (linear: a difference) from its judgement. `consistency_ratio` is xi over the largest xi
    possible for the judgement of best against worst; for the linear variant it is xi itself, which
    is comparable only with other linear ones. Where the nonlinear variant has many solutions, the
    weights are the midpoints of the range of each, scaled to sum to 1; `lowest` and `highest` are
    the ends of the ranges (Rezaei 2016).

    Raises
    ------
    WeightError
        If a judgement is missing or below 1, the two that compare best and worst differ, one
        exceeds that, or it is not clear which criterion is best or worst; all problems are listed.
    OptionError
        If the variant is unknown.

    Notes
    -----
    Nonlinear: least xi with |w_B / w_j - a_Bj| <= xi and |w_j / w_W - a_jW| <= xi. With
    z = w_B / w_W every criterion requires (a_Bj - xi)(a_jW - xi) <= z <= (a_Bj + xi)(a_jW + xi),
    and z is within xi of a_BW; the least xi at which two of these intervals meet has a closed form,
    so no solver is needed. Linear: least xi with |w_B - a_Bj w_j| <= xi and
    |w_j - a_jW w_W| <= xi, a linear programme.

    Examples
    --------
    Rezaei (2015), choosing a mode of transport:

    >>> to_others = {"load": 8, "access": 2, "cost": 1}
    >>> to_worst = {"load": 1, "access": 5, "cost": 8}
    >>> result = bwm(to_others, to_worst)
    >>> result.weights.round(3).to_dict()
    {'load': 0.071, 'access': 0.339, 'cost': 0.59}
    >>> round(result.inconsistency, 3), round(result.consistency_ratio, 3)
    (0.258, 0.058)
    """
    tables = [{str(k): v for k, v in t.items()} for t in (best_to_others, others_to_worst)]
    comparisons = _comparisons(tables[0], tables[1], best, worst)
    return _nonlinear(comparisons) if variant == "nonlinear" else _linear(comparisons)


def consistency_index(best_over_worst: float) -> float:
    """Return the largest possible xi for a judgement of best against worst.

    Parameters
    ----------
    best_over_worst
        How many times as much as the worst the best counts, at least 1.

    Returns
    -------
    The smaller root of x^2 - (1 + 2 a) x + a^2 - a.

    Examples
    --------
    The table of Rezaei (2015):

    >>> [round(consistency_index(a), 2) for a in range(1, 10)]
    [0.0, 0.44, 1.0, 1.63, 2.3, 3.0, 3.73, 4.47, 5.23]
    """
    a = best_over_worst
    return ((1.0 + 2.0 * a) - math.sqrt(1.0 + 8.0 * a)) / 2.0


def _comparisons(
    best_over: Mapping[str, object],
    over_worst: Mapping[str, object],
    best: str | None,
    worst: str | None,
) -> _Comparisons:
    """Check the judgements, and determine which criterion is best and which is worst."""
    names = [str(name) for name in best_over]
    problems = _differing_names(names, [str(name) for name in over_worst])
    tables: list[dict[str, float]] = []
    for table, of in ((best_over, "best_to_others"), (over_worst, "others_to_worst")):
        read = {str(name): as_ratio(raw) for name, raw in table.items()}
        problems += [
            f"expected a number of at least 1 for {name!r} in {of}, got {table[name]!r}; "
            "no criterion counts less than the worst or more than the best"
            for name, number in read.items()
            if number is None or number < 1.0
        ]
        tables.append({name: number or 1.0 for name, number in read.items()})
    if not problems:
        problems = _choice_problems("best", best, tables[0]) + _choice_problems(
            "worst", worst, tables[1]
        )
    if problems:
        raise WeightError(gather(problems, of="judgements"))
    chosen = [
        names.index(name or next(n for n in names if table[n] == 1.0))
        for name, table in zip((best, worst), tables, strict=True)
    ]
    to_others, to_worst = ([table[name] for name in names] for table in tables)
    comparisons = _Comparisons(names, to_others, to_worst, best=chosen[0], worst=chosen[1])
    problems = _contradictions(comparisons)
    if problems:
        raise WeightError(gather(problems, of="judgements"))
    return comparisons


def _differing_names(names: Sequence[str], others: Sequence[str]) -> list[str]:
    problems = []
    if len(names) < 2:  # noqa: PLR2004 - a best and a worst
        problems.append(f"expected at least two criteria, got {len(names)}; one has all the weight")
    only = [name for name in names if name not in others]
    lacking = [name for name in others if name not in names]
    if only:
        problems.append(f"expected {name_ids(only)} in others_to_worst too, it is missing; add it")
    if lacking:
        problems.append(
            f"expected {name_ids(lacking)} in best_to_others too, it is missing; add it"
        )
    return problems


def _choice_problems(which: str, name: str | None, table: Mapping[str, float]) -> list[str]:
    """Describe what keeps the best, or the worst, criterion from being clear."""
    of = "best_to_others" if which == "best" else "others_to_worst"
    could = [n for n, number in table.items() if number == 1.0]
    if name is not None and name not in could:
        return [f"expected 1 in {of} for the {which}, {name!r}, got {table.get(name)}; correct it"]
    if not could:
        return [f"expected 1 in {of} for the {which} criterion, none has it; add it"]
    if name is None and len(could) > 1:
        return [f"{name_ids(could)} all have 1 in {of}; choose one with {which}="]
    return []


def _contradictions(comparisons: _Comparisons) -> list[str]:
    best, worst = comparisons.names[comparisons.best], comparisons.names[comparisons.worst]
    span, back = comparisons.span, comparisons.over_worst[comparisons.best]
    if comparisons.best == comparisons.worst:
        return [f"{best!r} cannot be both best and worst; correct the judgements of 1"]
    if span != back:
        came = f"{best!r} counts {span:g} times {worst!r} in best_to_others, {back:g} times in "
        return [f"{came}others_to_worst; make them equal"]
    return [
        f"expected at most {span:g} for {name!r}, as for {best!r} against {worst!r}, got {most:g}; "
        "no two criteria are farther apart than best and worst"
        for k, name in enumerate(comparisons.names)
        if (most := max(comparisons.best_over[k], comparisons.over_worst[k])) > span
    ]


def _nonlinear(comparisons: _Comparisons) -> Weights:
    xi, ratio = _least_xi(comparisons)
    low, high = [], []
    for k in range(len(comparisons.names)):
        least, most = ratio, ratio
        if k == comparisons.worst:
            least = most = 1.0
        elif k != comparisons.best:
            above, below = comparisons.best_over[k], comparisons.over_worst[k]
            least = max(below - xi, ratio / (above + xi))
            most = min(below + xi, ratio / (above - xi) if above > xi else math.inf)
            # They meet where this criterion determines xi; rounding may make them cross.
            least, most = min(least, most), max(least, most)
        low.append(least)
        high.append(most)
    total = math.fsum(low), math.fsum(high)
    lowest = [x / (x + total[1] - y) for x, y in zip(low, high, strict=True)]
    highest = [y / (y + total[0] - x) for x, y in zip(low, high, strict=True)]
    weights = weights_of(
        comparisons.names, [(x + y) / 2 for x, y in zip(lowest, highest, strict=True)]
    )
    index = consistency_index(comparisons.span)
    return Weights(
        weights=weights,
        method="bwm",
        consistency_ratio=xi / index if index > 0.0 else 0.0,
        worst_judgement=farthest_judgement(_pairs(comparisons), weights),
        inconsistency=xi,
        lowest=_named(lowest, weights),
        highest=_named(highest, weights),
    )


def _named(numbers: Sequence[float], like: pd.Series) -> pd.Series:
    series = like.copy()
    series[:] = numbers
    return series


def _least_xi(comparisons: _Comparisons) -> tuple[float, float]:
    """Return the least xi at which all intervals for w_B / w_W meet, and where they meet.

    The lower end of one interval meets the upper end of another at an xi with a closed form; the
    largest of these is the least xi for all. It is below both judgements of the criterion whose
    lower end decides, so no lower end is cut off at 0.
    """
    span, xi, ratio = comparisons.span, 0.0, comparisons.span
    pairs = [(comparisons.best_over[k], comparisons.over_worst[k]) for k in comparisons.others]
    for a, b in pairs:
        if a * b > span:  # (a - xi)(b - xi) = span + xi
            half = (a + b + 1.0) / 2.0
            root = (a * b - span) / (half + math.sqrt(half * half - (a * b - span)))
            xi, ratio = max((xi, ratio), (root, span + root))
        if a * b < span:  # (a + xi)(b + xi) = span - xi
            half = (a + b + 1.0) / 2.0
            root = (span - a * b) / (half + math.sqrt(half * half + span - a * b))
            xi, ratio = max((xi, ratio), (root, span - root))
    for (a, b), (c, d) in product(pairs, repeat=2):
        root = (a * b - c * d) / (a + b + c + d)  # (a - xi)(b - xi) = (c + xi)(d + xi)
        if root > xi:
            xi, ratio = root, (c + root) * (d + root)
    return xi, ratio


def _linear(comparisons: _Comparisons) -> Weights:
    from scipy.optimize import linprog

    n = len(comparisons.names)
    rows = []
    for k in range(n):
        for one, times, other in (
            (comparisons.best, comparisons.best_over[k], k),
            (k, comparisons.over_worst[k], comparisons.worst),
        ):
            if one != other:
                row = np.zeros(n + 1)
                row[one], row[other] = 1.0, -times
                rows += [row, -row]
    limits = np.array(rows)
    limits[:, n] = -1.0
    solved = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=limits,
        b_ub=np.zeros(len(limits)),
        A_eq=[[*[1.0] * n, 0.0]],
        b_eq=[1.0],
        method="highs",
    )
    # There is always a solution: any weights satisfy a large enough xi.
    *shares, xi = (max(float(x), 0.0) for x in np.asarray(solved.x))
    weights = weights_of(comparisons.names, shares)
    return Weights(
        weights=weights,
        method="bwm",
        consistency_ratio=xi,
        worst_judgement=farthest_judgement(_pairs(comparisons), weights),
        inconsistency=xi,
    )


def _pairs(comparisons: _Comparisons) -> Iterator[tuple[str, str, float]]:
    """List all comparisons, each once."""
    names, best, worst = (
        comparisons.names,
        comparisons.names[comparisons.best],
        comparisons.names[comparisons.worst],
    )
    yield best, worst, comparisons.span
    for k in comparisons.others:
        yield best, names[k], comparisons.best_over[k]
        yield names[k], worst, comparisons.over_worst[k]
