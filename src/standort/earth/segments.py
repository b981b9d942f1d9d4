"""Vertices, short geodesic segments and areas of geometries, and the true area of polygons.

Edges of lines and polygons are WGS84 geodesics. They are cut into segments so short that a straight
chord in space, projected onto the surface, is indistinguishable from the geodesic, and so is a
straight line in longitude and latitude (which decides inside or outside).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from standort.arguments import checked
from standort.earth.geodesy import (
    AUTHALIC_RADIUS,
    TIE,
    geocentric,
    geodesic_length,
    nearest_on_segment,
    wgs84,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints


#: longest segment [m]
LONGEST_SEGMENT = 2_000.0
#: two chords [m] may have geodesics in the opposite order if they differ by less than this times
#: their cube: so much do lengths of one chord differ between the flattest and the most curved
#: circle of the ellipsoid [1/m2]
CHORD_DOUBT = 3e-17
#: chords [m] from which on that rule does not hold
FAR = 5_000_000.0
#: how far a segment straight in longitude and latitude may deviate from the geodesic [m]
LARGEST_OFFSET = 0.25
#: shortest segment limit near a pole [m]
SHORTEST_LIMIT = 10.0


class Lines(NamedTuple):
    """Vertices of lines [degrees], the line each belongs to, and geocentric coordinates [m].

    The vertices of a line are consecutive, in order along it.
    """

    lonlat: Floats
    line: Ints
    points: Floats


@dataclass(frozen=True)
class Parts:
    """Vertices, segments and areas of a layer; `owner` is the position of the feature in it.

    Vertices are sorted by owner. Vertex `v` starts a segment to vertex `v + 1` where
    `starts_segment[v]`. Areas are densified polygons, to test inside or outside.
    """

    vertices: Floats
    owner: Ints
    starts_segment: Flags
    longest_segment: float
    areas: NDArray[np.object_]
    area_owner: Ints
    n_features: int

    def distance(self, points: Floats, vertex: Ints) -> Floats:
        """Return the distance [m] from each point to a vertex, or to the segments that meet there.

        Parameters
        ----------
        points
            Geocentric coordinates [m], shape (n, 3).
        vertex
            Position of a vertex for each point, shape (n,).
        """
        if not self.longest_segment:
            return geodesic_length(points, self.vertices[vertex])
        after, before = self._foot(points, vertex, 0), self._foot(points, vertex, -1)
        to_after, to_before = _chord(points, after), _chord(points, before)
        nearer = np.where((to_after <= to_before)[:, np.newaxis], after, before)
        distance = geodesic_length(points, nearer)
        # where chords hardly differ, the geodesics decide; a common foot needs no decision
        chord = np.minimum(to_after, to_before)
        alike = np.abs(to_after - to_before) <= CHORD_DOUBT * chord**3 + TIE
        doubt = np.flatnonzero((alike | (chord > FAR)) & (_chord(after, before) > TIE))
        if doubt.size:
            other = np.where(
                (to_after <= to_before)[doubt, np.newaxis], before[doubt], after[doubt]
            )
            farther = geodesic_length(points[doubt], other)
            distance[doubt] = np.minimum(distance[doubt], farther)
        return distance

    def _foot(self, points: Floats, vertex: Ints, side: int) -> Floats:
        """Return the nearest point of the segment after (0) or before (-1) a vertex.

        Where there is no segment, it is the vertex.
        """
        foot = self.vertices[vertex]
        first = vertex + side
        has = np.flatnonzero(self.starts_segment[first] & (first >= 0))
        start, end = self.vertices[first[has]], self.vertices[first[has] + 1]
        foot[has] = nearest_on_segment(points[has], start, end)
        return foot

    def subset(self, which: Ints) -> Parts:
        """Return some features, given by ascending positions; owners are renumbered."""
        position = np.full(self.n_features, -1, dtype=np.intp)
        position[which] = np.arange(len(which))
        kept, areas_kept = position[self.owner] >= 0, position[self.area_owner] >= 0
        outlines = self.outlines_of(kept)
        return replace(
            outlines,
            owner=position[outlines.owner],
            areas=self.areas[areas_kept],
            area_owner=position[self.area_owner[areas_kept]],
            n_features=len(which),
        )

    def outlines_of(self, which: Flags | slice) -> Parts:
        """Return vertices and segments of some features, given by a mask or range of vertices.

        All or none of a feature's vertices must be kept; owners keep their positions. Areas are
        left out, so inside or outside cannot be tested.
        """
        vertices, starts = self.vertices[which], self.starts_segment[which]
        return Parts(
            vertices=vertices,
            owner=self.owner[which],
            starts_segment=starts,
            longest_segment=_longest(vertices, starts),
            areas=np.empty(0, dtype=object),
            area_owner=np.empty(0, dtype=np.intp),
            n_features=self.n_features,
        )


def _chord(start: Floats, end: Floats) -> Floats:
    """Return the lengths [m] of straight lines between points of shape (n, 3)."""
    dx, dy, dz = (start - end).T
    return np.asarray(np.sqrt(dx * dx + dy * dy + dz * dz))


def _longest(vertices: Floats, starts: Flags) -> float:
    """Return the longest chord of a segment [m]; 0 where there is no segment."""
    ends = np.flatnonzero(starts) + 1
    chords = np.sqrt(np.square(vertices[ends] - vertices[ends - 1]).sum(axis=1))
    return float(chords.max(initial=0.0))


def split_geometries(geometries: NDArray[np.object_]) -> Parts:
    """Split points, lines and polygons (mixed or multi-part, too) into vertices and segments.

    Parameters
    ----------
    geometries
        Shapely geometries in WGS84 longitude and latitude [degrees], none missing, polygons split
        where they cross the antimeridian.

    Returns
    -------
    The parts, vertices sorted by feature.
    """
    if (shapely.get_type_id(geometries) == shapely.GeometryType.POINT).all():
        return point_parts(*shapely.get_coordinates(geometries).T)
    single, owner = shapely.get_parts(geometries, return_index=True)
    is_area = shapely.get_type_id(single) == shapely.GeometryType.POLYGON
    rings, ring_of = shapely.get_rings(single[is_area], return_index=True)
    lines = np.concatenate([single[~is_area], rings])
    line_owner = np.concatenate([owner[~is_area], owner[is_area][ring_of]])
    order = np.argsort(line_owner, kind="stable")
    lonlat, line = shapely.get_coordinates(lines[order], return_index=True)
    lonlat, line, vertices = densify(lonlat, line)
    starts = np.append(line[1:] == line[:-1], False) if line.size else np.zeros(0, dtype=bool)
    return Parts(
        vertices=vertices,
        owner=line_owner[order][line],
        starts_segment=starts,
        longest_segment=_longest(vertices, starts),
        areas=_rebuild(lonlat, line, order, ring_of, n_plain=int((~is_area).sum())),
        area_owner=owner[is_area],
        n_features=len(geometries),
    )


def point_parts(lon: Floats, lat: Floats) -> Parts:
    """Return the parts of single points [degrees]; each is its own vertex."""
    return Parts(
        vertices=geocentric(np.ascontiguousarray(lon), np.ascontiguousarray(lat)),
        owner=np.arange(len(lon)),
        starts_segment=np.zeros(len(lon), dtype=bool),
        longest_segment=0.0,
        areas=np.empty(0, dtype=object),
        area_owner=np.empty(0, dtype=np.intp),
        n_features=len(lon),
    )


def _rebuild(
    lonlat: Floats, line: Ints, order: Ints, ring_of: Ints, *, n_plain: int
) -> NDArray[np.object_]:
    """Rebuild the polygons from their densified rings."""
    if not ring_of.size:
        return np.empty(0, dtype=object)
    # from the order of owners back to the input order of rings
    position = order[line]
    of_ring = position >= n_plain
    lonlat, ring = lonlat[of_ring], position[of_ring] - n_plain
    back = np.argsort(ring, kind="stable")
    rings = shapely.linearrings(lonlat[back], indices=ring[back])
    return np.asarray(shapely.polygons(rings, indices=ring_of), dtype=object)


def densify(lonlat: Floats, line: Ints) -> Lines:
    """Add vertices along the geodesic edges of lines until every segment is short.

    Parameters
    ----------
    lonlat
        Vertices [degrees], shape (n, 2).
    line
        The line each vertex belongs to, shape (n,); the vertices of a line are consecutive.

    Returns
    -------
    The lines with the added vertices.

    Examples
    --------
    >>> equator = np.array([[0.0, 0.0], [0.1, 0.0]])
    >>> dense = densify(equator, np.array([0, 0]))
    >>> dense.lonlat[:3].round(4), len(dense.line)
    (array([[0.    , 0.    ],
           [0.0167, 0.    ],
           [0.0333, 0.    ]]), 7)
    """
    # first by length, then each short edge by its latitude, more finely towards the poles
    lines = Lines(lonlat, line, geocentric(lonlat[:, 0], lonlat[:, 1]))
    return cut(cut(lines, _by_length), _by_latitude)


def cut(lines: Lines, longest: Callable[[Floats, Floats], Floats]) -> Lines:
    """Cut edges into equal pieces no longer than a rule allows.

    Parameters
    ----------
    lines
        The lines.
    longest
        Returns the longest piece [m] from the length of an edge [m] and the absolute latitude
        [degrees] of the end nearer to a pole.
    """
    lonlat, line, points = lines
    if len(lonlat) < 2:  # noqa: PLR2004 - a single vertex has no edge
        return lines
    length = geodesic_length(points[:-1], points[1:])
    steepest = np.maximum(np.abs(lonlat[:-1, 1]), np.abs(lonlat[1:, 1]))
    pieces = np.ceil(length / longest(length, steepest))
    repeats = np.ones(len(lonlat), dtype=np.intp)
    repeats[:-1] = np.where(line[1:] == line[:-1], np.maximum(pieces, 1.0), 1.0)
    if (repeats == 1).all():
        return lines
    source = np.repeat(np.arange(len(lonlat)), repeats)
    # 0 for an original vertex, 1, 2, ... for those added after it
    step = np.arange(len(source)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    new = np.flatnonzero(step)
    dense, vertices = lonlat[source], points[source]
    dense[new] = _along(lonlat, source[new], step[new] / repeats[source[new]])
    vertices[new] = geocentric(dense[new, 0], dense[new, 1])
    return Lines(dense, line[source], vertices)


def _by_length(length: Floats, _steepest: Floats) -> Floats:
    """Allow the same length everywhere [m]."""
    return np.full(len(length), LONGEST_SEGMENT)


def _by_latitude(length: Floats, steepest: Floats) -> Floats:
    """Allow a length [m] whose straight line in longitude and latitude stays near the geodesic.

    It deviates by s^2 tan(lat) / 8R; an edge may come nearer to a pole than its ends.
    """
    reach = np.minimum(steepest + np.degrees(length / (2.0 * AUTHALIC_RADIUS)), 89.99999)
    tangent = np.maximum(np.tan(np.radians(reach)), 1e-9)
    limit = np.sqrt(8.0 * AUTHALIC_RADIUS * LARGEST_OFFSET / tangent)
    return np.clip(limit, SHORTEST_LIMIT, LONGEST_SEGMENT)


def _along(lonlat: Floats, start: Ints, fraction: Floats) -> Floats:
    """Return the points at a fraction of the edges that follow the vertices `start`."""
    edge, of = np.unique(start, return_inverse=True)  # measure each edge once
    azimuth, _, length = wgs84().inv(*lonlat[edge].T, *lonlat[edge + 1].T)
    lon0, lat0 = lonlat[start].T
    lon, lat, _ = wgs84().fwd(lon0, lat0, azimuth[of], length[of] * fraction)
    # an edge along the antimeridian stays on the side it was drawn on
    lon = lon + 360.0 * np.round((lon0 - lon) / 360.0)
    return np.column_stack([lon, lat])


@checked()
def true_area(geometries: NDArray[np.object_]) -> Floats:
    """Measure the WGS84 area of polygons with geodesic edges.

    Parameters
    ----------
    geometries
        Polygons and multi-polygons in longitude and latitude [degrees].

    Returns
    -------
    Areas [m2], without holes.

    Examples
    --------
    A cell of one degree at the equator:

    >>> true_area(np.array([shapely.box(0, 0, 1, 1)])).round(-3)
    array([1.2308778e+10])
    """
    polygons, owner = shapely.get_parts(geometries, return_index=True)
    # rings are wound so that outer rings add and holes subtract
    area = [
        wgs84().geometry_area_perimeter(polygon)[0] for polygon in shapely.orient_polygons(polygons)
    ]
    total = np.bincount(owner, weights=area, minlength=len(geometries))
    return np.asarray(total, dtype=np.float64)
