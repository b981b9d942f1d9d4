"""DBSCAN on the ellipsoid: known layouts, limits, ties and modes; scikit-learn as the oracle."""

from __future__ import annotations

from itertools import combinations
from math import fsum
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from clouds import CLOUDS
from clusters.plant_layers import (
    along_equator,
    border_errors,
    core_groups,
    distances_km,
    plants,
    sklearn_clusters,
)
from oracles import GEOD
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score

from standort.clusters import NOISE, NeighbourGraph, dbscan
from standort.clusters.density_clusters import DensityRule
from standort.clusters.neighbour_graph import Geodesics
from standort.earth import CROWD, geocentric
from standort.errors import AlignmentError, GeometryError, LayerError, OptionError
from standort.layers import read_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cloud = Callable[[np.random.Generator, int], tuple[Floats, Floats]]


STEP_KM = 1.1132
"""0.01 degree of longitude on the equator; of latitude it is 1.1057 km."""


def roles(labels: pd.DataFrame) -> dict[str, int]:
    return {str(role): int(n) for role, n in labels["role"].value_counts().items()}


# ------------------------------------------------------------------ known layouts


@pytest.mark.parametrize(
    ("min_samples", "expected", "n_clusters"),
    [
        (3, {"core": 25}, 1),
        (4, {"core": 21, "border": 4}, 1),
        (5, {"core": 9, "border": 12, "noise": 4}, 1),
        (6, {"noise": 25}, 0),
    ],
)
def test_five_by_five_grid(min_samples: int, expected: dict[str, int], n_clusters: int) -> None:
    """Method F.1 no. 10."""
    lon, lat = np.meshgrid(np.arange(5) * 0.01, np.arange(-2, 3) * 0.01)
    labels = dbscan(
        plants(lon.ravel(), lat.ravel()), eps_km=1.01 * STEP_KM, min_samples=min_samples
    )
    assert roles(labels) == expected
    assert labels["cluster"].max() + 1 == n_clusters
    if min_samples == 5:
        corners = labels.index[labels["role"] == "noise"].tolist()
        assert corners == ["s00", "s04", "s20", "s24"]


def test_cluster_across_the_antimeridian() -> None:
    """Method F.1 no. 11."""
    labels = dbscan(plants([179.9, -179.9, 180.0, 10.0], [0] * 4), eps_km=25, min_samples=3)
    assert labels["cluster"].tolist() == [0, 0, 0, NOISE]
    assert labels["role"].tolist() == ["core", "core", "core", "noise"]


def test_cluster_around_the_pole() -> None:
    lon = np.arange(0, 360, 30) - 180.0
    labels = dbscan(plants(lon, np.full(12, 89.95)), eps_km=6, min_samples=5)
    assert labels["cluster"].tolist() == [0] * 12


TIED = (0.0, 0.1, 0.2, 1.0, 1.8, 1.9, 2.0)
"""Method F.1 no. 12: with eps 0.8 and min_samples 4 only 0.2 and 1.8 are cores; 1.0 is between."""


def tied_plants(ids: list[str], emissions: list[float]) -> gpd.GeoDataFrame:
    lon = (np.array(TIED) - 1.0) * 0.1
    return plants(lon, np.zeros(7), ids=ids, co2_t_per_yr=emissions)


def tied_clusters(sites: gpd.GeoDataFrame, emissions: str | None) -> pd.DataFrame:
    return dbscan(sites, eps_km=0.8001 * 11.1319491, min_samples=4, emissions=emissions)


