"""Fixtures of the outputs."""

from __future__ import annotations

import pytest
from outputs.result_tables import Tables, build_tables


@pytest.fixture
def tables() -> Tables:
    """Return the tables of a small result."""
    return build_tables()
