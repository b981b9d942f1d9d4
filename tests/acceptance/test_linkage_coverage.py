"""Intervals of linkage hold the truth of networks with known ties (docs/validation.md)."""

from __future__ import annotations

import pytest
from acceptance.linkage_coverage import cover, summarise


@pytest.mark.parametrize("recording", ["independently", "by firm"])
def test_intervals_hold_the_truth(recording: str) -> None:
    """Of 40 places, nine in ten, and in all of them the bounds; what is on record is too low."""
    table = cover("core-periphery", recording, 12, 0.4, units=40, draws=200, seed=2)
    found = summarise(table, ["completeness"]).iloc[0]
    assert found["interval holds"] >= 0.9
    assert found["region holds"] == 1.0
    assert found["recorded L is too low by"] > 0.1
    assert found["width"] < 0.5


def test_complete_records_leave_no_width() -> None:
    table = cover("random", "by firm", 12, 1.0, units=10, draws=50, seed=2)
    found = summarise(table, ["completeness"]).iloc[0]
    assert found["interval holds"] == 1.0
    assert found["width"] < 1e-9
