"""Explaining one score: what adds how much to it, what decided that, and what is not known."""

from __future__ import annotations

import html
import math
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from standort.outputs.aligning import HEAD, aligned, table_cells, tell_decided, wrap
from standort.outputs.columns import criteria_of
from standort.outputs.manifest import plain
from standort.outputs.wording import (
    as_float,
    as_text,
    count_of,
    humanise,
    tell_condition,
    tell_covered,
    tell_list,
    tell_measure,
    tell_measured,
    tell_score,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

__all__ = ["Explanation", "explain_site"]

#: Width and height taken where there is no terminal, and the least width.
_NO_TERMINAL, _NARROWEST = (100, 24), 60
#: Nearer than this a site stands at a member of the cluster [km].
_HERE_KM = 0.001
#: Known to this share a disc is known wholly: the rest is rounding.
_WHOLLY = 1.0 - 1e-6
_NUMBERS = ("value", "partial_value", "weight", "contribution")
_TEXTS = ("component", "criterion", "metric", "unit", "feature", "feature_name")


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why a site has the score it has.

    Printed, it is a table whose contributions add up to the score, as wide as the terminal; a
    notebook shows the same as HTML.

    Parameters
    ----------
    site_id
        Id of the site.
    name
        Its name; the id if it has none.
    score
        Score in [0, 1]; NaN if too little is known.
    low
        The score with everything unknown at its worst.
    high
        The score with everything unknown at its best.
    coverage
        Share of the weight of the basis that is known.
    basis
        Criteria the score stands on.
    rows
        One per criterion: what was measured, its partial value, its weight, its contribution, the
        feature that decided it, `n_unknown`, the features of unknown quantity within reach,
        `n_overstated`, those that may be worth less than they count for; `covered`, the known
        share of a raster (NaN where the criterion has none), and `could_be_more`, whether what is
        not known of it could only add.
    not_available
        Why each criterion outside the basis could not be computed.
    counted
        How many features the filter of a criterion lets pass, where it keeps some out.
    place
        Cluster, role and tier, in words; empty if nothing is known of them.
    sentence
        The gist.
    """

    site_id: Hashable
    name: str
    score: float
    low: float
    high: float
    coverage: float
    basis: tuple[str, ...]
    rows: pd.DataFrame
    not_available: Mapping[str, str]
    counted: Mapping[str, str]
    place: str
    sentence: str

    def to_dict(self) -> dict[str, object]:
        """Give the explanation as what JSON can hold.

        Returns
        -------
        Dicts, lists, texts and numbers. Unknown is None, and an infinite distance (nothing within
        reach) the text ``inf``.
        """
        content = {
            "site_id": self.site_id,
            "name": self.name,
            "score": self.score,
            "score_min": self.low,
            "score_max": self.high,
            "coverage": self.coverage,
            "basis": self.basis,
            "place": self.place,
            "sentence": self.sentence,
            "criteria": self.rows.astype(object).to_dict("records"),
            "not_available": self.not_available,
            "counted": self.counted,
        }
        return {key: plain(value) for key, value in content.items()}

    def to_text(self, *, width: int | None = None) -> str:
        """Give the explanation as text.

        Parameters
        ----------
        width
            Most characters of a line; by default the width of the terminal, or 100 without one.
            Names of features are cut to fit.

        Returns
        -------
        Lines.
        """
        # Narrower than this the numbers alone would not fit.
        room = max(width or shutil.get_terminal_size(fallback=_NO_TERMINAL).columns, _NARROWEST)
        lines = wrap([self.sentence, *([self.place] if self.place else [])], room)
        lines += ["", *aligned(table_cells(self.rows), room)]
        notes = wrap(_notes(self), room, indent="  ")
        return "\n".join([*lines, *([""] if notes else []), *notes])

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
            for cells in table_cells(self.rows)[1:]
        )
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in HEAD)
        texts = [self.sentence, self.place, *_notes(self)]
        paragraphs = [f"<p>{html.escape(text)}</p>" for text in texts if text]
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f"<div>{paragraphs[0]}{table}{''.join(paragraphs[1:])}</div>"


def explain_site(
    site: pd.Series, contributions: pd.DataFrame, manifest: Mapping[str, object]
) -> Explanation:
    """Explain the score of one site.

    Parameters
    ----------
    site
        Its row of the table `sites`; the name of the Series is the id.
    contributions
        The table of contributions; rows of other sites are left aside.
    manifest
        The manifest of the result.

    Returns
    -------
    The explanation; print it, or take its parts.

    Examples
    --------
    >>> site = pd.Series({"score": 0.6, "score_min": 0.5, "score_max": 0.7, "coverage": 1.0,
    ...                   "basis": "port_distance"}, name="a")
    >>> row = {"site_id": "a", "component": "net_zero_assets", "criterion": "port_distance",
    ...        "metric": "nearest_distance", "unit": "km", "value": 8.0, "partial_value": 0.6,
    ...        "weight": 1.0, "contribution": 0.6, "feature": "p1", "feature_name": "Old Quay"}
    >>> explanation = explain_site(site, pd.DataFrame([row]), {})
    >>> explanation.sentence
    'a scores 0.60, between 0.50 and 0.70 with all that is unknown: most by port distance (8 km, ...
    """
    own = contributions.loc[contributions["site_id"] == site.name]
    rows = _clean_rows(own)
    for flag in ("unknown", "overstated"):
        counts = [as_float(site.get(f"{criterion}_{flag}")) for criterion in rows["criterion"]]
        rows[f"n_{flag}"] = [0 if math.isnan(count) else int(count) for count in counts]
    rows["covered"] = [_covered(site, manifest, criterion) for criterion in rows["criterion"]]
    adds_up = pd.Series([_adds_up(manifest, c) for c in rows["criterion"]], dtype=bool)
    partly = rows["partial_value"].notna() & (rows["covered"] < _WHOLLY)
    rows["could_be_more"] = partly & adds_up
    id_ = site.name.item() if hasattr(site.name, "item") else site.name
    numbers = {key: as_float(site.get(key)) for key in ("score", "score_min", "score_max")}
    name = as_text(site.get("name")) or str(id_)
    return Explanation(
        site_id=id_,
        name=name,
        score=numbers["score"],
        low=numbers["score_min"],
        high=numbers["score_max"],
        coverage=as_float(site.get("coverage")),
        basis=tuple(part for part in (as_text(site.get("basis")) or "").split(",") if part),
        rows=rows,
        not_available=_not_available(manifest),
        counted=_counted(manifest, rows["criterion"]),
        place=_place(site),
        sentence=_sentence(name, site, rows, manifest),
    )


def _clean_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Give numbers and texts one kind each, whether they come from memory or from a file."""
    numbers = {key: [as_float(value) for value in rows[key]] for key in _NUMBERS}
    texts = {key: pd.Series([as_text(v) for v in rows[key]], dtype=object) for key in _TEXTS}
    table = pd.DataFrame({**texts, **numbers})
    return table[[*_TEXTS[:4], *_NUMBERS, *_TEXTS[4:]]]


def _covered(site: pd.Series, manifest: Mapping[str, object], criterion: str) -> float:
    """Give the known share of a criterion's raster at a site; NaN if it has no raster."""
    has_raster = "raster" in criteria_of(manifest).get(criterion, {})
    return as_float(site.get(f"{criterion}_coverage")) if has_raster else math.nan


def _adds_up(manifest: Mapping[str, object], criterion: str) -> bool:
    """Tell whether a criterion adds up what a raster holds."""
    entry = criteria_of(manifest).get(criterion, {})
    return "technology" in entry or entry.get("statistic") in {"sum", "integral"}


def _not_available(manifest: Mapping[str, object]) -> dict[str, str]:
    return {
        str(criterion): str(entry.get("reason") or "")
        for criterion, entry in criteria_of(manifest).items()
        if entry.get("status") == "not available"
    }


def _counted(manifest: Mapping[str, object], criteria: Iterable[str]) -> dict[str, str]:
    """Tell how many features pass the filter of each criterion that keeps some out."""
    told = {}
    for criterion in criteria:
        entry = criteria_of(manifest).get(criterion, {})
        kept, conditions = str(entry.get("kept", "")), entry.get("filter")
        passed, _, every = kept.partition(" of ")
        if passed != every and isinstance(conditions, Mapping):
            asked = tell_list([tell_condition(str(c), asks) for c, asks in conditions.items()])
            told[criterion] = f"{kept} features counted ({asked})"
    return told


def _sentence(
    name: str, site: pd.Series, rows: pd.DataFrame, manifest: Mapping[str, object]
) -> str:
    if math.isnan(as_float(site.get("score"))):
        return f"{name} has no score: {_why_unscored(site, rows, manifest)}."
    low, high = tell_score(site.get("score_min")), tell_score(site.get("score_max"))
    rank = as_text(site.get("rank"))
    gist = f"{name} scores {tell_score(site['score'])}"
    gist += f" (rank {rank})" if rank else ""
    gist += f", between {low} and {high} with all that is unknown"
    added = rows.dropna(subset=["contribution"]).sort_values("contribution", kind="stable")
    if added.empty or added["contribution"].iloc[-1] == 0:
        return f"{gist}."
    gist += f": most by {_told(added.iloc[-1])}"
    return f"{gist}, least by {_told(added.iloc[0])}." if len(added) > 1 else f"{gist}."


def _why_unscored(site: pd.Series, rows: pd.DataFrame, manifest: Mapping[str, object]) -> str:
    """Name the components of which too little is known, and how much the profile asks for."""
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
    return f"only {tell_list(short)} is known, {asked}"


def _told(row: pd.Series) -> str:
    measured = tell_measured(str(row["metric"]), row["value"], row["unit"])
    decided = tell_decided(row)
    return f"{humanise(row['criterion'])} ({', '.join(filter(None, [measured, decided]))})"


def _place(site: pd.Series) -> str:
    """Tell where the site stands among the clusters."""
    cluster, tier = as_text(site.get("cluster")), as_text(site.get("tier"))
    parts = []
    if cluster is not None and cluster != "-1":
        parts.append(f"{as_text(site.get('role')) or 'member'} of cluster {cluster}")
    elif tier is not None:
        parts.append({"adjacent": "adjacent to a cluster"}.get(tier, tier))
    for column, what in (("cluster", "nearest"), ("major_cluster", "nearest major")):
        distance = as_float(site.get(f"{column}_distance_km"))
        if math.isfinite(distance) and distance > _HERE_KM:
            parts.append(f"{tell_measure(distance, 'km')} to the {what} cluster")
    text = "; ".join(parts)
    return f"{_capital(text)}." if text else ""


def _capital(text: str) -> str:
    """Give a capital to the first letter only: CO2 keeps its own."""
    return text[:1].upper() + text[1:]


def _notes(explanation: Explanation) -> list[str]:
    """Tell what is not known or not counted, a sentence each."""
    notes = []
    rows = explanation.rows
    if missing := [humanise(c) for c in rows.loc[rows["partial_value"].isna(), "criterion"]]:
        notes.append(f"Unknown at this site: {', '.join(missing)}.")
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
            f"{_capital(humanise(row['criterion']))}: {tell_covered(row['covered'])}; what is not "
            "known could only add to it, and counts in the upper bound only."
        )
    notes += [f"{_capital(humanise(c))}: {told}." for c, told in explanation.counted.items()]
    if explanation.not_available:
        notes.append(f"Not available: {_grouped(explanation.not_available)}.")
    if explanation.coverage < 1:
        notes.append(f"Coverage: {explanation.coverage:.0%} of the weight of the basis is known.")
    return notes


def _grouped(reasons: Mapping[str, str]) -> str:
    """Name criteria once per reason; which layer each of them lacks, `standort score` tells."""
    groups: dict[str, list[str]] = {}
    for criterion, reason in reasons.items():
        shared = re.sub(r"^the study has no layer '.*'$", "no layer in the study", reason)
        groups.setdefault(shared, []).append(humanise(criterion))
    told = (f"{', '.join(names)}{f' ({why})' if why else ''}" for why, names in groups.items())
    return "; ".join(told)
