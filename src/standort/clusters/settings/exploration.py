"""The sensitivity of clusters to the settings, and the clusters of the chosen setting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.arguments import checked, positive, whole
from standort.clusters.cluster_profiles import cluster_profile, lone_anchors, sector_mix
from standort.clusters.cluster_table import cluster_hulls
from standort.clusters.density_clusters import dbscan
from standort.clusters.neighbour_graph import NeighbourGraph
from standort.clusters.settings.displacement import displaced_clusters
from standort.clusters.settings.eps_choice import EpsSuggestion, suggest_eps
from standort.clusters.settings.hdbscan_comparison import hdbscan
from standort.clusters.settings.hierarchy import LEVELS, cluster_hierarchy
from standort.clusters.settings.membership_frequency import membership
from standort.clusters.settings.stability import (
    Plateau,
    cluster_grid,
    stability_table,
    widest_plateau,
)
from standort.clusters.settings.validity import agreement, density_validity_range
from standort.clusters.settings.wide_clusters import REPORT_COLUMNS, split_wide
from standort.clusters.tiers import assign_tiers
from standort.errors import LayerError
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from geopandas import GeoDataFrame

    from standort.clusters.settings.stability import ClusterOptions
    from standort.layers.features import Features

_NOTHING_SPLIT = pd.DataFrame(columns=list(REPORT_COLUMNS))


@dataclass(frozen=True)
class Exploration:
    """Results of a grid of settings, and the clusters of the chosen one."""

    settings: Mapping[str, Any]
    """The chosen eps_km, min_samples and other options."""
    stability: pd.DataFrame = field(repr=False)
    """One row per setting of the grid; see `stability`."""
    suggestion: EpsSuggestion
    """The eps that the k-distance curve suggests."""
    plateau: Plateau | None
    """The widest range of eps over which clusters hardly change; None if there is none."""
    sites: GeoDataFrame = field(repr=False)
    """The emitters with cluster, role, tier, and membership shares over the grid and over uncertain
    positions (columns ``position_...``); see `membership` and `displaced_clusters`."""
    clusters: GeoDataFrame = field(repr=False)
    """The clusters; see `cluster_profile`."""
    hulls: GeoDataFrame = field(repr=False)
    """Their hulls."""
    sectors: pd.DataFrame | None = field(repr=False)
    """Their sectors, if the emitters have a column ``sector``; see `sector_mix`."""
    hierarchy: pd.DataFrame = field(repr=False)
    """Nested clusters at 25, 10 and 5 km, up to the reach of the distances."""
    lone_anchors: pd.DataFrame = field(repr=False)
    """Large emitters outside clusters."""
    validity: float
    """Density-based validity of the chosen clusters (DBCV), -1 to 1."""
    validity_range: tuple[float, float]
    """Its lowest and highest over ties of the spanning tree; see `density_validity_range`."""
    agreements: pd.DataFrame = field(repr=False)
    """Agreement with HDBSCAN and with the reference, if there is one; see `agreement`."""
    split: pd.DataFrame = field(repr=False)
    """Clusters that were too wide and their parts; see `split_wide`."""


@checked(
    eps_km=positive("km"),
    min_samples=positive(),
    chosen_eps_km=positive("km"),
    chosen_min_samples=whole(1),
    max_diameter_km=positive("km"),
    position_sd_km=positive("km"),
)
def explore_clusters(  # noqa: PLR0913 - each is an option of the command
    emitters: GeoDataFrame,
    *,
    eps_km: Sequence[float] = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0),
    min_samples: Sequence[float] = (2, 3, 4, 5, 6),
    chosen_eps_km: float = 10.0,
    chosen_min_samples: int = 4,
    max_diameter_km: float | None = None,
    reference: str | None = None,
    position_sd_km: float | None = 0.5,
    graph: NeighbourGraph | None = None,
    **options: Unpack[ClusterOptions],
) -> Exploration:
    """Cluster emitters under a grid of settings, and describe the clusters of the chosen one.

    The chosen setting is yours; the grid shows how much the clusters depend on it.

    Parameters
    ----------
    emitters
        Points in any CRS with ``co2_t_per_yr`` [t/yr].
    eps_km, min_samples
        The grid, as for `stability`.
    chosen_eps_km, chosen_min_samples
        The setting whose clusters are described.
    max_diameter_km
        Largest diameter [km]; wider clusters of the chosen setting are split.
    reference
        Column of the emitters with another partition to compare with; empty for sites in no group.
    position_sd_km
        Standard deviation of positions where ``precision_km`` is unknown, as for
        `displaced_clusters` [km]; None for exact positions.
    graph
        Distances instead of geodesics, up to the largest eps; positions are then exact.
    **options
        As for `dbscan`; emissions are those of the emitters.

    Returns
    -------
    All tables and diagnostics.

    Raises
    ------
    OptionError, LayerError
        As raised by `dbscan` and `cluster_profile`.

    Examples
    --------
    >>> import geopandas
    >>> lon = [0, 0.01, 0.02, 1, 1.01, 1.02, 5]
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": list("abcdefg"), "co2_t_per_yr": [1e6] * 7},
    ...     geometry=geopandas.points_from_xy(lon, [0] * 7, crs=4326),
    ... )
    >>> result = explore_clusters(plants, eps_km=[2, 5, 10], min_samples=[3], chosen_min_samples=3)
    >>> result.plateau.eps_km, len(result.clusters), result.agreements.ari.tolist()
    (5.0, 2, [1.0, 1.0])
    """
    layer = as_emitters(emitters)
    layer.quantity("co2_t_per_yr")
    options["emissions"] = "co2_t_per_yr"
    displaced = graph is None and position_sd_km is not None
    if graph is None:
        graph = NeighbourGraph.of_sites(layer, reach_km=max([*eps_km, chosen_eps_km]))
    grid = cluster_grid(layer, eps_km=eps_km, min_samples=min_samples, graph=graph, **options)
    table = stability_table(grid)
    labels = dbscan(
        emitters, eps_km=chosen_eps_km, min_samples=chosen_min_samples, graph=graph, **options
    )
    split = _NOTHING_SPLIT
    if max_diameter_km is not None:
        labels, split = split_wide(
            layer, labels, max_diameter_km=max_diameter_km, emissions="co2_t_per_yr"
        )
    shares = membership(grid, labels)[["clustered_share", "together_share", "likely_share"]]
    if displaced:
        moved = displaced_clusters(
            layer,
            eps_km=chosen_eps_km,
            min_samples=chosen_min_samples,
            position_sd_km=position_sd_km or 0.0,
            **options,
        )
        of_draws = membership(moved, labels)[["clustered_share", "together_share"]]
        shares = shares.join(of_draws.add_prefix("position_"))
    validity, lowest, highest = density_validity_range(layer, labels).to_numpy()[-1].tolist()
    return Exploration(
        settings={
            "eps_km": chosen_eps_km,
            "min_samples": chosen_min_samples,
            "max_diameter_km": max_diameter_km,
            **options,
        },
        stability=table,
        suggestion=suggest_eps(emitters, min_samples=max(chosen_min_samples, 2), graph=graph),
        plateau=widest_plateau(table),
        sites=_as_columns(emitters, layer, labels, shares),
        clusters=cluster_profile(layer, labels),
        hulls=cluster_hulls(layer, labels),
        sectors=sector_mix(layer, labels) if "sector" in layer.table else None,
        hierarchy=_hierarchy(layer, chosen_min_samples, graph, options),
        lone_anchors=lone_anchors(layer, labels),
        validity=validity,
        validity_range=(lowest, highest),
        agreements=_agreements(emitters, layer, labels, reference),
        split=split,
    )


def _as_columns(
    emitters: GeoDataFrame, layer: Features, labels: pd.DataFrame, shares: pd.DataFrame
) -> GeoDataFrame:
    """Return the emitters with their clusters, membership shares and tiers."""
    tiers = assign_tiers(emitters, layer, labels)
    return emitters.assign(
        cluster=labels["cluster"],
        role=labels["role"],
        **{str(name): column for name, column in shares.items()},
        tier=tiers["tier"],
        lone_anchor=tiers["lone_anchor"],
        cluster_distance_km=tiers["cluster_distance_km"],
    )


def _agreements(
    emitters: GeoDataFrame, layer: Features, labels: pd.DataFrame, reference: str | None
) -> pd.DataFrame:
    """Compare with HDBSCAN, and with a reference partition if there is one."""
    checks = {"hdbscan": _cross_check(emitters, labels)}
    if reference is not None:
        checks["reference"] = agreement(labels["cluster"], _partition(emitters, layer, reference))
    return pd.concat(checks, names=["with", "noise"])


def _hierarchy(
    layer: Features, min_samples: float, graph: NeighbourGraph, options: ClusterOptions
) -> pd.DataFrame:
    """Return nested clusters at the levels within reach."""
    levels = {name: eps for name, eps in LEVELS.items() if eps <= graph.reach_km}
    if not levels:
        levels = {"macro": graph.reach_km}
    return cluster_hierarchy(
        layer, levels_km=levels, min_samples=min_samples, graph=graph, **options
    )


def _partition(emitters: GeoDataFrame, layer: Features, column: str) -> pd.Series[Any]:
    """Return another partition from a column of the emitters."""
    if column not in layer.table.columns:
        have = ", ".join(map(str, layer.table.columns))
        msg = f"expected a column {column!r} in the emitters, which have: {have}"
        raise LayerError(msg)
    return pd.Series(emitters[column].to_numpy(), index=emitters.index)


def _cross_check(emitters: GeoDataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Compare with HDBSCAN, if there are enough sites."""
    if len(emitters) < 3:  # noqa: PLR2004 - its min_samples
        none = {"ari": np.nan, "ami": np.nan, "n_sites": 0}
        return pd.DataFrame([none, none], index=pd.Index(["singletons", "dropped"], name="noise"))
    other = hdbscan(emitters, emissions="co2_t_per_yr")
    return agreement(labels["cluster"], other["cluster"])
