"""Validity by density, and agreement with a reference, against plain loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from clusters.plant_layers import along_equator, distances_km, plants

from standort.clusters import agreement, dbscan, density_validity, density_validity_range
from standort.errors import AlignmentError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def slow_validity(matrix: NDArray[np.float64], label: NDArray[np.int64]) -> list[float]:
    """Return the index of Moulavi et al. (2014) by loops over a matrix of distances."""
    clusters = [np.flatnonzero(label == c) for c in range(label.max() + 1)]
    inner, loosest, core = [], [], np.zeros(len(label))
    for group in clusters:
        for i in group:
            away = [matrix[i, j] for j in group if j != i]
            core[i] = 0 if 0 in away else np.mean([d**-2 for d in away]) ** -0.5

    def mutual(i: Any, j: Any) -> float:  # noqa: ANN401 - positions
        return float(max(core[i], core[j], matrix[i, j]))

    for group in clusters:
        tree, edges = [group[0]], []
        while len(tree) < len(group):
            outside = [j for j in group if j not in tree]
            best = min(outside, key=lambda j: (min(mutual(i, j) for i in tree), j))
            link = min(tree, key=lambda i: (mutual(i, best), tree.index(i)))
            edges.append((link, best))
            tree.append(best)
        degree = {i: sum(i in e for e in edges) for i in group}
        lengths = [mutual(*e) for e in edges if min(degree[e[0]], degree[e[1]]) > 1]
        loosest.append(max(lengths or [mutual(*e) for e in edges]))
        inner.append([i for i in group if degree[i] > 1] or list(group))
    result = []
    for c, mine in enumerate(inner):
        gap = min(mutual(i, j) for d, o in enumerate(inner) if d != c for i in mine for j in o)
        result.append((gap - loosest[c]) / max(gap, loosest[c]))
    return [*result, sum(f * len(g) for f, g in zip(result, clusters, strict=True)) / len(label)]


@pytest.mark.parametrize("seed", range(5))
def test_validity_equals_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centre = np.repeat([0.0, 0.3, 0.8], 12)
    sites = plants(centre + rng.normal(0, 0.05, 36), rng.normal(0, 0.05, 36), ids=range(36))
    result = dbscan(sites, eps_km=5, min_samples=3)
    assert result["cluster"].max() > 0
    expected = slow_validity(distances_km(sites), result["cluster"].to_numpy())
    np.testing.assert_allclose(density_validity(sites, result), expected, atol=1e-6)


def test_the_tree_is_as_short_as_any() -> None:
    """Its longest edge is that of every shortest tree (networkx), where all edges count."""
    pair = along_equator(0, 3, 100, 104, 109)
    result = dbscan(pair, eps_km=6, min_samples=2)
    graph = nx.Graph()
    matrix = distances_km(pair)
    core = [np.mean([matrix[i, j] ** -2.0 for j in (2, 3, 4) if j != i]) ** -0.5 for i in (2, 3, 4)]
    for i in range(3):
        for j in range(i):
            graph.add_edge(i, j, weight=max(core[i], core[j], matrix[i + 2, j + 2]))
    longest = max(edge[2]["weight"] for edge in nx.minimum_spanning_edges(graph, data=True))
    gap = matrix[1, 3]  # from the nearer of the pair to the inner site of the three
    assert density_validity(pair, result)[0] == pytest.approx((gap - longest) / gap, abs=1e-6)


def test_tight_clusters_far_apart_are_valid_and_halves_of_one_are_not() -> None:
    sites = plants(*np.random.default_rng(1).normal(0, 0.05, (2, 40)), ids=range(40))
    halves = pd.DataFrame({"cluster": np.arange(40) % 2, "role": "core"}, index=sites.index)
    assert density_validity(sites, halves)["all"] < -0.2
    far = along_equator(*np.arange(5) * 0.1, *(500 + np.arange(5) * 0.1))
    assert density_validity(far, dbscan(far))["all"] > 0.99


def test_noise_counts_as_zero() -> None:
    sites = along_equator(*np.arange(4) * 0.1, *(500 + np.arange(4) * 0.1), *range(2000, 2800, 100))
    result = density_validity(sites, dbscan(sites, min_samples=3))
    assert result["all"] == pytest.approx(result[0] / 2, abs=1e-3)


def test_one_cluster_has_no_gap() -> None:
    assert (
        density_validity(along_equator(0, 1, 2), dbscan(along_equator(0, 1, 2), min_samples=3))[:]
        .isna()
        .all()
    )
    assert density_validity(along_equator(0, 99), dbscan(along_equator(0, 99))).isna().all()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_validity_of_clouds_is_between_its_bounds(cloud: Any) -> None:  # noqa: ANN401
    sites = plants(*cloud(np.random.default_rng(2), 150), ids=range(150))
    eps = float(np.quantile(distances_km(sites), 0.02)) + 0.001
    result = dbscan(sites, eps_km=eps, min_samples=3)
    validity = density_validity(sites, result)
    shuffled = sites.sample(frac=1, random_state=1)
    again = density_validity(shuffled, result.loc[shuffled.index])
    pd.testing.assert_series_equal(again, validity)
    # a lattice is one cluster, which has no gap
    assert validity.isna().all() or validity.abs().max() <= 1


def two_clusters() -> tuple[Any, pd.DataFrame]:
    """Two clusters of 16 plants: a core distance ties the edges to all nearer plants."""
    centre = np.repeat([0.0, 0.25], 16)
    chance = np.random.default_rng(7)
    sites = plants(centre + chance.normal(0, 0.03, 32), chance.normal(0, 0.03, 32), ids=range(32))
    cluster = pd.DataFrame({"cluster": np.repeat([0, 1], 16), "role": "core"}, index=sites.index)
    return sites, cluster


def test_the_range_is_that_of_trees_grown_by_loops_in_other_orders() -> None:
    """Other names break ties in other orders, and each gives a validity within the range."""
    sites, labels = two_clusters()
    found = density_validity_range(sites, labels, orders=200)
    low, high = (found[f"density_validity_{end}"] for end in ("min", "max"))
    assert high["all"] - low["all"] > 0.05
    pd.testing.assert_series_equal(found["density_validity"], density_validity(sites, labels))
    values = []
    for seed in range(40):
        order = np.random.default_rng(seed).permutation(32)
        label = labels["cluster"].to_numpy()
        _, renumbered = np.unique(label[order], return_inverse=True)
        matrix = distances_km(sites)[np.ix_(order, order)]
        values.append(slow_validity(matrix, renumbered)[-1])
    assert low["all"] - 1e-6 <= min(values)
    assert max(values) <= high["all"] + 1e-6
    assert max(values) - min(values) > (high["all"] - low["all"]) / 2


def test_the_range_depends_on_ids_and_seed_but_not_on_the_order_of_rows() -> None:
    sites, labels = two_clusters()
    found = density_validity_range(sites, labels, orders=5)
    shuffled = sites.sample(frac=1, random_state=4)
    again = density_validity_range(shuffled, labels.loc[shuffled.index], orders=5)
    pd.testing.assert_frame_equal(again, found, check_exact=True)
    other = density_validity_range(sites, labels, orders=5, seed=1)
    assert not other.equals(found)
    more = density_validity_range(sites, labels, orders=10)
    assert (more["density_validity_min"] <= found["density_validity_min"]).all()
    assert (more["density_validity_max"] >= found["density_validity_max"]).all()


def test_one_tree_gives_a_range_of_no_width() -> None:
    sites = along_equator(*(np.arange(5) ** 2 * 0.1), *(500 + np.arange(5) ** 2 * 0.1))
    labels = dbscan(sites)
    found = density_validity_range(sites, labels, orders=1)
    for end in ("min", "max"):
        assert found[f"density_validity_{end}"].equals(found["density_validity"])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_range_holds_the_index(cloud: Any) -> None:  # noqa: ANN401
    sites = plants(*cloud(np.random.default_rng(5), 100), ids=range(100))
    labels = dbscan(sites, eps_km=float(np.quantile(distances_km(sites), 0.02)), min_samples=3)
    found = density_validity_range(sites, labels)
    pd.testing.assert_series_equal(found["density_validity"], density_validity(sites, labels))
    known = found.dropna()
    assert (known["density_validity_min"] <= known["density_validity"]).all()
    assert (known["density_validity"] <= known["density_validity_max"]).all()
    assert len(found) == labels["cluster"].max() + 2


# ------------------------------------------------------------------ agreement


def test_published_index() -> None:
    """Method F.1 no. 43."""
    result = agreement(pd.Series([0, 0, 1, 1]), pd.Series([0, 0, 1, 2]))
    assert result["ari"].tolist() == pytest.approx([0.5714] * 2, abs=5e-5)


def test_noise_has_two_treatments() -> None:
    result = pd.Series([0, 0, 1, 1, -1, -1])
    other = pd.Series(["a", "a", "b", "b", "b", None])
    table = agreement(result, other)
    assert table.loc["dropped", "ari"] == 1.0
    assert table.loc["dropped", "ami"] == pytest.approx(1.0)
    assert table["n_sites"].tolist() == [6, 4]
    # pairs: 2 together in the one, 4 in the other, 2 in both, of 15
    expected = (2 - 2 * 4 / 15) / ((2 + 4) / 2 - 2 * 4 / 15)
    assert table.loc["singletons", "ari"] == pytest.approx(expected)


def test_noise_is_not_a_group() -> None:
    """Two partitions that agree on noise alone do not agree on clusters."""
    table = agreement(pd.Series([-1] * 8 + [0, 0, 1, 1]), pd.Series([-1] * 8 + [0, 1, 0, 1]))
    assert table["ari"].max() < 0.01


def test_nothing_in_common_is_unknown() -> None:
    table = agreement(pd.Series([0, 0, -1, -1]), pd.Series([-1, -1, 3, 3]))
    assert table["ari"].isna().tolist() == [False, True]
    assert table["n_sites"].tolist() == [4, 0]


def test_other_sites_raise() -> None:
    with pytest.raises(AlignmentError, match=r"reindex"):
        agreement(pd.Series([0, 1]), pd.Series([0, 1], index=[1, 0]))
