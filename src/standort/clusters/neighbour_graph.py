"""Graphs of neighbours: all distances between sites up to a reach, measured once.

Distances are geodesics or any other measure of separation: routes along a network, costs converted
to kilometres. A distance of 0 is a distance: coincident sites are neighbours. Sparse matrices drop
zeros in many operations, so the arrays are only filtered and sliced here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import fsum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array, issparse
from scipy.sparse.csgraph import connected_components

from standort.arguments import checked, positive, whole
from standort.earth import (
    FEW_KEPT,
    FEW_SEARCHED,
    FeatureIndex,
    add_columns,
    crowded,
    exact_columns,
    linked,
    linked_few,
    near_few,
    nearest_of_few,
)
from standort.earth.crowds import Places, share_places
from standort.earth.geodesy import TIE
from standort.errors import AlignmentError, LayerError, OptionError, gather, name_ids
from standort.layers.attributes.ids import id_texts
from standort.layers.features import as_emitters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame
    from scipy.sparse import sparray, spmatrix

    from standort.array_types import Flags, Floats, Ints
    from standort.earth import NearFew
    from standort.layers.features import Features


_KM = 1_000.0


@dataclass(frozen=True)
class NeighbourGraph:
    """Distances between sites up to a reach, in both directions, each site its own neighbour at 0.

    Build one with `of_sites`, `of_matrix` or `of_pairs`. Pairs that are not listed are farther
    apart than the reach; queries beyond it raise an error.

    Examples
    --------
    Two plants on opposite banks of an estuary, 3 km apart by geodesic and 40 km by road:

    >>> import pandas as pd
    >>> roads = pd.DataFrame({"from_id": ["a"], "to_id": ["b"], "distance_km": [40.0]})
    >>> graph = NeighbourGraph.of_pairs(roads, ids=["a", "b"], reach_km=50)
    >>> graph.distances_km.toarray()
    array([[ 0., 40.],
           [40.,  0.]])
    """

    ids: pd.Index[Any]
    """Ids of the sites, ascending."""
    reach_km: float
    """Largest known distance [km]."""
    start: Ints
    """Position of the first neighbour of each site, shape (n + 1,)."""
    neighbour: Ints
    """Positions of neighbours in `ids`, ascending for each site."""
    metres: Floats
    """Their distances [m]."""

    # ------------------------------------------------------------------ construction

    @classmethod
    @checked(reach_km=positive("km"))
    def of_sites(cls, sites: GeoDataFrame | Features, *, reach_km: float) -> NeighbourGraph:
        """Build a graph of all geodesics up to a reach.

        Parameters
        ----------
        sites
            Points in any CRS.
        reach_km
            Largest distance, inclusive [km]: the largest eps of any query.

        Returns
        -------
        The graph; it takes 16 bytes per pair within the reach and direction.

        Raises
        ------
        OptionError
            If the reach is not a positive number.

        Examples
        --------
        >>> import geopandas
        >>> points = geopandas.points_from_xy([0, 0, 1], [0, 0, 0], crs=4326)
        >>> graph = NeighbourGraph.of_sites(geopandas.GeoDataFrame(geometry=points), reach_km=5)
        >>> len(graph), graph.n_pairs
        (3, 1)
        """
        layer = as_emitters(sites)
        lon, lat = np.ascontiguousarray(shapely.get_coordinates(layer.geometries).T)
        rows: list[Ints] = [np.empty(0, dtype=np.intp)]
        columns, metres = [rows[0]], [np.empty(0)]
        index = FeatureIndex.of_points(lon, lat)
        for pairs in index.pairs_within(lon, lat, radius=reach_km * _KM):
            row = pairs.site[pairs.row]
            # one direction only: lengths are then equal in both directions, to the bit
            once = np.flatnonzero(row < pairs.feature)
            rows.append(row[once])
            columns.append(pairs.feature[once])
            metres.append(pairs.distance[once])
        pairs_once = np.concatenate(rows), np.concatenate(columns), np.concatenate(metres)
        return cls._of_pairs_once(layer.ids, float(reach_km), *pairs_once)

    @classmethod
    @checked(reach_km=positive("km"))
    def of_pairs(
        cls, pairs: pd.DataFrame, *, ids: Sequence[object] | pd.Index[Any], reach_km: float
    ) -> NeighbourGraph:
        """Build a graph from a table of distances, one row per pair of sites.

        Parameters
        ----------
        pairs
            Columns ``from_id``, ``to_id``, ``distance_km``. A pair may be listed in both directions
            if the two distances are equal. Pairs beyond the reach are ignored.
        ids
            Ids of all sites, including those without a neighbour.
        reach_km
            Distance up to which the table lists every pair [km].

        Returns
        -------
        The graph.

        Raises
        ------
        LayerError
            If columns are missing, ids are not among `ids`, distances are unknown or negative, or
            the two directions differ; all problems are reported together.

        Examples
        --------
        >>> import pandas as pd
        >>> roads = pd.DataFrame({"from_id": [1], "to_id": [2], "distance_km": [0.0]})
        >>> NeighbourGraph.of_pairs(roads, ids=[1, 2, 3], reach_km=10).n_pairs
        1
        """
        ordered = _in_order(ids)
        missing = [c for c in ("from_id", "to_id", "distance_km") if c not in pairs.columns]
        if missing:
            have = ", ".join(map(str, pairs.columns)) or "none"
            msg = f"distances: expected columns {', '.join(missing)}, the table has: {have}"
            raise LayerError(msg)
        names = id_texts(ordered)
        row = names.get_indexer(id_texts(pairs["from_id"]))
        column = names.get_indexer(id_texts(pairs["to_id"]))
        km = pd.to_numeric(pairs["distance_km"], errors="coerce").to_numpy(dtype=np.float64)
        unknown_ids = [
            *pairs["from_id"].to_numpy()[row < 0],
            *pairs["to_id"].to_numpy()[column < 0],
        ]
        return cls._checked(ordered, float(reach_km), row, column, km, unknown_ids)

    @classmethod
    @checked(reach_km=positive("km"))
    def of_matrix(
        cls,
        distances_km: sparray | spmatrix,
        *,
        ids: Sequence[object] | pd.Index[Any],
        reach_km: float,
    ) -> NeighbourGraph:
        """Build a graph from a sparse matrix of distances, explicit zeros included.

        Parameters
        ----------
        distances_km
            Sparse matrix or array of scipy [km], shape (n, n), symmetric. An entry that is not
            stored is farther than the reach; one stored as 0 is a distance of 0.
        ids
            Ids of the sites, in the order of the rows.
        reach_km
            Distance up to which the matrix holds every pair [km].

        Returns
        -------
        The graph.

        Raises
        ------
        LayerError
            If the matrix is not sparse, square and symmetric, or distances are unknown or negative.

        Examples
        --------
        >>> import numpy as np
        >>> from scipy.sparse import coo_array
        >>> here, there = [0, 1], [1, 0]
        >>> coincident = coo_array((np.zeros(2), (here, there)), shape=(2, 2))
        >>> NeighbourGraph.of_matrix(coincident, ids=["a", "b"], reach_km=10).n_pairs
        1
        """
        shape = getattr(distances_km, "shape", None)
        if not issparse(distances_km) or shape != (len(ids), len(ids)):
            msg = (
                f"distances: expected a sparse matrix of {len(ids)} rows and columns, one for each "
                f"id, got {type(distances_km).__name__} of {shape}; a full matrix cannot "
                "distinguish a distance of 0 from none, so store "
                "its entries with scipy.sparse.coo_array"
            )
            raise LayerError(msg)
        ordered = _in_order(ids)
        position = ordered.get_indexer(pd.Index(ids))
        entries = cast("Any", distances_km).tocoo()
        row, column = position[entries.row], position[entries.col]
        km = np.asarray(entries.data, dtype=np.float64)
        return cls._checked(ordered, float(reach_km), row, column, km, [])

    @classmethod
    def _checked(
        cls,
        ids: pd.Index[Any],
        reach_km: float,
        row: Ints,
        column: Ints,
        km: Floats,
        unknown_ids: list[object],
    ) -> NeighbourGraph:
        """Build a graph of distinct pairs; raise an error that lists all problems."""
        problems = []
        if unknown_ids:
            named = name_ids(list(dict.fromkeys(unknown_ids)))
            problems.append(f"ids that are not a site: {named}; use the ids of the sites")
        broken = ~(km >= 0)
        if broken.any():
            pairs = _name_pairs(ids, row[broken], column[broken])
            problems.append(f"{broken.sum()} distances are unknown or negative: {pairs}; drop them")
        if not problems:
            own = (row == column) | (km > reach_km + TIE / _KM)
            row, column, metres = row[~own], column[~own], km[~own] * _KM
            low, high = np.minimum(row, column), np.maximum(row, column)
            order = np.lexsort([metres, high, low])
            low, high, metres = low[order], high[order], metres[order]
            again = (np.diff(low) == 0) & (np.diff(high) == 0)
            differ = again & (np.diff(metres) > TIE)
            if not differ.any():
                first = np.append(True, ~again) if len(low) else np.empty(0, dtype=bool)
                return cls._of_pairs_once(ids, reach_km, low[first], high[first], metres[first])
            pairs = _name_pairs(ids, low[:-1][differ], high[:-1][differ])
            problems.append(
                f"{differ.sum()} pairs have two different distances: {pairs}; "
                "give both directions the same distance, for example the longer"
            )
        raise LayerError(gather(problems, of="distances"))

    @classmethod
    def _of_pairs_once(
        cls, ids: pd.Index[Any], reach_km: float, row: Ints, column: Ints, metres: Floats
    ) -> NeighbourGraph:
        """Build a graph of pairs listed once, adding their reverse and each site itself."""
        n = len(ids)
        own = np.arange(n)
        rows, columns = np.concatenate([row, column, own]), np.concatenate([column, row, own])
        lengths = np.concatenate([metres, metres, np.zeros(n)])
        # this conversion keeps stored zeros, and no pair is stored twice
        both_ways = coo_array((lengths, (rows, columns)), shape=(n, n)).tocsr()
        both_ways.sort_indices()
        for part in (both_ways.indptr, both_ways.indices, both_ways.data):
            part.setflags(write=False)
        return cls(ids, reach_km, both_ways.indptr, both_ways.indices, both_ways.data)

    # ------------------------------------------------------------------ queries

    def __len__(self) -> int:
        """Return the number of sites."""
        return len(self.ids)

    @property
    def n_pairs(self) -> int:
        """Number of pairs of different sites within the reach."""
        return (len(self.neighbour) - len(self)) // 2

    @property
    def distances_km(self) -> csr_array[np.float64]:
        """The distances [km] as a sparse array, zeros stored; a copy."""
        parts = (self.metres / _KM, self.neighbour.copy(), self.start.copy())
        return csr_array(parts, shape=(len(self), len(self)))

    @checked()
    def check_sites(self, sites: Features) -> None:
        """Raise unless the sites are those of the graph."""
        known, given = id_texts(self.ids), id_texts(sites.ids)
        if not known.equals(given):
            different = given.symmetric_difference(known)
            msg = (
                f"expected a graph of the {len(sites)} sites, got one of {len(self)}; ids in only "
                f"one of them: {name_ids(list(different))}; build the graph for these sites"
            )
            raise AlignmentError(msg)

    @checked(eps_km=positive("km"))
    def up_to(self, eps_km: float) -> NeighbourGraph:
        """Return the graph of distances up to a shorter reach [km], inclusive (to a micrometre).

        Raises
        ------
        OptionError
            If it is longer than the reach of the graph.
        """
        return self._within(eps_km * _KM)

    @checked(k=whole(1))
    def kth_nearest_km(self, k: int) -> Floats:
        """Return each site's distance [km] to its k-th nearest other site; inf beyond reach."""
        rows = self._rows()
        order = np.lexsort([self.metres, rows])
        # the site itself is among the leading zeros, so the k-th other one is at position k
        kth = self.start[:-1] + k
        there = kth < self.start[1:]
        distance = np.full(len(self), np.inf)
        distance[there] = self.metres[order][kth[there]] / _KM
        return distance

    @checked(radius=positive("m"), at_least=whole(1))
    def crowded(self, radius: float, at_least: int) -> Flags:
        """Flag sites that have enough sites within the radius [m], themselves included."""
        return np.asarray(np.diff(self._within(radius).start) >= at_least)

    @checked(radius=positive("m"))
    def totals(self, radius: float, quantity: Floats) -> Floats:
        """Sum a quantity over the sites within the radius [m] of each, itself included."""
        near = self._within(radius)
        return exact_sums(near._rows(), quantity[near.neighbour])  # noqa: SLF001 - same class

    @checked(radius=positive("m"))
    def linked(self, which: Ints, radius: float) -> Ints:
        """Label some sites so that those connected by steps within the radius [m] share a label."""
        near = self._within(radius)
        position = np.full(len(self), -1)
        position[which] = np.arange(len(which))
        row, column = position[near._rows()], position[near.neighbour]  # noqa: SLF001 - same class
        both = (row >= 0) & (column >= 0)
        # True rather than a length: an edge of length 0 would not count as an edge
        edges = (np.ones(np.count_nonzero(both), dtype=np.bool_), (row[both], column[both]))
        steps = coo_array(edges, shape=(len(which), len(which)))
        return np.asarray(connected_components(steps, directed=False)[1])

    @checked(radius=positive("m"))
    def nearest(self, preference: Ints, others: Ints, radius: float) -> Ints:
        """Find the nearest candidate within the radius [m] of each of other sites, else -1."""
        near = self._within(radius)
        query = np.zeros(len(self), dtype=np.bool_)
        query[others] = True
        row = near._rows()  # noqa: SLF001 - same class
        kept = np.flatnonzero(query[row] & (preference[near.neighbour] >= 0))
        row, candidate, metres = row[kept], near.neighbour[kept], near.metres[kept]
        least = np.full(len(self), np.inf)
        np.minimum.at(least, row, metres)
        tied = metres <= least[row] + TIE
        row, candidate = row[tied], candidate[tied]
        first = np.full(len(self), np.iinfo(np.int64).max)
        np.minimum.at(first, row, preference[candidate])
        chosen = preference[candidate] == first[row]
        best = np.full(len(self), -1)
        best[row[chosen]] = candidate[chosen]
        return best[others]

    def _within(self, radius: float) -> NeighbourGraph:
        if radius > self.reach_km * _KM:
            eps = f"{radius / _KM:g}"
            msg = f"expected eps_km up to the graph's reach of {self.reach_km:g} km, got {eps}"
            raise OptionError(msg)
        if radius == self.reach_km * _KM:
            return self
        near = self.metres <= radius + TIE
        start = np.concatenate([[0], np.cumsum(near)])[self.start]
        return NeighbourGraph(
            self.ids, radius / _KM, start, self.neighbour[near], self.metres[near]
        )

    def _rows(self) -> Ints:
        """Return the site of each neighbour."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))


def _in_order(ids: Sequence[object] | pd.Index[Any]) -> pd.Index[Any]:
    """Sort ids as sites are sorted; raise if an id occurs twice."""
    index = pd.Index(ids)
    twice = index[index.duplicated()].unique()
    if len(twice):
        msg = f"distances: expected every id once, got duplicates: {name_ids(list(twice))}"
        raise AlignmentError(msg)
    try:
        return index[index.argsort()]
    except TypeError:
        return index[index.astype(str).argsort()]


def _name_pairs(ids: pd.Index[Any], row: Ints, column: Ints) -> str:
    return name_ids([f"{ids[i]} - {ids[j]}" for i, j in zip(row, column, strict=True)], limit=3)


#: integers below this, and their sums, are exact
_WHOLE = 2.0**53


class Neighbours(Protocol):
    """The queries of distances between points that clustering needs; lengths in metres."""

    def __len__(self) -> int:
        """Return the number of points."""

    def crowded(self, radius: float, at_least: int) -> Flags:
        """Flag points that have enough points within the radius, themselves included."""

    def totals(self, radius: float, quantity: Floats) -> Floats:
        """Sum a quantity over the points within the radius of each, itself included."""

    def linked(self, which: Ints, radius: float) -> Ints:
        """Label some points so that those connected by steps within the radius share a label."""

    def nearest(self, preference: Ints, others: Ints, radius: float) -> Ints:
        """Find the candidate nearest to each of other points, -1 where none is within the radius.

        `preference` is -1 or, for a candidate, its priority among points equally near (to a
        micrometre): the lowest wins. Priorities are distinct.
        """


@dataclass(frozen=True)
class Geodesics:
    """Points on WGS84 [degrees] and the geodesics between them.

    The nearest neighbours from `crowded` are kept, which saves later queries most of their work.
    """

    lon: Floats
    lat: Floats
    _near: dict[float, NearFew] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.lon)

    def crowded(self, radius: float, at_least: int) -> Flags:
        """Flag points that have enough points within the radius [m]."""
        if at_least > FEW_SEARCHED:
            return crowded(self.lon, self.lat, radius=radius, at_least=at_least)
        if self._thinned is not None:
            return self._thinned.points.crowded(radius, at_least)[self._thinned.of]
        if at_least > FEW_KEPT:
            return crowded(self.lon, self.lat, radius=radius, at_least=at_least)
        self._near.clear()  # results of another radius only take memory
        self._near[radius] = near_few(self.lon, self.lat, radius=radius, at_least=at_least)
        return self._near[radius].enough

    def totals(self, radius: float, quantity: Floats) -> Floats:
        """Sum a quantity over the points within the radius [m] of each, block by block."""
        total = np.zeros(len(self))
        index = FeatureIndex.of_points(self.lon, self.lat)
        columns = exact_columns(quantity)
        crowds = index.tally_crowds(self.lon, self.lat, radius=radius, columns=columns)
        total[crowds.query] = add_columns(crowds.sums)
        few = np.delete(np.arange(len(self)), crowds.query)
        for pairs in index.pairs_within(self.lon[few], self.lat[few], radius=radius):
            # every point is its own neighbour, so no row is missing
            total[few[pairs.site]] = exact_sums(pairs.row, quantity[pairs.feature])
        return total

    def linked(self, which: Ints, radius: float) -> Ints:
        """Label points connected by steps within the radius [m]."""
        if self._thinned is not None:
            asked, answer = np.unique(self._thinned.of[which], return_inverse=True)
            return self._thinned.points.linked(asked, radius)[answer]
        near = self._near.get(radius)
        if near is None:
            return linked(self.lon[which], self.lat[which], radius=radius)
        among = np.zeros(len(self), dtype=np.bool_)
        among[which] = True
        return linked_few(near, among)[which]

    def nearest(self, preference: Ints, others: Ints, radius: float) -> Ints:
        """Find the nearest candidate within the radius [m] of each of other points, else -1."""
        candidate = np.flatnonzero(preference >= 0)
        ranked = candidate[np.argsort(preference[candidate])]
        if self._thinned is not None:
            return self._nearest_thinned(ranked, others, radius)
        near = self._near.get(radius)
        if near is not None and near.complete[others].all():
            query = np.zeros(len(self), dtype=np.bool_)
            query[others] = True
            return nearest_of_few(near, preference, query)[others]
        index = FeatureIndex.of_points(self.lon[ranked], self.lat[ranked])
        nearest = index.nearest(self.lon[others], self.lat[others], max_distance=radius)
        position = nearest.feature[:, 0]
        return np.where(position >= 0, ranked[position], -1)

    @cached_property
    def _thinned(self) -> _Thinned | None:
        """Some of the points at each position, where many share one; all have the same neighbours.

        As many are kept as a search for neighbours may have to find.
        """
        if not share_places(FEW_SEARCHED, self.lon, self.lat):
            return None
        places = Places.of(self.lon, self.lat)
        kept = np.flatnonzero(places.rank < FEW_SEARCHED)
        first = np.flatnonzero(places.rank[kept] == 0)
        at_place = np.empty_like(first)
        at_place[places.number[kept[first]]] = first
        return _Thinned(at_place[places.number], Geodesics(self.lon[kept], self.lat[kept]))

    def _nearest_thinned(self, ranked: Ints, others: Ints, radius: float) -> Ints:
        """Search as `nearest`, given the candidates in the order of their priority."""
        assert self._thinned is not None
        of, points = self._thinned
        at_place, first = np.unique(of[ranked], return_index=True)
        preference, candidate = np.full((2, len(points)), -1)
        preference[at_place], candidate[at_place] = first, ranked[first]
        asked, answer = np.unique(of[others], return_inverse=True)
        near = points.nearest(preference, asked, radius)[answer]
        return np.where(near >= 0, candidate[near], -1)


class _Thinned(NamedTuple):
    """Some of the points at each position.

    `of` is, for each point, the position among `points` of the first one at its place.
    """

    of: Ints
    points: Geodesics


def exact_sums(group: Ints, quantity: Floats) -> Floats:
    """Sum by group 0, 1, ... without intermediate rounding: equal totals are equal to the bit."""
    if (quantity == np.floor(quantity)).all() and np.abs(quantity).sum() < _WHOLE:
        # integers are never rounded
        total = np.bincount(group, weights=quantity)[np.bincount(group) > 0]
        return np.asarray(total, dtype=np.float64)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    return np.array([fsum(part) for part in np.split(quantity[order], starts[1:]) if len(part)])
