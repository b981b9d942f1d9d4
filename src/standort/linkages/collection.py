"""What was searched for links: the table `collection`.

A record proves a tie; a missing record proves nothing unless somebody looked. Each row of the table
states who looked, where, for which firms, and which share of the true ties the search would show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from standort.errors import LayerError, gather
from standort.linkages.firm_tables import (
    LAYERS,
    as_numbers,
    as_texts,
    find_wrong_rows,
    keep_year,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from standort.array_types import Flags, Ints

COLUMNS = ("layer", "source", "method")
_RANGES = (("detect_lo", "detect_hi"), ("false_lo", "false_hi"))
#: What separates the names of firms in a cell.
_SEPARATOR = ";"
_ALL = "all"


class Method(NamedTuple):
    """How a kind of search finds ties, where a row does not state it.

    The ranges are judgements, to be shown wherever they are used: Fritsch, Titze and Piontek (2020)
    for the direction of project databases, docs/linkages.md for the others.
    """

    detect: tuple[float, float]
    """Range of the share of true ties that the search shows."""
    asks_firms: bool
    """Whether a tie shows at each of its ends (a survey), not once (a register)."""


METHODS = {
    "roster": Method((0.8, 1.0), asks_firms=True),
    "member_list": Method((0.95, 1.0), asks_firms=False),
    "register": Method((0.8, 1.0), asks_firms=False),
    "project_db": Method((0.1, 0.4), asks_firms=False),
    "document_search": Method((0.2, 0.6), asks_firms=False),
    "press": Method((0.1, 0.4), asks_firms=False),
    "none": Method((0.0, 0.0), asks_firms=False),
}


@dataclass(frozen=True, slots=True)
class Search:
    """One search for the ties of one layer of a place.

    Parameters
    ----------
    source
        Name of the source, as in the column ``source`` of the links it shows.
    method
        One of `METHODS`.
    covered
        Which firms of the place it covers.
    detect
        Range of the share of the true ties of covered firms that it shows, in [0, 1].
    false
        Range of the share of its records that are not real, in [0, 1].
    assumed
        Whether `detect` is the default of the method.
    body
        Organisation or asset whose members it lists; None if it is not limited to one.
    total
        Known total: of members of the body, or of ties of the layer; NaN if unknown. At most 1 is a
        share of the firms of the place.
    """

    source: str
    method: str
    covered: Flags
    detect: tuple[float, float]
    false: tuple[float, float]
    assumed: bool
    body: str | None
    total: float

    @property
    def examines(self) -> bool:
        """Whether it may show a tie at all."""
        return self.detect[1] > 0.0 and bool(self.covered.any())


def read_collection(table: pd.DataFrame | None, *, year: int | None) -> pd.DataFrame:
    """Check the table `collection` and keep the rows of a year.

    Parameters
    ----------
    table
        Columns ``layer`` (formal, informal, infrastructure), ``source`` and ``method`` (one of
        `METHODS`); optionally ``place`` (empty for every place), ``firms`` (names separated by
        semicolons, or ``all``), ``detect_lo`` and ``detect_hi``, ``false_lo`` and ``false_hi``,
        ``total`` and ``total_of``, ``year_from`` and ``year_to``.
    year
        Keep rows whose period covers this year; an open end is unlimited. None keeps all rows.

    Returns
    -------
    Every column above, texts trimmed with None for blanks, ranges filled in from the method and
    ``assumed`` where they were.

    Raises
    ------
    LayerError
        If the table violates this contract; lists all problems.

    Examples
    --------
    >>> press = pd.DataFrame({"layer": ["formal"], "source": ["papers"], "method": ["press"]})
    >>> read_collection(press, year=None)[["detect_lo", "detect_hi", "assumed"]].values.tolist()
    [[0.1, 0.4, True]]
    """
    if table is None or table.empty:
        table = pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS})
    problems = _problems(table)
    if problems:
        raise LayerError(gather(problems, of="the linkage data"))
    kept = keep_year(table, year).reset_index(drop=True)
    texts = {name: as_texts(kept, name) for name in (*COLUMNS, "place", "firms", "total_of")}
    methods = [METHODS[name] for name in texts["method"]]
    stated = kept.get("detect_hi", pd.Series(np.nan, index=kept.index)).notna()
    low, high = (as_numbers(kept, name) for name in _RANGES[0])
    default = pd.DataFrame([m.detect for m in methods], index=kept.index, columns=["lo", "hi"])
    false = {name: as_numbers(kept, name) for name in _RANGES[1]}
    return pd.DataFrame(
        {
            **texts,
            "detect_lo": low.where(stated, default["lo"]).astype(float),
            "detect_hi": high.where(stated, default["hi"]).astype(float),
            "assumed": ~stated.astype(bool),
            "false_lo": false["false_lo"].fillna(0.0),
            "false_hi": false["false_hi"].fillna(false["false_lo"]).fillna(0.0),
            "total": as_numbers(kept, "total"),
        }
    )


def searches_of(
    collection: pd.DataFrame, place: Any, firms: Iterable[str]  # noqa: ANN401 - any label
) -> dict[str, list[Search]]:
    """Return the searches of one place, by layer.

    Parameters
    ----------
    collection
        As `read_collection` returns it.
    place
        Label of the place.
    firms
        Names of its firms.

    Returns
    -------
    A list for each layer.
    """
    names = np.array(list(firms), dtype=object)
    here = collection["place"].isna() | (collection["place"] == str(place))
    searches: dict[str, list[Search]] = {layer: [] for layer in LAYERS}
    for row in collection[here].itertuples():
        search = Search(
            str(row.source),
            str(row.method),
            _covered(row.firms, names),
            (row.detect_lo, row.detect_hi),
            (row.false_lo, row.false_hi),
            bool(row.assumed),
            row.total_of,
            row.total,
        )
        searches[row.layer].append(search)
    return searches


def _covered(cell: str | None, names: np.ndarray) -> Flags:
    """Flag the firms that a search covers; an empty cell covers all, as does ``all``."""
    if cell is None or cell.casefold() == _ALL:
        return np.ones(len(names), dtype=bool)
    return np.isin(names, [name.strip() for name in cell.split(_SEPARATOR)])


def _problems(table: pd.DataFrame) -> list[str]:
    """List all problems of the table."""
    lacking = [name for name in COLUMNS if name not in table.columns]
    if lacking:
        have = ", ".join(map(str, table.columns)) or "none"
        return [
            f"table 'collection': expected columns {', '.join(COLUMNS)}, got {have}; "
            f"add {', '.join(lacking)}"
        ]
    problems = []
    for name, allowed in (("layer", LAYERS), ("method", tuple(METHODS))):
        wrong = ~as_texts(table, name).isin(allowed)
        expected = f"{name} to be one of {', '.join(allowed)}"
        problems += find_wrong_rows(table, "collection", wrong, expected, "correct them")
    for name in ("detect_lo", "detect_hi", "false_lo", "false_hi"):
        number = as_numbers(table, name)
        given = table.get(name, pd.Series(index=table.index, dtype=object)).notna()
        wrong = given & ~((number >= 0.0) & (number <= 1.0))
        problems += find_wrong_rows(
            table, "collection", wrong, f"{name} to be a share in [0, 1]", "correct them"
        )
    for low, high in _RANGES:
        crossed = as_numbers(table, low) > as_numbers(table, high)
        problems += find_wrong_rows(
            table, "collection", crossed, f"{low} not above {high}", "swap them"
        )
    half = as_numbers(table, "detect_lo").isna() != as_numbers(table, "detect_hi").isna()
    problems += find_wrong_rows(
        table, "collection", half, "both detect_lo and detect_hi, or neither", "state both"
    )
    return problems
