"""One-mode projection: pairs of firms that belong to the same body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from standort.arguments import YEAR, checked
from standort.errors import OptionError
from standort.linkages.firm_tables import read_table

if TYPE_CHECKING:
    from standort.array_types import Ints


Of = Literal["organisation", "asset"]

_TABLES = {"organisation": "memberships", "asset": "assets"}


def distinct(numbers: Ints) -> Ints:
    """Return the distinct numbers in order; faster than `unique` of numpy 2.3 for millions."""
    ordered = np.sort(numbers)
    fresh = np.ones(len(ordered), dtype=bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return np.asarray(ordered[fresh])


def group_sizes(group: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the start and size of each run of equal numbers, and the run of each entry."""
    if not len(group):
        empty = np.empty(0, dtype=np.intp)
        return empty, empty, empty
    fresh = np.concatenate([[True], group[1:] != group[:-1]])
    start = np.flatnonzero(fresh)
    return start, np.diff(np.append(start, len(group))), np.cumsum(fresh) - 1


def pairs_within_groups(group: Ints) -> tuple[Ints, Ints]:
    """Pair each entry with every earlier entry of its group.

    Parameters
    ----------
    group
        Group number of each entry, sorted.

    Returns
    -------
    Positions of the earlier and the later entry of each pair.

    Examples
    --------
    >>> earlier, later = pairs_within_groups(np.array([7, 7, 7, 9]))
    >>> list(zip(earlier.tolist(), later.tolist()))
    [(0, 1), (0, 2), (1, 2)]
    """
    start, _, run = group_sizes(group)
    entry = np.arange(len(group))
    rank = entry - start[run] if len(group) else entry
    later = np.repeat(entry, rank)
    first_of_entry = np.cumsum(rank) - rank
    earlier = (
        np.arange(len(later)) - np.repeat(first_of_entry, rank) + np.repeat(entry - rank, rank)
    )
    return earlier, later


@checked(year=YEAR)
def projection(
    table: pd.DataFrame, of: Of = "organisation", *, year: int | None = None
) -> pd.DataFrame:
    """Pair the firms that share an organisation or an asset.

    A large association becomes a clique of its members, many of whom may not know each other.
    Newman's weights therefore give each pair in an organisation of n members 1 / (n - 1), so that
    an organisation of any size adds 1 to the strength of each member. An incomplete list of members
    makes the weights too large.

    Parameters
    ----------
    table
        `memberships` (columns ``firm`` and ``organisation``) or `assets` (``firm`` and ``asset``);
        optionally ``year_from`` and ``year_to``. Names are compared exactly, after trimming.
    of
        Column that holds what firms share.
    year
        Keep rows whose period covers this year; an open end is unlimited. None keeps all rows.

    Returns
    -------
    One row for each pair of firms that share anything, sorted: ``firm_u`` < ``firm_v``; ``shared``,
    the number of organisations (or assets) they share; and ``weight``, Newman's weight: the sum of
    1 / (n_a - 1) over those, > 0.

    Raises
    ------
    LayerError
        If columns are missing, names are empty or years are not numeric; lists all problems.
    OptionError
        If `of` is neither ``organisation`` nor ``asset``.

    References
    ----------
    Newman, M. E. J. (2001), Scientific collaboration networks II, Physical Review E 64, 016132,
    eq. 2.

    Examples
    --------
    Three firms in a council, two of which are also in a consortium:

    >>> import pandas
    >>> memberships = pandas.DataFrame(
    ...     {"firm": list("ABCAB"), "organisation": ["council"] * 3 + ["consortium"] * 2}
    ... )
    >>> projection(memberships)
      firm_u firm_v  shared  weight
    0      A      B       2     1.5
    1      A      C       1     0.5
    2      B      C       1     0.5
    """
    if of not in _TABLES:
        msg = f"expected of to be one of {', '.join(_TABLES)}, got {of!r}"
        raise OptionError(msg)
    members = read_table(table, _TABLES[of], year=year)
    once = members[[of, "firm"]].drop_duplicates().sort_values([of, "firm"])
    body, _ = pd.factorize(once[of])
    firm = once["firm"].to_numpy()
    _, size, run = group_sizes(body)
    earlier, later = pairs_within_groups(body)
    pairs = pd.DataFrame(
        {
            "firm_u": firm[earlier],
            "firm_v": firm[later],
            "shared": np.ones(len(earlier), dtype=np.intp),
            "weight": 1.0 / (size[run[earlier]] - 1.0) if len(earlier) else np.empty(0),
        }
    )
    return pairs.groupby(["firm_u", "firm_v"], as_index=False).sum()
