"""Layers that take the place of others in a context: what is prepared anew, and what is kept."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from standort.errors import LayerError
from standort.layers import Study
from standort.layers.features import Features, as_features, as_sites
from standort.scoring import ClusterSettings, load_profile
from standort.study.context import Context
from standort.study.engine import Engine
from standort.study.evaluation import measure


@pytest.fixture
def study() -> Study:
    """Plants round stores with outlines of few and of many vertices, ids in no order."""
    chance = np.random.default_rng(3)
    lon, lat = chance.uniform([[0], [50]], [[6], [56]], (2, 60))
    plants = gpd.GeoDataFrame(
        {"site_id": [f"p{i}" for i in range(60)], "co2_t_per_yr": chance.uniform(1e5, 2e6, 60)},
        geometry=gpd.points_from_xy(lon, lat),
        crs=4326,
    )
    middle = shapely.points(*chance.uniform([[0], [50]], [[6], [56]], (2, 14)))
    rough, round_ = (shapely.buffer(middle, 0.2, quad_segs=n) for n in (2, 64))
    stores = gpd.GeoDataFrame(
        {
            "feature_id": [f"s{i}" for i in chance.permutation(14)],
            "capacity_mt": chance.uniform(40, 400, 14),
        },
        geometry=np.where(np.arange(14) % 2 == 0, rough, round_),
        crs=4326,
    )
    return Study.from_layers(emitters=plants, co2_storage=stores)


@pytest.mark.parametrize("name", ["co2_storage_distance", "co2_storage_access"])
def test_other_attributes_give_the_bits_of_a_context_of_their_own(study: Study, name: str) -> None:
    criterion = load_profile("net-zero").criterion(name)
    sites = as_sites(study.sites)
    recorded = Context(study)
    measure(sites, [criterion], recorded)
    for seed in range(3):
        stores = study.layers["co2_storage"].copy()
        stores["capacity_mt"] *= np.random.default_rng(seed).uniform(0.3, 3.0, len(stores))
        fresh = Context(replace(study, layers={**study.layers, "co2_storage": stores}))
        again = recorded.with_layers({"co2_storage": stores})
        expected = measure(sites, [criterion], fresh)[name]
        actual = measure(sites, [criterion], again)[name]
        pd.testing.assert_series_equal(actual.value, expected.value, check_exact=True)
        assert actual.feature.tolist() == expected.feature.tolist()


def test_layers_in_place_share_an_index_and_others_do_not(study: Study) -> None:
    recorded, stores = Context(study), study.layers["co2_storage"]
    index = recorded.layer("co2_storage").index
    richer, moved, fewer = stores.copy(), stores.copy(), stores.iloc[1:]
    richer["capacity_mt"] *= 2.0
    moved["geometry"] = shapely.transform(moved.geometry.to_numpy(), lambda xy: xy + 0.01)
    turned = stores.iloc[::-1]
    shares = {
        name: recorded.with_layers({"co2_storage": layer}).layer("co2_storage").index is index
        for name, layer in [
            ("richer", richer),
            ("moved", moved),
            ("fewer", fewer),
            ("turned", turned),
        ]
    }
    assert shares == {"richer": True, "moved": False, "fewer": False, "turned": False}
    table = recorded.with_layers({"co2_storage": richer}).layer("co2_storage").table
    assert table["capacity_mt"].sum() == richer["capacity_mt"].sum()


def test_threads_prepare_each_part_once(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen threads ask for a subset and, on the way, for its layer and the filter."""
    criterion = load_profile("net-zero").criterion("co2_storage_distance")
    prepared, start = [], threading.Barrier(16)

    def slowly(frame: object) -> Features:
        prepared.append(frame)
        time.sleep(0.05)
        return as_features(frame)

    def ask(_: int) -> Features:
        start.wait()
        return recorded.passing(criterion)

    monkeypatch.setattr("standort.study.context.as_features", slowly)
    recorded = Context(study)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(16)))
    assert len(prepared) == 1
    assert all(answer is answers[0] for answer in answers)


def test_what_could_not_be_prepared_is_tried_again(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> Features:
        msg = "unreadable"
        raise LayerError(msg)

    recorded = Context(study)
    with monkeypatch.context() as broken:
        broken.setattr("standort.study.context.as_features", fails)
        with pytest.raises(LayerError, match="unreadable"):
            recorded.layer("co2_storage")
    assert len(recorded.layer("co2_storage")) == 14


def test_other_clusters_are_other_features(study: Study) -> None:
    """What was prepared from the clusters before is not used again."""
    settings = ClusterSettings(eps_km=80.0, min_samples=3)
    engine = Engine.of(study, load_profile("net-zero").model_copy(update={"clusters": settings}))
    clusters = engine.clusters
    assert clusters is not None
    criterion = load_profile("net-zero").criterion("nearby_clusters")
    every = engine.context.passing(criterion)
    fewer = replace(
        clusters, labels=clusters.labels.assign(cluster=-1), table=clusters.table.iloc[:0]
    )
    assert len(engine.context.with_clusters(fewer).passing(criterion)) < len(every)
