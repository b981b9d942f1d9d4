from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas import DataFrame

from standort.layers.attributes.column_checks import (
    count_unknown,
    find_problems,
    suggest,
)
from standort.layers.attributes.column_types import coerce_columns, with_declared_names
from standort.layers.attributes.periods import find_implausible_years
from standort.roles import ROLES

EMITTERS, PORTS, LINKAGES = ROLES["emitters"], ROLES["ports"], ROLES["linkages"]
COLLECTION = ROLES["collection"]


def emitters(**columns: object) -> DataFrame:
    given: dict[str, object] = {"site_id": ["a", "b", "c"], "co2_t_per_yr": [1.0, 2.0, 3.0]}
    return DataFrame({**given, **columns})


def test_a_valid_table_has_no_problems() -> None:
    assert (
        find_problems(emitters(year=[2019, 2020, 2021], sector=["steel", None, "x"]), EMITTERS)
        == []
    )


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (
            {"site_id": ["a", "a", "c"]},
            (
                "column 'site_id' must name each row once; 'a' occurs more than once: "
                "give every row its own id"
            ),
        ),
        (
            {"site_id": ["a", None, ""]},
            (
                "column 'site_id' must not be empty; it is in 2 of 3 rows "
                "(row numbers from 0: 1, 2): fill it in"
            ),
        ),
        (
            {"site_id": [1.0, 2.5, 3.0]},
            "column 'site_id' must hold text or whole numbers, not 2.5: use text or int",
        ),
        (
            {"site_id": [1, "b", "c"]},
            (
                "column 'site_id' must hold text or whole numbers, not mixed-integer values: "
                "use one kind"
            ),
        ),
        (
            {"co2_t_per_yr": ["12", "n/a", "n/a"]},
            (
                "column 'co2_t_per_yr' must hold numbers [t/yr]; '12', 'n/a' in "
                "3 rows ('a', 'b', 'c'): write plain numbers and leave unknown values empty"
            ),
        ),
        (
            {"co2_t_per_yr": [True, False, True]},
            (
                "column 'co2_t_per_yr' must hold numbers [t/yr]; it holds bool values: "
                "write plain numbers and leave unknown values empty"
            ),
        ),
        (
            {"co2_t_per_yr": pd.to_datetime(["2020-01-01"] * 3)},
            "must hold numbers [t/yr]; it holds datetime64",
        ),
        (
            {"co2_t_per_yr": [-1.0, 2.0, -9999.0]},
            (
                "column 'co2_t_per_yr' must hold finite numbers of at least 0 [t/yr]; "
                "negative in 2 rows ('a', 'c'): correct the values and leave unknown ones empty"
            ),
        ),
        (
            {"co2_t_per_yr": [np.inf, 2.0, -np.inf]},
            (
                "column 'co2_t_per_yr' must hold finite numbers of at least 0 [t/yr]; "
                "infinite in 2 rows ('a', 'c'): correct the values and leave unknown ones empty"
            ),
        ),
        (
            {"year": [2019.5, 2020, np.nan]},
            (
                "column 'year' must hold whole years; 2019.5 in 1 row ('a'): "
                "correct them and leave unknown years empty"
            ),
        ),
        (
            {"year": ["2019", "2020", "2021"]},
            "column 'year' must hold numbers; '2019', '2020', '2021' in 3 rows ('a', 'b', 'c')",
        ),
    ],
)
def test_each_problem_names_column_rows_and_remedy(columns: dict[str, Any], problem: str) -> None:
    (result,) = find_problems(emitters(**columns), EMITTERS)
    assert problem in result


def test_true_and_false_are_not_ids() -> None:
    problems = find_problems(emitters(site_id=[True, False, True]), EMITTERS)
    assert problems[0] == (
        "column 'site_id' must hold text or whole numbers, not boolean values: use one kind"
    )


