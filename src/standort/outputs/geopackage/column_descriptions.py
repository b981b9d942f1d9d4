"""Descriptions of columns in the schema extension of a GeoPackage, which QGIS shows.

GeoPackage 1.3, annex F.9: the table ``gpkg_data_columns`` gives a column a title, which GDAL and
QGIS read as its alias, and a description, which they read as its comment. The extension requires
the table of constraints too, which stays empty.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from standort.outputs.wording import humanise
from standort.units import symbol_of

if TYPE_CHECKING:
    from pathlib import Path

    from standort.results.schema import ResultColumn, Schema

_TABLES = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  name TEXT,
  title TEXT,
  description TEXT,
  mime_type TEXT,
  constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name)
);
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL,
  constraint_type TEXT NOT NULL,
  value TEXT,
  min NUMERIC,
  min_is_inclusive BOOLEAN,
  max NUMERIC,
  max_is_inclusive BOOLEAN,
  description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
);
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT,
  column_name TEXT,
  extension_name TEXT NOT NULL,
  definition TEXT NOT NULL,
  scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);
INSERT INTO gpkg_extensions VALUES
  ('gpkg_data_columns', NULL, 'gpkg_schema',
   'http://www.geopackage.org/spec121/#extension_schema', 'read-write'),
  ('gpkg_data_column_constraints', NULL, 'gpkg_schema',
   'http://www.geopackage.org/spec121/#extension_schema', 'read-write');
"""


def describe_columns(path: Path, schema: Schema) -> None:
    """Add titles and descriptions of columns to a GeoPackage; nothing for an empty schema.

    Parameters
    ----------
    path
        The GeoPackage, its tables written.
    schema
        The columns; those that are not in the file, and attributes of the input, are left out.
    """
    if not schema.columns:
        return
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")  # the caller syncs the file
        connection.executescript(_TABLES)
        written = {
            (table, name)
            for table in {column.table for column in schema.columns}
            for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        }
        rows = [
            (column.table, column.name, alias_of(column), alias_of(column), column.meaning)
            for column in schema.columns
            if column.kind != "input" and (column.table, column.name) in written
        ]
        connection.executemany(
            "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, NULL)", rows
        )


def alias_of(column: ResultColumn) -> str:
    """Return a readable name of a column, with its unit in brackets.

    Parameters
    ----------
    column
        The column.

    Returns
    -------
    The alias, unique within a table.

    Examples
    --------
    >>> from standort.results.schema import ResultColumn
    >>> alias_of(ResultColumn("sites", "port_distance_km", "metric", "port distance", "km"))
    'Port distance [km]'
    """
    if column.unit is None or column.unit == "count":
        words = humanise(column.name)
        return words[:1].upper() + words[1:]
    words = humanise(column.name.removesuffix(f"_{column.unit}"))
    return f"{words[:1].upper()}{words[1:]} [{symbol_of(column.unit) or column.unit}]"
