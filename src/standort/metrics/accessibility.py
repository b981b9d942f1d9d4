"""How much can be reached, the nearer the more, and how a choice falls among what can be reached.

Nothing here is used up: every site may count the same feature in full. Supply that competitors
share is in `standort.metrics.catchment`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.errors import LayerError, OptionError, name_ids
from standort.layers.features import as_features, as_sites, check_positive
from standort.metrics.density import measure_sum, sum_within
from standort.metrics.reach import pairs_within_reach

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.layers.features import Features, Sites
    from standort.metrics.measurement import Measurement
    from standort.metrics.reach import Floats, Ints, Weighing

__all__ = [
    "cumulative_opportunities",
    "hansen_access",
    "huff_shares",
    "known_at_least_zero",
    "measure_hansen",
]

_KM = 1_000.0


def hansen_access(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    decay: Weighing,
    cutoff_km: float,
) -> pd.Series[float]:
    """Add up what can be reached, the nearer the more: sum of S_s f(d_is).

    It says how much is near, not how much is left: a store that ten others draw on counts in full
    for each of them (see `floating_catchment`). What is unknown, and what a site is to itself, is
    treated as in `sum_within`, which this is under the name of the literature.

    Parameters
    ----------
    sites
        Points in any CRS. Ids from a column ``site_id`` or an index of that name are explicit.
    features
        Points, lines or polygons in any CRS. Where they too carry explicit ``site_id``, a site
        does not count itself.
    column
        Quantity S of the features, numeric.
    decay
        Weight f of a feature by its distance [km], such as `standort.metrics.exponential`.
    cutoff_km
        Largest distance that counts, inclusive [km]: without one every feature on Earth would.

    Returns
    -------
    Sum in the unit of the column, index of `sites`, named ``hansen_access``; 0 where no feature
    is within reach, NaN where there are only features of unknown quantity.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty, off the Earth, or the sites are no points.
    LayerError
        If the column is missing, not numeric or infinite.
    OptionError
        If `cutoff_km` is not a positive number, or the decay gives other than weights >= 0.

    References
    ----------
    Hansen, W. G. (1959), How accessibility shapes land use, Journal of the American Institute of
    Planners 25, 73-76.

    Examples
    --------
    >>> import geopandas
    >>> from standort.metrics import linear
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> stores = geopandas.GeoDataFrame(
    ...     {"capacity_mt": [100.0]}, geometry=geopandas.points_from_xy([1], [0]), crs=4326
    ... )
    >>> hansen_access(site, stores, "capacity_mt", decay=linear(222.64), cutoff_km=300).round(1)
    0    50.0
    Name: hansen_access, dtype: float64
    """
    cutoff = check_positive("cutoff_km", cutoff_km)
    found = sum_within(sites, features, column, radius_km=cutoff, decay=decay)
    return found.rename("hansen_access")


def measure_hansen(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    decay: Weighing,
    cutoff_km: float,
    unknown_in: str | None = None,
) -> Measurement:
    """Measure `hansen_access`, name the feature that adds most, and count as `measure_sum` does."""
    cutoff = check_positive("cutoff_km", cutoff_km)
    found = measure_sum(
        sites, features, column, radius_km=cutoff, decay=decay, unknown_in=unknown_in
    )
    return replace(found, value=found.value.rename("hansen_access"))


def cumulative_opportunities(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    cutoff_km: float,
) -> pd.Series[float]:
    """Add up what lies within a cut-off: `sum_within` by the name accessibility studies give it.

    A feature just beyond the cut-off counts nothing and one just within it all: try neighbouring
    cut-offs, or `hansen_access`.

    Parameters
    ----------
    sites, features, column, cutoff_km
        As for `hansen_access`.

    Returns
    -------
    Sum in the unit of the column, index of `sites`, named ``cumulative_opportunities``; 0 and
    NaN as for `hansen_access`.

    Raises
    ------
    OptionError
        If `cutoff_km` is not a positive number; else as for `hansen_access`.

    Examples
    --------
    >>> import geopandas
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> towns = geopandas.GeoDataFrame(
    ...     {"jobs": [10, 20, 40]}, geometry=geopandas.points_from_xy([1, 2, 3], [0] * 3), crs=4326
    ... )
    >>> cumulative_opportunities(site, towns, "jobs", cutoff_km=250).tolist()
    [30.0]
    """
    cutoff = check_positive("cutoff_km", cutoff_km)
    found = sum_within(sites, features, column, radius_km=cutoff)
    return found.rename("cumulative_opportunities")


def huff_shares(  # noqa: PLR0913 - the model has three parameters
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    alpha: float = 1.0,
    beta: float = 2.0,
    floor_km: float = 1.0,
    cutoff_km: float,
) -> pd.DataFrame:
    """Share each site out over the features it may choose: S^alpha d^(-beta) over their sum.

    The larger and the nearer a feature, the larger the part of a site's custom (or CO2) that it is
    expected to draw. It misleads where size is a limit rather than an attraction: it sends a store
    more than it can hold.

    Parameters
    ----------
    sites, features, cutoff_km
        As for `hansen_access`.
    column
        Attraction S of the features, such as a capacity; numeric, >= 0.
    alpha
        How much size attracts, >= 0.
    beta
        How much distance deters, >= 0.
    floor_km
        Distance below which nearer is no better [km]; at 0 the formula has no value.

    Returns
    -------
    One row for each site and each feature within its cut-off, sites in their order, features by
    id. The index is that of `sites`, each entry as often as the site has features within reach; a
    site that has none has no row. Columns ``feature_id``, ``distance_km``, and ``share`` in
    [0, 1], which adds up to 1 for each site. NaN is the share of a feature of unknown attraction
    (the others then share out the whole, and are upper bounds), and of every feature at a site
    where nothing attracts.

    Raises
    ------
    LayerError
        If the column is negative; else as for `hansen_access`.
    OptionError
        If an option is outside its range.

    References
    ----------
    Huff, D. L. (1963), A probabilistic analysis of shopping center trade areas, Land Economics 39,
    81-90.

    Examples
    --------
    A store of 100 Mt is 2 degrees away, one of 50 Mt 1 degree: 100 / 2^2 to 50 / 1^2 is 1 to 2.

    >>> import geopandas
    >>> site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> stores = geopandas.GeoDataFrame(
    ...     {"capacity_mt": [100.0, 50.0]},
    ...     geometry=geopandas.points_from_xy([2, -1], [0, 0]),
    ...     crs=4326,
    ... )
    >>> huff_shares(site, stores, "capacity_mt", cutoff_km=300)["share"].round(4).tolist()
    [0.3333, 0.6667]
    """
    for option, number in (("alpha", alpha), ("beta", beta)):
        if not 0.0 <= number < np.inf:
            msg = f"expected {option} to be a number >= 0, got {number!r}"
            raise OptionError(msg)
    check_positive("cutoff_km", cutoff_km)
    check_positive("floor_km", floor_km)
    found_sites, found_features = as_sites(sites), as_features(features)
    attraction = _power(known_at_least_zero(found_features, column, "attraction"), alpha)
    nothing = np.empty(0, dtype=np.intp)
    found: list[tuple[Ints, Ints, Floats, Floats]] = [(nothing, nothing, np.empty(0), np.empty(0))]
    for pairs in pairs_within_reach(found_sites, found_features, cutoff_km, "exclude"):
        distance = pairs.distance / _KM
        pull = attraction[pairs.feature] * _power(np.maximum(distance, floor_km) / floor_km, -beta)
        share = _portions(pairs.row, pull, len(pairs.site))
        found.append((pairs.site[pairs.row], pairs.feature, distance, share))
    site, feature, distance, share = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(site, kind="stable")  # blocks come in any order, features by id within
    return pd.DataFrame(
        {
            "feature_id": pd.Index(found_features.named(feature[order]), dtype=object),
            "distance_km": distance[order],
            "share": share[order],
        },
        index=found_sites.index.take(site[order]),
    )


def _power(base: Floats, exponent: float) -> Floats:
    """Raise to a power; the unknown stays unknown, also to the power 0."""
    with np.errstate(over="ignore"):
        raised = np.where(np.isnan(base), np.nan, base**exponent)
    if np.isinf(raised).any():
        msg = f"a quantity to the power {exponent:g} exceeds all numbers; choose a smaller exponent"
        raise OptionError(msg)
    return raised


def _portions(row: Ints, pull: Floats, n_sites: int) -> Floats:
    """Divide by the sum of each row; NaN where that is 0."""
    known = np.where(np.isnan(pull), 0.0, pull)
    whole = np.bincount(row, weights=known, minlength=n_sites)[row]
    portion = np.full(len(pull), np.nan)
    np.divide(pull, whole, out=portion, where=whole > 0.0)
    return portion


def known_at_least_zero(features: Features, column: str, option: str) -> Floats:
    """Give a quantity that cannot be less than none; unknown values are NaN."""
    quantity = features.quantity(column)
    negative = quantity < 0.0
    if negative.any():
        ids = name_ids(list(features.ids[negative]))
        msg = f"expected {option} {column!r} >= 0, {negative.sum()} are less: {ids}; mend or drop"
        raise LayerError(msg)
    return quantity
