from .answers import NO_FEATURE, Nearest, Pairs
from .feature_index import FeatureIndex
from .geodesy import geocentric, geodesic_length, geographic, wgs84
from .network.line_network import Network, Snap, build_network
from .network.routing import Access, Routes, Routing, find_access
from .point_graph import FEW_KEPT, NearFew, crowded, linked, linked_few, near_few, nearest_of_few
from .segments import true_area

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
