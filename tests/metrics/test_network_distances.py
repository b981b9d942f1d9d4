"""Distances along networks: closed forms, networkx, estimates, pairs and wrong inputs."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from network_oracle import REGIONS, as_network, random_edges, read_twice, region_nodes
from oracles import GEOD

from standort.clusters import NeighbourGraph, dbscan
from standort.earth import Routing, find_access
from standort.earth.network import routing
from standort.errors import OptionError, StandortWarning
from standort.layers.networks import network_from_lines
from standort.metrics import network_distance, network_pairs

if TYPE_CHECKING:
    from pathlib import Path


DEGREE = 111.319490793  # km of longitude at the equator


def north(degrees: float) -> float:
    """Length of a piece of meridian from the equator [km]."""
    return float(GEOD.inv(0.0, 0.0, 0.0, degrees)[2]) / 1e3


def sites(*points: tuple[float, float], ids: list[str] | None = None) -> gpd.GeoDataFrame:
    """Points in degrees."""
    index = None if ids is None else pd.Index(ids, name="site_id")
    return gpd.GeoDataFrame(geometry=list(shapely.points(points)), crs=4326, index=index)


def features(*texts: str) -> gpd.GeoDataFrame:
    """Geometries in degrees, ids a, b, c ..."""
    ids = [chr(ord("a") + i) for i in range(len(texts))]
    return gpd.GeoDataFrame({"feature_id": ids}, geometry=shapely.from_wkt(texts), crs=4326)


def roads(*texts: str) -> gpd.GeoDataFrame:
    """Return lines given by their vertices."""
    made = shapely.from_wkt([f"LINESTRING ({text})" for text in texts])
    return gpd.GeoDataFrame(geometry=made, crs=4326)


EQUATOR = roads("0 0, 1 0", "1 0, 2 0", "2 0, 3 0")


def test_both_snap_distances_are_part_of_the_route() -> None:
    result = network_distance(sites((0.5, 0.01)), features("POINT (2.5 -0.02)"), EQUATOR).iloc[0]
    assert result["snap_km"] == pytest.approx(north(0.01), abs=1e-6)
    assert result["feature_snap_km"] == pytest.approx(north(0.02), abs=1e-6)
    assert result["network_km"] == pytest.approx(2 * DEGREE + north(0.01) + north(0.02), abs=1e-6)
    assert result["geodesic_km"] == pytest.approx(
        GEOD.inv(0.5, 0.01, 2.5, -0.02)[2] / 1e3, abs=1e-9
    )
    assert result["detour"] == pytest.approx(result["network_km"] / result["geodesic_km"])
    assert (result["feature_id"], result["status"], result["is_estimate"]) == (
        "a",
        "reached",
        False,
    )


def test_the_feature_nearest_by_road_need_not_be_the_nearest_one() -> None:
    across = roads("0 0, 5 0", "5 0, 5 1", "5 1, 0 1")
    ports = features("POINT (0 0.9999)", "POINT (1.5 0)")
    result = network_distance(sites((0, 0)), ports, across).iloc[0]
    assert result["feature_id"] == "b"
    assert result["geodesic_km"] == pytest.approx(1.5 * DEGREE, abs=1e-6)


def test_the_snap_limit_holds_for_sites_inclusively() -> None:
    limit = north(0.01)
    point = sites((0.5, 0.01))
    port = features("POINT (2 0)")
    assert network_distance(point, port, EQUATOR, snap_km=limit)["status"][0] == "reached"
    beyond = network_distance(point, port, EQUATOR, snap_km=limit - 1e-6).iloc[0]
    assert (beyond["status"], beyond["feature_id"]) == ("not_snapped", None)
    assert np.isinf(beyond["network_km"])
    assert np.isinf(beyond["detour"])
    assert beyond["snap_km"] == pytest.approx(limit, abs=1e-6)  # says how far it is


def test_a_feature_off_the_network_is_never_reached_and_is_reported() -> None:
    ports = features("POINT (2 0.2)", "POINT (3 0)")
    with pytest.warns(StandortWarning, match=r"1 of 2 features are farther than 5 km .*: 'a'"):
        result = network_distance(sites((1.9, 0)), ports, EQUATOR).iloc[0]
    assert result["feature_id"] == "b"


def test_without_any_feature_on_the_network_all_sites_are_unreachable() -> None:
    with pytest.warns(StandortWarning, match="1 of 1 features"):
        result = network_distance(sites((1, 0)), features("POINT (1 40)"), EQUATOR).iloc[0]
    assert (result["status"], result["network_km"]) == ("unreachable", np.inf)
    assert result["geodesic_km"] == pytest.approx(GEOD.inv(1, 0, 1, 40)[2] / 1e3, abs=1e-3)


def test_another_component_is_unreachable_not_far() -> None:
    island = roads("0 0, 1 0", "0 1, 1 1")
    result = network_distance(sites((0.5, 1)), features("POINT (0.5 0)"), island).iloc[0]
    assert (result["status"], result["network_km"]) == ("unreachable", np.inf)
    assert result["snap_km"] < 1.0


def test_the_fallback_is_a_detour_times_the_geodesic_and_is_marked() -> None:
    island = roads("0 0, 1 0", "0 1, 1 1")
    points = sites((0.5, 1), (0.25, 0), (0.5, 3))
    port = features("POINT (0.5 0)")
    result = network_distance(points, port, island, fallback_detour=1.3)
    assert result["is_estimate"].tolist() == [True, False, True]
    assert result["status"].tolist() == ["unreachable", "reached", "not_snapped"]
    assert result["feature_id"].tolist() == ["a", "a", "a"]
    estimate = result.loc[result["is_estimate"]]
    np.testing.assert_allclose(estimate["network_km"], 1.3 * estimate["geodesic_km"])
    assert result["network_km"][1] == pytest.approx(0.25 * DEGREE, abs=1e-6)


def test_a_site_at_or_in_a_feature_has_arrived() -> None:
    points = sites((0.5, 0.02), (2.5, 0.02))
    targets = features("POINT (0.5 0.02)", "POLYGON ((2 0.01, 3 0.01, 3 0.5, 2 0.5, 2 0.01))")
    result = network_distance(points, targets, EQUATOR)
    assert result["network_km"].tolist() == [0.0, 0.0]
    assert result["feature_id"].tolist() == ["a", "b"]
    assert result["detour"].isna().all()


def test_a_line_is_reached_wherever_the_network_meets_it() -> None:
    pipe = features("LINESTRING (0.2 -1, 0.2 1, 2.8 1, 2.8 -1)")
    result = network_distance(sites((0.5, 0), (2.0, 0)), pipe, EQUATOR)
    np.testing.assert_allclose(result["network_km"], [0.3 * DEGREE, 0.8 * DEGREE], atol=1e-3)
    assert result["feature_snap_km"].tolist() == [0.0, 0.0]


def test_a_line_the_network_does_not_meet_is_reached_at_its_nearest_point() -> None:
    pipe = features("LINESTRING (1 1, 2 0.03, 3 1)")
    result = network_distance(sites((0, 0)), pipe, EQUATOR).iloc[0]
    assert result["feature_snap_km"] == pytest.approx(north(0.03), abs=1e-3)
    assert result["network_km"] == pytest.approx(2 * DEGREE + north(0.03), abs=1e-3)


def test_a_bend_of_the_network_may_be_nearest_to_a_line() -> None:
    bent = roads("0 0, 1 0.03, 2 0")
    pipe = features("LINESTRING (0 0.06, 2 0.06)")
    result = network_distance(sites((0, 0)), pipe, bent).iloc[0]
    assert result["feature_snap_km"] == pytest.approx(north(0.03), abs=0.02)
    assert result["network_km"] == pytest.approx(
        GEOD.inv(0, 0, 1, 0.03)[2] / 1e3 + north(0.03), abs=0.02
    )


def test_a_polygon_is_reached_at_its_edge_from_outside() -> None:
    port = features("POLYGON ((1.5 -1, 2.5 -1, 2.5 1, 1.5 1, 1.5 -1))")
    result = network_distance(sites((1.0, 0), (2.0, 3.0)), port, EQUATOR)
    assert result["network_km"][0] == pytest.approx(0.5 * DEGREE, abs=1e-3)
    assert result["status"][1] == "not_snapped"


def test_a_site_that_joins_inside_a_polygon_only_goes_as_far_as_the_network() -> None:
    inner = roads("1 0, 2 0")
    estate = features("POLYGON ((0 -0.01, 3 -0.01, 3 0.01, 0 0.01, 0 -0.01))")
    result = network_distance(sites((1.5, 0.03)), estate, inner).iloc[0]
    assert result["network_km"] == pytest.approx(north(0.03), abs=1e-3)
    assert result["status"] == "reached"


def test_a_line_over_the_antimeridian_is_met_there() -> None:
    ring = roads("179 0, -179 0")
    pipe = features("LINESTRING (-179.5 -1, -179.5 1)")
    result = network_distance(sites((179.5, 0)), pipe, ring).iloc[0]
    assert result["network_km"] == pytest.approx(DEGREE, abs=1e-3)


def test_a_site_is_not_its_own_nearest_feature() -> None:
    rng = np.random.default_rng(2)
    along = np.sort(rng.uniform(0.0, 3.0, 21))
    firms = sites(*[(lon, 0.0) for lon in along], ids=[f"f{i:02d}" for i in range(21)])
    result = network_distance(firms, firms, EQUATOR)
    gap = np.diff(along)
    expected = np.minimum(np.append(np.inf, gap), np.append(gap, np.inf)) * DEGREE
    np.testing.assert_allclose(result["network_km"], expected, atol=1e-5)
    assert (result["feature_id"] != result.index).all()


def test_own_features_are_skipped_where_some_do_not_join() -> None:
    firms = sites((0.5, 0), (1.0, 0), (2.0, 0), (0.6, 1.0), ids=["a", "b", "c", "z"])
    with pytest.warns(StandortWarning, match="1 of 4 features"):
        result = network_distance(firms.iloc[[0, 2, 3]], firms, EQUATOR)
    assert result["feature_id"].tolist() == ["b", "b", None]


def test_one_way_streets_are_followed_by_default() -> None:
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for number, point in enumerate([(0.0, 0.0), (1.0, 0.0), (0.5, 0.5)]):
        graph.add_node(number, x=point[0], y=point[1])
    graph.add_edges_from([(0, 1), (1, 2), (2, 0)])
    point, port = sites((1, 0)), features("POINT (0 0)")
    leg = GEOD.inv(0, 0, 0.5, 0.5)[2] / 1e3
    along = network_distance(point, port, graph)["network_km"][0]
    assert along == pytest.approx(2 * leg, abs=1e-6)
    both = network_distance(point, port, graph, directed=False)["network_km"][0]
    assert both == pytest.approx(DEGREE, abs=1e-6)


@pytest.mark.parametrize("region", REGIONS)
def test_a_route_is_never_shorter_than_the_geodesic(region: str) -> None:
    rng = np.random.default_rng(11)
    nodes = region_nodes(rng, region, 12)
    ends = [rng.choice(12, 2, replace=False) for _ in range(18)]
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString(nodes[e]) for e in ends], crs=4326)
    with pytest.warns(StandortWarning, match="cross or touch"):
        network = network_from_lines(lines)
    points = gpd.GeoDataFrame(
        geometry=shapely.points(np.vstack([region_nodes(rng, region, 30), nodes])), crs=4326
    )
    ports = gpd.GeoDataFrame(
        geometry=shapely.points(np.vstack([region_nodes(rng, region, 5), nodes[:4]])), crs=4326
    )
    result = network_distance(points, ports, network, snap_km=np.inf)
    assert (result["network_km"] >= result["geodesic_km"]).all()
    assert (result["detour"].dropna() >= 1.0).all()


def test_a_straight_road_of_3000_km_has_no_detour() -> None:
    points = GEOD.npts(5.0, 50.0, 40.0, 60.0, 999, initial_idx=0, terminus_idx=0)
    track = roads(", ".join(f"{lon!r} {lat!r}" for lon, lat in points))
    result = network_distance(sites((5.0, 50.0)), features("POINT (40 60)"), track).iloc[0]
    assert result["network_km"] - result["geodesic_km"] == pytest.approx(0.0, abs=1e-9)


def bits(table: pd.DataFrame) -> dict[str, Any]:
    """Return the columns as bytes and lists, for exact comparison."""
    return {
        str(name): column.to_numpy().tobytes() if column.dtype == float else column.tolist()
        for name, column in table.items()
    }


@pytest.fixture
def town() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return sites, features of all kinds and roads, on a lattice with many ties."""
    rows = [f"0 {y}, 1 {y}, 2 {y}" for y in (0, 1, 2)]
    columns = [f"{x} 0, {x} 1, {x} 2" for x in (0, 1, 2)]
    network = gpd.GeoDataFrame(
        geometry=shapely.from_wkt([f"LINESTRING ({t})" for t in rows + columns]), crs=4326
    )
    network = gpd.GeoDataFrame(
        geometry=gpd.GeoSeries(network_from_lines(network, noding="vertices").lines), crs=4326
    )
    points = sites(*[(x / 4, y / 4) for x in range(9) for y in range(9)])
    points.index = pd.Index([f"s{i}" for i in range(81)], name="site_id")
    targets = features(
        "POINT (0 0)", "POINT (2 2)", "POINT (0 2)", "LINESTRING (1.8 0.2, 1.8 0.8, 1.2 0.8)",
        "POLYGON ((0.3 1.3, 0.6 1.3, 0.6 1.6, 0.3 1.3))", "POINT (2 0)", "POINT (2 2)",
    )  # fmt: skip
    return points, targets, network


