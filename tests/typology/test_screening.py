"""Screening: table 1 of the paper as a truth table, its examples and unknown facts."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standort.errors import LayerError
from standort.typology import (
    APPROACHES,
    FACTS,
    FAMILIES,
    explain_approach,
    screen,
    solution_families,
)

#: A place that has everything: all approaches are true of it.
EVERYTHING: dict[str, float] = {
    name: {"yes or no": 1.0, "count": 5.0, "share": 0.9, "km": 10.0}[column.kind]
    for name, column in FACTS.items()
}

#: Facts that say no to each of the last three columns of table 1.
NO: dict[str, dict[str, float]] = {
    "co_location": {
        "sharing_sites": 1,
        "co2_sources": 1,
        "hydrogen_users": 0,
        "hydrogen_connections": 0,
        "port_distance_value": 0,
    },
    "existing_area": {"is_cluster_or_initiative": 0, "industrial_sites": 0},
    "industrial_customer": {"industrial_emission_share": 0},
}

#: Table 1 of Rattle and Taylor (2025), row by row: does the approach need it?
TABLE_1: dict[str, tuple[bool, bool, bool]] = {
    "net_zero_industrial_cluster": (True, True, True),  # Yes, Yes, Yes
    "hydrogen_hub_partial": (True, True, False),  # Yes, Yes, Project specific
    "hydrogen_hub_full": (True, True, False),
    "hydrogen_oasis": (True, False, False),  # Yes, TBC, TBC
    "ccus_cluster_opportunity": (True, False, False),  # Yes, Project specific, Not limited
    "ccus_cluster_deployable": (True, False, False),
    "ccus_hub": (False, False, False),  # No, Project specific, (not limited)
}

NORTHERN_LIGHTS = {
    # a terminal at Oygarden for CO2 that comes by ship from works elsewhere
    "is_cluster_or_initiative": 0,
    "industrial_sites": 0,
    "sharing_sites": 0,
    "hub_facilities": 1,
    "hub_sources_served": 2,
    "hub_clusters_served": 0,
    "hub_pipeline_route_km": float("inf"),
    "hub_ship_route_km": 700,
}
OASES = {
    # desert coasts: sun, an export port, depleted fields or caverns not far, hardly any industry
    "Emirates": {
        "renewable_capacity_value": 0.95,
        "port_distance_value": 0.9,
        "depleted_field_distance_km": 30,
        "salt_cavern_distance_km": float("inf"),
        "industrial_sites": 1,
    },
    "Oman": {
        "renewable_capacity_value": 0.85,
        "port_distance_value": 0.6,
        "depleted_field_distance_km": 200,
        "salt_cavern_distance_km": 45,
        "industrial_sites": 0,
    },
}


def table(**facts: float) -> pd.DataFrame:
    return pd.DataFrame({name: [value] for name, value in facts.items()}, index=["here"])


def verdicts(facts: pd.DataFrame) -> dict[str, str]:
    result = screen(facts)
    return dict(zip(result["approach"], result["verdict"], strict=True))


def test_a_place_that_has_everything_suits_every_approach() -> None:
    assert set(verdicts(table(**EVERYTHING)).values()) == {"true"}
    assert set(solution_families(table(**EVERYTHING))["verdict"]) == {"true"}


@pytest.mark.parametrize("approach", TABLE_1)
@pytest.mark.parametrize("column", NO)
def test_an_approach_needs_what_table_1_requires_and_nothing_it_leaves_open(
    approach: str, column: str
) -> None:
    needed = TABLE_1[approach][list(NO).index(column)]
    result = verdicts(table(**(EVERYTHING | NO[column])))
    assert result[approach] == ("false" if needed else "true")


@pytest.mark.parametrize("approach", TABLE_1)
def test_the_rules_agree_with_the_stored_cells_of_table_1(approach: str) -> None:
    cells = APPROACHES[approach].table_one
    assert tuple(cell == "yes" for cell in cells) == TABLE_1[approach]


def test_northern_lights_is_a_ccus_hub_and_no_net_zero_cluster() -> None:
    result = verdicts(table(**NORTHERN_LIGHTS))
    assert result["ccus_hub"] == "true"
    assert result["net_zero_industrial_cluster"] == "false"


@pytest.mark.parametrize("place", OASES)
def test_the_gulf_coasts_are_hydrogen_oases_and_no_net_zero_clusters(place: str) -> None:
    result = verdicts(table(**OASES[place]))
    assert result["hydrogen_oasis"] == "true"
    assert result["net_zero_industrial_cluster"] == "false"
    assert result["hydrogen_hub_partial"] == "false"


def test_the_black_country_deploys_no_capture_and_suits_efficiency() -> None:
    # inland, without an anchor, without pipelines; strong networks (section 5.2)
    facts = table(
        industrial_sites=40,
        co2_sources=6,
        co2_pipelines=0,
        co2_network_stores=0,
        co2_storage_distance_value=0.2,
        co2_port_route=0,
        hydrogen_producers=0,
        salt_cavern_distance_value=0.3,
        linkage=0.6,
        heat_demand_value=0.7,
    )
    result = verdicts(facts)
    assert result["ccus_cluster_opportunity"] == "true"
    assert result["ccus_cluster_deployable"] == "false"
    suited = solution_families(facts).set_index("family")
    assert suited["verdict"].to_dict() == {
        "efficiency": "true",
        "electrification": "unknown",
        "hydrogen": "false",
        "ccus": "false",
    }
    assert "linkage of the place's firms: 0.6, at least 0.5" in suited["evidence"]["efficiency"]
    assert suited["evidence"]["ccus"] == ""


@pytest.mark.parametrize("approach", APPROACHES)
def test_without_any_layer_everything_is_unknown(approach: str) -> None:
    assert verdicts(pd.DataFrame(index=["here"]))[approach] == "unknown"


@pytest.mark.parametrize("approach", APPROACHES)
@pytest.mark.parametrize("fact", FACTS)
def test_a_missing_layer_never_makes_an_approach_false(approach: str, fact: str) -> None:
    result = verdicts(table(**(EVERYTHING | {fact: np.nan})))
    assert result[approach] in {"true", "unknown"}


@pytest.mark.parametrize(
    ("sectors", "partial", "full"), [(1, "true", "false"), (2, "true", "true")]
)
def test_users_of_one_sector_make_part_of_a_hydrogen_hub(
    sectors: int, partial: str, full: str
) -> None:
    result = verdicts(table(**(EVERYTHING | {"hydrogen_user_sectors": sectors})))
    assert (result["hydrogen_hub_partial"], result["hydrogen_hub_full"]) == (partial, full)


@pytest.mark.parametrize(
    ("families", "verdict"),
    [
        ((), "false"),
        (("heat_demand_value",), "false"),
        (("renewable_capacity_value",), "false"),  # power without a grid is no intervention
        (("renewable_capacity_value", "grid_connection_distance_value"), "false"),
        (("heat_demand_value", "chertow_3_2"), "true"),
        (("co2_storage_distance_value", "co2_port_route"), "false"),  # two ways to the same one
        (("co2_port_route", "hydrogen_producers"), "true"),
    ],
)
def test_a_net_zero_cluster_needs_two_interventions(
    families: tuple[str, ...], verdict: str
) -> None:
    interventions = (
        "co2_storage_distance_value",
        "co2_port_route",
        "hydrogen_producers",
        "salt_cavern_distance_value",
        "renewable_capacity_value",
        "grid_connection_distance_value",
        "heat_demand_value",
        "chertow_3_2",
    )
    facts = EVERYTHING | {name: float(name in families) for name in interventions}
    assert verdicts(table(**facts))["net_zero_industrial_cluster"] == verdict


#: What is just enough of each fact on which an approach stands alone, from the specification.
ENOUGH: list[tuple[str, str, float]] = [
    ("net_zero_industrial_cluster", "is_cluster_or_initiative", 1),
    ("net_zero_industrial_cluster", "industrial_sites", 3),
    ("net_zero_industrial_cluster", "industrial_emission_share", 0.5),
    ("net_zero_industrial_cluster", "sharing_sites", 2),
    ("hydrogen_hub_partial", "hydrogen_producers", 1),
    ("hydrogen_hub_partial", "hydrogen_users", 2),
    ("hydrogen_hub_partial", "hydrogen_connections", 1),
    ("hydrogen_hub_full", "hydrogen_user_sectors", 2),
    ("hydrogen_oasis", "renewable_capacity_value", 0.75),
    ("hydrogen_oasis", "port_distance_value", 0.5),
    ("hydrogen_oasis", "salt_cavern_distance_km", 50),
    ("hydrogen_oasis", "depleted_field_distance_km", 50),
    ("ccus_cluster_opportunity", "co2_sources", 2),
    ("ccus_cluster_deployable", "co2_pipelines", 1),
    ("ccus_cluster_deployable", "co2_network_stores", 1),
    ("ccus_hub", "hub_facilities", 1),
    ("ccus_hub", "hub_sources_served", 2),
    ("ccus_hub", "hub_clusters_served", 1),
    ("ccus_hub", "hub_pipeline_route_km", 300),
    ("ccus_hub", "hub_ship_route_km", 1500),
]
#: Where one of two is enough, the other one is taken away.
OTHER: dict[str, dict[str, float]] = {
    "salt_cavern_distance_km": {"depleted_field_distance_km": np.inf},
    "depleted_field_distance_km": {"salt_cavern_distance_km": np.inf},
    "hub_sources_served": {"hub_clusters_served": 0},
    "hub_clusters_served": {"hub_sources_served": 0},
    "hub_pipeline_route_km": {"hub_ship_route_km": np.inf},
    "hub_ship_route_km": {"hub_pipeline_route_km": np.inf},
}


@pytest.mark.parametrize(("approach", "fact", "enough"), ENOUGH)
def test_thresholds_are_inclusive(approach: str, fact: str, enough: float) -> None:
    facts = EVERYTHING | OTHER.get(fact, {})
    assert verdicts(table(**(facts | {fact: enough})))[approach] == "true"
    step = {"yes or no": -1, "count": -1, "share": -1e-9, "km": 1e-6}[FACTS[fact].kind]
    assert verdicts(table(**(facts | {fact: enough + step})))[approach] == "false"


@pytest.mark.parametrize(
    ("facts", "family"),
    [
        ({"heat_demand_value": 0.5}, "efficiency"),
        ({"chertow_3_2": 1}, "efficiency"),
        ({"linkage": 0.5}, "efficiency"),
        (
            {"renewable_capacity_value": 0.5, "grid_connection_distance_value": 0.5},
            "electrification",
        ),
        ({"hydrogen_producers": 1}, "hydrogen"),
        ({"salt_cavern_distance_value": 0.5}, "hydrogen"),
        ({"co2_storage_distance_value": 0.5}, "ccus"),
        ({"co2_port_route": 1}, "ccus"),
    ],
)
def test_each_alternative_of_a_solution_family_is_sufficient(
    facts: dict[str, float], family: str
) -> None:
    nothing = {name: np.inf if FACTS[name].kind == "km" else 0.0 for name in FACTS}
    result = solution_families(table(**(nothing | facts))).set_index("family")["verdict"]
    assert result[result == "true"].index.tolist() == [family]
    less = {name: value - 1e-9 if value < 1 else 0 for name, value in facts.items()}
    assert set(solution_families(table(**(nothing | less)))["verdict"]) == {"false"}


# What is missing


def test_missing_of_a_reached_level_is_what_the_next_level_lacks() -> None:
    result = screen(table(co2_sources=4, co2_pipelines=0, co2_network_stores=1))
    missing = result.set_index("approach")["missing"]
    assert missing["ccus_cluster_opportunity"] == (
        "CO2 pipelines, existing or planned, in reach of the sources: 0, at least 1"
    )
    assert missing["ccus_cluster_deployable"] == missing["ccus_cluster_opportunity"]


def test_missing_of_an_unreached_level_is_what_it_lacks() -> None:
    result = screen(table(co2_sources=1, co2_pipelines=0, co2_network_stores=1))
    missing = result.set_index("approach")["missing"]
    message = "most CO2 sources, of any sector, in reach of each other: 1, at least 2"
    assert missing["ccus_cluster_opportunity"] == message


def test_nothing_is_missing_where_there_is_no_next_level() -> None:
    missing = screen(table(**EVERYTHING)).set_index("approach")["missing"]
    assert (missing == "").all()


def test_an_unknown_fact_names_the_layer_it_requires() -> None:
    result = screen(table(**(EVERYTHING | {"renewable_capacity_value": np.nan})))
    message = result.set_index("approach")["missing"]["hydrogen_oasis"]
    assert message == "wealth of renewable power: unknown, at least 0.75 (needs renewables)"


def test_the_reasoning_names_the_given_layer() -> None:
    layers = {"co2_sources": "emitters (EUTL 2023)"}
    reasoning = explain_approach(
        table(co2_sources=4), "here", "ccus_cluster_opportunity", layers=layers
    )
    assert "EUTL 2023" in reasoning.text()
    assert reasoning.as_dict()["parts"][0]["layer"] == "emitters (EUTL 2023)"


# Rules


def test_rules_and_facts_match() -> None:
    rules: list[Any] = [*APPROACHES.values(), *FAMILIES.values()]
    asked = {predicate.fact for entry in rules for predicate in entry.rule.predicates()}
    assert asked == set(FACTS)


def test_every_threshold_has_a_source() -> None:
    rules: list[Any] = [*APPROACHES.values(), *FAMILIES.values()]
    assert all(p.source for entry in rules for p in entry.rule.predicates())


def test_next_levels_require_more() -> None:
    for approach in APPROACHES.values():
        if approach.next_level:
            upper = set(APPROACHES[approach.next_level].rule.predicates())
            assert set(approach.rule.predicates()) < upper


BETTER = {"yes or no": st.sampled_from([0.0, 1.0]), "count": st.integers(0, 4).map(float)} | {
    "share": st.floats(0, 1),
    "km": st.floats(0, 2000),
}


@given(data=st.data())
def test_a_better_fact_never_makes_an_approach_less_true(data: st.DataObject) -> None:
    facts = {
        name: data.draw(st.one_of(BETTER[column.kind], st.just(np.nan)))
        for name, column in FACTS.items()
    }
    name = data.draw(st.sampled_from(list(FACTS)))
    better = data.draw(BETTER[FACTS[name].kind])
    pick = min if FACTS[name].kind == "km" else max
    improved = pick(facts[name], better) if not np.isnan(facts[name]) else facts[name]
    rank = {"false": 0, "unknown": 1, "true": 2}
    before, after = verdicts(table(**facts)), verdicts(table(**(facts | {name: improved})))
    assert all(rank[after[approach]] >= rank[before[approach]] for approach in APPROACHES)


def test_places_do_not_depend_on_each_other() -> None:
    facts = pd.DataFrame([EVERYTHING, NORTHERN_LIGHTS], index=["all", "lights"])
    whole = screen(facts)
    alone = screen(facts.loc[["lights"]])
    part = whole.loc[whole["place"] == "lights"].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, alone)


# Refusals


def test_all_problems_of_a_table_are_raised_together() -> None:
    facts = pd.DataFrame(
        {
            "industrial_site": [3, 3],
            "industrial_sites": [2.5, 3],
            "heat_demand_value": [0.5, 7.0],
            "chertow_3_2": ["perhaps", None],
            "hub_ship_route_km": [-1, 5],
        },
        index=["x", "x"],
    )
    with pytest.raises(LayerError) as raised:
        screen(facts)
    message = str(raised.value)
    assert "6 problems" in message
    assert "did you mean 'industrial_sites'?" in message
    assert "each place once; 'x'" in message
    assert "whole number of at least 0 in 'industrial_sites', got 2.5" in message
    assert "number in [0, 1] in 'heat_demand_value', got 7.0" in message
    assert "yes (1) or no (0) in 'chertow_3_2', got 'perhaps'" in message
    assert "kilometres of at least 0 in 'hub_ship_route_km', got -1" in message


@pytest.mark.parametrize("dtype", ["boolean", "object", "Int64"])
def test_missing_cells_of_any_kind_are_unknown(
    dtype: Literal["boolean", "object", "Int64"],
) -> None:
    facts = pd.DataFrame({"chertow_3_2": pd.array([True, None], dtype="boolean").astype(dtype)})
    result = solution_families(facts)
    efficiency = result.loc[result["family"] == "efficiency", "verdict"]
    assert efficiency.tolist() == ["true", "unknown"]


def test_inputs_are_not_changed() -> None:
    facts = table(**EVERYTHING)
    copy = facts.copy()
    screen(facts)
    pd.testing.assert_frame_equal(facts, copy)