def test_duplicates_of_several_years_suggest_keeping_one() -> None:
    (problem,) = find_problems(emitters(site_id=["a", "a", "c"], year=[2019, 2020, 2020]), EMITTERS)
    assert problem.endswith("or, if the rows are years of one thing, keep one year")


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        ("co2_t_per_year", "it has 'co2_t_per_year': rename it if that is meant"),
        (
            "co2_kt_per_yr",
            "it has 'co2_kt_per_yr': convert from kt/yr to t/yr and rename it",
        ),
        ("tonnes", "it has site_id, tonnes: add it"),
    ],
)
def test_a_missing_column_has_a_suggestion(column: str, problem: str) -> None:
    table = emitters().rename(columns={"co2_t_per_yr": column})
    assert find_problems(table, EMITTERS) == [
        f"required column 'co2_t_per_yr' is missing; {problem}"
    ]


def test_all_problems_of_a_table_are_returned_together() -> None:
    table = DataFrame({"site_id": ["a", "a"], "year": [1.5, 2000], "precision_km": [-1, 2]})
    assert len(find_problems(table, EMITTERS)) == 4


def test_flags_are_true_false_or_unknown() -> None:
    for flags in ([True, None], [1, 0], [1.0, np.nan], ["yes", None]):
        table = DataFrame({"feature_id": [1, 2], "liquid_bulk": flags})
        problems = find_problems(table, PORTS)
        if flags[0] == "yes":
            assert problems == [
                (
                    "column 'liquid_bulk' must hold true or false; 'yes' in 1 row (1): "
                    "write true or false, or 1 and 0, and leave unknown ones empty"
                )
            ]
        else:
            assert problems == []
            flag = coerce_columns(table, PORTS)["liquid_bulk"]
            assert str(flag.dtype) == "boolean"
            assert flag[0] is True or flag[0] == True  # noqa: E712  # numpy or Python bool
            assert flag.isna().tolist() == [False, pd.isna(flags[1])]


def test_choices_of_a_table_column_are_checked() -> None:
    table = DataFrame({"firm_u": ["x"], "firm_v": ["y"], "kind": ["friendly"]})
    assert find_problems(table, LINKAGES) == [
        (
            "column 'kind' must be one of formal, informal, infrastructure; "
            "'friendly' in 1 row (0): use one of these words"
        )
    ]


def collection(**columns: object) -> DataFrame:
    given: dict[str, object] = {"layer": "formal", "source": "press", "method": "press"}
    return DataFrame({**given, **columns}, index=range(3))


def test_shares_are_from_0_to_1() -> None:
    sound = collection(detect_lo=[0, None, 0.5], detect_hi=[1, 0.2, None], total=[0.95, 700, None])
    assert find_problems(sound, COLLECTION) == []
    wrong = collection(detect_lo=[-0.1, 0.2, 1], detect_hi=[95, 1.01, float("inf")])
    expected = "must hold finite numbers from 0 to 1"
    remedy = "correct the values and leave unknown ones empty"
    assert find_problems(wrong, COLLECTION) == [
        f"column 'detect_lo' {expected}; negative in 1 row (0): {remedy}",
        f"column 'detect_hi' {expected}; infinite in 1 row (2): {remedy}",
        f"column 'detect_hi' {expected}; above 1 in 2 rows (0, 1): {remedy}",
    ]


def test_a_collection_has_a_layer_and_a_method_in_every_row() -> None:
    wrong = collection(layer=["formal", None, "pipes"], method=["asked", "none", ""])
    layer, method = find_problems(wrong, COLLECTION)
    assert layer.startswith("column 'layer' must be one of formal, informal, infrastructure; ")
    assert "'pipes' in 2 rows (1, 2)" in layer
    assert method.startswith(
        "column 'method' must be one of roster, member_list, register, project_db, "
        "document_search, press, none; 'asked', '' in 2 rows (0, 2)"
    )


