"""The same examples on every run, however slow the machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("typology", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("typology")