@pytest.mark.parametrize(
    ("emissions", "joins"),
    [
        # the core 0.2 (third) emits more than the core 1.8 (fifth)
        ([0, 0, 9, 0, 5, 0, 0], "c"),
        ([0, 0, 5, 0, 9, 0, 0], "e"),
        # only cores count: what the borders 0 and 0.1 emit decides nothing
        ([50, 50, 5, 0, 9, 0, 0], "e"),
        # unknown counts for nothing
        ([0, 0, np.nan, 0, 1, 0, 0], "e"),
        # equal: the cluster of the smaller id
        ([0, 0, 5, 0, 5, 0, 0], "c"),
        ([np.nan] * 7, "c"),
    ],
)
def test_tied_border_goes_to_larger_core_emissions(emissions: list[float], joins: str) -> None:
    sites = tied_plants(list("abcdefg"), emissions)
    labels = tied_clusters(sites, "co2_t_per_yr")
    assert labels.loc[["c", "e"], "role"].tolist() == ["core", "core"]
    assert roles(labels) == {"core": 2, "border": 5}
    label = labels["cluster"].to_dict()
    assert label["d"] == label[joins]


@pytest.mark.parametrize(("ids", "joins"), [("abcdefg", "c"), ("gfedcba", "c")])
def test_tie_without_emissions_goes_to_the_smaller_core_id(ids: str, joins: str) -> None:
    labels = tied_clusters(tied_plants(list(ids), [0.0] * 7), None)
    label = labels["cluster"].to_dict()
    assert label["d"] == label[joins]


def test_tie_does_not_depend_on_row_order() -> None:
    sites = tied_plants(list("abcdefg"), [0, 0, 5, 0, 9, 0, 0])
    expected = tied_clusters(sites, "co2_t_per_yr")
    rng = np.random.default_rng(3)
    for _ in range(8):
        order = rng.permutation(7)
        labels = tied_clusters(sites.iloc[order], "co2_t_per_yr")
        pd.testing.assert_frame_equal(labels, expected.iloc[order])


def test_border_goes_to_the_nearer_core_whatever_it_emits() -> None:
    lon = (np.array([0.0, 0.1, 0.2, 0.99, 1.8, 1.9, 2.0]) - 1.0) * 0.1
    sites = plants(lon, np.zeros(7), co2_t_per_yr=[0, 0, 1, 0, 1e9, 0, 0])
    labels = dbscan(sites, eps_km=0.82 * 11.1319491, min_samples=4, emissions="co2_t_per_yr")
    assert labels["role"].tolist()[3] == "border"
    assert labels["cluster"].tolist()[3] == labels["cluster"].tolist()[2]


def test_chain_is_one_cluster() -> None:
    """Method F.1 no. 13: twelve sites 9 km apart are one cluster of 99 km, its ends borders."""
    chain = along_equator(*(9.0 * i for i in range(12)))
    labels = dbscan(chain, eps_km=10, min_samples=3)
    assert labels["cluster"].tolist() == [0] * 12
    assert labels["role"].tolist() == ["border", *["core"] * 10, "border"]
    assert roles(dbscan(chain, eps_km=10, min_samples=4)) == {"noise": 12}


# ------------------------------------------------------------------ limits


def test_eps_is_inclusive_to_a_micrometre() -> None:
    for lon in np.linspace(0.01, 0.09, 10):
        length = GEOD.inv(0.0, 0.0, lon, 0.0)[2]
        pair = plants([0.0, lon], [0.0, 0.0])
        assert dbscan(pair, eps_km=length / 1e3, min_samples=2)["cluster"].tolist() == [0, 0]
        # 3 um less
        labels = dbscan(pair, eps_km=length / 1e3 - 3e-9, min_samples=2)
        assert labels["cluster"].tolist() == [NOISE, NOISE]


def test_min_samples_counts_the_site_itself() -> None:
    pair = along_equator(0.0, 1.0)
    assert roles(dbscan(pair, eps_km=2, min_samples=2)) == {"core": 2}
    assert roles(dbscan(pair, eps_km=2, min_samples=3)) == {"noise": 2}
    assert roles(dbscan(pair, eps_km=0.5, min_samples=1)) == {"core": 2}


def test_no_core_at_all_is_all_noise() -> None:
    labels = dbscan(along_equator(0, 50, 100), eps_km=10, min_samples=2)
    assert labels["cluster"].tolist() == [NOISE] * 3


def test_one_site() -> None:
    one = along_equator(0.0)
    assert dbscan(one)["cluster"].tolist() == [NOISE]
    assert dbscan(one, min_samples=1)["role"].tolist() == ["core"]


