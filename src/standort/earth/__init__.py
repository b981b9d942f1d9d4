"""Distances on WGS84: nearest features and pairs within a radius, anywhere on Earth.

Inputs are longitudes and latitudes [degrees] and shapely geometries; results are positions and
geodesic lengths [m]. Nothing here is specific to industry.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
