"""What a site could tip into: past the next in rank, into or out of the top tenth."""

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

    from standort.scoring import Profile

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Standing", "Target", "Tip", "find_targets", "first_passing", "step_past"]

#: how finely a range is cut at each step of a search; rows are scored together, so many are cheap
_CUTS = 64


@dataclass(frozen=True)
class Standing:
    """A site among those it is ranked with.

    Parameters
    ----------
    columns
        Partial values of the criteria in the basis, by criterion, in the order of `ids`.
    ids
        Ids of the sites.
    at
        Position of the site that is asked about.
    profile
        The profile.
    """

    columns: dict[str, Floats]
    ids: pd.Index
    at: int
    profile: Profile

    @cached_property
    def scores(self) -> Floats:
        """Scores of all sites; NaN where there is none."""
        return score_columns(self.columns, profile=self.profile)

    @cached_property
    def weights(self) -> Floats:
        """Share of the whole weight of each criterion."""
        return basis_weights(self.columns, profile=self.profile)

    @property
    def score(self) -> float:
        """Score of the site."""
        return float(self.scores[self.at])

    def with_value(self, criterion: str, values: Floats) -> Floats:
        """Score the site once for each value of one criterion, all else as it is."""
        rows = {name: np.full(len(values), c[self.at]) for name, c in self.columns.items()}
        rows[criterion] = np.ascontiguousarray(values, dtype=np.float64)
        return score_columns(rows, profile=self.profile)

    def with_weights(self, weights: Floats, rows: NDArray[np.intp] | None = None) -> Floats:
        """Score all sites, or some, under other weights."""
        shares = dict(zip(self.columns, weights.tolist(), strict=True))
        chosen = reweighted(self.profile, shares)
        some = self.columns if rows is None else {k: c[rows] for k, c in self.columns.items()}
        return score_columns(some, profile=chosen)

    def rank(self, scores: Floats, score: float | None = None) -> int:
        """Rank the site among the scores of all; `score` stands for its own if given."""
        own = scores[self.at] if score is None else score
        others = np.delete(scores, self.at)
        return 1 + int(np.count_nonzero(others > own))


@dataclass(frozen=True)
class Target:
    """A change of standing, and when it has happened.

    Parameters
    ----------
    name
        What happens, in words.
    rises
        Whether the site gains by it.
    level
        Score it must pass as long as the others keep theirs.
    rival
        Position of the site that has that score.
    top
        How many sites belong to the top tenth; None if the target is to pass the rival.
    """

    name: str
    rises: bool
    level: float
    rival: int
    top: int | None = None

    def passed(self, scores: Floats) -> Flags:
        """Tell which scores of the site are past the level."""
        return np.asarray(scores > self.level if self.rises else scores < self.level)

    def reached(self, scores: Floats, at: int) -> bool:
        """Tell whether the target is reached under new scores of all sites."""
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
    """List what the site could tip into; equal scores count as passed on the way down only."""
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
    """Give the way into or out of the top tenth; none if all sites are in it."""
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
    """Find the point nearest to the start that passes, if points pass from somewhere on.

    Parameters
    ----------
    passes
        Tells of each of some points whether it passes; once one does, all towards the end do.
    start, end
        Where to look; the end is included.
    most
        Steps, each of which cuts the range into 64.

    Returns
    -------
    A point that passes, whose neighbour among the floating-point numbers towards the start does
    not (or one within `most` steps of that); None if the end does not pass.

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
    """Take the least step from a tie towards the end that passes; None if none near it does."""
    spacing = np.spacing(max(abs(tie), abs(end) * 1e-6))
    steps = np.concatenate([[0.0], spacing * 4.0 ** np.arange(14)])
    points = tie + np.sign(end - tie) * steps
    inside = np.clip(points, min(tie, end), max(tie, end))
    passing = passes(inside)
    return float(inside[np.argmax(passing)]) if passing.any() else None
