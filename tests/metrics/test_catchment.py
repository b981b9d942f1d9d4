"""Floating catchments: published cases, matrices by hand, conservation, unknown and unused."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from clouds import CLOUDS
from geopandas.testing import assert_geodataframe_equal
from metrics import brute_force
from metrics.brute_force import all_pairs, assert_aligned, bits, clear_radius, layer
from oracles import GEOD

from standort.errors import CRSError, GeometryError, LayerError, OptionError
from standort.layers import as_features, as_sites
from standort.metrics import (
    catchment,
    catchment_unit,
    cutoff,
    exponential,
    floating_catchment,
    gaussian,
    linear,
    measure_catchment,
    share_supply,
    steps,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Weighing = Callable[[Floats], Floats]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]

#: a kilometre along the equator [degrees]
KM = 1.0 / 111.319490793
COLUMNS: dict[str, Any] = {"supply": "capacity_mt", "demand": "co2_mt_per_yr"}
THREE_ZONES = steps([(20.0, 1.0), (40.0, 0.68), (60.0, 0.22)])
DECAYS: list[Weighing | None] = [
    None,
    exponential(20.0),
    linear(90.0),
    THREE_ZONES,
    lambda d: 1.0 / (1.0 + d),
]


def plants(at_km: Sequence[float], demand: Sequence[float]) -> gpd.GeoDataFrame:
    """Demand points along the equator."""
    lon = np.array(at_km) * KM
    names = [f"p{i}" for i in range(1, len(lon) + 1)]
    return layer(lon, lon * 0.0, site_id=names, co2_mt_per_yr=np.array(demand, dtype=float))


def stores(at_km: Sequence[float], supply: Sequence[float]) -> gpd.GeoDataFrame:
    """Supply along the equator."""
    lon = np.array(at_km) * KM
    names = [f"s{i}" for i in range(1, len(lon) + 1)]
    return layer(lon, lon * 0.0, feature_id=names, capacity_mt=np.array(supply, dtype=float))


def two_stores_three_plants() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The first plant reaches store 1, the third store 2, the second both (30 and 50 km away)."""
    return stores([0.0, 80.0], [100.0, 50.0]), plants([0.0, 30.0, 80.0], [1.0, 2.0, 3.0])


class Case:
    """Sites, supply and demand of a cloud; some of each unknown, 0 or of the sites themselves."""

    def __init__(self, cloud: Cloud, *, unknown: bool = True, seed: int = 41) -> None:
        rng = np.random.default_rng(seed)
        supply, demand = rng.lognormal(3.0, 1.0, 60), rng.lognormal(0.0, 1.0, 110)
        supply[:3], demand[:9] = 0.0, 0.0
        if unknown:
            supply[rng.random(60) < 0.2] = np.nan
            demand[rng.random(110) < 0.3] = np.nan
        names = rng.permutation([f"f{i:03d}" for i in range(60)])
        self.stores = layer(*cloud(rng, 60), feature_id=names, capacity_mt=supply)
        names = rng.permutation([f"p{i:03d}" for i in range(110)])
        self.plants = layer(*cloud(rng, 110), site_id=names, co2_mt_per_yr=demand)
        others = layer(*cloud(rng, 40), site_id=[f"x{i}" for i in range(40)])
        some = self.plants.iloc[::2][["site_id", "geometry"]]
        self.sites = gpd.GeoDataFrame(pd.concat([some, others], ignore_index=True), crs=4326)

    def clear(self, about_km: float) -> float:
        """Return a catchment with no pair of sites, plants and stores on its edge."""
        pairs = [self.pairs(part) for part in (self.sites, self.plants)]
        return clear_radius(pd.concat(pairs), about_km)

    def pairs(self, points: gpd.GeoDataFrame) -> pd.DataFrame:
        return all_pairs(points, self.stores)

    def weights(self, points: gpd.GeoDataFrame, reach_km: float, decay: Weighing | None) -> Floats:
        km = self.pairs(points)["km"].to_numpy()
        weight = np.ones(len(km)) if decay is None else decay(km)
        return np.where(km <= reach_km, weight, 0.0).reshape(len(points), -1)

    def access(self, **options: Any) -> pd.Series[float]:  # noqa: ANN401
        return floating_catchment(self.sites, self.stores, self.plants, **COLUMNS, **options)


