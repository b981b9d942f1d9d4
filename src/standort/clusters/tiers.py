"""Tiers of sites: member of a cluster, adjacent to one, or dispersed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import checked, positive, with_columns
from standort.clusters.cluster_table import emissions_mt
from standort.clusters.density_clusters import NOISE
from standort.clusters.neighbour_graph import exact_sums
from standort.earth import NO_FEATURE
from standort.layers.features import (
    as_emitters,
    as_sites,
    check_index,
    own_features,
)
from standort.units import convert

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray
    from pandas.arrays import BooleanArray

    from standort.array_types import Flags, Floats, Ints
    from standort.layers.features import Features, Sites


_KM = 1_000.0


@checked(
    labels=with_columns("cluster", "role"),
    adjacent_km=positive("km"),
    major_mt=positive("Mt/yr"),
    lone_anchor_mt=positive("Mt/yr"),
)
def assign_tiers(
    sites: GeoDataFrame | Sites,
    emitters: GeoDataFrame | Features,
    labels: pd.DataFrame,
    *,
    adjacent_km: float = 25.0,
    major_mt: float = 2.0,
    lone_anchor_mt: float = 1.0,
) -> pd.DataFrame:
    """Classify each site as in a cluster, adjacent to one, or dispersed.

    A dispersed site is far from other emitters; that says nothing about storage, ports or power.

    Parameters
    ----------
    sites
        Points in any CRS. A site with the explicit ``site_id`` of an emitter is that emitter.
    emitters
        The emitters that were clustered, with ``co2_t_per_yr`` [t/yr].
    labels
        Their ``cluster`` and ``role``, as `dbscan` returns them.
    adjacent_km
        Largest distance of an adjacent site to any member of any cluster [km]; the UK counts a site
        farther than 25 km from a cluster as dispersed.
    major_mt
        Smallest known emissions of a major cluster [Mt/yr].
    lone_anchor_mt
        Smallest emissions of a lone anchor, an isolated large emitter outside clusters [Mt/yr].

    Returns
    -------
    Index of `sites`: ``cluster`` (-1 for noise, missing where the site is not an emitter), ``role``
    (core, border, noise, singleton_anchor, None), ``tier`` (member, adjacent, dispersed),
    ``lone_anchor`` (missing where the emissions of a noise site are unknown),
    ``cluster_distance_km`` and ``major_cluster_distance_km`` to the nearest member of a cluster
    and of a major one [km], infinite where there is none.

    Raises
    ------
    OptionError
        If a limit is not positive.

    Examples
    --------
    >>> import geopandas
    >>> points = geopandas.points_from_xy([0, 0.01, 0.02, 0.2, 5], [0, 0, 0, 0, 0], crs=4326)
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": list("abcde"), "co2_t_per_yr": [1e6, 1e6, 1e6, 1e5, 3e6]}, geometry=points
    ... )
    >>> from standort.clusters import dbscan
    >>> tiers = assign_tiers(plants, plants, dbscan(plants, min_samples=3))
    >>> tiers.tier.tolist(), tiers.lone_anchor.tolist()
    (['member', 'member', 'member', 'adjacent', 'dispersed'], [False, False, False, False, True])
    """
    scored, context = as_sites(sites), as_emitters(emitters)
    check_index(labels, context, "the clusters")
    cluster = labels["cluster"].to_numpy()[context.order]
    role = labels["role"].to_numpy(dtype=object)[context.order]
    emissions = emissions_mt(context)
    own = own_features(scored, context)
    own = np.full(len(scored), NO_FEATURE) if own is None else own

    site_cluster = _of_own(cluster, own, NOISE)
    distance = _distance_to(scored, context, cluster != NOISE)
    major = np.isin(cluster, _major(cluster, context.quantity("co2_t_per_yr"), major_mt))
    tier = np.where(distance <= adjacent_km, "adjacent", "dispersed").astype(object)
    tier[site_cluster != NOISE] = "member"
    known_cluster = pd.Series(site_cluster, index=scored.index, dtype="Int64")
    return pd.DataFrame(
        {
            "cluster": known_cluster.where(own != NO_FEATURE),
            "role": _of_own(role, own, None),
            "tier": tier,
            "lone_anchor": _lone_anchor(own, site_cluster, emissions, lone_anchor_mt),
            "cluster_distance_km": distance,
            "major_cluster_distance_km": _distance_to(scored, context, major),
        },
        index=scored.index,
    )


def _of_own(column: NDArray[Any], own: Ints, otherwise: object) -> NDArray[Any]:
    """Return a column of the emitters for the sites that are emitters, else a default."""
    padded = np.append(column, np.array([otherwise], dtype=column.dtype))
    return np.asarray(padded[own])  # NO_FEATURE, -1, is the last position


def _major(cluster: Ints, tonnes: Floats, major_mt: float) -> Ints:
    """Return the clusters whose known emissions reach the limit."""
    member = np.flatnonzero(cluster != NOISE)
    total = exact_sums(cluster[member], np.nan_to_num(tonnes[member]))
    return np.flatnonzero(convert(total, "t_per_yr", "mt_per_yr") >= major_mt)


def _distance_to(sites: Sites, emitters: Features, which: Flags) -> Floats:
    """Return the distance [km] to the nearest of some emitters, the site itself included."""
    near = emitters.subset(np.flatnonzero(which)).index.nearest(sites.lon, sites.lat)
    return np.asarray(near.distance[:, 0] / _KM)


def _lone_anchor(own: Ints, site_cluster: Ints, emissions: Floats, limit: float) -> BooleanArray:
    """Flag large emitters in noise; missing where their emissions are unknown."""
    emitted = _of_own(emissions, own, np.nan)
    noise = (own != NO_FEATURE) & (site_cluster == NOISE)
    return pd.arrays.BooleanArray(noise & (emitted >= limit), noise & np.isnan(emitted))
