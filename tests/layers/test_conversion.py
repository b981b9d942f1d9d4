from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame
from geopandas.testing import assert_geodataframe_equal
from shapely import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

from standort.errors import CRSError, GeometryError, LayerError, StandortWarning
from standort.layers.geometry import repair
from standort.layers.geometry.conversion import GeometryNotes, convert_geometry, to_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable

POINT, LINE, POLYGON = frozenset({"point"}), frozenset({"line"}), frozenset({"polygon"})
with np.errstate(invalid="ignore"):
    NAN_LINE = shapely.from_wkt("LINESTRING (0 0, nan 1)")
BOW_TIE = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def convert(
    layer: GeoDataFrame, allowed: frozenset[str] = POINT, id_column: str = "feature_id"
) -> tuple[GeoDataFrame, GeometryNotes]:
    return to_wgs84(layer, name="things", allowed=allowed, id_column=id_column)


# What is refused


@pytest.mark.parametrize(
    ("geometries", "allowed", "problem"),
    [
        (
            [None, Point(1, 1), Point()],
            POINT,
            (
                "every row needs a geometry; null, empty or without coordinates in "
                "2 rows ('a', 'c'): add the geometries or remove the rows"
            ),
        ),
        (
            [Point(1, 1), Point(math.inf, 1)],
            POINT,
            (
                "coordinates must be finite numbers; NaN or infinite in 1 row ('b'): "
                "correct them or remove the rows"
            ),
        ),
        (
            [NAN_LINE],
            LINE,
            "coordinates must be finite numbers; NaN or infinite in 1 row ('a')",
        ),
        (
            [Point(1, 1), box(0, 0, 1, 1), LineString([(0, 0), (1, 1)])],
            POINT,
            (
                "geometries must be points; LineString, Polygon in 2 rows ('b', 'c'): "
                "take a representative point of each, or check that the layer has the right name"
            ),
        ),
        (
            [Point(1, 1)],
            frozenset({"line", "polygon"}),
            (
                "geometries must be lines and polygons; Point in 1 row ('a'): "
                "check that the layer has the right name"
            ),
        ),
        (
            [GeometryCollection([Point(0, 0)])],
            POLYGON,
            "geometries must be polygons; GeometryCollection in 1 row ('a')",
        ),
        (
            [Point(430_000, 5_200_000), Point(1, 1)],
            POINT,
            (
                "longitudes must be within +-360 and latitudes within +-90 degrees; "
                "(430000.0, 5200000.0) in 1 row ('a'): "
                "the numbers look projected: assign the CRS of the coordinates to the layer"
            ),
        ),
        (
            [Point(52.0, 104.5)],
            POINT,
            ("(52.0, 104.5) in 1 row ('a'): longitude and latitude may be swapped: x is longitude"),
        ),
        (
            [Point(120.0, -90.5)],
            POINT,
            "(120.0, -90.5) in 1 row ('a'): correct the coordinates",
        ),
        (
            [LineString([(0, 0), (0, 0)])],
            LINE,
            (
                "at least one row must remain; zero-length line in all, that is in 1 row ('a'): "
                "check how the layer was made"
            ),
        ),
        (
            [Polygon([(178, 0), (-178, 3), (-178, 0), (178, 2)])],
            POLYGON,
            (
                "a polygon across the antimeridian must not cross itself; it does in 1 row ('a'): "
                "repair it in a projection without that seam"
            ),
        ),
    ],
)
def test_each_problem_names_rows_and_remedy(
    make_layer: Callable[..., GeoDataFrame],
    geometries: list[Any],
    allowed: frozenset[str],
    problem: str,
) -> None:
    with pytest.raises(GeometryError) as raised:
        convert(make_layer(geometries), allowed)
    assert str(raised.value).startswith("layer 'things': ")
    assert problem in str(raised.value)


