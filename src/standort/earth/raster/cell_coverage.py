"""How much of each cell of a grid a polygon covers: exact fractions, all cells at once.

The outline is cut where it crosses the lines of the grid. Each piece then lies in one cell, and
what it covers there, and in all cells of its row beyond, follows from the area between the piece
and the side of the cell. This is how glyphs are drawn with exact grey levels, and it takes any
polygon without first asking whether it is valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.integer[Any]]

__all__ = ["Outline", "Window", "cut_outline"]

#: a cell covered by less than this share is not covered: it is the rounding of the cuts
_NOTHING = 1e-9


@dataclass(frozen=True)
class Window:
    """Rows and columns of a grid, from the first up to before the last."""

    row_start: int
    row_stop: int
    col_start: int
    col_stop: int

    @property
    def cells(self) -> int:
        """Number of cells."""
        return (self.row_stop - self.row_start) * (self.col_stop - self.col_start)

    def join(self, other: Window) -> Window:
        """Give the smallest window that holds both."""
        return Window(
            min(self.row_start, other.row_start),
            max(self.row_stop, other.row_stop),
            min(self.col_start, other.col_start),
            max(self.col_stop, other.col_stop),
        )


@dataclass(frozen=True)
class Outline:
    """A polygon's edge cut at the lines of a grid; one entry for each piece.

    Parameters
    ----------
    window
        The cells it can cover any of.
    row, col
        The cell a piece lies in.
    rise
        Rows it climbs, up to 1; negative downwards.
    beyond
        Share of the cell, of the part as high as the piece, that lies on its far side.
    """

    window: Window
    row: Ints
    col: Ints
    rise: Floats
    beyond: Floats

    def fractions(self, start: int, stop: int) -> Floats:
        """Give the covered share of the cells in some rows of the window.

        Parameters
        ----------
        start, stop
            First row, and the row after the last, counted in the grid.

        Returns
        -------
        Shares from 0 to 1, shape (stop - start, columns of the window). A row comes out the same
        to the bit whatever rows are asked for with it.
        """
        first, width = self.window.col_start, self.window.col_stop - self.window.col_start
        shape = (stop - start, width)
        kept = np.flatnonzero((self.row >= start) & (self.row < stop))
        cell = (self.row[kept] - start) * width + (self.col[kept] - first)
        rise = self.rise[kept]
        crossed, piece_of = np.unique(cell, return_inverse=True)
        inside = np.bincount(piece_of, rise * self.beyond[kept], minlength=len(crossed))
        passed = np.zeros(shape)
        passed.ravel()[crossed] = np.bincount(piece_of, rise, minlength=len(crossed))
        entering = np.zeros(shape)
        np.cumsum(passed[:, :-1], axis=1, out=entering[:, 1:])
        part = np.minimum(np.abs(entering.ravel()[crossed] + inside), 1.0)
        # a cell the edge does not cross is covered wholly or not at all
        share = np.abs(np.rint(entering, out=entering), out=entering)
        share.ravel()[crossed] = np.where(part < _NOTHING, 0.0, part)
        return share


def cut_outline(col: Floats, row: Floats, window: Window) -> Outline:
    """Cut the edge of a polygon at the lines of a grid.

    Parameters
    ----------
    col, row
        Vertices of the closed polygon, counted in cells from the corner of the grid; the first
        vertex is repeated at the end.
    window
        The cells of interest; the rest of the polygon counts for nothing.

    Returns
    -------
    The outline, which gives the covered share of each cell.

    Examples
    --------
    A triangle over half a square of four cells:

    >>> corners = np.array([0.0, 2.0, 0.0, 0.0]), np.array([0.0, 2.0, 2.0, 0.0])
    >>> cut_outline(*corners, Window(0, 2, 0, 2)).fractions(0, 2)
    array([[0.5, 0. ],
           [1. , 0.5]])
    """
    at_col = _crossings(col, window.col_start, window.col_stop)
    at_row = _crossings(row, window.row_start, window.row_stop)
    n_col, n_row, n = len(at_col[0]), len(at_row[0]), len(col) - 1
    edge = np.concatenate([np.arange(n), at_col[0], at_row[0]])
    along = np.concatenate([np.zeros(n), at_col[1], at_row[1]])
    x = col[edge] + along * (col[edge + 1] - col[edge])
    y = row[edge] + along * (row[edge + 1] - row[edge])
    # a crossing lies on its line exactly, so that a piece never leaves its cell
    x[n : n + n_col] = at_col[2]
    y[n + n_col : n + n_col + n_row] = at_row[2]
    order = np.lexsort((along, edge))
    x = np.clip(np.append(x[order], col[-1]), window.col_start, window.col_stop)
    y = np.clip(np.append(y[order], row[-1]), window.row_start, window.row_stop)

    middle_x, middle_y = (x[:-1] + x[1:]) / 2.0, (y[:-1] + y[1:]) / 2.0
    # what lies right of the window covers none of it, what lies left of it whole rows; a level
    # piece rises by nothing, but tells that its cell is crossed
    kept = np.flatnonzero((middle_x < window.col_stop) & (middle_y < window.row_stop))
    piece_col = np.floor(middle_x[kept])
    return Outline(
        window=window,
        row=np.floor(middle_y[kept]).astype(np.intp),
        col=piece_col.astype(np.intp),
        rise=(y[1:] - y[:-1])[kept],
        beyond=1.0 - (middle_x[kept] - piece_col),
    )


def _crossings(place: Floats, start: int, stop: int) -> tuple[Ints, Floats, Ints]:
    """Find where edges cross the lines from `start` to `stop`: edge, how far along it, line."""
    low = np.minimum(place[:-1], place[1:])
    high = np.maximum(place[:-1], place[1:])
    first = np.maximum(np.floor(low) + 1.0, start)
    last = np.minimum(np.ceil(high) - 1.0, stop)
    count = np.maximum(last - first + 1.0, 0.0).astype(np.intp)
    edge = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    line = first[edge] + step
    along = (line - place[edge]) / (place[edge + 1] - place[edge])
    return edge, along, line
