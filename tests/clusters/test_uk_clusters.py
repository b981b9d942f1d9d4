"""The figures of docs/uk_clusters.md, from the study of Great Britain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from oracles import GEOD

from standort.clusters import dbscan
from standort.layers import read_study

if TYPE_CHECKING:
    import geopandas as gpd

PAGE = Path(__file__).resolve().parents[2] / "docs" / "uk_clusters.md"
#: positions of the six clusters, two for South Wales
POSITIONS = {
    "Humberside": (-0.25, 53.62),
    "South Wales, Port Talbot": (-3.77, 51.56),
    "South Wales, Pembroke": (-5.03, 51.69),
    "Grangemouth": (-3.71, 56.03),
    "Teesside": (-1.15, 54.60),
    "Merseyside": (-2.85, 53.29),
    "Southampton": (-1.36, 50.83),
}
SETTINGS = [(5, 4), (10, 4), (15, 4), (15, 3), (20, 4), (25, 4)]


@pytest.fixture(scope="module")
def emitters(great_britain_study_path: Path) -> gpd.GeoDataFrame:
    return read_study(great_britain_study_path).emitters


def distance_km(emitters: gpd.GeoDataFrame, lon: float, lat: float) -> np.ndarray:
    n = len(emitters)
    x, y = emitters.geometry.x.to_numpy(), emitters.geometry.y.to_numpy()
    return np.asarray(GEOD.inv(np.full(n, lon), np.full(n, lat), x, y)[2]) / 1e3


def clusters_at(emitters: gpd.GeoDataFrame, eps: float, least: int) -> dict[str, str]:
    """Return the table cell of the largest cluster with a member within 15 km of each position."""
    label = dbscan(emitters, eps_km=eps, min_samples=least, emissions="co2_t_per_yr")["cluster"]
    cells = {}
    for name, position in POSITIONS.items():
        near = label[(distance_km(emitters, *position) <= 15) & (label >= 0)]
        if near.empty:
            cells[name] = "-"
            continue
        inside = label == near.min()  # numbered by emissions
        total = emitters["co2_t_per_yr"][inside].sum() / 1e6
        cells[name] = f"{total:.2f} ({inside.sum()})"
    return cells


@pytest.mark.parametrize(("eps", "least"), SETTINGS)
def test_the_page_lists_the_clusters(emitters: gpd.GeoDataFrame, eps: int, least: int) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    head = next(line for line in lines if line.startswith("| cluster |"))
    column = [cell.strip() for cell in head.split("|")].index(f"{eps} km, {least}")
    for name, cell in clusters_at(emitters, eps, least).items():
        row = next(line for line in lines if line.startswith(f"| {name} |"))
        assert row.split("|")[column].strip() == cell


def test_the_page_lists_emissions_within_25_km(emitters: gpd.GeoDataFrame) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for name, position in POSITIONS.items():
        inside = emitters["co2_t_per_yr"][distance_km(emitters, *position) <= 25]
        cell = f"{inside.sum() / 1e6:.2f} ({len(inside)}, {inside.isna().sum()} unknown)"
        assert any(line.startswith(f"| {name} |") and cell in line for line in lines)


def test_four_works_are_at_one_point_near_rotherham(emitters: gpd.GeoDataFrame) -> None:
    ids = [f"hotmaps-{number}" for number in range(3602, 3606)]
    assert len(set(emitters.loc[ids].geometry.to_wkb())) == 1
    labels = dbscan(emitters, emissions="co2_t_per_yr")
    assert labels.loc[ids, "cluster"].tolist() == [0] * 4
    without = emitters.drop(index=ids)
    again = dbscan(without, emissions="co2_t_per_yr")
    total = without["co2_t_per_yr"].groupby(again["cluster"]).sum()
    around = again.loc["hotmaps-923", "cluster"]  # a steelworks that is in Rotherham
    assert total[around] / 1e6 == pytest.approx(0.29, abs=0.005)


def test_south_wales_is_two_clusters(emitters: gpd.GeoDataFrame) -> None:
    points = emitters.geometry[["hotmaps-1262", "hotmaps-1355"]]
    apart = GEOD.inv(points.x.iloc[0], points.y.iloc[0], points.x.iloc[1], points.y.iloc[1])[2]
    assert apart / 1e3 == pytest.approx(88.8, abs=0.05)
    for eps, least in SETTINGS:
        label = dbscan(emitters, eps_km=eps, min_samples=least)["cluster"][points.index]
        assert label.nunique() == 2 or pd.Series(label == -1).any()
