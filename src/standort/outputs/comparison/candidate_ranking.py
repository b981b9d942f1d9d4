"""A ranking of candidate features as text and as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.outputs.comparison.comparison_text import format_change
from standort.outputs.text_layout import align_columns
from standort.outputs.wording import count_of, cut, format_measure
from standort.results.cell_values import as_text
from standort.results.manifest import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Most characters of the name of a site with its id, and fewest of a name.
_ROOM, _FEWEST = 40, 8
_SITE_NAME = "best_site_name"
#: Columns of numbers.
_NUMBERS = (
    *("total gain", "sites gaining", "sites losing", "gaining a score", "losing the score"),
    *("emissions", "largest gain"),
)


def with_site_names(ranked: pd.DataFrame, site_names: Mapping[object, Any] | None) -> pd.DataFrame:
    """Add the name of the site that gains most.

    Parameters
    ----------
    ranked
        Candidates, as `best_next` returns them.
    site_names
        Names of the sites by id, or None if sites have no names.

    Returns
    -------
    The same rows with ``best_site_name`` after ``best_site``, None without a name; unchanged
    without `site_names`. An attribute of the candidates with that name becomes
    ``input_best_site_name``.

    Examples
    --------
    >>> ranked = pd.DataFrame({"best_site": ["a", None]}, index=["quay", "buoy"])
    >>> with_site_names(ranked, {"a": "Alpha works"})["best_site_name"].tolist()
    ['Alpha works', None]
    """
    if site_names is None:
        return ranked
    named = ranked.rename(columns={_SITE_NAME: f"input_{_SITE_NAME}"})
    names = [as_text(site_names.get(id_)) for id_ in ranked["best_site"]]
    column = pd.Series(names, index=ranked.index, dtype=object)
    named.insert(list(named.columns).index("best_site") + 1, _SITE_NAME, column)
    return named


def format_ranking(ranked: pd.DataFrame, *, layer: str, top: int = 10) -> str:
    """Format a ranking of candidates.

    Parameters
    ----------
    ranked
        Candidates, best first, as `best_next` or `with_site_names` returns them.
    layer
        The layer the candidates would join.
    top
        Most candidates to show.

    Returns
    -------
    Lines: a sentence on the best, then a table.
    """
    lead = f"{count_of(len(ranked), 'candidate')} for {layer}, each added alone"
    if ranked.empty:
        return f"{lead}."
    shown = ranked.head(top)
    columns = {
        "rank": [str(rank) for rank in shown["rank"]],
        "id": [str(id_) for id_ in shown.index],
        "name": [as_text(name) or "-" for name in shown.get("name", [None] * len(shown))],
        "total gain": [format_change(gain) for gain in shown["total_gain"]],
        "sites gaining": [f"{count:,}" for count in shown["sites_gaining"]],
        "sites losing": [f"{count:,}" for count in shown["sites_losing"]],
        "gaining a score": [f"{count:,}" for count in shown["sites_scored"]],
        "losing the score": [f"{count:,}" for count in shown["sites_excluded"]],
        "emissions": [_format_emissions(row) for _, row in shown.iterrows()],
        "largest gain": ["-" if n == 0 else format_change(n) for n in shown["best_gain"]],
        "at": [_site(row) for _, row in shown.iterrows()],
    }
    optional = {"name": "-", "sites losing": "0", "gaining a score": "0", "losing the score": "0"}
    columns = {head: c for head, c in columns.items() if set(c) != {optional.get(head)}}
    lines = list(zip(*columns.values(), strict=True))
    table = align_columns(list(columns), lines, numbers=_NUMBERS)
    return "\n".join([_describe_best(lead, ranked), "", *table])


def _describe_best(lead: str, ranked: pd.DataFrame) -> str:
    """Describe the effect of the best candidate, and count those that tie with it."""
    best = ranked.iloc[0]
    name, id_ = as_text(best.get("name")), str(ranked.index[0])
    label = id_ if name is None else f"{name} ({id_})"
    if as_text(best["best_site"]) is None and not best["sites_scored"]:
        others = int((ranked["sites_scored"] > 0).sum())
        verb = "gives" if others == 1 else "give"
        scores = f", {others:,} {verb} a score to sites without one" if others else ""
        return f"{lead}: none of them raises a score{scores}."
    ties = int((ranked["rank"] == best["rank"]).sum()) - 1
    as_much = f"; {count_of(ties, 'other')} as much" if ties else ""
    if as_text(best["best_site"]) is None:
        return f"{lead}: {label} ranks first; no score rises{_newly(best)}{as_much}."
    gain, most = format_change(best["total_gain"]), format_change(best["best_gain"])
    gaining = int(best["sites_gaining"])
    return (
        f"{lead}: {label} adds most, {gain} in total; "
        f"{count_of(gaining, 'site')} {'gains' if gaining == 1 else 'gain'}, "
        f"most {_site(best)}, {most}{_newly(best)}{as_much}."
    )


def _newly(row: pd.Series) -> str:
    """Count the sites that gain or lose a score."""
    scored, excluded = int(row["sites_scored"]), int(row["sites_excluded"])
    gained = f"; {count_of(scored, 'site')} {'gains' if scored == 1 else 'gain'} a score"
    lost = f"; {count_of(excluded, 'site')} {'loses' if excluded == 1 else 'lose'} the score"
    return (gained if scored else "") + (lost if excluded else "")


def _site(row: pd.Series) -> str:
    """Format the name and id of the site that gains most."""
    name, id_ = as_text(row.get(_SITE_NAME)), as_text(row["best_site"])
    if id_ is None:
        return "-"
    room = _ROOM - len(id_) - len(" ()")
    return id_ if name is None or room < _FEWEST else f"{cut(name, room)} ({id_})"


def _format_emissions(row: pd.Series) -> str:
    """Format the known emissions of the sites that gain."""
    return format_measure(row["co2_mt_per_yr"], "mt_per_yr") if row["sites_gaining"] else "-"


def ranking_records(ranked: pd.DataFrame) -> list[object]:
    """Return a ranking as values that JSON can hold.

    Parameters
    ----------
    ranked
        Candidates, best first.

    Returns
    -------
    A dict for each candidate, without its geometry.
    """
    flat = pd.DataFrame(ranked.drop(columns="geometry", errors="ignore")).reset_index()
    return [plain(row) for row in flat.astype(object).to_dict("records")]
