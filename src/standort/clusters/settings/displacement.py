"""Clusters under random displacement of the sites, to show the effect of uncertain positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from standort.arguments import MOST_DRAWS, SEED, checked, positive, whole
from standort.clusters.density_clusters import density_rule, label_sites
from standort.clusters.neighbour_graph import Geodesics
from standort.earth import wgs84
from standort.errors import LayerError, name_ids
from standort.layers.features import as_emitters
from standort.random_numbers import name_keys, normal

if TYPE_CHECKING:
    from typing import Unpack

    from geopandas import GeoDataFrame

    from standort.array_types import Floats, Ints
    from standort.clusters.settings.stability import ClusterOptions
    from standort.layers.features import Features


#: column with the standard deviation of a position, to the east and to the north [km]
_PRECISION = "precision_km"
_KM = 1000.0
_WAYS = ("east", "north")


@dataclass(frozen=True)
class DisplacedClusters:
    """The same sites clustered under random displacements, in order of ids."""

    sites: Features = field(repr=False)
    label: Ints = field(repr=False)
    """Clusters, shape (number of draws, number of sites)."""


@checked(
    eps_km=positive("km"),
    min_samples=positive(),
    draws=whole(1, MOST_DRAWS),
    seed=SEED,
    position_sd_km=positive("km"),
)
def displaced_clusters(
    sites: GeoDataFrame | Features,
    *,
    eps_km: float = 10.0,
    min_samples: float = 4,
    draws: int = 100,
    seed: int = 0,
    position_sd_km: float = 0.5,
    **options: Unpack[ClusterOptions],
) -> DisplacedClusters:
    """Cluster sites repeatedly, drawing their uncertain positions at random.

    Each position is moved to the east and to the north by independent normal draws. Errors of
    neighbours are independent here; where whole towns were geocoded to one point, the errors are
    alike, and clusters are more stable than this shows.

    Parameters
    ----------
    sites
        Points in any CRS; a column ``precision_km`` holds the standard deviation of positions
        [km], where known.
    eps_km, min_samples, **options
        As for `dbscan`.
    draws
        Number of draws; shares are then accurate to about 1 / sqrt(draws).
    seed
        Random seed; together with the draw and the id of a site it determines the displacement.
    position_sd_km
        Standard deviation where it is unknown [km].

    Returns
    -------
    The clusters of each draw; `membership` converts them to shares.

    Raises
    ------
    OptionError
        If a setting is not positive.
    LayerError
        If a precision is negative or not a number.

    Examples
    --------
    A site near the limit of reach belongs to the cluster in about half of the draws:

    >>> import geopandas
    >>> from standort.clusters import dbscan, membership
    >>> points = geopandas.points_from_xy([0, 0.01, 0.02, 0.109], [0] * 4, crs=4326)
    >>> plants = geopandas.GeoDataFrame(geometry=points)
    >>> moved = displaced_clusters(plants, eps_km=10, min_samples=3)
    >>> membership(moved, dbscan(plants, eps_km=10, min_samples=3))["clustered_share"].tolist()
    [1.0, 1.0, 1.0, 0.6]
    """
    layer = as_emitters(sites)
    rule = density_rule(layer, **options)
    lon, lat = shapely.get_coordinates(layer.geometries).T
    sd, keys = _KM * _standard_deviations(layer, position_sd_km), name_keys(layer.ids)
    label = np.empty((draws, len(layer)), dtype=np.int32)
    for draw in range(draws):
        east, north = (sd * normal(seed, f"position to the {way}", draw, keys) for way in _WAYS)
        moved = Geodesics(*_move(lon, lat, east, north))
        label[draw], _ = label_sites(moved, rule, eps_km=eps_km, min_samples=min_samples)
    return DisplacedClusters(layer, label)


def _move(lon: Floats, lat: Floats, east: Floats, north: Floats) -> tuple[Floats, Floats]:
    """Move points along geodesics [m]."""
    azimuth = np.degrees(np.arctan2(east, north))
    to_lon, to_lat, _ = wgs84().fwd(lon, lat, azimuth, np.hypot(east, north))
    return np.asarray(to_lon), np.asarray(to_lat)


def _standard_deviations(layer: Features, default: float) -> Floats:
    """Return the standard deviation of each position [km]."""
    if _PRECISION not in layer.table:
        return np.full(len(layer), default)
    known = layer.quantity(_PRECISION)
    if (known < 0).any():
        ids = name_ids(list(layer.ids[known < 0]))
        msg = f"column {_PRECISION!r} must not be negative, but is at {ids}; correct it"
        raise LayerError(msg)
    return np.where(np.isnan(known), default, known)
