"""Splitting clusters that are wider than a limit, with a report of the parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from standort.arguments import checked, positive, with_columns
from standort.clusters.cluster_table import members
from standort.clusters.density_clusters import NOISE, density_rule, renumber
from standort.clusters.extent import diameters
from standort.earth import geocentric, geodesic_length
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from standort.array_types import Flags, Floats, Ints
    from standort.layers.features import Features


#: columns of the report
REPORT_COLUMNS = ("split_cluster", "split_diameter_km", "cluster", "n_sites", "diameter_km")

_KM = 1_000.0
#: most members of a full matrix of distances; larger clusters are halved first
_MOST_AT_ONCE = 3_000


class Split(NamedTuple):
    """Clusters after the split, and a report.

    `labels` has the form of the input; `report` has a row per part: ``split_cluster`` and
    ``split_diameter_km`` of the cluster that was too wide, the new ``cluster`` (-1 for single
    sites), ``n_sites`` and ``diameter_km``.
    """

    labels: pd.DataFrame
    report: pd.DataFrame


@checked(labels=with_columns("cluster", "role"), max_diameter_km=positive("km"))
def split_wide(
    sites: GeoDataFrame | Features,
    labels: pd.DataFrame,
    *,
    max_diameter_km: float,
    emissions: pd.Series[float] | str | None = None,
) -> Split:
    """Split clusters that are wider than a limit into parts that are not.

    To DBSCAN a chain of plants is one cluster, however long. Where clusters represent plants that
    could share a pipeline or port, their width should be limited. Parts grow from the nearest
    sites, but a limit may also cut through dense areas: see the report.

    Parameters
    ----------
    sites
        The sites that were clustered.
    labels
        Their ``cluster`` and ``role``, as `dbscan` returns them.
    max_diameter_km
        Largest diameter of a cluster [km].
    emissions
        Emissions [t/yr] that order the clusters, as for `dbscan`.

    Returns
    -------
    The clusters, renumbered, and the report. A single site becomes noise; others keep their role,
    so a part may consist of borders only.

    Raises
    ------
    OptionError
        If the limit is not positive.

    Notes
    -----
    Complete linkage on geodesics, cut at the limit: parts are merged while their union is no wider.
    Clusters of more than 3,000 members are first halved across their longest axis, which bounds the
    memory.

    References
    ----------
    Defays, D. (1977), An efficient algorithm for a complete link method, The Computer Journal 20,
    364-366.

    Examples
    --------
    Twelve plants 9 km apart are one cluster, 99 km wide:

    >>> import geopandas
    >>> from standort.clusters import dbscan
    >>> lon = [i * 0.0809 for i in range(12)]
    >>> chain = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, [0] * 12, crs=4326))
    >>> split = split_wide(chain, dbscan(chain, min_samples=3), max_diameter_km=60)
    >>> split.report[["split_cluster", "cluster", "n_sites", "diameter_km"]].round(0)
       split_cluster  cluster  n_sites  diameter_km
    0              0        0        7         54.0
    1              0        1        5         36.0
    """
    layer = as_emitters(sites)
    rule = density_rule(layer, emissions=emissions)
    member, cluster = members(layer, labels)
    lon, lat = np.ascontiguousarray(shapely.get_coordinates(layer.geometries).T)
    wide = diameters(lon[member], lat[member], cluster)
    label = labels["cluster"].to_numpy(dtype=np.int64)[layer.order]
    role = labels["role"].to_numpy(dtype=object)[layer.order]
    before, points = label.copy(), geocentric(lon, lat)
    too_wide = np.flatnonzero(wide > max_diameter_km)
    for one in too_wide:
        inside = np.flatnonzero(before == one)
        part = _parts(points[inside], max_diameter_km * _KM)
        alone = np.bincount(part)[part] == 1
        label[inside] = np.where(alone, NOISE, label.max() + 1 + part)
        role[inside[alone]] = "noise"
    kept = label != NOISE
    label[kept] = np.unique(label[kept], return_inverse=True)[1]
    label = renumber(label, rule.known)
    report = _report(before, label, wide, too_wide, (lon, lat))
    after = pd.DataFrame({"cluster": label, "role": role}, index=layer.order).sort_index()
    return Split(after.set_index(layer.input_index), report)


def _parts(points: Floats, limit: float) -> Ints:
    """Group points [m] so that no two in a group are farther apart than the limit [m]."""
    if len(points) > _MOST_AT_ONCE:
        low = _lower_half(points)
        part = np.empty(len(points), dtype=np.int64)
        part[low] = _parts(points[low], limit)
        part[~low] = part[low].max() + 1 + _parts(points[~low], limit)
        return part
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(points) == 1:
        return np.zeros(1, dtype=np.int64)
    first, second = np.triu_indices(len(points), 1)
    tree = linkage(geodesic_length(points[first], points[second]), method="complete")
    return np.asarray(fcluster(tree, limit, criterion="distance"), dtype=np.int64) - 1


def _lower_half(points: Floats) -> Flags:
    """Flag the half of the points towards one end of the line between two distant points."""
    start = points[np.argmax(((points - points[0]) ** 2).sum(axis=1))]
    end = points[np.argmax(((points - start) ** 2).sum(axis=1))]
    along = ((points - start) * (end - start)).sum(axis=1)
    low = np.zeros(len(points), dtype=np.bool_)
    low[np.argsort(along, kind="stable")[: len(points) // 2]] = True
    return low


def _report(
    before: Ints, label: Ints, wide: Floats, too_wide: Ints, lonlat: tuple[Floats, Floats]
) -> pd.DataFrame:
    """Return a table of the parts of each cluster that was too wide."""
    rows = []
    for one in too_wide:
        for now in np.unique(label[before == one]):
            inside = np.flatnonzero((before == one) & (label == now))
            groups = np.arange(len(inside)) if now == NOISE else np.zeros(len(inside), dtype=int)
            across = diameters(lonlat[0][inside], lonlat[1][inside], groups).max()
            rows.append((int(one), wide[one], int(now), len(inside), across))
    return pd.DataFrame(rows, columns=list(REPORT_COLUMNS))
