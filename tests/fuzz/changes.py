"""How an oddity gets into a study: as a cell, a geometry, a column or a file that others wrote."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from fuzz.healthy_study import (
    FORMS,
    N_ROWS,
    ODD_ROW,
    change_rows,
    healthy_geopackage,
    study_with,
    write_form,
)
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: SQL that finds the odd row
_HERE = f"WHERE rowid = {ODD_ROW + 1}"


class NotInThisForm(Exception):  # noqa: N818 - a fact, not an error
    """The oddity cannot exist in a form: Parquet, for one, holds one type per column."""


@dataclass(frozen=True)
class Oddity:
    """Something odd in one layer of a healthy study."""

    name: str
    layer: str
    #: whether all rows but one are as they were
    one_row: ClassVar[bool] = False

    def __str__(self) -> str:
        return f"{self.layer}: {self.name}"

    def write(self, form: str, folder: Path) -> Path:
        """Write the study with the oddity as a GeoPackage or a folder."""
        return write_form(form, {**study_with(self.layer), self.layer: self.in_memory()}, folder)

    def in_memory(self) -> Any:  # noqa: ANN401 - a table with or without geometry
        """Build the layer with the oddity."""
        return study_with(self.layer)[self.layer]

    def rows(self) -> int:
        """Return the number of rows that the layer has in the input."""
        return N_ROWS

    def is_kept(self, read: pd.DataFrame) -> bool:  # noqa: ARG002 - for those that override it
        """Whether the layer, as it was read, says what the input says."""
        return True


@dataclass(frozen=True)
class Cell(Oddity):
    """A cell that holds something odd; `latin` makes it text that is not UTF-8."""

    column: str
    value: Any
    latin: bool = False
    one_row: ClassVar[bool] = True

    def write(self, form: str, folder: Path) -> Path:
        if form != "geopackage":
            return self._write_parquet(folder)
        path = folder / "study.gpkg"
        path.write_bytes(healthy_geopackage(self.layer))
        put = "CAST(? AS TEXT)" if self.latin else "?"
        statement = f'UPDATE "{self.layer}" SET "{self.column}" = {put} {_HERE}'  # noqa: S608
        try:
            change_rows(path, (statement, (self.value,)))
        except OverflowError:
            raise NotInThisForm from None
        if not self.latin and self._stored(path) != self.value:
            raise NotInThisForm  # SQLite made it what the column holds, so nothing is odd
        return path

    def _stored(self, path: Path) -> object:
        with closing(sqlite3.connect(path)) as base:
            query = f'SELECT "{self.column}" FROM "{self.layer}" {_HERE}'  # noqa: S608
            return base.execute(query).fetchone()[0]

    def _write_parquet(self, folder: Path) -> Path:
        """Write a folder; a text among numbers makes all of them texts there."""
        layer = self.in_memory()
        if isinstance(self.value, str):
            layer[self.column] = layer[self.column].map(str)
        try:
            return write_form("folder", {**study_with(self.layer), self.layer: layer}, folder)
        except (pa.ArrowException, OverflowError):
            raise NotInThisForm from None

    def in_memory(self) -> Any:  # noqa: ANN401
        if self.latin:
            raise NotInThisForm
        layer = study_with(self.layer)[self.layer]
        cells = layer[self.column].tolist()
        cells[ODD_ROW] = self.value
        return layer.assign(**{self.column: pd.Series(cells, dtype=object)})

    def is_kept(self, read: pd.DataFrame) -> bool:
        column = read.reset_index()[self.column]
        return len(column) <= ODD_ROW or says_the_same(self.value, column.iloc[ODD_ROW])


def says_the_same(cell: object, read: Any) -> bool:  # noqa: ANN401 - whatever was read
    """Whether what was read says what the cell says: unknown stays unknown, a text its number."""
    if cell is None or cell == "" or cell != cell:  # noqa: PLR0124 - NaN
        return bool(pd.isna(read)) or read == ""
    if isinstance(read, str):
        return isinstance(cell, str | int) and read == str(cell)
    try:
        return bool(float(read) == float(cell))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


@dataclass(frozen=True)
class Shape(Oddity):
    """A geometry, as the WKB that a file holds; None is a missing one."""

    wkb: bytes | None
    forms: tuple[str, ...] = FORMS
    one_row: ClassVar[bool] = True

    def write(self, form: str, folder: Path) -> Path:
        if form not in self.forms:
            raise NotInThisForm
        path = write_form(form, study_with(self.layer), folder)
        if form == "geopackage":
            blob = None if self.wkb is None else b"GP\0\1" + struct.pack("<i", 4326) + self.wkb
            statement = f'UPDATE "{self.layer}" SET geom = ? {_HERE}'  # noqa: S608
            change_rows(path, (statement, (blob,)))
            return path
        file = path / f"{self.layer}.parquet"
        table = parquet.read_table(file)
        shapes = table["geometry"].to_pylist()
        shapes[ODD_ROW] = self.wkb
        at = table.schema.get_field_index("geometry")
        parquet.write_table(table.set_column(at, "geometry", pa.array(shapes, pa.binary())), file)
        return path

    def in_memory(self) -> Any:  # noqa: ANN401
        layer = study_with(self.layer)[self.layer]
        shapes = list(layer.geometry)
        try:
            with np.errstate(invalid="ignore"):
                shapes[ODD_ROW] = shapely.from_wkb(self.wkb)
        except (shapely.errors.GEOSException, NotImplementedError):
            raise NotInThisForm from None
        return layer.set_geometry(gpd.GeoSeries(shapes, crs=4326))


@dataclass(frozen=True)
class Frame(Oddity):
    """A layer changed in memory, and written as it is then."""

    change: Callable[[Any], Any]
    forms: tuple[str, ...] = FORMS

    def write(self, form: str, folder: Path) -> Path:
        if form not in self.forms:
            raise NotInThisForm
        try:
            return super().write(form, folder)
        except (pa.ArrowException, pyogrio.errors.FieldError, TypeError, ValueError):
            raise NotInThisForm from None

    def in_memory(self) -> Any:  # noqa: ANN401
        return self.change(study_with(self.layer)[self.layer])

    def rows(self) -> int:
        return len(self.in_memory())


@dataclass(frozen=True)
class _OnDisk(Oddity):
    """Something that only a file can be."""

    def in_memory(self) -> Any:  # noqa: ANN401
        raise NotInThisForm


@dataclass(frozen=True)
class Table(_OnDisk):
    """A Parquet file whose Arrow table was changed."""

    change: Callable[[pa.Table], pa.Table]

    def write(self, form: str, folder: Path) -> Path:
        if form != "folder":
            raise NotInThisForm
        path = write_form(form, study_with(self.layer), folder)
        file = path / f"{self.layer}.parquet"
        parquet.write_table(self.change(parquet.read_table(file)), file)
        return path


@dataclass(frozen=True)
class Base(_OnDisk):
    """A GeoPackage changed with SQL."""

    statements: str

    def write(self, form: str, folder: Path) -> Path:
        if form != "geopackage":
            raise NotInThisForm
        path = folder / "study.gpkg"
        path.write_bytes(healthy_geopackage(self.layer))
        change_rows(path, *((statement, ()) for statement in self.statements.split(";")))
        return path

    def rows(self) -> int:
        return 0 if "DELETE FROM sites" in self.statements else N_ROWS


@dataclass(frozen=True)
class File(_OnDisk):
    """A file of the study, changed from outside."""

    change: Callable[[Path], object]
    form: str = "geopackage"

    def write(self, form: str, folder: Path) -> Path:
        if form != self.form:
            raise NotInThisForm
        path = write_form(form, study_with(self.layer), folder)
        self.change(path if form == "geopackage" else path / f"{self.layer}.parquet")
        return path
