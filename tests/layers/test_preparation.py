from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from geopandas import GeoDataFrame
from geopandas.testing import assert_geodataframe_equal
from pandas import ArrowDtype, DataFrame, Series, concat
from shapely import LineString, Point

from standort.layers.attributes.periods import select_year
from standort.layers.preparation import prepare
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable


def pipelines(make_layer: Callable[..., GeoDataFrame], **columns: object) -> GeoDataFrame:
    lines = [LineString([(0, i), (1, i)]) for i in range(3)]
    return make_layer(lines, carrier=["co2", None, "hydrogen"], **columns)


@pytest.mark.parametrize(
    ("year", "kept"),
    [
        (None, [0, 1, 2, 3]),
        (1980, [3]),
        (1990, [0, 3]),
        (2020, [0, 3]),
        (2021, [2, 3]),
        (2030, [1, 2, 3]),
    ],
)
def test_a_year_keeps_the_rows_whose_period_covers_it(year: int | None, kept: list[int]) -> None:
    """Both ends count; an empty bound is open."""
    table = DataFrame({"year_from": [1990, 2030, 2021, None], "year_to": [2020, 2040, None, None]})
    assert select_year(table, year).index.tolist() == kept


def test_a_missing_bound_is_unlimited() -> None:
    assert len(select_year(DataFrame({"year_to": [2020, 2030]}), 2025)) == 1
    assert len(select_year(DataFrame({"kind": ["a", "b"]}), 2025)) == 2


def test_rows_omitted_by_the_year_are_noted(make_layer: Callable[..., GeoDataFrame]) -> None:
    prepared = prepare(
        pipelines(make_layer, year_from=[1990, 2030, np.nan]), ROLES["pipelines"], year=2020
    )
    assert prepared.frame is not None
    assert prepared.frame.index.tolist() == ["a", "c"]
    assert (prepared.source.rows_read, prepared.source.rows_kept) == (3, 2)
    assert "1 of 3 rows omitted: their period does not cover 2020" in prepared.source.notes


