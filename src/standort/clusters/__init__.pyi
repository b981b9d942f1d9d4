from .cluster_profiles import cluster_profile, lone_anchors, sector_mix
from .cluster_table import cluster_hulls, cluster_table, describe_groups, outline_groups
from .clusters_as_features import as_cluster_sites, cluster_features
from .density_clusters import NOISE, dbscan
from .group_means import means_of_groups
from .neighbour_graph import NeighbourGraph
from .settings.displacement import DisplacedClusters, displaced_clusters
from .settings.eps_choice import EpsSuggestion, suggest_eps
from .settings.exploration import Exploration, explore_clusters
from .settings.hdbscan_comparison import hdbscan
from .settings.hierarchy import cluster_hierarchy
from .settings.membership_frequency import membership
from .settings.stability import (
    Partitions,
    Plateau,
    cluster_grid,
    stability,
    stability_table,
    widest_plateau,
)
from .settings.validity import agreement, density_validity, density_validity_range
from .settings.wide_clusters import Split, split_wide
from .tiers import assign_tiers
from .tracking import track

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
    "density_validity_range",
    "describe_groups",
    "displaced_clusters",
    "explore_clusters",
    "hdbscan",
    "lone_anchors",
    "means_of_groups",
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
