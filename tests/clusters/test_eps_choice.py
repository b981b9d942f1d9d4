"""The k-distance curve: a knee where there is one, none where there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from clusters.plant_layers import along_equator, distances_km, plants

from standort.clusters import NeighbourGraph, suggest_eps
from standort.errors import OptionError
from standort.layers import read_study

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd


def two_densities() -> gpd.GeoDataFrame:
    """Return twenty estates of twenty plants each, and a hundred plants anywhere."""
    rng = np.random.default_rng(0)
    centre = np.repeat(rng.uniform(0, 9, (20, 2)), 20, axis=0)
    dense = centre + rng.normal(0, 0.03, (400, 2))
    lon, lat = np.vstack([dense, rng.uniform(0, 9, (100, 2))]).T
    return plants(lon, lat, ids=range(500))


def test_two_densities_have_a_knee_between_them() -> None:
    """Within an estate the third neighbour is 1 to 6 km away, outside tens of kilometres."""
    result = suggest_eps(two_densities(), min_samples=4, reach_km=100)
    assert result.clear
    assert 3 < result.eps_km < 15
    assert "Knee at" in str(result)


def test_a_gradual_decline_of_density_has_no_knee() -> None:
    """Distances that grow by equal factors are a straight line on the logarithmic axis."""
    step = 1.05 ** np.arange(100)
    result = suggest_eps(along_equator(*np.cumsum(step)), min_samples=2, reach_km=300)
    assert not result.clear
    assert result.bend < 0.05
    assert "No clear knee" in str(result)


def test_the_curve_is_the_sorted_column_of_a_full_matrix() -> None:
    sites = two_densities()
    expected = np.sort(np.sort(distances_km(sites), axis=1)[:, 3])
    result = suggest_eps(sites, min_samples=4, reach_km=20)
    expected[expected > 20] = np.inf
    np.testing.assert_allclose(result.curve, expected, atol=1e-6)
    assert result.neighbour == 3


def test_the_knee_is_the_deepest_point_under_the_chord() -> None:
    result = suggest_eps(two_densities(), min_samples=4, reach_km=50)
    curve = result.curve[np.isfinite(result.curve) & (result.curve >= 0.1)].to_numpy()
    sags = []
    for i, d in enumerate(curve):
        rank = i / (len(curve) - 1)
        height = np.log(d / curve[0]) / np.log(curve[-1] / curve[0])
        sags.append(rank - height)
    assert result.bend == pytest.approx(max(sags), abs=1e-9)
    assert result.eps_km == curve[int(np.argmax(sags))]


def test_a_given_graph_is_used_and_row_order_does_not_matter() -> None:
    sites = two_densities()
    graph = NeighbourGraph.of_sites(sites, reach_km=50)
    expected = suggest_eps(sites, min_samples=4, reach_km=50)
    for result in (
        suggest_eps(sites, graph=graph),
        suggest_eps(sites.sample(frac=1, random_state=1), reach_km=50),
    ):
        assert result.eps_km == expected.eps_km
        assert (result.curve == expected.curve).all()


@pytest.mark.parametrize("n", [0, 1, 5])
def test_few_sites_have_no_knee(n: int) -> None:
    result = suggest_eps(along_equator(*range(n)), min_samples=2)
    assert np.isnan(result.eps_km)
    assert not result.clear
    assert "too few" in str(result)


def test_coincident_sites_have_no_knee() -> None:
    assert not suggest_eps(plants([1.0] * 30, [1.0] * 30)).clear


def test_great_britain_has_no_clear_knee(great_britain_study_path: Path) -> None:
    emitters = read_study(great_britain_study_path).emitters
    for k in (3, 4, 5):
        assert not suggest_eps(emitters, min_samples=k).clear


@pytest.mark.parametrize("min_samples", [1, 0, 2.5, np.nan, np.inf])
def test_a_neighbour_is_needed(min_samples: float) -> None:
    with pytest.raises(OptionError, match="min_samples to be a whole number from 2"):
        suggest_eps(along_equator(0, 1), min_samples=min_samples)  # type: ignore[arg-type]
