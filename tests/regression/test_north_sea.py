"""The sample study scores as it did when the golden tables were written.

Tolerance: 1e-9, absolute and relative; ids, labels, tiers and numbers of sites exactly. After a
change that is meant to move scores, write the tables anew with ``make golden``.
"""

from __future__ import annotations

import pandas as pd
import pytest
from regression.make_golden import CLUSTERS, SITES, golden_tables, read_golden

TOLERANCE = 1e-9
EXACT = ["cluster", "tier", "anchor", "n_sites", "n_unknown"]


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    return golden_tables()


def assert_as_golden(actual: pd.DataFrame, golden: pd.DataFrame) -> None:
    assert actual.index.tolist() == golden.index.tolist()
    assert actual.columns.tolist() == golden.columns.tolist()
    for name in actual.columns.intersection(EXACT):
        assert actual[name].tolist() == golden[name].tolist(), name
    numbers = actual.columns.difference(EXACT)
    pd.testing.assert_frame_equal(
        actual[numbers].astype(float),
        golden[numbers].astype(float),
        rtol=TOLERANCE,
        atol=TOLERANCE,
        check_names=False,
        check_index_type=False,
    )


def test_scores_and_tiers_of_sites(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    golden = read_golden(SITES)
    assert len(golden) >= 150
    assert_as_golden(tables[0], golden)


def test_totals_and_scores_of_clusters(tables: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    golden = read_golden(CLUSTERS)
    assert len(golden) >= 5
    assert_as_golden(tables[1], golden)
