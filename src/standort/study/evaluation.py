"""Evaluation of criteria: metrics at every site, partial values, and their bounds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from standort.arguments import checked
from standort.clusters import as_cluster_sites
from standort.earth.blocks import in_threads
from standort.metric_table import METRICS
from standort.results.notes import Note
from standort.study.context import find_raster
from standort.study.metric_functions import FUNCTIONS, Inputs
from standort.units import convert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from standort.array_types import Flags, Floats, Progress
    from standort.layers import Study
    from standort.layers.features import Features, Sites
    from standort.metric_table import Combination
    from standort.metrics import Measurement
    from standort.scoring import Criterion, Profile
    from standort.study.context import Context


#: number of sites up to which layers are measured in parallel: one criterion cannot use two cores
_FEW_SITES = 50_000

#: how the metric of two sets of features is computed from that of each
_COMBINED: dict[Combination, Callable[[Floats, Floats], Floats]] = {
    "minimum": np.minimum,
    "maximum": np.maximum,
    "sum": np.add,
}


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


class Availability(NamedTuple):
    """Whether a study has the inputs of a criterion."""

    criterion: Criterion
    reason: Note | None
    """Why it is not available; None if it is."""


@checked()
def availability(study: Study, profile: Profile) -> pd.DataFrame:
    """Return which criteria of a profile a study has the layers for.

    Parameters
    ----------
    study
        The study.
    profile
        The profile.

    Returns
    -------
    One row per criterion in profile order: ``criterion``, ``component``, ``layer``, ``raster``
    (its name), ``available``, and ``reason`` why not (empty if available). A raster is available
    if there is a path to it; whether it can be opened shows when it is measured.
    """
    from standort.outputs.note_text import format_reason

    columns = ["criterion", "component", "layer", "raster", "available", "reason"]
    rows = []
    for c, reason in available_criteria(study, profile):
        raster = None if c.source is None else c.source.raster
        text = "" if reason is None else format_reason(reason)
        rows.append((c.id, c.component, c.layer, raster, reason is None, text))
    return pd.DataFrame(rows, columns=columns)


def available_criteria(study: Study, profile: Profile) -> tuple[Availability, ...]:
    """Return the criteria of a profile, in its order, and why some are not available."""
    return tuple(Availability(c, _missing(study, c)) for c in profile.criteria)


def _missing(study: Study, criterion: Criterion) -> Note | None:
    """Return what a criterion lacks; None if it can be measured."""
    if criterion.source is not None:
        if find_raster(study, criterion) is not None:
            return None
        return Note("no_raster", raster=criterion.source.raster)
    if criterion.layer is None and "emitters" not in study.layers:
        return Note("no_emitters", layer="emitters")
    wanted = [(criterion.layer or "emitters", criterion.column)]
    if criterion.demand is not None:
        wanted.append((criterion.demand.layer, criterion.demand.column))
    reasons = (_missing_quantity(study, layer, column) for layer, column in wanted)
    return next((reason for reason in reasons if reason is not None), None)


def _missing_quantity(study: Study, layer: str, column: str | None) -> Note | None:
    if layer not in study.layers:
        return Note("no_layer", layer=layer)
    if column is None:
        return None
    table = study.layers[layer]
    if column not in table.columns:
        return Note("no_column", layer=layer, column=column)
    if len(table) and table[column].isna().all():
        return Note("all_unknown", layer=layer, column=column)
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
        Criteria to measure; all must be available.
    context
        The layers to measure against.
    progress
        Called with a label, the number of criteria done and the number in all.

    Returns
    -------
    The evaluation, columns in the order of `criteria`.
    """
    wanted = list(criteria)
    together = len(sites) <= _FEW_SITES
    groups = _by_layer(wanted) if together else [[criterion] for criterion in wanted]
    answers = iter(
        (in_threads if together else map)(
            lambda group: [_evaluate_one(sites, criterion, context) for criterion in group], groups
        )
    )
    evaluated: dict[str, _Evaluated] = {}
    for group in groups:
        if progress is not None:
            progress(group[0].title, len(evaluated), len(wanted))
        evaluated |= zip([criterion.id for criterion in group], next(answers), strict=True)
    if progress is not None:
        progress("", len(wanted), len(wanted))
    in_order = {criterion.id: evaluated[criterion.id] for criterion in wanted}
    value, low, high = (
        pd.DataFrame({key: getattr(one, part) for key, one in in_order.items()}, index=sites.index)
        for part in ("value", "low", "high")
    )
    measurements = {key: one.measurement for key, one in in_order.items()}
    return Evaluation(measurements, value, low, high)


class _Evaluated(NamedTuple):
    """One criterion at every site: measurement, partial value and bounds."""

    measurement: Measurement
    value: Floats
    low: Floats
    high: Floats


