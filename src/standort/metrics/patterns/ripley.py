"""Ripley's K: clustering of points at each distance, against random points or labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from standort.arguments import MOST_DRAWS, SEED, checked, positive, whole
from standort.earth import FeatureIndex
from standort.errors import LayerError, OptionError
from standort.metrics.patterns.permutation import two_sided
from standort.metrics.patterns.point_pattern import as_pattern
from standort.random_numbers import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame

    from standort.array_types import Flags, Floats
    from standort.layers.features import Features
    from standort.metrics.patterns.study_area import StudyArea


EdgeCorrection = Literal["rigid_motion", "border", "none"]

_KM = 1_000.0
#: mean radius of the Earth [km] (IUGG), where a formula is that of a sphere
_RADIUS_KM = 6_371.0088
#: distances at which the share of circles within the area is estimated, and points for each
_PROBED_DISTANCES = 65
_PROBES = 50_000


@checked(radii_km=positive("km"), simulations=whole(0, MOST_DRAWS), seed=SEED)
def ripley_k(
    sites: GeoDataFrame | Features,
    area: GeoDataFrame | StudyArea,
    *,
    radii_km: Sequence[float],
    correction: EdgeCorrection = "rigid_motion",
    simulations: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure how many neighbours points have within each radius (Ripley's K and L).

    K(r) is the mean number of other points within r of a point, divided by the number per km2. For
    uniformly random points it is the area of a circle of radius r on the Earth, and L(r) is about
    r. K is cumulative: a surplus at 5 km is still included at 50 km. Plants, which need land,
    coasts and towns, exceed random points at all radii; see `ripley_difference`.

    Parameters
    ----------
    sites
        Points in any CRS, at least 2; those outside the area are left out with a warning.
    area
        Where points could be: polygons in any CRS.
    radii_km
        Radii, positive and rising [km].
    correction
        Correction for missing neighbours of points near the edge. "rigid_motion" divides each pair
        by the mean share of a circle of its radius that is in the area; "border" counts only around
        points farther from the edge than the radius; "none" is correct only for the whole Earth.
    simulations
        Number of simulations of random points in the area, for the envelope; 0 for none.
    seed
        Random seed of the simulations.

    Returns
    -------
    Index ``radius_km``; ``k_km2`` and ``l_km`` = sqrt(K / pi); ``chance_k_km2``, the area of the
    circle on the sphere of the mean radius, and ``chance_l_km``. With simulations also ``low_km2``
    and ``high_km2``, the smallest and largest simulated K, and ``p_value``, two-sided, of each
    radius separately. K is NaN where no point is far enough from the edge.

    Raises
    ------
    CRSError, GeometryError, LayerError
        As for `nearest_neighbour_index`.
    OptionError
        If an option is outside its range, or no circle of a radius overlaps the area.

    Notes
    -----
    A sphere has rotations but no translations, so the rigid-motion correction (Ohser and Stoyan
    1981) remains exact: K = |W| / (n (n-1)) sum 1[d <= r] / p(d), with p(d) the share of circles of
    radius d around points of W that is in W, estimated from 50,000 points (standard error at most
    0.0022). Its variance grows as p(d) falls.

    References
    ----------
    Ripley, B. D. (1976), J. Applied Probability 13, 255-266. Ohser, J., and Stoyan, D. (1981),
    Biometrical Journal 23, 523-533 (both recalled).

    Examples
    --------
    Four points evenly spaced on the equator: each has 2 of the 3 others within a quarter turn.

    >>> import geopandas
    >>> from standort.metrics import StudyArea
    >>> four = geopandas.GeoDataFrame(
    ...     geometry=geopandas.points_from_xy([0, 90, 180, -90], [0] * 4), crs=4326
    ... )
    >>> k = ripley_k(four, StudyArea.whole_earth(), radii_km=[5_000, 10_100])["k_km2"]
    >>> (k / StudyArea.whole_earth().area_km2).round(4).tolist()
    [0.0, 0.6667]
    """
    radii = _check_radii(radii_km)
    pattern = as_pattern(sites, area)
    counting = _Counting.of(pattern.area, radii, correction)
    all_points = np.ones((1, len(pattern.lon)), dtype=bool)
    k = counting.k_km2(pattern.lon, pattern.lat, all_points)[0]
    chance = cap_area_km2(radii)
    table = pd.DataFrame(
        {
            "k_km2": k,
            "l_km": np.sqrt(k / np.pi),
            "chance_k_km2": chance,
            "chance_l_km": np.sqrt(chance / np.pi),
        },
        index=pd.Index(radii, name="radius_km"),
    )
    if not simulations:
        return table
    simulated = np.empty((simulations, len(radii)))
    for draw in range(simulations):
        lon, lat = pattern.area.random_points(len(pattern.lon), generator(seed, draw))
        simulated[draw] = counting.k_km2(lon, lat, all_points)[0]
    return table.assign(
        low_km2=simulated.min(axis=0),
        high_km2=simulated.max(axis=0),
        p_value=two_sided(k, simulated),
    )


