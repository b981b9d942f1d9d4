"""What was searched for links: the table `collection`.

A record proves a tie; a missing record proves nothing unless somebody looked. Each row of the table
states who looked, where, for which firms, and which share of the true ties the search would show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from standort.errors import LayerError, gather, name_ids, warn
from standort.linkages.firm_tables import LAYERS, as_numbers, as_texts, in_year, row_problems

if TYPE_CHECKING:
    from collections.abc import Iterable

    from standort.array_types import Flags

_COLUMNS = ("layer", "source", "method")
_RANGES = (("detect_lo", "detect_hi"), ("false_lo", "false_hi"))
#: Names of the column of places.
_PLACE = ("unit", "initiative")
#: What separates the names of firms in a cell.
_SEPARATOR = ";"
_ALL = "all"


class Method(NamedTuple):
    """How a kind of search finds ties, where a row does not state it.

    Parameters
    ----------
    detect
        Range of the share of true ties that the search shows.
    asks_firms
        Whether a tie shows at each of its ends (a survey) instead of once (a register).
    lists_members
        Whether it lists the members of one body: who is not on the list is known to be none.
    """

    detect: tuple[float, float]
    asks_firms: bool = False
    lists_members: bool = False


#: The ranges are judgements. Fritsch, Titze and Piontek (2020), doi 10.1080/13662716.2019.1650253,
#: found that single databases miss most cooperation; no source gives a figure.
METHODS = {
    "roster": Method((0.8, 1.0), asks_firms=True),
    "member_list": Method((0.95, 1.0), lists_members=True),
    "register": Method((0.8, 1.0)),
    "project_db": Method((0.1, 0.4)),
    "document_search": Method((0.2, 0.6)),
    "press": Method((0.1, 0.4)),
    "none": Method((0.0, 0.0)),
}


@dataclass(frozen=True, eq=False)
class Search:
    """One search for the ties of one layer of a place.

    Parameters
    ----------
    source
        Name of the source, as in the column ``source`` of the records that it shows.
    method
        One of `METHODS`.
    covered
        Which firms of the place it covers, shape (n_firms,).
    detect
        Range of the share of the true ties of covered firms that it shows, in [0, 1].
    false
        Range of the share of its records that are not real, in [0, 1].
    assumed
        Whether `detect` is the default of the method.
    body
        Organisation or asset whose members it lists; None if it is not limited to one.
    total
        Known number of members of the body, here and elsewhere, or of ties of the layer if there is
        no body; at most 1 is the share of the firms of the place that are members. NaN if unknown.
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
    def statement(self) -> str:
        """The stated range, in words."""
        low, high = self.detect
        origin = " (assumed for the method)" if self.assumed else ""
        return f"{self.source}: {self.method} shows {low:.0%} to {high:.0%}{origin}"


def read_collection(
    table: pd.DataFrame | None, *, year: int | None, known: Iterable[str] = ()
) -> pd.DataFrame | None:
    """Check the table `collection` and keep the rows of a year.

    Parameters
    ----------
    table
        Columns ``layer`` (formal, informal, infrastructure), ``source`` and ``method`` (one of
        `METHODS`); optionally ``unit`` or ``initiative`` (the place; empty for every place),
        ``firms`` (names separated by semicolons, or ``all``), ``detect_lo`` and ``detect_hi``,
        ``false_lo`` and ``false_hi``, ``total`` and ``total_of``, ``year_from`` and ``year_to``.
    year
        Keep rows whose period covers this year; an open end is unlimited. None keeps all rows.
    known
        Names of all firms in the other tables; others cause a warning.

    Returns
    -------
    None without a table, else the columns above, texts trimmed with None for blanks, ranges filled
    in from the method and ``assumed`` where they were.

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
    if table is None:
        return None
    if table.empty:
        table = pd.DataFrame({name: pd.Series(dtype=object) for name in _COLUMNS})
    problems = _problems(table)
    if problems:
        raise LayerError(gather(problems, of="the linkage data"))
    kept = table[in_year(table, year)].reset_index(drop=True)
    kept = kept.assign(place=_places(kept))
    # a source that was searched again, for another year, shows the same ties
    same = [name for name in ("place", *_COLUMNS, "firms", "total_of") if name in kept]
    kept = kept.drop_duplicates(same, keep="last").reset_index(drop=True)
    texts = {name: as_texts(kept, name) for name in (*_COLUMNS, "firms", "total_of")}
    _warn_of_unknown(texts["firms"], set(known))
    low, high = (as_numbers(kept, name) for name in _RANGES[0])
    ranges = [METHODS[name].detect for name in texts["method"]]
    default = pd.DataFrame(ranges, index=kept.index, columns=["low", "high"], dtype=float)
    false_low, false_high = (as_numbers(kept, name) for name in _RANGES[1])
    return pd.DataFrame(
        {
            **texts,
            "place": kept["place"],
            "detect_lo": low.fillna(default["low"]),
            "detect_hi": high.fillna(default["high"]),
            "assumed": low.isna(),
            "false_lo": false_low.fillna(0.0),
            "false_hi": false_high.fillna(false_low).fillna(0.0),
            "total": as_numbers(kept, "total"),
        }
    )


def searches_of(
    collection: pd.DataFrame | None,
    place: Any,  # noqa: ANN401 - any label
    firms: Iterable[str],
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
    A list for each layer, empty without a table.
    """
    searches: dict[str, list[Search]] = {layer: [] for layer in LAYERS}
    if collection is None:
        return searches
    names = np.array(list(firms), dtype=object)
    here = collection["place"].isna() | (collection["place"] == str(place))
    for row in collection[here].to_dict("records"):
        search = Search(
            row["source"],
            row["method"],
            _covered(row["firms"], names) | METHODS[row["method"]].lists_members,
            (row["detect_lo"], row["detect_hi"]),
            (row["false_lo"], row["false_hi"]),
            bool(row["assumed"]),
            None if pd.isna(row["total_of"]) else row["total_of"],
            row["total"],
        )
        searches[row["layer"]].append(search)
    return searches


