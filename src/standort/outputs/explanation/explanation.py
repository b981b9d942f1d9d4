"""Explaining one score: what adds how much to it, what decided that, and what is not known."""

from __future__ import annotations

import html
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from standort.outputs.explanation.sentences import describe_setting, notes_of, summarise_score
from standort.outputs.limit_wording import veto_limits, vetoes_in
from standort.outputs.note_text import format_reason
from standort.outputs.text_layout import HEAD, aligned, table_cells, wrap
from standort.outputs.wording import (
    count_of,
    describe_reference,
    format_condition,
    humanise,
    join_words,
)
from standort.results.cell_values import as_float, as_text
from standort.results.manifest import criteria_of, plain
from standort.results.notes import Note
from standort.results.place_lookup import MEMBERS, largest_first
from standort.scoring import as_wholes, defined_profile, possible_raises, unknown_spans

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from standort.scoring import Profile

__all__ = ["Explanation", "explain_place", "explain_site", "potential"]

#: Width and height taken where there is no terminal, and the least width.
_NO_TERMINAL, _NARROWEST = (100, 24), 60
#: Known to this share a disc is known wholly: the rest is rounding.
_WHOLLY = 1.0 - 1e-6
_NUMBERS = ("value", "partial_value", "weight", "contribution", "next_value")
_TEXTS = (
    *("component", "criterion", "metric", "unit"),
    *("feature", "feature_name", "next_feature", "next_feature_name"),
)


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why a site, a cluster or another place has the score it has.

    Printed, it is a table whose contributions add up to the score, as wide as the terminal; a
    notebook shows the same as HTML.

    Parameters
    ----------
    site_id
        Id of the site; the name of the place.
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
        feature that decided it, the next best one and its distance (`next_value`), `n_unknown`, the
        features of unknown quantity within reach, `n_overstated`, those that may be worth less than
        they count for; `covered`, the known share of a raster (NaN where the criterion has none),
        and `could_be_more`, whether what is not known of it could only add.
    not_available
        Why each criterion outside the basis could not be computed.
    counted
        How many features the filter of a criterion lets pass, where it keeps some out.
    place
        Cluster, role and tier, in words; empty if nothing is known of them.
    sentence
        The gist.
    raises
        What each reference point not reached would add: see `standort.scoring.possible_raises`;
        `what` says it in words.
    unknowns
        Where the score could lie if one thing unknown were known: see
        `standort.scoring.unknown_spans`.
    members
        Of a place, its emitters, the largest first: `site_id`, `name`, `share` of the known
        emissions, `score`.
    kind
        ``site``, ``cluster``, ``initiative`` or ``unclustered``.
    vetoed, veto_unknown
        Criteria whose veto holds against it, and those of which that is not known.
    veto_limits
        What each criterion with a veto must be worth; empty for a profile without vetoes.
    """

    site_id: Hashable
    name: str
    score: float
    low: float
    high: float
    coverage: float
    basis: tuple[str, ...]
    rows: pd.DataFrame
    not_available: Mapping[str, Note]
    counted: Mapping[str, str]
    place: str
    sentence: str
    raises: pd.DataFrame
    unknowns: pd.DataFrame
    members: pd.DataFrame
    kind: str = "site"
    vetoed: tuple[str, ...] = ()
    veto_unknown: tuple[str, ...] = ()
    veto_limits: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Give the explanation as what JSON can hold.

        Returns
        -------
        Dicts, lists, texts and numbers. Unknown is None, and an infinite distance (nothing within
        reach) the text ``inf``.
        """
        content = {
            "kind": self.kind,
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
            "raises": self.raises.astype(object).to_dict("records"),
            "unknowns": self.unknowns.astype(object).to_dict("records"),
            "members": self.members.astype(object).to_dict("records"),
            "notes": notes_of(self),
            "not_available": {c: format_reason(why) for c, why in self.not_available.items()},
            "counted": self.counted,
        }
        if self.veto_limits:
            content |= {"vetoed": self.vetoed, "veto_unknown": self.veto_unknown}
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
        notes = wrap(notes_of(self), room, indent="  ")
        return "\n".join([*lines, *([""] if notes else []), *notes])

    def to_html(self) -> str:
        """Give the explanation as a page of its own, with a bar for each contribution.

        Returns
        -------
        HTML that needs no other file and no net.
        """
        from standort.outputs.explanation.page import page_of

        return page_of(self)

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
        texts = [self.sentence, self.place, *notes_of(self)]
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
    return _explained(id_, site, rows, manifest, place=describe_setting(site), kind="site")


def explain_place(
    place: pd.Series,
    contributions: pd.DataFrame,
    members: pd.DataFrame,
    manifest: Mapping[str, object],
) -> Explanation:
    """Explain the score of a cluster or another place.

    A place has the emission-weighted means of its members' partial values, and the density it has
    as a whole; what decided a mean is the member that adds most to it.

    Parameters
    ----------
    place
        Its row of the table `places`; the name of the Series is the name of the place.
    contributions
        Its rows of the table of places' contributions.
    members
        Rows of the table `sites` of the emitters that belong to it, as far as they were scored.
    manifest
        The manifest of the result.

    Returns
    -------
    The explanation.
    """
    scores = {f"advantage{end}": f"score{end}" for end in ("", "_min", "_max")}
    row = place.rename({**scores, "advantage_coverage": "coverage"})
    rows = _clean_rows(contributions.drop(columns="place"))
    rows = rows.assign(n_unknown=0, n_overstated=0, covered=math.nan)
    rows["could_be_more"] = False
    kind = as_text(place.get("kind")) or "place"
    found = _explained(str(place.name), row, rows, manifest, place=_place_of(place), kind=kind)
    return replace(found, members=largest_first(members))


