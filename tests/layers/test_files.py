from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pyogrio
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas import DataFrame
from shapely import LineString, Point, Polygon, box

from standort.errors import (
    CRSError,
    FileError,
    GeometryError,
    LayerError,
    StandortWarning,
)
from standort.layers import inspect
from standort.layers.files import read_layer, read_study
from standort.layers.study import Study
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geopandas import GeoDataFrame

    Layers = dict[str, GeoDataFrame]


@pytest.fixture
def small_layers(
    make_emitters: Callable[..., GeoDataFrame], make_layer: Callable[..., GeoDataFrame]
) -> Layers:
    """Four layers in three reference systems, with unknown values and a table beside them."""
    emitters = make_emitters(
        co2_t_per_yr=[1e5, None, 3e6], year=[2019, 2020, 2021], name=["x", None, "z"]
    )
    lines = [LineString([(0, 50), (1, 51)]), LineString([(2, 50), (3, 51)])]
    return {
        "emitters": emitters,
        "ports": make_layer([Point(4, 51)], liquid_bulk=[True]).to_crs("EPSG:3035"),
        "pipelines": make_layer(lines, carrier=["co2", "hydrogen"]).to_crs("EPSG:32631"),
        "co2_storage": make_layer([box(1, 1, 2, 2)], capacity_mt=[120.0]),
    }


@pytest.fixture
def links() -> DataFrame:
    """One link between two firms."""
    return DataFrame({"firm_u": ["x"], "firm_v": ["y"], "kind": ["formal"], "weight": [1.0]})


def write_geopackage(path: Path, layers: dict[str, Any]) -> Path:
    for name, layer in layers.items():
        pyogrio.write_dataframe(layer, path, layer=name)
    return path


def write_folder(path: Path, layers: dict[str, Any]) -> Path:
    path.mkdir()
    for name, layer in layers.items():
        layer.to_parquet(path / f"{name}.parquet")
    return path


def test_a_geopackage_is_read_layer_by_layer(
    tmp_path: Path, small_layers: Layers, links: DataFrame
) -> None:
    path = write_geopackage(tmp_path / "study.gpkg", {**small_layers, "linkages": links})
    study = read_study(path)
    assert set(study.layers) == set(small_layers)
    assert list(study.tables) == ["linkages"]
    assert study.emitters["co2_t_per_yr"].isna().tolist() == [False, True, False]
    assert study.layers["ports"].crs == "EPSG:4326"
    assert study.layers["ports"].geometry.x.iloc[0] == pytest.approx(4, abs=1e-6)
    source = study.sources["ports"]
    assert source.crs == "EPSG:3035"
    assert source.path == path
    assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_folder_of_geoparquet_gives_the_same_study(
    tmp_path: Path, small_layers: Layers, links: DataFrame
) -> None:
    everything = {**small_layers, "linkages": links}
    packed = read_study(write_geopackage(tmp_path / "study.gpkg", everything))
    folder = read_study(write_folder(tmp_path / "study", everything))
    assert list(folder.layers) == list(packed.layers)
    for name, layer in packed.layers.items():
        assert_geodataframe_equal(folder.layers[name], layer)
    assert folder.tables["linkages"].equals(packed.tables["linkages"])
    emitters = tmp_path / "study" / "emitters.parquet"
    assert folder.sources["emitters"].sha256 == hashlib.sha256(emitters.read_bytes()).hexdigest()


