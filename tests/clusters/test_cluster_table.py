"""The table of clusters against brute force: totals, anchors, centroids, diameters, distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from clouds import dense_cloud, polar_cloud, seam_cloud
from clusters.plant_layers import along_equator, distances_km, plants

from standort.clusters import NOISE, cluster_table, dbscan
from standort.earth import geocentric
from standort.errors import AlignmentError, LayerError

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]


def unknown_plants(cloud: Cloud, n: int = 90) -> gpd.GeoDataFrame:
    """Return emitters of which a third are unknown and some emit nothing."""
    rng = np.random.default_rng(21)
    emissions = rng.lognormal(12.0, 1.5, n)
    emissions[rng.random(n) < 0.33] = np.nan
    emissions[rng.random(n) < 0.1] = 0.0
    return plants(*cloud(rng, n), ids=rng.permutation(n).tolist(), co2_t_per_yr=emissions)


def clustered(cloud: Cloud) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    sites = unknown_plants(cloud)
    eps = {"dense_cloud": 1.5, "seam_cloud": 120.0, "polar_cloud": 40.0}[cloud.__name__]
    labels = dbscan(sites, eps_km=eps, min_samples=3, emissions="co2_t_per_yr")
    assert labels["cluster"].max() >= 1, "the test needs several clusters"
    return sites, labels


CLUSTERED = pytest.mark.parametrize("cloud", [dense_cloud, seam_cloud, polar_cloud])


@CLUSTERED
def test_totals_numbers_and_anchor(cloud: Cloud) -> None:
    sites, labels = clustered(cloud)
    table = cluster_table(sites, labels)
    groups = sites.assign(cluster=labels["cluster"]).query(f"cluster != {NOISE}").groupby("cluster")
    assert table.index.tolist() == sorted(groups.groups)
    for cluster, group in groups:
        row = table.loc[cluster]
        emissions = group["co2_t_per_yr"].sort_index()
        assert row["n_sites"] == len(group)
        assert row["n_unknown"] == emissions.isna().sum()
        expected = emissions.sum(min_count=1) / 1e6
        np.testing.assert_allclose(row["co2_mt_per_yr"], expected, rtol=1e-12)
        assert row["anchor"] == (emissions.idxmax() if emissions.notna().any() else group.index[0])
        np.testing.assert_allclose(row["anchor_mt_per_yr"], emissions.max() / 1e6, rtol=1e-15)
        assert row["name"] == str(row["anchor"])


@CLUSTERED
def test_diameter_and_mean_distance_equal_brute_force(cloud: Cloud) -> None:
    sites, labels = clustered(cloud)
    table = cluster_table(sites, labels)
    distance, label = distances_km(sites), labels["cluster"].to_numpy()
    known = sites["co2_t_per_yr"].fillna(0.0).to_numpy()
    for cluster, row in table.iterrows():
        member = np.flatnonzero(label == cluster)
        inside = distance[np.ix_(member, member)]
        weight = known[member] if (known[member] > 0).sum() > 1 else np.ones(len(member))
        pairs = np.triu_indices(len(member), 1)
        joint = np.outer(weight, weight)[pairs]
        assert row["diameter_km"] == pytest.approx(inside.max(), abs=1e-6)
        mean = (joint * inside[pairs]).sum() / joint.sum()
        assert row["mean_pairwise_distance_km"] == pytest.approx(mean, abs=1e-6)


@CLUSTERED
def test_centroid_is_the_weighted_mean_in_space(cloud: Cloud) -> None:
    sites, labels = clustered(cloud)
    table = cluster_table(sites, labels)
    points = geocentric(sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy())
    for cluster, row in table.iterrows():
        member = (labels["cluster"] == cluster).to_numpy()
        weight = sites["co2_t_per_yr"].fillna(0.0).to_numpy()[member]
        weight = weight if weight.sum() > 0 else np.ones(member.sum())
        mean = (points[member] * weight[:, np.newaxis]).sum(axis=0)
        there = geocentric(np.array([row.geometry.x]), np.array([row.geometry.y]))[0]
        cosine = mean @ there / np.linalg.norm(mean) / np.linalg.norm(there)
        assert cosine == pytest.approx(1.0, abs=1e-14)
    assert table.crs == "EPSG:4326"


def test_centroid_by_hand() -> None:
    sites = plants([10.0, 10.04], [0.0, 0.0], co2_t_per_yr=[3e6, 1e6])
    centre = cluster_table(sites, dbscan(sites, min_samples=2)).geometry.iloc[0]
    assert (centre.x, centre.y) == pytest.approx((10.01, 0.0), abs=1e-8)


def test_centroid_across_the_antimeridian_stays_there() -> None:
    sites = plants([179.98, -179.98, -179.98], [1.0, 1.0, 1.0], co2_t_per_yr=[2e6, 1e6, 1e6])
    centre = cluster_table(sites, dbscan(sites, min_samples=3)).geometry.iloc[0]
    assert abs(centre.x) == pytest.approx(180.0, abs=1e-6)
    assert centre.y == pytest.approx(1.0, abs=1e-5)


def test_chain_of_99_km() -> None:
    """Method F.1 no. 13, the extent; the mean over pairs of a chain of n steps is (n + 2) / 3."""
    chain = along_equator(*(9.0 * i for i in range(12)), co2_t_per_yr=[1e5] * 12)
    table = cluster_table(chain, dbscan(chain, min_samples=3))
    assert table["diameter_km"].tolist() == pytest.approx([99.0], abs=1e-6)
    assert table["mean_pairwise_distance_km"].tolist() == pytest.approx([9 * 13 / 3], abs=1e-6)


def test_mean_distance_is_weighted_by_the_product_of_emissions() -> None:
    # pairs: 1 km weighs 1 * 2, 3 km weighs 1 * 4, 2 km weighs 2 * 4: (2 + 12 + 16) / 14
    sites = along_equator(0, 1, 3, co2_t_per_yr=[1e6, 2e6, 4e6])
    table = cluster_table(sites, dbscan(sites, min_samples=3))
    assert table["mean_pairwise_distance_km"].tolist() == pytest.approx([30 / 14], abs=1e-7)


@pytest.mark.parametrize("emissions", [[np.nan] * 3, [0.0, 0.0, 0.0], [5e6, np.nan, 0.0]])
def test_mean_distance_is_unweighted_where_fewer_than_two_emit(emissions: list[float]) -> None:
    sites = along_equator(0, 1, 3, co2_t_per_yr=emissions)
    table = cluster_table(sites, dbscan(sites, min_samples=3))
    assert table["mean_pairwise_distance_km"].tolist() == pytest.approx([2.0], abs=1e-7)


def test_all_unknown_cluster() -> None:
    sites = along_equator(0, 1, 2, ids=["c", "b", "a"], co2_t_per_yr=[np.nan] * 3)
    row = cluster_table(sites, dbscan(sites, min_samples=3)).iloc[0]
    assert np.isnan(row["co2_mt_per_yr"])
    assert np.isnan(row["anchor_mt_per_yr"])
    assert (row["n_sites"], row["n_unknown"], row["anchor"]) == (3, 3, "a")
    assert row["diameter_km"] == pytest.approx(2.0, abs=1e-7)


def test_known_zero_is_not_unknown() -> None:
    sites = along_equator(0, 1, 2, co2_t_per_yr=[0.0, 0.0, np.nan])
    row = cluster_table(sites, dbscan(sites, min_samples=3)).iloc[0]
    assert (row["co2_mt_per_yr"], row["anchor"], row["anchor_mt_per_yr"]) == (0.0, "s00", 0.0)


def test_tied_anchor_goes_by_id_and_names_come_from_the_anchor() -> None:
    sites = along_equator(
        0, 1, 2, ids=["c", "b", "a"], co2_t_per_yr=[5.0, 5.0, 1.0], name=["Works", None, "Mill"]
    )
    table = cluster_table(sites, dbscan(sites, min_samples=3))
    assert table["anchor"].tolist() == ["b"]
    assert table["name"].tolist() == ["b"]
    assert cluster_table(sites.iloc[[0, 2]], dbscan(sites.iloc[[0, 2]], min_samples=2))[
        "name"
    ].tolist() == ["Works"]


def test_cluster_of_one_has_no_pair() -> None:
    sites = along_equator(0.0, co2_t_per_yr=[1e6])
    row = cluster_table(sites, dbscan(sites, min_samples=1)).iloc[0]
    assert row["diameter_km"] == 0.0
    assert np.isnan(row["mean_pairwise_distance_km"])


def test_coincident_members() -> None:
    sites = plants([4.0] * 4, [52.0] * 4, co2_t_per_yr=[1e6] * 4)
    row = cluster_table(sites, dbscan(sites)).iloc[0]
    assert (row["diameter_km"], row["mean_pairwise_distance_km"]) == (0.0, 0.0)
    assert (row.geometry.x, row.geometry.y) == pytest.approx((4.0, 52.0), abs=1e-12)


def test_no_cluster_is_an_empty_table_with_the_same_columns() -> None:
    sites = along_equator(0, 1, 2, co2_t_per_yr=[1.0] * 3)
    full = cluster_table(sites, dbscan(sites, min_samples=3))
    empty = cluster_table(sites, dbscan(sites, min_samples=4))
    assert len(empty) == 0
    assert list(empty.columns) == list(full.columns)
    assert empty.crs == full.crs


@pytest.mark.parametrize(("total_mt", "major"), [(1.999, False), (2.0, True), (2.001, True)])
def test_major_from_the_limit_on(total_mt: float, *, major: bool) -> None:
    sites = along_equator(0, 1, 2, 3, co2_t_per_yr=[total_mt * 1e6 - 3e5, 1e5, 1e5, 1e5])
    assert cluster_table(sites, dbscan(sites)).loc[0, "major"] == major
    assert not cluster_table(sites, dbscan(sites), major_mt=3.0).loc[0, "major"]


def test_ten_plants_of_200_000_tonnes_are_a_major_cluster() -> None:
    sites = along_equator(*range(10), co2_t_per_yr=[2e5] * 10)
    row = cluster_table(sites, dbscan(sites)).iloc[0]
    assert row["co2_mt_per_yr"] == 2.0
    assert row["major"]


def test_row_order_changes_no_bit() -> None:
    sites, labels = clustered(dense_cloud)
    expected = cluster_table(sites, labels)
    order = np.random.default_rng(5).permutation(len(sites))
    shuffled = cluster_table(sites.iloc[order], labels.iloc[order])
    pd.testing.assert_frame_equal(pd.DataFrame(shuffled), pd.DataFrame(expected), check_exact=True)


def test_emissions_column_is_required() -> None:
    sites = along_equator(0, 1, 2)
    with pytest.raises(LayerError, match="expected a column 'co2_t_per_yr'"):
        cluster_table(sites, dbscan(sites, min_samples=3))


@pytest.mark.parametrize("rows", [slice(None, None, -1), slice(0, 3)])
def test_labels_of_other_rows_raise(rows: slice) -> None:
    sites = along_equator(0, 1, 2, 100, co2_t_per_yr=[1e6, 1e6, 1e6, 9e6])
    labels = dbscan(sites, min_samples=3)
    with pytest.raises(AlignmentError):
        cluster_table(sites, labels.iloc[rows])


def test_anchor_is_a_site_id() -> None:
    sites = along_equator(0, 1, 2, co2_t_per_yr=[1.0, 2.0, 3.0], feature_id=["x", "y", "z"])
    assert cluster_table(sites, dbscan(sites, min_samples=3))["anchor"].tolist() == ["s02"]
