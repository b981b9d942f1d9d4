"""Preparation of a layer or table for a study, without raising.

Files, notebooks and `standort check` share it and differ only in how they treat the problems.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pandas as pd
from geopandas import GeoDataFrame
from pandas import DataFrame

from standort.earth import true_area
from standort.errors import Problem
from standort.layers.column_checks import (
    coerce_columns,
    count_unknown,
    find_implausible_years,
    find_problems,
    suggest,
)
from standort.layers.geometry.conversion import GeometryNotes, convert_geometry
from standort.layers.provenance import LayerSource, Notice
from standort.units import convert

if TYPE_CHECKING:
    from pathlib import Path

    from standort.roles import Role

Frame = TypeVar("Frame", GeoDataFrame, DataFrame)


class Origin(NamedTuple):
    """The file of a layer and its hash."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A layer ready for a study, or its problems.

    Parameters
    ----------
    frame
        The layer, indexed by its id; None if it has problems.
    source
        Source of the layer and a record of how it was read.
    problems
        Problems of the layer; each text names it.
    warnings
        Notices for the user; each text names the layer.
    notes
        Notices whose texts are `source.notes`.
    """

    frame: GeoDataFrame | DataFrame | None
    source: LayerSource
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Notice, ...] = ()
    notes: tuple[Notice, ...] = ()


def prepare(
    frame: GeoDataFrame | DataFrame,
    role: Role,
    *,
    year: int | None = None,
    origin: Origin | None = None,
) -> Prepared:
    """Check and convert one layer or table.

    Parameters
    ----------
    frame
        Layer or table as read or built; not changed. Its id may be a column or the named index.
    role
        Role of the layer.
    year
        Year of the study: rows whose ``year_from`` and ``year_to`` do not cover it are omitted.
    origin
        File of the layer; None if it was built in memory.

    Returns
    -------
    The layer with its record, or its problems.
    """
    named = f"{'table' if role.is_table else 'layer'} {role.name!r}"
    table = _with_id_column(frame, role)
    selected = select_year(table, year)
    notes = [] if len(selected) == len(table) else [_omitted(table, selected, year)]
    problems = [Problem("attribute", text) for text in find_problems(selected, role)]
    spatial = GeometryNotes()
    if role.geometry is None:
        selected = _without_geometry(selected)
    elif not _has_geometry(selected):
        wanted = " or ".join(f"{kind}s" for kind in sorted(role.geometry))
        remedy = f"store it as a layer of {wanted}"
        problems.append(Problem("geometry", f"it holds no geometries: {remedy}"))
    else:
        outcome = convert_geometry(selected, allowed=role.geometry, id_column=str(role.id_column))
        selected, spatial = outcome.layer, outcome.notes
        problems += outcome.problems
    kept = None if problems else _finish(selected, role)
    extent, remark = _extent(selected, table, problems=problems)
    notes += remark
    implausible = [] if kept is None else find_implausible_years(kept, role)
    if kept is not None and role.name == "land" and "area_ha" not in selected:
        text = "area_ha is the true area of the polygons on WGS84"
        notes.append(Notice("computed area", text))
    notes += [*spatial.remarks, *spatial.warnings, *implausible]
    source = replace(_record(table, role, origin, spatial, kept), extent=extent)
    notes += _near_misses(source)
    return Prepared(
        kept,
        replace(source, notes=tuple(note.text for note in notes)),
        tuple(Problem(problem.kind, f"{named}: {problem.text}") for problem in problems),
        tuple(Notice(kind, f"{named}: {text}") for kind, text in spatial.warnings),
        tuple(notes),
    )


def select_year(table: Frame, year: int | None) -> Frame:
    """Keep the rows whose period covers a year.

    Parameters
    ----------
    table
        Layer or table; the columns ``year_from`` and ``year_to`` are its periods, both ends
        included. An empty or missing bound is unlimited.
    year
        Year of the study; None keeps every row.

    Returns
    -------
    The rows kept, in their order.

    Examples
    --------
    >>> lines = DataFrame({"year_from": [1990.0, 2030.0, None], "year_to": [2020, None, None]})
    >>> select_year(lines, 2025).index.tolist()
    [2]
    """
    if year is None:
        return table
    covered = pd.Series(data=True, index=table.index)
    if "year_from" in table:
        covered &= ~(pd.to_numeric(table["year_from"], errors="coerce") > year)
    if "year_to" in table:
        covered &= ~(pd.to_numeric(table["year_to"], errors="coerce") < year)
    return table[covered.to_numpy(dtype=bool)]


def _with_id_column(frame: Frame, role: Role) -> Frame:
    """Convert an index named after the id to a column, and renumber the rows."""
    keep = role.id_column is not None and frame.index.name == role.id_column
    return frame.reset_index(drop=not keep or role.id_column in frame.columns)


def _has_geometry(frame: GeoDataFrame | DataFrame) -> bool:
    """Return whether a frame has an active geometry column."""
    return isinstance(frame, GeoDataFrame) and frame.active_geometry_name is not None


def _without_geometry(frame: GeoDataFrame | DataFrame) -> DataFrame:
    """Return a layer as a plain table."""
    if _has_geometry(frame):
        return DataFrame(frame.drop(columns=frame.active_geometry_name))
    return DataFrame(frame)


def _finish(frame: Frame, role: Role) -> Frame:
    """Convert the columns to their types and index the layer by its id."""
    typed = coerce_columns(frame, role)
    if role.name == "land" and "area_ha" not in typed:
        typed = typed.assign(area_ha=convert(true_area(typed.geometry.to_numpy()), "m2", "ha"))
    if role.id_column is None:
        return typed.reset_index(drop=True)
    return typed.set_index(role.id_column)


def _extent(
    layer: GeoDataFrame | DataFrame, table: DataFrame, *, problems: list[Problem]
) -> tuple[tuple[float, float, float, float] | None, list[Notice]]:
    """Return the extent in degrees, with a notice if it does not cover all rows."""
    if not _has_geometry(layer) or not len(layer):
        return None, []
    west, south, east, north = (float(edge) for edge in layer.total_bounds)
    if any(problem.kind == "crs" for problem in problems):
        x, y = f"{west:,.6g} to {east:,.6g}", f"{south:,.6g} to {north:,.6g}"
        text = f"in its own coordinates, x is from {x} and y from {y}"
        return None, [Notice("own coordinates", text)]
    partial = problems and len(layer) < len(table)
    text = f"the extent is that of the {len(layer):,} rows with valid geometry"
    return (west, south, east, north), [Notice("partial extent", text)] if partial else []


def _record(
    table: GeoDataFrame | DataFrame,
    role: Role,
    origin: Origin | None,
    spatial: GeometryNotes,
    kept: GeoDataFrame | DataFrame | None,
) -> LayerSource:
    """Return the record of a layer."""
    geometry = table.active_geometry_name if _has_geometry(table) else None
    columns = [str(name) for name in table.columns if name != geometry]
    known = [column.name for column in role.columns]
    return LayerSource(
        path=origin.path if origin else None,
        layer=role.name,
        sha256=origin.sha256 if origin else None,
        crs=spatial.crs,
        operation=spatial.operation,
        accuracy_m=spatial.accuracy_m,
        rows_read=len(table),
        rows_kept=0 if kept is None else len(kept),
        used_columns=tuple(name for name in known if name in columns),
        unused_columns=tuple(name for name in columns if name not in known),
        missing_columns=tuple(name for name in known if name not in columns),
        unknown=count_unknown(table if kept is None else kept, role),
        geometry_types=dict(spatial.geometry_types),
    )


def _omitted(table: DataFrame, selected: DataFrame, year: int | None) -> Notice:
    """Return a notice of the number of rows omitted for a year."""
    count = len(table) - len(selected)
    text = f"{count} of {len(table)} rows omitted: their period does not cover {year}"
    return Notice("period", text)


def _near_misses(source: LayerSource) -> list[Notice]:
    """Return notices of unused columns that look like misspelt missing ones."""
    pairs = [(name, suggest(name, source.missing_columns)) for name in source.unused_columns]
    return [
        Notice(
            f"unused column {name}",
            f"column {name!r} is unknown and not used; did you mean {meant!r}?",
        )
        for name, meant in pairs
        if meant is not None
    ]
