"""The nearest-neighbour index: lattices of known order, brute force, and random points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from metrics.brute_force import layer
from metrics.patterns import AWKWARD, box_km, frame_of, points_km, random_sites
from oracles import geodesic_matrix
from scipy.special import gammaln

from standort.errors import CRSError, GeometryError, LayerError, OptionError, StandortWarning
from standort.metrics import StudyArea, as_study_area, nearest_neighbour_index
from standort.metrics.patterns.point_pattern import _nearest_by_chord_km, _nearest_km

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]


def test_a_square_lattice_has_an_index_of_2() -> None:
    x, y = (side.ravel() for side in np.meshgrid(np.arange(30) + 0.5, np.arange(30) + 0.5))
    result = nearest_neighbour_index(
        points_km(x, y), box_km(0, 0, 30, 30), correction="guard", guard_km=1.0
    )
    assert result["points"] == 28 * 28
    assert result["index"] == pytest.approx(2.0, abs=1e-4)


def test_a_triangular_lattice_is_as_far_apart_as_points_can_be() -> None:
    height = np.sqrt(3.0) / 2.0
    column, row = (side.ravel() for side in np.meshgrid(np.arange(30), np.arange(30)))
    sites = points_km(column + 0.25 + 0.5 * (row % 2), (row + 0.5) * height)
    area = box_km(0, 0, 30, 30 * height)
    result = nearest_neighbour_index(sites, area, correction="guard", guard_km=1.2)
    assert result["index"] == pytest.approx(2.14914, abs=1e-4)


@pytest.mark.parametrize("correction", ["none", "donnelly", "simulated"])
def test_coincident_points_have_an_index_of_0(correction: Any) -> None:  # noqa: ANN401 - a literal
    result = nearest_neighbour_index(
        points_km(np.ones(5), np.ones(5)), box_km(0, 0, 2, 2), correction=correction, simulations=9
    )
    assert result["index"] == 0.0
    assert result["observed_km"] == 0.0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_observed_mean_is_that_of_all_pairs(cloud: Cloud) -> None:
    lon, lat = cloud(np.random.default_rng(1), 80)
    metres = geodesic_matrix(lon, lat, lon, lat)
    np.fill_diagonal(metres, np.inf)
    expected = metres.min(axis=1).mean() / 1e3
    result = nearest_neighbour_index(frame_of(lon, lat), StudyArea.whole_earth(), correction="none")
    assert result["observed_km"] == pytest.approx(expected, abs=1e-6)
    assert result["expected_km"] == pytest.approx(0.5 * np.sqrt(510_065_621.724 / 80))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_search_for_simulations_finds_the_same_distances(cloud: Cloud) -> None:
    lon, lat = cloud(np.random.default_rng(2), 200)
    np.testing.assert_allclose(
        _nearest_by_chord_km(lon, lat), _nearest_km(lon, lat), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("n", [2, 5, 40])
def test_simulated_expectation_on_the_whole_earth_follows_its_closed_form(n: int) -> None:
    # the integral of P(no point within theta) = ((1 + cos theta) / 2)^(n-1) over theta in [0, pi]
    choose = np.exp(gammaln(2 * n - 1) - 2 * gammaln(n) - (n - 1) * np.log(4.0))
    expected = 6_371.0088 * np.pi * choose
    sites = frame_of(np.arange(float(n)), np.zeros(n))
    result = nearest_neighbour_index(sites, StudyArea.whole_earth(), simulations=999)
    error = (result["observed_km"] - result["expected_km"]) / result["z"] / np.sqrt(999)
    # the ellipsoid is not quite the sphere
    assert abs(result["expected_km"] - expected) < 4.0 * abs(error) + 2e-3 * expected


def test_donnelly_and_simulation_agree_in_a_square_where_the_plain_index_is_biased() -> None:
    area = as_study_area(box_km(0, 0, 100, 100))
    sites = random_sites(area, 60, seed=3)
    plain, donnelly, simulated = (
        nearest_neighbour_index(sites, area, correction=how)["expected_km"]
        for how in ("none", "donnelly", "simulated")
    )
    assert donnelly == pytest.approx(simulated, rel=0.01)
    assert plain < 0.95 * simulated


def test_donnelly_is_its_formula() -> None:
    sites = points_km(np.array([1.0, 4.0, 9.0]), np.array([1.0, 2.0, 8.0]))
    result = nearest_neighbour_index(sites, box_km(0, 0, 10, 10), correction="donnelly")
    area, edge = 100.0, 40.0
    expected = 0.5 * np.sqrt(area / 3) + (0.0514 + 0.041 / np.sqrt(3)) * edge / 3
    error = np.sqrt(0.0703 * area / 9 + 0.037 * edge * np.sqrt(area / 3**5))
    assert result["expected_km"] == pytest.approx(expected, rel=1e-5)
    observed = (2 * np.hypot(3, 1) + np.hypot(5, 6)) / 3
    assert result["z"] == pytest.approx((observed - expected) / error, rel=1e-4)


def test_the_guard_counts_points_far_from_the_edge_and_all_as_neighbours() -> None:
    # the one point in the middle has its neighbour in the guard
    sites = points_km(np.array([5.0, 9.0, 0.5]), np.array([5.0, 5.0, 0.5]))
    result = nearest_neighbour_index(sites, box_km(0, 0, 10, 10), correction="guard", guard_km=2.0)
    assert result["points"] == 1
    assert result["observed_km"] == pytest.approx(4.0, rel=1e-6)
    nothing = nearest_neighbour_index(sites, box_km(0, 0, 10, 10), correction="guard", guard_km=5.1)
    assert nothing["points"] == 0
    assert nothing[["index", "observed_km", "z", "p_value"]].isna().all()


def test_p_values_of_random_points_are_spread_evenly() -> None:
    area = as_study_area(AWKWARD)
    p_values = [
        nearest_neighbour_index(random_sites(area, 40, seed=s), area, simulations=39)["p_value"]
        for s in range(40)
    ]
    assert 0.3 < np.mean(p_values) < 0.7
    assert np.mean(np.array(p_values) < 0.05) < 0.2


def test_the_order_of_rows_changes_no_bit() -> None:
    area = as_study_area(AWKWARD)
    sites = random_sites(area, 50, seed=4).assign(site_id=[f"s{i:02}" for i in range(50)])
    shuffled = sites.sample(frac=1.0, random_state=1).reset_index(drop=True)
    pd.testing.assert_series_equal(
        nearest_neighbour_index(sites, area, simulations=19),
        nearest_neighbour_index(shuffled, area, simulations=19),
        check_exact=True,
    )


def test_turning_and_mirroring_the_earth_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(-20, 20, 60), rng.uniform(-60, 80, 60)
    here, turned, mirrored = (
        nearest_neighbour_index(frame_of(*at), StudyArea.whole_earth(), correction="none")
        for at in ((lon, lat), ((lon + 355.0) % 360.0 - 180.0, lat), (lon, -lat))
    )
    np.testing.assert_allclose(turned, here, rtol=1e-8)
    np.testing.assert_allclose(mirrored, here, rtol=1e-8)


# ---------------------------------------------------------------------- refusals


def test_points_outside_the_area_are_left_out_and_named() -> None:
    sites = layer([0.01, 0.02, 5.0], [0.01, 0.02, 0.0], site_id=["a", "b", "far"])
    with pytest.warns(StandortWarning, match="left out 1 of 3 points .* 'far'"):
        result = nearest_neighbour_index(sites, box_km(0, 0, 10, 10), correction="none")
    assert result["points"] == 2


def test_one_point_has_no_nearest_neighbour() -> None:
    with pytest.raises(LayerError, match="at least 2 points"):
        nearest_neighbour_index(points_km(np.ones(1), np.ones(1)), box_km(0, 0, 2, 2))


def test_only_points_have_a_nearest_neighbour_index() -> None:
    with pytest.raises(GeometryError):
        nearest_neighbour_index(box_km(0, 0, 1, 1), box_km(0, 0, 2, 2))


def test_the_area_needs_a_crs() -> None:
    area = box_km(0, 0, 2, 2).set_crs(None, allow_override=True)
    with pytest.raises(CRSError):
        nearest_neighbour_index(points_km(np.ones(3), np.ones(3)), area)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"correction": "torus"}, "'simulated', 'donnelly', 'guard' or 'none'"),
        ({"correction": "guard"}, "guard_km"),
        ({"guard_km": 3.0}, "guard_km"),
        ({"correction": "guard", "guard_km": -1.0}, "guard_km"),
        ({"simulations": 0}, "simulations"),
    ],
)
def test_options_outside_their_range_raise(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        nearest_neighbour_index(points_km(np.ones(3), np.ones(3)), box_km(0, 0, 2, 2), **options)
