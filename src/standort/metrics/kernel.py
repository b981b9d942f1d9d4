"""Density as a smooth surface: each feature spread over the sphere by a kernel of one bandwidth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.earth import FeatureIndex
from standort.errors import GeometryError, LayerError, OptionError, name_ids, warn
from standort.layers.features import as_features, as_sites, check_positive
from standort.metrics.accessibility import known_at_least_zero
from standort.metrics.reach import add_up, pairs_within_reach, weigh_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers.features import Features, Sites
    from standort.metrics.reach import Own

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["bandwidth_likelihood", "kernel_bandwidth", "kernel_density", "log_kernel"]

_KM = 1_000.0
#: mean radius of the Earth [km] (IUGG)
_RADIUS_KM = 6_371.0088
#: share of its density that the likelihood of a point may miss
_MISSED = 1e-7
#: bandwidths tried from bound to bound before the best is refined
_TRIED = 13
#: tries in a row without a better one after which larger bandwidths are not looked at
_PATIENCE = 2


def kernel_density(
    sites: GeoDataFrame | Sites,
    features: GeoDataFrame | Features,
    *,
    bandwidth_km: float,
    column: str | None = None,
    own: Own = "include",
    truncation: float = 1e-6,
) -> pd.Series[float]:
    """Measure how dense features, or a quantity of theirs, are round each site.

    Every feature is spread over the Earth by a von Mises-Fisher kernel, the normal distribution
    of the sphere, and the kernels are added. The bandwidth decides what is seen: one of 5 km shows
    plants, one of 50 km regions. State it with the number, and choose it for the question, or by
    `kernel_bandwidth`.

    Parameters
    ----------
    sites
        Points in any CRS at which the density is wanted.
    features
        Points in any CRS.
    bandwidth_km
        Standard deviation of the kernel in each direction [km].
    column
        Quantity to spread, numeric, >= 0; None counts features.
    own
        Whether a site that is itself among the features (by explicit ``site_id``) counts.
    truncation
        A feature is left out where its kernel has fallen to this share of its peak, at 5.26
        bandwidths by default; as much of its mass is lost. The density is too small by at most
        this share of all features standing in one place.

    Returns
    -------
    Features, or units of the column, per km2, index of `sites`, named ``kernel_density``. Over the
    Earth it adds up to the number of features, or their total. 0 where nothing is near, NaN where
    only features of unknown quantity are.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    GeometryError
        If geometries are missing, empty, off the Earth or no points.
    LayerError
        If the column is missing, not numeric, infinite or negative.
    OptionError
        If an option is outside its range.

    Notes
    -----
    K(d) = kappa / (4 pi R^2 sinh kappa) exp(kappa cos(d / R)), kappa = (R / h)^2, computed as a
    logarithm, for sinh kappa exceeds all numbers below h = 240 km. Distances are geodesics, R is
    the mean radius: over the ellipsoid a kernel of 100 km integrates to 1 within 1e-6, one of
    1,000 km within 1e-4.

    References
    ----------
    Hall, P., Watson, G. S., and Cabrera, J. (1987), Kernel density estimation with spherical data,
    Biometrika 74, 751-762 (recalled).

    Examples
    --------
    At a lone feature the density is the peak of the kernel, 1 / (2 pi h^2); a bandwidth away it is
    that times e^(-1/2):

    >>> import geopandas
    >>> feature = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([0], [0]), crs=4326)
    >>> sites = geopandas.GeoDataFrame(
    ...     geometry=geopandas.points_from_xy([0, 25 / 111.319491], [0, 0]), crs=4326
    ... )
    >>> density = kernel_density(sites, feature, bandwidth_km=25.0)
    >>> (1e4 * density).round(4).tolist()
    [2.5465, 1.5445]
    """
    check_positive("bandwidth_km", bandwidth_km)
    if not 0.0 < truncation < 1.0:
        msg = f"expected truncation to be a share between 0 and 1, got {truncation!r}"
        raise OptionError(msg)
    found_sites, found_features = as_sites(sites), as_features(features)
    _refuse_shapes(found_features)
    quantity = _quantity(found_features, column)
    reach = _reach_km(bandwidth_km, -np.log(truncation))
    density = np.zeros(len(found_sites))
    for pairs in pairs_within_reach(found_sites, found_features, reach, own):
        row, _, share = weigh_shares(pairs, quantity, lambda d: np.exp(log_kernel(d, bandwidth_km)))
        density[pairs.site] = add_up(row, share, len(pairs.site))
    return pd.Series(density, index=found_sites.index, name="kernel_density")


def kernel_bandwidth(
    features: GeoDataFrame | Features,
    *,
    column: str | None = None,
    low_km: float = 1.0,
    high_km: float = 300.0,
) -> float:
    """Choose the bandwidth under which each feature is best foretold by the others.

    This is likelihood cross-validation. It follows the data and nothing else: many plants at one
    place (or one plant in many rows) pull it down, a few far from all others push it up. Where it
    matters, look at the whole curve (`bandwidth_likelihood`) and at what the map is for.

    Parameters
    ----------
    features
        Points in any CRS.
    column
        Quantity that weighs each feature, as in `kernel_density`; unknown and 0 take no part.
    low_km, high_km
        Bounds of the search [km].

    Returns
    -------
    The bandwidth [km], to about 1 %. A warning tells if it is a bound of the search.

    Raises
    ------
    CRSError, GeometryError, LayerError
        As for `kernel_density`, and if fewer than 2 features take part.
    OptionError
        If the bounds are not positive and rising.

    Notes
    -----
    13 bandwidths are tried from low to high until 2 in a row were no better, then the best is
    refined between its neighbours: a second, wider optimum beyond can be missed. Time
    grows with the pairs within about 7 bandwidths.

    References
    ----------
    Habbema, J. D. F., Hermans, J., and van den Broek, K. (1974), Compstat, 101-110 (recalled).

    Examples
    --------
    Two features a distance d apart foretell each other best with a bandwidth of d / sqrt(2):

    >>> import geopandas
    >>> two = geopandas.GeoDataFrame(
    ...     geometry=geopandas.points_from_xy([0, 50 / 111.319491], [0, 0]), crs=4326
    ... )
    >>> round(kernel_bandwidth(two))
    35
    """
    from scipy.optimize import minimize_scalar

    check_positive("low_km", low_km)
    check_positive("high_km", high_km)
    if not low_km < high_km:
        msg = f"expected low_km below high_km, got {low_km!r} and {high_km!r}"
        raise OptionError(msg)
    crowd = _Crowd(as_features(features), column)
    tried = np.geomspace(low_km, high_km, _TRIED)
    likelihood = np.full(_TRIED, -np.inf)
    for place, bandwidth in enumerate(tried):
        likelihood[place] = crowd.likelihood(bandwidth)
        best = int(np.argmax(likelihood))
        if place - best >= _PATIENCE:
            break
    low, high = tried[max(best - 1, 0)], tried[min(best + 1, _TRIED - 1)]
    found = minimize_scalar(
        lambda logarithm: -crowd.likelihood(float(np.exp(logarithm))),
        bounds=(np.log(low), np.log(high)),
        method="bounded",
        options={"xatol": 1e-2},
    )
    bandwidth = float(np.exp(found.x)) if -found.fun > likelihood[best] else float(tried[best])
    _warn_at_bound(bandwidth, low_km, high_km)
    return bandwidth


def bandwidth_likelihood(
    features: GeoDataFrame | Features,
    *,
    bandwidths_km: Sequence[float],
    column: str | None = None,
) -> pd.Series[float]:
    """Tell how well each feature is foretold by the others, bandwidth by bandwidth.

    Parameters
    ----------
    features, column
        As for `kernel_bandwidth`.
    bandwidths_km
        Bandwidths to try [km].

    Returns
    -------
    Mean logarithm of the density [1/km2] at a feature given all others, weighted by the quantity
    if there is one; index ``bandwidth_km``, named ``bandwidth_likelihood``. Only differences
    matter: n times the difference is the logarithm of a ratio of likelihoods.

    Raises
    ------
    CRSError, GeometryError, LayerError, OptionError
        As for `kernel_bandwidth`.

    Examples
    --------
    >>> import geopandas
    >>> two = geopandas.GeoDataFrame(
    ...     geometry=geopandas.points_from_xy([0, 50 / 111.319491], [0, 0]), crs=4326
    ... )
    >>> bandwidth_likelihood(two, bandwidths_km=[10.0, 35.0, 100.0]).round(2).tolist()
    [-18.94, -9.97, -11.17]
    """
    crowd = _Crowd(as_features(features), column)
    tried = [check_positive("bandwidths_km", bandwidth) for bandwidth in bandwidths_km]
    return pd.Series(
        [crowd.likelihood(bandwidth) for bandwidth in tried],
        index=pd.Index(tried, name="bandwidth_km", dtype=np.float64),
        name="bandwidth_likelihood",
        dtype=np.float64,
    )


def log_kernel(distance_km: Floats, bandwidth_km: float) -> Floats:
    """Give the logarithm of the von Mises-Fisher density [1/km2] at distances [km].

    >>> np.exp(log_kernel(np.array([0.0]), 25.0)) * 1e4
    array([2.546479])
    """
    kappa = (_RADIUS_KM / bandwidth_km) ** 2
    # kappa / (4 pi sinh kappa) = kappa / (2 pi (1 - e^(-2 kappa))) e^(-kappa)
    peak = np.log(kappa / (2.0 * np.pi * _RADIUS_KM**2)) - np.log(-np.expm1(-2.0 * kappa))
    return np.asarray(peak - 2.0 * kappa * _half_angle_square(distance_km))


def _half_angle_square(distance_km: Floats) -> Floats:
    """Give sin^2(theta / 2) = (1 - cos theta) / 2, to all digits for short distances."""
    return np.asarray(np.sin(np.minimum(distance_km / _RADIUS_KM, np.pi) / 2.0) ** 2)


def _reach_km(bandwidth_km: float, fall: Floats | float, beyond: Floats | float = 0.0) -> Any:  # noqa: ANN401 - as the input
    """Distance [km] at which the logarithm of the kernel is lower by `fall` than at `beyond`.

    `beyond` is given as sin^2 of half the angle; nothing is farther than half round the Earth.
    """
    kappa = (_RADIUS_KM / bandwidth_km) ** 2
    square = np.minimum(beyond + fall / (2.0 * kappa), 1.0)
    # geodesics of the ellipsoid can be a little longer than half a circle of the mean sphere
    return np.where(square == 1.0, 20_100.0, 2.0 * _RADIUS_KM * np.arcsin(np.sqrt(square)))[()]


class _Crowd:
    """Features that foretell each other: places, weights, and how near the nearest other is."""

    def __init__(self, features: Features, column: str | None) -> None:
        _refuse_shapes(features)
        quantity = _quantity(features, column)
        takes_part = quantity > 0.0  # unknown is not
        if np.count_nonzero(takes_part) < 2:  # noqa: PLR2004 - one has no other
            msg = (
                "expected at least 2 features to foretell each other, got "
                f"{np.count_nonzero(takes_part)}; state bandwidth_km instead"
            )
            raise LayerError(msg)
        self.lon, self.lat = shapely.get_coordinates(features.geometries[takes_part]).T
        self.weight = quantity[takes_part]
        self.index = FeatureIndex.of_points(self.lon, self.lat)
        everyone = np.arange(len(self.weight))
        nearest = self.index.nearest(self.lon, self.lat, exclude=everyone).distance[:, 0] / _KM
        self.nearest = _half_angle_square(nearest)

    def likelihood(self, bandwidth_km: float) -> float:
        """Mean logarithm of the density [1/km2] at each point given the others.

        How far others count is asked of each point by itself: far points look farther, until what
        is left out is less than 1e-7 of what is there.
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
                me = some[pairs.site[pairs.row]]
                farther = _half_angle_square(pairs.distance / _KM) - self.nearest[me]
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


def _refuse_shapes(features: Features) -> None:
    shapes = shapely.get_type_id(features.geometries) != shapely.GeometryType.POINT
    if shapes.any():
        msg = (
            f"a kernel spreads points, {shapes.sum()} features are none: "
            f"{name_ids(list(features.ids[shapes]))}; take their centroids, say"
        )
        raise GeometryError(msg)


def _warn_at_bound(bandwidth: float, low_km: float, high_km: float) -> None:
    if bandwidth < low_km * 1.02 or bandwidth > high_km / 1.02:
        warn(
            f"the best bandwidth is at a bound of the search, {bandwidth:.3g} km of {low_km:g} to "
            f"{high_km:g} km: features that share a place, or too few, foretell nothing; state "
            "bandwidth_km, or widen the bounds"
        )
