"""HDBSCAN as a cross-check."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from clusters.plant_layers import along_equator, cloud_of, distances_km
from sklearn.cluster import HDBSCAN

from standort.clusters import (
    NOISE,
    hdbscan,
)
from standort.errors import OptionError


@pytest.mark.parametrize("cloud", [CLOUDS[1], CLOUDS[3]])
def test_cross_check_equals_scikit_learn_on_geodesics(cloud: Any) -> None:  # noqa: ANN401
    sites = cloud_of(cloud)
    matrix = distances_km(sites)
    theirs = HDBSCAN(min_cluster_size=4, min_samples=3, metric="precomputed", copy=True)
    theirs.fit(matrix)
    result = hdbscan(sites, min_cluster_size=4, min_samples=3, least_eps_km=0)
    noise = result["cluster"] == NOISE
    assert (noise == (theirs.labels_ == -1)).mean() > 0.95
    shuffled = sites.sample(frac=1, random_state=4)
    again = hdbscan(shuffled, min_cluster_size=4, min_samples=3, least_eps_km=0)
    pd.testing.assert_frame_equal(again, result.loc[shuffled.index])


def test_least_eps_keeps_a_loose_and_a_tight_part_together() -> None:
    """Two groups of 0.1 km spacing, 2 km apart, and one 50 km away: two clusters at 5 km."""
    at = [*np.arange(6) * 0.1, *(2 + np.arange(6) * 0.1), *(50 + np.arange(6) * 0.1)]
    fine = hdbscan(along_equator(*at), least_eps_km=0)
    whole = hdbscan(along_equator(*at), least_eps_km=5)
    assert fine["cluster"].nunique() == 3
    assert whole["cluster"].tolist() == [0] * 12 + [1] * 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_cluster_size": 1}, "min_cluster_size to be a whole number from 2"),
        (
            {"min_samples": 0, "least_eps_km": -1},
            r"(?s)min_samples to be a whole number from 1.*least_eps_km to be a number",
        ),
        ({"min_samples": 9}, "at least 9 sites, got 3"),
    ],
)
def test_options_of_hdbscan_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        hdbscan(along_equator(0, 1, 2), **options)
