"""What must not change the way along a network, whatever the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from standort.layers.networks import network_from_lines
from standort.metrics import network_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

pytestmark = pytest.mark.filterwarnings("ignore::standort.errors.StandortWarning")

SNAP_KM = 30.0


@st.composite
def towns(draw: st.DrawFn) -> tuple[Floats, list[Floats], Floats]:
    """Sites, bent roads and features on a grid of 0.1 degrees: ties and common ends abound."""
    place = st.tuples(st.integers(-6, 6), st.integers(-6, 6))
    sites = draw(st.lists(place, min_size=1, max_size=6))
    ports = draw(st.lists(place, min_size=1, max_size=4))
    courses = draw(
        st.lists(st.lists(place, min_size=2, max_size=4, unique=True), min_size=1, max_size=8)
    )
    return (
        np.array(sites) / 10 + [0.0317, 0.0213],
        [np.array(course) / 10 for course in courses],
        np.array(ports) / 10 + [0.0111, 0.0071],
    )


def points(lonlat: Floats) -> gpd.GeoDataFrame:
    """Points in degrees, longitudes beyond 180 brought back."""
    lon = (lonlat[:, 0] + 180.0) % 360.0 - 180.0
    return gpd.GeoDataFrame(geometry=shapely.points(lon, lonlat[:, 1]), crs=4326)


def lines(courses: list[Floats]) -> gpd.GeoDataFrame:
    """Lines in degrees, longitudes beyond 180 brought back."""
    made = []
    for course in courses:
        lon = (course[:, 0] + 180.0) % 360.0 - 180.0
        made.append(shapely.LineString(np.column_stack([lon, course[:, 1]])))
    return gpd.GeoDataFrame(geometry=made, crs=4326)


def ways(sites: Floats, courses: list[Floats], ports: Floats, **options: Any) -> pd.DataFrame:  # noqa: ANN401 - options of the metric
    """Measure, joined at vertices, where lines that only cross stay apart."""
    network = network_from_lines(lines(courses), noding="vertices")
    return network_distance(points(sites), points(ports), network, snap_km=SNAP_KM, **options)


@given(towns())
def test_the_way_is_never_shorter_than_the_geodesic(
    town: tuple[Floats, list[Floats], Floats],
) -> None:
    actual = ways(*town)
    assert (actual["network_km"] >= actual["geodesic_km"]).all()


@given(towns(), st.sampled_from([90.0, 180.0, -120.0]))
def test_turning_the_globe_changes_no_way(
    town: tuple[Floats, list[Floats], Floats], turn: float
) -> None:
    sites, courses, ports = town
    by = np.array([turn, 0.0])
    plain = ways(*town)
    turned = ways(sites + by, [course + by for course in courses], ports + by)
    # a tie between two edges may fall the other way, so only their distance is the same
    np.testing.assert_allclose(turned["snap_km"], plain["snap_km"], atol=1e-6)


@given(towns())
def test_a_line_cut_at_its_vertices_is_the_same_network(
    town: tuple[Floats, list[Floats], Floats],
) -> None:
    sites, courses, ports = town
    pieces = [course[i : i + 2] for course in courses for i in range(len(course) - 1)]
    whole, cut = ways(*town), ways(sites, pieces, ports)
    assert (whole["status"] == cut["status"]).all()
    np.testing.assert_allclose(cut["network_km"], whole["network_km"], atol=1e-6)


@given(towns())
def test_another_feature_never_makes_the_way_longer(
    town: tuple[Floats, list[Floats], Floats],
) -> None:
    sites, courses, ports = town
    fewer = ways(sites, courses, ports[:1])["network_km"]
    assert (ways(*town)["network_km"] <= fewer + 1e-9).all()


@given(towns())
def test_a_feature_given_twice_changes_nothing(town: tuple[Floats, list[Floats], Floats]) -> None:
    sites, courses, ports = town
    twice = ways(sites, courses, np.vstack([ports, ports]))
    pd.testing.assert_frame_equal(twice, ways(*town))


@given(towns())
def test_one_way_streets_never_make_the_way_shorter(
    town: tuple[Floats, list[Floats], Floats],
) -> None:
    import dataclasses

    sites, courses, ports = town
    both = network_from_lines(lines(courses), noding="vertices")
    one_way = dataclasses.replace(both, backward=np.arange(len(both)) % 3 > 0)
    places, targets = points(sites), points(ports)
    free = network_distance(places, targets, both, snap_km=SNAP_KM)
    bound = network_distance(places, targets, one_way, snap_km=SNAP_KM)
    assert (bound["network_km"] >= free["network_km"] - 1e-9).all()
    again = network_distance(places, targets, one_way, directed=False, snap_km=SNAP_KM)
    pd.testing.assert_frame_equal(again, free)
