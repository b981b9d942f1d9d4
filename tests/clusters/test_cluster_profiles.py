"""Profiles, sectors and lone anchors of clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from clusters.plant_layers import along_equator, cloud_of, clusters_of, distances_km

from standort.clusters import (
    NOISE,
    cluster_profile,
    dbscan,
    lone_anchors,
    sector_mix,
)
from standort.errors import LayerError


@pytest.mark.parametrize("cloud", CLOUDS)
def test_profile_equals_loops(cloud: Any) -> None:  # noqa: ANN401
    sites = cloud_of(cloud)
    labels = clusters_of(sites)
    matrix = distances_km(sites)
    reach = sites.attrs["eps"] * 3
    profile = cluster_profile(sites, labels, adjacent_km=reach)
    label, tonnes = labels["cluster"].to_numpy(), sites["co2_t_per_yr"].to_numpy()
    noise = np.flatnonzero(label == NOISE)
    member = np.flatnonzero(label != NOISE)
    near = [member[np.argmin(matrix[i, member])] for i in noise]
    owner = np.array([label[j] for j in near])
    in_reach = np.array([matrix[i, j] <= reach for i, j in zip(noise, near, strict=True)], bool)
    for c, row in profile.iterrows():
        inside = label == c
        known = np.nan_to_num(tonnes[inside])
        shares = known / known.sum() if known.sum() else np.full(len(known), np.nan)
        assert row["emission_hhi"] == pytest.approx((shares**2).sum(), nan_ok=True)
        parts = pd.Series(shares).groupby(sites["sector"].fillna("-").to_numpy()[inside]).sum()
        if known.sum():
            assert row["sector_hhi"] == pytest.approx((parts**2).sum())
            assert row["anchor_share"] == pytest.approx(shares.max())
        others = member[label[member] != c]
        if len(others):
            gap = matrix[np.ix_(inside, others)].min()
            assert row["nearest_cluster_km"] == pytest.approx(gap, abs=1e-5)
            reached = label[others][matrix[np.ix_(inside, others)].min(axis=0) <= gap + 1e-6]
            assert row["nearest_cluster"] in reached
        assert row["n_core"] == (inside & (labels["role"] == "core")).sum()
        if (
            len(set(np.round(matrix[np.ix_(noise, member)], 6).ravel()))
            == matrix[np.ix_(noise, member)].size
        ):  # no ties between clusters
            assert row["n_satellites"] == ((owner == c) & in_reach).sum()


def test_profile_of_a_worked_case() -> None:
    sites = along_equator(
        0, 1, 2, 3, 20, 22, 500, 501, 502, 503,
        co2_t_per_yr=[2e6, 1e6, 1e6, np.nan, 1.5e6, np.nan, 0, 0, 0, 0],
        sector=["Steel", "Cement", "Cement", "Glass", "Steel", "Glass", *["Paper"] * 4],
        name=["Works", "Kiln", "Mill", "Oven", "Far", "Off", *["Mill"] * 4],
    )  # fmt: skip
    profile = cluster_profile(sites, dbscan(sites, emissions="co2_t_per_yr"))
    first = profile.iloc[0]
    assert first["anchor_share"] == 0.5
    assert first["emission_hhi"] == 0.5**2 + 2 * 0.25**2
    assert first["sector_hhi"] == 0.5
    assert first["sectors"] == "Cement 50 %, Steel 50 %"
    assert (first["n_satellites"], first["satellites_mt_per_yr"]) == (2, 1.5)
    assert first["n_lone_anchors"] == 1
    assert first["nearest_cluster_km"] == pytest.approx(497.0, abs=1e-3)
    assert first["elongation"] == pytest.approx(1.0, abs=1e-4)
    assert first["sites_per_100_km2"] == pytest.approx(400 / first["hull_km2"])
    # a strip of 3 km with round ends of 2 km
    assert first["hull_km2"] == pytest.approx(3 * 4 + np.pi * 4, rel=0.05)
    second = profile.iloc[1]
    assert np.isnan(second[["anchor_share", "emission_hhi", "sector_hhi"]].astype(float)).all()
    assert second["sectors"] == ""
    assert profile["label"].tolist() == ["Works", "Mill"]


def test_emissions_of_unknown_satellites_are_unknown_not_zero() -> None:
    sites = along_equator(0, 1, 2, 3, 20, co2_t_per_yr=[1e6, 1, 1, 1, np.nan])
    profile = cluster_profile(sites, dbscan(sites))
    assert profile["n_satellites"].tolist() == [1]
    assert np.isnan(profile["satellites_mt_per_yr"].iloc[0])
    without = cluster_profile(sites.iloc[:4], dbscan(sites.iloc[:4]))
    assert without["satellites_mt_per_yr"].tolist() == [0.0]


def test_repeated_names_are_numbered() -> None:
    sites = along_equator(0, 1, 2, 3, 100, 101, 102, 103, co2_t_per_yr=1.0, name="Mill")
    assert cluster_profile(sites, dbscan(sites))["label"].tolist() == ["Mill", "Mill (2)"]


def test_stable_ids_depend_on_the_cores_alone() -> None:
    chain = along_equator(*(9.0 * i for i in range(12)), co2_t_per_yr=1.0)
    whole = cluster_profile(chain, dbscan(chain, min_samples=3))["stable_id"].iloc[0]
    more = along_equator(*(9.0 * i for i in range(12)), 500, 501, 502, co2_t_per_yr=1.0)
    more.loc[["s12", "s13", "s14"], "co2_t_per_yr"] = 1e6
    labels = dbscan(more, min_samples=3, emissions="co2_t_per_yr")
    assert cluster_profile(more, labels)["stable_id"].iloc[1] == whole
    # without its end, the site beside it is a border: another set of cores
    shorter = chain.iloc[1:]
    changed = cluster_profile(shorter, dbscan(shorter, min_samples=3))["stable_id"].iloc[0]
    assert changed != whole


def test_profile_without_clusters_sectors_and_sites() -> None:
    apart = along_equator(0, 100, co2_t_per_yr=[3e6, 1.0])
    profile = cluster_profile(apart, dbscan(apart))
    assert len(profile) == 0
    assert "sectors" not in profile
    assert lone_anchors(apart, dbscan(apart)).index.tolist() == ["s00"]
    empty = apart.iloc[:0]
    assert len(cluster_profile(empty, dbscan(empty))) == 0


def test_lone_anchors_are_large_noise_with_distances() -> None:
    sites = along_equator(0, 1, 2, 3, 20, 100, co2_t_per_yr=[5e6, 1, 1, 1, 1e6, 2e6])
    labels = lone_anchors(sites, dbscan(sites))
    assert labels.index.tolist() == ["s05", "s04"]
    assert labels["tier"].tolist() == ["dispersed", "adjacent"]
    assert labels["cluster_distance_km"].tolist() == pytest.approx([97.0, 17.0], abs=1e-3)


def test_sector_mix_adds_up() -> None:
    sites = cloud_of(CLOUDS[3])
    labels = clusters_of(sites)
    mix = sector_mix(sites, labels)
    table = cluster_profile(sites, labels)
    np.testing.assert_allclose(mix["n_sites"].groupby("cluster").sum(), table["n_sites"])
    np.testing.assert_allclose(mix["n_unknown"].groupby("cluster").sum(), table["n_unknown"])
    np.testing.assert_allclose(mix["share"].groupby("cluster").sum(min_count=1).dropna(), 1.0)
    with pytest.raises(LayerError, match="expected a column 'sector'"):
        sector_mix(sites.drop(columns="sector"), labels)
