from .indicators import linkage_indicators
from .linking import linkage, linkage_draws
from .projecting import projection
from .tables import LAYERS

__all__ = ["LAYERS", "linkage", "linkage_draws", "linkage_indicators", "projection"]
