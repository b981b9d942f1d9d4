"""The oddities: one line each, put one at a time into a healthy study."""

from __future__ import annotations

import os
import sqlite3
import struct
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from fuzz.changes import Base, Cell, File, Frame, Oddity, Shape, Table

if TYPE_CHECKING:
    from pathlib import Path

INF, NAN = float("inf"), float("nan")
MEMORY = ("memory",)

#: what a column of each kind may be found to hold, by layer and column
_CELLS: dict[tuple[str, str], dict[str, Any]] = {
    ("emitters", "co2_t_per_yr"): {
        **{t: t for t in ("planned", "12 kt", "1,5", "1e6", "nan", "NULL", "", " ", "0x10", "1_000")},
        **{f"number {n}": n for n in (NAN, INF, -INF, -1.0, -9999.0, 0.0, 1e300, 5e-324, 2**62)},
        "integer of 65 bits": 2**64,
        "unknown": None,
        "blob": b"\x01\x02",
        "empty blob": b"",
    },
    ("ports", "liquid_bulk"): {
        **{repr(t): t for t in ("yes", "no", "t", "1", "", " ", "unknown")},
        **{f"number {n}": n for n in (2, -1, 0.5, NAN)},
        "blob": b"\x01",
        "unknown": None,
    },
    ("ports", "year_from"): {
        **{repr(t): t for t in ("planned", "2019-05-01", "", "2019?")},
        **{f"number {n}": n for n in (0, 99999, 2019.5, INF, -1)},
    },
    ("sites", "year_to"): {"'open'": "open", "blob": b"\x01", "number inf": INF},
    ("sites", "site_id"): {
        **{repr(t): t for t in ("", " ", "s0", "s0 ", "S0", "s\u00a00", "nan", "NULL", "s\0x", "s\n2")},
        **{repr(t): t for t in ("=1+1", "\x1b[31mred", "\u00e9", "e\u0301", "../s", "<b>s</b>")},
        "10,000 characters": "x" * 10_000,
        "unknown": None,
        "number 7": 7,
        "number 1.5": 1.5,
        "integer of 65 bits": 2**64,
        "blob": b"\x01\x02",
    },
    ("sites", "name"): {
        **{repr(t): t for t in ("", "a\nb", "a\0b", "\x1b]0;mine\x07", "=cmd()")},
        "100,000 characters": "x" * 100_000,
        "number 7": 7,
        "blob": b"\xff\x00",
        "unknown": None,
    },
    ("co2_storage", "capacity_mt"): {"text": "large", "negative": -1.0, "unknown": None, "NaN": NAN},
    ("pipelines", "carrier"): {"unknown": None, "empty": "", "number": 7, "blob": b"\xff"},
    ("pipelines", "feature_id"): {"unknown": None, "twice": "l0", "NUL": "l\x002", "empty": ""},
    ("linkages", "kind"): {"unknown": None, "other word": "friendly", "blob": b"\xff"},
    ("linkages", "firm_u"): {"unknown": None, "empty": "", "number": 7},
}
CELLS: list[Oddity] = [
    *(
        Cell(f"{column} is {name}", layer, column, value)
        for (layer, column), cells in _CELLS.items()
        for name, value in cells.items()
    ),
    *(
        Cell(f"{column} is Latin-1", layer, column, "caf\u00e9".encode("latin-1"), latin=True)
        for layer, column in [
            ("sites", "site_id"),
            ("sites", "name"),
            ("emitters", "name"),
            ("pipelines", "carrier"),
            ("linkages", "firm_u"),
        ]
    ),
]


def wkb(kind: int, *numbers: float, count: int | None = None, order: int = 1) -> bytes:
    """Pack a geometry: its type, how many points it says it has, and coordinates."""
    points = b"" if count is None else struct.pack("<I", count)
    return struct.pack("<BI", order, kind) + points + struct.pack(f"<{len(numbers)}d", *numbers)


