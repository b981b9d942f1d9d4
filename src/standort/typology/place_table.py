"""The place table: type, probabilities and margin of each place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import SHARE, between, checked
from standort.errors import LayerError, OptionError, gather, name_ids
from standort.typology.four_types import (
    TYPES,
    Bounds,
    classify,
    held_by_veto,
    possible_types,
)
from standort.typology.margins import margins, spreads
from standort.typology.probabilities import (
    LIMIT,
    PROBABILITY_COLUMNS,
    RANGE_COLUMNS,
    UNDECIDED,
    DrawRange,
    as_range,
    type_probabilities,
)
from standort.typology.thresholds import (
    FIXED,
    Threshold,
    find_thresholds,
)

if TYPE_CHECKING:
    from standort.array_types import Flags, Floats


#: Kinds of place: sites connected by distance, sites declared to belong together, and the other
#: sites of a region.
KINDS = ("cluster", "initiative", "unclustered")
#: Column with the criteria whose veto applies.
_VETOED = "vetoed"
#: Columns with the lowest and the highest possible value of each axis.
_BOUNDS = {
    "advantage": ("advantage_min", "advantage_max"),
    "linkage": ("linkage_lower", "linkage_upper"),
}
#: Column with the linkage that is on record.
_RECORDED = "linkage_recorded"


@checked(threshold=SHARE, limit=between(0.5, 1, closed="right"))
def type_places(  # noqa: PLR0913 - one parameter for each thing that may be drawn
    places: pd.DataFrame,
    *,
    threshold: Threshold = FIXED,
    advantage_draws: Floats | DrawRange | None = None,
    linkage_draws: Floats | DrawRange | None = None,
    threshold_draws: tuple[Floats, Floats] | None = None,
    vetoed_draws: Flags | None = None,
    limit: float = LIMIT,
) -> pd.DataFrame:
    """Assign each place a type, with its probability and margin.

    Clusters found by distance are dense by construction, so hardly any of them can be a dispersed
    cluster: include declared initiatives among the places.

    Parameters
    ----------
    places
        Columns ``place``, ``advantage`` and ``linkage`` [0, 1]; ``kind``, one of `KINDS`, and
        other columns are kept. NaN is unknown. If ``advantage_min`` and ``advantage_max`` are
        given, they bound the possible types; so do ``linkage_lower`` and ``linkage_upper`` where
        linkage is unknown. ``linkage_recorded`` is what is on record. ``vetoed`` holds the criteria
        whose veto applies (empty or missing for none); the advantage of such a place counts as low,
        whatever its value.
    threshold
        Least value that is high; see `find_thresholds`.
    advantage_draws, linkage_draws
        Draws of each row, shape (n_rows, n_draws), or a range of draws where something is unknown.
        Without them there are no probabilities.
    threshold_draws
        Threshold of advantage and of linkage in each draw, each of shape (n_draws,); by default
        the same in all draws.
    vetoed_draws
        Whether a veto applies to each row in each draw; by default the column ``vetoed`` applies
        to all draws.
    limit
        Least probability of a type to be assigned.

    Returns
    -------
    Index and columns of `places`, and

    - ``type``: one of `TYPES`, missing if more than one is possible;
    - ``type_set``: the possible types; with draws see `type_probabilities`;
    - ``label``: the type, or why there is none;
    - ``type_on_record``: type of the advantage on the known components and the linkage that is on
      record, which may be too low;
    - ``p_<type>``, ``p_<type>_low``, ``p_<type>_high``, ``entropy``; NaN without draws;
    - ``margin``, ``margin_axis``, ``margin_sd`` (with draws), and ``threshold`` (its label);
    - with draws ``advantage_p05``, ``advantage_p95``, ``linkage_p05``, ``linkage_p95``.

    Raises
    ------
    LayerError
        If a column is missing or a kind is unknown.
    AlignmentError, OptionError
        As for `classify` and `type_probabilities`, and if only one axis has draws.

    Examples
    --------
    >>> places = pd.DataFrame(
    ...     {"place": ["Rotterdam", "Humber"], "advantage": [0.8, 0.7], "linkage": [0.7, None]}
    ... )
    >>> type_places(places)[["place", "label", "type_set"]]
           place                  label                      type_set
    0  Rotterdam             forerunner                    forerunner
    1     Humber  undecided by the data  forerunner | classic_cluster
    """
    _check_places(places)
    if (advantage_draws is None) != (linkage_draws is None):
        msg = "expected draws of both axes or of neither; use NaN for draws of an unknown linkage"
        raise OptionError(msg)
    advantage, linkage = places["advantage"].astype(float), places["linkage"].astype(float)
    limits = find_thresholds(advantage, linkage, threshold=threshold)
    vetoed = places.get(_VETOED)
    if advantage_draws is None or linkage_draws is None:
        table = _without_draws(places, advantage, linkage, limits)
        spread = None
    else:
        drawn = (limits.advantage, limits.linkage) if threshold_draws is None else threshold_draws
        if vetoed_draws is None and vetoed is not None:
            drawn_axes = as_range(advantage_draws).middle, as_range(linkage_draws).middle
            n_draws = max(axis.shape[1] for axis in drawn_axes)
            recorded = held_by_veto(vetoed, places.index)
            vetoed_draws = np.broadcast_to(recorded[:, np.newaxis], (len(places), n_draws))
        table = type_probabilities(
            advantage_draws,
            linkage_draws,
            index=places.index,
            threshold=drawn,
            limit=limit,
            vetoed=vetoed_draws,
        )
        spread = spreads(advantage_draws, linkage_draws, index=places.index)
        table = table.join(spread.drop(columns=["advantage", "linkage"]))
    margin = margins(advantage, linkage, threshold=limits, spread=spread, vetoed=vetoed)
    table = table.join(margin.drop(columns=["margin_advantage", "margin_linkage"]))
    table["threshold"] = limits.label
    on_record = linkage.fillna(places[_RECORDED].astype(float)) if _RECORDED in places else linkage
    table["type_on_record"] = classify(advantage, on_record, threshold=limits, vetoed=vetoed)
    table["label"] = table["type"]
    table["type"] = table["type"].where(table["type"].isin(TYPES), None)
    return places.drop(columns=table.columns, errors="ignore").join(table[_ordered(table)])


@checked(threshold=SHARE)
def strategic_dispersed_sites(
    sites: pd.DataFrame,
    *,
    threshold: float = FIXED,
    linkage: pd.Series[float] | None = None,
    vetoed: pd.Series[str] | None = None,
) -> pd.DataFrame:
    """List the sites outside all clusters with a high score.

    The paper considers tailored actions practical for strategically important dispersed sites. A
    high score does not mean that such an action is economic.

    Parameters
    ----------
    sites
        Table of sites of a result: ``role`` (noise is outside all clusters) and ``score``.
    threshold
        Least score that is high.
    linkage
        Linkage of the firms of each site in [0, 1], on the index of `sites`.
    vetoed
        Criteria whose veto applies to each site, on the index of `sites`; empty for none. A vetoed
        site is not listed, whatever its score.

    Returns
    -------
    The rows of those sites, highest score first, ties in the order of `sites`; with `linkage`, also
    columns ``linkage`` and ``type_set``. Sites without a score are not listed.

    Raises
    ------
    LayerError
        If ``role`` or ``score`` is missing.
    AlignmentError, OptionError
        As for `classify`.

    Examples
    --------
    >>> sites = pd.DataFrame(
    ...     {"role": ["core", "noise", "noise"], "score": [0.9, 0.7, 0.2]}, index=["a", "b", "c"]
    ... )
    >>> strategic_dispersed_sites(sites).index.tolist()
    ['b']
    """
    _check_columns(sites, ("role", "score"), of="table of sites")
    score = sites["score"].astype(float)
    links = pd.Series(np.nan, index=sites.index) if linkage is None else linkage
    types = possible_types(score, links, threshold=threshold, vetoed=vetoed)
    table = sites if linkage is None else sites.assign(linkage=linkage, type_set=types)
    high = (sites["role"] == "noise") & (score >= threshold)
    if vetoed is not None:
        high &= ~held_by_veto(vetoed, sites.index)
    return table.loc[high].sort_values("score", ascending=False, kind="stable")


def _without_draws(
    places: pd.DataFrame, advantage: pd.Series[float], linkage: pd.Series[float], limits: Threshold
) -> pd.DataFrame:
    table = pd.DataFrame(
        np.nan, index=places.index, columns=[*PROBABILITY_COLUMNS, *RANGE_COLUMNS, "entropy"]
    )
    table["type_set"] = possible_types(
        advantage,
        linkage,
        threshold=limits,
        advantage_bounds=_bounds(places, "advantage"),
        linkage_bounds=_bounds(places.mask(linkage.notna()), "linkage"),
        vetoed=places.get(_VETOED),
    )
    table["type"] = table["type_set"].where(table["type_set"].isin(TYPES), UNDECIDED)
    return table


def _bounds(places: pd.DataFrame, axis: str) -> Bounds | None:
    """Return the bounds of an axis; None if the table has none."""
    low, high = _BOUNDS[axis]
    if not {low, high} <= set(places.columns):
        return None
    return places[low].astype(float), places[high].astype(float)


def _ordered(table: pd.DataFrame) -> list[str]:
    first = ["type", "type_set", *PROBABILITY_COLUMNS, *RANGE_COLUMNS, "entropy"]
    return [*first, *(str(name) for name in table.columns if name not in first)]


def _check_columns(table: pd.DataFrame, columns: tuple[str, ...], *, of: str) -> None:
    lacking = [name for name in columns if name not in table]
    if lacking:
        msg = f"{of}: expected columns {name_ids(lacking)}; add them"
        raise LayerError(msg)


def _check_places(places: pd.DataFrame) -> None:
    _check_columns(places, ("place", "advantage", "linkage"), of="table of places")
    problems = []
    if not places.index.is_unique:
        twice = name_ids(places.index[places.index.duplicated()].tolist())
        problems.append(f"expected an index without repeats; {twice} occurs twice: reset it")
    if "kind" in places:
        unknown = places.loc[~places["kind"].isin(KINDS), "kind"].unique().tolist()
        if unknown:
            problems.append(f"expected kind one of {', '.join(KINDS)}, got {name_ids(unknown)}")
    if problems:
        raise LayerError(gather(problems, of="table of places"))