def test_row_order_of_all_three_inputs_changes_nothing(
    town: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    points, targets, network = town
    plain = network_distance(points, targets, network, snap_km=40.0)
    mixed = network_distance(
        points.sample(frac=1.0, random_state=1),
        targets.sample(frac=1.0, random_state=2),
        network.sample(frac=1.0, random_state=3),
        snap_km=40.0,
    )
    assert bits(plain) == bits(mixed.loc[plain.index])


def test_a_subset_of_sites_has_the_same_rows_to_the_bit_and_inputs_stay_as_they_were(
    town: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    points, targets, network = town
    before = [frame.copy() for frame in town]
    whole = network_distance(points, targets, network, snap_km=40.0)
    for some in (points.iloc[[5]], points.iloc[10:30]):
        part = network_distance(some, targets, network, snap_km=40.0)
        assert bits(part) == bits(whole.loc[some.index])
    for frame, copy in zip(town, before, strict=True):
        assert_geodataframe_equal(frame, copy)


@pytest.mark.parametrize(
    "options",
    [
        {"snap_km": 0.0},
        {"snap_km": -1.0},
        {"snap_km": float("nan")},
        {"fallback_detour": 0.9},
        {"fallback_detour": float("nan")},
        {"directed": True},
    ],
)
def test_options_out_of_range_raise(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        network_distance(sites((0, 0)), features("POINT (1 0)"), EQUATOR, **options)


def test_no_features_leave_every_site_unreachable_and_estimate_nothing() -> None:
    none = features("POINT (0 0)").iloc[:0]
    result = network_distance(sites((0.5, 0)), none, EQUATOR, fallback_detour=1.3).iloc[0]
    assert (result["status"], result["feature_id"]) == ("unreachable", None)
    assert (result["network_km"], result["geodesic_km"]) == (np.inf, np.inf)
    assert not result["is_estimate"]


def test_no_sites_give_an_empty_table_of_the_same_columns() -> None:
    full = network_distance(sites((0, 0)), features("POINT (1 0)"), EQUATOR)
    empty = network_distance(sites((0, 0)).iloc[:0], features("POINT (1 0)"), EQUATOR)
    assert list(empty.columns) == list(full.columns)
    assert len(empty) == 0


@pytest.mark.filterwarnings("ignore:.*cross or touch.*:standort.errors.StandortWarning")
def test_on_the_real_roads_of_liege_routes_equal_those_of_networkx(real_data: Path) -> None:
    path = real_data / "real" / "osm_liege_aachen" / "liege_1656_original.parquet"
    network, graph = read_twice(path)
    rng = np.random.default_rng(0)
    ends = sorted(graph.nodes)
    points = [ends[i] for i in rng.choice(len(ends), 200, replace=False)]
    ports = [ends[i] for i in rng.choice(len(ends), 6, replace=False)]
    targets = gpd.GeoDataFrame(geometry=shapely.points(ports), crs=4326)
    result = network_distance(sites(*points), targets, network)
    reach = nx.multi_source_dijkstra_path_length(graph, set(ports))
    expected = np.array([reach[point] for point in points])
    np.testing.assert_allclose(result["network_km"], expected, atol=1e-6)
    assert (result["status"] == "reached").all()


def works(*points: tuple[float, float]) -> gpd.GeoDataFrame:
    ids = [f"works {number}" for number in range(len(points))]
    return gpd.GeoDataFrame({"site_id": ids}, geometry=list(shapely.points(points)), crs=4326)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("one_way", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_a_pair_is_as_far_apart_as_the_route_to_one_of_them(
    region: str, one_way: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    nodes = region_nodes(rng, region, 12)
    network = as_network(nodes, random_edges(rng, nodes, 14, one_way=one_way))
    points = region_nodes(rng, region, 8)
    sites = works(*map(tuple, [*points, points[0]]))  # the last coincides with the first
    reach = 400.0
    result = network_pairs(sites, network, reach_km=reach, snap_km=50)
    lengths = {(a, b): km for a, b, km in result.iloc[:, :3].itertuples(index=False)}
    for i, j in combinations(range(len(sites)), 2):
        alone = sites.iloc[[j]].rename(columns={"site_id": "feature_id"})
        expected = network_distance(
            sites.iloc[[i]], alone, network, snap_km=50, directed=False
        ).iloc[0]
        if i == 0 and j == len(sites) - 1:  # there is no way off the network to itself
            continue
        pair = (f"works {i}", f"works {j}")
        if expected["network_km"] > reach:
            assert pair not in lengths
        else:
            assert lengths[pair] == pytest.approx(expected["network_km"], abs=1e-6)


def test_an_estuary_separates_what_is_near_across_it() -> None:
    banks = works((0.0, 0.0), (0.02, 0.0), (0.0, 0.03), (0.02, 0.03))
    bridge_far_inland = roads("0 0, 0.5 0, 0.5 0.03, 0 0.03")
    pairs = network_pairs(banks, bridge_far_inland, reach_km=10)
    assert pairs[["from_id", "to_id"]].to_numpy().tolist() == [
        ["works 0", "works 1"],
        ["works 2", "works 3"],
    ]
    assert pairs["distance_km"].tolist() == pytest.approx(
        [0.02 * DEGREE, 0.02 * DEGREE * np.cos(np.radians(0.03))], rel=1e-5
    )
    assert (pairs["geodesic_km"] <= pairs["distance_km"]).all()
    graph = NeighbourGraph.of_pairs(pairs, ids=banks["site_id"], reach_km=10)
    straight = dbscan(banks, eps_km=4, min_samples=2)["cluster"]
    along = dbscan(banks, eps_km=4, min_samples=2, graph=graph)["cluster"]
    assert straight.tolist() == [0, 0, 0, 0]
    assert along.tolist() == [0, 0, 1, 1]


def test_the_reach_is_inclusive_and_snapping_counts() -> None:
    lat = 0.01
    both = works((0.1, lat), (0.4, -lat))
    far = network_pairs(both, roads("0 0, 1 0"), reach_km=100)["distance_km"].iloc[0]
    assert far == pytest.approx(0.3 * DEGREE + 2 * 1.1057427, abs=1e-4)
    assert len(network_pairs(both, roads("0 0, 1 0"), reach_km=far)) == 1
    assert len(network_pairs(both, roads("0 0, 1 0"), reach_km=far - 1e-5)) == 0


def test_sites_without_a_road_are_named_and_in_no_pair() -> None:
    some = works((0.1, 0.0), (0.2, 0.0), (0.2, 1.0))
    with pytest.warns(StandortWarning, match=r"1 of 3 sites are farther than 5 km.*'works 2'"):
        result = network_pairs(some, roads("0 0, 1 0"), reach_km=1_000)
    assert len(result) == 1


def test_without_a_pair_the_table_has_its_columns() -> None:
    result = network_pairs(works((0.1, 0.0)), roads("0 0, 1 0"), reach_km=10)
    assert list(result.columns) == ["from_id", "to_id", "distance_km", "geodesic_km"]
    assert result.empty


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    nodes = region_nodes(rng, "arctic", 20)
    network = as_network(nodes, random_edges(rng, nodes, 30, one_way=0.3))
    points = shapely.points(region_nodes(rng, "arctic", 15))
    access, _ = find_access(network, points, max_distance=1e6)
    whole = Routing(network, access).pairs(1e6)
    monkeypatch.setattr(routing, "_CELLS", 1)
    for one, other in zip(whole, Routing(network, access).pairs(1e6), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.filterwarnings("ignore:.*cross or touch.*:standort.errors.StandortWarning")
def test_on_the_real_roads_of_liege_pairs_equal_those_of_networkx(real_data: Path) -> None:
    path = real_data / "real" / "osm_liege_aachen" / "liege_1656_original.parquet"
    network, graph = read_twice(path)
    ends = sorted(graph.nodes)
    chosen = np.random.default_rng(1).choice(len(ends), 60, replace=False)
    points = [ends[i] for i in chosen]
    result = network_pairs(works(*points), network, reach_km=3)
    lengths = {(a, b): km for a, b, km in result.iloc[:, :3].itertuples(index=False)}
    expected: dict[tuple[str, str], float] = {}
    for i, point in enumerate(points):
        reach = nx.single_source_dijkstra_path_length(graph, point, cutoff=3)
        expected |= {
            (f"works {i}", f"works {j}"): reach[other]
            for j, other in enumerate(points)
            if other in reach and i < j
        }
    in_order = {tuple(sorted(pair)): km for pair, km in expected.items()}
    assert len(in_order) > 20
    assert lengths.keys() == in_order.keys()
    for pair, km in lengths.items():
        assert km == pytest.approx(in_order[pair], abs=1e-6)
