"""Sums and extremes of the raster cells that discs cover, read window by window.

Sites are processed in spatial order, in blocks whose discs share a window of bounded size. A window
is read once, in strips of whole rows if even one disc is larger. Results do not depend on blocks or
strips: each row of a site's window is summed separately, and the rows are summed exactly.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.earth.blocks import in_threads, spatial_order
from standort.earth.geodesy import geocentric
from standort.earth.raster.cell_coverage import Window
from standort.earth.raster.discs import disc_around

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from standort.array_types import Flags, Floats
    from standort.earth.raster.cells import Cover, Grid
    from standort.layers.features import Sites
    from standort.layers.rasters.raster_files import Raster

    Convert = Callable[[Floats], Floats]

#: most cells read at a time (unless one row of one disc has more)
BLOCK_CELLS = 8_000_000
#: most sites in a block
BLOCK_SITES = 512
#: cells along each side of the tiles in which single cells are read
_TILE = 256


@dataclass(frozen=True)
class Covered:
    """Areas, sums and extremes of the cells covered by each site's disc; all shapes (sites,).

    Parameters
    ----------
    disc
        WGS84 area of the disc [m2].
    known
        Area of the disc where the value is known [m2].
    by_area
        Sum of value times covered area [value m2].
    by_share
        Sum of value times covered share of the cell [value].
    low, high
        Smallest and largest value of a cell covered at least partly; infinite if there is none.
    """

    disc: Floats
    known: Floats
    by_area: Floats
    by_share: Floats
    low: Floats
    high: Floats


@dataclass
class _Tally:
    """Sums of one site, row by row, before they are totalled."""

    site: int
    disc: float
    covers: list[Cover]
    known: list[float] = field(default_factory=list)
    by_area: list[float] = field(default_factory=list)
    by_share: list[float] = field(default_factory=list)
    low: float = math.inf
    high: float = -math.inf

    def add(self, cover: Cover, strip: _Strip) -> None:
        """Add the rows of a cover that are in a strip."""
        window = cover.window
        start = max(window.row_start, strip.window.row_start)
        stop = min(window.row_stop, strip.window.row_stop)
        if start >= stop:
            return
        share, cell_area = cover.shares(start, stop)
        part = strip.part(start, stop, window)
        value = strip.values[part]
        covered = share > 0.0
        if strip.known is not None:
            known = strip.known[part]
            share, covered = share * known, covered & known
        area = share * cell_area
        self.known += _row_sums(area)
        self.by_area += _row_sums(area * value)
        self.by_share += _row_sums(share * value)
        counted = value[covered]
        self.low = min(self.low, float(counted.min(initial=np.inf)))
        self.high = max(self.high, float(counted.max(initial=-np.inf)))


@dataclass(frozen=True)
class _Strip:
    """Values of some cells, 0 where unknown, and which are known; None if all are."""

    window: Window
    values: Floats
    known: Flags | None

    @classmethod
    def of(cls, window: Window, values: Floats) -> _Strip:
        known = ~np.isnan(values)
        if known.all():
            return cls(window, values, None)
        return cls(window, np.where(known, values, 0.0), known)

    def part(self, start: int, stop: int, window: Window) -> tuple[slice, slice]:
        """Return the slices of this strip that hold some rows of a window."""
        first, left = self.window.row_start, self.window.col_start
        return (
            slice(start - first, stop - first),
            slice(window.col_start - left, window.col_stop - left),
        )


def cover_discs(
    sites: Sites, raster: Raster, radius: float, convert: Convert | None = None
) -> Covered:
    """Return sums and extremes of the raster cells that discs around sites cover.

    Parameters
    ----------
    sites
        Centres of the discs.
    raster
        The raster.
    radius
        Radius [m].
    convert
        Converts the values, cell by cell, before they are summed; NaN stays NaN.

    Returns
    -------
    Areas, sums and extremes; those of no cells outside the raster.
    """
    columns = {name: np.zeros(len(sites)) for name in Covered.__dataclass_fields__}
    with raster.reading() as read:
        for block in _blocks(sites, raster.grid, radius):
            for window, members in _shared_windows(block):
                for part in _strips(window):
                    values = read(part)
                    strip = _Strip.of(part, values if convert is None else convert(values))
                    _add_all(members, strip)
            for tally in block:
                for name in ("known", "by_area", "by_share"):
                    # exact in any order, so strips and blocks do not matter
                    columns[name][tally.site] = math.fsum(getattr(tally, name))
                for name in ("disc", "low", "high"):
                    columns[name][tally.site] = getattr(tally, name)
    return Covered(**columns)


def _add_all(members: list[tuple[_Tally, Cover]], strip: _Strip) -> None:
    """Add a strip to all members, which belong to different sites, in threads."""
    if len(members) == 1:
        members[0][0].add(members[0][1], strip)
        return
    deque(in_threads(lambda member: member[0].add(member[1], strip), members), maxlen=0)


def _blocks(sites: Sites, grid: Grid, radius: float) -> Iterator[list[_Tally]]:
    """Group sites whose discs are close together; a disc across a seam is a group of its own."""
    block: list[_Tally] = []
    shared: Window | None = None
    for site in spatial_order(geocentric(sites.lon, sites.lat)):
        disc = disc_around(float(sites.lon[site]), float(sites.lat[site]), radius)
        tally = _Tally(int(site), disc.area, grid.covers(disc, radius))
        if len(tally.covers) != 1:
            yield [tally]
            continue
        window = tally.covers[0].window
        joined = window if shared is None else shared.join(window)
        if block and (joined.cells > BLOCK_CELLS or len(block) == BLOCK_SITES):
            yield block
            block, joined = [], window
        block.append(tally)
        shared = joined
    if block:
        yield block


def _shared_windows(block: list[_Tally]) -> Iterator[tuple[Window, list[tuple[_Tally, Cover]]]]:
    """Yield the windows to read for a block, and the members that use each."""
    if len(block) == 1:
        for cover in block[0].covers:
            yield cover.window, [(block[0], cover)]
    else:
        members = [(tally, cover) for tally in block for cover in tally.covers]
        yield reduce(Window.join, [cover.window for _, cover in members]), members


def _strips(window: Window) -> Iterator[Window]:
    """Split a window into strips of whole rows that fit the memory budget."""
    height = max(1, BLOCK_CELLS // (window.col_stop - window.col_start))
    for start in range(window.row_start, window.row_stop, height):
        yield replace(window, row_start=start, row_stop=min(start + height, window.row_stop))


def _row_sums(cells: Floats) -> list[float]:
    """Return the sum of each row, computed separately so that other rows do not affect it."""
    starts = np.arange(0, cells.size, cells.shape[1])
    sums: list[float] = np.add.reduceat(cells.ravel(), starts).tolist()
    return sums


def cells_of_sites(sites: Sites, raster: Raster) -> Floats:
    """Return the value of the cell that contains each site, NaN outside the raster or unknown.

    Cells are read tile by tile, each tile once.
    """
    row, col = raster.grid.locate(sites.lon, sites.lat)
    values = np.full(len(sites), np.nan)
    tile = (row // _TILE) * (raster.cols // _TILE + 1) + col // _TILE
    order = np.argsort(np.where(row < 0, -1, tile), kind="stable")
    order = order[row[order] >= 0]
    if not order.size:
        return values
    groups: list[NDArray[Any]] = np.split(order, np.flatnonzero(np.diff(tile[order])) + 1)
    with raster.reading() as read:
        for group in groups:
            top, left = int(row[group].min()), int(col[group].min())
            window = Window(top, int(row[group].max()) + 1, left, int(col[group].max()) + 1)
            values[group] = read(window)[row[group] - top, col[group] - left]
    return values
