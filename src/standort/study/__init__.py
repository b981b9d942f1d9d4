"""A study scored: the chain from layers to a result."""

from standort.study.measuring import availability
from standort.study.result import Result
from standort.study.running import score

__all__ = ["Result", "availability", "score"]
