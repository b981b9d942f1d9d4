"""What is noted while a layer comes in: where it came from, what was done, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from standort.errors import CRSError, GeometryError, LayerError, gather

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["Problem", "ProblemKind", "LayerSource", "raise_problems"]

ProblemKind = Literal["crs", "geometry", "attribute"]

_ERRORS: dict[ProblemKind, type[LayerError]] = {
    "crs": CRSError,
    "geometry": GeometryError,
    "attribute": LayerError,
}


class Problem(NamedTuple):
    """One thing that is wrong with an input, and of which kind it is."""

    kind: ProblemKind
    text: str


@dataclass(frozen=True, slots=True)
class LayerSource:
    """Where a layer came from and what became of it on the way in.

    Parameters
    ----------
    path
        File it was read from; None for a layer built in memory.
    layer
        Name of the layer or table.
    sha256
        Hash of that file; None for a layer built in memory.
    crs
        Coordinate reference system it came in; None for a table.
    operation
        What PROJ did to reach WGS84; None where nothing was to do.
    accuracy_m
        Accuracy of that operation [m] as PROJ states it; None if unknown or nothing was done.
    rows_read
        Rows in the file.
    rows_kept
        Rows in the study; 0 for a layer that problems keep out.
    notes
        Sentences on everything that was converted, repaired, dropped or left out.
    used_columns
        Columns that the contract knows.
    unused_columns
        Columns that it does not know; they stay in the layer.
    missing_columns
        Optional columns of the contract that the layer lacks.
    unknown
        Number of unknown values, for each quantity column with any: among the rows kept, or, in a
        layer that problems keep out, among the rows read.
    geometry_types
        Number of rows of each geometry type in the file.
    extent
        West, south, east and north [degrees] of the rows kept; None for tables and empty layers.
        In a layer that problems keep out, of the rows whose geometry is sound, and None if its CRS
        is not known.
    """

    path: Path | None
    layer: str
    sha256: str | None = None
    crs: str | None = None
    operation: str | None = None
    accuracy_m: float | None = None
    rows_read: int = 0
    rows_kept: int = 0
    notes: tuple[str, ...] = ()
    used_columns: tuple[str, ...] = ()
    unused_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    geometry_types: Mapping[str, int] = field(default_factory=dict)
    extent: tuple[float, float, float, float] | None = None


def raise_problems(problems: Sequence[Problem], *, of: str) -> None:
    """Raise all problems of one input as one error; do nothing if there are none.

    Parameters
    ----------
    problems
        What is wrong.
    of
        Name of the input, to begin the message with.

    Raises
    ------
    CRSError
        If every problem is about a coordinate reference system.
    GeometryError
        If every problem is about geometry.
    LayerError
        In any other case.

    Examples
    --------
    >>> raise_problems([Problem("crs", "layer 'ports' has no CRS")], of="study.gpkg")
    Traceback (most recent call last):
    standort.errors.CRSError: study.gpkg: layer 'ports' has no CRS
    """
    if not problems:
        return
    kinds = {problem.kind for problem in problems}
    error = _ERRORS[kinds.pop()] if len(kinds) == 1 else LayerError
    raise error(gather([problem.text for problem in problems], of=of))
