"""Study areas of point patterns: size, edge, and random points within them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely

from standort.arguments import SEED, checked, whole
from standort.earth import FeatureIndex, true_area, wgs84
from standort.errors import GeometryError
from standort.layers.geometry.conversion import to_wgs84

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats, Ints


_KM = 1_000.0
_KM2 = 1_000_000.0
_SEAM = 180.0
_POLE = 90.0

#: cells along each side of the grid that classifies positions as inside, outside or near the edge
_CELLS = 128
#: share of the area by which polygons may overlap without being merged
_OVERLAP = 1e-9
_OUTSIDE, _INSIDE, _NEAR_EDGE = 0, 1, 2


@checked()
@dataclass(frozen=True)
class StudyArea:
    """Polygons in which points could be anywhere, such as land or a country.

    Every statement about dispersion depends on this area: the same plants are more clustered in an
    area that includes the sea than on land alone. Edges are geodesics; there is no edge where
    polygons touch, or along the antimeridian where both sides belong to the area.

    Parameters
    ----------
    polygons
        In longitude and latitude [degrees], not overlapping.
    """

    polygons: NDArray[np.object_]

    @classmethod
    def whole_earth(cls) -> StudyArea:
        """Return the whole Earth, an area without an edge.

        >>> round(StudyArea.whole_earth().area_km2)
        510065622
        """
        octants = [
            shapely.box(lon, lat, lon + 90.0, lat + 90.0)
            for lon in (-180.0, -90.0, 0.0, 90.0)
            for lat in (-90.0, 0.0)
        ]
        return cls(np.array(octants, dtype=object))

    @cached_property
    def area_km2(self) -> float:
        """True area on WGS84 [km2]."""
        return float(np.sum(true_area(self.polygons))) / _KM2

    @cached_property
    def _edges(self) -> NDArray[np.object_]:
        """Lines of the edge, without those of the map only: the antimeridian and the poles."""
        rings = shapely.get_parts(shapely.boundary(shapely.union_all(self.polygons)))
        outline, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[1:] == ring[:-1]
        start, end = outline[:-1][same], outline[1:][same]
        at_pole = (np.abs(start[:, 1]) == _POLE) & (np.abs(end[:, 1]) == _POLE)
        on_seam = (np.abs(start[:, 0]) == _SEAM) & (start[:, 0] == end[:, 0])
        kept = ~at_pole & ~on_seam
        true_edges = list(shapely.linestrings(np.stack([start[kept], end[kept]], axis=1)))
        seam = _one_sided(start[on_seam], end[on_seam])
        return np.array([*true_edges, *seam], dtype=object)

    @cached_property
    def edge_km(self) -> float:
        """Length of the edge as digitised [km]; finer maps have longer coasts."""
        return float(sum(wgs84().geometry_length(line) for line in self._edges)) / _KM

    @cached_property
    def _edge_index(self) -> FeatureIndex:
        return FeatureIndex(self._edges)

    @checked()
    def edge_distance_km(self, lon: Floats, lat: Floats) -> Floats:
        """Return the distance of positions from the edge [km]; infinite if there is none."""
        if not len(self._edges):
            return np.full(len(lon), np.inf)
        return np.asarray(self._edge_index.nearest(lon, lat).distance[:, 0] / _KM)

    # ------------------------------------------------------------------ inside

    @cached_property
    def _index(self) -> FeatureIndex:
        return FeatureIndex(self.polygons)

    @cached_property
    def _grid(self) -> _Grid:
        return _Grid.over(self._index.parts.areas)

    @checked()
    def contains(self, lon: Floats, lat: Floats) -> Flags:
        """Return which positions are in the area or on its edge."""
        state = self._grid.state_at(lon, lat)
        inside: Flags = state == _INSIDE
        unsure = np.flatnonzero(state == _NEAR_EDGE)
        if unsure.size:
            rows, _ = self._index.containing(lon[unsure], lat[unsure])
            inside[unsure[rows]] = True
        return inside

    @checked(n=whole(1))
    def random_points(self, n: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw uniformly random points: equal areas of the ellipsoid are equally likely.

        Parameters
        ----------
        n
            Number of points.
        generator
            Random generator; the same seed gives the same points.

        Returns
        -------
        Longitudes and latitudes [degrees], shape (n,).
        """
        lons, lats, missing = [np.empty(0)], [np.empty(0)], n
        share = min(self.area_km2 / self._grid.candidate_km2, 1.0)
        while missing > 0:
            lon, lat = self._grid.draw(int(missing / share * 1.1) + 16, generator)
            keep = np.flatnonzero(self.contains(lon, lat))[:missing]
            lons.append(lon[keep])
            lats.append(lat[keep])
            missing -= len(keep)
        return np.concatenate(lons), np.concatenate(lats)

    @checked(n=whole(1), seed=SEED)
    def share_reached(self, distance_km: Floats, *, n: int, seed: int) -> Floats:
        """Estimate the mean share of a circle around a point of the area that is in the area.

        Parameters
        ----------
        distance_km
            Radii of the circles [km], shape (n_distances,).
        n
            Number of random points, each with one direction: the standard error is at most
            0.5 / sqrt(n).
        seed
            Random seed of points and directions, which are the same for every distance.

        Returns
        -------
        Shares in [0, 1], shape (n_distances,); exactly 1 where the area has no edge.
        """
        if not len(self._edges):
            return np.ones(len(distance_km))
        key = (tuple(distance_km), n, seed)
        if key not in self._known_shares:
            self._known_shares[key] = self._probe(distance_km, n, seed)
        return self._known_shares[key].copy()

    @cached_property
    def _known_shares(self) -> dict[tuple[tuple[float, ...], int, int], Floats]:
        """Cached results of `share_reached`, which take a second each."""
        return {}

    def _probe(self, distance_km: Floats, n: int, seed: int) -> Floats:
        """Return the share of random steps from random points of the area that end in it."""
        generator = np.random.default_rng(seed)
        lon, lat = self.random_points(n, generator)
        azimuth = generator.uniform(0.0, 360.0, n)
        share = np.ones(len(distance_km))
        for i, radius in enumerate(distance_km):
            if radius > 0.0:
                to_lon, to_lat, _ = wgs84().fwd(lon, lat, azimuth, np.full(n, radius * _KM))
                share[i] = np.count_nonzero(self.contains(to_lon, to_lat)) / n
        return share


