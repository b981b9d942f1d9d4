"""Registers that name one firm for each plant: UK ETS accounts and E-PRTR parents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_sources import write_csv, write_workbook

from standort.errors import OptionError, StandortWarning
from standort.sources import read_eprtr_parents, read_uk_ets_accounts
from standort.sources.linkage_tables import records

if TYPE_CHECKING:
    from pathlib import Path

_UK = (
    *("Regulator", "Account Holder Name", "Account type", "Permit ID or Monitoring plan ID"),
    *("Installation name", "First Year of Operation", "Last Year of Operation"),
)
_EPRTR = (
    *("Facility_INSPIRE_ID", "parentCompanyName", "nameOfFeature", "mainActivityCode"),
    *("pointGeometryLon", "pointGeometryLat", "city", "countryCode"),
)


def test_installations_of_one_holder_are_one_firm(tmp_path: Path) -> None:
    operator = "OPERATOR_HOLDING_ACCOUNT"
    rows = [
        ["EA", "Drax Power Ltd", operator, "UK-1", "Drax", 2021, None],
        ["EA", "Drax Power Ltd", operator, "UK-2", "Selby", 2021, 2023],
        ["EA", "Some Airline", "AIRCRAFT_" + operator, "UK-3", "Fleet", 2021, None],
        ["EA", "n.a.", operator, "UK-4", "Works", 2021, None],
    ]
    path = write_workbook(tmp_path / "uk.xlsx", _UK, rows)
    with pytest.warns(StandortWarning, match="accounts of aircraft: 1; .*without a named firm: 1"):
        given = read_uk_ets_accounts(path)
    assert given.linkages.empty
    assert given.firms[["firm", "alias_of", "year_to"]].fillna(0).to_numpy().tolist() == [
        ["Drax (UK-1)", "Drax Power Ltd", 0],
        ["Selby (UK-2)", "Drax Power Ltd", 2023],
    ]
    reach = records(given.collection)[0]
    assert (reach["method"], reach["detect_hi"], reach["firms"]) == ("none", 0, "Drax Power Ltd")


def test_the_real_accounts(real_data: Path) -> None:
    folder = real_data / "real" / "uk_ets_compliance"
    with pytest.warns(StandortWarning, match="accounts of aircraft: 584"):
        report = read_uk_ets_accounts(folder / "compliance_report_2025-06-11.xlsx")
    assert len(report.firms) == 757
    assert report.firms["alias_of"].nunique() == 478
    assert len(read_uk_ets_accounts(folder / "allocation_table_2025-12.xlsx").firms) == 482


def eprtr(tmp_path: Path) -> Path:
    rows: list[list[object]] = [
        ["NL.1", "Shell plc", "Pernis", "1(a)", 4.4, 51.9, "Rotterdam", "NL"],
        ["NL.2", "SHELL PLC", "Moerdijk", "4(a)", 4.6, 51.7, "Moerdijk", "NL"],
        ["SE.1", "Stockholm Exergi AB, 556040-6034", "Värtan", "1(c)", 18, 59, "Solna", "SE"],
        ["SE.2", "-", "Werk", "1(c)", 18, 59, "Stockholm", "SE"],
        ["BE.1", None, "Usine", "1(c)", 4, 51, "Gent", "BE"],
    ]  # fmt: skip
    return write_csv(tmp_path / "facilities.csv", _EPRTR, rows)


def test_parents_contract_plants_and_make_no_ties(tmp_path: Path) -> None:
    with pytest.warns(StandortWarning, match="without a named firm: 2"):
        given = read_eprtr_parents(eprtr(tmp_path))
    assert given.linkages.empty
    # names that differ are not merged
    assert given.firms["alias_of"].tolist() == [
        *("Shell plc", "SHELL PLC", "Stockholm Exergi AB"),
    ]
    assert given.firms["firm"].tolist() == ["Pernis (NL.1)", "Moerdijk (NL.2)", "Värtan (SE.1)"]


def test_the_reach_tells_how_full_each_country_is(tmp_path: Path) -> None:
    with pytest.warns(StandortWarning):
        note = read_eprtr_parents(eprtr(tmp_path)).collection["note"][0]
    assert "BE 0%, NL 100%, SE 50%" in note
    only = read_eprtr_parents(eprtr(tmp_path), countries=["NL"])
    assert len(only.firms) == 2
    with pytest.raises(OptionError, match="no country 'FR'"):
        read_eprtr_parents(eprtr(tmp_path), countries=["FR"])
