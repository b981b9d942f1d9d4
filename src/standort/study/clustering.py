"""The clusters of a study: found, described and scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from standort.clusters import cluster_hulls, cluster_table, dbscan, member_means
from standort.layers.inputs import as_sites
from standort.scoring import score_table
from standort.study.assembling import absent_components
from standort.study.measuring import evaluate
from standort.units import convert

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from standort.scoring import Profile
    from standort.study.context import Context
    from standort.study.engine import Engine
    from standort.study.measuring import Evaluation

__all__ = ["Clusters", "find_clusters", "score_clusters"]

#: where a cluster criterion finds its metric in the cluster table, and the unit there
_COLUMNS = {
    "cluster_emissions": ("co2_mt_per_yr", "mt_per_yr"),
    "cluster_count": ("n_sites", "count"),
    "cluster_mean_pairwise_distance": ("mean_pairwise_distance_km", "km"),
}


@dataclass(frozen=True)
class Clusters:
    """The emitters' labels and roles, the table of clusters and their hulls."""

    found: pd.DataFrame
    table: GeoDataFrame
    hulls: GeoDataFrame


def find_clusters(context: Context, profile: Profile) -> Clusters | None:
    """Find and describe the clusters among the emitters; None in a study without emitters."""
    if "emitters" not in context.study.layers:
        return None
    settings = profile.clusters
    emitters = context.study.emitters
    found = dbscan(
        emitters,
        eps_km=settings.eps_km,
        min_samples=settings.min_samples,
        mode=settings.mode,
        min_emissions_mt=settings.min_emissions_mt_per_yr,
        star=settings.dbscan_star,
        emissions="co2_t_per_yr",
    )
    layer = context.layer("emitters")
    table = cluster_table(layer, found, major_mt=settings.major_mt_per_yr)
    return Clusters(found, table, cluster_hulls(layer, found))


def score_clusters(engine: Engine, of_emitters: Evaluation | None = None) -> GeoDataFrame:
    """Score clusters: emission-weighted over members, but density from the cluster itself.

    Parameters
    ----------
    engine
        The study, its clusters found, and the profile.
    of_emitters
        What the emitters' criteria came to, if they were measured already.

    Returns
    -------
    The cluster table with components and scores.
    """
    profile, clusters, layer = engine.profile, engine.clusters, engine.context.layer("emitters")
    assert clusters is not None
    own = {criterion.component for criterion in profile.cluster_criteria}
    averaged = [criterion for criterion in engine.measured if criterion.component not in own]
    if of_emitters is None:
        of_emitters = evaluate(as_sites(engine.context.study.emitters), averaged, engine.context)
    names = [criterion.id for criterion in averaged]
    values = member_means(layer, clusters.found, of_emitters.partial_values[names])
    low = member_means(layer, clusters.found, of_emitters.low[names], unknown="lowest")
    high = member_means(layer, clusters.found, of_emitters.high[names], unknown="highest")
    values, low, high = _with_density(clusters.table, profile, values, low, high)
    criteria = [c for c in profile.criteria if c.component not in own]
    of_clusters = profile.model_copy(
        update={"criteria": (*criteria, *profile.cluster_criteria), "cluster_criteria": ()}
    )
    scores = score_table(values, low, high, profile=of_clusters)
    scores = scores.drop(columns=absent_components(values.columns, of_clusters))
    geometry = clusters.table.geometry.name
    return (
        clusters.table.drop(columns=geometry)
        .join(scores)
        .assign(geometry=clusters.table.geometry)
        .pipe(type(clusters.table), geometry="geometry", crs=clusters.table.crs)
    )


def _with_density(
    table: GeoDataFrame,
    profile: Profile,
    values: pd.DataFrame,
    low: pd.DataFrame,
    high: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Add what the cluster as a whole is worth: emissions, number, mean pairwise distance."""
    values, low, high = values.copy(), low.copy(), high.copy()
    for criterion in profile.cluster_criteria:
        column, unit = _COLUMNS[criterion.metric]
        metric = convert(table[column].to_numpy(dtype=np.float64), unit, criterion.unit)
        value = criterion.value(metric)
        unknown = np.isnan(value)
        more = unknown
        if criterion.metric == "cluster_emissions":
            more = unknown | (table["n_unknown"].to_numpy() > 0)
        values[criterion.id] = value
        low[criterion.id] = np.where(unknown, 0.0, value)
        high[criterion.id] = np.where(more, 1.0, value)
    return values, low, high
