"""Sentences on names that are one firm: what was contracted, and the counts before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

#: Most names and places that a sentence lists.
_LISTED = 10


def describe_names(names: pd.DataFrame) -> list[str]:
    """Describe what each name is, in the order of the table.

    Parameters
    ----------
    names
        Index ``name``; ``firm``, ``reason`` and ``owners``, as from
        `standort.linkages.contract_firms`.

    Examples
    --------
    >>> import pandas as pd
    >>> names = pd.DataFrame(
    ...     {"firm": "A", "reason": "joint venture", "owners": "A 60 %, B 40 %"}, index=["Plant"]
    ... )
    >>> describe_names(names)
    ["'Plant' is 'A' (joint venture: A 60 %, B 40 %)"]
    """
    described = zip(names.index, names["firm"], names["reason"], names["owners"], strict=True)
    return [
        f"{name!r} is {firm!r} ({reason}{': ' if owners else ''}{owners})"
        for name, firm, reason, owners in described
    ]


def describe_rows(counts: Mapping[str, float]) -> str:
    """Describe how many rows vanished or appeared.

    Examples
    --------
    >>> describe_rows({"ties within one firm": 2, "ties that repeat another": 0})
    'ties within one firm: 2'
    """
    some = [f"{what}: {int(count):,}" for what, count in counts.items() if count]
    return ", ".join(some) or "no row of the other tables changes"


def describe_places(places: pd.DataFrame) -> list[str]:
    """Describe the places whose firms or ties change.

    Parameters
    ----------
    places
        Index ``place``; firms and tied pairs before and after.

    Examples
    --------
    >>> import pandas as pd
    >>> counts = {"firms_before": 15, "firms_after": 14, "ties_before": 9, "ties_after": 8}
    >>> describe_places(pd.DataFrame(counts, index=["Port"]))
    ['Port: 15 firms before, 14 after; 9 tied pairs before, 8 after']
    """
    firms = places["firms_before"] != places["firms_after"]
    changed = places[firms | (places["ties_before"] != places["ties_after"])]
    return [
        f"{place}: {row['firms_before']:,} firms before, {row['firms_after']:,} after; "
        f"{row['ties_before']:,} tied pairs before, {row['ties_after']:,} after"
        for place, row in changed.iterrows()
    ]


def listed(lines: list[str]) -> list[str]:
    """Return the first few lines, and how many more there are."""
    more = len(lines) - _LISTED
    return lines if more <= 0 else [*lines[:_LISTED], f"and {more:,} more"]