def brute_access(case: Case, reach_km: float, decay: Weighing | None) -> Floats:
    """Both steps in plain loops over a matrix of weights, unknown and unused apart."""
    w = case.weights(case.plants, reach_km, decay)
    to_sites = case.weights(case.sites, reach_km, decay)
    demand = case.plants["co2_mt_per_yr"].to_numpy()
    ratio = []
    for s, supply in enumerate(case.stores["capacity_mt"]):
        reaching = [p * share for p, share in zip(demand, w[:, s], strict=True) if share > 0.0]
        known = [p for p in reaching if not np.isnan(p)]
        if np.isnan(supply):
            ratio.append(np.nan)
        elif supply == 0.0:
            ratio.append(0.0)
        elif sum(known) > 0.0:
            ratio.append(supply / sum(known))
        else:
            ratio.append(np.inf if len(known) == len(reaching) else np.nan)
    access = []
    for row in to_sites:
        reached = [r * share for r, share in zip(ratio, row, strict=True) if share > 0.0]
        known = [r for r in reached if not np.isnan(r)]
        access.append(sum(known) if known or not reached else np.nan)
    return np.array(access, dtype=np.float64)


# ---------------------------------------------------------------------- closed forms


def test_two_stores_and_three_plants_in_closed_form() -> None:
    """R = 100 / (1 + 2), 50 / (2 + 3); access 33.33, 43.33, 10 years."""
    features, points = two_stores_three_plants()
    shared = share_supply(features, points, **COLUMNS, catchment_km=60.0)
    assert shared.table["ratio"].tolist() == [100.0 / 3.0, 10.0]
    assert shared.unit == "yr"
    result = floating_catchment(points, features, points, **COLUMNS, catchment_km=60.0)
    assert_aligned(result, points, "floating_catchment")
    assert result.tolist() == pytest.approx([33.3333, 43.3333, 10.0], abs=5e-5)
    assert (result * points["co2_mt_per_yr"]).sum() == pytest.approx(150.0, rel=1e-14)


def test_enhanced_catchments_in_closed_form() -> None:
    """Weights 1, 0.68, 0.22: access 42.373, 32.011, 14.535 years."""
    features, points = two_stores_three_plants()
    result = floating_catchment(
        points, features, points, **COLUMNS, catchment_km=60.0, decay=THREE_ZONES
    )
    assert result.tolist() == pytest.approx([42.373, 32.011, 14.535], abs=5e-4)
    assert (result * points["co2_mt_per_yr"]).sum() == pytest.approx(150.0, rel=1e-14)


def test_the_documented_example_of_sdc_catchment() -> None:
    """Consumers at 0, 1, 2 of 100 each, providers at 0 and 2 of 10 each, a Gaussian of scale 1."""
    points, features = plants([0.0, 1.0, 2.0], [100.0] * 3), stores([0.0, 2.0], [10.0] * 2)
    result = floating_catchment(
        points, features, points, **COLUMNS, catchment_km=50.0, decay=gaussian(1.0)
    )
    assert result.tolist() == pytest.approx([0.065179, 0.069641, 0.065179], abs=5e-7)


# ---------------------------------------------------------------------- brute force


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("decay", DECAYS, ids=lambda d: getattr(d, "name", "other"))
def test_access_equals_brute_force(cloud: Cloud, decay: Weighing | None) -> None:
    case = Case(cloud)
    for about_km in (4.0, 90.0, 1_500.0):
        reach = case.clear(about_km)
        result = case.access(catchment_km=reach, decay=decay)
        np.testing.assert_allclose(result, brute_access(case, reach, decay), rtol=1e-6)


def test_supply_may_be_lines_and_polygons() -> None:
    shapes = {
        "field": shapely.Polygon([(0.0, 0.2), (1.0, 0.2), (1.0, 1.0), (0.0, 1.0)]),
        "hub": shapely.Point(2.0, 0.0),
        "line": shapely.LineString([(0.0, -0.5), (2.0, -0.5)]),
    }
    features = gpd.GeoDataFrame(
        {"feature_id": list(shapes), "capacity_mt": [100.0, 50.0, 8.0]},
        geometry=list(shapes.values()),
        crs=4326,
    )
    # the first is in the field, the second 22 km from it and 55 km from the line and the hub
    points = layer([0.5, 1.5, 2.4], [0.5, 0.0, 0.0], site_id=list("abc"), co2_mt_per_yr=[1, 4, 5])
    result = floating_catchment(points, features, points, **COLUMNS, catchment_km=60.0)
    pairs = brute_force.shape_pairs(points, features)
    within = (pairs["km"] <= 60.0).to_numpy().reshape(3, 3)
    assert within.tolist() == [[True, False, False], [True, True, True], [False, True, False]]
    assert result.tolist() == pytest.approx([20.0, 20.0 + 50 / 9 + 2.0, 50 / 9], rel=1e-14)