_RING = (4.0, 52.0, 4.1, 52.0, 4.1, 52.1, 4.0, 52.0)
_SURFACE = wkb(17, count=1) + struct.pack("<I8d", 4, *_RING)
_ARC = wkb(8, 4.0, 51.9, 4.05, 52.0, 4.1, 51.9, count=3)
#: geometries that a layer of points may be found to hold
_POINTS: dict[str, bytes | None] = {
    "missing": None,
    "no bytes": b"",
    "empty point": shapely.Point().wkb,
    "empty collection": shapely.GeometryCollection().wkb,
    "one point as multipoint": shapely.MultiPoint([(4.1, 52.0)]).wkb,
    "two points": shapely.MultiPoint([(4.1, 52.0), (4.2, 52.0)]).wkb,
    "polygon": shapely.box(4.0, 52.0, 4.1, 52.1).wkb,
    "line": shapely.LineString([(4.0, 52.0), (4.1, 52.1)]).wkb,
    "point with Z": wkb(1001, 4.1, 52.0, 9.0),
    "point with M": wkb(2001, 4.1, 52.0, 9.0),
    "point with Z and M": wkb(3001, 4.1, 52.0, 9.0, 9.0),
    "point with Z as in EWKB": wkb(0x80000001, 4.1, 52.0, 9.0),
    **{f"at {x} {y}": wkb(1, x, y) for x, y in ((NAN, 52.0), (INF, 52.0), (4.0, 91.0))},
    **{f"at {x} {y}": wkb(1, x, y) for x, y in ((181.0, 52.0), (541.0, 52.0), (1e300, 52.0))},
    "cut short": wkb(1, 4.1),
    "of unknown type": wkb(999, 4.1, 52.0),
    "of unknown byte order": wkb(1, 4.1, 52.0, order=7),
    "of 4 billion points": wkb(2, 4.1, 52.0, count=2**32 - 1),
    "not WKB": b"POINT (4 52)",
}
#: the same for lines, and for polygons
_LINES: dict[str, bytes | None] = {
    "one vertex": wkb(2, 4.0, 52.0, count=1),
    "no vertex": wkb(2, count=0),
    "no length": wkb(2, *[4.0, 52.0] * 2, count=2),
    "arc": _ARC,
    "compound curve": wkb(9, count=1) + _ARC,
    "multicurve": wkb(11, count=1) + _ARC,
    "NaN within": wkb(2, 4.0, 52.0, NAN, NAN, 4.1, 52.0, count=3),
    "out of the Earth": wkb(2, 4.0, 52.0, 4.0, 95.0, count=2),
    "three times round the Earth": wkb(2, -170.0, 52.0, 1000.0, 52.0, count=2),
    "cut short": wkb(2, 4.0, 52.0, 4.1, count=2),
}
_AREAS: dict[str, bytes | None] = {
    "empty": shapely.Polygon().wkb,
    "bow-tie": shapely.Polygon([(3, 52), (3.1, 52.1), (3.1, 52), (3, 52.1)]).wkb,
    "ring that is open": wkb(3, count=1) + struct.pack("<I6d", 3, *_RING[:6]),
    "ring of one point": wkb(3, count=1) + struct.pack("<I2d", 1, *_RING[:2]),
    "no area": shapely.Polygon([(3, 52), (3.1, 52), (3, 52)]).wkb,
    "hole outside": shapely.Polygon(
        [(3, 52), (3.1, 52), (3.1, 52.1)], [[(9, 9), (9.1, 9), (9.1, 9.1)]]
    ).wkb,
    "TIN": wkb(16, count=1) + _SURFACE,
    "triangle": _SURFACE,
    "polyhedral surface": wkb(15, count=1) + wkb(3, count=1) + _SURFACE[9:],
    "curve polygon": wkb(10, count=1) + wkb(8, *_RING[:6], *_RING[:4], count=5),
    "of 4 billion rings": wkb(3, count=2**32 - 1),
}
SHAPES: list[Oddity] = [
    *(Shape(name, "sites", shape) for name, shape in _POINTS.items()),
    *(Shape(name, "pipelines", shape) for name, shape in _LINES.items()),
    *(Shape(name, "co2_storage", shape) for name, shape in _AREAS.items()),
]


def retype(column: str, kind: pa.DataType) -> Any:  # noqa: ANN401 - a change of a table
    """Change the type of a column of an Arrow table."""

    def change(table: pa.Table) -> pa.Table:
        at = table.schema.get_field_index(column)
        cells = [f"{n}" if pa.types.is_string(kind) else n for n in range(table.num_rows)]
        return table.set_column(at, column, pa.array(cells, kind))

    return change


def lists(table: pa.Table) -> pa.Table:
    at = table.schema.get_field_index("co2_t_per_yr")
    return table.set_column(at, "co2_t_per_yr", pa.array([[1.0]] * table.num_rows))


def twice(column: str) -> Any:  # noqa: ANN401
    return lambda table: table.append_column(column, table[column])


