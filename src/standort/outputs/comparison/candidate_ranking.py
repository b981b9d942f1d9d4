"""A ranking of candidate features, as text and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.outputs.comparison.comparison_text import columns_of, format_change
from standort.outputs.wording import count_of, cut, format_measure
from standort.results.cell_values import as_text
from standort.results.manifest import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["format_ranking", "ranking_records", "with_site_names"]

#: Most characters of a site's name with its id, and the fewest that still tell something of a name.
_ROOM, _FEWEST = 40, 8
_SITE_NAME = "best_site_name"


def with_site_names(ranked: pd.DataFrame, site_names: Mapping[object, Any] | None) -> pd.DataFrame:
    """Put the name of the site that gains most beside its id.

    Parameters
    ----------
    ranked
        Candidates, as `best_next` gives them.
    site_names
        Names of the sites by id, or None where sites have none.

    Returns
    -------
    The same rows with ``best_site_name`` after ``best_site``, None where there is no name; as they
    are without `site_names`. An attribute of the candidates of that name becomes
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
    named.insert(named.columns.tolist().index("best_site") + 1, _SITE_NAME, column)
    return named


def format_ranking(ranked: pd.DataFrame, *, layer: str, top: int = 10) -> str:
    """Lay a ranking of candidates out as text.

    Parameters
    ----------
    ranked
        Candidates, best first, as `best_next` or `with_site_names` gives them.
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
        "getting a score": [f"{count:,}" for count in shown["sites_scored"]],
        "losing theirs": [f"{count:,}" for count in shown["sites_excluded"]],
        "they emit": [_emitted(row) for _, row in shown.iterrows()],
        "most": ["-" if n == 0 else format_change(n) for n in shown["best_gain"]],
        "at": [_site(row) for _, row in shown.iterrows()],
    }
    seldom = ("sites losing", "getting a score", "losing theirs")
    for idle, nothing in (("name", "-"), *((column, "0") for column in seldom)):
        if set(columns[idle]) == {nothing}:
            del columns[idle]
    lines = list(zip(*columns.values(), strict=True))
    return "\n".join([_describe_best(lead, ranked), "", *columns_of(list(columns), lines)])


def _describe_best(lead: str, ranked: pd.DataFrame) -> str:
    """Tell what the best candidate does; of those that tie, how many they are."""
    best = ranked.iloc[0]
    name, id_ = as_text(best.get("name")), str(ranked.index[0])
    called = id_ if name is None else f"{name} ({id_})"
    if as_text(best["best_site"]) is None and not best["sites_scored"]:
        others = int((ranked["sites_scored"] > 0).sum())
        bring = f", {others:,} {'brings' if others == 1 else 'bring'} sites to have one"
        return f"{lead}: none of them raises a score{bring if others else ''}."
    ties = int((ranked["rank"] == best["rank"]).sum()) - 1
    as_much = f"; {count_of(ties, 'other')} as much" if ties else ""
    if as_text(best["best_site"]) is None:
        return f"{lead}: {called} does most; no score rises{_newly(best)}{as_much}."
    gain, most = format_change(best["total_gain"]), format_change(best["best_gain"])
    gaining = int(best["sites_gaining"])
    told = (
        f"{lead}: {called} adds most, {gain} in total; "
        f"{count_of(gaining, 'site')} {'gains' if gaining == 1 else 'gain'}, "
        f"most {_site(best)}, {most}"
    )
    return f"{told}{_newly(best)}{as_much}."


def _newly(row: pd.Series) -> str:
    """Tell how many sites come to have a score, or none."""
    scored, excluded = int(row["sites_scored"]), int(row["sites_excluded"])
    told = f"; {count_of(scored, 'site')} {'gets' if scored == 1 else 'get'} a score"
    lost = f"; {count_of(excluded, 'site')} {'loses' if excluded == 1 else 'lose'} the score"
    return (told if scored else "") + (lost if excluded else "")


def _site(row: pd.Series) -> str:
    """Name the site that gains most, and its id."""
    name, id_ = as_text(row.get(_SITE_NAME)), as_text(row["best_site"])
    if id_ is None:
        return "-"
    room = _ROOM - len(id_) - len(" ()")
    return id_ if name is None or room < _FEWEST else f"{cut(name, room)} ({id_})"


def _emitted(row: pd.Series) -> str:
    """Tell the known emissions of the sites that gain; where none gains there are none to tell."""
    return format_measure(row["co2_mt_per_yr"], "mt_per_yr") if row["sites_gaining"] else "-"


def ranking_records(ranked: pd.DataFrame) -> list[object]:
    """Give a ranking as what JSON can hold.

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
