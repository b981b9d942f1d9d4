"""The chain from a study to a result: layers, clusters, metrics, partial values, scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.clusters import assign_tiers
from standort.errors import LayerError
from standort.layers.features import as_sites
from standort.layers.study import check_study
from standort.scoring import contributions, load_profile, score_table
from standort.study.context import Context
from standort.study.evaluation import available_criteria, evaluate
from standort.study.group_scores import find_clusters, score_clusters
from standort.study.places.place_types import assess_places
from standort.study.result.result import Result
from standort.study.result.result_manifest import build_manifest
from standort.study.result.site_table import (
    assemble_sites,
    count_sites,
    describe_sites,
    feature_names,
    no_clusters,
    ranked,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame

    from standort.array_types import Progress
    from standort.layers import LayerSource, Study
    from standort.layers.features import Sites
    from standort.results.notes import Note
    from standort.results.schema import ResultColumn
    from standort.scoring import Criterion, Profile
    from standort.study.evaluation import Availability, Evaluation
    from standort.study.group_scores import Clusters
    from standort.study.result.site_table import Counts


def score(
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    progress: Progress | None = None,
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
    check_study(study)
    if study.sites.empty:
        msg = "nothing to score: the layer 'sites' has no rows; add sites, or omit the layer"
        raise LayerError(msg)
    engine = Engine.of(study, profile)
    evaluation = engine.evaluate(as_sites(study.sites), progress=progress)
    sites = ranked(engine.table(study.sites, evaluation))
    table, hulls, of_emitters = *no_clusters(), None
    if engine.clusters is not None:
        of_emitters = _at_emitters(engine, evaluation)
        table = score_clusters(engine, of_emitters)
        hulls = engine.clusters.hulls
    typed_places = assess_places(engine, of_emitters)
    columns = engine.site_columns(evaluation)
    counts = count_sites(sites, columns)
    counts["clusters",] = len(table)
    return Result(
        sites=sites,
        clusters=table,
        cluster_hulls=hulls,
        manifest=engine.manifest(counts, typed_places.notes),
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


@dataclass(frozen=True)
class Engine:
    """Everything a score depends on besides the site: layers, clusters and the profile.

    Parameters
    ----------
    profile
        The profile.
    context
        The layers and clusters, prepared for measuring.
    criteria
        Which criteria are available, and why others are not.
    """

    profile: Profile
    context: Context
    criteria: tuple[Availability, ...]

    @classmethod
    def of(cls, study: Study, profile: str | Path | Profile) -> Engine:
        """Prepare a study and a profile.

        Raises
        ------
        ProfileError
            If the profile is invalid.
        LayerError
            If the study has no layer that a criterion needs.
        FileError
            If a raster of a criterion cannot be opened.
        """
        chosen = load_profile(profile)
        criteria = available_criteria(study, chosen)
        measured = [c.criterion for c in criteria if c.reason is None]
        if not measured:
            msg = (
                f"profile {chosen.id!r} can measure nothing here: the study has the layers "
                f"{', '.join(study.layers)}; add emitters, ports or another layer the profile names"
            )
            raise LayerError(msg)
        context = Context(study)
        context.open_rasters(measured)
        return cls(chosen, context.with_clusters(find_clusters(context, chosen)), criteria)

    @property
    def clusters(self) -> Clusters | None:
        """The clusters of the emitters; None in a study without emitters."""
        return self.context.clusters

    @cached_property
    def measured(self) -> tuple[Criterion, ...]:
        """The criteria that can be measured, in profile order."""
        return tuple(c.criterion for c in self.criteria if c.reason is None)

    @property
    def raster_hashes(self) -> dict[str, str]:
        """Hash of the raster of each criterion that has one."""
        measured = [c for c in self.measured if c.source is not None]
        return {c.id: self.context.raster_file(c)[1] for c in measured}

    def evaluate(self, sites: Sites, *, progress: Progress | None = None) -> Evaluation:
        """Measure all criteria at sites and return their partial values."""
        return evaluate(sites, self.measured, self.context, progress=progress)

    def scores(self, evaluation: Evaluation) -> pd.DataFrame:
        """Return components and scores."""
        return score_table(
            evaluation.partial_values, evaluation.low, evaluation.high, profile=self.profile
        )

    def table(self, sites: GeoDataFrame, evaluation: Evaluation) -> GeoDataFrame:
        """Return sites with their scores, tiers, metrics and partial values."""
        scores, columns = self.scores(evaluation), self.site_columns(evaluation)
        return assemble_sites(sites, scores, self._tiers(sites), evaluation, columns)

    def site_columns(self, evaluation: Evaluation) -> list[ResultColumn]:
        """Return the columns that `table` adds to sites; they do not depend on the sites."""
        return describe_sites(evaluation, self.profile, clusters=self.clusters is not None)

    def manifest(
        self,
        counts: Counts,
        notes: Iterable[Note] = (),
        sources: Mapping[str, LayerSource] | None = None,
    ) -> dict[str, Any]:
        """Record what scores are computed from and with, how many sites there are, and the notes.

        `sources` are those of layers that are not in the study.
        """
        manifest = build_manifest(self.context, self.profile, self.criteria, counts, sources)
        manifest["notes"] += [note.to_entry() for note in notes]
        return manifest

    def _tiers(self, sites: GeoDataFrame) -> pd.DataFrame:
        """Assign tiers; without emitters there are none."""
        if self.clusters is None:
            return pd.DataFrame(index=sites.index)
        settings = self.profile.clusters
        return assign_tiers(
            as_sites(sites),
            self.context.layer("emitters"),
            self.clusters.labels,
            adjacent_km=settings.adjacent_km,
            major_mt=settings.major_mt_per_yr,
            lone_anchor_mt=settings.lone_anchor_mt_per_yr,
        )
