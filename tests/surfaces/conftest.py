"""A complete study and output paths for surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from study.small_studies import all_layers, study_of

if TYPE_CHECKING:
    from standort.layers import Study


@pytest.fixture(scope="session")
def full_study() -> Study:
    """A study with every layer of the default profile, by the Belgian and Dutch coast."""
    return study_of(all_layers())
