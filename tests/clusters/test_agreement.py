"""Agreement of partitions: the measure used, and ours beside scikit-learn's."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from clouds import CLOUDS
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score

from standort.clusters import dbscan
from standort.earth import geocentric


def test_the_adjusted_rand_index_is_the_published_one() -> None:
    """method.md F.1 no. 43: the index that the next comparison stands on."""
    assert adjusted_rand_score([0, 0, 1, 1], [0, 0, 1, 2]) == pytest.approx(0.5714, abs=5e-5)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_cores_are_parted_as_scikit_learn_parts_them(cloud: object) -> None:
    lon, lat = cloud(np.random.default_rng(20), 600)  # type: ignore[operator]
    places = gpd.points_from_xy(lon, lat, crs=4326)
    found = dbscan(gpd.GeoDataFrame(geometry=places), eps_km=4.0, min_samples=4)
    theirs = DBSCAN(eps=4_000.0, min_samples=4).fit(geocentric(lon, lat))
    core = np.zeros(len(lon), dtype=bool)
    core[theirs.core_sample_indices_] = True
    assert ((found["role"] == "core").to_numpy() == core).all()
    assert (
        adjusted_rand_score(found["cluster"][core], theirs.labels_[core]) == 1.0 or not core.any()
    )
