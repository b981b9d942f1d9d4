"""Plot of the typology: places by advantage and linkage."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from standort.arguments import SHARE, checked
from standort.errors import OptionError
from standort.outputs.figures.labels import Box, add_names
from standort.outputs.figures.row_figure import load_pyplot, need_columns
from standort.outputs.geopackage.qgis_styles import NO_TYPE_COLOUR, TYPE_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.axes import Axes

    from standort.array_types import Floats


#: Share of normally distributed draws in an ellipse; equals that from p05 to p95 on one axis.
_SHARE = 0.9
#: Half-axis of an ellipse with this share, in standard deviations: chi-square of two degrees of
#: freedom.
_HALF_AXIS = math.sqrt(-2.0 * math.log(1.0 - _SHARE))


class _Quadrant(NamedTuple):
    """A type: its name on the figure, its colour, and its corner of the plane."""

    title: str
    colour: str
    right: bool
    top: bool


#: Linkage is on the x axis and advantage on the y axis, as in the table of the paper.
_QUADRANTS = {
    "forerunner": _Quadrant("forerunner", TYPE_COLOURS["forerunner"], right=True, top=True),
    "dispersed_cluster": _Quadrant(
        "dispersed cluster", TYPE_COLOURS["dispersed_cluster"], right=True, top=False
    ),
    "classic_cluster": _Quadrant(
        "classic cluster", TYPE_COLOURS["classic_cluster"], right=False, top=True
    ),
    "dispersed_sites": _Quadrant(
        "dispersed sites", TYPE_COLOURS["dispersed_sites"], right=False, top=False
    ),
}
_TITLE_SIZE, _MOST_CHARACTERS = 9.0, 30
#: Diameter of a place's disc [points].
_DISC = 5.0


@checked(threshold=SHARE)
def plot_typology(
    places: pd.DataFrame,
    *,
    threshold: tuple[float, float] = (0.5, 0.5),
    draws: tuple[Floats, Floats] | None = None,
    trajectories: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot places by linkage and advantage, with their uncertainty and their trajectories.

    The ellipses show the uncertainty that was drawn, not all of it. A place of unknown advantage or
    linkage is a line along its possible positions, so that it is not lost.

    Parameters
    ----------
    places
        Columns ``place``, ``advantage``, ``linkage`` [0, 1], and optionally ``type`` (its colour;
        grey if ambiguous or missing) and ``<axis>_p05``, ``<axis>_p95`` (the width and height of
        its ellipse, upright).
    threshold
        The thresholds of advantage and of linkage.
    draws
        Draws of advantage and of linkage, each of shape (n_places, n_draws) in the order of the
        rows. Ellipses then follow their correlation, and contain 90 % of them if they are normal.
    trajectories
        Columns ``place``, ``year``, ``advantage``, ``linkage``: arrows from each known period to
        the next, across unknown ones.
    ax
        Where to draw; by default a new figure.

    Returns
    -------
    The axes.

    Raises
    ------
    LayerError
        If a column is missing.
    OptionError
        If matplotlib is not installed, or the draws do not match the places.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"place": ["Rotterdam"], "advantage": [0.8], "linkage": [0.7]})
    >>> plot_typology(places).get_ylabel()
    'locational advantage'
    """
    axes = ("advantage", "linkage")
    need_columns(places, ("place", *axes), of="table of places", remedy="add them")
    if trajectories is not None:
        needed = ("place", "year", *axes)
        need_columns(trajectories, needed, of="table of trajectories", remedy="add them")
    if draws is not None and not len(draws[0]) == len(draws[1]) == len(places):
        msg = (
            f"expected draws of each of {len(places)} places, got {len(draws[0])} of advantage and "
            f"{len(draws[1])} of linkage; draw for the rows of the table"
        )
        raise OptionError(msg)
    if ax is None:
        _, ax = load_pyplot().subplots(figsize=(6.5, 6.5), layout="constrained")
    _draw_plane(ax, threshold)
    titles = _name_quadrants(ax)
    colours = [_colour(kind) for kind in places["type"]] if "type" in places else None
    colours = colours or [NO_TYPE_COLOUR] * len(places)
    shapes = _draw_ellipses(ax, places, draws, colours)
    _describe_ellipses(ax, shapes, drawn=draws is not None)
    if trajectories is not None:
        _draw_arrows(ax, trajectories)
    _draw_places(ax, places, colours)
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # a figure, not a subfigure
    named = list(_named(places))
    taken = [*titles, *(_disc_box(ax, place) for _, place in named)]
    add_names(ax, named, taken=taken, most_characters=_MOST_CHARACTERS)
    return ax


def _colour(kind: object) -> str:
    quadrant = _QUADRANTS.get(str(kind))
    return NO_TYPE_COLOUR if quadrant is None else quadrant.colour


def _draw_plane(ax: Axes, threshold: tuple[float, float]) -> None:
    from matplotlib.patches import Rectangle

    high, right = threshold
    for quadrant in _QUADRANTS.values():
        x, width = (right, 1.0 - right) if quadrant.right else (0.0, right)
        y, height = (high, 1.0 - high) if quadrant.top else (0.0, high)
        ax.add_patch(
            Rectangle(
                (x, y), width, height, facecolor=f"{quadrant.colour}12", linewidth=0, zorder=0
            )
        )
    ax.axhline(high, color="#8a8a8a", linewidth=0.8, zorder=1)
    ax.axvline(right, color="#8a8a8a", linewidth=0.8, zorder=1)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="inter-firm linkage", ylabel="locational advantage")
    ax.set_aspect("equal")


