from .answers import NO_FEATURE, Nearest, Pairs
from .crowds import CROWD, add_columns, exact_columns
from .feature_index import FeatureIndex
from .geodesy import geocentric, geodesic_length, geodesic_table, geographic, wgs84
from .network.line_network import Network, Snap, build_network
from .network.routing import Access, Routes, Routing, find_access
from .point_graph import (
    FEW_KEPT,
    FEW_SEARCHED,
    NearFew,
    crowded,
    linked,
    linked_few,
    near_few,
    nearest_of_few,
)
from .segments import true_area

__all__ = [
    "CROWD",
    "FEW_KEPT",
    "FEW_SEARCHED",
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
    "add_columns",
    "build_network",
    "crowded",
    "exact_columns",
    "find_access",
    "geocentric",
    "geodesic_length",
    "geodesic_table",
    "geographic",
    "linked",
    "linked_few",
    "near_few",
    "nearest_of_few",
    "true_area",
    "wgs84",
]
