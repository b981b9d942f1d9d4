"""A comparison of two results: its counts, its sentence, and how it is written."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

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
    compare_inputs,
    describe_row_changes,
)
from standort.outputs.comparison.reasons import Reason, manifest_reasons, threshold_reasons
from standort.outputs.geopackage.writer import (
    check_destination,
    put_in_place,
    readable_write_errors,
    sync,
    write_geopackage,
)
from standort.results.manifest import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.outputs.comparison.input_changes import ReadLayer
    from standort.results.result_tables import ResultTables

__all__ = ["NOISE", "Comparison", "compare_results", "write_changes"]

#: Scores closer than this are the same but for rounding, as other versions of libraries round.
NOISE = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What moved between two results, and why. Printed, it is a report.

    Parameters
    ----------
    sites
        As `site_changes` gives them, and ``mostly_by``, the criterion whose contribution changed
        most, with that change, ``mostly_by_change``; points, where the results have them.
    clusters
        As `cluster_changes` gives them.
    criteria
        By criterion, how many sites it changed for and by how much in all.
    details
        One row per site and criterion that differ.
    places
        As `place_changes` gives them; None where a result has no places.
    reasons
        What the two runs did not have in common.
    inputs
        Rows of the layers that changed, see `InputRows`; empty where none did, or none of what was
        read is there to be read again.
    inputs_unread
        Layers that changed, and of which the rows are not known.
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
        """Whether all scores stand on the same criteria of one profile."""
        return not any(reason.kind in {"profile", "basis"} for reason in self.reasons)

    @property
    def counts(self) -> dict[str, float]:
        """Numbers of sites, clusters and places by what became of them, and the sum of changes."""
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
            # exact, so that the order of the sites does not matter
            "total_change": math.fsum(self.sites["change"].dropna()),
            **{
                f"clusters_{event}": int((events == event).sum())
                for event in ("continued", "merged", "split", "born", "died")
            },
            "types_changed": types,
        }

    def to_text(self, *, top: int = 10) -> str:
        """Give the comparison as text.

        Parameters
        ----------
        top
            Most sites, clusters and places to show of each kind.

        Returns
        -------
        Lines.
        """
        parts = [[summarise_moves(self.counts, self.gains, self.losses)]]
        if self.reasons:
            parts.append(["What the runs do not have in common:"])
            parts[-1] += [line for reason in self.reasons for line in self._told(reason)]
        else:
            parts.append(["Inputs, profile, options and versions are the same."])
        if not self.comparable:
            parts.append(["The scores do not compare: they stand on different ground (see above)."])
        parts += [
            format_input_changes(self.sites, top),
            format_moved_sites(self.moved, self.details, top),
            format_criteria(self.criteria, every=not self.comparable),
            format_cluster_events(self.clusters, top),
            format_type_changes(self.places, top),
        ]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)

    def to_dict(self) -> dict[str, object]:
        """Give the comparison as what JSON can hold.

        Returns
        -------
        ``comparable``, ``counts``, ``reasons``, ``inputs_unread``, and the rows of ``inputs``,
        ``sites`` (those that moved, came, went, came with other attributes, or changed rank or
        tier), ``criteria``, ``clusters`` and ``places``.
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
        from standort.outputs.comparison.comparison import write_changes

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

    def _told(self, reason: Reason) -> list[str]:
        """Tell a reason, and of an input that changed what is known of its rows."""
        lines = [f"  {reason}"]
        if reason.kind == "input" and reason.what in self.inputs_unread:
            lines.append(
                "    which rows is not known: the files that were read are neither beside the "
                "results nor in this folder as they were"
            )
        elif reason.kind == "input" and (rows := describe_row_changes(self.inputs, reason.what)):
            lines.append(f"    {rows}")
        return lines

    def _changed(self) -> pd.DataFrame:
        """Give the sites of which anything changed."""
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


def compare_results(
    before: ResultTables,
    after: ResultTables,
    *,
    read: tuple[ReadLayer, ReadLayer] | None = None,
) -> Comparison:
    """Compare two results: what moved, and why.

    Parameters
    ----------
    before, after
        Tables of the results.
    read
        What gives the layers each was computed from, as `find_layers`; without it, rows of inputs
        are not told.

    Returns
    -------
    The comparison; print it, or take its tables.
    """
    inputs_after = set(after.schema.names("sites", "input"))
    shared = [name for name in before.schema.names("sites", "input") if name in inputs_after]
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


def _nothing(_name: str) -> None:
    return None


def _mostly_by(details: pd.DataFrame) -> pd.DataFrame:
    """Name of each site the criterion whose contribution changed most; the first of equal ones."""
    moved = details.loc[details["change"].abs() > NOISE]
    largest = moved["change"].abs().groupby(moved["site_id"], sort=False).idxmax()
    rows = moved.loc[largest].set_index("site_id")
    names = {"criterion": "mostly_by", "change": "mostly_by_change"}
    return pd.DataFrame(rows.rename(columns=names), columns=list(names.values()))


def _with_points(table: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Put the sites on the map, where they are now or were last."""
    from geopandas import GeoDataFrame

    if not (isinstance(before, GeoDataFrame) and isinstance(after, GeoDataFrame)):
        return table
    places = {str(id_): point for id_, point in before.geometry.items()}
    places |= {str(id_): point for id_, point in after.geometry.items()}
    points = [places[str(id_)] for id_ in table.index]
    placed: pd.DataFrame = GeoDataFrame(table, geometry=points, crs=after.crs)
    return placed


def _records(table: pd.DataFrame) -> list[object]:
    return [plain(row) for row in table.astype(object).to_dict("records")]


def write_changes(
    path: str | Path,
    sites: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    *,
    layer: str = "sites",
) -> Path:
    """Write a table of sites and others beside it.

    Parameters
    ----------
    path
        Ends in ``.csv``, which takes the sites only, or ``.gpkg``; a file that is there is replaced
        whole, or left whole if writing fails.
    sites
        The table of sites, with or without geometry, indexed by id.
    tables
        Tables without geometry, by name; an index with a name becomes a column.
    layer
        What the table of sites is called, if it holds other things.

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
    if path.suffix.lower() == ".gpkg":
        has_points = isinstance(sites, GeoDataFrame)
        layers = {layer: sites} if has_points else {}
        others = dict(tables) if has_points else {layer: sites, **tables}
        return write_geopackage(path, layers=layers, tables=others)
    with (
        readable_write_errors(path),
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder,
    ):
        temporary = Path(folder) / path.name
        geometry = sites.geometry.name if isinstance(sites, GeoDataFrame) else None
        sites.drop(columns=[geometry] if geometry else []).to_csv(temporary)
        sync(temporary)
        put_in_place(temporary, path)
    return path
