"""A study and a profile prepared: whatever is scored afterwards goes through one engine.

Sites of a study, chunks of a file too large for memory and cells of a surface are all measured and
scored here, so that a position has one score however it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.clusters import assign_tiers
from standort.errors import LayerError
from standort.layers.features import as_sites
from standort.results.columns import check_components
from standort.scoring import load_profile, score_table
from standort.study.context import Context
from standort.study.evaluation import available_criteria, evaluate
from standort.study.group_scores import find_clusters
from standort.study.result.result_manifest import build_manifest
from standort.study.result.site_table import assemble_sites, describe_sites

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
    from standort.study.context import Clusters
    from standort.study.evaluation import Availability, Evaluation
    from standort.study.result.site_table import Counts


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
            If the profile is invalid, or a component has the id of a column of results.
        LayerError
            If the study has no layer that a criterion needs.
        FileError
            If a raster of a criterion cannot be opened.
        """
        chosen = load_profile(profile)
        check_components(chosen)
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