def test_a_column_may_have_another_name() -> None:
    named, problems = with_declared_names(collection(initiative=["a", None, "b"]), COLLECTION)
    assert problems == []
    assert "initiative" not in named
    assert coerce_columns(named, COLLECTION)["unit"].tolist() == ["a", None, "b"]


def test_two_names_of_one_column_are_merged_where_one_of_them_is_blank() -> None:
    both = collection(unit=["a", " ", None], initiative=["a ", "b", ""])
    before = both.copy(deep=True)
    named, problems = with_declared_names(both, COLLECTION)
    assert problems == []
    assert named.columns.tolist() == ["layer", "source", "method", "unit"]
    typed = coerce_columns(named, COLLECTION)["unit"]
    assert typed.tolist()[:2] == ["a", "b"]
    assert typed.isna().tolist() == [False, False, True]
    pd.testing.assert_frame_equal(both, before)


def test_two_names_of_one_column_with_different_values_are_a_problem() -> None:
    both = collection(unit=["a", "b", "c"], initiative=["x", "b", "y"])
    (problem,) = with_declared_names(both, COLLECTION)[1]
    assert problem == (
        "columns 'unit' and 'initiative' are two names of one thing and differ in 2 rows "
        "(row numbers from 0: 0, 2): fill in one of them"
    )


def test_numbers_of_clusters_are_names_of_places() -> None:
    both = collection(unit=[1, None, None], initiative=[1.0, 2.0, None])
    named, problems = with_declared_names(both, COLLECTION)
    assert problems == []
    assert named["unit"].tolist()[:2] == [1, 2]


def test_the_owner_of_a_firm_and_its_share_may_be_unknown() -> None:
    table = DataFrame({"firm": ["a", "a"], "owner": ["x", None], "share": [0.5, None]})
    assert find_problems(table, ROLES["firms"]) == []
    (problem,) = find_problems(table.assign(share=[50, 0.5]), ROLES["firms"])
    assert problem.startswith("column 'share' must hold finite numbers from 0 to 1; above 1 in ")


def test_references_of_a_table_may_repeat_but_not_be_empty() -> None:
    table = DataFrame({"firm_u": ["x", "x"], "firm_v": ["y", None], "kind": ["formal", "formal"]})
    (problem,) = find_problems(table, LINKAGES)
    assert problem.startswith("column 'firm_v' must not be empty; it is in 1 of 2 rows")


@pytest.mark.parametrize(
    "quantity",
    [
        pd.Series([1, None, 3], dtype=object),
        pd.Series([Decimal(1), None, 3], dtype=object),
        pd.Series([1, pd.NA, 3], dtype="Int64"),
        pd.Series([1.0, np.nan, 3.0], dtype="float32"),
    ],
)
def test_numbers_of_any_type_become_floats(quantity: pd.Series) -> None:
    table = emitters(co2_t_per_yr=quantity)
    assert find_problems(table, EMITTERS) == []
    turned = coerce_columns(table, EMITTERS)["co2_t_per_yr"]
    assert turned.dtype == np.float64
    np.testing.assert_array_equal(turned, [1.0, np.nan, 3.0])


def test_an_entirely_unknown_quantity_is_valid_and_counted() -> None:
    table = emitters(co2_t_per_yr=[None, None, None])
    assert find_problems(table, EMITTERS) == []
    assert count_unknown(coerce_columns(table, EMITTERS), EMITTERS) == {"co2_t_per_yr": 3}


def test_zero_is_known_and_not_counted_as_unknown() -> None:
    assert count_unknown(emitters(co2_t_per_yr=[0.0, 0.0, 0.0]), EMITTERS) == {}


def test_whole_float_ids_become_integers_without_changing_the_input() -> None:
    table = emitters(site_id=[1.0, 2.0, 3.0])
    before = table.copy(deep=True)
    assert coerce_columns(table, EMITTERS)["site_id"].dtype == np.int64
    pd.testing.assert_frame_equal(table, before)


