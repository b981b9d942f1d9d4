"""Density diagnostics do not depend on rotation, mirroring, position or distant features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from standort.metrics import StudyArea, getis_ord, kernel_density, local_moran, ripley_k

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: whole thousandths of a degree, so that no distance falls within rounding of a radius by design
PLACES = st.lists(
    st.tuples(st.integers(-900, 900), st.integers(-900, 900), st.integers(0, 99)),
    min_size=3,
    max_size=25,
)
LATITUDES = st.sampled_from([0.0, 52.0, 80.0])
#: of no pair of such places the distance [km]
RADIUS = 31.415926


def sites_of(places: list[tuple[int, int, int]], lat: float, lon: float = 0.0) -> gpd.GeoDataFrame:
    x, y, value = np.array(places, dtype=float).T
    longitude = (lon + x / 1e3 + 180.0) % 360.0 - 180.0
    points = gpd.points_from_xy(longitude, lat + y / 1e3)
    return gpd.GeoDataFrame({"x": value}, geometry=points, crs=4326)


def tables(sites: gpd.GeoDataFrame) -> dict[str, Floats]:
    """Every diagnostic of the sites, as numbers."""
    hot = getis_ord(sites, "x", radius_km=RADIUS, permutations=9)
    local = local_moran(sites, "x", radius_km=RADIUS, permutations=9).drop(columns="quadrant")
    density = kernel_density(sites, sites, bandwidth_km=12.0, column="x")
    k = ripley_k(sites, StudyArea.whole_earth(), radii_km=[RADIUS, 2 * RADIUS])
    return {
        "getis_ord": hot.to_numpy(dtype=float),
        "local_moran": local.to_numpy(dtype=float),
        "kernel_density": density.to_numpy(),
        "ripley_k": k.to_numpy(),
    }


def assert_same(actual: dict[str, Floats], expected: dict[str, Floats]) -> None:
    for name, table in expected.items():
        np.testing.assert_allclose(actual[name], table, rtol=1e-6, atol=1e-9, err_msg=name)


@settings(max_examples=8)
@given(PLACES, LATITUDES, st.sampled_from([77.0, 180.0, -179.5]))
def test_turning_the_earth_changes_nothing(
    places: list[tuple[int, int, int]], lat: float, lon: float
) -> None:
    assert_same(tables(sites_of(places, lat, lon)), tables(sites_of(places, lat)))


@settings(max_examples=8)
@given(PLACES, LATITUDES)
def test_mirroring_the_earth_changes_nothing(
    places: list[tuple[int, int, int]], lat: float
) -> None:
    mirrored = [(x, -y, value) for x, y, value in places]
    assert_same(tables(sites_of(mirrored, -lat)), tables(sites_of(places, lat)))


@settings(max_examples=8)
@given(PLACES, LATITUDES)
def test_the_order_of_rows_changes_no_bit(places: list[tuple[int, int, int]], lat: float) -> None:
    sites = sites_of(places, lat)
    order = np.random.default_rng(len(places)).permutation(len(sites))
    for measure in (getis_ord, local_moran):
        actual = measure(sites, "x", radius_km=RADIUS, permutations=9)
        again = measure(sites.iloc[order], "x", radius_km=RADIUS, permutations=9)
        pd.testing.assert_frame_equal(again, actual.iloc[order], check_exact=True)


@settings(max_examples=8)
@given(PLACES, LATITUDES)
def test_a_feature_beyond_reach_changes_no_density(
    places: list[tuple[int, int, int]], lat: float
) -> None:
    sites = sites_of(places, lat)
    far = sites_of([(0, 0, 50)], lat, lon=180.0).set_index(pd.Index([999]))
    more = gpd.GeoDataFrame(pd.concat([sites, far]), geometry="geometry")
    pd.testing.assert_series_equal(
        kernel_density(sites, more, bandwidth_km=12.0, column="x"),
        kernel_density(sites, sites, bandwidth_km=12.0, column="x"),
        check_exact=True,
    )


@settings(max_examples=8)
@given(PLACES, LATITUDES, st.sampled_from([1e-6, 1e6]))
def test_places_of_the_quantity_change_no_hot_spot(
    places: list[tuple[int, int, int]], lat: float, scale: float
) -> None:
    sites = sites_of(places, lat)
    scaled = sites.assign(x=sites["x"] * scale)
    for measure in (getis_ord, local_moran):
        actual = measure(scaled, "x", radius_km=RADIUS, permutations=9)
        expected = measure(sites, "x", radius_km=RADIUS, permutations=9)
        pd.testing.assert_frame_equal(actual, expected, rtol=1e-6, atol=1e-9)
