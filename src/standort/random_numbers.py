"""Random numbers keyed by seed, draw, names and numbers.

Each number is a hash of its keys (a counter-based generator). It does not depend on what else is
drawn, in which order or by how many workers, so a subset of the sites gets the same numbers as it
does among all sites.
"""

from __future__ import annotations

from functools import reduce
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    from standort.array_types import Floats, Ints, Keys


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_STEP, _CELLS = 2.0**-53, 2.0**52
_SEEDS = 2**63


def name_keys(names: Iterable[object]) -> Keys:
    """Return a number for each name, the same on every machine.

    Parameters
    ----------
    names
        Names or ids. Ids that are not text are converted to it, so 7 and "7" are the same name.

    Returns
    -------
    A 64-bit number for each name. The probability that any two of a million names share a number
    is below 1e-7.

    Examples
    --------
    >>> first, again = name_keys(["teesside", "teesside"])
    >>> bool(first == again)
    True
    """
    digests = (blake2b(str(name).encode(), digest_size=8).digest() for name in names)
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint64)


def combined_keys(*keys: ArrayLike | str) -> Keys:
    """Return a key for each combination of keys, such as those of the two ends of a tie.

    Parameters
    ----------
    *keys
        As for `uniform`.

    Returns
    -------
    Keys for `uniform`.

    Examples
    --------
    >>> one, other = name_keys(["a", "b"])
    >>> bool(combined_keys(one, other) == combined_keys(other, one))
    False
    """
    state = np.zeros((), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            number = name_keys([key])[0] if isinstance(key, str) else key
            state = _mix((state + _GOLDEN) ^ _mix(np.asarray(number).astype(np.uint64) + _GOLDEN))
    return np.asarray(state)


def uniform(*keys: ArrayLike | str) -> Floats:
    """Draw uniform numbers in [0, 1), one for each combination of keys.

    Parameters
    ----------
    *keys
        Whole numbers, arrays of them (broadcast against each other) and names of what is drawn,
        which `name_keys` converts. The order of the keys matters; scalars first are fastest.

    Returns
    -------
    The numbers, multiples of 2^-53.

    Notes
    -----
    Bits are mixed as in SplitMix64 (Steele, Lea and Flood 2014), twice for each key.

    Examples
    --------
    The same keys give the same number, whatever else is drawn:

    >>> bool(uniform(1, [5, 6, 7])[2] == uniform(1, 7))
    True
    """
    state = combined_keys(*keys)
    return np.asarray((state >> np.uint64(11)).astype(np.float64) * _STEP)


def normal(*keys: ArrayLike | str) -> Floats:
    """Draw standard normal numbers, one for each combination of keys.

    Parameters
    ----------
    *keys
        As for `uniform`.

    Returns
    -------
    The numbers, all within +-8.2.

    Examples
    --------
    >>> drawn = normal(0, "emissions", np.arange(100_000))
    >>> print(drawn.mean().round(2), drawn.std().round(2))
    0.0 1.0
    """
    from scipy.special import ndtri

    return np.asarray(ndtri(_inside(uniform(*keys))))


def dirichlet(alphas: ArrayLike, *keys: ArrayLike | str, names: Keys | None = None) -> Floats:
    """Draw shares that sum to 1 (Dirichlet), one set for each combination of keys.

    Parameters
    ----------
    alphas
        Parameter of each share: at least 0, and at least one above 0. The mean of a share is its
        parameter over the sum of all; the larger that sum, the smaller the variance. If all are 1,
        the shares are uniform on the simplex. A share with parameter 0 is 0.
    *keys
        As for `uniform`.
    names
        A key for each share; its position if not given. Shares with the same key vary together,
        whatever other shares are drawn.

    Returns
    -------
    An array with the shares along the last axis.

    Notes
    -----
    Normalised gamma variates (Devroye 1986, chapter XI.4), each by inversion with parameter a + 1
    and multiplied by U^(1/a). Logarithms avoid 0 / 0 for tiny parameters.

    Examples
    --------
    >>> shares = dirichlet([20, 10, 0], 0, "weights", np.arange(10_000))
    >>> shares.mean(axis=0).round(2)
    array([0.67, 0.33, 0.  ])
    """
    from scipy.special import gammaincinv

    shapes = np.asarray(alphas, dtype=np.float64)
    share_keys = np.arange(len(shapes), dtype=np.uint64) if names is None else names
    logs = []
    for shape, name in zip(shapes, share_keys, strict=True):
        first = _inside(uniform(*keys, name, 0))
        if shape == 0.0:
            logs.append(np.full_like(first, -np.inf))
            continue
        second = _inside(uniform(*keys, name, 1))
        logs.append(np.log(gammaincinv(shape + 1.0, first)) + np.log(second) / shape)
    most = reduce(np.maximum, logs)
    sizes = [np.exp(log - most) for log in logs]
    total = reduce(np.add, sizes)
    return np.stack([size / total for size in sizes], axis=-1)


def below(limit: int, drawn: Floats) -> Ints:
    """Convert numbers in [0, 1) to whole numbers below a limit."""
    return np.minimum((drawn * limit).astype(np.intp), limit - 1)


def generator(seed: int, draw: int) -> np.random.Generator:
    """Return a generator for one draw, independent of all other draws.

    It serves what cannot be keyed number by number, such as shuffles.
    """
    return np.random.default_rng([seed, draw])


def _inside(drawn: Floats) -> Floats:
    """Move numbers in [0, 1) to the middle of their steps, which excludes 0 and 1."""
    return np.asarray((np.floor(drawn * _CELLS) + 0.5) / _CELLS)


def _mix(state: Keys) -> Keys:
    """Mix the bits of 64-bit numbers."""
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return np.asarray(state ^ (state >> np.uint64(31)))
