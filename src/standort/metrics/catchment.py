"""Supply shared by competitors: the two-step floating catchment.

A nearby store is worth little if many others use it. Each supply is divided among all the demand
that reaches it before a site sums the shares within its own reach.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from standort.arguments import between, checked, positive
from standort.earth import NO_FEATURE
from standort.errors import GeometryError, OptionError, gather, name_ids
from standort.layers.features import Features, Sites, as_features, as_sites
from standort.layers.geometry.conversion import to_wgs84
from standort.metrics.reach import (
    Weighing,
    add_up,
    as_measurement,
    known_at_least_zero,
    pairs_within_reach,
    pick_largest,
    weigh_shares,
)
from standort.roles import unit_of
from standort.units import convert, dimension_of, quotient_unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from standort.array_types import Floats, Ints
    from standort.earth import Pairs
    from standort.metrics.measurement import Measurement

#: demand points processed at a time
_DEMAND_POINTS = 8_192
#: most pairs kept for sites that are the demand points themselves
_PAIRS_KEPT = 4_000_000


class _Kept(NamedTuple):
    """The pairs of the demand points, which are usually also the sites."""

    lon: Floats
    lat: Floats
    blocks: list[Pairs]

    def are(self, sites: Sites) -> bool:
        """Return whether the sites are the demand points, in input order."""
        return np.array_equal(sites.lon, self.lon) and np.array_equal(sites.lat, self.lat)


@dataclass(frozen=True, eq=False)
class SharedSupply:
    """Supply divided by the demand that reaches it: the first step of `floating_catchment`.

    It does not depend on the sites that are scored, and can be reused for any of them.

    Parameters
    ----------
    features
        The supply, in the order of its ids.
    table
        One row per feature, indexed by its id: ``supply`` and ``demand`` in the units of their
        columns (the known demand within reach, weighted by the decay), ``unknown_demand`` the
        number of demand points within reach whose demand is unknown, and ``ratio`` of supply to
        demand in `unit`. The ratio is NaN where the supply or all of the demand is unknown,
        infinite where there is supply but no demand within reach (unused supply), and 0 where
        there is no supply.
    unit
        Unit of the ratio, ``"yr"`` or ``"ratio"``.
    catchment_km
        Largest distance that counts [km].
    decay
        Weight by distance in both steps; None counts everything within the catchment in full.
    """

    features: Features
    table: pd.DataFrame
    unit: str
    catchment_km: float
    decay: Weighing | None
    _kept: _Kept | None = field(default=None, repr=False)

    @checked()
    def pairs_of(self, sites: Sites) -> Iterable[Pairs]:
        """Return the pairs of sites and supply, reused if the sites are the demand points."""
        if self._kept is not None and self._kept.are(sites):
            return self._kept.blocks
        return pairs_within_reach(sites, self.features, self.catchment_km, "include")


@checked(catchment_km=positive("km"), capture_rate=between(0, 1, closed="right"))
def share_supply(  # noqa: PLR0913 - as `floating_catchment`
    features: GeoDataFrame | Features,
    demand_points: GeoDataFrame | Features,
    *,
    supply: str,
    demand: str,
    catchment_km: float,
    decay: Weighing | None = None,
    capture_rate: float = 1.0,
) -> SharedSupply:
    """Divide each supply by the demand within its catchment: R_s = S_s / sum_k P_k f(d_ks).

    Parameters
    ----------
    features, demand_points, supply, demand, catchment_km, decay, capture_rate
        As for `floating_catchment`.

    Returns
    -------
    The shares, for `measure_catchment`; the ratio of supply without demand is infinite.

    Raises
    ------
    LayerError, OptionError
        As for `floating_catchment`.

    Examples
    --------
    Two plants of 1 and 3 Mt/yr use one store; no plant reaches the other:

    >>> import geopandas
    >>> at = geopandas.points_from_xy
    >>> stores = geopandas.GeoDataFrame({"capacity_mt": [100.0, 80]}, geometry=at([0, 9], [0, 0]))
    >>> plants = geopandas.GeoDataFrame({"co2_mt_per_yr": [1.0, 3]}, geometry=at([1, 1], [0, 1]))
    >>> shared = share_supply(
    ...     stores.set_crs(4326),
    ...     plants.set_crs(4326),
    ...     supply="capacity_mt",
    ...     demand="co2_mt_per_yr",
    ...     catchment_km=300,
    ... )
    >>> shared.unit, shared.table["ratio"].tolist()
    ('yr', [25.0, inf])
    """
    unit = catchment_unit(supply, demand)
    layer, competing = as_features(features), _as_demand(demand_points)
    offered = known_at_least_zero(layer, supply, "supply")
    needed = known_at_least_zero(competing, demand, "demand") * capture_rate
    total, n_unknown, kept = _demand_at(layer, competing, needed, catchment_km, decay)
    ratio = supply_ratio(offered, total, n_unknown, supply=supply, demand=demand)
    columns = {"supply": offered, "demand": total, "unknown_demand": n_unknown, "ratio": ratio}
    table = pd.DataFrame(columns, index=layer.ids)
    return SharedSupply(layer, table, unit, float(catchment_km), decay, kept)


@checked()
def measure_catchment(sites: GeoDataFrame | Sites, shared: SharedSupply) -> Measurement:
    """Measure `floating_catchment` with the largest contributor and the number of unknowns.

    Parameters
    ----------
    sites
        As for `floating_catchment`.
    shared
        The result of `share_supply`.

    Returns
    -------
    The measurement, its value named ``floating_catchment``. ``unknown`` counts the features of
    unknown share within reach, ``overstated`` those whose share is an upper bound because demand
    points of unknown demand also use them.

    Raises
    ------
    LayerError
        If the sites have no CRS or are not points.
    """
    site_layer = as_sites(sites)
    ratio = shared.table["ratio"].to_numpy()
    bounded = (shared.table["unknown_demand"].to_numpy() > 0) & (ratio > 0.0)
    total = np.zeros(len(site_layer))
    feature = np.full(len(site_layer), NO_FEATURE, dtype=np.intp)
    unknown, overstated = (np.zeros(len(site_layer), dtype=np.int64) for _ in range(2))
    for pairs in shared.pairs_of(site_layer):
        row, of, share = weigh_shares(pairs, ratio, shared.decay)
        n_sites = len(pairs.site)
        total[pairs.site] = add_up(row, share, n_sites)
        _, feature[pairs.site], unknown[pairs.site] = pick_largest(row, of, share, n_sites)
        overstated[pairs.site] = np.bincount(row[bounded[of]], minlength=n_sites)
    plain = as_measurement(
        "floating_catchment", site_layer, shared.features, total, feature, unknown
    )
    return replace(plain, overstated=pd.Series(overstated, index=site_layer.index))


@checked(catchment_km=positive("km"), capture_rate=between(0, 1, closed="right"))
def floating_catchment(  # noqa: PLR0913 - both layers have a column of their own
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    demand_points: GeoDataFrame | Features,
    *,
    supply: str,
    demand: str,
    catchment_km: float,
    decay: Weighing | None = None,
    capture_rate: float = 1.0,
) -> pd.Series[float]:
    """Measure the supply left by competitors, with the two-step floating catchment.

    First each supply is divided by all demand within its catchment, R_s = S_s / sum_k P_k f(d_ks);
    then each site sums the shares it reaches, A_i = sum_s R_s f(d_is). Mt divided by Mt/yr are
    years: how long the stores last a site that receives its share of each. The measure is
    misleading for wide catchments: every demand counts in full at each store it reaches, and does
    not prefer nearer or emptier ones.

    Parameters
    ----------
    sites
        Points in any CRS. A site that is also a demand point competes with itself. A site that is
        not adds no demand: its result is what the demand points leave to each of them.
    features
        The supply: points, lines or polygons in any CRS. A site's own feature is not excluded.
    demand_points
        All users of the supply, whether scored or not: points in any CRS.
    supply
        Column of `features`, ending in its unit, such as ``capacity_mt``; >= 0.
    demand
        Column of `demand_points`, ending in its unit, such as ``co2_t_per_yr``; >= 0.
    catchment_km
        Largest distance between supply and demand that counts, inclusive [km].
    decay
        Weight f by distance [km] in both steps (E2SFCA); None counts everything within the
        catchment in full (2SFCA).

    Returns
    -------
    Access in years [yr] or as a ratio, see `catchment_unit`; index of `sites`, named
    ``floating_catchment``. 0 where no supply is within reach. Infinite where unused supply is
    within reach, which is possible only at a site without demand of its own. NaN where only supply
    of unknown share is within reach.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty or off the Earth, or sites or demand points are not points.
    LayerError
        If a column is missing, not numeric, infinite or negative.
    OptionError
        If the units are incompatible, `catchment_km` is not a positive number, `capture_rate` is
        not a share, or the decay returns anything but weights >= 0.

    Notes
    -----
    Unknown demand is left out of the sum, which makes a share an upper bound; where all demand
    that reaches a supply is unknown (or 0), the share is unknown. Unknown supply is left out of
    the second step. `measure_catchment` counts both. The sum of known demand times access over
    the demand points equals the known supply that is used. The first step sums demand in the order
    of ids, so that a site's access never depends on which other sites are scored.

    References
    ----------
    Luo, W. and Wang, F. (2003), Measures of spatial accessibility to health care in a GIS
    environment, Environment and Planning B 30, 865-884.
    Luo, W. and Qi, Y. (2009), An enhanced two-step floating catchment area (E2SFCA) method for
    measuring spatial accessibility to primary care physicians, Health & Place 15, 1100-1107.

    Examples
    --------
    Plants of 1 and 3 Mt/yr share one store of 100 Mt:

    >>> import geopandas
    >>> at = geopandas.points_from_xy
    >>> store = geopandas.GeoDataFrame({"capacity_mt": [100.0]}, geometry=at([0], [0]), crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"co2_t_per_yr": [1e6, 3e6]}, geometry=at([1, 1], [0, 1]), crs=4326
    ... )
    >>> floating_catchment(
    ...     plants, store, plants, supply="capacity_mt", demand="co2_t_per_yr", catchment_km=300
    ... ).tolist()
    [25.0, 25.0]
    """
    shared = share_supply(
        features,
        demand_points,
        supply=supply,
        demand=demand,
        catchment_km=catchment_km,
        decay=decay,
        capture_rate=capture_rate,
    )
    return measure_catchment(sites, shared).value


def _as_demand(demand_points: GeoDataFrame | Features) -> Features:
    """Return demand points as a layer; raise unless they are single points."""
    if isinstance(demand_points, GeoDataFrame):
        explicit = "feature_id" in {demand_points.index.name, *demand_points.columns}
        points, _ = to_wgs84(
            demand_points,
            name="demand_points",
            allowed=frozenset({"point"}),
            id_column="feature_id" if explicit else "site_id",
        )
        layer = as_features(points)
    else:
        layer = demand_points
    other = shapely.get_type_id(layer.geometries) != shapely.GeometryType.POINT
    if other.any():
        msg = (
            f"layer 'demand_points': expected one point each, {other.sum()} are not: "
            f"{name_ids(list(layer.ids[other]))}; take their centroids"
        )
        raise GeometryError(msg)
    return layer


def _demand_at(
    features: Features,
    competing: Features,
    quantity: Floats,
    catchment_km: float,
    decay: Weighing | None,
) -> tuple[Floats, Ints, _Kept | None]:
    """Sum the known, weighted demand that reaches each feature, and count the unknown.

    Also return the pairs, if there are few enough to keep.
    """
    lon, lat = np.ascontiguousarray(shapely.get_coordinates(competing.geometries).T)
    total = np.zeros(len(features))
    n_unknown = np.zeros(len(features), dtype=np.int64)
    one = np.ones(len(features))
    blocks: list[Pairs] = []
    for start in range(0, len(competing), _DEMAND_POINTS):
        some = slice(start, start + _DEMAND_POINTS)
        points = Sites(lon[some], lat[some], competing.ids[some], None)
        nothing = np.empty(0, dtype=np.intp)
        for_each: list[tuple[Ints, Ints, Floats]] = [(nothing, nothing, np.empty(0))]
        for pairs in pairs_within_reach(points, features, catchment_km, "include"):
            # the same pairs by input position, which is how sites are looked up
            by_input = replace(pairs, site=competing.order[pairs.site])
            row, of, weight = weigh_shares(by_input, one, decay)
            for_each.append((pairs.site[row], of, weight))
            if len(competing) <= _DEMAND_POINTS:
                blocks.append(by_input)
        point, of, weight = (np.concatenate(part) for part in zip(*for_each, strict=True))
        order = np.argsort(point, kind="stable")
        of, share = of[order], (quantity[some][point] * weight)[order]
        known = ~np.isnan(share)
        # added one by one, so that the order is that of ids, wherever chunks end
        np.add.at(total, of[known], share[known])
        n_unknown += np.bincount(of[~known], minlength=len(features))
    if len(competing) > _DEMAND_POINTS or sum(len(b.row) for b in blocks) > _PAIRS_KEPT:
        return total, n_unknown, None
    back = np.empty(len(competing), dtype=np.intp)
    back[competing.order] = np.arange(len(competing))
    return total, n_unknown, _Kept(lon[back], lat[back], blocks)


def supply_ratio(
    offered: Floats, total: Floats, n_unknown: Ints, *, supply: str, demand: str
) -> Floats:
    """Divide supplies by the demand on them, where either may be unknown.

    Parameters
    ----------
    offered
        Supplies in the unit of the column `supply`, at least 0; NaN is unknown.
    total
        Known demand on each, in the unit of the column `demand`.
    n_unknown
        Number of unknown demands on each.
    supply, demand
        Names of the columns, such as ``capacity_mt`` and ``co2_t_per_yr``.

    Returns
    -------
    The ratios, in years for an amount over a yearly amount. Infinite where there is no demand; 0
    where there is no supply; NaN where the supply or all of the demand is unknown. An upper bound
    where some of the demand is unknown.

    Examples
    --------
    100 Mt for 4 Mt/yr, and for no demand:

    >>> demanded, none_unknown = np.array([4e6, 0.0]), np.array([0, 0])
    >>> columns = {"supply": "capacity_mt", "demand": "co2_t_per_yr"}
    >>> supply_ratio(np.array([100.0, 100.0]), demanded, none_unknown, **columns).tolist()
    [25.0, inf]
    """
    in_unit = _in_unit_of(offered, supply, demand)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = in_unit / total
    ratio[(total == 0.0) & (n_unknown > 0)] = np.nan
    ratio[in_unit == 0.0] = 0.0
    ratio[np.isnan(in_unit)] = np.nan
    return ratio


def _in_unit_of(quantity: Floats, supply: str, demand: str) -> Floats:
    """Convert a supply to the unit of the demand, or to that unit without "per year"."""
    unit, target = str(unit_of(supply)), str(unit_of(demand))
    if dimension_of(unit) != dimension_of(target):
        target = target.removesuffix("_per_yr")
    return convert(quantity, unit, target)


@checked()
def catchment_unit(supply: str, demand: str) -> str:
    """Return the unit of `floating_catchment` from the units in its column names.

    Parameters
    ----------
    supply, demand
        Names of the columns, such as ``capacity_mt`` and ``co2_t_per_yr``.

    Returns
    -------
    ``"yr"`` for an amount over a yearly amount, ``"ratio"`` for two quantities of equal dimension.

    Raises
    ------
    OptionError
        If a column name has no unit, or the units are incompatible.

    Examples
    --------
    >>> catchment_unit("capacity_mt", "co2_t_per_yr")
    'yr'
    >>> catchment_unit("injection_mt_per_yr", "co2_t_per_yr")
    'ratio'
    """
    units = {"supply": (supply, unit_of(supply)), "demand": (demand, unit_of(demand))}
    problems = [
        f"expected {option} to be a column that ends in its unit, such as capacity_mt or "
        f"co2_t_per_yr, got {column!r}; rename it"
        for option, (column, unit) in units.items()
        if unit is None
    ]
    if problems:
        raise OptionError(gather(problems, of="floating catchment"))
    supply_unit, demand_unit = str(units["supply"][1]), str(units["demand"][1])
    quotient = quotient_unit(supply_unit, demand_unit)
    if quotient is not None:
        return quotient
    offered, needed = dimension_of(supply_unit), dimension_of(demand_unit)
    msg = (
        "floating catchment: expected a supply over a yearly demand of the same kind (Mt over "
        f"t/yr), or two quantities of one kind, got {supply!r} ({offered}) over {demand!r} "
        f"({needed}); choose columns of compatible units"
    )
    raise OptionError(msg)
