"""Criteria: which options and units each metric takes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from standort.metric_table import METRICS, UnitFrom
from standort.roles import ROLES, unit_of
from standort.scoring.profile.criteria import Criterion, criterion_problems
from standort.scoring.profile.loading import load_profile

#: hash of net-zero 1.0, which had neither discounts nor places of clusters
HASH_BEFORE = "15d0f6b6f4914733449b69319b7af8f19471ec43681b6b8eee7721144a73690e"
#: of metrics that are not listed, `legal_options` makes one from the row of the metric
LEGAL: dict[str, dict[str, Any]] = {
    "nearest_distance": {"layer": "ports", "unit": "km"},
    "neighbour_distance": {"layer": "emitters", "k": 4, "unit": "km"},
    "count_within": {"layer": "emitters", "radius_km": 25, "unit": "count"},
    "sum_within": {
        "layer": "emitters",
        "column": "co2_t_per_yr",
        "radius_km": 25,
        "unit": "mt_per_yr",
    },
    "largest_within": {
        "layer": "emitters",
        "column": "co2_t_per_yr",
        "radius_km": 25,
        "unit": "kt_per_yr",
    },
    "hansen_access": {
        "column": "co2_t_per_yr",
        "radius_km": 300,
        "decay": {"kind": "gaussian", "bandwidth_km": 100},
        "unit": "mt_per_yr",
    },
    "floating_catchment": {
        "layer": "co2_storage",
        "column": "capacity_mt",
        "radius_km": 300,
        "demand": {"layer": "emitters", "column": "co2_t_per_yr", "source": "assumption"},
        "unit": "yr",
    },
    "raster_value": {"source": {"raster": "wind", "unit": "m_per_s"}, "unit": "m_per_s"},
    "raster_within": {
        "source": {"raster": "people", "unit": "people_per_km2"},
        "radius_km": 25,
        "statistic": "integral",
        "unit": "million_people",
    },
    "technical_potential": {
        "source": {"raster": "wind", "unit": "m_per_s", "min_coverage": 0.9},
        "radius_km": 25,
        "technology": "onshore_wind",
        "unit": "twh_per_yr",
    },
}
OPTIONS: dict[str, Any] = {
    "layer": "ports",
    "column": "capacity_mt",
    "radius_km": 25.0,
    "k": 4,
    "max_distance_km": 100.0,
    "decay": {"kind": "exponential", "scale_km": 100.0},
    "demand": {"layer": "emitters", "column": "co2_t_per_yr", "source": "assumption"},
    "filter": {"kind": "aquifer"},
    "discount": {"column": "maturity", "factors": {"proven": 1.0}, "source": "assumption"},
    "measured_to": "centroid",
    "source": {"raster": "wind", "unit": "m_per_s"},
    "statistic": "mean",
    "technology": "onshore_wind",
}


def legal_options(metric: str) -> dict[str, Any]:
    """Return options that fit a metric."""
    if metric in LEGAL:
        return LEGAL[metric]
    row = METRICS[metric]
    given = {**OPTIONS, "layer": "emitters", "column": "co2_t_per_yr"}
    units = {UnitFrom.COLUMN: "t_per_yr", UnitFrom.RASTER: OPTIONS["source"]["unit"]}
    unit = units[row.unit] if isinstance(row.unit, UnitFrom) else row.unit
    return {**{option: given[option] for option in row.needs}, "unit": unit}


def raw_criterion(metric: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    reach = {"x": 1, "source": "assumption"}
    raw = {
        "id": "some_criterion",
        "component": "net_zero_assets",
        "title": "a title",
        "rationale": "a reason",
        "metric": metric,
        "value": {"kind": "goalpost", "worst": {**reach, "x": 0}, "best": reach},
        **legal_options(metric),
        **changed,
    }
    return {key: given for key, given in raw.items() if given is not None}


@pytest.mark.parametrize("metric", METRICS)
def test_a_legal_criterion_has_no_problems(metric: str) -> None:
    assert criterion_problems(raw_criterion(metric)) == []
    assert Criterion.model_validate(raw_criterion(metric)).metric == metric


@pytest.mark.parametrize(
    ("metric", "option"),
    [(metric, option) for metric, rule in METRICS.items() for option in sorted(rule.needs)],
)
def test_an_option_a_metric_needs_is_named_when_missing(metric: str, option: str) -> None:
    problem = ((option,), f"expected this key for metric {metric!r}, it is missing; add it")
    assert problem in criterion_problems(raw_criterion(metric, **{option: None}))


@pytest.mark.parametrize(
    ("metric", "option"),
    [
        (metric, option)
        for metric, rule in METRICS.items()
        for option in OPTIONS
        if option not in rule.needs | rule.may_have
    ],
)
def test_an_option_that_does_not_apply_to_a_metric_is_named(metric: str, option: str) -> None:
    raw = raw_criterion(metric, **{option: OPTIONS[option]})
    (problem,) = criterion_problems(raw)
    assert problem.loc == (option,)
    assert problem.message.startswith(f"does not apply to metric {metric!r}, which takes ")
    assert problem.message.endswith("; remove it")
    with pytest.raises(ValidationError, match=f"{option}: does not apply"):
        Criterion.model_validate(raw)


@pytest.mark.parametrize(
    ("metric", "unit", "message"),
    [
        ("nearest_distance", "m", "expected a length (km) for metric 'nearest_distance', got 'm'"),
        ("count_within", "km", "expected a number (count) for metric 'count_within', got 'km'"),
        ("sum_within", "mt", "expected a mass rate (t_per_yr, kt_per_yr, mt_per_yr) for metric"),
        ("sum_within", "Mt", "unknown unit 'Mt'; did you mean 'mt'?"),
        ("floating_catchment", "mt", "expected a time (yr) for metric 'floating_catchment'"),
    ],
)
def test_a_unit_that_does_not_fit_is_named(metric: str, unit: str, message: str) -> None:
    (problem,) = criterion_problems(raw_criterion(metric, unit=unit))
    assert problem.loc == ("unit",)
    assert problem.message.startswith(message)


def test_a_yearly_capacity_over_a_yearly_demand_is_a_ratio() -> None:
    raw = raw_criterion("floating_catchment", column="injection_mt_per_yr", unit="ratio")
    assert criterion_problems(raw) == []


def test_supply_and_demand_that_do_not_go_together_are_named() -> None:
    demand = {"layer": "population", "column": "population", "source": "assumption"}
    (problem,) = criterion_problems(raw_criterion("floating_catchment", demand=demand))
    assert problem.loc == ("demand", "column")
    assert "'capacity_mt' (mass)" in problem.message
    assert "'population' (number of people)" in problem.message


def test_the_column_of_a_demand_ends_in_its_unit_too() -> None:
    demand = {"layer": "emitters", "column": "emissions", "source": "assumption"}
    (problem,) = criterion_problems(raw_criterion("floating_catchment", demand=demand))
    assert problem.loc == ("demand", "column")
    assert "ends in its unit" in problem.message


@pytest.mark.parametrize("rate", [0, -0.1, 1.1])
def test_a_capture_rate_is_a_share(rate: float) -> None:
    demand = {**OPTIONS["demand"], "capture_rate": rate}
    with pytest.raises(ValidationError, match="capture_rate"):
        Criterion.model_validate(raw_criterion("floating_catchment", demand=demand))


def test_clusters_have_emissions_only() -> None:
    """Without a layer, access is measured against the clusters of the study."""
    (problem,) = criterion_problems(raw_criterion("hansen_access", column="capacity_mt", unit="mt"))
    assert problem.loc == ("column",)
    assert "adds up 'co2_t_per_yr', got 'capacity_mt'" in problem.message
    named = raw_criterion("hansen_access", layer="co2_storage", column="capacity_mt", unit="mt")
    assert criterion_problems(named) == []


def test_only_features_of_a_layer_are_discounted_and_only_clusters_have_a_centroid() -> None:
    of_clusters = raw_criterion("hansen_access", discount=OPTIONS["discount"])
    (problem,) = criterion_problems(of_clusters)
    assert problem.loc == ("discount",)
    assert problem.message.startswith("applies to the features of a layer, and there is none")
    of_layer = raw_criterion("hansen_access", layer="emitters", measured_to="centroid")
    (problem,) = criterion_problems(of_layer)
    assert problem.loc == ("measured_to",)
    assert problem.message.startswith("applies to the clusters of the study, got layer 'emitters'")


def test_a_place_to_measure_clusters_to_is_one_of_four() -> None:
    for known in ("nearest_member", "centroid", "anchor", "hull"):
        criterion = Criterion.model_validate(raw_criterion("hansen_access", measured_to=known))
        assert criterion.measured_to == known
    with pytest.raises(ValidationError, match="measured_to"):
        Criterion.model_validate(raw_criterion("hansen_access", measured_to="middle"))


def test_the_factors_of_a_discount_are_shares_of_different_words() -> None:
    def problems(factors: object) -> str:
        discount = {**OPTIONS["discount"], "factors": factors}
        with pytest.raises(ValidationError) as raised:
            Criterion.model_validate(raw_criterion("floating_catchment", discount=discount))
        return str(raised.value)

    assert "less than or equal to 1" in problems({"proven": 1.1})
    assert "at least 1 item" in problems({})
    assert "'proven' and 'Proven' are one word; keep one" in problems({"proven": 1, "Proven ": 1})


def test_options_that_are_not_set_do_not_change_the_hash_of_a_profile() -> None:
    profile = load_profile("net-zero")
    unset = {"discount": None, "measured_to": None}
    plain = [criterion.model_copy(update=unset) for criterion in profile.criteria]
    content = profile.model_copy(update={"criteria": tuple(plain), "version": "1.0"})
    assert content.content_hash == HASH_BEFORE
    assert profile.content_hash != content.content_hash


def test_a_column_without_a_unit_is_named() -> None:
    (problem,) = criterion_problems(raw_criterion("sum_within", column="emissions"))
    assert problem.loc == ("column",)
    assert "ends in its unit, such as capacity_mt, got 'emissions'" in problem.message


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        ("co2_t_per_yr", "t_per_yr"),
        ("demand_gwh_per_yr", "gwh_per_yr"),
        ("capacity_low_mt", "mt"),
        ("area_ha", "ha"),
        ("population", "people"),
        ("jobs", "jobs"),
        ("format", None),
    ],
)
def test_the_unit_of_a_column_is_its_longest_ending(column: str, unit: str | None) -> None:
    assert unit_of(column) == unit


def test_the_metric_column_carries_the_unit() -> None:
    profile = load_profile("net-zero")
    assert profile.criterion("port_distance").metric_column == "port_distance_km"
    assert profile.criterion("labour_pool").column_unit == "jobs"
    assert profile.criterion("port_distance").column_unit is None
    assert profile.cluster_criteria[0].metric_column == "neighbour_emissions_mt_per_yr"


@pytest.mark.parametrize("raw", [None, 3, {}, {"metric": 3}, {"metric": "sum_within", "unit": 3}])
def test_rules_skip_what_has_the_wrong_shape(raw: object) -> None:
    assert all(
        problem.message.startswith("expected this key") for problem in criterion_problems(raw)
    )


def test_a_criterion_takes_any_layer_but_sites() -> None:
    spatial = {name for name, role in ROLES.items() if role.geometry is not None}
    for name in sorted(spatial - {"sites"}):
        assert Criterion.model_validate(raw_criterion("nearest_distance", layer=name)).layer == name
    for other in ("sites", "assets", "harbours", 3):
        with pytest.raises(ValidationError, match="Input should be 'emitters', 'co2_storage'"):
            Criterion.model_validate(raw_criterion("nearest_distance", layer=other))


@pytest.mark.parametrize("criterion", load_profile("net-zero").criteria, ids=lambda c: str(c.id))
def test_columns_and_filters_of_net_zero_are_columns_of_their_layer(criterion: Criterion) -> None:
    columns = {column.name: column for column in ROLES[criterion.layer or "emitters"].columns}
    asked = criterion.filter.columns if criterion.filter else ()
    assert set(asked) <= set(columns)
    if criterion.column is not None:
        assert columns[criterion.column].unit == criterion.column_unit
