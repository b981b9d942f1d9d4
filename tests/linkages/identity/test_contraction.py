"""Who is one firm: aliases, plants of one owner and joint ventures, by hand."""

from __future__ import annotations

import doctest
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from standort.errors import LayerError, StandortWarning
from standort.linkages import contract_firms, linkage

if TYPE_CHECKING:
    from standort.linkages import Contraction

SAMPLE = Path(__file__).resolve().parents[3] / "sample_layers"


def owned(*rows: tuple[str, str | None, object], **columns: Any) -> pd.DataFrame:  # noqa: ANN401
    """Rows of the table `firms`: firm, owner, share."""
    return pd.DataFrame(list(rows), columns=["firm", "owner", "share"]).assign(**columns)


def also(**aliases: str) -> pd.DataFrame:
    return pd.DataFrame({"firm": list(aliases), "alias_of": list(aliases.values())})


def at(**places: str) -> pd.DataFrame:
    rows = [(place, name) for place, names in places.items() for name in names.split()]
    return pd.DataFrame(rows, columns=["place", "firm"])


def ties(*pairs: str, kind: str = "formal") -> pd.DataFrame:
    ends = [pair.split() for pair in pairs]
    return pd.DataFrame(ends, columns=["firm_u", "firm_v"]).assign(kind=kind)


def members(**bodies: str) -> pd.DataFrame:
    rows = [(firm, body) for body, names in bodies.items() for firm in names.split()]
    return pd.DataFrame(rows, columns=["firm", "organisation"])


def contract(owners: pd.DataFrame | None, **tables: Any) -> Contraction:  # noqa: ANN401
    given = {"firms": at(p="A B"), "linkages": None, "memberships": None} | tables
    return contract_firms(owners, **given)


def pairs(given: Contraction) -> list[tuple[str, str]]:
    assert given.linkages is not None
    return list(zip(given.linkages["firm_u"], given.linkages["firm_v"], strict=True))


def becomes(given: Contraction) -> dict[str, str]:
    return {str(name): str(firm) for name, firm in given.names["firm"].items()}


def here(given: Contraction, place: str = "p") -> list[str]:
    return sorted(set(given.firms.loc[given.firms["place"] == place, "firm"].dropna()))


# ------------------------------------------------------------------ aliases


def test_aliases_are_replaced_in_every_table() -> None:
    done = contract(
        also(A1="A"),
        firms=at(p="A1 B"),
        linkages=ties("A1 B"),
        memberships=members(hub="A1 B"),
        assets=members(pipe="B A1").rename(columns={"organisation": "asset"}),
    )
    assert here(done) == ["A", "B"]
    assert pairs(done) == [("A", "B")]
    assert done.memberships is not None
    assert done.assets is not None
    assert done.memberships["firm"].tolist() == ["A", "B"]
    assert done.assets["firm"].tolist() == ["B", "A"]
    assert done.names.loc["A1", "reason"] == "alias"


def test_aliases_of_aliases_lead_to_the_last() -> None:
    assert becomes(contract(also(A2="A1", A1="A", A3="A2"))) == {"A1": "A", "A2": "A", "A3": "A"}


def test_aliases_that_lead_in_a_circle_are_refused_with_their_rows() -> None:
    with pytest.raises(
        LayerError, match=r"(?s)A, B are aliases.*rows: 1, 2.*C, D, E.*rows: 0, 3, 4"
    ):
        contract(also(C="D", A="B", B="A", D="E", E="C"))


def test_a_name_is_another_name_of_one_firm() -> None:
    given = pd.DataFrame({"firm": ["A1", "A1", "B1", "B1"], "alias_of": ["A", "B", "B", "B"]})
    with pytest.raises(LayerError, match=r"one firm; not so for 'A1' \(rows: 0, 1\)"):
        contract(given)


def test_stakes_of_two_names_are_those_of_one_owner() -> None:
    given = pd.concat([owned(("Plant", "A1", 0.5), ("Plant", "A", 0.5)), also(A1="A")])
    done = contract(given.reset_index(drop=True), firms=at(p="Plant B"), linkages=ties("Plant B"))
    assert becomes(done) == {"A1": "A", "Plant": "A"}
    assert pairs(done) == [("A", "B")]


# ------------------------------------------------------------------ plants of one owner


@pytest.mark.parametrize("share", [1.0, None, 0.51])
def test_the_plants_of_one_owner_are_one_firm(share: object) -> None:
    done = contract(
        owned(("A north", "A", share), ("A south", "A", share)),
        firms=pd.DataFrame({"place": "p", "firm": ["A north", "A south", "B"]}),
        linkages=pd.DataFrame(
            {"firm_u": ["A north", "A north", "A south"], "firm_v": ["A south", "B", "B"]}
        ).assign(kind="formal"),
    )
    assert here(done) == ["A", "B"]
    assert pairs(done) == [("A", "B")]
    assert done.counts["ties within one firm"] == 1
    assert done.counts["ties that repeat another"] == 1


