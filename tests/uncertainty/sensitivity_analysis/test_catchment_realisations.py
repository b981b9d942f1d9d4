"""Floating catchments in all pairs of realisations: equal to measuring each pair, to the bit."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from standort.layers import Study
from standort.layers.features import as_sites
from standort.scoring import load_profile
from standort.study.context import Context
from standort.study.evaluation import measure
from standort.uncertainty import Spreads
from standort.uncertainty.layer_draws import drawn_layers
from standort.uncertainty.sensitivity_analysis.catchment_realisations import measure_pairs

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.scoring import Criterion

REALISATIONS = 3
_N_PLANTS, _N_STORES = 40, 12


def _plants(rng: np.random.Generator) -> GeoDataFrame:
    """Plants, one with unknown emissions."""
    emitted = rng.uniform(1e5, 3e6, _N_PLANTS)
    emitted[3] = np.nan
    return gpd.GeoDataFrame(
        {"site_id": [f"e{i}" for i in range(_N_PLANTS)], "co2_t_per_yr": emitted},
        geometry=gpd.points_from_xy(rng.uniform(0, 9, _N_PLANTS), rng.uniform(50, 55, 40)),
        crs=4326,
    )


def _stores(rng: np.random.Generator, kind: str) -> GeoDataFrame:
    """Stores, some with drawn capacities below 100 Mt; one may not be built."""
    positions = shapely.points(rng.uniform(0, 9, _N_STORES), rng.uniform(50, 55, _N_STORES))
    areas = shapely.buffer(positions, 0.1)
    capacity = rng.uniform(60, 500, _N_STORES)
    capacity[5] = np.nan
    mixed = np.where(np.arange(_N_STORES) % 2 == 0, positions, areas)
    return gpd.GeoDataFrame(
        {
            "feature_id": [f"s{i}" for i in rng.permutation(_N_STORES)],
            "capacity_mt": capacity,
            "status": ["planned" if i == 1 else "operating" for i in range(_N_STORES)],
        },
        geometry={"points": positions, "areas": areas, "both": mixed}[kind],
        crs=4326,
    )


def _pairs_one_by_one(
    study: Study, criterion: Criterion, realisations: dict[str, list[GeoDataFrame]]
) -> dict[tuple[int, int], Any]:
    metrics = {}
    for a, b in product(range(REALISATIONS), repeat=2):
        drawn = {
            "co2_storage": realisations["co2_storage"][a],
            "emitters": realisations["emitters"][b],
        }
        context = Context(study).with_layers(drawn)
        metric = measure(as_sites(study.sites), [criterion], context)[criterion.id]
        metrics[a, b] = metric.value.to_numpy()
    return metrics


@pytest.mark.parametrize("kind", ["points", "areas", "both"])
@pytest.mark.parametrize("decay", [True, False])
def test_pairs_equal_those_measured_one_by_one(kind: str, *, decay: bool) -> None:
    rng = np.random.default_rng(7)
    study = Study.from_layers(emitters=_plants(rng), co2_storage=_stores(rng, kind))
    profile = load_profile("net-zero")
    criterion = profile.criterion("co2_storage_access")
    if decay:
        falling = profile.criterion("nearby_clusters").decay
        assert falling is not None
        criterion = criterion.model_copy(update={"decay": falling})
    layers = drawn_layers(study, [criterion], Spreads(position_km=20.0))
    realisations = {each.name: [each.draw(0, r) for r in range(REALISATIONS)] for each in layers}
    built = {len(frame) for frame in realisations["co2_storage"]}
    recorded = Context(study)
    supply, demand = (
        [recorded.with_layers({name: frame}) for frame in realisations[name]]
        for name in ("co2_storage", "emitters")
    )
    expected = _pairs_one_by_one(study, criterion, realisations)
    metrics = dict(measure_pairs(as_sites(study.sites), criterion, recorded, supply, demand))
    assert metrics.keys() == expected.keys()
    for pair, metric in metrics.items():
        np.testing.assert_array_equal(metric, expected[pair])
    assert len(built) > 1  # in some realisations a store is missing
    assert len({metric.tobytes() for metric in metrics.values()}) == REALISATIONS**2


def test_a_site_beyond_reach_of_all_stores_has_none() -> None:
    rng = np.random.default_rng(8)
    far = gpd.GeoDataFrame(
        {"site_id": ["far"]}, geometry=gpd.points_from_xy([100.0], [-40.0]), crs=4326
    )
    study = Study.from_layers(emitters=_plants(rng), co2_storage=_stores(rng, "areas"), sites=far)
    criterion = load_profile("net-zero").criterion("co2_storage_access")
    recorded = Context(study)
    metrics = dict(
        measure_pairs(as_sites(study.sites), criterion, recorded, [recorded], [recorded])
    )
    assert metrics[0, 0].tolist() == [0.0]
