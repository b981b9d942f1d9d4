"""Clusters under a grid of settings, and how much they change over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import pandas as pd
import shapely

from standort.arguments import checked, positive, with_columns
from standort.clusters.density_clusters import NOISE, density_rule, label_sites
from standort.clusters.extent import diameters
from standort.clusters.neighbour_graph import NeighbourGraph
from standort.clusters.settings.validity import adjusted_rand, as_singletons
from standort.errors import OptionError
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from geopandas import GeoDataFrame

    from standort.array_types import Flags, Floats, Ints
    from standort.clusters.density_clusters import Mode
    from standort.layers.features import Features

#: smallest agreement of neighbouring settings that counts as the same clusters
_ALIKE = 0.9


class ClusterOptions(TypedDict, total=False):
    """Options of `dbscan` other than eps and min_samples."""

    weights: pd.Series[float] | str | None
    emissions: pd.Series[float] | str | None
    mode: Mode
    min_emissions_mt: float
    star: bool


@dataclass(frozen=True)
class Partitions:
    """The same sites clustered under a grid of settings, in the order of their ids."""

    sites: Features = field(repr=False)
    eps_km: tuple[float, ...]
    min_samples: tuple[float, ...]
    label: Ints = field(repr=False)
    """Clusters, shape (number of min_samples, number of eps, number of sites)."""
    core: Flags = field(repr=False)
    """Whether each site is core, of the same shape."""


@dataclass(frozen=True)
class Plateau:
    """A range of eps over which clusters hardly change."""

    min_samples: float
    eps_from_km: float
    eps_to_km: float
    eps_km: float
    """The setting in the middle of the range, the smaller of two [km]."""
    mean_ari: float
    """Mean agreement of neighbouring settings in the range."""
    chained: bool
    """Whether a cluster is far wider than eps (chaining), which speaks against the range."""


@checked(eps_km=positive("km"), min_samples=positive())
def cluster_grid(
    sites: GeoDataFrame | Features,
    *,
    eps_km: Sequence[float],
    min_samples: Sequence[float],
    graph: NeighbourGraph | None = None,
    **options: Unpack[ClusterOptions],
) -> Partitions:
    """Cluster sites under every pair of settings, using one graph of neighbours.

    Distances are measured once, up to the largest eps.

    Parameters
    ----------
    sites
        Points in any CRS.
    eps_km
        Radii [km], in any order.
    min_samples
        Neighbours, including the site itself, that make a core.
    graph
        Distances instead of geodesics, at least up to the largest eps.
    **options
        As for `dbscan`.

    Returns
    -------
    The partitions; each equals that of `dbscan` with that setting.

    Raises
    ------
    OptionError
        If a setting is not positive, or none is given.

    Examples
    --------
    >>> import geopandas
    >>> points = geopandas.points_from_xy([0, 0.01, 0.02, 0.1], [0] * 4, crs=4326)
    >>> plants = geopandas.GeoDataFrame(geometry=points)
    >>> cluster_grid(plants, eps_km=[2, 10], min_samples=[3]).label.tolist()
    [[[0, 0, 0, -1], [0, 0, 0, 0]]]
    """
    radii = tuple(sorted({float(eps) for eps in eps_km}))
    least = tuple(sorted({float(n) for n in min_samples}))
    if not radii or not least:
        msg = "expected at least one eps_km and one min_samples, got none"
        raise OptionError(msg)
    layer = as_emitters(sites)
    rule = density_rule(layer, **options)
    if graph is None:
        graph = NeighbourGraph.of_sites(layer, reach_km=radii[-1])
    graph.check_sites(layer)
    shape = (len(least), len(radii), len(layer))
    label, core = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.bool_)
    for j in reversed(range(len(radii))):
        graph = graph.up_to(radii[j])
        for i, n in enumerate(least):
            labels, role = label_sites(graph, rule, eps_km=radii[j], min_samples=n)
            label[i, j], core[i, j] = labels, role == "core"
    return Partitions(layer, radii, least, label, core)


@checked(eps_km=positive("km"), min_samples=positive())
def stability(
    sites: GeoDataFrame | Features,
    *,
    eps_km: Sequence[float],
    min_samples: Sequence[float],
    graph: NeighbourGraph | None = None,
    **options: Unpack[ClusterOptions],
) -> pd.DataFrame:
    """Measure how clusters change over a grid of settings.

    Where neighbouring settings agree, the clusters follow from the sites; elsewhere they follow
    from the setting. Agreement is not correctness: settings under which all sites, or none, are in
    one cluster are very stable too, so they are flagged and excluded from plateaus.

    Parameters
    ----------
    sites, eps_km, min_samples, graph, **options
        As for `cluster_grid`.

    Returns
    -------
    One row per setting, by ``min_samples``, then ``eps_km``: ``n_clusters``; ``core_share`` and
    ``clustered_share`` of all sites; ``largest_share``, the share of clustered sites in the largest
    cluster; ``diameter_km``, the largest, and ``diameter_per_eps``; ``ari_smaller_eps``,
    ``ari_larger_eps`` (adjusted Rand index with the next setting of the grid, noise as singletons,
    NaN at its edges) and ``ari``, the mean with all neighbours in the grid, including those in
    min_samples; ``plateau``, a number for each range of eps over which neighbours agree by 0.9 or
    more, 0 where there is none; ``flags`` as text.

    Examples
    --------
    >>> import geopandas
    >>> lon = [0, 0.01, 0.02, 1, 1.01, 1.02, 5]
    >>> plants = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, [0] * 7, crs=4326))
    >>> table = stability(plants, eps_km=[1, 2, 5, 10], min_samples=[3])
    >>> table[["eps_km", "n_clusters", "core_share", "ari_larger_eps", "plateau"]].round(2)
       eps_km  n_clusters  core_share  ari_larger_eps  plateau
    0     1.0           0        0.00             0.0        0
    1     2.0           2        0.29             1.0        1
    2     5.0           2        0.86             1.0        1
    3    10.0           2        0.86             NaN        1
    """
    grid = cluster_grid(sites, eps_km=eps_km, min_samples=min_samples, graph=graph, **options)
    return stability_table(grid)


@checked()
def stability_table(grid: Partitions) -> pd.DataFrame:
    """Measure how the clusters of a grid change; see `stability`."""
    lon, lat = np.ascontiguousarray(shapely.get_coordinates(grid.sites.geometries).T)
    rows = []
    for i, least in enumerate(grid.min_samples):
        for j, eps in enumerate(grid.eps_km):
            shape = _shape_of(grid.label[i, j], grid.core[i, j], lon, lat)
            rows.append({"eps_km": eps, "min_samples": least, **shape})
    table = pd.DataFrame(rows)
    table["diameter_per_eps"] = table["diameter_km"] / table["eps_km"]
    along_eps, along_least = _agreements(grid.label)
    after, before = (np.full(grid.label.shape[:2], np.nan) for _ in range(2))
    after[:, :-1], before[:, 1:] = along_eps, along_eps
    more, fewer = (np.full(grid.label.shape[:2], np.nan) for _ in range(2))
    more[:-1], fewer[1:] = along_least, along_least
    around = np.stack([after, before, more, fewer])
    known = (~np.isnan(around)).sum(axis=0)
    mean = np.where(known > 0, np.nansum(around, axis=0) / np.maximum(known, 1), np.nan)
    table["ari_smaller_eps"], table["ari_larger_eps"] = before.ravel(), after.ravel()
    table["ari"] = mean.ravel()
    flags = [red_flags({str(k): v for k, v in row.items()}) for row in table.to_dict("records")]
    usable = np.array([not DEGENERATE & set(row) for row in flags]).reshape(mean.shape)
    table["plateau"] = _plateaus(along_eps, usable).ravel()
    table["flags"] = ["; ".join(row.values()) for row in flags]
    return table


@checked(table=with_columns("plateau", "min_samples", "eps_km"))
def widest_plateau(table: pd.DataFrame) -> Plateau | None:
    """Return the widest range of eps over which clusters hardly change.

    Parameters
    ----------
    table
        The table of `stability`.

    Returns
    -------
    The widest plateau [km]; of equally wide ones that with the largest agreement, then with the
    smallest min_samples and eps. None if no two neighbouring settings agree.

    Examples
    --------
    >>> import geopandas
    >>> lon = [0, 0.01, 0.02, 1, 1.01, 1.02, 5]
    >>> plants = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, [0] * 7, crs=4326))
    >>> plateau = widest_plateau(stability(plants, eps_km=[1, 2, 5, 10], min_samples=[3]))
    >>> plateau.eps_from_km, plateau.eps_to_km, plateau.eps_km
    (2.0, 10.0, 5.0)
    """
    best: tuple[float, float] = (0.0, 0.0)
    widest = None
    for number, rows in table.loc[table["plateau"] > 0].groupby("plateau"):
        assert number
        eps = rows["eps_km"].to_numpy()
        mean = float(rows["ari_larger_eps"].iloc[:-1].mean())
        if (eps[-1] - eps[0], mean) > best:
            best = (eps[-1] - eps[0], mean)
            middle = float(eps[(len(eps) - 1) // 2])
            least = float(rows["min_samples"].iloc[0])
            chained = bool(rows["flags"].str.contains("chaining").any())
            widest = Plateau(least, float(eps[0]), float(eps[-1]), middle, mean, chained)
    return widest


def _shape_of(label: Ints, core: Flags, lon: Floats, lat: Floats) -> dict[str, float]:
    """Return counts, shares and the diameter of one partition."""
    member = np.flatnonzero(label != NOISE)
    member = member[np.argsort(label[member], kind="stable")]
    size = np.bincount(label[member])
    n = max(len(label), 1)
    return {
        "n_clusters": len(size),
        "core_share": np.count_nonzero(core) / n,
        "clustered_share": len(member) / n,
        "largest_share": size.max() / len(member) if len(member) else np.nan,
        "diameter_km": diameters(lon[member], lat[member], label[member]).max(initial=0.0)
        if len(member)
        else np.nan,
    }


def _agreements(label: Ints) -> tuple[Floats, Floats]:
    """Return adjusted Rand indices of neighbours in the grid along eps, and along min_samples."""
    single = np.array([[as_singletons(one) for one in row] for row in label])
    n_least, n_eps = label.shape[:2]
    along_eps = np.array(
        [
            [adjusted_rand(single[i, j], single[i, j + 1]) for j in range(n_eps - 1)]
            for i in range(n_least)
        ]
    ).reshape(n_least, n_eps - 1)
    along_least = np.array(
        [
            [adjusted_rand(single[i, j], single[i + 1, j]) for j in range(n_eps)]
            for i in range(n_least - 1)
        ]
    ).reshape(n_least - 1, n_eps)
    return along_eps, along_least


def _plateaus(along_eps: Floats, usable: Flags) -> Ints:
    """Return numbers of the ranges of eps over which each setting agrees with the next."""
    plateau = np.zeros(usable.shape, dtype=np.int64)
    number = 0
    for i, row in enumerate(along_eps >= _ALIKE):
        for j, alike in enumerate(row & usable[i, :-1] & usable[i, 1:]):
            if alike:
                number += not plateau[i, j]
                plateau[i, j : j + 2] = number
    return plateau


#: shares of core sites below and above which almost none, or almost all, are dense
_ALMOST_NONE, _ALMOST_ALL = 0.05, 0.9
#: share of the clustered sites from which one cluster holds almost everything
_ONE_CLUSTER = 0.9
#: diameter [km], and diameter as a multiple of eps, from which a cluster is a chain
_WIDE_KM, _WIDE_EPS = 100.0, 8.0

#: flags of meaningless partitions, however stable they are
DEGENERATE = frozenset({"no cluster", "almost none core", "almost all core", "one cluster"})


def red_flags(setting: Mapping[str, Any]) -> dict[str, str]:
    """Return what speaks against a setting.

    The limits are our own rules of thumb: a flag is a reason to look closer, not an error.

    Parameters
    ----------
    setting
        A row of `stability`: its counts, shares and diameter.

    Returns
    -------
    Flags and their meaning here, as text: ``no cluster``; ``almost none core``, less than 5 % of
    the sites; ``almost all core``, more than 90 %; ``one cluster``, which holds 90 % or more of the
    clustered sites; ``chaining``, a diameter of 100 km or of 8 eps and more.

    Examples
    --------
    >>> shape = {"n_clusters": 2, "core_share": 0.5, "largest_share": 0.6, "eps_km": 10.0}
    >>> red_flags({**shape, "diameter_km": 99.0})
    {'chaining': 'chaining: 99 km wide, 9.9 times eps'}
    """
    if not setting["n_clusters"]:
        return {"no cluster": "no cluster"}
    flags = {}
    core, largest = setting["core_share"], setting["largest_share"]
    if core < _ALMOST_NONE:
        flags["almost none core"] = f"almost none core: {core:.1%} of sites"
    if core > _ALMOST_ALL:
        flags["almost all core"] = f"almost all core: {core:.1%} of sites"
    if largest >= _ONE_CLUSTER:
        flags["one cluster"] = f"one cluster holds {largest:.0%} of clustered sites"
    wide, eps = setting["diameter_km"], setting["eps_km"]
    if wide >= min(_WIDE_KM, _WIDE_EPS * eps):
        flags["chaining"] = f"chaining: {wide:.0f} km wide, {wide / eps:.1f} times eps"
    return flags
