"""The columns of a result as a list to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standort.outputs.text_layout import wrap
from standort.units import symbol_of

if TYPE_CHECKING:
    from standort.results.schema import ResultColumn, Schema


def format_columns(schema: Schema, *, width: int = 80) -> str:
    """List the columns of each table of a result: name, kind, unit and meaning.

    Parameters
    ----------
    schema
        The schema of the result.
    width
        Width of a line [characters].

    Returns
    -------
    A paragraph per table, a line per column; attributes of the input are named only.

    Examples
    --------
    >>> from standort.results import ResultColumn, Schema
    >>> columns = ResultColumn("sites", "name", "input", ""), ResultColumn(
    ...     "sites", "port_distance_km", "metric", "port distance", "km")
    >>> print(format_columns(Schema(columns)))
    sites
      port_distance_km  metric: port distance [km]
      Attributes of the input: name
    """
    tables = dict.fromkeys(column.table for column in schema.columns)
    return "\n\n".join("\n".join(_table(schema, table, width)) for table in tables)


def _table(schema: Schema, table: str, width: int) -> list[str]:
    columns = [c for c in schema.columns if c.table == table and c.kind != "input"]
    room = max((len(column.name) for column in columns), default=0)
    indent = " " * (room + 6)
    lines = [table]
    for column in columns:
        lines += wrap([f"  {column.name:{room}}  {_describe(column)}"], width, indent=indent)
    if names := schema.names(table, "input"):
        lines += wrap([f"  Attributes of the input: {', '.join(names)}"], width, indent="    ")
    return lines


def _describe(column: ResultColumn) -> str:
    symbol = "" if column.unit is None else symbol_of(column.unit)
    unit = f" [{symbol}]" if symbol else ""
    return f"{column.kind.replace('_', ' ')}: {column.meaning}{unit}"
