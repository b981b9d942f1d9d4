"""Common parts of figures with one row per site or factor, the first at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from standort.errors import LayerError, OptionError, name_ids
from standort.outputs.wording import cut
from standort.results.cell_values import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

#: Colour of lines and of text next to them.
INK = "#3a3a3a"
_GRID = "#d9d9d9"
#: Most characters of a name; width of a figure, height of a row, and height above and below the
#: rows [inches].
_LONGEST, _WIDTH, _ROW, _AROUND = 42, 8.0, 0.27, 1.3


def need_columns(table: pd.DataFrame, columns: Sequence[str], *, of: str, remedy: str) -> None:
    """Raise unless a table has the columns to plot.

    Parameters
    ----------
    table
        The table.
    columns
        Its required columns.
    of
        Name of the table.
    remedy
        What to do, for the message.

    Raises
    ------
    LayerError
        If a column is missing.
    """
    missing = [name for name in columns if name not in table]
    if missing:
        msg = f"{of}: expected columns {name_ids(missing)}, which are missing; {remedy}"
        raise LayerError(msg)


def row_names(ids: Sequence[object], names: Mapping[Any, Any] | pd.Series[Any] | None) -> list[str]:
    """Return labels of rows: the name, the id if there is none, and both for equal names.

    Parameters
    ----------
    ids
        Ids of the rows.
    names
        Names by id, or None.

    Returns
    -------
    Labels, cut to the width next to a row.

    Examples
    --------
    >>> row_names(["a", "b", "c"], {"a": "Works", "b": "Works"})
    ['Works (a)', 'Works (b)', 'c']
    """
    given = [None if names is None else as_text(names.get(id_)) for id_ in ids]
    labels = [
        str(id_) if name is None else f"{name} ({id_})" if given.count(name) > 1 else name
        for id_, name in zip(ids, given, strict=True)
    ]
    return [cut(text, _LONGEST) for text in labels]


def row_axes(names: Sequence[str], *, ax: Axes | None) -> Axes:
    """Return axes with labelled rows, the first at the top.

    Parameters
    ----------
    names
        Labels of the rows.
    ax
        Axes to use; by default those of a new figure with the height of the rows.

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
    ax.grid(axis="x", color=_GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax


def load_pyplot() -> Any:  # noqa: ANN401 - a module
    """Return the module `matplotlib.pyplot`.

    Returns
    -------
    The module.

    Raises
    ------
    OptionError
        If matplotlib is not installed; the message says how to install it.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        msg = "figures need matplotlib, which is not installed: pip install standort[plot]"
        raise OptionError(msg) from error
    return plt
