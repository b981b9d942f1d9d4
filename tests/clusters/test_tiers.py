"""Tiers, lone anchors and distances to clusters, for emitters and for other sites."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from clouds import dense_cloud
from clusters.plant_layers import along_equator, plants
from oracles import geodesic_matrix

from standort.clusters import NOISE, assign_tiers, dbscan
from standort.errors import AlignmentError, OptionError

CHAIN = (0.0, 1.0, 2.0, 3.0, 27.9, 28.1, 400.0)
"""A cluster of four, one 24.9 and one 25.1 km from its nearest member, one far away."""


def test_tiers_by_hand() -> None:
    emissions = [1e5, 1e5, 1e5, 1e5, np.nan, 1e6, 0.99e6]
    emitters = along_equator(*CHAIN, co2_t_per_yr=emissions)
    tiers = assign_tiers(emitters, emitters, dbscan(emitters))
    assert tiers["tier"].tolist() == ["member"] * 4 + ["adjacent", "dispersed", "dispersed"]
    assert tiers["cluster"].tolist() == [0, 0, 0, 0, NOISE, NOISE, NOISE]
    assert tiers["role"].tolist() == ["core"] * 4 + ["noise"] * 3
    assert tiers["cluster_distance_km"].tolist() == pytest.approx(
        [0, 0, 0, 0, 24.9, 25.1, 397], abs=1e-6
    )


def test_lone_anchor_is_missing_where_emissions_are_unknown() -> None:
    emissions = [5e6, np.nan, 1e5, 1e5, np.nan, 1e6, 0.99e6]
    emitters = along_equator(*CHAIN, co2_t_per_yr=emissions)
    flags = assign_tiers(emitters, emitters, dbscan(emitters))["lone_anchor"]
    # members are no lone anchors, however large or unknown
    assert flags.tolist() == [False, False, False, False, pd.NA, True, False]
    assert flags.dtype == "boolean"


def test_lone_anchor_limit_is_inclusive_and_an_option() -> None:
    emitters = along_equator(0, 50, co2_t_per_yr=[5e5, 4.99e5])
    labels = dbscan(emitters)
    flags = assign_tiers(emitters, emitters, labels, lone_anchor_mt=0.5)["lone_anchor"]
    assert flags.tolist() == [True, False]


def test_adjacent_limit_is_an_option() -> None:
    emitters = along_equator(*CHAIN, co2_t_per_yr=[1e5] * 7)
    tiers = assign_tiers(emitters, emitters, dbscan(emitters), adjacent_km=24.0)["tier"]
    assert tiers.tolist()[4:] == ["dispersed"] * 3


def test_sites_that_are_not_emitters() -> None:
    emitters = along_equator(*CHAIN, co2_t_per_yr=[1e6] * 7)
    sites = along_equator(1.0, 10.0, 60.0, ids=["on a member", "near", "far"])
    tiers = assign_tiers(sites, emitters, dbscan(emitters))
    assert tiers.index.equals(sites.index)
    assert tiers["tier"].tolist() == ["adjacent", "adjacent", "dispersed"]
    assert tiers["cluster"].isna().all()
    assert tiers["role"].isna().all()
    assert tiers["lone_anchor"].tolist() == [False] * 3
    assert tiers["cluster_distance_km"].tolist() == pytest.approx([0.0, 7.0, 57.0], abs=1e-6)


def test_a_site_with_the_id_of_an_emitter_is_that_emitter() -> None:
    emitters = along_equator(*CHAIN, co2_t_per_yr=[3e6] * 7)
    sites = along_equator(0.0, 3.1, 400.0, ids=["s00", "other", "s06"])
    tiers = assign_tiers(sites, emitters, dbscan(emitters))
    assert tiers["tier"].tolist() == ["member", "adjacent", "dispersed"]
    assert tiers["cluster"].tolist() == [0, pd.NA, NOISE]
    assert tiers["lone_anchor"].tolist() == [False, False, True]


def test_ids_are_compared_as_text() -> None:
    emitters = along_equator(0, 1, 2, 3, ids=[1, 2, 3, 4], co2_t_per_yr=[1.0] * 4)
    sites = along_equator(0, 1, ids=["1", "9"])
    assert assign_tiers(sites, emitters, dbscan(emitters))["tier"].tolist() == [
        "member",
        "adjacent",
    ]


def test_distance_to_a_major_cluster() -> None:
    at = [0, 1, 2, 100, 101, 102, 150]
    emitters = along_equator(*at, co2_t_per_yr=[1e6, 1e6, 0, 1e5, 1e5, np.nan, 1e5])
    tiers = assign_tiers(emitters, emitters, dbscan(emitters, min_samples=3))
    assert tiers["major_cluster_distance_km"].tolist() == pytest.approx(
        [0, 0, 0, 98, 99, 100, 148], abs=1e-6
    )
    assert tiers["cluster_distance_km"].tolist()[-1] == pytest.approx(48, abs=1e-6)


def test_no_major_cluster_is_infinitely_far() -> None:
    emitters = along_equator(0, 1, 2, 30, co2_t_per_yr=[1e5] * 4)
    tiers = assign_tiers(emitters, emitters, dbscan(emitters, min_samples=3))
    assert np.isinf(tiers["major_cluster_distance_km"]).all()
    assert np.isfinite(tiers["cluster_distance_km"]).all()


def test_ten_plants_of_200_000_tonnes_are_major() -> None:
    emitters = along_equator(*range(10), co2_t_per_yr=[2e5] * 10)
    tiers = assign_tiers(emitters, emitters, dbscan(emitters))
    assert tiers["major_cluster_distance_km"].tolist() == [0.0] * 10


def test_no_clusters() -> None:
    emitters = along_equator(0, 50, co2_t_per_yr=[1e6, np.nan])
    tiers = assign_tiers(emitters, emitters, dbscan(emitters))
    assert tiers["tier"].tolist() == ["dispersed"] * 2
    assert tiers["lone_anchor"].tolist() == [True, pd.NA]
    assert np.isinf(tiers[["cluster_distance_km", "major_cluster_distance_km"]]).all(axis=None)


def test_no_emitters() -> None:
    emitters = along_equator(0.0, co2_t_per_yr=[1e6]).iloc[:0]
    tiers = assign_tiers(along_equator(0.0, 1.0), emitters, dbscan(emitters))
    assert tiers["tier"].tolist() == ["dispersed"] * 2
    assert tiers["cluster"].isna().all()
    assert np.isinf(tiers["cluster_distance_km"]).all()


def test_distances_equal_brute_force() -> None:
    rng = np.random.default_rng(9)
    emitters = plants(
        *dense_cloud(rng, 60), ids=range(60), co2_t_per_yr=rng.lognormal(12.5, 1.0, 60)
    )
    sites = plants(*dense_cloud(rng, 50), ids=range(1000, 1050))
    labels = dbscan(emitters, eps_km=1.0, min_samples=3, emissions="co2_t_per_yr")
    tiers = assign_tiers(sites, emitters, labels, adjacent_km=1.0, major_mt=2.5)
    distance = (
        geodesic_matrix(
            sites.geometry.x.to_numpy(),
            sites.geometry.y.to_numpy(),
            emitters.geometry.x.to_numpy(),
            emitters.geometry.y.to_numpy(),
        )
        / 1e3
    )
    label = labels["cluster"].to_numpy()
    nearest = distance[:, label != NOISE].min(axis=1)
    total = emitters.groupby(label)["co2_t_per_yr"].sum().drop(NOISE, errors="ignore")
    major = np.isin(label, total.index[total >= 2.5e6])
    assert 0 < major.sum() < (label != NOISE).sum()
    np.testing.assert_allclose(tiers["cluster_distance_km"], nearest, atol=1e-6)
    np.testing.assert_allclose(
        tiers["major_cluster_distance_km"], distance[:, major].min(axis=1), atol=1e-6
    )
    assert (tiers["tier"] == np.where(nearest <= 1.0, "adjacent", "dispersed")).all()


@pytest.mark.parametrize("option", ["adjacent_km", "major_mt"])
@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan])
def test_limits_must_be_positive(option: str, limit: float) -> None:
    emitters = along_equator(0, 1, co2_t_per_yr=[1.0, 1.0])
    with pytest.raises(OptionError, match=f"expected {option} to be a positive number"):
        assign_tiers(emitters, emitters, dbscan(emitters), **{option: limit})


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan])
def test_lone_anchor_limit_must_be_positive(limit: float) -> None:
    emitters = along_equator(0, 1, co2_t_per_yr=[1.0, 1.0])
    with pytest.raises(OptionError, match="expected lone_anchor_mt to be a positive number"):
        assign_tiers(emitters, emitters, dbscan(emitters), lone_anchor_mt=limit)


def test_the_message_for_emissions_names_their_unit() -> None:
    emitters = along_equator(0, 1, co2_t_per_yr=[1.0, 1.0])
    with pytest.raises(OptionError) as error:
        assign_tiers(emitters, emitters, dbscan(emitters), major_mt=-1)
    assert "kilometre" not in str(error.value)


def test_labels_of_other_rows_raise() -> None:
    emitters = along_equator(0, 1, 2, 100, co2_t_per_yr=[1.0] * 4)
    labels = dbscan(emitters, min_samples=3)
    with pytest.raises(AlignmentError):
        assign_tiers(emitters, emitters, labels.iloc[::-1])
