"""Linkages between the firms of a place: formal, informal and through shared infrastructure.

Proximity is not a tie, so this package uses no geometry.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
