"""Find a place by its name or number, and list its members."""

from __future__ import annotations

import math

import pandas as pd

from standort.results.cell_values import as_float, as_text

#: Columns of the table of members.
MEMBERS = ("site_id", "name", "share", "score")


def find_place(places: pd.DataFrame, asked: object) -> str | None:
    """Find a place by its name, or a cluster by its number.

    Parameters
    ----------
    places
        The table of places, indexed by name.
    asked
        Name or number.

    Returns
    -------
    The name of the place, or None.

    Examples
    --------
    >>> places = pd.DataFrame({"cluster": [0, None]}, index=["Pernis", "HyNet"])
    >>> find_place(places, "HyNet"), find_place(places, 0), find_place(places, "Drax")
    ('HyNet', 'Pernis', None)
    """
    if str(asked) in places.index:
        return str(asked)
    if "cluster" not in places:
        return None
    numbers = [as_text(number) for number in places["cluster"]]
    matches = [
        name for name, number in zip(places.index, numbers, strict=True) if number == str(asked)
    ]
    return str(matches[0]) if matches else None


def largest_first(members: pd.DataFrame) -> pd.DataFrame:
    """Sort members by their known emissions, with their shares of the total.

    Parameters
    ----------
    members
        Rows of the table of sites.

    Returns
    -------
    ``site_id``, ``name``, ``share`` of the known emissions (NaN if unknown) and ``score``, the
    largest first, ties by id.
    """
    nothing = [None] * len(members)
    emissions = [as_float(value) for value in members.get("co2_t_per_yr", nothing)]
    total = math.fsum(value for value in emissions if not math.isnan(value))
    table = pd.DataFrame(
        {
            "site_id": list(members.index),
            "name": pd.Series([as_text(v) for v in members.get("name", nothing)], dtype=object),
            "share": [value / total if total else math.nan for value in emissions],
            "score": [as_float(value) for value in members["score"]],
        }
    )
    order = sorted(
        range(len(table)),
        key=lambda i: (0.0 if math.isnan(emissions[i]) else -emissions[i], str(members.index[i])),
    )
    return table.iloc[order].reset_index(drop=True)
