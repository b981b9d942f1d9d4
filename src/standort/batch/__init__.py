"""Many studies in one go."""

from __future__ import annotations

from standort.batch.jobs import Job, Outcome, score_study
from standort.batch.running import batch, expand_patterns

__all__ = ["Job", "Outcome", "batch", "expand_patterns", "score_study"]
