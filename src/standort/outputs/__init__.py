"""Outputs: GeoPackage with QGIS styles, explanations, comparisons, maps, plots and summaries.

They need only tables, so that they work for results in memory and for results read from a file.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
