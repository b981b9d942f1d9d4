"""Comparing two results: changes, counts, reasons, and the report."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from standort.arguments import checked, whole
from standort.errors import visible
from standort.outputs.comparison.changes import (
    cluster_changes,
    criterion_changes,
    place_changes,
    site_changes,
)
from standort.outputs.comparison.comparison_text import (
    format_cluster_events,
    format_criteria,
    format_input_changes,
    format_moved_sites,
    format_type_changes,
    summarise_moves,
)
from standort.outputs.comparison.input_changes import (
    InputRows,
    ReadLayer,
    compare_inputs,
    describe_row_changes,
)
from standort.outputs.comparison.reasons import Reason, manifest_reasons, threshold_reasons
from standort.outputs.csv_tables import write_csv
from standort.outputs.geopackage.writer import write_geopackage
from standort.results.manifest import brief_manifest, plain
from standort.storage.replacement import check_destination

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from standort.results.result_tables import ResultTables

#: Smaller differences of scores come from rounding in different versions of libraries.
NOISE = 1e-9
_NOT_COMPARABLE = (
    "These scores are not comparable: they use different criteria or weights (see above)."
)


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """The changes between two results and their reasons. It prints as a report.

    Parameters
    ----------
    sites
        As `site_changes` returns them, with ``mostly_by``, the criterion whose contribution changed
        most, and that change, ``mostly_by_change``; points, if the results have them.
    clusters
        As `cluster_changes` returns them.
    criteria
        By criterion, the number of sites for which it changed, and the total change.
    details
        One row per site and criterion that changed.
    places
        As `place_changes` returns them; None if a result has no places.
    reasons
        The differences between the two runs.
    inputs
        Rows of the layers that changed, see `InputRows`; empty if none did, or if no input file is
        available any more.
    inputs_unread
        Layers that changed, but whose rows are unknown.
    """

    sites: pd.DataFrame
    clusters: pd.DataFrame
    criteria: pd.DataFrame
    details: pd.DataFrame
    places: pd.DataFrame | None
    reasons: tuple[Reason, ...]
    inputs: pd.DataFrame = field(default_factory=lambda: InputRows.none().rows)
    inputs_unread: tuple[str, ...] = ()

    @property
    def moved(self) -> pd.DataFrame:
        """Sites in both results whose score changed, the largest change first."""
        size = self.sites["change"].abs()
        return self.sites.loc[size[size > NOISE].sort_values(ascending=False, kind="stable").index]

    @property
    def gains(self) -> pd.DataFrame:
        """Sites whose score rose, the largest gain first."""
        return self.moved.loc[self.moved["change"] > 0]

    @property
    def losses(self) -> pd.DataFrame:
        """Sites whose score fell, the largest loss first."""
        return self.moved.loc[self.moved["change"] < 0]

    @property
    def comparable(self) -> bool:
        """Whether all scores use the same criteria of the same profile."""
        return not any(reason.kind in {"profile", "basis"} for reason in self.reasons)

    @property
    def counts(self) -> dict[str, float]:
        """Numbers of sites, clusters and places by change, and the sum of changes of scores."""
        kept = self.sites["status"] == "kept"
        known = [self.sites[f"score_{when}"].notna() for when in ("before", "after")]
        ranks, events = self.sites["rank_change"].fillna(0) != 0, self.clusters["event"]
        tiers = self.sites.get("tier_changed", pd.Series(data=False, index=self.sites.index))
        types = 0
        if self.places is not None and "type_changed" in self.places:
            types = int(self.places["type_changed"].sum())
        return {
            "sites": int(kept.sum()),
            "added": int((self.sites["status"] == "added").sum()),
            "removed": int((self.sites["status"] == "removed").sum()),
            "gain": len(self.gains),
            "lose": len(self.losses),
            "inputs_changed": int((self.sites["input_changed"] != "").sum()),
            "score_lost": int((kept & known[0] & ~known[1]).sum()),
            "score_gained": int((kept & ~known[0] & known[1]).sum()),
            "ranks_changed": int(ranks.sum()),
            "tiers_changed": int(tiers.sum()),
            # an exact sum, independent of the order of the sites
            "total_change": math.fsum(self.sites["change"].dropna()),
            **{
                f"clusters_{event}": int((events == event).sum())
                for event in ("continued", "merged", "split", "born", "died")
            },
            "types_changed": types,
        }

    @checked(top=whole(0))
    def to_text(self, *, top: int = 10) -> str:
        """Return the comparison as text.

        Parameters
        ----------
        top
            Most sites, clusters and places to show.

        Returns
        -------
        Lines, with control characters as escapes.
        """
        parts = [[summarise_moves(self.counts, self.gains, self.losses)]]
        if self.reasons:
            parts.append(["Differences between the runs:"])
            parts[-1] += [line for reason in self.reasons for line in self._format_reason(reason)]
        else:
            parts.append(["Inputs, profile, options and versions are the same."])
        if not self.comparable:
            parts.append([_NOT_COMPARABLE])
        parts += [
            format_input_changes(self.sites, top),
            format_moved_sites(self.moved, self.details, top),
            format_criteria(self.criteria, every=not self.comparable),
            format_cluster_events(self.clusters, top),
            format_type_changes(self.places, top),
        ]
        return visible("\n\n".join("\n".join(lines) for lines in parts if lines))

    def to_dict(self) -> dict[str, object]:
        """Return the comparison as values that JSON can hold.

        Returns
        -------
        ``comparable``, ``counts``, ``reasons``, ``inputs_unread``, and the rows of ``inputs``,
        ``sites`` (those added, removed, or with a changed score, rank, tier, attribute or
        position), ``criteria``, ``clusters`` and ``places``.
        """
        places = None if self.places is None else _records(self.places.reset_index())
        return {
            "comparable": self.comparable,
            "counts": plain(self.counts),
            "reasons": [plain(reason._asdict()) for reason in self.reasons],
            "inputs": _records(self.inputs),
            "inputs_unread": list(self.inputs_unread),
            "sites": _records(self._changed().reset_index()),
            "criteria": _records(self.criteria.reset_index()),
            "clusters": _records(self.clusters),
            "places": places,
        }

    @checked()
    def write(self, path: str | Path) -> Path:
        """Write the changes of the sites as CSV, or all tables as a GeoPackage.

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
        tables = {"clusters": self.clusters, "criteria": self.criteria, "details": self.details}
        if self.places is not None:
            tables["places"] = self.places
        if self.reasons:
            reasons = [
                (kind, what, *(None if v is None else str(v) for v in pair))
                for kind, what, *pair in self.reasons
            ]
            tables["reasons"] = pd.DataFrame(reasons, columns=list(Reason._fields), dtype="str")
        if len(self.inputs):
            tables["inputs"] = self.inputs
        return write_changes(path, self.sites, tables)

    def _format_reason(self, reason: Reason) -> list[str]:
        """Format a reason, and for an input that changed its rows."""
        lines = [f"  {reason}"]
        if reason.kind == "input" and reason.what in self.inputs_unread:
            lines.append(
                "    the rows that changed are unknown: the unchanged input files are neither next "
                "to the results nor in this folder"
            )
        elif reason.kind == "input" and (rows := describe_row_changes(self.inputs, reason.what)):
            lines.append(f"    {rows}")
        return lines

    def _changed(self) -> pd.DataFrame:
        """Return the sites with any change."""
        sites = pd.DataFrame(self.sites.drop(columns="geometry", errors="ignore"))
        same = (sites["status"] == "kept") & (sites["rank_change"].fillna(0) == 0)
        same &= sites["input_changed"] == ""
        if "tier_changed" in sites:
            same &= ~sites["tier_changed"]
        known = [sites[f"score_{when}"].isna() for when in ("before", "after")]
        same &= ~(sites["change"].abs() > NOISE) & (known[0] == known[1])
        return sites.loc[~same]

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()


