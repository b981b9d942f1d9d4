"""Measuring on WGS84: the nearest features and the pairs within a radius, anywhere on Earth.

Knows nothing of industry: longitudes and latitudes [degrees] and shapely geometries come in,
positions and geodesic lengths [m] come out.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
