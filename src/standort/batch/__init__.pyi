from .jobs import Job, Outcome, score_study
from .many_sites import CHUNK_SITES, Streamed, score_file
from .many_studies import batch, expand_patterns

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
