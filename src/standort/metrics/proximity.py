"""Proximity: distance to the nearest feature, and mean distance to the k nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import checked, positive, whole
from standort.layers.features import as_features, as_sites, own_features
from standort.metrics.measurement import Measurement

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Floats
    from standort.earth import Nearest
    from standort.layers.features import Features, Sites


_KM = 1_000.0


@checked(max_distance_km=positive("km", or_infinite=True))
def nearest_distance(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    *,
    max_distance_km: float = np.inf,
) -> pd.Series[float]:
    """Measure the distance from each site to the nearest feature.

    The length of the WGS84 geodesic, to the true boundary of lines and polygons; 0 inside a
    polygon. It is misleading where real routes are not straight: geodesics cross seas, mountains
    and borders. It ignores the size and free capacity of features: filter them first.

    Parameters
    ----------
    sites
        Points in any CRS. Ids from a column ``site_id`` or an index of that name are explicit.
    features
        Points, lines or polygons in any CRS. If they also have an explicit ``site_id``, a site is
        not its own nearest feature.
    max_distance_km
        Features farther away do not count [km].

    Returns
    -------
    Distance [km], >= 0, index of `sites`, named ``nearest_distance``; infinite where nothing
    is within reach. Never NaN.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty or off the Earth, or the sites are not points.
    OptionError
        If `max_distance_km` is not positive.

    References
    ----------
    Karney, C. F. F. (2013), Algorithms for geodesics, Journal of Geodesy 87, 43-55.

    Examples
    --------
    One degree along the equator is 111.3 km:

    >>> import geopandas
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> port = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([1], [0]), crs=4326)
    >>> nearest_distance(site, port).round(1).tolist()
    [111.3]
    """
    site_layer = as_sites(sites)
    near = _nearest(site_layer, as_features(features), 1, max_distance_km)
    return pd.Series(near.distance[:, 0] / _KM, index=site_layer.index, name="nearest_distance")


@checked(k=whole(1), max_distance_km=positive("km", or_infinite=True))
def nearest_feature(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    *,
    k: int = 1,
    max_distance_km: float = np.inf,
) -> pd.DataFrame:
    """Return the k nearest features of each site, with their distances.

    Parameters
    ----------
    sites, features, max_distance_km
        As for `nearest_distance`.
    k
        How many features, nearest first; ties by id.

    Returns
    -------
    Columns ``feature_id`` (None where there is none), ``distance_km`` [km] (infinite there) and
    ``rank`` (1 to k); the index of `sites`, each entry k times.

    Raises
    ------
    OptionError
        If `k` is not a positive integer; otherwise as for `nearest_distance`.

    Examples
    --------
    >>> import geopandas
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> ports = geopandas.GeoDataFrame(
    ...     {"feature_id": ["far", "near"]},
    ...     geometry=geopandas.points_from_xy([2, 1], [0, 0]),
    ...     crs=4326,
    ... )
    >>> nearest_feature(site, ports, k=2).round(1)
      feature_id  distance_km  rank
    0       near        111.3     1
    0        far        222.6     2
    """
    site_layer, feature_layer = as_sites(sites), as_features(features)
    near = _nearest(site_layer, feature_layer, k, max_distance_km)
    return pd.DataFrame(
        {
            "feature_id": pd.Index(feature_layer.named(near.feature).ravel(), dtype=object),
            "distance_km": (near.distance / _KM).ravel(),
            "rank": np.tile(np.arange(1, k + 1), len(site_layer)),
        },
        index=site_layer.index.repeat(k),
    )


@checked(k=whole(1), max_distance_km=positive("km", or_infinite=True))
def neighbour_distance(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    *,
    k: int = 4,
    max_distance_km: float = np.inf,
) -> pd.Series[float]:
    """Measure the mean distance from each site to its k nearest features.

    A measure of dispersion that does not depend on a single near neighbour. It is misleading at the
    edge of the data, beyond which neighbours are missing: load features well beyond the study area.

    Parameters
    ----------
    sites, features, max_distance_km
        As for `nearest_distance`.
    k
        How many neighbours.

    Returns
    -------
    Mean distance [km], index of `sites`, named ``neighbour_distance``; infinite where fewer than
    k features are within reach. Never NaN.

    Raises
    ------
    OptionError
        If `k` is not a positive integer; otherwise as for `nearest_distance`.

    Examples
    --------
    >>> import geopandas
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> firms = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([1, 3], [0, 0]), crs=4326)
    >>> neighbour_distance(site, firms, k=2).round(1).tolist()
    [222.6]
    """
    return measure_neighbours(sites, features, k=k, max_distance_km=max_distance_km).value


@checked(max_distance_km=positive("km", or_infinite=True))
def measure_nearest(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    *,
    max_distance_km: float = np.inf,
) -> Measurement:
    """Measure `nearest_distance` with the nearest feature."""
    site_layer, feature_layer = as_sites(sites), as_features(features)
    near = _nearest(site_layer, feature_layer, 1, max_distance_km)
    distance = near.distance[:, 0] / _KM
    return _measurement("nearest_distance", site_layer, feature_layer, distance, near)


@checked(k=whole(1), max_distance_km=positive("km", or_infinite=True))
def measure_neighbours(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    *,
    k: int = 4,
    max_distance_km: float = np.inf,
) -> Measurement:
    """Measure `neighbour_distance` with the nearest neighbour."""
    site_layer, feature_layer = as_sites(sites), as_features(features)
    near = _nearest(site_layer, feature_layer, k, max_distance_km)
    total = np.zeros(len(site_layer))
    for rank in range(k):  # neighbour by neighbour: the same bits for one site and many
        total = total + near.distance[:, rank]
    distance = total / (k * _KM)
    return _measurement("neighbour_distance", site_layer, feature_layer, distance, near)


def _nearest(sites: Sites, features: Features, k: int, max_distance_km: float) -> Nearest:
    return features.index.nearest(
        sites.lon,
        sites.lat,
        k=k,
        max_distance=max_distance_km * _KM,
        exclude=own_features(sites, features),
    )


def _measurement(
    name: str, sites: Sites, features: Features, value: Floats, near: Nearest
) -> Measurement:
    return Measurement(
        value=pd.Series(value, index=sites.index, name=name),
        feature=pd.Series(features.named(near.feature[:, 0]), index=sites.index, dtype=object),
        unknown=pd.Series(0, index=sites.index),
    )
