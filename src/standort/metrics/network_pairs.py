"""How far sites are from each other by road, rail or pipe: pairs along a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from standort.earth import Routing, find_access, wgs84
from standort.earth.geodesy import TIE
from standort.errors import name_ids, warn
from standort.layers.inputs import as_emitters, check_positive
from standort.layers.networks import as_network

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.layers.inputs import Features
    from standort.metrics.network import AnyNetwork

__all__ = ["network_pairs"]

_KM = 1_000.0


def network_pairs(
    sites: GeoDataFrame | Features, network: AnyNetwork, *, reach_km: float, snap_km: float = 5.0
) -> pd.DataFrame:
    """List the pairs of sites within reach of each other along a network.

    For clusters that an estuary or a ridge separates, though it is a short way across: give the
    table to `standort.clusters.NeighbourGraph.of_pairs`. Each way runs straight from the site to
    the nearest point of the network, along it, and straight on to the other site; one-way edges are
    travelled both ways, so that a pair has one distance. It misleads where the network is not
    the one goods take, and for neighbours without a road between them (see `network_distance`).

    Parameters
    ----------
    sites
        Points in any CRS; ids from ``site_id`` or the index.
    network
        A network as `read_network` gives it, lines in any CRS, or an OSMnx graph.
    reach_km
        Longest way listed [km], the largest eps to be asked for.
    snap_km
        How far a site may be from the network to join it [km].

    Returns
    -------
    A row for each pair: ``from_id``, ``to_id`` (later in the order of ids), ``distance_km`` along
    the network, both snap distances included, and ``geodesic_km``, never more than that.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty, off the Earth or of the wrong type.
    OptionError
        If an option is outside its range.

    Warns
    -----
    StandortWarning
        If sites are too far from the network to join it: they are in no pair.

    Examples
    --------
    Two works face each other over an estuary; the bridge is at its head:

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
    limit = check_positive("snap_km", snap_km, may_be_infinite=True) * _KM + TIE
    reach = check_positive("reach_km", reach_km) * _KM
    layer, ways = as_emitters(sites), as_network(network)
    access, joins = find_access(ways, layer.geometries, max_distance=limit)
    if not joins.all():
        beyond = list(layer.ids[~joins])
        warn(
            f"{len(beyond):,} of {len(layer):,} sites are farther than {limit / _KM:g} km from the "
            f"network and have no neighbour by it: {name_ids(beyond)}"
        )
    one, other, length = Routing(ways, access).pairs(reach)
    first, second = access.feature[one], access.feature[other]
    lon, lat = shapely.get_coordinates(layer.geometries).T
    straight = np.asarray(wgs84().inv(lon[first], lat[first], lon[second], lat[second])[2])
    return pd.DataFrame(
        {
            "from_id": layer.ids[first],
            "to_id": layer.ids[second],
            # a way as straight as the geodesic may be shorter by rounding
            "distance_km": np.maximum(length, straight) / _KM,
            "geodesic_km": straight / _KM,
        }
    )
