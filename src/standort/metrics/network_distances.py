"""Distances along a network of roads, railways or pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
import shapely

from standort.arguments import between, checked, positive
from standort.earth import (
    NO_FEATURE,
    FeatureIndex,
    Network,
    Routes,
    Routing,
    Snap,
    find_access,
    geographic,
    wgs84,
)
from standort.earth.geodesy import TIE
from standort.errors import OptionError, name_ids, warn
from standort.layers.features import (
    as_emitters,
    as_features,
    as_sites,
    own_features,
)
from standort.layers.networks.network_files import as_network

if TYPE_CHECKING:
    import networkx as nx
    from geopandas import GeoDataFrame

    from standort.array_types import Flags, Floats, Ints
    from standort.layers.features import Features, Sites


AnyNetwork: TypeAlias = "Network | GeoDataFrame | nx.Graph"

_KM = 1_000.0
#: largest excess [m] of the geodesic over a route that counts as rounding: points within a
#: micrometre coincide, other errors reached 2 nanometres; shapes are measured to a metre
_ROUNDING, _SHAPE_ROUNDING = 10 * TIE, 1.0


@checked(snap_km=positive("km", or_infinite=True), fallback_detour=between(1))
def network_distance(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    network: AnyNetwork,
    *,
    snap_km: float = 5.0,
    directed: bool | None = None,
    fallback_detour: float | None = None,
) -> pd.DataFrame:
    """Measure the route along a network from each site to the nearest feature by that network.

    The route runs straight from the site to the nearest point of the network, along the network,
    and straight to the feature. It is misleading where goods use another network (a site joins the
    nearest lane, whatever its class), where the network covers less area than the features, and
    near the site: neighbours without a road between them are as far apart as their routes to the
    road. It is a length, not a time or a capacity.

    Parameters
    ----------
    sites
        Points in any CRS. Ids from a column ``site_id`` or an index of that name are explicit.
    features
        Points, lines or polygons in any CRS. A line or polygon is reached wherever the network
        meets it, else at the point of the network nearest to it. If features also have an explicit
        ``site_id``, a site is not its own nearest feature.
    network
        A network from `read_network`, lines in any CRS, or an OSMnx graph.
    snap_km
        Largest distance of a site or a feature from the network to join it [km].
    directed
        None: one-way edges are travelled in their direction only, from site to feature. False: all
        edges are travelled in both directions.
    fallback_detour
        Where there is no route, use the geodesic to the nearest feature times this factor, >= 1,
        and set ``is_estimate``. None: the distance is infinite without a route.

    Returns
    -------
    One row per site, index of `sites`, with

    - ``network_km``: length of the route, including both snap distances [km]; 0 at the feature (on
      it, or in it), infinite without a route, never NaN and never less than ``geodesic_km``
    - ``snap_km``: from the site straight to the network [km]
    - ``feature_snap_km``: from the network straight to the feature [km]; NaN without a route
    - ``geodesic_km``: straight to the same feature, or to the nearest without a route [km]
    - ``detour``: network_km / geodesic_km, >= 1; NaN at the feature (or if there is none at all),
      infinite without a route
    - ``feature_id``: the feature; None without a route and a fallback
    - ``status``: ``"reached"``, ``"unreachable"`` (no feature joins the part of the network
      reachable from the site) or ``"not_snapped"`` (no network within `snap_km`)
    - ``is_estimate``: whether network_km is the fallback

    Ties, to a micrometre, go to the lowest id.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty, off the Earth or of a wrong type.
    OptionError
        If an option is outside its range.

    Warns
    -----
    StandortWarning
        If features are too far from the network to join it.

    References
    ----------
    Dijkstra, E. W. (1959), A note on two problems in connexion with graphs, Numerische Mathematik
    1, 269-271.

    Examples
    --------
    A road runs one degree east along the equator and back to a port close to the site:

    >>> import geopandas
    >>> import shapely
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> port = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0.1]), crs=4326)
    >>> road = geopandas.GeoDataFrame(
    ...     geometry=shapely.from_wkt(["LINESTRING (0 0, 1 0)", "LINESTRING (1 0, 0 0.1)"]),
    ...     crs=4326,
    ... )
    >>> network_distance(site, port, road)[["network_km", "geodesic_km", "detour"]].round(1)
       network_km  geodesic_km  detour
    0       223.2         11.1    20.2
    """
    site_layer, feature_layer = as_sites(sites), as_features(features)
    options = _check_options(snap_km, directed)
    routed = _find_routes(site_layer, feature_layer, as_network(network), options)
    return _table(site_layer, feature_layer, routed, fallback_detour)


@checked(reach_km=positive("km"), snap_km=positive("km", or_infinite=True))
def network_pairs(
    sites: GeoDataFrame | Features, network: AnyNetwork, *, reach_km: float, snap_km: float = 5.0
) -> pd.DataFrame:
    """List the pairs of sites within reach of each other along a network.

    Use the table with `standort.clusters.NeighbourGraph.of_pairs` where an estuary or a ridge
    separates sites that are near by geodesic. Routes run as in `network_distance`; one-way edges
    are travelled in both directions, so that a pair has one distance. They are misleading where
    goods use another network, and for neighbours without a road between them.

    Parameters
    ----------
    sites
        Points in any CRS; ids from ``site_id`` or the index.
    network
        A network from `read_network`, lines in any CRS, or an OSMnx graph.
    reach_km
        Longest route listed [km], the largest eps of any query.
    snap_km
        Largest distance of a site from the network to join it [km].

    Returns
    -------
    One row per pair: ``from_id``, ``to_id`` (later in the order of ids), ``distance_km`` along
    the network, both snap distances included, and ``geodesic_km``, never more than that.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty, off the Earth or of a wrong type.
    OptionError
        If an option is outside its range.

    Warns
    -----
    StandortWarning
        If sites are too far from the network to join it; they are in no pair.

    Examples
    --------
    Two works on opposite banks of an estuary, with a bridge at its head:

    >>> import geopandas
    >>> import shapely
    >>> works = geopandas.GeoDataFrame(
    ...     {"site_id": ["north", "south"]},
    ...     geometry=geopandas.points_from_xy([0, 0], [0, 0.05]),
    ...     crs=4326,
    ... )
    >>> road = geopandas.GeoDataFrame(
    ...     geometry=[shapely.from_wkt("LINESTRING (0 0, 0.2 0, 0.2 0.05, 0 0.05)")], crs=4326
    ... )
    >>> pairs = network_pairs(works, road, reach_km=100)
    >>> pairs.round(1).to_dict("records")
    [{'from_id': 'north', 'to_id': 'south', 'distance_km': 50.1, 'geodesic_km': 5.5}]
    """
    limit = snap_km * _KM + TIE
    reach = reach_km * _KM
    layer, lines = as_emitters(sites), as_network(network)
    access, joins = find_access(lines, layer.geometries, max_distance=limit)
    if not joins.all():
        beyond = list(layer.ids[~joins])
        warn(
            f"{len(beyond):,} of {len(layer):,} sites are farther than {limit / _KM:g} km from the "
            f"network and have no neighbours along it: {name_ids(beyond)}"
        )
    one, other, length = Routing(lines, access).pairs(reach)
    first, second = access.feature[one], access.feature[other]
    lon, lat = shapely.get_coordinates(layer.geometries).T
    straight = np.asarray(wgs84().inv(lon[first], lat[first], lon[second], lat[second])[2])
    return pd.DataFrame(
        {
            "from_id": layer.ids[first],
            "to_id": layer.ids[second],
            # rounding may make a straight route shorter than the geodesic
            "distance_km": np.maximum(length, straight) / _KM,
            "geodesic_km": straight / _KM,
        }
    )


@dataclass(frozen=True)
class _Options:
    """Checked options; `limit` is the snap distance [m]."""

    limit: float
    both_ways: bool


@dataclass(frozen=True)
class _Routed:
    """The route of each site; lengths in metres, features by position."""

    feature: Ints
    length: Floats
    snap: Floats
    feature_snap: Floats
    straight: Floats
    is_snapped: Flags
    is_reached: Flags


def _check_options(
    snap_km: float,
    directed: bool | None,  # noqa: FBT001 - passed on unchanged
) -> _Options:
    limit = snap_km * _KM + TIE
    if directed not in (None, False):
        msg = (
            "expected directed to be None (the directions of the network) or False, got "
            f"{directed!r}"
        )
        raise OptionError(msg)
    return _Options(limit, directed is False)


def _find_routes(sites: Sites, features: Features, network: Network, options: _Options) -> _Routed:
    """Find the route of each site, and measure the geodesic to the same feature."""
    own = own_features(sites, features)
    nearest = features.index.nearest(sites.lon, sites.lat, exclude=own)
    snap = network.snap(sites.lon, sites.lat)
    is_snapped = snap.distance <= options.limit
    stops = snap._replace(edge=np.where(is_snapped, snap.edge, NO_FEATURE))
    access, joins = find_access(network, features.geometries, max_distance=options.limit)
    if not joins.all():
        beyond = list(features.ids[~joins])
        warn(
            f"{len(beyond):,} of {len(features):,} features are farther than "
            f"{options.limit / _KM:g} km from the network and cannot be reached by it: "
            f"{name_ids(beyond)}"
        )
    routing = Routing(network, access, both_ways=options.both_ways)
    feature, length, off = _follow(routing, stops, own, features.index)
    length = length + snap.distance
    # a site at a feature has arrived, with or without a network
    there = nearest.distance[:, 0] == 0.0
    feature = np.where(there, nearest.feature[:, 0], feature)
    length, off = np.where(there, 0.0, length), np.where(there, 0.0, off)
    is_reached = np.isfinite(length)
    straight = nearest.distance[:, 0].copy()
    straight[is_reached] = _straight(sites, features, np.flatnonzero(is_reached), feature)
    return _Routed(
        feature=np.where(is_reached, feature, nearest.feature[:, 0]),
        length=length,
        snap=snap.distance,
        feature_snap=np.where(is_reached, off, np.nan),
        straight=straight,
        is_snapped=is_snapped,
        is_reached=is_reached,
    )


def _follow(
    routing: Routing, stops: Snap, own: Ints | None, index: FeatureIndex
) -> tuple[Ints, Floats, Floats]:
    """Return the feature of each stop, the route to it [m], and its part off the network."""
    access = routing.access
    owner = np.append(access.feature, NO_FEATURE)
    routes = _search(routing, stops, own)
    feature, length = owner[routes.access], routes.distance.copy()
    off = np.append(access.distance, np.nan)[routes.access]
    # a site that joins the network inside a polygon has arrived there
    on = np.flatnonzero(stops.edge >= 0)
    stop, holding = index.containing(*geographic(stops.point[on]))
    if own is not None:
        keep = holding != own[on[stop]]
        stop, holding = stop[keep], holding[keep]
    stop, first = np.unique(stop, return_index=True)
    inside, holding = on[stop], holding[first]
    better = (length[inside] > 0.0) | (holding < feature[inside])
    inside, holding = inside[better], holding[better]
    feature[inside], length[inside], off[inside] = holding, 0.0, 0.0
    return feature, length, off


def _search(routing: Routing, stops: Snap, own: Ints | None) -> Routes:
    """Search for all sites; sites that are features do not count themselves.

    Two different features differ in some bit of their position. So the nearest feature other than
    a site itself is the nearest of those that differ from it in one of the bits: two searches per
    bit suffice, however many sites there are.
    """
    routes = routing.search(stops)
    itself = np.zeros(0, dtype=np.intp) if own is None else np.flatnonzero(own != NO_FEATURE)
    if own is None or not itself.size:
        return routes
    feature, n_access = routing.access.feature, len(routing.access.feature)
    routes.access[itself], routes.distance[itself] = NO_FEATURE, np.inf
    largest = max(int(feature.max(initial=0)), int(own.max()))
    for bit in range(largest.bit_length()):
        for digit in (0, 1):
            rows = itself[(own[itself] >> bit) & 1 != digit]
            if not rows.size:
                continue
            some = Snap(*(column[rows] for column in stops))
            candidates = routing.search(some, allowed=(feature >> bit) & 1 == digit)
            _keep_nearer(routes, rows, candidates, n_access)
    return routes


def _keep_nearer(routes: Routes, rows: Ints, candidates: Routes, n_access: int) -> None:
    """Replace routes in place by shorter ones; ties (to a micrometre) go to the first access."""
    now = np.where(routes.access[rows] == NO_FEATURE, n_access, routes.access[rows])
    new = np.where(candidates.access == NO_FEATURE, n_access, candidates.access)
    nearer = candidates.distance < routes.distance[rows] - TIE
    better = nearer | ((candidates.distance <= routes.distance[rows] + TIE) & (new < now))
    routes.access[rows[better]] = candidates.access[better]
    routes.distance[rows] = np.minimum(routes.distance[rows], candidates.distance)


def _straight(sites: Sites, features: Features, reached: Ints, feature: Ints) -> Floats:
    """Return the geodesic [m] from each site with a route to the feature at its end."""
    target = feature[reached]
    if _are_points(features.index):
        lon, lat = geographic(features.index.parts.vertices[target])
        length = np.asarray(wgs84().inv(sites.lon[reached], sites.lat[reached], lon, lat)[2])
        return np.where(length < TIE, 0.0, length)
    straight = np.empty(len(reached))
    for one in np.unique(target):
        rows = target == one
        alone = FeatureIndex(features.geometries[[one]])
        of_sites = reached[rows]
        straight[rows] = alone.nearest(sites.lon[of_sites], sites.lat[of_sites]).distance[:, 0]
    return straight


def _table(
    sites: Sites, features: Features, routed: _Routed, fallback: float | None
) -> pd.DataFrame:
    """Return the routes as a table, in kilometres."""
    length, straight = _reconcile(routed, only_points=_are_points(features.index))
    detour = np.full(len(length), np.nan)
    np.divide(length, straight, out=detour, where=(straight > 0.0) & np.isfinite(straight))
    estimate = ~routed.is_reached & np.isfinite(straight) & (fallback is not None)
    length = np.where(estimate, straight * (fallback or np.nan), length)
    detour = np.where(estimate, fallback or np.nan, detour)
    named = routed.is_reached | estimate
    status = np.where(routed.is_snapped, "unreachable", "not_snapped")
    return pd.DataFrame(
        {
            "network_km": length / _KM,
            "snap_km": routed.snap / _KM,
            "feature_snap_km": routed.feature_snap / _KM,
            "geodesic_km": straight / _KM,
            "detour": detour,
            "feature_id": pd.Index(
                features.named(np.where(named, routed.feature, NO_FEATURE)), dtype=object
            ),
            "status": pd.Index(np.where(routed.is_reached, "reached", status), dtype=object),
            "is_estimate": estimate,
        },
        index=sites.index,
    )


def _reconcile(routed: _Routed, *, only_points: bool) -> tuple[Floats, Floats]:
    """Remove rounding where a route is as short as the geodesic; any larger excess is a bug."""
    excess = np.zeros(len(routed.length))
    np.subtract(routed.straight, routed.length, out=excess, where=routed.is_reached)
    assert (excess <= (_ROUNDING if only_points else _SHAPE_ROUNDING)).all()
    short = excess > 0.0
    if only_points:
        return np.where(short, routed.straight, routed.length), routed.straight
    # distances to lines and polygons may be slightly too long, never too short
    return routed.length, np.where(short, routed.length, routed.straight)


def _are_points(index: FeatureIndex) -> bool:
    """Return whether each feature is a single point."""
    return index.parts.n_features == len(index.parts.vertices)
