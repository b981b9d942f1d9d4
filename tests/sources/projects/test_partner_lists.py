"""Partners in one cell of free text: separators, roles, shares, former names and owners."""

from __future__ import annotations

import pytest

from standort.sources.projects.partner_lists import Owner, read_partners


def names(text: str, **options: object) -> list[str]:
    found = read_partners(text, **options)  # type: ignore[arg-type]
    return [partner.name for partner in found if partner.left_out is None]


@pytest.mark.parametrize("text", ["0", "", "-", " , ", "unknown company", "Unknown partners", None])
def test_a_placeholder_is_no_partner(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Alpha, Beta; Gamma", ["Alpha", "Beta", "Gamma"]),
        ("TotalEnergies, Shell, EBN, Gasunie, ", ["TotalEnergies", "Shell", "EBN", "Gasunie"]),
        ("Yara and Zeeland Refinery, Gasunie and Fluxys",
         ["Yara", "Zeeland Refinery", "Gasunie", "Fluxys"]),
        ("Lhoist, Dunkerque LNG, Eqiom, and RTE", ["Lhoist", "Dunkerque LNG", "Eqiom", "RTE"]),
        ("EBN (EBN), Gasunie, and the Port of Rotterdam", ["EBN", "Gasunie", "Port of Rotterdam"]),
        ("Neste\nOyj", ["Neste Oyj"]),
        ("Babcock & Wilcox, Chaux et Dolomines", ["Babcock & Wilcox", "Chaux et Dolomines"]),
        ("Oil and Natural Gas Corporation and Shell",
         ["Oil and Natural Gas Corporation", "Shell"]),
        ("Universities of Cambridge and Edinburgh.", ["Universities of Cambridge and Edinburgh"]),
        ("Aker BP (80 %  operator)  PGNiG Upstream Norway AS (20%)",
         ["Aker BP", "PGNiG Upstream Norway AS"]),
        ("SSE Thermal (50%),Worley (FEED)", ["SSE Thermal"]),
        ("Altera (50%), Wintershall Dea (50%", ["Altera", "Wintershall Dea"]),
        ("Siemens Energy and Doosan Babcock", ["Siemens Energy", "Doosan Babcock"]),
        ("Department of Energy and Climate, Shell",
         ["Department of Energy and Climate", "Shell"]),
        ("Equinor and partners (incl. Heidelberg Materials)", ["Equinor"]),
    ],
)  # fmt: skip
def test_separators(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_names_that_hold_a_separator_are_kept_together() -> None:
    text = "Strata, Tech, Inc and Salt and Soda Works"
    kept = names(text, keep_together=["Tech, Inc", "Salt and Soda Works"])
    assert kept == ["Strata", "Tech, Inc", "Salt and Soda Works"]


@pytest.mark.parametrize(
    "role",
    ["FEED", "pre-FEED", "pre-FEED/FEED", "tech", "technology", "O&M", "Operation and maintenance",
     "feasibility", "FEED/EPC", "engineering provider", "construction", "PDP", "technical advisors",
     "Well completions", "ground investigation contract", "methanol synthesis, FEED"],
)  # fmt: skip
def test_a_contractor_is_no_partner(role: str) -> None:
    partner = read_partners(f"Worley ({role})")[0]
    assert partner.left_out == "contractors"
    assert partner.name == "Worley"


@pytest.mark.parametrize(
    "role", ["operator", "partners", "CO2 source", "T&S", "build, own, operate"]
)
def test_other_roles_are_partners(role: str) -> None:
    assert names(f"Worley ({role})") == ["Worley"]


@pytest.mark.parametrize(
    ("text", "share"),
    [("SSE Thermal (50%)", 0.5), ("Shell (33.3%)", 0.333), ("Storegga(30%)", 0.3),
     ("Harbour Energy (60% operator)", 0.6), ("Prenco UK (licencee 80%)", 0.8),
     ("Sval (28% op)", 0.28),
     ("Wintershall Dea (50%, Harbour Energy)", 0.5), ("Horisont", None)],
)  # fmt: skip
def test_shares(text: str, share: float | None) -> None:
    assert read_partners(text)[0].share == share


def test_former_names_and_firms_taken_over() -> None:
    partner = read_partners("Hafslund Oslo Celsio (formerly Fortum Oslo Varme)")[0]
    assert (partner.name, partner.former) == ("Hafslund Oslo Celsio", ("Fortum Oslo Varme",))
    partner = read_partners("Eni (following acquisition of Neptune Energy) (50%)")[0]
    assert (partner.name, partner.former, partner.share) == ("Eni", ("Neptune Energy",), 0.5)


def test_a_past_owner_is_no_former_name() -> None:
    partner = read_partners("TotalEnergies (40%) (formerly owned by CapeOmega)")[0]
    assert partner.former == ()
    assert partner.remarks == ("formerly owned by CapeOmega",)


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("EnEarth (Subsidiary of Energean)", (Owner("Energean"),)),
        ("Nuon (Vattenfall sub.)", (Owner("Vattenfall"),)),
        ("Works (owned by Alpha)", (Owner("Alpha"),)),
        ("Spirit Energy (Centrica and Stadtwerke joint venture)",
         (Owner("Centrica"), Owner("Stadtwerke"))),
        ("Removr (Greencap 40%, Vanir Green Industries 60%)",
         (Owner("Greencap", 0.4), Owner("Vanir Green Industries", 0.6))),
        ("EET Hydrogen (former Vertex, joint venture Essar Oil 90% and Progressive 10%)",
         (Owner("Essar Oil", 0.9), Owner("Progressive", 0.1))),
    ],
)  # fmt: skip
def test_owners_said_in_so_many_words(text: str, owners: tuple[Owner, ...]) -> None:
    assert read_partners(text)[0].owners == owners


def test_a_bare_bracket_is_a_remark_and_merges_nothing() -> None:
    partner = read_partners("Wintershall Dea (Harbour Energy)")[0]
    assert (partner.name, partner.remarks) == ("Wintershall Dea", ("Harbour Energy",))
    assert (partner.owners, partner.former) == ((), ())


def test_a_name_only_in_brackets_is_the_name() -> None:
    first, second = read_partners("(60%, Harbour Energy), TotalEnergies (40%)")
    assert (first.name, first.share) == ("Harbour Energy", 0.6)
    assert (second.name, second.share) == ("TotalEnergies", 0.4)


def test_a_firm_in_doubt_is_left_out() -> None:
    partners = read_partners("ExxonMobil, (Shell?)")
    assert [partner.left_out for partner in partners] == [None, "firms in doubt"]
