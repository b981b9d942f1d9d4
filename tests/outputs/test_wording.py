"""Numbers have three digits and a unit; unknown ones are not zero."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from standort.outputs.wording import format_condition, format_measure, format_metric, format_score
from standort.results.cell_values import as_float, as_text
from standort.units import UNIT_SYMBOLS, UNITS


@pytest.mark.parametrize(
    ("value", "unit", "text"),
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
def test_measures_have_three_digits_and_a_unit(value: object, unit: str, text: str) -> None:
    assert format_measure(value, unit) == text


@pytest.mark.parametrize(
    ("column", "condition", "text"),
    [
        ("capacity_mw", {"min": 5, "max": 10}, "capacity at least 5 MW and at most 10 MW"),
        ("injection_mt_per_yr", {"min": None, "max": 2.0}, "injection at most 2 Mt/yr"),
        ("year_from", {"min": 2030, "max": None}, "year from at least 2,030"),
        ("status", "operating", "status operating"),
        ("technology", ("wind", "solar", "hydro"), "technology wind, solar or hydro"),
    ],
)
def test_conditions_are_formatted(column: str, condition: object, text: str) -> None:
    assert format_condition(column, condition) == text


def test_fewer_neighbours_than_asked_for_is_not_nothing() -> None:
    assert format_metric("neighbour_distance", math.inf, "km") == "too few in reach"
    assert format_metric("neighbour_distance", 3.0, "km") == "3 km"
    assert format_metric("nearest_distance", math.inf, "km") == "nothing within reach"


def test_every_symbol_belongs_to_a_unit() -> None:
    assert set(UNIT_SYMBOLS) <= set(UNITS)


def test_an_unknown_score_is_not_zero() -> None:
    assert format_score(0.0) == "0.00"
    assert format_score(pd.NA) == "-"


def test_missing_cells_stay_missing() -> None:
    assert as_text(pd.NA) is None
    assert as_text(3.0) == "3"
    assert str(as_float(None)) == "nan"
