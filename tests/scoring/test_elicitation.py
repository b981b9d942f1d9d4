"""Points, swings, ranks: closed forms, invalid input; judgements in Python and as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import FileError, OptionError, WeightError
from standort.scoring import (
    JudgementRow,
    direct_weights,
    elicit,
    equal_weights,
    rank_order_centroid,
    read_judgements,
    swing_weights,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_rank_order_centroid_of_four() -> None:
    """Barron and Barrett (1996), table of centroid weights: .5208 .2708 .1458 .0625."""
    actual = rank_order_centroid(["a", "b", "c", "d"]).weights
    assert actual.round(4).tolist() == [0.5208, 0.2708, 0.1458, 0.0625]


def test_ties_share_what_their_places_have() -> None:
    actual = rank_order_centroid(["a", ["b", "c"]]).weights
    assert actual.tolist() == pytest.approx([11 / 18, 7 / 36, 7 / 36])


@given(st.integers(1, 12))
def test_centroid_weights_sum_to_1_and_fall(n: int) -> None:
    actual = rank_order_centroid([f"c{k}" for k in range(n)]).weights
    assert actual.sum() == pytest.approx(1)
    assert actual.is_monotonic_decreasing


def test_points_and_swings_are_shares() -> None:
    assert direct_weights({"a": 30, "b": 10}).weights.tolist() == [0.75, 0.25]
    assert swing_weights({"a": 100, "b": 0, "c": 60}).weights.tolist() == [0.625, 0, 0.375]
    assert equal_weights(["a", "b"]).weights.tolist() == [0.5, 0.5]


def test_nothing_is_compared_so_nothing_is_inconsistent() -> None:
    actual = direct_weights({"a": 1, "b": 1})
    assert actual.consistency_ratio is None
    assert actual.worst_judgement is None


def test_swings_without_a_full_one_are_rejected() -> None:
    with pytest.raises(WeightError, match="100 points for the swing that is worth most, got 80"):
        swing_weights({"a": 80, "b": 40})


def test_all_invalid_points_are_reported() -> None:
    with pytest.raises(WeightError, match=r"(?s)2 problems.*'a', got -1.*'b', got nan"):
        direct_weights({"a": -1, "b": float("nan"), "c": 1})


def test_points_of_0_for_all_are_rejected() -> None:
    with pytest.raises(WeightError, match="above 0 for at least one"):
        direct_weights({"a": 0, "b": 0})


def test_a_criterion_that_occurs_twice_is_rejected() -> None:
    with pytest.raises(WeightError, match="'a' more often"):
        rank_order_centroid(["a", ["b", "a"]])
    with pytest.raises(WeightError, match="at least one criterion"):
        equal_weights([])


# ------------------------------------------------------------------ lists of judgements


def test_every_method_takes_the_same_rows() -> None:
    pairs = [("a", "b", 2), ("b", "c", 2), ("a", "c", 4)]
    for method in ("ahp", "bwm"):
        actual = elicit(method, pairs).weights
        assert actual.loc[list("abc")].tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    points = [("a", "", 100), ("b", "", 50), ("c", "", 50)]
    assert elicit("swing", points).weights.tolist() == [0.5, 0.25, 0.25]
    assert elicit("direct", points).weights.tolist() == [0.5, 0.25, 0.25]
    assert elicit("equal", points).weights.tolist() == pytest.approx([1 / 3] * 3)
    ranks = [("c", "", 2), ("a", "", 1), ("b", "", 2)]
    actual = elicit("rank_order_centroid", ranks).weights
    assert actual.loc[list("abc")].tolist() == pytest.approx([11 / 18, 7 / 36, 7 / 36])


def test_a_comparison_the_best_worst_method_does_not_use_is_named() -> None:
    said = [("a", "b", 2), ("a", "c", 3), ("a", "d", 6), ("b", "d", 3), ("c", "d", 2)]
    assert elicit("bwm", said).weights.loc["a"] == pytest.approx(0.5)
    with pytest.raises(WeightError, match="does not use b over c"):
        elicit("bwm", [*said, ("b", "c", 1.5)])
    with pytest.raises(WeightError, match="the best, with all others, got none"):
        elicit("bwm", said[1:])


def test_rows_that_do_not_fit_the_method_are_rejected() -> None:
    with pytest.raises(WeightError, match="'a' is compared with nothing"):
        elicit("ahp", [("a", "", 3)])
    with pytest.raises(WeightError, match="compared with 'b' twice"):
        elicit("ahp", [("a", "b", 3), ("a", "b", 4)])
    with pytest.raises(WeightError, match="takes each criterion on its own"):
        elicit("swing", [("a", "b", 100)])


@pytest.mark.parametrize("method", ["entropy", "critic"])
def test_weights_from_the_data_take_no_judgements(method: str) -> None:
    with pytest.raises(OptionError, match=f"computes weights from a batch.*{method}_weights"):
        elicit(method, [])  # type: ignore[arg-type]  # that is the point


def test_unknown_methods_and_variants_are_named() -> None:
    with pytest.raises(OptionError, match=r"'ahq'; did you mean 'ahp'\?"):
        elicit("ahq", [])  # type: ignore[arg-type]  # that is the point
    with pytest.raises(OptionError, match=r"unknown variant 'linear' of 'swing'; it has none"):
        elicit("swing", [], variant="linear")


def test_a_file_of_several_groups_is_read(tmp_path: Path) -> None:
    path = tmp_path / "judgements.csv"
    path.write_text(
        "group, criterion,compared_with,judgement\n"
        "components,a,b,3\n"
        "a,x,y,1/3\n"
        "components,b,c, 2 \n",
        encoding="utf-8",
    )
    assert read_judgements(path) == {
        "components": [JudgementRow("a", "b", 3.0), JudgementRow("b", "c", 2.0)],
        "a": [JudgementRow("x", "y", 1 / 3)],
    }


def test_points_in_a_file_may_be_0_and_have_nothing_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("criterion,judgement\na,100\nb,0\n", encoding="utf-8")
    assert read_judgements(path) == {"": [JudgementRow("a", "", 100.0), JudgementRow("b", "", 0.0)]}


def test_all_problems_of_a_file_are_reported_by_line(tmp_path: Path) -> None:
    path = tmp_path / "judgements.csv"
    path.write_text("criterion,compared_with,judgement\na,b,three\n,b,2\n", encoding="utf-8")
    with pytest.raises(WeightError) as raised:
        read_judgements(path)
    assert "'judgements.csv' has 2 problems" in str(raised.value)
    assert "line 2: expected a number or a fraction as judgement of 'a', got 'three'" in str(
        raised.value
    )
    assert "line 3: expected a criterion" in str(raised.value)


def test_a_file_without_its_columns_or_rows_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "judgements.csv"
    path.write_text("left,right,number\na,b,3\n", encoding="utf-8")
    with pytest.raises(WeightError, match="add 'criterion', 'judgement'"):
        read_judgements(path)
    path.write_text("criterion,judgement\n", encoding="utf-8")
    with pytest.raises(WeightError, match="rows of judgements, got none"):
        read_judgements(path)
    with pytest.raises(FileError, match="No such file"):
        read_judgements(tmp_path / "none.csv")