def test_owners_of_owners_are_followed() -> None:
    done = contract(owned(("Plant", "Works", None), ("Works", "Group", 1.0)))
    assert becomes(done) == {"Plant": "Group", "Works": "Group"}


@pytest.mark.parametrize("chain", [("A", "B"), ("A", "B", "C")])
def test_owners_in_a_circle_are_refused_with_their_rows(chain: tuple[str, ...]) -> None:
    rows = [(firm, owner, 1.0) for firm, owner in zip(chain, chain[1:] + chain[:1], strict=True)]
    with pytest.raises(LayerError, match=r"own each other.*rows: 1, 2"):
        contract(owned(("Z", "Y", 1.0), *rows))


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_a_firm_of_which_half_or_less_is_known_stays_one(share: float) -> None:
    done = contract(owned(("A", "Owner", share)), linkages=ties("A B", "A Owner"))
    assert becomes(done) == {}
    assert pairs(done) == [("A", "B"), ("A", "Owner")]


def test_an_owner_is_not_named_twice() -> None:
    done = contract(owned(("Plant", "A", 0.3), ("Plant", "A", 0.3)))
    assert becomes(done) == {"Plant": "A"}


# ------------------------------------------------------------------ joint ventures


def test_a_joint_venture_is_a_tie_between_its_owners_and_no_firm() -> None:
    done = contract(
        owned(("Plant", "A", 0.6), ("Plant", "B", 0.4)),
        firms=at(p="Plant A B C"),
        linkages=ties("Plant A", "B Plant", "Plant C"),
    )
    assert here(done) == ["A", "B", "C"]
    assert pairs(done) == [("A", "C"), ("A", "B")]
    assert done.linkages is not None
    tie = done.linkages.iloc[-1]
    assert (tie["kind"], tie["subtype"], tie["weight"]) == ("formal", "joint venture", 0.4)
    assert tie["note"] == "owners of Plant"
    assert done.counts["ties of a joint venture to its owners"] == 2
    assert done.counts["ties between owners of a joint venture"] == 1
    assert list(done.names.loc["Plant"]) == ["A", "joint venture", "A 60 %, B 40 %"]


def test_what_a_joint_venture_has_passes_to_one_owner() -> None:
    # or one seat in a body would tie its owners a second time
    done = contract(
        owned(("Plant", "A", 0.6), ("Plant", "B", 0.4)),
        firms=at(p="Plant A B"),
        memberships=members(hub="Plant C"),
    )
    assert done.memberships is not None
    assert done.memberships["firm"].tolist() == ["A", "C"]


def test_of_equal_owners_one_at_the_place_comes_first() -> None:
    stakes = owned(("Plant", "A", 0.5), ("Plant", "B", 0.5))
    assert here(contract(stakes, firms=at(p="Plant B C"))) == ["B", "C"]
    assert here(contract(stakes, firms=at(p="Plant A B C"))) == ["A", "B", "C"]


def test_an_owner_that_is_not_at_the_place_stands_there_for_the_plant() -> None:
    stakes = owned(("Plant", "A", 0.6), ("Plant", "B", 0.4))
    done = contract(stakes, firms=at(p="Plant B", q="A"))
    assert here(done) == ["A", "B"]  # two firms, tied by the plant
    assert list(done.places.loc["p"]) == [2, 2, 0, 1]
    alone = contract(stakes, firms=at(p="Plant C"))
    assert here(alone) == ["A", "C"]
    assert alone.places.loc["p", "ties_after"] == 0  # B has nothing there


def test_unknown_shares_leave_the_weight_unknown() -> None:
    done = contract(owned(("Plant", "A", None), ("Plant", "B", 0.4)), firms=at(p="Plant B"))
    assert done.linkages is not None
    assert math.isnan(done.linkages["weight"].iloc[0])
    assert here(done) == ["B"]  # by the place: shares do not tell
    more = contract(owned(("Plant", "A", None), ("Plant", "B", 0.6)), firms=at(p="Plant A"))
    assert becomes(more) == {"Plant": "B"}


def test_two_subsidiaries_of_one_owner_are_no_joint_venture() -> None:
    stakes = owned(("Plant", "A1", 0.5), ("Plant", "A2", 0.5), ("A1", "A", 1), ("A2", "A", 1))
    done = contract(stakes, firms=at(p="Plant B"))
    assert becomes(done) == {"A1": "A", "A2": "A", "Plant": "A"}
    assert done.linkages is None


