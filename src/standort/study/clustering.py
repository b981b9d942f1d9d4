"""The clusters of a study: found, described and scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from standort.clusters import cluster_hulls, cluster_table, dbscan
from standort.clusters.table import members
from standort.layers.inputs import as_sites
from standort.study.grouping import Groups, emissions_of, mean_values, score_as_wholes
from standort.study.measuring import evaluate

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from standort.scoring import Profile
    from standort.study.context import Context
    from standort.study.engine import Engine
    from standort.study.measuring import Evaluation

__all__ = ["Clusters", "find_clusters", "score_clusters"]


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
    groups = Groups.of(layer, *members(layer, clusters.found))
    names = [criterion.id for criterion in averaged]
    bounded = mean_values(groups, of_emitters, names, emissions_of(layer))
    scores = score_as_wholes(clusters.table, bounded, profile)
    geometry = clusters.table.geometry.name
    return (
        clusters.table.drop(columns=geometry)
        .join(scores)
        .assign(geometry=clusters.table.geometry)
        .pipe(type(clusters.table), geometry="geometry", crs=clusters.table.crs)
    )
