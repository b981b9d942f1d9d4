"""The spatial index of a layer: nearest features, and all pairs within a radius."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from standort.arguments import checked, positive, whole
from standort.earth.answers import NO_FEATURE, Nearest, Pairs, k_nearest
from standort.earth.blocks import Crowding, compact_blocks, in_threads, spatial_order
from standort.earth.crowds import CROWD, Crowd, Places, Tally, share_places
from standort.earth.geodesy import (
    TIE,
    chord_ceiling,
    chord_of_no_farther,
    geocentric,
    geodesic_length,
)
from standort.earth.pairs import Outlines, point_pairs
from standort.earth.segments import Parts, point_parts, split_geometries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints


#: most candidates examined at once: rows times vertices
_CANDIDATES = 2_000_000

#: points at one position, beyond those wanted, from which a nearest search leaves out the rest
_SPARE = 32

#: fewest sites (if there are as many) and most sites in a block of the nearest search
_NEAREST_SITES = (512, 65_536)

#: GEOS completes a prepared polygon lazily, and crashes if two threads trigger that at once
_ONE_AT_A_TIME = threading.Lock()


class FeatureIndex:
    """An index of the features of one layer, to measure distances to them.

    Points, lines and polygons may be mixed; a polygon is at distance 0 from positions inside it or
    on its edge, and holes are outside. Ties go to the first feature: sort features by id.

    Parameters
    ----------
    geometries
        Shapely geometries in WGS84 longitude and latitude [degrees], valid, none missing.

    Examples
    --------
    A site 3 and 4 arc minutes from two ports:

    >>> ports = FeatureIndex(shapely.points([[0.0, 3 / 60], [4 / 60, 0.0]]))
    >>> near = ports.nearest(np.array([0.0]), np.array([0.0]))
    >>> near.feature, near.distance.round(1)
    (array([[0]]), array([[5528.7]]))
    """

    @checked()
    def __init__(self, geometries: NDArray[np.object_] | Parts) -> None:
        self.parts: Parts = (
            geometries if isinstance(geometries, Parts) else split_geometries(geometries)
        )
        self.tree: cKDTree[Any, Any] = cKDTree(self.parts.vertices)
        shapely.prepare(self.parts.areas)

    @classmethod
    @checked()
    def of_points(cls, lon: Floats, lat: Floats) -> FeatureIndex:
        """Index points given by longitude and latitude [degrees], without building geometries."""
        return cls(point_parts(lon, lat))

    @cached_property
    def _crowding(self) -> Crowding:
        return Crowding.of(self.parts.vertices)

    @cached_property
    def _crowd(self) -> Crowd:
        return Crowd(self.parts.vertices)

    @cached_property
    def _share_places(self) -> bool:
        return self.only_points and share_places(_SPARE, *self.parts.vertices.T)

    @cached_property
    def _first_at_places(self) -> dict[int, tuple[Ints, FeatureIndex]]:
        """The first so many features of each position, and their index; filled when needed."""
        return {}

    @cached_property
    def _outlines(self) -> Outlines:
        return Outlines(self.parts, FeatureIndex)

    @checked()
    def subset(self, which: Ints) -> FeatureIndex:
        """Return an index of some features, given by ascending positions.

        Nothing is densified again, and both objects share the indexes of large outlines.
        """
        some = FeatureIndex(self.parts.subset(which))
        some._outlines = self._outlines.subset(some.parts, which)
        return some

    def __len__(self) -> int:
        """Return the number of features."""
        return self.parts.n_features

    @property
    def only_points(self) -> bool:
        """Whether each feature is one point, so that vertices are features."""
        return len(self.parts.vertices) == len(self) and not self.parts.starts_segment.any()

    # ------------------------------------------------------------------ nearest

    @checked(k=whole(1), max_distance=positive("m", or_infinite=True))
    def nearest(
        self,
        lon: Floats,
        lat: Floats,
        *,
        k: int = 1,
        max_distance: float = np.inf,
        exclude: Ints | None = None,
    ) -> Nearest:
        """Find the k nearest features of each site.

        Parameters
        ----------
        lon, lat
            Sites [degrees], shape (n_sites,).
        k
            How many features.
        max_distance
            Features farther than this [m] are ignored.
        exclude
            For each site the position of a feature to skip (such as the site itself), or
            `NO_FEATURE`.

        Returns
        -------
        Features and distances, nearest first; equal distances (to a micrometre) by position.
        """
        exclude = np.full(len(lon), NO_FEATURE) if exclude is None else exclude
        if self._share_places and k < _SPARE:
            return self._nearest_places(lon, lat, k, max_distance, exclude)
        feature = np.full((len(lon), k), NO_FEATURE, dtype=np.intp)
        distance = np.full((len(lon), k), np.inf)
        if not len(self):
            return Nearest(feature, distance)

        several = k > 1 or bool((exclude != NO_FEATURE).any())
        by_outlines = several and not self.only_points and self._outlines.are_many
        query = self._outlines.nearest if by_outlines else self.nearest_of

        def search(some: slice) -> tuple[Ints, Floats]:
            points = geocentric(lon[some], lat[some])
            order = spatial_order(points)
            features, distances = query(points[order], exclude[some][order], k, max_distance + TIE)
            back = np.empty_like(order)
            back[order] = np.arange(len(order))
            return features[back], distances[back]

        # an outline takes as long for a block as for a part of it
        step = len(lon) if by_outlines else len(lon) // 4
        step = int(np.clip(step, *_NEAREST_SITES))
        blocks = [slice(i, i + step) for i in range(0, len(lon), step)]
        for some, nearest in zip(blocks, in_threads(search, blocks), strict=True):
            feature[some], distance[some] = nearest
        self._put_inside_first(lon, lat, exclude, Nearest(feature, distance))
        return Nearest(feature, distance)

    def _nearest_places(
        self, lon: Floats, lat: Floats, k: int, max_distance: float, exclude: Ints
    ) -> Nearest:
        """Search as `nearest` among the first features of each position.

        Equally near features come in their order, and at most one of them is skipped, so that the
        result is that of all features.
        """
        most = k + int((exclude != NO_FEATURE).any())
        if most not in self._first_at_places:
            first = np.flatnonzero(Places.of(*self.parts.vertices.T).rank < most)
            self._first_at_places[most] = first, FeatureIndex(self.parts.subset(first))
        which, index = self._first_at_places[most]
        position = np.full(len(self) + 1, NO_FEATURE)  # its last entry is that of NO_FEATURE, -1
        position[which] = np.arange(len(which))
        near = index.nearest(lon, lat, k=k, max_distance=max_distance, exclude=position[exclude])
        return Nearest(np.append(which, NO_FEATURE)[near.feature], near.distance)

    @checked(k=whole(1), max_distance=positive("m", or_infinite=True))
    def nearest_of(
        self, points: Floats, exclude: Ints, k: int, max_distance: float
    ) -> tuple[Ints, Floats]:
        """Find the k nearest points, lines and outlines of a block of geocentric points [m].

        More vertices are queried until no farther one can belong to a nearer feature.
        """
        feature = np.full((len(points), k), NO_FEATURE, dtype=np.intp)
        distance = np.full((len(points), k), np.inf)
        limit = float(chord_ceiling(max_distance))
        half = self.parts.longest_segment / 2.0
        todo: Ints = np.arange(len(points))
        if k == 1 and self.only_points:
            todo = self._settle_clear_cases(points, exclude, limit, feature, distance)
            far = distance > max_distance
            feature[far], distance[far] = NO_FEATURE, np.inf
        n_look = k + 1 + int((exclude != NO_FEATURE).any()) + (2 if half else 0)
        while todo.size:
            n_look = min(n_look, len(self.parts.vertices))
            rows = max(_CANDIDATES // n_look, 1)
            open_rows = []
            for some in np.split(todo, range(rows, len(todo), rows)):
                chords, vertices = self.tree.query(
                    points[some],
                    k=np.arange(1, n_look + 1),
                    distance_upper_bound=np.hypot(limit, half) + half,
                )
                chord, vertex = np.asarray(chords), np.asarray(vertices, dtype=np.intp)
                if k == 1 and (exclude[some] == NO_FEATURE).all():
                    vertex = self._drop_hopeless(chord, vertex)
                feature[some], distance[some] = self._select(
                    points[some], vertex, exclude[some], k, max_distance
                )
                # a segment no farther than the k-th feature has an end within this chord
                reach = np.hypot(chord_ceiling(distance[some, -1] + TIE), half)
                complete = (chord[:, -1] > reach) | (n_look == len(self.parts.vertices))
                open_rows.append(some[~complete])
            todo = np.concatenate(open_rows)
            n_look *= 4
        return feature, distance

    def _settle_clear_cases(
        self, points: Floats, exclude: Ints, limit: float, feature: Ints, distance: Floats
    ) -> Ints:
        """Fill in sites whose second candidate is too far to matter; return the other sites."""
        chord, vertex = self.tree.query(points, k=np.arange(1, 3), distance_upper_bound=limit)
        first = np.asarray(vertex)[:, 0]
        there = np.flatnonzero((first < len(self)) & (first != exclude))
        length = geodesic_length(points[there], self.parts.vertices[first[there]])
        clear = np.asarray(chord)[there, 1] > chord_ceiling(length + TIE)
        settled = there[clear]
        feature[settled, 0], distance[settled, 0] = first[settled], length[clear]
        unsettled = np.ones(len(points), dtype=bool)
        unsettled[settled] = False
        unsettled[first == len(self.parts.vertices)] = False  # nothing within the limit
        return np.flatnonzero(unsettled)

    def _drop_hopeless(self, chord: Floats, vertex: NDArray[np.intp]) -> NDArray[np.intp]:
        """Drop candidates too far to belong to the nearest feature, given the first.

        A line that ends at the first vertex, or passes it, is no farther than that vertex.
        """
        half = self.parts.longest_segment / 2.0
        limit = np.hypot(chord_of_no_farther(chord[:, 0]), half)
        return np.where(chord <= limit[:, np.newaxis], vertex, len(self.parts.vertices))

    def _select(
        self, points: Floats, vertex: Ints, exclude: Ints, k: int, max_distance: float
    ) -> tuple[Ints, Floats]:
        """Return the k nearest distinct features among candidate vertices, ties by position."""
        n_rows, n_look = vertex.shape
        row = np.repeat(np.arange(n_rows), n_look)
        flat = vertex.ravel()
        there = flat < len(self.parts.vertices)
        distance = np.full(flat.shape, np.inf)
        distance[there] = self.parts.distance(points[row[there]], flat[there])
        owner = np.full(flat.shape, len(self), dtype=np.intp)
        owner[there] = self.parts.owner[flat[there]]
        distance[(owner == exclude[row]) | (distance > max_distance)] = np.inf
        return k_nearest(owner.reshape(vertex.shape), distance.reshape(vertex.shape), k)

    # ------------------------------------------------------------------ inside

    @checked()
    def containing(self, lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
        """Find which sites are in (or on the edge of) which polygons.

        Returns
        -------
        Positions of sites and of features, sorted by site, then feature, each pair once.
        """
        nothing = np.empty(0, dtype=np.intp)
        if not len(self.parts.areas) or not len(lon):
            return nothing, nothing
        # a site on the antimeridian has two longitudes
        edge = np.flatnonzero(np.abs(lon) == 180.0)  # noqa: PLR2004
        site = np.concatenate([np.arange(len(lon)), edge])
        both = np.concatenate([lon, -lon[edge]])
        pieces = [nothing.reshape(2, 0)]
        for start in range(0, len(site), 262_144):
            some = slice(start, start + 262_144)
            tree = shapely.STRtree(shapely.points(both[some], lat[site[some]]))
            with _ONE_AT_A_TIME:
                area, inside = tree.query(self.parts.areas, predicate="intersects")
            pieces.append(np.stack([site[some][inside], self.parts.area_owner[area]]))
        pairs = np.unique(np.concatenate(pieces, axis=1), axis=1)
        return pairs[0], pairs[1]

    def _put_inside_first(self, lon: Floats, lat: Floats, exclude: Ints, nearest: Nearest) -> None:
        """Insert the polygons that contain a site, at distance 0, before the nearest boundaries."""
        site, feature = self.containing(lon, lat)
        keep = feature != exclude[site]
        site, feature = site[keep], feature[keep]
        if not site.size:
            return
        rows, group, count = np.unique(site, return_inverse=True, return_counts=True)
        rank = np.arange(len(site)) - (np.cumsum(count) - count)[group]
        k = nearest.feature.shape[1]
        owner = np.full((len(rows), int(count.max()) + k), len(self), dtype=np.intp)
        distance = np.full(owner.shape, np.inf)
        owner[group, rank], distance[group, rank] = feature, 0.0
        owner[:, -k:], distance[:, -k:] = nearest.feature[rows], nearest.distance[rows]
        nearest.feature[rows], nearest.distance[rows] = k_nearest(owner, distance, k)

    # ------------------------------------------------------------------ pairs

    @checked(radius=positive("m"))
    def pairs_within(
        self, lon: Floats, lat: Floats, *, radius: float, exclude: Ints | None = None
    ) -> Iterator[Pairs]:
        """Find all pairs of a site and a feature no farther apart than the radius.

        Parameters
        ----------
        lon, lat
            Sites [degrees], shape (n_sites,).
        radius
            Largest distance [m], inclusive (to a micrometre).
        exclude
            For each site the position of a feature to skip, or `NO_FEATURE`.

        Yields
        ------
        Blocks of pairs that together cover every site once; a block holds at most a few million
        pairs, unless one site alone has more.
        """
        points = geocentric(lon, lat)
        radius = radius + TIE
        if not len(self) or not len(points):
            return
        exclude = np.full(len(points), NO_FEATURE) if exclude is None else exclude
        if self.only_points:
            crowding = self._crowding
            blocks = compact_blocks(points, crowding, float(chord_ceiling(radius)))
            yield from in_threads(
                lambda block: point_pairs(self, points, block, radius, exclude), blocks
            )
            return
        outlines, inside = self._outlines, self.containing(lon, lat)
        yield from in_threads(
            lambda block: outlines.pairs(points, block, radius, exclude, inside),
            outlines.blocks(points, radius),
        )

    @checked(radius=positive("m"))
    def count_within(
        self, lon: Floats, lat: Floats, *, radius: float, exclude: Ints | None = None
    ) -> Ints:
        """Count the features within a radius of each site.

        Parameters
        ----------
        lon, lat
            Sites [degrees], shape (n_sites,).
        radius
            Largest distance [m], inclusive (to a micrometre).
        exclude
            For each site the position of a feature to skip, or `NO_FEATURE`.

        Returns
        -------
        The number of pairs that `pairs_within` lists for each site.
        """
        exclude = np.full(len(lon), NO_FEATURE) if exclude is None else exclude
        count: Ints = np.zeros(len(lon), dtype=np.int64)
        crowds = self.tally_crowds(lon, lat, radius=radius)
        at = crowds.query
        count[at] = crowds.count - self.reaches(lon[at], lat[at], exclude[at], radius=radius)
        few = np.delete(np.arange(len(lon)), at)
        for pairs in self.pairs_within(lon[few], lat[few], radius=radius, exclude=exclude[few]):
            count[few[pairs.site]] = np.bincount(pairs.row, minlength=len(pairs.site))
        return count

    # ------------------------------------------------------------------ crowds

    @checked(radius=positive("m"))
    def tally_crowds(
        self,
        lon: Floats,
        lat: Floats,
        *,
        radius: float,
        columns: Floats | None = None,
        priority: Ints | None = None,
    ) -> Tally:
        """Count and add up the features within a radius where they are too many to list.

        Parameters
        ----------
        lon, lat
            Sites [degrees], shape (n_sites,).
        radius
            Largest distance [m], inclusive (to a micrometre).
        columns
            Quantities of the features, from `exact_columns`, shape (columns, n_features).
        priority
            A number for each feature, of which the smallest within the radius is returned.

        Returns
        -------
        Counts and sums at the sites with more than `CROWD` features within the radius, of which
        none is skipped. Only a layer of points has any; lines and polygons are always listed.
        """
        columns = np.empty((0, len(self))) if columns is None else columns
        if not len(lon) or not self._may_crowd(radius + TIE):
            nothing = np.empty(0, dtype=np.intp)
            return Tally(nothing, nothing, np.empty((len(columns), 0)), nothing)
        return self._crowd.tally(geocentric(lon, lat), radius + TIE, columns, priority)

    def _may_crowd(self, radius: float) -> bool:
        """Return whether there may be a position with a crowd of points within the radius [m].

        Any two of these points would be within twice the radius of each other.
        """
        if not self.only_points or len(self) <= CROWD:
            return False
        groups, apart = self._crowding, 2.0 * float(chord_ceiling(radius))
        return any(
            groups.bound(centre, apart + extent) > CROWD
            for centre, extent in zip(groups.centre, groups.radius, strict=True)
        )

    @checked(radius=positive("m"))
    def reaches(self, lon: Floats, lat: Floats, feature: Ints, *, radius: float) -> Flags:
        """Return whether one feature, a point, for each site is within a radius [m] of it.

        `NO_FEATURE` is not.
        """
        within: Flags = np.zeros(len(lon), dtype=np.bool_)
        there = np.flatnonzero(feature != NO_FEATURE)
        points = geocentric(lon[there], lat[there])
        length = geodesic_length(points, self.parts.vertices[feature[there]])
        within[there] = length <= radius + TIE
        return within
