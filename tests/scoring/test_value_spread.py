"""How well values tell sites apart: values at an end, and criteria that move together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from standort.errors import OptionError
from standort.scoring import end_shares, rank_correlations


def values_of(seed: int = 1, n: int = 60) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    one = chance.random(n)
    return pd.DataFrame(
        {
            "one": one,
            "near_one": np.clip(one + chance.normal(0, 0.1, n), 0, 1),
            "against_one": 1 - one**2,
            "other": chance.random(n),
            "constant": 0.5,
        }
    )


def spearman(one: pd.Series[float], other: pd.Series[float]) -> float:
    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def test_shares_at_the_ends_count_known_values_only() -> None:
    values = pd.DataFrame({"a": [0.0, 1.0, 1.0, np.nan, 0.5], "b": [np.nan] * 5, "c": [1e-300] * 5})
    shares = end_shares(values)
    assert shares.index.tolist() == ["a", "b", "c"]
    assert shares["n_sites"].tolist() == [4, 0, 5]
    assert shares["at_0"].tolist() == pytest.approx([0.25, np.nan, 0.0], nan_ok=True)
    assert shares["at_1"].tolist() == pytest.approx([0.5, np.nan, 0.0], nan_ok=True)


def test_pairs_that_move_together_are_those_of_scipy() -> None:
    values = values_of()
    pairs = rank_correlations(values).set_index(["first", "second"])
    assert set(pairs.index) == {
        ("one", "near_one"),
        ("one", "against_one"),
        ("near_one", "against_one"),
    }
    for one, other in pairs.index:
        expected = spearman(values[one], values[other])
        assert pairs.loc[(one, other), "spearman"] == pytest.approx(expected)
    assert pairs.loc[("one", "against_one"), "spearman"] == pytest.approx(-1)
    strength = pairs["spearman"].abs().tolist()
    assert strength == sorted(strength, reverse=True)


def test_unknown_values_are_left_out_pair_by_pair() -> None:
    values = values_of()
    values.loc[:19, "one"] = np.nan
    values.loc[50:, "near_one"] = np.nan
    pairs = rank_correlations(values).set_index(["first", "second"])
    assert pairs.loc[("one", "near_one"), "n_sites"] == 30
    both = values[["one", "near_one"]].dropna()
    expected = spearman(both["one"], both["near_one"])
    assert pairs.loc[("one", "near_one"), "spearman"] == pytest.approx(expected)


@pytest.mark.parametrize(("n", "found"), [(9, 0), (10, 1)])
def test_few_sites_say_nothing(n: int, found: int) -> None:
    values = values_of(n=n)[["one", "against_one"]]
    assert len(rank_correlations(values)) == found


def test_a_limit_may_be_set() -> None:
    values = values_of()[["one", "near_one", "other"]]
    assert len(rank_correlations(values, above=0.0)) == 3
    assert rank_correlations(values, above=1.0).empty
    assert rank_correlations(values, above=1.0).columns.tolist() == [
        "first",
        "second",
        "spearman",
        "n_sites",
    ]
    with pytest.raises(OptionError, match="above"):
        rank_correlations(values, above=1.1)


def test_the_order_of_sites_does_not_matter() -> None:
    values = values_of()
    shuffled = values.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(rank_correlations(shuffled), rank_correlations(values))
