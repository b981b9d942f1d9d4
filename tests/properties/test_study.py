"""A score is a matter of the site and its surroundings alone: not of who else is scored, or how.

Equality is of bits, not of rounded numbers (decisions 16 to 20; method.md F.2).
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from study.small_studies import (
    all_layers,
    assert_same_clusters,
    assert_same_rows,
    points,
    study_of,
)

from standort.errors import StandortWarning
from standort.scoring import load_profile
from standort.study import Result, score

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = (1, 2)
N_SITES = 60


@cache
def full(seed: int) -> Result:
    return score(study_of(all_layers(seed, N_SITES)))


def scored(seed: int, **changed: object) -> Result:
    return score(study_of(all_layers(seed, N_SITES), **changed))


# ------------------------------------------------------------------ subsets and order


@settings(max_examples=6)
@given(st.sampled_from(SEEDS), st.lists(st.integers(0, N_SITES - 1), min_size=1, unique=True))
def test_any_subset_of_sites_has_the_bits_of_the_full_run(seed: int, rows: list[int]) -> None:
    """F.2 no. 12."""
    part = scored(seed, sites=all_layers(seed, N_SITES)["emitters"].iloc[rows])
    assert part.sites.index.tolist() == full(seed).sites.index[rows].tolist()
    assert_same_rows(part, full(seed))
    assert_same_clusters(part, full(seed))


@pytest.mark.parametrize("row", range(0, N_SITES, 12))
def test_one_site_alone_has_the_bits_of_the_full_run(row: int) -> None:
    one = scored(1, sites=all_layers(1, N_SITES)["emitters"].iloc[[row]])
    assert len(one.sites) == 1
    assert_same_rows(one, full(1))
    shares = full(1).contributions
    expected = shares[shares["site_id"] == one.sites.index[0]].reset_index(drop=True)
    numbers = ["value", "partial_value", "weight", "contribution"]
    pd.testing.assert_frame_equal(one.contributions[numbers], expected[numbers], check_exact=True)


@pytest.mark.parametrize("n_more", [1, 9_000])
def test_sites_that_are_no_emitters_change_nobody(n_more: int) -> None:
    rng = np.random.default_rng(5)
    more = points(
        3.5 + 1.6 * rng.random(n_more),
        51.3 + 0.8 * rng.random(n_more),
        id_name="site_id",
        site_id=[f"new{i}" for i in range(n_more)],
    )
    emitting = all_layers(1, N_SITES)["emitters"]
    both = scored(1, sites=pd.concat([more, emitting], ignore_index=True))
    kept = full(1).sites.drop(columns=["rank", "geometry"]).select_dtypes("float64")
    actual = both.sites.loc[kept.index, kept.columns]
    np.testing.assert_array_equal(actual.to_numpy(), kept.to_numpy())
    assert_same_clusters(both, full(1))


@settings(max_examples=4)
@given(st.sampled_from(SEEDS), st.integers(0, 10_000))
def test_row_order_of_every_layer_changes_no_bit(seed: int, shuffle: int) -> None:
    """F.2 nos. 1 and 2."""
    rng = np.random.default_rng(shuffle)
    shuffled = {
        name: layer.iloc[rng.permutation(len(layer))]
        for name, layer in all_layers(seed, N_SITES).items()
    }
    result = score(study_of(shuffled))
    assert result.sites.index.tolist() == shuffled["emitters"]["site_id"].tolist()
    assert_same_rows(result, full(seed))
    assert_same_clusters(result, full(seed))
    ranks = full(seed).sites["rank"].loc[result.sites.index]
    pd.testing.assert_series_equal(result.sites["rank"], ranks)


def test_the_same_study_twice() -> None:
    assert_same_rows(scored(1), full(1))


def test_columns_do_not_depend_on_which_sites_are_scored() -> None:
    emitting = all_layers(1, N_SITES)["emitters"]
    for row in range(5):
        one = scored(1, sites=emitting.iloc[[row]])
        assert list(one.sites.columns) == list(full(1).sites.columns)


# ------------------------------------------------------------------ layers coming in


@settings(max_examples=3)
@given(st.permutations(sorted(set(all_layers()) - {"emitters"})))
def test_adding_layers_of_known_quantities_never_takes_a_score_away(order: list[str]) -> None:
    """Decision 5."""
    layers = {"emitters": all_layers(2, 20)["emitters"]}
    before = score(study_of(layers)).sites["score"].notna()
    for start in range(0, len(order), 4):
        for name in order[start : start + 4]:
            layer = all_layers(2, 20)[name]
            numbers = layer.select_dtypes("number").columns
            layers[name] = layer.fillna(dict.fromkeys(numbers, 0.0))
        after = score(study_of(layers)).sites["score"].notna()
        assert (before <= after).all()
        before = after
    assert before.any()


def test_features_beyond_every_reach_change_nothing() -> None:
    """F.2 no. 9: an emitter and a plant on the other side of the Earth."""
    layers = all_layers(1, N_SITES)
    far = gpd.GeoDataFrame(
        {"feature_id": ["far"], "capacity_mw": [9e4]}, geometry=[shapely.Point(-176, -51)], crs=4326
    )
    added = pd.concat([layers["renewables"], far], ignore_index=True)
    result = score(study_of(layers, renewables=added))
    assert_same_rows(result, full(1))


def test_a_duplicate_feature_changes_sums_but_no_distance() -> None:
    """F.2 no. 8."""
    layers = all_layers(1, N_SITES)
    twice = {
        name: pd.concat(
            [layers[name], layers[name].assign(feature_id=lambda t: t["feature_id"] + "+")]
        )
        for name in ("ports", "co2_storage", "pipelines", "renewables", "land")
    }
    actual, once = score(study_of(layers, **twice)).sites, full(1).sites
    for name in ("port_distance_km", "co2_storage_distance_km", "pipeline_distance_km"):
        np.testing.assert_array_equal(actual[name], once[name])
    for name in ("port_distance_feature", "co2_storage_distance_feature"):
        assert actual[name].tolist() == once[name].tolist()  # a tie goes to the smaller id
    for name in ("renewable_capacity_gw", "developable_land_ha"):
        np.testing.assert_allclose(actual[name], 2.0 * once[name], rtol=1e-12)


# ------------------------------------------------------------------ the Earth turned and mirrored


def moved(move: Callable[[Any], Any]) -> Result:
    """Score the first study with every coordinate moved."""
    layers = {
        name: layer.set_geometry(shapely.transform(layer.geometry.to_numpy(), move), crs=4326)
        for name, layer in all_layers(1, N_SITES).items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StandortWarning)  # counts what was wrapped or cut
        return score(study_of(layers))


def assert_close_scores(result: Result) -> None:
    expected = full(1).sites
    distances = [c for c in expected if str(c).endswith("_km")]
    # lines and polygons are measured to 1 m or better, and cut anew at the antimeridian
    np.testing.assert_allclose(
        result.sites[distances].to_numpy(dtype=float),
        expected[distances].to_numpy(dtype=float),
        atol=1e-3,
    )
    np.testing.assert_allclose(result.sites["score"], expected["score"], atol=1e-4)
    assert result.sites["cluster"].equals(expected["cluster"])
    assert result.sites["tier"].equals(expected["tier"])


@pytest.mark.parametrize("turn", [10.0, 175.9, -120.0])
def test_turning_the_earth_changes_no_score(turn: float) -> None:
    """F.2 no. 5; with 175.9 degrees the study lies across the antimeridian."""
    assert_close_scores(
        moved(lambda xy: np.column_stack([(xy[:, 0] + turn + 180.0) % 360.0 - 180.0, xy[:, 1]]))
    )


def test_the_mirror_of_the_earth_changes_no_score() -> None:
    """F.2 no. 6."""
    assert_close_scores(moved(lambda xy: xy * np.array([1.0, -1.0])))


def test_longitudes_a_whole_turn_on_change_no_score() -> None:
    """F.2 no. 4."""
    assert_close_scores(moved(lambda xy: xy - np.array([360.0, 0.0])))


# ------------------------------------------------------------------ scores


@settings(max_examples=4)
@given(st.integers(10, 10_000))
def test_scores_lie_in_range_and_order(seed: int) -> None:
    """F.2 no. 15: in [0, 1], minimum <= geometric <= arithmetic <= the largest component."""
    sites = score(study_of(all_layers(seed, 25))).sites
    numbers = sites[[c for c in sites if str(c).startswith("score") or str(c).endswith("_value")]]
    inside = (numbers >= 0.0) & (numbers <= 1.0)
    assert (inside | numbers.isna()).all(axis=None)
    known = sites.dropna(subset="score")
    components = [c.id for c in load_profile("net-zero").components]
    assert (known["score_minimum"] <= known["score_geometric"]).all()
    assert (known["score_geometric"] <= known["score_arithmetic"]).all()
    assert (known["score_arithmetic"] <= known[components].max(axis=1) + 1e-15).all()
    assert (known["score_min"] <= known["score"]).all()
    assert (known["score"] <= known["score_max"]).all()
