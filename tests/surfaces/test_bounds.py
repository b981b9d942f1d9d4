"""Bounds: containment across the antimeridian and at the poles, and enclosing bounds."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import OptionError
from standort.surfaces.bounds import Bounds, enclosing_bounds, read_bounds

LON = st.floats(-180, 180)
LAT = st.floats(-89, 89)


def holds(bounds: Bounds, *positions: tuple[float, float]) -> list[bool]:
    lon, lat = np.array(positions, dtype=float).T
    return list(map(bool, bounds.holds(lon, lat)))


def test_the_edges_belong_to_the_bounds() -> None:
    bounds = read_bounds([3.1, 51.3, 5.7, 52.9])
    corners = [(3.1, 51.3), (5.7, 51.3), (5.7, 52.9), (3.1, 52.9)]
    assert all(holds(bounds, *corners))
    assert not any(holds(bounds, (3.0999, 52), (5.7001, 52), (4, 51.2999), (4, 52.9001)))


def test_west_greater_than_east_crosses_the_antimeridian() -> None:
    bounds = read_bounds([170, -20, -170, -10])
    assert (bounds.west, bounds.east, bounds.width) == (170.0, 190.0, 20.0)
    inside = [(170, -15), (180, -15), (-180, -15), (-170, -15)]
    assert all(holds(bounds, *inside))
    assert not any(holds(bounds, (169, -15), (-169, -15), (0, -15)))


@pytest.mark.parametrize("edges", [(-180, -90, 180, 90), (-180, 60, 180, 90)])
def test_bounds_of_all_longitudes_contain_every_longitude(edges: tuple[float, ...]) -> None:
    lon = np.linspace(-180, 180, 721)
    assert read_bounds(edges).holds(lon, np.full(721, 80.0)).all()


def test_positions_that_are_not_finite_are_outside() -> None:
    everywhere = read_bounds([-180, -90, 180, 90])
    assert holds(everywhere, (np.inf, np.inf), (np.nan, 0), (0, np.nan)) == [False] * 3


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        ([1, 2, 3], "four bounds, west, south, east and north, got 3"),
        ([4, 53, 5, 52], "south below north, got 53 and 52"),
        ([4, 52, 4, 53], "different west and east, both are 4"),
        ([-181, 52, 4, 53], "west within -180 and 180 degrees, got -181"),
        ([3, 52, 4, float("nan")], "north within -90 and 90 degrees, got nan"),
    ],
)
def test_invalid_bounds_raise(edges: list[float], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        read_bounds(edges)


def test_all_problems_are_raised_together() -> None:
    with pytest.raises(OptionError, match=r"3 problems(.|\n)*west(.|\n)*south(.|\n)*north"):
        read_bounds([200, -91, 4, 91])


@given(positions=st.lists(st.tuples(LON, LAT), min_size=1, max_size=8))
def test_enclosing_bounds_are_the_narrowest(
    positions: list[tuple[float, float]],
) -> None:
    lon, lat = np.array(positions).T
    bounds = enclosing_bounds(np.column_stack([lon, lat, lon, lat]))
    slack = Bounds(bounds.west - 1e-9, bounds.south, bounds.north, bounds.width + 2e-9)
    assert slack.holds(lon, lat).all()
    # from each position eastward to the last of the others: the narrowest arc is one of these
    arcs = [np.mod(lon - start, 360.0).max() for start in lon]
    assert bounds.width <= min(arcs) + 1e-9


@given(lon=LON, lat=st.floats(-90, 90), azimuth=st.floats(0, 360))
def test_a_margin_is_kept_in_every_direction(lon: float, lat: float, azimuth: float) -> None:
    bounds = enclosing_bounds(np.array([[lon, lat, lon, lat]]), margin_m=25_000.0)
    to_lon, to_lat, _ = pyproj.Geod(ellps="WGS84").fwd(lon, lat, azimuth, 25_000.0)
    assert bounds.holds(np.array([to_lon]), np.array([to_lat])).all()
