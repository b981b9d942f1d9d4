"""The table of a study that says who is one firm, checked: other names, and stakes of owners."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from standort.errors import LayerError, gather, name_ids, warn
from standort.linkages.identity.placeholders import name_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: How far shares of one firm may be above 1 in sum: they are rounded.
_ROUNDING = 0.005
_NAMES, _NUMBERS = ("firm", "owner", "alias_of"), ("share", "year_from", "year_to")


class Statements(NamedTuple):
    """What the table says in one year.

    Parameters
    ----------
    aliases
        The firm that each other name stands for, which is no other name itself.
    stakes
        Columns ``firm``, ``owner``, ``share`` [0, 1], ``year_from``, ``year_to``, ``source``, with
        the index of the table given; names are no aliases, and no firm owns itself.
    """

    aliases: dict[str, str]
    stakes: pd.DataFrame


def read_statements(owners: pd.DataFrame, *, year: int | None) -> Statements:
    """Check the table and keep what holds in a year.

    Parameters
    ----------
    owners
        The table `firms` of a study.
    year
        The year; None for that in which the last row of a firm began.

    Raises
    ------
    LayerError
        If cells are wrong, a name is an alias of two firms, or aliases lead in a circle.

    Warns
    -----
    StandortWarning
        With the stakes of 0 %, the firms named as their own owner, and the shares above 1 in sum.
    """
    table = _typed(owners)
    problems = _cell_problems(owners, table)
    if problems:
        raise LayerError(gather(problems, of="who is one firm"))
    renamed = _in_force(table[table["alias_of"].notna()], year)
    aliases = _read_aliases(renamed[renamed["firm"] != renamed["alias_of"]])
    stakes = table[table["owner"].notna()].drop(columns="alias_of")
    for column in ("firm", "owner"):
        names = [aliases.get(name, name) for name in stakes[column]]
        stakes[column] = pd.Series(names, index=stakes.index, dtype=object)
    return Statements(aliases, _true_stakes(_in_force(stakes, year)))


def find_circles(follows: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return the circles in which names follow each other, each from its first name.

    Examples
    --------
    >>> find_circles({"A": ["B"], "B": ["A", "C"], "C": ["D"]})
    [['A', 'B']]
    """
    left = {name: sorted(follows[name]) for name in sorted(follows)}
    circles = []
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            circle = sorted(set(error.args[1]))
            circles.append(circle)
            left = {name: [] if name in circle else after for name, after in left.items()}
        else:
            return sorted(circles)


def raise_circles(
    follows: Mapping[str, Iterable[str]], rows_of: Callable[[list[str]], list[object]], what: str
) -> None:
    """Raise if names follow each other in a circle.

    Parameters
    ----------
    follows
        The names that follow each name.
    rows_of
        Returns the rows of the table that name some firms.
    what
        What the names of a circle do, and what to do about it.

    Raises
    ------
    LayerError
        With each circle and its rows.
    """
    found = [
        f"{', '.join(circle)} {what} (rows: {name_ids(rows_of(circle))})"
        for circle in find_circles(follows)
    ]
    if found:
        raise LayerError(gather(found, of="table 'firms'"))


def _typed(owners: pd.DataFrame) -> pd.DataFrame:
    """Return names as texts and the rest as numbers; a missing column is empty."""
    nothing = pd.Series(None, index=owners.index, dtype=object)
    names = {c: name_texts(owners[c]) if c in owners.columns else nothing for c in _NAMES}
    numbers = {
        c: pd.to_numeric(owners.get(c, nothing), errors="coerce").astype(float) for c in _NUMBERS
    }
    source = name_texts(owners["source"]) if "source" in owners.columns else nothing
    return pd.DataFrame({**names, **numbers, "source": source}, index=owners.index)


def _cell_problems(owners: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """List all wrong cells."""
    odd = {c: name_texts(owners[c]).notna() & table[c].isna() for c in _NUMBERS if c in owners}
    no_share, no_year = "share to be a number from 0 to 1 or empty", "to be a number >= 0 or empty"
    wrong = {
        "firm not to be empty": table["firm"].isna(),
        no_share: odd.get("share", False) | _outside(table["share"], 1.0),
        f"year_from {no_year}": odd.get("year_from", False) | _outside(table["year_from"]),
        f"year_to {no_year}": odd.get("year_to", False) | _outside(table["year_to"]),
        "year_from not after year_to": table["year_from"] > table["year_to"],
    }
    return [
        f"table 'firms': expected {expected}; not so in {rows.sum()} rows: "
        f"{name_ids(list(table.index[rows]))}; correct them"
        for expected, rows in wrong.items()
        if rows.any()
    ]


def _outside(column: pd.Series[float], largest: float = np.finfo(float).max) -> pd.Series[bool]:
    """Return which known numbers are negative, too large or infinite."""
    return column.notna() & ~column.between(0.0, largest)


def _in_force(table: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """Keep the rows that hold in a year; without one, in the year when the firm's last began."""
    start, end = table["year_from"].fillna(-np.inf), table["year_to"].fillna(np.inf)
    when = start.groupby(table["firm"]).transform("max") if year is None else year
    return table[(start <= when) & (end >= when)].copy()


def _read_aliases(renamed: pd.DataFrame) -> dict[str, str]:
    """Follow other names to their end."""
    targets: dict[str, set[str]] = {}
    for name, firm in zip(renamed["firm"], renamed["alias_of"], strict=True):
        targets.setdefault(name, set()).add(firm)
    several = sorted(name for name, found in targets.items() if len(found) > 1)
    if several:
        rows = name_ids(list(renamed.index[renamed["firm"].isin(several)]))
        msg = (
            "table 'firms': expected each name to be another name of one firm; not so for "
            f"{name_ids(several)} (rows: {rows}); keep one of them, or give their years"
        )
        raise LayerError(msg)
    raise_circles(
        targets,
        lambda names: list(renamed.index[renamed["firm"].isin(names)]),
        "are aliases of each other in a circle; drop one row of it",
    )
    chosen = {name: firm for name, found in targets.items() for firm in found}
    return {name: _last(name, chosen) for name in chosen}


def _last(name: str, chosen: Mapping[str, str]) -> str:
    while name in chosen:
        name = chosen[name]
    return name


def _true_stakes(stakes: pd.DataFrame) -> pd.DataFrame:
    """Leave out stakes that are none, and warn of them and of shares that are too many."""
    nothing, own = stakes["share"] == 0.0, stakes["firm"] == stakes["owner"]
    kept = stakes[~(nothing | own)]
    total = kept.groupby("firm")["share"].sum()
    odd = {
        "stakes of 0 % are none (rows: {})": list(stakes.index[nothing]),
        "firms named as their own owner say nothing (rows: {})": list(stakes.index[own & ~nothing]),
        "shares add up to more than 1 and count as stated ({})": list(
            total.index[total > 1.0 + _ROUNDING]
        ),
    }
    notices = [text.format(name_ids(ids)) for text, ids in odd.items() if ids]
    if notices:
        warn(f"table 'firms': {'; '.join(notices)}")
    return kept
