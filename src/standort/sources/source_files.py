"""Tables in files of sources: workbooks and delimited text, with every cell as text."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zipfile import BadZipFile

import pandas as pd

from standort.errors import FileError, LayerError, OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    #: our name of a column -> the headings it had in editions of the source
    Headings = Mapping[str, Sequence[str]]

_Read = TypeVar("_Read")
_WORKBOOKS = (".xlsx", ".xlsm")
#: How far down a sheet the header may stand below titles.
_TITLE_ROWS = 30


def read_source(
    path: str | Path,
    required: Headings,
    optional: Headings | None = None,
    *,
    source: str,
    separator: str = ",",
) -> pd.DataFrame:
    """Read the table of a file that has some headings.

    Parameters
    ----------
    path
        A workbook (``.xlsx``), whose sheets are searched, or a CSV file, compressed or not.
    required, optional
        Headings by the name that the column gets; the first heading found counts.
    source
        What is expected in the file, for messages.
    separator
        What divides the columns of a CSV file.

    Returns
    -------
    The columns named, as text, with None for empty cells. Optional columns that the file lacks are
    empty.

    Raises
    ------
    FileError
        If the file is missing or cannot be read.
    LayerError
        If no table has the required headings.
    """
    path = Path(path)
    grids = _read_grids(path, source, separator)
    found = [header for grid in grids for header in _headers(grid, required)]
    if not found:
        raise LayerError(_layout_message(path, grids, required, source))
    grid, at = found[0]
    return _columns(grid, at, {**required, **(optional or {})})


def numbers(column: pd.Series[Any]) -> pd.Series[float]:
    """Return a column of text as numbers, with or without a percent sign; NaN where it has none."""
    text = column.astype("string").str.replace("%", "", regex=False).str.strip()
    return pd.to_numeric(text, errors="coerce").astype(float)


def years(column: pd.Series[Any]) -> pd.Series[float]:
    """Return the year that each text begins with, such as 2019, 2019.0 or 2019-05-01."""
    text = column.astype("string").str.extract(r"^\s*(\d{4})(?!\d)", expand=False)
    return pd.to_numeric(text).astype(float)


def check_known(given: Iterable[str], known: Iterable[str], what: str, source: str) -> None:
    """Raise unless every name given in an option occurs in the source."""
    there = set(known)
    unknown = sorted(set(given) - there)
    if unknown:
        msg = (
            f"{source} has no {what} {', '.join(map(repr, unknown))}; "
            f"it has {', '.join(sorted(there)) or 'none'}"
        )
        raise OptionError(msg)


def _read_grids(path: Path, source: str, separator: str) -> list[list[list[str]]]:
    """Return every sheet of a workbook, or the one table of a CSV file, as rows of text."""
    if not path.is_file():
        msg = f"expected {source} in a file, found none at '{path}': check the path"
        raise FileError(msg)
    if path.suffix.casefold() not in _WORKBOOKS:
        return [_read(path, source, lambda: _read_csv(path, separator))]
    if find_spec("openpyxl") is None:
        msg = "workbooks need the package openpyxl: pip install 'standort[sources]'"
        raise OptionError(msg)
    options: dict[str, Any] = {"header": None, "dtype": str, "keep_default_na": False}
    sheets = _read(
        path, source, lambda: pd.read_excel(path, sheet_name=None, engine="openpyxl", **options)
    )
    return [sheet.fillna("").astype(str).to_numpy().tolist() for sheet in sheets.values()]


def _read_csv(path: Path, separator: str) -> list[list[str]]:
    table = pd.read_csv(
        path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False
    )
    return [list(table.columns), *table.to_numpy().tolist()]


def _read(path: Path, source: str, read: Callable[[], _Read]) -> _Read:
    try:
        return read()
    except (ValueError, KeyError, BadZipFile, OSError) as error:
        msg = f"expected {source}, but '{path}' cannot be read ({error}): download it again"
        raise FileError(msg) from error


def _headers(grid: list[list[str]], required: Headings) -> Iterable[tuple[list[list[str]], int]]:
    """Find the first row with all required headings."""
    for at, row in enumerate(grid[:_TITLE_ROWS]):
        headings = {cell.strip() for cell in row}
        if all(headings & set(names) for names in required.values()):
            return [(grid, at)]
    return []


def _columns(grid: list[list[str]], at: int, headings: Headings) -> pd.DataFrame:
    """Take the columns named from the rows below the header."""
    position = {cell.strip(): column for column, cell in reversed(list(enumerate(grid[at])))}
    rows = [row for row in grid[at + 1 :] if any(cell.strip() for cell in row)]
    columns = {}
    for name, names in headings.items():
        column = next((position[heading] for heading in names if heading in position), None)
        cells = [None if column is None else row[column].strip() or None for row in rows]
        columns[name] = pd.Series(cells, dtype=object)
    return pd.DataFrame(columns)


def _layout_message(
    path: Path, grids: list[list[list[str]]], required: Headings, source: str
) -> str:
    """Compare the headings expected with the row that has most of them."""
    first = [names[0] for names in required.values()]
    known = {heading for names in required.values() for heading in names}
    rows = [row for grid in grids for row in grid[:_TITLE_ROWS]]
    closest = max(rows, key=lambda row: len(known & {cell.strip() for cell in row}), default=[])
    have = {cell.strip() for cell in closest} - {""}
    lacking = [names[0] for names in required.values() if not have & set(names)]
    return (
        f"'{path.name}': expected {source} with the columns {', '.join(first)}; got "
        f"{', '.join(sorted(have)) or 'none'}; without {', '.join(lacking)} it has another layout "
        "(an older or newer edition, or another file): take the edition that docs/sources.md names"
    )
