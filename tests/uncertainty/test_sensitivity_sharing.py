"""A floating catchment in all pairs of worlds: the same bits as measured in each pair."""

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

WORLDS = 3
_N_PLANTS, _N_STORES = 40, 12


def _plants(chance: np.random.Generator) -> GeoDataFrame:
    """Place plants, one of unknown emissions."""
    emitted = chance.uniform(1e5, 3e6, _N_PLANTS)
    emitted[3] = np.nan
    return gpd.GeoDataFrame(
        {"site_id": [f"e{i}" for i in range(_N_PLANTS)], "co2_t_per_yr": emitted},
        geometry=gpd.points_from_xy(chance.uniform(0, 9, _N_PLANTS), chance.uniform(50, 55, 40)),
        crs=4326,
    )


def _stores(chance: np.random.Generator, kind: str) -> GeoDataFrame:
    """Place stores, some of which a drawn capacity takes below 100 Mt; one may not be built."""
    places = shapely.points(chance.uniform(0, 9, _N_STORES), chance.uniform(50, 55, _N_STORES))
    areas = shapely.buffer(places, 0.1)
    capacity = chance.uniform(60, 500, _N_STORES)
    capacity[5] = np.nan
    mixed = np.where(np.arange(_N_STORES) % 2 == 0, places, areas)
    return gpd.GeoDataFrame(
        {
            "feature_id": [f"s{i}" for i in chance.permutation(_N_STORES)],
            "capacity_mt": capacity,
            "status": ["planned" if i == 1 else "operating" for i in range(_N_STORES)],
        },
        geometry={"points": places, "areas": areas, "both": mixed}[kind],
        crs=4326,
    )


def _pairs_one_by_one(
    study: Study, criterion: Criterion, worlds: dict[str, list[GeoDataFrame]]
) -> dict[tuple[int, int], Any]:
    found = {}
    for a, b in product(range(WORLDS), repeat=2):
        drawn = {"co2_storage": worlds["co2_storage"][a], "emitters": worlds["emitters"][b]}
        context = Context(study).with_layers(drawn)
        metric = measure(as_sites(study.sites), [criterion], context)[criterion.id]
        found[a, b] = metric.value.to_numpy()
    return found


@pytest.mark.parametrize("kind", ["points", "areas", "both"])
@pytest.mark.parametrize("decay", [True, False])
def test_pairs_are_those_measured_one_by_one(kind: str, *, decay: bool) -> None:
    chance = np.random.default_rng(7)
    study = Study.from_layers(emitters=_plants(chance), co2_storage=_stores(chance, kind))
    profile = load_profile("net-zero")
    criterion = profile.criterion("co2_storage_access")
    if decay:
        falling = profile.criterion("nearby_clusters").decay
        assert falling is not None
        criterion = criterion.model_copy(update={"decay": falling})
    layers = drawn_layers(study, [criterion], Spreads(position_km=20.0))
    worlds = {each.name: [each.draw(0, r) for r in range(WORLDS)] for each in layers}
    built = {len(frame) for frame in worlds["co2_storage"]}
    recorded = Context(study)
    supply, demand = (
        [recorded.with_layers({name: frame}) for frame in worlds[name]]
        for name in ("co2_storage", "emitters")
    )
    expected = _pairs_one_by_one(study, criterion, worlds)
    found = dict(measure_pairs(as_sites(study.sites), criterion, recorded, supply, demand))
    assert found.keys() == expected.keys()
    for pair, metric in found.items():
        np.testing.assert_array_equal(metric, expected[pair])
    assert len(built) > 1  # in some worlds a store is not there
    assert len({metric.tobytes() for metric in found.values()}) == WORLDS**2


def test_a_site_beyond_all_stores_has_none() -> None:
    chance = np.random.default_rng(8)
    far = gpd.GeoDataFrame(
        {"site_id": ["far"]}, geometry=gpd.points_from_xy([100.0], [-40.0]), crs=4326
    )
    study = Study.from_layers(
        emitters=_plants(chance), co2_storage=_stores(chance, "areas"), sites=far
    )
    criterion = load_profile("net-zero").criterion("co2_storage_access")
    recorded = Context(study)
    found = dict(measure_pairs(as_sites(study.sites), criterion, recorded, [recorded], [recorded]))
    assert found[0, 0].tolist() == [0.0]
