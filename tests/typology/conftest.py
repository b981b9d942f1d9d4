"""Hypothesis profile: the same examples on every run, without deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("typology", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("typology")
