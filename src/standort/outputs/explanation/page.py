"""An explanation as an HTML page: bars of contributions, table and notes.

The page needs no other file: it loads no script, font or image. All names come from layers of
unknown origin, so each one is escaped.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from standort.outputs.explanation.sentences import explanation_notes
from standort.outputs.text_layout import HEAD, table_cells
from standort.outputs.wording import format_score, humanise
from standort.results.cell_values import as_float
from standort.storage.own_files import MARK

if TYPE_CHECKING:
    import pandas as pd

    from standort.outputs.explanation.explanation import Explanation

#: Sizes of the drawing [px].
_LABEL, _BAR, _NUMBER, _ROW, _THICK, _PAD = 210, 380, 60, 24, 16, 8
_WIDTH = _LABEL + _BAR + _NUMBER
#: Colours of components in turn (Okabe and Ito), distinct with colour blindness and in grey.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 56rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.3rem; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .15rem .6rem .15rem 0; border-bottom: 1px solid #ddd; }
td:first-child, th:first-child { text-align: right; font-variant-numeric: tabular-nums; }
svg { max-width: 100%; height: auto; margin: 1rem 0; } li { margin: .2rem 0; }
"""


def page_of(explanation: Explanation) -> str:
    """Return an explanation as an HTML page.

    Parameters
    ----------
    explanation
        The explanation.

    Returns
    -------
    The page.
    """
    title = f"{explanation.name}: {format_score(explanation.score)}"
    setting = f"<p>{escape(explanation.setting)}</p>" if explanation.setting else ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in explanation_notes(explanation))
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta name="generator" content="{MARK}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(explanation.name)}</h1>",
            f"<p>{escape(explanation.sentence)}</p>{setting}",
            _bars(explanation.rows),
            html_table(explanation.rows),
            f"<ul>{notes}</ul>" if notes else "",
            "</body></html>",
            "",
        ]
    )


def _bars(rows: pd.DataFrame) -> str:
    """Draw a bar for each contribution, in the colour of its component."""
    known = rows.loc[rows["contribution"].notna()]
    if known.empty:
        return ""
    components = list(dict.fromkeys(rows["component"]))
    longest = max(known["contribution"].abs().max(), 1e-9)
    height = _ROW * len(known)
    parts = []
    for position, (_, row) in enumerate(known.iterrows()):
        contribution = as_float(row["contribution"])
        width = abs(contribution) / longest * _BAR
        colour = _COLOURS[components.index(row["component"]) % len(_COLOURS)]
        middle = position * _ROW + _ROW / 2
        parts.append(_text(_LABEL - _PAD, middle, humanise(str(row["criterion"])), anchor="end"))
        parts.append(_bar(middle, width, colour, humanise(str(row["component"]))))
        parts.append(_text(_LABEL + width + _PAD, middle, format_score(contribution, digits=3)))
    size = f'width="{_WIDTH}" height="{height}"'
    head = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" {size}>'
    title = "<title>Contribution of each criterion to the score</title>"
    return "\n".join([head, title, *parts, "</svg>"])


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    position = f'x="{x:.2f}" y="{y:g}" text-anchor="{anchor}" dominant-baseline="central"'
    return f'<text {position} font-size="13">{escape(text)}</text>'


def _bar(middle: float, width: float, colour: str, title: str) -> str:
    position = f'x="{_LABEL}" y="{middle - _THICK / 2:g}" width="{width:.2f}" height="{_THICK}"'
    return f'<rect {position} fill="{colour}"><title>{escape(title)}</title></rect>'


def html_table(rows: pd.DataFrame) -> str:
    """Return the table of an explanation as HTML."""
    lines = table_cells(rows)[1:]
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>" for cells in lines
    )
    head = "".join(f"<th>{escape(cell)}</th>" for cell in HEAD)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
