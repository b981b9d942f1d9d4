"""Clusters split at a largest diameter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from clusters.plant_layers import along_equator, cloud_of, clusters_of, distances_km

from standort.clusters import (
    NOISE,
    dbscan,
    split_wide,
)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("most", [3_000, 20])
def test_no_part_is_wider_than_the_limit(
    cloud: Any,  # noqa: ANN401
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("standort.clusters.settings.wide_clusters._MOST_AT_ONCE", most)
    sites = cloud_of(cloud)
    labels = clusters_of(sites)
    matrix = distances_km(sites)
    before = labels["cluster"].to_numpy()
    wide = [matrix[np.ix_(before == c, before == c)].max() for c in range(before.max() + 1)]
    limit = max(wide) / 2 + 1e-3
    split = split_wide(sites, labels, max_diameter_km=limit, emissions="co2_t_per_yr")
    after = split.labels["cluster"].to_numpy()
    for c in range(after.max() + 1):
        inside = after == c
        assert inside.sum() > 1
        assert matrix[np.ix_(inside, inside)].max() <= limit
        assert len(set(before[inside])) == 1
    assert set(split.report["split_cluster"]) == {c for c, w in enumerate(wide) if w > limit}
    inside = np.isin(before, split.report["split_cluster"])
    assert split.report["n_sites"].sum() == inside.sum()
    assert (after[~inside] != NOISE).tolist() == (before[~inside] != NOISE).tolist()
    assert ((split.labels["role"] == "noise") == (after == NOISE)).all()
    emitted = (
        sites["co2_t_per_yr"].groupby(split.labels["cluster"]).sum().drop(NOISE, errors="ignore")
    )
    assert emitted.is_monotonic_decreasing


def test_clusters_within_the_limit_are_unchanged() -> None:
    sites = along_equator(0, 1, 2, 50, 51, 52, 53)
    labels = dbscan(sites, min_samples=3)
    split = split_wide(sites, labels, max_diameter_km=5)
    pd.testing.assert_frame_equal(split.labels, labels)
    assert len(split.report) == 0


def test_a_single_site_becomes_noise_and_is_reported() -> None:
    sites = along_equator(0, 1, 2, 8)
    split = split_wide(sites, dbscan(sites, min_samples=3), max_diameter_km=3)
    assert split.labels["cluster"].tolist() == [0, 0, 0, NOISE]
    assert split.report[["cluster", "n_sites"]].to_numpy().tolist() == [[-1, 1], [0, 3]]
