"""Facts for screening: what follows from the layers and tables of a study, and what does not."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from study.small_studies import emitters, points, shapes, study_of

from standort.layers.features import as_features
from standort.study import score
from standort.study.group_scores import Groups
from standort.study.screening import features_in_reach
from standort.study.screening.features_in_reach import Reach, most_together, settle

#: degrees of longitude on the equator that are a kilometre long
KM = 1 / 111.319491
UNIT = "Park"


def facts_of(**layers: Any) -> Any:  # noqa: ANN401
    """Tell the facts of three sites 10 km apart on the equator, declared as an initiative."""
    sites = emitters(
        np.array([0.0, 10.0, 20.0]) * KM,
        [0.0] * 3,
        [2e6, 1e6, 1e6],
        sector=["Cement", "Refineries", "Power"],
        firm=["a", "b", "c"],
        site_id=list("abc"),
    )
    declared = pd.DataFrame({"initiative": UNIT, "site_id": list("abc")})
    result = score(study_of({"emitters": sites, "initiatives": declared}, **layers))
    return result._typed_places.facts.loc[UNIT]


def line(*km: float, north: float = 0.0) -> Any:  # noqa: ANN401
    return shapely.LineString([(x * KM, north * KM) for x in km])


def test_without_layers_everything_about_places_is_unknown() -> None:
    facts = facts_of()
    known = facts[facts.notna()]
    assert set(known.index) == {
        "is_cluster_or_initiative",
        "industrial_sites",
        "industrial_emission_share",
        "co2_sources",
        "hydrogen_users",
        "hydrogen_user_sectors",
    }


def test_power_is_no_industry() -> None:
    facts = facts_of()
    assert facts["industrial_sites"] == 2
    assert facts["industrial_emission_share"] == pytest.approx(0.75)


def test_an_unknown_sector_is_unknown_where_it_decides() -> None:
    sites = emitters(
        [0.0, 0.1, 0.2],
        [0.0] * 3,
        [1e6, 1e6, 3e6],
        sector=["Cement", "Glass", None],
        site_id=list("abc"),
    )
    facts = facts_of(emitters=sites)
    assert np.isnan(facts["industrial_sites"])  # two or three, and three are asked for
    assert np.isnan(facts["industrial_emission_share"])  # 40 % or all
    assert facts["hydrogen_users"] != 0


def test_sources_must_be_in_reach_of_each_other() -> None:
    assert facts_of()["co2_sources"] == 3  # 0, 10 and 20 km
    far = emitters([0.0, 0.5, 1.0], [0.0] * 3, [1e6] * 3, site_id=list("abc"))
    assert facts_of(emitters=far)["co2_sources"] == 1
    unknown = emitters([0.0, 0.1, 0.2], [0.0] * 3, [1e6, np.nan, 0.0], site_id=list("abc"))
    assert np.isnan(facts_of(emitters=unknown)["co2_sources"])


def test_a_layer_with_such_lines_elsewhere_knows_that_there_are_none_here() -> None:
    lines = shapes([line(900, 999)], carrier=["co2"])
    facts = facts_of(pipelines=lines)
    assert facts["co2_pipelines"] == 0
    assert np.isnan(facts["co2_network_stores"])  # there is no layer of stores


def test_pipelines_that_hang_together_lead_to_a_store() -> None:
    store = points([150 * KM], [0.0], capacity_mt=[200.0])
    two = shapes([line(5, 80), line(82, 149)], carrier=["co2", "co2"])
    facts = facts_of(pipelines=two, co2_storage=store)
    assert facts["co2_pipelines"] == 1
    assert facts["co2_network_stores"] == 1
    apart = shapes([line(5, 80), line(95, 149)], carrier=["co2", "co2"])
    assert facts_of(pipelines=apart, co2_storage=store)["co2_network_stores"] == 0


def test_lines_that_only_cross_are_not_joined() -> None:
    store = points([50 * KM], [80 * KM], capacity_mt=[200.0])
    crossing = shapely.LineString([(50 * KM, -80 * KM), (50 * KM, 80 * KM)])
    lines = shapes([line(5, 100), crossing], carrier=["co2", "co2"])
    assert facts_of(pipelines=lines, co2_storage=store)["co2_network_stores"] == 0


@pytest.mark.parametrize(
    ("carrier", "capacity", "pipelines", "stores"),
    [
        ("co2", 200.0, 1, 1),
        ("co2", 50.0, 1, 0),
        ("co2", np.nan, 1, np.nan),
        ("natural_gas", 200.0, np.nan, np.nan),  # no line of the layer carries CO2: a gas register
        (None, 200.0, np.nan, np.nan),
    ],
)
def test_what_is_unknown_of_a_pipeline_or_store_is_not_taken_for_none(
    carrier: str | None, capacity: float, pipelines: float, stores: float
) -> None:
    lines = shapes([line(5, 149), line(5, 6, north=200)], carrier=[carrier, "natural_gas"])
    store = points([150 * KM, 3.0], [0.0, 3.0], capacity_mt=[capacity, 1.0])
    facts = facts_of(pipelines=lines, co2_storage=store)
    np.testing.assert_equal(facts["co2_pipelines"], pipelines)
    np.testing.assert_equal(facts["co2_network_stores"], stores)


@pytest.mark.parametrize(
    ("bulk", "at", "expected"),
    [(True, 12.0, 1), (False, 12.0, 0), (None, 12.0, np.nan), (True, 20.0, 0)],
)
def test_a_port_route_needs_a_port_for_liquids_and_a_store_in_range(
    bulk: bool | None,  # noqa: FBT001
    at: float,
    expected: float,
) -> None:
    ports = points([15 * KM, 9.0], [0.0, 9.0], liquid_bulk=[bulk, True])
    stores = points([at], [0.0], capacity_mt=[200.0])
    np.testing.assert_equal(facts_of(ports=ports, co2_storage=stores)["co2_port_route"], expected)


def test_a_depleted_field_counts_and_a_store_of_unknown_kind_may() -> None:
    kinds = ["depleted gas field", "saline aquifer"]
    stores = points(np.array([60.0, 30.0]) * KM, [0.0] * 2, capacity_mt=[9.0, 9.0], kind=kinds)
    assert facts_of(co2_storage=stores)["depleted_field_distance_km"] == pytest.approx(40, abs=0.01)
    unknown = stores.assign(kind=["depleted gas field", None])
    assert np.isnan(facts_of(co2_storage=unknown)["depleted_field_distance_km"])


def test_hydrogen_lines_and_caverns_connect() -> None:
    lines = shapes([line(5, 149)], carrier=["hydrogen"])
    assert facts_of(pipelines=lines)["hydrogen_connections"] == 1
    gas = shapes([line(5, 149)], carrier=["natural_gas"])
    assert np.isnan(facts_of(pipelines=gas)["hydrogen_connections"])  # caverns are not known
    caverns = points([0.0, 0.1], [0.0, 0.0], kind=["hydrogen", "natural gas"])
    assert facts_of(pipelines=gas, salt_caverns=caverns)["hydrogen_connections"] == 1
    none = points([0.0], [0.0], kind=["natural gas"])
    assert np.isnan(facts_of(pipelines=gas, salt_caverns=none)["hydrogen_connections"])
    far = shapes([line(900, 999)], carrier=["hydrogen"])
    assert facts_of(pipelines=far, salt_caverns=none)["hydrogen_connections"] == 0


def test_an_asset_counts_where_its_firm_has_all_its_sites() -> None:
    assets = pd.DataFrame({"asset": ["E1"], "firm": ["a"], "kind": ["hydrogen plant"]})
    assert facts_of(assets=assets)["hydrogen_producers"] == 1
    pipe = assets.assign(kind="hydrogen pipeline")
    assert np.isnan(facts_of(assets=pipe)["hydrogen_producers"])
    sites = emitters(
        [0.0, 0.1, 0.2, 9.0],
        [0.0] * 4,
        [1e6] * 4,
        site_id=list("abcd"),
        firm=["a", "b", "c", "a"],
    )
    assert np.isnan(facts_of(assets=assets, emitters=sites)["hydrogen_producers"])


def hub(**layers: Any) -> Any:  # noqa: ANN401
    """A terminal of firm a that serves firm d, 400 km away."""
    sites = emitters(
        np.array([0.0, 10.0, 20.0, 400.0]) * KM,
        [0.0] * 4,
        [1e6] * 4,
        site_id=list("abcd"),
        firm=list("abcd"),
    )
    links = pd.DataFrame({"firm_u": ["d"], "firm_v": ["a"], "kind": ["formal"], "subtype": ["CO2"]})
    assets = pd.DataFrame({"asset": ["T"], "firm": ["a"], "kind": ["CO2 terminal"]})
    given_layers = {"emitters": sites, "linkages": links, "assets": assets, **layers}
    return facts_of(**given_layers)


def test_a_hub_serves_whom_co2_ties_to_it() -> None:
    facts = hub()
    assert facts[["hub_facilities", "hub_sources_served"]].tolist() == [1, 1]
    assert np.isnan(facts["hub_ship_route_km"])
    silent = pd.DataFrame({"firm_u": ["d"], "firm_v": ["a"], "kind": ["formal"]})
    assert np.isnan(hub(linkages=silent)["hub_sources_served"])


def test_the_ship_route_of_a_hub_goes_from_port_to_port() -> None:
    ports = points(np.array([15.0, 410.0]) * KM, [0.0] * 2, liquid_bulk=[True, True])
    assert hub(ports=ports)["hub_ship_route_km"] == pytest.approx(395, abs=0.01)
    assert hub(ports=ports.iloc[:1])["hub_ship_route_km"] == np.inf


def test_the_pipeline_route_of_a_hub_is_bounded_or_unknown() -> None:
    there = shapes([line(5, 399)], carrier=["co2"])
    assert hub(pipelines=there)["hub_pipeline_route_km"] == pytest.approx(380, abs=0.01)
    elsewhere = shapes([line(5, 100)], carrier=["co2"])
    assert hub(pipelines=elsewhere)["hub_pipeline_route_km"] == np.inf


def test_a_store_worth_a_network_is_part_of_the_reasoning() -> None:
    store = points([150 * KM], [0.0], capacity_mt=[200.0])
    lines = shapes([line(5, 149)], carrier=["co2"])
    sites = emitters([0.0, 0.1], [0.0] * 2, [1e6, 1e6], site_id=list("ab"))
    declared = pd.DataFrame({"initiative": UNIT, "site_id": list("ab")})
    result = score(
        study_of(
            {"emitters": sites, "initiatives": declared, "pipelines": lines, "co2_storage": store}
        )
    )
    table: Any = result.screening.set_index(["place", "approach"])
    actual = table.loc[(UNIT, "ccus_cluster_deployable")]
    assert actual["verdict"] == "true"
    assert "these pipelines lead to (offshore in the UK): 1, at least 1" in actual["reasoning"]


def test_settle_gives_a_number_only_where_the_unknown_cannot_matter() -> None:
    sure, possible = np.array([0.0, 0.0, 2.0, 1.0]), np.array([0.0, 2.0, 5.0, 2.0])
    np.testing.assert_array_equal(settle(sure, possible, 2), [0.0, np.nan, 2.0, np.nan])


def _largest_clique(lon: Any) -> int:  # noqa: ANN401
    """On a line, sites in reach of each other are those within one window."""
    return max((int(((lon >= x) & (lon <= x + 25.0)).sum()) for x in lon), default=0)


@given(
    km=st.lists(st.integers(0, 200), min_size=1, max_size=12),
    allowed=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_most_together_is_a_lower_bound_exact_about_two(km: list[int], allowed: list[bool]) -> None:
    places = gpd.points_from_xy(np.array(km) * KM, np.zeros(len(km)), crs=4326)
    ids = [f"s{number:02d}" for number in range(len(km))]
    layer = as_features(gpd.GeoDataFrame({"site_id": ids}, geometry=places))
    member = np.arange(len(km))
    reach = Reach(layer, Groups.of(layer, member, np.zeros(len(km), dtype=np.intp)))
    eligible = np.array(allowed[: len(km)])
    actual = most_together(reach, eligible)[0]
    exact = _largest_clique(np.array(km, dtype=float)[eligible])
    assert actual <= exact
    assert (actual >= 2) == (exact >= 2)
    assert (actual >= 1) == (exact >= 1)


@pytest.mark.parametrize("seed", range(4))
def test_crowded_places_have_the_facts_of_listed_ones(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = np.random.default_rng(seed)
    lon, lat = draw.normal(0.0, 0.2, (2, 80))[:, draw.integers(0, 50, 80)]
    points = gpd.points_from_xy(lon, lat, crs=4326)
    layer = as_features(gpd.GeoDataFrame({"site_id": range(80)}, geometry=points))
    group = np.repeat(np.arange(3), [50, 1, 30])
    member = np.concatenate([draw.choice(80, n, replace=False) for n in (50, 1, 30)])
    groups = Groups.of(layer, member, group)
    eligible = draw.random(80) < 0.4
    listed = Reach(layer, groups)
    expected = most_together(listed, eligible), listed.neighbours.toarray()
    monkeypatch.setattr(features_in_reach, "_MOST_LISTED", 0)
    crowded = Reach(layer, groups)
    assert crowded.are_many
    assert most_together(crowded, eligible).tolist() == expected[0].tolist()
    assert crowded.neighbours.toarray().tolist() == expected[1].tolist()
    assert most_together(crowded, np.zeros(80, dtype=bool)).tolist() == [0.0, 0.0, 0.0]


def test_a_facility_of_another_name_of_a_firm_is_at_its_place() -> None:
    assets = pd.DataFrame({"asset": ["e"], "firm": ["a plant"], "kind": "hydrogen plant"})
    assert np.isnan(facts_of(assets=assets)["hydrogen_producers"])
    named = pd.DataFrame({"firm": ["a plant"], "alias_of": ["a"]})
    assert facts_of(assets=assets, firms=named)["hydrogen_producers"] == 1
