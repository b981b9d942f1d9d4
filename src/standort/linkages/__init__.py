"""How strongly the firms of a place are linked: formally, informally, and by shared infrastructure.

Being near is never a tie: this room knows no geometry.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
