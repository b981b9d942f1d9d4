"""The sentences of a summary: counts, criteria used, criteria not available, notes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from standort.arguments import checked, with_columns
from standort.errors import name_ids
from standort.outputs.note_text import format_notes, format_reason
from standort.outputs.veto_text import describe_vetoed_sites, veto_limits
from standort.outputs.wording import count_of, format_measure, humanise
from standort.results.manifest import criteria_of
from standort.results.notes import Note, notes_of
from standort.results.schema import Schema

#: Most ids that a sentence names.
_NAMED = 3


@checked(sites=with_columns("score"))
def summary_lines(
    sites: pd.DataFrame, clusters: pd.DataFrame, manifest: Mapping[str, object]
) -> list[str]:
    """Summarise a result in sentences: counts, criteria used, missing data.

    Parameters
    ----------
    sites
        The table of sites of a result.
    clusters
        Its table of clusters.
    manifest
        Its manifest.

    Returns
    -------
    One sentence per line.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame({"score": [0.5, float("nan")]}, index=["a", "b"])
    >>> summary_lines(sites, pd.DataFrame(), {})
    ['1 of 2 sites scored.', "1 site has no score ('b'): too little is known about it."]
    """
    counted = manifest.get("counts")
    if isinstance(counted, Mapping) and count_all(sites, manifest) != len(sites):
        lines = _describe_counts(counted, clusters, manifest)
    else:
        lines = _describe_sites(sites, clusters, manifest)
    entries = criteria_of(manifest)
    basis = [name for name, entry in entries.items() if entry.get("status") == "computed"]
    if entries:
        named = ", ".join(humanise(name) for name in basis)
        lines.append(f"Scores use {len(basis)} of the {len(entries)} criteria: {named}.")
    if len(basis) < len(entries):
        lines.append("Not available:")
        lines += [
            f"  {humanise(name)}: {format_reason(Note.of(entry['reason']))}"
            for name, entry in entries.items()
            if name not in basis
        ]
    notes = format_notes(notes_of(manifest))
    return [*lines, *(["Notes:", *(f"  {note}" for note in notes)] if notes else [])]


def count_all(sites: pd.DataFrame, manifest: Mapping[str, object]) -> int:
    """Return the number of all sites of a result, of which the table may hold the best only."""
    counted = manifest.get("counts")
    return counted.get("sites", len(sites)) if isinstance(counted, Mapping) else len(sites)


def _describe_sites(
    sites: pd.DataFrame, clusters: pd.DataFrame, manifest: Mapping[str, object]
) -> list[str]:
    """Describe the sites of a complete table."""
    sites = sites[Schema.of(manifest).own("sites", sites.columns)]
    scored = int(sites["score"].notna().sum())
    lines = [_count_scored(scored, len(sites), manifest)]
    if scored < len(sites):
        lines += _describe_unscored(sites.loc[sites["score"].isna()], Schema.of(manifest))
    lines += describe_vetoed_sites(sites, manifest)
    if "tier" in sites:
        tiers = {str(tier): int(count) for tier, count in sites["tier"].value_counts().items()}
        lines += _describe_tiers(tiers, _count_lone(sites), clusters, manifest)
    return lines


def _describe_counts(
    counts: Mapping[str, int], clusters: pd.DataFrame, manifest: Mapping[str, object]
) -> list[str]:
    """Describe sites by the counts of the manifest, for a table of the best only."""
    total, scored = counts["sites"], counts["scored"]
    lines = [_count_scored(scored, total, manifest)]
    if scored < total:
        verb = "has" if total - scored == 1 else "have"
        gated = any(note.kind == "gate" for note in notes_of(manifest))
        why = "too little is known about them"
        why += ", or a gate excludes them (see the notes)" if gated else ""
        lines.append(f"{count_of(total - scored, 'site')} {verb} no score: {why}.")
    if vetoes := veto_limits(manifest):
        named = ", ".join(humanise(name) for name in vetoes)
        lines.append(f"The column vetoed shows which vetoes hold against each site: {named}.")
    if "member" in counts:
        lines += _describe_tiers(counts, counts["lone_anchors"], clusters, manifest)
    return lines


def _count_scored(scored: int, total: int, manifest: Mapping[str, object]) -> str:
    sites = count_of(total, "site")
    return f"{sites if scored == total else f'{scored:,} of {sites}'} scored{_by(manifest)}."


def _by(manifest: Mapping[str, object]) -> str:
    profile = manifest.get("profile")
    if not isinstance(profile, Mapping):
        return ""
    return f" by profile {profile.get('id')} {profile.get('version')}"


def _describe_tiers(
    tiers: Mapping[str, int], lone: int, clusters: pd.DataFrame, manifest: Mapping[str, object]
) -> list[str]:
    """Count the sites by tier, and explain the term lone anchor."""
    texts = {"member": "in clusters", "adjacent": "adjacent to one", "dispersed": "dispersed"}
    parts = [f"{tiers.get(tier, 0):,} {text}" for tier, text in texts.items()]
    line = f"{count_of(len(clusters), 'cluster')}: {', '.join(parts)}"
    if not lone:
        return [f"{line}."]
    lines = [f"{line}; {count_of(lone, 'lone anchor')}."]
    options = manifest.get("options")
    limit = options.get("lone_anchor_mt_per_yr") if isinstance(options, Mapping) else None
    if limit is not None:
        size = format_measure(limit, "mt_per_yr")
        lines.append(
            f"A lone anchor is an isolated large emitter: {size} of CO2 or more, in no cluster."
        )
    return lines


def _count_lone(sites: pd.DataFrame) -> int:
    return int(sites["lone_anchor"].eq(True).sum()) if "lone_anchor" in sites else 0  # noqa: FBT003 - unknown is not true


def _describe_unscored(unscored: pd.DataFrame, schema: Schema) -> list[str]:
    """Count the sites without a score: excluded by a gate, or with too little known."""
    gated = pd.Series("", index=unscored.index)
    if schema.has("sites", "excluded"):
        gated = unscored["excluded"].fillna("").astype(str)
    excluded, unknown = unscored.loc[gated != ""], unscored.loc[gated == ""]
    lines = [_describe_unknown(unknown, schema)] if len(unknown) else []
    if len(excluded):
        verb = "is" if len(excluded) == 1 else "are"
        ids = name_ids(excluded.index.tolist(), limit=_NAMED)
        gates = gated[gated != ""].str.split(",").explode().value_counts()
        named = ", ".join(f"{humanise(str(name))} at {count:,}" for name, count in gates.items())
        lines.append(
            f"{count_of(len(excluded), 'site')} {verb} excluded by gates ({ids}): {named}."
        )
    return lines


def _describe_unknown(unscored: pd.DataFrame, schema: Schema) -> str:
    """Count the sites with too little known, and their unknown criteria."""
    verb = "has" if len(unscored) == 1 else "have"
    ids = name_ids(unscored.index.tolist(), limit=_NAMED)
    line = f"{count_of(len(unscored), 'site')} {verb} no score ({ids}): too little is known "
    line += "about it" if len(unscored) == 1 else "about them"
    missing = {
        str(column.criterion): int(unscored[column.name].isna().sum())
        for column in schema.columns
        if column.kind == "partial_value"
    }
    named = [f"{humanise(name)} at {count:,}" for name, count in missing.items() if count]
    return f"{line} (unknown: {', '.join(named)})." if named else f"{line}."
