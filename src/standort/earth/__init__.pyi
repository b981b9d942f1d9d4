from .accessing import Access, find_access
from .answers import NO_FEATURE, Nearest, Pairs
from .geodesy import geocentric, geodesic_length, geographic, wgs84
from .index import FeatureIndex
from .linking import FEW_KEPT, NearFew, crowded, linked, linked_few, near_few, nearest_of_few
from .networks import Network, Snap, build_network
from .parts import true_area
from .routing import Routes, Routing

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
