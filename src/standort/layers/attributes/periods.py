"""Periods of rows: which rows a year keeps, and years that are implausible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from standort.errors import name_ids
from standort.layers.attributes.column_types import Frame, as_numbers
from standort.layers.provenance import Notice

if TYPE_CHECKING:
    from pandas import DataFrame

    from standort.roles import Role

_EARLIEST, _LATEST = 1000, 2999


def select_year(table: Frame, year: int | None) -> Frame:
    """Keep the rows whose period covers a year.

    Parameters
    ----------
    table
        Layer or table; the columns ``year_from`` and ``year_to`` are its periods, both ends
        included. An empty or missing bound is unlimited.
    year
        Year of the study; None keeps every row.

    Returns
    -------
    The rows kept, in their order.

    Examples
    --------
    >>> from pandas import DataFrame
    >>> lines = DataFrame({"year_from": [1990.0, 2030.0, None], "year_to": [2020, None, None]})
    >>> select_year(lines, 2025).index.tolist()
    [2]
    """
    if year is None:
        return table
    covered = pd.Series(data=True, index=table.index)
    if "year_from" in table:
        covered &= ~(as_numbers(table["year_from"]) > year)
    if "year_to" in table:
        covered &= ~(as_numbers(table["year_to"]) < year)
    return table[covered.to_numpy(dtype=bool)]


def find_implausible_years(table: DataFrame, role: Role) -> list[Notice]:
    """Return notices of possible but implausible years, such as 0 or 9999.

    Parameters
    ----------
    table
        Layer or table without problems.
    role
        Role of the layer.

    Returns
    -------
    One notice per column with such years. The years are kept: as bounds of a period they are
    harmless, unless they end it before it begins (see `find_deciding_years`).
    """
    notices = []
    for column in role.columns:
        if column.kind == "year" and column.name in table:
            years = as_numbers(table[column.name])
            implausible = years[(years < _EARLIEST) | (years > _LATEST)]
            if len(implausible):
                rows = f"{len(implausible)} rows"
                text = (
                    f"column {column.name!r} has implausible years in {rows}: {_few(implausible)}"
                )
                notices.append(Notice(f"implausible years in {column.name}", text))
    return notices


def find_deciding_years(table: DataFrame, year: int | None) -> list[Notice]:
    """Return notices of implausible years that omit rows.

    Parameters
    ----------
    table
        Layer or table without problems, before rows are selected.
    year
        Year of the study.

    Returns
    -------
    One notice for ``year_to`` before the year 1000, and one for ``year_from`` after 2999.

    Examples
    --------
    >>> from pandas import DataFrame
    >>> [text for _, text in find_deciding_years(DataFrame({"year_to": [0, 2030]}), 2025)]
    ["1 row omitted for 2025 because of an implausible 'year_to' (0): leave unknown years empty"]
    """
    if year is None:
        return []
    notices = []
    for name in ("year_to", "year_from"):
        years = as_numbers(table[name]) if name in table else pd.Series(dtype=float)
        deciding = years[years < _EARLIEST] if name == "year_to" else years[years > _LATEST]
        if len(deciding):
            rows = "1 row" if len(deciding) == 1 else f"{len(deciding)} rows"
            text = (
                f"{rows} omitted for {year} because of an implausible {name!r} ({_few(deciding)}): "
                "leave unknown years empty"
            )
            notices.append(Notice(f"implausible {name} omits rows", text))
    return notices


def _few(years: pd.Series) -> str:
    return name_ids([int(year) for year in sorted(set(years))], limit=3)
