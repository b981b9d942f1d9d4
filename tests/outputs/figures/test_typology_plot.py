"""The figure of the typology: positions of discs, ellipses, arrows and names."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle
from matplotlib.text import Text

from standort.errors import LayerError, OptionError
from standort.outputs import plot_typology
from standort.outputs.figures.typology_plot import _tilted_ellipse

NAN = float("nan")
Drawn = Any  # axes; matplotlib's types say less of them than the tests look at


@pytest.fixture
def ax() -> Drawn:
    """Give axes of a figure that no window shows."""
    figure = Figure(figsize=(6.5, 6.5))
    FigureCanvasAgg(figure)
    return figure.subplots()


@pytest.fixture
def places() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": ["Rotterdam", "Black Country", "Humber"],
            "advantage": [0.8, 0.3, 0.7],
            "linkage": [0.7, 0.6, NAN],
            "type": ["forerunner", "dispersed_cluster", None],
            "advantage_p05": [0.7, 0.2, 0.6],
            "advantage_p95": [0.9, 0.4, 0.8],
            "linkage_p05": [0.5, 0.5, NAN],
            "linkage_p95": [0.9, 0.7, NAN],
        }
    )


def ellipses(ax: Drawn) -> list[Ellipse]:
    return [patch for patch in ax.patches if isinstance(patch, Ellipse)]


def discs(ax: Drawn) -> list[Drawn]:
    return [line for line in ax.lines if line.get_marker() == "o"]


def names(ax: Drawn) -> list[Drawn]:
    corners = {"forerunner", "dispersed cluster", "classic cluster", "dispersed sites", ""}
    return [text for text in ax.texts if text.get_text() not in corners]


def arrows(ax: Drawn) -> list[Drawn]:
    return [text for text in ax.texts if not text.get_text() and text.arrow_patch is not None]


def test_discs_are_at_linkage_and_advantage_in_the_colour_of_the_type(
    places: pd.DataFrame, ax: Drawn
) -> None:
    assert plot_typology(places, ax=ax) is ax
    drawn = discs(ax)
    positions = [(float(disc.get_xdata()[0]), float(disc.get_ydata()[0])) for disc in drawn]
    assert positions == [(0.7, 0.8), (0.6, 0.3)]
    assert [to_hex(disc.get_color()) for disc in drawn] == ["#1b7837", "#2166ac"]


def test_a_place_of_unknown_linkage_is_a_line_with_its_name(
    places: pd.DataFrame, ax: Drawn
) -> None:
    plot_typology(places, ax=ax)
    dotted = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert [list(line.get_ydata()) for line in dotted] == [[0.7, 0.7]]
    assert "Humber (linkage unknown)" in {text.get_text() for text in names(ax)}


def test_the_borders_are_the_thresholds(places: pd.DataFrame, ax: Drawn) -> None:
    plot_typology(places, threshold=(0.4, 0.6), ax=ax)
    rectangles = [p.get_bbox().bounds for p in ax.patches if isinstance(p, Rectangle)]
    # forerunner: right of .6 and above .4
    assert rectangles[0] == pytest.approx((0.6, 0.4, 0.4, 0.6))
    assert sum(width * height for _, _, width, height in rectangles) == pytest.approx(1)


def test_an_upright_ellipse_reaches_from_p05_to_p95(places: pd.DataFrame, ax: Drawn) -> None:
    plot_typology(places, ax=ax)
    first, second = ellipses(ax)  # none of the place whose linkage is unknown
    assert (first.width, first.height, first.angle) == pytest.approx((0.4, 0.2, 0))
    assert first.get_center() == pytest.approx((0.7, 0.8))
    assert second.get_center() == pytest.approx((0.6, 0.3))


def test_a_tilted_ellipse_contains_nine_of_ten_normal_draws() -> None:
    rng = np.random.default_rng(3)
    shared, own = rng.normal(0, 0.1, (2, 20_000))
    linkage, advantage = 0.5 + shared, 0.5 + 0.8 * shared + 0.4 * own
    shape = _tilted_ellipse(advantage, linkage)
    assert shape is not None
    centre, width, height, angle = shape
    turn = np.radians(-angle)
    x, y = linkage - centre[0], advantage - centre[1]
    along, across = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    inside = (2 * along / width) ** 2 + (2 * across / height) ** 2 <= 1
    assert inside.mean() == pytest.approx(0.9, abs=0.01)
    assert width > height


def test_draws_that_are_unknown_have_no_ellipse(places: pd.DataFrame, ax: Drawn) -> None:
    a = np.array([[0.7], [0.3], [0.6]]) + np.array([0.0, 0.01, 0.02])
    b = np.vstack([a[:2], np.full((1, 3), NAN)])
    plot_typology(places, draws=(a, b), ax=ax)
    assert len(ellipses(ax)) == 2


def test_arrows_go_from_each_known_period_to_the_next(places: pd.DataFrame, ax: Drawn) -> None:
    moves = pd.DataFrame(
        {
            "place": ["b", "a", "a", "a", "a"],
            "year": [2000, 2003, 2001, 2002, 2004],
            "advantage": [0.1, 0.4, 0.2, 0.9, 0.4],
            "linkage": [0.1, 0.5, 0.3, NAN, 0.5],
        }
    )
    plot_typology(places, trajectories=moves, ax=ax)
    (only,) = arrows(ax)  # 2001 to 2003 over the unknown year; 2004 is where 2003 was
    assert only.xyann == (0.3, 0.2)
    assert only.xy == (0.5, 0.4)


def test_names_cover_neither_each_other_nor_discs_nor_corners(ax: Drawn) -> None:
    rng = np.random.default_rng(6)
    crowd = pd.DataFrame(
        {
            "place": [f"A place called {k}" for k in range(18)],
            "advantage": rng.normal(0.55, 0.05, 18),
            "linkage": rng.normal(0.6, 0.05, 18),
        }
    )
    plot_typology(crowd, ax=ax)
    ax.figure.canvas.draw()
    # of the letters alone: a name's own extent counts the line to its place
    written = [Text.get_window_extent(text) for text in names(ax)]
    assert len(written) >= 12
    for first, second in itertools.combinations(written, 2):
        assert not first.overlaps(second)
    corners = [t.get_window_extent() for t in ax.texts if t.get_text() == "forerunner"]
    assert not any(box.overlaps(corner) for box in written for corner in corners)
    middles = ax.transData.transform(crowd[["linkage", "advantage"]].to_numpy())
    assert not any(box.contains(*middle) for box in written for middle in middles)


def test_a_new_figure_is_the_default(places: pd.DataFrame) -> None:
    import matplotlib.pyplot as plt

    drawn = plot_typology(places.drop(columns="type"))
    assert drawn.get_xlabel() == "inter-firm linkage"
    plt.close(drawn.figure)  # type: ignore[arg-type]


def test_missing_columns_are_named(places: pd.DataFrame, ax: Drawn) -> None:
    with pytest.raises(LayerError, match="'linkage'"):
        plot_typology(places.drop(columns="linkage"), ax=ax)
    with pytest.raises(LayerError, match=r"table of trajectories.*'year'"):
        plot_typology(places, trajectories=places, ax=ax)


def test_draws_of_other_places_are_refused(places: pd.DataFrame, ax: Drawn) -> None:
    with pytest.raises(OptionError, match="draws of each of 3 places, got 2"):
        plot_typology(places, draws=(np.zeros((2, 5)), np.zeros((3, 5))), ax=ax)


def test_without_matplotlib_the_message_says_what_to_install(
    places: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(OptionError, match=r"pip install standort\[plot\]"):
        plot_typology(places)
