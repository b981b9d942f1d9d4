"""The built-in profiles follow the method, number by number."""

from __future__ import annotations

import pytest

from standort.scoring.profile.loading import load_profile, profile_names
from standort.scoring.profile.value_functions import LogPiecewise, Piecewise

#: id -> metric, layer, reach (radius or k), unit, breakpoints; method A.1.1.
TABLE: dict[str, tuple[str, str | None, float | None, str, list[tuple[float, float]]]] = {
    "grid_connection_distance": (
        "nearest_distance",
        "grid_nodes",
        None,
        "km",
        [(2, 1), (10, 0.5), (50, 0)],
    ),
    "freight_route_distance": (
        "nearest_distance",
        "freight_routes",
        None,
        "km",
        [(1, 1), (5, 0.5), (30, 0)],
    ),
    "labour_pool": (
        "sum_within",
        "employment",
        30,
        "thousand_jobs",
        [(1, 0), (10, 0.5), (100, 1)],
    ),
    "feedstock_distance": (
        "nearest_distance",
        "feedstock",
        None,
        "km",
        [(5, 1), (50, 0.5), (200, 0)],
    ),
    "developable_land": ("sum_within", "land", 5, "ha", [(1, 0), (30, 0.5), (300, 1)]),
    "market_potential": (
        "sum_within",
        "population",
        300,
        "million_people",
        [(0.5, 0), (5, 0.5), (50, 1)],
    ),
    "neighbour_emissions": (
        "sum_within",
        "emitters",
        25,
        "mt_per_yr",
        [(0.1, 0), (2.6, 0.5), (12.4, 1)],
    ),
    "neighbour_count": ("count_within", "emitters", 25, "count", [(0, 0), (4, 0.5), (30, 1)]),
    "neighbour_distance": (
        "neighbour_distance",
        "emitters",
        4,
        "km",
        [(2, 1), (10, 0.5), (50, 0)],
    ),
    "anchor_emissions": (
        "largest_within",
        "emitters",
        25,
        "mt_per_yr",
        [(0.1, 0), (1, 0.5), (2, 1)],
    ),
    "co2_storage_distance": (
        "nearest_distance",
        "co2_storage",
        None,
        "km",
        [(20, 1), (100, 0.5), (300, 0)],
    ),
    "co2_storage_access": (
        "floating_catchment",
        "co2_storage",
        300,
        "yr",
        [(0, 0), (20, 0.5), (40, 1)],
    ),
    "salt_cavern_distance": (
        "nearest_distance",
        "salt_caverns",
        None,
        "km",
        [(10, 1), (50, 0.5), (150, 0)],
    ),
    "renewable_capacity": ("sum_within", "renewables", 100, "gw", [(0.1, 0), (1, 0.5), (10, 1)]),
    "pipeline_distance": (
        "nearest_distance",
        "pipelines",
        None,
        "km",
        [(2, 1), (15, 0.5), (50, 0)],
    ),
    "port_distance": ("nearest_distance", "ports", None, "km", [(5, 1), (30, 0.5), (100, 0)]),
    "heat_demand": (
        "sum_within",
        "heat_demand",
        10,
        "twh_per_yr",
        [(0.05, 0), (0.5, 0.5), (5, 1)],
    ),
    "nearby_clusters": ("hansen_access", None, 300, "mt_per_yr", [(0, 0), (5, 0.5), (20, 1)]),
}
LOGARITHMIC = {
    "labour_pool", "developable_land", "market_potential", "renewable_capacity", "heat_demand",
}  # fmt: skip


def test_net_zero_has_the_criteria_of_the_method_in_order() -> None:
    """All criteria, others included, are in the golden file of the profiles."""
    criteria = load_profile("net-zero").criteria
    assert [criterion.id for criterion in criteria if criterion.id in TABLE] == list(TABLE)


