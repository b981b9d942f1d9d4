"""The same examples on every run, however slow the machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("derandomised", derandomize=True, deadline=None, max_examples=20)
settings.load_profile("derandomised")
