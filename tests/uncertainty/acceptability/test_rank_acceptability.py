"""SMAA-2 against closed forms, a plain loop, and itself with more draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata
from study.small_studies import all_layers, study_of

from standort.errors import AlignmentError, OptionError, StandortError, WeightError
from standort.random_numbers import name_keys
from standort.scoring import load_profile, parse_profile, score_table
from standort.study import score
from standort.uncertainty import draw_weights, share_error, smaa
from standort.uncertainty.acceptability import rank_counts
from standort.uncertainty.acceptability.preference_draws import ScoreDraws, WeightSource
from standort.uncertainty.acceptability.value_bounds import ValueBounds
from standort.uncertainty.reweighting import reweighted

if TYPE_CHECKING:
    from numpy.typing import NDArray


def table(rows: object, ids: str = "ABCDEF") -> pd.DataFrame:
    values = np.asarray(rows, dtype=float)
    names = [f"c{j}" for j in range(values.shape[1])]
    return pd.DataFrame(values, index=list(ids[: len(values)]), columns=names)


def cell(frame: pd.DataFrame | None, row: str, column: str | int) -> float:
    """Return one number of a table."""
    assert frame is not None
    return float(frame[column].to_numpy()[frame.index.tolist().index(row)])


def random_values(seed: int, n: int, m: int, *, ties: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 3, (n, m)) / 2 if ties else rng.random((n, m))
    return pd.DataFrame(
        values, index=[f"s{i:03d}" for i in range(n)], columns=[f"c{j}" for j in range(m)]
    )


def test_three_unit_vectors_share_the_simplex() -> None:
    """Each is first where its weight is largest: a third, around (11/18, 7/36, 7/36)."""
    result = smaa(table(np.eye(3)), draws=40_000)
    first = result.acceptability[1]
    assert (np.abs(first - 1 / 3) < 2 * result.error).all()
    expected = np.full((3, 3), 7 / 36)
    np.fill_diagonal(expected, 11 / 18)
    off = np.abs(result.central_weights.to_numpy() - expected)
    assert (off < 2 * result.central_weights_error.to_numpy()).all()
    assert result.confidence.tolist() == [1.0, 1.0, 1.0]


def test_two_criteria_split_where_they_tie() -> None:
    """A(.8, .2) beats B(.4, .8) where w1 > .6: b = .4, central weight .8."""
    result = smaa(table([[0.8, 0.2], [0.4, 0.8]]), draws=40_000)
    assert cell(result.acceptability, "A", 1) == pytest.approx(0.4, abs=2 * result.error)
    error = cell(result.central_weights_error, "A", "c0")
    assert cell(result.central_weights, "A", "c0") == pytest.approx(0.8, abs=2 * error)
    assert cell(result.pairwise, "A", "B") == cell(result.acceptability, "A", 1)


def test_an_extreme_and_a_balanced_site() -> None:
    """A(1, 0, 0) beats B(.5, .5, .5) where w1 > .5: b = .25, central (2/3, 1/6, 1/6)."""
    result = smaa(table([[1, 0, 0], [0.5, 0.5, 0.5]]), draws=40_000)
    assert cell(result.acceptability, "A", 1) == pytest.approx(0.25, abs=2 * result.error)
    off = np.abs(result.central_weights.to_numpy()[0] - np.array([2 / 3, 1 / 6, 1 / 6]))
    assert (off < 2 * result.central_weights_error.to_numpy()[0]).all()


def test_identical_sites_have_identical_rows() -> None:
    result = smaa(table([[0.3, 0.7], [0.3, 0.7], [0.2, 0.1]]), draws=500)
    assert result.acceptability.to_numpy()[0].tolist() == [0.5, 0.5, 0.0]
    assert result.acceptability.to_numpy()[1].tolist() == [0.5, 0.5, 0.0]
    assert result.expected_rank.tolist() == [1.5, 1.5, 3.0]
    assert result.confidence.dropna().tolist() == [0.5, 0.5]
    assert cell(result.pairwise, "A", "B") == 0.5


def test_a_site_that_is_never_first_has_no_central_weights() -> None:
    result = smaa(table([[0.9, 0.9], [0.1, 0.1]]), draws=200)
    assert cell(result.acceptability, "B", 1) == 0.0
    assert np.isnan(result.central_weights.to_numpy()[1]).all()
    assert np.isnan(result.confidence["B"])


@pytest.mark.parametrize("ties", [False, True])
def test_counts_equal_a_loop_over_draws(ties: bool) -> None:  # noqa: FBT001 - a parameter
    values = random_values(1, 7, 3, ties=ties)
    weights = draw_weights(dict.fromkeys(values.columns, 1.0), 300, 5, concentration=None)
    result = smaa(values, weights=weights)
    shares, first, sums = np.zeros((7, 7)), np.zeros(7), np.zeros((7, 3))
    wins = np.zeros((7, 7))
    for w in weights.to_numpy():
        score = w[0] * values["c0"] + w[1] * values["c1"] + w[2] * values["c2"]
        score = score.to_numpy()
        low, high = rankdata(-score, "min").astype(int), rankdata(-score, "max").astype(int)
        for i in range(7):
            size = high[i] - low[i] + 1
            shares[i, low[i] - 1 : high[i]] += 1 / size
            if low[i] == 1:
                first[i] += 1 / size
                sums[i] += w / size
        wins += (score[:, None] > score) + 0.5 * (score[:, None] == score)
    np.testing.assert_allclose(result.acceptability, shares / 300, atol=1e-12)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(result.central_weights, sums / first[:, None], atol=1e-12)
    assert result.pairwise is not None
    np.testing.assert_allclose(result.pairwise.to_numpy(), wins / 300, atol=1e-12)
    np.testing.assert_allclose(result.expected_rank, shares @ np.arange(1, 8) / 300)


@given(seed=st.integers(0, 1000), ties=st.booleans())
@settings(max_examples=20, derandomize=True, deadline=None)
def test_rows_and_columns_add_up_to_one(seed: int, ties: bool) -> None:  # noqa: FBT001 - drawn
    result = smaa(random_values(seed, 6, 3, ties=ties), draws=200, seed=seed)
    np.testing.assert_allclose(result.acceptability.sum(axis=0), 1.0)
    np.testing.assert_allclose(result.acceptability.sum(axis=1), 1.0)
    assert result.pairwise is not None
    np.testing.assert_allclose(result.pairwise + result.pairwise.T, 1.0)
    assert (result.top.diff(axis=1).iloc[:, 1:] >= -1e-12).to_numpy().all()


def test_twice_the_draws_stay_within_the_error_stated() -> None:
    values = random_values(3, 12, 5)
    once, twice = smaa(values, draws=2_000), smaa(values, draws=4_000)
    off = (once.acceptability - twice.acceptability).abs().to_numpy()
    assert (off < once.error).all()
    assert (off < once.acceptability_error.to_numpy()).mean() > 0.95
    assert once.pairwise is not None
    assert twice.pairwise is not None
    assert ((once.pairwise - twice.pairwise).abs().to_numpy() < once.error).all()
    weights = (once.central_weights - twice.central_weights).abs() < once.central_weights_error
    assert weights.to_numpy()[once.top[1] > 0.01].mean() > 0.95


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_twice_the_draws_keep_tops_and_confidence_within_their_errors(seed: int) -> None:
    values = random_values(seed, 12, 5)
    low, high = (values - 0.1).clip(lower=0), (values + 0.1).clip(upper=1)
    once = smaa(values, low=low, high=high, draws=2_000, confidence_draws=1_000)
    twice = smaa(values, low=low, high=high, draws=4_000, confidence_draws=2_000)
    assert ((once.top - twice.top).abs() <= once.top_error).to_numpy().mean() > 0.95
    known = once.confidence_error.notna()
    assert known.sum() >= 2
    off = (once.confidence - twice.confidence).abs()
    assert (off <= once.confidence_error)[known].mean() >= 0.8
    assert (off <= 2 * once.confidence_error)[known].all()


def test_errors_of_confidence_cover_the_result_of_many_draws() -> None:
    """Errors are valid for sites first in ten of a thousand draws as for those first in hundreds.

    The truth is the confidence under the central weights of 100 times the draws. The error of the
    draws of the values alone would cover it for less than three in four.
    """
    values = random_values(3, 12, 5)
    low, high = (values - 0.1).clip(lower=0), (values + 0.1).clip(upper=1)
    truth = smaa(values, low=low, high=high, draws=100_000, confidence_draws=20_000, seed=99)
    drawn = [
        smaa(values, low=low, high=high, draws=1_000, confidence_draws=300, seed=seed)
        for seed in range(12)
    ]
    off = pd.concat([(each.confidence - truth.confidence).abs() for each in drawn])
    error = pd.concat([each.confidence_error for each in drawn])
    first = pd.concat([each.top[1] for each in drawn]) * 1_000
    of_values = pd.concat(
        [share_error(each.confidence.to_frame(), 300)["confidence"] for each in drawn]
    )
    known = error.notna()
    assert (known == (first >= 10)).all()
    seldom = known & (first < 100)
    assert seldom.sum() > 20
    for some in (seldom, known & ~seldom):
        assert (off <= error)[some].mean() > 0.88
        assert error[some].mean() < 4 * float((off[some] ** 2).mean()) ** 0.5
    assert (off <= of_values)[seldom].mean() < 0.75


@pytest.mark.parametrize("aggregation", ["geometric", "minimum"])
def test_scores_under_one_set_of_weights_equal_those_of_each_draw(aggregation: str) -> None:
    profile = load_profile("net-zero").model_copy(update={"aggregation": aggregation})
    names = ["neighbour_count", "port_distance", "heat_demand", "labour_pool"]
    values = random_values(6, 5, 4).set_axis(names, axis=1)
    low, high = (values - 0.1).clip(lower=0), (values + 0.1).clip(upper=1)
    bounds = ValueBounds.of(low, high)
    source = WeightSource.of(None, names, draws=1, seed=0, concentration=None)
    scores = ScoreDraws(bounds, source, profile, 7)
    numbers, keys, weights = np.arange(20), name_keys(values.index), np.array([0.4, 0.3, 0.2, 0.1])
    each = scores.draw(numbers, np.tile(weights, (20, 1)), keys)
    assert scores.under(scores.values(numbers, keys), weights).tolist() == each.tolist()


def test_the_order_of_sites_does_not_matter() -> None:
    values = random_values(4, 9, 4)
    low, high = (values - 0.1).clip(lower=0), (values + 0.1).clip(upper=1)
    forth = smaa(values, draws=300, low=low, high=high, confidence_draws=50)
    back = smaa(values[::-1], draws=300, low=low[::-1], high=high[::-1], confidence_draws=50)
    pd.testing.assert_frame_equal(forth.acceptability, back.acceptability[::-1], check_exact=True)
    pd.testing.assert_frame_equal(forth.central_weights, back.central_weights[::-1])
    pd.testing.assert_series_equal(forth.confidence, back.confidence[::-1], check_exact=True)
    pd.testing.assert_series_equal(forth.confidence_error, back.confidence_error[::-1])


def test_block_size_does_not_change_results(monkeypatch: pytest.MonkeyPatch) -> None:
    values = random_values(4, 9, 4)
    values.iloc[2, 1] = np.nan
    whole = smaa(values, draws=300, confidence_draws=70)
    monkeypatch.setattr(rank_counts, "_HELD", 600)
    parts = smaa(values, draws=300, confidence_draws=70)
    pd.testing.assert_frame_equal(whole.acceptability, parts.acceptability, atol=1e-12)
    pd.testing.assert_series_equal(whole.confidence, parts.confidence, atol=1e-12)
    pd.testing.assert_series_equal(whole.confidence_error, parts.confidence_error, atol=1e-12)


def test_an_unknown_value_is_drawn_uniformly() -> None:
    # B is unknown in the only criterion: A, of value .6, is first in 60 % of the draws.
    result = smaa(table([[0.6], [np.nan]]), draws=10_000, confidence_draws=4_000)
    assert cell(result.acceptability, "A", 1) == pytest.approx(0.6, abs=2 * result.error)
    assert abs(result.confidence["A"] - 0.6) < 2 * result.confidence_error["A"]
    assert result.confidence_draws == 4_000


def test_values_are_drawn_between_their_bounds() -> None:
    # B lies anywhere between .4 and .8: behind A, of value .5, in a quarter of the draws.
    values = table([[0.5], [0.6]])
    result = smaa(values, low=table([[0.5], [0.4]]), high=table([[0.5], [0.8]]))
    assert cell(result.acceptability, "A", 1) == pytest.approx(0.25, abs=2 * result.error)


def test_a_large_concentration_leaves_one_order() -> None:
    values = random_values(5, 8, 4)
    weights = {"c0": 4.0, "c1": 3.0, "c2": 2.0, "c3": 1.0}
    score = sum(values[name] * weight for name, weight in weights.items())
    result = smaa(values, weights=weights, concentration=1e9, draws=50)
    order = result.expected_rank.astype(int).to_dict()
    assert order == pd.Series(score).rank(ascending=False).astype(int).to_dict()


@pytest.mark.parametrize("aggregation", ["geometric", "arithmetic", "minimum"])
def test_scores_equal_those_of_the_score_table(aggregation: str) -> None:
    profile = load_profile("net-zero").model_copy(update={"aggregation": aggregation})
    names = ["neighbour_count", "port_distance", "heat_demand", "labour_pool"]
    values = random_values(6, 5, 4).set_axis(names, axis=1)
    weights = draw_weights(profile, 40, 2, available=names)
    result = smaa(values, weights=weights, profile=profile)
    mean = np.zeros(5)
    for _, row in weights.iterrows():
        chosen = reweighted(profile, {str(name): float(w) for name, w in row.items()})
        score = score_table(values, values, values, profile=chosen)["score"]
        mean += score.rank(ascending=False).to_numpy() / 40
    np.testing.assert_allclose(result.expected_rank, mean)


def test_weights_of_a_profile_are_drawn_level_by_level() -> None:
    profile = load_profile("net-zero")
    names = ["neighbour_count", "port_distance", "heat_demand"]
    values = random_values(6, 5, 3).set_axis(names, axis=1)
    result = smaa(values, weights=profile, profile=profile, draws=60, seed=3)
    given = smaa(values, weights=draw_weights(profile, 60, 3, available=names), profile=profile)
    pd.testing.assert_frame_equal(result.acceptability, given.acceptability, check_exact=True)


def test_sites_excluded_by_a_gate_rank_last() -> None:
    own = {"extends": "net-zero", "id": "coastal", "version": "1", "gates": {"port_distance": 0.3}}
    names = ["neighbour_count", "port_distance"]
    values = pd.DataFrame([[1.0, 0.2], [0.5, 0.4], [0.4, 0.5]], index=list("abc"), columns=names)
    result = smaa(values, profile=parse_profile(own), draws=100)
    assert result.expected_rank["a"] == 3.0
    assert result.top[1].sum() == pytest.approx(1.0)


def test_many_sites_get_first_ranks_and_shares_of_the_best() -> None:
    result = smaa(random_values(7, 301, 3), draws=50)
    assert result.acceptability.columns.equals(pd.Index([1]))
    assert result.pairwise is None
    assert result.top.columns.equals(pd.Index([1, 4, 16, 31]))
    np.testing.assert_allclose(result.top.sum(), [1, 4, 16, 31])
    np.testing.assert_allclose(result.acceptability[1], result.top[1])
    with pytest.raises(OptionError, match="at most 300 sites"):
        result.holistic()


def test_holistic_acceptability_of_two_ranks() -> None:
    # Centroid weights of two ranks: 1 + 1/2 and 1/2, divided by 3/2: 1 and 1/3.
    result = smaa(table([[0.9, 0.9], [0.1, 0.1]]), draws=100)
    assert result.holistic().tolist() == pytest.approx([1.0, 1 / 3])
    assert result.holistic(np.array([2.0, 1.0])).tolist() == [2.0, 1.0]
    with pytest.raises(OptionError, match="a weight for each of 2 ranks"):
        result.holistic(np.array([1.0]))


def test_errors_of_shares_cover_drawn_shares() -> None:
    rng = np.random.default_rng(0)
    drawn: NDArray[np.float64] = rng.binomial(400, 0.03, 2_000) / 400
    error = share_error(pd.DataFrame({"p": drawn}), 400)["p"].to_numpy()
    assert (np.abs(drawn - 0.03) <= error).mean() > 0.92


def test_invalid_input_is_rejected_with_the_reason() -> None:
    values = table([[0.5, 0.5], [0.6, 0.4]])
    with pytest.raises(OptionError, match="draws to be a whole number"):
        smaa(values, draws=0)
    with pytest.raises(OptionError, match=r"c1 in \[0, 1\]"):
        smaa(values.assign(c1=[2.0, 0.5]))
    with pytest.raises(AlignmentError, match="both low and high"):
        smaa(values, low=values)
    with pytest.raises(OptionError, match="low to be at most high"):
        smaa(values, low=values, high=values - 0.1)
    with pytest.raises(AlignmentError, match="each site once"):
        smaa(pd.concat([values, values]))
    with pytest.raises(WeightError, match="none for 'c1'"):
        smaa(values, weights={"c0": 1.0})
    with pytest.raises(AlignmentError, match="a column for each criterion, none for 'c1'"):
        smaa(values, weights=pd.DataFrame({"c0": [1.0]}))
    with pytest.raises(WeightError, match="rows of finite numbers"):
        smaa(values, weights=pd.DataFrame({"c0": [0.0], "c1": [0.0]}))


def test_a_result_gives_its_partial_values() -> None:
    names = ("emitters", "ports", "pipelines")
    result = score(study_of({name: all_layers()[name].iloc[:20] for name in names}))
    basis = result.manifest["basis"]
    values = pd.DataFrame({name: result.sites[f"{name}_value"] for name in basis})
    taken = smaa(result, profile=result.profile, draws=60, confidence_draws=20)
    given = smaa(values, profile=result.profile, draws=60, confidence_draws=20)
    pd.testing.assert_frame_equal(taken.acceptability, given.acceptability, check_exact=True)
    assert taken.central_weights.columns.tolist() == list(basis)


def test_criteria_that_the_profile_lacks_are_rejected() -> None:
    values = pd.DataFrame(
        np.eye(3), columns=["port_distance", "neighbour_count", "foo"], index=list("xyz")
    )
    profile = load_profile("net-zero")
    with pytest.raises(AlignmentError, match="has no criterion 'foo'"):
        smaa(values, draws=10, profile=profile)
    with pytest.raises(AlignmentError, match="has no criterion 'foo'"):
        smaa(values, draws=10, weights=profile)
    known = smaa(values.drop(columns="foo"), draws=10, profile=profile)
    assert known.central_weights.columns.tolist() == ["port_distance", "neighbour_count"]


def test_values_outside_their_bounds_are_rejected() -> None:
    values = pd.DataFrame({"a": [0.2, np.nan], "b": [0.5, 0.5]}, index=["x", "y"])
    low, high = values.fillna(0.0), values.fillna(1.0)
    smaa(values, low=low, high=high, draws=10)
    with pytest.raises(
        OptionError, match="expected a to be between low and high, it is not at 'x'"
    ):
        smaa(values, low=low.assign(a=0.3), high=high.assign(a=0.9), draws=10)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pd.DataFrame({"a": ["good", "bad"]}), "expected numbers in column 'a'"),
        (np.eye(2), "expected partial_values to be a DataFrame or a Result, got a ndarray"),
    ],
)
def test_input_that_is_not_a_table_of_numbers_is_rejected(
    given: pd.DataFrame, message: str
) -> None:
    with pytest.raises(StandortError, match=message):
        smaa(given, draws=10)
