"""Facts about places that the screening rules use.

Facts form a table with a row per place and a column per fact; a missing column or an empty cell is
unknown. "In reach" means within 25 km, the distance up to which UK policy assigns a site to a
cluster.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from standort.errors import LayerError, gather, name_ids
from standort.typology.reasoning import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Radius of "in reach" [km]; UK industrial strategy, after UKERC, "From mega-clusters to
#: mini-clusters".
REACH_KM = 25.0

Kind = Literal["yes or no", "count", "share", "km"]


class FactColumn(NamedTuple):
    """A column of the table of facts.

    Parameters
    ----------
    description
        Description of the fact.
    kind
        ``yes or no`` (1 or 0), ``count`` (whole number), ``share`` (in [0, 1]) or ``km``
        (infinite if nothing is in reach).
    layer
        Roles of the layers from which the fact is computed.
    """

    description: str
    kind: Kind
    layer: str


#: All facts that the rules use. Columns ``..._value`` are partial values of the profile.
FACTS: dict[str, FactColumn] = {
    "is_cluster_or_initiative": FactColumn(
        "a cluster by distance or a declared initiative", "yes or no", "emitters, initiatives"
    ),
    "industrial_sites": FactColumn("industrial sites of the place", "count", "emitters"),
    "industrial_emission_share": FactColumn(
        "share of industrial sites in the known emissions", "share", "emitters"
    ),
    "sharing_sites": FactColumn(
        "most sites in reach of each other that one and the same intervention could serve",
        "count",
        "emitters: sector and co2_t_per_yr",
    ),
    "co2_sources": FactColumn(
        "most CO2 sources, of any sector, in reach of each other", "count", "emitters: co2_t_per_yr"
    ),
    "co2_storage_distance_value": FactColumn("nearness of CO2 storage", "share", "co2_storage"),
    "co2_port_route": FactColumn(
        "a port in reach from which CO2 can be shipped to a store",
        "yes or no",
        "ports, co2_storage",
    ),
    "co2_pipelines": FactColumn(
        "CO2 pipelines, existing or planned, in reach of the sources", "count", "pipelines"
    ),
    "co2_network_stores": FactColumn(
        "CO2 stores of 100 Mt or more that these pipelines lead to (offshore in the UK)",
        "count",
        "pipelines, co2_storage",
    ),
    "hydrogen_producers": FactColumn(
        "producers of hydrogen in reach, existing or planned", "count", "assets"
    ),
    "hydrogen_users": FactColumn("end users of hydrogen in reach", "count", "assets, emitters"),
    "hydrogen_user_sectors": FactColumn("sectors of these end users", "count", "assets, emitters"),
    "hydrogen_connections": FactColumn(
        "hydrogen pipelines and stores in reach", "count", "pipelines, salt_caverns, assets"
    ),
    "salt_cavern_distance_value": FactColumn("nearness of salt caverns", "share", "salt_caverns"),
    "salt_cavern_distance_km": FactColumn("distance to salt caverns", "km", "salt_caverns"),
    "depleted_field_distance_km": FactColumn(
        "distance to a depleted oil or gas field", "km", "co2_storage"
    ),
    "renewable_capacity_value": FactColumn("wealth of renewable power", "share", "renewables"),
    "grid_connection_distance_value": FactColumn("nearness of the grid", "share", "grid_nodes"),
    "port_distance_value": FactColumn("nearness of a commercial port", "share", "ports"),
    "heat_demand_value": FactColumn("demand for waste heat nearby", "share", "heat_demand"),
    "chertow_3_2": FactColumn(
        "three firms or more exchange two resources or more", "yes or no", "linkages, assets"
    ),
    "linkage": FactColumn("linkage of the place's firms", "share", "linkages, memberships"),
    "hub_facilities": FactColumn(
        "facilities for receiving, injecting or using CO2", "count", "assets"
    ),
    "hub_sources_served": FactColumn("CO2 sources these serve", "count", "assets, linkages"),
    "hub_clusters_served": FactColumn("clusters these serve", "count", "assets, linkages"),
    "hub_pipeline_route_km": FactColumn(
        "shortest pipeline route to what is served", "km", "pipelines"
    ),
    "hub_ship_route_km": FactColumn(
        "shortest ship route, port to port, to what is served", "km", "ports"
    ),
}


def read_facts(
    facts: pd.DataFrame, *, layers: Mapping[str, str] | None = None
) -> dict[object, dict[str, Fact]]:
    """Check a table of facts and return the facts of each place.

    Parameters
    ----------
    facts
        A row per place, indexed by its id; columns of `FACTS`. NaN, None and NA are unknown.
    layers
        Source of each fact, by column, such as ``"co2_storage (CO2StoP 2013)"``; by default the
        roles of the layers.

    Returns
    -------
    All facts of `FACTS`, by place.

    Raises
    ------
    LayerError
        If a column is not a fact, a value is invalid, or a place occurs twice.

    Examples
    --------
    >>> table = pd.DataFrame({"industrial_sites": [12]}, index=["Humber"])
    >>> read_facts(table)["Humber"]["industrial_sites"]
    Fact(value=12.0, layer='emitters')
    """
    problems = _name_problems([*facts.columns.astype(str), *(layers or {})])
    if not facts.index.is_unique:
        twice = name_ids(facts.index[facts.index.duplicated()].tolist())
        problems.append(f"expected each place once; {twice} occurs more often")
    columns = {}
    for name in facts.columns.intersection(list(FACTS)):
        numbers = pd.to_numeric(facts[name], errors="coerce").astype("Float64")
        columns[name] = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        problems += _value_problems(facts[name], columns[name], FACTS[name].kind)
    if problems:
        raise LayerError(gather(problems, of="table of facts"))
    origin = {name: (layers or {}).get(name, column.layer) for name, column in FACTS.items()}
    unknown = np.full(len(facts), np.nan)
    return {
        place: {name: Fact(float(columns.get(name, unknown)[row]), origin[name]) for name in FACTS}
        for row, place in enumerate(facts.index)
    }


def _name_problems(names: list[str]) -> list[str]:
    problems = []
    for name in dict.fromkeys(names):
        if name not in FACTS:
            close = difflib.get_close_matches(name, list(FACTS), n=1)
            remedy = f"did you mean {close[0]!r}?" if close else "remove it"
            problems.append(f"{name!r} is not a fact that the rules use; {remedy}")
    return problems


def _value_problems(given: pd.Series, numbers: np.ndarray, kind: Kind) -> list[str]:
    known = given.notna().to_numpy(dtype=bool)
    with np.errstate(invalid="ignore"):
        right = {
            "yes or no": np.isin(numbers, (0.0, 1.0)),
            "count": (numbers >= 0) & np.isfinite(numbers) & (numbers % 1 == 0),
            "share": (numbers >= 0) & (numbers <= 1),
            "km": numbers >= 0,
        }[kind]
    wrong = known & ~right
    if not wrong.any():
        return []
    wanted = {
        "yes or no": "yes (1) or no (0)",
        "count": "a whole number of at least 0",
        "share": "a number in [0, 1]",
        "km": "kilometres of at least 0",
    }[kind]
    came = f"{given.to_numpy(dtype=object)[wrong][0]!r} at {name_ids(given.index[wrong].tolist())}"
    return [f"expected {wanted} in {given.name!r}, got {came}; correct it"]
