"""From criteria to numbers: measure each one at every site and say what it is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import LayerError
from standort.layers.inputs import Features, as_features
from standort.metrics import (
    Measurement,
    exponential,
    gaussian,
    linear,
    measure_count,
    measure_largest,
    measure_nearest,
    measure_neighbours,
    measure_sum,
)
from standort.scoring import apply_filter
from standort.units import convert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from standort.layers import Study
    from standort.layers.inputs import Sites
    from standort.metrics import Decay
    from standort.scoring import Criterion, FilterOutcome, Profile

    Progress = Callable[[str, int, int], None]

__all__ = ["Context", "Evaluation", "availability", "evaluate"]

#: metrics a profile may name that this version does not measure
_NOT_MEASURED = frozenset({"hansen_access", "floating_catchment"})

_DECAYS: dict[str, Callable[..., Decay]] = {
    "exponential": exponential,
    "gaussian": gaussian,
    "linear": linear,
}


@dataclass(frozen=True)
class Context:
    """The layers of a study, prepared once for all criteria that measure against them."""

    study: Study
    _prepared: dict[str, Features] = field(default_factory=dict)

    def layer(self, name: str) -> Features:
        """Give a whole layer, in the order of its ids."""
        if name not in self._prepared:
            self._prepared[name] = as_features(self.study.layers[name])
        return self._prepared[name]

    def features(self, criterion: Criterion) -> tuple[Features, FilterOutcome]:
        """Give the features that pass the criterion's filter, and how the filter went."""
        whole = self.layer(str(criterion.layer))
        try:
            outcome = apply_filter(whole.table, criterion.filter)
        except LayerError as error:
            msg = f"criterion {criterion.id!r}, layer {criterion.layer!r}: {error}"
            raise LayerError(msg) from error
        if outcome.passes.all():
            return whole, outcome
        return whole.subset(np.flatnonzero(outcome.passes)), outcome

    def in_doubt(self, criterion: Criterion) -> NDArray[np.bool_]:
        """Flag the features that only something unknown keeps from passing the filter."""
        _, outcome = self.features(criterion)
        return outcome.may_pass & ~outcome.passes


@dataclass(frozen=True)
class Evaluation:
    """Criteria measured and valued at sites; every table has the index of the sites.

    Parameters
    ----------
    measurements
        By criterion, in the unit of the criterion.
    partial_values
        NaN where unknown.
    low, high
        Bounds of the partial values from what is unknown.
    """

    measurements: dict[str, Measurement]
    partial_values: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame


def availability(study: Study, profile: Profile) -> pd.DataFrame:
    """Tell which criteria of a profile a study has the layers for.

    Parameters
    ----------
    study
        The study.
    profile
        The profile.

    Returns
    -------
    One row per criterion in profile order: ``criterion``, ``component``, ``layer``,
    ``available``, and ``reason`` why not (empty if available).
    """
    rows = [
        (c.id, c.component, c.layer, _why_not(study, c) is None, _why_not(study, c) or "")
        for c in profile.criteria
    ]
    return pd.DataFrame(rows, columns=["criterion", "component", "layer", "available", "reason"])


def _why_not(study: Study, criterion: Criterion) -> str | None:
    """Say why a criterion cannot be measured; None if it can."""
    if criterion.metric in _NOT_MEASURED:
        return "not yet computed by this version"
    layer = str(criterion.layer)
    if layer not in study.layers:
        return f"the study has no layer {layer!r}"
    if criterion.column is None:
        return None
    table = study.layers[layer]
    if criterion.column not in table.columns:
        return f"layer {layer!r} has no column {criterion.column!r}"
    if len(table) and table[criterion.column].isna().all():
        return f"layer {layer!r}: {criterion.column!r} is unknown in every row"
    return None


