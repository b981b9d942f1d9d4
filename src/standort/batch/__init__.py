"""Many studies in one go, and sites too many for memory."""

from __future__ import annotations

from standort.batch.jobs import Job, Outcome, score_study
from standort.batch.running import batch, expand_patterns
from standort.batch.streaming import CHUNK_SITES, Streamed, score_file

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
