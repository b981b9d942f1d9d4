"""Placing names and legends on a figure, where they cover least."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from standort.outputs.wording import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    from geopandas import GeoDataFrame
    from matplotlib.axes import Axes

Corner = Literal["lower left", "upper left", "upper right", "lower right"]

#: Most names on a map, fewest names of clusters even if none is major, most characters of a name.
_MOST_NAMES, _FEWEST_NAMES, _LONGEST = 20, 3, 28
#: Font size [points], and the width of a character and height of a line as shares of it.
_SIZE, _CHARACTER, _LINE = 7.0, 0.58, 1.25
#: Distances of a name from its point: next to it, then farther away with a line to it.
_NEAR, _FAR = 5.0, (14.0, 24.0, 36.0)
#: Width and height of the legend [points].
_KEY = (90.0, 36.0)


class Box(NamedTuple):
    """A rectangle on the axes, in shares of their width and height."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Whether two rectangles share any area."""
        beside = self.right <= other.left or other.right <= self.left
        return not beside and self.bottom < other.top and other.bottom < self.top

    @property
    def is_inside(self) -> bool:
        """Whether it is within the axes."""
        return self.left >= 0 and self.bottom >= 0 and self.right <= 1 and self.top <= 1


class _Spot(NamedTuple):
    """A position for a name: its offset from the point, and the rectangle it covers."""

    offset: tuple[float, float]
    box: Box


def emptiest_corner(ax: Axes, x: np.ndarray, y: np.ndarray) -> tuple[Corner, Box]:
    """Return the corner of the axes where a legend covers fewest points.

    Parameters
    ----------
    ax
        Axes with their limits set.
    x, y
        The points, in data coordinates.

    Returns
    -------
    Name of the corner, and the rectangle there.
    """
    points = (ax.transData + ax.transAxes.inverted()).transform(np.c_[x, y])
    width, height = (min(size, 1.0) for size in _share(ax, *_KEY))
    corners: dict[Corner, Box] = {
        "lower left": Box(0, 0, width, height),
        "upper left": Box(0, 1 - height, width, 1),
        "upper right": Box(1 - width, 1 - height, 1, 1),
        "lower right": Box(1 - width, 0, 1, height),
    }
    covered = {
        name: int(np.sum(np.all((points >= box[:2]) & (points <= box[2:]), axis=1)))
        for name, box in corners.items()
    }
    best = min(covered, key=lambda name: covered[name])
    return best, corners[best]


def name_clusters(ax: Axes, clusters: GeoDataFrame, *, keep_free: Box | None = None) -> None:
    """Name major clusters, the largest first, without overlaps.

    If fewer than three are major, the three largest are named.

    Parameters
    ----------
    ax
        Axes with their limits and shape set.
    clusters
        The table of clusters of a result, largest emissions first.
    keep_free
        A rectangle that no name may cover.
    """
    taken = [] if keep_free is None else [keep_free]
    add_names(ax, _clusters_to_name(clusters), taken=taken)


def add_names(
    ax: Axes,
    named: Iterable[tuple[str, tuple[float, float]]],
    *,
    taken: Sequence[Box] = (),
    most_characters: int = _LONGEST,
) -> None:
    """Write names next to their points in the given order, without overlaps.

    Names after the twentieth, and those without a free position, are left out.

    Parameters
    ----------
    ax
        Axes with their limits and shape set.
    named
        Each name with its point in data coordinates.
    taken
        Rectangles that no name may cover.
    most_characters
        Longer names are cut.
    """
    covered = list(taken)
    written = 0
    for name, point in named:
        text = cut(name, most_characters)
        spot = _free_spot(ax, point, text, covered)
        if spot is not None:
            covered.append(spot.box)
            _write(ax, text, point, spot.offset)
            written += 1
        if written == _MOST_NAMES:
            return


def _clusters_to_name(clusters: GeoDataFrame) -> Iterator[tuple[str, tuple[float, float]]]:
    if "major" not in clusters or "name" not in clusters:
        return
    known = clusters.loc[clusters["name"].notna()]
    major = known.loc[_is_true(known["major"])]
    chosen = major if len(major) >= _FEWEST_NAMES else known.iloc[:_FEWEST_NAMES]
    for name, point in zip(chosen["name"], chosen.geometry, strict=True):
        yield str(name), (point.x, point.y)


def _is_true(flags: pd.Series) -> pd.Series:
    return flags.fillna(value=False).astype(bool)


def _free_spot(
    ax: Axes, point: tuple[float, float], text: str, taken: Sequence[Box]
) -> _Spot | None:
    """Return a free position for a name, next to its point or farther away; None if none is."""
    x, y = (float(end) for end in (ax.transData + ax.transAxes.inverted()).transform(point))
    if not (0 <= x <= 1 and 0 <= y <= 1):
        return None
    width, height = _share(ax, _CHARACTER * _SIZE * len(text), _LINE * _SIZE)
    for away, down, left in itertools.product((_NEAR, *_FAR), (False, True), (False, True)):
        offset = (-_NEAR if left else _NEAR, -away - _SIZE if down else away - 1)
        right, up = _share(ax, *offset)
        start = x + right - width * left
        box = Box(start, y + up, start + width, y + up + height)
        if box.is_inside and not any(box.meets(other) for other in taken):
            return _Spot(offset, box)
    return None


def _share(ax: Axes, across: float, up: float) -> tuple[float, float]:
    """Convert points to shares of the width and height of the axes."""
    drawn = ax.get_window_extent()
    pixels = ax.figure.dpi / 72
    return across * pixels / drawn.width, up * pixels / drawn.height


def _write(ax: Axes, text: str, point: tuple[float, float], offset: tuple[float, float]) -> None:
    from matplotlib.patheffects import withStroke

    far = abs(offset[1]) > _NEAR + _SIZE
    ax.annotate(
        text,
        point,
        xytext=offset,
        ha="right" if offset[0] < 0 else "left",
        textcoords="offset points",
        fontsize=_SIZE,
        zorder=3,
        parse_math=False,
        arrowprops={"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0}
        if far
        else None,
        path_effects=[withStroke(linewidth=2, foreground="white")],
    ).set_in_layout(False)  # otherwise a name at the edge would shrink the map
