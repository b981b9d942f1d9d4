"""Whatever the aggregation of a profile, its scores keep what scores promise (method.md F.2)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scoring.conftest import SMALL, small_document
from study.small_studies import all_layers, assert_same_clusters, assert_same_rows, study_of

from standort.scoring import contributions, parse_profile, rank_reversal, score_table
from standort.study import Result, score

if TYPE_CHECKING:
    from standort.scoring import Profile

IDS = [name for names in SMALL.values() for name in names]
CHOICES: dict[str, dict[str, Any]] = {
    "harmonic": {"aggregation": "power_mean", "exponent": -1},
    "quadratic": {"aggregation": "power_mean", "exponent": 2},
    "cautious": {"aggregation": "owa", "quantifier": "most"},
    "hopeful": {"aggregation": "owa", "orness": 0.9},
    "topsis": {"aggregation": "topsis"},
}
WEIGHTS = {"power": 2, "p1": 3, "f2": 0.5, "assets": 0.7, "s1": 0.1}
PARTIAL = arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.just(len(IDS))),
    elements=st.one_of(st.floats(0, 1), st.just(float("nan"))),
)
each = pytest.mark.parametrize("choice", CHOICES)


@cache
def small_profile(choice: str) -> Profile:
    return parse_profile(small_document(weights=WEIGHTS, **CHOICES[choice]))


def scored(values: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    return score_table(values, values.fillna(0.0), values.fillna(1.0), profile=profile)


@each
@given(partial=PARTIAL)
def test_contributions_add_up_to_the_score(choice: str, partial: np.ndarray) -> None:
    values = pd.DataFrame(partial, columns=IDS)
    actual = contributions(values, profile=small_profile(choice))
    total = actual.sum(axis=1, min_count=1)
    np.testing.assert_allclose(total, scored(values, small_profile(choice))["score"], atol=1e-12)


@each
@given(partial=PARTIAL, truth=st.integers(0, 9))
def test_no_truth_behind_the_unknown_leaves_the_bounds(
    choice: str, partial: np.ndarray, truth: int
) -> None:
    values = pd.DataFrame(partial, columns=IDS)
    actual = scored(values, small_profile(choice))
    assert (actual["score_min"] >= 0).all()
    assert (actual["score_max"] <= 1).all()
    known = actual[actual["score"].notna()]
    assert (known["score_min"] <= known["score"]).all()
    assert (known["score"] <= known["score_max"]).all()
    drawn = np.random.default_rng(truth).uniform(0, 1, partial.shape)
    known_all = values.fillna(pd.DataFrame(drawn, columns=IDS))
    true = scored(known_all, small_profile(choice))["score"]
    assert (actual["score_min"] <= true + 1e-12).all()
    assert (true - 1e-12 <= actual["score_max"]).all()


@each
@given(partial=PARTIAL, name=st.sampled_from(IDS), rise=st.floats(0, 1))
def test_a_better_value_never_lowers_the_score(
    choice: str, partial: np.ndarray, name: str, rise: float
) -> None:
    values = pd.DataFrame(np.nan_to_num(partial, nan=0.5), columns=IDS)
    better = values.assign(**{name: np.maximum(values[name], rise)})
    before, after = (scored(v, small_profile(choice))["score"] for v in (values, better))
    assert (after >= before - 1e-12).all()


@each
@settings(max_examples=5)
@given(partial=PARTIAL)
def test_dropping_duplicating_and_adding_sites_moves_no_score(
    choice: str, partial: np.ndarray
) -> None:
    """F.2 no. 12 by the public test: neither an order nor a bit."""
    table = pd.DataFrame(partial, columns=IDS)
    joins = pd.DataFrame([[1.0] * 9, [0.0] * 9], columns=IDS, index=[100, 101])

    def by_profile(values: pd.DataFrame) -> pd.Series:
        return scored(values, small_profile(choice))["score"]

    test = rank_reversal(table, by_profile, added=joins)
    assert test.reversals.empty
    assert test.largest_change == 0.0


@cache
def whole(choice: str) -> Result:
    return score(study_of(all_layers(1, 40)), profile=chain_profile(choice))


@cache
def chain_profile(choice: str) -> Profile:
    limits = {"vetoes": {"salt_cavern_distance": 0.6}, "gates": {"port_distance": 0.3}}
    own = {"extends": "net-zero", "id": choice, "version": "1"}
    return parse_profile({**own, **limits, **CHOICES[choice]})


@each
def test_any_half_of_the_sites_has_the_bits_of_the_full_run(choice: str) -> None:
    """F.2 no. 12 through the whole chain, vetoes and gates included."""
    layers = all_layers(1, 40)
    part = score(
        study_of(layers, sites=layers["emitters"].iloc[::2]), profile=chain_profile(choice)
    )
    assert part.sites.index.tolist() == whole(choice).sites.index[::2].tolist()
    assert_same_rows(part, whole(choice))
    assert_same_clusters(part, whole(choice))


@each
def test_a_gate_excludes_in_the_chain_and_says_so(choice: str) -> None:
    sites = whole(choice).sites
    failing = sites["port_distance_value"] < 0.3
    assert failing.any()
    assert (sites["excluded"] == "port_distance").equals(failing)
    assert sites.loc[failing, "score"].isna().all()
    assert sites.loc[failing, "rank"].isna().all()
    assert [note for note in whole(choice).notes if "its gate of 0.3" in note] == [
        f"port distance: its gate of 0.3 leaves {failing.sum()} of 40 sites without a score"
    ]
    vetoed = sites["salt_cavern_distance_value"] < 0.6
    assert (sites["vetoed"] == "salt_cavern_distance").equals(vetoed)
    assert sites.loc[vetoed & ~failing, "score"].notna().any()
