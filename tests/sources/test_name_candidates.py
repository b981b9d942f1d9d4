"""Names that may mean one firm: candidates, decisions of a person, and what they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from standort.errors import FileError, LayerError, OptionError
from standort.linkages import contract_firms, joint_ventures
from standort.sources import (
    name_candidates,
    read_aliases,
    write_candidates,
)
from standort.sources.linkage_tables import LinkageTables, records, tables

if TYPE_CHECKING:
    from pathlib import Path

    from standort.linkages import Contraction

pytest.importorskip("rapidfuzz", reason="the extra sources is not installed")


def pairs(candidates: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(candidates["firm"], candidates["alias_of"], strict=True))


@pytest.mark.parametrize(
    ("alias", "firm"),
    [
        ("CHEVRON USA INC", "Chevron Corp"),
        ("ELECTRICITE DE FRANCE (EDF)", "EDF"),
        ("Stockolm Exergi AB", "Stockholm Exergi"),
        ("Mälarenergi AB", "Malarenergi"),
        ("ExxonMobil Corporation", "Exxonmobil"),
    ],
)
def test_spellings_of_one_firm_are_candidates(alias: str, firm: str) -> None:
    assert (alias, firm) in pairs(name_candidates([alias, firm, "Targa Resources"]))


def test_different_firms_are_none() -> None:
    assert name_candidates(["Air Liquide", "Air Products", "Equinor", "Eni"]).empty


def test_a_short_bracket_is_compared_as_a_whole() -> None:
    assert name_candidates(["ENBRIDGE (US) INC", "AGRIUM US INC", "US GOVERNMENT"]).empty


def test_candidates_do_not_depend_on_order_or_repetition() -> None:
    names = ["EDF", "Chevron Corp", "ELECTRICITE DE FRANCE (EDF)", "CHEVRON USA INC"]
    expected = name_candidates(names)
    again = name_candidates([*reversed(names), "EDF"])
    pd.testing.assert_frame_equal(expected, again)


def test_more_names_than_one_block_are_all_compared() -> None:
    many = [f"works {n:05d} {n * 7919 % 100003:05d}" for n in range(1100)]
    assert ("Zeta Limited", "Zeta") in pairs(name_candidates([*many, "Zeta", "Zeta Limited"]))


def test_a_score_is_between_0_and_100() -> None:
    with pytest.raises(OptionError, match="of at least 0 and at most 100, got 101"):
        name_candidates(["A"], least_score=101)


def write_decisions(path: Path, *rows: tuple[str, str, str]) -> Path:
    pd.DataFrame(rows, columns=["firm", "alias_of", "same"]).to_csv(path, index=False)
    return path


def test_only_a_yes_counts(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    write_candidates(name_candidates(["Chevron Corp", "CHEVRON USA INC"]), path)
    assert read_aliases(path).empty
    with pytest.raises(FileError, match="may hold decisions"):
        write_candidates(name_candidates([]), path)
    rows = [("CHEVRON USA INC", "Chevron Corp", "Yes "), ("A Ltd", "A", "no"), ("B", "C", "")]
    aliases = read_aliases(write_decisions(path, *rows))
    assert pairs(aliases) == {("CHEVRON USA INC", "Chevron Corp")}
    assert aliases["source"].tolist() == ["decided by hand in names.csv"]


def test_aliases_of_aliases_lead_to_the_last(tmp_path: Path) -> None:
    path = write_decisions(tmp_path / "n.csv", ("A", "B", "yes"), ("B", "C", "yes"))
    assert pairs(read_aliases(path)) == {("A", "C"), ("B", "C")}


def test_all_wrong_decisions_are_named_at_once(tmp_path: Path) -> None:
    path = write_decisions(
        tmp_path / "n.csv",
        *(("A", "B", "perhaps"), ("C", "D", "yes"), ("C", "E", "yes")),
        *(("F", "G", "yes"), ("G", "F", "yes"), ("H", "n.a.", "yes")),
    )
    with pytest.raises(LayerError) as error:
        read_aliases(path)
    text = str(error.value)
    assert "4 problems" in text
    assert "lines 2" in text
    assert "not so for 'C'" in text
    assert "'F', 'G'" in text
    assert "none in lines 7" in text


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_spreadsheet_may_divide_columns_in_its_own_way(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "names.csv"
    lines = (separator.join(row) for row in (("firm", "alias_of", "same"), ("A, Inc", "A", "yes")))
    text = "\r\n".join(lines) if separator == ";" else 'firm,alias_of,same\n"A, Inc",A,yes\n'
    path.write_text(text, encoding="utf-8-sig")
    assert pairs(read_aliases(path)) == {("A, Inc", "A")}


def test_candidates_keep_their_accents_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    write_candidates(name_candidates(["Mälarenergi AB", "Malarenergi"]), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # a mark, without which Excel guesses


@pytest.mark.parametrize("content", [b"firm,alias_of,same\nM\xe4lar,A,yes\n", b"", b'a,b\n"x'])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"names.csv.*save it as CSV \(UTF-8\)"):
        read_aliases(path)


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_text("firm,same\n")
    with pytest.raises(LayerError, match="add alias_of"):
        read_aliases(path)
    with pytest.raises(FileError, match="found none"):
        read_aliases(tmp_path / "none.csv")


def contract(given: LinkageTables, aliases: pd.DataFrame) -> Contraction:
    owners = pd.DataFrame([*records(given.firms), *records(aliases)])
    sites = pd.DataFrame({"firm": ["Plant", "EDF SA", "A"]})
    return contract_firms(
        owners,
        sites,
        given.linkages,
        given.memberships,
        assets=given.assets,
        collection=given.collection,
    )


def owned(**shares: float) -> LinkageTables:
    return tables(
        firms=[{"firm": "Plant", "owner": name, "share": share} for name, share in shares.items()]
    )


def decided(path: Path, *rows: tuple[str, str]) -> pd.DataFrame:
    return read_aliases(write_decisions(path / "n.csv", *((*row, "yes") for row in rows)))


def test_two_names_of_one_owner_have_no_tie(tmp_path: Path) -> None:
    before = owned(ChevronCorp=0.5, ChevronUSA=0.5)
    before = before._replace(linkages=joint_ventures(before.firms))
    assert len(before.linkages) == 1
    after = contract(before, decided(tmp_path, ("ChevronUSA", "ChevronCorp")))
    assert after.linkages is not None
    assert after.linkages.empty
    assert set(after.names["firm"]) == {"ChevronCorp"}


def test_shares_of_one_owner_add_before_the_tie_is_weighed(tmp_path: Path) -> None:
    after = contract(owned(A1=0.2, A2=0.25, B=0.55), decided(tmp_path, ("A2", "A1")))
    assert after.linkages is not None
    assert after.linkages[["firm_u", "firm_v"]].to_numpy().tolist() == [["A1", "B"]]
    assert after.linkages["weight"].tolist() == pytest.approx([0.45])


def test_an_unknown_share_stays_unknown(tmp_path: Path) -> None:
    after = contract(owned(A1=0.2, A2=float("nan"), B=0.55), decided(tmp_path, ("A2", "A1")))
    assert after.linkages is not None
    assert after.linkages["weight"].isna().tolist() == [True]


def test_a_subsidiary_entered_by_hand_is_merged(tmp_path: Path) -> None:
    after = contract(owned(COPANO=0.51, CRESTONE=0.49), decided(tmp_path, ("COPANO", "KINDER")))
    assert after.linkages is not None
    assert after.linkages[["firm_u", "firm_v"]].to_numpy().tolist() == [["CRESTONE", "KINDER"]]


def test_members_users_and_reach_are_renamed(tmp_path: Path) -> None:
    given = tables(
        memberships=[{"firm": name, "organisation": "Hub"} for name in ("EDF SA", "EDF")],
        assets=[{"asset": "Pipe", "firm": "EDF SA"}],
        linkages=[{"firm_u": "EDF", "firm_v": "EDF SA", "kind": "formal", "subtype": "contract"}],
        collection=[{"layer": "formal", "firms": "A; EDF; EDF SA"}],
    )
    after = contract(given, decided(tmp_path, ("EDF SA", "EDF")))
    for table in (after.memberships, after.assets):
        assert table is not None
        assert table["firm"].tolist() == ["EDF"]
    assert after.linkages is not None
    assert after.linkages.empty
    assert after.collection is not None
    assert after.collection["firms"].tolist() == ["A; EDF"]
