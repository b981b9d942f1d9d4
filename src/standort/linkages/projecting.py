"""From who is in what to who meets whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from standort.errors import OptionError
from standort.linkages.pairing import group_sizes, pairs_within_groups
from standort.linkages.tables import read_table

__all__ = ["projection"]

if TYPE_CHECKING:
    Of = Literal["organisation", "asset"]

_TABLES = {"organisation": "memberships", "asset": "assets"}


def projection(
    table: pd.DataFrame, of: Of = "organisation", *, year: int | None = None
) -> pd.DataFrame:
    """Pair the firms that are in an organisation, or use an asset, together.

    A large association makes a clique of its members, each of whom may know few of the others. In
    Newman's weights an organisation of n members ties each two of them by 1 / (n - 1), so that it
    adds 1 to the strength of each member however large it is. A list of members that is cut short
    makes the weights too large.

    Parameters
    ----------
    table
        `memberships` (columns ``firm`` and ``organisation``) or `assets` (``firm`` and ``asset``);
        further ``year_from`` and ``year_to``. Names are compared exactly, after trimming.
    of
        Column of what firms share.
    year
        Keep rows whose period covers this year; open ends cover everything. None keeps all rows.

    Returns
    -------
    One row for each pair of firms that share anything, sorted, with ``firm_u`` < ``firm_v``,
    ``shared``, the number of organisations (or assets) they share, and ``weight``, Newman's weight:
    the sum of 1 / (n_a - 1) over them, above 0.

    Raises
    ------
    LayerError
        If columns are missing, names empty or years not numeric; all faults are named.
    OptionError
        If `of` is neither ``organisation`` nor ``asset``.

    References
    ----------
    Newman, M. E. J. (2001), Scientific collaboration networks II, Physical Review E 64, 016132,
    eq. 2.

    Examples
    --------
    Three firms in a council, two of them in a consortium too:

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
    held = read_table(table, _TABLES[of], year=year)
    once = held[[of, "firm"]].drop_duplicates().sort_values([of, "firm"])
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
