"""Ripley's K and the difference of two: brute force, closed forms, and no bias at an edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from metrics.patterns import AWKWARD, box_km, frame_of, points_km, random_sites
from oracles import geodesic_matrix

from standort.errors import LayerError, OptionError
from standort.metrics import StudyArea, as_study_area, ripley_difference, ripley_k
from standort.metrics.patterns.permutation import two_sided
from standort.metrics.patterns.ripley import cap_area_km2

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]

EARTH_KM2 = 510_065_621.724
RADII = [0.7, 31.0, 420.0, 3_100.0, 11_000.0, 19_500.0]


def brute_k(
    lon: Floats, lat: Floats, area_km2: float, radii: list[float], edge_km: Floats | None = None
) -> list[float]:
    """K by the table of all pairs; with distances to the edge, by the border method."""
    km = geodesic_matrix(lon, lat, lon, lat) / 1e3
    np.fill_diagonal(km, np.inf)
    k = []
    for radius in radii:
        counts = np.ones(len(lon), dtype=bool) if edge_km is None else np.asarray(edge_km >= radius)
        pairs = np.count_nonzero(km[counts] <= radius)
        n_pairs = counts.sum() * (len(lon) - 1)
        k.append(area_km2 * pairs / n_pairs if n_pairs else np.nan)
    return k


@pytest.mark.parametrize("cloud", CLOUDS)
def test_k_on_the_whole_earth_equals_brute_force(cloud: Cloud) -> None:
    lon, lat = cloud(np.random.default_rng(1), 90)
    result = ripley_k(frame_of(lon, lat), StudyArea.whole_earth(), radii_km=RADII)
    assert result.index.tolist() == RADII
    assert result.index.name == "radius_km"
    np.testing.assert_allclose(result["k_km2"], brute_k(lon, lat, EARTH_KM2, RADII), rtol=1e-9)
    np.testing.assert_allclose(result["l_km"] ** 2 * np.pi, result["k_km2"])


def test_border_correction_equals_brute_force() -> None:
    area = as_study_area(AWKWARD)
    sites = random_sites(area, 120, seed=2)
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    radii = [3.0, 11.0, 24.0, 37.0, 300.0]
    edge = area.edge_distance_km(lon, lat)
    result = ripley_k(sites, area, radii_km=radii, correction="border")["k_km2"]
    np.testing.assert_allclose(result, brute_k(lon, lat, area.area_km2, radii, edge), rtol=1e-9)
    assert np.isnan(result.iloc[-1])


def test_rigid_motion_equals_brute_force_weighted_by_the_share_of_circles_inside() -> None:
    area = as_study_area(AWKWARD)
    sites = random_sites(area, 70, seed=3)
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    km = geodesic_matrix(lon, lat, lon, lat) / 1e3
    np.fill_diagonal(km, np.inf)
    # the share again, from other points
    share = area.share_reached(np.linspace(0.0, 60.0, 13), n=40_000, seed=99)
    weight = 1.0 / np.interp(km, np.linspace(0.0, 60.0, 13), share)
    expected = [area.area_km2 * weight[km <= r].sum() / (70 * 69) for r in (20.0, 60.0)]
    result = ripley_k(sites, area, radii_km=[20.0, 60.0])["k_km2"]
    np.testing.assert_allclose(result, expected, rtol=0.01)


def test_lattice_has_4_and_8_neighbours_within_1_and_its_diagonal() -> None:
    x, y = (side.ravel() for side in np.meshgrid(np.arange(20) + 0.5, np.arange(20) + 0.5))
    result = ripley_k(
        points_km(x, y), box_km(0, 0, 20, 20), radii_km=[0.99, 1.001, 1.42], correction="border"
    )
    n = 400
    expected = np.array([0.0, 4.0, 8.0]) * n / (n - 1)
    np.testing.assert_allclose(result["k_km2"], expected, rtol=1e-5)
    assert result["l_km"].iloc[1] == pytest.approx(1.12838 * np.sqrt(n / (n - 1)), rel=1e-4)


def test_a_radius_is_inclusive() -> None:
    sites = points_km(np.array([1.0, 4.0]), np.array([1.0, 5.0]))
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    exact = geodesic_matrix(lon[:1], lat[:1], lon[1:], lat[1:])[0, 0] / 1e3
    k = ripley_k(sites, box_km(0, 0, 9, 9), radii_km=[exact - 2e-6, exact], correction="none")
    assert k["k_km2"].iloc[0] == 0.0
    assert k["k_km2"].iloc[1] > 0.0


# ---------------------------------------------------------------------- random points and labels


def test_k_of_points_spread_over_the_earth_is_the_area_of_a_cap() -> None:
    earth = StudyArea.whole_earth()
    radii = [500.0, 4_000.0, 10_000.0, 19_000.0]
    k = np.array(
        [ripley_k(random_sites(earth, 40, s), earth, radii_km=radii)["k_km2"] for s in range(80)]
    )
    error = k.std(axis=0, ddof=1) / np.sqrt(len(k))
    expected = 2 * np.pi * 6_371.0088**2 * (1 - np.cos(np.array(radii) / 6_371.0088))
    # the ellipsoid is not quite the sphere
    assert (np.abs(k.mean(axis=0) - expected) < 4.0 * error + 3e-3 * expected).all()
    np.testing.assert_allclose(cap_area_km2(np.array(radii)), expected)


def test_edge_corrections_remove_the_bias() -> None:
    area = as_study_area(AWKWARD)
    radii = [10.0, 25.0]
    patterns = [random_sites(area, 60, seed) for seed in range(150)]
    expected = cap_area_km2(np.array(radii))

    def bias(correction: Any) -> tuple[Floats, Floats]:  # noqa: ANN401 - a literal
        k = np.array(
            [ripley_k(p, area, radii_km=radii, correction=correction)["k_km2"] for p in patterns]
        )
        return k.mean(axis=0) / expected - 1.0, k.std(axis=0) / np.sqrt(len(k)) / expected

    for correction in ("rigid_motion", "border"):
        off, error = bias(correction)
        assert (np.abs(off) < 4.0 * error + 0.005).all(), correction
    off, error = bias("none")
    assert (off < -3.0 * error).all()
    assert (off < [-0.05, -0.15]).all()


def test_clustered_points_leave_the_envelope_and_random_points_do_not() -> None:
    area = as_study_area(AWKWARD)
    rng = np.random.default_rng(6)
    near = frame_of(5.5 + rng.normal(0, 0.1, 40), 50.5 + rng.normal(0, 0.1, 40))
    clustered = ripley_k(near, area, radii_km=[5.0, 20.0], simulations=39, seed=1)
    assert (clustered["k_km2"] > 3.0 * clustered["high_km2"]).all()
    assert (clustered["p_value"] == 0.05).all()
    even = ripley_k(random_sites(area, 40, 7), area, radii_km=[20.0, 40.0], simulations=39, seed=1)
    assert (even["p_value"] > 0.05).all()
    assert (
        (even["low_km2"] <= even["chance_k_km2"]) & (even["chance_k_km2"] <= even["high_km2"])
    ).all()


def test_ties_with_draws_are_not_significant() -> None:
    drawn = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]])
    assert two_sided(np.array([0.0, 2.0]), drawn).tolist() == [1.0, 1.0]
    assert two_sided(np.array([9.0, np.nan]), drawn)[0] == 0.5
    assert np.isnan(two_sided(np.array([9.0, np.nan]), drawn)[1])


def test_the_order_of_rows_changes_no_bit() -> None:
    area = as_study_area(AWKWARD)
    sites = random_sites(area, 50, seed=4).assign(
        site_id=[f"s{i:02}" for i in range(50)], case=np.arange(50) % 3 == 0
    )
    shuffled = sites.sample(frac=1.0, random_state=1).reset_index(drop=True)
    options: dict[str, Any] = {"radii_km": [10.0, 30.0], "simulations": 5}
    result, again = (ripley_k(rows, area, **options) for rows in (sites, shuffled))
    pd.testing.assert_frame_equal(result, again, check_exact=True)
    result, again = (ripley_difference(rows, "case", area, **options) for rows in (sites, shuffled))
    pd.testing.assert_frame_equal(result, again, check_exact=True)


# ---------------------------------------------------------------------- cases and controls


@pytest.mark.parametrize("correction", ["rigid_motion", "border", "none"])
def test_the_difference_is_that_of_two_ks(correction: Any) -> None:  # noqa: ANN401 - a literal
    area = as_study_area(AWKWARD)
    sites = random_sites(area, 90, seed=8)
    sites["case"] = np.random.default_rng(9).random(90) < 0.4
    radii = [6.0, 15.0, 28.0]
    result = ripley_difference(
        sites, "case", area, radii_km=radii, correction=correction, simulations=3
    )
    cases, controls = (
        ripley_k(sites[sites["case"] == which], area, radii_km=radii, correction=correction)
        for which in (True, False)
    )
    np.testing.assert_allclose(result["d_km2"], cases["k_km2"] - controls["k_km2"], rtol=1e-9)


def test_labels_at_random_show_no_difference_and_a_huddle_of_cases_does() -> None:
    area = as_study_area(AWKWARD)
    rng = np.random.default_rng(10)
    sites = frame_of(5.7 + rng.normal(0, 0.15, 80), 51.0 + rng.normal(0, 0.3, 80))
    sites = sites[area.contains(sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy())]
    at_random = rng.random(len(sites)) < 0.4
    result = ripley_difference(
        sites.assign(case=at_random), "case", area, radii_km=[8.0, 20.0], simulations=99
    )
    assert (result["p_value"] > 0.05).all()
    middle = (sites.geometry.y - 51.0).abs() < 0.1
    result = ripley_difference(
        sites.assign(case=middle), "case", area, radii_km=[8.0, 20.0], simulations=99
    )
    assert (result["p_value"] == 0.02).all()
    assert (result["d_km2"] > result["high_km2"]).all()


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radii_km": []}, "radii_km"),
        ({"radii_km": [5.0, 5.0]}, "rising"),
        ({"radii_km": [0.0, 5.0]}, "positive"),
        ({"radii_km": [5.0, np.inf]}, "radii_km"),
        ({"radii_km": [5.0], "correction": "torus"}, "'rigid_motion', 'border' or 'none'"),
        ({"radii_km": [5.0], "simulations": -1}, "simulations"),
        ({"radii_km": [900.0]}, "no circle of radius"),
    ],
)
def test_options_outside_their_range_raise(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        ripley_k(points_km(np.ones(3), np.ones(3)), box_km(0, 0, 2, 2), **options)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ([True, False, None, True, False], "True or False"),
        ([1, 2, 3, 4, 5], "True or False"),
        ([True, False, False, False, False], "1 and 4"),
    ],
)
def test_cases_must_be_true_or_false_and_enough(case: list[object], message: str) -> None:
    sites = points_km(np.ones(5), np.ones(5)).assign(case=case)
    with pytest.raises(LayerError, match=message):
        ripley_difference(sites, "case", box_km(0, 0, 2, 2), radii_km=[1.0])
    with pytest.raises(LayerError, match="'steel'"):
        ripley_difference(sites, "steel", box_km(0, 0, 2, 2), radii_km=[1.0])