@pytest.mark.parametrize("form", ["geopackage", "folder", "memory"])
@pytest.mark.parametrize("year", [None, 2016, 2022])
def test_the_log_of_the_collection_and_the_firms_are_read(
    tmp_path: Path, small_layers: Layers, form: str, year: int | None
) -> None:
    collection = DataFrame(
        {
            "initiative": [1, None, 2],  # numbers of clusters are names of places too
            "layer": ["formal", "informal", "infrastructure"],
            "source": ["interviews", "members of Deltalinqs", "press releases"],
            "method": ["roster", "member_list", "press"],
            "firms": ["Shell; BP", "all", None],
            "detect_lo": [0.8, None, 0],
            "total": [None, 0.95, None],
            "total_of": [None, "Deltalinqs", None],
            "year_from": [2016, 2016, 2020],
            "year_to": [2016, None, None],
            "date": [None, "2022-05-01", None],
        }
    )
    firms = DataFrame({"firm": ["a", "b"], "owner": ["c", None], "year_to": [2020, None]})
    layers = {**small_layers, "collection": collection, "firms": firms}
    if form == "memory":
        study = Study.from_layers(year=year, **layers)
    else:
        write = write_geopackage if form == "geopackage" else write_folder
        study = read_study(write(tmp_path / "study.gpkg", layers), year=year)
    assert list(study.tables) == ["collection", "firms"]
    kept = {None: [0, 1, 2], 2016: [0, 1], 2022: [1, 2]}[year]
    log = study.tables["collection"]
    assert log["unit"].tolist() == [["1", None, "2"][row] for row in kept]
    assert log["source"].tolist() == collection["source"].iloc[kept].tolist()
    np.testing.assert_array_equal(log["total"], collection["total"].iloc[kept].astype(float))
    assert study.tables["firms"]["firm"].tolist() == (["b"] if year == 2022 else ["a", "b"])
    assert {"unit", "date"} <= set(study.sources["collection"].used_columns)
    assert study.sources["collection"].unused_columns == ()


def test_ids_in_the_primary_key_of_a_geopackage_are_found(
    tmp_path: Path, make_layer: Callable[..., GeoDataFrame]
) -> None:
    sites = make_layer([Point(1, 1), Point(2, 2)], id_column="site_id").assign(site_id=[7, 5])
    path = tmp_path / "sites.gpkg"
    sites.to_file(path, layer="sites", layer_options={"FID": "site_id"}, engine="pyogrio")
    assert "site_id" not in pyogrio.read_dataframe(path).columns  # it is the key, not a column
    assert sorted(read_study(path).sites.index) == [5, 7]


def test_the_year_selects_rows(tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]) -> None:
    emitters = make_emitters(year_from=[2000, 2030, np.nan])
    path = write_geopackage(tmp_path / "study.gpkg", {"emitters": emitters})
    assert read_study(path, year=2025).sites.index.tolist() == ["a", "c"]
    assert len(read_study(path).sites) == 3


