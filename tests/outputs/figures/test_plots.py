"""Figures show each site in its class, sized by emissions, and the names of major clusters."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from standort.errors import OptionError
from standort.outputs.figures.plots import Plots, plot_map
from standort.outputs.geopackage.qgis_styles import score_colour

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from outputs.result_tables import Tables

Drawn = Any  # axes; matplotlib's types say less of them than the tests look at


@pytest.fixture
def ax() -> Drawn:
    """Give axes of a figure that no window shows."""
    figure = Figure(figsize=(6, 5))
    FigureCanvasAgg(figure)
    return figure.subplots()


def _draw(tables: Tables, ax: Drawn) -> Drawn:
    return Plots(tables.sites, tables.clusters, tables.cluster_hulls).map(ax=ax)


def test_each_site_has_the_colour_of_its_class(tables: Tables, ax: Drawn) -> None:
    drawn = _draw(tables, ax)
    assert drawn is ax
    drawn.figure.canvas.draw()
    discs = ax.collections[1]
    best_last = tables.sites.iloc[np.argsort(tables.sites["score"].fillna(-1), kind="stable")]
    expected = [score_colour(score) for score in best_last["score"]]
    assert [to_hex(colour) for colour in discs.get_facecolor()] == expected
    assert discs.get_offsets()[:, 0].tolist() == best_last.geometry.x.tolist()


def test_area_grows_with_emissions_and_unknown_is_smallest(tables: Tables, ax: Drawn) -> None:
    _draw(tables, ax)
    areas = ax.collections[1].get_sizes()
    assert areas[0] == min(areas)  # the site without a score and with unknown emissions
    assert areas[-1] / areas[-2] == pytest.approx(3.1 / 2.2)


def test_hulls_are_drawn_below(tables: Tables, ax: Drawn) -> None:
    _draw(tables, ax)
    hulls, discs = ax.collections[:2]
    assert len(hulls.get_paths()) == 2
    assert hulls.get_zorder() < discs.get_zorder()


def _five_clusters(tables: Tables, *, major: list[bool]) -> GeoDataFrame:
    """Give five clusters far from each other, the largest first."""
    five = tables.clusters.iloc[[0, 0, 0, 0, 0]].reset_index(drop=True)
    places = gpd.points_from_xy([-0.5, 0, 0.5, 1.0, 1.5], [53.5, 54, 54.5, 55, 55.5])
    return five.assign(name=list("VWXYZ"), major=major).set_geometry(places, crs=4326)


def test_major_clusters_are_named_and_small_ones_are_not(tables: Tables, ax: Drawn) -> None:
    clusters = _five_clusters(tables, major=[True, True, True, True, False])
    plot_map(tables.sites, clusters, tables.cluster_hulls, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["V", "W", "X", "Y"]


def test_the_three_largest_are_named_if_none_is_major(tables: Tables, ax: Drawn) -> None:
    plot_map(tables.sites, _five_clusters(tables, major=[False] * 5), tables.cluster_hulls, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["V", "W", "X"]


def test_names_with_mathematics_in_them_are_plain_text(tables: Tables, ax: Drawn) -> None:
    clusters = tables.clusters.assign(name=["$10^{-2} works", None])
    plot_map(tables.sites, clusters, tables.cluster_hulls, ax=ax)
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.texts] == ["$10^{-2} works"]


def test_names_do_not_overlap(tables: Tables, ax: Drawn) -> None:
    clusters = tables.clusters.set_geometry([tables.clusters.geometry[0]] * 2)
    plot_map(tables.sites, clusters, tables.cluster_hulls, ax=ax)
    ax.figure.canvas.draw()
    one, other = (text.get_window_extent() for text in ax.texts)  # both find a place
    assert not one.overlaps(other)


def test_a_figure_of_its_own_has_the_shape_of_the_map(tables: Tables) -> None:
    import matplotlib.pyplot as plt

    tall = plot_map(tables.sites, tables.clusters, tables.cluster_hulls)
    wide_sites = tables.sites.set_geometry(
        gpd.points_from_xy(np.linspace(-20, 40, 6), np.linspace(50, 55, 6)), crs=4326
    )
    wide = plot_map(wide_sites, tables.clusters, tables.cluster_hulls)
    ratios = [ax.figure.bbox.width / ax.figure.bbox.height for ax in (tall, wide)]
    plt.close("all")
    assert ratios[0] < 1.3 < ratios[1]


def test_the_legend_is_in_the_corner_with_fewest_sites(tables: Tables, ax: Drawn) -> None:
    corner = [(-1.0, 53.4), (-0.99, 53.41), (-0.98, 53.42), (3.5, 56.0), (3.4, 56.0), (-1.0, 56.0)]
    sites = tables.sites.set_geometry(gpd.points_from_xy(*zip(*corner, strict=True)), crs=4326)
    plot_map(sites, tables.clusters, tables.cluster_hulls, ax=ax)
    ax.figure.canvas.draw()
    box = ax.get_legend().get_window_extent()
    places = ax.transData.transform(corner)
    assert not any(box.contains(*place) for place in places)


def test_the_aspect_follows_the_latitude(tables: Tables, ax: Drawn) -> None:
    _draw(tables, ax)
    middle = np.mean(ax.get_ylim())
    assert float(ax.get_aspect()) == pytest.approx(1 / np.cos(np.radians(middle)))


def test_the_title_counts_scored_sites(tables: Tables, ax: Drawn) -> None:
    assert _draw(tables, ax).get_title().endswith("5 of 6 sites scored")


def test_without_clusters_or_emissions_it_still_draws(tables: Tables, ax: Drawn) -> None:
    sites = tables.sites.drop(columns="co2_t_per_yr")
    empty = tables.cluster_hulls.iloc[:0]
    plot_map(sites, empty, empty, ax=ax)
    assert len(set(ax.collections[1].get_sizes())) == 1


def test_without_matplotlib_the_message_says_what_to_install(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(OptionError, match=r"pip install standort\[plot\]"):
        plot_map(tables.sites, tables.clusters, tables.cluster_hulls)
