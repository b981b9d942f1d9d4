"""Plot of the k-distance curve and of the stability over eps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from standort.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from standort.clusters.settings.eps_choice import EpsSuggestion

#: From dark to light for few to many samples, readable in grey.
_COLOURS = "viridis"


def plot_choice(
    suggestion: EpsSuggestion, stability: pd.DataFrame, *, chosen_eps_km: float | None = None
) -> Figure:
    """Plot the k-distance curve, the stability of clusters and the share of sites in them, by eps.

    Parameters
    ----------
    suggestion
        As `suggest_eps` returns it.
    stability
        As `stability` returns it.
    chosen_eps_km
        Marked by a line [km].

    Returns
    -------
    The figure of three panels; open circles are settings with red flags.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    try:
        from matplotlib import colormaps
        from matplotlib.figure import Figure
    except ImportError as error:
        msg = "figures need matplotlib, which is not installed: pip install standort[plot]"
        raise OptionError(msg) from error
    figure = Figure(figsize=(12.0, 4.2), layout="constrained")
    curve, agreement, share = figure.subplots(1, 3)
    _draw_curve(curve, suggestion)
    settings = list(stability.groupby("min_samples"))
    colours = colormaps[_COLOURS](np.linspace(0.0, 0.85, len(settings)))
    for (least, rows), colour in zip(settings, colours, strict=True):
        flagged = (rows["flags"] != "").to_numpy()
        _draw_line(agreement, rows["eps_km"], rows["ari"], flagged, colour, f"{least:g}")
        _draw_line(share, rows["eps_km"], rows["clustered_share"], flagged, colour, f"{least:g}")
    agreement.axhline(0.9, color="#999999", linewidth=0.8, linestyle=":")
    agreement.set_ylabel("agreement with neighbouring settings (ARI)")
    share.set_ylabel("share of sites in clusters")
    for axes in (agreement, share):
        axes.set_xlabel("eps [km]")
        axes.set_ylim(0.0, 1.02)
        if chosen_eps_km is not None:
            axes.axvline(chosen_eps_km, color="#999999", linewidth=0.8)
    share.legend(title="min_samples", fontsize=8, title_fontsize=8)
    agreement.set_title("Open circles: settings with red flags", fontsize=10)
    return figure


def _draw_curve(axes: Axes, suggestion: EpsSuggestion) -> None:
    known = suggestion.curve[np.isfinite(suggestion.curve)]
    axes.plot(known.index, np.maximum(known.to_numpy(), 0.01), color="#20639b")
    axes.set_yscale("log")
    axes.set_xlabel("rank of site")
    axes.set_ylabel(f"distance to neighbour no. {suggestion.neighbour} [km]")
    if suggestion.clear:
        axes.axhline(suggestion.eps_km, color="#c0392b", linewidth=0.8)
        axes.set_title(f"Knee at {suggestion.eps_km:.1f} km", fontsize=10)
    else:
        axes.set_title("No clear knee", fontsize=10)


def _draw_line(
    axes: Axes,
    eps: pd.Series[float],
    height: pd.Series[float],
    flagged: Any,  # noqa: ANN401 - an array of flags
    colour: Any,  # noqa: ANN401 - whatever matplotlib takes
    label: str,
) -> None:
    x, y = eps.to_numpy(), height.to_numpy()
    axes.plot(x, y, color=colour, linewidth=1.2, label=label)
    axes.scatter(x[~flagged], y[~flagged], color=[colour], s=22, zorder=3)
    axes.scatter(x[flagged], y[flagged], edgecolors=[colour], facecolors="white", s=22, zorder=3)
