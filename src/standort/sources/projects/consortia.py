"""Firms in projects: one membership for each firm and project, and the size of consortia."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.sources.linkage_tables import records, table

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Hashable

#: Above this number of partners, meeting in a project says little of two firms.
MOST_PARTNERS = 20

_BODY = {"memberships": "organisation", "assets": "asset"}


def within_size(
    partners: pd.DataFrame, *, most_partners: int | None, left_out: Counter[str]
) -> pd.DataFrame:
    """Weigh memberships by the size of their consortium, and leave out those of large ones.

    Parameters
    ----------
    partners
        Columns ``project`` and ``partner``: every partner counts, whether a firm or not.
    most_partners
        Largest number of partners of a project that is kept; None keeps all.
    left_out
        Gets the number of projects left out.

    Returns
    -------
    The rows of the projects kept, with ``weight`` = 1 / (partners - 1), NaN for a single partner.

    Examples
    --------
    >>> from collections import Counter
    >>> given = pd.DataFrame({"project": ["X", "X", "X"], "partner": ["a", "b", "c"]})
    >>> within_size(given, most_partners=20, left_out=Counter())["weight"].tolist()
    [0.5, 0.5, 0.5]
    """
    size = partners.groupby("project")["partner"].transform("nunique")
    large = size > (most_partners or float("inf"))
    projects = partners.loc[large, "project"].nunique()
    left_out[f"projects of more than {most_partners} partners"] += int(projects)
    others = (size - 1).astype(float).where(size > 1)
    return partners.assign(weight=1.0 / others)[~large]


def one_row_per_membership(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Merge the rows of one firm and body, such as the phases of a project.

    The period runs from the first start known to the last end, and is open if any row is. Kinds,
    sources and notes are joined.

    Parameters
    ----------
    rows
        Rows of the table.
    name
        ``memberships`` or ``assets``.

    Returns
    -------
    The table with one row per firm and body.

    Examples
    --------
    >>> phases = [
    ...     {"firm": "A", "organisation": "Hub", "year_from": 2020, "year_to": 2023},
    ...     {"firm": "A", "organisation": "Hub", "year_from": 2024},
    ... ]
    >>> one = one_row_per_membership(table("memberships", phases), "memberships")
    >>> one[["year_from", "year_to"]].to_dict("records")
    [{'year_from': 2020.0, 'year_to': nan}]
    """
    groups: dict[Hashable, list[dict[str, Any]]] = {}
    for row in records(rows):
        groups.setdefault((row["firm"], row[_BODY[name]]), []).append(row)
    return table(name, [_merged(group) for group in groups.values()])


def _merged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    joined = {
        column: "; ".join(dict.fromkeys(str(row[column]) for row in rows if row[column])) or None
        for column in ("kind", "source", "note")
    }
    starts, ends = (
        pd.Series([row[c] for row in rows], dtype=float) for c in ("year_from", "year_to")
    )
    period = {"year_from": starts.min(), "year_to": ends.max(skipna=False)}
    weight = (
        {"weight": max((r["weight"] for r in rows), default=None)} if "weight" in rows[0] else {}
    )
    return {**rows[0], **joined, **period, **weight}
