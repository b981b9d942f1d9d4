"""The IEA's database of CCUS projects: each trap of its columns, and the real extracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from small_sources import IEA, iea_row, write_csv, write_workbook

from standort.errors import LayerError, OptionError, StandortWarning
from standort.sources import read_iea_ccus
from standort.sources.linkage_tables import records
from standort.sources.projects.hubs import read_hubs, without_phase

if TYPE_CHECKING:
    from pathlib import Path

    from standort.sources import LinkageTables


def read(tmp_path: Path, *rows: list[object], **options: Any) -> LinkageTables:  # noqa: ANN401
    path = write_csv(tmp_path / "iea.csv", IEA, rows)
    return read_iea_ccus(path, **{"edition": 2025, **options})


def members(given: LinkageTables) -> set[tuple[str, str]]:
    return set(zip(given.memberships["firm"], given.memberships["organisation"], strict=True))


def test_partners_are_members_of_the_project(tmp_path: Path) -> None:
    given = read(tmp_path, iea_row(**{"Ref 1": "https://example.org/a"}))
    assert members(given) == {("Alpha", "Works CCS"), ("Beta", "Works CCS")}
    row = records(given.memberships)[0]
    assert (row["kind"], row["year_from"]) == ("project", 2020)
    assert row["source"] == "IEA CCUS Projects Database 2025, ID 1, https://example.org/a"
    assert row["note"] == "Works CCS, United Kingdom, planned"
    assert given.linkages.empty


def test_the_text_0_is_no_partner(tmp_path: Path) -> None:
    with pytest.warns(StandortWarning, match="placeholders: 1"):
        assert read(tmp_path, iea_row(Partners="0")).memberships.empty


def test_contractors_are_counted_and_left_out(tmp_path: Path) -> None:
    with pytest.warns(StandortWarning, match="contractors: 2"):
        given = read(tmp_path, iea_row(Partners="Drax, Worley (FEED), Aker Carbon Capture (tech)"))
    assert members(given) == {("Drax", "Works CCS")}
    assert "contractors: 2" in given.collection["note"][0]


def test_an_emitter_joins_a_hub_and_not_each_other_emitter(tmp_path: Path) -> None:
    hub = {"Part of CCUS hub": "Porthos"}
    given = read(
        tmp_path,
        iea_row(ID=1, Partners="Air Liquide", **hub),
        iea_row(ID=2, Partners="Shell", **hub),
    )
    assert members(given) == {("Air Liquide", "Porthos"), ("Shell", "Porthos")}
    assert given.linkages.empty


@pytest.mark.parametrize(
    "spelling",
    ["Liverpool Bay CO2 storage (Hynet)", "Liverpool Bay CO2 storage",
     "Hynet North West (Liverpool Bay CO2 storage)", "HYNET "],
)  # fmt: skip
def test_one_hub_has_one_name(spelling: str) -> None:
    assert read_hubs(spelling) == (["HyNet"], False)


def test_two_hubs_or_one_of_two(tmp_path: Path) -> None:
    both = read(tmp_path, iea_row(**{"Part of CCUS hub": "D'Artagnan/Nautilus"}))
    assert {hub for _, hub in members(both)} == {"D'Artagnan", "Nautilus"}
    with pytest.warns(StandortWarning, match="one hub or another"):
        either = read(tmp_path, iea_row(**{"Part of CCUS hub": "Hynet or Northern Endurance"}))
    assert {hub for _, hub in members(either)} == {"Works CCS"}


@pytest.mark.parametrize(
    ("project", "name"),
    [("Drax BECCS Project (Phase 1)", "Drax BECCS Project"),
     ("Coda terminal phase 3", "Coda terminal"),
     ("Arcelor Mittal Low-carbon steel (phase 2?)", "Arcelor Mittal Low-carbon steel"),
     ("Barents Blue ammonia project Train 1", "Barents Blue ammonia project"),
     ("Phase 1", "Phase 1"), ("Avedøre Power Station CCS", "Avedøre Power Station CCS")],
)  # fmt: skip
def test_phases_have_one_project(project: str, name: str) -> None:
    assert without_phase(project) == name


def test_phases_count_once(tmp_path: Path) -> None:
    given = read(
        tmp_path,
        iea_row(**{"Project name": "Works CCS phase 1", "ID": 1, "Announcement": 2019}),
        iea_row(**{"Project name": "Works CCS phase 2", "ID": 2, "Announcement": 2023}),
    )
    assert len(given.memberships) == 2
    assert given.memberships["year_from"].tolist() == [2019, 2019]
    assert "ID 2" in given.memberships["source"][0]


def test_a_cancelled_project_ends_the_tie(tmp_path: Path) -> None:
    ended = {"Project Status": "Cancelled", "Suspension/decommissioning/cancellation": 2022}
    assert read(tmp_path, iea_row(**ended)).memberships["year_to"].tolist() == [2022, 2022]


def test_a_cancelled_project_without_a_year_ended_before_the_edition(tmp_path: Path) -> None:
    cancelled = iea_row(**{"Project Status": "Cancelled"})
    assert read(tmp_path, cancelled).memberships["year_to"].tolist() == [2024, 2024]
    late = iea_row(**{"Project Status": "Cancelled", "Announcement": 2025})
    assert read(tmp_path, late).memberships["year_to"].tolist() == [2025, 2025]


def test_a_project_goes_on_while_a_phase_does(tmp_path: Path) -> None:
    given = read(
        tmp_path,
        iea_row(**{"Project name": "L10 CCS", "ID": 1}),
        iea_row(**{"Project name": "L10 CCS phase 2", "ID": 2, "Project Status": "Cancelled"}),
    )
    assert given.memberships["year_to"].isna().all()


def test_transport_and_storage_are_shared_from_their_year_on(tmp_path: Path) -> None:
    hub = {"Part of CCUS hub": "Porthos", "Project type": "T&S", "Partners": "EBN, Gasunie"}
    with pytest.warns(StandortWarning, match="assets without a year of operation: 1"):
        given = read(
            tmp_path,
            iea_row(ID=1, Operation=2026, **hub),
            iea_row(ID=2, **{"Project type": "Storage", "Project name": "Store"}),
            iea_row(
                ID=3, Operation=2026, **{**hub, "Project Status": "Cancelled", "Partners": "Xeta"}
            ),
        )
    found = given.assets[["asset", "firm", "kind", "year_from"]].to_numpy().tolist()
    kind = "CO2 transport and storage"
    assert found == [["Porthos", "EBN", kind, 2026], ["Porthos", "Gasunie", kind, 2026]]


def test_names_alone_put_no_firm_into_another_hub(tmp_path: Path) -> None:
    """INEOS Grangemouth belongs to Acorn, although INEOS has a works in the North West too."""
    rows = [
        iea_row(ID=1, Partners="INEOS", **{"Part of CCUS hub": "Acorn CCS"}),
        iea_row(ID=2, Partners="Viridor", **{"Part of CCUS hub": "Liverpool Bay CO2 storage"}),
    ]
    assert members(read(tmp_path, *rows, hubs=["HyNet"])) == {("Viridor", "HyNet")}
    with pytest.raises(OptionError, match=r"no hub 'Hynet'.*Acorn CCS, HyNet"):
        read(tmp_path, *rows, hubs=["Hynet"])


def test_a_project_between_countries_is_in_each(tmp_path: Path) -> None:
    rows = [
        iea_row(ID=1, **{"Country or economy": "Germany-Netherlands"}),
        iea_row(ID=2, Partners="Gamma", **{"Country or economy": "Island"}),
    ]
    assert len(members(read(tmp_path, *rows, countries=["Netherlands"]))) == 2
    assert members(read(tmp_path, *rows, countries=["Iceland"])) == {("Gamma", "Works CCS")}
    with pytest.raises(OptionError, match="no country 'Norway'"):
        read(tmp_path, *rows, countries=["Norway"])


def test_stated_owners_and_former_names_are_rows_of_firms(tmp_path: Path) -> None:
    text = "Removr (Greencap 40%, Vanir 60%), Celsio (formerly Varme), Dea (Harbour Energy)"
    given = read(tmp_path, iea_row(Partners=text))
    rows = given.firms[["firm", "owner", "share", "alias_of"]].astype(object)
    assert rows.where(rows.notna(), None).to_numpy().tolist() == [
        ["Removr", "Greencap", 0.4, None],
        ["Removr", "Vanir", 0.6, None],
        ["Varme", None, None, "Celsio"],
    ]
    assert "in brackets: Harbour Energy" in given.memberships["note"][2]


def test_the_reach_is_low_and_stated(tmp_path: Path) -> None:
    informal, infrastructure = records(read(tmp_path, iea_row()).collection)
    assert (informal["method"], informal["firms"]) == ("project_db", "all")
    assert (informal["detect_lo"], informal["detect_hi"]) == (0.1, 0.4)
    assert (infrastructure["detect_lo"], infrastructure["detect_hi"]) == (0.0, 0.4)
    assert (informal["year_from"], informal["year_to"]) == (2020, 2025)


def test_the_edition_is_the_last_year_of_an_announcement(tmp_path: Path) -> None:
    rows = [iea_row(ID=1, **{"Project Status": "Cancelled"}), iea_row(ID=2, Announcement=2024)]
    path = write_csv(tmp_path / "iea.csv", IEA, rows)
    assert read_iea_ccus(path).collection["year_to"].tolist() == [2024, 2024]
    silent = write_csv(tmp_path / "silent.csv", IEA, [iea_row(Announcement=None)])
    with pytest.raises(OptionError, match="option edition"):
        read_iea_ccus(silent)


def test_the_workbook_of_2024_has_other_headings(tmp_path: Path) -> None:
    old = {"Country or economy": "Country"}
    old["Suspension/decommissioning/cancellation"] = "Suspension/decommissioning"
    columns = [old.get(name, name) for name in IEA]
    path = write_workbook(
        tmp_path / "iea.xlsx", columns, [iea_row()], sheet="CCUS Projects Database"
    )
    assert len(read_iea_ccus(path).memberships) == 2


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", ["Project name", "Partners"], [["A", "B"]])
    with pytest.raises(LayerError, match="another layout"):
        read_iea_ccus(path)


def test_the_real_hubs_by_hand(real_data: Path) -> None:
    path = real_data / "real" / "ccus_projects_iea" / "ccus_projects_europe_2025.csv.gz"
    with pytest.warns(StandortWarning, match="contractors"):
        given = read_iea_ccus(path)
    found = members(given)
    porthos = {firm for firm, hub in found if hub == "Porthos"}
    # the three owners and the four customers; Exxonmobil as the file spells it
    assert porthos == {
        *("Energie Beheer Nederland", "Gasunie", "Port of Rotterdam"),
        *("Air Liquide", "Air Products", "Exxonmobil", "Shell"),
    }
    ids = given.memberships["source"].str.findall(r"ID \d+")
    projects = {
        hub: len(set().union(*ids[given.memberships["organisation"] == hub]))
        for hub in ("Northern Endurance Partnership", "Northern Lights", "Porthos", "HyNet")
    }
    # rows of the file by hub: 25 and two phases of the same name without a hub, 18 and
    # Kalundborg's 2, 6, and 12 + 3 + 2 for HyNet in its three spellings
    assert projects == {
        "Northern Endurance Partnership": 27,
        "Northern Lights": 20,
        "Porthos": 6,
        "HyNet": 17,
    }
    assert not any(firm == "0" or "(" in firm or "%" in firm for firm, _ in found)


def test_the_real_edition_of_2024(real_data: Path) -> None:
    path = real_data / "real" / "ccus_projects_iea" / "ccus_projects_europe_2024.csv.gz"
    with pytest.warns(StandortWarning, match="placeholders"):
        given = read_iea_ccus(path)
    assert {"Gasunie", "Port of Rotterdam"} <= {f for f, hub in members(given) if hub == "Porthos"}