def test_ownership_is_looked_through() -> None:
    # a third of a plant that two others own in halves
    stakes = owned(("Plant", "JV", 0.5), ("Plant", "C", 0.5), ("JV", "A", 0.5), ("JV", "B", 0.5))
    done = contract(stakes, firms=at(p="Plant C"))
    assert done.linkages is not None
    found = {
        (u, v, w)
        for u, v, w in zip(*(done.linkages[c] for c in ("firm_u", "firm_v", "weight")), strict=True)
    }
    assert found == {("A", "B", 0.5), ("A", "B", 0.25), ("A", "C", 0.25), ("B", "C", 0.25)}
    assert becomes(done)["Plant"] == "C"


def test_a_plant_of_a_joint_venture_goes_where_the_joint_venture_goes() -> None:
    stakes = owned(("JV", "A", 0.5), ("JV", "B", 0.5), ("Plant", "JV", 1.0))
    done = contract(stakes, firms=at(p="Plant B", q="JV"))
    assert becomes(done) == {"JV": "B", "Plant": "B"}


def test_a_recorded_joint_venture_is_not_tied_twice() -> None:
    stakes = owned(("Plant", "A", 0.5), ("Plant", "B", 0.5))
    once = contract(stakes)
    again = contract_firms(stakes, once.firms, once.linkages, None)
    assert once.linkages is not None
    assert again.linkages is not None
    assert_frame_equal(again.linkages, once.linkages)
    assert again.counts["ties between owners of a joint venture"] == 0


# ------------------------------------------------------------------ what is odd, and years


def test_odd_shares_are_counted_and_kept_as_stated() -> None:
    stakes = owned(
        ("P", "A", 0.9), ("P", "B", 0.3), ("Q", "A", 0.0), ("Q", "B", 1.0), ("A", "A", 1)
    )
    with pytest.warns(StandortWarning) as caught:
        done = contract(stakes, firms=at(p="P Q"))
    (warning,) = caught
    text = str(warning.message)
    assert "stakes of 0 % are none (rows: 2)" in text
    assert "firms named as their own owner say nothing (rows: 4)" in text
    assert "shares add up to more than 1 and count as stated ('P')" in text
    assert becomes(done) == {"P": "A", "Q": "B"}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"share": [1.2]}, "share to be a number from 0 to 1 or empty"),
        ({"share": [-0.1]}, "share to be a number from 0 to 1 or empty"),
        ({"share": ["half"]}, "share to be a number from 0 to 1 or empty"),
        ({"firm": [None]}, "firm not to be empty"),
        ({"year_from": ["soon"]}, "year_from to be a number"),
        ({"year_from": [2020], "year_to": [2019]}, "year_from not after year_to"),
    ],
)
def test_wrong_cells_are_named(columns: dict[str, Any], expected: str) -> None:
    table = owned(("P", "A", 1.0)).astype(object).assign(**columns)
    with pytest.raises(LayerError, match=rf"table 'firms': expected {expected}.*1 rows: 0"):
        contract(table)


def test_only_the_stakes_of_the_year_count() -> None:
    stakes = owned(("P", "A", 1.0), ("P", "B", 1.0), year_from=[None, 2011], year_to=[2010, None])
    assert becomes(contract(stakes, year=2010)) == {"P": "A"}
    assert becomes(contract(stakes, year=2011)) == {"P": "B"}
    assert becomes(contract(stakes)) == {"P": "B"}  # without a year, the last


def test_without_a_year_owners_at_one_time_are_a_joint_venture() -> None:
    stakes = owned(("P", "A", 0.5), ("P", "B", 0.5), year_from=[None, 2005], year_to=[2030, None])
    assert pairs(contract(stakes)) == [("A", "B")]


def test_a_joint_venture_holds_for_the_years_of_both_stakes() -> None:
    stakes = owned(("P", "A", 0.5), ("P", "B", 0.5), year_from=[2000, 2005], year_to=[2030, None])
    done = contract(stakes, year=2020)
    assert done.linkages is not None
    assert done.linkages[["year_from", "year_to"]].to_numpy().tolist() == [[2005.0, 2030.0]]


# ------------------------------------------------------------------ placeholders


