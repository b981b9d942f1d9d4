"""Ties that a shared stake makes between its owners."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.arguments import checked, with_columns

if TYPE_CHECKING:
    Row = dict[str, Any]

#: Subtype of the ties between owners of one firm. Nothing is exchanged through such a tie.
JOINT_VENTURE = "joint venture"
_TEXTS = ("firm_u", "firm_v", "kind", "subtype", "source", "note")
_COLUMNS = ("firm_u", "firm_v", "kind", "subtype", "weight", "year_from", "year_to", *_TEXTS[4:])


@checked(firms=with_columns("firm", "owner", "share", "year_from", "year_to", "source"))
def joint_ventures(firms: pd.DataFrame) -> pd.DataFrame:
    """Tie the owners of each firm that has several.

    Parameters
    ----------
    firms
        The table `firms`: ``firm``, ``owner``, ``share`` [0, 1], the years of the stake and its
        ``source``.

    Returns
    -------
    Rows of `linkages`, one per pair of owners and firm, for the years in which both hold stakes.
    The weight is the smaller share, NaN if one is unknown.

    Examples
    --------
    >>> stakes = pd.DataFrame(
    ...     {"firm": "Sweeny", "owner": ["Phillips 66", "Chevron"], "share": [0.6, 0.4]}
    ... ).assign(year_from=2000.0, year_to=float("nan"), source="annual report")
    >>> joint_ventures(stakes)[["firm_u", "firm_v", "weight"]]
        firm_u       firm_v  weight
    0  Chevron  Phillips 66     0.4
    """
    holders: dict[object, list[Row]] = defaultdict(list)
    for row in firms.to_dict("records"):
        if isinstance(row["owner"], str):
            holders[row["firm"]].append({str(column): cell for column, cell in row.items()})
    ties = [
        _tie(one, other)
        for stakes in holders.values()
        for one, other in combinations(sorted(stakes, key=lambda row: str(row["owner"])), 2)
        if one["owner"] != other["owner"] and _overlap(one, other)
    ]
    made = pd.DataFrame(ties, columns=list(_COLUMNS), dtype=object)
    return made.astype({name: float for name in _COLUMNS if name not in _TEXTS})


def _overlap(one: Row, other: Row) -> bool:
    """Check whether two stakes are held at one time; an open end is unlimited."""
    return not (one["year_from"] > other["year_to"] or other["year_from"] > one["year_to"])


def _tie(one: Row, other: Row) -> Row:
    shares = (one["share"], other["share"])
    starts = [row["year_from"] for row in (one, other) if not math.isnan(row["year_from"])]
    ends = [row["year_to"] for row in (one, other) if not math.isnan(row["year_to"])]
    return {
        "firm_u": one["owner"],
        "firm_v": other["owner"],
        "kind": "formal",
        "subtype": JOINT_VENTURE,
        "weight": math.nan if any(map(math.isnan, shares)) else min(shares),
        "year_from": max(starts, default=math.nan),
        "year_to": min(ends, default=math.nan),
        "source": one["source"],
        "note": f"owners of {one['firm']}",
    }