@checked()
def compare_results(
    before: ResultTables, after: ResultTables, *, read: tuple[ReadLayer, ReadLayer] | None = None
) -> Comparison:
    """Compare two results: what changed, and why.

    Parameters
    ----------
    before, after
        Tables of the results.
    read
        Functions that read the layers of each result, as `find_layers` returns them; without them,
        rows of inputs are not compared.

    Returns
    -------
    The comparison.
    """
    shared = _shared_inputs(before, after)
    sites = site_changes(before.sites, after.sites, inputs=shared)
    criteria, details = criterion_changes(before.contributions, after.contributions)
    sites = _with_points(sites.join(_mostly_by(details)), before.sites, after.sites)
    places = None
    if before.places is not None and after.places is not None:
        places = place_changes(before.places, after.places)
    nothing = (_nothing, _nothing)
    inputs = compare_inputs(before.manifest, after.manifest, read or nothing)
    return Comparison(
        sites=sites,
        clusters=cluster_changes((before.sites, before.clusters), (after.sites, after.clusters)),
        criteria=criteria,
        details=details,
        places=places,
        reasons=(
            *manifest_reasons(before.manifest, after.manifest),
            *threshold_reasons(before.places, after.places),
        ),
        inputs=inputs.rows,
        inputs_unread=inputs.unread,
    )