def test_no_site() -> None:
    labels = dbscan(along_equator(0.0, co2_t_per_yr=[1.0]).iloc[:0], emissions="co2_t_per_yr")
    assert len(labels) == 0
    assert list(labels.columns) == ["cluster", "role"]


def test_coincident_points_are_neighbours() -> None:
    labels = dbscan(plants([4.0] * 4 + [5.0], [52.0] * 5), eps_km=0.001)
    assert labels["cluster"].tolist() == [0, 0, 0, 0, NOISE]
    assert roles(labels) == {"core": 4, "noise": 1}


def test_points_on_both_sides_of_the_antimeridian_coincide() -> None:
    labels = dbscan(plants([180.0, -180.0], [10.0, 10.0]), eps_km=0.001, min_samples=2)
    assert labels["cluster"].tolist() == [0, 0]


# ------------------------------------------------------------------ weights


def test_weight_counts_as_that_many_sites() -> None:
    rng = np.random.default_rng(8)
    lon, lat = rng.uniform(0, 0.4, 40), rng.uniform(0, 0.4, 40)
    weight = rng.integers(1, 4, 40)
    once = dbscan(
        plants(lon, lat), eps_km=4, min_samples=5, weights=pd.Series(weight, plants(lon, lat).index)
    )
    again = np.repeat(np.arange(40), weight)
    ids = [f"{i:02d}-{n}" for n, i in enumerate(again)]
    many = dbscan(plants(lon[again], lat[again], ids=ids), eps_km=4, min_samples=5)
    assert once["role"].to_numpy()[again].tolist() == many["role"].tolist()
    merged = {frozenset(again[list(group)].tolist()) for group in _groups_by_position(many)}
    assert merged == core_groups(once["cluster"], once["role"] == "core")
    assert 0 < (once["role"] == "core").sum() < 40


def _groups_by_position(labels: pd.DataFrame) -> set[frozenset[int]]:
    return core_groups(labels["cluster"], labels["role"] == "core")


def test_weights_may_name_a_column_and_equal_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    sites = plants(rng.uniform(0, 0.5, 60), rng.uniform(0, 0.5, 60), jobs=rng.uniform(0, 3, 60))
    labels = dbscan(sites, eps_km=5, min_samples=4.0, weights="jobs")
    label, core = sklearn_clusters(distances_km(sites), 5, 4, sites["jobs"].to_numpy())
    assert core_groups(labels["cluster"], labels["role"] == "core") == core_groups(label, core)
    assert 0 < core.sum() < 60


# ------------------------------------------------------------------ labels and index


def test_labels_descend_by_emissions_then_smallest_id() -> None:
    at = [0, 1, 2, 100, 101, 102, 200, 201, 202, 300, 301, 302]
    emissions = [1, 1, 1, 7, np.nan, 0, 2, 3, 2, 1, 1, 1]
    sites = along_equator(*at, ids=[f"p{i:02d}" for i in range(11, -1, -1)], e=emissions)
    labels = dbscan(sites, eps_km=2, min_samples=3, emissions="e")
    # 7 and 7: p00 ... p08 descend along the line, so the third group has the smaller id
    assert labels["cluster"].tolist() == [3, 3, 3, 1, 1, 1, 0, 0, 0, 2, 2, 2]


def test_labels_descend_by_number_without_emissions() -> None:
    labels = dbscan(along_equator(0, 1, 2, 100, 101, 102, 103), eps_km=2, min_samples=3)
    assert labels["cluster"].tolist() == [1, 1, 1, 0, 0, 0, 0]


def test_equal_totals_of_decimal_emissions_are_a_tie() -> None:
    sites = along_equator(0, 1, 2, 100, 101, 102, e=[0.3, 0.2, 0.1, 0.1, 0.2, 0.3])
    labels = dbscan(sites, eps_km=2, min_samples=3, emissions="e")
    assert labels["cluster"].tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("ids", [[f"id{i}" for i in range(30)], list(range(30, 0, -1))])
