"""Means over members: weighted by known emissions, unknown left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from clouds import dense_cloud
from clusters.plant_layers import along_equator, member_means, plants

from standort.clusters import NOISE, dbscan


def test_weighted_by_known_emissions() -> None:
    sites = along_equator(0, 1, 2, 90, co2_t_per_yr=[1e6, 3e6, np.nan, 9e6])
    table = pd.DataFrame({"a": [0.0, 1.0, 0.5, 0.9], "b": [0.2, np.nan, 0.7, 0.1]}, sites.index)
    means = member_means(sites, dbscan(sites, min_samples=3), table)
    # a: (0 * 1 + 1 * 3) / 4; b: only the first is known on both counts; noise never counts
    assert means.index.name == "cluster"
    assert means.iloc[0].tolist() == pytest.approx([0.75, 0.2])


@pytest.mark.parametrize("emissions", [[np.nan] * 3, [0.0] * 3])
def test_unweighted_where_nothing_is_emitted(emissions: list[float]) -> None:
    sites = along_equator(0, 1, 2, co2_t_per_yr=emissions)
    table = pd.DataFrame({"a": [0.0, 1.0, np.nan]}, sites.index)
    assert member_means(sites, dbscan(sites, min_samples=3), table)["a"].tolist() == [0.5]


def test_unknown_where_no_entry_is_known() -> None:
    sites = along_equator(0, 1, 2, co2_t_per_yr=[1.0] * 3)
    table = pd.DataFrame({"a": [np.nan] * 3, "b": [0.0] * 3}, sites.index)
    means = member_means(sites, dbscan(sites, min_samples=3), table)
    assert means["a"].isna().tolist() == [True]
    assert means["b"].tolist() == [0.0]


def test_other_members_weigh_equally_if_the_emitting_one_has_no_entry() -> None:
    sites = along_equator(0, 1, 2, co2_t_per_yr=[5e6, 0.0, np.nan])
    table = pd.DataFrame({"a": [np.nan, 0.2, 0.6]}, sites.index)
    means = member_means(sites, dbscan(sites, min_samples=3), table)
    assert means["a"].tolist() == pytest.approx([0.4])


def test_equals_brute_force_whatever_the_row_order() -> None:
    rng = np.random.default_rng(14)
    emissions = rng.lognormal(10, 2, 80)
    emissions[rng.random(80) < 0.3] = np.nan
    sites = plants(*dense_cloud(rng, 80), ids=rng.permutation(80), co2_t_per_yr=emissions)
    table = pd.DataFrame(rng.random((80, 3)), sites.index, list("abc"))
    table[rng.random((80, 3)) < 0.2] = np.nan
    labels = dbscan(sites, eps_km=1.5, min_samples=3)
    means = member_means(sites, labels, table)
    known = sites["co2_t_per_yr"].fillna(0.0)
    for cluster in range(labels["cluster"].max() + 1):
        for name in "abc":
            entry = table[name][labels["cluster"] == cluster]
            weight = known[entry.index].where(entry.notna(), 0.0)
            weight = weight if weight.sum() > 0 else entry.notna().astype(float)
            expected = (entry.fillna(0.0) * weight).sum() / weight.sum()
            assert means[name][cluster] == pytest.approx(expected, rel=1e-12)
    order = rng.permutation(80)
    again = member_means(sites.iloc[order], labels.iloc[order], table.iloc[order])
    pd.testing.assert_frame_equal(again, means, check_exact=True)


def test_no_cluster_and_no_column() -> None:
    sites = along_equator(0, 50, co2_t_per_yr=[1.0, 2.0])
    labels = dbscan(sites)
    assert (labels["cluster"] == NOISE).all()
    means = member_means(sites, labels, pd.DataFrame({"a": [1.0, 2.0]}, sites.index))
    assert means.shape == (0, 1)
    clustered = dbscan(sites, eps_km=100, min_samples=2)
    assert member_means(sites, clustered, pd.DataFrame(index=sites.index)).shape == (1, 0)
