"""Chance that depends on nothing but what it is drawn for: a seed, a number and names.

A draw is a hash of its keys, so it is the same whatever else is drawn, in whatever order.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]
    Keys = NDArray[np.uint64]

__all__ = ["below", "name_keys", "uniform"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_STEP = 2.0**-53


def name_keys(names: Iterable[str]) -> Keys:
    """Give each name a number that stays the same on every machine."""
    digests = (blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint64)


def uniform(*keys: ArrayLike) -> Floats:
    """Draw numbers in [0, 1), one for each combination of keys (broadcast against each other).

    The mixing is that of SplitMix64 (Steele, Lea and Flood 2014), once for each key.

    Examples
    --------
    The same keys give the same number, whatever stands beside them:

    >>> bool(uniform(1, [5, 6, 7])[2] == uniform(1, 7))
    True
    """
    state = np.zeros((), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            state = _mix((state + _GOLDEN) ^ _mix(np.asarray(key).astype(np.uint64) + _GOLDEN))
    return np.asarray((state >> np.uint64(11)).astype(np.float64) * _STEP)


def below(limit: int, drawn: Floats) -> Ints:
    """Turn numbers in [0, 1) into whole numbers below a limit."""
    return np.minimum((drawn * limit).astype(np.intp), limit - 1)


def _mix(state: Keys) -> Keys:
    """Mix the bits of 64-bit numbers."""
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return np.asarray(state ^ (state >> np.uint64(31)))
