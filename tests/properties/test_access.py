"""What accessibility must follow, whatever the layers hold (method.md F.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.layers.features import Features, Sites, as_features, as_sites
from standort.metrics import (
    cutoff,
    exponential,
    floating_catchment,
    gaussian,
    hansen_access,
    linear,
    logistic,
    power,
    share_supply,
    steps,
    truncated_gaussian,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DECAYS = {
    "none": None,
    "linear": linear(300.0),
    "exponential": exponential(100.0),
    "gaussian": gaussian(100.0),
    "truncated_gaussian": truncated_gaussian(300.0),
    "logistic": logistic(100.0, 0.05),
    "power": power(1.5),
    "cutoff": cutoff(200.0),
    "steps": steps([(50.0, 1.0), (150.0, 0.68), (300.0, 0.22)]),
    "a callable": lambda d: np.exp(-((d / 80.0) ** 1.5)),
}
AMOUNT = st.floats(0.01, 1e3)
#: by the pole and over the antimeridian as anywhere else
ORIGINS = [(4.0, 52.0), (179.5, -10.0), (30.0, 88.5)]


def layer(lon: Any, lat: Any, id_name: str, **columns: Any) -> Any:  # noqa: ANN401 - geopandas
    ids = [f"{id_name[0]}{i:02d}" for i in range(len(lon))]
    lon = (np.asarray(lon, dtype=float) + 180.0) % 360.0 - 180.0
    return gpd.GeoDataFrame(
        {id_name: ids, **columns}, geometry=gpd.points_from_xy(lon, lat), crs=4326
    )


class Market(NamedTuple):
    """Who draws on what."""

    plants: Any
    stores: Any


class Demand(NamedTuple):
    """The same points as sites and as those who draw, read once for several measurements."""

    sites: Sites
    points: Features


def demand(plants: Any) -> Demand:  # noqa: ANN401 - geopandas
    return Demand(as_sites(plants), as_features(plants))


@st.composite
def markets(draw: Callable[..., Any]) -> Market:
    """Plants and stores round a place, some coincident."""
    origin = draw(st.sampled_from(ORIGINS))
    offsets = st.tuples(st.integers(-8, 8), st.integers(-3, 3))
    places = [
        np.array(draw(st.lists(offsets, min_size=1, max_size=8)), dtype=float) * [0.4, 0.4] + origin
        for _ in range(2)
    ]
    mass = [draw(st.lists(AMOUNT, min_size=len(p), max_size=len(p))) for p in places]
    plants = layer(places[0][:, 0], places[0][:, 1], "site_id", co2_mt_per_yr=mass[0])
    stores = layer(places[1][:, 0], places[1][:, 1], "feature_id", capacity_mt=mass[1])
    return Market(plants, stores)


def access(drawing: Demand, stores: Any, decay: Any, **options: Any) -> Any:  # noqa: ANN401
    return floating_catchment(
        drawing.sites,
        stores,
        drawing.points,
        supply="capacity_mt",
        demand="co2_mt_per_yr",
        catchment_km=250.0,
        decay=decay,
        **options,
    )


@pytest.mark.parametrize("decay", DECAYS)
@given(market=markets(), rate=st.sampled_from([1.0, 0.9, 0.1]))
def test_what_is_shared_out_is_what_is_used(decay: str, market: Market, rate: float) -> None:
    """F.2 no. 23: demand times access adds up to the supply within reach of any demand."""
    plants, stores = market.plants, as_features(market.stores)
    drawing = demand(plants)
    shared = share_supply(
        stores,
        drawing.points,
        supply="capacity_mt",
        demand="co2_mt_per_yr",
        catchment_km=250.0,
        decay=DECAYS[decay],
        capture_rate=rate,
    )
    actual = access(drawing, stores, DECAYS[decay], capture_rate=rate)
    drawn = (actual * plants["co2_mt_per_yr"].to_numpy() * rate).sum()
    used = np.isfinite(shared.table["ratio"])
    assert drawn == pytest.approx(shared.table["supply"][used].sum(), rel=1e-9)


@pytest.mark.parametrize("decay", ["none", "exponential"])
@given(market=markets(), factor=st.sampled_from([0.5, 3.0, 100.0]))
def test_access_scales_with_supply_and_against_demand(
    decay: str,
    market: Market,
    factor: float,
) -> None:
    """F.2 no. 23: of degree 1 in supply and -1 in demand."""
    plants, stores = market
    drawing = demand(plants)
    before = access(drawing, stores, DECAYS[decay])
    more = stores.assign(capacity_mt=stores["capacity_mt"] * factor)
    np.testing.assert_allclose(access(drawing, more, DECAYS[decay]), before * factor, rtol=1e-9)
    busier = demand(plants.assign(co2_mt_per_yr=plants["co2_mt_per_yr"] * factor))
    np.testing.assert_allclose(access(busier, stores, DECAYS[decay]), before / factor, rtol=1e-9)


@pytest.mark.parametrize("decay", DECAYS)
@given(market=markets(), factor=st.floats(1.0, 50.0), which=st.integers(0, 7))
def test_a_larger_store_lowers_no_access(
    decay: str, market: Market, factor: float, which: int
) -> None:
    """F.2 no. 10."""
    drawing = demand(market.plants)
    enlarged = market.stores.copy()
    enlarged.loc[which % len(enlarged), "capacity_mt"] *= factor
    stores, larger = as_features(market.stores), as_features(enlarged)
    weigh = DECAYS[decay] or cutoff(250.0)
    for measure in (
        lambda layer: access(drawing, layer, DECAYS[decay]),
        lambda layer: hansen_access(
            drawing.sites, layer, "capacity_mt", decay=weigh, cutoff_km=250.0
        ),
    ):
        assert (measure(larger) >= measure(stores) * (1.0 - 1e-12)).all()


@pytest.mark.parametrize("decay", DECAYS)
@given(market=markets(), amount=AMOUNT)
def test_one_more_competitor_raises_no_access(decay: str, market: Market, amount: float) -> None:
    """F.2 no. 10."""
    plants, stores = market.plants, as_features(market.stores)
    newcomer = plants.iloc[[0]].assign(site_id="new", co2_mt_per_yr=amount)
    competing = pd.concat([plants, newcomer], ignore_index=True)
    before = access(demand(plants), stores, DECAYS[decay]).to_numpy()
    after = access(demand(competing), stores, DECAYS[decay]).to_numpy()[:-1]
    assert (after <= before * (1.0 + 1e-12)).all()


@pytest.mark.parametrize("decay", DECAYS)
@given(
    away=st.floats(0.0, 12.0),
    nearer=st.floats(0.0, 1.0),
    competitor=AMOUNT,
    own=AMOUNT,
    supply=AMOUNT,
)
def test_a_nearer_store_lowers_no_access(
    decay: str, away: float, nearer: float, competitor: float, own: float, supply: float
) -> None:
    """F.2 no. 10: the store moves round the pole, where the competitor stands, to the plant."""
    drawing = demand(layer([0.0, 0.0], [88.0, 90.0], "site_id", co2_mt_per_yr=[own, competitor]))
    weigh = DECAYS[decay] or cutoff(250.0)
    actual = []
    for lon in (away, away * nearer):
        store = as_features(layer([lon], [88.0], "feature_id", capacity_mt=[supply]))
        hansen = hansen_access(drawing.sites, store, "capacity_mt", decay=weigh, cutoff_km=250.0)
        actual.append((access(drawing, store, DECAYS[decay]).iloc[0], hansen.iloc[0]))
    for far, near in zip(*actual, strict=True):
        assert near >= far * (1.0 - 1e-9)
