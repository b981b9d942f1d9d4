"""Figures with matplotlib."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.errors import OptionError
from standort.outputs.framing import cut_meridian, frame_bounds, unwrap
from standort.outputs.styles import NO_SCORE_COLOUR, SCORE_CLASSES
from standort.outputs.wording import count_of

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

__all__ = ["Plots", "plot_map"]

_HULL_COLOUR = "#7b3294"
#: Area of a site's disc [points²]: least, and per Mt/yr.
_LEAST_AREA, _AREA_PER_MT = 8.0, 30.0
#: Beyond this latitude an aspect of 1/cos would stretch a map without end.
_STEEPEST = 80.0
#: Discs in the key [Mt/yr], most cluster names on a map, and their most characters.
_SHOWN_MT, _MOST_NAMES, _LONGEST = (1, 5), 20, 28
#: Room a name takes, as shares of the width and height of the map: per character, and per line.
_CHARACTER, _LINE = 0.011, 0.03


@dataclass(frozen=True)
class Plots:
    """Figures of a result, as ``result.plot``.

    Parameters
    ----------
    sites
        The table of sites.
    clusters
        The table of clusters.
    hulls
        The hulls of the clusters.
    """

    sites: GeoDataFrame = field(repr=False)
    clusters: GeoDataFrame = field(repr=False)
    hulls: GeoDataFrame = field(repr=False)

    def map(self, *, ax: Axes | None = None) -> Axes:
        """Draw sites by score and emissions, hulls, and names of major clusters.

        Parameters
        ----------
        ax
            Where to draw; by default a new figure.

        Returns
        -------
        The axes.
        """
        return plot_map(self.sites, self.clusters, self.hulls, ax=ax)


def plot_map(
    sites: GeoDataFrame, clusters: GeoDataFrame, hulls: GeoDataFrame, *, ax: Axes | None = None
) -> Axes:
    """Draw a map: sites coloured by score and sized by emissions, hulls, major clusters named.

    It has no base map and needs no network. Degrees are stretched so that distances look right
    in the middle of the map, not at its edges.

    Parameters
    ----------
    sites
        The table of sites of a result.
    clusters
        Its table of clusters.
    hulls
        The hulls of its clusters.
    ax
        Where to draw; by default a new figure.

    Returns
    -------
    The axes.

    Raises
    ------
    OptionError
        If matplotlib is not installed.
    """
    plt = _load_pyplot()
    if ax is None:
        _, ax = plt.subplots(figsize=(8, 7), layout="constrained")
    cut = cut_meridian(sites.geometry.x.to_numpy())
    sites, clusters, hulls = (unwrap(layer, cut) for layer in (sites, clusters, hulls))
    _draw_hulls(ax, hulls)
    _draw_sites(ax, sites)
    _frame(ax, sites)
    _name_clusters(ax, clusters)
    return ax


def _load_pyplot() -> Any:  # noqa: ANN401 - a module
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        msg = "figures need matplotlib, which is not installed: pip install standort[plot]"
        raise OptionError(msg) from error
    return plt


def _draw_hulls(ax: Axes, hulls: GeoDataFrame) -> None:
    from matplotlib.collections import PolyCollection

    parts = hulls.geometry.explode()
    rings = [np.asarray(part.exterior.coords) for part in parts if part.geom_type == "Polygon"]
    drawn = PolyCollection(
        rings, linewidth=0.8, zorder=1, facecolor=f"{_HULL_COLOUR}28", edgecolor=_HULL_COLOUR
    )
    ax.add_collection(drawn)


def _draw_sites(ax: Axes, sites: GeoDataFrame) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    # The best placed are drawn last, on top; those without a score first, in grey.
    order = np.argsort(sites["score"].fillna(-1.0).to_numpy(), kind="stable")
    drawn = sites.iloc[order]
    colours = ListedColormap([c.colour for c in SCORE_CLASSES]).with_extremes(bad=NO_SCORE_COLOUR)
    bounds = [SCORE_CLASSES[0].low, *(c.high for c in SCORE_CLASSES)]
    scores = ax.scatter(
        drawn.geometry.x,
        drawn.geometry.y,
        s=_areas(drawn),
        c=drawn["score"].to_numpy(dtype=float),
        cmap=colours,
        norm=BoundaryNorm(bounds, colours.N),
        plotnonfinite=True,
        edgecolors="#3a3a3a",
        linewidths=0.3,
        zorder=2,
    )
    bar = ax.figure.colorbar(scores, ax=ax, shrink=0.6, ticks=bounds)
    bar.set_label("score (grey: no score)")
    if "co2_t_per_yr" in sites:
        _explain_areas(ax)


def _areas(sites: GeoDataFrame) -> np.ndarray:
    """Size discs by emissions: the area grows with them; unknown ones get the smallest disc."""
    if "co2_t_per_yr" not in sites:
        return np.full(len(sites), 2 * _LEAST_AREA)
    emissions_mt = sites["co2_t_per_yr"].to_numpy(dtype=float) / 1e6
    areas: np.ndarray = np.maximum(_LEAST_AREA, _AREA_PER_MT * np.nan_to_num(emissions_mt))
    return areas


def _explain_areas(ax: Axes) -> None:
    handles = [
        ax.scatter([], [], s=_AREA_PER_MT * mt, c="white", edgecolors="#3a3a3a", linewidths=0.5)
        for mt in _SHOWN_MT
    ]
    names = [f"{mt} Mt CO2/yr" for mt in _SHOWN_MT]
    ax.legend(handles, names, loc="lower left", fontsize=7, framealpha=0.8)


def _name_clusters(ax: Axes, clusters: GeoDataFrame) -> None:
    """Name major clusters, the largest first, each where no other name stands already."""
    from matplotlib.patheffects import withStroke

    if "major" not in clusters or "name" not in clusters:
        return
    major = clusters.loc[
        clusters["major"].fillna(value=False).astype(bool) & clusters["name"].notna()
    ]
    taken: list[tuple[float, float, float]] = []
    for name, point in zip(major["name"], major.geometry, strict=True):
        text = str(name) if len(str(name)) <= _LONGEST else f"{str(name)[: _LONGEST - 1]}…"
        x, y = (ax.transData + ax.transAxes.inverted()).transform((point.x, point.y))
        leftwards = x + _CHARACTER * len(text) > 1
        start = float(x) - _CHARACTER * len(text) * leftwards
        place = (start, float(y), start + _CHARACTER * len(text))
        inside = 0 <= x <= 1 and 0 <= y <= 1
        if not inside or any(_overlap(place, other) for other in taken):
            continue
        taken.append(place)
        ax.annotate(
            text,
            (point.x, point.y),
            xytext=(-5 if leftwards else 5, 4),
            ha="right" if leftwards else "left",
            textcoords="offset points",
            fontsize=7,
            zorder=3,
            parse_math=False,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        ).set_in_layout(False)  # else a name at the edge would push the map aside
        if len(taken) == _MOST_NAMES:
            return


def _overlap(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    beside = one[2] < other[0] or other[2] < one[0]
    return not beside and abs(one[1] - other[1]) < _LINE


def _frame(ax: Axes, sites: GeoDataFrame) -> None:
    x, y = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    west, south, east, north = frame_bounds(x, y)
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    middle = np.clip((south + north) / 2, -_STEEPEST, _STEEPEST)
    ax.set_aspect(1 / float(np.cos(np.radians(middle))))
    ax.set_xlabel("longitude [°]")
    ax.set_ylabel("latitude [°]")
    outside = int(((x < west) | (x > east) | (y < south) | (y > north)).sum())
    scored = int(sites["score"].notna().sum())
    title = (
        f"Locational advantage for net zero: {scored:,} of {count_of(len(sites), 'site')} scored"
    )
    ax.set_title(title + (f"; {outside:,} outside this frame" if outside else ""), fontsize=10)
