"""Criteria: what is measured at a site, against which layer or raster, and what it is worth.

Each metric has options it needs and options that mean nothing to it. Both are checked, and so is
the unit, so that a profile that loads is a profile that can be computed.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple, Self, get_args

from pydantic import Field, model_validator

from standort.scoring.profile.base_model import (
    FrozenModel,
    Identifier,
    Number,
    Positive,
    Text,
    Weight,
)
from standort.scoring.profile.decays import DistanceDecay, decay_faults
from standort.scoring.profile.filters import Filter, filter_faults
from standort.scoring.profile.problems import Fault, as_number, as_table, raise_rules, suggest
from standort.scoring.profile.raster_sources import (
    RASTER_METRICS,
    RasterSource,
    Statistic,
    TechnologyChoice,
    measured_unit,
    source_faults,
    technology_faults,
)
from standort.scoring.profile.value_functions import ValueFunction, value_function_faults
from standort.units import UNITS

__all__ = [
    "LAYERS",
    "METRICS",
    "CatchmentDemand",
    "ClusterCriterion",
    "ClusterMetric",
    "Criterion",
    "Metric",
    "MetricRule",
    "cluster_criterion_faults",
    "column_unit",
    "criterion_faults",
]

Layer = Literal[
    "emitters",
    "co2_storage",
    "salt_caverns",
    "ports",
    "pipelines",
    "renewables",
    "grid_nodes",
    "freight_routes",
    "feedstock",
    "heat_demand",
    "population",
    "employment",
    "land",
]
#: A partial value that must be reached; 0 always is.
Limit = Annotated[Number, Field(gt=0, le=1)]
Metric = Literal[
    "nearest_distance",
    "neighbour_distance",
    "count_within",
    "sum_within",
    "largest_within",
    "hansen_access",
    "floating_catchment",
    "raster_value",
    "raster_within",
    "technical_potential",
]
ClusterMetric = Literal["cluster_emissions", "cluster_count", "cluster_mean_pairwise_distance"]

#: Layers a criterion may be measured against. `sites` is none of them: a score must not depend
#: on which sites happen to be scored together.
LAYERS: tuple[str, ...] = get_args(Layer)


class MetricRule(NamedTuple):
    """What a metric needs, what it may have, and the unit it comes in."""

    needs: frozenset[str]
    may_have: frozenset[str]
    unit: str | None
    """None if the unit follows from the column."""


_OPTIONS = (
    "layer",
    "source",
    "column",
    "radius_km",
    "k",
    "max_distance_km",
    "decay",
    "demand",
    "statistic",
    "classes",
    "technology",
    "filter",
)


def _rule(*needs: str, may_have: tuple[str, ...] = (), unit: str | None = None) -> MetricRule:
    return MetricRule(frozenset(needs), frozenset({*may_have, "filter"}), unit)


def _raster_rule(*needs: str, may_have: tuple[str, ...] = ()) -> MetricRule:
    return MetricRule(frozenset({"source", *needs}), frozenset(may_have), None)


METRICS: dict[str, MetricRule] = {
    "nearest_distance": _rule("layer", may_have=("max_distance_km",), unit="km"),
    "neighbour_distance": _rule("layer", "k", may_have=("max_distance_km",), unit="km"),
    "count_within": _rule("layer", "radius_km", unit="count"),
    "sum_within": _rule("layer", "column", "radius_km", may_have=("decay",)),
    "largest_within": _rule("layer", "column", "radius_km"),
    # Without a layer it is measured against the clusters found in the study.
    "hansen_access": _rule("column", "radius_km", "decay", may_have=("layer",)),
    "floating_catchment": _rule("layer", "column", "radius_km", "demand", may_have=("decay",)),
    "raster_value": _raster_rule(),
    "raster_within": _raster_rule("radius_km", "statistic", may_have=("classes",)),
    "technical_potential": _raster_rule("radius_km", "technology"),
}
#: What `hansen_access` may add up where it is measured against the clusters of the study.
_CLUSTER_COLUMN = "co2_t_per_yr"
_CLUSTER_UNITS: dict[str, str] = {
    "cluster_emissions": "t_per_yr",
    "cluster_count": "count",
    "cluster_mean_pairwise_distance": "km",
}
#: Quantity columns whose name is no unit.
_PLAIN_COLUMNS = {"population": "people"}
#: Units metrics come in whatever the layer; they are not converted.
_FIXED_UNITS = frozenset({"km", "count", "yr", "ratio"})


class CatchmentDemand(FrozenModel):
    """What draws on the supply of a floating catchment: emissions, as far as they are captured."""

    layer: Layer
    column: Text
    capture_rate: Annotated[Number, Field(gt=0, le=1)] = 1.0
    source: Text


class Criterion(FrozenModel):
    """One thing that makes a site better or worse placed."""

    id: Identifier
    component: Identifier
    title: Text
    rationale: Text
    metric: Metric
    unit: str
    layer: Layer | None = None
    column: Text | None = None
    radius_km: Positive | None = None
    k: int | None = Field(default=None, ge=1, strict=True)
    max_distance_km: Positive | None = None
    decay: DistanceDecay | None = None
    demand: CatchmentDemand | None = None
    filter: Filter | None = None
    source: RasterSource | None = None
    statistic: Statistic | None = None
    classes: tuple[Number, ...] | None = Field(default=None, min_length=1)
    technology: TechnologyChoice | None = None
    weight: Weight = 1.0
    veto: Limit | None = None
    gate: Limit | None = None
    value: ValueFunction

    @property
    def metric_column(self) -> str:
        """Name of the metric in result tables, unit included."""
        return f"{self.id}_{self.unit}"

    @property
    def column_unit(self) -> str | None:
        """Unit of the quantity column [a unit of `standort.units`]; None without a column."""
        return None if self.column is None else column_unit(self.column)

    @property
    def measured_unit(self) -> str | None:
        """Unit in which the metric comes, before it is converted; None if it is not."""
        if self.source is None:
            return self.column_unit
        return measured_unit(self.model_dump(include={"metric", "statistic", "source"}))

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(criterion_faults(self.model_dump(), nested=False))
        return self


class ClusterCriterion(FrozenModel):
    """One thing that makes a cluster dense, measured on the cluster as a whole."""

    id: Identifier
    component: Identifier
    title: Text
    rationale: Text
    metric: ClusterMetric
    unit: str
    weight: Weight = 1.0
    veto: Limit | None = None
    gate: Limit | None = None
    value: ValueFunction

    @property
    def metric_column(self) -> str:
        """Name of the metric in result tables, unit included."""
        return f"{self.id}_{self.unit}"

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(cluster_criterion_faults(self.model_dump(), nested=False))
        return self


def column_unit(column: str) -> str | None:
    """Read the unit from the name of a quantity column.

    Parameters
    ----------
    column
        Name of a column, its unit at the end.

    Returns
    -------
    The unit, or None if the name holds none.

    Examples
    --------
    >>> column_unit("co2_t_per_yr"), column_unit("jobs"), column_unit("name")
    ('t_per_yr', 'jobs', None)
    """
    if column in _PLAIN_COLUMNS:
        return _PLAIN_COLUMNS[column]
    ends = [unit for unit in UNITS if column == unit or column.endswith(f"_{unit}")]
    return max(ends, key=len, default=None)


def criterion_faults(raw: object, *, nested: bool = True) -> list[Fault]:
    """List what keys of a criterion mean together; skips what has the wrong shape."""
    table = as_table(raw)
    faults = [*_option_faults(table), *_column_faults(table), *_unit_faults(table)]
    faults += source_faults(table)
    faults += technology_faults(table)
    faults += _limit_faults(table)
    if nested:
        faults += [fault.under("value") for fault in value_function_faults(table.get("value"))]
        faults += [fault.under("filter") for fault in filter_faults(table.get("filter"))]
        faults += [fault.under("decay") for fault in decay_faults(table.get("decay"))]
    return faults


def cluster_criterion_faults(raw: object, *, nested: bool = True) -> list[Fault]:
    """List what keys of a cluster criterion mean together; skips what has the wrong shape."""
    table = as_table(raw)
    measured = _CLUSTER_UNITS.get(str(table.get("metric")))
    faults = _unit_fault(table.get("unit"), measured, of=f"metric {table.get('metric')!r}")
    faults += _limit_faults(table)
    if nested:
        faults += [fault.under("value") for fault in value_function_faults(table.get("value"))]
    return faults


def _limit_faults(table: Mapping[str, object]) -> list[Fault]:
    veto, gate = (as_number(table.get(key)) for key in ("veto", "gate"))
    if veto is None or gate is None or gate < veto:
        return []
    message = f"expected a veto above the gate of {gate:g}, which excludes a site first, got "
    return [Fault(("veto",), f"{message}{veto:g}; raise the veto or lower the gate")]


def _option_faults(table: Mapping[str, object]) -> list[Fault]:
    metric = str(table.get("metric"))
    rule = METRICS.get(metric)
    if rule is None:
        return []
    faults = []
    for option in _OPTIONS:
        given = table.get(option) is not None
        if option in rule.needs and not given:
            message = f"expected this key for metric {metric!r}, it is missing; add it"
            faults.append(Fault((option,), message))
        if given and option not in rule.needs | rule.may_have:
            takes = ", ".join(name for name in _OPTIONS if name in rule.needs | rule.may_have)
            message = f"means nothing to metric {metric!r}, which takes {takes}; remove it"
            faults.append(Fault((option,), message))
    return faults


def _column_faults(table: Mapping[str, object]) -> list[Fault]:
    demand = as_table(table.get("demand"))
    given = {("column",): table.get("column"), ("demand", "column"): demand.get("column")}
    faults = [
        Fault(
            loc,
            f"expected a column that ends in its unit, such as capacity_mt, got {column!r}; "
            "rename it in the layer and here",
        )
        for loc, column in given.items()
        if isinstance(column, str) and column_unit(column) is None
    ]
    of_clusters = table.get("metric") == "hansen_access" and table.get("layer") is None
    column = table.get("column")
    if of_clusters and isinstance(column, str) and column != _CLUSTER_COLUMN:
        message = (
            f"without a layer, 'hansen_access' is measured against the clusters found, of which "
            f"it adds up {_CLUSTER_COLUMN!r}, got {column!r}; name a layer, or that column"
        )
        faults.append(Fault(("column",), message))
    return faults


def _unit_faults(table: Mapping[str, object]) -> list[Fault]:
    metric, column = str(table.get("metric")), table.get("column")
    rule = METRICS.get(metric)
    if rule is None:
        return []
    if metric in RASTER_METRICS:
        return _unit_fault(table.get("unit"), measured_unit(table), of=_of_raster(table))
    if rule.unit is not None:
        return _unit_fault(table.get("unit"), rule.unit, of=f"metric {metric!r}")
    held = column_unit(column) if isinstance(column, str) else None
    if metric == "floating_catchment":
        return _catchment_unit_faults(table, held)
    return _unit_fault(table.get("unit"), held, of=f"metric {metric!r} of column {column!r}")


def _of_raster(table: Mapping[str, object]) -> str:
    """Name what a unit belongs to: the metric, its statistic and the unit of the raster."""
    statistic, held = table.get("statistic"), as_table(table.get("source")).get("unit")
    of = f"metric {table.get('metric')!r}"
    of += "" if statistic is None else f" with statistic {statistic!r}"
    return of if held is None else f"{of} of a raster in {held!r}"


def _catchment_unit_faults(table: Mapping[str, object], held: str | None) -> list[Fault]:
    """Check that supply goes with demand: over a yearly demand it is a time, else a ratio."""
    column, asking = table.get("column"), as_table(table.get("demand")).get("column")
    asked = column_unit(asking) if isinstance(asking, str) else None
    if held is None or asked is None:
        return []
    supply, demand = UNITS[held][0], UNITS[asked][0]
    if demand == f"{supply} rate":
        measured = "yr"
    elif demand == supply:
        measured = "ratio"
    else:
        message = (
            f"expected what draws on {column!r} ({supply}) to be of the same kind or that kind "
            f"per year, got {asking!r} ({demand}); choose columns that go together"
        )
        return [Fault(("demand", "column"), message)]
    of = f"metric 'floating_catchment' of column {column!r} over {asking!r}"
    return _unit_fault(table.get("unit"), measured, of=of)


def _unit_fault(unit: object, measured: str | None, *, of: str) -> list[Fault]:
    if not isinstance(unit, str):
        return []
    if unit not in UNITS:
        return [Fault(("unit",), f"no unit standort knows, got {unit!r}; {suggest(unit, UNITS)}")]
    if measured is None or unit == measured:
        return []
    (dimension, _), (wanted, _) = UNITS[unit], UNITS[measured]
    fitting = [name for name in UNITS if UNITS[name][0] == wanted]
    fitting = [measured] if measured in _FIXED_UNITS else fitting
    if unit in fitting:
        return []
    message = f"expected a {wanted} ({', '.join(fitting)}) for {of}, got {unit!r} ({dimension})"
    return [Fault(("unit",), f"{message}; change the unit and, with it, the breakpoints")]
