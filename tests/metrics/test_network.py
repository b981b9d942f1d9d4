"""Distance along a network: what a user sees, in closed form and against the real roads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from network_oracle import REGIONS, read_twice, region_nodes
from oracles import GEOD

from standort.errors import OptionError, StandortWarning
from standort.layers.networks.network_files import network_from_lines
from standort.metrics import measure_network_distance, network_distance

if TYPE_CHECKING:
    from pathlib import Path

DEGREE = 111.319490793  # km of longitude at the equator


def north(degrees: float) -> float:
    """Length of a piece of meridian from the equator [km]."""
    return float(GEOD.inv(0.0, 0.0, 0.0, degrees)[2]) / 1e3


def sites(*places: tuple[float, float], ids: list[str] | None = None) -> gpd.GeoDataFrame:
    """Points in degrees."""
    index = None if ids is None else pd.Index(ids, name="site_id")
    return gpd.GeoDataFrame(geometry=list(shapely.points(places)), crs=4326, index=index)


def features(*texts: str) -> gpd.GeoDataFrame:
    """Geometries in degrees, ids a, b, c ..."""
    ids = [chr(ord("a") + i) for i in range(len(texts))]
    return gpd.GeoDataFrame({"feature_id": ids}, geometry=shapely.from_wkt(texts), crs=4326)


def roads(*texts: str) -> gpd.GeoDataFrame:
    """Lines given by their vertices."""
    made = shapely.from_wkt([f"LINESTRING ({text})" for text in texts])
    return gpd.GeoDataFrame(geometry=made, crs=4326)


EQUATOR = roads("0 0, 1 0", "1 0, 2 0", "2 0, 3 0")


def test_both_snap_distances_are_part_of_the_way() -> None:
    found = network_distance(sites((0.5, 0.01)), features("POINT (2.5 -0.02)"), EQUATOR).iloc[0]
    assert found["snap_km"] == pytest.approx(north(0.01), abs=1e-6)
    assert found["feature_snap_km"] == pytest.approx(north(0.02), abs=1e-6)
    assert found["network_km"] == pytest.approx(2 * DEGREE + north(0.01) + north(0.02), abs=1e-6)
    assert found["geodesic_km"] == pytest.approx(GEOD.inv(0.5, 0.01, 2.5, -0.02)[2] / 1e3, abs=1e-9)
    assert found["detour"] == pytest.approx(found["network_km"] / found["geodesic_km"])
    assert (found["feature_id"], found["status"], found["is_estimate"]) == ("a", "reached", False)


def test_the_feature_nearest_by_road_need_not_be_the_nearest_one() -> None:
    across = roads("0 0, 5 0", "5 0, 5 1", "5 1, 0 1")
    ports = features("POINT (0 0.9999)", "POINT (1.5 0)")
    found = network_distance(sites((0, 0)), ports, across).iloc[0]
    assert found["feature_id"] == "b"
    assert found["geodesic_km"] == pytest.approx(1.5 * DEGREE, abs=1e-6)


def test_the_snap_limit_holds_for_sites_inclusively() -> None:
    limit = north(0.01)
    place = sites((0.5, 0.01))
    port = features("POINT (2 0)")
    assert network_distance(place, port, EQUATOR, snap_km=limit)["status"][0] == "reached"
    beyond = network_distance(place, port, EQUATOR, snap_km=limit - 1e-6).iloc[0]
    assert (beyond["status"], beyond["feature_id"]) == ("not_snapped", None)
    assert np.isinf(beyond["network_km"])
    assert np.isinf(beyond["detour"])
    assert beyond["snap_km"] == pytest.approx(limit, abs=1e-6)  # says how far it is


def test_a_feature_off_the_network_is_never_reached_and_is_told() -> None:
    ports = features("POINT (2 0.2)", "POINT (3 0)")
    with pytest.warns(StandortWarning, match=r"1 of 2 features are farther than 5 km .*: 'a'"):
        found = network_distance(sites((1.9, 0)), ports, EQUATOR).iloc[0]
    assert found["feature_id"] == "b"


def test_without_any_feature_on_the_network_all_sites_are_unreachable() -> None:
    with pytest.warns(StandortWarning, match="1 of 1 features"):
        found = network_distance(sites((1, 0)), features("POINT (1 40)"), EQUATOR).iloc[0]
    assert (found["status"], found["network_km"]) == ("unreachable", np.inf)
    assert found["geodesic_km"] == pytest.approx(GEOD.inv(1, 0, 1, 40)[2] / 1e3, abs=1e-3)


def test_another_component_is_unreachable_not_far() -> None:
    island = roads("0 0, 1 0", "0 1, 1 1")
    found = network_distance(sites((0.5, 1)), features("POINT (0.5 0)"), island).iloc[0]
    assert (found["status"], found["network_km"]) == ("unreachable", np.inf)
    assert found["snap_km"] < 1.0


def test_the_fallback_is_a_detour_times_the_geodesic_and_is_marked() -> None:
    island = roads("0 0, 1 0", "0 1, 1 1")
    places = sites((0.5, 1), (0.25, 0), (0.5, 3))
    port = features("POINT (0.5 0)")
    found = network_distance(places, port, island, fallback_detour=1.3)
    assert found["is_estimate"].tolist() == [True, False, True]
    assert found["status"].tolist() == ["unreachable", "reached", "not_snapped"]
    assert found["feature_id"].tolist() == ["a", "a", "a"]
    estimate = found.loc[found["is_estimate"]]
    np.testing.assert_allclose(estimate["network_km"], 1.3 * estimate["geodesic_km"])
    assert found["network_km"][1] == pytest.approx(0.25 * DEGREE, abs=1e-6)


def test_a_site_at_or_in_a_feature_has_arrived() -> None:
    places = sites((0.5, 0.02), (2.5, 0.02))
    targets = features("POINT (0.5 0.02)", "POLYGON ((2 0.01, 3 0.01, 3 0.5, 2 0.5, 2 0.01))")
    found = network_distance(places, targets, EQUATOR)
    assert found["network_km"].tolist() == [0.0, 0.0]
    assert found["feature_id"].tolist() == ["a", "b"]
    assert found["detour"].isna().all()


def test_a_line_is_reached_wherever_the_network_meets_it() -> None:
    pipe = features("LINESTRING (0.2 -1, 0.2 1, 2.8 1, 2.8 -1)")
    found = network_distance(sites((0.5, 0), (2.0, 0)), pipe, EQUATOR)
    np.testing.assert_allclose(found["network_km"], [0.3 * DEGREE, 0.8 * DEGREE], atol=1e-3)
    assert found["feature_snap_km"].tolist() == [0.0, 0.0]


def test_a_line_the_network_does_not_meet_is_reached_where_it_comes_nearest() -> None:
    pipe = features("LINESTRING (1 1, 2 0.03, 3 1)")
    found = network_distance(sites((0, 0)), pipe, EQUATOR).iloc[0]
    assert found["feature_snap_km"] == pytest.approx(north(0.03), abs=1e-3)
    assert found["network_km"] == pytest.approx(2 * DEGREE + north(0.03), abs=1e-3)


def test_a_bend_of_the_network_may_be_what_comes_nearest_to_a_line() -> None:
    bent = roads("0 0, 1 0.03, 2 0")
    pipe = features("LINESTRING (0 0.06, 2 0.06)")
    found = network_distance(sites((0, 0)), pipe, bent).iloc[0]
    assert found["feature_snap_km"] == pytest.approx(north(0.03), abs=0.02)
    assert found["network_km"] == pytest.approx(
        GEOD.inv(0, 0, 1, 0.03)[2] / 1e3 + north(0.03), abs=0.02
    )


def test_a_polygon_is_reached_at_its_edge_from_outside() -> None:
    port = features("POLYGON ((1.5 -1, 2.5 -1, 2.5 1, 1.5 1, 1.5 -1))")
    found = network_distance(sites((1.0, 0), (2.0, 3.0)), port, EQUATOR)
    assert found["network_km"][0] == pytest.approx(0.5 * DEGREE, abs=1e-3)
    assert found["status"][1] == "not_snapped"


def test_a_site_that_joins_inside_a_polygon_only_goes_as_far_as_the_network() -> None:
    inner = roads("1 0, 2 0")
    estate = features("POLYGON ((0 -0.01, 3 -0.01, 3 0.01, 0 0.01, 0 -0.01))")
    found = network_distance(sites((1.5, 0.03)), estate, inner).iloc[0]
    assert found["network_km"] == pytest.approx(north(0.03), abs=1e-3)
    assert found["status"] == "reached"


def test_a_line_over_the_antimeridian_is_met_there() -> None:
    ring = roads("179 0, -179 0")
    pipe = features("LINESTRING (-179.5 -1, -179.5 1)")
    found = network_distance(sites((179.5, 0)), pipe, ring).iloc[0]
    assert found["network_km"] == pytest.approx(DEGREE, abs=1e-3)


def test_a_site_is_not_its_own_nearest_feature() -> None:
    rng = np.random.default_rng(2)
    along = np.sort(rng.uniform(0.0, 3.0, 21))
    firms = sites(*[(lon, 0.0) for lon in along], ids=[f"f{i:02d}" for i in range(21)])
    found = network_distance(firms, firms, EQUATOR)
    gap = np.diff(along)
    expected = np.minimum(np.append(np.inf, gap), np.append(gap, np.inf)) * DEGREE
    np.testing.assert_allclose(found["network_km"], expected, atol=1e-5)
    assert (found["feature_id"] != found.index).all()


def test_own_features_are_passed_over_where_some_do_not_join() -> None:
    firms = sites((0.5, 0), (1.0, 0), (2.0, 0), (0.6, 1.0), ids=["a", "b", "c", "z"])
    with pytest.warns(StandortWarning, match="1 of 4 features"):
        found = network_distance(firms.iloc[[0, 2, 3]], firms, EQUATOR)
    assert found["feature_id"].tolist() == ["b", "b", None]


def test_one_way_streets_are_followed_unless_told_otherwise() -> None:
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for number, place in enumerate([(0.0, 0.0), (1.0, 0.0), (0.5, 0.5)]):
        graph.add_node(number, x=place[0], y=place[1])
    graph.add_edges_from([(0, 1), (1, 2), (2, 0)])
    place, port = sites((1, 0)), features("POINT (0 0)")
    leg = GEOD.inv(0, 0, 0.5, 0.5)[2] / 1e3
    along = network_distance(place, port, graph)["network_km"][0]
    assert along == pytest.approx(2 * leg, abs=1e-6)
    both = network_distance(place, port, graph, directed=False)["network_km"][0]
    assert both == pytest.approx(DEGREE, abs=1e-6)


@pytest.mark.parametrize("region", REGIONS)
def test_the_way_is_never_shorter_than_the_geodesic(region: str) -> None:
    rng = np.random.default_rng(11)
    nodes = region_nodes(rng, region, 12)
    ends = [rng.choice(12, 2, replace=False) for _ in range(18)]
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString(nodes[e]) for e in ends], crs=4326)
    with pytest.warns(StandortWarning, match="cross or touch"):
        network = network_from_lines(lines)
    places = gpd.GeoDataFrame(
        geometry=shapely.points(np.vstack([region_nodes(rng, region, 30), nodes])), crs=4326
    )
    ports = gpd.GeoDataFrame(
        geometry=shapely.points(np.vstack([region_nodes(rng, region, 5), nodes[:4]])), crs=4326
    )
    found = network_distance(places, ports, network, snap_km=np.inf)
    assert (found["network_km"] >= found["geodesic_km"]).all()
    assert (found["detour"].dropna() >= 1.0).all()


def test_a_straight_road_of_3000_km_has_no_detour() -> None:
    points = GEOD.npts(5.0, 50.0, 40.0, 60.0, 999, initial_idx=0, terminus_idx=0)
    track = roads(", ".join(f"{lon!r} {lat!r}" for lon, lat in points))
    found = network_distance(sites((5.0, 50.0)), features("POINT (40 60)"), track).iloc[0]
    assert found["network_km"] - found["geodesic_km"] == pytest.approx(0.0, abs=1e-9)


def bits(table: pd.DataFrame) -> dict[str, Any]:
    """The columns as bytes and lists, to compare exactly."""
    return {
        str(name): column.to_numpy().tobytes() if column.dtype == float else column.tolist()
        for name, column in table.items()
    }


@pytest.fixture
def town() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Sites, features of all kinds and roads, on a lattice full of ties."""
    rows = [f"0 {y}, 1 {y}, 2 {y}" for y in (0, 1, 2)]
    columns = [f"{x} 0, {x} 1, {x} 2" for x in (0, 1, 2)]
    network = gpd.GeoDataFrame(
        geometry=shapely.from_wkt([f"LINESTRING ({t})" for t in rows + columns]), crs=4326
    )
    network = gpd.GeoDataFrame(
        geometry=gpd.GeoSeries(network_from_lines(network, noding="vertices").lines), crs=4326
    )
    places = sites(*[(x / 4, y / 4) for x in range(9) for y in range(9)])
    places.index = pd.Index([f"s{i}" for i in range(81)], name="site_id")
    targets = features(
        "POINT (0 0)", "POINT (2 2)", "POINT (0 2)", "LINESTRING (1.8 0.2, 1.8 0.8, 1.2 0.8)",
        "POLYGON ((0.3 1.3, 0.6 1.3, 0.6 1.6, 0.3 1.3))", "POINT (2 0)", "POINT (2 2)",
    )  # fmt: skip
    return places, targets, network


