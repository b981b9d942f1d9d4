"""BWM: published cases, the closed form against a linear programme, invalid judgements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from standort.errors import OptionError, StandortError, WeightError
from standort.scoring import bwm
from standort.scoring.weights.best_worst import consistency_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.optimize import OptimizeResult


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    """Judgements on the scale 1 to 9; the first criterion is best, the last is worst."""
    span = draw(st.integers(1, 9))
    others = draw(st.lists(st.tuples(st.integers(1, span), st.integers(1, span)), max_size=4))
    to_others = [1.0, *(float(a) for a, _ in others), float(span)]
    to_worst = [float(span), *(float(b) for _, b in others), 1.0]
    return to_others, to_worst


def by_name(numbers: Sequence[float]) -> dict[str, float]:
    return {f"c{k}": number for k, number in enumerate(numbers)}


def feasible(
    to_others: Sequence[float], to_worst: Sequence[float], xi: float, aim: np.ndarray | None = None
) -> OptimizeResult:
    """Solve under the constraints of Rezaei (2015), linear in the weights at a given xi."""
    from scipy.optimize import linprog

    n, rows = len(to_others), []
    for j in range(n):
        for one, ratio, other in ((0, to_others[j], j), (j, to_worst[j], n - 1)):
            if one != other:
                for sign in (1, -1):
                    row = np.zeros(n)
                    row[one], row[other] = sign, -sign * (ratio + sign * xi)
                    rows.append(row)
    aim = np.zeros(n) if aim is None else aim
    return linprog(aim, A_ub=rows, b_ub=np.zeros(len(rows)), A_eq=[np.ones(n)], b_eq=[1])


def test_rezaei_2015_choosing_a_mode_of_transport() -> None:
    """Rezaei (2015), Omega 53: load flexibility, accessibility, cost; xi = 4 - sqrt(14)."""
    actual = bwm({"load": 8, "access": 2, "cost": 1}, {"load": 1, "access": 5, "cost": 8})
    assert actual.weights.tolist() == pytest.approx([0.071, 0.339, 0.590], abs=5e-4)
    assert actual.inconsistency == pytest.approx(4 - 14**0.5, abs=1e-12)
    assert actual.consistency_ratio == pytest.approx(0.058, abs=5e-4)


def test_judgements_that_agree_give_their_ratios() -> None:
    for variant in ("nonlinear", "linear"):
        actual = bwm({"a": 1, "b": 2, "c": 4}, {"a": 4, "b": 2, "c": 1}, variant=variant)
        assert actual.weights.tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7], abs=1e-12)
        assert actual.inconsistency == pytest.approx(0, abs=1e-12)
        assert actual.consistency_ratio == pytest.approx(0, abs=1e-12)


def test_the_consistency_index_is_the_published_table() -> None:
    """Rezaei (2015), table 1."""
    table = [0.00, 0.44, 1.00, 1.63, 2.30, 3.00, 3.73, 4.47, 5.23]
    actual = [consistency_index(a) for a in range(1, 10)]
    assert actual == pytest.approx(table, abs=5.01e-3)


@settings(max_examples=25)
@given(said=comparisons())
def test_the_closed_form_is_the_least_xi_a_linear_programme_finds(
    said: tuple[list[float], list[float]],
) -> None:
    to_others, to_worst = said
    actual = bwm(by_name(to_others), by_name(to_worst), best="c0", worst=f"c{len(to_others) - 1}")
    assert actual.inconsistency is not None
    assert feasible(*said, actual.inconsistency + 1e-6).status == 0
    if actual.inconsistency > 1e-3:
        assert feasible(*said, actual.inconsistency - 1e-3).status != 0


@settings(max_examples=25)
@given(said=comparisons())
def test_lowest_and_highest_are_what_a_linear_programme_finds(
    said: tuple[list[float], list[float]],
) -> None:
    n = len(said[0])
    actual = bwm(by_name(said[0]), by_name(said[1]), best="c0", worst=f"c{n - 1}")
    assert actual.inconsistency is not None
    assert actual.lowest is not None
    assert actual.highest is not None
    for k in range(n):
        aim = np.eye(n)[k]
        least = feasible(*said, actual.inconsistency + 1e-9, aim).fun
        most = -feasible(*said, actual.inconsistency + 1e-9, -aim).fun
        assert actual.lowest.iloc[k] == pytest.approx(least, abs=1e-5)
        assert actual.highest.iloc[k] == pytest.approx(most, abs=1e-5)


@settings(max_examples=15)
@given(said=comparisons())
def test_the_linear_variant_holds_its_own_limits(said: tuple[list[float], list[float]]) -> None:
    n = len(said[0])
    actual = bwm(by_name(said[0]), by_name(said[1]), variant="linear", best="c0", worst=f"c{n - 1}")
    w, xi = actual.weights.to_numpy(), actual.inconsistency
    assert xi is not None
    gaps = [abs(w[0] - said[0][j] * w[j]) for j in range(1, n)]
    gaps += [abs(w[j] - said[1][j] * w[n - 1]) for j in range(n - 1)]
    assert max(gaps) == pytest.approx(xi, abs=1e-8)


def test_the_linear_variant_of_rezaeis_case() -> None:
    # With load 1, all three limits are met by cost = 8 + x, cost = 2 access - x, access = 5 - x:
    # 8 + x = 10 - 3 x, so x = 1/2 and the weights are (1, 4.5, 8.5) / 14.
    to_others, to_worst = {"load": 8, "access": 2, "cost": 1}, {"load": 1, "access": 5, "cost": 8}
    actual = bwm(to_others, to_worst, variant="linear")
    assert actual.weights.tolist() == pytest.approx([1 / 14, 4.5 / 14, 8.5 / 14], abs=1e-9)
    assert actual.consistency_ratio == pytest.approx(0.5 / 14, abs=1e-9)


def test_the_worst_judgement_is_named() -> None:
    actual = bwm({"a": 1, "b": 2, "c": 2, "d": 8}, {"a": 8, "b": 4, "c": 8, "d": 1})
    assert actual.worst_judgement is not None
    # b fits (2 x 4 = 8), c does not (2 x 8 = 16)
    assert "c" in {actual.worst_judgement.criterion, actual.worst_judgement.compared_with}


def test_all_problems_are_reported_together() -> None:
    with pytest.raises(WeightError) as raised:
        bwm({"a": 1, "b": 0.5, "x": 2}, {"a": 4, "b": 2, "c": 1})
    message = str(raised.value)
    assert "'x' in others_to_worst too" in message
    assert "'c' in best_to_others too" in message
    assert "number of at least 1 for 'b' in best_to_others, got 0.5" in message


@pytest.mark.parametrize(
    ("to_others", "to_worst", "message"),
    [
        ((1, 2, 4), (5, 2, 1), "counts 4 times 'c2' in best_to_others, 5 times in others_to_worst"),
        ((1, 9, 4), (4, 2, 1), "at most 4 for 'c1'.*got 9"),
        ((1, 1, 4), (4, 2, 1), "'c0', 'c1' all have 1 in best_to_others; choose one"),
        ((2, 2, 4), (4, 2, 1), "expected 1 in best_to_others for the best criterion, none"),
        ((1, 2, 4), (1, 2, 4), "'c0' cannot be both best and worst"),
        ((1,), (1,), "at least two criteria, got 1"),
    ],
)
def test_judgements_that_make_no_sense_are_rejected(
    to_others: tuple[float, ...], to_worst: tuple[float, ...], message: str
) -> None:
    with pytest.raises(WeightError, match=message):
        bwm(by_name(to_others), by_name(to_worst))


def test_an_unknown_variant_is_named() -> None:
    with pytest.raises(OptionError, match="'nonlinear' or 'linear', got 'liner'"):
        bwm({}, {}, variant="liner")  # type: ignore[arg-type]  # that is the point


def test_judgements_without_names_are_rejected() -> None:
    with pytest.raises(StandortError, match="expected best_to_others to be a mapping"):
        bwm([8, 2, 1], [1, 5, 8])  # type: ignore[arg-type]  # the error
