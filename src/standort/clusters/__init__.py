"""Which sites form dense clusters, which lie by one, which are dispersed."""

from standort.clusters.belonging import membership
from standort.clusters.choosing import EpsSuggestion, suggest_eps
from standort.clusters.crosschecking import hdbscan
from standort.clusters.dbscan import NOISE, dbscan
from standort.clusters.displacing import DisplacedClusters, displaced_clusters
from standort.clusters.exploring import Exploration, explore_clusters
from standort.clusters.graph import NeighbourGraph
from standort.clusters.hierarchy import cluster_hierarchy
from standort.clusters.means import means_of_groups, member_means
from standort.clusters.places import as_cluster_sites, cluster_features
from standort.clusters.profile import cluster_profile, lone_anchors
from standort.clusters.sectors import sector_mix
from standort.clusters.splitting import Split, split_wide
from standort.clusters.table import cluster_hulls, cluster_table, describe_groups, outline_groups
from standort.clusters.tiers import assign_tiers
from standort.clusters.tracking import track
from standort.clusters.validating import agreement, density_validity
from standort.clusters.varying import (
    Partitions,
    Plateau,
    cluster_grid,
    stability,
    stability_table,
    widest_plateau,
)

__all__ = [
    "NOISE",
    "DisplacedClusters",
    "EpsSuggestion",
    "Exploration",
    "NeighbourGraph",
    "Partitions",
    "Plateau",
    "Split",
    "agreement",
    "as_cluster_sites",
    "assign_tiers",
    "cluster_features",
    "cluster_grid",
    "cluster_hierarchy",
    "cluster_hulls",
    "cluster_profile",
    "cluster_table",
    "dbscan",
    "density_validity",
    "describe_groups",
    "displaced_clusters",
    "explore_clusters",
    "hdbscan",
    "lone_anchors",
    "means_of_groups",
    "member_means",
    "membership",
    "outline_groups",
    "sector_mix",
    "split_wide",
    "stability",
    "stability_table",
    "suggest_eps",
    "track",
    "widest_plateau",
]
