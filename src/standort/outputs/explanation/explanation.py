"""Explanations of the score of one site or place."""

from __future__ import annotations

import html
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.arguments import checked, whole, with_columns
from standort.errors import ProfileError, visible
from standort.metric_table import METRICS
from standort.outputs.explanation.page import html_table, page_of
from standort.outputs.explanation.sentences import (
    describe_setting,
    explanation_notes,
    summarise_score,
)
from standort.outputs.note_text import format_reason
from standort.outputs.text_layout import align_table, table_cells, wrap
from standort.outputs.veto_text import veto_limits, vetoes_in
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
from standort.results.schema import Schema
from standort.scoring import as_wholes, defined_profile, possible_raises, unknown_spans

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from standort.scoring import Profile

#: Columns and lines where there is no terminal, and the smallest width.
_NO_TERMINAL, _NARROWEST = (100, 24), 60
#: From this share on, a raster is completely known: the rest is rounding.
_COMPLETE = 1.0 - 1e-6
#: Columns of the rows of an explanation that the contributions give.
_COLUMNS: dict[str, Callable[[object], object]] = {
    **dict.fromkeys(("component", "criterion", "metric", "unit"), as_text),
    **dict.fromkeys(("value", "partial_value", "weight", "contribution", "next_value"), as_float),
    **dict.fromkeys(("feature", "feature_name", "next_feature", "next_feature_name"), as_text),
}


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why a site, a cluster or another place has its score.

    It prints as a table whose contributions add up to the score, as wide as the terminal;
    notebooks show the same as HTML.

    Parameters
    ----------
    site_id
        Id of the site, or name of the place.
    name
        Its name, or its id if it has none.
    score
        Score in [0, 1]; NaN if too little is known.
    low
        The score if all missing data took their worst values.
    high
        The score if all missing data took their best values.
    coverage
        Share of the weight of the basis that is known.
    basis
        Criteria the score uses.
    rows
        One per criterion: its metric, partial value, weight and contribution, the feature that
        decides the metric, the next best one and its distance (`next_value`); `n_unknown`, the
        number of features within reach of unknown quantity; `n_overstated`, those whose share may
        be too high; `covered`, the known share of a raster (NaN if the criterion has none), and
        `could_be_more`, whether the unknown part could only add to the metric.
    not_available
        Why each criterion outside the basis could not be computed.
    counted
        How many features pass the filter of a criterion that excludes some.
    setting
        Of a site its cluster, role and tier, of a place its kind, size and type; empty if unknown.
    sentence
        The summary.
    raises
        What each reference point not reached would add, see `standort.scoring.possible_raises`;
        `what` describes it.
    unknowns
        The range of the score over the values of each missing criterion, see
        `standort.scoring.unknown_spans`.
    members
        The emitters of a place, the largest first: `site_id`, `name`, `share` of the known
        emissions, `score`.
    kind
        ``site``, ``cluster``, ``initiative`` or ``unclustered``.
    vetoed, veto_unknown
        Criteria whose veto holds against it, and those for which that is unknown.
    veto_limits
        The partial value each criterion with a veto must reach; empty for a profile without vetoes.
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
    setting: str
    sentence: str
    raises: pd.DataFrame
    unknowns: pd.DataFrame
    members: pd.DataFrame
    kind: str = "site"
    vetoed: tuple[str, ...] = ()
    veto_unknown: tuple[str, ...] = ()
    veto_limits: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return the explanation as values that JSON can hold.

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
            "setting": self.setting,
            "sentence": self.sentence,
            "criteria": self.rows.astype(object).to_dict("records"),
            "raises": self.raises.astype(object).to_dict("records"),
            "unknowns": self.unknowns.astype(object).to_dict("records"),
            "members": self.members.astype(object).to_dict("records"),
            "notes": explanation_notes(self),
            "not_available": {c: format_reason(why) for c, why in self.not_available.items()},
            "counted": self.counted,
        }
        if self.veto_limits:
            content |= {"vetoed": self.vetoed, "veto_unknown": self.veto_unknown}
        return {key: plain(value) for key, value in content.items()}

    @checked(width=whole(1))
    def to_text(self, *, width: int | None = None) -> str:
        """Return the explanation as text.

        Parameters
        ----------
        width
            Most characters of a line; by default the width of the terminal, or 100 without one.
            Names of features are cut to fit.

        Returns
        -------
        Lines, with control characters as escapes.
        """
        room = max(width or shutil.get_terminal_size(fallback=_NO_TERMINAL).columns, _NARROWEST)
        lines = wrap([self.sentence, *([self.setting] if self.setting else [])], room)
        lines += ["", *align_table(table_cells(self.rows), room)]
        notes = wrap(explanation_notes(self), room, indent="  ")
        return visible("\n".join([*lines, *([""] if notes else []), *notes]))

    def to_html(self) -> str:
        """Return the explanation as an HTML page with a bar for each contribution.

        Returns
        -------
        HTML that needs no other file and no network.
        """
        return page_of(self)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        texts = [self.sentence, self.setting, *explanation_notes(self)]
        first, *others = [f"<p>{html.escape(text)}</p>" for text in texts if text]
        return f"<div>{first}{html_table(self.rows)}{''.join(others)}</div>"


