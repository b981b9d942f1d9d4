"""Spatial ordering, compact blocks of bounded memory, and parallel work on them."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from standort.array_types import Floats, Ints


Item = TypeVar("Item")
Answer = TypeVar("Answer")

#: most sites in a block
BLOCK_SITES = 8_192
#: most pairs of a site and a vertex in a block (unless it holds a single site)
BLOCK_PAIRS = 2_000_000
#: fewest points in a group, and most groups, of a coarse density summary
GROUP_POINTS = 64
MOST_GROUPS = 16_384

#: beyond any geocentric coordinate of the Earth, and the edge of the curve's cubes [m]
WIDEST = 6_400_000.0
_CUBE = 1_000.0
#: smallest edge of a cube [m]: positions of cubes along an axis then fit 21 bits
LEAST_EDGE = 7.0
#: points that one thread processes at a time
_AT_ONCE = 65_536
#: pieces in which longer arrays are sorted
_PIECES = 8
#: shifts and masks that put two zeros between the bits of a 21-bit number
_SPREADING = tuple(
    (np.uint64(spread), np.uint64(mask))
    for spread, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    )
)


def spatial_order(points: Floats) -> Ints:
    """Order points along a Morton curve, so that neighbours in space are close in memory.

    Results never depend on this order: it only makes tree queries use the cache better.

    >>> spatial_order(np.array([[0.0, 0, 0], [9e5, 0, 0], [1.0, 0, 0]]))
    array([0, 2, 1])
    """
    return ascending(cube_numbers(points, _CUBE))


def cube_numbers(points: Floats, edge: float) -> NDArray[np.uint64]:
    """Return the Morton number of the cube that holds each point, for an edge of 7 m or more.

    The bits of the three positions along the axes alternate, so eight cubes that differ in the last
    three bits form one of twice the edge.
    """
    number = np.zeros(len(points), dtype=np.uint64)

    def fill(some: slice) -> None:
        for axis in range(3):
            cell = ((points[some, axis] + WIDEST) / edge).astype(np.uint64)
            for spread, mask in _SPREADING:
                cell = (cell | (cell << spread)) & mask
            number[some] |= cell << np.uint64(axis)

    in_parts(fill, len(points))
    return number


def ascending(number: NDArray[np.uint64]) -> Ints:
    """Return the order that sorts numbers; long arrays are sorted piece by piece in threads."""
    if len(number) <= _AT_ONCE:
        return np.argsort(number)
    sample = np.sort(number[:: len(number) // 4_096])
    bounds = sample[np.arange(1, _PIECES) * len(sample) // _PIECES]

    def sort(piece: int) -> Ints:
        held = np.ones(len(number), dtype=np.bool_)
        if piece > 0:
            held &= number >= bounds[piece - 1]
        if piece < len(bounds):
            held &= number < bounds[piece]
        which = np.flatnonzero(held)
        return which[np.argsort(number[which])]

    return np.concatenate(list(in_threads(sort, range(_PIECES))))


@dataclass(frozen=True)
class Crowding:
    """A coarse summary of where points are, to bound how many are near a position.

    Points in spatial order form groups of equal size, each described by its bounding sphere.
    """

    centre: Floats
    radius: Floats
    size: Ints

    @classmethod
    def of(cls, points: Floats) -> Crowding:
        """Group points [m], shape (n, 3)."""
        order = spatial_order(points)
        starts = np.arange(0, len(order), max(GROUP_POINTS, len(order) // MOST_GROUPS))
        size = np.diff(starts, append=len(order))
        low = np.minimum.reduceat(points[order], starts)
        high = np.maximum.reduceat(points[order], starts)
        return cls((low + high) / 2.0, np.linalg.norm(high - low, axis=1) / 2.0, size)

    def bound(self, centre: Floats, reach: float) -> int:
        """Return an upper bound for the number of points within reach [m] of a position."""
        away = np.linalg.norm(self.centre - centre, axis=1)
        return int(self.size[away <= reach + self.radius].sum())


def compact_blocks(
    points: Floats, crowding: Crowding, radius: float, *, extra: int = 0
) -> Iterator[Ints]:
    """Split points into blocks whose pairs within `radius` [m] fit the memory budget.

    Each point may have `extra` pairs beyond those that `crowding` counts. The vertices within the
    radius of a block's bounding sphere bound the pairs of each of its points, so a block never has
    more than `BLOCK_PAIRS` (a single point may).
    """
    order = spatial_order(points)
    axes = np.ascontiguousarray(points[order].T)  # the extremes are fastest along a long axis
    starts = range(0, len(order), BLOCK_SITES)
    todo = deque((start, min(start + BLOCK_SITES, len(order))) for start in starts)
    while todo:
        start, stop = todo.popleft()
        low, high = axes[:, start:stop].min(axis=1), axes[:, start:stop].max(axis=1)
        reach = radius + float(np.linalg.norm(high - low)) / 2.0
        bound = extra + crowding.bound((low + high) / 2.0, reach)
        if bound * (stop - start) <= BLOCK_PAIRS or stop - start == 1:
            yield order[start:stop]
        else:
            half = (start + stop) // 2
            todo.extendleft([(half, stop), (start, half)])


def in_parts(work: Callable[[slice], None], n: int) -> None:
    """Apply work to slices of range(n), in a few threads if n is large."""
    if n <= _AT_ONCE:
        work(slice(0, n))
        return
    for _ in in_threads(work, (slice(i, i + _AT_ONCE) for i in range(0, n, _AT_ONCE))):
        pass


def in_threads(work: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """Map over items in a few threads, in order, keeping only a few results at a time.

    A single item is processed by the caller: starting a thread takes longer than many searches.
    """
    coming = iter(items)
    first = list(islice(coming, 2))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if len(first) < 2 or cores == 1:  # noqa: PLR2004
        yield from map(work, chain(first, coming))
        return
    ahead = (cores or 1) + 1
    with ThreadPoolExecutor(cores) as pool:
        running = deque[Future[Answer]]()
        for item in chain(first, coming):
            running.append(pool.submit(work, item))
            if len(running) > ahead:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
