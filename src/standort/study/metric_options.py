"""Options of a criterion as the objects that metrics take: decays, technologies, coverage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from standort import metrics
from standort.metrics.measurement import MIN_COVERAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.metrics import Decay, Technology
    from standort.scoring import Criterion, DistanceDecay

#: unit of a raster of capacity factors; any other raster of a potential holds wind speeds
_FACTORS = "ratio"

_DECAYS: dict[str, Callable[..., Decay]] = {
    "exponential": metrics.exponential,
    "gaussian": metrics.gaussian,
    "truncated_gaussian": metrics.truncated_gaussian,
    "linear": metrics.linear,
    "cutoff": metrics.cutoff,
    "logistic": metrics.logistic,
    "power": metrics.power,
    "steps": metrics.steps,
}


def as_decay(decay: DistanceDecay | None) -> Decay | None:
    """Return the function of a decay that a profile declares."""
    if decay is None:
        return None
    return _DECAYS[decay.kind](**decay.model_dump(exclude={"kind"}))


def as_technology(criterion: Criterion) -> Technology:
    """Return the technology of a criterion; it has a power curve only for wind speeds."""
    chosen, source = criterion.technology, criterion.source
    assert chosen is not None
    assert source is not None
    has_factors = source.unit == _FACTORS
    if isinstance(chosen, str):
        wind = metrics.ONSHORE_WIND
        return replace(wind, power_curve=None) if has_factors else wind
    declared = chosen.power_curve
    curve = metrics.PowerCurve(**({} if declared is None else declared.model_dump()))
    return metrics.Technology(
        density_mw_per_km2=chosen.density.mw_per_km2,
        availability=chosen.availability.share,
        source=f"density: {chosen.density.source}; availability: {chosen.availability.source}",
        power_curve=None if has_factors else curve,
    )


def min_coverage(criterion: Criterion) -> float:
    """Return the least known share of the disc at which a raster has a value."""
    declared = None if criterion.source is None else criterion.source.min_coverage
    return MIN_COVERAGE if declared is None else declared