def test_implausible_years_are_noted_and_kept() -> None:
    table = emitters(year=[0.0, 9999.0, 2020.0])
    assert find_problems(table, EMITTERS) == []
    texts = [text for _, text in find_implausible_years(table, EMITTERS)]
    assert texts == ["column 'year' has implausible years in 2 rows: 0, 9999"]


def test_suggestions_ignore_case_and_need_similarity() -> None:
    assert suggest("CO2_Storages", tuple(ROLES)) == "co2_storage"
    assert suggest("rivers", tuple(ROLES)) is None


BEYOND = 2**63 + 5


@pytest.mark.parametrize(
    "ids",
    [
        pd.Series([BEYOND, 1, 2], dtype="uint64"),
        pd.Series([BEYOND, 1, 2], dtype="UInt64"),
        pd.Series([BEYOND, 1, 2], dtype=object),
    ],
)
def test_ids_beyond_64_bits_are_kept_as_text(ids: pd.Series) -> None:
    table = emitters(site_id=ids)
    assert find_problems(table, EMITTERS) == []
    assert coerce_columns(table, EMITTERS)["site_id"].tolist() == [str(BEYOND), "1", "2"]


def test_ids_that_floats_cannot_hold_are_refused() -> None:
    (problem,) = find_problems(emitters(site_id=[2.0**53, 1.0, 2.0]), EMITTERS)
    assert problem == (
        "column 'site_id' holds whole numbers beyond 2**53 as floats, which are not exact, in "
        "1 row (9007199254740992.0): store them as text or int"
    )


@pytest.mark.parametrize(
    "cells", [[[1], 2, 3], [{"a": 1}, 2, 3], [np.arange(2), 2, 3], [(1,), 2, 3]]
)
def test_cells_that_are_no_scalars_are_problems_in_any_column(cells: list[Any]) -> None:
    odd = pd.Series(cells, dtype=object)
    for name in ("site_id", "co2_t_per_yr", "sector", "year"):
        (problem,) = find_problems(emitters(**{name: odd}), EMITTERS)
        assert problem.startswith(f"column {name!r} must hold")
    (problem,) = find_problems(DataFrame({"feature_id": [1, 2, 3], "liquid_bulk": odd}), PORTS)
    assert problem.startswith("column 'liquid_bulk' must hold true or false; ")


@pytest.mark.parametrize(
    ("quantity", "shown"),
    [
        (pd.Series([1 + 2j, 0, 0]), "complex128"),
        (pd.Series([10**400, 1, 2], dtype=object), "1000"),
        (pd.to_timedelta([1, 2, 3]), "timedelta64"),
        (pd.Series([b"1", b"2", b"3"], dtype=object), "b'1'"),
        (pd.Series([1e308] * 3), r"above 1e+100 in 3 rows"),
    ],
)
def test_what_is_no_quantity_is_one_problem(quantity: Any, shown: str) -> None:  # noqa: ANN401
    (problem,) = find_problems(emitters(co2_t_per_yr=quantity), EMITTERS)
    assert shown in problem
    assert len(problem) < 300


@pytest.mark.parametrize("text", ["a\0b", "a\ud800"])
def test_text_that_files_cannot_hold_is_a_problem_in_any_column(text: str) -> None:
    for name in ("site_id", "sector", "my own"):
        cells = pd.Series([text, "b", "c"], dtype=object)
        (problem,) = find_problems(emitters(**{name: cells}), EMITTERS)
        assert problem.startswith(f"column {name!r} has text with NUL or half characters in 1 row")


def test_blank_text_is_unknown_in_any_column() -> None:
    table = coerce_columns(emitters(sector=["", "steel", " \u00a0"], own=["", "x", None]), EMITTERS)
    assert table["sector"].isna().tolist() == [True, False, True]
    assert table["own"].isna().tolist() == [True, False, True]


def test_blank_ids_are_empty() -> None:
    (problem,) = find_problems(emitters(site_id=["a", " ", "\t"]), EMITTERS)
    assert "must not be empty; it is in 2 of 3 rows" in problem
