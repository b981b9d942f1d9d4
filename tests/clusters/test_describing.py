"""Profiles, sectors, splits, hierarchies and the cross-check of clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from clouds import CLOUDS
from clusters.places import along_equator, distances_km, plants
from sklearn.cluster import HDBSCAN

from standort.clusters import (
    NOISE,
    cluster_hierarchy,
    cluster_profile,
    dbscan,
    hdbscan,
    lone_anchors,
    sector_mix,
    split_wide,
)
from standort.clusters.extent import diameters, elongations, spread
from standort.clusters.tracking import track
from standort.errors import AlignmentError, LayerError, OptionError
from standort.layers import read_study

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd


def cloud_of(cloud: Any, n: int = 150) -> gpd.GeoDataFrame:  # noqa: ANN401
    rng = np.random.default_rng(7)
    emissions = rng.choice([np.nan, 0.0, 1e5, 2e6], n)
    sectors = rng.choice(np.array(["Cement", "Glass", None], dtype=object), n)
    sites = plants(*cloud(rng, n), ids=range(n), co2_t_per_yr=emissions, sector=sectors)
    sites.attrs["eps"] = float(np.quantile(distances_km(sites), 0.02)) + 0.001
    return sites


def clusters_of(sites: gpd.GeoDataFrame) -> pd.DataFrame:
    found = dbscan(
        sites, eps_km=sites.attrs["eps"], min_samples=3, emissions="co2_t_per_yr", star=False
    )
    assert found["cluster"].max() >= 0
    return found


# ------------------------------------------------------------------ extent


@pytest.mark.parametrize("n", [1, 2, 100, 127, 128, 700])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_pruned_diameter_is_that_of_all_pairs(cloud: Any, n: int) -> None:  # noqa: ANN401
    lon, lat = cloud(np.random.default_rng(n), max(n, 6))
    cluster = np.zeros(len(lon), dtype=int)
    expected, _ = spread(lon, lat, cluster, np.ones(len(lon)))
    assert diameters(lon, lat, cluster).tolist() == expected.tolist()


def test_diameters_of_many_clusters_at_once_of_all_sizes() -> None:
    rng = np.random.default_rng(1)
    sizes = [1, 300, 2, 130, 5]
    cluster = np.repeat(np.arange(5), sizes)
    lon, lat = rng.uniform(-5, 5, 438) + 170 + cluster, rng.uniform(-5, 5, 438)
    lon = (lon + 180) % 360 - 180
    expected, _ = spread(lon, lat, cluster, np.ones(438))
    assert diameters(lon, lat, cluster).tolist() == expected.tolist()


def test_a_ring_where_no_pair_is_ruled_out() -> None:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    lon, lat = np.cos(angle), np.sin(angle)
    cluster = np.zeros(400, dtype=int)
    expected, _ = spread(lon, lat, cluster, np.ones(400))
    assert diameters(lon, lat, cluster).tolist() == expected.tolist()


@pytest.mark.parametrize(("lon", "lat"), [(0.0, 0.0), (179.99, 40.0), (20.0, 89.9), (7.0, -75.0)])
@pytest.mark.parametrize("turn", [0.0, 0.4, 1.2])
def test_elongation_of_an_ellipse_of_plants(lon: float, lat: float, turn: float) -> None:
    """Axes of 4 and 1 km: 1 - 1/4, however it lies and wherever."""
    from oracles import GEOD

    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    x, y = 4_000 * np.cos(angle), 1_000 * np.sin(angle)
    azimuth = np.degrees(np.arctan2(x, y) + turn)
    east, north, _ = GEOD.fwd(np.full(60, lon), np.full(60, lat), azimuth, np.hypot(x, y))
    found = elongations(np.array(east), np.array(north), np.zeros(60, dtype=int))
    assert found == pytest.approx([0.75], abs=1e-4)


def test_elongation_of_pairs_and_of_one_place() -> None:
    found = elongations(np.array([0, 0.1, 5, 5]), np.zeros(4), np.array([0, 0, 1, 1]))
    assert found[0] == pytest.approx(1.0)
    assert np.isnan(found[1])


# ------------------------------------------------------------------ profile


@pytest.mark.parametrize("cloud", CLOUDS)
def test_profile_equals_loops(cloud: Any) -> None:  # noqa: ANN401
    sites = cloud_of(cloud)
    found = clusters_of(sites)
    matrix = distances_km(sites)
    reach = sites.attrs["eps"] * 3
    profile = cluster_profile(sites, found, adjacent_km=reach)
    label, tonnes = found["cluster"].to_numpy(), sites["co2_t_per_yr"].to_numpy()
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
        assert row["n_core"] == (inside & (found["role"] == "core")).sum()
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


def test_satellites_of_unknown_emissions_are_not_nothing() -> None:
    sites = along_equator(0, 1, 2, 3, 20, co2_t_per_yr=[1e6, 1, 1, 1, np.nan])
    profile = cluster_profile(sites, dbscan(sites))
    assert profile["n_satellites"].tolist() == [1]
    assert np.isnan(profile["satellites_mt_per_yr"].iloc[0])
    without = cluster_profile(sites.iloc[:4], dbscan(sites.iloc[:4]))
    assert without["satellites_mt_per_yr"].tolist() == [0.0]


def test_names_that_occur_twice_are_numbered() -> None:
    sites = along_equator(0, 1, 2, 3, 100, 101, 102, 103, co2_t_per_yr=1.0, name="Mill")
    assert cluster_profile(sites, dbscan(sites))["label"].tolist() == ["Mill", "Mill (2)"]


def test_stable_ids_go_by_the_cores_alone() -> None:
    chain = along_equator(*(9.0 * i for i in range(12)), co2_t_per_yr=1.0)
    whole = cluster_profile(chain, dbscan(chain, min_samples=3))["stable_id"].iloc[0]
    more = along_equator(*(9.0 * i for i in range(12)), 500, 501, 502, co2_t_per_yr=1.0)
    more.loc[["s12", "s13", "s14"], "co2_t_per_yr"] = 1e6
    found = dbscan(more, min_samples=3, emissions="co2_t_per_yr")
    assert cluster_profile(more, found)["stable_id"].iloc[1] == whole
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
    nobody = apart.iloc[:0]
    assert len(cluster_profile(nobody, dbscan(nobody))) == 0


def test_lone_anchors_are_large_noise_and_say_how_far() -> None:
    sites = along_equator(0, 1, 2, 3, 20, 100, co2_t_per_yr=[5e6, 1, 1, 1, 1e6, 2e6])
    found = lone_anchors(sites, dbscan(sites))
    assert found.index.tolist() == ["s05", "s04"]
    assert found["tier"].tolist() == ["dispersed", "adjacent"]
    assert found["cluster_distance_km"].tolist() == pytest.approx([97.0, 17.0], abs=1e-3)


def test_sector_mix_adds_up() -> None:
    sites = cloud_of(CLOUDS[3])
    found = clusters_of(sites)
    mix = sector_mix(sites, found)
    table = cluster_profile(sites, found)
    np.testing.assert_allclose(mix["n_sites"].groupby("cluster").sum(), table["n_sites"])
    np.testing.assert_allclose(mix["n_unknown"].groupby("cluster").sum(), table["n_unknown"])
    np.testing.assert_allclose(mix["share"].groupby("cluster").sum(min_count=1).dropna(), 1.0)
    with pytest.raises(LayerError, match="expected a column 'sector'"):
        sector_mix(sites.drop(columns="sector"), found)


# ------------------------------------------------------------------ splitting


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("most", [3_000, 20])
def test_no_part_is_wider_than_the_limit(
    cloud: Any,  # noqa: ANN401
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("standort.clusters.settings.wide_clusters._MOST_AT_ONCE", most)
    sites = cloud_of(cloud)
    found = clusters_of(sites)
    matrix = distances_km(sites)
    before = found["cluster"].to_numpy()
    wide = [matrix[np.ix_(before == c, before == c)].max() for c in range(before.max() + 1)]
    limit = max(wide) / 2 + 1e-3
    split = split_wide(sites, found, max_diameter_km=limit, emissions="co2_t_per_yr")
    after = split.found["cluster"].to_numpy()
    for c in range(after.max() + 1):
        inside = after == c
        assert inside.sum() > 1
        assert matrix[np.ix_(inside, inside)].max() <= limit
        assert len(set(before[inside])) == 1
    assert set(split.report["split_cluster"]) == {c for c, w in enumerate(wide) if w > limit}
    inside = np.isin(before, split.report["split_cluster"])
    assert split.report["n_sites"].sum() == inside.sum()
    assert (after[~inside] != NOISE).tolist() == (before[~inside] != NOISE).tolist()
    assert ((split.found["role"] == "noise") == (after == NOISE)).all()
    emitted = (
        sites["co2_t_per_yr"].groupby(split.found["cluster"]).sum().drop(NOISE, errors="ignore")
    )
    assert emitted.is_monotonic_decreasing


def test_nothing_too_wide_is_left_as_it_is() -> None:
    sites = along_equator(0, 1, 2, 50, 51, 52, 53)
    found = dbscan(sites, min_samples=3)
    split = split_wide(sites, found, max_diameter_km=5)
    pd.testing.assert_frame_equal(split.found, found)
    assert len(split.report) == 0


def test_a_site_left_alone_becomes_noise_and_is_reported() -> None:
    sites = along_equator(0, 1, 2, 8)
    split = split_wide(sites, dbscan(sites, min_samples=3), max_diameter_km=3)
    assert split.found["cluster"].tolist() == [0, 0, 0, NOISE]
    assert split.report[["cluster", "n_sites"]].to_numpy().tolist() == [[-1, 1], [0, 3]]


# ------------------------------------------------------------------ hierarchy


@pytest.mark.parametrize("cloud", CLOUDS)
def test_levels_are_nested(cloud: Any) -> None:  # noqa: ANN401
    sites = cloud_of(cloud)
    eps = sites.attrs["eps"]
    levels = {"macro": 2 * eps, "meso": 1.3 * eps, "micro": eps}
    found = cluster_hierarchy(sites, levels_km=levels, min_samples=3, emissions="co2_t_per_yr")
    assert found.index.get_level_values("level").unique().tolist() == ["macro", "meso", "micro"]
    above = {"meso": "macro", "micro": "meso"}
    for row in found.reset_index().to_dict("records"):
        assert len(row["site_ids"]) == row["n_sites"]
        if row["level"] == "macro":
            assert row["parent"] == NOISE
        else:
            parent = found.xs(above[row["level"]]).loc[row["parent"]]
            assert set(row["site_ids"]) <= set(parent["site_ids"])


def test_hierarchy_of_great_britain(great_britain_study_path: Path) -> None:
    emitters = read_study(great_britain_study_path).emitters
    found = cluster_hierarchy(emitters, emissions="co2_t_per_yr")
    count = found.groupby("level").size()
    assert (count["macro"], count["meso"], count["micro"]) == (10, 17, 10)
    with pytest.raises(OptionError, match="different eps"):
        cluster_hierarchy(emitters, levels_km={"a": 5, "b": 5})


# ------------------------------------------------------------------ HDBSCAN


@pytest.mark.parametrize("cloud", [CLOUDS[1], CLOUDS[3]])
def test_cross_check_is_that_of_scikit_learn_on_geodesics(cloud: Any) -> None:  # noqa: ANN401
    sites = cloud_of(cloud)
    matrix = distances_km(sites)
    theirs = HDBSCAN(min_cluster_size=4, min_samples=3, metric="precomputed", copy=True)
    theirs.fit(matrix)
    found = hdbscan(sites, min_cluster_size=4, min_samples=3, least_eps_km=0)
    noise = found["cluster"] == NOISE
    assert (noise == (theirs.labels_ == -1)).mean() > 0.95
    shuffled = sites.sample(frac=1, random_state=4)
    again = hdbscan(shuffled, min_cluster_size=4, min_samples=3, least_eps_km=0)
    pd.testing.assert_frame_equal(again, found.loc[shuffled.index])


def test_least_eps_keeps_a_loose_and_a_tight_part_together() -> None:
    """Two groups of 0.1 km spacing, 2 km apart, and one 50 km off: two clusters at 5 km."""
    at = [*np.arange(6) * 0.1, *(2 + np.arange(6) * 0.1), *(50 + np.arange(6) * 0.1)]
    fine = hdbscan(along_equator(*at), least_eps_km=0)
    whole = hdbscan(along_equator(*at), least_eps_km=5)
    assert fine["cluster"].nunique() == 3
    assert whole["cluster"].tolist() == [0] * 12 + [1] * 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_cluster_size": 1}, "min_cluster_size of 2 or more"),
        ({"min_samples": 0, "least_eps_km": -1}, "min_samples of 1 or more.*least_eps_km of 0"),
        ({"min_samples": 9}, "at least 9 sites, got 3"),
    ],
)
def test_options_of_hdbscan_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        hdbscan(along_equator(0, 1, 2), **options)


# ------------------------------------------------------------------ tracking


def labels(**clusters: int) -> pd.DataFrame:
    return pd.DataFrame({"cluster": clusters.values()}, index=list(clusters))


def events(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    rows = table[["event", "before", "after"]].astype(object).itertuples(index=False)
    return [tuple(None if pd.isna(v) else v for v in row) for row in rows]


def test_same_clusters_under_other_numbers_continue() -> None:
    found = track(labels(a=0, b=0, c=1, d=1), labels(a=1, b=1, c=0, d=0))
    assert events(found) == [("continued", 0, 1), ("continued", 1, 0)]
    assert found["jaccard"].tolist() == [1.0, 1.0]


def test_merged_split_born_died() -> None:
    merged = track(labels(a=0, b=0, c=1, d=1), labels(a=0, b=0, c=0, d=0))
    assert events(merged)[-2:] == [("merged", 0, 0), ("merged", 1, 0)]
    split = track(labels(a=0, b=0, c=0, d=0), labels(a=0, b=0, c=1, d=1))
    assert events(split)[-2:] == [("split", 0, 0), ("split", 0, 1)]
    gone = track(labels(a=0, b=0), labels(c=0, d=0))
    assert events(gone) == [("died", 0, None), ("born", None, 0)]
    assert gone["kept"].iloc[0] == 0.0


def test_weights_decide_who_continues() -> None:
    """By number one of four stays with the name; by emissions the large one is the cluster."""
    old, new = labels(a=0, b=0, c=0, d=0), labels(a=0, b=1, c=1, d=1)
    tonnes = pd.Series([9e6, 1e6, 1e6, 1e6], index=list("abcd"))
    assert ("continued", 0, 1) in events(track(old, new))
    weighed = track(old, new, emissions_before=tonnes, emissions_after=tonnes)
    assert ("continued", 0, 0) in events(weighed)
    assert weighed["jaccard"].iloc[0] == 0.75


def test_falling_emissions_do_not_end_a_cluster() -> None:
    old, new = labels(a=0, b=0), labels(a=0, b=0)
    before = pd.Series([8e6, 4e6], index=list("ab"))
    found = track(old, new, emissions_before=before, emissions_after=before / 10)
    assert found["jaccard"].tolist() == [1.0]


def test_unknown_emissions_are_compared_by_number() -> None:
    old, new = labels(a=0, b=0, c=1, d=1), labels(a=0, b=0, c=1, d=1)
    tonnes = pd.Series([1e6, 1e6, np.nan, np.nan], index=list("abcd"))
    found = track(old, new, emissions_before=tonnes, emissions_after=tonnes)
    assert events(found) == [("continued", 0, 0), ("continued", 1, 1)]


@pytest.mark.parametrize("seed", range(4))
def test_matching_is_the_best_of_all(seed: int) -> None:
    from itertools import permutations

    rng = np.random.default_rng(seed)
    ids = [f"s{i}" for i in range(40)]
    old = pd.DataFrame({"cluster": rng.integers(-1, 4, 40)}, index=ids)
    moved = np.where(rng.random(40) < 0.25, rng.integers(-1, 4, 40), old["cluster"])
    new = pd.DataFrame({"cluster": moved}, index=ids)
    jaccard = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            one, other = old["cluster"] == i, new["cluster"] == j
            jaccard[i, j] = (one & other).sum() / (one | other).sum()
    worth = np.where(jaccard >= 0.3, jaccard, 0)
    best = max(sum(worth[i, p[i]] for i in range(4)) for p in permutations(range(4)))
    found = track(old, new, at_least=0.3)
    kept = found[found["event"] == "continued"]
    assert kept["jaccard"].sum() == pytest.approx(best)
    reverse = track(new, old, at_least=0.3)
    assert (reverse["event"] == "continued").sum() == len(kept)


def test_wrong_tables_are_refused() -> None:
    with pytest.raises(OptionError, match="at_least"):
        track(labels(a=0), labels(a=0), at_least=0)
    with pytest.raises(AlignmentError, match="emissions_after"):
        track(labels(a=0), labels(a=0), emissions_after=pd.Series([1.0], index=["b"]))
    with pytest.raises(AlignmentError, match="'a'"):
        track(pd.concat([labels(a=0), labels(a=0)]), labels(a=0))
