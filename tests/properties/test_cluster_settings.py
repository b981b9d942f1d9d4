"""What clusters follow when settings, distances and modes change (method.md F.2 nos. 19 to 22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from clusters.plant_layers import core_groups, distances_km, plants
from hypothesis import given
from hypothesis import strategies as st

from standort.clusters import (
    NOISE,
    NeighbourGraph,
    cluster_grid,
    cluster_hierarchy,
    cluster_profile,
    dbscan,
    membership,
    split_wide,
    stability,
    track,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from hypothesis.strategies import DrawFn

CENTRES = [(0.0, 0.0), (179.98, -17.0), (12.0, 89.9)]
EPS = [0.37, 1.31, 2.57, 5.19, 9.71]
MODES: list[Any] = ["count", "emission", "count_and_emission"]


class Cloud(NamedTuple):
    """Plants on a lattice, some coincident, with emissions of whole tonnes, some unknown."""

    sites: gpd.GeoDataFrame
    min_samples: int


@st.composite
def clouds(draw: DrawFn) -> Cloud:
    lon, lat = draw(st.sampled_from(CENTRES))
    cell = st.tuples(st.integers(0, 7), st.integers(0, 7))
    cells = np.array(draw(st.lists(cell, min_size=2, max_size=30)), dtype=float)
    tonnes = st.one_of(st.just(np.nan), st.integers(0, 9).map(lambda n: n * 1e5))
    drawn = draw(st.lists(tonnes, min_size=len(cells), max_size=len(cells)))
    lattice = (lon + cells[:, 0] * 0.02 + 180.0) % 360.0 - 180.0
    sites = plants(lattice, lat + cells[:, 1] * 0.0123, co2_t_per_yr=drawn)
    return Cloud(sites, draw(st.integers(2, 5)))


def groups(label: Any, core: Any) -> set[frozenset[int]]:  # noqa: ANN401
    return core_groups(label, core)


@pytest.mark.parametrize("mode", MODES)
@given(cloud=clouds())
def test_cores_grow_and_nest_with_eps_and_shrink_with_min_samples(mode: Any, cloud: Cloud) -> None:  # noqa: ANN401
    """F.2 no. 19, in every mode, for DBSCAN*: whole clusters nest, not only their cores."""
    grid = cluster_grid(
        cloud.sites, eps_km=EPS, min_samples=[2, 4], mode=mode, emissions="co2_t_per_yr", star=True
    )
    clustered = grid.label != NOISE
    assert (clustered[:, 1:] >= clustered[:, :-1]).all()
    assert (grid.core[:, 1:] | ~grid.core[:, :-1] | ~clustered[:, :-1]).all()
    if mode != "emission":
        assert (grid.core[0] >= grid.core[1]).all()
    for row, core in zip(grid.label, clustered, strict=True):
        for j in range(len(EPS) - 1):
            wide = groups(row[j + 1], core[j + 1])
            assert all(any(inner <= outer for outer in wide) for inner in groups(row[j], core[j]))


@pytest.mark.parametrize("mode", MODES)
@given(cloud=clouds(), eps=st.sampled_from(EPS), star=st.booleans())
def test_graph_and_geodesics_agree_to_the_bit(
    mode: Any,  # noqa: ANN401
    cloud: Cloud,
    eps: float,
    star: bool,  # noqa: FBT001
) -> None:
    graph = NeighbourGraph.of_sites(cloud.sites, reach_km=max(EPS))
    options: dict[str, Any] = {
        "eps_km": eps,
        "min_samples": cloud.min_samples,
        "mode": mode,
        "star": star,
        "emissions": "co2_t_per_yr",
    }
    pd.testing.assert_frame_equal(
        dbscan(cloud.sites, graph=graph, **options), dbscan(cloud.sites, **options)
    )


@pytest.mark.parametrize("mode", MODES)
@given(cloud=clouds(), scale=st.sampled_from([0.1, 3.0, 1000.0]), least=st.integers(1, 30))
def test_emissions_and_their_limit_scale_together(
    mode: Any,  # noqa: ANN401
    cloud: Cloud,
    scale: float,
    least: int,
) -> None:
    """F.2 no. 22; the limit lies between two sums of whole 0.1 Mt."""
    limit = (least - 0.5) / 10
    options: dict[str, Any] = {"eps_km": 2.57, "min_samples": cloud.min_samples, "mode": mode}
    scaled = cloud.sites.assign(co2_t_per_yr=cloud.sites["co2_t_per_yr"] * scale)
    one = dbscan(cloud.sites, emissions="co2_t_per_yr", min_emissions_mt=limit, **options)
    other = dbscan(scaled, emissions="co2_t_per_yr", min_emissions_mt=limit * scale, **options)
    assert (one["role"] == other["role"]).all()
    core = one["role"] == "core"
    assert groups(one["cluster"], core) == groups(other["cluster"], core)


@given(cloud=clouds(), data=st.data())
def test_weight_equals_repetition_on_a_graph(cloud: Cloud, data: st.DataObject) -> None:
    """F.2 no. 20."""
    n = len(cloud.sites)
    weight = np.array(data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n)))
    again = np.repeat(np.arange(n), weight)
    many = cloud.sites.iloc[again]
    many.index = pd.Index([f"{i:02d}-{k:03d}" for k, i in enumerate(again)], name="site_id")
    weighted = cluster_grid(
        cloud.sites, eps_km=EPS, min_samples=[3], weights=pd.Series(weight, cloud.sites.index)
    )
    repeated = cluster_grid(many, eps_km=EPS, min_samples=[3])
    assert (weighted.core[:, :, again] == repeated.core).all()


@given(cloud=clouds(), random=st.randoms(use_true_random=False))
def test_no_table_depends_on_row_order(cloud: Cloud, random: Any) -> None:  # noqa: ANN401
    """F.2 nos. 1 and 21."""
    order = np.arange(len(cloud.sites))
    random.shuffle(order)
    sites, shuffled = cloud.sites, cloud.sites.iloc[order]
    options: dict[str, Any] = {"eps_km": EPS, "min_samples": [2, 3], "emissions": "co2_t_per_yr"}
    pd.testing.assert_frame_equal(
        stability(sites, **options), stability(shuffled, **options), check_exact=True
    )
    labels = dbscan(sites, eps_km=2.57, emissions="co2_t_per_yr")
    again = labels.iloc[order]
    shares = membership(cluster_grid(sites, **options), labels)
    pd.testing.assert_frame_equal(
        membership(cluster_grid(shuffled, **options), again), shares.iloc[order], check_exact=True
    )
    pd.testing.assert_frame_equal(
        pd.DataFrame(cluster_profile(shuffled, again)),
        pd.DataFrame(cluster_profile(sites, labels)),
        check_exact=True,
    )
    one = split_wide(sites, labels, max_diameter_km=3)
    other = split_wide(shuffled, again, max_diameter_km=3)
    pd.testing.assert_frame_equal(other.labels, one.labels.iloc[order])
    pd.testing.assert_frame_equal(other.report, one.report)


@given(cloud=clouds(), limit=st.sampled_from([0.5, 2.0, 7.0]))
def test_parts_are_within_the_limit_and_inside_what_was_split(cloud: Cloud, limit: float) -> None:
    labels = dbscan(cloud.sites, eps_km=3.83, min_samples=2)
    split = split_wide(cloud.sites, labels, max_diameter_km=limit)
    matrix = distances_km(cloud.sites)
    before, after = labels["cluster"].to_numpy(), split.labels["cluster"].to_numpy()
    for part in range(after.max() + 1):
        inside = np.flatnonzero(after == part)
        assert matrix[np.ix_(inside, inside)].max() <= limit + 1e-6
        assert len(set(before[inside])) == 1


@given(cloud=clouds())
def test_levels_of_a_hierarchy_nest(cloud: Cloud) -> None:
    levels = {"macro": 9.71, "meso": 2.57, "micro": 1.31}
    labels = cluster_hierarchy(cloud.sites, levels_km=levels, min_samples=cloud.min_samples)
    rows = labels.reset_index()
    for level, above in (("meso", "macro"), ("micro", "meso")):
        for row in rows[rows["level"] == level].to_dict("records"):
            parent = labels.xs(above).loc[row["parent"]]
            assert set(row["site_ids"]) <= set(parent["site_ids"])


@given(cloud=clouds(), eps=st.sampled_from(EPS))
def test_clusters_continue_as_themselves(cloud: Cloud, eps: float) -> None:
    labels = dbscan(cloud.sites, eps_km=eps, min_samples=2)
    events = track(labels, labels)
    n_clusters = int(labels["cluster"].max()) + 1
    assert events["event"].tolist() == ["continued"] * n_clusters
    assert (events["before"] == events["after"]).all()
    assert (events["jaccard"] == 1.0).all()
