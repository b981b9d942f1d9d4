"""A small result: six sites on the Humber and at sea, two clusters, one criterion unknown."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from shapely import Polygon

from standort.results.notes import Note
from standort.results.schema import ResultColumn, Schema

CRITERIA = {
    "neighbour_emissions": ("firm_proximity", "sum_within", "mt_per_yr"),
    "co2_storage_distance": ("net_zero_assets", "nearest_distance", "km"),
    "port_distance": ("net_zero_assets", "nearest_distance", "km"),
}


@dataclass(frozen=True)
class Tables:
    """The tables of a result."""

    sites: GeoDataFrame
    clusters: GeoDataFrame
    cluster_hulls: GeoDataFrame
    contributions: pd.DataFrame
    manifest: dict[str, object]


def _sites() -> GeoDataFrame:
    nan, inf = np.nan, np.inf
    ids = ["immingham", "killingholme", "saltend", "drax", "north-field", "islet"]
    table = {
        "name": ["Immingham works", "Killingholme", "Saltend <park>", "Drax", None, "Islet"],
        "co2_t_per_yr": [3.1e6, 2.2e6, 1.4e6, 4.0e6, nan, 12_500.0],
        "score": [0.83, 0.71, 0.4, 0.25, nan, 0.0],
        "rank": pd.array([1, 2, 3, 4, None, 5], dtype="Int64"),
        "score_min": [0.6, 0.5, 0.3, 0.2, 0.0, 0.0],
        "score_max": [0.9, 0.8, 0.6, 0.5, 1.0, 0.4],
        "coverage": [1.0, 1.0, 1.0, 1.0, 0.5, 1.0],
        "firm_proximity": [0.86, 0.7, 0.5, 0.2, 0.3, 0.0],
        "net_zero_assets": [0.8, 0.72, 0.3, 0.3, nan, 0.0],
        "cluster": pd.array([0, 0, 1, 1, None, -1], dtype="Int64"),
        "role": ["core", "border", "core", "core", None, "noise"],
        "tier": ["member", "member", "member", "member", "adjacent", "dispersed"],
        "lone_anchor": [False] * 6,
        "cluster_distance_km": [0.0, 0.0, 0.0, 0.0, 12.0, inf],
        "major_cluster_distance_km": [0.0, 0.0, 25.0, 40.0, 12.0, inf],
        "neighbour_emissions_mt_per_yr": [9.0, 8.0, 5.0, 2.0, 3.0, 0.0],
        "neighbour_emissions_value": [0.86, 0.7, 0.5, 0.2, 0.3, 0.0],
        "neighbour_emissions_unknown": [1, 0, 0, 0, 0, 0],
        "co2_storage_distance_km": [60.0, 64.0, 90.0, 120.0, nan, inf],
        "co2_storage_distance_value": [0.7, 0.6, 0.2, 0.1, nan, 0.0],
        "co2_storage_distance_feature": ["s1", "s1", "s1", "s2", None, None],
        "port_distance_km": [0.4, 2.0, 5.0, 30.0, 12.0, inf],
        "port_distance_value": [0.9, 0.84, 0.4, 0.5, 0.4, 0.0],
        "port_distance_feature": ["p1", "p1", "p2", "p2", "p1", None],
        "basis": [",".join(CRITERIA)] * 6,
    }
    lon, lat = [-0.21, -0.25, -0.25, -1.0, 0.1, 3.5], [53.63, 53.65, 53.73, 53.74, 53.4, 56.0]
    index = pd.Index(ids, name="site_id")
    return GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326, index=index)


def _contributions(sites: GeoDataFrame) -> pd.DataFrame:
    rows = []
    for criterion, (component, metric, unit) in CRITERIA.items():
        share = 0.5 if component == "firm_proximity" else 0.25
        features = sites.get(f"{criterion}_feature", pd.Series(None, index=sites.index))
        for site_id, score in sites["score"].items():
            feature = features[site_id]
            rows.append(
                {
                    "site_id": site_id,
                    "component": component,
                    "criterion": criterion,
                    "metric": metric,
                    "unit": unit,
                    "value": sites.loc[site_id, f"{criterion}_{unit}"],
                    "partial_value": sites.loc[site_id, f"{criterion}_value"],
                    "weight": 1.0,
                    "contribution": share * score,
                    "feature": feature,
                    "feature_name": {"p1": "Port of Immingham", "s1": "Endurance"}.get(feature),
                }
            )
    return pd.DataFrame(rows)


def _clusters() -> tuple[GeoDataFrame, GeoDataFrame]:
    index = pd.Index([0, 1], name="cluster")
    table = {
        "name": ["Immingham works", "Drax"],
        "n_sites": [2, 2],
        "n_unknown": [0, 0],
        "co2_mt_per_yr": [5.3, 5.4],
        "anchor": ["immingham", "drax"],
        "anchor_mt_per_yr": [3.1, 4.0],
        "diameter_km": [3.5, 49.0],
        "mean_pairwise_distance_km": [3.5, 49.0],
        "major": [True, True],
        "firm_proximity": [0.8, 0.3],
        "net_zero_assets": [0.75, 0.3],
        "score": [0.77, np.nan],
        "score_arithmetic": [0.78, np.nan],
        "score_geometric": [0.77, np.nan],
        "score_minimum": [0.75, np.nan],
        "score_min": [0.5, 0.1],
        "score_max": [0.9, 0.9],
        "coverage": [1.0, 0.5],
        "basis": ["neighbour_emissions,co2_storage_distance,port_distance"] * 2,
    }
    points = gpd.points_from_xy([-0.23, -0.6], [53.64, 53.73])
    hulls = [
        Polygon([(-0.26, 53.62), (-0.2, 53.62), (-0.2, 53.66)]),
        Polygon([(-1.0, 53.7), (-0.2, 53.7), (-0.6, 53.8)]),
    ]
    return (
        GeoDataFrame(table, geometry=points, crs=4326, index=index),
        GeoDataFrame({"name": table["name"]}, geometry=hulls, crs=4326, index=index),
    )


def _no_layer(name: str) -> dict[str, object]:
    return Note("no_layer", layer=name).to_entry()


def _schema(sites: GeoDataFrame) -> dict[str, object]:
    """Describe the columns that the tests ask for."""
    columns = [ResultColumn("sites", name, "input", "input") for name in ("name", "co2_t_per_yr")]
    components = ("firm_proximity", "net_zero_assets")
    columns += [ResultColumn("sites", c, "component", c, component=c) for c in components]
    columns += [
        ResultColumn("sites", f"{c}_value", "partial_value", c, criterion=c) for c in CRITERIA
    ]
    assert {column.name for column in columns} <= set(sites)
    return dict(Schema(tuple(columns)).to_entries())


def build_tables() -> Tables:
    """Return the tables of a small result."""
    sites = _sites()
    clusters, hulls = _clusters()
    manifest: dict[str, object] = {
        "standort": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "profile": {"id": "net-zero", "version": "1.0", "hash": "ab12" * 16},
        "inputs": {"emitters": {"path": "humber.gpkg", "rows_read": 6, "rows_kept": 6}},
        "options": {"year": None},
        "counts": {"sites": 6, "clusters": 2},
        "criteria": {
            **{name: {"status": "computed"} for name in CRITERIA},
            "heat_demand": {"status": "not available", "reason": _no_layer("heat_demand")},
            "land": {"status": "not available", "reason": _no_layer("land")},
        },
        "basis": ",".join(CRITERIA),
        "notes": [],
        "schema": _schema(sites),
    }
    return Tables(sites, clusters, hulls, _contributions(sites), manifest)
