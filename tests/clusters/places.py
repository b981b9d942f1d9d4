"""Layers of plants, and clusters found the slow way: scikit-learn on a matrix of pyproj.Geod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from oracles import GEOD, geodesic_matrix
from sklearn.cluster import DBSCAN

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "along_equator",
    "border_faults",
    "core_groups",
    "distances_km",
    "plants",
    "sklearn_clusters",
]


def plants(lon: ArrayLike, lat: ArrayLike, *, ids: Any = None, **columns: Any) -> gpd.GeoDataFrame:  # noqa: ANN401
    """Build emitters; ids s00, s01, ... unless given."""
    places = gpd.points_from_xy(np.asarray(lon, float), np.asarray(lat, float), crs="EPSG:4326")
    names = [f"s{i:02d}" for i in range(len(places))] if ids is None else ids
    return gpd.GeoDataFrame({"site_id": names, **columns}, geometry=places).set_index("site_id")


def along_equator(*at_km: float, **columns: Any) -> gpd.GeoDataFrame:  # noqa: ANN401
    """Build emitters on the equator, at distances [km] from longitude 0."""
    lon, _, _ = GEOD.fwd(
        np.zeros(len(at_km)), np.zeros(len(at_km)), np.full(len(at_km), 90.0), np.array(at_km) * 1e3
    )
    return plants(lon, np.zeros(len(at_km)), **columns)


def distances_km(sites: gpd.GeoDataFrame) -> Floats:
    """All geodesic distances [km] between sites."""
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    return geodesic_matrix(lon, lat, lon, lat) / 1_000.0


def sklearn_clusters(
    distance: Floats, eps: float, min_samples: int, weights: Floats | None = None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Labels and core flags of scikit-learn on a matrix of distances."""
    model = DBSCAN(eps=eps, min_samples=min_samples, metric="precomputed")
    found = model.fit(distance, sample_weight=weights)
    core = np.zeros(len(distance), dtype=bool)
    core[found.core_sample_indices_] = True
    return np.asarray(found.labels_, dtype=np.int64), core


def core_groups(label: ArrayLike, core: ArrayLike, ids: Any = None) -> set[frozenset[Any]]:  # noqa: ANN401
    """Sets of cores that share a cluster, whatever the clusters are called."""
    label, core = np.asarray(label), np.asarray(core, dtype=bool)
    names = np.arange(len(label)) if ids is None else np.asarray(ids)
    return {frozenset(names[(label == c) & core].tolist()) for c in np.unique(label[core]).tolist()}


def border_faults(found: pd.DataFrame, distance: Floats, eps: float) -> list[int]:
    """Non-cores that do not have the cluster of a core nearest to them, or wrongly have one."""
    label, role = found["cluster"].to_numpy(), found["role"].to_numpy()
    core = np.flatnonzero(role == "core")
    faults = []
    for site in np.flatnonzero(role != "core"):
        near = distance[site, core]
        if not (near <= eps).any():
            fine = label[site] == -1 and role[site] == "noise"
        else:
            nearest = set(label[core[near <= near.min() + 1e-9]].tolist())
            fine = label[site] in nearest and role[site] == "border"
        if not fine:
            faults.append(int(site))
    return faults
