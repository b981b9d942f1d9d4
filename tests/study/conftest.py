"""One study with everything, and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from study.small_studies import all_layers, study_of

from standort.study import Result, score

if TYPE_CHECKING:
    from standort.layers import Study


@pytest.fixture(scope="session")
def full_study() -> Study:
    """A study with every layer of the default profile."""
    return study_of(all_layers())


@pytest.fixture(scope="session")
def full_result(full_study: Study) -> Result:
    """Its result."""
    return score(full_study)
