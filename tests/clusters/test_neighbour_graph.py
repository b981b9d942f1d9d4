"""A graph of neighbours: the same clusters as without one, and distances that are no geodesics."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from clusters.plant_layers import along_equator, core_groups, distances_km, plants, sklearn_clusters
from scipy.sparse import coo_array, csr_array

from standort.clusters import NOISE, NeighbourGraph, dbscan
from standort.errors import AlignmentError, LayerError, OptionError
from standort.layers import read_study

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd


def cloud_of(cloud: Any, n: int = 160) -> gpd.GeoDataFrame:  # noqa: ANN401
    rng = np.random.default_rng(12)
    return plants(*cloud(rng, n), ids=range(n), e=rng.choice([np.nan, 0.0, 1e5, 2e6], n))


def table(*pairs: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["from_id", "to_id", "distance_km"])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_graph_lists_every_pair_of_a_full_matrix(cloud: Any) -> None:  # noqa: ANN401
    sites = cloud_of(cloud)
    matrix = distances_km(sites)
    reach = float(np.quantile(matrix, 0.2)) + 0.001
    graph = NeighbourGraph.of_sites(sites, reach_km=reach)
    held = graph.distances_km
    assert (held.nnz - 160) / 2 == (np.triu(matrix, 1)[np.triu_indices(160, 1)] <= reach).sum()
    row = np.repeat(np.arange(160), np.diff(held.indptr))
    np.testing.assert_allclose(held.data, matrix[row, held.indices], atol=1e-6)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("mode", ["count", "emission", "count_and_emission"])
@pytest.mark.parametrize("star", [False, True])
def test_labels_from_a_graph_equal_those_without(cloud: Any, mode: Any, star: bool) -> None:  # noqa: ANN401, FBT001
    sites = cloud_of(cloud)
    eps = float(np.quantile(distances_km(sites), 0.03)) + 0.001
    graph = NeighbourGraph.of_sites(sites, reach_km=2 * eps)
    options: dict[str, Any] = {"eps_km": eps, "mode": mode, "star": star, "emissions": "e"}
    without = dbscan(sites, **options)
    pd.testing.assert_frame_equal(dbscan(sites, graph=graph, **options), without)
    assert without["cluster"].max() >= 0


def test_labels_from_a_graph_equal_those_without_at_exactly_its_reach() -> None:
    sites = along_equator(0, 1, 2, 3.0000001, 9)
    for first, second in pairwise(range(3)):
        eps = float(distances_km(sites)[first, second])
        graph = NeighbourGraph.of_sites(sites, reach_km=eps)
        expected = dbscan(sites, eps_km=eps, min_samples=2)
        labels = dbscan(sites, eps_km=eps, min_samples=2, graph=graph)
        pd.testing.assert_frame_equal(labels, expected)


@pytest.mark.parametrize("weights", [None, "w"])
def test_labels_from_a_graph_equal_those_without_on_great_britain(
    great_britain_study_path: Path, weights: str | None
) -> None:
    sites = read_study(great_britain_study_path).emitters.assign(w=1.5)
    graph = NeighbourGraph.of_sites(sites, reach_km=30)
    for eps in (5.0, 10.0, 30.0):
        options: dict[str, Any] = {"eps_km": eps, "weights": weights, "emissions": "co2_t_per_yr"}
        pd.testing.assert_frame_equal(
            dbscan(sites, graph=graph, **options), dbscan(sites, **options)
        )


def test_coincident_sites_are_neighbours_at_zero() -> None:
    sites = plants([4.0] * 3 + [5.0], [52.0] * 4)
    graph = NeighbourGraph.of_sites(sites, reach_km=1)
    assert graph.n_pairs == 3
    held = graph.distances_km
    assert held.nnz == 10
    assert held.data.tolist() == [0.0] * 10
    labels = dbscan(sites, eps_km=1, min_samples=3, graph=graph)
    assert labels["cluster"].tolist() == [0, 0, 0, NOISE]


def test_stored_zeros_of_a_matrix_are_distances() -> None:
    pairs = [(0, 1, 0.0), (1, 0, 0.0), (1, 2, 4.0), (2, 1, 4.0)]
    row, column, km = zip(*pairs, strict=True)
    matrix = coo_array((np.array(km), (row, column)), shape=(4, 4))
    sites = along_equator(0, 100, 200, 300)
    for held in (matrix, csr_array(matrix)):
        graph = NeighbourGraph.of_matrix(held, ids=sites.index, reach_km=10)
        labels = dbscan(sites, eps_km=5, min_samples=2, graph=graph)
        assert labels["cluster"].tolist() == [0, 0, 0, NOISE]


def test_an_estuary_separates_where_the_geodesic_does_not() -> None:
    """Two banks 3 km apart with 2 km between plants; the only bridge is 40 km away."""
    lon = [0.0, 0.018, 0.036] * 2
    bank = plants(lon, [0.0] * 3 + [0.027] * 3, ids=[*"abc", *"xyz"])
    assert dbscan(bank, eps_km=5, min_samples=3)["cluster"].tolist() == [0] * 6
    roads = table(
        ("a", "b", 2), ("b", "c", 2), ("a", "c", 4), ("x", "y", 2), ("y", "z", 2), ("x", "z", 4)
    )
    graph = NeighbourGraph.of_pairs(roads, ids=bank.index, reach_km=30)
    labels = dbscan(bank, eps_km=5, min_samples=3, graph=graph)
    assert labels["cluster"].tolist() == [0, 0, 0, 1, 1, 1]


def test_random_costs_equal_scikit_learn_on_the_same_matrix() -> None:
    rng = np.random.default_rng(4)
    cost = np.triu(rng.uniform(0, 10, (60, 60)).round(3), 1)
    cost[rng.random((60, 60)) < 0.05] = 0.0
    cost += cost.T
    row, column = np.nonzero(np.triu(np.ones((60, 60)), 1))
    listed = coo_array((cost[row, column], (row, column)), shape=(60, 60))
    sites = along_equator(*range(60), ids=range(60))
    graph = NeighbourGraph.of_matrix(listed, ids=sites.index, reach_km=20)
    for eps, least in ((0.3005, 5), (0.5005, 7), (1.5005, 12)):
        labels = dbscan(sites, eps_km=eps, min_samples=least, graph=graph)
        label, core = sklearn_clusters(cost, eps, least)
        assert (labels["role"] == "core").tolist() == core.tolist()
        assert core_groups(labels["cluster"], core) == core_groups(label, core)
        assert 0 < core.sum() < 60


def test_ids_of_a_matrix_may_be_in_any_order() -> None:
    sites = cloud_of(CLOUDS[3], 40)
    graph = NeighbourGraph.of_sites(sites, reach_km=3)
    order = np.random.default_rng(1).permutation(40)
    shuffled = graph.distances_km.tocoo()
    position = np.argsort(order)
    entries = (shuffled.data, (position[shuffled.row], position[shuffled.col]))
    moved = coo_array(entries, shape=(40, 40))
    again = NeighbourGraph.of_matrix(moved, ids=sites.index[order], reach_km=3)
    np.testing.assert_array_equal(again.neighbour, graph.neighbour)
    np.testing.assert_allclose(again.metres, graph.metres, rtol=1e-12)


def test_kth_nearest_equals_a_sorted_row() -> None:
    sites = cloud_of(CLOUDS[4], 100)
    matrix = np.sort(distances_km(sites), axis=1)
    graph = NeighbourGraph.of_sites(sites, reach_km=15)
    for k in (1, 3, 4):
        expected = np.where(matrix[:, k] <= 15, matrix[:, k], np.inf)
        np.testing.assert_allclose(graph.kth_nearest_km(k), expected, atol=1e-6)
    assert np.isinf(graph.kth_nearest_km(5)).any()


# ------------------------------------------------------------------ wrong input


def test_queries_beyond_the_reach_raise() -> None:
    sites = along_equator(0, 1)
    graph = NeighbourGraph.of_sites(sites, reach_km=5)
    with pytest.raises(OptionError, match="up to the graph's reach of 5 km, got 6"):
        dbscan(sites, eps_km=6, graph=graph)
    with pytest.raises(OptionError, match="reach of 5 km"):
        graph.up_to(7)


def test_a_graph_of_other_sites_raises() -> None:
    graph = NeighbourGraph.of_sites(along_equator(0, 1), reach_km=5)
    with pytest.raises(AlignmentError, match="'s02'"):
        dbscan(along_equator(0, 1, 2), graph=graph)


def test_all_problems_of_pairs_are_reported_together() -> None:
    pairs = table(("a", "b", -1), ("a", "q", 1), ("b", "c", np.nan))
    with pytest.raises(LayerError, match=r"2 problems") as caught:
        NeighbourGraph.of_pairs(pairs, ids=list("abc"), reach_km=5)
    assert "'q'" in str(caught.value)
    assert "2 distances are unknown or negative: 'a - b', 'b - c'" in str(caught.value)


def test_directions_that_differ_raise() -> None:
    pairs = table(("a", "b", 1), ("b", "a", 2))
    with pytest.raises(LayerError, match=r"two different distances: 'a - b'"):
        NeighbourGraph.of_pairs(pairs, ids=list("ab"), reach_km=5)


def test_a_full_or_misshapen_matrix_raises() -> None:
    with pytest.raises(OptionError, match="distances_km to be a sparray or a spmatrix"):
        NeighbourGraph.of_matrix(np.zeros((2, 2)), ids=["a", "b"], reach_km=1)  # type: ignore[arg-type]
    with pytest.raises(LayerError, match="sparse matrix of 2 rows"):
        NeighbourGraph.of_matrix(coo_array((3, 3)), ids=["a", "b"], reach_km=1)


def test_missing_columns_and_repeated_ids_raise() -> None:
    with pytest.raises(LayerError, match="expected columns to_id, distance_km"):
        NeighbourGraph.of_pairs(pd.DataFrame({"from_id": []}), ids=["a"], reach_km=1)
    with pytest.raises(AlignmentError, match="'a'"):
        NeighbourGraph.of_pairs(table(), ids=["a", "a"], reach_km=1)
