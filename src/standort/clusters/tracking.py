"""Matching clusters of two years or inventories: continued, merged, split, born and died.

Numbers and stable ids change with any site that is added or removed; clusters are matched by the
weight of the sites they have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import between, checked, with_columns
from standort.clusters.density_clusters import NOISE
from standort.errors import AlignmentError, name_ids

if TYPE_CHECKING:
    from standort.array_types import Flags, Floats, Ints


@checked(
    before=with_columns("cluster"),
    after=with_columns("cluster"),
    at_least=between(0, 1, closed="right"),
)
def track(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    emissions_before: pd.Series[float] | None = None,
    emissions_after: pd.Series[float] | None = None,
    at_least: float = 0.5,
) -> pd.DataFrame:
    """Match the clusters of two years or versions of an inventory.

    Sites are matched by their ids: if an inventory renames its sites, every cluster dies and
    another is born. A new source of emissions changes the weights and may undo a match.

    Parameters
    ----------
    before, after
        ``cluster`` by site, as `dbscan` returns it, each on the ids of its own sites.
    emissions_before, emissions_after
        Emissions of the sites [t/yr], on the same ids. The weight of a site is the mean of its
        known emissions, 0 if both are unknown. Two clusters of which one has no weight are compared
        by number of sites, as are all clusters without emissions.
    at_least
        Smallest share at which two clusters match, or one is a part of the other; above 0 to 1.

    Returns
    -------
    One row per event: ``event``, ``before``, ``after`` (missing where there is none), ``jaccard``,
    common weight divided by the weight of the union, 0 to 1, and ``kept``, common weight divided by
    that of the earlier cluster. Events:

    - ``continued``: matched one to one, with a jaccard of `at_least` or more.
    - ``merged``: at least that share of each of several earlier clusters is in one; a row each.
    - ``split``: several later clusters have at least that share from one earlier; a row each.
    - ``born``, ``died``: none of these. ``kept`` of a cluster that died is the largest share of it
      in any later cluster.

    A cluster that continues may also be part of a merger or a split.

    Raises
    ------
    AlignmentError
        If an id occurs twice, or emissions are not on the ids of their clusters.
    OptionError
        If `at_least` is not above 0 and at most 1.

    Notes
    -----
    The assignment of largest total jaccard (Hungarian method) decides which clusters continue.
    A site in only one of the two inventories counts in the union only.

    References
    ----------
    Kuhn, H. W. (1955), The Hungarian method for the assignment problem, Naval Research Logistics
    Quarterly 2, 83-97. Greene, D., Doyle, D. and Cunningham, P. (2010), Tracking the evolution of
    communities in dynamic social networks, ASONAM 2010, section III (events by Jaccard).

    Examples
    --------
    >>> import pandas as pd
    >>> old = pd.DataFrame({"cluster": [0, 0, 0, 1, 1, -1]}, index=list("abcdef"))
    >>> new = pd.DataFrame({"cluster": [0, 0, 0, 0, 0, 1]}, index=list("abcdeg"))
    >>> track(old, new)
           event  before  after  jaccard  kept
    0  continued       0      0      0.6   1.0
    1     merged       0      0      0.6   1.0
    2     merged       1      0      0.4   1.0
    3       born    <NA>      1      NaN   NaN
    """
    for table, emissions, when in (
        (before, emissions_before, "before"),
        (after, emissions_after, "after"),
    ):
        _check(table, emissions, when)
    overlap = _overlap(before, after, _weights(before, after, emissions_before, emissions_after))
    events = _continued(overlap, at_least)
    events += _joined(overlap.kept >= at_least, "merged")
    events += _joined((overlap.taken >= at_least).T, "split")
    matched_before = {event[1] for event in events}
    matched_after = {event[2] for event in events}
    events += [("died", i, None) for i in range(overlap.kept.shape[0]) if i not in matched_before]
    events += [("born", None, j) for j in range(overlap.kept.shape[1]) if j not in matched_after]
    return _as_table(events, overlap)


class _Overlap:
    """Shares that each earlier cluster has in common with each later one."""

    def __init__(self, common: Floats, of_before: Floats, of_after: Floats) -> None:
        with np.errstate(invalid="ignore", divide="ignore"):
            self.kept = np.nan_to_num(common / of_before[:, np.newaxis])
            self.taken = np.nan_to_num(common / of_after)
            union = of_before[:, np.newaxis] + of_after - common
            self.jaccard = np.nan_to_num(common / union)


def _check(table: pd.DataFrame, emissions: pd.Series[float] | None, when: str) -> None:
    twice = table.index[table.index.duplicated()].unique()
    if len(twice):
        msg = f"clusters {when}: expected every id once, got duplicates: {name_ids(list(twice))}"
        raise AlignmentError(msg)
    if emissions is not None and not emissions.index.equals(table.index):
        msg = (
            f"expected emissions_{when} on the ids of the clusters {when} ({len(table)}), got "
            f"{len(emissions)} on other ids; use .reindex"
        )
        raise AlignmentError(msg)


def _weights(
    before: pd.DataFrame,
    after: pd.DataFrame,
    emissions_before: pd.Series[float] | None,
    emissions_after: pd.Series[float] | None,
) -> pd.Series[float]:
    """Return the mean known emissions of each site of either year; 0 where unknown."""
    ids = before.index.union(after.index)
    known = [e.reindex(ids) for e in (emissions_before, emissions_after) if e is not None]
    if not known:
        return pd.Series(0.0, index=ids)
    return pd.concat(known, axis=1).mean(axis=1).fillna(0.0)


def _overlap(before: pd.DataFrame, after: pd.DataFrame, weight: pd.Series[float]) -> _Overlap:
    """Return shares by weight, or by number of sites where one of two clusters has no weight."""
    first = before["cluster"].reindex(weight.index, fill_value=NOISE).to_numpy(dtype=np.int64)
    second = after["cluster"].reindex(weight.index, fill_value=NOISE).to_numpy(dtype=np.int64)
    shape = int(first.max(initial=-1)) + 1, int(second.max(initial=-1)) + 1
    by_weight = _sums(first, second, shape, np.asarray(weight, dtype=np.float64))
    by_number = _sums(first, second, shape, np.ones(len(weight)))
    overlap = _Overlap(*by_weight)
    light = (by_weight[1] == 0)[:, np.newaxis] | (by_weight[2] == 0)
    counted = _Overlap(*by_number)
    for share in ("kept", "taken", "jaccard"):
        getattr(overlap, share)[light] = getattr(counted, share)[light]
    return overlap


def _sums(
    first: Ints, second: Ints, shape: tuple[int, int], weight: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return the weights that clusters have in common, and the weight of each."""
    both = (first != NOISE) & (second != NOISE)
    common: Floats = np.zeros(shape)
    np.add.at(common, (first[both], second[both]), weight[both])
    of_first = np.bincount(
        first[first != NOISE], weights=weight[first != NOISE], minlength=shape[0]
    )
    of_second = np.bincount(
        second[second != NOISE], weights=weight[second != NOISE], minlength=shape[1]
    )
    return common, np.asarray(of_first, dtype=float), np.asarray(of_second, dtype=float)


