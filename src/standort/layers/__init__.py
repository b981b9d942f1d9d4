"""What comes in: layers and tables by role, read, checked and brought to WGS84."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
