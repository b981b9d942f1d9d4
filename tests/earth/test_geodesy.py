"""Geodesics: published values, and Karney's algorithm as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import GEOD

from standort.earth import geocentric, geodesic_length, geographic
from standort.earth.geodesy import chord_ceiling, chord_floor


def length(lon0: float, lat0: float, lon1: float, lat1: float) -> float:
    start = geocentric(np.array([lon0]), np.array([lat0]))
    return float(geodesic_length(start, geocentric(np.array([lon1]), np.array([lat1])))[0])


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        pytest.param((-73.8, 40.6, -0.5, 51.6), 5_551_759.400319, id="JFK-LHR"),
        pytest.param((174.81, -41.32, -5.50, 40.96), 19_959_679.267, id="Wellington-Salamanca"),
        pytest.param((0, 0, 1, 0), 111_319.491, id="1 degree on the equator"),
        pytest.param((0, 0, 0, 1), 110_574.389, id="1 degree of latitude at the equator"),
        pytest.param((0, 89, 0, 90), 111_693.865, id="1 degree of latitude at the pole"),
        pytest.param((0, 0, 0, 90), 10_001_965.729, id="equator to pole"),
        pytest.param((0, -90, 0, 90), 20_003_931.459, id="pole to pole"),
        pytest.param((0, 0, 180, 0), 20_003_931.459, id="antipodes on the equator"),
        pytest.param((179.5, 0, -179.5, 0), 111_319.491, id="across the antimeridian"),
        pytest.param((0, 89.5, 180, 89.5), 111_693.951, id="over the pole"),
        pytest.param((0, 0, 179.5, 0.5), 19_936_288.579, id="nearly antipodal"),
    ],
)
def test_published_lengths(ends: tuple[float, float, float, float], expected: float) -> None:
    """method.md F.1 nos. 1-6: Karney 2013 and the geometry of WGS84."""
    assert length(*ends) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("distance", [1e-3, 1.0, 1e3, 1e5, 3e5, 399e3, 401e3, 1e6, 1e7, 1.99e7])
def test_length_is_the_geodesic_within_a_millimetre(distance: float) -> None:
    rng = np.random.default_rng(7)
    n = 20_000
    lon = rng.uniform(-180, 180, n)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    end_lon, end_lat, _ = GEOD.fwd(lon, lat, rng.uniform(-180, 180, n), np.full(n, distance))
    start, end = geocentric(lon, lat), geocentric(end_lon, end_lat)
    expected = GEOD.inv(lon, lat, end_lon, end_lat)[2]
    assert np.abs(geodesic_length(start, end) - expected).max() < 1e-3


@pytest.mark.parametrize("distance", [10.0, 25e3, 3e5, 1e6, 5e6, 1.2e7, 1.9e7, 2.0e7])
def test_chord_bounds_hold_for_any_direction(distance: float) -> None:
    """A candidate search by chord is complete only if these bounds are."""
    rng = np.random.default_rng(11)
    n = 50_000
    lon = rng.uniform(-180, 180, n)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    end_lon, end_lat, _ = GEOD.fwd(lon, lat, rng.uniform(-180, 180, n), np.full(n, distance))
    # beyond the antipode the way back is shorter, so the true length is measured again
    true = GEOD.inv(lon, lat, end_lon, end_lat)[2]
    chord = np.linalg.norm(geocentric(end_lon, end_lat) - geocentric(lon, lat), axis=1)
    assert (chord <= chord_ceiling(true)).all()
    assert (true[chord <= chord_floor(distance)] <= distance).all()


def test_geographic_inverts_geocentric() -> None:
    lon = np.array([-180.0, -12.5, 0.0, 179.999, 5.0])
    lat = np.array([0.0, -89.9, 52.0, 60.0, 90.0])
    back_lon, back_lat = geographic(geocentric(lon, lat))
    assert np.abs(back_lat - lat).max() < 1e-12
    assert np.abs((back_lon - lon)[:4] % 360.0).max() < 1e-12


def test_one_pair_has_the_same_bits_alone_and_among_many() -> None:
    rng = np.random.default_rng(3)
    points = geocentric(rng.uniform(-180, 180, 1000), rng.uniform(-90, 90, 1000))
    to = geocentric(rng.uniform(-180, 180, 1000), rng.uniform(-90, 90, 1000))
    near = points + 0.0
    near[:500] = to[:500]
    all_at_once = geodesic_length(points, to)
    for n in (1, 2, 3, 7, 8, 13):
        alone = np.concatenate(
            [geodesic_length(points[i : i + n], to[i : i + n]) for i in range(0, 1000, n)]
        )
        assert np.array_equal(alone, all_at_once)
