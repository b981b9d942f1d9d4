"""What holds for every metric: the index of the sites, pure functions, any CRS, own features."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from metrics.brute_force import assert_aligned, bits, layer
from pandas.api.types import pandas_dtype

from standort.errors import AlignmentError
from standort.layers import as_features, as_sites
from standort.metrics import (
    count_within,
    exponential,
    largest_within,
    measure_count,
    measure_largest,
    measure_nearest,
    measure_neighbours,
    measure_sum,
    nearest_distance,
    nearest_feature,
    neighbour_distance,
    sum_within,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.layers import Features, Sites
    from standort.metrics import Measurement

    Metric = Callable[[gpd.GeoDataFrame | Sites, gpd.GeoDataFrame | Features], pd.Series[Any]]
    Measure = Callable[[gpd.GeoDataFrame | Sites, gpd.GeoDataFrame | Features], Measurement]

METRICS: dict[str, Metric] = {
    "nearest_distance": nearest_distance,
    "neighbour_distance": lambda s, f: neighbour_distance(s, f, k=3),
    "count_within": lambda s, f: count_within(s, f, radius_km=120.0),
    "sum_within": lambda s, f: sum_within(s, f, "amount", radius_km=120.0, decay=exponential(40.0)),
    "largest_within": lambda s, f: largest_within(s, f, "amount", radius_km=120.0),
}
MEASURES: dict[str, Measure] = {
    "nearest_distance": measure_nearest,
    "neighbour_distance": lambda s, f: measure_neighbours(s, f, k=3),
    "count_within": lambda s, f: measure_count(s, f, radius_km=120.0),
    "sum_within": lambda s, f: measure_sum(
        s, f, "amount", radius_km=120.0, decay=exponential(40.0)
    ),
    "largest_within": lambda s, f: measure_largest(s, f, "amount", radius_km=120.0),
}
INDEXES: dict[str, pd.Index[Any]] = {
    "range": pd.RangeIndex(12),
    "strings": pd.Index([f"s{i}" for i in range(12)], name="site_id"),
    "gapped": pd.Index([3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610], name="number"),
    "shuffled": pd.Index([7, 2, 11, 0, 5, 9, 1, 4, 10, 3, 8, 6]),
    "repeated": pd.Index([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]),
    "dates": pd.date_range("2020-01-01", periods=12),
}


def british_sites(index: pd.Index[Any] | None = None) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(4)
    return layer(rng.uniform(-4, 1, 12), rng.uniform(51, 56, 12), index=index)


def british_features() -> gpd.GeoDataFrame:
    """Points, lines and polygons; one amount unknown."""
    rng = np.random.default_rng(5)
    points = list(shapely.points(rng.uniform(-4, 1, 20), rng.uniform(51, 56, 20)))
    shapes = [
        shapely.LineString([(-3, 52), (-1, 53), (0, 52.5)]),
        shapely.Polygon([(-2, 54), (0, 54.2), (0.3, 55.5), (-1.5, 55)]),
        shapely.MultiLineString([[(-4, 55), (-3, 55.5)], [(-3.5, 51), (-3, 51.5)]]),
    ]
    amount = rng.lognormal(0.0, 1.0, 23)
    amount[3] = np.nan
    names = rng.permutation([f"f{i}" for i in range(23)])
    return gpd.GeoDataFrame(
        {"feature_id": names, "amount": amount}, geometry=points + shapes, crs=4326
    )


# ---------------------------------------------------------------------- index, name, purity


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("kind", INDEXES)
def test_results_carry_the_index_of_the_sites_and_the_name_of_the_function(
    name: str, kind: str, features_by_crs: dict[str, Features]
) -> None:
    sites, features = british_sites(INDEXES[kind]), features_by_crs["EPSG:4326"]
    result = METRICS[name](sites, features)
    assert_aligned(result, sites, name)
    plain = METRICS[name](british_sites(), features)
    assert bits(result).tolist() == bits(plain).tolist()


@pytest.mark.parametrize("kind", INDEXES)
def test_nearest_feature_repeats_each_entry_of_the_index(kind: str) -> None:
    sites = british_sites(INDEXES[kind])
    result = nearest_feature(sites, british_features(), k=2)
    pd.testing.assert_index_equal(result.index, sites.index.repeat(2), exact=True)
    assert result.columns.tolist() == ["feature_id", "distance_km", "rank"]


@pytest.mark.parametrize("name", MEASURES)
def test_a_measurement_is_its_metric_and_every_part_carries_the_index(name: str) -> None:
    sites, features = british_sites(INDEXES["strings"]), british_features()
    result = MEASURES[name](sites, features)
    assert_aligned(result.value, sites, name)
    for part in (result.feature, result.unknown):
        pd.testing.assert_index_equal(part.index, sites.index, exact=True)
    expected = METRICS[name](sites, features).astype(float)
    assert bits(result.value).tolist() == bits(expected).tolist()


@pytest.mark.parametrize("name", METRICS)
def test_inputs_stay_as_they_were(name: str) -> None:
    sites, features = british_sites(INDEXES["strings"]), british_features().iloc[::-1]
    before = sites.copy(deep=True), features.copy(deep=True)
    METRICS[name](sites, features)
    assert_geodataframe_equal(sites, before[0])
    assert_geodataframe_equal(features, before[1])


def test_renaming_the_index_of_a_result_leaves_the_sites_alone() -> None:
    sites = british_sites(INDEXES["strings"].copy())
    nearest_distance(sites, british_features()).index.name = "renamed"
    assert sites.index.name == "site_id"


@pytest.mark.parametrize("name", METRICS)
def test_prepared_layers_give_the_same_bits(name: str) -> None:
    sites, features = british_sites(INDEXES["gapped"]), british_features()
    prepared = METRICS[name](as_sites(sites), as_features(features))
    assert_aligned(prepared, sites, name)
    assert bits(prepared).tolist() == bits(METRICS[name](sites, features)).tolist()


@pytest.mark.parametrize("name", METRICS)
def test_no_sites_give_an_empty_series(name: str) -> None:
    sites = british_sites(INDEXES["strings"]).iloc[:0]
    assert_aligned(METRICS[name](sites, british_features()), sites, name)


@pytest.mark.parametrize("name", METRICS)
def test_an_empty_feature_layer_is_nothing_within_reach(name: str) -> None:
    sites, features = british_sites(), british_features().iloc[:0]
    nothing = np.inf if name.endswith("distance") else 0.0
    result = METRICS[name](sites, features)
    assert_aligned(result, sites, name)
    assert (result == nothing).all()
    named = nearest_feature(sites, features, k=2)
    assert named["feature_id"].isna().all()
    assert np.isinf(named["distance_km"]).all()


# ---------------------------------------------------------------------- any CRS

SYSTEMS = [
    "EPSG:27700",
    "EPSG:3035",
    "EPSG:4326",
    "EPSG:3857",
    "+proj=utm +zone=30 +units=km +type=crs",
    "+proj=utm +zone=30 +units=us-ft +type=crs",
]


@pytest.fixture(scope="module")
def sites_by_crs() -> dict[str, Sites]:
    return {crs: as_sites(british_sites().to_crs(crs)) for crs in SYSTEMS}


@pytest.fixture(scope="module")
def features_by_crs() -> dict[str, Features]:
    return {crs: as_features(british_features().to_crs(crs)) for crs in SYSTEMS}


@pytest.mark.parametrize("name", METRICS)
def test_any_crs_and_any_unit_of_it_gives_the_same_result(
    name: str, sites_by_crs: dict[str, Sites], features_by_crs: dict[str, Features]
) -> None:
    expected = METRICS[name](british_sites(), british_features())
    assert len(set(expected)) >= 5
    for sites in sites_by_crs.values():
        for features in features_by_crs.values():
            result = METRICS[name](sites, features)
            np.testing.assert_allclose(result, expected, rtol=0.0, atol=1e-6)


# ---------------------------------------------------------------------- a site among the features


def emitters(ids: object = ("a", "b", "c")) -> gpd.GeoDataFrame:
    """Return three emitters: two coincident, one 11.1 km east."""
    return layer([0.0, 0.0, 0.1], [0.0, 0.0, 0.0], site_id=ids, amount=[1.0, 20.0, 300.0])


def left_out(sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> bool:
    """Tell whether every one of three emitters leaves itself out, in every metric."""
    count = count_within(sites, features, radius_km=50.0).tolist()
    total = sum_within(sites, features, "amount", radius_km=50.0).tolist()
    near = nearest_distance(sites, features).round(1).tolist()
    two = neighbour_distance(sites, features, k=2).round(1).tolist()
    largest = largest_within(sites, features, "amount", radius_km=50.0, own="exclude").tolist()
    result: tuple[Any, ...] = (count, total, near, two, largest)
    own = ([2] * 3, [320.0, 301.0, 21.0], [0.0, 0.0, 11.1], [5.6, 5.6, 11.1], [300, 300, 20])
    all_sites = ([3] * 3, [321.0] * 3, [0.0] * 3, [0.0, 0.0, 5.6], [300] * 3)
    assert result in (own, all_sites)
    return result == own


def test_a_site_with_the_explicit_id_of_a_feature_leaves_it_out() -> None:
    by_column, by_index = emitters(), emitters().set_index("site_id")
    for sites in (by_column, by_index):
        for features in (by_column, by_index):
            assert left_out(sites, features)
            assert left_out(sites, features.iloc[[2, 0, 1]])


def test_neither_position_nor_an_unnamed_index_nor_distance_zero_is_an_identity() -> None:
    explicit, plain = emitters(), emitters().drop(columns="site_id")
    assert not left_out(plain, plain)
    assert not left_out(explicit, plain)
    assert not left_out(plain, explicit)
    same_labels = emitters().set_index("site_id").rename_axis(None)
    assert not left_out(same_labels, same_labels)
    assert not left_out(explicit, same_labels)
    assert not left_out(explicit, emitters(("x", "y", "z")))
    as_feature_ids = plain.assign(feature_id=["a", "b", "c"])
    assert not left_out(explicit, as_feature_ids)


def test_the_site_id_counts_also_beside_another_feature_id() -> None:
    features = emitters().assign(feature_id=["f3", "f1", "f2"])
    assert left_out(emitters(), features)
    # the order and the names are those of feature_id
    result = nearest_feature(emitters(), features, k=2)["feature_id"].tolist()
    assert result == ["f1", "f2", "f3", "f2", "f1", "f3"]


def test_only_the_sites_that_are_features_leave_themselves_out() -> None:
    sites = layer([0.0, 0.0, 0.1], [0.0, 0.0, 0.0], site_id=["b", "stranger", "c"])
    result = sum_within(sites, emitters(), "amount", radius_km=50.0)
    assert result.tolist() == [301.0, 321.0, 21.0]


def test_an_anchor_can_be_the_site_itself_unless_excluded() -> None:
    result = largest_within(emitters(), emitters(), "amount", radius_km=5.0)
    assert result.tolist() == [20.0, 20.0, 300.0]
    result = largest_within(emitters(), emitters(), "amount", radius_km=5.0, own="exclude")
    assert result.tolist() == [20.0, 1.0, 0.0]


@pytest.mark.parametrize("dtype", ["int64", "uint8", "Int64", "object", "category"])
@pytest.mark.parametrize("other", ["int64", "Int64", "str"])
def test_numbers_and_their_digits_are_the_same_id(dtype: str, other: str) -> None:
    ids = pd.Series([1, 2, 30])
    assert left_out(
        emitters(ids.astype(pandas_dtype(dtype))), emitters(ids.astype(pandas_dtype(other)))
    )


def test_text_ids_are_the_same_in_any_column_type() -> None:
    ids = pd.Series(["a", "b", "01"])
    types = ["object", "str", "string", "category", "object"]
    for of_sites, of_features in pairwise(types):
        assert left_out(
            emitters(ids.astype(pandas_dtype(of_sites))),
            emitters(ids.astype(pandas_dtype(of_features))),
        )
    assert not left_out(emitters(["1", "2", "3"]), emitters(["01", "02", "03"]))


def test_whole_floats_are_the_same_ids_as_integers() -> None:
    assert left_out(emitters([1, 2, 3]), emitters([1.0, 2.0, 3.0]))


def test_numbers_and_their_digits_are_the_same_id_as_objects_too() -> None:
    numbers = pd.Series([1, 2, 3], dtype=object)
    digits = pd.Series(["1", "2", "3"], dtype=object)
    assert left_out(emitters(numbers), emitters(digits))


def test_a_site_id_that_occurs_twice_beside_feature_ids_is_named() -> None:
    features = emitters(["a", "a", "b"]).assign(feature_id=["f1", "f2", "f3"])
    with pytest.raises(AlignmentError, match=r"site_id.*'a'"):
        count_within(emitters(), features, radius_km=5.0)


def test_a_missing_site_id_is_not_an_identity() -> None:
    sites, features = emitters(["a", None, "c"]), emitters(["d", None, "e"])
    try:
        result = count_within(sites, features, radius_km=50.0).tolist()
    except AlignmentError:
        return
    assert result == [3, 3, 3]
