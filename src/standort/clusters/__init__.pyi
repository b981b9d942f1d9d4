from .belonging import membership
from .choosing import EpsSuggestion, suggest_eps
from .crosschecking import hdbscan
from .dbscan import NOISE, dbscan
from .displacing import DisplacedClusters, displaced_clusters
from .exploring import Exploration, explore_clusters
from .graph import NeighbourGraph
from .hierarchy import cluster_hierarchy
from .means import means_of_groups, member_means
from .places import as_cluster_sites, cluster_features
from .profile import cluster_profile, lone_anchors
from .sectors import sector_mix
from .splitting import Split, split_wide
from .table import cluster_hulls, cluster_table, describe_groups, outline_groups
from .tiers import assign_tiers
from .tracking import track
from .validating import agreement, density_validity
from .varying import Partitions, Plateau, cluster_grid, stability, stability_table, widest_plateau

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