def test_all_problems_of_a_file_are_raised_together(
    tmp_path: Path,
    make_emitters: Callable[..., GeoDataFrame],
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    layers = {
        "emitters": make_emitters(2, site_id=["a", "a"], co2_t_per_yr=[-1.0, 1.0]),
        "ports": make_layer([box(0, 0, 1, 1)]),
        "pipelines": make_layer([LineString([(0, 0), (1, 1)])]),
        "renewables": make_layer([Point(0, 0)], capacity_mw=["big"]),
        "grid_nodes": make_layer([Point(400_000, 300_000)], voltage_kv=[400]),
    }
    path = write_folder(tmp_path / "study", layers)
    with pytest.raises(LayerError) as raised:
        read_study(path)
    assert str(raised.value).splitlines() == [
        "study has 6 problems:",
        (
            "  1. layer 'emitters': column 'co2_t_per_yr' must hold finite numbers of at least 0 "
            "[t/yr]; negative in 1 row ('a'): correct the values and leave unknown ones empty"
        ),
        (
            "  2. layer 'emitters': column 'site_id' must name each row once; "
            "'a' occurs more than once: give every row its own id"
        ),
        (
            "  3. layer 'ports': geometries must be points; Polygon in 1 row ('a'): "
            "take a representative point of each, or check that the layer has the right name"
        ),
        (
            "  4. layer 'pipelines': required column 'carrier' is missing; "
            "it has feature_id, geometry: add it"
        ),
        (
            "  5. layer 'renewables': column 'capacity_mw' must hold numbers [MW]; "
            "'big' in 1 row ('a'): write plain numbers and leave unknown values empty"
        ),
        (
            "  6. layer 'grid_nodes': longitudes must be within +-360 and latitudes within +-90 "
            "degrees; (400000.0, 300000.0) in 1 row ('a'): "
            "the numbers look projected: assign the CRS of the coordinates to the layer"
        ),
    ]


def test_a_layer_without_crs_raises(
    tmp_path: Path,
    make_emitters: Callable[..., GeoDataFrame],
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    layers = {"emitters": make_emitters(), "ports": make_layer([Point(0, 0)], crs=None)}
    folder = write_folder(tmp_path / "study", layers)
    with pytest.raises(CRSError, match="study: layer 'ports': it has no coordinate reference"):
        read_study(folder)


def test_problems_of_geometry_alone_have_their_own_error(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]
) -> None:
    emitters = make_emitters(2, geometries=[None, Point(0, 0)])
    path = write_geopackage(tmp_path / "study.gpkg", {"emitters": emitters})
    with pytest.raises(GeometryError, match=r"study\.gpkg: layer 'emitters': every row needs"):
        read_study(path)


def test_a_layer_stored_as_a_table_raises(tmp_path: Path) -> None:
    table = DataFrame({"site_id": ["a"], "co2_t_per_yr": [1.0]})
    path = write_geopackage(tmp_path / "study.gpkg", {"emitters": table})
    with pytest.raises(
        GeometryError, match="it holds no geometries: store it as a layer of points"
    ):
        read_study(path)


def test_unknown_layers_are_ignored_listed_and_explained(
    tmp_path: Path,
    make_emitters: Callable[..., GeoDataFrame],
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    layers = {
        "emitters": make_emitters(),
        "Port": make_layer([Point(0, 0)]),
        "rivers": make_layer([Point(0, 0)]),
    }
    path = write_geopackage(tmp_path / "study.gpkg", layers)
    with pytest.warns(StandortWarning) as caught:
        study = read_study(path)
    assert [str(w.message) for w in caught] == [
        "layer 'Port' is unknown and was ignored; did you mean 'ports'?"
    ]
    assert caught[0].filename == __file__
    assert study.ignored_layers == ("Port", "rivers")


def test_a_misspelt_layer_of_emitters_is_suggested(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]
) -> None:
    path = write_geopackage(tmp_path / "study.gpkg", {"emmiters": make_emitters()})
    with pytest.raises(LayerError) as raised:
        read_study(path)
    assert str(raised.value) == (
        "study.gpkg: a study needs a layer 'emitters' or 'sites'; known layers in it: none "
        "(layer 'emmiters' is unknown and was ignored; did you mean 'emitters'?): add one"
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.gpkg", None, "expected a GeoPackage or a folder, found nothing at"),
        ("text.gpkg", b"site_id,co2\n", "expected a GeoPackage, '.*text.gpkg' is not one: export"),
        ("empty.gpkg", b"", "expected a GeoPackage, '.*empty.gpkg' is not one"),
        (
            "broken.gpkg",
            b"SQLite format 3\x00".ljust(68, b"\xff") + b"GPKG" + b"\xff" * 200,
            "'.*broken.gpkg' cannot be read as one",
        ),
    ],
)
def test_a_file_that_is_not_a_geopackage_raises(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=message) as raised:
        read_study(tmp_path / name)
    assert isinstance(raised.value, OSError)


def test_a_database_without_layers_raises(tmp_path: Path) -> None:
    path = tmp_path / "plain.gpkg"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
    connection.close()
    with pytest.raises(FileError, match=r"expected a GeoPackage, '.*plain\.gpkg' is not one"):
        read_study(path)