# ---------------------------------------------------------------------- invariances


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("unknown", [False, True])
def test_demand_times_access_adds_up_to_the_supply_that_is_used(
    cloud: Cloud,
    unknown: bool,  # noqa: FBT001
) -> None:
    case = Case(cloud, unknown=unknown)
    demand = case.plants["co2_mt_per_yr"]
    in_use = []
    for decay in DECAYS:
        shared = share_supply(
            case.stores, case.plants, **COLUMNS, catchment_km=1_500.0, decay=decay
        )
        access = measure_catchment(case.plants, shared).value
        drawn = (access * demand)[demand > 0.0].sum()
        in_use.append(shared.table["supply"][np.isfinite(shared.table["ratio"])].sum())
        assert drawn == pytest.approx(in_use[-1], rel=1e-12)
    assert in_use[0] > 0.0


@pytest.mark.parametrize("decay", [None, exponential(20.0)])
def test_access_grows_with_supply_and_falls_with_demand_in_proportion(
    decay: Weighing | None,
) -> None:
    case = Case(CLOUDS[3])
    expected = case.access(catchment_km=9.0, decay=decay)
    case.stores["capacity_mt"] *= 7.0
    np.testing.assert_allclose(case.access(catchment_km=9.0, decay=decay), expected * 7.0)
    case.plants["co2_mt_per_yr"] *= 7.0
    np.testing.assert_allclose(case.access(catchment_km=9.0, decay=decay), expected)


@pytest.mark.parametrize("decay", DECAYS, ids=lambda d: getattr(d, "name", "other"))
def test_a_store_that_comes_closer_or_grows_never_lowers_access(decay: Weighing | None) -> None:
    """A plant on a circle round store 2: only its distance to store 1 changes."""
    features = stores([0.0, 60.0], [100.0, 50.0])
    rivals = plants([-15.0, 30.0, 75.0], [1.0, 0.5, 3.0])
    before = -1.0
    for azimuth in (90.0, 45.0, 0.0, -30.0, -60.0, -80.0, -90.0):  # ever nearer to store 1
        lon, lat, _ = GEOD.fwd(60.0 * KM, 0.0, azimuth, 35_000.0)
        plant = layer([lon], [lat], site_id=["mine"], co2_mt_per_yr=[2.0])
        all_sites = pd.concat([rivals, plant], ignore_index=True)
        options: dict[str, Any] = {**COLUMNS, "catchment_km": 85.0, "decay": decay}
        result = floating_catchment(plant, features, all_sites, **options).iloc[0]
        assert result >= before * (1.0 - 1e-7)
        before = result
        larger = features.assign(capacity_mt=features["capacity_mt"] * [1.5, 1.0])
        assert floating_catchment(plant, larger, all_sites, **options).iloc[0] >= result
    assert before > 0.0


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("decay", [None, exponential(20.0)])
def test_another_competitor_never_raises_the_access_of_others(
    cloud: Cloud, decay: Weighing | None
) -> None:
    case = Case(cloud, unknown=False)
    before = case.access(catchment_km=500.0, decay=decay)
    assert before.max() > 0.0
    lon, lat = case.sites.geometry.x.iloc[7], case.sites.geometry.y.iloc[7]
    more = layer([lon], [lat], site_id=["a-new"], co2_mt_per_yr=[50.0])
    case.plants = gpd.GeoDataFrame(pd.concat([case.plants, more], ignore_index=True))
    after = case.access(catchment_km=500.0, decay=decay)
    assert (after <= before * (1.0 + 1e-12)).all()
    reaches = np.isfinite(before.iloc[7]) and before.iloc[7] > 0.0
    assert after.iloc[7] < before.iloc[7] or not reaches


