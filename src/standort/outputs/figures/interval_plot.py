"""Plot of the scores of the best sites with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from standort.arguments import checked, whole
from standort.errors import LayerError
from standort.outputs.figures.row_figure import INK, need_columns, row_axes, row_names
from standort.outputs.geopackage.qgis_styles import score_colour
from standort.outputs.wording import count_of
from standort.results.cell_values import as_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_ENDS = ("score_p05", "score_p95")
_RANKS = ("rank", "rank_p05", "rank_p95")


@checked(n=whole(1))
def plot_intervals(sites: pd.DataFrame, *, n: int = 20, ax: Axes | None = None) -> Axes:
    """Plot the scores of the best sites with the intervals of their draws.

    Overlapping intervals do not mean that two sites are equal: many uncertain inputs, such as
    weights, move all scores together. The intervals of the ranks account for that.

    Parameters
    ----------
    sites
        Table of sites with ``score``, ``score_p05`` and ``score_p95`` [0, 1], as ``standort score
        --draws`` writes it; optionally ``name``, ``rank``, ``rank_p05`` and ``rank_p95``.
    n
        Most sites to plot, the best by score; of equal scores the lower id, as text.
    ax
        Where to draw; by default a new figure.

    Returns
    -------
    The axes: a line from p05 to p95, a disc at the score in the colour of its class.

    Raises
    ------
    LayerError
        If there are no draws, or no site has a score.
    OptionError
        If matplotlib is not installed, or `n` is below 1.

    Examples
    --------
    >>> import pandas as pd
    >>> sites = pd.DataFrame(
    ...     {"score": [0.5, 0.7], "score_p05": [0.4, 0.6], "score_p95": [0.6, 0.9]},
    ...     index=["drax", "pernis"],
    ... )
    >>> [label.get_text() for label in plot_intervals(sites).get_yticklabels()]
    ['pernis', 'drax']
    """
    remedy = "they come from draws: standort score --draws, or monte_carlo(...).applied_to(result)"
    need_columns(sites, ("score", *_ENDS), of="sites", remedy=remedy)
    scored = sites.loc[sites["score"].notna()]
    if scored.empty:
        msg = "sites: expected at least one site with a score, none has one; see their coverage"
        raise LayerError(msg)
    best = _best(scored, n)
    named: Any = best.get("name")
    names = row_names(list(best.index), named)
    ax = row_axes(names, ax=ax)
    rows = np.arange(len(best))
    low, high = (best[end].to_numpy(dtype=np.float64) for end in _ENDS)
    ax.hlines(rows, low, high, color=INK, linewidth=1.4, zorder=2)
    scores = best["score"].to_numpy(dtype=np.float64)
    colours = [score_colour(score) for score in scores]
    ax.scatter(scores, rows, c=colours, s=34, edgecolors=INK, linewidths=0.6, zorder=3)
    _format_ranks(ax, best)
    ax.set_xlabel("score; lines: 90 % of the draws (p05 to p95)")
    shown = "" if len(best) == len(scored) else f"the best {len(best):,} of "
    ax.set_title(f"Uncertainty of scores: {shown}{count_of(len(scored), 'site')}", fontsize=10)
    return ax


def _best(scored: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the sites with the highest scores, ties by id."""
    keys = zip(-scored["score"].to_numpy(dtype=np.float64), scored.index.astype(str), strict=True)
    order = sorted(enumerate(keys), key=lambda item: item[1])
    return scored.iloc[[position for position, _ in order[:n]]]


def _format_ranks(ax: Axes, best: pd.DataFrame) -> None:
    """Add ranks and their intervals to the right of the rows."""
    if not set(_RANKS) <= set(best.columns):
        return
    beside: Any = ax.get_yaxis_transform()  # shares of the width, rows
    for row, ranks in enumerate(best[list(_RANKS)].itertuples(index=False)):
        rank, low, high = (as_text(number) or "-" for number in ranks)
        text = f"{rank}  ({low}-{high})" if low != high else rank
        ax.text(1.01, row, text, transform=beside, va="center", fontsize=7.5, color=INK)
    ax.text(1.01, -0.75, "rank (p05-p95)", transform=beside, fontsize=7.5, color=INK)
