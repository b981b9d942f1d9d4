"""Preparation of a layer or table for a study, without raising.

Files, notebooks and `standort check` share it and differ only in how they treat the problems.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from geopandas import GeoDataFrame
from geopandas.array import GeometryDtype
from pandas import DataFrame, Series

from standort.earth import true_area
from standort.errors import Problem, name_ids
from standort.layers.attributes.column_checks import count_unknown, find_problems, suggest
from standort.layers.attributes.column_types import (
    Frame,
    coerce_columns,
    with_declared_names,
    with_plain_types,
    with_text_names,
)
from standort.layers.attributes.periods import (
    find_deciding_years,
    find_implausible_years,
    select_year,
)
from standort.layers.attributes.plausibility import find_implausible_quantities
from standort.layers.geometry.conversion import GeometryNotes, convert_geometry
from standort.layers.provenance import LayerSource, Notice
from standort.units import convert

if TYPE_CHECKING:
    from pathlib import Path

    from standort.roles import Role


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
    if not isinstance(frame, DataFrame):
        return _no_table(frame, role, named)
    table, names = with_text_names(_with_id_column(frame, role))
    table, differing = with_declared_names(with_plain_types(table), role)
    table, others = _with_one_geometry(table)
    layer, spatial, misplaced = _converted(table, role)
    texts = [*names, *differing, *find_problems(table, role, year=year)]
    problems = [*(Problem("attribute", text) for text in texts), *misplaced]
    selected = select_year(layer, year)
    kept = None if problems else _finish(selected, role)
    extent, remark = _extent(selected, table, problems=problems)
    notes = [] if len(selected) == len(layer) else [_omitted(table, layer, selected, year)]
    notes += remark
    if kept is not None and role.name == "land" and "area_ha" not in selected:
        text = "area_ha is the true area of the polygons on WGS84"
        notes.append(Notice("computed area", text))
    doubts = [] if kept is None else _doubts(table, kept, role, year)
    warnings = [*spatial.warnings, *doubts]
    notes += [*others, *spatial.remarks, *warnings]
    notes += [] if kept is None else find_implausible_years(kept, role)
    source = replace(_record(table, role, origin, spatial, kept), extent=extent)
    notes += _near_misses(source)
    return Prepared(
        kept,
        replace(source, notes=tuple(note.text for note in notes)),
        tuple(Problem(problem.kind, f"{named}: {problem.text}") for problem in problems),
        tuple(Notice(kind, f"{named}: {text}") for kind, text in warnings),
        tuple(notes),
    )


def _no_table(given: object, role: Role, named: str) -> Prepared:
    """Return the problem of an argument that is no table at all."""
    expected = "DataFrame" if role.is_table else "GeoDataFrame"
    text = f"{named}: expected a {expected}, got {type(given).__name__}: pass the layer itself"
    return Prepared(None, LayerSource(None, role.name), (Problem("attribute", text),))


def _with_id_column(frame: Frame, role: Role) -> Frame:
    """Convert an index named after the id to a column, and renumber the rows."""
    keep = role.id_column is not None and role.id_column in frame.index.names
    return frame.reset_index(drop=not keep or role.id_column in frame.columns)


def _with_one_geometry(table: Frame) -> tuple[Frame, list[Notice]]:
    """Return a layer with its other geometries as text (WKT), as they are read from files."""
    if not _has_geometry(table):
        return table, []
    texts: dict[str, Series] = {
        str(name): table[name].to_wkt(rounding_precision=-1)
        for name, dtype in table.dtypes.items()
        if isinstance(dtype, GeometryDtype) and name != table.active_geometry_name
    }
    if not texts:
        return table, []
    text = (
        f"a layer has one geometry, {table.active_geometry_name!r}; as text: {name_ids([*texts])}"
    )
    return table.assign(**texts), [Notice("other geometries", text)]


def _converted(
    table: Frame, role: Role
) -> tuple[GeoDataFrame | DataFrame, GeometryNotes, list[Problem]]:
    """Convert the geometries of a layer; a table has none."""
    if role.geometry is None:
        return _without_geometry(table), GeometryNotes(), []
    if _has_geometry(table):
        outcome = convert_geometry(table, allowed=role.geometry, id_column=str(role.id_column))
        return outcome.layer, outcome.notes, list(outcome.problems)
    wanted = " or ".join(f"{kind}s" for kind in sorted(role.geometry))
    spatial = [name for name, dtype in table.dtypes.items() if isinstance(dtype, GeometryDtype)]
    remedy = f"store it as a layer of {wanted}"
    if spatial:
        remedy = f"choose one of its columns, {name_ids(spatial)}, with set_geometry"
    problem = Problem("geometry", f"it holds no geometries: {remedy}")
    return table, GeometryNotes(), [problem]


def _doubts(table: DataFrame, kept: DataFrame, role: Role, year: int | None) -> list[Notice]:
    """Return what is implausible in the columns of a layer without problems."""
    return [*find_deciding_years(table, year), *find_implausible_quantities(kept, role)]


def _has_geometry(frame: GeoDataFrame | DataFrame) -> bool:
    """Return whether a frame has an active geometry column."""
    return isinstance(frame, GeoDataFrame) and frame.active_geometry_name in frame.columns


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


def _omitted(table: DataFrame, layer: DataFrame, selected: DataFrame, year: int | None) -> Notice:
    """Return a notice of the number of rows omitted for a year."""
    count = len(layer) - len(selected)
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
