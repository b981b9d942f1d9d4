"""Criteria: what is measured at a site, against which layer or raster, and its value.

The options and the unit of a criterion are checked against the row of its metric in
`standort.metric_table`, so that a profile that loads can be computed.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from standort.metric_table import CLUSTER_METRICS, METRICS, OPTIONS, UnitFrom
from standort.roles import criterion_layers, unit_of
from standort.scoring.profile.base_model import (
    FrozenModel,
    Identifier,
    Number,
    Positive,
    Text,
    Weight,
    one_of,
)
from standort.scoring.profile.decays import DistanceDecay, decay_problems
from standort.scoring.profile.discounts import Discount, discount_problems
from standort.scoring.profile.filters import Filter, filter_problems
from standort.scoring.profile.problems import Problem, as_number, as_table, raise_rules, suggest
from standort.scoring.profile.raster_sources import (
    RasterSource,
    Statistic,
    TechnologyChoice,
    raster_unit,
    source_problems,
    technology_problems,
)
from standort.scoring.profile.value_functions import ValueFunction, value_function_problems
from standort.units import UNITS, quotient_unit

Layer = Annotated[str, one_of(criterion_layers)]
Metric = Annotated[str, one_of(METRICS.keys)]
ClusterMetric = Annotated[str, one_of(CLUSTER_METRICS.keys)]
#: A partial value to be reached, above 0, which is always reached.
Limit = Annotated[Number, Field(gt=0, le=1)]

#: What the distance to a cluster is measured to.
ClusterPlace = Literal["nearest_member", "centroid", "anchor", "hull"]

#: Units that are never converted, whatever the layer.
_FIXED_UNITS = frozenset({"km", "count", "yr", "ratio"})


class CatchmentDemand(FrozenModel):
    """The demand of a floating catchment: emissions, times the share captured."""

    layer: Layer
    column: Text
    capture_rate: Annotated[Number, Field(gt=0, le=1)] = 1.0
    source: Text


class Criterion(FrozenModel):
    """A criterion of sites: a metric, its options and its value function."""

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
    discount: Discount | None = None
    measured_to: ClusterPlace | None = None
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
        return None if self.column is None else unit_of(self.column)

    @property
    def measured_unit(self) -> str | None:
        """Unit in which the metric is computed, before conversion; None if not converted."""
        keys = {"metric", "column", "demand", "statistic", "source"}
        return _measured_unit(self.model_dump(include=keys))

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(criterion_problems(self.model_dump(), nested=False))
        return self


class ClusterCriterion(FrozenModel):
    """A criterion of clusters, measured on the cluster as a whole."""

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
        raise_rules(cluster_criterion_problems(self.model_dump(), nested=False))
        return self


def criterion_problems(raw: object, *, nested: bool = True) -> list[Problem]:
    """List problems between the keys of a criterion; skip values of the wrong type."""
    table = as_table(raw)
    problems = [*_option_problems(table), *_column_problems(table), *_unit_problems(table)]
    problems += source_problems(table)
    problems += technology_problems(table)
    problems += _limit_problems(table)
    problems += _layer_problems(table)
    if nested:
        problems += [
            problem.under("value") for problem in value_function_problems(table.get("value"))
        ]
        problems += [problem.under("filter") for problem in filter_problems(table.get("filter"))]
        problems += [
            problem.under("discount") for problem in discount_problems(table.get("discount"))
        ]
        problems += [problem.under("decay") for problem in decay_problems(table.get("decay"))]
    return problems


def cluster_criterion_problems(raw: object, *, nested: bool = True) -> list[Problem]:
    """List problems between the keys of a cluster criterion; skip values of wrong type."""
    table = as_table(raw)
    row = CLUSTER_METRICS.get(str(table.get("metric")))
    measured = None if row is None else row.unit
    problems = _unit_problem(table.get("unit"), measured, of=f"metric {table.get('metric')!r}")
    problems += _limit_problems(table)
    if nested:
        problems += [
            problem.under("value") for problem in value_function_problems(table.get("value"))
        ]
    return problems


def _limit_problems(table: Mapping[str, object]) -> list[Problem]:
    veto, gate = (as_number(table.get(key)) for key in ("veto", "gate"))
    if veto is None or gate is None or gate < veto:
        return []
    message = f"expected a veto above the gate of {gate:g}, which excludes a site first, got "
    return [Problem(("veto",), f"{message}{veto:g}; raise the veto or lower the gate")]


def _option_problems(table: Mapping[str, object]) -> list[Problem]:
    metric = str(table.get("metric"))
    row = METRICS.get(metric)
    if row is None:
        return []
    problems = []
    for option in OPTIONS:
        given = table.get(option) is not None
        if option in row.needs and not given:
            message = f"expected this key for metric {metric!r}, it is missing; add it"
            problems.append(Problem((option,), message))
        if given and option not in row.needs | row.may_have:
            takes = ", ".join(name for name in OPTIONS if name in row.needs | row.may_have)
            message = f"does not apply to metric {metric!r}, which takes {takes}; remove it"
            problems.append(Problem((option,), message))
    return problems


def _layer_problems(table: Mapping[str, object]) -> list[Problem]:
    """Check the options that fit only a layer, or only the clusters of the study."""
    row, layer = METRICS.get(str(table.get("metric"))), table.get("layer")
    if row is None or row.clusters_column is None:  # it always has a layer, or never
        return []
    problems = []
    if table.get("discount") is not None and layer is None:
        message = "applies to the features of a layer, and there is none; add a layer or remove it"
        problems.append(Problem(("discount",), message))
    if table.get("measured_to") is not None and layer is not None:
        message = f"applies to the clusters of the study, got layer {layer!r}; remove one of them"
        problems.append(Problem(("measured_to",), message))
    return problems


def _column_problems(table: Mapping[str, object]) -> list[Problem]:
    demand = as_table(table.get("demand"))
    given = {("column",): table.get("column"), ("demand", "column"): demand.get("column")}
    problems = [
        Problem(
            loc,
            f"expected a column that ends in its unit, such as capacity_mt, got {column!r}; "
            "rename it in the layer and here",
        )
        for loc, column in given.items()
        if isinstance(column, str) and unit_of(column) is None
    ]
    metric, column = str(table.get("metric")), table.get("column")
    of_clusters = METRICS[metric].clusters_column if metric in METRICS else None
    wrong = isinstance(column, str) and column != of_clusters
    if of_clusters is not None and table.get("layer") is None and wrong:
        message = (
            f"without a layer, {metric!r} is measured against the clusters of the study, "
            f"of which it adds up {of_clusters!r}, got {column!r}; set a layer, or that column"
        )
        problems.append(Problem(("column",), message))
    return problems


def _measured_unit(table: Mapping[str, object]) -> str | None:
    """Return the unit in which a criterion is measured; None if the keys do not determine it."""
    row = METRICS.get(str(table.get("metric")))
    if row is None:
        return None
    if not isinstance(row.unit, UnitFrom):
        return row.unit
    if row.unit is UnitFrom.RASTER:
        return raster_unit(table)
    held = _unit_of(table.get("column"))
    if row.unit is UnitFrom.COLUMN:
        return held
    drawn = _unit_of(as_table(table.get("demand")).get("column"))
    return None if held is None or drawn is None else quotient_unit(held, drawn)


def _unit_of(column: object) -> str | None:
    return unit_of(column) if isinstance(column, str) else None


def _unit_problems(table: Mapping[str, object]) -> list[Problem]:
    """Check the unit of a criterion against that of its metric, and supply against demand."""
    row = METRICS.get(str(table.get("metric")))
    if row is None:
        return []
    measured, of = _measured_unit(table), f"metric {row.name!r}"
    if row.on_raster:
        return _unit_problem(table.get("unit"), measured, of=_of_raster(table))
    if row.unit is UnitFrom.COLUMN:
        of += f" of column {table.get('column')!r}"
    if row.unit is UnitFrom.SUPPLY_OVER_DEMAND:
        column, drawing = table.get("column"), as_table(table.get("demand")).get("column")
        held, drawn = _unit_of(column), _unit_of(drawing)
        if held is None or drawn is None:
            return []
        if measured is None:
            message = (
                f"expected the demand for {column!r} ({UNITS[held][0]}) to be of the same kind or "
                f"that kind per year, got {drawing!r} ({UNITS[drawn][0]}); choose matching columns"
            )
            return [Problem(("demand", "column"), message)]
        of += f" of column {column!r} over {drawing!r}"
    return _unit_problem(table.get("unit"), measured, of=of)


def _of_raster(table: Mapping[str, object]) -> str:
    """Describe what a unit belongs to: the metric, its statistic and the unit of the raster."""
    statistic, held = table.get("statistic"), as_table(table.get("source")).get("unit")
    of = f"metric {table.get('metric')!r}"
    of += "" if statistic is None else f" with statistic {statistic!r}"
    return of if held is None else f"{of} of a raster in {held!r}"


def _unit_problem(unit: object, measured: str | None, *, of: str) -> list[Problem]:
    if not isinstance(unit, str):
        return []
    if unit not in UNITS:
        return [Problem(("unit",), f"unknown unit {unit!r}; {suggest(unit, UNITS)}")]
    if measured is None or unit == measured:
        return []
    (dimension, _), (wanted, _) = UNITS[unit], UNITS[measured]
    fitting = [name for name in UNITS if UNITS[name][0] == wanted]
    fitting = [measured] if measured in _FIXED_UNITS else fitting
    if unit in fitting:
        return []
    message = f"expected a {wanted} ({', '.join(fitting)}) for {of}, got {unit!r} ({dimension})"
    return [Problem(("unit",), f"{message}; change the unit and, with it, the breakpoints")]
