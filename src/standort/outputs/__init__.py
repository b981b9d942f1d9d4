"""What goes out: GeoPackage with QGIS styles, manifest, explanations, maps, plots and summaries.

Outputs know tables only, so that they serve a result in memory and one read from a file alike.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
