"""Layers of plants, and reference clusters: scikit-learn on a matrix of pyproj.Geod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from oracles import GEOD, geodesic_matrix
from sklearn.cluster import DBSCAN

from standort.clusters import dbscan, means_of_groups
from standort.clusters.cluster_table import emissions_mt, members
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "along_equator",
    "border_errors",
    "cloud_of",
    "clusters_of",
    "core_groups",
    "distances_km",
    "member_means",
    "plants",
    "sklearn_clusters",
]


def plants(lon: ArrayLike, lat: ArrayLike, *, ids: Any = None, **columns: Any) -> gpd.GeoDataFrame:  # noqa: ANN401
    """Build emitters; ids s00, s01, ... unless given."""
    points = gpd.points_from_xy(np.asarray(lon, float), np.asarray(lat, float), crs="EPSG:4326")
    names = [f"s{i:02d}" for i in range(len(points))] if ids is None else ids
    return gpd.GeoDataFrame({"site_id": names, **columns}, geometry=points).set_index("site_id")


def along_equator(*at_km: float, **columns: Any) -> gpd.GeoDataFrame:  # noqa: ANN401
    """Build emitters on the equator, at distances [km] from longitude 0."""
    lon, _, _ = GEOD.fwd(
        np.zeros(len(at_km)), np.zeros(len(at_km)), np.full(len(at_km), 90.0), np.array(at_km) * 1e3
    )
    return plants(lon, np.zeros(len(at_km)), **columns)


def distances_km(sites: gpd.GeoDataFrame) -> Floats:
    """Return all geodesic distances [km] between sites."""
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    return geodesic_matrix(lon, lat, lon, lat) / 1_000.0


def sklearn_clusters(
    distance: Floats, eps: float, min_samples: int, weights: Floats | None = None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return labels and core flags of scikit-learn on a matrix of distances."""
    model = DBSCAN(eps=eps, min_samples=min_samples, metric="precomputed")
    labels = model.fit(distance, sample_weight=weights)
    core = np.zeros(len(distance), dtype=bool)
    core[labels.core_sample_indices_] = True
    return np.asarray(labels.labels_, dtype=np.int64), core


def core_groups(label: ArrayLike, core: ArrayLike, ids: Any = None) -> set[frozenset[Any]]:  # noqa: ANN401
    """Return sets of cores that share a cluster, whatever their labels."""
    label, core = np.asarray(label), np.asarray(core, dtype=bool)
    names = np.arange(len(label)) if ids is None else np.asarray(ids)
    return {frozenset(names[(label == c) & core].tolist()) for c in np.unique(label[core]).tolist()}


def border_errors(labels: pd.DataFrame, distance: Floats, eps: float) -> list[int]:
    """Return non-cores that are not in the cluster of their nearest core, or wrongly in one."""
    label, role = labels["cluster"].to_numpy(), labels["role"].to_numpy()
    core = np.flatnonzero(role == "core")
    errors = []
    for site in np.flatnonzero(role != "core"):
        near = distance[site, core]
        if not (near <= eps).any():
            fine = label[site] == -1 and role[site] == "noise"
        else:
            nearest = set(label[core[near <= near.min() + 1e-9]].tolist())
            fine = label[site] in nearest and role[site] == "border"
        if not fine:
            errors.append(int(site))
    return errors


def cloud_of(cloud: Any, n: int = 150) -> gpd.GeoDataFrame:  # noqa: ANN401
    rng = np.random.default_rng(7)
    emissions = rng.choice([np.nan, 0.0, 1e5, 2e6], n)
    sectors = rng.choice(np.array(["Cement", "Glass", None], dtype=object), n)
    sites = plants(*cloud(rng, n), ids=range(n), co2_t_per_yr=emissions, sector=sectors)
    sites.attrs["eps"] = float(np.quantile(distances_km(sites), 0.02)) + 0.001
    return sites


def clusters_of(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    labels = dbscan(
        sites, eps_km=sites.attrs["eps"], min_samples=3, emissions="co2_t_per_yr", star=False
    )
    assert labels["cluster"].max() >= 0
    return labels


def member_means(
    sites: gpd.GeoDataFrame, labels: pd.DataFrame, table: pd.DataFrame
) -> pd.DataFrame:
    """Average columns over the members of each cluster; index ``cluster``."""
    layer = as_emitters(sites)
    member, cluster = members(layer, labels)
    index = pd.RangeIndex(int(cluster.max(initial=-1)) + 1, name="cluster")
    entries = {name: table[name].to_numpy(float)[layer.order][member] for name in table.columns}
    means = means_of_groups(entries, emissions_mt(layer)[member], cluster, len(index))
    return pd.DataFrame(means, index=index, columns=table.columns)
