"""The sentences of an explanation: summary, setting, possible gains, and missing data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from standort.outputs.note_text import format_reason
from standort.outputs.text_layout import format_driver
from standort.outputs.veto_text import describe_vetoes, veto_limits
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

#: Closer than this, a site is at the location of a cluster member [km].
_SAME_LOCATION_KM = 0.001
#: Most criteria, and members, that a sentence names.
_NAMED = 3
#: Smaller gains would be shown as 0.
_LEAST_GAIN = 0.0005


def summarise_score(
    name: str, site: pd.Series, rows: pd.DataFrame, manifest: Mapping[str, object]
) -> str:
    """Summarise the score of a site with its highest and lowest contributions.

    Parameters
    ----------
    name
        Name of the site in the text.
    site
        Its row.
    rows
        One per criterion.
    manifest
        The manifest of the result.

    Returns
    -------
    One or two sentences.
    """
    if math.isnan(as_float(site.get("score"))):
        return f"{name} has no score: {_why_unscored(site, rows, manifest)}."
    low, high = format_score(site.get("score_min")), format_score(site.get("score_max"))
    rank = as_text(site.get("rank"))
    text = f"{name} scores {format_score(site['score'])}"
    text += f" (rank {rank})" if rank else ""
    text += f"; {low}-{high} once missing data are allowed for."
    known = rows.dropna(subset=["contribution"]).sort_values("contribution", kind="stable")
    if known.empty or known["contribution"].iloc[-1] == 0:
        return text
    text += f" Highest contribution: {_format_row(known.iloc[-1])}"
    return f"{text}; lowest: {_format_row(known.iloc[0])}." if len(known) > 1 else f"{text}."


def _why_unscored(site: pd.Series, rows: pd.DataFrame, manifest: Mapping[str, object]) -> str:
    """Name the gates that exclude a site, or the components with too little weight known."""
    # without gates, a column of that name is an attribute of the input
    excluded = as_text(site.get("excluded")) if veto_limits(manifest, limit="gate") else None
    if excluded:
        values = rows.set_index("criterion")["partial_value"]
        gates = [
            f"{humanise(name)} (partial value {format_score(values.get(name))})"
            for name in excluded.split(",")
        ]
        return f"a gate of the profile excludes it: {join_words(gates)}"
    short = []
    for component, members in rows.groupby("component", sort=False):
        weight = members["weight"].sum()
        known = members.loc[members["partial_value"].notna(), "weight"].sum()
        if known < weight and math.isnan(as_float(site.get(str(component)))):
            short.append(f"{known / weight:.0%} of the weight of {humanise(str(component))}")
    if not short:
        return "too little is known about its criteria"
    profile = manifest.get("profile")
    limit = as_float(profile.get("coverage_limit")) if isinstance(profile, Mapping) else math.nan
    required = "too little" if math.isnan(limit) else f"the profile requires at least {limit:.0%}"
    return f"only {join_words(short)} is known, {required}"


def _format_row(row: pd.Series) -> str:
    value = format_metric(str(row["metric"]), row["value"], row["unit"])
    return f"{humanise(row['criterion'])} ({', '.join(filter(None, [value, format_driver(row)]))})"


def describe_setting(site: pd.Series) -> str:
    """Describe where a site is in relation to clusters.

    Parameters
    ----------
    site
        Its row.

    Returns
    -------
    A sentence; empty if nothing is known.
    """
    cluster, tier = as_text(site.get("cluster")), as_text(site.get("tier"))
    parts = []
    if cluster is not None and cluster != "-1":
        parts.append(f"{as_text(site.get('role')) or 'member'} of cluster {cluster}")
    elif tier is not None:
        parts.append({"adjacent": "adjacent to a cluster"}.get(tier, tier))
    for column, which in (("cluster", "nearest"), ("major_cluster", "nearest major")):
        distance = as_float(site.get(f"{column}_distance_km"))
        if math.isfinite(distance) and distance > _SAME_LOCATION_KM:
            parts.append(f"{format_measure(distance, 'km')} to the {which} cluster")
    text = "; ".join(parts)
    return f"{_capitalise(text)}." if text else ""


def _capitalise(text: str) -> str:
    """Capitalise the first letter only: the others of CO2 stay as they are."""
    return text[:1].upper() + text[1:]


def explanation_notes(explanation: Explanation) -> list[str]:
    """Describe vetoes, possible gains, members, and data that are missing or not counted.

    Parameters
    ----------
    explanation
        The explanation.

    Returns
    -------
    One text per subject, of one sentence or more.
    """
    rows = explanation.rows
    notes = describe_vetoes(
        explanation.kind,
        explanation.vetoed,
        explanation.veto_unknown,
        limits=explanation.veto_limits,
        partial_values=dict(zip(rows["criterion"], rows["partial_value"], strict=True)),
    )
    texts = (
        _describe_raises(explanation),
        _describe_next_best(rows),
        _describe_members(explanation.members),
    )
    notes += [text for text in texts if text]
    if missing := [humanise(c) for c in rows.loc[rows["partial_value"].isna(), "criterion"]]:
        notes.append(f"Unknown at this {explanation.kind}: {', '.join(missing)}.")
    notes += _describe_doubts(rows)
    notes += [f"{_capitalise(humanise(c))}: {text}." for c, text in explanation.counted.items()]
    if explanation.not_available:
        notes.append(f"Not available: {_group_reasons(explanation.not_available)}.")
    if explanation.coverage < 1:
        notes.append(
            f"Coverage: {explanation.coverage:.0%} of the weight of the criteria used is known."
        )
    return [*notes, *_describe_span(explanation.unknowns)]


def _describe_doubts(rows: pd.DataFrame) -> list[str]:
    """Describe the criteria with features, shares or areas in doubt."""
    notes = []
    for _, row in rows.loc[rows["n_unknown"] > 0].iterrows():
        counts = "it counts" if row["n_unknown"] == 1 else "they count"
        notes.append(
            f"{_capitalise(humanise(row['criterion']))}: the quantity of "
            f"{count_of(row['n_unknown'], 'feature')} within reach is unknown; {counts} in the "
            "upper bound only."
        )
    for _, row in rows.loc[rows["n_overstated"] > 0].iterrows():
        verb = "is" if row["n_overstated"] == 1 else "are"
        notes.append(
            f"Upper bound: {humanise(row['criterion'])}, because "
            f"{count_of(row['n_overstated'], 'feature')} within reach {verb} shared with emitters "
            "whose demand is unknown."
        )
    for _, row in rows.loc[rows["could_be_more"]].iterrows():
        notes.append(
            f"{_capitalise(humanise(row['criterion']))}: {format_known_share(row['covered'])}; the "
            "rest could only add to it, and counts in the upper bound only."
        )
    return notes


def _describe_raises(explanation: Explanation) -> str:
    """Name the criteria that would raise the score most, with each reference point on the way."""
    raises = explanation.raises.loc[explanation.raises["gain"] >= _LEAST_GAIN]
    if raises.empty:
        return ""
    texts = []
    for criterion in raises["criterion"].drop_duplicates().head(_NAMED):
        steps = raises.loc[raises["criterion"] == criterion].sort_values("gain", kind="stable")
        points = zip(steps["reference"], steps["unit"], steps["gain"], strict=True)
        more = [f"{format_measure(x, unit)}: {format_score(gain)}" for x, unit, gain in points][1:]
        text = f"{steps['what'].iloc[0]} adds {format_score(steps['gain'].iloc[0])}"
        texts.append(text + (f" ({', '.join(more)})" if more else ""))
    condition = "" if explanation.kind == "site" else " (if all members had it)"
    lead = f"What would raise the score most{condition}"
    return f"{lead}: {'; '.join(texts)}. Each change taken on its own."


def _describe_next_best(rows: pd.DataFrame) -> str:
    """Name the second nearest feature of each distance to a nearest one."""
    known = rows.loc[rows["next_feature"].notna()]
    texts = [
        f"{humanise(row['criterion'])} {row['next_feature_name'] or row['next_feature']} "
        f"({format_measure(row['next_value'], str(row['unit']))})"
        for _, row in known.iterrows()
    ]
    return f"Next best: {'; '.join(texts)}." if texts else ""


def _describe_members(members: pd.DataFrame) -> str:
    """Name the members with the largest emissions."""
    if members.empty:
        return ""
    texts = []
    for _, row in members.head(_NAMED).iterrows():
        share = as_float(row["share"])
        parts = [] if math.isnan(share) else [f"{share:.0%} of the emissions"]
        parts.append(f"score {format_score(row['score'])}")
        texts.append(f"{row['name'] or row['site_id']} ({', '.join(parts)})")
    others = len(members) - len(texts)
    return f"Members: {'; '.join(texts)}" + (f"; and {others:,} more." if others else ".")


def _describe_span(spans: pd.DataFrame) -> list[str]:
    """Name the missing criterion that could move the score most."""
    width = (spans["score_best"] - spans["score_worst"]).dropna()
    if width.empty:
        return []
    row = spans.loc[width.sort_values(kind="stable", ascending=False).index[0]]
    span = f"{format_score(row['score_worst'])}-{format_score(row['score_best'])}"
    text = (
        f"The missing criterion with most influence is {humanise(str(row['criterion']))}: it could "
        f"move the score to anywhere in {span}."
    )
    return [text]


def _group_reasons(reasons: Mapping[str, Note]) -> str:
    """Name criteria once per reason; `standort score` names the layer that each lacks."""
    groups: dict[str, list[str]] = {}
    for criterion, reason in reasons.items():
        shared = "no layer in the study" if reason.kind == "no_layer" else format_reason(reason)
        groups.setdefault(shared, []).append(humanise(criterion))
    return "; ".join(f"{', '.join(names)} ({why})" for why, names in groups.items())
