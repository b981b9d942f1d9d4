from .chain import score
from .evaluation import availability
from .places.place_history import PlaceHistory, follow_places
from .result.result import Result
from .result.result_comparison import compare
from .whatif.candidates import best_next
from .whatif.scenario import WhatIf, what_if

__all__ = [
    "PlaceHistory",
    "Result",
    "WhatIf",
    "availability",
    "best_next",
    "compare",
    "follow_places",
    "score",
    "what_if",
]
