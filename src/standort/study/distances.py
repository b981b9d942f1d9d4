"""Decays of a profile as the functions they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.metrics import (
    cutoff,
    exponential,
    gaussian,
    linear,
    logistic,
    power,
    steps,
    truncated_gaussian,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.metrics import Decay
    from standort.scoring import DistanceDecay

__all__ = ["as_decay"]

_FUNCTIONS: dict[str, Callable[..., Decay]] = {
    "exponential": exponential,
    "gaussian": gaussian,
    "truncated_gaussian": truncated_gaussian,
    "linear": linear,
    "cutoff": cutoff,
    "logistic": logistic,
    "power": power,
    "steps": steps,
}


def as_decay(decay: DistanceDecay | None) -> Decay | None:
    """Turn a decay as a profile writes it into one that weighs distances."""
    if decay is None:
        return None
    return _FUNCTIONS[decay.kind](**decay.model_dump(exclude={"kind"}))
