"""Plot of sensitivity indices with their bootstrap intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standort.arguments import checked, whole
from standort.errors import LayerError
from standort.outputs.figures.row_figure import INK, need_columns, row_axes, row_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SOBOL = ("S1", "S1_error", "ST", "ST_error")
_MORRIS = ("mu_star", "mu_star_error", "sigma")
#: Offset of the bar of a column in its row, and its height.
_BARS = {"ST": (-0.2, 0.38), "S1": (0.2, 0.38), "mu_star": (0.0, 0.76)}
_DARK, _LIGHT = "#225ea8", "#a1dab4"


@checked(n=whole(1))
def plot_sensitivity(
    indices: pd.DataFrame, *, target: str = "score", n: int = 15, ax: Axes | None = None
) -> Axes:
    """Plot the influence of factors on a score, with bootstrap intervals of their indices.

    The bars divide the variance and do not show its size. The intervals do not include the error
    from a small number of realisations of a layer.

    Parameters
    ----------
    indices
        `Sensitivity.indices`, or the table from `sobol_indices` or `morris_effects`.
    target
        The output analysed: named on the axis of Morris effects, which have its unit.
    n
        Most factors to plot, those with the largest total index or effect; ties by name.
    ax
        Where to draw; by default a new figure.

    Returns
    -------
    The axes. For Sobol a bar for the total index and below it one for the first-order index; for
    Morris a bar for the effect and a diamond at its standard deviation, if known. Lines are 95 %
    intervals.

    Raises
    ------
    LayerError
        If the table is not of either method, or no index is known.
    OptionError
        If matplotlib is not installed, or `n` is below 1.

    Examples
    --------
    >>> import pandas as pd
    >>> indices = pd.DataFrame(
    ...     {"S1": [0.2, 0.6], "S1_error": 0.1, "ST": [0.3, 0.7], "ST_error": 0.1},
    ...     index=["layer ports", "weights"],
    ... )
    >>> [label.get_text() for label in plot_sensitivity(indices).get_yticklabels()]
    ['weights', 'layer ports']
    """
    method = _MORRIS if "mu_star" in indices else _SOBOL
    need_columns(indices, method, of="indices", remedy="give Sensitivity.indices")
    main = method[0] if method is _MORRIS else "ST"
    known = indices.loc[indices[main].notna()]
    if known.empty:
        msg = (
            "indices: expected at least one known index, all are unknown: the output does not vary"
        )
        raise LayerError(msg)
    shown = _largest(known, main, n)
    ax = row_axes(row_names(list(shown.index), None), ax=ax)
    if method is _SOBOL:
        _draw_bars(ax, shown, "ST", "total, with interactions (ST)", _LIGHT)
        _draw_bars(ax, shown, "S1", "alone (S1)", _DARK)
        ax.set_xlabel("share of the variance; lines: 95 % intervals by bootstrap")
    else:
        _draw_bars(ax, shown, "mu_star", "mean size of the effect (mu*)", _LIGHT)
        spread = shown["sigma"].to_numpy(dtype=np.float64)
        if not np.isnan(spread).all():
            label = "its standard deviation (sigma)"
            rows = np.arange(len(shown))
            ax.scatter(spread, rows, marker="D", s=22, color=_DARK, label=label, zorder=4)
        ax.set_xlabel(f"change of the {target}; lines: 95 % intervals by bootstrap")
    _frame(ax, len(shown), len(indices))
    return ax


def _largest(known: pd.DataFrame, main: str, n: int) -> pd.DataFrame:
    keys = list(zip(-known[main].to_numpy(dtype=np.float64), known.index.astype(str), strict=True))
    return known.iloc[sorted(range(len(keys)), key=keys.__getitem__)[:n]]


def _draw_bars(ax: Axes, shown: pd.DataFrame, column: str, label: str, colour: str) -> None:
    """Plot an index as bars with a line for each interval."""
    shift, height = _BARS[column]
    rows = np.arange(len(shown)) + shift
    index = shown[column].to_numpy(dtype=np.float64)
    error = shown[f"{column}_error"].to_numpy(dtype=np.float64)
    ax.barh(rows, index, height=height, color=colour, label=label, zorder=2)
    ax.hlines(rows, index - error, index + error, color=INK, linewidth=1.1, zorder=3)


def _frame(ax: Axes, shown: int, of: int) -> None:
    ax.axvline(0.0, color=INK, linewidth=0.8, zorder=3)
    counts = f"the {shown} largest of {of} factors" if shown < of else f"{of} factors"
    ax.set_title(f"Contributions to the variance: {counts}", fontsize=10)
    ax.legend(loc="lower right", fontsize=8, framealpha=0.9)
