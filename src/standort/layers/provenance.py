"""Records of reading a layer: its source, and notices on what was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Notice(NamedTuple):
    """Something to report about a layer.

    Notices of one `kind` differ only in counts and ids, so notices of several chunks can be counted
    by kind.
    """

    kind: str
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