def evaluate(
    sites: Sites,
    criteria: Iterable[Criterion],
    context: Context,
    *,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure criteria at sites and turn the metrics into partial values.

    Parameters
    ----------
    sites
        Where to measure.
    criteria
        What to measure; all must be available.
    context
        The layers to measure against.
    progress
        Called with a label, the number done and the number in all.

    Returns
    -------
    The evaluation, columns in the order of `criteria`.
    """
    wanted = list(criteria)
    measurements: dict[str, Measurement] = {}
    values, low, high = ({} for _ in range(3))
    for done, criterion in enumerate(wanted):
        if progress is not None:
            progress(criterion.title, done, len(wanted))
        features, _ = context.features(criterion)
        measured = _measure(sites, criterion, features)
        measurements[criterion.id] = measured
        value, worst, best = _values(measured, criterion)
        otherwise = _measure_with_doubtful(sites, criterion, context, measured)
        if otherwise is not None:
            _, lower, upper = _values(otherwise, criterion)
            worst, best = np.fmin(worst, lower), np.fmax(best, upper)
        values[criterion.id], low[criterion.id], high[criterion.id] = value, worst, best
    if progress is not None:
        progress("", len(wanted), len(wanted))
    tables = (pd.DataFrame(table, index=sites.index) for table in (values, low, high))
    return Evaluation(measurements, *tables)


def _measure(sites: Sites, criterion: Criterion, features: Features) -> Measurement:
    """Call the metric that the criterion names, and give it in the criterion's unit."""
    return _in_unit(_call_metric(sites, criterion, features), criterion)


def _measure_with_doubtful(
    sites: Sites, criterion: Criterion, context: Context, measured: Measurement
) -> Measurement | None:
    """Measure as if the features in doubt passed the filter; None if there are none."""
    doubtful = context.in_doubt(criterion)
    if not doubtful.any():
        return None
    whole = context.layer(str(criterion.layer))
    if criterion.metric == "nearest_distance":  # the nearer of two answers, so as to index little
        alone = _measure(sites, criterion, whole.subset(np.flatnonzero(doubtful)))
        nearer = measured.value.clip(upper=alone.value)
        return Measurement(nearer, measured.feature, measured.unknown)
    _, outcome = context.features(criterion)
    return _measure(sites, criterion, whole.subset(np.flatnonzero(outcome.may_pass)))


def _call_metric(sites: Sites, criterion: Criterion, features: Features) -> Measurement:
    reach = np.inf if criterion.max_distance_km is None else criterion.max_distance_km
    radius = criterion.radius_km or np.nan
    column = str(criterion.column)
    match criterion.metric:
        case "nearest_distance":
            return measure_nearest(sites, features, max_distance_km=reach)
        case "neighbour_distance":
            k = criterion.k or 1
            return measure_neighbours(sites, features, k=k, max_distance_km=reach)
        case "count_within":
            return measure_count(sites, features, radius_km=radius)
        case "largest_within":
            return measure_largest(sites, features, column, radius_km=radius)
        case _:
            decay = _decay(criterion)
            return measure_sum(sites, features, column, radius_km=radius, decay=decay)


def _decay(criterion: Criterion) -> Decay | None:
    if criterion.decay is None:
        return None
    parameters = criterion.decay.model_dump(exclude={"kind"})
    return _DECAYS[criterion.decay.kind](**parameters)


def _in_unit(measured: Measurement, criterion: Criterion) -> Measurement:
    """Convert from the unit of the layer's column to that of the criterion."""
    if criterion.column_unit is None or criterion.column_unit == criterion.unit:
        return measured
    converted = convert(measured.value, criterion.column_unit, criterion.unit)
    return Measurement(converted, measured.feature, measured.unknown)


def _values(
    measured: Measurement, criterion: Criterion
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value a metric, with bounds: an unknown quantity within reach could change it one way."""
    value = criterion.value(measured.value.to_numpy())
    unsure = measured.unknown.to_numpy() > 0
    low, high = value.copy(), value.copy()
    if criterion.value.direction == "benefit":
        high[unsure] = 1.0
    else:
        low[unsure] = 0.0
    low[np.isnan(value)], high[np.isnan(value)] = 0.0, 1.0
    return value, low, high
