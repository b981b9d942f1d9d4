"""Geometry on the way in: any CRS becomes WGS84, problems are found, what can be mended is mended.

Reading a study and calling a metric with a GeoDataFrame of one's own go through the same steps,
those of `mending.STEPS` in their order. Each step sees only the rows that passed those before it,
so one bad row gives one problem, and all problems of a layer come together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from geopandas import GeoDataFrame
from geopandas.array import from_shapely
from pandas import DataFrame

from standort.errors import warn
from standort.layers.geometry.crs import name_crs
from standort.layers.geometry.repair import STEPS, Passage, is_plain
from standort.layers.provenance import Problem, raise_problems

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Conversion", "GeometryNotes", "convert_geometry", "to_wgs84", "without_geometry"]

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
    """What was done to the geometries of a layer.

    Parameters
    ----------
    crs
        Reference system the layer came in.
    operation
        What PROJ did to reach WGS84; None where nothing was to do.
    accuracy_m
        Accuracy of that operation [m]; None if unknown or nothing was done.
    geometry_types
        Number of rows of each type, as they came.
    wrapped
        Rows with longitudes between 180 and 360 that were brought into +-180.
    represented
        Sites of several points that stand as one of them.
    split
        Polygons cut at the antimeridian or closed over a pole.
    repaired
        Invalid polygons made valid.
    dropped
        Degenerate rows left out: zero-length lines, zero-area polygons.
    collections
        Geometry collections of which the parts of the right kind were kept.
    remarks
        Sentences on what changed without loss.
    warnings
        Sentences on what was wrapped, repaired, left out or dropped.
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
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """A converted layer, the positions its rows had, the notes and the problems."""

    layer: GeoDataFrame
    rows: NDArray[np.intp]
    notes: GeometryNotes
    problems: tuple[Problem, ...]


def to_wgs84(
    layer: GeoDataFrame, *, name: str, allowed: frozenset[str], id_column: str
) -> tuple[GeoDataFrame, GeometryNotes]:
    """Bring a layer to 2-D WGS84, or say everything that is wrong with its geometries.

    Longitudes up to +-360 are wrapped, polygons over the antimeridian or a pole are cut, invalid
    polygons repaired, degenerate rows dropped, collections reduced to their parts of an allowed
    kind, parts without coordinates left out. A site of several points becomes the one nearest to
    their mean; features keep all their parts. Edges are geodesics between the vertices: a long
    straight edge of a projected layer is not densified.

    Parameters
    ----------
    layer
        Layer in any CRS; not changed.
    name
        Its name, for messages.
    allowed
        Geometries allowed, out of ``"point"``, ``"line"`` and ``"polygon"``.
    id_column
        Column or index that names the rows in messages. Where it is ``site_id``, a row is a site
        and becomes one point.

    Returns
    -------
    The layer in EPSG:4326 with its index and columns, the geometry column last and named
    ``geometry``, and the notes.

    Raises
    ------
    CRSError
        If the layer has no CRS or one that is no map.
    GeometryError
        If geometries are missing, empty, not finite, off the Earth or of the wrong type.
    LayerError
        If there are problems of both kinds; it is the parent of the two others.

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
    for message in outcome.notes.warnings:
        warn(f"layer {name!r}: {message}")
    return outcome.layer, outcome.notes


def convert_geometry(layer: GeoDataFrame, *, allowed: frozenset[str], id_column: str) -> Conversion:
    """Do the work of `to_wgs84` without raising or warning.

    Parameters
    ----------
    layer, allowed, id_column
        As for `to_wgs84`.

    Returns
    -------
    The layer, the positions of its rows in the input, the notes and the problems. With problems, the
    layer holds the rows without.
    """
    passage = Passage(layer, allowed, id_column)
    if layer.crs is None:
        remedy = (
            "ask its source in which CRS its coordinates are and assign that one, in QGIS by "
            "'Assign projection' (the layer properties show the CRS), in Python by layer.set_crs"
        )
        passage.problems.append(Problem("crs", f"it has no coordinate reference system: {remedy}"))
    for step in () if is_plain(passage) else STEPS:
        step(passage)
    table = without_geometry(layer)
    if len(passage.rows) < len(table):
        table = table.iloc[passage.rows]
    table = table.assign(geometry=from_shapely(passage.geometries, crs=_WGS84))
    return Conversion(
        GeoDataFrame(table, geometry="geometry"),
        passage.rows,
        _summarise(layer, passage),
        tuple(passage.problems),
    )


def without_geometry(layer: GeoDataFrame) -> DataFrame:
    """Give the attributes of a layer as a plain table, without drop, which is slow of geometries.

    Parameters
    ----------
    layer
        Layer with an active geometry column; not changed.

    Returns
    -------
    A table of its own on the layer's index, all columns but the active geometry.

    Examples
    --------
    >>> import geopandas
    >>> port = geopandas.GeoSeries.from_xy([4.0], [52.0], crs="EPSG:4326")
    >>> list(without_geometry(GeoDataFrame({"name": ["Rotterdam"]}, geometry=port)))
    ['name']
    """
    table = DataFrame(layer)
    del table[layer.geometry.name]
    return table


def _summarise(layer: GeoDataFrame, passage: Passage) -> GeometryNotes:
    """Write down what became of the geometries."""
    type_ids = shapely.get_type_id(layer.geometry.array)
    counts = np.bincount(type_ids[type_ids >= 0], minlength=len(_TYPES)).tolist()
    types = {name: count for name, count in zip(_TYPES, counts, strict=True) if count}
    remarks = list(passage.remarks)
    if passage.operation is not None:
        accuracy = passage.accuracy_m
        within = "accuracy unknown" if accuracy is None else f"accuracy {accuracy:g} m"
        remarks.insert(0, f"converted to WGS84 by {passage.operation} ({within})")
    return GeometryNotes(
        crs=None if layer.crs is None else name_crs(layer.crs),
        operation=passage.operation,
        accuracy_m=passage.accuracy_m,
        geometry_types=tuple(types.items()),
        remarks=tuple(remarks),
        warnings=tuple(passage.warnings),
        **passage.counts,
    )
