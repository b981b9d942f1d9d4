"""One layer or table, from what came to what a study holds; nothing is raised on the way.

Files, notebooks and `standort check` share this path: they differ only in what they do with the
problems.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import pandas as pd
from geopandas import GeoDataFrame
from pandas import DataFrame

from standort.earth import true_area
from standort.layers.column_checks import (
    coerce_columns,
    count_unknown,
    find_problems,
    find_implausible_years,
    suggest,
)
from standort.layers.geometry.conversion import GeometryNotes, convert_geometry
from standort.layers.provenance import Problem, LayerSource
from standort.units import convert

if TYPE_CHECKING:
    from pathlib import Path

    from standort.roles import Role

__all__ = ["Origin", "Prepared", "prepare", "select_year"]


Frame = TypeVar("Frame", GeoDataFrame, DataFrame)


class Origin(NamedTuple):
    """The file a layer comes from, and its hash."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A layer ready for a study, or the problems that keep it out.

    Parameters
    ----------
    frame
        The layer, indexed by its id; None if it has problems.
    source
        Where it came from and what was done.
    problems
        Everything wrong with it; each sentence names the layer.
    warnings
        What a user must hear about; each sentence names the layer.
    """

    frame: GeoDataFrame | DataFrame | None
    source: LayerSource
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


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
        The part it plays.
    year
        Year of the study: rows whose ``year_from`` and ``year_to`` do not cover it are left out.
    origin
        File it came from; None if it was built in memory.

    Returns
    -------
    The layer with its record, or its problems.
    """
    named = f"{'table' if role.is_table else 'layer'} {role.name!r}"
    table = _with_id_column(frame, role)
    selected = select_year(table, year)
    notes = [] if len(selected) == len(table) else [_left_out(table, selected, year)]
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
    odd_years = [] if kept is None else find_implausible_years(kept, role)
    if kept is not None and role.name == "land" and "area_ha" not in selected:
        notes.append("area_ha is the true area of the polygons on WGS84")
    notes += [*spatial.remarks, *spatial.warnings, *odd_years]
    source = replace(_record(table, role, origin, spatial, kept), extent=extent)
    return Prepared(
        kept,
        replace(source, notes=(*notes, *_near_misses(source))),
        tuple(Problem(problem.kind, f"{named}: {problem.text}") for problem in problems),
        tuple(f"{named}: {text}" for text in spatial.warnings),
    )


def select_year(table: Frame, year: int | None) -> Frame:
    """Keep the rows whose period covers a year.

    Parameters
    ----------
    table
        Layer or table; the columns ``year_from`` and ``year_to`` are its periods, both ends
        included. An empty bound is open, and so is one whose column is missing.
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
    """Turn an index named after the id into a column; number the rows anew."""
    keep = role.id_column is not None and frame.index.name == role.id_column
    return frame.reset_index(drop=not keep or role.id_column in frame.columns)


def _has_geometry(frame: GeoDataFrame | DataFrame) -> bool:
    """Tell whether a frame has a column of geometries to work on."""
    return isinstance(frame, GeoDataFrame) and frame.active_geometry_name is not None


def _without_geometry(frame: GeoDataFrame | DataFrame) -> DataFrame:
    """Make a plain table of a layer."""
    if _has_geometry(frame):
        return DataFrame(frame.drop(columns=frame.active_geometry_name))
    return DataFrame(frame)


def _finish(frame: Frame, role: Role) -> Frame:
    """Type the columns and index the layer by its id."""
    typed = coerce_columns(frame, role)
    if role.name == "land" and "area_ha" not in typed:
        typed = typed.assign(area_ha=convert(true_area(typed.geometry.to_numpy()), "m2", "ha"))
    if role.id_column is None:
        return typed.reset_index(drop=True)
    return typed.set_index(role.id_column)


def _extent(
    layer: GeoDataFrame | DataFrame, table: DataFrame, *, problems: list[Problem]
) -> tuple[tuple[float, float, float, float] | None, list[str]]:
    """Measure the extent in degrees, and remark on what of a faulty layer it stands for."""
    if not _has_geometry(layer) or not len(layer):
        return None, []
    west, south, east, north = (float(edge) for edge in layer.total_bounds)
    if any(problem.kind == "crs" for problem in problems):
        x, y = f"{west:,.6g} to {east:,.6g}", f"{south:,.6g} to {north:,.6g}"
        return None, [f"in coordinates of its own, x runs from {x} and y from {y}"]
    left_out = problems and len(layer) < len(table)
    remark = [f"the extent is that of {len(layer):,} rows without problem in their geometry"]
    return (west, south, east, north), remark if left_out else []


def _record(
    table: GeoDataFrame | DataFrame,
    role: Role,
    origin: Origin | None,
    spatial: GeometryNotes,
    kept: GeoDataFrame | DataFrame | None,
) -> LayerSource:
    """Write down where a layer came from and what it holds."""
    geometry = table.active_geometry_name if _has_geometry(table) else None
    here = [str(name) for name in table.columns if name != geometry]
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
        used_columns=tuple(name for name in known if name in here),
        unused_columns=tuple(name for name in here if name not in known),
        missing_columns=tuple(name for name in known if name not in here),
        unknown=count_unknown(table if kept is None else kept, role),
        geometry_types=dict(spatial.geometry_types),
    )


def _left_out(table: DataFrame, selected: DataFrame, year: int | None) -> str:
    """Say how many rows a year left out."""
    count = len(table) - len(selected)
    return f"{count} of {len(table)} rows left out: their period does not cover {year}"


def _near_misses(source: LayerSource) -> list[str]:
    """Point at unused columns that look like a missing one, misspelt."""
    pairs = [(name, suggest(name, source.missing_columns)) for name in source.unused_columns]
    return [
        f"column {name!r} is not known and stays unused; did you mean {meant!r}?"
        for name, meant in pairs
        if meant is not None
    ]
