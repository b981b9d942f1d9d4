"""The three initiatives of the sample against Rattle and Taylor (2025, section 5)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from standort.linkages import linkage

SAMPLE = Path(__file__).resolve().parents[2] / "sample_layers"


def in_year(year: int) -> pd.DataFrame:
    tables = {
        name: pd.read_csv(SAMPLE / f"{name}.csv")
        for name in ("emitters", "initiatives", "linkages", "memberships", "assets")
    }
    firms = tables["initiatives"].merge(tables["emitters"][["site_id", "firm"]], on="site_id")
    return linkage(
        firms.rename(columns={"initiative": "place"})[["place", "firm"]],
        tables["linkages"],
        tables["memberships"],
        assets=tables["assets"],
        year=year,
        draws=100,
    )


def test_linkage_of_the_north_west_rises_when_its_firms_organise() -> None:
    # Net Zero North West was founded in 2019
    before, after = in_year(2016).T["North West Cluster"], in_year(2021).T["North West Cluster"]
    assert after["linkage"] > before["linkage"]
    assert after["informal_u4"] > before["informal_u4"]


def test_the_black_country_is_unknown_rather_than_unlinked() -> None:
    result = in_year(2021).T["Black Country Industrial Cluster"]
    assert pd.isna(result["linkage"])
    assert result["linkage_min"] < 0.5 < result["linkage_max"]
    assert "the formal layer: collect linkages" in result["missing"]


def test_rotterdam_shares_resources() -> None:
    result = in_year(2021).T["Port of Rotterdam"]
    assert result["chertow_3_2"]
    assert result["linkage_p05"] < result["linkage"] < result["linkage_p95"]
