"""Geometries that a file may hold in place of a sound one, as WKB."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import shapely
from fuzz.changes import Shape

if TYPE_CHECKING:
    from fuzz.changes import Oddity

INF, NAN = float("inf"), float("nan")


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
    "NaN within": wkb(2, 4.0, 52.0, NAN, NAN, 4.1, 52.0, count=3),
    "out of the Earth": wkb(2, 4.0, 52.0, 4.0, 95.0, count=2),
    "three times round the Earth": wkb(2, -170.0, 52.0, 1000.0, 52.0, count=2),
    "cut short": wkb(2, 4.0, 52.0, 4.1, count=2),
}
#: lines that GeoParquet does not allow: refused there, and made straight in a GeoPackage
_CURVES: dict[str, bytes | None] = {
    "arc": _ARC,
    "compound curve": wkb(9, count=1) + _ARC,
    "multicurve": wkb(11, count=1) + _ARC,
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
    *(Shape(name, "pipelines", shape, ("geopackage",)) for name, shape in _CURVES.items()),
    *(Shape(name, "co2_storage", shape) for name, shape in _AREAS.items()),
]