def test_row_order_does_not_matter(ids: list[object]) -> None:
    rng = np.random.default_rng(4)
    sites = plants(
        rng.integers(0, 8, 30) * 0.02,
        rng.integers(0, 8, 30) * 0.02,
        ids=ids,
        e=rng.integers(0, 9, 30).astype(float),
    )
    expected = dbscan(sites, eps_km=3, emissions="e")
    assert expected["cluster"].max() > 0
    for seed in range(4):
        shuffled = sites.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(
            dbscan(shuffled, eps_km=3, emissions="e"), expected.loc[shuffled.index]
        )


def test_index_of_the_sites_and_input_unchanged() -> None:
    sites = along_equator(0, 1, 2, 50, e=[1.0, 2.0, np.nan, 4.0])
    before = sites.copy(deep=True)
    labels = dbscan(sites, min_samples=3, emissions=sites["e"])
    assert labels.index.equals(sites.index)
    pd.testing.assert_frame_equal(sites, before)
    plain = sites.reset_index(drop=True).set_index(pd.Index([7, 3, 5, 1]))
    assert dbscan(plain, min_samples=3).index.tolist() == [7, 3, 5, 1]


def test_projected_sites_give_the_same_clusters() -> None:
    sites = plants([9.0, 9.01, 9.02, 9.5], [53.0] * 4)
    expected = dbscan(sites, min_samples=3)
    pd.testing.assert_frame_equal(dbscan(sites.to_crs(3035), min_samples=3), expected)


def test_a_column_feature_id_does_not_name_the_sites() -> None:
    sites = along_equator(0, 1, 2, feature_id=["x", "x", "x"])
    assert dbscan(sites, min_samples=3)["cluster"].tolist() == [0, 0, 0]


# ------------------------------------------------------------------ scikit-learn


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(("share", "min_samples"), [(0.02, 4), (0.05, 3), (0.1, 8), (0.5, 70)])
def test_cores_equal_scikit_learn_on_clouds(cloud: Cloud, share: float, min_samples: int) -> None:
    sites = plants(*cloud(np.random.default_rng(12), 160), ids=range(160))
    distance = distances_km(sites)
    # between two distances that occur, so that rounding decides nothing
    lengths = np.unique(np.round(distance[np.triu_indices(160, 1)], 6))
    at = max(int(share * len(lengths)), 1)
    gap = at + int(np.argmax(np.diff(lengths[at : at + 40])))
    eps = float((lengths[gap] + lengths[gap + 1]) / 2)
    labels = dbscan(sites, eps_km=eps, min_samples=min_samples)
    label, core = sklearn_clusters(distance, eps, min_samples)
    assert (labels["role"] == "core").tolist() == core.tolist()
    assert core_groups(labels["cluster"], core) == core_groups(label, core)
    assert ((labels["cluster"] == NOISE) == (label == -1)).all()
    assert border_errors(labels, distance, eps) == []


@pytest.mark.parametrize(("eps", "min_samples"), [(5, 4), (10, 4), (25, 3), (30, 10)])
def test_cores_equal_scikit_learn_on_great_britain(
    great_britain_study_path: Path, eps: float, min_samples: int
) -> None:
    sites = read_study(great_britain_study_path).emitters
    distance = distances_km(sites)
    labels = dbscan(sites, eps_km=eps, min_samples=min_samples, emissions="co2_t_per_yr")
    label, core = sklearn_clusters(distance, eps, min_samples)
    assert (labels["role"] == "core").tolist() == core.tolist()
    assert core_groups(labels["cluster"], core) == core_groups(label, core)
    assert border_errors(labels, distance, eps) == []
    emitted = sites["co2_t_per_yr"].groupby(labels["cluster"]).sum().drop(NOISE)
    assert emitted.is_monotonic_decreasing