def test_a_placeholder_is_never_a_firm() -> None:
    with pytest.warns(StandortWarning, match="5 names are placeholders") as caught:
        done = contract(
            owned(("P", "unknown", 0.4), ("P", "A", 0.6)),
            firms=at(p="xx P n.a. B"),
            linkages=ties("xx B", "B P"),
            memberships=members(hub="B 0"),
        )
    (warning,) = caught
    assert "firms per place 2, linkages 1, memberships 1, firms 1" in str(warning.message)
    assert here(done) == ["A", "B"]
    assert pairs(done) == [("B", "A")]
    assert done.memberships is not None
    assert done.memberships.to_numpy().tolist() == [["B", "hub"]]


def test_placeholders_are_no_firms_without_a_table_of_firms_either() -> None:
    with pytest.warns(StandortWarning, match="2 names are placeholders"):
        result = linkage(at(p="A B C - nn"), ties("A B"), None, draws=0)
    assert result.loc["p", "n_firms"] == 3


def test_where_firms_have_numbers_0_is_one_of_them() -> None:
    assert linkage(at(p="0 1 2"), ties("0 1"), None, draws=0).loc["p", "n_firms"] == 3
    numbers = pd.DataFrame({"firm": [0, 1, 2]})
    assert linkage(numbers, ties("1 2"), None, draws=0).loc["all", "n_firms"] == 3


def test_without_a_table_of_firms_nothing_changes() -> None:
    firms, edges, bodies = at(p="A B"), ties("A B", "A A"), members(hub="A B")
    for nothing in (None, pd.DataFrame(columns=["firm", "owner"])):
        done = contract(nothing, firms=firms, linkages=edges, memberships=bodies)
        assert done.firms is firms
        assert done.linkages is edges
        assert done.memberships is bodies
        assert done.assets is None
        assert done.names.empty
        assert list(done.places.loc["p"]) == [2, 2, 1, 1]


def test_nothing_given_is_modified() -> None:
    given = {"firms": at(p="A1 B"), "linkages": ties("A1 B"), "memberships": members(hub="A1")}
    before = {name: table.copy(deep=True) for name, table in given.items()}
    contract(also(A1="A"), **given)
    for name, table in given.items():
        assert_frame_equal(table, before[name])


# ------------------------------------------------------------------ who was asked


def test_a_firm_was_asked_if_all_its_names_at_places_were() -> None:
    log = pd.DataFrame({"layer": "formal", "firms": ["All", "A1; B", "A1; A2; B", "Z", "A2", None]})
    done = contract(
        pd.concat([also(A1="A"), owned(("A2", "A", 1.0))]).reset_index(drop=True),
        firms=at(p="A1 A2 B"),
        collection=log,
    )
    assert done.collection is not None
    assert done.collection["firms"].tolist()[:5] == ["All", "B", "A; B", "Z", ";"]
    assert done.collection["firms"].isna().tolist() == [False] * 5 + [True]


# ------------------------------------------------------------------ the sample


def sample(owners: pd.DataFrame | None) -> tuple[pd.Series[Any], Contraction]:
    tables = {
        name: pd.read_csv(SAMPLE / f"{name}.csv")
        for name in ("emitters", "initiatives", "linkages", "memberships", "assets")
    }
    sites = tables["initiatives"].merge(tables["emitters"][["site_id", "firm"]], on="site_id")
    firms = sites.rename(columns={"initiative": "place"})[["place", "firm"]]
    given = (tables["linkages"], tables["memberships"])
    done = contract_firms(owners, firms, *given, assets=tables["assets"], year=2022)
    result = linkage(
        done.firms, done.linkages, done.memberships, assets=done.assets, year=2022, draws=0
    )
    return result.T["Port of Rotterdam"], done


def test_the_example_of_the_page_runs() -> None:
    page = SAMPLE.parent / "docs" / "linkages.md"
    options = {"module_relative": False, "optionflags": doctest.NORMALIZE_WHITESPACE}
    failed, tried = doctest.testfile(str(page), **options)  # type: ignore[arg-type]
    assert tried > 5
    assert failed == 0


def test_rotterdam_without_the_tie_of_a_plant_to_its_own_parent() -> None:
    plant = "LyondellBasell / Covestro"
    before, _ = sample(None)
    after, done = sample(owned((plant, "LyondellBasell", 0.5), (plant, "Covestro", 0.5)))
    assert (before["n_firms"], after["n_firms"]) == (15, 14)
    assert before["linkage_recorded"] == pytest.approx(0.346, abs=5e-4)
    assert after["linkage_recorded"] == pytest.approx(0.360, abs=5e-4)
    assert done.counts["ties of a joint venture to its owners"] == 1
    assert done.counts["ties between owners of a joint venture"] == 1
    # Covestro has no other site in the port, so that the tie leaves it
    assert (before["formal_m"] - after["formal_m"]) == 1
    assert list(done.places.loc["Port of Rotterdam"])[:2] == [15, 14]