def test_a_folder_without_layers_raises(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(
        FileError, match=r"expected one GeoParquet file per layer, .* found none in"
    ):
        read_study(tmp_path)


def test_a_broken_parquet_file_is_one_of_the_problems(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]
) -> None:
    folder = write_folder(tmp_path / "study", {"emitters": make_emitters(co2_t_per_yr=-1.0)})
    (folder / "ports.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(LayerError) as raised:
        read_study(folder)
    assert "study has 2 problems" in str(raised.value)
    assert "layer 'ports': it cannot be read as Parquet (" in str(raised.value)


def test_rasters_of_a_folder_are_listed(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]
) -> None:
    folder = write_folder(tmp_path / "study", {"emitters": make_emitters()})
    (folder / "wind_speed.tif").write_bytes(b"")
    assert dict(read_study(folder).rasters) == {"wind_speed": folder / "wind_speed.tif"}


def test_a_repaired_layer_warns_and_keeps_a_note(
    tmp_path: Path,
    make_emitters: Callable[..., GeoDataFrame],
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    bow_tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    layers = {
        "emitters": make_emitters(),
        "land": make_layer([bow_tie, Polygon([(0, 0), (1, 1), (2, 2)]), box(0, 0, 1, 1)]),
    }
    path = write_geopackage(tmp_path / "study.gpkg", layers)
    with pytest.warns(StandortWarning) as caught:
        study = read_study(path)
    assert [str(w.message) for w in caught] == [
        "layer 'land': invalid polygons repaired in 1 row ('a')",
        "layer 'land': degenerate geometry (zero-area polygon), dropped: 1 row ('b')",
    ]
    source = study.sources["land"]
    assert (source.rows_read, source.rows_kept) == (3, 2)
    assert len(source.notes) == 3  # the third: areas were computed


# A single layer


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson"])
def test_a_single_layer_is_read_from_its_own_file(
    tmp_path: Path, make_layer: Callable[..., GeoDataFrame], suffix: str
) -> None:
    sites = make_layer([Point(4, 51), Point(5, 52)], id_column="site_id", name=["x", "y"])
    path = tmp_path / f"candidates{suffix}"
    if suffix == ".parquet":
        sites.to_parquet(path)
    else:
        pyogrio.write_dataframe(sites, path)
    for role in ("sites", ROLES["sites"]):
        layer, source = read_layer(path, role)
        assert layer.index.tolist() == ["a", "b"]
        assert layer.index.name == "site_id"
        assert layer["name"].tolist() == ["x", "y"]
        assert (source.layer, source.path, source.rows_kept) == ("sites", path, 2)


def test_of_several_layers_the_one_named_after_the_role_is_read(
    tmp_path: Path,
    make_emitters: Callable[..., GeoDataFrame],
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    layers = {
        "emitters": make_emitters(),
        "sites": make_layer([Point(1, 1)], id_column="site_id"),
    }
    path = write_geopackage(tmp_path / "study.gpkg", layers)
    layer, _ = read_layer(path, "sites")
    assert len(layer) == 1
    with pytest.raises(FileError, match=r"expected one layer, or one named 'ports', .* has 'emit"):
        read_layer(path, "ports")


def test_a_single_layer_reports_its_problems_and_warnings(
    tmp_path: Path, make_layer: Callable[..., GeoDataFrame]
) -> None:
    bad = write_geopackage(tmp_path / "bad.gpkg", {"x": make_layer([None], id_column="site_id")})
    with pytest.raises(
        GeometryError, match=r"bad\.gpkg: layer 'sites': every row needs a geometry"
    ):
        read_layer(bad, "sites")
    far = make_layer([Point(190, 0)], id_column="site_id")
    path = write_geopackage(tmp_path / "far.gpkg", {"x": far})
    with pytest.warns(StandortWarning, match="layer 'sites': longitudes beyond"):
        read_layer(path, "sites")


def test_a_missing_file_of_a_single_layer_raises(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="expected a file with the layer 'sites', found none at"):
        read_layer(tmp_path / "nothing.gpkg", "sites")
    (tmp_path / "sites.csv").write_text("site_id,lon,lat\n")
    with pytest.raises(FileError, match=r"GeoParquet or GeoJSON .* '.*sites\.csv' is none of"):
        read_layer(tmp_path / "sites.csv", "sites")


# The real studies


def test_the_study_of_europe(europe_study_path: Path) -> None:
    with pytest.warns(StandortWarning) as caught:
        study = read_study(europe_study_path)
    assert sorted(str(w.message) for w in caught) == [
        "layer 'co2_storage': 1 geometry collection split; 1 part of the wrong type dropped",
        (
            "layer 'pipelines': degenerate geometry (zero-length line), dropped: "
            "1 row ('scigrid-INET_PL_316')"
        ),
    ]
    assert {name: len(layer) for name, layer in study.layers.items()} == {
        "emitters": 4505,
        "co2_storage": 115,
        "salt_caverns": 119,
        "ports": 856,
        "pipelines": 2135,
        "renewables": 21079,
    }
    assert study.sources["emitters"].unknown == {"co2_t_per_yr": 958}
    assert set(study.layers["co2_storage"].geom_type) == {"Polygon", "MultiPolygon"}
    assert (
        "column 'year_from' has implausible years in 8 rows: 0" in study.sources["renewables"].notes
    )
    for layer in study.layers.values():
        assert layer.geometry.is_valid.all()
        assert layer.index.is_unique


def test_the_study_of_great_britain(great_britain_study_path: Path) -> None:
    study = read_study(great_britain_study_path)  # warnings would be errors here
    assert len(study.sites) == 272
    assert study.sources["emitters"].unknown == {"co2_t_per_yr": 119}
    assert study.sites["co2_t_per_yr"].dtype == np.float64


def test_a_real_study_as_a_folder_is_the_same(
    tmp_path: Path, great_britain_study_path: Path
) -> None:
    layers = {
        name: geopandas.read_file(great_britain_study_path, layer=name)
        for name, _ in pyogrio.list_layers(great_britain_study_path)
    }
    folder = read_study(write_folder(tmp_path / "gb", layers))
    packed = read_study(great_britain_study_path)
    assert list(folder.layers) == list(packed.layers)
    for name, layer in packed.layers.items():
        assert_geodataframe_equal(folder.layers[name], layer)


# Files in a folder that are not read


def test_a_partitioned_layer_is_told(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]
) -> None:
    folder = write_folder(tmp_path / "study", {"emitters": make_emitters()})
    (folder / "ports.parquet").mkdir()
    make_emitters().to_parquet(folder / "ports.parquet" / "part.0.parquet")
    with pytest.raises(LayerError, match=r"layer 'ports': 'ports\.parquet' is a folder of parts"):
        read_study(folder)


def test_two_files_of_one_layer_are_told(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]
) -> None:
    folder = write_folder(tmp_path / "study", {"emitters": make_emitters()})
    make_emitters(1).to_parquet(folder / "emitters.geoparquet")
    message = "'emitters' is in several files: keep one of 'emitters.geoparquet', 'emitters.parq"
    with pytest.raises(LayerError, match=message):
        read_study(folder)
    assert any("several files" in problem for problem in inspect(folder).problems)


@pytest.mark.parametrize("name", ["ports.gpkg", "ports.geojson", "Port.csv", "ports.parqet"])
def test_a_layer_of_another_format_is_listed_and_told(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame], name: str
) -> None:
    folder = write_folder(tmp_path / "study", {"emitters": make_emitters()})
    (folder / name).write_text("anything")
    (folder / "notes.txt").write_text("anything")
    with pytest.warns(StandortWarning, match=f"'{name}' was ignored: export it to ports.parquet"):
        assert read_study(folder).ignored_layers == (name,)


def test_a_folder_named_after_a_layer_is_listed_and_told(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]
) -> None:
    folder = write_folder(tmp_path / "study", {"emitters": make_emitters()})
    (folder / "ports").mkdir()
    with pytest.warns(StandortWarning, match=r"'ports' was ignored: export it to ports\.parquet"):
        read_study(folder)


def test_the_ending_may_be_in_capitals(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]
) -> None:
    folder = write_folder(tmp_path / "study", {"emitters": make_emitters()})
    (folder / "emitters.parquet").rename(folder / "emitters.PARQUET")
    assert len(read_study(folder).sites) == 3
