"""CORDIS and the Gateway to Research, in small files of their published layouts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from small_sources import CORDIS, write_csv

from standort.errors import FileError, LayerError, OptionError, StandortWarning
from standort.sources import read_cordis, read_gateway_to_research
from standort.sources.linkage_tables import records

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from standort.sources import LinkageTables


def partner(project: int, number: int, name: str, **cells: object) -> list[object]:
    usual: dict[str, object] = {
        "projectID": project,
        "projectAcronym": f"P{project}",
        "organisationID": number,
        "name": name,
        "activityType": "PRC",
        "country": "NL",
        "nutsCode": "NL33C",
        "role": "participant",
        "endOfParticipation": "false",
    }
    return [{**usual, **cells}.get(column) for column in CORDIS]


def cordis(folder: Path, *rows: list[object]) -> Path:
    write_csv(folder / "organization.csv", CORDIS, rows, separator=";")
    projects = [[1, "P1", "2015-09-01", "2018-08-31"], [2, "P2", "2020-01-01", "2024-12-31"]]
    columns = ["id", "acronym", "startDate", "endDate"]
    write_csv(folder / "project.csv", columns, projects, separator=";")
    return folder


def members(given: LinkageTables) -> set[tuple[str, str]]:
    return set(zip(given.memberships["firm"], given.memberships["organisation"], strict=True))


def test_companies_are_members_for_the_years_of_the_project(tmp_path: Path) -> None:
    given = read_cordis(cordis(tmp_path, partner(1, 10, "Alpha BV"), partner(1, 11, "Beta BV")))
    assert members(given) == {("Alpha BV", "P1 (1)"), ("Beta BV", "P1 (1)")}
    row = records(given.memberships)[0]
    assert (row["kind"], row["year_from"], row["year_to"]) == ("project", 2015, 2018)
    assert (row["weight"], row["source"], row["note"]) == (1.0, "CORDIS project 1", "participant")
    reach = records(given.collection)[0]
    assert (reach["layer"], reach["method"], reach["firms"]) == ("informal", "project_db", "all")
    assert (reach["year_from"], reach["year_to"]) == (2015, 2024)


def test_only_private_companies_are_firms_but_all_count_in_the_size(tmp_path: Path) -> None:
    rows = [
        *(partner(1, 10, "Alpha BV"), partner(1, 11, "Beta BV")),
        partner(1, 12, "Delft University", activityType="HES"),
    ]
    with pytest.warns(StandortWarning, match="no private company: 1"):
        given = read_cordis(cordis(tmp_path, *rows))
    assert {firm for firm, _ in members(given)} == {"Alpha BV", "Beta BV"}
    assert given.memberships["weight"].tolist() == [0.5, 0.5]


def test_partners_that_left_are_left_out(tmp_path: Path) -> None:
    rows = [partner(1, 10, "Alpha"), partner(1, 11, "Beta", endOfParticipation="true")]
    with pytest.warns(StandortWarning, match="left a project: 1"):
        assert {firm for firm, _ in members(read_cordis(cordis(tmp_path, *rows)))} == {"Alpha"}


def test_affiliates_are_left_out(tmp_path: Path) -> None:
    rows = [partner(1, 10, "Alpha"), partner(1, 11, "Alpha Sub", role="thirdParty")]
    with pytest.warns(StandortWarning, match="affiliates of a partner: 1"):
        assert {firm for firm, _ in members(read_cordis(cordis(tmp_path, *rows)))} == {"Alpha"}


def test_large_consortia_are_dropped_or_weighed(tmp_path: Path) -> None:
    crowd = [partner(1, number, f"Firm {chr(65 + number)} BV") for number in range(21)]
    folder = cordis(tmp_path, *crowd, partner(2, 1, "Firm B BV"), partner(2, 2, "Firm C BV"))
    with pytest.warns(StandortWarning, match="more than 20 partners: 1"):
        given = read_cordis(folder)
    assert {project for _, project in members(given)} == {"P2 (2)"}
    everyone = read_cordis(folder, most_partners=None)
    large = everyone.memberships[everyone.memberships["organisation"] == "P1 (1)"]
    assert large["weight"].tolist() == pytest.approx([1 / 20] * 21)
    with pytest.raises(OptionError, match="most_partners to be a whole number from 2 to"):
        read_cordis(folder, most_partners=1)


def test_spellings_of_one_id_are_one_firm_and_listed(tmp_path: Path) -> None:
    rows = [partner(1, 10, "Alpha BV"), partner(2, 10, "ALPHA B.V."), partner(2, 10, "Alpha BV")]
    given = read_cordis(cordis(tmp_path, *rows))
    assert members(given) == {("Alpha BV", "P1 (1)"), ("Alpha BV", "P2 (2)")}
    assert given.firms[["firm", "alias_of"]].to_numpy().tolist() == [["ALPHA B.V.", "Alpha BV"]]


def test_countries_and_regions(tmp_path: Path) -> None:
    rows = [
        partner(1, 10, "Alpha BV"),
        partner(1, 11, "Beta GmbH", country="DE", nutsCode="DEA1"),
        partner(1, 12, "Gamma BV", nutsCode=None),
    ]
    folder = cordis(tmp_path, *rows)
    chosen = read_cordis(folder, nuts=["NL33"])
    assert {firm for firm, _ in members(chosen)} == {"Alpha BV"}
    assert chosen.memberships["weight"].tolist() == [0.5]  # the others still count
    assert {f for f, _ in members(read_cordis(folder, countries=["DE"]))} == {"Beta GmbH"}
    with pytest.raises(OptionError, match="no country 'FR'"):
        read_cordis(folder, countries=["FR"])


def test_partners_of_a_project_without_a_row_are_counted(tmp_path: Path) -> None:
    rows = [partner(1, 10, "Alpha BV"), partner(9, 10, "Alpha BV")]
    with pytest.warns(StandortWarning, match=r"project\.csv lacks: 1"):
        assert members(read_cordis(cordis(tmp_path, *rows))) == {("Alpha BV", "P1 (1)")}


def test_the_layout_before_2021_is_refused(tmp_path: Path) -> None:
    columns = ["rcn", "id", "acronym", "startDate", "endDate", "coordinator", "participants"]
    row = [1, 1, "P1", "2015", "2018", "A", "B;C"]
    write_csv(tmp_path / "project.csv", columns, [row], separator=";")
    with pytest.raises(LayerError, match="before 2021"):
        read_cordis(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"organization\.csv"):
        read_cordis(tmp_path)


def link(organisation: str, rel: str = "PARTICIPANT_ORG") -> dict[str, object]:
    return {"href": f"http://gtr.ukri.org:80/gtr/api/organisations/{organisation}", "rel": rel}


def pages(folder: Path, organisations: dict[str, str], links: Iterable[dict[str, Any]]) -> Path:
    fund = {"href": "http://gtr.ukri.org:80/gtr/api/funds/F", "rel": "FUND"}
    fund |= {"start": 1498863600000, "end": 1593471600000}  # type: ignore[dict-item]
    project = {"id": "P-1", "title": "Clean steel", "status": "Closed"}
    page = {"page": 1, "project": [{**project, "links": {"link": [fund, *links]}}]}
    (folder / "projects_1.json").write_text(json.dumps(page))
    listed = [{"id": key, "name": name} for key, name in organisations.items()]
    (folder / "organisations_1.json").write_text(json.dumps({"page": 1, "organisation": listed}))
    return folder


def test_firms_of_a_project_of_ukri(tmp_path: Path) -> None:
    names = {"o1": "Tata Steel UK Limited", "o2": "Liberty Steel", "o3": "University of Sheffield"}
    links = [link("o1", "LEAD_ORG"), link("o1"), link("o2", "PP_ORG"), link("o3")]
    with pytest.warns(StandortWarning, match="universities and public bodies: 1"):
        given = read_gateway_to_research(pages(tmp_path, names, links))
    rows = {row["firm"]: row for row in records(given.memberships)}
    assert set(rows) == {"Tata Steel UK Limited", "Liberty Steel"}
    steel = rows["Tata Steel UK Limited"]
    assert (steel["organisation"], steel["note"]) == ("Clean steel (P-1)", "lead; participant")
    assert (steel["year_from"], steel["year_to"], steel["weight"]) == (2017, 2020, 0.5)


def test_an_organisation_without_a_page_is_counted(tmp_path: Path) -> None:
    with pytest.warns(StandortWarning, match="without a page: 1"):
        given = read_gateway_to_research(pages(tmp_path, {"o1": "Alpha"}, [link("o1"), link("o2")]))
    assert given.memberships["firm"].tolist() == ["Alpha"]


def test_pages_that_are_not_the_gateways_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="found none"):
        read_gateway_to_research(tmp_path)
    (tmp_path / "a.json").write_text('{"projects": []}')
    with pytest.raises(LayerError, match="project, organisation"):
        read_gateway_to_research(tmp_path)
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(FileError, match="not JSON"):
        read_gateway_to_research(tmp_path)