@pytest.mark.parametrize("criterion_id", TABLE)
def test_net_zero_measures_and_values_as_the_method_says(criterion_id: str) -> None:
    criterion = load_profile("net-zero").criterion(criterion_id)
    metric, layer, reach, unit, points = TABLE[criterion_id]
    actual = (criterion.metric, criterion.layer, criterion.radius_km or criterion.k, criterion.unit)
    assert actual == (metric, layer, reach, unit)
    assert isinstance(criterion.value, LogPiecewise if criterion_id in LOGARITHMIC else Piecewise)
    assert [(point.x, point.value) for point in criterion.value.points] == points


def test_every_criterion_of_net_zero_says_better_is_1() -> None:
    for criterion in load_profile("net-zero").criteria:
        nearer_is_better = criterion.unit == "km"
        assert (criterion.value.direction == "cost") is nearer_is_better, criterion.id


def test_the_method_filters_stores_and_pipelines_only() -> None:
    criteria = [load_profile("net-zero").criterion(name) for name in TABLE]
    filters = {criterion.id: criterion.filter for criterion in criteria if criterion.filter}
    assert set(filters) == {"co2_storage_distance", "co2_storage_access", "pipeline_distance"}
    assert filters["co2_storage_distance"].model_dump() == {
        "capacity_mt": {"min": 100.0, "max": None}
    }
    assert filters["pipeline_distance"].model_dump() == {
        "carrier": ("co2", "hydrogen", "natural_gas")
    }


def test_only_the_capacity_that_emitters_share_is_discounted_by_maturity() -> None:
    criteria = load_profile("net-zero").criteria
    discounts = {criterion.id: criterion.discount for criterion in criteria if criterion.discount}
    assert set(discounts) == {"co2_storage_access"}
    assert discounts["co2_storage_access"].column == "maturity"
    factors = discounts["co2_storage_access"].factors
    assert {factors[word] for word in ("proven", "contingent")} == {1}
    assert (factors["effective"], factors["theoretical"]) == (0.5, 0.25)
    assert {factors[word] for word in ("operating", "under construction", "planned")} == {1}
    assert (factors["appraised"], factors["identified"]) == (1, 0.5)
    places = {c.id: c.measured_to for c in criteria if c.measured_to is not None}
    assert places == {"nearby_clusters": "nearest_member"}


def test_clusters_are_valued_as_sites_are() -> None:
    profile = load_profile("net-zero")
    of_clusters = {criterion.id: criterion for criterion in profile.cluster_criteria}
    assert list(of_clusters) == ["neighbour_emissions", "neighbour_count", "mean_pairwise_distance"]
    for shared in ("neighbour_emissions", "neighbour_count"):
        assert of_clusters[shared].value == profile.criterion(shared).value
    pairwise = of_clusters["mean_pairwise_distance"].value
    assert isinstance(pairwise, Piecewise)
    assert [(point.x, point.value) for point in pairwise.points] == [(5, 1), (25, 0.5), (100, 0)]


def test_settings_of_net_zero_are_the_decided_ones() -> None:
    profile = load_profile("net-zero")
    assert (profile.aggregation, profile.floor, profile.coverage_limit) == ("geometric", 0.01, 0.6)
    assert profile.clusters.model_dump() == {
        "eps_km": 10,
        "min_samples": 4,
        "mode": "count",
        "min_emissions_mt_per_yr": 1,
        "dbscan_star": False,
        "adjacent_km": 25,
        "major_mt_per_yr": 2,
        "lone_anchor_mt_per_yr": 1,
    }
    assert {component.weight for component in profile.components} == {1.0}
    assert {criterion.weight for criterion in profile.criteria} == {1.0}


def test_frontrunner_is_net_zero_with_five_weights_doubled() -> None:
    base, preset = load_profile("net-zero"), load_profile("frontrunner")
    doubled = {c.id for c in preset.criteria if c.weight == 2}
    assert doubled == {
        "co2_storage_distance",
        "co2_storage_access",
        "renewable_capacity",
        "port_distance",
        "heat_demand",
    }
    same = [c.model_copy(update={"weight": 1.0}) for c in preset.criteria]
    assert tuple(same) == base.criteria
    assert preset.content_hash != base.content_hash


@pytest.mark.parametrize("name", profile_names())
def test_built_in_profiles_load_and_go_by_their_file_name(name: str) -> None:
    assert load_profile(name).id == name
