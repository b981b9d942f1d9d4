"""The steps the geometries of one layer pass through: refuse, convert, cut, repair, drop.

Each step is a function of a `Passage` and sees only the rows that passed the steps before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pandas import isna
from shapely import GeometryType

from standort.earth.segments import split_geometries
from standort.errors import CRSError, GeometryError, name_ids
from standort.layers.geometry.antimeridian_cuts import (
    crosses_antimeridian,
    split_polygon,
    wrap_longitudes,
)
from standort.layers.geometry.crs import is_wgs84, project_to_wgs84
from standort.layers.geometry.multiparts import (
    DIMENSION_OF,
    allowed_parts,
    leave_out_empty_parts,
    represent,
    together,
)
from standort.layers.provenance import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame
    from pyproj import CRS

__all__ = ["STEPS", "Passage", "is_plain"]

Mask = NDArray[np.bool_]

_POINT, _LINE, _POLYGON = range(3)
_DIMENSIONS = {"point": _POINT, "line": _LINE, "polygon": _POLYGON}
#: Longitude and latitude no coordinate in degrees exceeds.
_LIMITS = np.array([360.0, 90.0])
#: Degenerate geometries, by dimension.
_DEGENERATE = {_LINE: "zero-length line", _POLYGON: "zero-area polygon"}


class Passage:
    """The geometries of one layer on their way in, and what was found and done.

    Parameters
    ----------
    layer
        Layer as it came.
    allowed
        Geometries its role allows.
    id_column
        Column or index that names its rows.

    Attributes
    ----------
    geometries
        Geometries of the rows that passed so far.
    rows
        Their positions in the layer.
    problems, remarks, warnings
        Sentences on what was found.
    counts
        Rows wrapped, represented, split, repaired, dropped or taken from collections.
    operation, accuracy_m
        What PROJ did.
    """

    def __init__(self, layer: GeoDataFrame, allowed: frozenset[str], id_column: str) -> None:
        self.geometries: NDArray[Any] = np.array(layer.geometry.array, dtype=object)
        self.rows: NDArray[np.intp] = np.arange(len(layer))
        self.crs: CRS | None = layer.crs
        self.dimensions = frozenset(_DIMENSIONS[kind] for kind in allowed)
        self.one_point = id_column == "site_id"
        self.problems: list[Problem] = []
        self.remarks: list[str] = []
        self.warnings: list[str] = []
        self.counts: dict[str, int] = {}
        self.operation: str | None = None
        self.accuracy_m: float | None = None
        self._names = layer[id_column] if id_column in layer.columns else layer.index

    @property
    def only_points(self) -> bool:
        """Whether nothing but points may pass, which are always valid and on no edge."""
        return self.dimensions == {_POINT}

    def name(self, mask: Mask) -> str:
        """Count the rows of a mask and name the first few; those without id by their number."""
        rows = self.rows[mask].tolist()
        ids = self._names.take(rows).tolist()
        names = [f"row {row}" if isna(id_) else id_ for row, id_ in zip(rows, ids, strict=True)]
        return f"{_rows(mask)} ({name_ids(names)})"

    def refuse(self, mask: Mask, expected: str, remedy: str) -> None:
        """Record a problem if any row is marked, and let those rows pass no further."""
        if mask.any():
            self.problems.append(Problem("geometry", f"{expected} {self.name(mask)}: {remedy}"))
            self.keep(~mask)

    def keep(self, mask: Mask) -> None:
        """Go on with some of the rows."""
        self.geometries, self.rows = self.geometries[mask], self.rows[mask]

    def refuse_infinite(self, expected: str, remedy: str) -> None:
        """Refuse the rows of which any coordinate is NaN or infinite."""
        if np.isfinite(shapely.get_coordinates(self.geometries)).all():
            return
        coordinates, owners = shapely.get_coordinates(self.geometries, return_index=True)
        wrong = np.zeros(len(self.geometries), dtype=bool)
        wrong[owners[~np.isfinite(coordinates).all(axis=1)]] = True
        self.refuse(wrong, expected, remedy)


def _refuse_missing(passage: Passage) -> None:
    """Refuse rows without geometry."""
    geometries = passage.geometries
    passage.refuse(
        shapely.is_missing(geometries) | shapely.is_empty(geometries),
        "every row needs a geometry; null, empty or without coordinates in",
        "add the geometries or remove the rows",
    )


def _leave_out_empty_parts(passage: Passage) -> None:
    """Leave out parts without coordinates."""
    passage.geometries, lossy = leave_out_empty_parts(passage.geometries)
    if lossy.any():
        passage.remarks.append(f"parts without coordinates left out in {_rows(lossy)}")


def _flatten(passage: Passage) -> None:
    """Drop heights and measures."""
    flat = _has_depth(passage.geometries)
    if flat.any():
        passage.geometries = shapely.force_2d(passage.geometries)
        passage.remarks.append(f"heights or measures left out in {_rows(flat)}")


def _refuse_infinite(passage: Passage) -> None:
    """Refuse coordinates that are NaN or infinite."""
    passage.refuse_infinite(
        "coordinates must be finite numbers; NaN or infinite in",
        "correct them or remove the rows",
    )


def _reduce_collections(passage: Passage) -> None:
    """Keep the parts of geometry collections that are of an allowed kind."""
    collections = shapely.get_type_id(passage.geometries) == GeometryType.GEOMETRYCOLLECTION
    if not collections.any():
        return
    geometries = passage.geometries.copy()
    left_out = reduced = 0
    for row in np.flatnonzero(collections):
        parts, others = allowed_parts(geometries[row], passage.dimensions)
        if parts:
            geometries[row] = parts[0] if len(parts) == 1 else together(parts)
            left_out, reduced = left_out + others, reduced + 1
    passage.geometries = geometries
    passage.counts["collections"] = reduced
    what = f"{_count(reduced, 'geometry collection')} taken apart"
    if left_out:
        passage.warnings.append(f"{what}, {_count(left_out, 'part')} of the wrong kind left out")
    elif reduced:
        passage.remarks.append(what)


def _refuse_wrong_types(passage: Passage) -> None:
    """Refuse geometries of a kind the role does not allow; make single MultiPoints points."""
    types = shapely.get_type_id(passage.geometries)
    wrong = ~np.isin(DIMENSION_OF[types], list(passage.dimensions))
    if wrong.any():
        kinds = " and ".join(f"{k}s" for k, d in _DIMENSIONS.items() if d in passage.dimensions)
        found = sorted({geometry.geom_type for geometry in passage.geometries[wrong]})
        remedy = "check that the layer has the right name"
        if passage.dimensions == {_POINT}:
            remedy = (
                "take a representative point of each, or check that the layer has the right name"
            )
        passage.refuse(wrong, f"geometries must be {kinds}; {', '.join(found)} in", remedy)
    multi = shapely.get_type_id(passage.geometries) == GeometryType.MULTIPOINT
    if not multi.any():
        return
    single = multi & (shapely.get_num_geometries(passage.geometries) == 1)
    passage.geometries = passage.geometries.copy()
    passage.geometries[single] = shapely.get_geometry(passage.geometries[single], 0)


def _check_degrees(passage: Passage) -> None:
    """Refuse degrees off the Earth and wrap longitudes up to 360."""
    if passage.crs is None or not _in_degrees(passage.crs):
        return
    corners = shapely.bounds(passage.geometries).reshape(-1, 2, 2)
    beyond = (np.abs(corners) > _LIMITS).any(axis=2)
    if beyond.any():
        example = tuple(round(float(number), 4) for number in corners[beyond][0])
        passage.refuse(
            beyond.any(axis=1),
            f"longitudes must be within +-360 and latitudes within +-90 degrees; {example} in",
            _guess_mistake(corners[beyond]),
        )
    passage.geometries, wrapped = wrap_longitudes(passage.geometries)
    if wrapped.any():
        passage.counts["wrapped"] = int(wrapped.sum())
        passage.warnings.append(f"longitudes beyond +-180 wrapped in {_rows(wrapped)}")


def _project(passage: Passage) -> None:
    """Convert to WGS84 and refuse what has no place there."""
    if passage.crs is None:
        return
    try:
        projected = project_to_wgs84(passage.geometries, passage.crs)
    except CRSError as error:
        passage.problems.append(Problem("crs", str(error)))
        passage.crs = None
        return
    passage.geometries = projected.geometries
    passage.operation, passage.accuracy_m = projected.operation, projected.accuracy_m
    if projected.operation is not None:
        passage.refuse_infinite(
            f"coordinates must lie where {passage.crs.name} is defined; they do not in",
            "check the CRS of the layer, and that x is east and y is north",
        )


def _represent(passage: Passage) -> None:
    """Let one of its points stand for a site of several."""
    several = shapely.get_type_id(passage.geometries) == GeometryType.MULTIPOINT
    if passage.crs is None or not passage.one_point or not several.any():
        return
    found = represent(passage.geometries[several])
    passage.geometries = passage.geometries.copy()
    passage.geometries[several] = found.points
    several[several] = found.farthest > 0.0
    if several.any():
        passage.counts["represented"] = int(several.sum())
        passage.warnings.append(
            f"a site is one point; of several, the one nearest to their mean stands for all in "
            f"{passage.name(several)}, up to {found.farthest.max() / 1000:,.3g} km from the others"
        )


def _split(passage: Passage) -> None:
    """Cut polygons at the antimeridian, before their validity is judged."""
    if passage.crs is None or passage.only_points:
        return
    crossing = crosses_antimeridian(passage.geometries)
    if not crossing.any():
        return
    geometries, tangled = passage.geometries.copy(), np.zeros(len(crossing), dtype=bool)
    for row in np.flatnonzero(crossing):
        try:
            geometries[row] = split_polygon(geometries[row])
        except GeometryError:
            tangled[row] = True
    passage.geometries = geometries
    passage.counts["split"] = int((crossing & ~tangled).sum())
    passage.remarks.append(f"cut at the antimeridian or closed over a pole: {_rows(crossing)}")
    passage.refuse(
        tangled,
        "a polygon across the antimeridian must not cross itself; it does in",
        "repair it in a projection without that seam",
    )


def _repair(passage: Passage) -> None:
    """Make invalid polygons valid."""
    if passage.only_points:
        return
    polygons = DIMENSION_OF[shapely.get_type_id(passage.geometries)] == _POLYGON
    invalid = np.zeros(len(polygons), dtype=bool)
    invalid[polygons] = ~shapely.is_valid(passage.geometries[polygons])
    if not invalid.any():
        return
    geometries = passage.geometries.copy()
    # edges are geodesics: what crosses itself as drawn on a flat map may be sound on the Earth
    geometries[invalid] = _along_geodesics(geometries[invalid])
    invalid[polygons] = ~shapely.is_valid(geometries[polygons])
    # "structure" unites overlapping parts, where "linework" would make holes of them.
    geometries[invalid] = shapely.make_valid(
        geometries[invalid], method="structure", keep_collapsed=False
    )
    passage.geometries = geometries
    repaired = invalid & ~shapely.is_empty(geometries)
    if repaired.any():
        passage.counts["repaired"] = int(repaired.sum())
        passage.warnings.append(f"invalid polygons repaired in {passage.name(repaired)}")


def _along_geodesics(geometries: NDArray[Any]) -> NDArray[Any]:
    """Draw polygons with vertices along their geodesic edges; keep those that gain nothing."""
    parts = split_geometries(geometries)
    drawn = np.asarray(shapely.multipolygons(parts.areas, indices=parts.area_owner), dtype=object)
    sound = shapely.is_valid(drawn) & (shapely.area(geometries) > 0.0)
    return np.where(sound, drawn, geometries)


def _drop_degenerate(passage: Passage) -> None:
    """Drop lines without length and polygons without area, unless nothing were left."""
    if passage.only_points:
        return
    dimensions = DIMENSION_OF[shapely.get_type_id(passage.geometries)]
    lines, polygons = dimensions == _LINE, dimensions == _POLYGON
    degenerate = np.zeros(len(dimensions), dtype=bool)
    degenerate[lines] = shapely.length(passage.geometries[lines]) == 0.0
    degenerate[polygons] = shapely.area(passage.geometries[polygons]) == 0.0
    if not degenerate.any():
        return
    kinds = [what for d, what in _DEGENERATE.items() if (degenerate & (dimensions == d)).any()]
    what = " or ".join(kinds)
    if degenerate.all() and not passage.problems:
        remedy = "check how the layer was made"
        passage.refuse(degenerate, f"some row must be left; {what} in all, that is in", remedy)
        return
    passage.counts["dropped"] = int(degenerate.sum())
    passage.warnings.append(f"degenerate geometry ({what}), dropped: {passage.name(degenerate)}")
    passage.keep(~degenerate)


def is_plain(passage: Passage) -> bool:
    """Tell whether a layer is plain points in WGS84, to which no step has anything to say.

    Parameters
    ----------
    passage
        A layer before its first step.

    Returns
    -------
    Whether the steps can be left out. It saves most of the time of a million points.
    """
    crs, geometries = passage.crs, passage.geometries
    if _POINT not in passage.dimensions or crs is None or not is_wgs84(crs):
        return False
    if (shapely.get_type_id(geometries) != GeometryType.POINT).any() or _has_depth(
        geometries
    ).any():
        return False
    coordinates = shapely.get_coordinates(geometries)  # none for an empty point
    if len(coordinates) < len(geometries) or not len(geometries):
        return False
    return bool((np.abs(coordinates).max(axis=0) <= (_LIMITS[0] / 2, _LIMITS[1])).all())


STEPS: tuple[Callable[[Passage], None], ...] = (
    _refuse_missing,
    _leave_out_empty_parts,
    _flatten,
    _refuse_infinite,
    _reduce_collections,
    _refuse_wrong_types,
    _check_degrees,
    _project,
    _represent,
    _split,
    _repair,
    _drop_degenerate,
)


def _has_depth(geometries: NDArray[Any]) -> Mask:
    """Mark the geometries with heights or measures."""
    deep: Mask = shapely.has_z(geometries)
    if hasattr(shapely, "has_m"):  # from shapely 2.1 with GEOS 3.12
        deep |= shapely.has_m(geometries)
    return deep


def _in_degrees(crs: CRS) -> bool:
    """Tell whether coordinates are longitude and latitude in degrees."""
    return bool(crs.is_geographic) and all(axis.unit_name == "degree" for axis in crs.axis_info[:2])


def _guess_mistake(wrong: NDArray[np.float64]) -> str:
    """Guess what went wrong with coordinates beyond the Earth."""
    largest = np.abs(wrong).max(axis=0)
    if (largest > _LIMITS[0]).any():
        return "the numbers look projected: give the layer the CRS they are in"
    if (largest <= (_LIMITS[1], _LIMITS[0] / 2)).all():
        return "longitude and latitude may be swapped: x is longitude"
    return "correct the coordinates"


def _count(number: int, noun: str) -> str:
    """Write a number and its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _rows(mask: Mask) -> str:
    """Count the rows of a mask."""
    return _count(int(mask.sum()), "row")
