"""Filters: what passes, what is unknown, what is skipped, and invalid filters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from standort.errors import LayerError, OptionError
from standort.scoring.profile.filters import Filter, apply_filter


@pytest.fixture
def stores() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "capacity_mt": [99.9, 100.0, np.nan, 250.0],
            "kind": ["aquifer", "Gas field ", "aquifer", None],
            "offshore": [True, False, True, None],
            "phase": [1, 2, 2, 3],
        },
        index=["a", "b", "c", "d"],
    )


def passing(table: pd.DataFrame, conditions: dict[str, object]) -> list[str]:
    return table.index[apply_filter(table, conditions).passes].tolist()


def test_a_range_includes_its_ends(stores: pd.DataFrame) -> None:
    assert passing(stores, {"capacity_mt": {"min": 100}}) == ["b", "d"]
    assert passing(stores, {"capacity_mt": {"max": 100}}) == ["a", "b"]
    assert passing(stores, {"capacity_mt": {"min": 100, "max": 249}}) == ["b"]


def test_a_list_passes_any_of_its_entries(stores: pd.DataFrame) -> None:
    assert passing(stores, {"phase": [1, 3]}) == ["a", "d"]
    assert passing(stores, {"kind": ["aquifer", "coal seam"]}) == ["a", "c"]


def test_text_is_compared_without_case_and_outer_blanks(stores: pd.DataFrame) -> None:
    assert passing(stores, {"kind": "gas field"}) == ["b"]


def test_a_flag_is_compared_as_a_flag(stores: pd.DataFrame) -> None:
    assert passing(stores, {"offshore": True}) == ["a", "c"]
    assert passing(stores, {"offshore": False}) == ["b"]


def test_flags_stored_as_numbers_are_flags_too() -> None:
    ports = pd.DataFrame({"liquid_bulk": [1.0, 0.0, np.nan]})
    assert apply_filter(ports, {"liquid_bulk": True}).passes.tolist() == [True, False, False]


def test_every_condition_must_be_met(stores: pd.DataFrame) -> None:
    assert passing(stores, {"kind": "aquifer", "phase": 2}) == ["c"]


def test_an_unknown_attribute_does_not_pass_and_is_counted(stores: pd.DataFrame) -> None:
    outcome = apply_filter(stores, {"capacity_mt": {"min": 0}, "kind": "aquifer", "phase": 2})
    assert not outcome.passes[2]
    assert outcome.unknown == {"capacity_mt": 1, "kind": 1}


def test_a_column_of_unknowns_lets_nothing_pass() -> None:
    plants = pd.DataFrame({"technology": [None, None]})
    outcome = apply_filter(plants, {"technology": ["wind"]})
    assert (outcome.passes.tolist(), outcome.unknown) == ([False, False], {"technology": 2})


def test_a_column_the_layer_lacks_is_skipped_and_named(stores: pd.DataFrame) -> None:
    outcome = apply_filter(stores, {"status": "operating", "phase": 2})
    assert outcome.passes.tolist() == [False, True, True, False]
    assert outcome.skipped == ("status",)


@pytest.mark.parametrize("nothing", [None, {}, Filter({})])
def test_no_filter_lets_everything_pass(stores: pd.DataFrame, nothing: Filter | None) -> None:
    outcome = apply_filter(stores, nothing)
    assert outcome.passes.tolist() == [True] * 4
    assert (outcome.unknown, outcome.skipped) == ({}, ())


def test_an_empty_layer_is_filtered_to_nothing(stores: pd.DataFrame) -> None:
    assert apply_filter(stores.iloc[:0], {"kind": "aquifer"}).passes.tolist() == []


def test_the_layer_is_left_as_it_was(stores: pd.DataFrame) -> None:
    before = stores.copy()
    apply_filter(stores, {"capacity_mt": {"min": 100}, "kind": "aquifer"})
    pd.testing.assert_frame_equal(stores, before)


def test_text_where_a_number_is_expected_is_a_problem_of_the_layer(stores: pd.DataFrame) -> None:
    stores["capacity_mt"] = stores["capacity_mt"].astype(str)
    with pytest.raises(LayerError, match=r"(?s)2 problems.*'capacity_mt' holds.*'99\.9'.*'phase'"):
        apply_filter(stores, {"capacity_mt": {"min": 100}, "phase": "two"})


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"capacity_mt": {"mn": 1}}, r"capacity_mt\.mn: unknown key; did you mean 'min'\?"),
        ({"capacity_mt": {}}, r"capacity_mt: expected min, max or both, got neither"),
        ({"capacity_mt": {"min": 9, "max": 1}}, r"capacity_mt\.max: .* min of 9, got 1"),
        ({"capacity_mt": {"min": "9"}}, r"capacity_mt\.min: expected a number .* got '9'"),
        ({"capacity_mt": {"min": float("nan")}}, r"capacity_mt\.min: expected a finite number"),
        ({"kind": []}, r"kind: expected a list of at least 1, got a list of 0"),
        ({"kind": [["a"]]}, r"kind\[0\]: expected text, a finite number, true or false"),
        ({"kind": float("inf")}, r"kind\[0\]: expected text, a finite number, true or false"),
    ],
)
def test_anything_but_a_filter_is_rejected(
    stores: pd.DataFrame, conditions: dict[str, object], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        apply_filter(stores, conditions)


def test_code_in_a_filter_is_only_text(stores: pd.DataFrame) -> None:
    assert passing(stores, {"kind": "__import__('os').abort()"}) == []
