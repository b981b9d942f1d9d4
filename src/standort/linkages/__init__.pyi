from .degree import linkage, linkage_draws
from .firm_tables import LAYERS
from .indicators import linkage_indicators
from .one_mode import projection

__all__ = ["LAYERS", "linkage", "linkage_draws", "linkage_indicators", "projection"]
