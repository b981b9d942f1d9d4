"""The chain from a study to a result: layers, clusters, metrics, partial values, scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.arguments import checked
from standort.errors import LayerError
from standort.layers.features import as_sites
from standort.scoring import contributions
from standort.study.engine import Engine
from standort.study.far_layers import FarLayers
from standort.study.group_scores import score_clusters
from standort.study.places.place_types import assess_places
from standort.study.result.result import Result
from standort.study.result.site_table import count_sites, feature_names, no_clusters, ranked
from standort.study.result.value_notes import value_notes

if TYPE_CHECKING:
    from pathlib import Path

    from standort.array_types import Progress
    from standort.layers import Study
    from standort.scoring import Profile
    from standort.study.evaluation import Evaluation


@checked()
def score(
    study: Study, profile: str | Path | Profile = "net-zero", *, progress: Progress | None = None
) -> Result:
    """Score the locational advantage of each site of a study, and of its clusters.

    A score rates the location of a site by the reference points of the profile. With the emitters
    unchanged, adding, removing or reordering sites changes the score of no other site, to the bit.
    Scores of different profiles, or based on different criteria (see ``basis``), are not
    comparable. A score is screening evidence, not a forecast: it includes neither costs nor
    policy.

    Parameters
    ----------
    study
        Layers, from `read_study` or `Study.from_layers`. Density is measured against the emitters;
        the sites (by default the emitters) are scored.
    profile
        Name of a built-in profile, path of a TOML file, or a loaded profile.
    progress
        Called with a label, the number of steps done and the number in all.

    Returns
    -------
    The result.

    Raises
    ------
    ProfileError
        If the profile is invalid.
    LayerError
        If the study has no layer that a criterion needs.
    OptionError
        If `study` is not a Study (for example, a path).

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
    if study.sites.empty:
        msg = "nothing to score: the layer 'sites' has no rows; add sites, or omit the layer"
        raise LayerError(msg)
    engine = Engine.of(study, profile)
    measured_at = as_sites(study.sites)
    evaluation = engine.evaluate(measured_at, progress=progress)
    far = FarLayers(engine.context, engine.measured)
    far.see(measured_at)
    sites = ranked(engine.table(study.sites, evaluation))
    table, hulls, of_emitters = *no_clusters(), None
    if engine.clusters is not None:
        of_emitters = _at_emitters(engine, evaluation)
        table = score_clusters(engine.context, engine.profile, of_emitters)
        hulls = engine.clusters.hulls
    typed_places = assess_places(engine, of_emitters)
    columns = engine.site_columns(evaluation)
    counts = count_sites(sites, columns)
    counts["clusters",] = len(table)
    return Result(
        sites=sites,
        clusters=table,
        cluster_hulls=hulls,
        manifest=engine.manifest(
            counts,
            (*far.notes(), *value_notes(evaluation.partial_values), *typed_places.notes),
        ),
        profile=engine.profile,
        _typed_places=typed_places,
        _columns=tuple(columns),
        _evaluation=evaluation,
        _shares=contributions(evaluation.partial_values, profile=engine.profile),
        _names=feature_names(study, table),
        _context=engine.context,
    ).described()


def _at_emitters(engine: Engine, evaluation: Evaluation) -> Evaluation:
    """Return all criteria at the emitters, which may differ from the sites."""
    study = engine.context.study
    if study.sites is study.emitters:
        return evaluation
    return engine.evaluate(as_sites(study.emitters))
