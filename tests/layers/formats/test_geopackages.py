"""GeoPackages: what SQLite stores is what is read, or the cells are named."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pyogrio
import pytest

from standort.errors import FileError, LayerError, StandortWarning
from standort.layers import inspect, read_layer, read_study
from standort.layers.site_chunks import open_sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geopandas import GeoDataFrame

N = 6


def emitters() -> GeoDataFrame:
    columns = {
        "site_id": [f"e{i}" for i in range(N)],
        "co2_t_per_yr": [1e6] * N,
        "name": ["works"] * N,
        "year": [2020] * N,
        "staff": pd.array([5] * N, dtype="int32"),
        "open": [True] * N,
        "founded": pd.to_datetime(["2001-02-03 04:05"] * N),
    }
    points = geopandas.points_from_xy([4 + i / 50 for i in range(N)], [52] * N)
    return geopandas.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")


def edit(path: Path, *statements: str) -> Path:
    """Change a GeoPackage as other programs do, without the triggers of its spatial index."""
    with closing(sqlite3.connect(path)) as base, base:
        triggers = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            base.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            base.execute(statement)
    return path


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Path]:
    """Store emitters, as a study and as sites, and edit the file."""

    def store(*statements: str, layer: str = "emitters") -> Path:
        path = tmp_path / "s.gpkg"
        path.unlink(missing_ok=True)
        pyogrio.write_dataframe(emitters(), path, layer=layer)
        return edit(path, *statements)

    return store


def read_in_chunks(path: Path, size: int = 2) -> pd.DataFrame:
    return pd.DataFrame(pd.concat(list(open_sites(path).chunks(size))))


CHANGED = {
    "co2_t_per_yr = 'n/a'": "column 'co2_t_per_yr' must hold numbers; 'n/a' in 1 row ('e1')",
    "co2_t_per_yr = '1.500,0'": "column 'co2_t_per_yr' must hold numbers; '1.500,0'",
    "co2_t_per_yr = x'4142'": "column 'co2_t_per_yr' must hold numbers; b'AB' in 1 row ('e1')",
    "year = 'planned'": "column 'year' must hold whole numbers (int64); 'planned' in 1 row ('e1')",
    "year = 2020.5": "column 'year' must hold whole numbers (int64); 2020.5 in 1 row ('e1')",
    "year = 9.3e18": "column 'year' must hold whole numbers (int64); 9.3e+18 in 1 row ('e1')",
    "staff = 3000000000": "column 'staff' must hold whole numbers (int32); 3000000000 in 1 row",
    "open = 'yes'": "column 'open' must hold true or false; 'yes' in 1 row ('e1')",
    "open = 2": "column 'open' must hold true or false; 2 in 1 row ('e1')",
    "founded = 'long ago'": "column 'founded' must hold times (YYYY-MM-DDTHH:MM:SSZ); 'long ago'",
    "founded = '2001-02-30T00:00:00Z'": "column 'founded' must hold times",
    "founded = 2001": "column 'founded' must hold times (YYYY-MM-DDTHH:MM:SSZ); 2001 in 1 row",
    "name = x'4142'": "column 'name' must hold text without null characters; b'AB' in 1 row ('e1')",
    "name = cast(x'410042' AS TEXT)": (
        "column 'name' must hold text without null characters; 'A\\x00B' in 1 row ('e1')"
    ),
    "name = cast(x'4bf66c6e' AS TEXT)": (
        "column 'name' must hold text in UTF-8; 'K\\\\xf6ln' in 1 row ('e1')"
    ),
    "site_id = cast(x'4bf66c6e' AS TEXT)": (
        "column 'site_id' must hold text in UTF-8; 'K\\\\xf6ln' in 1 row ('K\\\\xf6ln')"
    ),
    "site_id = cast(x'653100' AS TEXT)": "column 'site_id' must hold text without null characters",
}


@pytest.mark.parametrize(("change", "message"), CHANGED.items(), ids=CHANGED)
@pytest.mark.parametrize("layer", ["emitters", "sites"])
def test_a_cell_that_cannot_be_read_as_it_is_stored_is_named(
    stored: Callable[..., Path], layer: str, change: str, message: str
) -> None:
    path = stored(f"UPDATE {layer} SET {change} WHERE fid = 2", layer=layer)  # noqa: S608 - our own
    with pytest.raises(LayerError) as raised:
        read_study(path)
    assert f"s.gpkg: layer '{layer}': {message}" in str(raised.value)
    assert any(message in problem for problem in inspect(path).problems)
    with pytest.raises(LayerError) as raised:
        read_layer(path, "sites")
    assert f"layer 'sites': {message}" in str(raised.value)
    with pytest.raises(LayerError) as raised:
        read_in_chunks(path)
    assert message in str(raised.value)


def test_cells_that_are_read_as_they_are_stored_pass(stored: Callable[..., Path]) -> None:
    path = stored(
        "UPDATE emitters SET co2_t_per_yr = '12.5', year = '2021', open = '1' WHERE fid = 1",
        "UPDATE emitters SET co2_t_per_yr = 7, founded = '2001-02-03 04:05:06' WHERE fid = 2",
        "ALTER TABLE emitters ADD picture BLOB",
        "UPDATE emitters SET picture = x'410042'",
        "UPDATE emitters SET founded = NULL, name = NULL, staff = NULL, open = NULL WHERE fid = 3",
        "UPDATE emitters SET name = 'Köln', founded = '2001-02-03T04:05:06+02:00' WHERE fid = 4",
    )
    read = read_study(path).emitters
    assert read["co2_t_per_yr"].tolist()[:2] == [12.5, 7.0]
    assert read["year"].tolist()[0] == 2021
    assert read["name"].isna().tolist() == [False, False, True, False, False, False]


def test_all_changed_cells_are_told_together(stored: Callable[..., Path]) -> None:
    path = stored("UPDATE emitters SET co2_t_per_yr = 'x' || fid, open = 'yes'")
    with pytest.raises(LayerError) as raised:
        read_study(path)
    assert "2 problems" in str(raised.value)
    assert "('e0', 'e1', 'e2', 'e3', 'e4' and 1 more)" in str(raised.value)


def test_a_column_of_a_type_that_gdal_omits_is_told(stored: Callable[..., Path]) -> None:
    path = stored("ALTER TABLE emitters ADD region VARCHAR(20)")
    with pytest.raises(LayerError, match=r"column 'region' cannot be read: its type 'VARCHAR"):
        read_study(path)
    path = stored("ALTER TABLE emitters ADD remark VARCHAR(20)")
    with pytest.warns(StandortWarning, match="layer 'emitters': column 'remark' cannot be read"):
        read_study(path)


def test_a_damaged_page_is_told(tmp_path: Path) -> None:
    many = pd.concat([emitters()] * 400, ignore_index=True)
    many["site_id"] = [f"plant-{i:06d}" for i in range(len(many))]
    path = tmp_path / "s.gpkg"
    pyogrio.write_dataframe(many, path, layer="emitters")
    raw = bytearray(path.read_bytes())
    size = int.from_bytes(raw[16:18], "big")
    starts = range(0, len(raw), size)
    pages = [s for s in starts if raw[s] == 13 and b"plant-" in raw[s : s + size]]
    middle = pages[len(pages) // 2]
    raw[middle : middle + size] = bytes(size)
    path.write_bytes(raw)
    for read in (read_study, inspect, lambda p: read_layer(p, "sites"), read_in_chunks):
        with pytest.raises(FileError, match=r"s\.gpkg' is damaged, and rows would be missing"):
            read(path)


HALF = {
    "no geometry column": "DELETE FROM gpkg_geometry_columns WHERE table_name = 'ports'",
    "no contents": "DELETE FROM gpkg_contents WHERE table_name = 'ports'",
    "no table": "DROP TABLE ports",
}


@pytest.mark.parametrize("statement", HALF.values(), ids=HALF)
def test_a_half_registered_layer_does_not_vanish(
    stored: Callable[..., Path], statement: str
) -> None:
    path = stored()
    ports = emitters()[["site_id", "geometry"]].rename(columns={"site_id": "feature_id"})
    pyogrio.write_dataframe(ports, path, layer="ports")
    edit(path, statement)
    with pytest.raises(LayerError, match=r"layer 'ports': it is (half )?registered"):
        read_study(path)


def test_a_table_that_is_not_registered_is_read(stored: Callable[..., Path]) -> None:
    path = stored()
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, layer="other")  # hides others from GDAL
    edit(
        path,
        "CREATE TABLE linkages (firm_u TEXT, firm_v TEXT, kind TEXT)",
        "INSERT INTO linkages VALUES ('x', 'y', 'formal')",
    )
    assert len(read_study(path).tables["linkages"]) == 1


def test_a_layer_that_is_not_registered_is_told(stored: Callable[..., Path]) -> None:
    path = stored()
    edit(path, "CREATE TABLE ports AS SELECT site_id AS feature_id, geom FROM emitters")
    with pytest.raises(LayerError, match="layer 'ports': it holds no geometries"):
        read_study(path)


# Views


def view(select: str) -> tuple[str, ...]:
    """Statements that register a view as the layer sites."""
    return (
        f"CREATE VIEW sites AS {select}",
        (
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('sites', 'features', 'sites', 4326)"
        ),
        "INSERT INTO gpkg_geometry_columns VALUES ('sites', 'geom', 'POINT', 4326, 0, 0)",
    )


VIEWS = {
    "no key": "SELECT site_id, geom FROM tracts",
    "repeated keys": (
        "SELECT a.fid AS fid, a.site_id || b.site_id AS site_id, a.geom AS geom "
        "FROM tracts a, tracts b WHERE b.fid < 4"
    ),
    "keys in no order": "SELECT 7 - fid AS fid, site_id, geom FROM tracts",
    "negative and missing keys": (
        "SELECT CASE WHEN fid > 2 THEN -fid END AS fid, site_id, geom FROM tracts"
    ),
    "a column that is taken for the key": "SELECT fid % 2 AS year, site_id, geom FROM tracts",
}


@pytest.mark.parametrize("select", VIEWS.values(), ids=VIEWS)
def test_a_view_is_read_whole_in_chunks_of_any_size(
    stored: Callable[..., Path], select: str
) -> None:
    path = stored(*view(select), layer="tracts")
    whole = read_study(path).sites
    assert len(whole) == (18 if "a.fid" in select else N)
    for size in (1, 2, 4, 100):
        chunks = read_in_chunks(path, size)
        assert chunks.index.tolist() == whole.index.tolist()
        assert list(chunks.columns) == list(whole.columns)


def test_a_view_that_may_never_end_raises(stored: Callable[..., Path]) -> None:
    endless = (
        "WITH c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
        "SELECT 's' || n AS site_id, geom FROM c, tracts WHERE fid = 1"
    )
    path = stored(*view(endless), layer="tracts")
    for read in (read_study, lambda p: read_layer(p, "sites"), read_in_chunks):
        with pytest.raises(LayerError, match="layer 'sites': it is a recursive view, which may"):
            read(path)


def test_a_view_that_cannot_be_evaluated_raises(stored: Callable[..., Path]) -> None:
    path = stored(*view("SELECT site_id, ST_Centroid(geom) AS geom FROM tracts"), layer="tracts")
    with pytest.raises(LayerError, match="it is a view that cannot be evaluated"):
        read_study(path)


# Files as a whole


def test_a_geopackage_without_its_mark_is_read_with_a_warning(
    stored: Callable[..., Path], tmp_path: Path
) -> None:
    path = stored("PRAGMA application_id = 0")
    for read in (read_study, lambda p: read_layer(p, "sites"), read_in_chunks):
        with pytest.warns(StandortWarning, match=r"a GeoPackage without its mark \(application_id"):
            assert len(getattr(read(path), "sites", range(N))) == N
    other = shutil.copy(path, tmp_path / "s.db")
    with pytest.raises(FileError, match=r"without its mark .*: rename it to"):
        read_study(other)


def test_a_locked_file_is_told_as_locked(stored: Callable[..., Path]) -> None:
    path = stored()
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        for read in (read_study, lambda p: read_layer(p, "sites"), read_in_chunks):
            with pytest.raises(FileError, match="is locked by another program; close it there"):
                read(path)
        holder.execute("ROLLBACK")
    assert len(read_study(path).sites) == N


def test_a_study_in_wal_mode_is_read_where_nothing_can_be_written(
    stored: Callable[..., Path],
) -> None:
    path = stored("PRAGMA journal_mode = wal")
    code = f"import standort; print(len(standort.read_study({str(path)!r}).sites))"
    folder = path.parent
    script = (
        f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} {folder} "
        f'&& {sys.executable} -c "{code}"'
    )
    shell = shutil.which("unshare")
    if shell is None:
        pytest.skip("no mount namespaces here")
    told = subprocess.run(
        [shell, "-m", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    if "ermission" in told.stderr or "not permitted" in told.stderr:
        pytest.skip("mounts are not permitted here")
    assert told.stdout.strip() == str(N), told.stderr
