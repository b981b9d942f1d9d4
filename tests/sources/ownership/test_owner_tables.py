"""Owners of steel and cement plants (SFI, GEM): small files, and the real ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from small_sources import GEM, SFI, write_csv, write_workbook

from standort.errors import OptionError, StandortWarning
from standort.sources import read_gem_cement, read_sfi_owners
from standort.sources.linkage_tables import records
from standort.sources.ownership.gem_cement import Stake, read_stakes

if TYPE_CHECKING:
    from pathlib import Path

    from standort.sources import LinkageTables


def ties(given: LinkageTables) -> set[tuple[str, str]]:
    return set(zip(given.linkages["firm_u"], given.linkages["firm_v"], strict=True))


def test_two_parents_are_a_joint_venture_and_one_is_not(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["S1", "Brazil", "Samarco SA", "Vale SA", 0.5, "BHP Group Ltd", 0.5],
        ["S2", "Brazil", "Gerdau SA", "Metalurgica Gerdau SA", None, None, None],
    ]
    path = write_workbook(tmp_path / "steel.xlsx", SFI, rows)
    given = read_sfi_owners(path)
    assert ties(given) == {("BHP Group Ltd", "Vale SA")}
    sole = records(given.firms)[-1]
    # an empty stake means the majority, not the whole
    assert sole["owner"] == "Metalurgica Gerdau SA"
    assert math.isnan(sole["share"])
    assert "majority" in str(sole["note"])
    assert sorted(given.firms["facility"]) == ["S1", "S1", "S2"]


def test_plants_of_one_firm_are_one_stake(tmp_path: Path) -> None:
    rows = [["S1", "China", "H", "P", 0.6, "Q", 0.4], ["S2", "China", "H", "P", 0.6, "Q", 0.4]]
    given = read_sfi_owners(write_csv(tmp_path / "s.csv", SFI, rows))
    assert given.firms[["firm", "owner", "share"]].to_numpy().tolist() == [
        ["H", "P", 0.6],
        ["H", "Q", 0.4],
    ]
    assert given.firms["facility"].tolist() == ["S1; S2", "S1; S2"]
    assert len(given.linkages) == 1


def test_different_parents_of_two_plants_are_no_joint_venture(tmp_path: Path) -> None:
    rows = [
        ["S1", "Russia", "PAO", "A", None, None, None],
        ["S2", "Russia", "PAO", "B", None, None, None],
    ]
    with pytest.warns(StandortWarning, match="plants have different owners: 1"):
        given = read_sfi_owners(write_csv(tmp_path / "s.csv", SFI, rows))
    assert given.linkages.empty
    assert given.firms.empty


def test_a_firm_is_not_its_own_owner(tmp_path: Path) -> None:
    rows = [["S1", "Bahrain", "Steel EC", "Steel EC", 0.51, "Yamato", 0.49]]
    with pytest.warns(StandortWarning, match="their own owner: 1"):
        given = read_sfi_owners(write_csv(tmp_path / "s.csv", SFI, rows))
    assert given.linkages.empty
    assert given.firms["owner"].tolist() == ["Yamato"]


def test_countries_are_chosen_by_their_name(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "s.csv", SFI, [["S1", "Oman", "A", "B", None, None, None]])
    assert len(read_sfi_owners(path, countries=["Oman"]).firms) == 1
    with pytest.raises(OptionError, match="it has Oman"):
        read_sfi_owners(path, countries=["oman"])


@pytest.mark.parametrize(
    ("cell", "stakes"),
    [
        ("Ecocem Materials Ltd [51.0%]; ArcelorMittal SA [49.0%]",
         [Stake("Ecocem Materials Ltd", 0.51), Stake("ArcelorMittal SA", 0.49)]),
        ("A 50%; B 30%", [Stake("A", 0.5), Stake("B", 0.3)]),
        ("Holcim Building Materials (Austria) GmbH [50.0%]",
         [Stake("Holcim Building Materials (Austria) GmbH", 0.5)]),
        ("Phillips 66 [12.5%]", [Stake("Phillips 66", 0.125)]),
        (None, []),
    ],
)  # fmt: skip
def test_shares_stand_behind_names(cell: str | None, stakes: list[Stake]) -> None:
    assert read_stakes(cell) == stakes


def test_unknown_shares_are_unknown() -> None:
    shares = [stake.share for stake in read_stakes("Zodiac [unknown%]; Other Works")]
    assert all(map(math.isnan, shares))


def gem(tmp_path: Path, *rows: list[object]) -> LinkageTables:
    return read_gem_cement(write_csv(tmp_path / "gem.csv", GEM, rows))


def test_nobody_owns_the_rest(tmp_path: Path) -> None:
    with pytest.warns(StandortWarning, match="without a named firm and owner: 3"):
        given = gem(
            tmp_path,
            ["P1", "A Plant", "Austria", "operating", "Holcim AT [100%]",
             "Holcim AG [70%]; unknown [30%]"],
            ["P2", "B Plant", "Croatia", "operating", "Nexe dd [100%]",
             "natural person(s) [85%]; small shareholder(s) [15%]"],
        )  # fmt: skip
    assert given.linkages.empty
    assert given.firms[["owner", "share", "note"]].to_numpy().tolist() == [
        ["Holcim AG", 0.7, "stated shares add up to 70.0%"]
    ]


def test_a_plant_of_two_owners_is_its_own_firm(tmp_path: Path) -> None:
    owners = "EMC Cement BV [50.0%]; HES International BV [50.0%]"
    given = gem(tmp_path, ["P3", "EMC Plant", "Netherlands", "operating", owners, owners])
    assert set(given.firms["firm"]) == {"EMC Plant (P3)"}
    assert ties(given) == {("EMC Cement BV", "HES International BV")}


def test_plants_that_do_not_run_are_not_read(tmp_path: Path) -> None:
    given = gem(
        tmp_path,
        ["P1", "A", "Spain", "retired", "X [100%]", "Y [50%]; Z [50%]"],
        ["P2", "B", "Spain", "operating", "X [100%]", "Y [100%]"],
    )
    assert given.linkages.empty
    assert "1 announced or retired" in given.collection["note"][0]


def test_the_real_steel_and_cement_plants(real_data: Path) -> None:
    folder = real_data / "real" / "sfi_steel_cement"
    with pytest.warns(StandortWarning, match="their own owner: 421"):
        steel = read_sfi_owners(folder / "SFI-Global-Steel-Database-July-2021.xlsx")
    # 15 plants have a second parent; two of them are of Bahrain Steel or its affiliate with Yamato
    assert ("ArcelorMittal SA", "Nippon Steel Corp") in ties(steel)
    assert len(steel.linkages) == 14 - steel.linkages["note"].duplicated().sum() - 1
    with pytest.warns(StandortWarning, match="without a named firm and owner: 941"):
        cement = read_sfi_owners(folder / "SFI-Global-Cement-Database-July-2021.xlsx")
    assert ("Huaxin Cement Co Ltd", "LafargeHolcim Ltd") in ties(cement)


def test_the_real_tracker(real_data: Path) -> None:
    path = real_data / "real" / "cement_gem_2025" / "plants_europe.csv.gz"
    with pytest.warns(StandortWarning, match="without a named firm and owner"):
        given = read_gem_cement(path)
    assert ("ArcelorMittal SA", "Ecocem Materials Ltd") in ties(given)
    assert not any("unknown" in name or "(s)" in name for pair in ties(given) for name in pair)
    duna = given.firms[given.firms["firm"] == "Duna Drava Cement Kft"]
    assert len(duna) == 2  # two plants, two owners once
