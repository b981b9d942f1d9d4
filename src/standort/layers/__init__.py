"""Input layers and tables: reading, checking and conversion to WGS84."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
