"""The degree of linkage: against the method written out, by hand, and where data are missing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from linkages.brute_force import LAYERS, Tables, brute_linkage, random_tables
from pandas.testing import assert_frame_equal

from standort.errors import LayerError, OptionError, StandortWarning, WeightError
from standort.linkages import linkage, linkage_indicators

NOTHING = None


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
def test_equals_the_method_written_out(seed: int) -> None:
    tables = random_tables(seed, n_firms=4 if seed % 3 else 12)
    found = run(tables, draws=0, k0=1.5, mu=0.3)
    for place, row in found.iterrows():
        expected = brute_linkage(tables, str(place), k0=1.5, mu=0.3)
        assert set(expected) <= set(found.columns)
        for column in found.select_dtypes(["number", "bool"]).columns:
            if column in {"linkage_min", "linkage_max", "indicative", "anchor_ties", "chertow_3_2"}:
                continue
            value = expected.get(column, math.nan)
            assert row[column] == pytest.approx(value, nan_ok=True, abs=1e-12), (place, column)


@pytest.mark.parametrize("n", [3, 4, 7, 20])
def test_cycle_has_u1_of_a_half_and_includes_all(n: int) -> None:
    # every firm has 2 ties = k0 in both layers, all pairs tied in both: k_mx = 2, u3 = 2/3
    table = pd.DataFrame({"firm": [f"f{i:02d}" for i in range(n)]})
    ring = pd.DataFrame({"firm_u": table["firm"], "firm_v": np.roll(table["firm"], 1)})
    both = pd.concat([ring.assign(kind="formal"), ring.assign(kind="infrastructure")])
    found = linkage(table, both.reset_index(drop=True), NOTHING).T["all"]
    assert found["formal_u1"] == pytest.approx(0.5)
    assert found["formal_u2"] == 1.0
    assert found["u3"] == pytest.approx(2 / 3)
    assert found["linkage"] == pytest.approx(0.8 * 0.75 + 0.2 * 2 / 3)


def test_a_body_adds_one_to_the_strength_of_each_member_however_large() -> None:
    for n in (2, 5, 50):
        table = pd.DataFrame({"firm": [f"f{i:02d}" for i in range(n)]})
        found = linkage(table, NOTHING, table.assign(organisation="association")).T["all"]
        assert found["informal_u1"] == pytest.approx(1 / 3)  # mean degree 1, k0 = 2
        assert found["informal_m"] == n * (n - 1) / 2


def test_a_body_of_one_member_adds_nothing() -> None:
    found = linkage(firms("ABC"), NOTHING, members(council="A")).T["all"]
    assert found["informal_observed"]
    assert (
        found[["informal_u1", "informal_u2", "informal_u4", "informal_score"]].tolist() == [0] * 4
    )


def test_a_body_counts_for_u4_with_members_elsewhere_but_ties_only_within_the_place() -> None:
    found = linkage(firms("ABC"), NOTHING, members(council="AZ")).T["all"]
    assert found["informal_u4"] == pytest.approx(1 / 3)
    assert found["informal_u1"] == 0.0


def test_only_the_kinds_told_are_coordinating_bodies() -> None:
    table = members(council="AB", club="ABCD").assign(kind=["public"] * 2 + ["social"] * 4)
    given = linkage(firms("ABCD"), NOTHING, table, coordinating=["public"]).T["all"]
    assert given["informal_u4"] == 0.5
    assert linkage(firms("ABCD"), NOTHING, table).T["all"]["informal_u4"] == 1.0


def test_without_a_tie_nobody_is_included() -> None:
    found = linkage(firms("ABC"), edges("AZ"), members(council="A")).T["all"]
    assert found["formal_observed"]
    assert found["formal_u2"] == 0.0
    assert found["linkage"] == 0.0


def test_no_tables_give_no_degree_and_say_what_to_collect() -> None:
    found = linkage(firms("ABC"), NOTHING, NOTHING).T["all"]
    assert math.isnan(found["linkage"])
    assert found[["linkage_min", "linkage_max", "n_layers", "coverage"]].tolist() == [0, 1, 0, 0]
    for layer in LAYERS:
        assert f"no linkage data for the {layer} layer: collect" in found["missing"]


def test_empty_tables_are_as_no_tables() -> None:
    empty = linkage(firms("ABC"), edges(), members(), assets=users())
    bare = linkage(firms("ABC"), pd.DataFrame(), pd.DataFrame(), assets=pd.DataFrame())
    none = linkage(firms("ABC"), NOTHING, NOTHING)
    assert_frame_equal(empty, none)
    assert_frame_equal(bare, none)


def test_one_layer_gives_its_score_and_bounds_but_no_degree() -> None:
    found = linkage(firms("ABC"), edges("AB", "BC", "CA"), NOTHING).T["all"]
    assert found["formal_score"] == pytest.approx(0.75)
    assert math.isnan(found["linkage"])
    assert math.isnan(found["u3"])
    assert math.isnan(found["linkage_p05"])
    assert found["linkage_min"] == pytest.approx(0.8 * 0.75 / 3)
    assert found["linkage_max"] == pytest.approx(0.8 * 2.75 / 3 + 0.2)
    assert "the formal layer" not in found["missing"]
    assert "the informal layer" in found["missing"]


def test_a_layer_is_observed_only_in_places_whose_firms_occur_in_it() -> None:
    table = pd.concat([firms("ABC", "here"), firms("DEF", "there")], ignore_index=True)
    found = linkage(table, edges("AB", "DZ"), members(council="AB"))
    assert found["formal_observed"].tolist() == [True, True]  # D has a tie, if elsewhere
    assert found["informal_observed"].tolist() == [True, False]
    assert math.isnan(found["linkage"]["there"])
    assert found.loc["there", "formal_m"] == 0


def test_bounds_hold_whatever_the_layer_not_observed_turns_out_to_be() -> None:
    for seed in range(8):
        tables = random_tables(seed, n_firms=12)
        partly = run(
            tables._replace(
                assets=users(), linkages=tables.linkages.query("kind != 'infrastructure'")
            ),
            draws=0,
        )
        whole = run(tables, draws=0)
        known = whole["linkage"].notna() & partly["formal_observed"] & partly["informal_observed"]
        known &= partly["informal_u4"].notna() == whole["informal_u4"].notna()
        assert (partly["linkage_min"] <= whole["linkage"] + 1e-12)[known].all()
        assert (whole["linkage"] <= partly["linkage_max"] + 1e-12)[known].all()
        assert (partly["linkage_min"] <= partly["linkage"].fillna(1.0)).all()


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
    found = linkage(firms(names), *tables).T["all"]
    assert (not math.isnan(found["linkage"])) == given
    assert (not math.isnan(found["linkage_p05"])) == given
    assert found["indicative"] == indicative
    assert ("fewer than 3 firms" in found["missing"]) != given


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
    assert not before["informal_observed"]


def test_names_are_trimmed_and_repeats_and_loops_counted() -> None:
    table = edges("AB", "BA", "AB", "CC").replace("B", "  B ")
    found = linkage(firms("ABC"), table, members(council="AAB")).T["all"]
    assert found["formal_m"] == 1
    assert found["notes"] == (
        "3 rows repeat a tie or membership and count once; "
        "1 rows link a firm with itself and are left out"
    )


def test_firms_without_a_name_or_a_place_are_left_out() -> None:
    table = pd.DataFrame({"firm": ["A", None, "B", "C"], "place": ["x", "x", "x", None]})
    found = linkage(table, NOTHING, NOTHING)
    assert found.index.tolist() == ["x"]
    assert found.loc["x", "n_firms"] == 2
    assert found.loc["x", "notes"] == "1 rows of the place name no firm and are left out"


def test_near_misses_are_named_and_not_merged() -> None:
    table = pd.DataFrame({"firm": ["Müller AG", "Shell N.L.", "Other"]})
    linked = pd.DataFrame({"firm_u": ["Muller A.G."], "firm_v": ["SHELL NL"], "kind": ["formal"]})
    with pytest.warns(StandortWarning, match="2 names of firms .*kept apart") as caught:
        found = linkage(table, linked, NOTHING)
    assert not found.T["all"]["formal_observed"]
    assert "Muller A.G. / Müller AG" in str(caught[0].message)


def test_all_faults_of_all_tables_are_told_together() -> None:
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
        "table 'linkages': expected firm_u to name something, 1 rows are not: 1",
        "being near or alike is no linkage",
        "expected weight to be a number >= 0",
        "expected year_from to be a number >= 0",
        "table 'memberships': expected columns firm, organisation, got firm, club",
        "table 'assets': expected year_from not after year_to",
    ):
        assert part in message


@pytest.mark.parametrize("option", [{"k0": 0.0}, {"mu": 1.1}, {"draws": -1}, {"seed": 0.5}])
def test_options_outside_their_range_are_refused(option: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(option))):
        linkage(firms("ABC"), NOTHING, NOTHING, **option)


def test_weights_of_layers_are_shared_out_over_the_observed_ones() -> None:
    tables = edges("AB", "BC", "CA"), members(council="AB")
    omega = {"formal": 3.0, "informal": 1.0, "infrastructure": 5.0}
    found = linkage(firms("ABC"), *tables, omega=omega, mu=0.0).T["all"]
    expected = 0.75 * found["formal_score"] + 0.25 * found["informal_score"]
    assert found["linkage"] == pytest.approx(expected)
    with pytest.raises(WeightError, match="omega"):
        linkage(firms("ABC"), *tables, omega={"formal": 1.0})


def test_anchor_ties_and_anchors_that_are_no_firms() -> None:
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
def test_chertow_asks_for_three_linked_firms_and_two_resources(
    subtypes: list[str | None],
    pairs: tuple[str, ...],
    expected: bool | None,  # noqa: FBT001
) -> None:
    found = linkage(firms("ABCD"), edges(*pairs).assign(subtype=pd.Series(subtypes)), NOTHING)
    given = found.T["all"]["chertow_3_2"]
    assert (given is pd.NA) if expected is None else (given == expected)


def test_chertow_counts_assets_used_together_and_is_unknown_without_data() -> None:
    found = linkage(firms("ABC"), NOTHING, NOTHING, assets=users(steam_grid="AB", sewer="BC"))
    assert found.T["all"]["chertow_3_2"]
    alike = users(one="AB", two="BC").assign(kind="steam")
    assert not linkage(firms("ABC"), NOTHING, NOTHING, assets=alike).T["all"]["chertow_3_2"]
    assert linkage(firms("ABC"), NOTHING, members(council="AB")).T["all"]["chertow_3_2"] is pd.NA


def test_rows_in_another_order_and_fewer_places_give_the_same_bits() -> None:
    tables = random_tables(11, n_places=4, n_firms=8)
    found = run(tables, draws=50)
    shuffled = Tables(*(table.sample(frac=1, random_state=3) for table in tables))
    assert_frame_equal(run(shuffled, draws=50).loc[found.index], found, check_exact=True)
    turned = tables.linkages.rename(columns={"firm_u": "firm_v", "firm_v": "firm_u"})
    assert_frame_equal(run(tables._replace(linkages=turned), draws=50), found, check_exact=True)
    alone = tables.firms[tables.firms["place"] == "place 2"]
    assert_frame_equal(run(tables._replace(firms=alone), draws=50), found.loc[["place 2"]])


def test_inputs_stay_as_they_are() -> None:
    tables = random_tables(5)
    before = [table.copy() for table in tables]
    run(tables, draws=5)
    linkage_indicators(tables.firms, tables.linkages, tables.memberships, draws=5)
    for table, copy in zip(tables, before, strict=True):
        assert_frame_equal(table, copy)


def test_a_table_of_no_firms_gives_no_rows() -> None:
    assert len(linkage(firms(""), edges("AB"), NOTHING)) == 0