def _place_of(place: pd.Series) -> str:
    """Tell what kind of place it is, how large, and of which type."""
    kind, label = as_text(place.get("kind")) or "place", as_text(place.get("label"))
    count = int(as_float(place.get("n_sites")))
    number = as_text(place.get("cluster"))
    what = f"{kind} {number}" if kind == "cluster" and number else kind
    text = f"{what[:1].upper()}{what[1:]} of {count_of(count, 'emitter')}"
    return f"{text}; type {humanise(label)}." if label else f"{text}."


def _explained(
    id_: Hashable,
    row: pd.Series,
    rows: pd.DataFrame,
    manifest: Mapping[str, object],
    *,
    place: str,
    kind: str,
) -> Explanation:
    numbers = {key: as_float(row.get(key)) for key in ("score", "score_min", "score_max")}
    name = as_text(row.get("name")) or str(id_)
    raises, unknowns = potential(rows, manifest)
    limits = veto_limits(manifest)
    return Explanation(
        site_id=id_,
        name=name,
        score=numbers["score"],
        low=numbers["score_min"],
        high=numbers["score_max"],
        coverage=as_float(row.get("coverage")),
        basis=tuple(part for part in (as_text(row.get("basis")) or "").split(",") if part),
        rows=rows,
        not_available=_not_available(manifest),
        counted=_counted(manifest, rows["criterion"]),
        place=place,
        sentence=summarise_score(name, row, rows, manifest),
        raises=raises,
        unknowns=unknowns,
        members=pd.DataFrame(columns=list(MEMBERS)),
        kind=kind,
        # without vetoes a column of that name is one of the input's
        vetoed=vetoes_in(row) if limits else (),
        veto_unknown=vetoes_in(row, "veto_unknown") if limits else (),
        veto_limits=limits,
    )


def _clean_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Give numbers and texts one kind each, whether they come from memory or from a file."""
    nothing = [None] * len(rows)  # results of before there was a next best
    numbers = {key: [as_float(value) for value in rows.get(key, nothing)] for key in _NUMBERS}
    texts = {
        key: pd.Series([as_text(v) for v in rows.get(key, nothing)], dtype=object) for key in _TEXTS
    }
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


def _not_available(manifest: Mapping[str, object]) -> dict[str, Note]:
    return {
        str(criterion): Note.of(entry["reason"])
        for criterion, entry in criteria_of(manifest).items()
        if entry.get("status") == "not available"
    }


def _counted(manifest: Mapping[str, object], criteria: Iterable[str]) -> dict[str, str]:
    """Tell how many features pass the filter of each criterion that keeps some out."""
    told = {}
    for criterion in criteria:
        entry = criteria_of(manifest).get(criterion, {})
        passed, total = entry.get("features"), entry.get("features_in_layer")
        conditions = entry.get("filter")
        if passed != total and isinstance(conditions, Mapping):
            asked = join_words([format_condition(str(c), asks) for c, asks in conditions.items()])
            told[criterion] = f"{passed} of {total} features counted ({asked})"
    return told


_RAISES = ("criterion", "what", "reference", "unit", "partial_value", "score", "gain")
_SPANS = ("criterion", "score_worst", "score_best")


def potential(
    rows: pd.DataFrame, manifest: Mapping[str, object]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell what would raise a score, and where it could lie for what is not known.

    Parameters
    ----------
    rows
        One per criterion of the basis, with its partial value.
    manifest
        The manifest of the result; the profile is in it.

    Returns
    -------
    As `standort.scoring.possible_raises`, with the words for each reference point, ``what``, and
    as `standort.scoring.unknown_spans`. Both empty for a result that does not hold its profile, or
    one this version cannot read.
    """
    profile = _profile(manifest, rows["criterion"].tolist())
    if profile is None:
        return pd.DataFrame(columns=list(_RAISES)), pd.DataFrame(columns=list(_SPANS))
    values = dict(zip(rows["criterion"], rows["partial_value"].astype(float), strict=True))
    raises = possible_raises(values, profile=profile)
    words = [
        describe_reference(
            criterion.id,
            title=criterion.title,
            metric=criterion.metric,
            direction=criterion.value.direction,
            reference=reference,
            unit=criterion.unit,
        )
        for name, reference in zip(raises["criterion"], raises["reference"], strict=True)
        for criterion in [profile.criterion(str(name))]
    ]
    raises.insert(1, "what", pd.Series(words, dtype=object))
    return raises, unknown_spans(values, profile=profile)


def _profile(manifest: Mapping[str, object], criteria: list[str]) -> Profile | None:
    """Read the profile by which the criteria were scored; None if it is not to be had."""
    from pydantic import ValidationError

    told = manifest.get("profile")
    definition = told.get("definition") if isinstance(told, Mapping) else None
    if not isinstance(definition, Mapping):
        return None
    try:
        profile = defined_profile(definition)
    except ValidationError:  # written by another version, with settings this one does not know
        return None
    known = {criterion.id for criterion in profile.criteria}
    if not known.issuperset(criteria):
        profile = as_wholes(profile)
        known = {criterion.id for criterion in profile.criteria}
    return profile if known.issuperset(criteria) and criteria else None
