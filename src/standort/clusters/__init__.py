"""Which sites form dense clusters, which lie by one, which are dispersed."""

from standort.clusters.belonging import membership
from standort.clusters.choosing import EpsSuggestion, suggest_eps
from standort.clusters.dbscan import NOISE, dbscan
from standort.clusters.graph import NeighbourGraph
from standort.clusters.means import member_means
from standort.clusters.places import as_cluster_sites, cluster_features
from standort.clusters.table import cluster_hulls, cluster_table
from standort.clusters.tiers import assign_tiers
from standort.clusters.validating import agreement, density_validity
from standort.clusters.varying import cluster_grid, stability, stability_table, widest_plateau

__all__ = [
    "NOISE",
    "EpsSuggestion",
    "NeighbourGraph",
    "agreement",
    "as_cluster_sites",
    "assign_tiers",
    "cluster_features",
    "cluster_grid",
    "cluster_hulls",
    "cluster_table",
    "dbscan",
    "density_validity",
    "member_means",
    "membership",
    "stability",
    "stability_table",
    "suggest_eps",
    "widest_plateau",
]
