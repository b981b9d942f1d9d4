"""Kernel density of features on the sphere, and the choice of its bandwidth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.arguments import FARTHEST_KM, between, checked, positive
from standort.earth import FeatureIndex
from standort.errors import GeometryError, LayerError, OptionError, name_ids, warn
from standort.layers.features import as_features, as_sites
from standort.metrics.reach import (
    Own,
    add_up,
    known_at_least_zero,
    pairs_within_reach,
    weigh_shares,
)

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Floats
    from standort.layers.features import Features, Sites


_KM = 1_000.0
#: mean radius of the Earth [km] (IUGG)
_RADIUS_KM = 6_371.0088
#: share of a point's density that its likelihood may omit
_MISSED = 1e-7
#: bandwidths tried between the bounds before the best is refined
_TRIED = 13
#: consecutive tries without improvement after which larger bandwidths are skipped
_PATIENCE = 2


@checked(bandwidth_km=positive("km"), truncation=between(0, 1, closed="neither"))
def kernel_density(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    *,
    bandwidth_km: float,
    column: str | None = None,
    own: Own = "include",
    truncation: float = 1e-6,
) -> pd.Series[float]:
    """Measure the density of features, or of a quantity, around each site.

    Every feature is spread over the Earth by a von Mises-Fisher kernel, the normal distribution
    on the sphere, and the kernels are summed. The result depends on the bandwidth: 5 km shows
    plants, 50 km shows regions. State it with the density, and choose it for the question, or with
    `kernel_bandwidth`.

    Parameters
    ----------
    sites
        Points in any CRS at which to measure the density.
    features
        Points in any CRS.
    bandwidth_km
        Standard deviation of the kernel in each direction [km].
    column
        Quantity to spread, numeric, >= 0; None counts features.
    own
        Whether a site counts if it is among the features (by explicit ``site_id``).
    truncation
        A kernel is cut off where it has fallen to this share of its peak, at 5.26 bandwidths by
        default, and loses as much of its mass. The error of the density is at most this share of
        the density that all features would have at one point.

    Returns
    -------
    Features, or units of the column, per km2, index of `sites`, named ``kernel_density``. Its
    integral over the Earth is the number of features, or their total. 0 where nothing is near, NaN
    where only features of unknown quantity are near.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty, off the Earth or not points.
    LayerError
        If the column is missing, not numeric, infinite or negative.
    OptionError
        If an option is outside its range.

    Notes
    -----
    K(d) = kappa / (4 pi R^2 sinh kappa) exp(kappa cos(d / R)), kappa = (R / h)^2, computed as a
    logarithm, because sinh kappa overflows below h = 240 km. Distances are geodesics, R is the mean
    radius: over the ellipsoid a kernel of 100 km integrates to 1 within 1e-6, one of 1,000 km
    within 1e-4.

    References
    ----------
    Hall, P., Watson, G. S., and Cabrera, J. (1987), Kernel density estimation with spherical data,
    Biometrika 74, 751-762 (recalled).

    Examples
    --------
    At an isolated feature the density is the peak of the kernel, 1 / (2 pi h^2); one bandwidth away
    it is that times e^(-1/2):

    >>> import geopandas
    >>> feature = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> sites = geopandas.GeoDataFrame(
    ...     geometry=geopandas.points_from_xy([0, 25 / 111.319491], [0, 0]), crs=4326
    ... )
    >>> density = kernel_density(sites, feature, bandwidth_km=25.0)
    >>> (1e4 * density).round(4).tolist()
    [2.5465, 1.5445]
    """
    site_layer, feature_layer = as_sites(sites), as_features(features)
    _check_points(feature_layer)
    quantity = _quantity(feature_layer, column)
    reach = _reach_km(bandwidth_km, -np.log(truncation))
    density = np.zeros(len(site_layer))
    for pairs in pairs_within_reach(site_layer, feature_layer, reach, own):
        row, _, share = weigh_shares(pairs, quantity, lambda d: np.exp(log_kernel(d, bandwidth_km)))
        density[pairs.site] = add_up(row, share, len(pairs.site))
    return pd.Series(density, index=site_layer.index, name="kernel_density")


@checked(low_km=between(0.001, FARTHEST_KM, "km"), high_km=between(0.001, FARTHEST_KM, "km"))
def kernel_bandwidth(
    features: GeoDataFrame | Features,
    *,
    column: str | None = None,
    low_km: float = 1.0,
    high_km: float = 300.0,
) -> float:
    """Choose the bandwidth by likelihood cross-validation.

    It is the bandwidth with which each feature is best predicted by the others. It depends on the
    data alone: coincident plants (or one plant in many rows) reduce it, a few plants far from all
    others increase it. Consider the purpose of the map too.

    Parameters
    ----------
    features
        Points in any CRS.
    column
        Weight of each feature, as in `kernel_density`; features of weight 0 or unknown are ignored.
    low_km, high_km
        Bounds of the search [km].

    Returns
    -------
    The bandwidth [km], to about 1 %.

    Raises
    ------
    CRSError, GeometryError, LayerError
        As for `kernel_density`, and if fewer than 2 features remain.
    OptionError
        If the bounds are not positive and rising.

    Warns
    -----
    StandortWarning
        If the bandwidth is a bound of the search.

    Notes
    -----
    13 bandwidths are tried from low to high until 2 in a row are no better, then the best is
    refined between its neighbours, so a second optimum at larger bandwidths can be missed. Time
    grows with the number of pairs within about 7 bandwidths.

    References
    ----------
    Habbema, J. D. F., Hermans, J., and van den Broek, K. (1974), Compstat, 101-110 (recalled).

    Examples
    --------
    Two features at a distance d predict each other best with a bandwidth of d / sqrt(2):

    >>> import geopandas
    >>> two = geopandas.GeoDataFrame(
    ...     geometry=geopandas.points_from_xy([0, 50 / 111.319491], [0, 0]), crs=4326
    ... )
    >>> round(kernel_bandwidth(two))
    35
    """
    from scipy.optimize import minimize_scalar

    if not low_km < high_km:
        msg = f"expected low_km below high_km, got {low_km!r} and {high_km!r}"
        raise OptionError(msg)
    validation = CrossValidation(as_features(features), column)
    tried = np.geomspace(low_km, high_km, _TRIED)
    likelihood = np.full(_TRIED, -np.inf)
    for step, bandwidth in enumerate(tried):
        likelihood[step] = validation.likelihood(bandwidth)
        best = int(np.argmax(likelihood))
        if step - best >= _PATIENCE:
            break
    low, high = tried[max(best - 1, 0)], tried[min(best + 1, _TRIED - 1)]
    optimum = minimize_scalar(
        lambda logarithm: -validation.likelihood(float(np.exp(logarithm))),
        bounds=(np.log(low), np.log(high)),
        method="bounded",
        options={"xatol": 1e-2},
    )
    bandwidth = float(np.exp(optimum.x)) if -optimum.fun > likelihood[best] else float(tried[best])
    _warn_at_bound(bandwidth, low_km, high_km)
    return bandwidth


def log_kernel(distance_km: Floats, bandwidth_km: float) -> Floats:
    """Return the logarithm of the von Mises-Fisher density [1/km2] at distances [km].

    >>> np.exp(log_kernel(np.array([0.0]), 25.0)) * 1e4
    array([2.546479])
    """
    kappa = (_RADIUS_KM / bandwidth_km) ** 2
    # kappa / (4 pi sinh kappa) = kappa / (2 pi (1 - e^(-2 kappa))) e^(-kappa)
    peak = np.log(kappa / (2.0 * np.pi * _RADIUS_KM**2)) - np.log(-np.expm1(-2.0 * kappa))
    return np.asarray(peak - 2.0 * kappa * _half_angle_square(distance_km))


def _half_angle_square(distance_km: Floats) -> Floats:
    """Return sin^2(theta / 2) = (1 - cos theta) / 2, accurate for short distances."""
    return np.asarray(np.sin(np.minimum(distance_km / _RADIUS_KM, np.pi) / 2.0) ** 2)


def _reach_km(bandwidth_km: float, fall: Floats | float, beyond: Floats | float = 0.0) -> Any:  # noqa: ANN401 - as the input
    """Return the distance [km] at which the log kernel is lower by `fall` than at `beyond`.

    `beyond` is sin^2 of half the angle; no distance exceeds half the Earth's circumference.
    """
    kappa = (_RADIUS_KM / bandwidth_km) ** 2
    square = np.minimum(beyond + fall / (2.0 * kappa), 1.0)
    # geodesics on the ellipsoid can be slightly longer than a half circle on the mean sphere
    return np.where(square == 1.0, 20_100.0, 2.0 * _RADIUS_KM * np.arcsin(np.sqrt(square)))[()]


class CrossValidation:
    """Likelihood cross-validation: how well each feature is predicted by the others.

    Parameters
    ----------
    features
        Points.
    column
        Weight of each feature; None weights all alike. Features of weight 0 or unknown are ignored.
    """

    def __init__(self, features: Features, column: str | None) -> None:
        _check_points(features)
        quantity = _quantity(features, column)
        used = quantity > 0.0  # False where unknown
        if np.count_nonzero(used) < 2:  # noqa: PLR2004 - a single feature has no other
            msg = (
                "expected at least 2 features of a positive weight to choose a bandwidth, got "
                f"{np.count_nonzero(used)}; state bandwidth_km instead"
            )
            raise LayerError(msg)
        self.lon, self.lat = shapely.get_coordinates(features.geometries[used]).T
        self.weight = quantity[used]
        self.index = FeatureIndex.of_points(self.lon, self.lat)
        itself = np.arange(len(self.weight))
        nearest = self.index.nearest(self.lon, self.lat, exclude=itself).distance[:, 0] / _KM
        self.nearest = _half_angle_square(nearest)

    def likelihood(self, bandwidth_km: float) -> float:
        """Return the weighted mean logarithm of the density [1/km2] at points given the others.

        The search radius is chosen for each point so that the omitted density is less than 1e-7 of
        the total.
        """
        total = float(np.sum(self.weight))
        fall = np.log(total / self.weight.min()) - np.log(_MISSED)
        reach = _reach_km(bandwidth_km, fall, self.nearest)
        size = np.floor(np.log2(reach))
        kappa = (_RADIUS_KM / bandwidth_km) ** 2
        excess = np.zeros(len(self.weight))
        for some in (np.flatnonzero(size == step) for step in np.unique(size)):
            within = self.index.pairs_within(
                self.lon[some], self.lat[some], radius=reach[some].max() * _KM, exclude=some
            )
            for pairs in within:
                point = some[pairs.site[pairs.row]]
                farther = _half_angle_square(pairs.distance / _KM) - self.nearest[point]
                share = self.weight[pairs.feature] * np.exp(-2.0 * kappa * farther)
                excess[some[pairs.site]] = np.bincount(
                    pairs.row, weights=share, minlength=len(pairs.site)
                )
        peak = float(log_kernel(np.zeros(1), bandwidth_km)[0])
        density = peak - 2.0 * kappa * self.nearest + np.log(excess / (total - self.weight))
        return float(np.sum(self.weight * density) / total)


def _quantity(features: Features, column: str | None) -> Floats:
    if column is None:
        return np.ones(len(features))
    return known_at_least_zero(features, column, "quantity")


def _check_points(features: Features) -> None:
    shapes = shapely.get_type_id(features.geometries) != shapely.GeometryType.POINT
    if shapes.any():
        msg = (
            f"expected points for a kernel, {shapes.sum()} features are not: "
            f"{name_ids(list(features.ids[shapes]))}; take their centroids"
        )
        raise GeometryError(msg)


def _warn_at_bound(bandwidth: float, low_km: float, high_km: float) -> None:
    if bandwidth < low_km * 1.02 or bandwidth > high_km / 1.02:
        warn(
            f"the best bandwidth is at a bound of the search, {bandwidth:.3g} km of {low_km:g} to "
            f"{high_km:g} km: coincident or too few features do not determine it; state "
            "bandwidth_km, or widen the bounds"
        )
