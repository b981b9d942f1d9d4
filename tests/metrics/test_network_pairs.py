"""Pairs of sites along a network: against the way to each single site, and closed forms."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from network_oracle import REGIONS, as_network, random_edges, read_twice, region_nodes

from standort.clusters import NeighbourGraph, dbscan
from standort.earth import Routing, find_access
from standort.earth.network import routing
from standort.errors import StandortWarning
from standort.metrics import network_distance, network_pairs

if TYPE_CHECKING:
    from pathlib import Path

DEGREE = 111.319490793  # km of longitude at the equator


def works(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    ids = [f"works {number}" for number in range(len(places))]
    return gpd.GeoDataFrame({"site_id": ids}, geometry=list(shapely.points(places)), crs=4326)


def roads(*texts: str) -> gpd.GeoDataFrame:
    made = shapely.from_wkt([f"LINESTRING ({text})" for text in texts])
    return gpd.GeoDataFrame(geometry=made, crs=4326)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("one_way", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_a_pair_is_as_far_apart_as_the_way_to_one_of_them(
    region: str, one_way: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    nodes = region_nodes(rng, region, 12)
    network = as_network(nodes, random_edges(rng, nodes, 14, one_way=one_way))
    places = region_nodes(rng, region, 8)
    sites = works(*map(tuple, [*places, places[0]]))  # the last stands where the first does
    reach = 400.0
    found = network_pairs(sites, network, reach_km=reach, snap_km=50)
    lengths = {(a, b): km for a, b, km in found.iloc[:, :3].itertuples(index=False)}
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
        found = network_pairs(some, roads("0 0, 1 0"), reach_km=1_000)
    assert len(found) == 1


def test_without_a_pair_the_table_has_its_columns() -> None:
    found = network_pairs(works((0.1, 0.0)), roads("0 0, 1 0"), reach_km=10)
    assert list(found.columns) == ["from_id", "to_id", "distance_km", "geodesic_km"]
    assert found.empty


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
def test_on_the_real_roads_of_liege_pairs_are_those_networkx_finds(real_data: Path) -> None:
    path = real_data / "real" / "osm_liege_aachen" / "liege_1656_original.parquet"
    network, graph = read_twice(path)
    ends = sorted(graph.nodes)
    chosen = np.random.default_rng(1).choice(len(ends), 60, replace=False)
    places = [ends[i] for i in chosen]
    found = network_pairs(works(*places), network, reach_km=3)
    lengths = {(a, b): km for a, b, km in found.iloc[:, :3].itertuples(index=False)}
    expected: dict[tuple[str, str], float] = {}
    for i, place in enumerate(places):
        reach = nx.single_source_dijkstra_path_length(graph, place, cutoff=3)
        expected |= {
            (f"works {i}", f"works {j}"): reach[other]
            for j, other in enumerate(places)
            if other in reach and i < j
        }
    in_order = {tuple(sorted(pair)): km for pair, km in expected.items()}
    assert len(in_order) > 20
    assert lengths.keys() == in_order.keys()
    for pair, km in lengths.items():
        assert km == pytest.approx(in_order[pair], abs=1e-6)
