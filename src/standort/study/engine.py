"""A study and a profile made ready: whatever is scored afterwards goes through one engine.

Sites of a study, chunks of a file too large for memory and cells of a surface are all measured
and scored here, so that a place has one score however it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.clusters import assign_tiers
from standort.errors import LayerError
from standort.layers.inputs import as_sites
from standort.scoring import load_profile, score_table
from standort.study.assembling import assemble_sites, build_manifest
from standort.study.clustering import find_clusters
from standort.study.context import Context
from standort.study.measuring import availability, evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from geopandas import GeoDataFrame

    from standort.layers import LayerSource, Study
    from standort.layers.inputs import Sites
    from standort.scoring import Criterion, Profile
    from standort.study.clustering import Clusters
    from standort.study.measuring import Evaluation

__all__ = ["Engine"]


@dataclass(frozen=True)
class Engine:
    """What a score depends on besides the site: layers, clusters of emitters, and the profile.

    Parameters
    ----------
    profile
        The profile.
    context
        The layers and the clusters, prepared for measuring.
    criteria
        Which criteria can be measured, as `availability` tells.
    """

    profile: Profile
    context: Context
    criteria: pd.DataFrame

    @classmethod
    def of(cls, study: Study, profile: str | Path | Profile) -> Engine:
        """Make a study and a profile ready.

        Raises
        ------
        ProfileError
            If the profile breaks its contract.
        LayerError
            If the study has no layer the profile could measure against.
        FileError
            If a raster it could be measured on cannot be opened.
        """
        chosen = load_profile(profile)
        criteria = availability(study, chosen)
        if not criteria["available"].any():
            msg = (
                f"profile {chosen.id!r} can measure nothing here: the study holds the layers "
                f"{', '.join(study.layers)}; add emitters, ports or another layer the profile names"
            )
            raise LayerError(msg)
        context = Context(study)
        there = set(criteria.loc[criteria["available"], "criterion"])
        context.open_rasters([c for c in chosen.criteria if c.id in there])
        return cls(chosen, context.with_clusters(find_clusters(context, chosen)), criteria)

    @property
    def clusters(self) -> Clusters | None:
        """The clusters among the emitters; None in a study without emitters."""
        return self.context.clusters

    @cached_property
    def measured(self) -> tuple[Criterion, ...]:
        """The criteria that can be measured, in profile order."""
        there = zip(self.profile.criteria, self.criteria["available"], strict=True)
        return tuple(criterion for criterion, available in there if available)

    @property
    def raster_hashes(self) -> dict[str, str]:
        """Hash of the raster of each criterion that has one."""
        measured = [c for c in self.measured if c.source is not None]
        return {c.id: self.context.raster_file(c)[1] for c in measured}

    def evaluate(
        self, sites: Sites, *, progress: Callable[[str, int, int], None] | None = None
    ) -> Evaluation:
        """Measure all criteria at sites and value them."""
        return evaluate(sites, self.measured, self.context, progress=progress)

    def scores(self, evaluation: Evaluation) -> pd.DataFrame:
        """Turn partial values into components and scores."""
        return score_table(
            evaluation.partial_values, evaluation.low, evaluation.high, profile=self.profile
        )

    def table(self, sites: GeoDataFrame, evaluation: Evaluation) -> GeoDataFrame:
        """Lay out sites with their scores, tiers, metrics and partial values."""
        scores = self.scores(evaluation)
        return assemble_sites(sites, scores, self._tiers(sites), evaluation, self.profile)

    def manifest(
        self, counts: Mapping[str, int], sources: Mapping[str, LayerSource] | None = None
    ) -> dict[str, Any]:
        """Write down what scores are computed from and with, and how many sites there were.

        `sources` are those of layers that are not in the study.
        """
        return build_manifest(self.context, self.profile, self.criteria, counts, sources)

    def _tiers(self, sites: GeoDataFrame) -> pd.DataFrame:
        """Assign tiers; without emitters nothing is known of them."""
        if self.clusters is None:
            return pd.DataFrame(index=sites.index)
        settings = self.profile.clusters
        return assign_tiers(
            as_sites(sites),
            self.context.layer("emitters"),
            self.clusters.found,
            adjacent_km=settings.adjacent_km,
            major_mt=settings.major_mt_per_yr,
            lone_anchor_mt=settings.lone_anchor_mt_per_yr,
        )
