"""Figures of intervals, rank acceptability and sensitivity: positions of bars and lines."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from geopandas import GeoDataFrame
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from standort.errors import LayerError, OptionError
from standort.outputs.figures.acceptability_plot import plot_acceptability
from standort.outputs.figures.interval_plot import plot_intervals
from standort.outputs.figures.plots import Plots
from standort.outputs.figures.row_figure import row_names
from standort.outputs.figures.sensitivity_plot import plot_sensitivity

Drawn = Any  # axes; matplotlib's types say less of them than the tests look at


@pytest.fixture
def ax() -> Drawn:
    """Give axes of a figure that no window shows."""
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.subplots()


@pytest.fixture
def sites() -> pd.DataFrame:
    """Give four sites, two of one score, one without."""
    return pd.DataFrame(
        {
            "name": ["Drax", "Pernis", None, "Far"],
            "score": [0.5, 0.7, 0.7, np.nan],
            "score_p05": [0.4, 0.6, 0.65, np.nan],
            "score_p95": [0.6, 0.9, 0.8, np.nan],
            "rank": pd.array([3, 1, 1, None], dtype="Int64"),
            "rank_p05": pd.array([3, 1, 1, None], dtype="Int64"),
            "rank_p95": pd.array([3, 2, 2, None], dtype="Int64"),
        },
        index=["drax", "z-pernis", "a-humber", "far"],
    )


def rows(ax: Drawn) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def lines(ax: Drawn, collection: int = 0) -> list[list[float]]:
    """Give the ends of horizontal lines, by row."""
    return [segment[:, 0].tolist() for segment in ax.collections[collection].get_segments()]


def widths(ax: Drawn, container: int) -> list[float]:
    return [patch.get_width() for patch in ax.containers[container]]


def test_lines_span_p05_to_p95_with_discs_at_the_scores(ax: Drawn, sites: pd.DataFrame) -> None:
    plot_intervals(sites, ax=ax)
    assert rows(ax) == ["a-humber", "Pernis", "Drax"]  # of equal scores the lower id
    assert lines(ax) == [[0.65, 0.8], [0.6, 0.9], [0.4, 0.6]]
    assert ax.collections[1].get_offsets().tolist() == [[0.7, 0], [0.7, 1], [0.5, 2]]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the best at the top


def test_ranks_are_next_to_intervals(ax: Drawn, sites: pd.DataFrame) -> None:
    plot_intervals(sites, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["1  (1-2)", "1  (1-2)", "3", "rank (p05-p95)"]


def test_intervals_do_not_depend_on_the_order_of_rows(ax: Drawn, sites: pd.DataFrame) -> None:
    plot_intervals(sites.iloc[::-1], n=1, ax=ax)
    assert rows(ax) == ["a-humber"]
    assert ax.get_title() == "Uncertainty of scores: the best 1 of 3 sites"


def test_intervals_need_draws_and_scores(ax: Drawn, sites: pd.DataFrame) -> None:
    with pytest.raises(LayerError, match="standort score --draws"):
        plot_intervals(sites.drop(columns="score_p95"), ax=ax)
    with pytest.raises(LayerError, match="expected at least one site with a score"):
        plot_intervals(sites.iloc[3:], ax=ax)
    with pytest.raises(OptionError, match="n to be a whole number from 1"):
        plot_intervals(sites, n=0, ax=ax)


def test_bars_of_acceptability_fill_the_row(ax: Drawn) -> None:
    """Of seven ranks 4 and 5 are one class, 6 and 7 the rest."""
    shares = pd.DataFrame(
        [[0.1, 0.1, 0.2, 0.1, 0.1, 0.3, 0.1], [0.6, 0.1, 0.1, 0.05, 0.05, 0.1, 0.0]],
        index=["drax", "pernis"],
        columns=range(1, 8),
    ).reindex(["drax", "pernis", *"abcde"], fill_value=0.0)
    plot_acceptability(shares, n=2, names={"drax": "Drax"}, ax=ax)
    assert rows(ax) == ["pernis", "Drax"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "1",
        "2",
        "3",
        "4 to 5",
        "6 to 7",
    ]
    np.testing.assert_allclose(
        [widths(ax, i) for i in range(5)],
        [[0.6, 0.1], [0.1, 0.1], [0.1, 0.2], [0.1, 0.2], [0.1, 0.4]],
    )


def test_shares_of_the_top_are_stacked_by_increments(ax: Drawn) -> None:
    top = pd.DataFrame({1: [0.0, 0.5], 3: [0.75, 0.75]}, index=["drax", "pernis"])
    plot_acceptability(top, of="top", ax=ax)
    assert rows(ax) == ["pernis", "drax"]
    assert [widths(ax, i) for i in range(2)] == [[0.5, 0.0], [0.25, 0.75]]


def test_invalid_shares_are_refused(ax: Drawn) -> None:
    with pytest.raises(LayerError, match=r"expected shares in \[0, 1\]"):
        plot_acceptability(pd.DataFrame({1: [2.0]}), ax=ax)
    with pytest.raises(OptionError, match="got 'last'"):
        plot_acceptability(pd.DataFrame({1: [1.0]}), of="last", ax=ax)  # type: ignore[arg-type]  # on purpose


def test_sobol_indices_are_side_by_side_with_intervals(ax: Drawn) -> None:
    columns = ["S1", "S1_error", "ST", "ST_error"]
    cells = [[0.25, 0.125, 0.25, 0.0], [0.5, 0.25, 0.75, 0.125]]
    plot_sensitivity(pd.DataFrame(cells, index=["ports", "weights"], columns=columns), ax=ax)
    assert rows(ax) == ["weights", "ports"]
    assert [widths(ax, 0), widths(ax, 1)] == [[0.75, 0.25], [0.5, 0.25]]
    assert lines(ax, 0) == [[0.625, 0.875], [0.25, 0.25]]
    assert lines(ax, 1) == [[0.25, 0.75], [0.125, 0.375]]


def test_morris_effects_have_the_unit_of_the_target(ax: Drawn) -> None:
    effects = pd.DataFrame(
        {"mu_star": [0.5], "mu_star_error": [0.25], "mu": [0.5], "sigma": [0.125]}, index=["ports"]
    )
    plot_sensitivity(effects, target="rank of drax", ax=ax)
    assert ax.get_xlabel().startswith("change of the rank of drax;")
    assert lines(ax) == [[0.25, 0.75]]
    assert ax.collections[1].get_offsets().tolist() == [[0.125, 0.0]]


def test_unknown_indices_are_refused(ax: Drawn) -> None:
    indices = pd.DataFrame(np.nan, index=["a"], columns=["S1", "S1_error", "ST", "ST_error"])
    with pytest.raises(LayerError, match="does not vary"):
        plot_sensitivity(indices, ax=ax)
    with pytest.raises(LayerError, match=r"give Sensitivity\.indices"):
        plot_sensitivity(indices[["S1"]], ax=ax)


def test_a_result_draws_with_the_names_of_its_sites(ax: Drawn, sites: pd.DataFrame) -> None:
    frame = GeoDataFrame(sites, geometry=[None] * 4, crs=4326)
    plots = Plots(frame, GeoDataFrame(), GeoDataFrame())
    plots.intervals(n=2, ax=ax)
    assert rows(ax) == ["a-humber", "Pernis"]
    plots.acceptability(pd.DataFrame({1: [1.0]}, index=["z-pernis"]), ax=ax)
    assert rows(ax) == ["Pernis"]


def test_long_names_are_cut() -> None:
    assert len(row_names(["a"], {"a": "x" * 100})[0]) == 42


def test_without_matplotlib_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, sites: pd.DataFrame
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(OptionError, match=r"pip install standort\[plot\]"):
        plot_intervals(sites)