@checked()
def as_study_area(area: GeoDataFrame | StudyArea) -> StudyArea:
    """Return polygons in any CRS as a study area; overlapping polygons are merged.

    Raises
    ------
    CRSError
        If the layer has no CRS.
    GeometryError
        If it holds anything but polygons, or nothing with an area.
    """
    if isinstance(area, StudyArea):
        return area
    layer, _ = to_wgs84(
        area, name="study area", allowed=frozenset({"polygon"}), id_column="feature_id"
    )
    polygons = shapely.get_parts(layer.geometry.to_numpy())
    whole = shapely.union_all(polygons)
    if shapely.area(polygons).sum() > shapely.area(whole) * (1.0 + _OVERLAP):
        polygons = shapely.get_parts(whole)
    study_area = StudyArea(polygons)
    if not len(polygons) or not study_area.area_km2 > 0.0:
        msg = (
            "study area: expected polygons with an area, got none; use the land or the country, "
            "or StudyArea.whole_earth() (one polygon may not cover half the Earth)"
        )
        raise GeometryError(msg)
    return study_area


def _one_sided(start: Floats, end: Floats) -> list[shapely.Geometry]:
    """Return the parts of edges along the antimeridian that only one side has."""
    sides = []
    for longitude in (_SEAM, -_SEAM):
        of_side = start[:, 0] == longitude
        lines = np.stack([start[of_side], end[of_side]], axis=1)
        lines[:, :, 0] = _SEAM
        sides.append(shapely.union_all(shapely.linestrings(lines)))
    left = shapely.get_parts(shapely.symmetric_difference(*sides))
    return [part for part in left if part.length > 0.0]


@dataclass(frozen=True)
class _Grid:
    """Cells of equal area over the bounds of polygons, each inside, outside or near the edge."""

    lon: Floats
    height: Floats
    state: NDArray[np.int8]

    @classmethod
    def over(cls, areas: NDArray[np.object_]) -> _Grid:
        """Return the grid over polygons [degrees]."""
        west, south, east, north = shapely.total_bounds(areas)
        low, high = _equal_area()(np.zeros(2), np.array([south, north]))[1]
        lon, height = np.linspace(west, east, _CELLS + 1), np.linspace(low, high, _CELLS + 1)
        lat = _equal_area()(np.zeros(_CELLS + 1), height, inverse=True)[1]
        lat[[0, -1]] = south, north
        cells = shapely.box(
            lon[np.newaxis, :-1], lat[:-1, np.newaxis], lon[np.newaxis, 1:], lat[1:, np.newaxis]
        ).ravel()
        tree = shapely.STRtree(cells)
        state = np.full(cells.shape, _OUTSIDE, dtype=np.int8)
        state[tree.query(areas, predicate="intersects")[1]] = _NEAR_EDGE
        state[tree.query(areas, predicate="contains_properly")[1]] = _INSIDE
        return cls(lon, height, state)

    @cached_property
    def candidate_km2(self) -> float:
        """Area of all cells that are not outside [km2]."""
        width = np.radians(self.lon[-1] - self.lon[0]) * wgs84().a
        whole = width * (self.height[-1] - self.height[0]) / _KM2
        return float(whole * np.count_nonzero(self.state) / self.state.size)

    def state_at(self, lon: Floats, lat: Floats) -> NDArray[np.int8]:
        """Return the state of the cells that contain positions."""
        column = _cell(lon, self.lon)
        row = _cell(_equal_area()(np.zeros(len(lat)), lat)[1], self.height)
        state = self.state[np.clip(row, 0, _CELLS - 1) * _CELLS + np.clip(column, 0, _CELLS - 1)]
        # within rounding of the bounds nothing is certain
        beyond = (column < -1) | (column > _CELLS) | (row < -1) | (row > _CELLS)
        unsure = ((column < 0) | (column >= _CELLS) | (row < 0) | (row >= _CELLS)) & ~beyond
        # a position on the antimeridian has two longitudes
        unsure |= np.abs(lon) == _SEAM
        return np.where(unsure, _NEAR_EDGE, np.where(beyond, _OUTSIDE, state)).astype(np.int8)

    def draw(self, n: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw uniformly random points over the cells that are not outside."""
        cell = generator.choice(np.flatnonzero(self.state), n)
        row, column = np.divmod(cell, _CELLS)
        along, up = generator.random(n), generator.random(n)
        lon = self.lon[column] + along * (self.lon[1] - self.lon[0])
        height = self.height[row] + up * (self.height[1] - self.height[0])
        lat = _equal_area()(np.zeros(n), height, inverse=True)[1]
        return np.clip(lon, -_SEAM, _SEAM), np.clip(lat, -_POLE, _POLE)


def _cell(position: Floats, edges: Floats) -> Ints:
    return np.asarray((position - edges[0]) // (edges[1] - edges[0]), dtype=np.int64)


@cache
def _equal_area() -> pyproj.Proj:
    """Return Lambert's equal-area cylinder: its height is linear in the area to the south."""
    return pyproj.Proj("+proj=cea +ellps=WGS84")
