"""Exact fractions of the grid cells that a polygon covers.

The outline is cut where it crosses the lines of the grid. Each piece is then in one cell, and what
it covers there and in the rest of its row follows from the area between the piece and the side of
the cell. Font renderers compute exact grey levels the same way; the polygon need not be valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from standort.array_types import Floats, Ints


#: a smaller covered share is rounding error of the cuts and counts as none
_NOTHING = 1e-9


@dataclass(frozen=True)
class Window:
    """A range of rows and columns of a grid; `row_stop` and `col_stop` are excluded."""

    row_start: int
    row_stop: int
    col_start: int
    col_stop: int

    @property
    def cells(self) -> int:
        """Number of cells."""
        return (self.row_stop - self.row_start) * (self.col_stop - self.col_start)

    def join(self, other: Window) -> Window:
        """Return the smallest window that contains both."""
        return Window(
            min(self.row_start, other.row_start),
            max(self.row_stop, other.row_stop),
            min(self.col_start, other.col_start),
            max(self.col_stop, other.col_stop),
        )


@dataclass(frozen=True)
class Outline:
    """A polygon's boundary cut at the lines of a grid; one entry per piece.

    Parameters
    ----------
    window
        The cells it may cover.
    row, col
        The cell of each piece.
    rise
        Rows the piece rises, at most 1; negative downwards.
    beyond
        Share of the cell beyond the piece, over the height of the piece.
    """

    window: Window
    row: Ints
    col: Ints
    rise: Floats
    beyond: Floats

    def fractions(self, start: int, stop: int) -> Floats:
        """Return the covered share of the cells in some rows of the window.

        Parameters
        ----------
        start, stop
            First row, and the row after the last, numbered in the grid.

        Returns
        -------
        Shares from 0 to 1, shape (stop - start, columns of the window). A row is the same to the
        bit whichever rows are requested with it.
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
        # a cell that the boundary does not cross is covered entirely or not at all
        share = np.abs(np.rint(entering, out=entering), out=entering)
        share.ravel()[crossed] = np.where(part < _NOTHING, 0.0, part)
        return share


def cut_outline(col: Floats, row: Floats, window: Window) -> Outline:
    """Cut the boundary of a polygon at the lines of a grid.

    Parameters
    ----------
    col, row
        Vertices of the closed polygon, in cells from the corner of the grid; the first vertex is
        repeated at the end.
    window
        The cells of interest; the rest of the polygon is ignored.

    Returns
    -------
    The outline, whose `fractions` are the covered shares.

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
    # a crossing is exactly on its line, so that a piece never leaves its cell
    x[n : n + n_col] = at_col[2]
    y[n + n_col : n + n_col + n_row] = at_row[2]
    order = np.lexsort((along, edge))
    x = np.clip(np.append(x[order], col[-1]), window.col_start, window.col_stop)
    y = np.clip(np.append(y[order], row[-1]), window.row_start, window.row_stop)

    middle_x, middle_y = (x[:-1] + x[1:]) / 2.0, (y[:-1] + y[1:]) / 2.0
    # pieces right of the window cover none of it, pieces left of it whole rows; a level piece
    # rises by 0 but marks its cell as crossed
    kept = np.flatnonzero((middle_x < window.col_stop) & (middle_y < window.row_stop))
    piece_col = np.floor(middle_x[kept])
    return Outline(
        window=window,
        row=np.floor(middle_y[kept]).astype(np.intp),
        col=piece_col.astype(np.intp),
        rise=(y[1:] - y[:-1])[kept],
        beyond=1.0 - (middle_x[kept] - piece_col),
    )


def _crossings(position: Floats, start: int, stop: int) -> tuple[Ints, Floats, Ints]:
    """Return where edges cross the lines from `start` to `stop`: edge, fraction along it, line."""
    low = np.minimum(position[:-1], position[1:])
    high = np.maximum(position[:-1], position[1:])
    first = np.maximum(np.floor(low) + 1.0, start)
    last = np.minimum(np.ceil(high) - 1.0, stop)
    count = np.maximum(last - first + 1.0, 0.0).astype(np.intp)
    edge = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    line = first[edge] + step
    along = (line - position[edge]) / (position[edge + 1] - position[edge])
    return edge, along, line
