"""Metrics: options, units, treatment of unknowns and wording, one row for each metric.

Everything that depends on which metric a criterion names is an attribute of its row. Adding a
metric takes a function in `standort.metrics`, a row here, and an entry in the mapping of
`standort.study.metric_functions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Keys of a criterion that depend on its metric, in the order in which messages list them.
OPTIONS = (
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
    "discount",
    "measured_to",
)

#: Stands for the metric where a place has the mean of its members' partial values.
MEMBERS_MEAN = "members_mean"

#: Statistics of a raster that can only grow as more of the disc becomes known.
ADDITIVE_STATISTICS = frozenset({"sum", "integral"})


class UnitFrom(Enum):
    """What the unit of a metric follows from, if the metric has no unit of its own."""

    COLUMN = "the column"
    SUPPLY_OVER_DEMAND = "the columns of supply and demand"
    RASTER = "the raster and the statistic"


#: How the metric of two sets of features follows from the metrics of each.
Combination = Literal["minimum", "maximum", "sum", "measured again"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of a site.

    Parameters
    ----------
    name
        Its name in profiles and in the mapping to functions.
    needs
        Options that a criterion must have, from `OPTIONS`.
    may_have
        Options that a criterion may have.
    unit
        One of `standort.units.UNITS`, or what the unit follows from.
    combination
        How the metric of all features follows from that of the features that pass a filter and
        that of those in doubt; ``measured again`` where it does not. None for rasters.
    unknowns
        How unknown quantities within reach could move the metric: they can be ``none``, they could
        ``add`` to it, add to it where the statistic is additive (``add to amounts``), or move it
        ``either way``.
    distance
        Whether it is a distance, so that features beyond those it counts have no effect.
    has_feature
        Whether a feature can be named that decides it or adds most to it.
    clusters_column
        Column of the clusters of the study that it adds up in a criterion without a layer; None
        if it cannot be measured against clusters.
    raster_units
        The units its raster may have, with their meaning; empty if they follow from the statistic.
    nothing
        Words for an infinite distance.
    phrase
        Words for a reference point of a cost criterion whose title is "Distance to ...", with
        ``{feature}`` and ``{reference}``; None for the general words.
    """

    name: str
    needs: frozenset[str]
    may_have: frozenset[str]
    unit: str | UnitFrom
    combination: Combination | None
    unknowns: Literal["none", "add", "add to amounts", "either way"]
    distance: bool = False
    has_feature: bool = True
    clusters_column: str | None = None
    raster_units: Mapping[str, str] | None = None
    nothing: str = "nothing within reach"
    phrase: str | None = None

    @property
    def on_raster(self) -> bool:
        """Whether it is measured on a raster."""
        return "source" in self.needs

    @property
    def one_feature_decides(self) -> bool:
        """Whether the value is that of a single feature, such as the nearest."""
        return self.combination in {"minimum", "maximum"}

    def is_additive(self, statistic: str | None) -> bool:
        """Return whether it can only grow as more becomes known, given the statistic if any."""
        if self.unknowns == "add to amounts":
            return statistic in ADDITIVE_STATISTICS
        return self.unknowns == "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMetric:
    """One metric of a cluster as a whole.

    Parameters
    ----------
    name
        Its name in profiles.
    column, unit
        The column of the table of clusters that holds it, and the unit of that column.
    unknown_adds
        Whether unknown emissions of members could add to it.
    needs_pairs
        Whether the distances between all members are needed.
    range
        Columns of the least and largest value it can have, where unknown emissions weigh members.
    """

    name: str
    column: str
    unit: str
    unknown_adds: bool = False
    needs_pairs: bool = False
    range: tuple[str, str] | None = None


def _options(names: str) -> frozenset[str]:
    return frozenset(names.split())


_METRICS = (
    Metric(
        name="nearest_distance",
        needs=_options("layer"),
        may_have=_options("max_distance_km filter"),
        unit="km",
        combination="minimum",
        unknowns="none",
        distance=True,
        phrase="{feature} within {reference}",
    ),
    Metric(
        name="neighbour_distance",
        needs=_options("layer k"),
        may_have=_options("max_distance_km filter"),
        unit="km",
        combination="measured again",
        unknowns="none",
        distance=True,
        nothing="too few in reach",
    ),
    Metric(
        name="count_within",
        needs=_options("layer radius_km"),
        may_have=_options("filter"),
        unit="count",
        combination="sum",
        unknowns="none",
        has_feature=False,
    ),
    Metric(
        name="sum_within",
        needs=_options("layer column radius_km"),
        may_have=_options("decay filter discount"),
        unit=UnitFrom.COLUMN,
        combination="sum",
        unknowns="add",
    ),
    Metric(
        name="largest_within",
        needs=_options("layer column radius_km"),
        may_have=_options("filter discount"),
        unit=UnitFrom.COLUMN,
        combination="maximum",
        unknowns="add",
    ),
    Metric(
        name="hansen_access",
        needs=_options("column radius_km decay"),
        may_have=_options("layer filter discount measured_to"),
        unit=UnitFrom.COLUMN,
        combination="sum",
        unknowns="add",
        clusters_column="co2_t_per_yr",
    ),
    Metric(
        name="floating_catchment",
        needs=_options("layer column radius_km demand"),
        may_have=_options("decay filter discount"),
        unit=UnitFrom.SUPPLY_OVER_DEMAND,
        combination="sum",
        unknowns="add",
    ),
    Metric(
        name="raster_value",
        needs=_options("source"),
        may_have=_options(""),
        unit=UnitFrom.RASTER,
        combination=None,
        unknowns="none",
        has_feature=False,
    ),
    Metric(
        name="raster_within",
        needs=_options("source radius_km statistic"),
        may_have=_options("classes"),
        unit=UnitFrom.RASTER,
        combination=None,
        unknowns="add to amounts",
        has_feature=False,
    ),
    Metric(
        name="technical_potential",
        needs=_options("source radius_km technology"),
        may_have=_options(""),
        unit="twh_per_yr",
        combination=None,
        unknowns="add",
        has_feature=False,
        raster_units={"m_per_s": "mean wind speeds", "ratio": "capacity factors"},
    ),
)

#: Every metric of sites, by name.
METRICS: dict[str, Metric] = {metric.name: metric for metric in _METRICS}

_CLUSTER_METRICS = (
    ClusterMetric(
        name="cluster_emissions", column="co2_mt_per_yr", unit="mt_per_yr", unknown_adds=True
    ),
    ClusterMetric(name="cluster_count", column="n_sites", unit="count"),
    ClusterMetric(
        name="cluster_mean_pairwise_distance",
        column="mean_pairwise_distance_km",
        unit="km",
        needs_pairs=True,
        range=("mean_pairwise_distance_min_km", "mean_pairwise_distance_max_km"),
    ),
)

#: Every metric of clusters as wholes, by name.
CLUSTER_METRICS: dict[str, ClusterMetric] = {metric.name: metric for metric in _CLUSTER_METRICS}
