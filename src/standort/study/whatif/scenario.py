"""What if: score a study with features added or removed, and tell who gains and who loses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from standort.outputs.comparison.comparison_text import (
    tell_cluster_events,
    tell_criteria,
    tell_moves,
    tell_sites,
    tell_types,
)
from standort.results.manifest import plain
from standort.study.chain import score
from standort.study.result_comparison import compare
from standort.study.whatif.edits import edit_study

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from standort.layers import Study
    from standort.outputs.comparison.comparison import Comparison
    from standort.scoring import Profile
    from standort.study.result import Result
    from standort.study.whatif.edits import Added, Edit, Removed

__all__ = ["WhatIf", "what_if"]


@dataclass(frozen=True, eq=False, repr=False)
class WhatIf:
    """What a change of the layers would do. Printed, it is a report.

    Parameters
    ----------
    edit
        What was added and removed.
    before
        The result as things are.
    after
        The result with the change.
    comparison
        What moved between the two.
    """

    edit: Edit
    before: Result
    after: Result
    comparison: Comparison

    @property
    def sites(self) -> pd.DataFrame:
        """All sites with score, rank, tier and cluster before and after, and the change."""
        return self.comparison.sites

    @property
    def gains(self) -> pd.DataFrame:
        """Sites whose score rises, the largest gain first."""
        return self.comparison.gains

    @property
    def losses(self) -> pd.DataFrame:
        """Sites whose score falls, the largest loss first."""
        return self.comparison.losses

    @property
    def clusters(self) -> pd.DataFrame:
        """What becomes of the clusters."""
        return self.comparison.clusters

    @property
    def places(self) -> pd.DataFrame | None:
        """What becomes of the places and their types; None if there are none."""
        return self.comparison.places

    @property
    def total_gain(self) -> float:
        """Sum of the changes of all scores that are known before and after."""
        return float(self.comparison.counts["total_change"])

    @property
    def sites_scored(self) -> int:
        """Number of sites that come to have a score, because a gate excludes them no longer."""
        return int(self.comparison.counts["score_found"])

    @property
    def sites_excluded(self) -> int:
        """Number of sites that come to have no score."""
        return int(self.comparison.counts["score_lost"])

    def to_text(self, *, top: int = 10) -> str:
        """Give the report as text, with at most `top` rows of a kind."""
        comparison = self.comparison
        moves = tell_moves(comparison.counts, comparison.gains, comparison.losses)
        parts = [[f"What if: {self.edit}.", moves]]
        parts += [[f"Mind: {reason}."] for reason in comparison.reasons if reason.kind == "basis"]
        parts += [
            tell_sites(comparison.moved, comparison.details, top),
            tell_criteria(comparison.criteria, every=False),
            tell_cluster_events(comparison.clusters, top),
            tell_types(comparison.places, top),
        ]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)

    def to_dict(self) -> dict[str, object]:
        """Give the report as what JSON can hold: the change, and what it does."""
        edit = {"added": self.edit.added, "removed": self.edit.removed, "rows": self.edit.rows}
        told = {key: plain(value) for key, value in edit.items()}
        told |= {"sites_scored": self.sites_scored, "sites_excluded": self.sites_excluded}
        return {"what_if": told, **self.comparison.to_dict()}

    def write(self, path: str | Path) -> Path:
        """Write the changes of the sites as CSV, or of everything as a GeoPackage.

        Parameters
        ----------
        path
            Ends in ``.csv`` or ``.gpkg``; a file that is there is replaced whole.

        Returns
        -------
        The path.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        return self.comparison.write(path)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()


def what_if(
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    add: Added | None = None,
    remove: Removed | None = None,
    before: Result | None = None,
) -> WhatIf:
    """Tell what adding or removing features would do to all scores.

    The study is scored again as it would be, so the change is exact. It says what a feature is
    worth under the profile: not whether it could be built, nor who would use it, for every site
    gains from a port as if it were alone there. Gains of two changes do not add up: a second port
    next to the first is worth nothing. Adding or removing emitters changes the density round
    others, the clusters and who competes for stores, so sites may lose by it.

    Parameters
    ----------
    study
        The study; not changed.
    profile
        As for `score`.
    add
        Features by the layer they join, which must be there; rows by table.
    remove
        Ids of features by layer, or ids alone where only one layer has them.
    before
        The study's result under the profile, if it is at hand; it is not scored again then.

    Returns
    -------
    Who gains, who loses, and what becomes of clusters and types.

    Raises
    ------
    LayerError
        If the study lacks a layer, or an id to add is there already.
    OptionError
        If an id to remove is in no layer or in several, or there is nothing to change.

    Examples
    --------
    >>> import geopandas
    >>> from standort.layers import Study
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["a", "b"], "co2_t_per_yr": [1e6, 1e6]},
    ...     geometry=geopandas.points_from_xy([4.0, 7.0], [52, 52]),
    ...     crs=4326,
    ... )
    >>> ports = geopandas.GeoDataFrame(
    ...     {"feature_id": ["p", "q"]}, geometry=geopandas.points_from_xy([4.0, 7.0], [52, 52]),
    ...     crs=4326,
    ... )
    >>> study = Study.from_layers(emitters=plants, ports=ports.iloc[:1])
    >>> found = what_if(study, add={"ports": ports.iloc[1:]})
    >>> found.gains.index.tolist(), found.losses.index.tolist()
    (['b'], [])
    """
    edited, done = edit_study(study, add=add, remove=remove)
    if before is None:
        before = score(study, profile)
    after = score(edited, before.profile)
    return WhatIf(done, before, after, compare(before, after))
