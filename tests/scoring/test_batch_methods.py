"""Methods that depend on the batch: published TOPSIS, CRITIC, entropy; invalid input."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import OptionError, WeightError
from standort.scoring import critic_weights, entropy_weights
from standort.scoring.diagnostics import batch_methods

FIGHTERS = pd.DataFrame(
    [
        (2.0, 1500, 20000, 5.5, 5, 9),
        (2.5, 2700, 18000, 6.5, 3, 5),
        (1.8, 2000, 21000, 4.5, 7, 7),
        (2.2, 1800, 20000, 5.0, 5, 5),
    ],
    columns=["speed", "range", "payload", "cost", "reliability", "manoeuvrability"],
    index=["A1", "A2", "A3", "A4"],
)


def up(table: pd.DataFrame, *costs: str) -> dict[str, batch_methods.Direction]:
    return {str(name): "cost" if name in costs else "benefit" for name in table.columns}


def test_topsis_hwang_and_yoon_1981_fighter_aircraft() -> None:
    """Hwang and Yoon (1981), Multiple Attribute Decision Making: .643 .268 .613 .312."""
    weights = dict(zip(FIGHTERS.columns, [0.2, 0.1, 0.1, 0.1, 0.2, 0.3], strict=True))
    actual = batch_methods.topsis(FIGHTERS, weights, directions=up(FIGHTERS, "cost"))
    assert actual.round(3).tolist() == [0.643, 0.268, 0.614, 0.312]
    assert actual.tolist() == pytest.approx([0.6433, 0.2684, 0.6135, 0.3123], abs=5e-5)


def test_topsis_papathanasiou_and_ploskas_site_selection() -> None:
    """Papathanasiou and Ploskas (2018), Multiple Criteria Decision Aid, TOPSIS example 1."""
    rows = [(8, 7, 2, 1), (5, 3, 7, 5), (7, 5, 6, 4), (9, 9, 7, 3), (11, 10, 3, 7), (6, 9, 5, 4)]
    table = pd.DataFrame(rows, columns=list("abcd"), index=range(1, 7))
    actual = batch_methods.topsis(
        table, {"a": 0.4, "b": 0.3, "c": 0.1, "d": 0.2}, directions=up(table)
    )
    expected = [0.3872, 0.3272, 0.3907, 0.6147, 0.8685, 0.4928]
    assert actual.tolist() == pytest.approx(expected, abs=5e-5)
    assert actual.idxmax() == 5


def test_topsis_passes_over_a_column_that_is_the_same_everywhere() -> None:
    table = FIGHTERS.assign(crew=0.0)
    weights = dict.fromkeys(table.columns, 1.0)
    actual = batch_methods.topsis(table, weights, directions=up(table, "cost"))
    without = batch_methods.topsis(FIGHTERS, weights, directions=up(FIGHTERS, "cost"))
    np.testing.assert_allclose(actual, without, rtol=1e-12)


def test_critic_of_two_copies_and_one_other() -> None:
    table = pd.DataFrame({"a": [0, 0, 1, 1], "b": [0, 0, 1, 1], "c": [0, 1, 0, 1]})
    assert critic_weights(table).weights.tolist() == pytest.approx([0.25, 0.25, 0.5], abs=1e-12)
    # pymcdm alone gives NaN for all here
    with_constant = critic_weights(table.assign(d=3.0)).weights
    assert with_constant.tolist() == pytest.approx([0.25, 0.25, 0.5, 0], abs=1e-12)


def test_entropy_of_a_quarter_and_three_quarters() -> None:
    # E(1, 3) = .811278, so beside (1, 1) it has all weight; beside (0, 1) .188722 / 1.188722
    actual = entropy_weights(pd.DataFrame({"a": [1, 3], "b": [5, 5]})).weights
    assert actual.tolist() == [1, 0]
    actual = entropy_weights(pd.DataFrame({"a": [1, 3], "b": [0, 1]})).weights
    assert actual.tolist() == pytest.approx([0.188722 / 1.188722, 1 / 1.188722], abs=1e-6)


@given(
    st.lists(
        st.tuples(*[st.floats(0.01, 100)] * 3), min_size=3, max_size=12, unique_by=lambda r: r[0]
    )
)
def test_entropy_is_that_of_pymcdm_where_it_takes_the_numbers(
    rows: list[tuple[float, float, float]],
) -> None:
    theirs = pytest.importorskip("pymcdm.weights")
    table = pd.DataFrame(rows, columns=list("abc"))
    spread = [np.ptp(table[c]) / table[c].mean() for c in table]
    if max(spread) < 0.1:
        return  # these columns differ by rounding only
    np.testing.assert_allclose(
        entropy_weights(table).weights, theirs.entropy_weights(table.to_numpy()), atol=1e-9
    )


def test_scalings_by_the_batch() -> None:
    table = pd.DataFrame({"km": [10.0, 30.0, 20.0], "mw": [1.0, 1.0, 4.0]})
    up_and_down: dict[str, batch_methods.Direction] = {"km": "cost", "mw": "benefit"}
    scaled = batch_methods.min_max(table, directions=up_and_down)
    assert scaled["km"].tolist() == [1, 0, 0.5]
    assert scaled["mw"].tolist() == [0, 0, 1]
    ranked = batch_methods.rank_share(table, directions=up_and_down)
    assert ranked["mw"].tolist() == [0.25, 0.25, 1]
    scores = batch_methods.z_score(table, directions=up_and_down)
    assert scores.mean().tolist() == pytest.approx([0, 0])
    assert scores.std(ddof=0).tolist() == pytest.approx([1, 1])
    total = batch_methods.weighted_sum(
        table, {"km": 3, "mw": 1}, directions=up_and_down, scaling="rank_share"
    )
    assert total.tolist() == pytest.approx([0.8125, 0.0625, 0.625])


def test_a_column_without_a_scale_is_rejected() -> None:
    table = pd.DataFrame({"a": [1.0, 1.0], "b": [1.0, 2.0]})
    with pytest.raises(OptionError, match="'a' is the same at all sites, so it has no scale"):
        batch_methods.min_max(table, directions=up(table))
    with pytest.raises(OptionError, match="the same in every criterion"):
        batch_methods.topsis(table[["a"]], {"a": 1}, directions={"a": "benefit"})


def test_problems_of_metrics_are_reported_together() -> None:
    table = pd.DataFrame({"a": [1.0, math.nan], "b": [1.0, 2.0]}, index=["x", "y"])
    with pytest.raises(OptionError, match=r"(?s)2 problems.*'a', not so at 'y'.*'cost' for 'b'"):
        batch_methods.min_max(table, directions={"a": "benefit"})
    with pytest.raises(WeightError, match=r"(?s)'a', got None.*'b', got nan"):
        batch_methods.weighted_sum(table, {"b": math.nan}, directions=up(table))
    with pytest.raises(OptionError, match=r"'minmax'; did you mean 'min_max'\?"):
        batch_methods.weighted_sum(
            table,
            {"a": 1, "b": 1},
            directions=up(table),
            scaling="minmax",  # type: ignore[arg-type]  # that is the point
        )


def test_diagnostics_refuse_what_they_cannot_weigh() -> None:
    with pytest.raises(OptionError, match="at least two sites, got 1"):
        entropy_weights(pd.DataFrame({"a": [1.0]}))
    with pytest.raises(OptionError, match="finite numbers of at least 0 in a"):
        entropy_weights(pd.DataFrame({"a": [1.0, -1.0]}))
    with pytest.raises(OptionError, match="none in 'a'; leave it out"):
        entropy_weights(pd.DataFrame({"a": [0.0, 0.0]}))
    with pytest.raises(OptionError, match="the same at all sites"):
        entropy_weights(pd.DataFrame({"a": [2.0, 2.0]}))
    with pytest.raises(OptionError, match="at least two criteria that differ"):
        critic_weights(pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 1.0]}))
