"""GeoPackages are written completely, reproducibly and without loss."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from geopandas import GeoDataFrame
from pandas.testing import assert_frame_equal
from shapely import MultiPolygon, Point, Polygon, box

from standort.errors import FileError, LayerError
from standort.outputs.geopackage.writer import write_geopackage
from standort.results.manifest import brief_manifest
from standort.storage.replacement import check_destination

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from outputs.result_tables import Tables

EPOCH = "1700000000"


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """Let no file grow beyond 20 kB, as a full disk would."""
    resource = pytest.importorskip("resource", reason="no limits on file sizes on this system")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def old_file(tables: Tables, tmp_path: Path) -> Path:
    """Write an earlier result."""
    return _write(tmp_path / "out.gpkg", tables)


def _write(path: Path, tables: Tables) -> Path:
    return write_geopackage(
        path,
        layers={
            "sites": tables.sites,
            "clusters": tables.clusters,
            "cluster_hulls": tables.cluster_hulls,
        },
        tables={"contributions": tables.contributions, "manifest": brief_manifest("a test")},
        styles={"sites": "<qgis/>"},
    )


def _rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def test_layers_come_back_as_they_were(tables: Tables, tmp_path: Path) -> None:
    path = _write(tmp_path / "out.gpkg", tables)
    sites = gpd.read_file(path, layer="sites").set_index("site_id")
    expected = tables.sites
    assert sites.crs == "EPSG:4326"
    assert list(sites.columns) == list(expected.columns)
    assert sites.geometry.geom_equals(expected.geometry).all()
    assert_frame_equal(
        pd.DataFrame(sites.drop(columns="geometry")),
        pd.DataFrame(expected.drop(columns="geometry")),
        check_dtype=False,
        check_exact=True,
    )


def test_unknown_is_null_and_infinite_stays_infinite(tables: Tables, tmp_path: Path) -> None:
    path = _write(tmp_path / "out.gpkg", tables)
    rows = _rows(path, "SELECT co2_storage_distance_km, cluster FROM sites ORDER BY fid")
    assert rows[4] == (None, None)
    assert rows[5] == (np.inf, -1)


def test_a_zero_stays_a_zero(tables: Tables, tmp_path: Path) -> None:
    path = _write(tmp_path / "out.gpkg", tables)
    assert _rows(path, "SELECT score FROM sites WHERE site_id = 'islet'") == [(0.0,)]


def test_tables_without_geometry_keep_rows_and_order(tables: Tables, tmp_path: Path) -> None:
    path = _write(tmp_path / "out.gpkg", tables)
    read = pyogrio.read_dataframe(path, layer="contributions")
    assert_frame_equal(read, tables.contributions, check_dtype=False, check_exact=True)


def test_a_rerun_leaves_no_stale_layer(tables: Tables, tmp_path: Path) -> None:
    path = tmp_path / "out.gpkg"
    _write(path, tables)
    write_geopackage(path, layers={"sites": tables.sites}, tables={})
    assert [name for name, _ in pyogrio.list_layers(path)] == ["sites"]
    with pytest.raises(FileError, match="is not a result of standort and would be lost"):
        _write(path, tables)  # without a manifest it may be anything
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.gpkg"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tables: Tables, tmp_path: Path, old_file: Path, small_files_only: None
) -> None:
    before = old_file.read_bytes()
    with pytest.raises(FileError, match=r"cannot write .*out.gpkg': .*; check the disk") as caught:
        _write(old_file, tables)
    assert "INSERT" not in str(caught.value)
    assert old_file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.gpkg"]


def test_a_table_that_cannot_be_stored_leaves_the_old_file(
    tables: Tables, tmp_path: Path, old_file: Path
) -> None:
    before = old_file.read_bytes()
    odd = pd.DataFrame({"a": [1]}, index=pd.Index([1], name="a"))
    with pytest.raises(LayerError, match="is both the index and a column"):
        write_geopackage(old_file, layers={"sites": tables.sites}, tables={"odd": odd})
    assert old_file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.gpkg"]


def test_the_journal_of_the_old_file_is_not_left_to_the_new_one(
    tables: Tables, tmp_path: Path
) -> None:
    path = _write(tmp_path / "out.gpkg", tables)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE stale (a INTEGER)")
    connection.commit()
    assert path.with_name("out.gpkg-wal").exists()
    _write(path, tables)
    assert not path.with_name("out.gpkg-wal").exists()
    assert _rows(path, "SELECT name FROM sqlite_master WHERE name = 'stale'") == []
    connection.close()


def test_reruns_are_the_same_bytes_with_source_date_epoch(
    tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    first = _write(tmp_path / "first.gpkg", tables).read_bytes()
    second = _write(tmp_path / "second.gpkg", tables).read_bytes()
    assert first == second
    stamps = _rows(tmp_path / "first.gpkg", "SELECT DISTINCT last_change FROM gpkg_contents")
    assert stamps == [("2023-11-14T22:13:20.000Z",)]


def test_gdal_gets_the_time_stamp_only_while_writing(
    tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    _write(tmp_path / "out.gpkg", tables)
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_styles_are_where_qgis_looks_for_them(tables: Tables, tmp_path: Path) -> None:
    path = _write(tmp_path / "out.gpkg", tables)
    styles = _rows(
        path,
        "SELECT styleQML, useAsDefault FROM layer_styles WHERE f_table_catalog = '' "
        "AND f_table_schema = '' AND f_table_name = 'sites' AND f_geometry_column = 'geom'",
    )
    assert styles == [("<qgis/>", 1)]
    kinds = _rows(path, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'")
    assert kinds == [("attributes",)]
    geometry = _rows(path, "SELECT table_name, column_name FROM gpkg_geometry_columns")
    assert ("sites", "geom") in geometry


def test_arguments_are_left_as_they_were(tables: Tables, tmp_path: Path) -> None:
    before = tables.contributions.copy(deep=True)
    _write(tmp_path / "out.gpkg", tables)
    assert_frame_equal(tables.contributions, before)
    assert tables.sites.index.name == "site_id"


def test_columns_of_mixed_ids_become_text(tmp_path: Path) -> None:
    table = pd.DataFrame({"feature": pd.Series([1, "a", None], dtype=object)})
    path = write_geopackage(tmp_path / "out.gpkg", layers={}, tables={"t": table})
    assert _rows(path, "SELECT feature FROM t ORDER BY fid") == [("1",), ("a",), (None,)]


@pytest.mark.parametrize(
    ("cells", "stored"),
    [
        ([True, None], [1, None]),
        ([3, None], [3, None]),
        ([0.5, None], [0.5, None]),
        ([None, None], [None, None]),
        ([["a"], None], ['["a"]', None]),
    ],
    ids=["flags", "whole numbers", "numbers", "nothing", "lists"],
)
def test_python_objects_keep_their_kind(
    cells: list[object], stored: list[object], tmp_path: Path
) -> None:
    table = pd.DataFrame({"a": pd.Series(cells, dtype=object)})
    path = write_geopackage(tmp_path / "out.gpkg", layers={}, tables={"t": table})
    assert _rows(path, "SELECT a FROM t ORDER BY fid") == [(value,) for value in stored]


def test_names_that_a_geopackage_reserves_or_confuses_stay_readable(tmp_path: Path) -> None:
    columns = {"fid": ["x"], "geom": ["y"], "Name": ["a"], "name": ["b"]}
    layer = GeoDataFrame(columns, geometry=[Point(1, 2)], crs=4326)
    path = write_geopackage(
        tmp_path / "out.gpkg", layers={"sites": layer}, tables={}, styles={"sites": "<qgis/>"}
    )
    assert _rows(path, "SELECT fid, geom, Name, name_2 FROM sites") == [("x", "y", "a", "b")]
    styled = _rows(path, "SELECT f_geometry_column FROM layer_styles")
    assert styled == _rows(path, "SELECT column_name FROM gpkg_geometry_columns") == [("geom_2",)]


def test_split_hulls_and_plain_hulls_share_a_layer(tmp_path: Path) -> None:
    split = MultiPolygon([box(179, 0, 180, 1), box(-180, 0, -179, 1)])
    hulls = GeoDataFrame(geometry=[Polygon([(0, 0), (1, 0), (1, 1)]), split], crs=4326)
    path = write_geopackage(tmp_path / "out.gpkg", layers={"cluster_hulls": hulls}, tables={})
    assert pyogrio.list_layers(path).tolist() == [["cluster_hulls", "MultiPolygon"]]


def test_layers_without_rows_keep_their_geometry(tables: Tables, tmp_path: Path) -> None:
    path = write_geopackage(
        tmp_path / "out.gpkg",
        layers={"clusters": tables.clusters.iloc[:0], "cluster_hulls": tables.cluster_hulls[:0]},
        tables={"contributions": tables.contributions.iloc[:0]},
    )
    layers = pyogrio.list_layers(path).tolist()
    assert layers == [["clusters", "Point"], ["cluster_hulls", "Polygon"], ["contributions", None]]
    assert "co2_mt_per_yr" in pyogrio.read_info(path, layer="clusters")["fields"]


def test_an_index_and_a_column_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pd.DataFrame({"site_id": [1]}, index=pd.Index(["a"], name="site_id"))
    with pytest.raises(LayerError, match="'site_id' is both the index and a column"):
        write_geopackage(tmp_path / "out.gpkg", layers={}, tables={"t": table})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.shp", r"expected a file name that ends in .gpkg, got 'out.shp'; add the ending"),
        ("missing/out.gpkg", r"cannot write 'out.gpkg': there is no folder .*missing.*create it"),
        ("folder.gpkg", r"expected a file to write, .*folder.gpkg' is a folder"),
    ],
)
def test_destinations_that_cannot_be_written_are_refused(
    name: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "folder.gpkg").mkdir()
    with pytest.raises(FileError, match=message):
        check_destination(tmp_path / name)


def test_a_write_error_has_a_readable_message(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1]})
    name = "x" * 300 + ".gpkg"  # longer than file systems allow
    with pytest.raises(FileError, match=r"cannot write .*; check the disk"):
        write_geopackage(tmp_path / name, layers={}, tables={"t": table})
    assert list(tmp_path.iterdir()) == []
