"""What is dense by emissions, by number, or by both; and clusters without borders."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from clusters.places import along_equator, core_groups, distances_km, plants, sklearn_clusters

from standort.clusters import NOISE, NeighbourGraph, dbscan
from standort.errors import OptionError


@pytest.mark.parametrize(
    ("min_samples", "core", "noise", "n_clusters"),
    [(3, 25, 0, 1), (4, 21, 0, 1), (5, 9, 4, 1), (6, 0, 25, 0)],
)
def test_unit_grid_by_its_own_distances(
    min_samples: int, core: int, noise: int, n_clusters: int
) -> None:
    """Method F.1 no. 10, exactly, from a graph of plane distances."""
    x, y = (part.ravel().astype(float) for part in np.meshgrid(np.arange(5), np.arange(5)))
    pairs = pd.DataFrame(
        [(i, j, float(np.hypot(x[i] - x[j], y[i] - y[j]))) for i, j in combinations(range(25), 2)],
        columns=["from_id", "to_id", "distance_km"],
    )
    sites = plants(x, y, ids=range(25))
    graph = NeighbourGraph.of_pairs(pairs, ids=sites.index, reach_km=10)
    found = dbscan(sites, eps_km=1, min_samples=min_samples, graph=graph)
    assert (found["role"] == "core").sum() == core
    assert (found["role"] == "noise").sum() == noise
    assert found["cluster"].max() + 1 == n_clusters


def test_emissions_alone_make_a_core() -> None:
    """0.6 + 0.5 Mt within 5 km are dense; 0.9 Mt alone are not."""
    sites = along_equator(0, 4, 100, e=[6e5, 5e5, 9e5])
    found = dbscan(sites, eps_km=5, mode="emission", emissions="e")
    assert found["cluster"].tolist() == [0, 0, NOISE]
    assert found["role"].tolist() == ["core", "core", "noise"]


def test_a_large_plant_alone_is_a_singleton_anchor_and_no_cluster() -> None:
    sites = along_equator(0, 100, 104, e=[9e6, 6e5, 5e5])
    found = dbscan(sites, eps_km=5, mode="emission", emissions="e")
    assert found["cluster"].tolist() == [NOISE, 0, 0]
    assert found["role"].tolist() == ["singleton_anchor", "core", "core"]


def test_a_large_plant_with_a_small_neighbour_is_a_cluster() -> None:
    found = dbscan(along_equator(0, 4, e=[9e6, 0]), eps_km=5, mode="emission", emissions="e")
    assert found["cluster"].tolist() == [0, 0]


def test_count_and_emission_asks_for_both() -> None:
    sites = along_equator(0, 1, 2, 50, 51, 52, 90, e=[4e5, 4e5, 4e5, 1e5, 1e5, 1e5, 5e6])
    options: dict[str, Any] = {"eps_km": 3, "min_samples": 3, "emissions": "e"}
    both = dbscan(sites, mode="count_and_emission", **options)
    assert both["cluster"].tolist() == [0, 0, 0, *[NOISE] * 4]
    assert both["role"].tolist() == ["core"] * 3 + ["noise"] * 4


@pytest.mark.parametrize("mode", ["emission", "count_and_emission"])
def test_the_limit_is_inclusive_and_sums_do_not_round(mode: Any) -> None:  # noqa: ANN401
    """0.1 + 0.2 + 0.7 Mt are 1 Mt; added up one by one they may come to less."""
    for order in ([1e5, 2e5, 7e5], [7e5, 1e5, 2e5]):
        sites = along_equator(0, 1, 2, e=[v / 1e6 for v in order])
        options: dict[str, Any] = {"eps_km": 3, "min_samples": 3, "emissions": "e", "mode": mode}
        assert (dbscan(sites, min_emissions_mt=1e-6, **options)["cluster"] == 0).all()
        assert (dbscan(sites, min_emissions_mt=1.01e-6, **options)["cluster"] == NOISE).all()


def test_unknown_emissions_add_nothing() -> None:
    sites = along_equator(0, 1, e=[9e5, np.nan])
    found = dbscan(sites, eps_km=3, mode="emission", emissions="e")
    assert found["cluster"].tolist() == [NOISE, NOISE]


def test_cores_by_emissions_equal_scikit_learn_weighted_by_them() -> None:
    rng = np.random.default_rng(5)
    emissions = rng.choice([1e4, 2e5, 6e5], 80)
    sites = plants(rng.uniform(0, 1, 80), rng.uniform(0, 1, 80), ids=range(80), e=emissions)
    found = dbscan(sites, eps_km=9, mode="emission", emissions="e")
    _, core = sklearn_clusters(distances_km(sites), 9, 1_000_000, emissions)
    label, _ = sklearn_clusters(distances_km(sites)[np.ix_(core, core)], 9, 1)
    alone = np.zeros(80, dtype=bool)
    alone[found["role"] == "singleton_anchor"] = True
    assert ((found["role"] == "core") | alone).tolist() == core.tolist()
    inside = core & ~alone
    assert core_groups(found["cluster"], inside) == {
        group
        for group in core_groups(label, np.ones(core.sum()), np.flatnonzero(core))
        if not alone[list(group)].all()
    }
    assert 0 < inside.sum() < 80


def test_star_leaves_borders_out_and_changes_no_core() -> None:
    chain = along_equator(*(9.0 * i for i in range(12)))
    plain = dbscan(chain, min_samples=3)
    star = dbscan(chain, min_samples=3, star=True)
    assert star["role"].tolist() == ["noise", *["core"] * 10, "noise"]
    core = plain["role"] == "core"
    pd.testing.assert_frame_equal(star[core], plain[core])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "emissions"}, "mode to be one of count, emission, count_and_emission"),
        ({"mode": "emission"}, "needs emissions"),
        ({"min_emissions_mt": 0}, "min_emissions_mt to be a positive number of Mt/yr"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        dbscan(along_equator(0, 1), **options)
