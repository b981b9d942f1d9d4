"""Hansen accessibility: quantities within reach, weighted by distance.

Sites do not compete: every site counts the same feature in full. For supply shared with competitors
see `standort.metrics.catchment`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from standort.arguments import checked, positive
from standort.metrics.density import measure_sum, sum_within
from standort.metrics.reach import Weighing  # noqa: TC001 - read by `checked`

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from standort.layers.features import Features, Sites
    from standort.metrics.measurement import Measurement


@checked(cutoff_km=positive("km"))
def hansen_access(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    decay: Weighing,
    cutoff_km: float,
) -> pd.Series[float]:
    """Sum what is within reach, weighted by distance: sum of S_s f(d_is).

    It measures how much is near, not how much is left: a store shared by ten sites counts in full
    for each of them (see `floating_catchment`). Unknown quantities and the site itself are treated
    as in `sum_within`; the metric equals `sum_within` with a decay, under the name used in the
    literature.

    Parameters
    ----------
    sites
        Points in any CRS. Ids from a column ``site_id`` or an index of that name are explicit.
    features
        Points, lines or polygons in any CRS. If they also have an explicit ``site_id``, a site does
        not count itself.
    column
        Quantity S of the features, numeric.
    decay
        Weight f of a feature by its distance [km], such as `standort.metrics.exponential`.
    cutoff_km
        Largest distance that counts, inclusive [km].

    Returns
    -------
    Sum in the unit of the column, index of `sites`, named ``hansen_access``; 0 where no feature
    is within reach, NaN where there are only features of unknown quantity.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty or off the Earth, or the sites are not points.
    LayerError
        If the column is missing, not numeric or infinite.
    OptionError
        If `cutoff_km` is not a positive number, or the decay returns anything but weights >= 0.

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
    access = sum_within(sites, features, column, radius_km=cutoff_km, decay=decay)
    return access.rename("hansen_access")


@checked(cutoff_km=positive("km"))
def measure_hansen(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    column: str,
    *,
    decay: Weighing,
    cutoff_km: float,
    unknown_in: str | None = None,
) -> Measurement:
    """Measure `hansen_access` with the largest contributor and unknowns as in `measure_sum`."""
    access = measure_sum(
        sites, features, column, radius_km=cutoff_km, decay=decay, unknown_in=unknown_in
    )
    return replace(access, value=access.value.rename("hansen_access"))