@checked(contributions=with_columns("site_id", "criterion"))
def explain_site(
    site: pd.Series, contributions: pd.DataFrame, manifest: Mapping[str, object]
) -> Explanation:
    """Explain the score of one site.

    Parameters
    ----------
    site
        Its row of the table `sites`; the name of the Series is the id.
    contributions
        The table of contributions; rows of other sites are ignored.
    manifest
        The manifest of the result.

    Returns
    -------
    The explanation.

    Examples
    --------
    >>> site = pd.Series({"score": 0.6, "score_min": 0.5, "score_max": 0.7, "coverage": 1.0,
    ...                   "basis": "port_distance"}, name="a")
    >>> row = {"site_id": "a", "component": "net_zero_assets", "criterion": "port_distance",
    ...        "metric": "nearest_distance", "unit": "km", "value": 8.0, "partial_value": 0.6,
    ...        "weight": 1.0, "contribution": 0.6, "feature": "p1", "feature_name": "Old Quay"}
    >>> explanation = explain_site(site, pd.DataFrame([row]), {})
    >>> explanation.sentence
    'a scores 0.60; 0.50-0.70 once missing data are allowed for. Highest contribution: port ...
    """
    site = site[Schema.of(manifest).own("sites", site.index, also=("name",))]
    own = contributions.loc[contributions["site_id"] == site.name]
    rows = _clean_rows(own)
    for flag in ("unknown", "overstated"):
        counts = [as_float(site.get(f"{criterion}_{flag}")) for criterion in rows["criterion"]]
        rows[f"n_{flag}"] = [0 if math.isnan(count) else int(count) for count in counts]
    rows["covered"] = [_covered(site, manifest, criterion) for criterion in rows["criterion"]]
    names = zip(rows["criterion"], rows["metric"], strict=True)
    adds_up = pd.Series([_adds_up(manifest, *name) for name in names], dtype=bool)
    partly = rows["partial_value"].notna() & (rows["covered"] < _COMPLETE)
    rows["could_be_more"] = partly & adds_up
    id_ = site.name.item() if hasattr(site.name, "item") else site.name
    return _explain(id_, site, rows, manifest, setting=describe_setting(site), kind="site")


