"""Parent companies of the US register: the traps of its columns, and the real extract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_sources import GHGRP, write_csv, write_workbook

from standort.errors import LayerError, OptionError, StandortWarning
from standort.sources import read_ghgrp_parents
from standort.sources.linkage_tables import records

if TYPE_CHECKING:
    from pathlib import Path

    from standort.sources import LinkageTables


def row(
    number: int, parent: str | None, share: object, county: str = "HARRIS COUNTY"
) -> list[object]:
    return [number, 11, 2020, f"Plant {number}", "TX", county, parent, share]


def read(tmp_path: Path, *rows: list[object], **options: object) -> LinkageTables:
    path = write_csv(tmp_path / "parents.csv", GHGRP, rows)
    return read_ghgrp_parents(path, **options)  # type: ignore[arg-type]


def ties(given: LinkageTables) -> set[tuple[str, str, float]]:
    columns = (given.linkages[name] for name in ("firm_u", "firm_v", "weight"))
    return set(zip(*columns, strict=True))


def test_shared_stakes_are_ties_and_sole_owners_are_not(tmp_path: Path) -> None:
    given = read(tmp_path, row(1, "A", 60), row(1, "B", 40), row(2, "A", 100), row(3, "A", 100))
    assert ties(given) == {("A", "B", 0.4)}
    tie = records(given.linkages)[0]
    assert (tie["kind"], tie["subtype"], tie["year_from"], tie["year_to"]) == (
        *("formal", "joint venture", 2020, 2020),
    )
    assert (tie["source"], tie["note"]) == (
        "US EPA GHGRP parent companies",
        "owners of Plant 1 (1)",
    )
    assert given.firms["share"].tolist() == [0.6, 0.4, 1.0, 1.0]


def test_the_same_parent_twice_is_one_owner(tmp_path: Path) -> None:
    given = read(tmp_path, row(1, "DART", 96), row(1, "DART", 4))
    assert given.linkages.empty
    assert given.firms["share"].tolist() == [1.0]


def test_shares_that_do_not_add_to_100_are_kept_and_noted(tmp_path: Path) -> None:
    given = read(tmp_path, row(1, "A", 50), row(1, "B", 30), row(2, "C", 33.3), row(2, "D", 66.6))
    assert given.firms["share"].tolist() == pytest.approx([0.5, 0.3, 0.333, 0.666])
    odd = "stated shares add up to 80.0%"
    assert given.firms["note"].tolist() == [odd, odd, None, None]


def test_a_missing_share_is_unknown_and_still_a_stake(tmp_path: Path) -> None:
    given = read(tmp_path, row(1, "A", None), row(1, "B", 50), row(2, "US GOVERNMENT", None))
    assert given.linkages["weight"].isna().tolist() == [True]
    assert given.firms["share"].isna().tolist() == [True, False, True]


def test_a_share_of_nothing_is_no_tie(tmp_path: Path) -> None:
    with pytest.warns(StandortWarning, match="stakes of 0 %: 1"):
        given = read(tmp_path, row(1, "PETROBRAS AMERICA INC", 0), row(1, "CHEVRON USA INC", 100))
    assert given.linkages.empty
    assert given.firms["owner"].tolist() == ["CHEVRON USA INC"]
    assert "stakes of 0 %: 1" in given.collection["note"][0]


@pytest.mark.parametrize("placeholder", ["xx", "n.a.", "0", "-", None])
def test_a_placeholder_owns_nothing(tmp_path: Path, placeholder: str | None) -> None:
    with pytest.warns(StandortWarning, match="without a named firm and owner: 1"):
        given = read(tmp_path, row(1, placeholder, 50), row(1, "A", 50))
    assert given.linkages.empty


def test_harris_is_not_harrison(tmp_path: Path) -> None:
    rows = [
        *(row(1, "A", 100), row(2, "B", 100, "Harris"), row(3, "C", 100, "HARRISON COUNTY")),
        *(row(4, "D", 100, "De Soto Parish"), row(5, "E", 100, "HARRISON")),
    ]
    assert set(read(tmp_path, *rows, counties=["Harris"]).firms["owner"]) == {"A", "B"}
    assert set(read(tmp_path, *rows, counties=["de soto"]).firms["owner"]) == {"D"}
    with pytest.raises(OptionError, match=r"no county 'HARR'.*HARRIS, HARRISON"):
        read(tmp_path, *rows, counties=["Harr"])
    with pytest.raises(OptionError, match="no state 'LA'"):
        read(tmp_path, *rows, states=["LA"])


def test_plants_of_one_name_are_told_apart(tmp_path: Path) -> None:
    rows = [row(1, "A", 100), [2, 11, 2020, "Plant 1", "TX", "HARRIS", "B", 100]]
    given = read(tmp_path, *rows)
    assert given.firms["firm"].tolist() == ["Plant 1 (1)", "Plant 1 (2)"]
    assert given.linkages.empty


def test_each_reporting_year_stands_for_itself(tmp_path: Path) -> None:
    other = row(1, "B", 100)
    other[2] = 2021
    given = read(tmp_path, row(1, "A", 100), other)
    assert given.linkages.empty
    assert given.firms["year_from"].tolist() == [2020, 2021]
    assert given.collection[["year_from", "year_to"]].to_numpy().tolist() == [[2020, 2021]]


def test_the_reach_is_stakes_and_no_contracts(tmp_path: Path) -> None:
    rows = [row(1, "A", 60), row(1, "B", 40)]
    reach = records(read(tmp_path, *rows).collection)[0]
    assert (reach["layer"], reach["method"], reach["firms"]) == (
        "formal",
        "register",
        "A; B; Plant 1 (1)",
    )
    assert (reach["detect_lo"], reach["detect_hi"]) == (0.0, 1.0)
    alone = records(read(tmp_path, *rows, ownership_share=(1.0, 1.0)).collection)[0]
    assert (alone["detect_lo"], alone["detect_hi"]) == (0.8, 1.0)


def test_the_workbook_is_read_like_its_table(tmp_path: Path) -> None:
    rows = [row(1, "A", 60), row(1, "B", 40.5)]
    path = write_workbook(
        tmp_path / "p.xlsx", GHGRP, rows, titles=["EPA"], sheet="DE_parentcompanies"
    )
    assert ties(read_ghgrp_parents(path)) == {("A", "B", 0.405)}


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "emitters.csv", ["Facility Id", "State"], [[1, "TX"]])
    with pytest.raises(LayerError, match="PARENT COMPANY NAME"):
        read_ghgrp_parents(path)


def test_houston_by_hand(real_data: Path) -> None:
    path = real_data / "real" / "ghgrp_parents_texas" / "parent_companies_tx_la_2020.csv.gz"
    counties = ["Harris", "Galveston", "Brazoria", "Chambers"]
    with pytest.warns(StandortWarning, match="stakes of 0 %: 1"):
        given = read_ghgrp_parents(path, states=["TX"], counties=counties)
    # 161 parents and 24 pairs as filed; Petrobras holds 0 % of Pasadena Refining beside Chevron
    assert given.firms["firm"].nunique() == 332
    assert given.firms["owner"].nunique() == 160
    assert (given.firms.groupby("firm")["owner"].nunique() > 1).sum() == 14
    pairs = {(u, v) for u, v, _ in ties(given)}
    assert len(pairs) == 23
    assert ("CHEVRON CORP", "PHILLIPS 66") in pairs
    assert ("BP AMERICA INC", "KINDER MORGAN INC") in pairs
    assert not any("PETROBRAS" in name for pair in pairs for name in pair)


def test_texas_and_louisiana(real_data: Path) -> None:
    path = real_data / "real" / "ghgrp_parents_texas" / "parent_companies_tx_la_2020.csv.gz"
    with pytest.warns(StandortWarning, match="stakes of 0 %: 7"):
        given = read_ghgrp_parents(path)
    assert given.firms["firm"].nunique() == 1821
    # 112 as filed, of which five have a second parent of 0 % only
    assert (given.firms.groupby("firm")["owner"].nunique() > 1).sum() == 107
