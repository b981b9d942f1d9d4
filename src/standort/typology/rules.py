"""Rules of place-based screening and of solution families, with thresholds and sources.

The approaches are those of table 1 of Rattle and Taylor (2025), doi 10.1002/geo2.70000; the
thresholds are not in the paper. As a source, "S1" is that paper, "recalled" means quoted from
memory and "assumption" is an assumption of standort.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from standort.typology.facts import FACTS
from standort.typology.reasoning import AtLeast, Predicate, Rule, all_of, any_of

_ASSUMED = "assumption"

#: Sufficient partial value of the profile.
GOOD_VALUE = 0.5
#: Sufficient partial value of renewables for an oasis, which depends on them.
RICH_VALUE = 0.75
INDUSTRIAL_SITES = 3
#: Industry accounts for most of the emissions.
INDUSTRIAL_SHARE = 0.5
#: "Multiple decarbonisation interventions", S1 table 1.
INTERVENTIONS = 2
#: Least number of sites that can share infrastructure.
SHARING_SITES = 2
HYDROGEN_USERS = 2
#: "Ideally covering more than one sector", Scottish Government (2022) in S1 section 3.2.
HYDROGEN_SECTORS = 2
OASIS_GEOLOGY_KM = 50
#: "Multiple sources", S1 table 1.
CO2_SOURCES = 2
#: Reach of a pipeline to a hub; IPCC special report on CCS, recalled.
HUB_PIPELINE_KM = 300
HUB_SHIP_KM = 1500

Cell = Literal["yes", "no", "project specific", "to be confirmed", "not limited to industry"]


class TableOne(NamedTuple):
    """The last three columns of table 1 of the paper.

    In print, CCUS cluster and hub share one cell of the last column; both get its value.

    Parameters
    ----------
    co_location
        Co-location of supply and demand.
    existing_area
        Existing industrial area.
    industrial_customer
        Primarily aimed at industrial customers.
    """

    co_location: Cell
    existing_area: Cell
    industrial_customer: Cell


class Approach(NamedTuple):
    """A place-based approach to industrial decarbonisation, or a level of one.

    Parameters
    ----------
    title
        Name of the approach.
    rule
        Rule that must be true.
    table_one
        Row of table 1 of the paper. The rule does not test what the table leaves open.
    next_level
        The approach with the next higher requirements, if there is one.
    """

    title: str
    rule: Rule
    table_one: TableOne
    next_level: str | None = None


class Family(NamedTuple):
    """A family of solutions (World Economic Forum and Accenture, industrial clusters).

    Parameters
    ----------
    title
        Name of the family.
    rule
        Rule that must be true for a place to suit the family.
    """

    title: str
    rule: Rule


def _at_least(fact: str, threshold: float, source: str = _ASSUMED) -> Predicate:
    return Predicate(fact, "at least", threshold, FACTS[fact].description, source)


def _within(fact: str, threshold: float, source: str = _ASSUMED) -> Predicate:
    return Predicate(fact, "at most", threshold, FACTS[fact].description, source, unit="km")


def _yes(fact: str, source: str) -> Predicate:
    return Predicate(fact, "at least", 1, FACTS[fact].description, source, yes_no=True)


_CO2 = any_of(
    _at_least("co2_storage_distance_value", GOOD_VALUE),
    _yes("co2_port_route", "S1 section 3.2, Northern Lights"),
    description="carbon capture",
)
_HYDROGEN = any_of(
    _at_least("hydrogen_producers", 1, "S1 section 3.2"),
    _at_least("salt_cavern_distance_value", GOOD_VALUE),
    description="hydrogen",
)
_ELECTRICITY = all_of(
    _at_least("renewable_capacity_value", GOOD_VALUE),
    _at_least("grid_connection_distance_value", GOOD_VALUE),
    description="electrification",
)
_HEAT = _at_least("heat_demand_value", GOOD_VALUE)
_SYMBIOSIS = _yes("chertow_3_2", "Chertow 2007, the 3-2 rule, recalled")
_EXISTING_AREA = _at_least("industrial_sites", INDUSTRIAL_SITES)

_NET_ZERO_CLUSTER = all_of(
    all_of(
        _yes("is_cluster_or_initiative", "S1 section 3.1"),
        _EXISTING_AREA,
        description="existing industrial cluster",
    ),
    _at_least("industrial_emission_share", INDUSTRIAL_SHARE),
    AtLeast(
        INTERVENTIONS,
        (_CO2, _HYDROGEN, _ELECTRICITY, _HEAT, _SYMBIOSIS),
        "several interventions are feasible",
    ),
    _at_least("sharing_sites", SHARING_SITES, "S1 table 1, shared infrastructure"),
    description="Net Zero Industrial Cluster",
)

_HUB_PARTS = (
    _at_least("hydrogen_producers", 1, "42 USC 16161a"),
    _at_least("hydrogen_users", HYDROGEN_USERS, "42 USC 16161a"),
    _at_least("hydrogen_connections", 1, "42 USC 16161a"),
    _EXISTING_AREA,
)
_SECTORS = _at_least(
    "hydrogen_user_sectors", HYDROGEN_SECTORS, "Scottish Government 2022 in S1 section 3.2"
)

_OASIS = all_of(
    _at_least("renewable_capacity_value", RICH_VALUE),
    _at_least("port_distance_value", GOOD_VALUE),
    any_of(
        _within("salt_cavern_distance_km", OASIS_GEOLOGY_KM),
        _within("depleted_field_distance_km", OASIS_GEOLOGY_KM),
        description="useful geology",
    ),
    description="Hydrogen Oasis",
)

_SOURCES = _at_least("co2_sources", CO2_SOURCES, "S1 section 3.2")
_NETWORK = all_of(
    _at_least("co2_pipelines", 1, "UK cluster sequencing 2021"),
    _at_least("co2_network_stores", 1, "UK cluster sequencing 2021; 100 Mt: OGCI"),
    description="a transport and storage network",
)

_CCUS_HUB = all_of(
    _at_least("hub_facilities", 1, "S1 section 3.2"),
    any_of(
        _at_least("hub_sources_served", CO2_SOURCES, "S1 section 3.2"),
        _at_least("hub_clusters_served", 1, "S1 section 3.2"),
        description="serves several sources or a cluster",
    ),
    any_of(
        _within("hub_pipeline_route_km", HUB_PIPELINE_KM, "IPCC SRCCS, recalled"),
        _within("hub_ship_route_km", HUB_SHIP_KM),
        description="a route to them",
    ),
    description="CCUS hub",
)

APPROACHES: dict[str, Approach] = {
    "net_zero_industrial_cluster": Approach(
        "Net Zero Industrial Cluster", _NET_ZERO_CLUSTER, TableOne("yes", "yes", "yes")
    ),
    "hydrogen_hub_partial": Approach(
        "Hydrogen Hub, one sector",
        all_of(*_HUB_PARTS, description="Hydrogen Hub, one sector"),
        TableOne("yes", "yes", "project specific"),
        next_level="hydrogen_hub_full",
    ),
    "hydrogen_hub_full": Approach(
        "Hydrogen Hub, several sectors",
        all_of(*_HUB_PARTS, _SECTORS, description="Hydrogen Hub, several sectors"),
        TableOne("yes", "yes", "project specific"),
    ),
    "hydrogen_oasis": Approach(
        "Hydrogen Oasis", _OASIS, TableOne("yes", "to be confirmed", "to be confirmed")
    ),
    "ccus_cluster_opportunity": Approach(
        "CCUS cluster, opportunity",
        all_of(_SOURCES, description="CCUS cluster, opportunity"),
        TableOne("yes", "project specific", "not limited to industry"),
        next_level="ccus_cluster_deployable",
    ),
    "ccus_cluster_deployable": Approach(
        "CCUS cluster, deployable",
        all_of(_SOURCES, _NETWORK, description="CCUS cluster, deployable"),
        TableOne("yes", "project specific", "not limited to industry"),
    ),
    "ccus_hub": Approach(
        "CCUS hub", _CCUS_HUB, TableOne("no", "project specific", "not limited to industry")
    ),
}

FAMILIES: dict[str, Family] = {
    "efficiency": Family(
        "Systemic efficiency and circularity",
        any_of(
            _HEAT,
            _SYMBIOSIS,
            _at_least("linkage", GOOD_VALUE, "S1 section 6: networks carry symbiosis"),
            description="Systemic efficiency and circularity",
        ),
    ),
    "electrification": Family(
        "Electrification and renewable heat",
        all_of(*_ELECTRICITY.parts, description="Electrification and renewable heat"),
    ),
    "hydrogen": Family("Hydrogen", any_of(*_HYDROGEN.parts, description="Hydrogen")),
    "ccus": Family(
        "Carbon capture, use and storage",
        any_of(*_CO2.parts, description="Carbon capture, use and storage"),
    ),
}
