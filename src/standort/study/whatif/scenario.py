"""What-if scenarios: a study scored with features added or removed, compared to the original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from standort.arguments import checked, whole
from standort.errors import visible
from standort.outputs.comparison.comparison_text import (
    format_cluster_events,
    format_criteria,
    format_moved_sites,
    format_type_changes,
    summarise_moves,
)
from standort.results.manifest import plain
from standort.study.chain import score
from standort.study.result.result_comparison import compare
from standort.study.whatif.edits import Added, Removed, edit_study

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from standort.layers import Study
    from standort.outputs.comparison.comparison import Comparison
    from standort.scoring import Profile
    from standort.study.result.result import Result
    from standort.study.whatif.edits import Edit


@dataclass(frozen=True, eq=False, repr=False)
class WhatIf:
    """Effects of a change of the layers; printed, it is a report.

    Parameters
    ----------
    edit
        What was added and removed.
    before
        The result without the change.
    after
        The result with the change.
    comparison
        The differences between the two.
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
        """Changes of clusters."""
        return self.comparison.clusters

    @property
    def places(self) -> pd.DataFrame | None:
        """Changes of places and their types; None if there are none."""
        return self.comparison.places

    @property
    def total_gain(self) -> float:
        """Sum of the changes of all scores known before and after."""
        return float(self.comparison.counts["total_change"])

    @property
    def sites_scored(self) -> int:
        """Number of sites that gain a score because no gate excludes them any more."""
        return int(self.comparison.counts["score_gained"])

    @property
    def sites_excluded(self) -> int:
        """Number of sites that lose their score."""
        return int(self.comparison.counts["score_lost"])

    @checked(top=whole(0))
    def to_text(self, *, top: int = 10) -> str:
        """Return the report as text, with at most `top` rows of each kind."""
        comparison = self.comparison
        moves = summarise_moves(comparison.counts, comparison.gains, comparison.losses)
        parts = [[f"What if: {self.edit}.", moves]]
        parts += [[f"Mind: {reason}."] for reason in comparison.reasons if reason.kind == "basis"]
        parts += [
            format_moved_sites(comparison.moved, comparison.details, top),
            format_criteria(comparison.criteria, every=False),
            format_cluster_events(comparison.clusters, top),
            format_type_changes(comparison.places, top),
        ]
        return visible("\n\n".join("\n".join(lines) for lines in parts if lines))

    def to_dict(self) -> dict[str, object]:
        """Return the change and its effects as values for JSON."""
        edit = {"added": self.edit.added, "removed": self.edit.removed, "rows": self.edit.rows}
        changes = {key: plain(value) for key, value in edit.items()}
        changes |= {"sites_scored": self.sites_scored, "sites_excluded": self.sites_excluded}
        return {"what_if": changes, **self.comparison.to_dict()}

    @checked()
    def write(self, path: str | Path) -> Path:
        """Write the changes of sites as CSV, or all changes as a GeoPackage.

        Parameters
        ----------
        path
            Ends in ``.csv`` or ``.gpkg``; a result of standort is replaced.

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


@checked()
def what_if(
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    add: Added | None = None,
    remove: Removed | None = None,
    before: Result | None = None,
) -> WhatIf:
    """Show which scores change if features are added or removed.

    The changed study is scored again, so changes are exact. They are the value of a feature under
    the profile, not whether it could be built or who would use it: every site gains from a port as
    if it were the only user. Gains of two changes do not add up: a second port next to the first
    adds nothing. Adding or removing emitters changes density, clusters and the competition for
    stores, so sites may also lose.

    Parameters
    ----------
    study
        The study; not changed.
    profile
        As for `score`.
    add
        Features by layer, which the study must have; rows by table.
    remove
        Ids of features by layer, or ids alone where only one layer has them.
    before
        The result of the study under the profile, if available; saves scoring it again.

    Returns
    -------
    Gains and losses of sites, and changes of clusters and types.

    Raises
    ------
    LayerError
        If the study lacks a layer, or already has an id to add.
    OptionError
        If no layer has an id to remove, or several have it, or nothing is to be changed.

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
    >>> scenario = what_if(study, add={"ports": ports.iloc[1:]})
    >>> scenario.gains.index.tolist(), scenario.losses.index.tolist()
    (['b'], [])
    """
    edited, done = edit_study(study, add=add, remove=remove)
    if before is None:
        before = score(study, profile)
    after = score(edited, before.profile)
    return WhatIf(done, before, after, compare(before, after))
