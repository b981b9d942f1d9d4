"""Hulls, diameters and elongations of clusters."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from clouds import CLOUDS, dense_cloud, seam_cloud
from clusters.plant_layers import along_equator, plants
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import GEOD, geodesic_matrix

from standort.clusters import cluster_hulls, dbscan, describe_groups
from standort.clusters.extent import diameters, elongations, spread
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    import geopandas as gpd
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
    assert all(hull.intersects(point) for point in sites.geometry)
    west, south, east, north = hull.bounds
    assert -180 <= west <= east <= 180
    assert -90 <= south <= north <= 90


@pytest.mark.parametrize("cloud", [dense_cloud, seam_cloud])
def test_hulls_of_clouds(cloud: object) -> None:
    assert callable(cloud)
    sites = plants(*cloud(np.random.default_rng(2), 120), ids=range(120))
    result = dbscan(sites, eps_km=1.5 if cloud is dense_cloud else 120.0, min_samples=3)
    hulls = cluster_hulls(sites, result)
    assert hulls.crs == "EPSG:4326"
    assert len(hulls) == result["cluster"].max() + 1
    assert hulls.geometry.is_valid.all()
    for cluster, hull in hulls.geometry.items():
        assert sites[result["cluster"] == cluster].intersects(hull).all()


def test_margin_of_two_kilometres_around_a_pair() -> None:
    """The hull of a pair d apart is a capsule of 4 d + 4 pi [km2], less its cut corners."""
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
    """500 km along a great circle at 60 degrees north, 8 km from the parallel in the middle."""
    lon, lat, _ = GEOD.fwd(
        np.full(57, 10.0), np.full(57, 60.0), np.full(57, 90.0), np.arange(57) * 9_000.0
    )
    sites = plants(lon, lat)
    hull = cluster_hulls(sites, dbscan(sites, min_samples=3)).geometry.iloc[0]
    assert sites.within(hull).all()


def test_hulls_do_not_depend_on_row_order() -> None:
    sites = plants(*dense_cloud(np.random.default_rng(6), 60), ids=range(60))
    result = dbscan(sites, eps_km=2.0, min_samples=3)
    order = np.random.default_rng(7).permutation(60)
    again = cluster_hulls(sites.iloc[order], result.iloc[order])
    assert (
        again.geometry.to_wkb().tolist() == cluster_hulls(sites, result).geometry.to_wkb().tolist()
    )


def test_no_cluster_no_hull() -> None:
    sites = along_equator(0, 50)
    hulls = cluster_hulls(sites, dbscan(sites))
    assert len(hulls) == 0
    assert hulls.crs == "EPSG:4326"


@pytest.mark.parametrize("n", [1, 2, 100, 127, 128, 700])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_pruned_diameter_is_that_of_all_pairs(cloud: Any, n: int) -> None:  # noqa: ANN401
    lon, lat = cloud(np.random.default_rng(n), max(n, 6))
    cluster = np.zeros(len(lon), dtype=int)
    expected, _ = spread(lon, lat, cluster, np.ones(len(lon)))
    assert diameters(lon, lat, cluster).tolist() == expected.tolist()


def test_diameters_of_many_clusters_at_once_of_all_sizes() -> None:
    rng = np.random.default_rng(1)
    sizes = [1, 300, 2, 130, 5]
    cluster = np.repeat(np.arange(5), sizes)
    lon, lat = rng.uniform(-5, 5, 438) + 170 + cluster, rng.uniform(-5, 5, 438)
    lon = (lon + 180) % 360 - 180
    expected, _ = spread(lon, lat, cluster, np.ones(438))
    assert diameters(lon, lat, cluster).tolist() == expected.tolist()


@pytest.mark.parametrize("places", [None, 60, 1])
@pytest.mark.parametrize("seam", [0.0, 180.0])
def test_the_pairs_of_a_crowd_are_measured_in_tiles(places: int | None, seam: float) -> None:
    """Against the geodesics of all pairs; a smaller cluster beside it is measured as ever."""
    draw, n = np.random.default_rng(3), 1_100
    at = np.arange(n) if places is None else draw.integers(0, places, n)
    lon, lat = draw.normal(0.0, 0.1, (2, n))[:, at]
    lon, lat = (lon + seam + 180.0) % 360.0 - 180.0, lat + 60.0
    weight = np.round(draw.lognormal(8, 3, n), 2) * (draw.random(n) < 0.8)
    metres = geodesic_matrix(lon, lat, lon, lat)
    joint = np.triu(weight[:, np.newaxis] * weight, 1)
    pair = np.array([5.0, 6.0]), np.array([1.0, 2.0]), np.ones(2)
    both = (np.append(a, b) for a, b in zip((lon, lat, weight), pair, strict=True))
    lon, lat, weight = both
    diameter, mean = spread(lon, lat, np.repeat([0, 1], [n, 2]), weight)
    assert diameter[0] == pytest.approx(metres.max() / 1e3, rel=1e-9, abs=1e-9)
    assert mean[0] == pytest.approx((joint * metres).sum() / joint.sum() / 1e3, rel=1e-10)
    of_pair = spread(pair[0], pair[1], np.zeros(2, dtype=int), pair[2])
    assert (diameter[1], mean[1]) == (of_pair[0][0], of_pair[1][0])


def test_the_pairs_of_a_crowd_take_little_memory() -> None:
    n = 5_000
    lon, lat = np.random.default_rng(3).normal(0.0, 0.1, (2, n))
    tracemalloc.start()
    spread(lon, lat, np.zeros(n, dtype=int), np.ones(n))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6  # all pairs: 100 MB for each array


def test_a_ring_where_no_pair_is_ruled_out() -> None:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    lon, lat = np.cos(angle), np.sin(angle)
    cluster = np.zeros(400, dtype=int)
    expected, _ = spread(lon, lat, cluster, np.ones(400))
    assert diameters(lon, lat, cluster).tolist() == expected.tolist()


@pytest.mark.parametrize(("lon", "lat"), [(0.0, 0.0), (179.99, 40.0), (20.0, 89.9), (7.0, -75.0)])
@pytest.mark.parametrize("turn", [0.0, 0.4, 1.2])
def test_elongation_of_an_ellipse_of_plants(lon: float, lat: float, turn: float) -> None:
    """Axes of 4 and 1 km: 1 - 1/4, in any position and orientation."""
    from oracles import GEOD

    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    x, y = 4_000 * np.cos(angle), 1_000 * np.sin(angle)
    azimuth = np.degrees(np.arctan2(x, y) + turn)
    east, north, _ = GEOD.fwd(np.full(60, lon), np.full(60, lat), azimuth, np.hypot(x, y))
    result = elongations(np.array(east), np.array(north), np.zeros(60, dtype=int))
    assert result == pytest.approx([0.75], abs=1e-4)


def test_elongation_of_pairs_and_of_coincident_members() -> None:
    result = elongations(np.array([0, 0.1, 5, 5]), np.zeros(4), np.array([0, 0, 1, 1]))
    assert result[0] == pytest.approx(1.0)
    assert np.isnan(result[1])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(0, 8))
def test_the_range_of_the_mean_distance_holds_whatever_the_emissions(
    seed: int, n: int, n_unknown: int
) -> None:
    """Emissions of eighteen orders of magnitude, some of them none."""
    rng = np.random.default_rng(seed)
    emissions = np.where(rng.random(n) < 0.2, 0.0, rng.lognormal(0, 2, n))
    unknown = np.arange(n) < n_unknown
    lon, lat = 4.0 + rng.random(n) / 9, 52.0 + rng.random(n) / 9
    distance = geodesic_matrix(lon, lat, lon, lat)[np.triu_indices(n, 1)] / 1_000
    row = mean_distances(plants(lon, lat, co2_t_per_yr=np.where(unknown, np.nan, emissions)))
    drawn = np.tile(emissions, (2_000, 1))
    drawn[:, unknown] = 10.0 ** rng.uniform(-9, 9, (2_000, unknown.sum()))
    drawn[:, unknown] *= rng.random((2_000, unknown.sum())) > rng.random((2_000, 1))
    joint = np.stack([np.outer(w, w)[np.triu_indices(n, 1)] for w in drawn])
    joint[(drawn > 0).sum(axis=1) < 2] = 1.0  # unweighted where fewer than two emit
    means = (joint * distance).sum(axis=1) / joint.sum(axis=1)
    assert row["min"] <= row["mean"] <= row["max"]
    assert row["min"] <= means.min() + 1e-6
    assert means.max() <= row["max"] + 1e-6
    assert unknown.any() or row["min"] == row["max"]


def mean_distances(sites: gpd.GeoDataFrame) -> dict[str, float]:
    """Describe all sites as one group."""
    layer = as_emitters(sites)
    table = describe_groups(layer, np.arange(len(sites)), np.zeros(len(sites), dtype=np.intp))
    stem = "mean_pairwise_distance"
    names = {"mean": f"{stem}_km", "min": f"{stem}_min_km", "max": f"{stem}_max_km"}
    return {name: float(table[column].iloc[0]) for name, column in names.items()}


def test_the_range_of_the_mean_distance_by_hand() -> None:
    """On a line at 0, 10, 40 and 100 km; the last two of unknown emissions."""
    known = mean_distances(along_equator(0, 10, 40, 100, co2_t_per_yr=[1.0, 3.0, 2.0, 4.0]))
    assert known["min"] == known["mean"] == known["max"]
    row = mean_distances(along_equator(0, 10, 40, 100, co2_t_per_yr=[1.0, 3.0, np.nan, np.nan]))
    assert row["mean"] == pytest.approx(10.0)
    assert row["min"] == pytest.approx(10.0)  # both none
    assert row["max"] == pytest.approx((100.0 + 3 * 90.0) / 4)  # the last outweighs all others


def test_the_range_of_a_crowd_is_wide_but_holds() -> None:
    sites = plants(*dense_cloud(np.random.default_rng(3), 1_100), ids=range(1_100))
    row = mean_distances(sites.assign(co2_t_per_yr=np.append(np.full(1_099, 1e5), np.nan)))
    assert row["min"] == 0.0
    assert row["mean"] < row["max"]