def geo(text: bytes | None) -> Any:  # noqa: ANN401
    """Replace what a Parquet file says of its geometry."""
    return lambda table: table.replace_schema_metadata(text if text is None else {b"geo": text})


#: columns of a type, a name or a number that nobody expects
COLUMNS: list[Oddity] = [
    *(
        Table(f"co2_t_per_yr as {kind}", "emitters", retype("co2_t_per_yr", kind))
        for kind in (
            *(pa.string(), pa.bool_(), pa.int8(), pa.uint64(), pa.float32(), pa.decimal128(9, 2)),
            *(pa.duration("s"), pa.timestamp("s"), pa.date32(), pa.time32("s"), pa.dictionary),
        )
        if not callable(kind)
    ),
    Table("co2_t_per_yr as lists", "emitters", lists),
    *(
        Table(f"site_id as {kind}", "sites", retype("site_id", kind))
        for kind in (pa.int8(), pa.uint64(), pa.float64(), pa.bool_(), pa.date32(), pa.large_string())
    ),
    Table("co2_t_per_yr twice", "emitters", twice("co2_t_per_yr")),
    Table("site_id twice", "sites", twice("site_id")),
    *(Table(f"geo metadata {g!r}", "sites", geo(g)) for g in (None, b"", b"{", b"[]", b"{}", b"\xff")),
    *(
        Frame(f"own column {name!r}", "sites", lambda t, name=name: t.assign(**{name: "mine"}))
        for name in ("score", "rank", "cluster", "tier", "fid", "Name", "a\nb", "'", "x" * 300, "\u00e9")
    ),
    Frame("column named 7", "sites", lambda t: t.assign(x=1).rename(columns={"x": 7}), MEMORY),
    Frame("column named None", "sites", lambda t: t.assign(x=1).rename(columns={"x": None}), MEMORY),
    Frame("name twice", "sites", lambda t: pd.concat([t, t[["name"]]], axis=1), MEMORY),
    Frame("no site_id", "sites", lambda t: t.drop(columns="site_id")),
    Frame("no co2_t_per_yr", "emitters", lambda t: t.drop(columns="co2_t_per_yr")),
    Frame("no rows", "sites", lambda t: t.iloc[:0]),
    Frame("no rows", "ports", lambda t: t.iloc[:0]),
    Frame("site_id as index", "sites", lambda t: t.set_index("site_id"), MEMORY),
    *(
        Frame(f"co2_t_per_yr of {kind}", "emitters", lambda t, v=v: t.assign(co2_t_per_yr=v), MEMORY)
        for kind, v in {
            "lists": pd.Series([[1.0]] * 6),
            "decimals": pd.Series([Decimal(1)] * 6),
            "complex numbers": np.array([1j] * 6),
            "float16": np.ones(6, np.float16),
            "categories": pd.Categorical([1.0, 2.0] * 3),
            "durations": pd.to_timedelta([1] * 6, unit="s"),
            "moments": pd.to_datetime([1] * 6),
            "dicts": pd.Series([{"a": 1}] * 6),
            "Arrow floats": pd.array([1.0] * 6, "double[pyarrow]"),
        }.items()
    ),
    *(
        Frame(f"site_id of {kind}", "sites", lambda t, v=v: t.assign(site_id=v), MEMORY)
        for kind, v in {
            "lists": pd.Series([[n] for n in range(6)]),
            "decimals": pd.Series([Decimal(n) for n in range(6)]),
            "categories": pd.Categorical(list("abcdef")),
            "Arrow floats": pd.array([*map(float, range(6))], "double[pyarrow]"),
            "huge integers": pd.Series([10**30 + n for n in range(6)], dtype=object),
            "complex numbers": np.arange(6) * 1j,
        }.items()
    ),
    *(
        Frame(f"CRS {crs}", layer, lambda t, crs=crs: t.set_crs(crs, allow_override=True))
        for layer in ("sites", "pipelines")
        for crs in (None, 4258, 3857, 4979, 7405, 4978, 5773, 3035, "IAU_2015:30100")
    ),
]


def truncate(part: float) -> Any:  # noqa: ANN401 - a change of a file
    return lambda path: os.truncate(path, int(path.stat().st_size * part))


def replace_bytes(at: int, new: bytes) -> Any:  # noqa: ANN401
    def change(path: Path) -> None:
        old = path.read_bytes()
        path.write_bytes(old[:at] + new + old[at + len(new) :])

    return change