# ---------------------------------------------------------------------- bits


@pytest.mark.parametrize("cloud", CLOUDS)
def test_other_sites_and_order_give_the_same_bits(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(cloud)
    rng = np.random.default_rng(3)
    all_sites = case.access(catchment_km=700.0, decay=exponential(200.0))
    sites = case.sites
    for chunk, rows in ((7, rng.permutation(95)), (64, rng.permutation(95)[:37]), (9_999, [4])):
        monkeypatch.setattr(catchment, "_DEMAND_POINTS", chunk)
        case.sites = sites.iloc[rows]
        case.stores = case.stores.iloc[rng.permutation(60)]
        case.plants = case.plants.iloc[rng.permutation(110)]
        result = case.access(catchment_km=700.0, decay=exponential(200.0))
        assert bits(result).tolist() == bits(all_sites.iloc[rows]).tolist()


@pytest.mark.parametrize("decay", [None, exponential(200.0)])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_plants_that_are_the_sites_have_the_bits_of_any_sites(
    cloud: Cloud, decay: Weighing | None
) -> None:
    case = Case(cloud)
    case.sites = case.plants
    all_sites = case.access(catchment_km=700.0, decay=decay)
    for rows in (slice(0, 55), slice(55, 110)):
        case.sites = case.plants.iloc[rows]
        some = case.access(catchment_km=700.0, decay=decay)
        assert bits(some).tolist() == bits(all_sites.iloc[rows]).tolist()


def test_demand_and_supply_beyond_the_catchment_change_no_bit() -> None:
    case = Case(CLOUDS[3])
    expected = case.access(catchment_km=9.0)
    far_demand = layer([-170.0], [-40.0], site_id=["a-far"], co2_mt_per_yr=[np.nan])
    far_supply = layer([-170.0], [-40.0], feature_id=["a-far"], capacity_mt=[1e6])
    case.plants = gpd.GeoDataFrame(pd.concat([far_demand, case.plants]))
    case.stores = gpd.GeoDataFrame(pd.concat([far_supply, case.stores]))
    assert bits(case.access(catchment_km=9.0)).tolist() == bits(expected).tolist()


def test_prepared_layers_give_the_same_bits_and_inputs_stay_as_they_were() -> None:
    case = Case(CLOUDS[3])
    frames = [case.sites, case.stores, case.plants]
    before = [frame.copy(deep=True) for frame in frames]
    expected = case.access(catchment_km=9.0)
    for frame, old in zip(frames, before, strict=True):
        assert_geodataframe_equal(frame, old)
    result = floating_catchment(
        as_sites(case.sites),
        as_features(case.stores),
        as_features(case.plants),
        **COLUMNS,
        catchment_km=9.0,
    )
    assert bits(result).tolist() == bits(expected).tolist()


# ---------------------------------------------------------------------- units


@pytest.mark.parametrize(
    ("supply", "demand", "unit", "factor"),
    [
        ("capacity_mt", "co2_t_per_yr", "yr", 1e6),
        ("capacity_gt", "co2_kt_per_yr", "yr", 1e6),
        ("capacity_mt", "co2_mt_per_yr", "yr", 1.0),
        ("injection_mt_per_yr", "co2_t_per_yr", "ratio", 1e6),
        ("injection_kt_per_yr", "co2_mt_per_yr", "ratio", 1e-3),
        ("capacity_gwh", "demand_twh_per_yr", "yr", 1e-3),
        ("developed_ha", "wanted_km2", "ratio", 1e-2),
    ],
)
def test_the_unit_follows_from_the_columns(
    supply: str, demand: str, unit: str, factor: float
) -> None:
    features = stores([0.0], [120.0]).rename(columns={"capacity_mt": supply})
    points = plants([10.0], [4.0]).rename(columns={"co2_mt_per_yr": demand})
    assert catchment_unit(supply, demand) == unit
    result = floating_catchment(
        points, features, points, supply=supply, demand=demand, catchment_km=50.0
    )
    assert result.iloc[0] == pytest.approx(30.0 * factor, rel=1e-15)


def test_years_are_the_same_whatever_the_units() -> None:
    features, points = two_stores_three_plants()
    expected = floating_catchment(points, features, points, **COLUMNS, catchment_km=60.0)
    in_tonnes = points.assign(co2_t_per_yr=points["co2_mt_per_yr"] * 1e6)
    result = floating_catchment(
        points, features, in_tonnes, supply="capacity_mt", demand="co2_t_per_yr", catchment_km=60.0
    )
    assert result.tolist() == pytest.approx(expected.tolist(), rel=1e-15)


# ---------------------------------------------------------------------- unknown, none, unused


def measured(
    features: gpd.GeoDataFrame, points: gpd.GeoDataFrame, site: gpd.GeoDataFrame | None = None
) -> tuple[float, object, int, int]:
    """Measure at one site, at 0 unless given, with a catchment of 50 km."""
    here = layer([0.0], [0.0], site_id=["anyone"]) if site is None else site
    shared = share_supply(features, points, **COLUMNS, catchment_km=50.0)
    result = measure_catchment(here, shared)
    assert result.overstated is not None
    counts = int(result.unknown.iloc[0]), int(result.overstated.iloc[0])
    return (float(result.value.iloc[0]), result.feature.iloc[0], *counts)


def test_no_supply_within_reach_is_none() -> None:
    assert measured(stores([90.0], [100.0]), plants([90.0], [1.0])) == (0.0, None, 0, 0)
    assert measured(stores([], []), plants([0.0], [1.0])) == (0.0, None, 0, 0)


def test_unknown_supply_is_left_out_and_counted_never_none() -> None:
    points = plants([0.0], [4.0])
    known = measured(stores([10.0, 20.0], [np.nan, 100.0]), points)
    assert known == (25.0, "s2", 1, 0)
    value, *rest = measured(stores([10.0], [np.nan]), points)
    assert np.isnan(value)
    assert rest == [None, 1, 0]


def test_unknown_demand_is_left_out_of_the_sum_and_makes_an_upper_bound() -> None:
    features = stores([10.0, 20.0], [100.0, 0.0])
    assert measured(features, plants([0.0, 5.0], [4.0, np.nan])) == (25.0, "s1", 0, 1)


def test_a_share_among_only_unknown_demand_is_unknown() -> None:
    for demand in ([np.nan, np.nan], [np.nan, 0.0]):
        value, *rest = measured(stores([10.0], [100.0]), plants([0.0, 5.0], demand))
        assert np.isnan(value)
        assert rest == [None, 1, 0]


def test_an_empty_store_gives_no_access() -> None:
    for demand in ([], [np.nan], [0.0], [4.0]):
        points = plants([0.0] * len(demand), demand)
        assert measured(stores([10.0], [0.0]), points) == (0.0, "s1", 0, 0)


def test_unused_supply_is_without_limit_to_a_site_without_demand() -> None:
    features = stores([10.0, 20.0], [100.0, 60.0])
    for points in (plants([], []), plants([0.0], [0.0]), plants([99.0], [4.0])):
        assert measured(features, points)[:2] == (np.inf, "s1")
    # a plant of the least demand uses it
    assert measured(features, plants([0.0], [1e-3]))[0] == pytest.approx(160e3)


def test_the_table_shows_which_supply_is_unused() -> None:
    features, points = stores([0.0, 200.0, 210.0], [9.0, 8.0, np.nan]), plants([5.0], [3.0])
    table = share_supply(features, points, **COLUMNS, catchment_km=50.0).table
    assert table.index.tolist() == ["s1", "s2", "s3"]
    assert table.columns.tolist() == ["supply", "demand", "unknown_demand", "ratio"]
    assert table["demand"].tolist() == [3.0, 0.0, 0.0]
    assert table.index[np.isposinf(table["ratio"])].tolist() == ["s2"]


def test_a_site_counts_its_own_demand_and_one_that_is_not_a_plant_adds_none() -> None:
    features, points = stores([0.0], [100.0]), plants([10.0], [4.0])
    assert measured(features, points, points)[0] == 25.0
    assert measured(features, points)[0] == 25.0


def test_a_store_beyond_the_decay_is_out_of_reach() -> None:
    features, points = stores([0.0, 30.0], [np.nan, 100.0]), plants([30.0], [4.0])
    site = layer([0.0], [0.0], site_id=["anyone"])
    for decay in (linear(20.0), cutoff(20.0)):
        shared = share_supply(features, points, **COLUMNS, catchment_km=50.0, decay=decay)
        result = measure_catchment(site, shared)
        assert result.unknown.tolist() == [1]
        assert np.isnan(result.value.iloc[0])
        assert shared.table["demand"].tolist() == [0.0, 4.0]


def test_the_store_that_adds_most_is_named() -> None:
    features, points = two_stores_three_plants()
    shared = share_supply(features, points, **COLUMNS, catchment_km=60.0, decay=THREE_ZONES)
    result = measure_catchment(points, shared)
    assert result.feature.tolist() == ["s1", "s1", "s2"]
    again = floating_catchment(
        points, features, points, **COLUMNS, catchment_km=60.0, decay=THREE_ZONES
    )
    assert bits(again).tolist() == bits(result.value).tolist()


def test_no_sites_give_an_empty_series() -> None:
    features, points = two_stores_three_plants()
    result = floating_catchment(points.iloc[:0], features, points, **COLUMNS, catchment_km=60.0)
    assert_aligned(result, points.iloc[:0], "floating_catchment")


# ---------------------------------------------------------------------- refusals


def call(**changed: Any) -> pd.Series[float]:  # noqa: ANN401
    features, points = two_stores_three_plants()
    options: dict[str, Any] = {
        "sites": points,
        "features": features,
        "demand_points": points,
        **COLUMNS,
        "catchment_km": 60.0,
        **changed,
    }
    return floating_catchment(**options)


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_a_catchment_must_be_a_positive_number(wrong: float) -> None:
    message = f"expected catchment_km to be a positive number up to 1e+06 [km], got {wrong!r}"
    with pytest.raises(OptionError, match=re.escape(message)):
        call(catchment_km=wrong)


def test_columns_without_units_are_all_named() -> None:
    with pytest.raises(OptionError) as caught:
        call(supply="beds", demand="patients")
    for part in ("2 problems", "expected supply .*'beds'; rename", "expected demand .*'patients'"):
        assert re.search(part, str(caught.value))


@pytest.mark.parametrize(
    ("supply", "demand"),
    [
        ("capacity_mt", "demand_gwh_per_yr"),
        ("injection_mt_per_yr", "capacity_mt"),
        ("reach_km", "co2_t_per_yr"),
    ],
)
def test_units_that_do_not_go_together_raise(supply: str, demand: str) -> None:
    with pytest.raises(OptionError, match=f"'{supply}' .* over '{demand}' .*; choose columns"):
        call(supply=supply, demand=demand)


def test_missing_columns_raise() -> None:
    with pytest.raises(LayerError, match="expected a column 'storage_mt' in the features"):
        call(supply="storage_mt")
    with pytest.raises(LayerError, match="expected a column 'co2_t_per_yr' in the features"):
        call(demand="co2_t_per_yr")


def test_less_than_none_raises_with_ids() -> None:
    with pytest.raises(LayerError, match=r"expected supply 'capacity_mt' >= 0, 1 are less: 's2'"):
        call(features=stores([0.0, 1.0], [1.0, -1.0]))
    with pytest.raises(LayerError, match=r"expected demand 'co2_mt_per_yr' >= 0, 1 .*'p1'; fix"):
        call(demand_points=plants([0.0], [-4.0]))


def test_demand_points_must_be_points() -> None:
    points = plants([0.0, 10.0], [1.0, 2.0])
    points.loc[1, "geometry"] = shapely.box(0, 0, 1, 1)
    with pytest.raises(GeometryError, match=r"'demand_points': geometries must be points.*'p2'"):
        call(demand_points=points)
    with pytest.raises(GeometryError, match=r"'demand_points': expected one point .*: 'p2'; take"):
        call(demand_points=as_features(points))
    homeless = points.iloc[:1].set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match="layer 'demand_points': it has no coordinate reference"):
        call(demand_points=homeless)


def test_a_decay_that_gives_no_weights_raises() -> None:
    with pytest.raises(OptionError, match="expected decay to return one finite weight >= 0"):
        call(decay=lambda d: d * np.nan)


def test_a_measurement_can_be_converted_like_any_other() -> None:
    features, points = two_stores_three_plants()
    shared = share_supply(features, points, **COLUMNS, catchment_km=60.0)
    result = measure_catchment(points, shared)
    doubled = replace(result, value=result.value * 2.0)
    assert doubled.overstated is not None
    assert doubled.overstated.tolist() == [0, 0, 0]
