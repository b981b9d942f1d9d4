"""Facts on CO2: sources that could share, pipelines and the stores they lead to, ports.

What is drawn on a map as a pipeline is two lines or three: they are taken as one network where an
end of one lies near another.
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

    from standort.layers.features import Features
    from standort.study.screening.features_in_reach import Reach
    from standort.study.screening.screening_inputs import Known

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["carbon_facts", "carrying", "hang_together", "liquid_bulk"]

#: Ends of lines this near another line, or a store, are taken to be joined to it [km]; lines on
#: maps of this scale are sketches. Our assumption.
_JOINED_KM = 10.0
#: Least capacity of a store worth a network [Mt]; OGCI.
_STORE_MT = 100.0
#: Depleted fields, as sources call them.
_FIELDS = ("depleted", "gas field", "oil field", "hydrocarbon")


def carbon_facts(known: Known, reach: Reach) -> tuple[dict[str, Floats], Floats]:
    """Tell the facts on CO2 of each place.

    Parameters
    ----------
    known
        What facts are computed from.
    reach
        Places and what is near them.

    Returns
    -------
    The facts by name; and for each emitter whether a port near it could ship CO2 to a store: 1, 0
    or NaN.
    """
    emissions = emissions_of(reach.emitters)[reach.emitters.order]
    sources = most_together(reach, emissions > 0.0)
    may_be = most_together(reach, (emissions > 0.0) | np.isnan(emissions))
    routes_of_places, routes_of_emitters = _port_routes(known, reach)
    pipelines, stores = _network(known, reach)
    facts = {
        "co2_sources": settle(sources, may_be, CO2_SOURCES),
        "co2_port_route": routes_of_places,
        "co2_pipelines": pipelines,
        "co2_network_stores": stores,
        "salt_cavern_distance_km": _nearest(known.layer("salt_caverns"), reach, None),
        "depleted_field_distance_km": _to_fields(known, reach),
    }
    return facts, routes_of_emitters


def carrying(pipelines: Features, carrier: str) -> tuple[Flags, Flags]:
    """Tell which lines surely carry something, and which may: their carrier is unknown."""
    given = pipelines.table["carrier"].to_numpy(dtype=object)
    unknown = pipelines.table["carrier"].isna().to_numpy(dtype=bool)
    sure = np.array([str(name).strip().casefold() == carrier for name in given], dtype=bool)
    return sure & ~unknown, sure | unknown


def liquid_bulk(ports: Features) -> tuple[Flags, Flags]:
    """Tell which ports surely handle liquids, and which may: nothing is known of them."""
    if "liquid_bulk" not in ports.table:
        return np.zeros(len(ports), dtype=bool), np.ones(len(ports), dtype=bool)
    flags = ports.table["liquid_bulk"].astype("boolean")
    return flags.fillna(value=False).to_numpy(bool), flags.fillna(value=True).to_numpy(bool)


def hang_together(pipelines: Features) -> NDArray[np.int32]:
    """Tell which network each line is of: one with an end near another is of the same."""
    from scipy.sparse.csgraph import connected_components

    joined = _lines_at_ends(pipelines)
    found: NDArray[np.int32] = connected_components(joined, directed=False)[1]
    return found


def _lines_at_ends(pipelines: Features) -> csr_array[Any, Any]:
    """Tell which lines lie at an end of each line, shape (lines, lines)."""
    positions, owner = _ends(pipelines)
    return as_flags(owner @ within(positions, pipelines, _JOINED_KM))


def _ends(pipelines: Features) -> tuple[Floats, csr_array[Any, Any]]:
    """Give the ends of all parts of all lines, and which line each is of, (lines, ends)."""
    from scipy.sparse import csr_array

    parts, line = shapely.get_parts(pipelines.geometries, return_index=True)
    first, last = shapely.get_point(parts, 0), shapely.get_point(parts, -1)
    positions = shapely.get_coordinates(np.concatenate([first, last]))
    owner = np.concatenate([line, line])
    ones = np.ones(len(owner), dtype=np.int32)
    shape = (len(pipelines), len(owner))
    return positions, csr_array((ones, (owner, np.arange(len(owner)))), shape=shape)


def _network(known: Known, reach: Reach) -> tuple[Floats, Floats]:
    """Count the CO2 pipelines near each place, and the large stores their networks lead to.

    A layer without any such line was drawn from a register of other lines: it tells nothing.
    """
    unknown = np.full(reach.groups.count, np.nan)
    layer = known.layer("pipelines")
    if layer is None or not carrying(layer, "co2")[0].any():
        return unknown, unknown
    counts, stores = [], []
    store_layer = known.layer("co2_storage")
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
    """Tell which stores are surely large enough, and which may be."""
    if stores is None:
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    capacity = stores.quantity("capacity_mt")
    return capacity >= _STORE_MT, (capacity >= _STORE_MT) | np.isnan(capacity)


def _stores_reached(
    near: csr_array[Any, Any], lines: Features, stores: Features, large: Flags
) -> Floats:
    """Count the large stores at an end of any line of the networks near each place."""
    from scipy.sparse import csr_array

    network = hang_together(lines)
    shape = (len(lines), int(network.max()) + 1)
    ones = np.ones(len(lines), dtype=np.int32)
    of_network = csr_array((ones, (np.arange(len(lines)), network)), shape=shape)
    positions, owner = _ends(lines)
    at_ends = owner @ within(positions, stores, _JOINED_KM)
    leads_to = as_flags(near @ of_network) @ as_flags(of_network.T @ at_ends)
    return np.asarray(as_flags(leads_to) @ large.astype(np.int64), dtype=np.float64)


def _port_routes(known: Known, reach: Reach) -> tuple[Floats, Floats]:
    """Tell of places and of emitters whether a port near them could ship CO2 to a store."""
    ports, stores = known.layer("ports"), known.layer("co2_storage")
    shape = (reach.groups.count, len(reach.emitters))
    if ports is None or stores is None:
        return np.full(shape[0], np.nan), np.full(shape[1], np.nan)
    near_emitters = reach.of_emitters(ports)
    near_places = as_flags(reach.belonging @ near_emitters)
    asked = np.asarray(near_emitters.sum(axis=0)) > 0
    able: list[Flags] = []
    leads = np.zeros(len(ports), dtype=bool)
    for bulk, large in zip(liquid_bulk(ports), _large(stores), strict=True):
        # stores that are surely large lead the way; those that may be are asked where none does
        left = asked & ~leads
        some = stores.subset(np.flatnonzero(large))
        if left.any() and not (able and (large == _large(stores)[0]).all()):
            lon, lat = shapely.get_coordinates(ports.geometries[left]).T
            found = some.index.nearest(lon, lat, max_distance=HUB_SHIP_KM * 1_000.0)
            leads[left] = np.isfinite(found.distance[:, 0])
        able.append(bulk & leads)
    return _any(near_places, able[0], able[1]), _any(near_emitters, able[0], able[1])


def _any(near: csr_array[Any, Any], sure: Flags, possible: Flags) -> Floats:
    """Tell whether any feature near is able: 1, 0, or NaN where that is not known."""
    surely = np.asarray(near @ sure.astype(np.int64)) > 0
    maybe = np.asarray(near @ possible.astype(np.int64)) > 0
    return np.where(surely, 1.0, np.where(maybe, np.nan, 0.0))


def _nearest(layer: Features | None, reach: Reach, which: Flags | None) -> Floats:
    """Measure how near any member of each place is to a layer [km]; infinite if it is empty."""
    if layer is None:
        return np.full(reach.groups.count, np.nan)
    some = layer if which is None else layer.subset(np.flatnonzero(which))
    lon, lat = reach.positions[reach.groups.member].T
    distance = some.index.nearest(lon, lat).distance[:, 0] / 1_000.0
    least = np.full(reach.groups.count, np.inf)
    np.minimum.at(least, reach.groups.group, distance)
    return least


def _to_fields(known: Known, reach: Reach) -> Floats:
    """Measure how near depleted fields are; unknown where a store of unknown kind is nearer."""
    layer = known.layer("co2_storage")
    if layer is None or "kind" not in layer.table:
        return np.full(reach.groups.count, np.nan)
    kind = layer.table["kind"].to_numpy(dtype=object)
    unknown = layer.table["kind"].isna().to_numpy(dtype=bool)
    sure = np.array([any(w in str(name).casefold() for w in _FIELDS) for name in kind], dtype=bool)
    surely = _nearest(layer, reach, sure & ~unknown)
    maybe = _nearest(layer, reach, sure | unknown)
    return np.where(surely <= maybe, surely, np.nan)
