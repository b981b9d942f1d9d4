"""Hulls: valid, round their members, in one piece on the globe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from clouds import dense_cloud, seam_cloud
from clusters.places import along_equator, plants
from oracles import GEOD

from standort.clusters import cluster_hulls, dbscan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        pytest.param([4.0, 4.01], [52.0, 52.0], id="a pair"),
        pytest.param([4.0] * 3, [52.0] * 3, id="coincident"),
        pytest.param(np.arange(12) * 0.08, np.zeros(12), id="a straight line"),
        pytest.param([4.0, 4.1, 4.1, 4.0, 4.05], [52.0, 52.0, 52.1, 52.1, 52.05], id="a square"),
        pytest.param(np.arange(12) * 30.0 - 180.0, [89.95] * 12, id="round the pole"),
        pytest.param(np.arange(12) * 30.0 - 180.0, [-89.95] * 12, id="round the south pole"),
        pytest.param(
            [179.95, -179.95, 180.0, -180.0], [0.0, 0.05, 0.1, 0.0], id="the antimeridian"
        ),
        pytest.param([179.99, 179.995], [70.0, 70.0], id="only its margin crosses"),
    ],
)
def test_hull_is_valid_and_holds_its_members(lon: list[float], lat: list[float]) -> None:
    sites = plants(lon, lat)
    hull = cluster_hulls(sites, dbscan(sites, min_samples=2)).geometry.iloc[0]
    assert hull.is_valid
    assert hull.geom_type in {"Polygon", "MultiPolygon"}
    assert all(hull.intersects(place) for place in sites.geometry)
    west, south, east, north = hull.bounds
    assert -180 <= west <= east <= 180
    assert -90 <= south <= north <= 90


@pytest.mark.parametrize("cloud", [dense_cloud, seam_cloud])
def test_hulls_of_clouds(cloud: object) -> None:
    assert callable(cloud)
    sites = plants(*cloud(np.random.default_rng(2), 120), ids=range(120))
    found = dbscan(sites, eps_km=1.5 if cloud is dense_cloud else 120.0, min_samples=3)
    hulls = cluster_hulls(sites, found)
    assert hulls.crs == "EPSG:4326"
    assert len(hulls) == found["cluster"].max() + 1
    assert hulls.geometry.is_valid.all()
    for cluster, hull in hulls.geometry.items():
        assert sites[found["cluster"] == cluster].intersects(hull).all()


def test_margin_of_two_kilometres_round_a_pair() -> None:
    """A pair d apart lies in a capsule of 4 d + 4 pi [km2], less what the corners cut off."""
    sites = along_equator(0.0, 5.0)
    hull = cluster_hulls(sites, dbscan(sites, min_samples=2)).geometry.iloc[0]
    area, _ = GEOD.geometry_area_perimeter(shapely.orient_polygons(hull))
    assert abs(area) / 1e6 == pytest.approx(4 * 5 + 4 * np.pi, rel=0.02)


def test_hull_is_split_at_the_antimeridian() -> None:
    sites = plants([179.95, -179.95, 180.0], [0.0, 0.0, 0.05])
    hull = cluster_hulls(sites, dbscan(sites, min_samples=3)).geometry.iloc[0]
    assert hull.geom_type == "MultiPolygon"
    halves = sorted((part.bounds[0], part.bounds[2]) for part in hull.geoms)
    assert halves[0][0] == -180.0
    assert halves[-1][1] == 180.0
    assert all(east - west < 1.0 for west, east in halves)


def test_hull_of_a_long_straight_chain_holds_its_middle() -> None:
    """500 km along a great circle at 60 degrees north, 8 km off the parallel in the middle."""
    lon, lat, _ = GEOD.fwd(
        np.full(57, 10.0), np.full(57, 60.0), np.full(57, 90.0), np.arange(57) * 9_000.0
    )
    sites = plants(lon, lat)
    hull = cluster_hulls(sites, dbscan(sites, min_samples=3)).geometry.iloc[0]
    assert sites.within(hull).all()


def test_hulls_do_not_depend_on_row_order() -> None:
    sites = plants(*dense_cloud(np.random.default_rng(6), 60), ids=range(60))
    found = dbscan(sites, eps_km=2.0, min_samples=3)
    order = np.random.default_rng(7).permutation(60)
    again = cluster_hulls(sites.iloc[order], found.iloc[order])
    assert (
        again.geometry.to_wkb().tolist() == cluster_hulls(sites, found).geometry.to_wkb().tolist()
    )


def test_no_cluster_no_hull() -> None:
    sites = along_equator(0, 50)
    hulls = cluster_hulls(sites, dbscan(sites))
    assert len(hulls) == 0
    assert hulls.crs == "EPSG:4326"
