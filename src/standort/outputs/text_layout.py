"""Laying an explanation out as text: aligned columns and wrapped sentences."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from standort.outputs.wording import cut, format_known_share, format_metric, format_score, humanise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

__all__ = ["HEAD", "aligned", "format_driver", "table_cells", "wrap"]

HEAD = ("adds", "criterion", "measured", "partial value", "decided by")
#: The heading where room is short.
_SHORT_HEAD = ("adds", "criterion", "measured", "partial", "decided by")
_GAP = "  "
#: Fewest characters of a name that is cut.
_LEAST = 10


def table_cells(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    """Lay out the table of an explanation.

    Parameters
    ----------
    rows
        The rows of an explanation.

    Returns
    -------
    Cells by line: the heading, per component a subtotal and its criteria, and the sum.
    """
    lines: list[tuple[str, ...]] = [HEAD]
    for component, members in rows.groupby("component", sort=False):
        added = members["contribution"].sum(min_count=1)
        lines.append((format_score(added, digits=3), humanise(str(component)).upper(), "", "", ""))
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
    lines.append((format_score(total, digits=3), "SCORE, the sum", "", "", ""))
    return lines


def format_driver(row: pd.Series) -> str:
    """Name the feature that decided a metric, or tell how much of a raster is known.

    Parameters
    ----------
    row
        A row of an explanation.

    Returns
    -------
    Text; empty where a whole layer decided.
    """
    named: str | None = row["feature_name"] or row["feature"]
    return named or format_known_share(row.get("covered"))


def aligned(lines: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Align cells in columns, and cut what decided a criterion to the room there is.

    Parameters
    ----------
    lines
        As `table_cells` gives them.
    width
        Room there is [characters].

    Returns
    -------
    Lines, with rules below the heading and above the sum.

    Examples
    --------
    >>> for line in aligned([HEAD, ("0.5", "ports", "3 km", "1.00", "Quay"), ("0.5",) * 5], 80):
    ...     print(line)
    adds  criterion  measured  partial value  decided by
    ----------------------------------------------------
     0.5  ports      3 km               1.00  Quay
    ----------------------------------------------------
     0.5  0.5        0.5                 0.5  0.5
    """
    widths = _widths(lines)
    if sum(widths) > width:
        lines = [_SHORT_HEAD, *lines[1:]]
        widths = _widths(lines)
        limit = max(_LEAST, width - sum(widths[:-1]) - len(_GAP))
        lines = [(*line[:-1], cut(line[-1], limit)) for line in lines]
        widths = _widths(lines)
    rule = "-" * sum(widths)
    texts = [_aligned(line, widths) for line in lines]
    return [texts[0], rule, *texts[1:-1], rule, texts[-1]]


def wrap(texts: Iterable[str], width: int, *, indent: str = "") -> list[str]:
    """Break sentences between words.

    Parameters
    ----------
    texts
        Sentences.
    width
        Most characters of a line.
    indent
        What all lines of a sentence but the first begin with.

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
    """Measure the columns, each with the gap before it."""
    widest = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [widest[0], *(len(_GAP) + width for width in widest[1:])]


def _aligned(line: tuple[str, ...], widths: Sequence[int]) -> str:
    """Put the cells of a line side by side; numbers stand to the right."""
    first, criterion, measured, value, decided = line
    return (
        first.rjust(widths[0])
        + (_GAP + criterion).ljust(widths[1])
        + (_GAP + measured).ljust(widths[2])
        + value.rjust(widths[3])
        + (_GAP + decided).ljust(widths[4])
    ).rstrip()
