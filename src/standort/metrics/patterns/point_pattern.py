"""The nearest-neighbour index: clustering of points against random points in a study area.

A pattern is compared with points distributed uniformly over a study area. Industry needs land,
water and roads, so clustering against that reference says little by itself; comparing one kind of
plant with other plants (`standort.metrics.ripley_difference`) says more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from scipy.special import ndtr

from standort.arguments import MOST_DRAWS, SEED, checked, positive, whole
from standort.earth import FeatureIndex, geocentric, geodesic_length
from standort.errors import LayerError, OptionError, name_ids, warn
from standort.layers.features import as_emitters
from standort.metrics.patterns.study_area import as_study_area
from standort.random_numbers import generator

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Floats
    from standort.layers.features import Features
    from standort.metrics.patterns.study_area import StudyArea


NeighbourCorrection = Literal["simulated", "donnelly", "guard", "none"]

_KM = 1_000.0
#: standard error of the mean distance of Clark and Evans (1954), sqrt((4 - pi) / (4 pi))
_CLARK_EVANS = float(np.sqrt((4.0 - np.pi) / (4.0 * np.pi)))


@checked(guard_km=positive("km"), simulations=whole(1, MOST_DRAWS), seed=SEED)
def nearest_neighbour_index(
    sites: GeoDataFrame | Features,
    area: GeoDataFrame | StudyArea,
    *,
    correction: NeighbourCorrection = "simulated",
    guard_km: float | None = None,
    simulations: int = 999,
    seed: int = 0,
) -> pd.Series[float]:
    """Compare the mean distance to the nearest neighbour with that of uniformly random points.

    Below 1 points are clustered, 1 is random, 2 is a square lattice; coincident points give 0. The
    index depends on nearest neighbours only: evenly spread pairs of plants look clustered, and two
    distant clusters look like one. Coincident points (one plant listed twice) reduce it.

    Parameters
    ----------
    sites
        Points in any CRS, at least 2; those outside the area are left out with a warning.
    area
        Where points could be: polygons in any CRS. The index depends strongly on it.
    correction
        Near the edge neighbours are missing, which makes the uncorrected index ("none") too large.
        "simulated" compares with random points in the same area, whatever its shape; "donnelly"
        adds a term for the length of the edge, for simple shapes (the length of a coast depends on
        the map); "guard" counts only points at least `guard_km` from the edge, and is correct if
        neighbours are nearer than that.
    guard_km
        Width of the guard zone [km], with "guard" only.
    simulations
        Number of simulations, with "simulated" only.
    seed
        Random seed of the simulations.

    Returns
    -------
    ``index`` (observed over expected), ``observed_km``, ``expected_km``, ``z``, ``p_value``
    (two-sided, normal), ``points`` (those counted) and ``area_km2``, named
    ``nearest_neighbour_index``. NaN if no point is far enough from the edge. With a guard zone, z
    assumes that the counted distances are independent.

    Raises
    ------
    CRSError, GeometryError
        If a layer has no CRS, or is not of points, or of polygons with an area.
    LayerError
        If fewer than 2 points are in the area.
    OptionError
        If an option is outside its range.

    Notes
    -----
    Clark and Evans: 1 / (2 sqrt(n / A)), standard error 0.26136 / sqrt(n^2 / A).
    Donnelly: expected 0.5 sqrt(A/n) + (0.0514 + 0.041 / sqrt(n)) P / n, variance
    0.0703 A / n^2 + 0.037 P sqrt(A / n^5), P the length of the edge.

    References
    ----------
    Clark, P. J., and Evans, F. C. (1954), Ecology 35, 445-453. Donnelly, K. P. (1978), in Hodder
    (ed.), Simulation studies in archaeology, 91-95 (recalled).

    Examples
    --------
    The two poles are as far apart as possible, twice the expected distance of two random points.

    >>> import geopandas
    >>> from standort.metrics import StudyArea
    >>> poles = geopandas.GeoDataFrame(
    ...     geometry=geopandas.points_from_xy([0, 0], [90, -90]), crs=4326
    ... )
    >>> nearest_neighbour_index(poles, StudyArea.whole_earth())["index"].round(1)
    np.float64(2.0)
    """
    if (correction == "guard") != (guard_km is not None):
        msg = f"expected guard_km with correction 'guard' and only then, got {guard_km!r}"
        raise OptionError(msg)
    pattern = as_pattern(sites, area)
    distance = _nearest_km(pattern.lon, pattern.lat)
    if guard_km is not None:
        edge = pattern.area.edge_distance_km(pattern.lon, pattern.lat)
        distance = distance[edge >= guard_km]
    if correction == "simulated":
        expected, error = _simulated_mean(pattern, simulations, seed)
    else:
        expected, error = _expected_mean(pattern, len(distance), correction == "donnelly")
    observed = float(distance.mean()) if len(distance) else np.nan
    z = (observed - expected) / error if error > 0.0 else np.nan
    return pd.Series(
        {
            "index": observed / expected,
            "observed_km": observed,
            "expected_km": expected,
            "z": z,
            "p_value": 2.0 * float(ndtr(-abs(z))),
            "points": float(len(distance)),
            "area_km2": pattern.area.area_km2,
        },
        name="nearest_neighbour_index",
    )


# ---------------------------------------------------------------------- pattern


@dataclass(frozen=True)
class Pattern:
    """Points of a study area, in the order of their ids."""

    features: Features
    lon: Floats
    lat: Floats
    area: StudyArea


def as_pattern(sites: GeoDataFrame | Features, area: GeoDataFrame | StudyArea) -> Pattern:
    """Return the points that are in the area."""
    features, study_area = as_emitters(sites), as_study_area(area)
    lon, lat = shapely.get_coordinates(features.geometries).T
    inside = study_area.contains(lon, lat)
    if not inside.all():
        outside = name_ids(list(features.ids[~inside]))
        warn(f"left out {(~inside).sum()} of {len(lon)} points outside the study area: {outside}")
        features = features.subset(np.flatnonzero(inside))
    if len(features) < 2:  # noqa: PLR2004 - one point has no neighbour
        msg = f"expected at least 2 points in the study area, got {len(features)}; widen the area"
        raise LayerError(msg)
    return Pattern(features, lon[inside], lat[inside], study_area)


# ---------------------------------------------------------------------- nearest neighbours


def _nearest_km(lon: Floats, lat: Floats) -> Floats:
    index = FeatureIndex.of_points(lon, lat)
    return np.asarray(index.nearest(lon, lat, exclude=np.arange(len(lon))).distance[:, 0] / _KM)


def _nearest_by_chord_km(lon: Floats, lat: Floats) -> Floats:
    """Return distances to the point nearest in space, without the cost of starting threads."""
    points = geocentric(lon, lat)
    _, neighbour = cKDTree(points).query(points, k=[2])
    # of coincident points either may come first, and both are at distance 0
    return np.asarray(geodesic_length(points, points[np.asarray(neighbour)[:, 0]]) / _KM)


def _simulated_mean(pattern: Pattern, simulations: int, seed: int) -> tuple[float, float]:
    """Return mean and standard deviation of the mean nearest distance over simulations."""
    means = np.empty(simulations)
    for draw in range(simulations):
        lon, lat = pattern.area.random_points(len(pattern.lon), generator(seed, draw))
        means[draw] = _nearest_by_chord_km(lon, lat).mean()
    return float(means.mean()), float(means.std(ddof=1)) if simulations > 1 else np.nan


def _expected_mean(pattern: Pattern, counted: int, by_edge: bool) -> tuple[float, float]:  # noqa: FBT001
    """Return the mean and error of Clark and Evans, with Donnelly's edge terms if `by_edge`."""
    n, area = len(pattern.lon), pattern.area.area_km2
    expected = 0.5 * np.sqrt(area / n)
    if by_edge:
        edge = pattern.area.edge_km
        expected += (0.0514 + 0.041 / np.sqrt(n)) * edge / n
        return float(expected), float(
            np.sqrt(0.0703 * area / n**2 + 0.037 * edge * np.sqrt(area / n**5))
        )
    return float(expected), float(
        _CLARK_EVANS * np.sqrt(area / n) / np.sqrt(counted)
    ) if counted else np.nan
