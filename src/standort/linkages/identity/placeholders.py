"""Names in the tables of firms that name nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.errors import name_ids, warn
from standort.firm_names import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from standort.array_types import Flags

#: Columns of firms, by table. The first table has the firms of each place, which may be unknown.
NAMES: dict[str, tuple[str, ...]] = {
    "firms per place": ("firm",),
    "linkages": ("firm_u", "firm_v"),
    "memberships": ("firm",),
    "assets": ("firm",),
    "firms": ("firm", "owner", "alias_of"),
}


def without_placeholders(
    tables: Mapping[str, pd.DataFrame | None],
) -> dict[str, pd.DataFrame | None]:
    """Treat placeholders as missing: a site has no firm then, and other rows are left out.

    Parameters
    ----------
    tables
        Tables by the names in `NAMES`.

    Returns
    -------
    The same tables if nothing is a placeholder.

    Warns
    -----
    StandortWarning
        With the number of placeholders in each table.

    Examples
    --------
    >>> import warnings
    >>> warnings.simplefilter("ignore")
    >>> given = pd.DataFrame({"firm": ["xx", "Shell"]})
    >>> without_placeholders({"firms per place": given})["firms per place"]["firm"].tolist()
    [None, 'Shell']
    """
    numbered = any(map(_is_number, _texts(tables)))
    cleaned, counts, seen = dict(tables), dict[str, int](), set[str]()
    for name, table in tables.items():
        if table is None:
            continue
        nobody = {c: _name_nobody(table[c], numbered=numbered) for c in _columns(name, table)}
        counts[name] = sum(int(rows.sum()) for rows in nobody.values())
        if counts[name]:
            seen |= {str(cell).strip() for c, rows in nobody.items() for cell in table.loc[rows, c]}
            cleaned[name] = _left(table, nobody, keep_rows=name == "firms per place")
    _warn(counts, sorted(seen))
    return cleaned


def name_texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return names without blanks around them, and None where there is none."""
    texts = [None if pd.isna(cell) else str(cell).strip() or None for cell in column]
    return pd.Series(texts, index=column.index, dtype=object)


def _columns(name: str, table: pd.DataFrame) -> list[str]:
    return [column for column in NAMES[name] if column in table.columns]


def _texts(tables: Mapping[str, pd.DataFrame | None]) -> Iterator[str]:
    """Yield the names that are texts: a number in a column of numbers is an id."""
    for name, table in tables.items():
        if table is not None:
            for column in _columns(name, table):
                yield from (cell for cell in table[column] if isinstance(cell, str))


def _is_number(text: str) -> bool:
    return text.strip().isdecimal() and text.strip(" 0") != ""


def _name_nobody(column: pd.Series[Any], *, numbered: bool) -> Flags:
    """Return which cells are placeholders; where firms have numbers, 0 is one of them."""
    cells = [
        isinstance(cell, str)
        and cell.strip() != ""
        and is_placeholder(cell)
        and not (numbered and cell.strip().isdecimal())
        for cell in column
    ]
    return np.array(cells, dtype=bool)


def _left(table: pd.DataFrame, nobody: Mapping[str, Flags], *, keep_rows: bool) -> pd.DataFrame:
    if keep_rows:
        emptied = {c: table[c].astype(object).mask(rows, None) for c, rows in nobody.items()}
        return table.assign(**emptied)
    return table[~pd.DataFrame(nobody, index=table.index).any(axis="columns")]


def _warn(counts: Mapping[str, int], seen: list[str]) -> None:
    total = sum(counts.values())
    if not total:
        return
    where = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    warn(
        f"{total} names are placeholders ({name_ids(seen)}) and no firms: in {where}; sites with "
        "one have no known firm, other rows are left out"
    )
