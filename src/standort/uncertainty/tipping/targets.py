"""Targets of a tipping point: passing the next site in rank, entering or leaving the top tenth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from standort.uncertainty.reweighting import basis_weights, reweighted, score_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats
    from standort.scoring import Profile


#: parts a range is divided into at each step of a search; they are scored together
_CUTS = 64


@dataclass(frozen=True)
class Standing:
    """A site among the sites it is ranked with.

    Parameters
    ----------
    columns
        Partial values of the criteria in the basis, by criterion, in the order of `ids`.
    ids
        Ids of the sites.
    at
        Row of the site in `ids`.
    profile
        The profile.
    """

    columns: dict[str, Floats]
    ids: pd.Index
    at: int
    profile: Profile

    @cached_property
    def scores(self) -> Floats:
        """Scores of all sites; NaN if a site has none."""
        return score_columns(self.columns, profile=self.profile)

    @cached_property
    def weights(self) -> Floats:
        """Share of the total weight of each criterion."""
        return basis_weights(self.columns, profile=self.profile)

    @property
    def score(self) -> float:
        """Score of the site."""
        return float(self.scores[self.at])

    def with_value(self, criterion: str, values: Floats) -> Floats:
        """Score the site for each value of one criterion, all else unchanged."""
        rows = {name: np.full(len(values), c[self.at]) for name, c in self.columns.items()}
        rows[criterion] = np.ascontiguousarray(values, dtype=np.float64)
        return score_columns(rows, profile=self.profile)

    def with_weights(self, weights: Floats, rows: NDArray[np.intp] | None = None) -> Floats:
        """Score all or some sites under other weights."""
        shares = dict(zip(self.columns, weights.tolist(), strict=True))
        chosen = reweighted(self.profile, shares)
        some = self.columns if rows is None else {k: c[rows] for k, c in self.columns.items()}
        return score_columns(some, profile=chosen)

    def rank(self, scores: Floats, score: float | None = None) -> int:
        """Rank the site among the scores of all sites; `score` replaces its own if given."""
        own = scores[self.at] if score is None else score
        others = np.delete(scores, self.at)
        return 1 + int(np.count_nonzero(others > own))


@dataclass(frozen=True)
class Target:
    """A change of rank, and the condition for it.

    Parameters
    ----------
    name
        Description of the change.
    rises
        Whether the site moves up.
    level
        Score to pass while the other sites keep theirs.
    rival
        Row of the site with that score.
    top
        Number of sites in the top tenth; None if the target is to pass the rival.
    """

    name: str
    rises: bool
    level: float
    rival: int
    top: int | None = None

    def passed(self, scores: Floats) -> Flags:
        """Return which scores of the site are past the level."""
        return np.asarray(scores > self.level if self.rises else scores < self.level)

    def reached(self, scores: Floats, at: int) -> bool:
        """Return whether the target is reached under new scores of all sites."""
        own = scores[at]
        if np.isnan(own):
            return False
        if self.top is None:
            rival = scores[self.rival]
            return bool(own > rival if self.rises else own < rival)
        better = int(np.count_nonzero(np.delete(scores, at) > own))
        return better < self.top if self.rises else better >= self.top


@dataclass(frozen=True)
class Tip:
    """A change that reaches a target."""

    before: float
    after: float
    method: str
    weights: Floats | None = None


def find_targets(standing: Standing) -> list[Target]:
    """List the targets of a site; equal scores count as passed on the way down only."""
    score, at = standing.score, standing.at
    others = np.delete(np.arange(len(standing.ids)), at)
    others = others[~np.isnan(standing.scores[others])]
    levels = standing.scores[others]
    targets = []
    above, below = others[levels > score], others[levels <= score]
    if above.size:
        rival = int(above[np.argmin(standing.scores[above])])
        targets.append(Target("overtakes", True, float(standing.scores[rival]), rival))  # noqa: FBT003 - a field
    if below.size:
        rival = int(below[np.argmax(standing.scores[below])])
        targets.append(Target("is overtaken by", False, float(standing.scores[rival]), rival))  # noqa: FBT003 - a field
    return [*targets, *_top_tenth(standing, others)]


def _top_tenth(standing: Standing, others: NDArray[np.intp]) -> list[Target]:
    """Return the target of entering or leaving the top tenth; none if all sites are in it."""
    top = -(-(len(others) + 1) // 10)
    if len(others) < top:
        return []
    best_first = others[np.argsort(-standing.scores[others], kind="stable")]
    rival = int(best_first[top - 1])
    level = float(standing.scores[rival])
    outside = int(np.count_nonzero(standing.scores[others] > standing.score)) >= top
    name = "enters the top tenth" if outside else "leaves the top tenth"
    return [Target(name, outside, level, rival, top)]


def first_passing(
    passes: Callable[[Floats], Flags], start: float, end: float, *, most: int = 60
) -> float | None:
    """Find the point nearest to the start that passes, if all points beyond some point pass.

    Parameters
    ----------
    passes
        Returns whether each point passes; once one does, so do all towards the end.
    start, end
        Range to search, end included.
    most
        Largest number of steps, each dividing the range into 64 parts.

    Returns
    -------
    The first floating-point number that passes (or a point within `most` steps of it); None if the
    end does not pass.

    Examples
    --------
    >>> first_passing(lambda x: x * x >= 2.0, 0.0, 3.0)
    1.414213562373095
    """
    if passes(np.array([start]))[0]:
        return start
    if not passes(np.array([end]))[0]:
        return None
    before, after = start, end
    for _ in range(most):
        grid = before + (after - before) * (np.arange(1, _CUTS) / _CUTS)
        grid = grid[(grid != before) & (grid != after)]
        if not grid.size:
            break
        passing = passes(grid)
        if passing.any():
            first = int(np.argmax(passing))
            after = float(grid[first])
            before = before if first == 0 else float(grid[first - 1])
        else:
            before = float(grid[-1])
    return after


def step_past(passes: Callable[[Floats], Flags], tie: float, end: float) -> float | None:
    """Return the nearest point to a tie, towards the end, that passes; None if none nearby does."""
    spacing = np.spacing(max(abs(tie), abs(end) * 1e-6))
    steps = np.concatenate([[0.0], spacing * 4.0 ** np.arange(14)])
    points = tie + np.sign(end - tie) * steps
    inside = np.clip(points, min(tie, end), max(tie, end))
    passing = passes(inside)
    return float(inside[np.argmax(passing)]) if passing.any() else None
