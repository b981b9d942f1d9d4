"""Which sites form dense clusters, which lie by one, which are dispersed."""

from standort.clusters.dbscan import NOISE, dbscan

__all__ = ["NOISE", "dbscan"]
