"""The degree of linkage: against a reference implementation, by hand and with missing data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from linkages.brute_force import Tables, brute_linkage, random_tables
from pandas.testing import assert_frame_equal

from standort.errors import LayerError, OptionError, StandortWarning, WeightError
from standort.linkages import linkage, linkage_indicators

NOTHING = None
NOT_IN_THE_REFERENCE = {
    *("linkage_lower", "linkage_upper", "indicative", "anchor_ties", "chertow_3_2")
}


def firms(names: str, place: str | None = None) -> pd.DataFrame:
    table = pd.DataFrame({"firm": list(names)})
    return table if place is None else table.assign(place=place)


def edges(*pairs: str, kind: str = "formal") -> pd.DataFrame:
    return pd.DataFrame({"firm_u": [p[0] for p in pairs], "firm_v": [p[1] for p in pairs]}).assign(
        kind=kind
    )


def members(**bodies: str) -> pd.DataFrame:
    rows = [(firm, body) for body, inside in bodies.items() for firm in inside]
    return pd.DataFrame(rows, columns=["firm", "organisation"])


def users(**assets: str) -> pd.DataFrame:
    return members(**assets).rename(columns={"organisation": "asset"})


def run(tables: Tables, **options: Any) -> pd.DataFrame:  # noqa: ANN401
    return linkage(
        tables.firms, tables.linkages, tables.memberships, assets=tables.assets, **options
    )


@pytest.mark.parametrize("seed", range(40))
def test_equals_the_reference_implementation(seed: int) -> None:
    tables = random_tables(seed, n_firms=4 if seed % 3 else 12)
    result = run(tables, draws=0, k0=1.5, mu=0.3)
    for place, row in result.iterrows():
        expected = brute_linkage(tables, str(place), k0=1.5, mu=0.3)
        assert set(expected) <= set(result.columns)
        for column in result.select_dtypes(["number", "bool"]).columns:
            if column in NOT_IN_THE_REFERENCE:
                continue
            value = expected.get(column, math.nan)
            assert row[column] == pytest.approx(value, nan_ok=True, abs=1e-12), (place, column)


@pytest.mark.parametrize("n", [3, 4, 7, 20])
def test_cycle_has_u1_of_a_half_and_includes_all(n: int) -> None:
    # every firm has 2 ties = k0 in both layers, all pairs tied in both: k_mx = 2, u3 = 2/3
    table = pd.DataFrame({"firm": [f"f{i:02d}" for i in range(n)]})
    ring = pd.DataFrame({"firm_u": table["firm"], "firm_v": np.roll(table["firm"], 1)})
    both = pd.concat([ring.assign(kind="formal"), ring.assign(kind="infrastructure")])
    result = linkage(table, both.reset_index(drop=True), NOTHING).T["all"]
    assert result["formal_u1"] == pytest.approx(0.5)
    assert result["formal_u2"] == 1.0
    assert result["u3"] == pytest.approx(2 / 3)
    expected = 0.8 * (0.75 + 0.75) / 3 + 0.2 * 2 / 3
    assert result["linkage_recorded"] == pytest.approx(expected)


def test_a_body_of_any_size_adds_one_to_the_strength_of_each_member() -> None:
    for n in (2, 5, 50):
        table = pd.DataFrame({"firm": [f"f{i:02d}" for i in range(n)]})
        result = linkage(table, NOTHING, table.assign(organisation="association")).T["all"]
        assert result["informal_u1"] == pytest.approx(1 / 3)  # mean degree 1, k0 = 2
        assert result["informal_m"] == n * (n - 1) / 2


def test_a_body_of_one_member_adds_nothing() -> None:
    result = linkage(firms("ABC"), NOTHING, members(council="A")).T["all"]
    assert (
        result[["informal_u1", "informal_u2", "informal_u4", "informal_score"]].tolist() == [0] * 4
    )


def test_a_body_counts_for_u4_with_members_elsewhere_but_ties_only_within_the_place() -> None:
    result = linkage(firms("ABC"), NOTHING, members(council="AZ")).T["all"]
    assert result["informal_u4"] == pytest.approx(1 / 3)
    assert result["informal_u1"] == 0.0


def test_only_the_given_kinds_are_coordinating_bodies() -> None:
    table = members(council="AB", club="ABCD").assign(kind=["public"] * 2 + ["social"] * 4)
    given = linkage(firms("ABCD"), NOTHING, table, coordinating=["public"]).T["all"]
    assert given["informal_u4"] == 0.5
    assert linkage(firms("ABCD"), NOTHING, table).T["all"]["informal_u4"] == 1.0


def test_u2_is_zero_without_ties() -> None:
    result = linkage(firms("ABC"), edges("AZ"), members(council="A")).T["all"]
    assert result["formal_u2"] == 0.0
    assert result["linkage_recorded"] == 0.0


def test_without_records_nothing_is_ruled_out_but_by_the_number_of_firms() -> None:
    result = linkage(firms("ABC"), NOTHING, NOTHING).T["all"]
    assert result[["linkage_recorded", "linkage_lower", "coverage"]].tolist() == [0.0, 0.0, 0.0]
    # all three firms tied to each other, in any number of bodies
    formal, others, u3 = (0.5 + 1.0) / 2, 1.0, (2.0 / 3.0)
    assert result["linkage_upper"] == pytest.approx(0.8 * (formal + 2 * others) / 3 + 0.2 * u3)
    assert math.isnan(result["linkage"])
    assert math.isnan(result["linkage_p05"])
    assert math.isnan(result["effort_formal"])
    assert "no table 'collection' says who searched" in result["missing"]


def test_empty_tables_equal_no_tables() -> None:
    empty = linkage(firms("ABC"), edges(), members(), assets=users())
    bare = linkage(firms("ABC"), pd.DataFrame(), pd.DataFrame(), assets=pd.DataFrame())
    none = linkage(firms("ABC"), NOTHING, NOTHING)
    assert_frame_equal(empty, none)
    assert_frame_equal(bare, none)


def test_every_layer_counts_whether_or_not_it_has_records() -> None:
    result = linkage(firms("ABC"), edges("AB", "BC", "CA"), NOTHING).T["all"]
    assert result["formal_score"] == pytest.approx(0.75)
    assert result["u3"] == 0.0
    assert result["linkage_recorded"] == pytest.approx(0.8 * 0.75 / 3)
    assert math.isnan(result["linkage"])


def test_two_large_bodies_do_not_tie_all_their_members_twice() -> None:
    # a council and a pipeline of the same 40 firms were 780 pairs: u3 0.975, L 0.773
    names = [f"f{i:02d}" for i in range(40)]
    table = pd.DataFrame({"firm": names})
    both = linkage(
        table, NOTHING, table.assign(organisation="council"), assets=table.assign(asset="pipe")
    ).T["all"]
    assert both["u3"] == 0.5
    pairs = pd.DataFrame({"firm_u": names, "firm_v": np.roll(names, 1)})
    rings = pd.concat([pairs.assign(kind="formal"), pairs.assign(kind="infrastructure")])
    assert both["linkage_recorded"] < linkage(table, rings, NOTHING).T["all"]["linkage_recorded"]


def test_newman_weights_of_pairs_would_let_a_membership_lower_the_degree() -> None:
    """Why u3 is bounded by the second-most tied layer instead of weighing each pair.

    Of two firms that trade and share a body of two, the pair has the weight 1; a third member
    halves it. No weighting that falls with the size of a body is monotone.
    """
    table = firms("ABCDEFGH")
    trade = edges(*(u + v for u in "ABCDEFGH" for v in "ABCDEFGH" if u < v))
    two, three = members(council="AB"), members(council="ABC")
    weights = [1.0, 3 * 0.5]  # of the pairs in the council, all of which trade
    assert 2 * weights[1] / 8 > 2 * weights[0] / 8  # here the new pairs make up for it
    pair = [2 * 1.0 / 8, 2 * 0.5 / 8]  # but if only A and B trade, they do not
    assert pair[1] < pair[0]
    before = linkage(table, edges("AB"), two).T["all"]
    after = linkage(table, edges("AB"), three).T["all"]
    assert after["u3"] >= before["u3"]
    assert linkage(table, trade, three).T["all"]["u3"] >= linkage(table, trade, two).T["all"]["u3"]


def test_a_first_record_of_a_layer_never_lowers_the_degree() -> None:
    ring = edges("AB", "BC", "CD", "DA")
    alone = linkage(firms("ABCD"), ring, members(council="ABCD")).T["all"]
    pipe = linkage(firms("ABCD"), ring, members(council="ABCD"), assets=users(pipe="AB")).T["all"]
    assert pipe["linkage_recorded"] > alone["linkage_recorded"]
    joined = linkage(firms("ABCD"), ring, members(council="A"), assets=users(pipe="AB")).T["all"]
    bare = linkage(firms("ABCD"), ring, NOTHING, assets=users(pipe="AB")).T["all"]
    assert joined["linkage_recorded"] >= bare["linkage_recorded"]


@pytest.mark.parametrize(
    ("names", "given", "indicative"),
    [
        ("A", False, False),
        ("AB", False, False),
        ("ABC", True, True),
        ("ABCDEFGHI", True, True),
        ("ABCDEFGHIJ", True, False),
    ],
)
def test_small_samples(names: str, given: bool, indicative: bool) -> None:  # noqa: FBT001
    tables = edges("AB"), members(council=names)
    result = linkage(firms(names), *tables).T["all"]
    assert (not math.isnan(result["linkage_recorded"])) == given
    assert (not math.isnan(result["linkage_upper"])) == given
    assert result["indicative"] == indicative
    assert ("fewer than 3 firms" in result["missing"]) != given


def test_year_selects_periods_with_both_ends_and_open_ends() -> None:
    table = edges("AB", "BC", "CA").assign(
        year_from=[2010, 2016, np.nan], year_to=[2015, np.nan, np.nan]
    )
    body = members(council="ABC").assign(year_from=2019)
    counts = {
        year: linkage(firms("ABC"), table, body, year=year).T["all"]["formal_m"]
        for year in (2009, 2010, 2015, 2016, 2030)
    }
    assert counts == {2009: 1, 2010: 2, 2015: 2, 2016: 2, 2030: 2}
    assert linkage(firms("ABC"), table, body).T["all"]["formal_m"] == 3
    before = linkage(firms("ABC"), table, body, year=2016).T["all"]
    assert before["informal_m"] == 0


def test_names_are_trimmed_and_repeats_and_loops_counted() -> None:
    table = edges("AB", "BA", "AB", "CC").replace("B", "  B ")
    result = linkage(firms("ABC"), table, members(council="AAB")).T["all"]
    assert result["formal_m"] == 1
    assert result["notes"] == (
        "3 rows repeat a tie or membership and count once; "
        "1 rows link a firm to itself and are omitted"
    )


def test_firms_without_a_name_or_a_place_are_left_out() -> None:
    table = pd.DataFrame({"firm": ["A", None, "B", "C"], "place": ["x", "x", "x", None]})
    result = linkage(table, NOTHING, NOTHING)
    assert result.index.tolist() == ["x"]
    assert result.loc["x", "n_firms"] == 2
    assert result.loc["x", "notes"] == "1 rows of the place have no firm name and are omitted"


def test_similar_names_cause_a_warning_and_are_not_merged() -> None:
    table = pd.DataFrame({"firm": ["Müller AG", "Shell N.L.", "Another"]})
    linked = pd.DataFrame({"firm_u": ["Muller A.G."], "firm_v": ["SHELL NL"], "kind": ["formal"]})
    with pytest.warns(StandortWarning, match="2 names of firms .*not merged") as caught:
        result = linkage(table, linked, NOTHING)
    assert result.T["all"]["coverage"] == 0.0
    assert "Muller A.G. / Müller AG" in str(caught[0].message)


def test_all_problems_of_all_tables_are_raised_together() -> None:
    bad_edges = pd.DataFrame(
        {
            "firm_u": ["A", None],
            "firm_v": ["B", "C"],
            "kind": ["postcode", "formal"],
            "weight": [-1.0, 2.0],
            "year_from": ["soon", 2000],
        }
    )
    bad_members = pd.DataFrame({"firm": ["A"], "club": ["x"]})
    crossed = users(pipe="A").assign(year_from=2020, year_to=2010)
    with pytest.raises(LayerError) as caught:
        linkage(firms("ABC"), bad_edges, bad_members, assets=crossed)
    message = str(caught.value)
    for part in (
        "has 6 problems",
        "table 'linkages': expected firm_u not to be empty; not so in 1 rows: 1",
        "not proximity or similarity",
        "expected weight to be a number >= 0",
        "expected year_from to be a number >= 0",
        "table 'memberships': expected columns firm, organisation, got firm, club",
        "table 'assets': expected year_from not after year_to",
    ):
        assert part in message


@pytest.mark.parametrize("option", [{"k0": 0.0}, {"mu": 1.1}, {"draws": -1}, {"seed": 0.5}])
def test_options_out_of_range_raise(option: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(option))):
        linkage(firms("ABC"), NOTHING, NOTHING, **option)


def test_layer_weights_are_normalised() -> None:
    tables = edges("AB", "BC", "CA"), members(council="AB")
    omega = {"formal": 3.0, "informal": 1.0, "infrastructure": 4.0}
    result = linkage(firms("ABC"), *tables, omega=omega, mu=0.0).T["all"]
    expected = 3 / 8 * result["formal_score"] + 1 / 8 * result["informal_score"]
    assert result["linkage_recorded"] == pytest.approx(expected)
    with pytest.raises(WeightError, match="omega"):
        linkage(firms("ABC"), *tables, omega={"formal": 1.0})


def test_anchor_ties_and_unknown_anchors() -> None:
    table = edges("AB"), members(council="AC")
    assert linkage(firms("ABCD"), *table, anchor="A").T["all"]["anchor_ties"] == pytest.approx(
        2 / 3
    )
    assert linkage(firms("ABCD"), *table, anchor={"all": "D"}).T["all"]["anchor_ties"] == 0.0
    assert math.isnan(linkage(firms("ABCD"), NOTHING, NOTHING, anchor="A").T["all"]["anchor_ties"])
    with pytest.raises(OptionError, match="'all'"):
        linkage(firms("ABCD"), *table, anchor={"all": "Z"})


@pytest.mark.parametrize(
    ("subtypes", "pairs", "expected"),
    [
        (["heat", "steam"], ("AB", "BC"), True),
        (["heat", "heat"], ("AB", "BC"), False),
        (["heat", "steam"], ("AB", "BA"), False),  # two firms
        (["heat", "steam"], ("AB", "CD"), False),  # two by two
        (["heat", None], ("AB", "BC"), None),
        (["heat", None], ("AB", "CD"), False),
    ],
)
def test_chertow_needs_three_linked_firms_and_two_resources(
    subtypes: list[str | None],
    pairs: tuple[str, ...],
    expected: bool | None,  # noqa: FBT001
) -> None:
    result = linkage(firms("ABCD"), edges(*pairs).assign(subtype=pd.Series(subtypes)), NOTHING)
    given = result.T["all"]["chertow_3_2"]
    assert (given is pd.NA) if expected is None else (given == expected)


def test_nothing_is_exchanged_through_a_joint_venture() -> None:
    table = edges("AB", "BC").assign(subtype=["steam", "joint venture"])
    assert not linkage(firms("ABC"), table, NOTHING).T["all"]["chertow_3_2"]


def test_chertow_counts_assets_used_together_and_is_unknown_without_data() -> None:
    result = linkage(firms("ABC"), NOTHING, NOTHING, assets=users(steam_grid="AB", sewer="BC"))
    assert result.T["all"]["chertow_3_2"]
    alike = users(one="AB", two="BC").assign(kind="steam")
    assert not linkage(firms("ABC"), NOTHING, NOTHING, assets=alike).T["all"]["chertow_3_2"]
    assert linkage(firms("ABC"), NOTHING, members(council="AB")).T["all"]["chertow_3_2"] is pd.NA


def test_row_order_and_other_places_do_not_change_bits() -> None:
    tables = random_tables(11, n_places=4, n_firms=8)
    result = run(tables, draws=50)
    shuffled = Tables(*(table.sample(frac=1, random_state=3) for table in tables))
    assert_frame_equal(run(shuffled, draws=50).loc[result.index], result, check_exact=True)
    turned = tables.linkages.rename(columns={"firm_u": "firm_v", "firm_v": "firm_u"})
    assert_frame_equal(run(tables._replace(linkages=turned), draws=50), result, check_exact=True)
    alone = tables.firms[tables.firms["place"] == "place 2"]
    assert_frame_equal(run(tables._replace(firms=alone), draws=50), result.loc[["place 2"]])


def test_inputs_are_not_changed() -> None:
    tables = random_tables(5)
    before = [table.copy() for table in tables]
    run(tables, draws=5)
    linkage_indicators(tables.firms, tables.linkages, tables.memberships, draws=5)
    for table, copy in zip(tables, before, strict=True):
        assert_frame_equal(table, copy)


def test_a_table_of_no_firms_gives_no_rows() -> None:
    assert len(linkage(firms(""), edges("AB"), NOTHING)) == 0
