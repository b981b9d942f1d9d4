"""Records of reading a layer: its source, notices on what was done, and problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from standort.errors import CRSError, GeometryError, LayerError, gather

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

ProblemKind = Literal["crs", "geometry", "attribute"]

_ERRORS: dict[ProblemKind, type[LayerError]] = {
    "crs": CRSError,
    "geometry": GeometryError,
    "attribute": LayerError,
}


class Notice(NamedTuple):
    """Something to report about a layer.

    Notices of one `kind` differ only in counts and ids, so notices of several chunks can be counted
    by kind.
    """

    kind: str
    text: str


class Problem(NamedTuple):
    """A problem of an input, with its kind."""

    kind: ProblemKind
    text: str


@dataclass(frozen=True, slots=True)
class LayerSource:
    """Source of a layer and a record of how it was read.

    Parameters
    ----------
    path
        File of the layer; None for a layer built in memory.
    layer
        Name of the layer or table.
    sha256
        Hash of that file; None for a layer built in memory.
    crs
        Coordinate reference system of the input; None for a table.
    operation
        Operation of PROJ to reach WGS84; None if none was necessary.
    accuracy_m
        Accuracy of that operation [m] according to PROJ; None if unknown or not applicable.
    rows_read
        Rows in the file.
    rows_kept
        Rows in the study; 0 for a layer with problems.
    notes
        Sentences on all conversions, repairs and omissions.
    used_columns
        Columns that are part of the contract.
    unused_columns
        Other columns; they are kept in the layer.
    missing_columns
        Optional columns of the contract that the layer lacks.
    unknown
        Number of unknown values of each quantity column with any: among the rows kept or, for a
        layer with problems, among the rows read.
    geometry_types
        Number of rows of each geometry type in the input.
    extent
        West, south, east and north [degrees] of the rows kept; None for tables and empty layers.
        For a layer with problems, of the rows with valid geometry, and None if its CRS is unknown.
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
    """Raise all problems of an input as one error, if there are any.

    Parameters
    ----------
    problems
        Problems of the input.
    of
        Name of the input, with which the message begins.

    Raises
    ------
    CRSError
        If all problems concern a coordinate reference system.
    GeometryError
        If all problems concern geometry.
    LayerError
        Otherwise.

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