def _by_layer(criteria: list[Criterion]) -> list[list[Criterion]]:
    """Group criteria by layer, so that each layer is measured by one thread."""
    groups: dict[object, list[Criterion]] = {}
    for criterion in criteria:
        against = "raster" if criterion.source is not None else criterion.layer
        groups.setdefault(against, []).append(criterion)
    return list(groups.values())


def _evaluate_one(sites: Sites, criterion: Criterion, context: Context) -> _Evaluated:
    measured, otherwise = _measure_one(sites, criterion, context)
    value, low, high = _values(measured, criterion)
    if otherwise is not None:
        _, lower, upper = _values(otherwise, criterion)
        low, high = np.fmin(low, lower), np.fmax(high, upper)
    return _Evaluated(measured, value, low, high)


def measure(
    sites: Sites, criteria: Iterable[Criterion], context: Context
) -> dict[str, Measurement]:
    """Measure criteria at sites without value functions and bounds.

    Parameters
    ----------
    sites, criteria, context
        As for `evaluate`.

    Returns
    -------
    By criterion, the measurements in the unit of the criterion, as in `evaluate`.
    """
    return {criterion.id: _measure_alone(sites, criterion, context) for criterion in criteria}


def _measure_one(
    sites: Sites, criterion: Criterion, context: Context
) -> tuple[Measurement, Measurement | None]:
    """Measure a criterion, and again with the features in doubt; None if there are none."""
    measured = _measure_alone(sites, criterion, context)
    if criterion.source is not None:
        return measured, None
    return measured, _measure_with_doubtful(sites, criterion, context, measured)


def _measure_alone(sites: Sites, criterion: Criterion, context: Context) -> Measurement:
    """Measure a criterion on its raster, or against the features that pass its filter."""
    features = None if criterion.source is not None else context.passing(criterion)
    return _measure(sites, criterion, features, context)


def _measure(
    sites: Sites, criterion: Criterion, features: Features | None, context: Context
) -> Measurement:
    """Compute the metric of a criterion, in the unit of the criterion."""
    if features is not None and criterion.layer is None:
        clusters = context.clusters
        assert clusters is not None
        sites = as_cluster_sites(sites, context.layer("emitters"), clusters.labels)
    inputs = Inputs(sites, criterion, context, features)
    return _in_unit(FUNCTIONS[criterion.metric](inputs), criterion)


def _measure_with_doubtful(
    sites: Sites, criterion: Criterion, context: Context, measured: Measurement
) -> Measurement | None:
    """Measure as if the features in doubt passed the filter; None if there are none."""
    doubtful = context.doubtful(criterion)
    if not len(doubtful):
        return None
    combination = METRICS[criterion.metric].combination
    if combination == "measured again":
        return _measure(sites, criterion, context.maybe_passing(criterion), context)
    assert combination is not None
    # the metric of both follows from that of each: only the few features in doubt are measured
    alone = _measure(sites, criterion, doubtful, context)
    pair = np.stack([measured.value.to_numpy(), alone.value.to_numpy()])
    both = np.where(np.isnan(pair[0]), pair[1], pair[0])  # where one is unknown, the other
    known = ~np.isnan(pair).any(axis=0)
    both[known] = _COMBINED[combination](pair[0, known], pair[1, known])
    value = pd.Series(both, index=measured.value.index)
    return replace(measured, value=value, unknown=measured.unknown + alone.unknown)


def _in_unit(measured: Measurement, criterion: Criterion) -> Measurement:
    """Convert from the unit of the column or raster to that of the criterion."""
    unit = criterion.measured_unit
    if unit is None or unit == criterion.unit:
        return measured
    converted = convert(measured.value, unit, criterion.unit)
    return replace(measured, value=converted)


def _values(
    measured: Measurement, criterion: Criterion
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value a metric, with bounds from what is unknown within reach."""
    value = criterion.value(measured.value.to_numpy())
    could_rise, could_fall = _could_move(measured, criterion)
    if criterion.value.direction == "cost":
        could_rise, could_fall = could_fall, could_rise
    low, high = value.copy(), value.copy()
    high[could_rise], low[could_fall] = 1.0, 0.0
    low[np.isnan(value)], high[np.isnan(value)] = 0.0, 1.0
    return value, low, high


def _could_move(measured: Measurement, criterion: Criterion) -> tuple[Flags, Flags]:
    """Return where a metric could be higher, and where lower, if everything were known."""
    row = METRICS[criterion.metric]
    unknown = measured.unknown.to_numpy() > 0
    either_way = row.unknowns == "either way"
    could_rise = unknown & (either_way or row.is_additive(criterion.statistic))
    could_fall = unknown & either_way
    if measured.overstated is not None:
        could_fall = could_fall | (measured.overstated.to_numpy() > 0)
    return could_rise, could_fall
