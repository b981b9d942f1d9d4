"""Measuring on WGS84: the nearest features and the pairs within a radius, anywhere on Earth.

Knows nothing of industry: longitudes and latitudes [degrees] and shapely geometries come in,
positions and geodesic lengths [m] come out.
"""

from standort.earth.accessing import Access, find_access
from standort.earth.answers import NO_FEATURE, Nearest, Pairs
from standort.earth.geodesy import geocentric, geodesic_length, geographic, wgs84
from standort.earth.index import FeatureIndex
from standort.earth.linking import (
    FEW_KEPT,
    NearFew,
    crowded,
    linked,
    linked_few,
    near_few,
    nearest_of_few,
)
from standort.earth.networks import Network, Snap, build_network
from standort.earth.parts import true_area
from standort.earth.routing import Routes, Routing

__all__ = [
    "FEW_KEPT",
    "NO_FEATURE",
    "Access",
    "FeatureIndex",
    "NearFew",
    "Nearest",
    "Network",
    "Pairs",
    "Routes",
    "Routing",
    "Snap",
    "build_network",
    "crowded",
    "find_access",
    "geocentric",
    "geodesic_length",
    "geographic",
    "linked",
    "linked_few",
    "near_few",
    "nearest_of_few",
    "true_area",
    "wgs84",
]