@pytest.mark.filterwarnings("ignore::standort.errors.StandortWarning")  # repairs, counted elsewhere
def test_cores_equal_scikit_learn_on_europe(europe_study_path: Path) -> None:
    sites = read_study(europe_study_path).emitters
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    labels = dbscan(sites, eps_km=10, min_samples=4, emissions="co2_t_per_yr")
    # a chord of 10 km is 1 mm shorter than its arc: no distance of the study is in between
    oracle = DBSCAN(eps=10_000.0, min_samples=4).fit(geocentric(lon, lat))
    core = np.zeros(len(sites), dtype=bool)
    core[oracle.core_sample_indices_] = True
    assert (labels["role"] == "core").tolist() == core.tolist()
    assert core_groups(labels["cluster"], core) == core_groups(oracle.labels_, core)
    assert ((labels["cluster"] == NOISE) == (oracle.labels_ == -1)).all()
    assert labels["cluster"].max() > 100


# ------------------------------------------------------------------ wrong input


@pytest.mark.parametrize("eps", [0.0, -1.0, np.nan, np.inf])
def test_eps_must_be_positive(eps: float) -> None:
    with pytest.raises(OptionError, match=r"expected eps_km to be a positive number"):
        dbscan(along_equator(0, 1), eps_km=eps)


@pytest.mark.parametrize("min_samples", [0, -2, np.nan, np.inf])
def test_min_samples_must_be_positive(min_samples: float) -> None:
    with pytest.raises(OptionError, match=r"expected min_samples to be a positive number"):
        dbscan(along_equator(0, 1), min_samples=min_samples)


@pytest.mark.parametrize("weights", [[1.0, -1.0], [1.0, np.nan], [1.0, np.inf]])
def test_weights_must_be_known_and_not_negative(weights: list[float]) -> None:
    sites = along_equator(0, 1)
    with pytest.raises(LayerError, match=r"expected .*weights.*'s01'"):
        dbscan(sites, weights=pd.Series(weights, sites.index))


def test_a_series_on_another_index_raises() -> None:
    sites = along_equator(0, 1)
    with pytest.raises(AlignmentError, match=r"expected emissions on the index.*reindex"):
        dbscan(sites, emissions=pd.Series([1.0, 2.0]))
    with pytest.raises(AlignmentError, match="expected weights on the index of the sites"):
        dbscan(sites, weights=pd.Series([1.0, 2.0], ["s01", "s00"]))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(LayerError, match="expected a column 'co2'"):
        dbscan(along_equator(0, 1, e=[1.0, 2.0]), emissions="co2")


def test_repeated_ids_raise() -> None:
    with pytest.raises(AlignmentError, match="'a'"):
        dbscan(plants([0, 1], [0, 0], ids=["a", "a"]))


SHAPES: dict[str, list[Any]] = {
    "lines": [shapely.LineString([(i, 0), (i, 1)]) for i in range(4)],
    "polygons": [shapely.box(i, 0, i + 0.5, 1) for i in range(4)],
}


@pytest.mark.parametrize("kind", SHAPES)
def test_only_points_are_clustered(kind: str) -> None:
    layer = gpd.GeoDataFrame({"site_id": list("abcd")}, geometry=SHAPES[kind], crs=4326)
    with pytest.raises(GeometryError, match="point"):
        dbscan(layer)


def test_infinite_emissions_raise() -> None:
    sites = along_equator(0, 1, e=[1.0, np.inf])
    with pytest.raises(LayerError, match="infinite"):
        dbscan(sites, emissions="e")
    with pytest.raises(LayerError, match="infinite"):
        dbscan(sites, emissions=sites["e"])


@pytest.mark.parametrize(
    ("min_samples", "core", "noise", "n_clusters"),
    [(3, 25, 0, 1), (4, 21, 0, 1), (5, 9, 4, 1), (6, 0, 25, 0)],
)
def test_unit_grid_by_its_own_distances(
    min_samples: int, core: int, noise: int, n_clusters: int
) -> None:
    """Method F.1 no. 10, exactly, from a graph of plane distances."""
    x, y = (part.ravel().astype(float) for part in np.meshgrid(np.arange(5), np.arange(5)))
    pairs = pd.DataFrame(
        [(i, j, float(np.hypot(x[i] - x[j], y[i] - y[j]))) for i, j in combinations(range(25), 2)],
        columns=["from_id", "to_id", "distance_km"],
    )
    sites = plants(x, y, ids=range(25))
    graph = NeighbourGraph.of_pairs(pairs, ids=sites.index, reach_km=10)
    labels = dbscan(sites, eps_km=1, min_samples=min_samples, graph=graph)
    assert (labels["role"] == "core").sum() == core
    assert (labels["role"] == "noise").sum() == noise
    assert labels["cluster"].max() + 1 == n_clusters


