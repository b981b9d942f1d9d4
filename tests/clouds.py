"""Point clouds that break naive distance code: dense, coincident, at the seams of the globe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def global_cloud(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Points evenly over the globe."""
    return rng.uniform(-180.0, 180.0, n), np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n)))


def seam_cloud(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Points on both sides of the antimeridian, some exactly on it under both names."""
    lon = (180.0 + rng.normal(0.0, 1.0, n) + 180.0) % 360.0 - 180.0
    lon[:4] = [180.0, -180.0, 180.0, -180.0]
    return lon, rng.uniform(-60.0, 60.0, n)


def polar_cloud(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Points round the north pole, two of them on it under different longitudes."""
    lat = 90.0 - np.abs(rng.normal(0.0, 1.5, n))
    lat[:2] = 90.0
    return rng.uniform(-180.0, 180.0, n), lat


def dense_cloud(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """An estuary full of plants: a few kilometres across, a third of them coincident."""
    lon, lat = 4.3 + rng.normal(0.0, 0.05, n), 51.9 + rng.normal(0.0, 0.03, n)
    twins = n // 3
    lon[:twins], lat[:twins] = lon[-twins:], lat[-twins:]
    return lon, lat


def lattice_cloud(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """A regular lattice, shuffled: ties everywhere."""
    side = int(np.ceil(np.sqrt(n)))
    lon, lat = np.meshgrid(np.arange(side) * 0.1, np.arange(side) * 0.1 - 0.1 * (side // 2))
    order = rng.permutation(side * side)[:n]
    return lon.ravel()[order], lat.ravel()[order]


CLOUDS = [global_cloud, seam_cloud, polar_cloud, dense_cloud, lattice_cloud]
