"""Text layout: aligned columns and wrapped sentences."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from standort.outputs.wording import cut, format_known_share, format_metric, format_score, humanise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import pandas as pd

#: Headings of the table of an explanation, and those for a narrow terminal.
HEAD = ("contribution", "criterion", "value", "partial value", "driver")
_SHORT_HEAD = ("contr.", "criterion", "value", "partial", "driver")
_GAP = "  "
#: Fewest characters of a name that is cut.
_LEAST = 10
#: Most characters of a cell of aligned columns.
_NAME = 40


def table_cells(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the cells of the table of an explanation.

    Parameters
    ----------
    rows
        The rows of an explanation.

    Returns
    -------
    Cells by line: the headings, the subtotal and criteria of each component, and the sum.
    """
    lines: list[tuple[str, ...]] = [HEAD]
    for component, members in rows.groupby("component", sort=False):
        subtotal = members["contribution"].sum(min_count=1)
        lines.append(
            (format_score(subtotal, digits=3), humanise(str(component)).upper(), "", "", "")
        )
        for _, row in members.iterrows():
            lines.append(
                (
                    format_score(row["contribution"], digits=3),
                    f"  {humanise(row['criterion'])}",
                    format_metric(str(row["metric"]), row["value"], row["unit"]),
                    format_score(row["partial_value"]),
                    format_driver(row),
                )
            )
    total = rows["contribution"].sum(min_count=1)
    lines.append((format_score(total, digits=3), "SCORE (sum)", "", "", ""))
    return lines


def format_driver(row: pd.Series) -> str:
    """Format the feature that decides a metric, or the known share of its raster.

    Parameters
    ----------
    row
        A row of an explanation.

    Returns
    -------
    Text; empty if all features in reach decide together.
    """
    named: str | None = row["feature_name"] or row["feature"]
    return named or format_known_share(row.get("covered"))


def align_table(lines: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Align the table of an explanation, and cut names of drivers to the width.

    Parameters
    ----------
    lines
        As `table_cells` gives them.
    width
        Width of a line [characters].

    Returns
    -------
    Lines, with rules below the headings and above the sum.

    Examples
    --------
    >>> lines = [HEAD, ("0.5", "ports", "3 km", "1.00", "Quay"), ("0.5", "SCORE", "", "", "")]
    >>> for line in align_table(lines, 80):
    ...     print(line)
    contribution  criterion  value  partial value  driver
    -----------------------------------------------------
             0.5  ports      3 km            1.00  Quay
    -----------------------------------------------------
             0.5  SCORE
    """
    widths = _widths(lines)
    if sum(widths) > width:
        lines = [_SHORT_HEAD, *lines[1:]]
        widths = _widths(lines)
        limit = max(_LEAST, width - sum(widths[:-1]) - len(_GAP))
        lines = [(*line[:-1], cut(line[-1], limit)) for line in lines]
        widths = _widths(lines)
    rule = "-" * sum(widths)
    texts = [_align_line(line, widths) for line in lines]
    return [texts[0], rule, *texts[1:-1], rule, texts[-1]]


def align_columns(
    head: Sequence[str],
    lines: Sequence[Sequence[str]],
    *,
    numbers: Collection[str],
    widest: int = _NAME,
) -> list[str]:
    """Align cells in columns, and cut long ones.

    Parameters
    ----------
    head
        Headings.
    lines
        Cells by line.
    numbers
        Headings of columns to align to the right.
    widest
        Most characters of a cell.

    Returns
    -------
    Lines, the headings first; none without cells.

    Examples
    --------
    >>> lines = [["+0.1", "Pernis"], ["-0.02", "Moerdijk"]]
    >>> for line in align_columns(["change", "site"], lines, numbers={"change"}):
    ...     print(line)
    change  site
      +0.1  Pernis
     -0.02  Moerdijk
    """
    if not lines:
        return []
    cells = [list(head), *([cut(cell, widest) for cell in line] for line in lines)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        _GAP.join(
            cell.rjust(width) if name in numbers else cell.ljust(width)
            for cell, width, name in zip(line, widths, head, strict=True)
        ).rstrip()
        for line in cells
    ]


def wrap(texts: Iterable[str], width: int, *, indent: str = "") -> list[str]:
    """Wrap sentences between words.

    Parameters
    ----------
    texts
        Sentences.
    width
        Most characters of a line.
    indent
        Start of all lines of a sentence except the first.

    Returns
    -------
    Lines.

    Examples
    --------
    >>> wrap(["A long name of a works scores 0.50."], 20, indent="  ")
    ['A long name of a', '  works scores 0.50.']
    """
    return [
        line
        for text in texts
        for line in textwrap.wrap(
            text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    ]


def _widths(lines: Sequence[tuple[str, ...]]) -> list[int]:
    """Return the widths of the columns, each with the gap before it."""
    widest = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [widest[0], *(len(_GAP) + width for width in widest[1:])]


def _align_line(line: tuple[str, ...], widths: Sequence[int]) -> str:
    """Join the cells of a line; numbers are aligned to the right."""
    first, criterion, value, partial_value, driver = line
    return (
        first.rjust(widths[0])
        + (_GAP + criterion).ljust(widths[1])
        + (_GAP + value).ljust(widths[2])
        + partial_value.rjust(widths[3])
        + (_GAP + driver).ljust(widths[4])
    ).rstrip()
