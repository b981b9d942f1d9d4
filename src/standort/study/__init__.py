"""A study scored: the chain from layers to a result."""

from standort.study.comparing import compare
from standort.study.following import Followed, follow_units
from standort.study.measuring import availability
from standort.study.result import Result
from standort.study.running import score
from standort.study.whatif import WhatIf, what_if
from standort.study.whatif_best import best_next

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
