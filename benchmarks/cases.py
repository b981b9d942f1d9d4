"""What is compared: each case, its contenders, what each is given, and how answers must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyproj
from sklearn.cluster import DBSCAN
from sklearn.neighbors import KDTree

from standort.clusters import dbscan
from standort.metrics import nearest_distance, sum_within

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from benchmarks.data import Places

    Floats = NDArray[np.float64]
    Work = Callable[[], Any]

__all__ = [
    "CASES",
    "EPS_KM",
    "GEOD",
    "LAYERS",
    "MEAN_RADIUS_M",
    "MIN_SAMPLES",
    "PROJECTION",
    "RADIUS_KM",
    "Case",
    "Contender",
    "geocentric",
    "lon_lat",
    "measure_picked",
    "our_dbscan",
    "our_nearest",
    "our_sum",
    "same_partition",
    "sum_projected",
]

PROJECTION = "EPSG:3035"
RADIUS_KM = 25.0
EPS_KM, MIN_SAMPLES = 2.0, 5

GEOD = pyproj.Geod(ellps="WGS84")
#: mean radius of the Earth [m]
MEAN_RADIUS_M = 6_371_008.8
#: features this near to the radius may fall on either side of it by the formula of the chord [m]
_BOUNDARY_M = 0.1


@dataclass(frozen=True)
class Contender:
    """One way to do the work.

    Parameters
    ----------
    name
        What is called.
    prepare
        Takes the places and gives the work to be timed; its own seconds are not timed.
    given
        What stands ready before the clock starts.
    """

    name: str
    prepare: Callable[[Places], Work]
    given: str


@dataclass(frozen=True)
class Case:
    """A comparison.

    Parameters
    ----------
    title
        What is computed.
    target
        How many times faster we mean to be than the fastest peer.
    contenders
        Ours first, then the peers that count for the target.
    oracles
        Peers that only check the answer.
    agreement
        Takes the places and the answers of contenders and oracles, and measures differences.
    together
        Whether features cluster where the sites do.
    needs
        Packages of `peers.txt` without which it is left out.
    """

    title: str
    target: float | None
    contenders: tuple[Contender, ...]
    agreement: Callable[..., dict[str, float]]
    oracles: tuple[Contender, ...] = ()
    together: bool = False
    needs: tuple[str, ...] = ()


# ---------------------------------------------------------------------- nearest distance


def our_nearest(places: Places) -> Work:
    """Prepare our nearest distance."""
    return lambda: nearest_distance(places.sites, places.features)


def _joined_nearest(places: Places) -> Work:
    sites, features = places.sites.to_crs(PROJECTION), places.features.to_crs(PROJECTION)
    _ = features.sindex  # built here, and kept by the layer
    return lambda: geopandas.sjoin_nearest(sites, features, distance_col="distance_m")


def _nearest_agreement(
    places: Places, ours: pd.Series[float], joined: pd.DataFrame
) -> dict[str, float]:
    """Compare with the features that the peer picked, as rows of a join."""
    first = joined[~joined.index.duplicated()].loc[places.sites.index]
    picked = first["index_right"].to_numpy()
    return measure_picked(places, ours, picked, first["distance_m"].to_numpy())


def measure_picked(
    places: Places, ours: pd.Series[float], picked: NDArray[Any], planar: Floats
) -> dict[str, float]:
    """Measure the peer's nearest features by pyproj: none may be nearer than ours."""
    lon, lat = lon_lat(places.sites)
    feature_lon, feature_lat = lon_lat(places.features)
    geodesic = GEOD.inv(lon, lat, feature_lon[picked], feature_lat[picked])[2]
    our_m = ours.to_numpy() * 1_000.0
    return {
        "sites_where_peer_is_nearer_by_1_mm": int((geodesic < our_m - 1e-3).sum()),
        "sites_where_peer_picked_farther_feature": int((geodesic > our_m + 1e-3).sum()),
        "largest_planar_error": float(np.max(np.abs(planar - geodesic) / geodesic)),
    }


# ---------------------------------------------------------------------- sum within a radius


def our_sum(places: Places) -> Work:
    """Prepare our sum within a radius."""
    return lambda: sum_within(places.sites, places.features, "capacity", radius_km=RADIUS_KM)


def _tree_sum(sites: Floats, features: Floats, capacity: Floats, radius: float) -> Work:
    tree = KDTree(features)

    def work() -> Floats:
        actual = tree.query_radius(sites, radius)
        count = np.fromiter(map(len, actual), dtype=np.intp, count=len(actual))
        site = np.repeat(np.arange(len(actual)), count)
        of_pairs = capacity[np.concatenate(actual)]
        return np.asarray(np.bincount(site, weights=of_pairs, minlength=len(actual)), np.float64)

    return work


def _sum_geocentric(places: Places) -> Work:
    chord = 2 * MEAN_RADIUS_M * np.sin(RADIUS_KM * 1_000.0 / (2 * MEAN_RADIUS_M))
    capacity = places.features["capacity"].to_numpy()
    return _tree_sum(geocentric(places.sites), geocentric(places.features), capacity, chord)


def sum_projected(places: Places) -> Work:
    """Prepare sums on the plane, by scikit-learn."""
    sites, features = (
        layer.to_crs(PROJECTION).get_coordinates().to_numpy()
        for layer in (places.sites, places.features)
    )
    return _tree_sum(sites, features, places.features["capacity"].to_numpy(), RADIUS_KM * 1_000.0)