def test_emissions_alone_make_a_core() -> None:
    """0.6 + 0.5 Mt within 5 km are dense; 0.9 Mt alone are not."""
    sites = along_equator(0, 4, 100, e=[6e5, 5e5, 9e5])
    labels = dbscan(sites, eps_km=5, mode="emission", emissions="e")
    assert labels["cluster"].tolist() == [0, 0, NOISE]
    assert labels["role"].tolist() == ["core", "core", "noise"]


def test_a_large_plant_alone_is_a_singleton_anchor() -> None:
    sites = along_equator(0, 100, 104, e=[9e6, 6e5, 5e5])
    labels = dbscan(sites, eps_km=5, mode="emission", emissions="e")
    assert labels["cluster"].tolist() == [NOISE, 0, 0]
    assert labels["role"].tolist() == ["singleton_anchor", "core", "core"]


def test_a_large_plant_with_a_small_neighbour_is_a_cluster() -> None:
    labels = dbscan(along_equator(0, 4, e=[9e6, 0]), eps_km=5, mode="emission", emissions="e")
    assert labels["cluster"].tolist() == [0, 0]


def test_count_and_emission_requires_both() -> None:
    sites = along_equator(0, 1, 2, 50, 51, 52, 90, e=[4e5, 4e5, 4e5, 1e5, 1e5, 1e5, 5e6])
    options: dict[str, Any] = {"eps_km": 3, "min_samples": 3, "emissions": "e"}
    both = dbscan(sites, mode="count_and_emission", **options)
    assert both["cluster"].tolist() == [0, 0, 0, *[NOISE] * 4]
    assert both["role"].tolist() == ["core"] * 3 + ["noise"] * 4


@pytest.mark.parametrize("mode", ["emission", "count_and_emission"])
def test_the_limit_is_inclusive_and_sums_do_not_round(mode: Any) -> None:  # noqa: ANN401
    """0.1 + 0.2 + 0.7 Mt are 1 Mt; a plain sum may be less."""
    for order in ([1e5, 2e5, 7e5], [7e5, 1e5, 2e5]):
        sites = along_equator(0, 1, 2, e=[v / 1e6 for v in order])
        options: dict[str, Any] = {"eps_km": 3, "min_samples": 3, "emissions": "e", "mode": mode}
        assert (dbscan(sites, min_emissions_mt=1e-6, **options)["cluster"] == 0).all()
        assert (dbscan(sites, min_emissions_mt=1.01e-6, **options)["cluster"] == NOISE).all()


def test_unknown_emissions_add_nothing() -> None:
    sites = along_equator(0, 1, e=[9e5, np.nan])
    labels = dbscan(sites, eps_km=3, mode="emission", emissions="e")
    assert labels["cluster"].tolist() == [NOISE, NOISE]


def test_cores_by_emissions_equal_scikit_learn_weighted_by_them() -> None:
    rng = np.random.default_rng(5)
    emissions = rng.choice([1e4, 2e5, 6e5], 80)
    sites = plants(rng.uniform(0, 1, 80), rng.uniform(0, 1, 80), ids=range(80), e=emissions)
    labels = dbscan(sites, eps_km=9, mode="emission", emissions="e")
    _, core = sklearn_clusters(distances_km(sites), 9, 1_000_000, emissions)
    label, _ = sklearn_clusters(distances_km(sites)[np.ix_(core, core)], 9, 1)
    alone = np.zeros(80, dtype=bool)
    alone[labels["role"] == "singleton_anchor"] = True
    assert ((labels["role"] == "core") | alone).tolist() == core.tolist()
    inside = core & ~alone
    assert core_groups(labels["cluster"], inside) == {
        group
        for group in core_groups(label, np.ones(core.sum()), np.flatnonzero(core))
        if not alone[list(group)].all()
    }
    assert 0 < inside.sum() < 80