def _places(table: pd.DataFrame) -> pd.Series[Any]:
    """Return the place of each row, from either column."""
    first, second = (as_texts(table, name) for name in _PLACE)
    return first.where(first.notna(), second)


def _covered(cell: Any, names: Any) -> Flags:  # noqa: ANN401 - text or NaN, an array of text
    """Flag the firms that a search covers; an empty cell covers all, as does ``all``."""
    if pd.isna(cell) or cell.casefold() == _ALL:
        return np.ones(len(names), dtype=bool)
    return np.isin(names, _split(cell))


def _split(cell: str) -> list[str]:
    return [name.strip() for name in cell.split(_SEPARATOR) if name.strip()]


def _warn_of_unknown(cells: pd.Series[Any], known: set[str]) -> None:
    """Warn of firms that no other table names: they may be misspelt."""
    named = {n for cell in cells.dropna() if cell.casefold() != _ALL for n in _split(cell)}
    strangers = sorted(named - known)
    if strangers and known:
        warn(
            f"table 'collection': {len(strangers)} firms occur in no other table: "
            f"{name_ids(strangers)}; they examine nothing: use the spelling of the other tables"
        )


def _problems(table: pd.DataFrame) -> list[str]:
    """List all problems of the table."""
    lacking = [name for name in _COLUMNS if name not in table.columns]
    if lacking:
        have = ", ".join(map(str, table.columns)) or "none"
        expected = f"table 'collection': expected columns {', '.join(_COLUMNS)}"
        return [f"{expected}, got {have}; add {', '.join(lacking)}"]
    return [*_text_problems(table), *_range_problems(table), *_total_problems(table)]


def _text_problems(table: pd.DataFrame) -> list[str]:
    problems = row_problems(
        table, "collection", as_texts(table, "source").isna(), "source not to be empty", "fill in"
    )
    for name, allowed in (("layer", LAYERS), ("method", tuple(METHODS))):
        wrong = ~as_texts(table, name).isin(allowed)
        expected = f"{name} to be one of {', '.join(allowed)}"
        problems += row_problems(table, "collection", wrong, expected, "correct them")
    first, second = (as_texts(table, name) for name in _PLACE)
    differ = first.notna() & second.notna() & (first != second)
    return problems + row_problems(
        table, "collection", differ, "unit and initiative not to differ", "fill in one of them"
    )


def _range_problems(table: pd.DataFrame) -> list[str]:
    problems = []
    for low, high in _RANGES:
        for name in (low, high):
            number = as_numbers(table, name)
            given = as_texts(table, name).notna()
            wrong = given & ~((number >= 0.0) & (number <= 1.0))
            expected = f"{name} to be a share in [0, 1]"
            problems += row_problems(table, "collection", wrong, expected, "correct them")
        first, second = as_numbers(table, low), as_numbers(table, high)
        crossed = first > second
        problems += row_problems(
            table, "collection", crossed, f"{low} not above {high}", "swap them"
        )
    half = as_numbers(table, "detect_lo").isna() != as_numbers(table, "detect_hi").isna()
    return problems + row_problems(
        table, "collection", half, "both detect_lo and detect_hi, or neither", "state both"
    )


def _total_problems(table: pd.DataFrame) -> list[str]:
    total, given = as_numbers(table, "total"), as_texts(table, "total").notna()
    wrong = given & ~((total >= 0.0) & np.isfinite(total))
    problems = row_problems(
        table, "collection", wrong, "total to be a number >= 0 or empty", "correct them"
    )
    alone = as_texts(table, "total_of").isna() & (total > 0.0) & (total < 1.0)
    problems += row_problems(
        table, "collection", alone, "total of ties to be a whole number", "fill in total_of"
    )
    of_body = as_texts(table, "total_of").notna() & as_texts(table, "layer").eq("formal")
    expected = "no total_of in the formal layer, which has no bodies"
    problems += row_problems(table, "collection", of_body, expected, "correct the layer")
    lists = [name for name, method in METHODS.items() if method.lists_members]
    of_none = as_texts(table, "total_of").isna() & as_texts(table, "method").isin(lists)
    expected = "total_of to name the body of a member_list"
    return problems + row_problems(table, "collection", of_none, expected, "fill it in")
