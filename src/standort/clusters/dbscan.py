"""DBSCAN on the ellipsoid: dense clusters, their borders, and the sites outside any."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.earth import FeatureIndex, crowded, linked
from standort.errors import LayerError, OptionError, name_ids
from standort.layers.inputs import as_emitters, check_index, check_positive

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers.inputs import Features

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Flags = NDArray[np.bool_]

__all__ = ["NOISE", "dbscan"]

#: label of a site outside any cluster
NOISE = -1

_KM = 1_000.0


@dataclass(frozen=True)
class _Points:
    """Points in the order of their ids."""

    lon: Floats
    lat: Floats

    def __len__(self) -> int:
        return len(self.lon)

    def index(self, which: Ints) -> FeatureIndex:
        return FeatureIndex.of_points(self.lon[which], self.lat[which])


def dbscan(
    sites: GeoDataFrame,
    *,
    eps_km: float = 10.0,
    min_samples: float = 4,
    weights: pd.Series[float] | str | None = None,
    emissions: pd.Series[float] | str | None = None,
) -> pd.DataFrame:
    """Find dense clusters of sites by geodesic distance.

    A site is a *core* of a cluster if at least `min_samples` sites, itself among them, lie within
    `eps_km` of it. Cores within `eps_km` of each other share a cluster. A site that is no core but
    lies within `eps_km` of one is the *border* of the cluster of its nearest core. All others are
    *noise*.

    `eps_km` is no bound on the size of a cluster: a chain of sites, each within reach of the next,
    is one cluster however long. Being noise is not being badly placed: it says nothing of assets.

    Parameters
    ----------
    sites
        Points in any CRS; ids from ``site_id`` or the index.
    eps_km
        Largest distance between neighbours, inclusive [km].
    min_samples
        Neighbours, the site itself among them, that make a core; with `weights`, the total weight
        of those neighbours.
    weights
        Weight of each site, >= 0, as a series on the index of `sites` or the name of a column; a
        weight of 2 counts as two sites in one place.
    emissions
        Emissions of each site, likewise; unknown ones (NaN) count for nothing. They order the
        clusters and decide a tie between two cores equally near to a border site.

    Returns
    -------
    Index of `sites`; ``cluster``: 0 for the cluster of the largest known emissions (of the most
    sites, without emissions), then 1, 2, ...; -1 for noise; ``role``: ``core``, ``border`` or
    ``noise``. Independent of the order of rows.

    Raises
    ------
    OptionError
        If `eps_km` or `min_samples` is not a positive number.
    LayerError
        If weights are unknown or negative, or a column is missing.
    AlignmentError
        If a series is not on the index of `sites`, or an id occurs twice.

    Notes
    -----
    Of two cores equally near (to a micrometre) a border site takes the one whose cluster has the
    larger known core emissions, then the one whose cluster holds the smallest id: the visiting
    order of the original algorithm decides nothing (decision 21). The neighbour graph is walked in
    blocks of bounded memory; time grows with the number of pairs within `eps_km`.

    References
    ----------
    Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996), A density-based algorithm for
    discovering clusters in large spatial databases with noise, KDD-96, 226-231, definitions 1-6.

    Examples
    --------
    Three plants round the antimeridian, and one far away:

    >>> import geopandas
    >>> places = geopandas.points_from_xy([179.9, -179.9, 180.0, 10.0], [0, 0, 0, 0])
    >>> plants = geopandas.GeoDataFrame(geometry=places, crs=4326)
    >>> dbscan(plants, eps_km=25, min_samples=3).cluster.tolist()
    [0, 0, 0, -1]
    """
    check_positive("eps_km", eps_km)
    if not 0 < min_samples < np.inf:
        msg = f"expected min_samples to be a positive number, got {min_samples!r}"
        raise OptionError(msg)
    layer = as_emitters(sites)
    known = _known_emissions(_in_id_order(emissions, "emissions", layer), len(layer))
    lon, lat = shapely.get_coordinates(layer.geometries).T
    points = _Points(np.ascontiguousarray(lon), np.ascontiguousarray(lat))
    weight = _checked_weights(_in_id_order(weights, "weights", layer), layer)

    core = _core_points(points, eps_km * _KM, min_samples, weight)
    label: Ints = np.full(len(points), NOISE, dtype=np.int64)
    label[core] = linked(points.lon[core], points.lat[core], radius=eps_km * _KM)
    _attach_borders(points, label, core, known, eps_km * _KM)
    label = _by_emissions(label, known)
    role = np.where(label == NOISE, "noise", "border").astype(object)
    role[core] = "core"
    found = pd.DataFrame({"cluster": label, "role": role}, index=layer.order).sort_index()
    return found.set_index(sites.index)


def _in_id_order(
    series: pd.Series[float] | str | None, what: str, layer: Features
) -> Floats | None:
    """Take a quantity from a column or from a series on the index of the sites, by ids."""
    if series is None:
        return None
    if isinstance(series, str):
        return layer.quantity(series)
    check_index(series, layer, what)
    quantity = series.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(quantity).any():
        ids = name_ids(list(series.index[np.isinf(quantity)]))
        msg = f"expected finite {what}, got infinite ones for {ids}; mend them or set them to NaN"
        raise LayerError(msg)
    return np.asarray(quantity[layer.order])


def _known_emissions(emissions: Floats | None, n_sites: int) -> Floats:
    """Known emissions; without any, each site counts one."""
    return np.ones(n_sites) if emissions is None else np.nan_to_num(emissions, nan=0.0)


def _checked_weights(weight: Floats | None, layer: Features) -> Floats | None:
    if weight is None:
        return None
    broken = ~((weight >= 0) & np.isfinite(weight))
    if broken.any():
        msg = (
            f"expected weights that are known and not negative, but {broken.sum()} are not: "
            f"{name_ids(list(layer.ids[broken]))}; fill or drop them"
        )
        raise LayerError(msg)
    return weight


def exact_sums(group: Ints, quantity: Floats) -> Floats:
    """Sum by group 0, 1, ... without rounding on the way: equal totals are equal to the bit."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    return np.array([fsum(part) for part in np.split(quantity[order], starts[1:]) if len(part)])


