"""Steps that check, convert and repair the geometries of a layer.

Each step is a function of a `RepairState` and sees only the rows that passed the previous steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pandas import isna
from shapely import GeometryType

from standort.earth.segments import split_geometries
from standort.errors import CRSError, GeometryError, Problem, name_ids
from standort.layers.geometry.antimeridian_cuts import (
    crosses_antimeridian,
    split_polygon,
    wrap_longitudes,
)
from standort.layers.geometry.crs import horizontal_part, is_wgs84, project_to_wgs84
from standort.layers.geometry.multiparts import (
    DIMENSION_OF,
    allowed_parts,
    as_multi,
    drop_empty_parts,
    representative_points,
)
from standort.layers.provenance import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray
    from pyproj import CRS

    from standort.array_types import Flags, Floats


_POINT, _LINE, _POLYGON = range(3)
_DIMENSIONS = {"point": _POINT, "line": _LINE, "polygon": _POLYGON}
#: Largest absolute longitude and latitude [degrees].
_LIMITS = np.array([360.0, 90.0])
#: Largest absolute coordinate on a map [m]; eastings with a zone in front reach 60,000 km.
_MAP_M = 1e8
#: Degenerate geometries, by dimension.
_DEGENERATE = {_LINE: "zero-length line", _POLYGON: "zero-area polygon"}


class RepairState:
    """Geometries of a layer between the steps, with problems and notices so far.

    Parameters
    ----------
    layer
        Input layer.
    allowed
        Geometry types that its role allows.
    id_column
        Column or index that names its rows.

    Attributes
    ----------
    geometries
        Geometries of the rows that have passed so far.
    rows
        Positions of these rows in the layer.
    problems, remarks, warnings
        Problems and notices so far.
    counts
        Rows wrapped, represented, split, repaired, dropped or taken from collections.
    operation, accuracy_m
        Operation of PROJ and its accuracy.
    """

    def __init__(self, layer: GeoDataFrame, allowed: frozenset[str], id_column: str) -> None:
        self.geometries: NDArray[Any] = np.array(layer.geometry.array, dtype=object)
        self.rows: NDArray[np.intp] = np.arange(len(layer))
        self.crs: CRS | None = None if layer.crs is None else horizontal_part(layer.crs)
        self.dimensions = frozenset(_DIMENSIONS[kind] for kind in allowed)
        self.one_point = id_column == "site_id"
        self.problems: list[Problem] = []
        self.remarks: list[Notice] = []
        self.warnings: list[Notice] = []
        self.counts: dict[str, int] = {}
        self.operation: str | None = None
        self.accuracy_m: float | None = None
        self._names = layer[id_column] if id_column in layer.columns else layer.index

    @property
    def only_points(self) -> bool:
        """Whether only points are allowed, which are always valid."""
        return self.dimensions == {_POINT}

    def name(self, mask: Flags) -> str:
        """Count the rows of a mask and list the first ids, or row numbers of rows without id."""
        rows = self.rows[mask].tolist()
        ids = self._names.take(rows).tolist()
        names = [f"row {row}" if isna(id_) else id_ for row, id_ in zip(rows, ids, strict=True)]
        return f"{_rows(mask)} ({name_ids(names)})"

    def reject(self, mask: Flags, expected: str, remedy: str) -> None:
        """Record a problem and remove the rows of a mask, if there are any."""
        if mask.any():
            self.problems.append(Problem("geometry", f"{expected} {self.name(mask)}: {remedy}"))
            self.keep(~mask)

    def keep(self, mask: Flags) -> None:
        """Keep only the rows of a mask."""
        self.geometries, self.rows = self.geometries[mask], self.rows[mask]

    def reject_infinite(self, expected: str, remedy: str) -> None:
        """Reject rows with NaN or infinite coordinates."""
        if np.isfinite(shapely.get_coordinates(self.geometries)).all():
            return
        coordinates, owners = shapely.get_coordinates(self.geometries, return_index=True)
        wrong = np.zeros(len(self.geometries), dtype=bool)
        wrong[owners[~np.isfinite(coordinates).all(axis=1)]] = True
        self.reject(wrong, expected, remedy)


def _reject_missing(state: RepairState) -> None:
    """Reject rows without geometry."""
    geometries = state.geometries
    state.reject(
        shapely.is_missing(geometries) | shapely.is_empty(geometries),
        "every row needs a geometry; null, empty or without coordinates in",
        "add the geometries or remove the rows",
    )


def _drop_empty_parts(state: RepairState) -> None:
    """Drop parts without coordinates."""
    state.geometries, lossy = drop_empty_parts(state.geometries)
    if lossy.any():
        text = f"parts without coordinates dropped in {_rows(lossy)}"
        state.remarks.append(Notice("empty parts", text))


def _flatten(state: RepairState) -> None:
    """Drop heights and measures."""
    flat = _has_depth(state.geometries)
    if flat.any():
        state.geometries = shapely.force_2d(state.geometries)
        text = f"heights or measures dropped in {_rows(flat)}"
        state.remarks.append(Notice("heights", text))


def _reject_infinite(state: RepairState) -> None:
    """Reject NaN or infinite coordinates."""
    state.reject_infinite(
        "coordinates must be finite numbers; NaN or infinite in", "correct them or remove the rows"
    )


def _reduce_collections(state: RepairState) -> None:
    """Reduce geometry collections to their parts of an allowed type."""
    collections = shapely.get_type_id(state.geometries) == GeometryType.GEOMETRYCOLLECTION
    if not collections.any():
        return
    geometries = state.geometries.copy()
    dropped = reduced = 0
    for row in np.flatnonzero(collections):
        parts, others = allowed_parts(geometries[row], state.dimensions)
        if parts:
            geometries[row] = parts[0] if len(parts) == 1 else as_multi(parts)
            dropped, reduced = dropped + others, reduced + 1
    state.geometries = geometries
    state.counts["collections"] = reduced
    text = f"{_count(reduced, 'geometry collection')} split"
    if dropped:
        text += f"; {_count(dropped, 'part')} of the wrong type dropped"
        state.warnings.append(Notice("collections with dropped parts", text))
    elif reduced:
        state.remarks.append(Notice("collections", text))


def _reject_wrong_types(state: RepairState) -> None:
    """Reject geometries of a type the role does not allow; convert single MultiPoints to points."""
    types = shapely.get_type_id(state.geometries)
    wrong = ~np.isin(DIMENSION_OF[types], list(state.dimensions))
    if wrong.any():
        kinds = " and ".join(f"{k}s" for k, d in _DIMENSIONS.items() if d in state.dimensions)
        types_given = sorted({geometry.geom_type for geometry in state.geometries[wrong]})
        remedy = "check that the layer has the right name"
        if state.dimensions == {_POINT}:
            remedy = (
                "take a representative point of each, or check that the layer has the right name"
            )
        state.reject(wrong, f"geometries must be {kinds}; {', '.join(types_given)} in", remedy)
    multi = shapely.get_type_id(state.geometries) == GeometryType.MULTIPOINT
    if not multi.any():
        return
    single = multi & (shapely.get_num_geometries(state.geometries) == 1)
    state.geometries = state.geometries.copy()
    state.geometries[single] = shapely.get_geometry(state.geometries[single], 0)


def _check_degrees(state: RepairState) -> None:
    """Reject degrees out of range and wrap longitudes up to 360."""
    if state.crs is None or not _in_degrees(state.crs):
        return
    corners = shapely.bounds(state.geometries).reshape(-1, 2, 2)
    beyond = (np.abs(corners) > _LIMITS).any(axis=2)
    if beyond.any():
        example = tuple(round(float(number), 4) for number in corners[beyond][0])
        state.reject(
            beyond.any(axis=1),
            f"longitudes must be within +-360 and latitudes within +-90 degrees; {example} in",
            _guess_mistake(corners[beyond]),
        )
    state.geometries, wrapped = wrap_longitudes(state.geometries)
    if wrapped.any():
        state.counts["wrapped"] = int(wrapped.sum())
        text = f"longitudes beyond +-180 wrapped in {_rows(wrapped)}"
        state.warnings.append(Notice("wrapped", text))


def _reject_off_the_map(state: RepairState) -> None:
    """Reject coordinates that lie on no map; PROJ would put them somewhere on the Earth."""
    if state.crs is None or not state.crs.is_projected:
        return
    metres = shapely.bounds(state.geometries) * state.crs.axis_info[0].unit_conversion_factor
    state.reject((np.abs(metres) > _MAP_M).any(axis=1), *_outside_of(state.crs))


def _outside_of(crs: CRS) -> tuple[str, str]:
    """Return what is expected of coordinates in a system, and the remedy where they are not."""
    return (
        f"coordinates must be within the domain of {crs.name}; they are not in",
        "check the CRS of the layer, and that x is east and y is north",
    )


def _doubt_metres(state: RepairState) -> None:
    """Warn of a map whose coordinates are all in the range of longitudes and latitudes."""
    if state.crs is None or not state.crs.is_projected or not len(state.geometries):
        return
    west, south, east, north = shapely.total_bounds(state.geometries)
    if (np.abs([[west, south], [east, north]]) <= _LIMITS).all():
        extent = f"x from {west:.6g} to {east:.6g}, y from {south:.6g} to {north:.6g}"
        unit = state.crs.axis_info[0].unit_name
        text = (
            f"coordinates look like degrees ({extent}), but {state.crs.name} is in {unit}s: if "
            "they are longitude and latitude, assign EPSG:4326 to the layer"
        )
        state.warnings.append(Notice("degrees labelled as metres", text))


def _project(state: RepairState) -> None:
    """Convert to WGS84 and reject rows that cannot be converted."""
    if state.crs is None:
        return
    try:
        projected = project_to_wgs84(state.geometries, state.crs)
    except CRSError as error:
        state.problems.append(Problem("crs", str(error)))
        state.crs = None
        return
    state.geometries = projected.geometries
    state.operation, state.accuracy_m = projected.operation, projected.accuracy_m
    if projected.operation is not None:
        state.reject_infinite(*_outside_of(state.crs))


def _represent(state: RepairState) -> None:
    """Reduce sites with several points to one of them."""
    several = shapely.get_type_id(state.geometries) == GeometryType.MULTIPOINT
    if state.crs is None or not state.one_point or not several.any():
        return
    chosen = representative_points(state.geometries[several])
    state.geometries = state.geometries.copy()
    state.geometries[several] = chosen.points
    several[several] = chosen.farthest > 0.0
    if several.any():
        state.counts["represented"] = int(several.sum())
        text = (
            f"a site is one point; of several, the one nearest to their mean was used in "
            f"{state.name(several)}, up to {chosen.farthest.max() / 1000:,.3g} km from the others"
        )
        state.warnings.append(Notice("represented", text))


def _split(state: RepairState) -> None:
    """Cut polygons at the antimeridian, before their validity is checked."""
    if state.crs is None or state.only_points:
        return
    crossing = crosses_antimeridian(state.geometries)
    if not crossing.any():
        return
    geometries, tangled = state.geometries.copy(), np.zeros(len(crossing), dtype=bool)
    for row in np.flatnonzero(crossing):
        try:
            geometries[row] = split_polygon(geometries[row])
        except GeometryError:
            tangled[row] = True
    state.geometries = geometries
    state.counts["split"] = int((crossing & ~tangled).sum())
    text = f"cut at the antimeridian or closed over a pole: {_rows(crossing)}"
    state.remarks.append(Notice("split", text))
    state.reject(
        tangled,
        "a polygon across the antimeridian must not cross itself; it does in",
        "repair it in a projection without that seam",
    )


def _repair(state: RepairState) -> None:
    """Make invalid polygons valid."""
    if state.only_points:
        return
    polygons = DIMENSION_OF[shapely.get_type_id(state.geometries)] == _POLYGON
    invalid = np.zeros(len(polygons), dtype=bool)
    invalid[polygons] = ~shapely.is_valid(state.geometries[polygons])
    if not invalid.any():
        return
    geometries = state.geometries.copy()
    # edges are geodesics: a polygon that crosses itself on a flat map may be valid on the Earth
    geometries[invalid] = _along_geodesics(geometries[invalid])
    invalid[polygons] = ~shapely.is_valid(geometries[polygons])
    # "structure" merges overlapping parts; "linework" would turn them into holes
    geometries[invalid] = shapely.make_valid(
        geometries[invalid], method="structure", keep_collapsed=False
    )
    state.geometries = geometries
    repaired = invalid & ~shapely.is_empty(geometries)
    if repaired.any():
        state.counts["repaired"] = int(repaired.sum())
        text = f"invalid polygons repaired in {state.name(repaired)}"
        state.warnings.append(Notice("repaired", text))


def _along_geodesics(geometries: NDArray[Any]) -> NDArray[Any]:
    """Add vertices along geodesic edges to the polygons that become valid by it."""
    parts = split_geometries(geometries)
    drawn = np.asarray(shapely.multipolygons(parts.areas, indices=parts.area_owner), dtype=object)
    valid = shapely.is_valid(drawn) & (shapely.area(geometries) > 0.0)
    return np.where(valid, drawn, geometries)


def _drop_degenerate(state: RepairState) -> None:
    """Drop lines without length and polygons without area, unless nothing would remain."""
    if state.only_points:
        return
    dimensions = DIMENSION_OF[shapely.get_type_id(state.geometries)]
    lines, polygons = dimensions == _LINE, dimensions == _POLYGON
    degenerate = np.zeros(len(dimensions), dtype=bool)
    degenerate[lines] = shapely.length(state.geometries[lines]) == 0.0
    degenerate[polygons] = shapely.area(state.geometries[polygons]) == 0.0
    if not degenerate.any():
        return
    kinds = [what for d, what in _DEGENERATE.items() if (degenerate & (dimensions == d)).any()]
    what = " or ".join(kinds)
    if degenerate.all() and not state.problems:
        remedy = "check how the layer was made"
        state.reject(degenerate, f"at least one row must remain; {what} in all, that is in", remedy)
        return
    state.counts["dropped"] = int(degenerate.sum())
    text = f"degenerate geometry ({what}), dropped: {state.name(degenerate)}"
    state.warnings.append(Notice(f"degenerate: {what}", text))
    state.keep(~degenerate)


def is_plain(state: RepairState) -> bool:
    """Return whether a layer has only points in WGS84 that need no step.

    Parameters
    ----------
    state
        State before the first step.

    Returns
    -------
    Whether all steps can be skipped, which saves most of the time for a million points.
    """
    crs, geometries = state.crs, state.geometries
    if _POINT not in state.dimensions or crs is None or not is_wgs84(crs):
        return False
    if (shapely.get_type_id(geometries) != GeometryType.POINT).any() or _has_depth(
        geometries
    ).any():
        return False
    coordinates = shapely.get_coordinates(geometries)  # none for an empty point
    if len(coordinates) < len(geometries) or not len(geometries):
        return False
    return bool((np.abs(coordinates).max(axis=0) <= (_LIMITS[0] / 2, _LIMITS[1])).all())


STEPS: tuple[Callable[[RepairState], None], ...] = (
    _reject_missing,
    _drop_empty_parts,
    _flatten,
    _reject_infinite,
    _reduce_collections,
    _reject_wrong_types,
    _check_degrees,
    _reject_off_the_map,
    _doubt_metres,
    _project,
    _represent,
    _split,
    _repair,
    _drop_degenerate,
)


def _has_depth(geometries: NDArray[Any]) -> Flags:
    """Flag the geometries with heights or measures."""
    deep: Flags = shapely.has_z(geometries)
    if hasattr(shapely, "has_m"):  # from shapely 2.1 with GEOS 3.12
        deep |= shapely.has_m(geometries)
    return deep


def _in_degrees(crs: CRS) -> bool:
    """Return whether coordinates are longitude and latitude in degrees."""
    return bool(crs.is_geographic) and all(axis.unit_name == "degree" for axis in crs.axis_info[:2])


def _guess_mistake(wrong: Floats) -> str:
    """Suggest the likely mistake behind degrees out of range."""
    largest = np.abs(wrong).max(axis=0)
    if (largest > _LIMITS[0]).any():
        return "the numbers look projected: assign the CRS of the coordinates to the layer"
    if (largest <= (_LIMITS[1], _LIMITS[0] / 2)).all():
        return "longitude and latitude may be swapped: x is longitude"
    return "correct the coordinates"


def _count(number: int, noun: str) -> str:
    """Format a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _rows(mask: Flags) -> str:
    """Format the number of rows of a mask."""
    return _count(int(mask.sum()), "row")
