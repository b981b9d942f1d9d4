"""Positions that may be off: what that does to clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from standort.clusters import dbscan, displaced_clusters, explore_clusters, membership
from standort.earth import wgs84
from standort.errors import LayerError, OptionError

if TYPE_CHECKING:
    from pathlib import Path


def plants(lon: list[float], lat: list[float], **columns: list[float]) -> geopandas.GeoDataFrame:
    ids = [f"plant {n:03}" for n in range(len(lon))]
    points = geopandas.points_from_xy(lon, lat, crs=4326)
    return geopandas.GeoDataFrame({"site_id": ids, **columns}, geometry=points)


def test_the_share_of_a_pair_is_the_probability_of_its_distance() -> None:
    """Two plants east of each other: their distance is about normal, of variance 2 sd^2."""
    pairs, draws, sd = 80, 50, 0.3
    west = np.arange(pairs) - pairs / 2  # a degree apart, so that no pair meets another
    east, _, _ = wgs84().fwd(0.0, 0.0, 90.0, 10_300.0)
    moved = displaced_clusters(
        plants([*west, *(west + east)], [0.0] * 2 * pairs),
        eps_km=10,
        min_samples=2,
        draws=draws,
        position_sd_km=sd,
    )
    expected = norm.cdf((10.0 - 10.3 - sd**2 / (2 * 10.3) * 2) / (sd * np.sqrt(2)))
    np.testing.assert_array_equal(moved.label[:, :pairs], moved.label[:, pairs:])
    error = np.sqrt(expected * (1 - expected) / (pairs * draws))
    assert (moved.label >= 0).mean() == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize("lon", [0.0, 180.0])
def test_positions_move_alike_everywhere(lon: float) -> None:
    """Displaced coincident plants: distances are Rayleigh, whose median is sd sqrt(4 ln 2)."""
    sd, draws = 0.3, 2_000
    eps = sd * np.sqrt(4 * np.log(2))
    sites = plants([lon] * 6, [0.0, 90.0, -90.0] * 2)
    moved = displaced_clusters(sites, eps_km=eps, min_samples=2, draws=draws, position_sd_km=sd)
    share = (moved.label[:, :3] >= 0).mean(axis=0)
    np.testing.assert_array_equal(moved.label[:, :3], moved.label[:, 3:])
    assert share == pytest.approx([0.5] * 3, abs=4 * 0.5 / np.sqrt(draws))


def test_a_known_precision_overrides_the_default() -> None:
    exact = plants([0.0, 0.085], [0.0, 0.0], precision_km=[0.0, 0.0])
    moved = displaced_clusters(exact, eps_km=10, min_samples=2, draws=50, position_sd_km=5.0)
    assert (moved.label == 0).all()
    unknown = plants([0.0, 0.085], [0.0, 0.0], precision_km=[np.nan, 0.0])
    loose = displaced_clusters(unknown, eps_km=10, min_samples=2, draws=50, position_sd_km=5.0)
    assert 0 < (loose.label == 0).mean() < 1


def test_neither_row_order_nor_other_sites_move_a_site() -> None:
    rng = np.random.default_rng(3)
    some = plants(list(rng.uniform(0, 0.5, 60)), list(rng.uniform(50, 50.3, 60)))
    far = plants([90.0], [0.0]).assign(site_id="far away")
    shuffled = pd.concat([far, some.sample(frac=1, random_state=1)], ignore_index=True)

    def shares(sites: geopandas.GeoDataFrame) -> pd.Series[float]:
        moved = displaced_clusters(sites, eps_km=5, min_samples=4, draws=20)
        result = dbscan(sites, eps_km=5, min_samples=4)
        table = membership(moved, result).set_index(sites["site_id"])
        return table["clustered_share"].drop("far away", errors="ignore").sort_index()

    assert 0 < shares(some).mean() < 1
    pd.testing.assert_series_equal(shares(some), shares(shuffled), check_exact=True)


def test_invalid_options_and_precisions_raise() -> None:
    both = plants([0.0, 0.1], [0.0, 0.0], precision_km=[0.1, -1.0])
    with pytest.raises(
        LayerError, match="'precision_km' must not be negative, but is at 'plant 001'"
    ):
        displaced_clusters(both)
    with pytest.raises(OptionError, match="draws to be a whole number from 1"):
        displaced_clusters(both, draws=0)


def test_exploration_reports_shares_over_positions(europe_study_path: Path) -> None:
    emitters = geopandas.read_file(europe_study_path, layer="emitters").head(800)
    result = explore_clusters(emitters, eps_km=[5, 10], min_samples=[4]).sites
    share, member = result["position_clustered_share"], result["cluster"] >= 0
    assert share[member].mean() > 0.9
    assert share[~member].mean() < 0.1
    fixed = explore_clusters(emitters, eps_km=[5, 10], min_samples=[4], position_sd_km=None).sites
    assert "position_clustered_share" not in fixed
