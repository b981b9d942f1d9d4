"""How much within reach: number, sum and largest of the features within a radius."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.earth import NO_FEATURE
from standort.layers.features import as_features, as_sites, check_positive, own_features
from standort.metrics.measurement import Measurement
from standort.metrics.reach import (
    Own,
    add_up,
    as_measurement,
    pairs_within_reach,
    pick_largest,
    weigh_shares,
)

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.layers.features import Features, Sites
    from standort.metrics.reach import Weighing

__all__ = [
    "count_within",
    "largest_within",
    "measure_count",
    "measure_largest",
    "measure_sum",
    "sum_within",
]

_KM = 1_000.0


def count_within(
    sites: GeoDataFrame | Sites, features: GeoDataFrame | Features, *, radius_km: float
) -> pd.Series[int]:
    """Count the features within a radius of each site.

    A line or polygon counts once if any of it is within the radius. It misleads where one plant
    is several rows of a register (or several plants one row): it counts rows.

    Parameters
    ----------
    sites
        Points in any CRS. Ids from a column ``site_id`` or an index of that name are explicit.
    features
        Points, lines or polygons in any CRS. Where they too carry explicit ``site_id``, a site
        does not count itself.
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
        If geometries are missing, empty, off the Earth, or the sites are no points.
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
    found_sites, found_features = as_sites(sites), as_features(features)
    radius = check_positive("radius_km", radius_km) * _KM
    count = found_features.index.count_within(
        found_sites.lon,
        found_sites.lat,
        radius=radius,
        exclude=own_features(found_sites, found_features),
    )
    return pd.Series(count, index=found_sites.index, name="count_within")


def sum_within(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float,
    decay: Weighing | None = None,
) -> pd.Series[float]:
    """Add up a quantity over the features within a radius of each site.

    Known quantities are added; unknown ones (NaN) are left out, so the sum is a lower bound where
    any are within reach. Where only unknown ones are, the sum is unknown. A line or polygon counts
    with its whole quantity if any of it is within the radius.

    Parameters
    ----------
    sites, features, radius_km
        As for `count_within`.
    column
        Quantity of the features, numeric.
    decay
        Weight of a feature by its distance [km], such as `standort.metrics.exponential`; every
        feature within the radius counts in full if not given.

    Returns
    -------
    Sum in the unit of the column, index of `sites`, named ``sum_within``; 0 where no feature is
    within the radius, NaN where there are only features of unknown quantity.

    Raises
    ------
    LayerError
        If the column is missing, not numeric or infinite; else as for `count_within`.

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
    found_sites, found_features = as_sites(sites), as_features(features)
    quantity = found_features.quantity(column)
    total = np.zeros(len(found_sites))
    for pairs in pairs_within_reach(found_sites, found_features, radius_km, "exclude"):
        row, _, share = weigh_shares(pairs, quantity, decay)
        total[pairs.site] = add_up(row, share, len(pairs.site))
    return pd.Series(total, index=found_sites.index, name="sum_within")


def largest_within(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float,
    own: Own = "include",
) -> pd.Series[float]:
    """Find the largest quantity of any one feature within a radius of each site.

    With emissions: the anchor, the one large source that can carry shared infrastructure. Unlike
    the other metrics it counts the site itself, because a site can be its own anchor.

    Parameters
    ----------
    sites, features, radius_km
        As for `count_within`.
    column
        Quantity of the features, numeric.
    own
        Whether a site recognised among the features (by explicit ``site_id``) counts.

    Returns
    -------
    Largest known quantity in the unit of the column, index of `sites`, named
    ``largest_within``; 0 where no feature is within the radius, NaN where there are only
    features of unknown quantity.

    Raises
    ------
    LayerError
        If the column is missing, not numeric or infinite; else as for `count_within`.

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


def measure_count(
    sites: GeoDataFrame | Sites, features: GeoDataFrame | Features, *, radius_km: float
) -> Measurement:
    """Measure `count_within`; no one feature decides a number."""
    count = count_within(sites, features, radius_km=radius_km)
    return Measurement(
        value=count.astype(float),
        feature=pd.Series([None] * len(count), index=count.index, dtype=object),
        unknown=pd.Series(0, index=count.index),
    )


def measure_sum(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float,
    decay: Weighing | None = None,
    unknown_in: str | None = None,
) -> Measurement:
    """Measure `sum_within`, name the feature that adds most, and count the unknown.

    A feature that stands for several things of which only some are known tells in a column
    `unknown_in` how many are not: these are counted in place of the feature.
    """
    found_sites, found_features = as_sites(sites), as_features(features)
    quantity = found_features.quantity(column)
    parts = None if unknown_in is None else found_features.quantity(unknown_in)
    total = np.zeros(len(found_sites))
    feature = np.full(len(found_sites), NO_FEATURE, dtype=np.intp)
    unknown = np.zeros(len(found_sites), dtype=np.int64)
    for pairs in pairs_within_reach(found_sites, found_features, radius_km, "exclude"):
        row, of, share = weigh_shares(pairs, quantity, decay)
        total[pairs.site] = add_up(row, share, len(pairs.site))
        _, feature[pairs.site], unknown[pairs.site] = pick_largest(row, of, share, len(pairs.site))
        if parts is not None:
            unknown[pairs.site] = np.bincount(row, weights=parts[of], minlength=len(pairs.site))
    return as_measurement("sum_within", found_sites, found_features, total, feature, unknown)


def measure_largest(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    radius_km: float,
    own: Own = "include",
) -> Measurement:
    """Measure `largest_within`, name the largest feature, and count the unknown."""
    found_sites, found_features = as_sites(sites), as_features(features)
    quantity = found_features.quantity(column)
    largest = np.zeros(len(found_sites))
    feature = np.full(len(found_sites), NO_FEATURE, dtype=np.intp)
    unknown = np.zeros(len(found_sites), dtype=np.int64)
    for pairs in pairs_within_reach(found_sites, found_features, radius_km, own):
        row, of, share = weigh_shares(pairs, quantity, None)
        picked = pick_largest(row, of, share, len(pairs.site))
        largest[pairs.site], feature[pairs.site], unknown[pairs.site] = picked
    return as_measurement("largest_within", found_sites, found_features, largest, feature, unknown)