_Event = tuple[str, int | None, int | None]


def _continued(overlap: _Overlap, at_least: float) -> list[_Event]:
    """Match clusters one to one for the largest total jaccard."""
    from scipy.optimize import linear_sum_assignment

    # pairs below the limit are worth 0, so that none displaces one above it
    worth = np.where(overlap.jaccard >= at_least, overlap.jaccard, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    matched = worth[rows, columns] > 0
    pairs = zip(rows[matched].tolist(), columns[matched].tolist(), strict=True)
    return [("continued", i, j) for i, j in pairs]


def _joined(is_part: Flags, event: str) -> list[_Event]:
    """List clusters with several parts: earlier clusters (merged), or later ones (split)."""
    events: list[_Event] = []
    for whole in range(is_part.shape[1]):
        parts = np.flatnonzero(is_part[:, whole]).tolist()
        if len(parts) > 1:
            events += [
                (event, part, whole) if event == "merged" else (event, whole, part)
                for part in parts
            ]
    return events


def _as_table(events: list[_Event], overlap: _Overlap) -> pd.DataFrame:
    rows = []
    for event, i, j in events:
        both = i is not None and j is not None
        kept = overlap.kept[i, j] if both else np.nan
        if event == "died":
            kept = overlap.kept[i].max(initial=0.0)
        rows.append((event, i, j, overlap.jaccard[i, j] if both else np.nan, kept))
    table = pd.DataFrame(rows, columns=["event", "before", "after", "jaccard", "kept"])
    return table.astype({"before": "Int64", "after": "Int64", "jaccard": float, "kept": float})
