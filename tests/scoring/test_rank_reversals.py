"""Rank reversal: the counter-example of the method, and that our scores do not move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from standort.errors import AlignmentError, OptionError
from standort.scoring import parse_profile, rank_reversal, score_table
from standort.scoring.diagnostics import batch_methods

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.scoring import Profile

ABC = pd.DataFrame({"p1": [70.0, 40, 10], "f1": [30.0, 55, 60]}, index=list("ABC"))
D = pd.DataFrame({"p1": [10.0], "f1": [200.0]}, index=["D"])
UP: dict[str, batch_methods.Direction] = {"p1": "benefit", "f1": "benefit"}
EQUAL = {"p1": 0.5, "f1": 0.5}
AGGREGATIONS: list[dict[str, Any]] = [
    {"aggregation": "arithmetic"},
    {"aggregation": "geometric"},
    {"aggregation": "minimum"},
    {"aggregation": "power_mean", "exponent": -2},
    {"aggregation": "owa", "orness": 0.3},
    {"aggregation": "topsis"},
]


def by_min_max(table: pd.DataFrame) -> pd.Series:
    return batch_methods.weighted_sum(table, EQUAL, directions=UP)


def by_profile(profile: Profile) -> Callable[[pd.DataFrame], pd.Series]:
    """Score metrics against reference points of the profile, 0 and 200."""

    def score(table: pd.DataFrame) -> pd.Series:
        values = table / 200
        return score_table(values, values, values, profile=profile)["score"]

    return score


def test_min_max_over_the_batch_turns_a_and_b_round_when_d_joins() -> None:
    before, after = by_min_max(ABC), by_min_max(pd.concat([ABC, D]))
    assert before.round(3).tolist() == [0.5, 0.667, 0.5]
    assert after.round(3).tolist()[:3] == [0.5, 0.324, 0.088]
    test = rank_reversal(ABC, by_min_max, changes=["add"], added=D)
    assert test.reversals.to_dict("records") == [
        {"change": "add", "site": "D", "ahead_before": "B", "ahead_after": "A"}
    ]
    assert test.tried == 1
    assert test.largest_change == pytest.approx(0.5 - 0.088, abs=1e-3)


@pytest.mark.parametrize("settings", AGGREGATIONS, ids=lambda s: s["aggregation"])
def test_scores_of_a_profile_do_not_move_by_a_bit(
    settings: dict[str, Any], make_profile: Callable[..., Profile]
) -> None:
    test = rank_reversal(ABC, by_profile(make_profile(**settings)), added=D)
    assert test.reversals.empty
    assert test.tried == 3 + 3 + 1
    assert test.largest_change == 0.0


def test_topsis_with_ideals_of_the_batch_has_reversals() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.uniform(1, 9, (8, 2)), columns=["p1", "f1"], index=list("abcdefgh"))

    def by_batch(sites: pd.DataFrame) -> pd.Series:
        return batch_methods.topsis(sites, EQUAL, directions=UP)

    test = rank_reversal(table, by_batch, added=pd.DataFrame(D))
    assert len(test.reversals) > 0
    assert set(test.reversals["change"]) <= {"drop", "duplicate", "add"}


def test_a_reversal_is_reported_wherever_the_site_is() -> None:
    def by_order(table: pd.DataFrame) -> pd.Series:
        # the order turns round when there are fewer than three sites
        sign = 1.0 if len(table) > 2 else -1.0
        return sign * table["p1"]

    actual = rank_reversal(ABC, by_order, changes=["drop"]).reversals
    assert list(
        zip(actual["site"], actual["ahead_before"], actual["ahead_after"], strict=True)
    ) == [
        ("A", "B", "C"),
        ("B", "A", "C"),
        ("C", "A", "B"),
    ]


def test_a_tie_is_no_reversal_and_tolerance_makes_ties() -> None:
    def wobbling(table: pd.DataFrame) -> pd.Series:
        return table["p1"] * 0 + (0.1 if len(table) > 3 else -0.1) * (table["f1"] > 50)

    assert len(rank_reversal(ABC, wobbling, changes=["duplicate"]).reversals) == 6
    assert rank_reversal(ABC, wobbling, changes=["duplicate"], tolerance=0.2).reversals.empty


def test_whole_number_ids_are_duplicated_under_a_free_number() -> None:
    table = ABC.set_axis([1, 2, 3])
    seen: list[list[int]] = []

    def score(sites: pd.DataFrame) -> pd.Series:
        seen.append(sites.index.tolist())
        return sites["p1"]

    rank_reversal(table, score, changes=["duplicate"])
    assert seen[1:] == [[1, 2, 3, 4]] * 3


def test_what_cannot_be_tested_is_rejected() -> None:
    with pytest.raises(OptionError, match=r"'dropp'; did you mean 'drop'\?"):
        rank_reversal(ABC, by_min_max, changes=["dropp"])
    with pytest.raises(OptionError, match="tolerance to be a number of at least 0"):
        rank_reversal(ABC, by_min_max, tolerance=-1)
    with pytest.raises(AlignmentError, match="'A' more often"):
        rank_reversal(ABC, by_min_max, added=ABC.iloc[[0]])
    with pytest.raises(AlignmentError, match=r"the columns 'p1', 'f1'.*got 'p1'"):
        rank_reversal(ABC, by_min_max, added=D[["p1"]])
    with pytest.raises(AlignmentError, match="ids differ: 'C'"):
        rank_reversal(ABC, lambda table: table["p1"].iloc[:2])


def test_no_profile_can_name_a_method_of_the_batch() -> None:
    from standort.errors import ProfileError

    own = {"extends": "net-zero", "id": "own", "version": "1"}
    with pytest.raises(ProfileError, match="aggregation: expected one of geometric"):
        parse_profile({**own, "aggregation": "min_max"})
