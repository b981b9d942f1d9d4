"""A ranking of candidate features, as text and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.outputs.comparing_wording import columns_of, tell_change
from standort.outputs.manifest import plain
from standort.outputs.wording import as_text, count_of, tell_measure

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ranking_records", "tell_ranking"]


def tell_ranking(
    ranked: pd.DataFrame, site_names: Mapping[object, Any] | None, *, layer: str, top: int = 10
) -> str:
    """Lay a ranking of candidates out as text.

    Parameters
    ----------
    ranked
        Candidates, best first, as `best_next` gives them.
    site_names
        Names of the sites by id, or None.
    layer
        The layer the candidates would join.
    top
        Most candidates to show.

    Returns
    -------
    Lines: a sentence on the best, then a table.
    """
    lines = []
    for id_, row in ranked.head(top).iterrows():
        best = row["best_site"]
        site = None if best is None or site_names is None else as_text(site_names.get(best))
        lines.append(
            (
                str(row["rank"]),
                as_text(row.get("name")) or str(id_),
                tell_change(row["total_gain"]),
                f"{row['sites_gaining']:,}",
                tell_measure(row["co2_mt_per_yr"], "mt_per_yr"),
                "-" if best is None else tell_change(row["best_gain"]),
                "-" if best is None else str(site or best),
            )
        )
    head = ["rank", "candidate", "total gain", "sites gaining", "they emit", "most", "at"]
    lead = f"{count_of(len(ranked), 'candidate')} for {layer}, each added alone"
    if not lines:
        return f"{lead}."
    _, name, gain, gaining, *_ = lines[0]
    sentence = f"{lead}: {name} adds most, {gain} in total, to {gaining} sites."
    return "\n".join([sentence, "", *columns_of(head, lines)])


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
