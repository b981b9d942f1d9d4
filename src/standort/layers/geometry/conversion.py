"""Conversion of geometries to WGS84, with checks and repairs.

Studies and GeoDataFrames passed to a metric go through the same steps, `repair.STEPS`, in order.
Each step sees only the rows that passed the previous ones, so a row causes one problem at most, and
all problems of a layer are reported together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from geopandas import GeoDataFrame
from geopandas.array import from_shapely
from pandas import DataFrame

from standort.arguments import checked
from standort.errors import Problem, raise_problems, warn
from standort.layers.geometry.crs import name_crs
from standort.layers.geometry.repair import STEPS, RepairState, is_plain
from standort.layers.provenance import Notice

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WGS84 = "EPSG:4326"
#: Geometry types in the order of shapely's type ids.
_TYPES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)


@dataclass(frozen=True, slots=True)
class GeometryNotes:
    """Record of the conversion of the geometries of a layer.

    Parameters
    ----------
    crs
        Reference system of the input.
    operation
        Operation of PROJ to reach WGS84; None if none was necessary.
    accuracy_m
        Accuracy of that operation [m]; None if unknown or not applicable.
    geometry_types
        Number of rows of each type in the input.
    wrapped
        Rows with longitudes between 180 and 360 that were wrapped to +-180.
    represented
        Sites with several points that were reduced to one of them.
    split
        Polygons cut at the antimeridian or closed over a pole.
    repaired
        Invalid polygons made valid.
    dropped
        Degenerate rows that were dropped: zero-length lines, zero-area polygons.
    collections
        Geometry collections that were reduced to the parts of the right type.
    remarks
        Notices on changes without loss.
    warnings
        Notices on what was wrapped, repaired or dropped.
    """

    crs: str | None = None
    operation: str | None = None
    accuracy_m: float | None = None
    geometry_types: tuple[tuple[str, int], ...] = ()
    wrapped: int = 0
    represented: int = 0
    split: int = 0
    repaired: int = 0
    dropped: int = 0
    collections: int = 0
    remarks: tuple[Notice, ...] = ()
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """A converted layer, the original positions of its rows, the notes and the problems."""

    layer: GeoDataFrame
    rows: NDArray[np.intp]
    notes: GeometryNotes
    problems: tuple[Problem, ...]


@checked()
def to_wgs84(
    layer: GeoDataFrame, *, name: str, allowed: frozenset[str], id_column: str
) -> tuple[GeoDataFrame, GeometryNotes]:
    """Convert a layer to 2-D WGS84, or raise all problems of its geometries.

    Longitudes up to +-360 are wrapped, polygons across the antimeridian or a pole are cut, invalid
    polygons repaired, degenerate rows and parts without coordinates dropped, and collections
    reduced to their parts of an allowed type. A site with several points becomes the one nearest to
    their mean; features keep all parts. Edges are geodesics between the vertices: long straight
    edges of a projected layer are not densified.

    Parameters
    ----------
    layer
        Layer in any CRS; not changed.
    name
        Name for messages.
    allowed
        Allowed geometry types, of ``"point"``, ``"line"`` and ``"polygon"``.
    id_column
        Column or index that names the rows in messages. If it is ``site_id``, each row is a site
        and becomes a single point.

    Returns
    -------
    The layer in EPSG:4326 with its index and columns (the geometry column last, named
    ``geometry``), and the notes.

    Raises
    ------
    CRSError
        If the layer has no CRS, or one that is not a map.
    GeometryError
        If geometries are missing, empty, not finite, off the Earth or of the wrong type.
    LayerError
        If there are problems of both kinds; the base class of the other two.

    Warns
    -----
    StandortWarning
        Once for each kind of repair, with its count.

    Examples
    --------
    >>> import geopandas
    >>> london = geopandas.GeoSeries.from_xy([530_000], [180_000], crs="EPSG:27700")
    >>> layer, notes = to_wgs84(
    ...     GeoDataFrame(geometry=london),
    ...     name="ports",
    ...     allowed=frozenset({"point"}),
    ...     id_column="feature_id",
    ... )
    >>> layer.geometry.x.round(2).tolist(), notes.crs
    ([-0.13], 'EPSG:27700')
    """
    outcome = convert_geometry(layer, allowed=allowed, id_column=id_column)
    raise_problems(outcome.problems, of=f"layer {name!r}")
    for notice in outcome.notes.warnings:
        warn(f"layer {name!r}: {notice.text}")
    return outcome.layer, outcome.notes


def convert_geometry(layer: GeoDataFrame, *, allowed: frozenset[str], id_column: str) -> Conversion:
    """Convert a layer like `to_wgs84`, without raising or warning.

    Parameters
    ----------
    layer, allowed, id_column
        As for `to_wgs84`.

    Returns
    -------
    The layer (without the rows that have problems), the positions of its rows in the input, the
    notes and the problems.
    """
    state = RepairState(layer, allowed, id_column)
    if layer.crs is None:
        remedy = (
            "ask its source for the CRS of the coordinates and assign it, in QGIS with "
            "'Assign projection' (the layer properties show the CRS), in Python with layer.set_crs"
        )
        state.problems.append(Problem("crs", f"it has no coordinate reference system: {remedy}"))
    for step in () if is_plain(state) else STEPS:
        step(state)
    table = without_geometry(layer)
    if len(state.rows) < len(table):
        table = table.iloc[state.rows]
    table = table.assign(geometry=from_shapely(state.geometries, crs=_WGS84))
    return Conversion(
        GeoDataFrame(table, geometry="geometry"),
        state.rows,
        _summarise(layer, state),
        tuple(state.problems),
    )


def without_geometry(layer: GeoDataFrame) -> DataFrame:
    """Return the attributes of a layer as a plain table.

    Parameters
    ----------
    layer
        Layer with an active geometry column; not changed.

    Returns
    -------
    A new table on the index of the layer, with all columns except the active geometry.

    Examples
    --------
    >>> import geopandas
    >>> port = geopandas.GeoSeries.from_xy([4.0], [52.0], crs="EPSG:4326")
    >>> list(without_geometry(GeoDataFrame({"name": ["Rotterdam"]}, geometry=port)))
    ['name']
    """
    table = DataFrame(layer)  # drop is slow for geometries
    del table[layer.geometry.name]
    return table


def _summarise(layer: GeoDataFrame, state: RepairState) -> GeometryNotes:
    """Return the record of the conversion."""
    type_ids = shapely.get_type_id(layer.geometry.array)
    counts = np.bincount(type_ids[type_ids >= 0], minlength=len(_TYPES)).tolist()
    types = {name: count for name, count in zip(_TYPES, counts, strict=True) if count}
    remarks = list(state.remarks)
    if state.operation is not None:
        accuracy = state.accuracy_m
        within = "accuracy unknown" if accuracy is None else f"accuracy {accuracy:g} m"
        text = f"converted to WGS84 by {state.operation} ({within})"
        remarks.insert(0, Notice(f"conversion by {state.operation}", text))
    return GeometryNotes(
        crs=None if layer.crs is None else name_crs(layer.crs),
        operation=state.operation,
        accuracy_m=state.accuracy_m,
        geometry_types=tuple(types.items()),
        remarks=tuple(remarks),
        warnings=tuple(state.warnings),
        **state.counts,
    )
