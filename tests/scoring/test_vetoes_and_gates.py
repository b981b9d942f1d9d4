"""Vetoes cap a class and change no number; gates leave a site without a score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scoring.conftest import SMALL, small_document

from standort.errors import AlignmentError, OptionError, ProfileError
from standort.scoring import (
    cap_classes,
    contributions,
    limit_names,
    parse_profile,
    score_table,
    trade_off_rates,
)

if TYPE_CHECKING:
    from standort.scoring import Profile

NAN = float("nan")
IDS = [name for names in SMALL.values() for name in names]


def limited(**limits: dict[str, float]) -> Profile:
    """Make the small profile with vetoes and gates by criterion."""
    document = small_document()
    for criterion in document["criteria"]:
        criterion.update(limits.get(criterion["id"], {}))
    return parse_profile(document)


def table_of(**changed: list[float]) -> pd.DataFrame:
    size = len(next(iter(changed.values())))
    index = [f"site{k}" for k in range(size)]
    return pd.DataFrame({name: changed.get(name, [0.5] * size) for name in IDS}, index=index)


def scored(values: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    return score_table(values, values.fillna(0.0), values.fillna(1.0), profile=profile)


def test_a_veto_is_reported_and_changes_no_number() -> None:
    values = table_of(s1=[0.1, 0.2, 0.9], s2=[0.4, 0.4, 0.1])
    actual = scored(values, limited(s1={"veto": 0.2}, s2={"veto": 0.3}))
    assert actual["vetoed"].tolist() == ["s1", "", "s2"]
    plain = scored(values, limited())
    pd.testing.assert_frame_equal(actual[plain.columns], plain, check_exact=True)


def test_several_vetoes_are_named_in_profile_order() -> None:
    values = table_of(s2=[0.0], p1=[0.0])
    actual = scored(values, limited(s2={"veto": 0.3}, p1={"veto": 0.3}))
    assert actual["vetoed"].tolist() == ["p1,s2"]


def test_an_unknown_value_vetoes_no_site_and_is_reported() -> None:
    values = table_of(s1=[NAN, NAN, NAN])
    low, high = values.fillna(0.0), values.fillna(1.0)
    low.loc["site1", "s1"] = 0.4  # known to be enough
    high.loc["site2", "s1"] = 0.1  # known to be too little
    actual = score_table(values, low, high, profile=limited(s1={"veto": 0.2}))
    assert actual["vetoed"].tolist() == ["", "", "s1"]
    assert actual["veto_unknown"].tolist() == ["s1", "", ""]


def test_a_criterion_without_a_layer_is_unknown_everywhere() -> None:
    values = table_of(p1=[0.5]).drop(columns="s1")
    actual = scored(values, limited(s1={"veto": 0.2, "gate": 0.1}))
    assert actual[["vetoed", "veto_unknown", "excluded", "gate_unknown"]].iloc[0].tolist() == [
        *("", "s1", "", "s1")
    ]
    assert np.isfinite(actual["score"]).all()


def test_a_gate_leaves_a_site_without_any_score_and_says_why() -> None:
    values = table_of(p1=[0.1, 0.3, NAN])
    profile = limited(p1={"gate": 0.3})
    actual = scored(values, profile)
    assert actual["excluded"].tolist() == ["p1", "", ""]
    assert actual["gate_unknown"].tolist() == ["", "", "p1"]
    scores = [name for name in map(str, actual) if name.startswith("score")]
    assert len(scores) == 6
    assert actual.loc["site0", scores].isna().all()
    assert actual.loc[["site1", "site2"], scores].notna().all().all()
    plain = scored(values, limited())
    # what leads to the score stays, so that it can be seen what was excluded
    kept = ["power", "firms", "assets", "coverage", "basis"]
    pd.testing.assert_frame_equal(actual[kept], plain[kept])
    assert contributions(values, profile=profile).loc["site0"].isna().all()
    assert trade_off_rates(values, profile).loc["site0"].isna().all()
    assert contributions(values, profile=profile).loc["site1"].notna().all()


def test_a_criterion_of_weight_0_can_be_a_gate() -> None:
    values = table_of(s1=[0.1, 0.9])
    profile = limited(s1={"gate": 0.3, "weight": 0})
    assert scored(values, profile)["score"].isna().tolist() == [True, False]


def test_columns_follow_from_the_profile_alone() -> None:
    values = table_of(s1=[0.9])
    assert limit_names(limited()) == []
    assert "vetoed" not in scored(values, limited())
    assert limit_names(limited(s1={"veto": 0.1})) == ["vetoed", "veto_unknown"]
    both = limited(s1={"veto": 0.5}, s2={"gate": 0.1})
    assert [name for name in scored(values, both) if name in limit_names(both)] == limit_names(both)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"veto": 0}, "veto: expected a number above 0, got 0"),
        ({"gate": 1.5}, "gate: expected a number of at most 1, got 1.5"),
        ({"veto": 0.2, "gate": 0.3}, r"veto: expected a veto above the gate of 0\.3.*got 0\.2"),
    ],
)
def test_limits_without_meaning_are_rejected(limits: dict[str, Any], message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        limited(s1=limits)


def test_a_profile_that_extends_another_sets_limits_by_id() -> None:
    own = {"extends": "net-zero", "id": "own", "version": "1"}
    profile = parse_profile(
        {**own, "vetoes": {"neighbour_emissions": 0.2}, "gates": {"port_distance": 0.1}}
    )
    assert profile.criterion("neighbour_emissions").veto == 0.2
    assert {c.id: c.veto for c in profile.cluster_criteria}["neighbour_emissions"] == 0.2
    assert profile.criterion("port_distance").gate == 0.1
    assert profile.content_hash != parse_profile(own).content_hash
    with pytest.raises(
        ProfileError, match=r"vetoes\.port: is not the id of a criterion; expected one of"
    ):
        parse_profile({**own, "vetoes": {"port": 0.2}})
    with pytest.raises(ProfileError, match="gates: applies only together with 'extends'"):
        parse_profile({**small_document(), "gates": {"s1": 0.2}})


def test_classes_are_capped_where_a_veto_holds() -> None:
    types = pd.Series(
        ["forerunner", "classic_cluster", "dispersed_sites", None], index=list("abcd")
    )
    vetoed = pd.Series(["s1", "s1,s2", "s1", "s1"], index=list("abcd"))
    caps = {"forerunner": "dispersed_cluster", "classic_cluster": "dispersed_sites"}
    actual = cap_classes(types, vetoed, caps=caps)
    assert actual.tolist()[:3] == ["dispersed_cluster", "dispersed_sites", "dispersed_sites"]
    assert pd.isna(actual.iloc[3])
    none_vetoed = vetoed.map(lambda _: "")
    assert cap_classes(types, none_vetoed, caps=caps).equals(types)


def test_caps_that_cannot_be_applied_are_rejected() -> None:
    types, vetoed = pd.Series(["a"], index=["x"]), pd.Series(["s1"], index=["y"])
    with pytest.raises(AlignmentError, match="same sites in one order"):
        cap_classes(types, vetoed, caps={})
    with pytest.raises(OptionError, match="'b' are capped to and capped themselves"):
        cap_classes(types, vetoed.set_axis(["x"]), caps={"a": "b", "b": "c"})
