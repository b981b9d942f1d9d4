"""The figures of a result, and its map with matplotlib."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from standort.arguments import SHARE, checked, whole
from standort.errors import LayerError
from standort.outputs.figures.labels import emptiest_corner, name_clusters
from standort.outputs.figures.map_frame import frame_layers
from standort.outputs.figures.row_figure import load_pyplot
from standort.outputs.geopackage.qgis_styles import HULL_COLOUR, NO_SCORE_COLOUR, SCORE_CLASSES
from standort.outputs.wording import count_of

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

    from standort.array_types import Floats
    from standort.outputs.figures.labels import Box


#: Area of the disc of a site [points²]: smallest, and per Mt/yr.
_LEAST_AREA, _AREA_PER_MT = 8.0, 30.0
#: Highest latitude for the aspect ratio 1/cos(latitude), which is infinite at the poles.
_STEEPEST = 80.0
#: Discs in the legend [Mt/yr].
_SHOWN_MT = (1, 5)
#: Longest and shortest side of a map, and space for colour bar and titles [inches].
_LONGEST_SIDE, _SHORTEST_SIDE, _BESIDE_MAP, _ABOVE_MAP = 8.0, 4.5, 1.6, 1.0


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
    places
        The table of places; None if there is none.
    """

    sites: GeoDataFrame = field(repr=False)
    clusters: GeoDataFrame = field(repr=False)
    hulls: GeoDataFrame = field(repr=False)
    places: GeoDataFrame | None = field(default=None, repr=False)

    @checked()
    def map(self, *, ax: Axes | None = None) -> Axes:
        """Plot sites by score and emissions, hulls, and names of the largest clusters.

        Parameters
        ----------
        ax
            Where to draw; by default a new figure.

        Returns
        -------
        The axes.
        """
        return plot_map(self.sites, self.clusters, self.hulls, ax=ax)

    @checked(threshold=SHARE)
    def typology(
        self,
        *,
        threshold: tuple[float, float] = (0.5, 0.5),
        draws: tuple[Floats, Floats] | None = None,
        trajectories: pd.DataFrame | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Plot places by linkage and advantage; see `standort.outputs.plot_typology`.

        Unclustered sites are left out.

        Parameters
        ----------
        threshold, trajectories, ax
            As for `plot_typology`.
        draws
            As for `plot_typology`, in the order of all rows of the table of places.

        Returns
        -------
        The axes.

        Raises
        ------
        LayerError
            If there are no places.
        """
        from standort.outputs.figures.typology_plot import plot_typology

        if self.places is None or self.places.empty:
            msg = "expected places to plot, there are none: a study needs a layer 'emitters'"
            raise LayerError(msg)
        shown = (self.places["kind"] != "unclustered").to_numpy(dtype=bool)
        places = self.places[shown].reset_index()
        drawn = None if draws is None else (draws[0][shown], draws[1][shown])
        return plot_typology(
            places, threshold=threshold, draws=drawn, trajectories=trajectories, ax=ax
        )

    @checked(n=whole(1))
    def intervals(self, *, n: int = 20, ax: Axes | None = None) -> Axes:
        """Plot the scores of the best sites with p05 to p95; see `standort.outputs.plot_intervals`.

        Parameters
        ----------
        n, ax
            As for `plot_intervals`.

        Returns
        -------
        The axes.

        Raises
        ------
        LayerError
            If the result has no draws; `Uncertainty.applied_to` returns one with draws.
        """
        from standort.outputs.figures.interval_plot import plot_intervals

        return plot_intervals(self.sites, n=n, ax=ax)

    @checked(n=whole(1))
    def acceptability(
        self,
        shares: pd.DataFrame,
        *,
        of: Literal["ranks", "top"] = "ranks",
        n: int = 20,
        ax: Axes | None = None,
    ) -> Axes:
        """Plot rank acceptability with the names of the sites; see `plot_acceptability`.

        Parameters
        ----------
        shares, of, n, ax
            As for `standort.outputs.plot_acceptability`.

        Returns
        -------
        The axes.
        """
        from standort.outputs.figures.acceptability_plot import plot_acceptability

        return plot_acceptability(shares, of=of, names=self.sites.get("name"), n=n, ax=ax)


@checked()
def plot_map(
    sites: GeoDataFrame, clusters: GeoDataFrame, hulls: GeoDataFrame, *, ax: Axes | None = None
) -> Axes:
    """Plot a map: sites coloured by score and sized by emissions, hulls, names of large clusters.

    It has no base map and needs no network. The aspect ratio is correct in the middle of the map,
    not at its edges. A few sites far from all others may be outside the frame; the title counts
    them.

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
    plt = load_pyplot()
    framed = frame_layers(sites, clusters, hulls)
    own = ax is None
    if ax is None:
        _, ax = plt.subplots(figsize=_figure_size(framed.bounds), layout="constrained")
    _draw_hulls(ax, framed.hulls)
    _draw_sites(ax, framed.sites)
    _frame(ax, framed.sites, framed.bounds)
    legend = _add_area_legend(ax, framed.sites) if "co2_t_per_yr" in sites else None
    if own:
        ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # a figure, not a subfigure
    else:
        ax.apply_aspect()
    name_clusters(ax, framed.clusters, keep_free=legend)
    return ax


def _figure_size(frame: tuple[float, float, float, float]) -> tuple[float, float]:
    """Return the size of a figure with the shape of its map, to avoid blank space."""
    west, south, east, north = frame
    ratio = (north - south) * _stretch(frame) / (east - west)
    width = np.clip((_LONGEST_SIDE - _ABOVE_MAP) / ratio, _SHORTEST_SIDE, _LONGEST_SIDE)
    height = np.clip(width * ratio, _SHORTEST_SIDE, _LONGEST_SIDE - _ABOVE_MAP)
    return float(width) + _BESIDE_MAP, float(height) + _ABOVE_MAP


def _stretch(frame: tuple[float, float, float, float]) -> float:
    """Return the ratio of a degree of latitude to one of longitude in the middle of the map."""
    middle = np.clip((frame[1] + frame[3]) / 2, -_STEEPEST, _STEEPEST)
    return 1 / float(np.cos(np.radians(middle)))


def _draw_hulls(ax: Axes, hulls: GeoDataFrame) -> None:
    from matplotlib.collections import PolyCollection

    parts = hulls.geometry.explode()
    rings = [np.asarray(part.exterior.coords) for part in parts if part.geom_type == "Polygon"]
    drawn = PolyCollection(
        rings, linewidth=0.8, zorder=1, facecolor=f"{HULL_COLOUR}28", edgecolor=HULL_COLOUR
    )
    ax.add_collection(drawn)


def _draw_sites(ax: Axes, sites: GeoDataFrame) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    colours = ListedColormap([c.colour for c in SCORE_CLASSES]).with_extremes(bad=NO_SCORE_COLOUR)
    bounds = [SCORE_CLASSES[0].low, *(c.high for c in SCORE_CLASSES)]
    scores = ax.scatter(
        sites.geometry.x,
        sites.geometry.y,
        s=_areas(sites),
        c=sites["score"].to_numpy(dtype=float),
        cmap=colours,
        norm=BoundaryNorm(bounds, colours.N),
        plotnonfinite=True,
        edgecolors="#3a3a3a",
        linewidths=0.3,
        zorder=2,
    )
    bar = ax.figure.colorbar(scores, ax=ax, shrink=0.6, ticks=bounds)
    bar.set_label("score (grey: no score)")


def _areas(sites: GeoDataFrame) -> np.ndarray:
    """Return areas of discs proportional to emissions; unknown ones get the smallest disc."""
    if "co2_t_per_yr" not in sites:
        return np.full(len(sites), 2 * _LEAST_AREA)
    emissions_mt = sites["co2_t_per_yr"].to_numpy(dtype=float) / 1e6
    areas: np.ndarray = np.maximum(_LEAST_AREA, _AREA_PER_MT * np.nan_to_num(emissions_mt))
    return areas


def _add_area_legend(ax: Axes, sites: GeoDataFrame) -> Box:
    """Add a legend of the discs in the corner with fewest sites; return its rectangle."""
    handles = [
        ax.scatter([], [], s=_AREA_PER_MT * mt, c="white", edgecolors="#3a3a3a", linewidths=0.5)
        for mt in _SHOWN_MT
    ]
    names = [f"{mt} Mt CO2/yr" for mt in _SHOWN_MT]
    corner, box = emptiest_corner(ax, sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy())
    ax.legend(handles, names, loc=corner, fontsize=7, framealpha=0.8)
    return box


def _frame(ax: Axes, sites: GeoDataFrame, frame: tuple[float, float, float, float]) -> None:
    west, south, east, north = frame
    x, y = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)
    ax.set_aspect(_stretch(frame))
    ax.set_xlabel("longitude [°]")
    ax.set_ylabel("latitude [°]")
    outside = int(((x < west) | (x > east) | (y < south) | (y > north)).sum())
    scored = int(sites["score"].notna().sum())
    counts = f"{scored:,} of {count_of(len(sites), 'site')} scored"
    counts += f"; {outside:,} outside this frame" if outside else ""
    ax.set_title(f"Locational advantage for net zero\n{counts}", fontsize=10)
