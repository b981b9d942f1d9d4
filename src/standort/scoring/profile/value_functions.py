"""Value functions: from a metric to a partial value, 0 (worst) to 1 (best).

The profile fixes the reference points; they never come from the sites being scored, so a site keeps
its value whatever else is scored. All functions are monotone, keep NaN (unknown) and clamp outside
their reference points, so an infinite distance has the value of the far end.

Every operation is elementwise on contiguous arrays: a site gets the same bits alone as among a
million.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, model_validator

from standort.arguments import SHARE, between, checked, positive
from standort.array_types import Flags, Floats
from standort.errors import OptionError
from standort.scoring.profile.base_model import FrozenModel, Number, Share, Text
from standort.scoring.profile.problems import Problem, as_number, as_table, raise_rules


@checked(xs=between(), partial_values=SHARE)
def piecewise(
    metric: "ArrayLike", *, xs: Sequence[float], partial_values: Sequence[float]
) -> Floats:
    """Interpolate linearly between breakpoints, clamped outside them.

    Parameters
    ----------
    metric
        The metric of each site [unit of the breakpoints]; NaN is unknown.
    xs
        Breakpoints, strictly increasing [unit of the metric].
    partial_values
        Value at each breakpoint, in [0, 1].

    Returns
    -------
    Partial values in [0, 1], NaN where the metric is NaN.

    Examples
    --------
    A port 30 km away has the value 0.5, one out of reach 0:

    >>> piecewise([5, 30, float("inf")], xs=[5, 30, 100], partial_values=[1, 0.5, 0])
    array([1. , 0.5, 0. ])
    """
    _check_lengths(xs, partial_values)
    return np.asarray(np.interp(_flat(metric), xs, partial_values), dtype=np.float64)


def _check_lengths(xs: Sequence[float], partial_values: Sequence[float]) -> None:
    if not 0 < len(xs) == len(partial_values):
        msg = f"expected a partial value for each x, got {len(partial_values)} for {len(xs)}; add"
        raise OptionError(msg + " what is missing")


@checked(xs=positive(), partial_values=SHARE)
def log_piecewise(
    metric: "ArrayLike", *, xs: Sequence[float], partial_values: Sequence[float]
) -> Floats:
    """Interpolate linearly in the logarithm of the metric, clamped outside the breakpoints.

    For quantities where doubling matters equally at any size, such as installed capacity. A metric
    of 0 has no logarithm; like all metrics below the first breakpoint it gets its value.

    Parameters
    ----------
    metric
        The metric of each site [unit of the breakpoints]; NaN is unknown.
    xs
        Breakpoints, strictly increasing and above 0 [unit of the metric].
    partial_values
        Value at each breakpoint, in [0, 1].

    Returns
    -------
    Partial values in [0, 1], NaN where the metric is NaN.

    Examples
    --------
    >>> log_piecewise([0, 0.1, 1, 100], xs=[0.1, 1, 10], partial_values=[0, 0.5, 1])
    array([0. , 0. , 0.5, 1. ])
    """
    _check_lengths(xs, partial_values)
    clamped = np.minimum(np.maximum(_flat(metric), xs[0]), xs[-1])
    return piecewise(np.log10(clamped), xs=np.log10(xs).tolist(), partial_values=partial_values)


@checked(worst=between(), best=between())
def goalpost(metric: "ArrayLike", *, worst: float, best: float) -> Floats:
    """Interpolate linearly from 0 at a fixed worst point to 1 at a fixed best point.

    Parameters
    ----------
    metric
        The metric of each site [unit of the goalposts]; NaN is unknown.
    worst
        Metric with the value 0; above `best` if less is better.
    best
        Metric with the value 1.

    Returns
    -------
    Partial values in [0, 1], NaN where the metric is NaN.

    Examples
    --------
    >>> goalpost([100, 60, 0], worst=100, best=20)
    array([0. , 0.5, 1. ])
    """
    share = (_flat(metric) - worst) / (best - worst)
    return np.minimum(np.maximum(share, 0.0), 1.0) + 0.0  # + 0.0 turns -0.0 into 0.0


@checked(midpoint=between(), scale=between())
def logistic(metric: "ArrayLike", *, midpoint: float, scale: float) -> Floats:
    """Apply an S-curve with the value 0.5 at the midpoint.

    It never reaches 0 or 1 at a finite metric, so no site is out of its range.

    Parameters
    ----------
    metric
        The metric of each site [unit of the midpoint]; NaN is unknown.
    midpoint
        Metric with the value 0.5.
    scale
        Distance from the midpoint [same unit] over which the value goes from 0.5 to 0.731 if
        positive (more is better), to 0.269 if negative (less is better). Not 0.

    Returns
    -------
    Partial values in [0, 1], NaN where the metric is NaN.

    Notes
    -----
    v = 1 / (1 + exp(-(x - midpoint) / scale)).

    Examples
    --------
    >>> logistic([50, 60, float("inf")], midpoint=50, scale=-10).round(3)
    array([0.5  , 0.269, 0.   ])
    """
    exponent = (_flat(metric) - midpoint) / -scale
    with np.errstate(over="ignore"):  # exp(inf) is inf, and 1 / inf is 0, as intended
        return np.asarray(1.0 / (1.0 + np.exp(exponent)), dtype=np.float64)


class Breakpoint(FrozenModel):
    """A metric, its partial value and their source."""

    x: Number
    value: Share
    source: Text


class ReferencePoint(FrozenModel):
    """A number of a value function and its source."""

    x: Number
    source: Text


class _Checked(FrozenModel):
    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(value_function_problems(self.model_dump()))
        return self


class _Points(_Checked):
    points: tuple[Breakpoint, ...] = Field(min_length=2)

    @property
    def xs(self) -> list[float]:
        """Breakpoints [unit of the metric]."""
        return [point.x for point in self.points]

    @property
    def direction(self) -> Literal["benefit", "cost"]:
        """Whether more is better or worse."""
        return "benefit" if self.points[-1].value > self.points[0].value else "cost"

    def out_of_range(self, metric: ArrayLike) -> Flags:
        """Flag the metrics outside the breakpoints; False where unknown."""
        return _outside(metric, self.points[0].x, self.points[-1].x)


class Piecewise(_Points):
    """Linear between breakpoints; callable with a metric."""

    kind: Literal["piecewise"]

    def __call__(self, metric: ArrayLike) -> Floats:
        """Return the partial values of a metric."""
        return piecewise(metric, xs=self.xs, partial_values=[point.value for point in self.points])


class LogPiecewise(_Points):
    """Linear between breakpoints in the logarithm of the metric; callable with a metric."""

    kind: Literal["log_piecewise"]

    def __call__(self, metric: ArrayLike) -> Floats:
        """Return the partial values of a metric."""
        return log_piecewise(
            metric, xs=self.xs, partial_values=[point.value for point in self.points]
        )


class Goalpost(_Checked):
    """Linear from a worst to a best point; callable with a metric."""

    kind: Literal["goalpost"]
    worst: ReferencePoint
    best: ReferencePoint

    @property
    def direction(self) -> Literal["benefit", "cost"]:
        """Whether more is better or worse."""
        return "benefit" if self.best.x > self.worst.x else "cost"

    def out_of_range(self, metric: ArrayLike) -> Flags:
        """Flag the metrics beyond the goalposts; False where unknown."""
        low, high = sorted((self.worst.x, self.best.x))
        return _outside(metric, low, high)

    def __call__(self, metric: ArrayLike) -> Floats:
        """Return the partial values of a metric."""
        return goalpost(metric, worst=self.worst.x, best=self.best.x)


class Logistic(_Checked):
    """An S-curve; callable with a metric."""

    kind: Literal["logistic"]
    midpoint: ReferencePoint
    scale: ReferencePoint

    @property
    def direction(self) -> Literal["benefit", "cost"]:
        """Whether more is better or worse."""
        return "benefit" if self.scale.x > 0 else "cost"

    def out_of_range(self, metric: ArrayLike) -> Flags:
        """Return False for all metrics: the curve has no ends."""
        return np.zeros(len(_flat(metric)), dtype=np.bool_)

    def __call__(self, metric: ArrayLike) -> Floats:
        """Return the partial values of a metric."""
        return logistic(metric, midpoint=self.midpoint.x, scale=self.scale.x)


ValueFunction = Annotated[
    Piecewise | LogPiecewise | Goalpost | Logistic, Field(discriminator="kind")
]


@checked()
def out_of_range_share(
    metric: "ArrayLike", value_function: "Piecewise | LogPiecewise | Goalpost | Logistic"
) -> float:
    """Return the share of known metrics outside the reference points.

    A large share means that the value function cannot distinguish these sites; it is not an error.

    Parameters
    ----------
    metric
        The metric of each site; NaN is unknown and left out.
    value_function
        The value function of the criterion.

    Returns
    -------
    Share in [0, 1]; NaN if no metric is known.

    Examples
    --------
    >>> reach = Goalpost.model_validate({
    ...     "kind": "goalpost",
    ...     "worst": {"x": 100, "source": "assumption"},
    ...     "best": {"x": 0, "source": "assumption"},
    ... })
    >>> out_of_range_share([50, 100, 150, float("nan"), float("inf")], reach)
    0.5
    """
    known = ~np.isnan(_flat(metric))
    if not known.any():
        return float("nan")
    return int(value_function.out_of_range(metric).sum()) / int(known.sum())


def value_function_problems(raw: object) -> list[Problem]:
    """List problems between the keys of a value function; skip values of the wrong type."""
    table = as_table(raw)
    match table.get("kind"):
        case "piecewise" | "log_piecewise" as kind:
            points = table.get("points")
            tables = [as_table(p) for p in points] if isinstance(points, list | tuple) else []
            xs = [as_number(point.get("x")) for point in tables]
            values = [as_number(point.get("value")) for point in tables]
            return [*_x_problems(xs, positive=kind == "log_piecewise"), *_monotone_problems(values)]
        case "goalpost":
            worst, best = (_x_of(table, key) for key in ("worst", "best"))
            if worst is not None and worst == best:
                message = f"expected a point other than worst.x, got {best:g} twice; change one"
                return [Problem(("best", "x"), message)]
        case "logistic":
            if _x_of(table, "scale") == 0:
                message = (
                    "expected a scale other than 0, got 0; use a negative one if less is better"
                )
                return [Problem(("scale", "x"), message)]
    return []


def _x_of(table: Mapping[str, object], key: str) -> float | None:
    return as_number(as_table(table.get(key)).get("x"))


def _x_problems(xs: Sequence[float | None], *, positive: bool) -> list[Problem]:
    problems = []
    for i, x in enumerate(xs):
        before = xs[i - 1] if i else None
        if x is not None and before is not None and x <= before:
            message = f"expected more than the {before:g} of the point before, got {x:g}"
            problems.append(Problem(("points", i, "x"), f"{message}; sort the points by x"))
        if x is not None and positive and x <= 0:
            message = f"expected a number above 0 on a logarithmic scale, got {x:g}"
            problems.append(Problem(("points", i, "x"), f"{message}; use kind 'piecewise' for 0"))
    return problems


def _monotone_problems(values: Sequence[float | None]) -> list[Problem]:
    known = [value for value in values if value is not None]
    if len(known) < max(len(values), 2):
        return []
    if min(known) == max(known):
        message = f"expected values that differ, got {known[0]:g} at every point"
        return [Problem(("points",), f"{message}; a constant cannot distinguish sites")]
    steps = [after - before for before, after in pairwise(known)]
    direction = next(step for step in steps if step)
    for i, step in enumerate(steps, start=1):
        if step * direction < 0:
            message = f"expected values that only rise or only fall, got {known}"
            return [Problem(("points", i, "value"), f"{message}; make them monotone")]
    return []


def _flat(metric: ArrayLike) -> Floats:
    """Return a contiguous array of at least one dimension: scalar code may differ in bits."""
    return np.ascontiguousarray(metric, dtype=np.float64)


def _outside(metric: ArrayLike, low: float, high: float) -> Flags:
    x = _flat(metric)
    return np.asarray((x < low) | (x > high), dtype=np.bool_)
