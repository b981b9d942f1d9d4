"""AHP: published cases, closed forms, invalid judgements."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import LayerError, OptionError, StandortWarning, WeightError
from standort.scoring import ahp
from standort.scoring.weights.pairwise_comparison import RANDOM_INDEX, as_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

JUDGED = st.sampled_from([1 / 9, 1 / 7, 1 / 5, 1 / 3, 1 / 2, 1, 2, 3, 5, 7, 9])
TRIPLES = st.tuples(JUDGED, JUDGED, JUDGED)


def rows(*lines: str) -> list[list[Any]]:
    return [line.split() for line in lines]


def full(pairs: Sequence[float], n: int) -> np.ndarray:
    """Fill a matrix from the judgements above its diagonal, row by row."""
    matrix = np.ones((n, n))
    for (i, j), ratio in zip(combinations(range(n), 2), pairs, strict=True):
        matrix[i, j], matrix[j, i] = ratio, 1 / ratio
    return matrix


def test_saaty_2008_choosing_a_job() -> None:
    """Saaty (2008), Int. J. Services Sciences 1(1), table 3: flexibility ... salary."""
    actual = ahp(
        rows("1 1/4 1/6 1/4 1/8", "4 1 1/3 3 1/7", "6 3 1 4 1/2", "4 1/3 1/4 1 1/7", "8 7 2 7 1")
    )
    assert actual.weights.round(3).tolist() == [0.036, 0.122, 0.262, 0.075, 0.506]
    assert actual.inconsistency == pytest.approx(5.3263, abs=5e-5)
    assert actual.consistency_ratio == pytest.approx((5.3263 - 5) / 4 / 1.12, abs=2e-5)


def test_saaty_2008_what_the_united_states_drinks() -> None:
    """Saaty (2008), table 2, with the reciprocal 3 of tea over wine that the print lacks."""
    actual = ahp(
        rows(
            "1 9 5 2 1 1 1/2",
            "1/9 1 1/3 1/9 1/9 1/9 1/9",
            "1/5 3 1 1/3 1/4 1/3 1/9",
            "1/2 9 3 1 1/2 1 1/3",
            "1 9 4 2 1 2 1/2",
            "1 9 3 1 1/2 1 1/3",
            "2 9 9 3 2 3 1",
        )
    )
    assert actual.weights.round(3).tolist() == [0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327]
    assert actual.consistency_ratio == pytest.approx(0.0223, abs=5e-5)


def test_three_criteria_with_their_closed_form() -> None:
    # lambda_max = 1 + t^(1/3) + t^(-1/3), t = a12 a23 / a13 = 3 * 3 / 5
    actual = ahp(rows("1 3 5", "1/3 1 3", "1/5 1/3 1"))
    t = 9 / 5
    assert actual.inconsistency == pytest.approx(1 + t ** (1 / 3) + t ** (-1 / 3), abs=1e-12)
    assert actual.weights.round(4).tolist() == [0.6370, 0.2583, 0.1047]
    assert actual.consistency_ratio == pytest.approx(0.0332, abs=5e-5)


def test_judgements_that_agree_have_a_ratio_of_0_and_no_worst_one() -> None:
    actual = ahp({("a", "b"): 2, ("a", "c"): 6, ("b", "c"): 3})
    assert actual.weights.tolist() == pytest.approx([0.6, 0.3, 0.1], abs=1e-15)
    assert actual.consistency_ratio == pytest.approx(0, abs=1e-15)
    assert actual.worst_judgement is None


def test_a_cycle_is_reported_with_its_ratio_and_the_judgement_to_check() -> None:
    with pytest.warns(StandortWarning, match=r"ratio 6\.13.*check a over b: given 9"):
        actual = ahp({("a", "b"): 9, ("b", "c"): 9, ("c", "a"): 9})
    assert actual.inconsistency == pytest.approx(10.1111, abs=5e-5)
    assert actual.weights.tolist() == pytest.approx([1 / 3] * 3, abs=1e-15)
    assert actual.consistency_ratio == pytest.approx(6.13, abs=5e-3)


def test_the_worst_judgement_is_the_one_that_was_spoilt() -> None:
    weights = dict(zip("abcde", [0.4, 0.25, 0.2, 0.1, 0.05], strict=True))
    pairs = {(i, j): weights[i] / weights[j] for i, j in combinations("abcde", 2)}
    actual = ahp({**pairs, ("b", "d"): 1 / pairs["b", "d"]})
    assert actual.worst_judgement is not None
    worst = actual.worst_judgement
    # in the direction in which it is at least 1: d was judged to count 2.5 times b
    assert (worst.criterion, worst.compared_with) == ("d", "b")
    assert worst.given == pytest.approx(2.5)
    assert worst.implied < 1


@given(pairs=st.lists(JUDGED, min_size=6, max_size=6))
@pytest.mark.filterwarnings("ignore:these judgements")
def test_the_eigenvector_is_that_of_lapack(pairs: list[float]) -> None:
    matrix = full(pairs, 4)
    actual = ahp(matrix.tolist())
    eigenvalues, vectors = np.linalg.eig(matrix)
    k = int(np.argmax(eigenvalues.real))
    vector = np.abs(vectors[:, k].real)
    assert actual.inconsistency == pytest.approx(eigenvalues[k].real, abs=1e-9)
    np.testing.assert_allclose(actual.weights, vector / vector.sum(), atol=1e-9)


@given(pairs=st.lists(JUDGED, min_size=6, max_size=6))
@pytest.mark.filterwarnings("ignore:these judgements")
def test_lambda_max_is_at_least_the_number_and_reversing_keeps_it(pairs: list[float]) -> None:
    """F.2 no. 24: the reciprocal transpose."""
    there, back = (ahp(m.tolist()) for m in (full(pairs, 4), full(pairs, 4).T))
    assert there.inconsistency is not None
    assert there.inconsistency >= 4
    assert back.inconsistency == pytest.approx(there.inconsistency, rel=1e-9)


@given(pairs=TRIPLES)
@pytest.mark.filterwarnings("ignore:these judgements")
def test_geometric_means_turn_round_with_the_judgements(
    pairs: tuple[float, float, float],
) -> None:
    """F.2 no. 24: for geometric means the reciprocal transpose inverts the weights."""
    there, back = (
        ahp(m.tolist(), variant="geometric_mean").weights.to_numpy()
        for m in (full(pairs, 3), full(pairs, 3).T)
    )
    inverse = 1 / there
    np.testing.assert_allclose(back, inverse / inverse.sum(), rtol=1e-12)


@given(pairs=TRIPLES)
@pytest.mark.filterwarnings("ignore:these judgements")
def test_of_three_criteria_both_variants_are_one(pairs: tuple[float, float, float]) -> None:
    one, other = (
        ahp(full(pairs, 3).tolist(), variant=v).weights for v in ("eigenvector", "geometric_mean")
    )
    np.testing.assert_allclose(one, other, rtol=1e-10)


@given(pairs=st.lists(JUDGED, min_size=6, max_size=6), order=st.permutations(range(4)))
@pytest.mark.filterwarnings("ignore:these judgements")
def test_the_order_of_criteria_changes_no_bit(pairs: list[float], order: list[int]) -> None:
    table = pd.DataFrame(full(pairs, 4), index=list("abcd"), columns=list("abcd"))
    names = ["abcd"[k] for k in order]
    one, other = ahp(table), ahp(table.loc[names, names])
    assert one.weights.loc[names].tolist() == other.weights.tolist()
    assert one.consistency_ratio == other.consistency_ratio


def test_pymcdm_gives_the_same() -> None:
    subjective = pytest.importorskip("pymcdm.weights.subjective")
    matrix = full([3, 5, 7, 2, 4, 3], 4)
    theirs = subjective.AHP(matrix=matrix)
    actual = ahp(matrix.tolist())
    np.testing.assert_allclose(actual.weights, theirs(), atol=1e-12)
    # Their table of the random index has more digits: 0.8921 for 0.90.
    assert actual.consistency_ratio == pytest.approx(theirs.get_cr() * 0.8921 / 0.90, abs=1e-9)


def test_a_pair_given_both_ways_may_be_rounded_and_the_larger_number_counts() -> None:
    rounded = pd.DataFrame([[1, 3], [0.33, 1]], index=["a", "b"], columns=["a", "b"])
    assert ahp(rounded).weights.tolist() == [0.75, 0.25]


def test_one_and_two_criteria_cannot_contradict_themselves() -> None:
    assert ahp([[1]]).weights.tolist() == [1.0]
    two = ahp({("a", "b"): "1/4"})
    assert two.weights.tolist() == pytest.approx([0.2, 0.8])
    assert two.consistency_ratio == 0.0


def test_all_problems_of_judgements_are_reported_together() -> None:
    with pytest.raises(WeightError) as raised:
        ahp({("a", "b"): 3, ("b", "a"): 3, ("a", "c"): 2, ("c", "c"): 4})
    message = str(raised.value)
    assert "3 problems" in message
    assert "'b' against 'a' to be the reciprocal of 3, got 3" in message
    assert "expected a judgement of 'b' against 'c', got none" in message
    assert "expected 1 for 'c' against itself, got 4" in message


@pytest.mark.parametrize("wrong", [0, -3, math.inf, "three", "1/0", "nan"])
def test_a_judgement_that_is_no_ratio_is_named(wrong: Any) -> None:  # noqa: ANN401 - anything
    assert as_ratio(wrong) is None
    with pytest.raises(WeightError, match="number above 0 or a fraction for 'a' against 'b'"):
        ahp({("a", "b"): wrong})


def test_more_criteria_than_anyone_compares_are_rejected() -> None:
    assert max(RANDOM_INDEX) == 9
    with pytest.raises(WeightError, match=r"at most 9 criteria, got 10.*components first"):
        ahp(np.ones((10, 10)).tolist())


def test_a_table_whose_rows_and_columns_differ_is_rejected() -> None:
    table = pd.DataFrame([[1, 2], [0.5, 1]], index=["a", "b"], columns=["b", "a"])
    with pytest.raises(WeightError, match="rows 'a', 'b' and columns 'b', 'a'"):
        ahp(table)


def test_an_unknown_variant_is_named() -> None:
    with pytest.raises(OptionError, match=r"'eigen'; did you mean 'eigenvector'\?"):
        ahp([[1]], variant="eigen")  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("given", [None, 3, "storage", [1, 2]])
def test_anything_but_judgements_is_rejected(given: Any) -> None:  # noqa: ANN401 - the error
    with pytest.raises(LayerError, match="expected judgements to be a DataFrame or a mapping"):
        ahp(given)


@pytest.mark.parametrize("ratio", [1e300, 1e-4])
def test_judgements_far_beyond_the_scale_are_rejected(ratio: float) -> None:
    with pytest.raises(WeightError, match="expected a judgement of 1/1000 to 1000"):
        ahp({("a", "b"): ratio, ("b", "c"): 2, ("a", "c"): 2})
