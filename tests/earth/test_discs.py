"""Area and edge of discs, against pyproj.Geod; seams and poles included."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from oracles import GEOD

from standort.earth import true_area
from standort.earth.geodesy import AUTHALIC_RADIUS
from standort.earth.raster.discs import authalic_sine, close_ring, disc_around
from standort.errors import OptionError

POSITIONS = [
    (6.08, 50.78),
    (179.99, 10.0),
    (-180.0, -45.0),
    (0.0, 0.0),
    (12.0, 89.9),
    (0.0, 90.0),
    (30.0, -90.0),
    (12.0, 89.776),  # its ring of 25 km passes the pole by
]


def geodesic_disc_area(lon: float, lat: float, radius: float) -> float:
    """Extrapolate the area of geodesic polygons of 4,000 and 8,000 corners."""
    areas = []
    for n in (4_000, 8_000):
        azimuth = np.arange(n) * 360.0 / n
        x, y, _ = GEOD.fwd(np.full(n, lon), np.full(n, lat), azimuth, np.full(n, radius))
        areas.append(abs(GEOD.polygon_area_perimeter(x, y)[0]))
    return float(areas[1] + (areas[1] - areas[0]) / 3.0)


@pytest.mark.parametrize("radius", [500.0, 25_000.0, 100_000.0, 1_000_000.0])
@pytest.mark.parametrize("position", POSITIONS)
def test_area_is_that_of_the_geodesic_disc(position: tuple[float, float], radius: float) -> None:
    expected = geodesic_disc_area(*position, radius)
    assert disc_around(*position, radius).area == pytest.approx(expected, rel=1e-6)


def test_area_of_25_km_is_that_of_the_spherical_cap() -> None:
    cap = 2.0 * np.pi * AUTHALIC_RADIUS**2 * (1.0 - np.cos(25_000.0 / AUTHALIC_RADIUS))
    assert cap / 1e6 == pytest.approx(1963.49, abs=0.005)
    assert disc_around(6.0, 50.0, 25_000.0).area == pytest.approx(cap, rel=1e-7)


@pytest.mark.parametrize("position", POSITIONS)
def test_edge_is_within_a_metre_of_the_circle(position: tuple[float, float]) -> None:
    disc = disc_around(*position, 100_000.0)
    n = len(disc.lon)
    away = GEOD.inv(np.full(n, position[0]), np.full(n, position[1]), disc.lon, disc.lat)[2]
    np.testing.assert_allclose(away, 100_000.0, atol=1.0)


@pytest.mark.parametrize("radius", [0.0, -1.0, np.nan, np.inf, 5_000_001.0])
def test_a_radius_out_of_range_raises(radius: float) -> None:
    with pytest.raises(OptionError, match="5,000 km"):
        disc_around(0.0, 0.0, radius)


@given(lon=st.floats(-180, 180), lat=st.floats(-89.0, 89.0), turn=st.floats(-360, 360))
def test_area_does_not_depend_on_the_longitude(lon: float, lat: float, turn: float) -> None:
    moved = (lon + turn + 180.0) % 360.0 - 180.0
    assert disc_around(moved, lat, 3e4).area == pytest.approx(
        disc_around(lon, lat, 3e4).area, rel=1e-9
    )


@given(lat=st.floats(0.0, 90.0))
def test_area_is_the_same_north_and_south(lat: float) -> None:
    north, south = disc_around(7.0, lat, 3e4).area, disc_around(7.0, -lat, 3e4).area
    assert north == pytest.approx(south, rel=1e-9)


@pytest.mark.parametrize("south", [-90.0, -30.0, 0.0, 51.0, 89.0])
def test_authalic_sine_gives_the_area_between_parallels(south: float) -> None:
    lon = np.linspace(0.0, 1.0, 2_001)
    ring = [*zip(lon, np.full(2_001, south), strict=True)]
    ring += [*zip(lon[::-1], np.full(2_001, south + 1.0), strict=True)]
    band = authalic_sine(np.array([south, south + 1.0]))
    area = AUTHALIC_RADIUS**2 * np.radians(1.0) * np.diff(band)
    # a box of the parallels themselves, which many short geodesics come close to
    np.testing.assert_allclose(area, true_area(np.array([shapely.Polygon(ring)])), rtol=1e-7)


def test_the_octant_is_an_eighth_of_the_earth() -> None:
    area = AUTHALIC_RADIUS**2 * np.pi / 2.0 * np.diff(authalic_sine(np.array([0.0, 90.0])))
    np.testing.assert_allclose(area / 1e6, 63_758_202.716, rtol=1e-9)


def test_a_ring_across_the_antimeridian_continues_beyond_180_degrees() -> None:
    lon, _ = close_ring(np.array([179.5, -179.5, -179.5, 179.5]), np.array([0.0, 0, 1, 1]))
    np.testing.assert_array_equal(lon, [179.5, 180.5, 180.5, 179.5, 179.5])


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_ring_around_a_pole_is_closed_along_it(pole: float) -> None:
    lon = np.linspace(0.0, 315.0, 8)
    x, y = close_ring(lon, np.full(8, 0.99 * pole))
    assert np.ptp(x) == 360.0
    assert (y == pole).sum() == 2