def test_a_layer_without_crs_raises(make_layer: Callable[..., GeoDataFrame]) -> None:
    with pytest.raises(CRSError) as raised:
        convert(make_layer([Point(1, 1)], crs=None))
    assert str(raised.value) == (
        "layer 'things': it has no coordinate reference system: "
        "ask its source for the CRS of the coordinates and assign it, in QGIS with "
        "'Assign projection' (the layer properties show the CRS), in Python with layer.set_crs"
    )


def test_a_layer_without_crs_reports_its_other_problems(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    with pytest.raises(LayerError) as raised:
        convert(make_layer([None, box(0, 0, 1, 1)], crs=None))
    assert str(raised.value).startswith("layer 'things' has 3 problems:\n  1. it has no coordinate")


def test_a_system_that_is_not_a_map_raises(make_layer: Callable[..., GeoDataFrame]) -> None:
    with pytest.raises(CRSError, match="CRS EPSG:4978 is geocentric, not a map"):
        convert(make_layer([Point(1, 1)], crs="EPSG:4978"))


def test_coordinates_outside_the_map_raise(make_layer: Callable[..., GeoDataFrame]) -> None:
    layer = make_layer([Point(4e5, 3e5), Point(1e30, 1e30)], crs="EPSG:32631")
    with pytest.raises(GeometryError) as raised:
        convert(layer)
    assert (
        "coordinates must be within the domain of WGS 84 / UTM zone 31N; they are not in "
        "1 row ('b'): check the CRS of the layer, and that x is east and y is north"
    ) in str(raised.value)


def test_sites_are_reduced_to_one_point_and_features_are_not(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    geometries = [MultiPoint([(0, 0), (1, 0), (3, 0)]), MultiPoint([(2, 2)]), Point(5, 5)]
    layer, _ = convert(make_layer(geometries))
    assert layer.geom_type.tolist() == ["MultiPoint", "Point", "Point"]
    sites = make_layer(geometries, id_column="site_id")
    # two degrees of the equator from (1, 0) to (3, 0): 222.6 km
    with pytest.warns(StandortWarning) as caught:
        layer, notes = convert(sites, id_column="site_id")
    assert [point.wkt for point in layer.geometry] == ["POINT (1 0)", "POINT (2 2)", "POINT (5 5)"]
    (warning,) = caught
    assert str(warning.message) == (
        "layer 'things': a site is one point; of several, the one nearest to their mean was "
        "used in 1 row ('a'), up to 223 km from the others"
    )
    assert notes.represented == 1
    assert sites.geometry.tolist() == geometries


def test_sites_in_a_projected_crs_are_reduced_to_one_point(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    sites = make_layer(
        [MultiPoint([(5e5, 6e6), (5e5 + 90, 6e6), (5e5 + 30, 6e6)])], crs="EPSG:32631"
    )
    sites = sites.rename(columns={"feature_id": "site_id"})
    with pytest.warns(StandortWarning, match=r"up to 0\.06 km from the others"):
        layer, _ = convert(sites, id_column="site_id")
    back = layer.to_crs("EPSG:32631").geometry[0]
    assert (back.x, back.y) == pytest.approx((5e5 + 30, 6e6), abs=1e-3)


def test_a_site_of_coincident_points_is_that_point(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    sites = make_layer([MultiPoint([(4, 5), (4, 5)])], id_column="site_id")
    layer, notes = convert(sites, id_column="site_id")  # warns of nothing
    assert layer.geometry[0].wkt == "POINT (4 5)"
    assert notes.represented == 0


def test_parts_without_coordinates_are_dropped(make_layer: Callable[..., GeoDataFrame]) -> None:
    shapes = shapely.from_wkt(
        [
            "MULTIPOINT (EMPTY, (1 2))",
            "MULTILINESTRING (EMPTY, (0 0, 1 1), (2 2, 3 3))",
            "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), EMPTY)",
            "POINT (7 7)",
        ]
    )
    layer, notes = convert(make_layer(shapes), allowed=frozenset({"point", "line", "polygon"}))
    assert [shape.wkt for shape in layer.geometry] == [
        "POINT (1 2)",
        "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))",
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))",
        "POINT (7 7)",
    ]
    assert [text for _, text in notes.remarks] == ["parts without coordinates dropped in 3 rows"]


def test_all_problems_of_a_layer_are_raised(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    geometries = [None, Point(math.inf, 0), box(0, 0, 1, 1), Point(999, 0), Point(1, 1)]
    with pytest.raises(GeometryError) as raised:
        convert(make_layer(geometries))
    lines = str(raised.value).splitlines()
    assert lines[0] == "layer 'things' has 4 problems:"
    assert [f"('{row}')" in line for row, line in zip("abcd", lines[1:], strict=True)] == [True] * 4


def test_rows_without_an_id_column_are_named_by_the_index() -> None:
    layer = GeoDataFrame(geometry=[None, Point(0, 0)], index=["x", "y"], crs="EPSG:4326")
    with pytest.raises(GeometryError, match=r"1 row \('x'\)"):
        convert(layer)


def test_rows_without_an_id_are_named_by_their_number(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    layer = make_layer([Point(0, 0), None]).assign(feature_id=["a", None])
    with pytest.raises(GeometryError, match=r"1 row \('row 1'\)"):
        convert(layer)


# What is mended


@pytest.mark.parametrize(
    ("geometries", "allowed", "warning", "count"),
    [
        (
            [Point(200, 5), Point(-200, 5), Point(180, 5)],
            POINT,
            "longitudes beyond +-180 wrapped in 2 rows",
            {"wrapped": 2},
        ),
        (
            [BOW_TIE, box(5, 5, 6, 6)],
            POLYGON,
            "invalid polygons repaired in 1 row ('a')",
            {"repaired": 1},
        ),
        (
            [LineString([(0, 0), (0, 0)]), LineString([(0, 0), (1, 1)])],
            LINE,
            "degenerate geometry (zero-length line), dropped: 1 row ('a')",
            {"dropped": 1},
        ),
        (
            [Polygon([(0, 0), (1, 1), (2, 2)]), box(0, 0, 1, 1)],
            POLYGON,
            "degenerate geometry (zero-area polygon), dropped: 1 row ('a')",
            {"dropped": 1},
        ),
        (
            [GeometryCollection([box(0, 0, 1, 1), LineString([(0, 0), (9, 9)]), Point(7, 7)])],
            POLYGON,
            "1 geometry collection split; 2 parts of the wrong type dropped",
            {"collections": 1},
        ),
    ],
)
def test_each_repair_warns_once_with_its_count(
    make_layer: Callable[..., GeoDataFrame],
    geometries: list[Any],
    allowed: frozenset[str],
    warning: str,
    count: dict[str, int],
) -> None:
    with pytest.warns(StandortWarning) as caught:
        layer, notes = convert(make_layer(geometries), allowed)
    assert [str(w.message) for w in caught] == [f"layer 'things': {warning}"]
    assert caught[0].filename == __file__
    assert [text for _, text in notes.warnings] == [warning]
    counts = {
        name: getattr(notes, name) for name in ("wrapped", "repaired", "dropped", "collections")
    }
    assert {name: number for name, number in counts.items() if number} == count
    assert layer.geometry.is_valid.all()
    assert len(layer) == len(geometries) - notes.dropped


def test_wrapped_longitudes_are_correct(make_layer: Callable[..., GeoDataFrame]) -> None:
    with pytest.warns(StandortWarning, match="wrapped in 2 rows"):
        layer, _ = convert(make_layer([Point(200, 5), Point(-200, 5), Point(-180, 5)]))
    assert layer.geometry.x.tolist() == [-160, 160, -180]


def test_a_bow_tie_becomes_its_two_wings(make_layer: Callable[..., GeoDataFrame]) -> None:
    with pytest.warns(StandortWarning, match="repaired"):
        layer, _ = convert(make_layer([BOW_TIE]), POLYGON)
    assert layer.geometry.iloc[0].area == pytest.approx(2.0)
    assert layer.geom_type.tolist() == ["MultiPolygon"]


def test_overlapping_parts_are_merged(make_layer: Callable[..., GeoDataFrame]) -> None:
    overlapping = MultiPolygon([box(0, 0, 2, 2), box(1, 1, 3, 3)])
    with pytest.warns(StandortWarning, match="repaired"):
        layer, _ = convert(make_layer([overlapping]), POLYGON)
    assert layer.geometry.iloc[0].area == pytest.approx(7.0)
    assert layer.geometry.iloc[0].contains(Point(1.5, 1.5))


def test_nested_collections_keep_all_parts_of_the_type(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    deep = GeometryCollection(
        [MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]), GeometryCollection([box(5, 5, 6, 6)])]
    )
    layer, notes = convert(make_layer([deep, GeometryCollection([box(0, 0, 1, 1)])]), POLYGON)
    assert layer.geom_type.tolist() == ["MultiPolygon", "Polygon"]
    assert shapely.area(layer.geometry.array).tolist() == [3.0, 1.0]
    assert [text for _, text in notes.remarks] == ["2 geometry collections split"]


def test_of_two_allowed_types_a_collection_keeps_the_larger(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    mixed = GeometryCollection([Point(9, 9), box(0, 0, 1, 1)])
    with pytest.warns(StandortWarning, match="1 part of the wrong type dropped"):
        layer, _ = convert(make_layer([mixed]), frozenset({"point", "polygon"}))
    assert layer.geom_type.tolist() == ["Polygon"]


def test_lines_of_collections_become_multilines(make_layer: Callable[..., GeoDataFrame]) -> None:
    lines = [LineString([(0, 0), (1, 1)]), LineString([(2, 2), (3, 3)])]
    layer, _ = convert(make_layer([GeometryCollection(lines)]), LINE)
    assert layer.geometry.iloc[0].equals(MultiLineString(lines))


def test_heights_and_measures_are_dropped(make_layer: Callable[..., GeoDataFrame]) -> None:
    heights = shapely.from_wkt("POINT Z (1 2 3)")
    measured = shapely.from_wkt("POINT M (3 4 5)")
    layer, notes = convert(make_layer([heights, measured, Point(5, 6)]))
    assert shapely.get_coordinates(layer.geometry, include_z=True)[:, :2].tolist() == [
        [1, 2],
        [3, 4],
        [5, 6],
    ]
    assert not layer.has_z.any()
    assert [text for _, text in notes.remarks] == ["heights or measures dropped in 2 rows"]


# The antimeridian and the poles


@pytest.mark.parametrize(
    "ring",
    [
        [(177, -19), (-178, -19), (-178, -16), (177, -16)],
        [(177, -19), (182, -19), (182, -16), (177, -16)],
        [(-183, -19), (-178, -19), (-178, -16), (-183, -16)],
    ],
)
def test_a_polygon_across_the_antimeridian_is_cut(
    make_layer: Callable[..., GeoDataFrame], ring: list[tuple[float, float]]
) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layer, notes = convert(make_layer([Polygon(ring), box(0, 0, 1, 1)]), POLYGON)
    drawn_beyond = max(abs(lon) for lon, _ in ring) > 180
    assert len(caught) == notes.wrapped == int(drawn_beyond)
    assert notes.split == 1
    assert notes.repaired == 0  # a jumping ring is cut before its validity is judged
    assert "cut at the antimeridian or closed over a pole: 1 row" in [
        text for _, text in notes.remarks
    ]
    bounds = [part.bounds[::2] for part in shapely.get_parts(layer.geometry.iloc[0])]
    assert sorted(bounds) == [(-180, -178), (177, 180)]


def test_a_polygon_round_the_pole_from_a_polar_projection(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    """A circle of 1,000 km about the south pole, in polar stereographic metres."""
    layer, notes = convert(make_layer([Point(0, 0).buffer(1e6)], crs="EPSG:3031"), POLYGON)
    polygon = layer.geometry.iloc[0]
    assert notes.split == 1
    assert shapely.intersects_xy(polygon, [0, 90, -179], [-90, -88, -85]).all()
    assert not shapely.intersects_xy(polygon, [0, 0], [-70, 85]).any()


def test_a_projected_polygon_across_the_antimeridian_is_cut(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    """New Zealand's grid runs on beyond 180 degrees east."""
    square = geopandas.GeoSeries([box(-0.5, -44, 0.5, -43)], crs="EPSG:4326").translate(180)
    projected = square.to_crs("EPSG:2193")
    layer, notes = convert(make_layer(list(projected), crs="EPSG:2193"), POLYGON)
    assert notes.split == 1
    assert sorted(part.bounds[0] for part in layer.geometry.iloc[0].geoms) == pytest.approx(
        [-180, 179.5]
    )


def test_lines_across_the_antimeridian_are_not_changed(
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    line = LineString([(179, 0), (-179, 0)])
    layer, notes = convert(make_layer([line]), LINE)
    assert layer.geometry.iloc[0].equals_exact(line)
    assert notes.split == 0


# Frames in and out


@pytest.mark.parametrize("crs", ["EPSG:27700", "EPSG:3035", "EPSG:32631"])
def test_any_system_gives_the_same_positions(
    make_layer: Callable[..., GeoDataFrame], crs: str
) -> None:
    """method.md F.2, no. 29."""
    layer = make_layer([Point(0.5, 51.5), Point(1.5, 52.5)])
    converted, notes = convert(layer.to_crs(crs))
    np.testing.assert_allclose(
        shapely.get_coordinates(converted.geometry),
        shapely.get_coordinates(layer.geometry),
        rtol=0,
        atol=1e-6,
    )
    assert converted.crs == "EPSG:4326"
    assert notes.crs == crs
    assert notes.remarks[0].text.startswith("converted to WGS84 by ")


def test_the_input_is_not_changed(make_layer: Callable[..., GeoDataFrame]) -> None:
    geometries = [Point(200, 5), Point(1, 2), MultiPoint([(3, 3)])]
    layer = make_layer(geometries, name=["x", "y", "z"])
    before = layer.copy(deep=True)
    with pytest.warns(StandortWarning, match="wrapped"):
        converted, _ = convert(layer)
    converted["name"] = "changed"
    assert_geodataframe_equal(layer, before)


def test_index_columns_and_order_are_kept() -> None:
    layer = GeoDataFrame(
        {
            "zone": [3, 1, 2],
            "outline": [LineString([(0, 0), (0, 0)]), *[LineString([(0, 0), (1, 1)])] * 2],
        },
        geometry="outline",
        index=["z", "x", "y"],
        crs="EPSG:4326",
    )
    with pytest.warns(StandortWarning, match=r"dropped: 1 row \('z'\)"):
        converted, _ = convert(layer, LINE)
    assert converted.index.tolist() == ["x", "y"]
    assert converted["zone"].tolist() == [1, 2]
    assert converted.columns.tolist() == ["zone", "geometry"]


def test_positions_of_kept_rows_are_returned(make_layer: Callable[..., GeoDataFrame]) -> None:
    lines = [
        LineString([(0, 0), (1, 1)]),
        LineString([(0, 0), (0, 0)]),
        LineString([(2, 2), (3, 3)]),
    ]
    outcome = convert_geometry(make_layer(lines), allowed=LINE, id_column="feature_id")
    assert outcome.rows.tolist() == [0, 2]
    assert outcome.problems == ()


def test_an_empty_layer_is_valid(make_layer: Callable[..., GeoDataFrame]) -> None:
    for crs in ("EPSG:4326", "EPSG:27700"):
        layer, notes = convert(make_layer([], crs=crs), frozenset({"point", "polygon"}))
        assert layer.empty
        assert notes.warnings == ()


def test_the_fast_path_equals_the_steps(
    make_layer: Callable[..., GeoDataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fast path stands only beside the slow one it is tested against."""
    rng = np.random.default_rng(1)
    places = np.column_stack((rng.uniform(-180, 180, 26), rng.uniform(-90, 90, 26)))
    layer = make_layer(list(shapely.points(places)), name=list("abcdefghijklmnopqrstuvwxyz"))
    state = repair.RepairState(layer, POINT, "feature_id")
    assert repair.is_plain(state)
    fast = convert(layer)
    monkeypatch.setattr("standort.layers.geometry.conversion.is_plain", lambda _: False)
    slow = convert(layer)
    assert_geodataframe_equal(fast[0], slow[0])
    assert fast[1] == slow[1]


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        Point(),
        Point(math.nan, 1),
        Point(math.inf, 1),
        Point(181, 0),
        Point(0, 90.1),
        MultiPoint([(0, 0)]),
        Point(0, 0, 0),
        box(0, 0, 1, 1),
    ],
)
def test_the_fast_path_is_only_for_plain_points(
    make_layer: Callable[..., GeoDataFrame], geometry: object
) -> None:
    layer = make_layer([Point(1, 1), geometry])
    assert not repair.is_plain(repair.RepairState(layer, POINT, "feature_id"))
    assert not repair.is_plain(
        repair.RepairState(make_layer([Point(1, 1)], crs="EPSG:3857"), POINT, "x")
    )


# Heights, and coordinates that cannot be right


@pytest.mark.parametrize("crs", ["EPSG:7405", "EPSG:27700+5701"])
def test_heights_of_a_compound_system_are_left_out(crs: str) -> None:
    flat = geopandas.GeoSeries.from_xy([530_000], [180_000], crs="EPSG:27700")
    raised = geopandas.GeoSeries([Point(530_000, 180_000, 12)], crs=crs)
    layer, notes = convert(GeoDataFrame(geometry=raised))
    expected, _ = convert(GeoDataFrame(geometry=flat))
    assert layer.geometry.iloc[0] == expected.geometry.iloc[0]
    assert any("heights" in text for _, text in notes.remarks)


def test_degrees_with_ellipsoidal_heights_need_no_conversion() -> None:
    layer, notes = convert(GeoDataFrame(geometry=[Point(4, 52, 10)], crs="EPSG:4979"))
    assert layer.geometry.iloc[0] == Point(4, 52)
    assert notes.operation is None


@pytest.mark.parametrize("crs", ["EPSG:27700", "EPSG:3857", "EPSG:32631"])
@pytest.mark.parametrize("far", [1e9, -1e15, 1e300])
def test_vertices_on_no_map_are_named(crs: str, far: float) -> None:
    lines = [LineString([(5e5, 2e5), (5e5, y)]) for y in (3e5, far)]
    layer = GeoDataFrame({"feature_id": ["a", "b"]}, geometry=lines, crs=crs)
    with pytest.raises(
        GeometryError, match=r"must be within the domain of .* they are not in 1 row \('b'\)"
    ):
        convert(layer, LINE)


@pytest.mark.parametrize("crs", ["EPSG:27700", "EPSG:3035"])
def test_degrees_labelled_as_metres_warn(crs: str) -> None:
    layer = GeoDataFrame(geometry=[Point(4, 51.9), Point(4.1, 52)], crs=crs)
    with pytest.warns(StandortWarning, match=r"look like degrees \(x from 4 to 4.1, y from 51.9"):
        convert(layer)


def test_a_map_with_small_and_large_coordinates_does_not_warn() -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        convert(GeoDataFrame(geometry=[Point(4, 51.9), Point(5000, 52)], crs="EPSG:27700"))
    assert warned == []