@checked(contributions=with_columns("place", "criterion"), members=with_columns("score"))
def explain_place(
    place: pd.Series,
    contributions: pd.DataFrame,
    members: pd.DataFrame,
    manifest: Mapping[str, object],
) -> Explanation:
    """Explain the score of a cluster or another place.

    A place has the emission-weighted means of its members' partial values, and a density of its
    own; the driver of a mean is the member that adds most to it.

    Parameters
    ----------
    place
        Its row of the table `places`; the name of the Series is the name of the place.
    contributions
        Its rows of the table of places' contributions.
    members
        Rows of the table `sites` of its members, as far as they were scored.
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
    setting = _describe_kind(place)
    explanation = _explain(str(place.name), row, rows, manifest, setting=setting, kind=kind)
    return replace(explanation, members=largest_first(members))


def _describe_kind(place: pd.Series) -> str:
    """Describe the kind, size and type of a place."""
    kind, label = as_text(place.get("kind")) or "place", as_text(place.get("label"))
    count = int(as_float(place.get("n_sites")))
    number = as_text(place.get("cluster"))
    named = f"{kind} {number}" if kind == "cluster" and number else kind
    text = f"{named[:1].upper()}{named[1:]} of {count_of(count, 'emitter')}"
    return f"{text}; type {humanise(label)}." if label else f"{text}."


def _explain(
    id_: Hashable,
    row: pd.Series,
    rows: pd.DataFrame,
    manifest: Mapping[str, object],
    *,
    setting: str,
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
        setting=setting,
        sentence=summarise_score(name, row, rows, manifest),
        raises=raises,
        unknowns=unknowns,
        members=pd.DataFrame(columns=list(MEMBERS)),
        kind=kind,
        # without vetoes, a column of that name is an attribute of the input
        vetoed=vetoes_in(row) if limits else (),
        veto_unknown=vetoes_in(row, "veto_unknown") if limits else (),
        veto_limits=limits,
    )


def _clean_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return contributions with the same types, whether they come from memory or from a file."""
    nothing = [None] * len(rows)  # for a column that results of earlier versions lack
    return pd.DataFrame(
        {
            name: pd.Series(
                [convert(cell) for cell in rows.get(name, nothing)],
                dtype=float if convert is as_float else object,
            )
            for name, convert in _COLUMNS.items()
        }
    )


def _covered(site: pd.Series, manifest: Mapping[str, object], criterion: str) -> float:
    """Return the known share of a criterion's raster at a site; NaN if it has no raster."""
    has_raster = "raster" in criteria_of(manifest).get(criterion, {})
    return as_float(site.get(f"{criterion}_coverage")) if has_raster else math.nan


def _adds_up(manifest: Mapping[str, object], criterion: str, metric: str) -> bool:
    """Return whether the metric of a criterion can only grow as more becomes known."""
    statistic = criteria_of(manifest).get(criterion, {}).get("statistic")
    return metric in METRICS and METRICS[metric].is_additive(statistic)


def _not_available(manifest: Mapping[str, object]) -> dict[str, Note]:
    return {
        str(criterion): _reason(entry["reason"])
        for criterion, entry in criteria_of(manifest).items()
        if entry.get("status") == "not available"
    }


def _reason(entry: Mapping[str, Any] | str) -> Note:
    """Read a reason; earlier versions wrote it as a sentence."""
    return Note("layer", text=entry) if isinstance(entry, str) else Note.of(entry)


def _counted(manifest: Mapping[str, object], criteria: Iterable[str]) -> dict[str, str]:
    """Describe how many features pass the filter of each criterion that excludes some."""
    counted = {}
    for criterion in criteria:
        entry = criteria_of(manifest).get(criterion, {})
        passed, total = entry.get("features"), entry.get("features_in_layer")
        conditions = entry.get("filter")
        if total is not None and passed != total and isinstance(conditions, Mapping):
            texts = [format_condition(str(column), asked) for column, asked in conditions.items()]
            counted[criterion] = f"{passed} of {total} features counted ({join_words(texts)})"
    return counted


_RAISES = ("criterion", "what", "reference", "unit", "partial_value", "score", "gain")
_SPANS = ("criterion", "score_worst", "score_best")


def potential(
    rows: pd.DataFrame, manifest: Mapping[str, object]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what would raise a score, and its range over each missing criterion.

    Parameters
    ----------
    rows
        One per criterion of the basis, with its partial value.
    manifest
        The manifest of the result; the profile is in it.

    Returns
    -------
    As `standort.scoring.possible_raises`, with a description of each reference point, ``what``, and
    as `standort.scoring.unknown_spans`. Both are empty for a result without its profile, or with
    one that this version cannot read.
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
    """Read the profile from the manifest; None if it is missing or unreadable."""
    entry = manifest.get("profile")
    definition = entry.get("definition") if isinstance(entry, Mapping) else None
    if not isinstance(definition, Mapping):
        return None
    try:
        profile = defined_profile(definition)
    except ProfileError:  # of another version, with settings unknown to this one
        return None
    known = {criterion.id for criterion in profile.criteria}
    if not known.issuperset(criteria):
        profile = as_wholes(profile)
        known = {criterion.id for criterion in profile.criteria}
    return profile if known.issuperset(criteria) and criteria else None