def test_star_leaves_borders_out_and_changes_no_core() -> None:
    chain = along_equator(*(9.0 * i for i in range(12)))
    plain = dbscan(chain, min_samples=3)
    star = dbscan(chain, min_samples=3, star=True)
    assert star["role"].tolist() == ["noise", *["core"] * 10, "noise"]
    core = plain["role"] == "core"
    pd.testing.assert_frame_equal(star[core], plain[core])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "emissions"}, "mode to be 'count', 'emission' or 'count_and_emission'"),
        ({"mode": "emission"}, "needs emissions"),
        ({"min_emissions_mt": 0}, "min_emissions_mt to be a positive number"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        dbscan(along_equator(0, 1), **options)


def test_the_adjusted_rand_index_equals_the_published_value() -> None:
    """method.md F.1 no. 43: the index used by the next comparison."""
    assert adjusted_rand_score([0, 0, 1, 1], [0, 0, 1, 2]) == pytest.approx(0.5714, abs=5e-5)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_cores_are_grouped_as_by_scikit_learn(cloud: object) -> None:
    lon, lat = cloud(np.random.default_rng(20), 600)  # type: ignore[operator]
    points = gpd.points_from_xy(lon, lat, crs=4326)
    labels = dbscan(gpd.GeoDataFrame(geometry=points), eps_km=4.0, min_samples=4)
    theirs = DBSCAN(eps=4_000.0, min_samples=4).fit(geocentric(lon, lat))
    core = np.zeros(len(lon), dtype=bool)
    core[theirs.core_sample_indices_] = True
    assert ((labels["role"] == "core").to_numpy() == core).all()
    assert (
        adjusted_rand_score(labels["cluster"][core], theirs.labels_[core]) == 1.0 or not core.any()
    )


# ------------------------------------------------------------------ crowds


@pytest.mark.parametrize("min_samples", [1, 4, 12, 70, 90])
@pytest.mark.parametrize("mode", ["count", "emission", "count_and_emission"])
@pytest.mark.parametrize("seed", range(3))
def test_many_plants_at_one_place_are_clustered_as_on_a_graph(
    seed: int, mode: str, min_samples: int
) -> None:
    """Places of 1 to 90 coincident plants, some of them between two clusters."""
    draw = np.random.default_rng(seed)
    at = np.repeat(
        np.arange(14), draw.permutation([1, 1, 1, 2, 3, 4, 5, 8, 40, 64, 65, 70, 80, 90])
    )
    lon, lat = draw.uniform(0.0, 0.5, (2, 14))[:, at]
    emissions = draw.choice([np.nan, 0.0, 1e4, 1.5e4, 0.1], len(at))
    sites = plants(lon, lat, ids=draw.permutation(len(at)), co2_t_per_yr=emissions)
    options: dict[str, Any] = {
        "eps_km": 8.0,
        "min_samples": min_samples,
        "mode": mode,
        "min_emissions_mt": 0.1,
        "emissions": "co2_t_per_yr",
    }
    graph = NeighbourGraph.of_sites(sites, reach_km=8.0)
    expected = dbscan(sites, graph=graph, **options)
    pd.testing.assert_frame_equal(dbscan(sites, **options), expected)


def test_emissions_around_a_crowd_are_their_exact_sum() -> None:
    """The threshold is met to the bit, whether neighbours are listed or not."""
    draw = np.random.default_rng(9)
    n = CROWD + 500
    emissions = np.round(draw.lognormal(5, 3, n), 2)
    sites = plants(*draw.uniform(0.0, 0.02, (2, n)), ids=range(n), co2_t_per_yr=emissions)
    total = fsum(emissions.tolist())
    for least, cores in ((total, n), (np.nextafter(total, np.inf), 0)):
        rule = DensityRule("emission", None, emissions, least, star=False)
        neighbours = Geodesics(*sites.get_coordinates().to_numpy().T)
        assert len(rule.core(neighbours, 10_000.0, 1)) == cores
