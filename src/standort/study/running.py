"""The chain: layers, clusters, metrics, partial values, scores. Calls, no arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from standort.clusters import assign_tiers
from standort.errors import LayerError
from standort.layers.inputs import as_sites
from standort.scoring import contributions, load_profile, score_table
from standort.study.assembling import assemble_sites, build_manifest, feature_names, no_clusters
from standort.study.clustering import find_clusters, score_clusters
from standort.study.context import Context
from standort.study.measuring import availability, evaluate
from standort.study.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from standort.layers import Study
    from standort.scoring import Profile
    from standort.study.clustering import Clusters

__all__ = ["score"]


def score(
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> Result:
    """Score the locational advantage of each site of a study, and of its clusters.

    A score tells how well placed a site is by the reference points of the profile. With the
    emitters unchanged, adding, removing or reordering sites changes no other site's score, to the
    bit. Scores of different profiles, or that stand on different criteria (see ``basis``), do not
    compare. A score is screening evidence, no forecast: it knows neither costs nor policy.

    Parameters
    ----------
    study
        Layers, as `read_study` or `Study.from_layers` gives them. The emitters are the context
        that density is measured against; the sites (by default the emitters) are scored.
    profile
        Name of a built-in profile, path of a TOML file, or a loaded profile.
    progress
        Called while it works with a label, the number of steps done and of steps in all.

    Returns
    -------
    The result.

    Raises
    ------
    ProfileError
        If the profile breaks its contract.
    LayerError
        If the study has no layer the profile could measure against.

    Examples
    --------
    Two plants by a port and a third far from both:

    >>> import geopandas
    >>> from standort.layers import Study
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["a", "b", "c"], "co2_t_per_yr": [1e6, 1e6, 1e6]},
    ...     geometry=geopandas.points_from_xy([4.0, 4.1, 7.0], [52, 52, 52]),
    ...     crs=4326,
    ... )
    >>> port = geopandas.GeoDataFrame(
    ...     {"feature_id": ["rotterdam"]}, geometry=geopandas.points_from_xy([4.0], [52]), crs=4326
    ... )
    >>> result = score(Study.from_layers(emitters=plants, ports=port))
    >>> result.sites["rank"].tolist(), result.sites["port_distance_km"].round(1).tolist()
    ([1, 2, 3], [0.0, 6.9, 206.0])
    """
    chosen = load_profile(profile)
    context = Context(study)
    criteria = availability(study, chosen)
    measured = [c for c, there in zip(chosen.criteria, criteria["available"], strict=True) if there]
    if not measured:
        msg = (
            f"profile {chosen.id!r} can measure nothing here: the study holds the layers "
            f"{', '.join(study.layers)}; add emitters, ports or another layer the profile names"
        )
        raise LayerError(msg)
    if study.sites.empty:
        msg = "nothing to score: the layer 'sites' holds no rows; add sites, or leave the layer out"
        raise LayerError(msg)
    clusters = find_clusters(context, chosen)
    context = context.with_clusters(clusters)
    evaluation = evaluate(as_sites(study.sites), measured, context, progress=progress)
    scores = score_table(evaluation.partial_values, evaluation.low, evaluation.high, profile=chosen)
    sites = assemble_sites(
        study.sites, scores, _tiers(study, context, clusters, chosen), evaluation, chosen
    )
    table, hulls = no_clusters()
    if clusters is not None:
        of_emitters = evaluation if study.sites is study.emitters else None
        table = score_clusters(clusters, context, chosen, tuple(measured), of_emitters)
        hulls = clusters.hulls
    return Result(
        sites=sites,
        clusters=table,
        cluster_hulls=hulls,
        manifest=build_manifest(context, chosen, criteria, sites, table),
        profile=chosen,
        _evaluation=evaluation,
        _shares=contributions(evaluation.partial_values, profile=chosen),
        _names=feature_names(study, table),
    )


def _tiers(
    study: Study, context: Context, clusters: Clusters | None, profile: Profile
) -> pd.DataFrame:
    """Assign tiers; without emitters nothing is known of them."""
    if clusters is None:
        return pd.DataFrame(index=study.sites.index)
    settings = profile.clusters
    return assign_tiers(
        study.sites,
        context.layer("emitters"),
        clusters.found,
        adjacent_km=settings.adjacent_km,
        major_mt=settings.major_mt_per_yr,
        lone_anchor_mt=settings.lone_anchor_mt_per_yr,
    )
