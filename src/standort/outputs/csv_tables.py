"""CSV tables that spreadsheets do not take for formulas, and that come back as they were.

A text that a spreadsheet would compute, such as ``=1+1`` or ``-a``, is written with an apostrophe
before it (OWASP, CSV injection). Reading takes one apostrophe away where one was added. Numbers,
also negative ones, stay as they are.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Literal

import pandas as pd

from standort.storage.replacement import check_destination, replacing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: A text that a spreadsheet computes, with any apostrophes before it.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def write_csv(table: pd.DataFrame, path: str | Path, *, index: bool = False) -> Path:
    """Write a table as CSV, whole or not at all.

    Parameters
    ----------
    table
        The table.
    path
        Output file; an earlier table of standort is replaced.
    index
        Whether to write the index as the first column.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"from_id": ["-a", "-1"], "to_id": "b", "distance_km": -1.5})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_csv(table, f"{folder}/pairs.csv")
    ...     print(path.read_text())
    ...     read_csv(path, texts=["from_id"])["from_id"].tolist()
    from_id,to_id,distance_km
    '-a,b,-1.5
    -1,b,-1.5
    <BLANKLINE>
    ['-a', '-1']
    """
    path = check_destination(path, endings=(".csv",))
    flat = pd.DataFrame(table.reset_index() if index else table)
    flat = flat.set_axis([_protected(name) for name in flat.columns], axis="columns")
    for i, kind in enumerate(flat.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            flat.isetitem(i, [_protected(cell) for cell in flat.iloc[:, i]])
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if _has_return(flat) else csv.QUOTE_MINIMAL
    with replacing(path) as scratch:
        flat.to_csv(scratch, index=False, lineterminator="\n", encoding="utf-8", quoting=quoting)
    return path


def _has_return(table: pd.DataFrame) -> bool:
    """Return whether a text has a carriage return, which minimal quoting would leave bare."""
    texts = table.select_dtypes(exclude="number")
    cells = [cell for i in range(texts.shape[1]) for cell in texts.iloc[:, i]]
    return any(isinstance(cell, str) and "\r" in cell for cell in [*table.columns, *cells])


def _protected(cell: object) -> object:
    computed = isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell)
    return f"'{cell}" if computed else cell


def read_csv(path: str | Path, *, texts: Iterable[str]) -> pd.DataFrame:
    """Read a CSV table, with some columns as text.

    Parameters
    ----------
    path
        The file.
    texts
        Columns of texts: ``NA`` is a text, an empty cell is unknown, and an apostrophe that
        `write_csv` added is taken away.

    Returns
    -------
    The table.

    Raises
    ------
    OSError, ValueError
        If it cannot be read.
    """
    texts = list(texts)
    table = pd.read_csv(
        path,
        dtype=dict.fromkeys(texts, str),
        keep_default_na=False,
        na_values=[""],
    )
    for name in {*texts} & {*table.columns}:
        table[name] = table[name].map(_unprotected, na_action="ignore")
    return table


def _unprotected(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
