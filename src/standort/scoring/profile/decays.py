"""Distance decays in a profile: a kind, and the options of the function it names."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from standort.scoring.profile.base_model import FrozenModel, Positive, Share
from standort.scoring.profile.problems import Problem, as_number, as_table, raise_rules


class ExponentialDecay(FrozenModel):
    """Weight e^(-d / scale_km): 1 at the site, 0.37 at the scale."""

    kind: Literal["exponential"]
    scale_km: Positive


class GaussianDecay(FrozenModel):
    """Weight e^(-d^2 / (2 bandwidth_km^2)): 1 at the site, 0.61 at the bandwidth."""

    kind: Literal["gaussian"]
    bandwidth_km: Positive


class TruncatedGaussianDecay(FrozenModel):
    """A Gaussian of standard deviation reach_km, shifted and scaled to be 0 beyond reach_km."""

    kind: Literal["truncated_gaussian"]
    reach_km: Positive


class LinearDecay(FrozenModel):
    """Weight 1 - d / reach_km, 0 beyond: 1 at the site, 0.5 at half the reach."""

    kind: Literal["linear"]
    reach_km: Positive


class CutoffDecay(FrozenModel):
    """Weight 1 up to reach_km, 0 beyond."""

    kind: Literal["cutoff"]
    reach_km: Positive


class LogisticDecay(FrozenModel):
    """An S-curve, steepest at midpoint_km; it falls faster the larger steepness_per_km is."""

    kind: Literal["logistic"]
    midpoint_km: Positive
    steepness_per_km: Positive


class PowerDecay(FrozenModel):
    """Weight (d / floor_km)^(-exponent), 1 up to the floor."""

    kind: Literal["power"]
    exponent: Positive
    floor_km: Positive = 1.0


class StepsDecay(FrozenModel):
    """One weight up to each distance, inclusive, and 0 beyond the last: [[20, 1], [40, 0.68]]."""

    kind: Literal["steps"]
    table: tuple[tuple[Positive, Share], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(decay_problems(self.model_dump()))
        return self


#: Kinds and options are named after the functions of `standort.metrics`.
DistanceDecay = Annotated[
    ExponentialDecay
    | GaussianDecay
    | TruncatedGaussianDecay
    | LinearDecay
    | CutoffDecay
    | LogisticDecay
    | PowerDecay
    | StepsDecay,
    Field(discriminator="kind"),
]

#: Model of each kind.
DECAYS: dict[str, type[FrozenModel]] = {
    "exponential": ExponentialDecay,
    "gaussian": GaussianDecay,
    "truncated_gaussian": TruncatedGaussianDecay,
    "linear": LinearDecay,
    "cutoff": CutoffDecay,
    "logistic": LogisticDecay,
    "power": PowerDecay,
    "steps": StepsDecay,
}


def decay_problems(raw: object) -> list[Problem]:
    """List problems between the steps of a decay; values of the wrong type are skipped."""
    table = as_table(raw)
    if table.get("kind") != "steps":
        return []
    distances, weights = _step_columns(table.get("table"))
    problems = []
    if not all(nearer < farther for nearer, farther in pairwise(distances)):
        message = f"expected increasing distances [km], got {distances}; sort the steps"
        problems.append(Problem(("table",), message))
    if weights and weights[0] != 1.0:
        message = f"expected the first weight to be 1, got {weights[0]:g}; divide all by it"
        problems.append(Problem(("table",), message))
    if not all(before >= after for before, after in pairwise(weights)):
        message = f"expected weights that do not rise with distance, got {weights}; correct them"
        problems.append(Problem(("table",), message))
    return problems


def _step_columns(raw: object) -> tuple[list[float], list[float]]:
    """Return distances and weights, or nothing if a step is not a pair of numbers."""
    steps = raw if isinstance(raw, list | tuple) else []
    pairs = [tuple(map(as_number, step)) for step in steps if isinstance(step, list | tuple)]
    if len(pairs) != len(steps) or any(len(p) != 2 or None in p for p in pairs):  # noqa: PLR2004
        return [], []
    return [float(p[0] or 0.0) for p in pairs], [float(p[1] or 0.0) for p in pairs]
