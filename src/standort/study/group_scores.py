"""Scores of clusters and other groups of emitters: means over members, and density as a whole.

Clusters and places are scored by the same code, so that a cluster has the same score as the place
of the cluster, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.clusters import cluster_hulls, cluster_table, dbscan, means_of_groups
from standort.clusters.cluster_table import emissions_mt, members
from standort.metric_table import CLUSTER_METRICS
from standort.scoring import as_wholes, score_table
from standort.study.context import Clusters
from standort.study.result.site_table import absent_components
from standort.units import convert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.array_types import Flags, Floats, Ints
    from standort.layers.features import Features
    from standort.scoring import ClusterCriterion, Profile
    from standort.study.evaluation import Evaluation

    Bounded = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
    from geopandas import GeoDataFrame

    from standort.study.context import Context


@dataclass(frozen=True)
class Groups:
    """Members of groups, as two long arrays; an emitter may belong to several groups.

    Parameters
    ----------
    member
        Positions of the members in the layer of emitters, sorted by group, then by id.
    group
        Group of each member, 0 to `count` - 1.
    rows
        The same members as rows of the input.
    count
        Number of groups.
    """

    member: Ints
    group: Ints
    rows: Ints
    count: int

    @classmethod
    def of(cls, emitters: Features, member: Ints, group: Ints) -> Groups:
        """Return groups from positions and group numbers."""
        return cls(member, group, emitters.order[member], int(group.max(initial=-1)) + 1)

    def take(self, chosen: Flags) -> Groups:
        """Return some of the groups, renumbered in their order."""
        kept = chosen[self.group]
        number = np.cumsum(chosen) - 1
        group = number[self.group[kept]]
        return Groups(self.member[kept], group, self.rows[kept], int(chosen.sum()))


def emissions_of(emitters: Features) -> Floats:
    """Return the emissions of the emitters in the order of the input [Mt/yr]; NaN if unknown."""
    emissions = np.empty(len(emitters))
    emissions[emitters.order] = emissions_mt(emitters)
    return emissions


def place_values(
    groups: Groups,
    values: Mapping[str, Floats],
    emissions: Floats,
    **options: Any,  # noqa: ANN401 - those of means_of_groups
) -> dict[str, Floats]:
    """Return the partial values of places: emission-weighted means over their members.

    Monte Carlo calls it for each draw, with drawn partial values, drawn emissions, or both. It
    takes one pass over the members for each criterion.

    Parameters
    ----------
    groups
        The members of the places.
    values
        Partial values by criterion, one for each emitter in the order of the input, shape
        (n_emitters,), in [0, 1]; NaN is unknown.
    emissions
        Their emissions, in any one unit, in the same order; NaN is unknown.
    **options
        Option ``unknown`` of `standort.clusters.means_of_groups`.

    Returns
    -------
    By criterion, one for each place, shape (n_places,); NaN where no member's is known.

    Examples
    --------
    Two places share the emitter in row 1:

    >>> rows, group = np.array([0, 1, 1, 2]), np.array([0, 0, 1, 1])
    >>> groups = Groups(rows, group, rows, 2)
    >>> port = {"port_distance": np.array([1.0, 0.5, 0.0])}
    >>> place_values(groups, port, np.array([3.0, 1.0, 1.0]))["port_distance"]
    array([0.875, 0.25 ])
    """
    entries = {name: column[groups.rows] for name, column in values.items()}
    weight = emissions[groups.rows]
    return means_of_groups(entries, weight, groups.group, groups.count, **options)


def mean_values(
    groups: Groups, of_emitters: Evaluation, names: list[str], emissions: Floats
) -> Bounded:
    """Return means of partial values over members, with the lowest and highest possible means.

    Parameters
    ----------
    groups
        Who belongs to which group.
    of_emitters
        The criteria measured and valued at the emitters, in the order of the input.
    names
        The criteria to average.
    emissions
        Emissions of the emitters in the order of the input; NaN is unknown.

    Returns
    -------
    Partial values, their lower and their upper bounds: a row per group, a column per criterion.
    """
    index = pd.RangeIndex(groups.count)
    tables = []
    for table, unknown in (
        (of_emitters.partial_values, "left out"),
        (of_emitters.low, "lowest"),
        (of_emitters.high, "highest"),
    ):
        columns = {name: table[name].to_numpy(dtype=np.float64) for name in names}
        means = place_values(groups, columns, emissions, unknown=unknown)
        tables.append(pd.DataFrame(means, index=index, columns=pd.Index(names)))
    return tables[0], tables[1], tables[2]


def score_as_wholes(table: pd.DataFrame, bounded: Bounded, profile: Profile) -> pd.DataFrame:
    """Score groups by means over members, and by the density of each group as a whole.

    Parameters
    ----------
    table
        A row per group, with the columns that `standort.metric_table.CLUSTER_METRICS` names and
        ``n_unknown``.
    bounded
        Means over members, from `mean_values`; criteria of components that are measured on the
        group as a whole are ignored.
    profile
        The profile.

    Returns
    -------
    As `standort.scoring.score_table`, on the index of `table`, without absent components.
    """
    own = {criterion.component for criterion in profile.cluster_criteria}
    averaged = [c.id for c in profile.criteria if c.component not in own]
    names = [name for name in bounded[0].columns if name in averaged]
    values, low, high = (part[names].set_axis(table.index) for part in bounded)
    for criterion in profile.cluster_criteria:
        _, values[criterion.id] = density_of_wholes(table, criterion)
        low[criterion.id], high[criterion.id] = _value_range_of_wholes(table, criterion)
    wholes = as_wholes(profile)
    scores = score_table(values, low, high, profile=wholes)
    return scores.drop(columns=absent_components(values.columns, wholes))


def density_of_wholes(table: pd.DataFrame, criterion: ClusterCriterion) -> tuple[Floats, Floats]:
    """Return the metric of groups as wholes in the unit of the criterion, and its value."""
    metric = metric_of_wholes(table, criterion)
    return metric, criterion.value(metric)


def metric_of_wholes(table: pd.DataFrame, criterion: ClusterCriterion) -> Floats:
    """Return the metric of groups as wholes in the unit of the criterion.

    `table` has the columns that `standort.metric_table.CLUSTER_METRICS` names.
    """
    return _column_of_wholes(table, criterion, CLUSTER_METRICS[criterion.metric].column)


def _column_of_wholes(table: pd.DataFrame, criterion: ClusterCriterion, column: str) -> Floats:
    unit = CLUSTER_METRICS[criterion.metric].unit
    return convert(table[column].to_numpy(dtype=np.float64), unit, criterion.unit)


def _value_range_of_wholes(
    table: pd.DataFrame, criterion: ClusterCriterion
) -> tuple[Floats, Floats]:
    """Return the least and largest value, whatever the unknown emissions are."""
    row = CLUSTER_METRICS[criterion.metric]
    least = most = metric_of_wholes(table, criterion)
    if row.unknown_adds:
        most = np.where(table["n_unknown"].to_numpy() > 0, np.inf, most)
    if row.range is not None:
        least, most = (_column_of_wholes(table, criterion, column) for column in row.range)
    ends = criterion.value(least), criterion.value(most)
    unknown = np.isnan(ends[0]) | np.isnan(ends[1])
    return np.where(unknown, 0.0, np.minimum(*ends)), np.where(unknown, 1.0, np.maximum(*ends))


def score_by_surroundings(index: pd.Index[Any], bounded: Bounded, profile: Profile) -> pd.DataFrame:
    """Score groups without compact extent from the surroundings of their members.

    The emissions of a whole region do not describe the density of its firms, and a single site has
    no pairwise distances. The mean density around the members is used instead.

    Parameters
    ----------
    index
        The groups.
    bounded
        Means over members of all criteria, from `mean_values`.
    profile
        The profile, as for sites.

    Returns
    -------
    As `standort.scoring.score_table`, on `index`, without absent components.
    """
    values, low, high = (part.set_axis(index) for part in bounded)
    scores = score_table(values, low, high, profile=profile)
    return scores.drop(columns=absent_components(values.columns, profile))


def find_clusters(context: Context, profile: Profile) -> Clusters | None:
    """Identify and describe the clusters of emitters; None in a study without emitters."""
    if "emitters" not in context.study.layers:
        return None
    settings = profile.clusters
    emitters = context.study.emitters
    labels = dbscan(
        emitters,
        eps_km=settings.eps_km,
        min_samples=settings.min_samples,
        mode=settings.mode,
        min_emissions_mt=settings.min_emissions_mt_per_yr,
        star=settings.dbscan_star,
        emissions="co2_t_per_yr",
    )
    layer = context.layer("emitters")
    table = cluster_table(layer, labels, major_mt=settings.major_mt_per_yr)
    return Clusters(labels, table, cluster_hulls(layer, labels))


def score_clusters(context: Context, profile: Profile, of_emitters: Evaluation) -> GeoDataFrame:
    """Score clusters by emission-weighted means over members, and by their own density.

    Parameters
    ----------
    context
        The study with its clusters.
    profile
        The profile.
    of_emitters
        The criteria of the emitters.

    Returns
    -------
    The cluster table with components and scores.
    """
    clusters, layer = context.clusters, context.layer("emitters")
    assert clusters is not None
    own = {criterion.component for criterion in profile.cluster_criteria}
    names = [n for n in of_emitters.measurements if profile.criterion(n).component not in own]
    groups = Groups.of(layer, *members(layer, clusters.labels))
    bounded = mean_values(groups, of_emitters, names, emissions_of(layer))
    scores = score_as_wholes(clusters.table, bounded, profile)
    geometry = clusters.table.geometry.name
    return (
        clusters.table.drop(columns=geometry)
        .join(scores)
        .assign(geometry=clusters.table.geometry)
        .pipe(type(clusters.table), geometry="geometry", crs=clusters.table.crs)
    )
