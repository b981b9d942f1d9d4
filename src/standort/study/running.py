"""The chain: layers, clusters, metrics, partial values, scores. Calls, no arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.errors import LayerError
from standort.layers.collection import check_study
from standort.layers.inputs import as_sites
from standort.scoring import contributions
from standort.study.assembling import count_sites, feature_names, no_clusters, ranked
from standort.study.clustering import score_clusters
from standort.study.engine import Engine
from standort.study.placing import place_units
from standort.study.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from standort.layers import Study
    from standort.scoring import Profile
    from standort.study.measuring import Evaluation

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
    OptionError
        If `study` is none, but the path of one.

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
    check_study(study)
    if study.sites.empty:
        msg = "nothing to score: the layer 'sites' holds no rows; add sites, or leave the layer out"
        raise LayerError(msg)
    engine = Engine.of(study, profile)
    evaluation = engine.evaluate(as_sites(study.sites), progress=progress)
    sites = ranked(engine.table(study.sites, evaluation))
    table, hulls, of_emitters = *no_clusters(), None
    if engine.clusters is not None:
        of_emitters = _at_emitters(engine, evaluation)
        table = score_clusters(engine, of_emitters)
        hulls = engine.clusters.hulls
    placed = place_units(engine, of_emitters)
    manifest = engine.manifest({**count_sites(sites), "clusters": len(table)})
    manifest["warnings"] = [*manifest["warnings"], *placed.notes]
    return Result(
        sites=sites,
        clusters=table,
        cluster_hulls=hulls,
        manifest=manifest,
        profile=engine.profile,
        _placed=placed,
        _evaluation=evaluation,
        _shares=contributions(evaluation.partial_values, profile=engine.profile),
        _names=feature_names(study, table),
        _context=engine.context,
    )


def _at_emitters(engine: Engine, evaluation: Evaluation) -> Evaluation:
    """Give what all criteria come to at the emitters, which may be other places than the sites."""
    study = engine.context.study
    if study.sites is study.emitters:
        return evaluation
    return engine.evaluate(as_sites(study.emitters))
