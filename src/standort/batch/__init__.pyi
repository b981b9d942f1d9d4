from .jobs import Job, Outcome, score_study
from .running import batch, expand_patterns
from .streaming import CHUNK_SITES, Streamed, score_file

__all__ = [
    "CHUNK_SITES",
    "Job",
    "Outcome",
    "Streamed",
    "batch",
    "expand_patterns",
    "score_file",
    "score_study",
]
