"""Density of features within a radius: number, sum and largest quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import checked, positive
from standort.earth import NO_FEATURE
from standort.layers.features import as_features, as_sites, own_features
from standort.metrics.measurement import Measurement
from standort.metrics.reach import (
    Own,
    Weighing,
    add_up,
    as_measurement,
    crowds_within_reach,
    pairs_within_reach,
    pick_largest,
    weigh_shares,
)

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.layers.features import Features, Sites

_KM = 1_000.0


@checked(radius_km=positive("km"))
def count_within(
    sites: GeoDataFrame | Sites, features: GeoDataFrame | Features, *, radius_km: float
) -> pd.Series[int]:
    """Count the features within a radius of each site.

    A line or polygon counts once if any part of it is within the radius. The metric counts rows: it
    is misleading where one plant has several rows in a register, or several plants share one.

    Parameters
    ----------
    sites
        Points in any CRS. Ids from a column ``site_id`` or an index of that name are explicit.
    features
        Points, lines or polygons in any CRS. If they also have an explicit ``site_id``, a site does
        not count itself.
    radius_km
        Largest distance that counts, inclusive [km].

    Returns
    -------
    Number of features, index of `sites`, named ``count_within``; 0 where there is none.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty or off the Earth, or the sites are not points.
    OptionError
        If `radius_km` is not a positive number.

    Examples
    --------
    >>> import geopandas
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> firms = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([1, 3], [0, 0]), crs=4326)
    >>> count_within(site, firms, radius_km=112).tolist()
    [1]
    """
    site_layer, feature_layer = as_sites(sites), as_features(features)
    radius = radius_km * _KM
    count = feature_layer.index.count_within(
        site_layer.lon,
        site_layer.lat,
        radius=radius,
        exclude=own_features(site_layer, feature_layer),
    )
    return pd.Series(count, index=site_layer.index, name="count_within")


@checked(radius_km=positive("km"))
def sum_within(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float,
    decay: Weighing | None = None,
) -> pd.Series[float]:
    """Sum a quantity over the features within a radius of each site.

    Unknown quantities (NaN) are left out, so the sum is a lower bound if any are within reach; if
    all are unknown, so is the sum. A line or polygon counts with its whole quantity if any part of
    it is within the radius.

    Parameters
    ----------
    sites, features, radius_km
        As for `count_within`.
    column
        Quantity of the features, numeric.
    decay
        Weight of a feature by its distance [km], such as `standort.metrics.exponential`; None
        counts every feature within the radius in full.

    Returns
    -------
    Sum in the unit of the column, index of `sites`, named ``sum_within``; 0 where no feature is
    within the radius, NaN where there are only features of unknown quantity.

    Raises
    ------
    LayerError
        If the column is missing, not numeric or infinite; otherwise as for `count_within`.

    Examples
    --------
    >>> import geopandas
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> firms = geopandas.GeoDataFrame(
    ...     {"co2_t_per_yr": [5.0, 7.0]},
    ...     geometry=geopandas.points_from_xy([0.1, 0.2], [0, 0]),
    ...     crs=4326,
    ... )
    >>> sum_within(site, firms, "co2_t_per_yr", radius_km=25).tolist()
    [12.0]
    """
    site_layer, feature_layer = as_sites(sites), as_features(features)
    quantity = feature_layer.quantity(column)
    total = np.zeros(len(site_layer))
    crowded = None
    if decay is None:
        crowds = crowds_within_reach(site_layer, feature_layer, quantity, radius_km, "exclude")
        crowded, total[crowds.site] = crowds.site, crowds.total
    for pairs in pairs_within_reach(site_layer, feature_layer, radius_km, "exclude", but=crowded):
        row, _, share = weigh_shares(pairs, quantity, decay)
        total[pairs.site] = add_up(row, share, len(pairs.site))
    return pd.Series(total, index=site_layer.index, name="sum_within")


@checked(radius_km=positive("km"))
def largest_within(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float,
    own: Own = "include",
) -> pd.Series[float]:
    """Measure the largest quantity of any single feature within a radius of each site.

    For emissions this is the anchor, a large source that can support shared infrastructure. Unlike
    other metrics it counts the site itself, because a site can be its own anchor.

    Parameters
    ----------
    sites, features, radius_km
        As for `count_within`.
    column
        Quantity of the features, numeric.
    own
        Whether a site counts if it is among the features (by explicit ``site_id``).

    Returns
    -------
    Largest known quantity in the unit of the column, index of `sites`, named
    ``largest_within``; 0 where no feature is within the radius, NaN where there are only
    features of unknown quantity.

    Raises
    ------
    LayerError
        If the column is missing, not numeric or infinite; otherwise as for `count_within`.

    Examples
    --------
    >>> import geopandas
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> firms = geopandas.GeoDataFrame(
    ...     {"co2_t_per_yr": [5.0, 7.0]},
    ...     geometry=geopandas.points_from_xy([0.1, 0.2], [0, 0]),
    ...     crs=4326,
    ... )
    >>> largest_within(site, firms, "co2_t_per_yr", radius_km=25).tolist()
    [7.0]
    """
    return measure_largest(sites, features, column, radius_km=radius_km, own=own).value


@checked(radius_km=positive("km"))
def measure_count(
    sites: GeoDataFrame | Sites, features: GeoDataFrame | Features, *, radius_km: float
) -> Measurement:
    """Measure `count_within`; no single feature decides a number."""
    count = count_within(sites, features, radius_km=radius_km)
    return Measurement(
        value=count.astype(float),
        feature=pd.Series([None] * len(count), index=count.index, dtype=object),
        unknown=pd.Series(0, index=count.index),
    )


@checked(radius_km=positive("km"))
def measure_sum(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float,
    decay: Weighing | None = None,
    unknown_in: str | None = None,
) -> Measurement:
    """Measure `sum_within` with the largest contributor and the number of unknown quantities.

    A feature may represent several items, such as a cluster its members; the column `unknown_in`
    then holds how many of them are unknown, and these are counted instead of the feature.
    """
    site_layer, feature_layer = as_sites(sites), as_features(features)
    quantity = feature_layer.quantity(column)
    parts = None if unknown_in is None else feature_layer.quantity(unknown_in)
    total = np.zeros(len(site_layer))
    feature = np.full(len(site_layer), NO_FEATURE, dtype=np.intp)
    unknown = np.zeros(len(site_layer), dtype=np.int64)
    crowded = None
    if decay is None and parts is None:
        crowds = crowds_within_reach(site_layer, feature_layer, quantity, radius_km, "exclude")
        crowded = crowds.site
        total[crowded], feature[crowded], unknown[crowded] = (
            crowds.total,
            crowds.feature,
            crowds.unknown,
        )
    for pairs in pairs_within_reach(site_layer, feature_layer, radius_km, "exclude", but=crowded):
        row, of, share = weigh_shares(pairs, quantity, decay)
        total[pairs.site] = add_up(row, share, len(pairs.site))
        _, feature[pairs.site], unknown[pairs.site] = pick_largest(row, of, share, len(pairs.site))
        if parts is not None:
            unknown[pairs.site] = np.bincount(row, weights=parts[of], minlength=len(pairs.site))
    return as_measurement("sum_within", site_layer, feature_layer, total, feature, unknown)


@checked(radius_km=positive("km"))
def measure_largest(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float,
    own: Own = "include",
) -> Measurement:
    """Measure `largest_within` with the largest feature and the number of unknown quantities."""
    site_layer, feature_layer = as_sites(sites), as_features(features)
    quantity = feature_layer.quantity(column)
    largest = np.zeros(len(site_layer))
    feature = np.full(len(site_layer), NO_FEATURE, dtype=np.intp)
    unknown = np.zeros(len(site_layer), dtype=np.int64)
    crowds = crowds_within_reach(site_layer, feature_layer, quantity, radius_km, own)
    at = crowds.site
    largest[at], feature[at], unknown[at] = crowds.largest, crowds.feature, crowds.unknown
    for pairs in pairs_within_reach(site_layer, feature_layer, radius_km, own, but=at):
        row, of, share = weigh_shares(pairs, quantity, None)
        picked = pick_largest(row, of, share, len(pairs.site))
        largest[pairs.site], feature[pairs.site], unknown[pairs.site] = picked
    return as_measurement("largest_within", site_layer, feature_layer, largest, feature, unknown)