def _name_quadrants(ax: Axes) -> list[Box]:
    """Write the types into the corners; return the rectangles they cover."""
    boxes = []
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # a figure, not a subfigure
    for quadrant in _QUADRANTS.values():
        text = ax.annotate(
            quadrant.title,
            (float(quadrant.right), float(quadrant.top)),
            xytext=(-5 if quadrant.right else 5, -5 if quadrant.top else 5),
            textcoords="offset points",
            ha="right" if quadrant.right else "left",
            va="top" if quadrant.top else "bottom",
            color=quadrant.colour,
            fontsize=_TITLE_SIZE,
            fontstyle="italic",
            zorder=1,
        )
        drawn = text.get_window_extent().transformed(ax.transAxes.inverted())
        boxes.append(Box(drawn.x0, drawn.y0, drawn.x1, drawn.y1))
    return boxes


def _draw_ellipses(
    ax: Axes, places: pd.DataFrame, draws: tuple[Floats, Floats] | None, colours: list[str]
) -> int:
    """Draw the ellipse of each place with known uncertainty; return their number."""
    from matplotlib.patches import Ellipse

    count = 0
    for row, colour in enumerate(colours):
        shape = (
            _upright_ellipse(places, row)
            if draws is None
            else _tilted_ellipse(draws[0][row], draws[1][row])
        )
        if shape is not None:
            count += 1
            centre, width, height, angle = shape
            ax.add_patch(
                Ellipse(
                    centre,
                    width,
                    height,
                    angle=angle,
                    facecolor=f"{colour}22",
                    edgecolor=colour,
                    linewidth=0.8,
                    zorder=2,
                )
            )
    return count


def _describe_ellipses(ax: Axes, shapes: int, *, drawn: bool) -> None:
    """Describe the ellipses and the colour grey in the title."""
    ellipses = "ellipses: 90 % of the draws" if drawn else "ellipses: 5 % to 95 % on each axis"
    grey = "grey: no type likely enough, or unknown"
    ax.set_title(f"{ellipses}; {grey}" if shapes else grey, fontsize=8, color="#555555")


def _disc_box(ax: Axes, place: tuple[float, float]) -> Box:
    """Return the rectangle of the disc of a place, so that no name covers it."""
    x, y = (ax.transData + ax.transAxes.inverted()).transform(place)
    drawn = ax.get_window_extent()
    across, up = (0.5 * _DISC * ax.figure.dpi / 72 / side for side in (drawn.width, drawn.height))
    return Box(x - across, y - up, x + across, y + up)


Shape = tuple[tuple[float, float], float, float, float]


def _upright_ellipse(places: pd.DataFrame, row: int) -> Shape | None:
    """Return an ellipse through the 5 % and 95 % quantiles of both axes."""
    ends = [f"{axis}_{end}" for axis in ("linkage", "advantage") for end in ("p05", "p95")]
    if not set(ends) <= set(places.columns):
        return None
    left, right, bottom, top = (float(places[name].iloc[row]) for name in ends)
    if any(math.isnan(end) for end in (left, right, bottom, top)):
        return None
    return ((left + right) / 2, (bottom + top) / 2), right - left, top - bottom, 0.0


def _tilted_ellipse(advantage: Floats, linkage: Floats) -> Shape | None:
    """Return an ellipse around draws, along their principal axes."""
    both = np.stack([linkage, advantage])
    both = both[:, ~np.isnan(both).any(axis=0)]
    if both.shape[1] < 2:  # noqa: PLR2004 - one draw has no spread
        return None
    variance, direction = np.linalg.eigh(np.cov(both))
    lengths = 2.0 * _HALF_AXIS * np.sqrt(np.maximum(variance, 0.0))
    angle = math.degrees(math.atan2(direction[1, 1], direction[0, 1]))
    centre = (float(both[0].mean()), float(both[1].mean()))
    return centre, float(lengths[1]), float(lengths[0]), angle


def _draw_arrows(ax: Axes, trajectories: pd.DataFrame) -> None:
    known = trajectories.dropna(subset=["advantage", "linkage"])
    for _, periods in known.sort_values(["place", "year"], kind="stable").groupby("place"):
        points = periods[["linkage", "advantage"]].to_numpy(dtype=np.float64)
        for start, end in pairwise(points):
            if (start != end).any():
                arrow = {"arrowstyle": "-|>", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 2}
                arrow |= {"color": "#333333", "mutation_scale": 8}
                ax.annotate("", tuple(end), xytext=tuple(start), arrowprops=arrow, zorder=3)


def _draw_places(ax: Axes, places: pd.DataFrame, colours: list[str]) -> None:
    """Draw a disc if both axes are known, a line if one is."""
    rows = zip(places["linkage"], places["advantage"], colours, strict=True)
    for linkage, advantage, colour in ((float(x), float(y), c) for x, y, c in rows):
        if not (math.isnan(linkage) or math.isnan(advantage)):
            ax.plot(linkage, advantage, "o", color=colour, markersize=_DISC, zorder=4)
        elif not math.isnan(advantage):
            ax.axhline(advantage, color=colour, linestyle=":", linewidth=1.2, zorder=2)
        elif not math.isnan(linkage):
            ax.axvline(linkage, color=colour, linestyle=":", linewidth=1.2, zorder=2)


def _named(places: pd.DataFrame) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield the name of each place and its point, on its line if an axis is unknown."""
    rows = zip(places["place"], places["linkage"], places["advantage"], strict=True)
    for name, x, y in ((n, float(x), float(y)) for n, x, y in rows):
        unknown = " (linkage unknown)" if math.isnan(x) else ""
        unknown = " (advantage unknown)" if math.isnan(y) else unknown
        if not (math.isnan(x) and math.isnan(y)):
            yield f"{name}{unknown}", (0.02 if math.isnan(x) else x, 0.02 if math.isnan(y) else y)
