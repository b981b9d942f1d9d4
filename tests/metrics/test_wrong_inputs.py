"""Wrong inputs to metrics: the error, and a message with the expected and actual values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from metrics.brute_force import layer

from standort.errors import AlignmentError, CRSError, GeometryError, LayerError, OptionError
from standort.metrics import (
    count_within,
    largest_within,
    nearest_distance,
    nearest_feature,
    neighbour_distance,
    sum_within,
)

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG_LENGTHS = [0.0, -1.0, np.nan]
QUANTITY_METRICS = {
    "sum_within": lambda s, f, column: sum_within(s, f, column, radius_km=30.0),
    "largest_within": lambda s, f, column: largest_within(s, f, column, radius_km=30.0),
}
EVERY_METRIC: dict[str, Callable[[gpd.GeoDataFrame, gpd.GeoDataFrame], object]] = {
    "nearest_distance": nearest_distance,
    "nearest_feature": nearest_feature,
    "neighbour_distance": neighbour_distance,
    "count_within": lambda s, f: count_within(s, f, radius_km=30.0),
    "sum_within": lambda s, f: sum_within(s, f, "amount", radius_km=30.0),
    "largest_within": lambda s, f: largest_within(s, f, "amount", radius_km=30.0),
}

every_metric = pytest.mark.parametrize("name", EVERY_METRIC)
quantity_metric = pytest.mark.parametrize("name", QUANTITY_METRICS)


def one_site() -> gpd.GeoDataFrame:
    return layer([0.0], [0.0], site_id=["s"])


def two_features(**columns: object) -> gpd.GeoDataFrame:
    features = layer([0.1, 0.2], [0.0, 0.0], feature_id=["a", "b"], amount=[1.0, 2.0])
    return features.assign(**columns)


# ---------------------------------------------------------------------- options


@pytest.mark.parametrize("wrong", [*WRONG_LENGTHS, np.inf])
@pytest.mark.parametrize("name", ["count_within", "sum_within", "largest_within"])
def test_a_radius_must_be_a_positive_number(name: str, wrong: float) -> None:
    metric: dict[str, Callable[[], object]] = {
        "count_within": lambda: count_within(one_site(), two_features(), radius_km=wrong),
        "sum_within": lambda: sum_within(one_site(), two_features(), "amount", radius_km=wrong),
        "largest_within": lambda: largest_within(
            one_site(), two_features(), "amount", radius_km=wrong
        ),
    }
    message = f"expected radius_km to be a positive number up to 1e+06 [km], got {wrong!r}"
    with pytest.raises(OptionError, match=re.escape(message)):
        metric[name]()


@pytest.mark.parametrize("wrong", WRONG_LENGTHS)
@pytest.mark.parametrize("metric", [nearest_distance, nearest_feature, neighbour_distance])
def test_a_largest_distance_must_be_positive(metric: Callable[..., Any], wrong: float) -> None:
    message = f"a positive number up to 1e+06 [km] or infinity, got {wrong!r}"
    with pytest.raises(OptionError, match=re.escape(message)):
        metric(one_site(), two_features(), max_distance_km=wrong)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, 2.0, np.nan, "2", None])
@pytest.mark.parametrize("metric", [nearest_feature, neighbour_distance])
def test_k_must_be_a_whole_number_of_at_least_one(
    metric: Callable[..., Any], wrong: object
) -> None:
    message = f"expected k to be a whole number from 1 to 1000000, got {wrong!r}"
    with pytest.raises(OptionError, match=re.escape(message)):
        metric(one_site(), two_features(), k=wrong)


def test_a_whole_number_of_numpy_is_a_k() -> None:
    two: Any = np.int64(2)
    result = neighbour_distance(one_site(), two_features(), k=two)
    assert result.round(1).tolist() == [16.7]


def test_a_misspelt_choice_of_own_raises() -> None:
    wrong: Any = "exlude"
    with pytest.raises(OptionError, match=r"own.*'include'.*'exlude'"):
        largest_within(one_site(), two_features(), "amount", radius_km=30.0, own=wrong)


@pytest.mark.parametrize("weight", [np.nan, -0.5, np.inf])
def test_weights_of_a_decay_must_be_known_and_not_negative(weight: float) -> None:
    with pytest.raises(OptionError, match="decay"):
        sum_within(
            one_site(), two_features(), "amount", radius_km=30.0, decay=lambda d: d * 0.0 + weight
        )


def test_a_decay_may_give_one_number_for_all_distances_or_raises_by_name() -> None:
    constant: Any = lambda _: 0.5  # noqa: E731
    try:
        result = sum_within(one_site(), two_features(), "amount", radius_km=30.0, decay=constant)
    except OptionError as error:
        assert "decay" in str(error)  # noqa: PT017
        return
    assert result.tolist() == [1.5]


# ---------------------------------------------------------------------- quantities


@quantity_metric
def test_a_missing_column_is_named_beside_those_that_are_there(name: str) -> None:
    message = r"expected a column 'emissions' in the features, which have: feature_id, amount"
    with pytest.raises(LayerError, match=message):
        QUANTITY_METRICS[name](one_site(), two_features(), "emissions")


@quantity_metric
def test_a_text_column_raises_with_its_type(name: str) -> None:
    features = two_features(amount=["low", "high"])
    with pytest.raises(LayerError, match=r"column 'amount' must be numeric, got (str|object)"):
        QUANTITY_METRICS[name](one_site(), features, "amount")


@pytest.mark.parametrize(
    "column",
    [["1", "2"], pd.to_datetime(["2020-01-01", "2021-01-01"]), pd.to_timedelta([1, 2], unit="s")],
    ids=["digits", "dates", "durations"],
)
def test_what_only_looks_like_a_number_raises(column: object) -> None:
    with pytest.raises(LayerError, match="column 'amount' must be numeric"):
        sum_within(one_site(), two_features(amount=column), "amount", radius_km=30.0)


@pytest.mark.parametrize("wrong", [np.inf, -np.inf])
@quantity_metric
def test_an_infinite_quantity_is_named_with_its_feature(name: str, wrong: float) -> None:
    message = "column 'amount' is infinite for 1 features: 'b'; correct it"
    with pytest.raises(LayerError, match=message):
        QUANTITY_METRICS[name](one_site(), two_features(amount=[1.0, wrong]), "amount")


# ---------------------------------------------------------------------- layers


@every_metric
def test_a_layer_without_crs_raises(name: str) -> None:
    homeless = two_features().set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match="layer 'features': it has no coordinate reference system"):
        EVERY_METRIC[name](one_site(), homeless)
    homeless = one_site().set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match=r"layer 'sites': .*set_crs"):
        EVERY_METRIC[name](homeless, two_features())


@every_metric
def test_ids_that_occur_twice_are_named(name: str) -> None:
    with pytest.raises(AlignmentError, match=r"features: .* 1 occur more than once: 'a'"):
        EVERY_METRIC[name](one_site(), two_features(feature_id=["a", "a"]))
    twice = layer([0.0, 1.0], [0.0, 0.0], site_id=["s", "s"])
    with pytest.raises(AlignmentError, match=r"sites: .* 1 occur more than once: 's'"):
        EVERY_METRIC[name](twice, two_features())


@every_metric
def test_sites_that_are_not_points_raise_with_ids(name: str) -> None:
    for geometry, kind in (
        (shapely.box(0, 0, 1, 1), "Polygon"),
        (shapely.LineString([(0, 0), (1, 1)]), "LineString"),
    ):
        sites = gpd.GeoDataFrame({"site_id": ["plant"]}, geometry=[geometry], crs=4326)
        message = f"layer 'sites': geometries must be points; {kind} in.*'plant'.*take a"
        with pytest.raises(GeometryError, match=message):
            EVERY_METRIC[name](sites, two_features())


@every_metric
def test_missing_and_empty_geometries_raise_with_ids(name: str) -> None:
    for nothing in (None, shapely.Point()):
        features = two_features()
        features.loc[1, "geometry"] = nothing
        with pytest.raises(
            GeometryError, match=r"layer 'features': every row needs a geometry.*'b'"
        ):
            EVERY_METRIC[name](one_site(), features)


@every_metric
def test_positions_off_the_earth_raise_with_ids(name: str) -> None:
    features = layer([0.1, 530_000.0], [0.0, 180_000.0], feature_id=["a", "b"], amount=[1.0, 2.0])
    with pytest.raises(GeometryError, match=r"\+-360 .*'b'.*look projected"):
        EVERY_METRIC[name](one_site(), features)
