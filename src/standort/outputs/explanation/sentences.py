"""The sentences of an explanation: the gist, the place, what would help, what is not known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from standort.outputs.limit_wording import describe_vetoes
from standort.outputs.note_text import format_reason
from standort.outputs.text_layout import format_driver
from standort.outputs.wording import (
    count_of,
    format_known_share,
    format_measure,
    format_metric,
    format_score,
    humanise,
    join_words,
)
from standort.results.cell_values import as_float, as_text

if TYPE_CHECKING:
    import pandas as pd

    from standort.outputs.explanation.explanation import Explanation
    from standort.results.notes import Note

__all__ = ["describe_setting", "notes_of", "summarise_score"]

#: Nearer than this a site stands at a member of the cluster [km].
_HERE_KM = 0.001
#: Criteria, and members, that are named.
_NAMED = 3
#: A gain below this would be written as 0.
_LEAST_GAIN = 0.0005


def summarise_score(
    name: str, site: pd.Series, rows: pd.DataFrame, manifest: Mapping[str, object]
) -> str:
    """Tell in one sentence what a site scores, and by what most and least.

    Parameters
    ----------
    name
        What to call the site.
    site
        Its row.
    rows
        One per criterion.
    manifest
        The manifest of the result.

    Returns
    -------
    The sentence.
    """
    if math.isnan(as_float(site.get("score"))):
        return f"{name} has no score: {_why_unscored(site, rows, manifest)}."
    low, high = format_score(site.get("score_min")), format_score(site.get("score_max"))
    rank = as_text(site.get("rank"))
    gist = f"{name} scores {format_score(site['score'])}"
    gist += f" (rank {rank})" if rank else ""
    gist += f", between {low} and {high} with all that is unknown"
    added = rows.dropna(subset=["contribution"]).sort_values("contribution", kind="stable")
    if added.empty or added["contribution"].iloc[-1] == 0:
        return f"{gist}."
    gist += f": most by {_told(added.iloc[-1])}"
    return f"{gist}, least by {_told(added.iloc[0])}." if len(added) > 1 else f"{gist}."


def _why_unscored(site: pd.Series, rows: pd.DataFrame, manifest: Mapping[str, object]) -> str:
    """Name the gates that exclude it, or what too little is known of and how much is asked for."""
    excluded = as_text(site.get("excluded"))
    if excluded:
        worth = rows.set_index("criterion")["partial_value"]
        gates = [
            f"{humanise(name)} (worth {format_score(worth.get(name))})"
            for name in excluded.split(",")
        ]
        return f"a gate of the profile excludes it, by {join_words(gates)}"
    short = []
    for component, members in rows.groupby("component", sort=False):
        whole = members["weight"].sum()
        known = members.loc[members["partial_value"].notna(), "weight"].sum()
        if known < whole and math.isnan(as_float(site.get(str(component)))):
            short.append(f"{known / whole:.0%} of the weight of {humanise(str(component))}")
    if not short:
        return "too little is known of what it would stand on"
    profile = manifest.get("profile")
    limit = as_float(profile.get("coverage_limit")) if isinstance(profile, Mapping) else math.nan
    asked = "too little" if math.isnan(limit) else f"the profile asks for at least {limit:.0%}"
    return f"only {join_words(short)} is known, {asked}"


def _told(row: pd.Series) -> str:
    measured = format_metric(str(row["metric"]), row["value"], row["unit"])
    decided = format_driver(row)
    return f"{humanise(row['criterion'])} ({', '.join(filter(None, [measured, decided]))})"


def describe_setting(site: pd.Series) -> str:
    """Tell where a site stands among the clusters.

    Parameters
    ----------
    site
        Its row.

    Returns
    -------
    A sentence; empty if nothing is known of it.
    """
    cluster, tier = as_text(site.get("cluster")), as_text(site.get("tier"))
    parts = []
    if cluster is not None and cluster != "-1":
        parts.append(f"{as_text(site.get('role')) or 'member'} of cluster {cluster}")
    elif tier is not None:
        parts.append({"adjacent": "adjacent to a cluster"}.get(tier, tier))
    for column, what in (("cluster", "nearest"), ("major_cluster", "nearest major")):
        distance = as_float(site.get(f"{column}_distance_km"))
        if math.isfinite(distance) and distance > _HERE_KM:
            parts.append(f"{format_measure(distance, 'km')} to the {what} cluster")
    text = "; ".join(parts)
    return f"{_capital(text)}." if text else ""


def _capital(text: str) -> str:
    """Give a capital to the first letter only: CO2 keeps its own."""
    return text[:1].upper() + text[1:]


def notes_of(explanation: Explanation) -> list[str]:
    """Tell what would help, what else there is, and what is not known or not counted.

    Parameters
    ----------
    explanation
        The explanation.

    Returns
    -------
    Sentences, or a few sentences on one thing.
    """
    told = (
        _describe_raises(explanation),
        _describe_next_best(explanation.rows),
        _describe_members(explanation.members),
    )
    rows = explanation.rows
    notes = describe_vetoes(
        explanation.kind,
        explanation.vetoed,
        explanation.veto_unknown,
        limits=explanation.veto_limits,
        worth=dict(zip(rows["criterion"], rows["partial_value"], strict=True)),
    )
    notes += [note for note in told if note]
    if missing := [humanise(c) for c in rows.loc[rows["partial_value"].isna(), "criterion"]]:
        notes.append(f"Unknown at this {explanation.kind}: {', '.join(missing)}.")
    for _, row in rows.loc[rows["n_unknown"] > 0].iterrows():
        count = count_of(row["n_unknown"], "feature")
        notes.append(
            f"{_capital(humanise(row['criterion']))}: {count} within reach of unknown quantity, "
            "counted in the upper bound only."
        )
    for _, row in rows.loc[rows["n_overstated"] > 0].iterrows():
        count = count_of(row["n_overstated"], "feature")
        notes.append(
            f"{_capital(humanise(row['criterion']))}: {count} within reach shared with others of "
            "unknown demand, so that the measure is the most it can be."
        )
    for _, row in rows.loc[rows["could_be_more"]].iterrows():
        notes.append(
            f"{_capital(humanise(row['criterion']))}: {format_known_share(row['covered'])}; what is not "
            "known could only add to it, and counts in the upper bound only."
        )
    notes += [f"{_capital(humanise(c))}: {told}." for c, told in explanation.counted.items()]
    if explanation.not_available:
        notes.append(f"Not available: {_grouped(explanation.not_available)}.")
    if explanation.coverage < 1:
        notes.append(f"Coverage: {explanation.coverage:.0%} of the weight of the basis is known.")
    return [*notes, *_describe_span(explanation.unknowns)]


def _describe_raises(explanation: Explanation) -> str:
    """Name the criteria that would raise the score most, and the steps on the way."""
    raises = explanation.raises.loc[explanation.raises["gain"] >= _LEAST_GAIN]
    if raises.empty:
        return ""
    told = []
    for criterion in raises["criterion"].drop_duplicates().head(_NAMED):
        steps = raises.loc[raises["criterion"] == criterion].sort_values("gain", kind="stable")
        points = zip(steps["reference"], steps["unit"], steps["gain"], strict=True)
        more = [f"{format_measure(x, unit)}: {format_score(gain)}" for x, unit, gain in points][1:]
        text = f"{steps['what'].iloc[0]} adds {format_score(steps['gain'].iloc[0])}"
        told.append(text + (f" ({', '.join(more)})" if more else ""))
    whom = "" if explanation.kind == "site" else " (of members, if it held for all of them)"
    return f"What would raise the score most{whom}: {'; '.join(told)}. Each by itself."


def _describe_next_best(rows: pd.DataFrame) -> str:
    """Name the second nearest feature of each distance to a nearest one."""
    known = rows.loc[rows["next_feature"].notna()]
    told = [
        f"{humanise(row['criterion'])} {row['next_feature_name'] or row['next_feature']} "
        f"({format_measure(row['next_value'], str(row['unit']))})"
        for _, row in known.iterrows()
    ]
    return f"Next best: {'; '.join(told)}." if told else ""


def _describe_members(members: pd.DataFrame) -> str:
    """Name the members that count most."""
    if members.empty:
        return ""
    told = []
    for _, row in members.head(_NAMED).iterrows():
        share = as_float(row["share"])
        parts = [] if math.isnan(share) else [f"{share:.0%} of the emissions"]
        parts.append(f"score {format_score(row['score'])}")
        told.append(f"{row['name'] or row['site_id']} ({', '.join(parts)})")
    others = len(members) - len(told)
    return f"Members: {'; '.join(told)}" + (f"; and {others:,} more." if others else ".")


def _describe_span(spans: pd.DataFrame) -> list[str]:
    """Name what is not known that could move the score most."""
    width = (spans["score_best"] - spans["score_worst"]).dropna()
    if width.empty:
        return []
    row = spans.loc[width.sort_values(kind="stable", ascending=False).index[0]]
    told = (
        f"Of what is not known, {humanise(str(row['criterion']))} could matter most: the score "
        f"would lie between {format_score(row['score_worst'])} and {format_score(row['score_best'])} "
        "if it were known."
    )
    return [told]


def _grouped(reasons: Mapping[str, Note]) -> str:
    """Name criteria once per reason; `standort score` names the layer each of them lacks."""
    groups: dict[str, list[str]] = {}
    for criterion, reason in reasons.items():
        shared = "no layer in the study" if reason.kind == "no_layer" else format_reason(reason)
        groups.setdefault(shared, []).append(humanise(criterion))
    return "; ".join(f"{', '.join(names)} ({why})" for why, names in groups.items())