@checked(radii_km=positive("km"), simulations=whole(1, MOST_DRAWS), seed=SEED)
def ripley_difference(  # noqa: PLR0913 - a correction, and relabellings with their seed
    sites: GeoDataFrame | Features,
    case: str,
    area: GeoDataFrame | StudyArea,
    *,
    radii_km: Sequence[float],
    correction: EdgeCorrection = "rigid_motion",
    simulations: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure whether some points are more clustered than others: D = K_cases - K_controls.

    The reference is random labelling: positions stay, and the cases among them are drawn. The
    effects common to all industry (land, coast, towns) cancel, and the area matters little.

    Parameters
    ----------
    sites
        Points in any CRS; those outside the area are left out with a warning.
    case
        Column that is True for cases (such as steelworks) and False for controls (other plants).
    area, radii_km, correction
        As for `ripley_k`.
    simulations
        Number of random labellings.
    seed
        Random seed of the labellings.

    Returns
    -------
    Index ``radius_km``; ``d_km2``, above 0 where cases are more clustered; ``low_km2`` and
    ``high_km2``, the smallest and largest simulated D, and ``p_value``, two-sided, of each radius
    separately.

    Raises
    ------
    LayerError
        If the column is missing or holds anything but True and False, or there are fewer than 2
        cases or controls; otherwise as for `ripley_k`.
    OptionError
        As for `ripley_k`.

    References
    ----------
    Diggle, P. J., and Chetwynd, A. G. (1991), Biometrics 47, 1155-1163 (recalled).

    Examples
    --------
    >>> import geopandas
    >>> from standort.metrics import StudyArea
    >>> plants = geopandas.GeoDataFrame(
    ...     {"steel": [True, True, False, False]},
    ...     geometry=geopandas.points_from_xy([0, 0.1, 90, 180], [0] * 4),
    ...     crs=4326,
    ... )
    >>> table = ripley_difference(
    ...     plants, "steel", StudyArea.whole_earth(), radii_km=[50.0], simulations=9
    ... )
    >>> (table["d_km2"] / StudyArea.whole_earth().area_km2).tolist()
    [1.0]
    """
    radii = _check_radii(radii_km)
    pattern = as_pattern(sites, area)
    is_case = _cases(pattern.features, case)
    drawn = np.empty((simulations + 1, len(is_case)), dtype=bool)
    drawn[0] = is_case
    for draw in range(simulations):
        drawn[draw + 1] = generator(seed, draw).permutation(is_case)
    counting = _Counting.of(pattern.area, radii, correction)
    cases = counting.k_km2(pattern.lon, pattern.lat, drawn)
    controls = counting.k_km2(pattern.lon, pattern.lat, ~drawn)
    difference = cases - controls
    return pd.DataFrame(
        {
            "d_km2": difference[0],
            "low_km2": difference[1:].min(axis=0),
            "high_km2": difference[1:].max(axis=0),
            "p_value": two_sided(difference[0], difference[1:]),
        },
        index=pd.Index(radii, name="radius_km"),
    )


def cap_area_km2(radius_km: Floats) -> Floats:
    """Return the area of a circle on the sphere, 2 pi R^2 (1 - cos(r / R)) [km2].

    >>> cap_area_km2(np.array([25.0])).round(2)
    array([1963.49])
    """
    # by the half angle: 1 - cos is inaccurate for a small radius
    return np.asarray(4.0 * np.pi * (_RADIUS_KM * np.sin(radius_km / (2.0 * _RADIUS_KM))) ** 2)


def _cases(features: Features, column: str) -> Flags:
    if column not in features.table.columns:
        have = ", ".join(map(str, features.table.columns)) or "none"
        msg = f"expected a column {column!r} of True and False in the sites, which have: {have}"
        raise LayerError(msg)
    held = features.table[column]
    if held.isna().any() or not held.isin([True, False]).all():
        msg = f"column {column!r} must be True or False for every site; drop or fix the others"
        raise LayerError(msg)
    is_case = held.to_numpy(dtype=bool)
    if min(is_case.sum(), (~is_case).sum()) < 2:  # noqa: PLR2004 - K needs a pair of each
        msg = (
            f"expected at least 2 cases and 2 controls in the area, column {column!r} has "
            f"{is_case.sum()} and {(~is_case).sum()}"
        )
        raise LayerError(msg)
    return is_case


# ---------------------------------------------------------------------- counts of pairs


@dataclass(frozen=True)
class _Counting:
    """Counts of pairs of points at each radius, given an area and an edge correction."""

    area: StudyArea
    radii: Floats
    correction: EdgeCorrection
    probed_km: Floats
    share: Floats

    @classmethod
    def of(cls, area: StudyArea, radii: Floats, correction: EdgeCorrection) -> _Counting:
        probed = np.linspace(0.0, radii[-1], _PROBED_DISTANCES)
        if correction != "rigid_motion":
            return cls(area, radii, correction, probed, np.ones(len(probed)))
        share = area.share_reached(probed, n=_PROBES, seed=0)
        if not share.all():
            msg = (
                f"no circle of radius {probed[share == 0.0][0]:g} km around a point of the study "
                "area overlaps it; choose smaller radii_km"
            )
            raise OptionError(msg)
        return cls(area, radii, correction, probed, share)

    def k_km2(self, lon: Floats, lat: Floats, counted: Flags) -> Floats:
        """Estimate K [km2] of the counted points, for each row of `counted` and each radius."""
        n_radii = len(self.radii)
        # a point counts for radii up to the last one that does not reach the edge
        last = np.full(len(lon), n_radii)
        if self.correction == "border":
            edge = self.area.edge_distance_km(lon, lat)
            last = np.searchsorted(self.radii, edge, side="right")
        rise = np.zeros((len(counted), n_radii + 1))
        index = FeatureIndex.of_points(lon, lat)
        within = index.pairs_within(
            lon, lat, radius=self.radii[-1] * _KM, exclude=np.arange(len(lon))
        )
        for pairs in within:
            centre, other, distance = pairs.site[pairs.row], pairs.feature, pairs.distance / _KM
            first = np.searchsorted(self.radii, distance - 1e-9, side="left")
            stop = np.maximum(last[centre], first)
            weight = 1.0 / np.interp(distance, self.probed_km, self.share)
            for row, some in enumerate(counted):
                both = np.flatnonzero(some[centre] & some[other])
                for position, sign in ((first, 1.0), (stop, -1.0)):
                    rise[row] += sign * np.bincount(
                        position[both], weights=weight[both], minlength=n_radii + 1
                    )
        n = counted.sum(axis=1)[:, np.newaxis]
        centres = np.stack(
            [counted @ (last > position).astype(np.int64) for position in range(n_radii)], axis=1
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(
                self.area.area_km2 * np.cumsum(rise[:, :-1], axis=1) / (centres * (n - 1))
            )


def _check_radii(radii_km: Sequence[float]) -> Floats:
    radii = np.asarray(radii_km, dtype=np.float64)
    rising = radii.ndim == 1 and len(radii) and radii[0] > 0.0 and (np.diff(radii) > 0.0).all()
    if not rising or not np.isfinite(radii).all():
        msg = f"expected radii_km to be positive and rising [km], got {radii_km!r}; sort them"
        raise OptionError(msg)
    return radii