def test_row_order_of_all_three_inputs_changes_nothing(
    town: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    places, targets, network = town
    plain = network_distance(places, targets, network, snap_km=40.0)
    mixed = network_distance(
        places.sample(frac=1.0, random_state=1),
        targets.sample(frac=1.0, random_state=2),
        network.sample(frac=1.0, random_state=3),
        snap_km=40.0,
    )
    assert bits(plain) == bits(mixed.loc[plain.index])


def test_a_subset_of_sites_has_the_same_rows_to_the_bit_and_inputs_stay_as_they_were(
    town: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame],
) -> None:
    places, targets, network = town
    before = [frame.copy() for frame in town]
    whole = network_distance(places, targets, network, snap_km=40.0)
    for some in (places.iloc[[5]], places.iloc[10:30]):
        part = network_distance(some, targets, network, snap_km=40.0)
        assert bits(part) == bits(whole.loc[some.index])
    for frame, copy in zip(town, before, strict=True):
        assert_geodataframe_equal(frame, copy)


def test_a_measurement_holds_the_way_and_its_feature() -> None:
    found = measure_network_distance(sites((0.5, 0)), features("POINT (2 0)"), EQUATOR)
    assert found.value.name == "network_distance"
    assert found.value[0] == pytest.approx(1.5 * DEGREE, abs=1e-6)
    assert found.feature.tolist() == ["a"]
    assert found.unknown.tolist() == [0]


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
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        network_distance(sites((0, 0)), features("POINT (1 0)"), EQUATOR, **options)


