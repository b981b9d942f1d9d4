"""What clusters may not depend on, and how they must move with their options (method.md F.2)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from clusters.plant_layers import border_errors, core_groups, distances_km, plants, sklearn_clusters
from hypothesis import given, settings
from hypothesis import strategies as st

from standort.clusters import NOISE, cluster_table, dbscan
from standort.errors import StandortWarning

if TYPE_CHECKING:
    import geopandas as gpd
    from hypothesis.strategies import DrawFn
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CENTRES = [(0.0, 0.0), (4.3, 51.9), (179.98, -17.0), (-180.0, 65.0), (12.0, 89.9)]


class Cloud(NamedTuple):
    """A lattice with ties and coincident points, and options between its distances."""

    lon: Floats
    lat: Floats
    emissions: Floats
    eps: float
    min_samples: int

    def sites(self, order: NDArray[np.intp] | None = None) -> gpd.GeoDataFrame:
        """Build the sites, in another order if asked."""
        sites = plants(self.lon, self.lat, co2_t_per_yr=self.emissions)
        return sites if order is None else sites.iloc[order]

    def labels(self, sites: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
        """Cluster them."""
        return dbscan(
            self.sites() if sites is None else sites,
            eps_km=self.eps,
            min_samples=self.min_samples,
            emissions="co2_t_per_yr",
        )


@st.composite
def clouds(draw: DrawFn) -> Cloud:
    lon, lat = draw(st.sampled_from(CENTRES))
    cell = st.tuples(st.integers(0, 7), st.integers(0, 7))
    cells = np.array(draw(st.lists(cell, min_size=1, max_size=40)), dtype=float)
    emissions = st.one_of(st.just(np.nan), st.integers(0, 5).map(float))
    drawn = draw(st.lists(emissions, min_size=len(cells), max_size=len(cells)))
    lattice_lon = (lon + cells[:, 0] * 0.02 + 180.0) % 360.0 - 180.0
    # the step is no multiple of a distance between lattice points
    eps = draw(st.sampled_from([0.37, 1.31, 2.57, 3.83, 5.19, 9.71]))
    return Cloud(
        lattice_lon, lat + cells[:, 1] * 0.0123, np.array(drawn), eps, draw(st.integers(1, 6))
    )


def groups(labels: pd.DataFrame) -> set[frozenset[int]]:
    return core_groups(labels["cluster"], labels["role"] == "core")


@given(clouds())
def test_cores_equal_scikit_learn_and_borders_go_to_the_nearest(cloud: Cloud) -> None:
    sites = cloud.sites()
    distance, labels = distances_km(sites), cloud.labels()
    label, core = sklearn_clusters(distance, cloud.eps, cloud.min_samples)
    assert (labels["role"] == "core").tolist() == core.tolist()
    assert groups(labels) == core_groups(label, core)
    assert ((labels["cluster"] == NOISE) == (label == -1)).all()
    assert border_errors(labels, distance, cloud.eps) == []


@given(clouds(), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(cloud: Cloud, random: object) -> None:
    """F.2 nos. 1 and 21."""
    order = np.arange(len(cloud.lon))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    sites, shuffled = cloud.sites(), cloud.sites(order)
    expected, labels = cloud.labels(sites), cloud.labels(shuffled)
    pd.testing.assert_frame_equal(labels, expected.iloc[order])
    pd.testing.assert_frame_equal(
        pd.DataFrame(cluster_table(shuffled, labels)),
        pd.DataFrame(cluster_table(sites, expected)),
        check_exact=True,
    )


@given(clouds())
def test_cores_grow_with_eps_and_clusters_nest(cloud: Cloud) -> None:
    """F.2 no. 19."""
    narrow, wide = cloud.labels(), cloud._replace(eps=cloud.eps * 1.7).labels()
    assert set(np.flatnonzero(narrow["role"] == "core")) <= set(
        np.flatnonzero(wide["role"] == "core")
    )
    assert all(any(inner <= outer for outer in groups(wide)) for inner in groups(narrow))
    assert ((narrow["cluster"] != NOISE) <= (wide["cluster"] != NOISE)).all()


@given(clouds())
def test_cores_shrink_with_min_samples(cloud: Cloud) -> None:
    """F.2 no. 19."""
    few, many = cloud.labels(), cloud._replace(min_samples=cloud.min_samples + 1).labels()
    assert ((many["role"] == "core") <= (few["role"] == "core")).all()
    assert all(any(inner <= outer for outer in groups(few)) for inner in groups(many))


@given(clouds(), st.data())
def test_weight_equals_repetition(cloud: Cloud, data: st.DataObject) -> None:
    """F.2 no. 20."""
    n = len(cloud.lon)
    weight = np.array(data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n)))
    sites = cloud.sites()
    once = dbscan(
        sites,
        eps_km=cloud.eps,
        min_samples=cloud.min_samples,
        weights=pd.Series(weight, sites.index),
    )
    again = np.repeat(np.arange(n), weight)
    ids = [f"{i:02d}-{copy:03d}" for copy, i in enumerate(again)]
    many = dbscan(
        plants(cloud.lon[again], cloud.lat[again], ids=ids),
        eps_km=cloud.eps,
        min_samples=cloud.min_samples,
    )
    assert once["role"].to_numpy()[again].tolist() == many["role"].tolist()
    repeated = {frozenset(again[list(group)].tolist()) for group in groups(many)}
    assert repeated == groups(once)


@settings(max_examples=10)
@given(clouds(), st.sampled_from([0.125, 3.0, 1_000.0]))
def test_scale_of_emissions_does_not_matter(cloud: Cloud, scale: float) -> None:
    """F.2 no. 22."""
    scaled = cloud._replace(emissions=cloud.emissions * scale)
    pd.testing.assert_frame_equal(scaled.labels(), cloud.labels())
    table, again = (
        cluster_table(c.sites(), c.labels(), major_mt=limit)
        for c, limit in ((cloud, 4e-6), (scaled, 4e-6 * scale))
    )
    assert table["anchor"].tolist() == again["anchor"].tolist()
    np.testing.assert_allclose(again["co2_mt_per_yr"], table["co2_mt_per_yr"] * scale, rtol=1e-12)


@given(clouds())
def test_labels_descend_by_emissions_then_smallest_id(cloud: Cloud) -> None:
    sites, labels = cloud.sites(), cloud.labels()
    table = cluster_table(sites, labels)
    first = sites.index.to_series().groupby(labels["cluster"]).min().reindex(table.index)
    total = sites["co2_t_per_yr"].fillna(0.0).groupby(labels["cluster"]).sum().reindex(table.index)
    keys = list(zip((-total).tolist(), first.tolist(), strict=True))
    assert keys == sorted(keys)
    assert sorted(set(labels["cluster"]) - {NOISE}) == list(range(len(table)))


@settings(max_examples=10)
@given(clouds(), st.sampled_from([1.0, 73.3, 180.0, -91.7]))
def test_turning_the_earth_or_its_mirror_changes_nothing(cloud: Cloud, turn: float) -> None:
    """F.2 nos. 5 and 6."""
    turned = cloud._replace(lon=(cloud.lon + turn + 180.0) % 360.0 - 180.0, lat=-cloud.lat)
    pd.testing.assert_frame_equal(turned.labels(), cloud.labels())
    table, again = (cluster_table(c.sites(), c.labels()) for c in (cloud, turned))
    np.testing.assert_allclose(again["diameter_km"], table["diameter_km"], atol=1e-6)


@given(clouds())
def test_longitudes_a_whole_turn_on_are_the_same(cloud: Cloud) -> None:
    """F.2 no. 4."""
    turned = cloud._replace(lon=np.where(cloud.lon < 0, cloud.lon + 360.0, cloud.lon))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StandortWarning)  # one that counts the wrapped
        labels = turned.labels()
    pd.testing.assert_frame_equal(labels, cloud.labels())


@given(clouds())
def test_renamed_sites_keep_their_clusters(cloud: Cloud) -> None:
    """F.2 no. 3: names in the same order decide every tie alike."""
    sites = cloud.sites()
    renamed = sites.set_axis([f"works-{i:03d}" for i in range(len(sites))]).rename_axis("site_id")
    expected = cloud.labels(sites)
    pd.testing.assert_frame_equal(cloud.labels(renamed), expected.set_axis(renamed.index))
