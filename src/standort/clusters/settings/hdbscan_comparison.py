"""HDBSCAN, as a cross-check of DBSCAN: clusters of varying density, without a common eps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from standort.arguments import FARTHEST_KM, between, checked, whole
from standort.clusters.density_clusters import NOISE, density_rule, renumber
from standort.earth import geocentric
from standort.errors import OptionError
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Ints
    from standort.layers.features import Features


_KM = 1_000.0


@checked(
    min_cluster_size=whole(2), min_samples=whole(1), least_eps_km=between(0, FARTHEST_KM, "km")
)
def hdbscan(
    sites: GeoDataFrame | Features,
    *,
    min_cluster_size: int = 3,
    min_samples: int = 3,
    least_eps_km: float = 5.0,
    emissions: pd.Series[float] | str | None = None,
) -> pd.DataFrame:
    """Find clusters by HDBSCAN, as a cross-check of `dbscan`.

    HDBSCAN chooses a density for each cluster, so it finds loose clusters next to tight ones.
    Clusters that both methods find do not depend on one eps; others do.

    Parameters
    ----------
    sites
        Points in any CRS.
    min_cluster_size
        Fewest sites of a cluster.
    min_samples
        Neighbours, including the site itself, used to measure the density at a site.
    least_eps_km
        Clusters are not split at distances below this [km]; 0 sets no limit.
    emissions
        Emissions [t/yr] that order the clusters, as for `dbscan`.

    Returns
    -------
    Index of `sites`; ``cluster``, numbered as by `dbscan`, -1 for noise; ``certainty``, 0 to 1,
    which grows towards the densest part of the cluster.

    Raises
    ------
    OptionError
        If an option is out of range, or there are fewer sites than `min_samples`.

    Notes
    -----
    scikit-learn works on geocentric coordinates: straight chords, 1 mm shorter than the geodesic
    at 10 km and 3 cm at 30 km. The least eps is applied to its tree here: clusters that DBSCAN*
    joins at that distance are joined. scikit-learn's own option for this fails under numpy 2.4.
    Sites are sorted by id, so that the order of rows does not matter.

    References
    ----------
    Campello, R., Moulavi, D. and Sander, J. (2013), Density-based clustering based on hierarchical
    density estimates, PAKDD 2013. Malzer, C. and Baum, M. (2020), A hybrid approach to
    hierarchical density-based cluster selection, MFI 2020 (the least eps).

    Examples
    --------
    >>> import geopandas
    >>> lon = [0, 0.01, 0.02, 1, 1.1, 1.2, 5]
    >>> plants = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, [0] * 7, crs=4326))
    >>> hdbscan(plants).cluster.tolist()
    [0, 0, 0, 1, 1, 1, -1]
    """
    from sklearn.cluster import HDBSCAN

    layer = as_emitters(sites)
    if min_samples > len(layer):
        msg = f"expected at least {min_samples} sites, got {len(layer)}; lower min_samples"
        raise OptionError(msg)
    rule = density_rule(layer, emissions=emissions)
    lon, lat = np.ascontiguousarray(shapely.get_coordinates(layer.geometries).T)
    model = HDBSCAN(min_cluster_size=min_cluster_size, min_samples=min_samples, copy=True)
    model.fit(geocentric(lon, lat))
    label = np.maximum(model.labels_, NOISE).astype(np.int64)
    if least_eps_km > 0:
        whole = model.dbscan_clustering(least_eps_km * _KM, min_cluster_size=min_cluster_size)
        label = _rejoin(label, whole)
    label = renumber(label, rule.known)
    table = pd.DataFrame({"cluster": label, "certainty": model.probabilities_}, index=layer.order)
    return table.sort_index().set_index(layer.input_index)


def _rejoin(label: Ints, whole: Ints) -> Ints:
    """Join the parts of each cluster at the least eps; both partitions are cuts of one tree."""
    label = label.copy()
    for one in range(int(whole.max(initial=-1)) + 1):
        inside = whole == one
        parts = np.unique(label[inside & (label != NOISE)])
        if len(parts) > 1:
            label[inside] = parts[0]
    kept = label != NOISE
    label[kept] = np.unique(label[kept], return_inverse=True)[1]
    return label
