"""Checked tables of firms, linkages, memberships and assets.

Names are compared exactly, after trimming. Names that differ only in case, accents or punctuation
cause a warning and are never merged: only the user can decide whether they are the same firm.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.errors import LayerError, gather, name_ids, warn
from standort.linkages.identity.placeholders import without_placeholders
from standort.random_numbers import name_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from standort.array_types import Ints, Keys


#: Kinds of linkage, each a layer of the network.
LAYERS = ("formal", "informal", "infrastructure")
#: Name of the only place if the table of firms has no places.
_WHOLE = "all"
_COLUMNS: dict[str, tuple[str, ...]] = {
    "firms": ("firm",),
    "linkages": ("firm_u", "firm_v", "kind"),
    "memberships": ("firm", "organisation"),
    "assets": ("asset", "firm"),
}
_PERIOD = ("year_from", "year_to")


@dataclass(frozen=True)
class SourceTables:
    """The tables, with firms as positions among all sorted names.

    Parameters
    ----------
    names
        All firms named in any table, sorted.
    keys
        Key of each name, the same on every machine.
    places
        Firms of each place, as sorted positions; places in order of appearance.
    unnamed
        Number of rows without a firm name, by place.
    edges
        Columns ``u``, ``v`` (as recorded), ``kind``, ``weight``, ``since``, ``resource`` and
        ``origin`` (number of the source, -1 if none is given).
    loops
        Firms of the rows that link a firm to itself, which are not in `edges`.
    shared
        What firms share, by layer: columns ``firm``, ``body``, ``coordinates`` (whether the body is
        of a coordinating kind), ``counts`` (and has several members), ``since``, ``resource``,
        ``rows``, ``origins`` (number of sources).
    bodies
        Names of the bodies, by layer.
    """

    names: pd.Index[str]
    keys: Keys
    places: dict[Any, Ints]
    unnamed: dict[Any, int]
    edges: pd.DataFrame
    loops: Ints
    shared: dict[str, pd.DataFrame]
    bodies: dict[str, pd.Index[str]]


def read_tables(
    firms: pd.DataFrame,
    linkages: pd.DataFrame | None,
    memberships: pd.DataFrame | None,
    assets: pd.DataFrame | None,
    *,
    year: int | None,
    coordinating: Collection[str] | None = None,
) -> SourceTables:
    """Check the tables, keep the rows of a year, and number firms and bodies by name.

    Raises
    ------
    LayerError
        If tables violate their contract; lists all problems of all tables.
    """
    by_name = {"firms per place": firms, "linkages": linkages, "memberships": memberships}
    cleaned = without_placeholders({**by_name, "assets": assets})
    given = {name.removesuffix(" per place"): table for name, table in cleaned.items()}
    problems = [text for name, table in given.items() for text in _problems(table, name)]
    if problems:
        raise LayerError(gather(problems, of="the linkage data"))
    own, edges, members, users = (_prepare(table, name, year) for name, table in given.items())
    columns = (
        own["firm"].dropna(),
        edges["firm_u"],
        edges["firm_v"],
        members["firm"],
        users["firm"],
    )
    names = _sorted_names(*columns)
    _warn_of_near_misses("firms", names)
    places, unnamed = _read_places(own, names)
    shared, named = {}, {}
    for layer, table, of in (
        ("informal", members, "organisation"),
        ("infrastructure", users, "asset"),
    ):
        bodies = _sorted_names(table[of])
        _warn_of_near_misses(f"{of}s", bodies)
        shared[layer] = _read_shared(table, names, bodies, of=of, coordinating=coordinating)
        named[layer] = bodies
    numbered = pd.DataFrame(
        {
            "u": names.get_indexer(pd.Index(edges["firm_u"])),
            "v": names.get_indexer(pd.Index(edges["firm_v"])),
            "kind": edges["kind"],
            "weight": as_numbers(edges, "weight"),
            "since": as_numbers(edges, "year_from"),
            "resource": as_texts(edges, "subtype"),
            "origin": pd.factorize(as_texts(edges, "source"))[0],
        }
    )
    loop = (numbered["u"] == numbered["v"]).to_numpy()
    loops = numbered.loc[loop, "u"].to_numpy()
    return SourceTables(
        names, name_keys(names), places, unnamed, numbered[~loop], loops, shared, named
    )


def read_table(table: pd.DataFrame, name: str, *, year: int | None) -> pd.DataFrame:
    """Check a table of memberships or assets, trim its names and keep the rows of a year."""
    problems = _problems(table, name)
    if problems:
        raise LayerError(gather(problems, of="the linkage data"))
    return _prepare(without_placeholders({name: table})[name], name, year)


def _read_places(own: pd.DataFrame, names: pd.Index[str]) -> tuple[dict[Any, Ints], dict[Any, int]]:
    """Return the firms of each place and its number of rows without a firm name."""
    place = own["place"] if "place" in own.columns else pd.Series(_WHOLE, index=own.index)
    known = own["firm"].notna()
    places: dict[Any, Ints] = {}
    for label in place.dropna().unique():
        inside = own.loc[(place == label) & known, "firm"]
        places[label] = np.unique(names.get_indexer(pd.Index(inside)))
    return places, {label: int(((place == label) & ~known).sum()) for label in places}


def _read_shared(
    table: pd.DataFrame,
    names: pd.Index[str],
    bodies: pd.Index[str],
    *,
    of: str,
    coordinating: Collection[str] | None,
) -> pd.DataFrame:
    """Replace names by positions; merge rows of one firm and body, keeping the earliest year."""
    kind = as_texts(table, "kind")
    numbered = pd.DataFrame(
        {
            "firm": names.get_indexer(pd.Index(table["firm"])),
            "body": bodies.get_indexer(pd.Index(table[of])),
            "coordinates": True if coordinating is None else kind.isin(list(coordinating)),
            "since": as_numbers(table, "year_from"),
            "resource": kind.where(kind.notna(), table[of]) if of == "asset" else None,
            "origins": pd.factorize(as_texts(table, "source"))[0],
        }
    )
    groups = numbered.sort_values(["body", "firm", "resource"]).groupby(["body", "firm"])
    once = groups.agg(
        {"coordinates": "any", "since": "min", "resource": "first", "origins": "nunique"}
    )
    once["rows"] = groups.size()
    once = once.reset_index()
    # a body with a single member coordinates nothing
    several = once.groupby("body")["firm"].transform("size") > 1
    once = once.astype({"coordinates": bool})
    return once.assign(counts=once["coordinates"] & several)


def _prepare(table: pd.DataFrame | None, name: str, year: int | None) -> pd.DataFrame:
    """Trim names and keep the rows whose period covers the year; an open end is unlimited."""
    if table is None or table.empty:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in _COLUMNS[name]})
    trimmed = table.assign(**{column: as_texts(table, column) for column in _COLUMNS[name]})
    return trimmed[in_year(trimmed, year)]


def in_year(table: pd.DataFrame, year: int | None) -> pd.Series[bool]:
    """Flag the rows whose period covers a year; an open end is unlimited, None covers all."""
    if year is None:
        return pd.Series(data=True, index=table.index)
    start, end = (as_numbers(table, column) for column in _PERIOD)
    return ~((start > year) | (end < year))


def _problems(table: pd.DataFrame | None, name: str) -> list[str]:
    """List all problems of one table."""
    if table is None or (table.empty and name != "firms"):
        return []
    lacking = [column for column in _COLUMNS[name] if column not in table.columns]
    if lacking:
        have = ", ".join(map(str, table.columns)) or "none"
        expected = f"table {name!r}: expected columns {', '.join(_COLUMNS[name])}"
        return [f"{expected}, got {have}; add {', '.join(lacking)}"]
    problems = []
    if name != "firms":  # a site may have an unknown firm
        for column in _COLUMNS[name]:
            empty = as_texts(table, column).isna()
            problems += row_problems(
                table, name, empty, f"{column} not to be empty", "fill in or drop them"
            )
    if name == "linkages":
        kind = as_texts(table, "kind")
        other = kind.notna() & ~kind.isin(LAYERS)
        expected = f"kind to be one of {', '.join(LAYERS)} (not proximity or similarity)"
        problems += row_problems(table, name, other, expected, "correct or drop them")
        problems += _number_problems(table, name, "weight")
    for column in _PERIOD:
        problems += _number_problems(table, name, column)
    if not problems:
        crossed = as_numbers(table, "year_from") > as_numbers(table, "year_to")
        problems += row_problems(
            table, name, crossed, "year_from not after year_to", "correct the years"
        )
    return problems


def _number_problems(table: pd.DataFrame, name: str, column: str) -> list[str]:
    """List the rows of a numeric column with other values than numbers >= 0."""
    if column not in table.columns:
        return []
    number = as_numbers(table, column)
    wrong = (table[column].notna() & number.isna()) | np.isinf(number) | (number < 0.0)
    return row_problems(
        table, name, wrong, f"{column} to be a number >= 0 or empty", "correct them"
    )


def row_problems(
    table: pd.DataFrame, name: str, wrong: pd.Series[bool], expected: str, remedy: str
) -> list[str]:
    """Describe a problem of some rows; empty if there are none."""
    if not wrong.any():
        return []
    rows = name_ids(list(table.index[wrong.to_numpy()]))
    return [f"table {name!r}: expected {expected}; not so in {wrong.sum()} rows: {rows}; {remedy}"]


def as_texts(table: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Return a column as trimmed text, with None for missing or blank cells."""
    if column not in table.columns:
        return pd.Series(None, index=table.index, dtype=object)
    trimmed = [None if pd.isna(cell) else str(cell).strip() or None for cell in table[column]]
    return pd.Series(trimmed, index=table.index, dtype=object)


def as_numbers(table: pd.DataFrame, column: str) -> pd.Series[float]:
    """Return a column as numbers, with NaN for missing cells."""
    if column not in table.columns:
        return pd.Series(np.nan, index=table.index, dtype=float)
    return pd.to_numeric(table[column], errors="coerce").astype(float)


def _sorted_names(*columns: pd.Series[Any]) -> pd.Index[str]:
    """Return the distinct names in some columns, sorted."""
    names: set[str] = set().union(*columns)
    return pd.Index(sorted(names), dtype=object)


def _warn_of_near_misses(what: str, names: Sequence[str] | pd.Index[str]) -> None:
    """Warn of spellings that look like one name."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(_bare(name), []).append(name)
    alike = [" / ".join(group) for bare, group in spellings.items() if bare and len(group) > 1]
    if alike:
        warn(
            f"{len(alike)} names of {what} occur in spellings that differ only in case, accents or "
            f"punctuation: {name_ids(alike)}; they were not merged: use one spelling for each"
        )


def _bare(name: str) -> str:
    """Reduce a name to its letters and digits, in lower case and without accents."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
