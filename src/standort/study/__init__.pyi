from .comparing import compare
from .following import Followed, follow_units
from .measuring import availability
from .result import Result
from .running import score
from .whatif import WhatIf, what_if
from .whatif_best import best_next

__all__ = [
    "Followed",
    "Result",
    "WhatIf",
    "availability",
    "best_next",
    "compare",
    "follow_units",
    "score",
    "what_if",
]