def test_the_year_selects_one_of_several_versions(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    layer = pipelines(make_layer, year_from=[1990, 2030, 2000], year_to=[2029, None, None])
    layer["feature_id"] = ["a", "a", "b"]
    assert "or, if the rows are years" in prepare(layer, ROLES["pipelines"]).problems[0].text
    for year, carrier in ((2025, "co2"), (2035, None)):
        prepared = prepare(layer, ROLES["pipelines"], year=year)
        assert prepared.frame is not None
        assert prepared.frame["carrier"].dropna().to_dict().get("a") == carrier


def test_a_layer_is_indexed_by_its_id_in_input_order(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    layer = pipelines(make_layer, feature_id=["z", "a", "m"])
    prepared = prepare(layer, ROLES["pipelines"])
    assert isinstance(prepared.frame, GeoDataFrame)
    assert prepared.frame.index.tolist() == ["z", "a", "m"]
    assert prepared.frame.index.name == "feature_id"
    assert "feature_id" not in prepared.frame.columns
    assert prepared.frame.geometry.name == "geometry"
    assert layer.columns.tolist() == ["feature_id", "carrier", "geometry"]


def test_the_id_may_be_the_index(make_emitters: Callable[..., GeoDataFrame]) -> None:
    layer = make_emitters(2).set_index("site_id")
    prepared = prepare(layer, ROLES["emitters"])
    assert prepared.frame is not None
    assert prepared.frame.index.tolist() == ["a", "b"]
    again = prepare(prepared.frame, ROLES["emitters"])
    assert_geodataframe_equal(prepared.frame, again.frame)


def test_an_index_of_another_name_is_not_an_id(make_emitters: Callable[..., GeoDataFrame]) -> None:
    layer = make_emitters(2).set_index("site_id").rename_axis("plant")
    (problem,) = prepare(layer, ROLES["emitters"]).problems
    assert problem.text == (
        "layer 'emitters': required column 'site_id' is missing; "
        "it has co2_t_per_yr, geometry: add it"
    )


def test_the_record_has_columns_unknowns_and_extent(
    make_emitters: Callable[..., GeoDataFrame],
) -> None:
    layer = make_emitters(3, co2_t_per_yr=[1.0, None, 0.0], country="NL", sectr="steel")
    source = prepare(layer, ROLES["emitters"]).source
    assert source.used_columns == ("site_id", "co2_t_per_yr")
    assert source.unused_columns == ("country", "sectr")
    assert "sector" in source.missing_columns
    assert source.unknown == {"co2_t_per_yr": 1}
    assert source.extent == (0.0, 0.0, 2.0, 0.0)
    assert source.geometry_types == {"Point": 3}
    assert source.crs == "EPSG:4326"
    assert source.path is None
    assert source.notes == ("column 'sectr' is unknown and not used; did you mean 'sector'?",)


def test_a_plain_table_instead_of_a_layer_is_a_problem() -> None:
    table = DataFrame({"feature_id": ["a"], "carrier": ["co2"]})
    (problem,) = prepare(table, ROLES["pipelines"]).problems
    assert problem.kind == "geometry"
    assert problem.text == "layer 'pipelines': it holds no geometries: store it as a layer of lines"


def test_a_table_keeps_no_geometry(make_layer: Callable[..., GeoDataFrame]) -> None:
    frame = make_layer([Point(0, 0)], id_column="firm", organisation=["council"])
    prepared = prepare(frame, ROLES["memberships"])
    assert type(prepared.frame) is DataFrame
    assert prepared.frame.columns.tolist() == ["firm", "organisation"]


def test_problems_of_columns_and_geometry_are_reported_together(
    make_emitters: Callable[..., GeoDataFrame],
) -> None:
    layer = make_emitters(2, co2_t_per_yr=[-1.0, 1.0], geometries=[None, Point(0, 0)])
    prepared = prepare(layer, ROLES["emitters"])
    assert prepared.frame is None
    assert [problem.kind for problem in prepared.problems] == ["attribute", "geometry"]
    assert all(problem.text.startswith("layer 'emitters': ") for problem in prepared.problems)


@pytest.mark.parametrize("year", [None, 2025])
def test_problems_of_rows_outside_the_year_are_reported(
    make_layer: Callable[..., GeoDataFrame], year: int | None
) -> None:
    layer = pipelines(make_layer, year_to=[-1, 2030, None])
    (problem,) = prepare(layer, ROLES["pipelines"], year=year).problems
    assert "column 'year_to' must hold whole years; -1.0 in 1 row ('a')" in problem.text


def test_geometries_of_rows_outside_the_year_are_checked(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    layer = make_layer([Point(0, 95), Point(0, 1)], year_to=[2000, None])
    (problem,) = prepare(layer, ROLES["ports"], year=2025).problems
    assert "latitudes within +-90 degrees" in problem.text


def test_implausible_years_that_omit_rows_warn(make_layer: Callable[..., GeoDataFrame]) -> None:
    layer = pipelines(make_layer, year_from=[9999, 0, None], year_to=[None, 9999, 0])
    assert prepare(layer, ROLES["pipelines"]).warnings == ()
    prepared = prepare(layer, ROLES["pipelines"], year=2025)
    assert [notice.text for notice in prepared.warnings] == [
        (
            "layer 'pipelines': 1 row omitted for 2025 because of an implausible 'year_to' (0): "
            "leave unknown years empty"
        ),
        (
            "layer 'pipelines': 1 row omitted for 2025 because of an implausible 'year_from' "
            "(9999): leave unknown years empty"
        ),
    ]


@pytest.mark.parametrize(
    "dtype", ["category", "string", "string[pyarrow]", ArrowDtype(pa.string())]
)
def test_ids_of_any_type_of_text_pass(
    make_emitters: Callable[..., GeoDataFrame],
    dtype: Any,  # noqa: ANN401 - anything pandas takes
) -> None:
    prepared = prepare(make_emitters(2, site_id=Series(["a", "b"], dtype=dtype)), ROLES["emitters"])
    assert prepared.frame is not None
    assert prepared.frame.index.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "dtype", ["category", "int64[pyarrow]", "double[pyarrow]", "float16", "uint8", "Float64"]
)
def test_columns_of_any_type_of_number_pass(
    make_emitters: Callable[..., GeoDataFrame], dtype: str
) -> None:
    numbers = Series([1, 2], dtype=dtype)
    layer = make_emitters(2, site_id=numbers, co2_t_per_yr=numbers, year=numbers)
    prepared = prepare(layer, ROLES["emitters"])
    assert prepared.frame is not None
    assert prepared.frame.index.tolist() == [1, 2]
    assert prepared.frame["co2_t_per_yr"].tolist() == [1.0, 2.0]


def test_names_of_columns_become_text(make_emitters: Callable[..., GeoDataFrame]) -> None:
    layer = make_emitters(2)
    layer[2019] = 1.0
    prepared = prepare(layer, ROLES["emitters"])
    assert prepared.source.unused_columns == ("2019",)


def test_columns_that_occur_twice_are_reported_by_name(
    make_emitters: Callable[..., GeoDataFrame],
) -> None:
    layer = make_emitters(2, name="x", co2_t_per_yr=[-1.0, 1.0])
    twice = GeoDataFrame(concat([layer, layer[["name"]]], axis=1), geometry="geometry")
    texts = [problem.text for problem in prepare(twice, ROLES["emitters"]).problems]
    assert texts[0] == (
        "layer 'emitters': column 'name' occurs 2 times: rename or remove all but one"
    )
    assert "negative in 1 row" in texts[1]


def test_a_second_geometry_becomes_text(make_emitters: Callable[..., GeoDataFrame]) -> None:
    layer = make_emitters(2)
    layer["outline"] = layer.geometry
    prepared = prepare(layer, ROLES["emitters"])
    assert prepared.frame is not None
    assert prepared.frame["outline"].tolist() == ["POINT (0 0)", "POINT (1 0)"]
    assert [kind for kind, _ in prepared.notes] == ["other geometries"]


def test_an_inactive_geometry_is_named(make_emitters: Callable[..., GeoDataFrame]) -> None:
    layer = GeoDataFrame(DataFrame(make_emitters(2)).rename(columns={"geometry": "geom"}))
    (problem,) = prepare(layer, ROLES["emitters"]).problems
    assert problem.text.endswith("choose one of its columns, 'geom', with set_geometry")


def test_an_id_in_one_of_several_levels_of_the_index_is_found(
    make_emitters: Callable[..., GeoDataFrame],
) -> None:
    layer = make_emitters(2).set_index(["site_id", "co2_t_per_yr"])
    prepared = prepare(layer, ROLES["emitters"])
    assert prepared.frame is not None
    assert prepared.frame.index.tolist() == ["a", "b"]


@pytest.mark.parametrize("given", [None, "emitters.gpkg", 3, [1], {"a": 1}])
def test_what_is_no_table_is_a_problem(given: Any) -> None:  # noqa: ANN401
    (problem,) = prepare(given, ROLES["emitters"]).problems
    assert problem.text == (
        f"layer 'emitters': expected a GeoDataFrame, got {type(given).__name__}: "
        "pass the layer itself"
    )