def test_no_features_leave_every_site_unreachable_and_estimate_nothing() -> None:
    none = features("POINT (0 0)").iloc[:0]
    found = network_distance(sites((0.5, 0)), none, EQUATOR, fallback_detour=1.3).iloc[0]
    assert (found["status"], found["feature_id"]) == ("unreachable", None)
    assert (found["network_km"], found["geodesic_km"]) == (np.inf, np.inf)
    assert not found["is_estimate"]


def test_no_sites_give_an_empty_table_of_the_same_columns() -> None:
    full = network_distance(sites((0, 0)), features("POINT (1 0)"), EQUATOR)
    empty = network_distance(sites((0, 0)).iloc[:0], features("POINT (1 0)"), EQUATOR)
    assert list(empty.columns) == list(full.columns)
    assert len(empty) == 0


@pytest.mark.filterwarnings("ignore:.*cross or touch.*:standort.errors.StandortWarning")
def test_on_the_real_roads_of_liege_ways_are_those_networkx_finds(real_data: Path) -> None:
    path = real_data / "real" / "osm_liege_aachen" / "liege_1656_original.parquet"
    network, graph = read_twice(path)
    rng = np.random.default_rng(0)
    ends = sorted(graph.nodes)
    places = [ends[i] for i in rng.choice(len(ends), 200, replace=False)]
    ports = [ends[i] for i in rng.choice(len(ends), 6, replace=False)]
    targets = gpd.GeoDataFrame(geometry=shapely.points(ports), crs=4326)
    found = network_distance(sites(*places), targets, network)
    reach = nx.multi_source_dijkstra_path_length(graph, set(ports))
    expected = np.array([reach[place] for place in places])
    np.testing.assert_allclose(found["network_km"], expected, atol=1e-6)
    assert (found["status"] == "reached").all()
