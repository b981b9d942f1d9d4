"""Whether points keep together or apart at each distance: Ripley's K, against chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from standort.earth import FeatureIndex
from standort.errors import LayerError, OptionError
from standort.metrics.patterns.permutation import check_choice, check_count, two_sided
from standort.metrics.patterns.point_pattern import as_pattern
from standort.random_numbers import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers.features import Features
    from standort.metrics.patterns.study_area import StudyArea

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["cap_area_km2", "ripley_difference", "ripley_k"]

EdgeCorrection = Literal["rigid_motion", "border", "none"]

_KM = 1_000.0
#: mean radius of the Earth [km] (IUGG), where a formula is that of a sphere
_RADIUS_KM = 6_371.0088
#: distances at which the share of circles within the area is estimated, and places for each
_PROBED_DISTANCES = 65
_PROBES = 50_000


def ripley_k(
    sites: GeoDataFrame | Features,
    area: GeoDataFrame | StudyArea,
    *,
    radii_km: Sequence[float],
    correction: EdgeCorrection = "rigid_motion",
    simulations: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """Count how many more neighbours than chance points have, radius by radius (Ripley's K, L).

    K(r) is the number of further points within r of a point, over the number per km2. For points
    thrown evenly it is the area of a circle of radius r on the Earth, and L(r) is about r. K adds
    up: a surplus at 5 km is still in it at 50 km. Plants that keep to land, coasts and towns
    exceed chance at all radii; see `ripley_difference`.

    Parameters
    ----------
    sites
        Points in any CRS, at least 2; those outside the area are left out with a warning.
    area
        Where points could have been: polygons in any CRS.
    radii_km
        Radii, positive and rising [km].
    correction
        For the neighbours a point near the edge cannot have in the area. "rigid_motion" divides
        each pair by the mean share of a circle of its radius that lies in the area; "border"
        counts only round points farther from the edge than the radius; "none" is right only for
        the whole Earth.
    simulations
        Times as many points are thrown into the area, for the envelope; 0 for none.
    seed
        Of the simulations.

    Returns
    -------
    Index ``radius_km``; ``k_km2`` and ``l_km`` = sqrt(K / pi); ``chance_k_km2``, the area of the
    circle on the sphere of the mean radius, and ``chance_l_km``. With simulations also ``low_km2``
    and ``high_km2``, the least and largest K thrown, and ``p_value``, two-sided, of each radius by
    itself. K is NaN where no point is far enough from the edge.

    Raises
    ------
    CRSError, GeometryError, LayerError
        As for `nearest_neighbour_index`.
    OptionError
        If an option is outside its range, or no circle of a radius has any part in the area.

    Notes
    -----
    On a sphere there are no translations, but rotations: the rigid-motion correction (Ohser and
    Stoyan 1981) is the one that stays exact, K = |W| / (n (n-1)) sum 1[d <= r] / p(d), with p(d)
    the share of circles of radius d round places of W that lies in W, estimated from 50,000 places
    (standard error at most 0.0022). Its variance grows as p(d) falls.

    References
    ----------
    Ripley, B. D. (1976), J. Applied Probability 13, 255-266. Ohser, J., and Stoyan, D. (1981),
    Biometrical Journal 23, 523-533 (both recalled).

    Examples
    --------
    Four places evenly round the equator: within a quarter turn each has 2 of the 3 others.

    >>> import geopandas
    >>> from standort.metrics import StudyArea
    >>> four = geopandas.GeoDataFrame(
    ...     geometry=geopandas.points_from_xy([0, 90, 180, -90], [0] * 4), crs=4326
    ... )
    >>> k = ripley_k(four, StudyArea.whole_earth(), radii_km=[5_000, 10_100])["k_km2"]
    >>> (k / StudyArea.whole_earth().area_km2).round(4).tolist()
    [0.0, 0.6667]
    """
    check_choice("correction", correction, get_args(EdgeCorrection))
    radii = _check_radii(radii_km)
    check_count("simulations", simulations, least=0)
    pattern = as_pattern(sites, area)
    counting = _Counting.of(pattern.area, radii, correction)
    everyone = np.ones((1, len(pattern.lon)), dtype=bool)
    k = counting.k_km2(pattern.lon, pattern.lat, everyone)[0]
    chance = cap_area_km2(radii)
    found = pd.DataFrame(
        {
            "k_km2": k,
            "l_km": np.sqrt(k / np.pi),
            "chance_k_km2": chance,
            "chance_l_km": np.sqrt(chance / np.pi),
        },
        index=pd.Index(radii, name="radius_km"),
    )
    if not simulations:
        return found
    thrown = np.empty((simulations, len(radii)))
    for draw in range(simulations):
        lon, lat = pattern.area.random_points(len(pattern.lon), generator(seed, draw))
        thrown[draw] = counting.k_km2(lon, lat, everyone)[0]
    return found.assign(
        low_km2=thrown.min(axis=0), high_km2=thrown.max(axis=0), p_value=two_sided(k, thrown)
    )


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
    """Tell whether some points keep together more than the others do: D = K_cases - K_controls.

    Chance here is random labelling: the places stay, which of them are cases is drawn. So what
    binds all industry alike (land, coast, towns) cancels, and the area matters little.

    Parameters
    ----------
    sites
        Points in any CRS; those outside the area are left out with a warning.
    case
        Column that is True for cases (steel works, say) and False for controls (other plants).
    area, radii_km, correction
        As for `ripley_k`.
    simulations
        Times the labels are drawn.
    seed
        Of the draws.

    Returns
    -------
    Index ``radius_km``; ``d_km2``, above 0 where cases keep together more; ``low_km2`` and
    ``high_km2``, the least and largest D drawn, and ``p_value``, two-sided, of each radius by
    itself.

    Raises
    ------
    LayerError
        If the column is missing or holds other than True and False, or there are fewer than 2
        cases or controls; else as for `ripley_k`.
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
    >>> found = ripley_difference(
    ...     plants, "steel", StudyArea.whole_earth(), radii_km=[50.0], simulations=9
    ... )
    >>> (found["d_km2"] / StudyArea.whole_earth().area_km2).tolist()
    [1.0]
    """
    check_choice("correction", correction, get_args(EdgeCorrection))
    radii = _check_radii(radii_km)
    check_count("simulations", simulations)
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
    """Give the area of a circle on the sphere, 2 pi R^2 (1 - cos(r / R)) [km2].

    >>> cap_area_km2(np.array([25.0])).round(2)
    array([1963.49])
    """
    # by the half angle: 1 - cos loses all digits of a short radius
    return np.asarray(4.0 * np.pi * (_RADIUS_KM * np.sin(radius_km / (2.0 * _RADIUS_KM))) ** 2)


def _cases(features: Features, column: str) -> NDArray[np.bool_]:
    if column not in features.table.columns:
        have = ", ".join(map(str, features.table.columns)) or "none"
        msg = f"expected a column {column!r} of True and False in the sites, which have: {have}"
        raise LayerError(msg)
    held = features.table[column]
    if held.isna().any() or not held.isin([True, False]).all():
        msg = f"column {column!r} must be True or False for every site; drop or mend the others"
        raise LayerError(msg)
    is_case = held.to_numpy(dtype=bool)
    if min(is_case.sum(), (~is_case).sum()) < 2:  # noqa: PLR2004 - K needs a pair of each
        msg = (
            f"expected at least 2 cases and 2 controls in the area, column {column!r} has "
            f"{is_case.sum()} and {(~is_case).sum()}"
        )
        raise LayerError(msg)
    return is_case


# ---------------------------------------------------------------------- counting pairs


@dataclass(frozen=True)
class _Counting:
    """How pairs of points are counted at each radius, given an area and an edge correction."""

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
                f"no circle of radius {probed[share == 0.0][0]:g} km round a place of the study "
                "area lies in it; choose smaller radii_km"
            )
            raise OptionError(msg)
        return cls(area, radii, correction, probed, share)

    def k_km2(self, lon: Floats, lat: Floats, counted: NDArray[np.bool_]) -> Floats:
        """Estimate K [km2] of the counted points, for each row of `counted` and each radius."""
        n_radii = len(self.radii)
        # a point counts up to the last radius that does not reach the edge
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
                for place, sign in ((first, 1.0), (stop, -1.0)):
                    rise[row] += sign * np.bincount(
                        place[both], weights=weight[both], minlength=n_radii + 1
                    )
        n = counted.sum(axis=1)[:, np.newaxis]
        centres = np.stack(
            [counted @ (last > place).astype(np.int64) for place in range(n_radii)], axis=1
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
