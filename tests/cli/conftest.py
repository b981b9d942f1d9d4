"""A small study on disk, and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cli.runs import run, write_study

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def study_path(tmp_path: Path) -> Path:
    """Write a study of six emitters and two ports."""
    return write_study(tmp_path / "study.gpkg")


@pytest.fixture
def result_path(study_path: Path, tmp_path: Path) -> Path:
    """Score the study."""
    path = tmp_path / "out.gpkg"
    assert run("score", study_path, "--out", path).exit_code == 0
    return path
