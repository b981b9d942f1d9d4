"""The generated places that the benchmarks measure: seeded, part scattered, part in clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["Places", "emitters", "generate", "site_chunks"]

#: west, south, east, north of Europe [degrees]
EUROPE = (-10.0, 36.0, 30.0, 66.0)

#: share of sites and of features that stand in clusters
CLUSTERED = 0.7

#: sites for each cluster centre, whatever the size of the data
SITES_PER_CENTRE = 500

#: clusters differ in spread: median [km] and standard deviation of its logarithm
SPREAD_KM, SPREAD_LOG = 8.0, 0.7

_KM_PER_DEGREE = 111.2

#: default seed of what is generated
SEED = 20_240_901

#: emitters have ids from here on, sites from 0: none is both
_FIRST_EMITTER = 1_000_000_000


@dataclass(frozen=True)
class Places:
    """Sites, and features with a quantity, as anyone holds them: points in EPSG:4326."""

    sites: GeoDataFrame
    features: GeoDataFrame


@dataclass(frozen=True)
class _Centres:
    """Cluster centres [degrees], their spread [km] and their share of the clustered places."""

    lon: Floats
    lat: Floats
    spread_km: Floats
    share: Floats


def generate(n_sites: int, n_features: int, *, together: bool = False, seed: int = SEED) -> Places:
    """Scatter sites and features over Europe, 70 % of them in clusters.

    Parameters
    ----------
    n_sites, n_features
        How many of each.
    together
        Whether features cluster round the centres of the sites, or round centres of their own.
        Together there are three times as many pairs within 25 km.
    seed
        Seed of the random generator: same numbers and seed, same places.

    Returns
    -------
    The places; features carry ``capacity``, a long-tailed quantity > 0.
    """
    rng = np.random.default_rng(seed)
    n_centres = max(n_sites // SITES_PER_CENTRE, 1)
    centres = _centres(rng, n_centres)
    sites = geopandas.GeoDataFrame(geometry=_points(rng, centres, n_sites), crs=4326)
    centres = centres if together else _centres(rng, n_centres)
    features = geopandas.GeoDataFrame(
        {"capacity": rng.lognormal(3.0, 1.5, n_features)},
        geometry=_points(rng, centres, n_features),
        crs=4326,
    )
    return Places(sites, features)


def emitters(n: int, seed: int = SEED) -> GeoDataFrame:
    """Scatter emitters over Europe, 70 % of them in clusters of their own.

    Returns
    -------
    ``site_id`` and ``co2_t_per_yr``, long-tailed with a median of 20,000.
    """
    rng = np.random.default_rng([seed, 0])
    at = _points(rng, _centres(rng, max(n // 50, 1)), n)
    emitted = rng.lognormal(np.log(20_000.0), 1.5, n)
    columns = {"site_id": _FIRST_EMITTER + np.arange(n), "co2_t_per_yr": emitted}
    return geopandas.GeoDataFrame(columns, geometry=at, crs=4326)


def site_chunks(n: int, *, at_once: int = 250_000, seed: int = SEED) -> Iterator[GeoDataFrame]:
    """Scatter sites over Europe, 70 % of them in 2,000 clusters, a part at a time.

    Parameters
    ----------
    n
        How many in all: the first sites are the same however many there are.
    at_once
        How many stand in memory at a time.
    seed
        Seed of the random generator.

    Yields
    ------
    Sites with ``site_id``, in no order in space.
    """
    centres = _centres(np.random.default_rng([seed, 1]), 2_000)
    for part, start in enumerate(range(0, n, at_once)):
        rng = np.random.default_rng([seed, 2, part])
        drawn = _points(rng, centres, at_once)[: n - start]
        ids = np.arange(start, start + len(drawn))
        yield geopandas.GeoDataFrame({"site_id": ids}, geometry=drawn, crs=4326)


def _centres(rng: np.random.Generator, n: int) -> _Centres:
    lon, lat = _anywhere(rng, n)
    weight = rng.lognormal(0.0, 1.0, n)
    spread = SPREAD_KM * rng.lognormal(0.0, SPREAD_LOG, n)
    return _Centres(lon, lat, spread, weight / weight.sum())


def _anywhere(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Draw places evenly by area."""
    west, south, east, north = EUROPE
    low, high = np.sin(np.radians([south, north]))
    return rng.uniform(west, east, n), np.degrees(np.arcsin(rng.uniform(low, high, n)))


def _points(rng: np.random.Generator, centres: _Centres, n: int) -> geopandas.array.GeometryArray:
    """Draw places in and outside clusters, in no order."""
    lon, lat = _anywhere(rng, n)
    clustered = np.flatnonzero(rng.random(n) < CLUSTERED)
    of: Ints = rng.choice(len(centres.lon), len(clustered), p=centres.share)
    north = rng.normal(0.0, centres.spread_km[of]) / _KM_PER_DEGREE
    lat[clustered] = centres.lat[of] + north
    east = rng.normal(0.0, centres.spread_km[of]) / _KM_PER_DEGREE
    lon[clustered] = centres.lon[of] + east / np.cos(np.radians(lat[clustered]))
    return geopandas.points_from_xy(lon, lat)
