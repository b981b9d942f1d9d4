"""Weights of a profile from judgements: by group, inline or from a file, recorded and hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scoring.conftest import small_document

from standort.errors import ProfileError, StandortWarning, WeightError
from standort.scoring import (
    defined_profile,
    elicitation_summary,
    load_profile,
    parse_profile,
    profile_definition,
    read_judgements,
    weight_table,
)

if TYPE_CHECKING:
    from pathlib import Path

OWN = {"extends": "net-zero", "id": "own", "version": "1"}
FIRMS = ("neighbour_emissions", "neighbour_count", "neighbour_distance", "anchor_emissions")
#: 4 : 2 : 1 : 1, without contradiction
AGREEING: list[list[Any]] = [
    [FIRMS[0], FIRMS[1], 2],
    [FIRMS[0], FIRMS[2], 4],
    [FIRMS[0], FIRMS[3], "4"],
    [FIRMS[2], FIRMS[1], "1/2"],
    [FIRMS[1], FIRMS[3], 2],
    [FIRMS[2], FIRMS[3], 1],
]


#: assets 4, power 2, firms 1
DOUBLING = [["assets", "power", 2], ["assets", "firms", 4], ["power", "firms", 2]]


def with_weights(**weights: object) -> dict[str, Any]:
    return {**OWN, "weights": weights}


def test_judgements_of_a_component_become_weights_of_a_mean_of_1() -> None:
    profile = parse_profile(with_weights(firm_proximity={"method": "ahp", "judgements": AGREEING}))
    actual = [profile.criterion(name).weight for name in FIRMS]
    assert actual == [2.0, 1.0, 0.5, 0.5]
    # criteria of clusters have their namesake's weight; others keep theirs, which is the mean
    of_clusters = {c.id: c.weight for c in profile.cluster_criteria}
    assert of_clusters["neighbour_emissions"] == 2.0
    assert of_clusters["mean_pairwise_distance"] == 1.0
    # other groups are left alone
    assert {c.weight for c in profile.components} == {1.0}
    assert {c.weight for c in profile.criteria_of("net_zero_assets")} == {1.0}


def test_equal_weights_are_those_a_profile_has_anyway() -> None:
    profile = parse_profile(with_weights(method="equal"))
    assert {c.weight for c in profile.components} == {1.0}
    assert {c.weight for c in profile.criteria} == {1.0}
    assert len(profile.elicited) == 4


@pytest.mark.parametrize(
    ("table", "shares"),
    [
        ({"method": "direct", "points": {"power": 1, "firms": 1, "assets": 2}}, [0.25, 0.25, 0.5]),
        (
            {"method": "swing", "points": {"power": 50, "firms": 0, "assets": 100}},
            [1 / 3, 0, 2 / 3],
        ),
        (
            {"method": "rank_order_centroid", "ranking": ["assets", ["power", "firms"]]},
            [7 / 36, 7 / 36, 11 / 18],
        ),
        (
            {
                "method": "bwm",
                "judgements": [
                    ["assets", "power", 2],
                    ["assets", "firms", 4],
                    ["power", "firms", 2],
                ],
            },
            [2 / 7, 1 / 7, 4 / 7],
        ),
        (
            {
                "method": "ahp",
                "variant": "geometric_mean",
                "judgements": [
                    ["assets", "power", 2],
                    ["assets", "firms", 4],
                    ["power", "firms", 2],
                ],
            },
            [2 / 7, 1 / 7, 4 / 7],
        ),
    ],
    ids=lambda case: case.get("method") if isinstance(case, dict) else "",
)
def test_every_method_weighs_components_of_a_profile_that_extends_none(
    table: dict[str, Any], shares: list[float]
) -> None:
    profile = parse_profile(small_document() | {"weights": {"components": table}})
    rows = weight_table(profile).query("group == 'components'")
    assert rows["share"].tolist() == pytest.approx(shares)
    assert set(rows["method"]) == {table["method"]}
    assert profile.elicited[0].variant == table.get("variant")


def test_a_file_beside_the_profile_holds_judgements_of_several_groups(tmp_path: Path) -> None:
    lines = ["group,criterion,compared_with,judgement"]
    lines += [f"firm_proximity,{a},{b},{n}" for a, b, n in AGREEING]
    lines += [
        "components,net_zero_assets,firm_proximity,2",
        "components,net_zero_assets,physical_conditions,4",
        "components,firm_proximity,physical_conditions,2",
    ]
    (tmp_path / "judgements.csv").write_text("\n".join(lines), encoding="utf-8")
    path = tmp_path / "own.toml"
    head = 'extends = "net-zero"\nid = "own"\nversion = "1"\n[weights]\nmethod = "ahp"\n'
    path.write_text(head + 'file = "judgements.csv"\n', encoding="utf-8")
    profile = load_profile(path)
    assert [profile.criterion(name).weight for name in FIRMS] == [2.0, 1.0, 0.5, 0.5]
    shares = weight_table(profile).query("group == 'components'")["share"]
    assert shares.tolist() == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    # where the file lies is no content, what it says is
    inline = {
        "firm_proximity": {"method": "ahp", "judgements": AGREEING},
        "components": {
            "method": "ahp",
            "judgements": [line.split(",")[1:] for line in lines[-3:]],
        },
    }
    assert load_profile(path).content_hash == parse_profile(with_weights(**inline)).content_hash
    lines[-1] = "components,firm_proximity,physical_conditions,3"
    (tmp_path / "judgements.csv").write_text("\n".join(lines), encoding="utf-8")
    assert load_profile(path).content_hash != profile.content_hash


def test_a_group_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    rows = "criterion,judgement\npower,100\nfirms,50\nassets,50\n"
    (tmp_path / "swings.csv").write_text(rows, encoding="utf-8")
    table = {"method": "swing", "file": str(tmp_path / "swings.csv")}
    profile = parse_profile(small_document() | {"weights": {"components": table}})
    assert [c.weight for c in profile.components] == [1.5, 0.75, 0.75]


def test_how_weights_came_about_is_recorded_and_survives_being_written() -> None:
    judgements = [*AGREEING[:-1], [FIRMS[2], FIRMS[3], 2]]
    weights = {"firm_proximity": {"method": "ahp", "judgements": judgements}}
    profile = parse_profile(with_weights(**weights))
    (elicited,) = profile.elicited
    assert elicited.judgements[-1] == (FIRMS[2], FIRMS[3], 2.0)
    assert elicited.consistency_ratio is not None
    assert 0 < elicited.consistency_ratio < 0.1
    summary = elicitation_summary(profile)["weights"]["firm_proximity"]
    assert summary["method"] == "ahp"
    assert summary["worst_judgement"].startswith(
        "neighbour_distance over anchor_emissions: given 2"
    )
    again = defined_profile(profile_definition(profile))
    assert again == profile
    assert again.content_hash == profile.content_hash


def test_a_plain_profile_has_nothing_to_tell() -> None:
    assert load_profile("net-zero").elicited == ()
    assert elicitation_summary(load_profile("net-zero")) == {}
    table = weight_table(load_profile("frontrunner"))
    assert set(table["method"]) == {"plain"}
    assert table.query("group == 'components'")["share"].sum() == pytest.approx(1)
    assert table.query("group != 'components'")["share_of_whole"].sum() == pytest.approx(1)


def test_plain_weights_go_with_judgements_of_other_groups() -> None:
    table = {"method": "ahp", "judgements": AGREEING}
    profile = parse_profile(with_weights(firm_proximity=table, port_distance=3))
    assert profile.criterion("port_distance").weight == 3.0
    with pytest.raises(
        ProfileError, match=r"weights\.anchor_emissions: also has judgements in group"
    ):
        parse_profile(with_weights(firm_proximity=table, anchor_emissions=3))


def test_judgements_that_contradict_each_other_are_warned_of_when_loaded() -> None:
    cycle = [["power", "firms", 9], ["firms", "assets", 9], ["assets", "power", 9]]
    table = {"method": "ahp", "judgements": cycle}
    with pytest.warns(StandortWarning, match="consistency ratio 6.13"):
        parse_profile(small_document() | {"weights": {"components": table}})


@pytest.mark.parametrize("method", ["entropy", "critic"])
def test_weights_from_the_data_cannot_be_set(method: str) -> None:
    with pytest.raises(ProfileError, match=r"adding a site would change every score"):
        parse_profile(with_weights(firm_proximity={"method": method}))
    with pytest.raises(ProfileError, match=rf"see standort\.scoring\.{method}_weights"):
        parse_profile(with_weights(method=method, components={}))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"ports": {"method": "equal"}}, r"weights\.ports: 'ports' is not a group of this profile"),
        ({"components": {}}, r"weights\.method: expected a method, one of equal, direct"),
        (
            {"components": {"method": "ahq"}},
            r"method: unknown weighting method 'ahq'; did you mean 'ahp'",
        ),
        ({"method": "ahp"}, r"weights\.method: a method needs judgements; add a file, or a table"),
        ({"components": {"method": "ahp"}}, r"judgements: expected a list of comparisons; write"),
        ({"components": {"method": "ahp", "points": {}}}, r"points: does not apply to 'ahp'"),
        ({"components": {"method": "swing"}}, r"points: expected points by id"),
        ({"components": {"method": "equal", "weigths": 1}}, r"weigths: unknown key"),
        ({"components": [1, 2]}, r"weights\.components: expected a number, or a table"),
        (
            {"components": {"method": "direct", "points": {"firm_proximity": 1}}},
            r"expected judgements of physical_conditions, net_zero_assets too",
        ),
        (
            {"components": {"method": "rank_order_centroid", "ranking": ["firm_proximty"]}},
            r"'firm_proximty' is not in this group; did you mean 'firm_proximity'",
        ),
        (
            {"components": {"method": "ahp", "judgements": [["a", "b", 0]]}},
            r"judgements\[0\]: expected two ids and a number above 0 or a fraction",
        ),
        (
            {"firm_proximity": {"method": "ahp", "judgements": AGREEING[:5]}},
            r"a judgement of 'neighbour_distance' against 'anchor_emissions', got none",
        ),
        (
            {"firm_proximity": {"method": "ahp", "variant": "eigen", "judgements": AGREEING}},
            r"unknown variant 'eigen' of 'ahp'",
        ),
        (
            {"components": {"method": "ahp", "file": "none.csv"}},
            r"file: cannot read the judgements",
        ),
        ({"method": "ahp", "file": 3}, r"weights\.file: expected the path of a CSV file, got 3"),
    ],
)
def test_problems_are_named_by_their_key(weights: dict[str, Any], message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        parse_profile({**OWN, "weights": weights})


def test_problems_of_several_groups_are_reported_together() -> None:
    with pytest.raises(ProfileError) as raised:
        parse_profile(with_weights(components={"method": "critic"}, ports={}, port_distance=-1))
    assert "3 problems" in str(raised.value)


def test_a_file_for_several_groups_needs_to_say_which(tmp_path: Path) -> None:
    (tmp_path / "j.csv").write_text("criterion,judgement\na,1\n", encoding="utf-8")
    with pytest.raises(ProfileError, match="expected a column 'group' in a file for several"):
        parse_profile(with_weights(method="direct", file=str(tmp_path / "j.csv")))


def test_judgements_here_and_in_a_file_are_too_many(tmp_path: Path) -> None:
    (tmp_path / "j.csv").write_text("group,criterion,judgement\ncomponents,a,1\n", "utf-8")
    table = {"method": "direct", "points": {"a": 1}}
    with pytest.raises(ProfileError, match="judgements are given here and in the file"):
        parse_profile(with_weights(file=str(tmp_path / "j.csv"), components=table))


def test_the_record_is_not_for_users_to_write() -> None:
    with pytest.raises(ProfileError, match="elicited: is written by standort"):
        parse_profile({**OWN, "elicited": [1]})
    with pytest.raises(ProfileError, match="elicited: is written by standort"):
        parse_profile({**small_document(), "elicited": [1]})


# ------------------------------------------------------------------ aggregations in a profile


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"aggregation": "power_mean"}, "'power_mean' takes exponent, got none; set one"),
        ({"aggregation": "owa"}, "'owa' takes orness or quantifier, got none"),
        (
            {"aggregation": "owa", "orness": 0.5, "quantifier": "most"},
            "takes orness or quantifier, got orness and quantifier",
        ),
        ({"orness": 0.5}, "orness: does not apply to 'geometric', only to 'owa'; remove it"),
        ({"aggregation": "owa", "orness": 1.5}, "orness: expected a number of at most 1"),
        ({"aggregation": "owa", "quantifier": "mots"}, "quantifier: .*did you mean 'most'"),
        (
            {"aggregation": "topsis", "exponent": 1},
            "exponent: does not apply to 'topsis', only to 'power_mean'",
        ),
    ],
)
def test_options_go_with_their_aggregation(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        parse_profile({**OWN, **settings})


def test_options_enter_the_hash() -> None:
    hashes = {
        parse_profile({**OWN, **settings}).content_hash
        for settings in (
            {},
            {"aggregation": "owa", "orness": 0.3},
            {"aggregation": "owa", "orness": 0.4},
            {"aggregation": "owa", "quantifier": "most"},
            {"aggregation": "power_mean", "exponent": -1},
            {"aggregation": "power_mean", "exponent": -2},
            {"aggregation": "topsis"},
        )
    }
    assert len(hashes) == 7


def test_all_problems_of_a_file_of_judgements_are_reported_together_by_line(tmp_path: Path) -> None:
    lines = [
        "group,criterion,compared_with,judgement",
        "components,power,firms,lots",
        "components,power,assets,2",
        "components,power,assets,3",
        "components,firms,assets,1",
        "components,firm,assets,1",
        "compnents,power,firms,2",
        "plants,power,firms,2",
        ",power,firms,2",
    ]
    (tmp_path / "judgements.csv").write_text("\n".join(lines), encoding="utf-8")
    weights = {"method": "ahp", "file": str(tmp_path / "judgements.csv")}
    with pytest.raises(ProfileError) as caught:
        parse_profile(small_document() | {"weights": weights})
    text = str(caught.value)
    for line, what in [
        (2, "expected a number or a fraction as judgement of 'power', got 'lots'"),
        (4, "'power' is already judged beside 'assets' in line 3"),
        (6, "'firm' is not in this group; did you mean 'firms'?"),
        (7, "'compnents' is not a group of this profile; did you mean 'components'?"),
        (8, "'plants' is not a group of this profile"),
        (9, "expected a column 'group'"),
    ]:
        assert f"line {line}: {what}" in text
    assert "has 6 problems" in text


def test_a_repeated_pair_of_a_file_is_rejected_by_line(tmp_path: Path) -> None:
    path = tmp_path / "swings.csv"
    path.write_text("criterion,judgement\npower,100\nfirms,x\npower,50\n", encoding="utf-8")
    with pytest.raises(WeightError) as caught:
        read_judgements(path)
    assert "line 3: expected a number" in str(caught.value)
    assert "line 4: 'power' is already judged in line 2; keep one" in str(caught.value)
