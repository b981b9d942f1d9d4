"""The tables on links between firms name known firms and sites, periods and sources."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyogrio
import pytest
from pandas.testing import assert_frame_equal

from standort.layers import read_study
from standort.roles import ROLES

if TYPE_CHECKING:
    from types import ModuleType

SAMPLE: Final = Path(__file__).resolve().parents[2] / "sample_layers"
PACKAGE: Final = SAMPLE / "north_sea.gpkg"
FACTS: Final = ("assets", "linkages", "memberships", "initiatives")
TABLES: Final = (*FACTS, "collection")
KEYS: Final = {
    "collection": ["unit", "layer", "source", "year_from"],
    "assets": ["asset", "firm"],
    "linkages": ["firm_u", "firm_v", "kind"],
    "memberships": ["firm", "organisation"],
    "initiatives": ["initiative", "site_id"],
}
FIRMS: Final = {"assets": ["firm"], "linkages": ["firm_u", "firm_v"], "memberships": ["firm"]}


def table_of(name: str) -> pd.DataFrame:
    return pd.read_csv(SAMPLE / f"{name}.csv", dtype=str, keep_default_na=False)


def year_of(column: pd.Series, *, otherwise: int) -> pd.Series:
    return column.replace("", str(otherwise)).astype(int)


def tables_in(year: int) -> dict[str, pd.DataFrame]:
    return dict(read_study(PACKAGE, year=year).tables)


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_build_links", SAMPLE / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", TABLES)
def test_the_committed_table_equals_its_file_and_has_no_geometry(
    build: ModuleType, name: str
) -> None:
    info = pyogrio.read_info(PACKAGE, name)
    assert info["geometry_type"] is None
    written = pyogrio.read_dataframe(PACKAGE, layer=name, read_geometry=False)
    table = build.read_links(name)
    assert written.columns.tolist() == table.columns.tolist()
    for frame in (written, table):
        for column in frame.columns:
            frame[column] = frame[column].astype(object).where(frame[column].notna(), "")
    assert_frame_equal(written, table, check_dtype=False)


@pytest.mark.parametrize("name", sorted(FIRMS))
def test_firms_are_spelled_as_among_the_emitters(name: str) -> None:
    """But for members of complete lists, which say that the sample has no site of theirs."""
    known = set(table_of("emitters")["firm"])
    table = table_of(name)
    for column in FIRMS[name]:
        strangers = table[~table[column].isin(known)]
        told = strangers["note"].str.contains("no site in the sample")
        assert sorted(strangers.loc[~told, column]) == []
        if len(strangers):
            assert set(strangers["organisation"]) <= set(complete_lists()["total_of"])
    if name == "memberships":
        told = table["note"].str.contains("no site in the sample")
        assert not set(table.loc[told, "firm"]) & known


def complete_lists() -> pd.DataFrame:
    return table_of("collection").query("method == 'member_list'")


def test_complete_lists_are_complete() -> None:
    memberships, lists = table_of("memberships"), complete_lists()
    assert len(lists) >= 3
    for body, firms, total in lists[["total_of", "firms", "total"]].itertuples(index=False):
        members = memberships.loc[memberships["organisation"] == body, "firm"]
        assert sorted(firms.split("; ")) == sorted(members)
        assert int(total) == len(members)


def test_detection_is_stated_only_where_a_note_gives_the_reason() -> None:
    log = table_of("collection")
    stated = log[(log[["detect_lo", "detect_hi", "false_lo", "false_hi"]] != "").any(axis=1)]
    assert stated["total_of"].tolist() == ["Deltalinqs"]
    assert stated["detect_hi"].tolist() == ["0"]
    assert stated["note"].str.contains("names no member").all()


def test_the_log_tells_of_every_place_and_layer_for_which_links_are_listed() -> None:
    log = table_of("collection")
    kinds = {column.name: column.choices for column in ROLES["collection"].columns}
    assert set(log["layer"]) == set(kinds["layer"])
    assert set(log["method"]) <= set(kinds["method"])
    named = set(log["unit"]) - {""}
    assert named == set(table_of("initiatives")["initiative"])
    for initiative in named - set(complete_lists()["unit"]):
        for year in ("2016", "2022"):
            rows = log.query("unit == @initiative and year_from == @year and total_of == ''")
            assert sorted(rows["layer"]) == sorted(kinds["layer"]), (initiative, year)
            assert set(rows["method"]) == {"document_search"}
    assert sorted(log.query("method == 'none'")["layer"]) == sorted(kinds["layer"])
    assert log["who"].ne("").all()
    assert log["date"].str.fullmatch(r"20\d\d(-\d\d(-\d\d)?)?").all()
    assert log["note"].str.len().gt(20).all()


def test_sites_of_initiatives_are_emitters() -> None:
    known = set(table_of("emitters")["site_id"])
    assert sorted(set(table_of("initiatives")["site_id"]) - known) == []


@pytest.mark.parametrize("name", TABLES)
def test_no_fact_is_told_twice(name: str) -> None:
    table = table_of(name)
    twice = table[table.duplicated(KEYS[name], keep=False)]
    assert twice[KEYS[name]].to_numpy().tolist() == []


def test_a_linkage_joins_two_firms_in_the_order_of_the_alphabet_and_is_of_a_known_kind() -> None:
    table = table_of("linkages")
    assert (table["firm_u"] < table["firm_v"]).all()
    kinds = {column.name: column.choices for column in ROLES["linkages"].columns}["kind"]
    assert set(table["kind"]) <= set(kinds)


@pytest.mark.parametrize("name", FACTS)
def test_every_row_says_whence_and_how_it_was_checked(name: str) -> None:
    table = table_of(name)
    assert table["source"].str.len().gt(10).all()
    assert set(table["verified"]) <= {"looked-up", "recalled"}
    assert table["note"].str.len().gt(5).all()


@pytest.mark.parametrize("name", TABLES)
def test_periods_are_whole_years_in_order_or_open(name: str) -> None:
    table = table_of(name)
    for column in ("year_from", "year_to"):
        assert table[column].str.fullmatch(r"((19|20)\d\d)?").all()
    first = year_of(table["year_from"], otherwise=0)
    assert (first <= year_of(table["year_to"], otherwise=9999)).all()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("year", [2016, 2022])
def test_a_year_selects_the_rows_whose_period_covers_it(name: str, year: int) -> None:
    table = table_of(name)
    first = year_of(table["year_from"], otherwise=0)
    last = year_of(table["year_to"], otherwise=9999)
    keys = [key for key in KEYS[name] if key != "year_from"]
    expected = table.loc[(first <= year) & (year <= last), keys]
    actual = tables_in(year)[name][keys].fillna("")
    assert sorted(map(tuple, actual.to_numpy())) == sorted(map(tuple, expected.to_numpy()))


def test_net_zero_north_west_and_hynet_are_there_in_2022_but_not_in_2016() -> None:
    bodies = {"Net Zero North West", "HyNet North West"}
    assert not bodies & set(tables_in(2016)["memberships"]["organisation"])
    assert bodies <= set(tables_in(2022)["memberships"]["organisation"])


def test_a_planned_pipeline_is_no_shared_asset_before_it_is_in_use() -> None:
    assert "Porthos CO2 pipeline" not in set(tables_in(2022)["assets"]["asset"])
    assert "Porthos CO2 pipeline" in set(tables_in(2030)["assets"]["asset"])


@pytest.mark.parametrize(
    ("initiative", "west", "south", "east", "north"),
    [
        ("Port of Rotterdam", 3.95, 51.84, 4.50, 52.00),
        ("North West Cluster", -3.40, 52.85, -2.00, 54.00),
        ("Black Country Industrial Cluster", -2.21, 52.42, -1.88, 52.67),
    ],
)
def test_the_sites_of_an_initiative_lie_in_its_area(
    initiative: str, west: float, south: float, east: float, north: float
) -> None:
    chosen = table_of("initiatives").query("initiative == @initiative")["site_id"]
    sites = table_of("emitters").set_index("site_id").loc[chosen, ["lon", "lat"]].astype(float)
    assert len(sites) >= 10
    inside = sites["lon"].between(west, east) & sites["lat"].between(south, north)
    assert sites.index[~inside].tolist() == []


def test_the_sample_with_its_tables_has_no_faults() -> None:
    study = read_study(PACKAGE)
    assert set(study.tables) == set(TABLES)
    assert {name: len(study.tables[name]) for name in TABLES} == {
        name: len(table_of(name)) for name in TABLES
    }
