"""Which sites form dense clusters, which lie by one, which are dispersed."""

from standort.clusters.dbscan import NOISE, dbscan
from standort.clusters.graph import NeighbourGraph
from standort.clusters.means import member_means
from standort.clusters.places import as_cluster_sites, cluster_features
from standort.clusters.table import cluster_hulls, cluster_table
from standort.clusters.tiers import assign_tiers

__all__ = [
    "NOISE",
    "NeighbourGraph",
    "as_cluster_sites",
    "assign_tiers",
    "cluster_features",
    "cluster_hulls",
    "cluster_table",
    "dbscan",
    "member_means",
]