def _shared_inputs(before: ResultTables, after: ResultTables) -> list[str]:
    """Return the attributes of the input in both; results of earlier versions have no schema."""
    schemas = [side.schema for side in (before, after) if side.schema.columns]
    inputs = [set(schema.names("sites", "input")) for schema in schemas]
    both = set.intersection(*inputs, set(after.sites.columns)) if inputs else set()
    return [name for name in before.sites.columns if name in both]


def _nothing(_name: str) -> None:
    return None


def _mostly_by(details: pd.DataFrame) -> pd.DataFrame:
    """Return for each site the criterion whose contribution changed most, the first of ties."""
    moved = details.loc[details["change"].abs() > NOISE]
    largest = moved["change"].abs().groupby(moved["site_id"], sort=False).idxmax()
    rows = moved.loc[largest].set_index("site_id")
    names = {"criterion": "mostly_by", "change": "mostly_by_change"}
    return pd.DataFrame(rows.rename(columns=names), columns=list(names.values()))


def _with_points(table: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Add the points of the sites, those after if there are any."""
    from geopandas import GeoDataFrame

    if not (isinstance(before, GeoDataFrame) and isinstance(after, GeoDataFrame)):
        return table
    positions = {str(id_): point for id_, point in before.geometry.items()}
    positions |= {str(id_): point for id_, point in after.geometry.items()}
    points = [positions[str(id_)] for id_ in table.index]
    located: pd.DataFrame = GeoDataFrame(table, geometry=points, crs=after.crs)
    return located


def _records(table: pd.DataFrame) -> list[object]:
    return [plain(row) for row in table.astype(object).to_dict("records")]


def write_changes(
    path: str | Path,
    sites: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    *,
    layer: str = "sites",
) -> Path:
    """Write a table of sites, and other tables with it.

    Parameters
    ----------
    path
        Ends in ``.csv``, for the sites only, or ``.gpkg``; a result of standort is replaced.
    sites
        The table of sites, with or without geometry, indexed by id.
    tables
        Tables without geometry, by name; an index with a name becomes a column.
    layer
        Name of the table of sites.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If the file cannot be written.
    """
    from geopandas import GeoDataFrame

    path = check_destination(path, endings=(".csv", ".gpkg"))
    geometry = sites.geometry.name if isinstance(sites, GeoDataFrame) else None
    if path.suffix.lower() == ".csv":
        return write_csv(sites.drop(columns=[geometry] if geometry else []), path, index=True)
    layers = {layer: sites} if geometry else {}
    others = dict(tables) if geometry else {layer: sites, **tables}
    others["manifest"] = brief_manifest("changes")
    return write_geopackage(path, layers=layers, tables=others)
