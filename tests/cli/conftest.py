"""A small study on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cli.runs import write_study

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def study_path(tmp_path: Path) -> Path:
    """Write a study of six emitters and two ports."""
    return write_study(tmp_path / "study.gpkg")
