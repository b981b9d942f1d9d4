"""Facts from the tables of assets and linkages: CO2 facilities, the firms they serve, and routes.

The tables name firms, not positions. An asset belongs to a place only if one of its firms has all
its sites there. Lists are incomplete: absence is unknown, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from standort.earth import geocentric, geodesic_length
from standort.study.places.place_firms import contract_study
from standort.study.screening.carbon_facts import carrying, liquid_bulk, network_numbers
from standort.study.screening.features_in_reach import within
from standort.typology.facts import REACH_KM
from standort.typology.rules import HUB_PIPELINE_KM, HUB_SHIP_KM

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints
    from standort.layers.features import Features
    from standort.study.screening.features_in_reach import Reach
    from standort.study.screening.screening_inputs import ScreeningInputs


_CO2 = ("co2", "carbon dioxide", "ccs", "ccus")
#: words in the kind of a CO2 facility, besides CO2; a pipeline alone is not a facility
_FACILITY = ("terminal", "hub", "receiv", "inject", "storage", "store", "utilis", "utiliz")
_NAMES = (("asset", "firm"), ("firm_u", "firm_v"))
_HUB_FACTS = (
    "hub_facilities",
    "hub_sources_served",
    "hub_clusters_served",
    "hub_pipeline_route_km",
    "hub_ship_route_km",
)


@dataclass(frozen=True, eq=False)
class Assets:
    """Assets and linkages by firm, and the sites of firms.

    Parameters
    ----------
    table
        Columns ``asset``, ``firm`` and ``kind`` (in lower case, empty where unknown).
    links
        Columns ``firm_u``, ``firm_v`` of the linkages that carry CO2.
    firm
        Firm of each emitter, None where unknown.
    """

    table: pd.DataFrame
    links: pd.DataFrame
    firm: NDArray[np.object_]

    @classmethod
    def of(cls, inputs: ScreeningInputs) -> Assets:
        """Read the tables of a study; a missing table is empty."""
        emitters = inputs.engine.context.layer("emitters")
        table, links, is_firm = _one_name_each(inputs)
        kind = _lower_case(table, "kind")
        carries = np.array([any(w in text for w in _CO2) for text in _lower_case(links, "subtype")])
        firm = np.full(len(emitters), None, dtype=object)
        if "firm" in emitters.table:
            given = emitters.table["firm"]
            names = [None if pd.isna(f) else str(f).strip() for f in given]
            firm = np.array([is_firm.get(name, name) for name in names], dtype=object)
        return cls(
            table[["asset", "firm"]].astype(str).assign(kind=kind),
            links.loc[carries.astype(bool), ["firm_u", "firm_v"]].astype(str),
            firm,
        )

    @cached_property
    def sites(self) -> dict[str, Ints]:
        """Positions of the emitters of each firm."""
        named = pd.Series(np.arange(len(self.firm)), index=self.firm)
        named = named[named.index.notna()]
        return {str(firm): part.to_numpy() for firm, part in named.groupby(level=0)}

    def firms_at(self, member: Ints) -> set[str]:
        """Return the firms all of whose sites are among some emitters."""
        inside = {str(name) for name in self.firm[member] if name is not None}
        return {name for name in inside if np.isin(self.sites[name], member).all()}

    def at(self, member: Ints, is_such: Callable[[str], bool]) -> pd.DataFrame:
        """Return the rows of the assets of a kind that belong to some emitters."""
        such = self.table[self.table["kind"].map(is_such).astype(bool)]
        own = such.loc[such["firm"].isin(self.firms_at(member)), "asset"]
        return such[such["asset"].isin(own)]

    def count_at_places(self, reach: Reach, is_such: Callable[[str], bool]) -> Floats:
        """Count the assets of a kind at each place."""
        if not self.table["kind"].map(is_such).astype(bool).any():
            return np.zeros(reach.groups.count)
        return np.array(
            [float(self.at(m, is_such)["asset"].nunique()) for m in reach.members], dtype=float
        )


def asset_facts(inputs: ScreeningInputs, reach: Reach) -> dict[str, Floats]:
    """Return the facts on CO2 hubs of each place.

    A facility serves the firms that share it with firms of the place (same asset), and those with
    a linkage of subtype CO2 to a firm of the place.

    Parameters
    ----------
    inputs
        What the facts are computed from.
    reach
        The places and what is within reach of them.

    Returns
    -------
    The facts by name; NaN where no facility, or no firm that it serves, is listed.
    """
    assets = Assets.of(inputs)
    facts = {name: np.full(reach.groups.count, np.nan) for name in _HUB_FACTS}
    if not assets.table["kind"].map(_is_facility).astype(bool).any():
        return facts
    assert inputs.engine.clusters is not None
    emitters = reach.emitters
    label = inputs.engine.clusters.labels["cluster"].to_numpy()[emitters.order]
    for place, member in enumerate(reach.members):
        facilities = assets.at(member, _is_facility)
        if not len(facilities):
            continue
        facts["hub_facilities"][place] = facilities["asset"].nunique()
        served = _served(assets, member, facilities)
        if not served:
            continue
        sites = [assets.sites[firm] for firm in sorted(served)]
        facts["hub_sources_served"][place] = len(sites)
        labels = [set(label[positions].tolist()) for positions in sites]
        whole = {next(iter(numbers)) for numbers in labels if len(numbers) == 1} - {-1}
        facts["hub_clusters_served"][place] = len(whole) or np.nan
        positions = reach.positions[np.concatenate(sites)]
        facts["hub_ship_route_km"][place] = _ship_route(inputs, reach.positions[member], positions)
        facts["hub_pipeline_route_km"][place] = _pipe_route(
            inputs, reach.positions[member], positions
        )
    return facts


def _one_name_each(
    inputs: ScreeningInputs,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[Hashable, object]]:
    """Return assets and linkages with one name for each firm, and which firm other names are."""
    study = inputs.study
    no_assets, no_links = (pd.DataFrame(columns=list(columns)) for columns in _NAMES)
    assets, links = (study.tables.get(name) for name in ("assets", "linkages"))
    firms: dict[Hashable, object] = {}
    if "firms" in study.tables and "firm" in study.emitters:
        done = contract_study(study, inputs.places.members)
        assets, links, firms = done.assets, done.linkages, done.names["firm"].to_dict()
    return no_assets if assets is None else assets, no_links if links is None else links, firms


def _lower_case(table: pd.DataFrame, column: str) -> list[str]:
    """Return a column in lower case; unknown or missing text is empty."""
    if column not in table:
        return [""] * len(table)
    return ["" if pd.isna(cell) else str(cell).casefold() for cell in table[column]]


def _is_facility(kind: str) -> bool:
    return any(word in kind for word in _CO2) and any(word in kind for word in _FACILITY)


def _served(assets: Assets, member: Ints, facilities: pd.DataFrame) -> set[str]:
    """Return the firms with sites elsewhere that the facilities of a place serve."""
    own = assets.firms_at(member)
    links = assets.links
    served = set(facilities["firm"])
    served |= set(links.loc[links["firm_u"].isin(own), "firm_v"])
    served |= set(links.loc[links["firm_v"].isin(own), "firm_u"])
    return {firm for firm in served - own if firm in assets.sites}


def _ship_route(inputs: ScreeningInputs, here: Floats, there: Floats) -> float:
    """Return the least straight-line distance between ports near both ends [km].

    It is a lower bound of the sea route. NaN if ports of unknown equipment might be nearer.
    """
    ports = inputs.layer("ports")
    if ports is None:
        return np.nan
    least = []
    for usable in liquid_bulk(ports):
        some = ports.subset(np.flatnonzero(usable))
        ends = [within(positions, some, REACH_KM).sum(axis=0) > 0 for positions in (here, there)]
        points = [np.asarray(shapely.get_coordinates(some.geometries[at])) for at in ends]
        least.append(_least_distance(points[0], points[1]))
    sure, possible = least
    return sure if sure <= max(possible, HUB_SHIP_KM) else np.nan


def _pipe_route(inputs: ScreeningInputs, here: Floats, there: Floats) -> float:
    """Bound the shortest route along connected CO2 pipelines [km].

    The route is at least the straight line and at most the length of the whole network. The bound
    is returned where both lie on the same side of the longest route a rule allows, otherwise NaN;
    infinite if no network connects both ends.
    """
    layer = inputs.layer("pipelines")
    if layer is None:
        return np.nan
    sure, possible = carrying(layer, "co2")
    if possible.sum() > sure.sum():
        return np.nan
    lines = layer.subset(np.flatnonzero(sure))
    if not len(lines):
        return np.inf
    network = network_numbers(lines)
    at = [
        set(network[np.asarray(within(p, lines, REACH_KM).sum(axis=0) > 0)]) for p in (here, there)
    ]
    least = _least_distance(here, there)
    lengths = [_length_km(lines, network == number) for number in sorted(at[0] & at[1])]
    if not lengths:
        return np.inf
    if least > HUB_PIPELINE_KM:
        return least
    return min(lengths) if min(lengths) <= HUB_PIPELINE_KM else np.nan


def _least_distance(here: Floats, there: Floats) -> float:
    if not len(here) or not len(there):
        return np.inf
    first, second = (
        np.repeat(np.arange(len(here)), len(there)),
        np.tile(np.arange(len(there)), len(here)),
    )
    points = geocentric(*here.T), geocentric(*there.T)
    return float(geodesic_length(points[0][first], points[1][second]).min()) / 1_000.0


def _length_km(lines: Features, which: Flags) -> float:
    """Return the total length of some lines [km]."""
    total = 0.0
    for geometry in lines.geometries[which]:
        for part in shapely.get_parts(geometry):
            lon, lat = shapely.get_coordinates(part).T
            points = geocentric(lon, lat)
            total += float(geodesic_length(points[:-1], points[1:]).sum())
    return total / 1_000.0
