"""Names as registers write them: placeholders, registration numbers, legal forms."""

from __future__ import annotations

import pytest

from standort.firm_names import bare_name, clean_name, is_placeholder, plant_name


@pytest.mark.parametrize(
    "text",
    ["xx", "XX", "nn", "na", "---", "n.a.", "N/A", "no", "0", "x", "/", "oo", "-", "?", "", "  ",
     "unknown", "unknown company", "00", "natural person(s)", "small shareholder(s)"],
)  # fmt: skip
def test_a_placeholder_is_never_a_firm(text: str) -> None:
    assert is_placeholder(text)
    assert clean_name(text) is None


@pytest.mark.parametrize(
    "name", ["E.ON", "3M", "BP", "A2X", "NNL", "OCI", "Xstrata", "EDF", "8Rivers"]
)
def test_short_names_are_firms(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_name_is_none(missing: object) -> None:
    assert clean_name(missing) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Stockholm Exergi Holding AB, 556040-6034", "Stockholm Exergi Holding AB"),
        ("Drax Power Ltd (04883589)", "Drax Power Ltd"),
        ("Acme plc, Company No. SC123456", "Acme plc"),
        ("Werk GmbH HRB 12345", "Werk GmbH"),
        ("Gasunie, ", "Gasunie"),
        ("St1.", "St1"),
        ("RepAir Carbon US Inc.", "RepAir Carbon US Inc."),
        ("Knoch; Kern & Co KG", "Knoch, Kern & Co KG"),
        ("Neste\nOyj", "Neste Oyj"),
        ("Phillips 66", "Phillips 66"),
        ("Solar 21 Renewable Energy Limited", "Solar 21 Renewable Energy Limited"),
    ],
)
def test_numbers_and_marks_are_no_part_of_a_name(text: str, name: str) -> None:
    assert clean_name(text) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Savon Voima Oyj", "SAVON VOIMA"),
        ("Ørsted A/S", "Orsted"),
        ("Buzzi S.p.A.", "Buzzi SpA"),
        ("Lafarge Cement Polska Sp. z o. o.", "Lafarge Cement Polska"),
        ("Schretter & Cie GmbH & Co KG", "Schretter Cie"),
        ("Kalipėdos Nafta AB", "Kalipedos nafta"),
    ],
)
def test_bare_names_have_no_legal_form(one: str, other: str) -> None:
    assert bare_name(one) == bare_name(other)


def test_a_name_that_is_a_legal_form_stays() -> None:
    assert bare_name("SE") == "se"


def test_the_id_of_a_plant_is_no_registration_number() -> None:
    assert plant_name("Cedar Bayou 4", "1000547") == "Cedar Bayou 4 (1000547)"
    assert plant_name("n.a.", "1000547") == "plant (1000547)"
