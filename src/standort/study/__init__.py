"""A study scored: the chain from layers to a result.

What asks further of results (comparing, following, what if) loads when it is first used: a score
needs none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from standort.study.measuring import availability
from standort.study.result import Result
from standort.study.running import score

if TYPE_CHECKING:
    from standort.study.comparing import compare
    from standort.study.following import Followed, follow_units
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

_LATER = {
    "Followed": "following",
    "WhatIf": "whatif",
    "best_next": "whatif_best",
    "compare": "comparing",
    "follow_units": "following",
    "what_if": "whatif",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name not in _LATER:
        msg = f"module 'standort.study' has no attribute {name!r}"
        raise AttributeError(msg)
    found = getattr(import_module(f"standort.study.{_LATER[name]}"), name)
    globals()[name] = found
    return found
