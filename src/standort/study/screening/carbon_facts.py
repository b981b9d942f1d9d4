"""CO2 facts of places: sources that could share, pipelines and the stores they reach, ports.

Maps often draw one pipeline as two or three lines. Lines are joined to one network where an end of
one lies near another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from standort.study.group_scores import emissions_of
from standort.study.screening.features_in_reach import as_flags, most_together, settle, within
from standort.typology.rules import CO2_SOURCES, HUB_SHIP_KM

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from standort.array_types import Flags, Floats
    from standort.layers.features import Features
    from standort.study.screening.features_in_reach import Reach
    from standort.study.screening.screening_inputs import ScreeningInputs


#: Distance at which the end of a line counts as joined to another line or a store [km]: lines on
#: maps of this scale are sketches. Our assumption.
_JOINED_KM = 10.0
#: Smallest capacity of a store that justifies a network [Mt]; OGCI.
_STORE_MT = 100.0
#: Names of depleted fields in the sources.
_FIELDS = ("depleted", "gas field", "oil field", "hydrocarbon")


def carbon_facts(inputs: ScreeningInputs, reach: Reach) -> tuple[dict[str, Floats], Floats]:
    """Return the CO2 facts of each place.

    Parameters
    ----------
    inputs
        What the facts are computed from.
    reach
        The places and what is within reach of them.

    Returns
    -------
    The facts by name, and for each emitter whether a port near it could ship CO2 to a store: 1, 0
    or NaN.
    """
    emissions = emissions_of(reach.emitters)[reach.emitters.order]
    sources = most_together(reach, emissions > 0.0)
    may_be = most_together(reach, (emissions > 0.0) | np.isnan(emissions))
    routes_of_places, routes_of_emitters = _port_routes(inputs, reach)
    pipelines, stores = _network(inputs, reach)
    facts = {
        "co2_sources": settle(sources, may_be, CO2_SOURCES),
        "co2_port_route": routes_of_places,
        "co2_pipelines": pipelines,
        "co2_network_stores": stores,
        "salt_cavern_distance_km": _nearest(inputs.layer("salt_caverns"), reach, None),
        "depleted_field_distance_km": _to_fields(inputs, reach),
    }
    return facts, routes_of_emitters


def carrying(pipelines: Features, carrier: str) -> tuple[Flags, Flags]:
    """Return which lines have a carrier, and which have it or might (carrier unknown)."""
    given = pipelines.table["carrier"].to_numpy(dtype=object)
    unknown = pipelines.table["carrier"].isna().to_numpy(dtype=bool)
    sure = np.array([str(name).strip().casefold() == carrier for name in given], dtype=bool)
    return sure & ~unknown, sure | unknown


def liquid_bulk(ports: Features) -> tuple[Flags, Flags]:
    """Return which ports handle liquids, and which handle them or might (unknown)."""
    if "liquid_bulk" not in ports.table:
        return np.zeros(len(ports), dtype=bool), np.ones(len(ports), dtype=bool)
    flags = ports.table["liquid_bulk"].astype("boolean")
    return flags.fillna(value=False).to_numpy(bool), flags.fillna(value=True).to_numpy(bool)


def network_numbers(pipelines: Features) -> NDArray[np.int32]:
    """Return the network number of each line; a line with an end near another is joined."""
    from scipy.sparse.csgraph import connected_components

    joined = _lines_at_ends(pipelines)
    numbers: NDArray[np.int32] = connected_components(joined, directed=False)[1]
    return numbers


def _lines_at_ends(pipelines: Features) -> csr_array[Any, Any]:
    """Return which lines lie at an end of each line, shape (lines, lines)."""
    positions, owner = _ends(pipelines)
    return as_flags(owner @ within(positions, pipelines, _JOINED_KM))


def _ends(pipelines: Features) -> tuple[Floats, csr_array[Any, Any]]:
    """Return the end points of all parts of all lines, and their lines, shape (lines, ends)."""
    from scipy.sparse import csr_array

    parts, line = shapely.get_parts(pipelines.geometries, return_index=True)
    first, last = shapely.get_point(parts, 0), shapely.get_point(parts, -1)
    positions = shapely.get_coordinates(np.concatenate([first, last]))
    owner = np.concatenate([line, line])
    ones = np.ones(len(owner), dtype=np.int32)
    shape = (len(pipelines), len(owner))
    return positions, csr_array((ones, (owner, np.arange(len(owner)))), shape=shape)


def _network(inputs: ScreeningInputs, reach: Reach) -> tuple[Floats, Floats]:
    """Count the CO2 pipelines near each place, and the large stores their networks reach.

    A layer without any CO2 pipeline does not cover them, so both are unknown.
    """
    unknown = np.full(reach.groups.count, np.nan)
    layer = inputs.layer("pipelines")
    if layer is None or not carrying(layer, "co2")[0].any():
        return unknown, unknown
    counts, stores = [], []
    store_layer = inputs.layer("co2_storage")
    for flags, large in zip(carrying(layer, "co2"), _large(store_layer), strict=True):
        lines = layer.subset(np.flatnonzero(flags))
        near = reach.of_places(lines) if len(lines) else None
        none = np.zeros(reach.groups.count)
        counts.append(none if near is None else np.asarray(near.sum(axis=1), dtype=np.float64))
        if store_layer is not None:
            leads = none if near is None else _stores_reached(near, lines, store_layer, large)
            stores.append(leads)
    pipelines = settle(counts[0], counts[1], 1)
    return pipelines, settle(stores[0], stores[1], 1) if stores else unknown


def _large(stores: Features | None) -> tuple[Flags, Flags]:
    """Return which stores are large enough, and which are or might be."""
    if stores is None:
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    capacity = stores.quantity("capacity_mt")
    return capacity >= _STORE_MT, (capacity >= _STORE_MT) | np.isnan(capacity)


def _stores_reached(
    near: csr_array[Any, Any], lines: Features, stores: Features, large: Flags
) -> Floats:
    """Count the large stores at an end of a line of the networks near each place."""
    from scipy.sparse import csr_array

    network = network_numbers(lines)
    shape = (len(lines), int(network.max()) + 1)
    ones = np.ones(len(lines), dtype=np.int32)
    of_network = csr_array((ones, (np.arange(len(lines)), network)), shape=shape)
    positions, owner = _ends(lines)
    at_ends = owner @ within(positions, stores, _JOINED_KM)
    leads_to = as_flags(near @ of_network) @ as_flags(of_network.T @ at_ends)
    return np.asarray(as_flags(leads_to) @ large.astype(np.int64), dtype=np.float64)


def _port_routes(inputs: ScreeningInputs, reach: Reach) -> tuple[Floats, Floats]:
    """Return for places and for emitters whether a port near them could ship CO2 to a store."""
    ports, stores = inputs.layer("ports"), inputs.layer("co2_storage")
    shape = (reach.groups.count, len(reach.emitters))
    if ports is None or stores is None:
        return np.full(shape[0], np.nan), np.full(shape[1], np.nan)
    near_emitters = reach.of_emitters(ports)
    near_places = as_flags(reach.belonging @ near_emitters)
    asked = np.asarray(near_emitters.sum(axis=0)) > 0
    able: list[Flags] = []
    leads = np.zeros(len(ports), dtype=bool)
    for bulk, large in zip(liquid_bulk(ports), _large(stores), strict=True):
        # stores of unknown size matter only where no store is known to be large
        left = asked & ~leads
        some = stores.subset(np.flatnonzero(large))
        if left.any() and not (able and (large == _large(stores)[0]).all()):
            lon, lat = shapely.get_coordinates(ports.geometries[left]).T
            nearest = some.index.nearest(lon, lat, max_distance=HUB_SHIP_KM * 1_000.0)
            leads[left] = np.isfinite(nearest.distance[:, 0])
        able.append(bulk & leads)
    return _any(near_places, able[0], able[1]), _any(near_emitters, able[0], able[1])


def _any(near: csr_array[Any, Any], sure: Flags, possible: Flags) -> Floats:
    """Return whether any feature near is able: 1, 0, or NaN if unknown."""
    surely = np.asarray(near @ sure.astype(np.int64)) > 0
    maybe = np.asarray(near @ possible.astype(np.int64)) > 0
    return np.where(surely, 1.0, np.where(maybe, np.nan, 0.0))


def _nearest(layer: Features | None, reach: Reach, which: Flags | None) -> Floats:
    """Return the least distance of the members of each place to a layer [km]; inf if empty."""
    if layer is None:
        return np.full(reach.groups.count, np.nan)
    some = layer if which is None else layer.subset(np.flatnonzero(which))
    lon, lat = reach.positions[reach.groups.member].T
    distance = some.index.nearest(lon, lat).distance[:, 0] / 1_000.0
    least = np.full(reach.groups.count, np.inf)
    np.minimum.at(least, reach.groups.group, distance)
    return least


def _to_fields(inputs: ScreeningInputs, reach: Reach) -> Floats:
    """Return the distance to depleted fields [km]; NaN if a store of unknown kind is nearer."""
    layer = inputs.layer("co2_storage")
    if layer is None or "kind" not in layer.table:
        return np.full(reach.groups.count, np.nan)
    kind = layer.table["kind"].to_numpy(dtype=object)
    unknown = layer.table["kind"].isna().to_numpy(dtype=bool)
    sure = np.array([any(w in str(name).casefold() for w in _FIELDS) for name in kind], dtype=bool)
    surely = _nearest(layer, reach, sure & ~unknown)
    maybe = _nearest(layer, reach, sure | unknown)
    return np.where(surely <= maybe, surely, np.nan)
