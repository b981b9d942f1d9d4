"""Figures with a row for each thing, the first at the top: what they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standort.errors import LayerError, OptionError, name_ids
from standort.outputs.wording import cut
from standort.results.cell_values import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["INK", "check_rows", "lay_rows", "load_pyplot", "need_columns", "row_names"]

#: Colour of lines and of what is written beside them.
INK = "#3a3a3a"
_QUIET = "#d9d9d9"
#: Most characters of a name, width of a figure, height of a row and of what is above and below
#: all rows [inches].
_LONGEST, _WIDTH, _ROW, _AROUND = 42, 8.0, 0.27, 1.3


def check_rows(n: int) -> None:
    """Refuse a number of rows below 1.

    Parameters
    ----------
    n
        Most rows to draw.

    Raises
    ------
    OptionError
        If it is no number of rows.
    """
    if n < 1:
        msg = f"expected at least 1 row to draw, got {n!r}; 20 is usual"
        raise OptionError(msg)


def need_columns(table: pd.DataFrame, columns: Sequence[str], *, of: str, remedy: str) -> None:
    """Refuse a table that lacks what is to be drawn.

    Parameters
    ----------
    table
        The table.
    columns
        What it has to have.
    of
        What the table is called.
    remedy
        What to do about it.

    Raises
    ------
    LayerError
        If a column is missing.
    """
    lacking = [name for name in columns if name not in table]
    if lacking:
        msg = f"{of}: expected columns {name_ids(lacking)}, not there; {remedy}"
        raise LayerError(msg)


def row_names(ids: Sequence[object], names: Mapping[Any, Any] | None) -> list[str]:
    """Name rows: by name where there is one, otherwise by id; those of one name by both.

    Parameters
    ----------
    ids
        Ids of the rows.
    names
        Names by id, or None.

    Returns
    -------
    Texts short enough to stand beside a row.

    Examples
    --------
    >>> row_names(["a", "b", "c"], {"a": "Works", "b": "Works"})
    ['Works (a)', 'Works (b)', 'c']
    """
    given = [None if names is None else as_text(names.get(id_)) for id_ in ids]
    told = [
        str(id_) if name is None else f"{name} ({id_})" if given.count(name) > 1 else name
        for id_, name in zip(ids, given, strict=True)
    ]
    return [cut(text, _LONGEST) for text in told]


def lay_rows(names: Sequence[str], *, ax: Axes | None) -> Axes:
    """Make axes with a named row for each thing, the first at the top.

    Parameters
    ----------
    names
        Of the rows.
    ax
        Axes to lay them on; by default those of a new figure as high as the rows need.

    Returns
    -------
    The axes; row i is at height i.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    if ax is None:
        size = (_WIDTH, _AROUND + _ROW * len(names))
        _, ax = load_pyplot().subplots(figsize=size, layout="constrained")
    labels = ax.set_yticks(range(len(names)), names, fontsize=8)
    for label in labels:
        label.label1.set_parse_math(False)  # a name may hold a dollar sign
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color=_QUIET, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax


def load_pyplot() -> Any:  # noqa: ANN401 - a module
    """Give matplotlib's pyplot.

    Returns
    -------
    The module.

    Raises
    ------
    OptionError
        If matplotlib is not installed; the message tells how to install it.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        msg = "figures need matplotlib, which is not installed: pip install standort[plot]"
        raise OptionError(msg) from error
    return plt
