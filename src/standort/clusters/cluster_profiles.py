"""Profiles of clusters: emissions, sectors, shape and surroundings; and lone anchors."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.arguments import checked, positive, with_columns
from standort.clusters.cluster_table import cluster_hulls, cluster_table, members
from standort.clusters.density_clusters import NOISE
from standort.clusters.extent import elongations
from standort.clusters.neighbour_graph import exact_sums
from standort.clusters.tiers import assign_tiers
from standort.earth import FeatureIndex, true_area
from standort.errors import LayerError
from standort.layers.features import as_emitters
from standort.units import convert

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints
    from standort.layers.features import Features


_KM = 1_000.0
_KM2 = 1e6
#: characters of a stable id: the probability that two of a million clusters share one is 0.2 %
_ID_LENGTH = 12
#: most sectors named in a profile, and the smallest share of each
_NAMED, _LEAST = 3, 0.005


@checked(
    labels=with_columns("cluster", "role"),
    major_mt=positive("Mt/yr"),
    adjacent_km=positive("km"),
    lone_anchor_mt=positive("Mt/yr"),
)
def cluster_profile(
    emitters: GeoDataFrame | Features,
    labels: pd.DataFrame,
    *,
    major_mt: float = 2.0,
    adjacent_km: float = 25.0,
    lone_anchor_mt: float = 1.0,
) -> GeoDataFrame:
    """Describe each cluster in full.

    Parameters
    ----------
    emitters
        The emitters that were clustered, with ``co2_t_per_yr`` [t/yr]; columns ``name`` and
        ``sector`` are used if present.
    labels
        Their ``cluster`` and ``role``, as `dbscan` returns them.
    major_mt
        Smallest known emissions of a major cluster [Mt/yr].
    adjacent_km
        Largest distance of a satellite, a noise site near a cluster, to its nearest member [km].
    lone_anchor_mt
        Smallest emissions of a satellite that is a lone anchor [Mt/yr].

    Returns
    -------
    The columns of `cluster_table`, and:

    - ``stable_id``: 12 characters from the ids of the cores, independent of the number of the
      cluster; it changes with any core that is added or removed (`track` follows such clusters).
    - ``label``: the name of its anchor, made unique.
    - ``n_core``; ``anchor_share`` of the known emissions, 0 to 1; ``emission_hhi``, their
      concentration on members (sum of squared shares): 1 means one emitter.
    - ``sectors``: the largest three by known emissions, as text; ``sector_hhi``, concentration on
      sectors, 1 means one sector. Both ignore unknown emissions, so read ``n_unknown`` too.
    - ``elongation``, from 0, round, to 1, a line; ``hull_km2``, area of the hull with a margin of
      2 km; ``sites_per_100_km2`` and ``kt_per_yr_per_km2``, sites and known emissions per area. The
      margin makes the densities of small clusters comparable, but lower than they are.
    - ``nearest_cluster`` and ``nearest_cluster_km``, between nearest members (-1 and infinite where
      there is no other).
    - ``n_satellites``, ``satellites_mt_per_yr`` (known, NaN if all are unknown) and
      ``n_lone_anchors`` among them.

    Examples
    --------
    >>> import geopandas
    >>> from standort.clusters import dbscan
    >>> points = geopandas.points_from_xy([0, 0.01, 0.02, 0.2], [0] * 4, crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {
    ...         "site_id": list("abcd"),
    ...         "co2_t_per_yr": [1e6, 3e6, 0, 1e5],
    ...         "sector": ["Cement", "Refineries", "Glass", "Glass"],
    ...     },
    ...     geometry=points,
    ... )
    >>> profile = cluster_profile(plants, dbscan(plants, min_samples=3))
    >>> profile[["anchor_share", "emission_hhi", "n_satellites", "satellites_mt_per_yr"]]
             anchor_share  emission_hhi  n_satellites  satellites_mt_per_yr
    cluster
    0                0.75         0.625             1                   0.1
    >>> profile.sectors.tolist()
    ['Refineries 75 %, Cement 25 %']
    """
    context = as_emitters(emitters)
    member, cluster = members(context, labels)
    table = cluster_table(context, labels, major_mt=major_mt)
    tonnes = context.quantity("co2_t_per_yr")
    lon, lat = np.ascontiguousarray(shapely.get_coordinates(context.geometries).T)
    label = labels["cluster"].to_numpy()[context.order]
    core = labels["role"].to_numpy(dtype=object)[context.order] == "core"
    area = true_area(cluster_hulls(context, labels).geometry.to_numpy()) / _KM2
    total_kt = table["co2_mt_per_yr"] * 1_000.0
    nearest, nearest_km = _nearest_clusters(lon[member], lat[member], cluster)
    described = {
        "stable_id": stable_ids(context.ids, label, core),
        "label": _unique(table["name"].astype(str).tolist()),
        "n_core": np.bincount(label[core], minlength=len(table)),
        "anchor_share": _share(table["anchor_mt_per_yr"], table["co2_mt_per_yr"]),
        "emission_hhi": _concentration(cluster, np.arange(len(member)), tonnes[member]),
        **_sector_columns(context, member, cluster),
        "elongation": elongations(lon[member], lat[member], cluster),
        "hull_km2": area,
        "sites_per_100_km2": table["n_sites"] / area * 100.0,
        "kt_per_yr_per_km2": total_kt / area,
        "nearest_cluster": nearest,
        "nearest_cluster_km": nearest_km,
        **_satellites(context, label, tonnes, adjacent_km, lone_anchor_mt),
    }
    return table.assign(**described)


@checked(labels=with_columns("cluster", "role"), least_mt=positive("Mt/yr"))
def lone_anchors(
    emitters: GeoDataFrame | Features, labels: pd.DataFrame, *, least_mt: float = 1.0
) -> pd.DataFrame:
    """List large emitters outside clusters.

    Parameters
    ----------
    emitters, labels
        As for `cluster_profile`.
    least_mt
        Smallest emissions of a lone anchor [Mt/yr].

    Returns
    -------
    Index ``site_id`` (the ids of the emitters), largest first: ``name`` if there is one,
    ``co2_mt_per_yr``, ``tier`` and ``cluster_distance_km``. Emitters of unknown emissions are not
    listed, but may be anchors.

    Examples
    --------
    >>> import geopandas
    >>> from standort.clusters import dbscan
    >>> points = geopandas.points_from_xy([0, 0.01, 0.02, 5], [0] * 4, crs=4326)
    >>> plants = geopandas.GeoDataFrame({"co2_t_per_yr": [1e6, 1e6, 0, 2e6]}, geometry=points)
    >>> lone_anchors(plants, dbscan(plants, min_samples=3)).round(0)
             co2_mt_per_yr       tier  cluster_distance_km
    site_id
    3                  2.0  dispersed                554.0
    """
    context = as_emitters(emitters)
    noise = labels["cluster"].to_numpy()[context.order] == NOISE
    emitted = convert(context.quantity("co2_t_per_yr"), "t_per_yr", "mt_per_yr")
    lone = np.flatnonzero(noise & (emitted >= least_mt))
    lone = lone[np.argsort(-emitted[lone], kind="stable")]
    tiers = _tiers_of(context, labels, lone)
    columns: dict[str, Any] = {}
    if "name" in context.table:
        columns["name"] = context.table["name"].to_numpy(dtype=object)[lone]
    columns["co2_mt_per_yr"] = emitted[lone]
    columns["tier"] = tiers["tier"].to_numpy()
    columns["cluster_distance_km"] = tiers["cluster_distance_km"].to_numpy()
    return pd.DataFrame(columns, index=pd.Index(context.ids[lone], name="site_id"))


@checked(labels=with_columns("cluster", "role"))
def sector_mix(emitters: GeoDataFrame | Features, labels: pd.DataFrame) -> pd.DataFrame:
    """List the sectors of each cluster.

    Parameters
    ----------
    emitters
        The emitters that were clustered, with ``co2_t_per_yr`` [t/yr] and ``sector``.
    labels
        Their ``cluster``, as `dbscan` returns it.

    Returns
    -------
    Index ``cluster``, ``sector``, largest first: ``n_sites``, ``n_unknown`` (of unknown emissions),
    ``co2_mt_per_yr`` (known, NaN if none is) and ``share`` of the known emissions of the cluster,
    NaN where it has none. Sites without a sector are listed as ``unknown``.

    Raises
    ------
    LayerError
        If a column is missing.

    Examples
    --------
    >>> import geopandas
    >>> from standort.clusters import dbscan
    >>> plants = geopandas.GeoDataFrame(
    ...     {"co2_t_per_yr": [1e6, 3e6, np.nan], "sector": ["Glass", "Cement", "Glass"]},
    ...     geometry=geopandas.points_from_xy([0, 0.01, 0.02], [0] * 3, crs=4326),
    ... )
    >>> sector_mix(plants, dbscan(plants, min_samples=3))
                    n_sites  n_unknown  co2_mt_per_yr  share
    cluster sector
    0       Cement        1          0            3.0   0.75
            Glass         2          1            1.0   0.25
    """
    context = as_emitters(emitters)
    member, cluster = members(context, labels)
    if "sector" not in context.table.columns:
        have = ", ".join(map(str, context.table.columns)) or "none"
        msg = f"expected a column 'sector' in the emitters, which have: {have}"
        raise LayerError(msg)
    return _mix(context, member, cluster)


def stable_ids(ids: pd.Index[Any], label: Ints, core: Flags) -> list[str]:
    """Return ids of clusters that depend on their cores alone: equal cores, equal id, in any study.

    Parameters
    ----------
    ids
        Ids of the sites.
    label
        Their clusters, -1 for noise.
    core
        Which are core.

    Returns
    -------
    Twelve hexadecimal digits of SHA-256 for each cluster 0, 1, ... The id of a cluster without
    cores, which a limit to the diameter may produce, depends on all its members.

    Examples
    --------
    >>> import pandas as pd
    >>> one = stable_ids(pd.Index(["a", "b", "c"]), np.array([0, 0, -1]), np.array([1, 1, 0]) > 0)
    >>> two = stable_ids(pd.Index(["x", "b", "a"]), np.array([0, 1, 1]), np.array([1, 1, 1]) > 0)
    >>> one[0] == two[1], len(one[0])
    (True, 12)
    """
    names = ids.astype(str).to_numpy(dtype=object)
    n_clusters = int(label.max(initial=-1)) + 1
    cored = np.isin(np.arange(n_clusters), label[core])
    counts = (label != NOISE) & (core | ~np.append(cored, True)[label])
    order = np.flatnonzero(counts)
    order = order[np.argsort(label[order], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(label[order]) != 0) + 1) if len(order) else []
    return [
        hashlib.sha256(json.dumps(sorted(names[group])).encode()).hexdigest()[:_ID_LENGTH]
        for group in groups
    ]


def _unique(names: list[str]) -> list[str]:
    """Append a number to repeated names."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique


