"""The three initiatives of the sample against Rattle and Taylor (2025, section 5)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from standort.linkages import linkage

SAMPLE = Path(__file__).resolve().parents[2] / "sample_layers"


def tables_of_sample() -> dict[str, pd.DataFrame]:
    names = ("emitters", "initiatives", "linkages", "memberships", "assets")
    return {name: pd.read_csv(SAMPLE / f"{name}.csv") for name in names}


def in_year(year: int, given: dict[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    tables = tables_of_sample() if given is None else given
    firms = tables["initiatives"].merge(tables["emitters"][["site_id", "firm"]], on="site_id")
    return linkage(
        firms.rename(columns={"initiative": "place"})[["place", "firm"]],
        tables["linkages"],
        tables["memberships"],
        assets=tables["assets"],
        year=year,
        draws=100,
    )


def test_a_tie_of_a_new_layer_does_not_lower_the_north_west() -> None:
    # with the mean over observed layers, one shared pipe took L from 0.264 to 0.204
    tables = tables_of_sample()
    pipe = pd.DataFrame({"firm": ["Encirc", "Essar Oil UK"], "asset": "a pipe that they share"})
    more = {**tables, "assets": pd.concat([tables["assets"], pipe], ignore_index=True)}
    before, after = (
        in_year(2022, given).T["North West Cluster"]["linkage_recorded"] for given in (tables, more)
    )
    assert after > before


def test_records_of_the_north_west_grow_when_its_firms_organise() -> None:
    # Net Zero North West was founded in 2019
    before, after = in_year(2016).T["North West Cluster"], in_year(2021).T["North West Cluster"]
    assert after["linkage_recorded"] > before["linkage_recorded"]
    assert after["informal_u4"] > before["informal_u4"]


def test_the_black_country_is_unknown_rather_than_unlinked() -> None:
    result = in_year(2021).T["Black Country Industrial Cluster"]
    assert pd.isna(result["linkage"])
    assert result["linkage_lower"] < 0.5 < result["linkage_upper"]


def test_rotterdam_shares_resources() -> None:
    assert in_year(2021).T["Port of Rotterdam"]["chertow_3_2"]
