"""Features within a radius of emitters, and of places through their members."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from standort.clusters.neighbour_graph import Geodesics
from standort.earth import NO_FEATURE, FeatureIndex
from standort.typology.facts import REACH_KM

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from standort.array_types import Flags, Floats, Ints
    from standort.layers.features import Features
    from standort.study.group_scores import Groups


_KM = 1_000.0
#: most pairs of emitters in reach of each other that are listed
_MOST_LISTED = 16_000_000


@dataclass(frozen=True, eq=False)
class Reach:
    """Places, their members, and the features near them.

    Parameters
    ----------
    emitters
        The layer of emitters.
    groups
        Members of the places.
    """

    emitters: Features
    groups: Groups

    @cached_property
    def positions(self) -> Floats:
        """Longitude and latitude of each emitter [degrees], shape (n, 2)."""
        return np.asarray(shapely.get_coordinates(self.emitters.geometries))

    @cached_property
    def belonging(self) -> csr_array[Any, Any]:
        """Which emitters belong to each place, shape (places, emitters)."""
        from scipy.sparse import csr_array

        ones = np.ones(len(self.groups.member), dtype=np.int32)
        shape = (self.groups.count, len(self.emitters))
        return csr_array((ones, (self.groups.group, self.groups.member)), shape=shape)

    def of_emitters(self, features: Features, km: float = REACH_KM) -> csr_array[Any, Any]:
        """Return which features lie within reach of each emitter, shape (emitters, features)."""
        return within(self.positions, features, km)

    def of_places(self, features: Features, km: float = REACH_KM) -> csr_array[Any, Any]:
        """Return which features are in reach of any member of a place, shape (places, features)."""
        return as_flags(self.belonging @ self.of_emitters(features, km))

    @cached_property
    def are_many(self) -> bool:
        """Whether emitters have too many neighbours in reach to list them all."""
        lon, lat = self.positions.T
        count = self.emitters.index.count_within(lon, lat, radius=REACH_KM * _KM)
        return bool(count.sum() > _MOST_LISTED)

    @cached_property
    def members(self) -> list[Ints]:
        """The positions of the members of each place."""
        ends = np.cumsum(np.bincount(self.groups.group, minlength=self.groups.count))
        return np.split(self.groups.member, ends[:-1])

    @cached_property
    def neighbours(self) -> csr_array[Any, Any]:
        """Which emitters lie in reach of any member of a place, shape (places, emitters)."""
        if not self.are_many:
            return self.of_places(self.emitters)
        from scipy.sparse import csr_array

        near = [self._near_any(member) for member in self.members]
        place = np.repeat(np.arange(len(near)), [len(some) for some in near])
        entries = (np.ones(len(place), dtype=np.int32), (place, np.concatenate(near)))
        return csr_array(entries, shape=(len(near), len(self.emitters)))

    def _near_any(self, member: Ints) -> Ints:
        """Return the emitters in reach of any of some emitters, which are not listed by pairs."""
        lon, lat = self.positions.T
        index = FeatureIndex.of_points(lon[member], lat[member])
        nearest = index.nearest(lon, lat, max_distance=REACH_KM * _KM)
        return np.flatnonzero(nearest.feature[:, 0] != NO_FEATURE)

    @cached_property
    def fellows(self) -> csr_array[Any, Any]:
        """Which members of the same place lie in reach of each member, by places in `groups`."""
        return self._within_places(self.of_emitters(self.emitters))

    @cached_property
    def close_fellows(self) -> csr_array[Any, Any]:
        """As `fellows`, within half the reach, so that all of them are in reach of each other."""
        return self._within_places(self.of_emitters(self.emitters, REACH_KM / 2))

    def _within_places(self, near: csr_array[Any, Any]) -> csr_array[Any, Any]:
        """Keep the pairs of emitters within one place, once for each place."""
        from scipy.sparse import csr_array

        position, n_members = np.arange(len(self.groups.member)), len(self.groups.member)
        ones = np.ones(n_members, dtype=np.int32)
        shape = (n_members, len(self.emitters))
        selecting = csr_array((ones, (position, self.groups.member)), shape=shape)
        pairs = (selecting @ near @ selecting.T).tocoo()
        one, other = pairs.coords
        same = self.groups.group[one] == self.groups.group[other]
        kept = (pairs.data[same], (one[same], other[same]))
        return as_flags(csr_array(kept, shape=pairs.shape))

    def count_in_reach(self, near: csr_array[Any, Any], flags: Flags) -> Floats:
        """Count the flagged features near each place."""
        return np.asarray(near @ flags.astype(np.int64), dtype=np.float64)


def within(positions: Floats, features: Features, km: float) -> csr_array[Any, Any]:
    """Return which features lie within a radius of each position, (positions, features)."""
    from scipy.sparse import csr_array

    rows: list[Ints] = [np.array([], dtype=np.intp)]
    columns: list[Ints] = [np.array([], dtype=np.intp)]
    for pairs in features.index.pairs_within(positions[:, 0], positions[:, 1], radius=km * _KM):
        rows.append(pairs.site[pairs.row])
        columns.append(pairs.feature)
    row, column = np.concatenate(rows), np.concatenate(columns)
    ones = np.ones(len(row), dtype=np.int32)
    return as_flags(csr_array((ones, (row, column)), shape=(len(positions), len(features))))


def as_flags(counts: csr_array[Any, Any]) -> csr_array[Any, Any]:
    """Set every entry to 1."""
    flags = counts.tocsr()
    flags.sum_duplicates()
    flags.data = np.ones_like(flags.data)
    return flags


def most_together(reach: Reach, eligible: Flags) -> Floats:
    """Count, for each place, eligible members in reach of each other; a lower bound.

    Parameters
    ----------
    reach
        Places and their members.
    eligible
        Which emitters count.

    Returns
    -------
    The largest number within half the reach of one of them (any two of these are in reach of each
    other), and at least 2 where any two are in reach; 0 where none is eligible. Whether it is
    2 or more is exact; the largest set overall would take exponential time.
    """
    if reach.are_many:
        lon, lat = reach.positions.T
        some = [member[eligible[member]] for member in reach.members]
        return np.array([_together(lon[of_place], lat[of_place]) for of_place in some])
    keep = eligible[reach.groups.member]
    counted = keep.astype(np.int64)
    close = np.where(keep, reach.close_fellows @ counted, 0)
    pair = np.where(keep, np.minimum(reach.fellows @ counted, 2), 0)
    most = np.zeros(reach.groups.count)
    np.maximum.at(most, reach.groups.group, np.maximum(close, pair))
    return most


def _together(lon: Floats, lat: Floats) -> float:
    """Return what `most_together` counts for the eligible members of one place."""
    if not len(lon):
        return 0.0
    index = FeatureIndex.of_points(lon, lat)
    close = int(index.count_within(lon, lat, radius=REACH_KM / 2 * _KM).max())
    pair = 1 + int(Geodesics(lon, lat).crowded(REACH_KM * _KM, 2).any())
    return float(max(close, pair))


def settle(sure: Floats, possible: Floats, enough: float) -> Floats:
    """Return a count where what is unknown cannot matter, otherwise NaN.

    Parameters
    ----------
    sure
        Count of what is known.
    possible
        Count including everything unknown; at least `sure`.
    enough
        The largest count that any rule requires.

    Returns
    -------
    `sure` where it equals `possible` or is enough; NaN elsewhere.

    Examples
    --------
    >>> settle(np.array([1.0, 1.0, 2.0]), np.array([1.0, 3.0, 3.0]), 2)
    array([ 1., nan,  2.])
    """
    return np.where((sure >= possible) | (sure >= enough), sure, np.nan)
