"""Plot of the rank acceptability of SMAA as stacked bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from standort.arguments import checked, whole
from standort.errors import LayerError, name_ids
from standort.outputs.figures.row_figure import row_axes, row_names
from standort.outputs.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

#: Last rank of each class of ranks in the plot.
_CLASSES = (1, 2, 3, 5, 10, 20, 50, 100, 200, 300)
#: Most classes, before all other ranks.
_MOST_CLASSES = 6
_OTHER_RANKS = "#e6e6e6"


@checked(n=whole(1))
def plot_acceptability(
    shares: pd.DataFrame,
    *,
    of: Literal["ranks", "top"] = "ranks",
    names: Mapping[Any, Any] | pd.Series[Any] | None = None,
    n: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """Plot the shares of sets of weights for which each site has which ranks.

    The shares are not probabilities: most of the sets of weights are not held by any person. A site
    that is often first may be last as often, as the grey end of its bar shows.

    Parameters
    ----------
    shares
        `Smaa.acceptability` (a column for each rank) or `Smaa.top` (a column for each q: the share
        in which a site is among the best q), index of the sites, in [0, 1].
    of
        Which of the two it is.
    names
        Names of the sites by id; by default the labels are ids.
    n
        Most sites to plot: those with the largest shares of low ranks in the table. For a complete
        table of ranks this is the mean rank. Ties go to the lower id, as text.
    ax
        Where to draw; by default a new figure.

    Returns
    -------
    The axes: a bar per site, from its best to its worst ranks.

    Raises
    ------
    LayerError
        If the table is empty, or a share is out of [0, 1].
    OptionError
        If matplotlib is not installed, `n` is below 1, or `of` is neither of the two.

    Examples
    --------
    >>> import pandas as pd
    >>> shares = pd.DataFrame({1: [0.2, 0.8], 2: [0.8, 0.2]}, index=["drax", "pernis"])
    >>> [label.get_text() for label in plot_acceptability(shares).get_yticklabels()]
    ['pernis', 'drax']
    """
    _check(shares)
    within = shares.to_numpy(dtype=np.float64)
    if of == "ranks":
        within = np.cumsum(within, axis=1)
    ends = [int(column) for column in shares.columns]
    order = _order(within, ends, shares.index)[:n]
    ax = row_axes(row_names([shares.index[row] for row in order], names), ax=ax)
    kept = [i for i, end in enumerate(ends) if of == "top" or end in _CLASSES][:_MOST_CLASSES]
    _stack(ax, within[np.ix_(order, kept)], [ends[i] for i in kept], last=len(shares))
    ax.set_xlim(0.0, 1.0)
    ax.set_xlabel("share of all sets of weights")
    counts = count_of(len(shares), "site")
    if len(order) < len(shares):
        counts = f"{len(order):,} of {counts}" + (
            ", lowest mean rank first" if of == "ranks" else ""
        )
    ax.set_title(f"Ranks under other weights: {counts}", fontsize=10)
    return ax


def _check(shares: pd.DataFrame) -> None:
    if not all(str(column).isdecimal() for column in shares.columns):
        msg = f"expected ranks as columns, got {name_ids(list(shares.columns))}; pass Smaa's table"
        raise LayerError(msg)
    cells = shares.to_numpy(dtype=np.float64)
    slack = 1e-9  # sums of shares
    if not cells.size or not ((cells >= -slack) & (cells <= 1.0 + slack)).all():
        msg = (
            f"expected shares in [0, 1] of at least one site, got {cells.shape[0]} rows of "
            f"{cells.shape[1]} columns; give Smaa.acceptability or Smaa.top"
        )
        raise LayerError(msg)


def _order(within: np.ndarray, ends: list[int], index: pd.Index[Any]) -> list[int]:
    """Sort sites by mean rank; ranks beyond the table count as one rank."""
    widths = np.diff([*ends, ends[-1] + 1]).astype(np.float64)
    area = (within * widths).sum(axis=1).round(12)
    keys = list(zip(-area, index.astype(str), strict=True))
    return sorted(range(len(keys)), key=keys.__getitem__)


def _stack(ax: Axes, within: np.ndarray, ends: list[int], *, last: int) -> None:
    """Plot the classes of ranks as stacked bars, dark for the best, with a legend."""
    from matplotlib import colormaps

    rows = np.arange(len(within))
    colours = [*colormaps["YlGnBu"](np.linspace(0.95, 0.3, len(ends))), _OTHER_RANKS]
    start = np.zeros(len(within))
    before = 0
    for end, reached, colour in zip(
        [*ends, last], [*within.T, np.ones(len(within))], colours, strict=True
    ):
        if end > before:
            label = str(end) if end == before + 1 else f"{before + 1} to {end}"
            ax.barh(rows, reached - start, left=start, height=0.78, color=colour, label=label)
        start, before = reached, max(before, end)
    ax.legend(title="rank", loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8, frameon=False)