def _core_points(points: _Points, eps: float, min_samples: float, weight: Floats | None) -> Ints:
    """Find the sites with enough neighbours."""
    if weight is None:
        enough = crowded(points.lon, points.lat, radius=eps, at_least=int(np.ceil(min_samples)))
        return np.flatnonzero(enough)
    total = np.zeros(len(points))
    everyone = points.index(np.arange(len(points)))
    for pairs in everyone.pairs_within(points.lon, points.lat, radius=eps):
        counted = weight[pairs.feature]
        total[pairs.site] = np.bincount(pairs.row, weights=counted, minlength=len(pairs.site))
    return np.flatnonzero(total >= min_samples)


def _attach_borders(points: _Points, label: Ints, core: Ints, known: Floats, eps: float) -> None:
    """Give every site within reach of a core the cluster of its nearest core."""
    others = np.setdiff1d(np.arange(len(points)), core, assume_unique=True)
    if not core.size or not others.size:
        return
    # the order of the index decides ties: larger core emissions, then the smaller id
    emissions = exact_sums(label[core], known[core])
    first = np.full(len(emissions), len(points))
    np.minimum.at(first, label[core], core)
    ranked = core[np.lexsort([core, first[label[core]], -emissions[label[core]]])]
    near = points.index(ranked).nearest(points.lon[others], points.lat[others], max_distance=eps)
    reached = near.feature[:, 0] >= 0
    label[others[reached]] = label[ranked[near.feature[reached, 0]]]


def _by_emissions(label: Ints, known: Floats) -> Ints:
    """Renumber clusters by descending known emissions, ties by their smallest id."""
    member = np.flatnonzero(label != NOISE)
    if not member.size:
        return label
    n_clusters = int(label.max()) + 1
    emissions = exact_sums(label[member], known[member])
    first = np.full(n_clusters, len(label))
    np.minimum.at(first, label[member], member)
    rank = np.empty(n_clusters, dtype=np.int64)
    rank[np.lexsort([first, -emissions])] = np.arange(n_clusters)
    ordered = label.copy()
    ordered[member] = rank[label[member]]
    return ordered
