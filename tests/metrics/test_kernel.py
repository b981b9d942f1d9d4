"""Kernel density and its bandwidth: closed forms, integrals, and all pairs in log space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from clouds import CLOUDS
from metrics.brute_force import assert_aligned, bits, layer
from metrics.patterns import frame_of, points_km
from oracles import GEOD, geodesic_matrix
from scipy.integrate import quad
from scipy.special import logsumexp

from standort.errors import GeometryError, LayerError, OptionError, StandortWarning
from standort.layers import as_features, as_sites
from standort.metrics import (
    kernel_bandwidth,
    kernel_density,
)
from standort.metrics.kernel import CrossValidation, log_kernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]

RADIUS = 6_371.0088


def brute_log_kernel(km: Floats, h: float) -> Floats:
    """The formula as printed, its sinh as a logarithm."""
    kappa = (RADIUS / h) ** 2
    log_sinh = kappa + np.log1p(-np.exp(-2 * kappa)) - np.log(2.0)
    angle = np.minimum(km / RADIUS, np.pi)
    return np.asarray(
        np.log(kappa) - np.log(4 * np.pi * RADIUS**2) - log_sinh + kappa * np.cos(angle)
    )


def cloud_layers(cloud: Cloud) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    rng = np.random.default_rng(21)
    amount = rng.lognormal(0.0, 2.0, 120)
    amount[rng.random(120) < 0.25] = np.nan
    features = layer(*cloud(rng, 120), feature_id=np.arange(120), amount=amount)
    return layer(*cloud(rng, 60)), features


def matrix(sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> Floats:
    """All distances [km]."""
    start, end = sites.geometry, features.geometry
    metres = geodesic_matrix(
        start.x.to_numpy(), start.y.to_numpy(), end.x.to_numpy(), end.y.to_numpy()
    )
    return metres / 1e3


# ---------------------------------------------------------------------- the kernel


def test_the_peak_at_25_km_is_that_of_the_plane() -> None:
    assert np.exp(log_kernel(np.zeros(1), 25.0))[0] == pytest.approx(2.546479e-4, rel=1e-6)


@pytest.mark.parametrize("h", [0.5, 25.0, 240.0, 2_000.0, 6_371.0, 60_000.0])
def test_the_kernel_integrates_to_1_over_the_sphere(h: float) -> None:
    def ring(theta: float) -> float:
        density = np.exp(log_kernel(np.array([RADIUS * theta]), h))[0]
        return float(density * 2 * np.pi * RADIUS**2 * np.sin(theta))

    end = min(np.pi, 12.0 * h / RADIUS)
    assert quad(ring, 0.0, end, epsabs=1e-12, limit=200)[0] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("h", [5.0, 25.0, 2_000.0])
def test_the_kernel_is_its_formula(h: float) -> None:
    km = np.array([0.0, 3.0, 60.0, 800.0, 15_000.0, 20_015.0])
    # cos loses digits that kappa brings up again
    np.testing.assert_allclose(log_kernel(km, h), brute_log_kernel(km, h), rtol=1e-9, atol=1e-8)


def test_a_very_wide_kernel_is_even_over_the_earth() -> None:
    density = np.exp(log_kernel(np.array([0.0, 10_000.0, 20_015.0]), 1e6))
    np.testing.assert_allclose(density, 1.0 / (4 * np.pi * RADIUS**2), rtol=1e-3)


# ---------------------------------------------------------------------- density


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("h", [4.0, 60.0, 3_000.0])
def test_density_equals_the_sum_over_all_pairs(cloud: Cloud, h: float) -> None:
    sites, features = cloud_layers(cloud)
    kernel = np.exp(brute_log_kernel(matrix(sites, features), h))
    result = kernel_density(sites, features, bandwidth_km=h)
    peak = kernel_peak(h)
    np.testing.assert_allclose(result, kernel.sum(axis=1), rtol=1e-6, atol=1e-6 * 120 * peak)
    amount = features["amount"].to_numpy()
    known = ~np.isnan(amount)
    expected = kernel[:, known] @ amount[known]
    weighted = kernel_density(sites, features, bandwidth_km=h, column="amount")
    defined = weighted.notna().to_numpy()
    limit = 1e-6 * np.nansum(amount) * peak
    np.testing.assert_allclose(weighted[defined], expected[defined], rtol=1e-6, atol=limit)
    # where only unknown ones are near, the known ones are all far
    assert (expected[~defined] <= limit).all()


def kernel_peak(h: float) -> float:
    return float(np.exp(brute_log_kernel(np.zeros(1), h))[0])


@pytest.mark.parametrize("truncation", [1e-2, 1e-4, 1e-9])
def test_truncation_costs_no_more_than_stated(truncation: float) -> None:
    sites, features = cloud_layers(CLOUDS[3])
    result = kernel_density(sites, features, bandwidth_km=1.5, truncation=truncation)
    missed = np.exp(brute_log_kernel(matrix(sites, features), 1.5)).sum(axis=1) - result
    assert (missed > -1e-7 * result).all()
    assert (missed <= truncation * 120 * kernel_peak(1.5)).all()
    # at the largest share something is indeed left out
    assert truncation < 1e-2 or missed.max() > 0.0


@pytest.mark.parametrize("lon", [10.0, 180.0])
@pytest.mark.parametrize("lat", [0.0, 52.0, 75.0])
def test_density_adds_up_to_the_number_of_features_over_cells_of_true_area(
    lon: float, lat: float
) -> None:
    # cells of about 5 km, in a box of 7 bandwidths to each side
    step = np.degrees(5.0 / RADIUS)
    rows = lat + step * np.arange(-36, 37)
    columns = step / np.cos(np.radians(lat)) * np.arange(-60, 61)
    x, y = (side.ravel() for side in np.meshgrid(lon + columns, rows))
    cells = shapely.box(-step, y - step / 2, columns[1] - columns[0] - step, y + step / 2)
    area = np.array([abs(GEOD.geometry_area_perimeter(cell)[0]) / 1e6 for cell in cells])
    sites = frame_of((x + 180.0) % 360.0 - 180.0, y)
    result = kernel_density(sites, frame_of(np.array([lon]), np.array([lat])), bandwidth_km=25.0)
    assert float(result @ area) == pytest.approx(1.0, abs=2e-5)


def test_a_site_among_the_features_counts_or_not_as_told() -> None:
    plants = points_km(np.array([0.0, 10.0]), np.zeros(2)).assign(site_id=["a", "b"])
    both = kernel_density(plants, plants, bandwidth_km=10.0)
    others = kernel_density(plants, plants, bandwidth_km=10.0, own="exclude")
    np.testing.assert_allclose(both - others, kernel_peak(10.0))
    np.testing.assert_allclose(others, kernel_peak(10.0) * np.exp(-0.5), rtol=1e-5)


def test_unknown_is_not_none() -> None:
    plants = points_km(np.array([0.0, 500.0]), np.zeros(2)).assign(mt=[np.nan, 2.0])
    at = points_km(np.array([0.0, 500.0, 250.0]), np.zeros(3))
    result = kernel_density(at, plants, bandwidth_km=10.0, column="mt")
    assert np.isnan(result[0])
    assert result[1] == pytest.approx(2 * kernel_peak(10.0))
    assert result[2] == 0.0


def test_density_has_the_index_and_no_bit_depends_on_order_or_other_sites() -> None:
    sites, features = cloud_layers(CLOUDS[1])
    sites.index = pd.Index([f"s{i}" for i in range(60)], name="site_id")
    result = kernel_density(sites, features, bandwidth_km=40.0, column="amount")
    assert_aligned(result, sites, "kernel_density")
    shuffled = features.sample(frac=1.0, random_state=1)
    some = sites.iloc[[40, 3, 17]]
    again = kernel_density(some, shuffled, bandwidth_km=40.0, column="amount")
    assert bits(again).tolist() == bits(result.loc[some.index]).tolist()
    prepared = kernel_density(
        as_sites(sites), as_features(features), bandwidth_km=40.0, column="amount"
    )
    assert bits(prepared).tolist() == bits(result).tolist()


def test_no_sites_and_no_features_raise_no_error() -> None:
    sites, features = cloud_layers(CLOUDS[0])
    assert kernel_density(sites.iloc[:0], features, bandwidth_km=5.0).empty
    assert (kernel_density(sites, features.iloc[:0], bandwidth_km=5.0) == 0.0).all()


# ---------------------------------------------------------------------- bandwidth


def brute_likelihood(frame: gpd.GeoDataFrame, h: float, weight: Floats) -> float:
    """Leave each out and add up all others, as logarithms."""
    log_k = brute_log_kernel(matrix(frame, frame), h) + np.log(weight)
    np.fill_diagonal(log_k, -np.inf)
    density = logsumexp(log_k, axis=1) - np.log(weight.sum() - weight)
    return float((weight * density).sum() / weight.sum())


@pytest.mark.parametrize("cloud", CLOUDS)
def test_likelihood_equals_brute_force_near_and_far(cloud: Cloud) -> None:
    _, features = cloud_layers(cloud)
    tried = [0.3, 8.0, 90.0, 2_500.0]
    layer = as_features(features)
    result = [CrossValidation(layer, None).likelihood(h) for h in tried]
    expected = [brute_likelihood(features, h, np.ones(120)) for h in tried]
    # far kernels are so small that their logarithm feels a millimetre
    np.testing.assert_allclose(result, expected, rtol=1e-6)
    known = features.dropna(subset="amount")
    result = [CrossValidation(layer, "amount").likelihood(h) for h in tried]
    expected = [brute_likelihood(known, h, known["amount"].to_numpy()) for h in tried]
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize("apart", [3.0, 50.0, 250.0])
def test_two_features_choose_their_distance_over_the_root_of_two(apart: float) -> None:
    two = points_km(np.array([0.0, apart]), np.zeros(2))
    assert kernel_bandwidth(two) == pytest.approx(apart / np.sqrt(2.0), rel=0.01)


def test_the_bandwidth_is_the_best_of_a_fine_grid() -> None:
    rng = np.random.default_rng(22)
    centre = rng.uniform(0, 400, (12, 2))
    x, y = (centre[rng.integers(0, 12, 200)] + rng.normal(0, 9, (200, 2))).T
    plants = points_km(x, y)
    fine = np.geomspace(1.0, 300.0, 300)
    validation = CrossValidation(as_features(plants), None)
    best = fine[np.argmax([validation.likelihood(h) for h in fine])]
    assert kernel_bandwidth(plants) == pytest.approx(best, rel=0.02)
    assert 2.0 < best < 15.0


def test_a_weight_of_two_is_not_a_twin_but_scaling_weights_changes_nothing() -> None:
    rng = np.random.default_rng(23)
    plants = points_km(*rng.uniform(0, 300, (2, 60))).assign(mt=rng.lognormal(0, 1, 60))
    once = kernel_bandwidth(plants, column="mt")
    assert kernel_bandwidth(plants.assign(mt=plants["mt"] * 1e6), column="mt") == pytest.approx(
        once, rel=1e-6
    )
    # coincident features predict each other, so that the best bandwidth falls
    twins = gpd.GeoDataFrame(pd.concat([plants, plants], ignore_index=True), geometry="geometry")
    with pytest.warns(StandortWarning, match="bound of the search"):
        assert kernel_bandwidth(twins) == pytest.approx(1.0, rel=0.02)


def test_turning_and_mirroring_the_earth_leaves_the_bandwidth() -> None:
    rng = np.random.default_rng(24)
    lon, lat = rng.uniform(-2, 2, 40), rng.uniform(50, 52, 40)
    here = kernel_bandwidth(frame_of(lon, lat))
    for at in (((lon + 360.0) % 360.0 - 180.0, lat), (lon, -lat)):
        assert kernel_bandwidth(frame_of(*at)) == pytest.approx(here, rel=1e-6)


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bandwidth_km": 0.0}, "bandwidth_km"),
        ({"bandwidth_km": np.inf}, "bandwidth_km"),
        ({"bandwidth_km": 5.0, "truncation": 0.0}, "truncation"),
        ({"bandwidth_km": 5.0, "truncation": 1.0}, "truncation"),
        ({"bandwidth_km": 5.0, "own": "perhaps"}, "own"),
    ],
)
def test_options_outside_their_range_raise(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        kernel_density(*cloud_layers(CLOUDS[0]), **options)


def test_bounds_must_rise() -> None:
    with pytest.raises(OptionError, match="low_km below high_km"):
        kernel_bandwidth(points_km(np.arange(3.0), np.zeros(3)), low_km=5.0, high_km=5.0)


def test_quantities_below_none_and_shapes_raise_with_names() -> None:
    plants = points_km(np.arange(3.0), np.zeros(3)).assign(mt=[1.0, -2.0, 3.0])
    with pytest.raises(LayerError, match=r"'mt' >= 0, 1 are less: 1"):
        kernel_density(plants, plants, bandwidth_km=5.0, column="mt")
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=4326)
    for refused in (
        lambda: kernel_density(plants, lines, bandwidth_km=5.0),
        lambda: kernel_bandwidth(lines),
    ):
        with pytest.raises(GeometryError, match="expected points for a kernel"):
            refused()


@pytest.mark.parametrize("mt", [[1.0, np.nan, np.nan], [1.0, 0.0, 0.0]], ids=["unknown", "none"])
def test_fewer_than_two_features_raise(mt: list[float]) -> None:
    plants = points_km(np.arange(3.0), np.zeros(3)).assign(mt=mt)
    with pytest.raises(LayerError, match="at least 2 features"):
        kernel_bandwidth(plants, column="mt")
