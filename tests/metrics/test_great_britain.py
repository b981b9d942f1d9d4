"""Distances in a real study, against a plane of each site's own and against pyproj.Geod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from metrics.brute_force import planar_distance
from oracles import distance_to

from standort.metrics import nearest_distance, nearest_feature

if TYPE_CHECKING:
    from pathlib import Path

METRE = 1e-3  # [km]
LAYERS = ["salt_caverns", "co2_storage", "pipelines"]


@pytest.fixture(scope="module")
def twenty_sites(great_britain_study_path: Path) -> gpd.GeoDataFrame:
    sites = gpd.read_file(great_britain_study_path, layer="emitters")
    return sites.iloc[:: len(sites) // 20].head(20)


def close_by(site: shapely.Point, features: gpd.GeoDataFrame, n: int) -> gpd.GeoDataFrame:
    """Keep the features nearest on the British grid, whose scale is within 0.1 % on land."""
    grid = gpd.GeoSeries([site], crs=4326).to_crs(27700).iloc[0]
    rough = features.to_crs(27700).distance(grid)
    return features.loc[rough.sort_values().index[:n]]


@pytest.mark.parametrize("name", LAYERS)
def test_nearest_distances_of_twenty_sites_are_true_to_a_metre(
    name: str, great_britain_study_path: Path, twenty_sites: gpd.GeoDataFrame
) -> None:
    features = gpd.read_file(great_britain_study_path, layer=name)
    result = nearest_distance(twenty_sites, features)
    expected = [
        min(planar_distance(p.x, p.y, g) for g in close_by(p, features, 4).geometry) / 1_000.0
        for p in twenty_sites.geometry
    ]
    np.testing.assert_allclose(result, expected, rtol=0.0, atol=METRE)
    assert (result > 0.0).any()


@pytest.mark.parametrize("name", LAYERS)
def test_the_named_feature_is_at_the_distance_that_bounded_minimisation_finds(
    name: str, great_britain_study_path: Path, twenty_sites: gpd.GeoDataFrame
) -> None:
    features = gpd.read_file(great_britain_study_path, layer=name).set_index("feature_id")
    named = nearest_feature(twenty_sites, features)
    size = shapely.get_num_coordinates(features.loc[named["feature_id"]].geometry.to_numpy())
    for row in np.argsort(size, kind="stable")[:3]:
        site, feature = twenty_sites.geometry.iloc[row], named["feature_id"].iloc[row]
        slow = distance_to(site.x, site.y, features.geometry.loc[feature]) / 1_000.0
        assert named["distance_km"].iloc[row] == pytest.approx(slow, abs=METRE)
