"""Measuring on WGS84: the nearest features and the pairs within a radius, anywhere on Earth.

Knows nothing of industry: longitudes and latitudes [degrees] and shapely geometries come in,
positions and geodesic lengths [m] come out.
"""

from standort.earth.answers import NO_FEATURE, Nearest, Pairs
from standort.earth.geodesy import geocentric, geodesic_length, geographic, wgs84
from standort.earth.index import FeatureIndex
from standort.earth.linking import crowded, linked
from standort.earth.parts import true_area

__all__ = [
    "NO_FEATURE",
    "FeatureIndex",
    "Nearest",
    "Pairs",
    "crowded",
    "geocentric",
    "geodesic_length",
    "geographic",
    "linked",
    "true_area",
    "wgs84",
]
