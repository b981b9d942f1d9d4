"""A study scored: the chain from layers to a result."""

from standort.study.following import Followed, follow_units
from standort.study.measuring import availability
from standort.study.result import Result
from standort.study.running import score

__all__ = ["Followed", "Result", "availability", "follow_units", "score"]
