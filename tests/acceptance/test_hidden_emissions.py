"""With emissions hidden, intervals hold the truth as often as they say: docs/validation.md."""

from __future__ import annotations

import pandas as pd
import pytest
from acceptance.hidden_emissions import covered

#: 19 replicates of which the lowest and the highest end an interval of 90 %
QUICK = {"draws": 19, "replicates": 19}
WORLDS, SITES = 10, 50


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Hide three tenths of the emissions of a few worlds."""
    return pd.concat([covered(seed, 0.3, n=SITES, **QUICK) for seed in range(WORLDS)])


def test_hidden_emissions_move_nearly_every_site(rows: pd.DataFrame) -> None:
    assert len(rows) > 0.9 * WORLDS * SITES


def test_intervals_hold_the_truth(rows: pd.DataFrame) -> None:
    """Sites of a world share its large emitters, so ten worlds tell 0.9 from 0.6, not from 0.85."""
    assert 0.8 <= rows["score"].mean() <= 0.97
    assert 0.85 <= rows["rank"].mean() <= 0.98