def _share(part: pd.Series[float], whole: pd.Series[float]) -> Floats:
    """Divide, NaN where the whole is unknown or 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part.to_numpy() / whole.to_numpy(), np.nan)


def _nearest_clusters(lon: Floats, lat: Floats, cluster: Ints) -> tuple[Ints, Floats]:
    """Return the nearest other cluster by nearest members [km]; -1 and infinite if there is none.

    The numbers of two clusters differ in some bit, so searching among the members that differ in
    each bit in turn covers every pair of clusters.
    """
    n_clusters = int(cluster.max(initial=-1)) + 1
    nearest, distance = np.full(n_clusters, NOISE), np.full(n_clusters, np.inf)
    for bit in range(max(n_clusters - 1, 0).bit_length()):
        side = (cluster >> bit) & 1
        for mine in (0, 1):
            own, others = np.flatnonzero(side == mine), np.flatnonzero(side != mine)
            near = FeatureIndex.of_points(lon[others], lat[others]).nearest(lon[own], lat[own])
            reached, away = cluster[others][near.feature[:, 0]], near.distance[:, 0] / _KM
            for row in np.lexsort([-reached, -away]):  # the nearest is written last
                number = cluster[own[row]]
                closer = away[row] < distance[number]
                tied = away[row] == distance[number] and reached[row] < nearest[number]
                if closer or tied:
                    nearest[number], distance[number] = reached[row], away[row]
    return nearest, distance


def _satellites(
    context: Features, label: Ints, tonnes: Floats, adjacent_km: float, lone_anchor_mt: float
) -> dict[str, Any]:
    """Count and sum the noise sites whose nearest member, within reach, is in each cluster."""
    n_clusters = int(label.max(initial=-1)) + 1
    lon, lat = np.ascontiguousarray(shapely.get_coordinates(context.geometries).T)
    member, noise = np.flatnonzero(label != NOISE), np.flatnonzero(label == NOISE)
    index = FeatureIndex.of_points(lon[member], lat[member])
    near = index.nearest(lon[noise], lat[noise], max_distance=adjacent_km * _KM).feature[:, 0]
    noise, near = noise[near >= 0], near[near >= 0]
    owner = label[member][near]
    emitted = convert(tonnes[noise], "t_per_yr", "mt_per_yr")
    known = ~np.isnan(emitted)
    number, n_known = (np.bincount(part, minlength=n_clusters) for part in (owner, owner[known]))
    total = np.bincount(owner[known], weights=emitted[known], minlength=n_clusters)
    return {
        "n_satellites": number,
        "satellites_mt_per_yr": np.where((number > 0) & (n_known == 0), np.nan, total),
        "n_lone_anchors": np.bincount(owner[emitted >= lone_anchor_mt], minlength=n_clusters),
    }


def _tiers_of(context: Features, labels: pd.DataFrame, which: Ints) -> pd.DataFrame:
    """Return tier and distance to the nearest cluster of some noise sites."""
    import geopandas

    sites = geopandas.GeoDataFrame(geometry=context.geometries[which], crs="EPSG:4326")
    return assign_tiers(sites, context, labels)


def _concentration(cluster: Ints, part: Ints, tonnes: Floats) -> Floats:
    """Return the Herfindahl-Hirschman index of known emissions over parts of clusters, or NaN."""
    known = np.nan_to_num(tonnes)
    key, group = np.unique(np.stack([cluster, part]), axis=1, return_inverse=True)
    of_part = exact_sums(group, known)
    total = exact_sums(cluster, known)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, 1.0, np.nan)[key[0]] * of_part / total[key[0]]
    return exact_sums(key[0], share**2)


def _sector_columns(context: Features, member: Ints, cluster: Ints) -> dict[str, Any]:
    """Return columns on the sectors of clusters; none if the emitters have no sectors."""
    if "sector" not in context.table:
        return {}
    mix = _mix(context, member, cluster)
    named: list[list[str]] = [[] for _ in range(int(cluster.max(initial=-1)) + 1)]
    known = mix[mix["share"].notna()].reset_index()
    for number, sector, share in zip(
        known["cluster"], known["sector"], known["share"], strict=True
    ):
        if len(named[number]) < _NAMED and share >= _LEAST:
            named[number].append(f"{sector} {share:.0%}".replace("%", " %"))
    code, _ = pd.factorize(_sectors(context)[member])
    return {
        "sectors": [", ".join(words) for words in named],
        "sector_hhi": _concentration(cluster, code, context.quantity("co2_t_per_yr")[member]),
    }


def _sectors(context: Features) -> NDArray[np.object_]:
    sectors = context.table["sector"].to_numpy(dtype=object)
    return np.where(pd.isna(sectors), "unknown", sectors)


def _mix(context: Features, member: Ints, cluster: Ints) -> pd.DataFrame:
    """Count and sum members by cluster and sector, largest first."""
    tonnes = context.quantity("co2_t_per_yr")[member]
    code, names = pd.factorize(_sectors(context)[member], sort=True)
    key, group = np.unique(np.stack([cluster, code]), axis=1, return_inverse=True)
    total = exact_sums(cluster, np.nan_to_num(tonnes))[key[0]]
    emitted = exact_sums(group, np.nan_to_num(tonnes))
    size = np.bincount(group, minlength=key.shape[1])
    unknown = np.bincount(group[np.isnan(tonnes)], minlength=key.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, emitted / total, np.nan)
    order = np.lexsort([key[1], -size, -emitted, key[0]])
    mix = pd.DataFrame(
        {
            "n_sites": size,
            "n_unknown": unknown,
            "co2_mt_per_yr": np.where(
                unknown == size, np.nan, convert(emitted, "t_per_yr", "mt_per_yr")
            ),
            "share": share,
        },
        index=pd.MultiIndex.from_arrays(
            [key[0], np.asarray(names, dtype=object)[key[1]]], names=["cluster", "sector"]
        ),
    )
    return mix.iloc[order]
