"""Sites in chunks and in one go: every oddity is accepted by both ways, or refused by both."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any

import geopandas
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from pandas.testing import assert_frame_equal
from pyarrow import parquet
from shapely import Point

from standort.errors import FileError, GeometryError, LayerError, StandortError, StandortWarning
from standort.layers import read_layer, read_study
from standort.layers.site_chunks import find_sites, open_sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geopandas import GeoDataFrame

N = 5


def sites() -> GeoDataFrame:
    columns = {"site_id": [f"s{i}" for i in range(N)], "name": ["x"] * N, "staff": range(N)}
    points = [Point(4 + i / 50, 52) for i in range(N)]
    return geopandas.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")


def table(frame: GeoDataFrame | None = None) -> pa.Table:
    return pa.table((sites() if frame is None else frame).to_arrow(index=False))


def geo(**changes: Any) -> dict[bytes, bytes]:  # noqa: ANN401
    """Metadata of GeoParquet, with changes."""
    column = {"encoding": "WKB", "geometry_types": ["Point"]}
    default = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return {b"geo": json.dumps({**default, **changes}).encode()}


def plain(metadata: dict[bytes, bytes], frame: GeoDataFrame | None = None) -> pa.Table:
    """A table whose geometries are bytes."""
    given = sites() if frame is None else frame
    columns = {name: given[name].tolist() for name in given.columns if name != "geometry"}
    cells = given.to_wkb()["geometry"].tolist()
    return pa.table({**columns, "geometry": cells}).replace_schema_metadata(metadata)


def with_cells(name: str, cells: list[Any], kind: pa.DataType) -> pa.Table:
    stored = plain(geo())
    return stored.set_column(stored.schema.get_field_index(name), name, pa.array(cells, kind))


def not_utf8(*texts: bytes) -> pa.Array:
    data = pa.array(texts, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(texts), data.buffers())


def wkb(*cells: bytes) -> list[bytes]:
    return [*cells, *sites().to_wkb()["geometry"].tolist()[len(cells) :]]


CURVE = struct.pack("<BII6d", 1, 8, 3, 4.0, 52.0, 4.1, 52.05, 4.2, 52.0)
LINE_OF_ONE = struct.pack("<BIIdd", 1, 2, 1, 4.0, 52.0)
TIN = struct.pack("<BIIBIII8d", 1, 16, 1, 1, 17, 1, 4, 4, 52, 4.1, 52, 4.1, 52.1, 4, 52)
OPEN_RING = struct.pack("<BIII6d", 1, 3, 1, 3, 4.0, 52.0, 4.1, 52.0, 4.1, 52.1)

ODDITIES: dict[str, Callable[[], pa.Table]] = {
    "sound": lambda: plain(geo()),
    "index of text": lambda: table().append_column("__index_level_0__", pa.array(list("abcde"))),
    "metadata that is not UTF-8": lambda: plain({b"geo": b"\xb0{"}),
    "metadata that is not JSON": lambda: plain({b"geo": b"{oops"}),
    "metadata that is deep": lambda: plain({b"geo": b"[" * 100_000}),
    "metadata that is a list": lambda: plain({b"geo": b"[]"}),
    "metadata that is empty": lambda: plain({b"geo": b"{}"}),
    "no metadata": lambda: plain({}),
    "no primary column": lambda: plain(geo(primary_column=None)),
    "primary column that is not declared": lambda: plain(geo(primary_column="geom")),
    "primary column that is absent": lambda: plain(
        geo(primary_column="geom", columns={"geom": {"encoding": "WKB"}})
    ),
    "columns that are a list": lambda: plain(geo(columns=["geometry"])),
    "no encoding": lambda: plain(geo(columns={"geometry": {}})),
    "unknown encoding": lambda: plain(geo(columns={"geometry": {"encoding": "WKT"}})),
    "another encoding": lambda: plain(geo(columns={"geometry": {"encoding": "point"}})),
    "CRS that is none": lambda: plain(
        geo(columns={"geometry": {"encoding": "WKB", "crs": {"type": "x"}}})
    ),
    "CRS that is a number": lambda: plain(geo(columns={"geometry": {"encoding": "WKB", "crs": 5}})),
    "CRS that is unknown": lambda: plain(
        geo(columns={"geometry": {"encoding": "WKB", "crs": None}})
    ),
    "wrong covering": lambda: plain(
        geo(columns={"geometry": {"encoding": "WKB", "bbox": "x", "covering": {"bbox": 5}}})
    ),
    "metadata of pandas that is not": lambda: plain({**geo(), b"pandas": b"{oops"}),
    "text that is not UTF-8": lambda: plain(geo()).set_column(
        1, "name", not_utf8(b"a", b"K\xf6ln", b"c", b"d", b"e")
    ),
    "id that is not UTF-8": lambda: plain(geo()).set_column(
        0, "site_id", not_utf8(b"a", b"K\xf6ln", b"c", b"d", b"e")
    ),
    "geometry that is no WKB": lambda: with_cells("geometry", wkb(b"\x01\x63"), pa.binary()),
    "geometry that is empty": lambda: with_cells("geometry", wkb(b""), pa.binary()),
    "geometry that is text": lambda: with_cells("geometry", ["POINT (4 52)"] * N, pa.string()),
    "geometry that is a number": lambda: with_cells("geometry", [1.5] * N, pa.float64()),
    "line of one vertex": lambda: with_cells("geometry", wkb(LINE_OF_ONE), pa.binary()),
    "open ring": lambda: with_cells("geometry", wkb(OPEN_RING), pa.binary()),
    "curve": lambda: with_cells("geometry", wkb(CURVE), pa.binary()),
    "TIN": lambda: with_cells("geometry", wkb(TIN), pa.binary()),
    "large binary": lambda: with_cells("geometry", wkb(), pa.large_binary()),
    "missing geometry": lambda: with_cells("geometry", [None] * N, pa.binary()),
    "second geometry": lambda: table(sites().assign(outline=sites().geometry)),
}


def outcome(read: Callable[[], Any]) -> Any:  # noqa: ANN401
    """The sites, or the class of the error."""
    try:
        return pd.DataFrame(read())
    except StandortError as error:
        return type(error)


@pytest.mark.parametrize("make", ODDITIES.values(), ids=ODDITIES)
def test_a_file_is_accepted_or_refused_by_both_ways(
    tmp_path: Path, make: Callable[[], pa.Table]
) -> None:
    path = tmp_path / "sites.parquet"
    parquet.write_table(make(), path)
    whole = outcome(lambda: read_layer(path, "sites")[0])
    study = outcome(lambda: read_study(tmp_path).sites)
    for size in (1, 3, 100):
        chunks = outcome(lambda: pd.concat(list(open_sites(path).chunks(size))))  # noqa: B023
        for other in (whole, study):
            if isinstance(other, pd.DataFrame):
                assert_frame_equal(chunks, other)
            else:
                assert issubclass(chunks, StandortError)


DAMAGED = {"LINE_OF_ONE": LINE_OF_ONE, "OPEN_RING": OPEN_RING, "TIN": TIN, "no WKB": b"\x01\x63"}


@pytest.mark.parametrize("cell", DAMAGED.values(), ids=DAMAGED)
def test_damaged_geometries_are_named(tmp_path: Path, cell: bytes) -> None:
    path = tmp_path / "sites.parquet"
    parquet.write_table(with_cells("geometry", wkb(cell), pa.binary()), path)
    message = r"layer 'sites': geometries must be readable; a (TIN|damaged one) in 1 row \('s0'\)"
    with pytest.raises(GeometryError, match=message):
        read_layer(path, "sites")
    with pytest.raises(GeometryError, match=message):
        list(open_sites(path).chunks(2))


def test_curves_become_segments(tmp_path: Path) -> None:
    path = tmp_path / "s.gpkg"
    lines = [shapely.LineString([(4, 52), (4.1, 52)])] * 2
    roads = geopandas.GeoDataFrame(
        {"feature_id": ["l0", "l1"], "carrier": "co2"}, geometry=lines, crs="EPSG:4326"
    )
    roads.to_file(path, layer="pipelines", layer_options={"SPATIAL_INDEX": "NO"})
    header = b"GP\0\1" + struct.pack("<i", 4326)
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("UPDATE pipelines SET geom = ? WHERE fid = 2", (header + CURVE,))
    with pytest.warns(StandortWarning, match=r"curves made of straight segments in 1 row \('l1'\)"):
        read, _ = read_layer(path, "pipelines")
    assert read.loc["l0"].geometry.equals(lines[0])
    assert len(read.loc["l1"].geometry.coords) > 20
    assert read.loc["l1"].geometry.bounds == pytest.approx((4, 52, 4.2, 52.05), abs=1e-3)


def test_curves_in_parquet_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sites.parquet"
    parquet.write_table(with_cells("geometry", wkb(CURVE), pa.binary()), path)
    message = r"layer 'sites': .* a CircularString in 1 row \('s0'\): convert them to straight"
    with pytest.raises(GeometryError, match=message):
        read_layer(path, "sites")
    with pytest.raises(GeometryError, match=message):
        list(open_sites(path).chunks(2))


@pytest.mark.parametrize("name", ["site_id", "name", "geometry"])
def test_a_column_that_occurs_twice_is_named_once(tmp_path: Path, name: str) -> None:
    path, stored = tmp_path / "sites.parquet", plain(geo())
    parquet.write_table(stored.append_column(name, stored[name]), path)
    reads: list[Callable[[], Any]] = [
        lambda: read_layer(path, "sites"),
        lambda: read_study(tmp_path),
        lambda: list(open_sites(path).chunks(2)),
    ]
    for read in reads:
        with pytest.raises(
            LayerError, match=f"layer 'sites': column {name!r} occurs 2 times: "
        ) as e:
            read()
        assert "\n" not in str(e.value)


def test_metadata_of_pandas_may_belong_to_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "sites.parquet"
    sites().to_parquet(path)
    stored = parquet.read_table(path)
    ids = pa.array([[n] for n in range(N)])
    at = stored.schema.get_field_index("site_id")
    parquet.write_table(stored.set_column(at, "site_id", ids), path)
    with pytest.raises(LayerError, match=r"layer 'sites': column 'site_id' must hold text"):
        read_layer(path, "sites")
    with pytest.raises(LayerError, match=r"layer 'sites': column 'site_id' must hold text"):
        list(open_sites(path).chunks(2))


@pytest.mark.parametrize("name", ["sites.parquet", "sites.gpkg"])
@pytest.mark.parametrize("year", [None, 2030])
def test_a_file_without_sites_is_refused(tmp_path: Path, name: str, year: int | None) -> None:
    path = tmp_path / name
    layer = sites().assign(year_to=2020)
    layer = layer if year else layer.iloc[:0]
    if path.suffix == ".gpkg":
        layer.to_file(path, layer="sites")
    else:
        layer.to_parquet(path)
    message = rf"{name}: layer 'sites': nothing can be scored without rows; 0 of {len(layer)} are"
    with pytest.raises(LayerError, match=message):
        read_layer(path, "sites", year=year)
    with pytest.raises(LayerError, match=message):
        list(open_sites(path).chunks(2, year=year))


def test_a_parquet_type_of_its_own_is_read(tmp_path: Path) -> None:
    class Wkb(pa.ExtensionType):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(pa.binary(), "geoarrow.wkb")

        def __arrow_ext_serialize__(self) -> bytes:
            return json.dumps({"crs": "EPSG:3035"}).encode()

        @classmethod
        def __arrow_ext_deserialize__(cls, _storage: object, _data: object) -> Wkb:
            return cls()

    path = tmp_path / "sites.parquet"
    projected = sites().to_crs("EPSG:3035")
    pa.register_extension_type(Wkb())
    try:
        cells = pa.array(projected.to_wkb()["geometry"].tolist(), pa.binary())
        shapes = pa.ExtensionArray.from_storage(Wkb(), cells)
        parquet.write_table(pa.table({"site_id": sites()["site_id"], "geometry": shapes}), path)
    finally:
        pa.unregister_extension_type("geoarrow.wkb")
    whole = read_layer(path, "sites")[0]
    assert whole.geometry.x.tolist() == pytest.approx(sites().geometry.x.tolist())
    assert_frame_equal(pd.concat(list(open_sites(path).chunks(2))), whole)


# What is not a file


def special(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "s.gpkg"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    elif kind == "link to nothing":
        path.symlink_to("nowhere")
    elif kind == "long name":
        path = tmp_path / ("x" * 300 + ".gpkg")
    elif kind == "null character":
        path = tmp_path / "a\0b.gpkg"
    else:
        path = tmp_path / os.fsdecode(b"gr\xfcn.gpkg")
        path.write_bytes(b"SQLite format 3\x00")
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "pipe",
        "socket",
        "link to a device",
        "link to nothing",
        "long name",
        "null character",
        "name",
    ],
)
@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".geojson"])
def test_what_is_not_a_regular_file_is_refused_before_it_is_opened(
    tmp_path: Path, kind: str, suffix: str
) -> None:
    path = special(tmp_path, kind)
    if os.path.lexists(path):
        path = path.rename(path.with_suffix(suffix))
    for read in (read_study, lambda p: read_layer(p, "sites"), open_sites):
        with pytest.raises(FileError) as raised:
            read(path)
        str(raised.value).encode()
    assert kind == "name" or find_sites(path) is None


def test_geojson_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "ports.geojson"
    point = '"geometry": {"type": "Point", "coordinates": [4, 52]}'
    features = [
        f'{{"type": "Feature", "properties": {{"feature_id": "p{i}"}}, {point}}}' for i in (0, 1)
    ]
    text = f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}'
    changes = {
        '"p1"': ('"K\xf6ln"', r"column 'feature_id' must hold text in UTF-8; 'K\\\\xf6ln'"),
        '"feature_id": "p1"': ('"\xf6": 1', "the names of its columns are not UTF-8"),
        "p1": (r"p\u0000", "texts must not hold null characters"),
        '"type": "Feature", "properties": {"feature_id": "p1"': (
            '"type": "Featur", "properties": {"feature_id": "p1"',
            "1 of its 2 rows can be read",
        ),
        "}]}": ("", "it is not GeoJSON"),
    }
    for old, (new, message) in changes.items():
        path.write_bytes(text.replace(old, new).encode("latin-1"))
        with pytest.raises(LayerError, match=f"layer 'ports': {message}"):
            read_layer(path, "ports")
    path.write_text(text)
    assert read_layer(path, "ports")[0].index.tolist() == ["p0", "p1"]
