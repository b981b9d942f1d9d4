"""How strongly the firms of a unit are linked: formally, informally, and by shared infrastructure.

Being near is never a tie: this room knows no geometry.
"""

from standort.linkages.indicators import linkage_indicators
from standort.linkages.linking import linkage, linkage_draws
from standort.linkages.projecting import projection
from standort.linkages.tables import LAYERS

__all__ = ["LAYERS", "linkage", "linkage_draws", "linkage_indicators", "projection"]
