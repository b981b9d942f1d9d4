"""Fixtures for every room: the real studies, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real registers and studies beside the checkout."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data (../shared/data) are not on this machine")
    return folder


@pytest.fixture(scope="session")
def europe_study_path(real_data: Path) -> Path:
    """The study of Europe: 4,505 emitters and five feature layers."""
    return real_data / "studies" / "europe.gpkg"


@pytest.fixture(scope="session")
def great_britain_study_path(real_data: Path) -> Path:
    """The study of Great Britain: 272 emitters and five feature layers."""
    return real_data / "studies" / "great_britain.gpkg"
