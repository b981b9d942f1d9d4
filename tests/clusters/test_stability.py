"""A grid of settings: each partition, their agreement, plateaus, flags, and shares of sites."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from clusters.plant_layers import along_equator, distances_km, plants

from standort.clusters import (
    NOISE,
    NeighbourGraph,
    cluster_grid,
    dbscan,
    membership,
    stability,
    widest_plateau,
)
from standort.clusters.settings.stability import red_flags
from standort.errors import OptionError
from standort.layers import read_study

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

EPS, LEAST = [1.0, 2.0, 4.0, 8.0], [2, 3, 5]


@pytest.fixture(scope="module")
def sites() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(9)
    lon = np.concatenate([rng.normal(c, 0.02, 20) for c in (0.0, 0.3, 0.5)])
    return plants(lon, rng.normal(0, 0.02, 60), ids=range(60), e=rng.uniform(0, 1e6, 60))


def pair_counting_ari(first: Any, second: Any) -> float:  # noqa: ANN401
    """Return the index of Hubert and Arabie from all pairs; noise is grouped with no site."""
    a = b = both = total = 0
    for i, j in combinations(range(len(first)), 2):
        in_first = first[i] == first[j] != NOISE
        in_second = second[i] == second[j] != NOISE
        a, b, both, total = a + in_first, b + in_second, both + (in_first and in_second), total + 1
    random = a * b / total
    return 1.0 if (a + b) / 2 == random else (both - random) / ((a + b) / 2 - random)


@pytest.mark.parametrize("star", [False, True])
@pytest.mark.parametrize("mode", ["count", "count_and_emission"])
def test_each_partition_is_that_of_dbscan(
    sites: gpd.GeoDataFrame,
    star: bool,  # noqa: FBT001
    mode: Any,  # noqa: ANN401
) -> None:
    options: dict[str, Any] = {"star": star, "mode": mode, "emissions": "e"}
    grid = cluster_grid(sites, eps_km=EPS, min_samples=LEAST, **options)
    for i, n in enumerate(LEAST):
        for j, eps in enumerate(EPS):
            alone = dbscan(sites, eps_km=eps, min_samples=n, **options)
            assert grid.label[i, j].tolist() == alone["cluster"].tolist()
            assert grid.core[i, j].tolist() == (alone["role"] == "core").tolist()


def test_weights_are_used_in_the_grid(sites: gpd.GeoDataFrame) -> None:
    weighted = cluster_grid(sites.assign(w=2.0), eps_km=EPS, min_samples=[6], weights="w")
    assert (weighted.label == cluster_grid(sites, eps_km=EPS, min_samples=[3]).label).all()


def test_table_counts_measures_and_compares(sites: gpd.GeoDataFrame) -> None:
    table = stability(sites, eps_km=EPS, min_samples=LEAST)
    matrix = distances_km(sites)
    labels = {}
    for row in table.to_dict("records"):
        result = dbscan(sites, eps_km=row["eps_km"], min_samples=row["min_samples"])
        label = result["cluster"].to_numpy()
        labels[row["min_samples"], row["eps_km"]] = label
        assert row["n_clusters"] == label.max() + 1
        assert row["core_share"] == (result["role"] == "core").mean()
        assert row["clustered_share"] == (label != NOISE).mean()
        inside = [label == c for c in range(label.max() + 1)]
        widest = max((matrix[np.ix_(these, these)].max() for these in inside), default=np.nan)
        assert row["diameter_km"] == pytest.approx(widest, abs=1e-6, nan_ok=True)
    for row in table.to_dict("records"):
        n, j = row["min_samples"], EPS.index(row["eps_km"])
        around = []
        if j + 1 < len(EPS):
            next_one = pair_counting_ari(labels[n, EPS[j]], labels[n, EPS[j + 1]])
            assert row["ari_larger_eps"] == pytest.approx(next_one)
            around.append(next_one)
        if j:
            around.append(pair_counting_ari(labels[n, EPS[j]], labels[n, EPS[j - 1]]))
        i = LEAST.index(n)
        around += [
            pair_counting_ari(labels[n, EPS[j]], labels[LEAST[k], EPS[j]])
            for k in (i - 1, i + 1)
            if 0 <= k < len(LEAST)
        ]
        assert row["ari"] == pytest.approx(np.mean(around))


def test_tight_groups_far_apart_are_a_plateau() -> None:
    """Groups of 1 km, 50 km apart: from eps 1 to 40 km nothing changes."""
    groups = along_equator(0, 0.5, 1, 50, 50.5, 51, 100, 100.5, 101, 170, 260)
    table = stability(groups, eps_km=[0.1, 1, 10, 20, 40, 60], min_samples=[3])
    result = widest_plateau(table)
    assert result is not None
    assert (result.eps_from_km, result.eps_to_km, result.eps_km) == (1, 40, 10)
    assert result.mean_ari == 1.0
    assert not result.chained
    assert table["plateau"].tolist() == [0, 1, 1, 1, 1, 0]


def test_all_noise_and_one_cluster_form_no_plateau() -> None:
    groups = along_equator(*range(20))
    table = stability(groups, eps_km=[0.1, 0.2, 0.3, 2, 3, 4], min_samples=[2])
    assert table["plateau"].tolist() == [0] * 6
    assert widest_plateau(table) is None
    assert table["flags"].iloc[0] == "no cluster"
    assert "one cluster holds 100%" in table["flags"].iloc[-1]
    assert "almost all core" in table["flags"].iloc[-1]


def test_a_plateau_of_chains_is_flagged() -> None:
    lines = [*np.arange(0, 100, 9.0), *np.arange(300, 400, 9.0), 600, 700, 800, 900, 1000, 1100]
    table = stability(along_equator(*lines), eps_km=[10, 11, 12], min_samples=[3])
    result = widest_plateau(table)
    assert result is not None
    assert result.chained
    assert table["flags"].str.contains("chaining: 99 km wide, 9.9 times eps").iloc[0]


def test_almost_none_core_is_flagged() -> None:
    setting = {"n_clusters": 1, "core_share": 0.04, "largest_share": 0.5}
    assert "almost none core" in red_flags({**setting, "eps_km": 10, "diameter_km": 5})
    assert red_flags({**setting, "core_share": 0.05, "eps_km": 10, "diameter_km": 79}) == {}


def test_grid_does_not_depend_on_rows(sites: gpd.GeoDataFrame) -> None:
    options: dict[str, Any] = {"eps_km": EPS, "min_samples": LEAST, "emissions": "e"}
    expected = stability(sites, **options)
    shuffled = sites.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(stability(shuffled, **options), expected)
    pd.testing.assert_frame_equal(
        stability(sites, **{**options, "eps_km": EPS[::-1], "min_samples": [5, 3, 2, 3]}), expected
    )


def test_membership_equals_counting_settings_one_by_one(sites: gpd.GeoDataFrame) -> None:
    grid = cluster_grid(sites, eps_km=EPS, min_samples=LEAST)
    result = dbscan(sites, eps_km=2, min_samples=3)
    shares = membership(grid, result)
    labels = grid.label.reshape(-1, 60)
    chosen, core = result["cluster"].to_numpy(), (result["role"] == "core").to_numpy()
    for i in range(60):
        assert shares["clustered_share"].iloc[i] == pytest.approx((labels[:, i] != NOISE).mean())
        of_cluster = []
        for c in range(chosen.max() + 1):
            cored = (chosen == c) & core
            # a cluster of one core goes by all its members
            stand_for = cored if cored.sum() > 1 else chosen == c
            others = [j for j in np.flatnonzero(stand_for) if j != i]
            together = [(labels[:, i] == labels[:, j]) & (labels[:, i] != NOISE) for j in others]
            of_cluster.append(float(np.mean(together)))
        expected = of_cluster[chosen[i]] if chosen[i] != NOISE else np.nan
        assert shares["together_share"].iloc[i] == pytest.approx(expected, nan_ok=True)
        assert shares["likely_share"].iloc[i] == pytest.approx(max(of_cluster))
    assert (result["cluster"] == NOISE).any()
    assert shares["likely_share"][result["cluster"] == NOISE].max() > 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_membership_of_clouds_stays_between_0_and_1(cloud: Any) -> None:  # noqa: ANN401
    cloudy = plants(*cloud(np.random.default_rng(3), 120), ids=range(120))
    radii = np.quantile(distances_km(cloudy), [0.01, 0.03, 0.06]) + 0.001
    grid = cluster_grid(cloudy, eps_km=radii.tolist(), min_samples=[2, 4])
    shuffled = cloudy.sample(frac=1, random_state=1)
    expected = membership(grid, dbscan(cloudy, eps_km=radii[1]))
    again = cluster_grid(shuffled, eps_km=radii.tolist(), min_samples=[2, 4])
    result = membership(again, dbscan(shuffled, eps_km=radii[1]))
    pd.testing.assert_frame_equal(result, expected.loc[shuffled.index])
    shares = expected[["clustered_share", "together_share", "likely_share"]].to_numpy()
    assert np.nanmin(shares) >= 0
    assert np.nanmax(shares) <= 1 + 1e-12


def test_no_sites_and_no_clusters() -> None:
    empty = along_equator(0.0).iloc[:0]
    assert stability(empty, eps_km=[5], min_samples=[2])["n_clusters"].tolist() == [0]
    apart = along_equator(0, 100, 200)
    grid = cluster_grid(apart, eps_km=[5], min_samples=[2])
    shares = membership(grid, dbscan(apart))
    assert shares["likely_cluster"].tolist() == [NOISE] * 3
    assert shares["clustered_share"].tolist() == [0.0] * 3


def test_distances_of_a_graph_are_used(sites: gpd.GeoDataFrame) -> None:
    nothing = pd.DataFrame({"from_id": [], "to_id": [], "distance_km": []})
    graph = NeighbourGraph.of_pairs(nothing, ids=sites.index, reach_km=10)
    table = stability(sites, eps_km=[5, 10], min_samples=[2], graph=graph)
    assert table["n_clusters"].tolist() == [0, 0]


def test_great_britain_over_the_grid(great_britain_study_path: Path) -> None:
    """Mersey and Midlands merge between 15 and 20 km, which must be flagged."""
    emitters = read_study(great_britain_study_path).emitters
    table = stability(emitters, eps_km=[10, 15, 20], min_samples=[4], emissions="co2_t_per_yr")
    assert table["n_clusters"].tolist() == [17, 17, 12]
    assert table["flags"].str.contains("chaining").tolist() == [False, False, True]


@pytest.mark.parametrize(
    "settings", [{"eps_km": [], "min_samples": [2]}, {"eps_km": [1, -1], "min_samples": [2]}]
)
def test_settings_must_be_positive_and_there(
    sites: gpd.GeoDataFrame, settings: dict[str, Any]
) -> None:
    with pytest.raises(OptionError, match="expected"):
        stability(sites, **settings)
