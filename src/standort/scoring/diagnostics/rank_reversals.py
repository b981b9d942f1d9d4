"""Rank reversal: whether the order of two sites depends on which others are scored.

It should not, because neither site has changed. Methods that take their scale, ideals or weights
from the batch suffer from it (Belton and Gear 1983; Wang and Luo 2009, recalled); scores from fixed
reference points cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from standort.arguments import between, checked
from standort.errors import AlignmentError, OptionError, name_ids
from standort.scoring.profile.problems import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_CHANGES = ("drop", "duplicate", "add")
_COLUMNS = ("change", "site", "ahead_before", "ahead_after")


@dataclass(frozen=True)
class ReversalTest:
    """Effect of dropping, duplicating and adding sites on the other sites."""

    reversals: pd.DataFrame
    """One row per reversed pair: `change`, `site` (the one dropped, duplicated or added),
    `ahead_before`, `ahead_after`."""
    tried: int
    """Number of changes tried."""
    largest_change: float
    """Largest change of the score of a site that was not itself changed; 0 if none changed."""


@checked(tolerance=between(0))
def rank_reversal(
    sites: pd.DataFrame,
    score: Callable[[pd.DataFrame], pd.Series],
    *,
    changes: Sequence[str] = _CHANGES,
    added: pd.DataFrame | None = None,
    tolerance: float = 0.0,
) -> ReversalTest:
    """Drop, duplicate and add sites one by one, and check whether the order of others reverses.

    Finding no reversal does not prove that there is none: only these changes were tried. Under a
    method with fixed reference points no score changes at all (`largest_change` is 0).

    Parameters
    ----------
    sites
        The sites to score, each with its own id: metrics, or partial values.
    score
        Function of such a table that returns a score by id, higher is better.
    changes
        Changes to try: ``drop`` each site, ``duplicate`` each site, ``add`` each site of `added`.
    added
        Sites to add, with the columns of `sites` and other ids.
    tolerance
        Scores that differ by no more than this count as equal. A change between an order and equal
        scores is not a reversal.

    Returns
    -------
    The result of the test, which scores the sites once per change and compares all pairs.

    Raises
    ------
    AlignmentError
        If an id occurs twice, or columns or scored ids do not match.
    OptionError
        If a change is unknown, or the tolerance is below 0.

    Examples
    --------
    B is ahead of A until D joins, if the scale comes from the batch:

    >>> from standort.scoring.diagnostics import batch_methods
    >>> sites = pd.DataFrame({"x": [70, 40, 10], "y": [30, 55, 60]}, index=list("ABC"))
    >>> joins = pd.DataFrame({"x": [10], "y": [200]}, index=["D"])
    >>> def by_batch(table):
    ...     up = {"x": "benefit", "y": "benefit"}
    ...     return batch_methods.weighted_sum(table, {"x": 1, "y": 1}, directions=up)
    >>> rank_reversal(sites, by_batch, changes=["add"], added=joins).reversals
      change site ahead_before ahead_after
    0    add    D            B           A
    """
    _check(sites, added, changes)
    before = _scored(sites, score)
    rows, tried, largest = [], 0, 0.0
    for change, site, table in _changed(sites, added, changes):
        after = _scored(table, score)
        others = [name for name in sites.index if change != "drop" or name != site]
        pair = before.loc[others].to_numpy(), after.loc[others].to_numpy()
        with np.errstate(invalid="ignore"):
            moved = np.abs(pair[0] - pair[1])
        largest = max(largest, float(np.nanmax(moved, initial=0.0)))
        rows += [
            (change, site, others[i], others[j])
            for i, j in _reversed_pairs(*pair, tolerance=tolerance)
        ]
        tried += 1
    return ReversalTest(pd.DataFrame(rows, columns=list(_COLUMNS)), tried, largest)


def _changed(
    sites: pd.DataFrame, added: pd.DataFrame | None, changes: Sequence[str]
) -> Iterator[tuple[str, object, pd.DataFrame]]:
    names = list(sites.index)
    for name in names if "drop" in changes else []:
        yield "drop", name, sites.drop(index=name)
    for k, name in enumerate(names if "duplicate" in changes else []):
        copy = sites.iloc[[k]].set_axis([_free_name(name, names)])
        yield "duplicate", name, pd.concat([sites, copy])
    if added is not None and "add" in changes:
        for k, name in enumerate(added.index):
            yield "add", name, pd.concat([sites, added.iloc[[k]]])


def _free_name(name: object, taken: Sequence[object]) -> object:
    if isinstance(name, int | np.integer):
        return max(int(n) for n in taken if isinstance(n, int | np.integer)) + 1
    free = f"{name} (again)"
    while free in taken:
        free += "'"
    return free


def _reversed_pairs(
    before: np.ndarray, after: np.ndarray, *, tolerance: float
) -> list[tuple[int, int]]:
    """List pairs (i, j) where i was ahead before and j is after."""
    pairs = []
    for i in range(len(before)):
        flags = (before[i] - before > tolerance) & (after - after[i] > tolerance)
        pairs += [(i, int(j)) for j in np.flatnonzero(flags)]
    return pairs


def _scored(table: pd.DataFrame, score: Callable[[pd.DataFrame], pd.Series]) -> pd.Series:
    scores = score(table.copy())
    if scores.index.has_duplicates or set(scores.index) != set(table.index):
        differing = sorted(map(str, set(scores.index) ^ set(table.index)))
        msg = f"expected a score for each site by its id, ids differ: {name_ids(differing)}"
        raise AlignmentError(msg + "; return a series with the index of the table")
    return scores.astype("float64")


def _check(sites: pd.DataFrame, added: pd.DataFrame | None, changes: Sequence[str]) -> None:
    for change in changes:
        if change not in _CHANGES:
            msg = f"unknown change {change!r}; {suggest(change, _CHANGES)}"
            raise OptionError(msg)
    ids = pd.Index([*sites.index, *([] if added is None else added.index)])
    twice = ids[ids.duplicated()].unique().tolist()
    if twice:
        msg = f"expected each site once, got {name_ids(twice)} more often; make ids unique"
        raise AlignmentError(msg)
    if added is not None and list(added.columns) != list(sites.columns):
        msg = (
            f"expected the columns {name_ids(list(sites.columns))} in the sites to add, got "
            f"{name_ids(list(added.columns))}; use the same columns in both"
        )
        raise AlignmentError(msg)