def half_written(path: Path) -> None:
    """Leave the last change in the log, as programs do that hold a file open."""
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA wal_autocheckpoint = 0")
    base.execute("UPDATE sites SET name = 'in the log'")
    base.commit()
    base_files = [path.with_name(path.name + end) for end in ("", "-wal")]
    copies = [file.read_bytes() for file in base_files]
    base.close()
    for file, copy in zip(base_files, copies, strict=True):
        file.write_bytes(copy)


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def as_folder(path: Path) -> None:
    """Write a layer as other programs do, in parts in a folder of its name."""
    content = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / "part-0.parquet").write_bytes(content)


def to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


_NOT_A_TABLE = "DELETE FROM {} WHERE table_name = 'sites'"
_AS_VIEW = "CREATE VIEW v AS SELECT {} FROM sites"
_AS_VIEW_LAYER = (
    "UPDATE gpkg_contents SET table_name = 'v', identifier = 'v' WHERE table_name = 'sites'",
    "UPDATE gpkg_geometry_columns SET table_name = 'v' WHERE table_name = 'sites'",
    "ALTER TABLE sites RENAME TO kept",
    "DROP VIEW v",
)
FILES: list[Oddity] = [
    *(File(f"cut to {part:.0%}", "sites", truncate(part)) for part in (0.0, 0.001, 0.1, 0.5, 0.9, 0.99)),
    *(
        File(f"cut to {part:.0%}", "sites", truncate(part), "folder")
        for part in (0.0, 0.001, 0.1, 0.5, 0.9, 0.99)
    ),
    File("text", "sites", lambda path: path.write_text("site_id,name")),
    File("text", "sites", lambda path: path.write_text("site_id,name"), "folder"),
    File("no application id", "sites", replace_bytes(68, b"\0\0\0\0")),
    File("another application id", "sites", replace_bytes(68, b"ABCD")),
    File("change in the log", "sites", half_written),
    File("named pipe", "sites", fifo),
    File("named pipe", "sites", fifo, "folder"),
    File("link to itself", "sites", to_itself),
    File("link to itself", "sites", to_itself, "folder"),
    File("folder of parts", "sites", as_folder, "folder"),
    Base("not in gpkg_contents", "sites", (_NOT_A_TABLE.format("gpkg_contents"),)),
    Base("not in gpkg_geometry_columns", "sites", (_NOT_A_TABLE.format("gpkg_geometry_columns"),)),
    Base("registered, not there", "sites", ("ALTER TABLE sites RENAME TO gone",)),
    Base(
        "view without a key",
        "sites",
        (
            "ALTER TABLE sites RENAME TO kept",
            "DROP VIEW IF EXISTS sites",
            "CREATE VIEW sites AS SELECT site_id, name, year_from, year_to, geom FROM kept",
        ),
    ),
    Base(
        "view of keys that repeat",
        "sites",
        (
            "ALTER TABLE sites RENAME TO kept",
            "CREATE VIEW sites AS SELECT 1 AS fid, site_id, name, year_from, year_to, geom FROM kept",
        ),
    ),
    Base(
        "endless view",
        "sites",
        (
            "ALTER TABLE sites RENAME TO kept",
            "CREATE VIEW sites AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "SELECT i AS fid, 's' || i AS site_id, name, geom FROM n, kept",
        ),
    ),
    Base("CRS 0", "sites", ("UPDATE gpkg_geometry_columns SET srs_id = 0 WHERE table_name = 'sites'",)),
    Base("CRS 77", "sites", ("UPDATE gpkg_geometry_columns SET srs_id = 77 WHERE table_name = 'sites'",)),
    Base("CRS without text", "sites", ("UPDATE gpkg_spatial_ref_sys SET definition = 'undefined'",)),
    Base("geometry type of a point", "pipelines", ("UPDATE gpkg_geometry_columns SET geometry_type_name = 'POINT'",)),
    Base("extent out of the Earth", "sites", ("UPDATE gpkg_contents SET min_x = 1e300, max_x = 'east'",)),
    Base("column of a type without affinity", "sites", ("ALTER TABLE sites ADD COLUMN more WHATEVER",)),
    Base("column of JSON", "sites", ("ALTER TABLE sites ADD COLUMN more JSON DEFAULT '{'",)),
    Base("generated column", "sites", ("ALTER TABLE sites ADD COLUMN more REAL AS (year_to / 0)",)),
]

ODDITIES: list[Oddity] = [*CELLS, *SHAPES, *COLUMNS, *FILES]