def _sum_agreement(
    places: Places, ours: pd.Series[float], in_space: Floats, _projected: Floats
) -> dict[str, float]:
    """Compare with the peer on the same chords; only features at the very radius may differ."""
    total = ours.to_numpy()
    apart = np.flatnonzero(np.abs(total - in_space) > 1e-9 * np.abs(in_space))
    tree = KDTree(geocentric(places.features))
    at_boundary = np.zeros(len(apart), dtype=bool)
    if len(apart):
        some = geocentric(places.sites)[apart]
        radius = RADIUS_KM * 1_000.0
        near, far = (
            tree.query_radius(some, radius + slack, count_only=True)
            for slack in (-_BOUNDARY_M, _BOUNDARY_M)
        )
        at_boundary = near != far
    return {
        "sites_that_differ_by_1e-9": len(apart),
        "sites_that_differ_without_a_feature_at_the_radius": int((~at_boundary).sum()),
        "sum_of_ours": float(total.sum()),
    }


# ---------------------------------------------------------------------- DBSCAN


def our_dbscan(places: Places) -> Work:
    """Prepare our DBSCAN."""
    return lambda: dbscan(places.sites, eps_km=EPS_KM, min_samples=MIN_SAMPLES)


def _haversine_dbscan(places: Places) -> Work:
    lon, lat = lon_lat(places.sites)
    points = np.radians(np.column_stack([lat, lon]))
    eps = EPS_KM * 1_000.0 / MEAN_RADIUS_M
    model = DBSCAN(eps=eps, min_samples=MIN_SAMPLES, metric="haversine", algorithm="ball_tree")
    return lambda: model.fit(points)


def _geocentric_dbscan(places: Places) -> Work:
    chord = 2 * MEAN_RADIUS_M * np.sin(EPS_KM * 1_000.0 / (2 * MEAN_RADIUS_M))
    points = geocentric(places.sites)
    model = DBSCAN(eps=chord, min_samples=MIN_SAMPLES, algorithm="kd_tree")
    return lambda: model.fit(points)


def _dbscan_agreement(
    _places: Places, ours: pd.DataFrame, haversine: DBSCAN, in_space: DBSCAN
) -> dict[str, float]:
    """Compare cores and how clusters part them; border points may go to any of their clusters."""
    core = (ours["role"] == "core").to_numpy()
    label = ours["cluster"].to_numpy()
    on_sphere, on_ellipsoid = (_core_mask(model) for model in (haversine, in_space))
    return {
        "cores": int(core.sum()),
        "clusters": int(label.max()) + 1,
        "cores_that_differ_from_sphere": int((core != on_sphere).sum()),
        "cores_that_differ_from_geocentric": int((core != on_ellipsoid).sum()),
        "noise_that_differs_from_geocentric": int(
            ((label == -1) != (in_space.labels_ == -1)).sum()
        ),
        "core_partition_equals_geocentric": int(
            np.array_equal(core, on_ellipsoid)
            and same_partition(label[core], in_space.labels_[core])
        ),
    }


def _core_mask(model: DBSCAN) -> NDArray[np.bool_]:
    core = np.zeros(len(model.labels_), dtype=bool)
    core[model.core_sample_indices_] = True
    return core


def same_partition(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Tell whether labels differ in name only."""
    both = pd.DataFrame({"one": one, "other": other}).drop_duplicates()
    return bool(both["one"].is_unique and both["other"].is_unique)


# ---------------------------------------------------------------------- coordinates


def lon_lat(layer: GeoDataFrame) -> tuple[Floats, Floats]:
    """Give coordinates as they are."""
    actual = layer.get_coordinates().to_numpy()
    return np.ascontiguousarray(actual[:, 0]), np.ascontiguousarray(actual[:, 1])


def geocentric(layer: GeoDataFrame) -> Floats:
    """Put points on the ellipsoid in geocentric coordinates [m], by pyproj."""
    to_geocentric = pyproj.Transformer.from_crs(4979, 4978, always_xy=True)
    lon, lat = lon_lat(layer)
    return np.column_stack(to_geocentric.transform(lon, lat, np.zeros_like(lon)))


LAYERS = "GeoDataFrames in EPSG:4326"

_NEAREST = (
    Contender("standort.metrics.nearest_distance", our_nearest, LAYERS),
    Contender(
        "geopandas.sjoin_nearest",
        _joined_nearest,
        f"GeoDataFrames in {PROJECTION}, spatial index of the features",
    ),
)
_SUM = (
    Contender("standort.metrics.sum_within", our_sum, LAYERS),
    Contender(
        "sklearn KDTree.query_radius, geocentric",
        _sum_geocentric,
        "geocentric coordinates, tree of the features",
    ),
    Contender(
        f"sklearn KDTree.query_radius, {PROJECTION}",
        sum_projected,
        "projected coordinates, tree of the features",
    ),
)
_DBSCAN = (
    Contender("standort.clusters.dbscan", our_dbscan, LAYERS),
    Contender("sklearn DBSCAN, haversine, ball tree", _haversine_dbscan, "radians"),
)
_DBSCAN_ORACLE = Contender(
    "sklearn DBSCAN, geocentric, k-d tree", _geocentric_dbscan, "geocentric coordinates"
)

CASES = {
    "nearest": Case("Nearest distance", 6.0, _NEAREST, _nearest_agreement),
    "sum": Case("Sum within 25 km", 4.0, _SUM, _sum_agreement),
    "dbscan": Case(
        "DBSCAN, eps 2 km, 5 samples", 4.0, _DBSCAN, _dbscan_agreement, (_DBSCAN_ORACLE,)
    ),
    "nearest_together": Case(
        "Nearest distance, features where the sites are",
        None,
        _NEAREST,
        _nearest_agreement,
        together=True,
    ),
    "sum_together": Case(
        "Sum within 25 km, features where the sites are",
        None,
        _SUM,
        _sum_agreement,
        together=True,
    ),
}
