"""Numbers are written with three digits and a unit, and never invented."""

from __future__ import annotations

import pandas as pd
import pytest

from standort.outputs.wording import UNIT_SYMBOLS, as_float, as_text, tell_measure, tell_score
from standort.units import UNITS


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (0.0, "km", "0 km"),
        (0.4, "km", "0.4 km"),
        (0.001234, "mt_per_yr", "0.00123 Mt/yr"),
        (999.6, "km", "1,000 km"),
        (12_345.6, "t_per_yr", "12,346 t/yr"),
        (100.0, "count", "100"),
        (1e-12, "km", "0 km"),
        (float("inf"), "km", "nothing within reach"),
        (pd.NA, "km", "unknown"),
        (None, "count", "unknown"),
    ],
)
def test_measures_are_written_for_people(value: object, unit: str, told: str) -> None:
    assert tell_measure(value, unit) == told


def test_every_symbol_belongs_to_a_unit() -> None:
    assert set(UNIT_SYMBOLS) <= set(UNITS)


def test_an_unknown_score_is_no_zero() -> None:
    assert tell_score(0.0) == "0.00"
    assert tell_score(pd.NA) == "-"


def test_missing_cells_stay_missing() -> None:
    assert as_text(pd.NA) is None
    assert as_text(3.0) == "3"
    assert str(as_float(None)) == "nan"
