"""Rasters of wind, sun, height and land cover around Aachen, at the emitters of Europe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from oracles import GEOD

from standort.layers import open_raster
from standort.metrics import ONSHORE_WIND, raster_value, raster_within, technical_potential

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "real" / "resource_rasters_aachen"


@pytest.fixture(scope="module")
def sites(europe_study_path: Path) -> gpd.GeoDataFrame:
    """The 110 emitters between Liege, Maastricht, Aachen and Cologne."""
    emitters = gpd.read_file(europe_study_path, layer="emitters").set_index("site_id")
    return emitters.cx[5.6:6.9, 50.1:51.4]


def test_wind_within_10_km_is_that_of_cells_counted_by_their_middles(
    folder: Path, sites: gpd.GeoDataFrame
) -> None:
    path = folder / "gwa100-like.tif"
    result = raster_within(sites, path, radius_km=10.0)
    with rasterio.open(path) as file:
        values, t = file.read(1), file.transform
    col, row = np.meshgrid(np.arange(values.shape[1]) + 0.5, np.arange(values.shape[0]) + 0.5)
    lon, lat = (t.a * col + t.c).ravel(), (t.e * row + t.f).ravel()
    weight = np.cos(np.radians(lat))
    for name, point in sites.geometry.iloc[::10].items():
        n = len(lon)
        away = GEOD.inv(np.full(n, point.x), np.full(n, point.y), lon, lat)[2]
        near = np.asarray(away) <= 10_000.0
        mean = (values.ravel() * weight)[near].sum() / weight[near].sum()
        assert result.loc[name, "value"] == pytest.approx(mean, abs=0.01)


def test_statistics_are_in_the_range_of_the_raster(folder: Path, sites: gpd.GeoDataFrame) -> None:
    for name, low, high in (
        ("gwa100-like.tif", 4.14, 6.97),
        ("gsa-ghi-like.tif", 2.78, 3.02),
        ("DEM-like.tif", -193.0, 700.0),
    ):
        at = raster_value(sites, folder / name)
        lowest = raster_within(sites, folder / name, radius_km=10.0, statistic="min")["value"]
        mean = raster_within(sites, folder / name, radius_km=10.0, statistic="mean")["value"]
        highest = raster_within(sites, folder / name, radius_km=10.0, statistic="max")["value"]
        assert (low - 0.01 <= lowest).all()
        assert (highest <= high + 0.01).all()
        assert ((lowest <= at) & (at <= highest)).all()
        assert ((lowest < mean) & (mean < highest)).all()


def test_height_below_the_sea_is_known(folder: Path) -> None:
    """The open-cast mine of Hambach is the lowest point of the region."""
    mine = gpd.GeoDataFrame(geometry=gpd.points_from_xy([6.50], [50.91]), crs=4326)
    result = raster_within(mine, folder / "DEM-like.tif", radius_km=5.0, statistic="min")
    assert result["value"].iloc[0] < -100.0
    assert result["coverage"].iloc[0] == pytest.approx(1.0, abs=1e-6)


def test_coverage_falls_towards_the_edge_of_the_raster(
    folder: Path, sites: gpd.GeoDataFrame
) -> None:
    result = raster_within(sites, folder / "gwa100-like.tif", radius_km=25.0)
    inside = sites.geometry.x.between(5.9, 6.6) & sites.geometry.y.between(50.25, 51.25)
    np.testing.assert_allclose(result.loc[inside, "coverage"], 1.0, atol=1e-6)
    assert result.loc[~inside, "coverage"].min() < 0.7


def test_shares_of_all_classes_add_up(folder: Path, sites: gpd.GeoDataFrame) -> None:
    path = folder / "ESA_CCI_2018_clip.tif"
    with rasterio.open(path) as file:
        classes = np.unique(file.read(1)).tolist()
    halves = [
        raster_within(sites, path, radius_km=10.0, statistic="share", classes=part)["value"]
        for part in (classes[::2], classes[1::2])
    ]
    np.testing.assert_allclose(halves[0] + halves[1], 1.0, rtol=1e-12)


def test_land_is_urban_in_cologne_and_not_in_the_eifel(folder: Path) -> None:
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([6.94, 6.40], [50.94, 50.40]), crs=4326, index=["city", "wood"]
    )
    urban = raster_within(
        points, folder / "ESA_CCI_2018_clip.tif", radius_km=4.0, statistic="share", classes=[190]
    )["value"]
    assert urban["city"] > 0.7
    assert urban["wood"] < 0.1


def test_a_coarse_raster_gives_much_the_same_as_its_own_cell(folder: Path) -> None:
    raster = open_raster(folder / "era5_100m_wind_speed.processed.nc", band=1, crs="EPSG:4326")
    aachen = gpd.GeoDataFrame(geometry=gpd.points_from_xy([6.0], [50.75]), crs=4326)
    # 3 km are within one cell of a quarter degree around this position
    result = raster_within(aachen, raster, radius_km=3.0)
    assert result["value"].iloc[0] == raster_value(aachen, raster).iloc[0]


def test_wind_potential_of_a_windy_region_is_a_few_terawatt_hours(
    folder: Path, sites: gpd.GeoDataFrame
) -> None:
    result = technical_potential(
        sites, folder / "gwa100-like.tif", ONSHORE_WIND, radius_km=25.0, min_coverage=0.99
    )["potential_twh_per_yr"].dropna()
    # 1963 km2 * 3 MW/km2 * 8760 h = 51.6 TWh at full load; some 20 % of it at 6 m/s
    assert len(result) > 30
    assert result.between(7.0, 13.0).all()
