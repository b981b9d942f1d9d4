"""`standort check`."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from standort.cli.arguments import ProfileOption, RasterOption, StudyArgument, YearOption
from standort.cli.raster_options import raster_files, raster_lines, with_rasters
from standort.cli.shell import BAD_INPUT, output

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from standort.layers import Inspection, LayerInspection
    from standort.scoring import Profile

__all__ = ["check"]


def check(
    study: StudyArgument,
    *,
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: YearOption = None,
) -> None:
    """Tell what is in a study and all that is wrong with it.

    Per layer: rows, geometry, coordinate reference system, extent, columns used, missing and
    unused, unknown quantities. Per raster: size, reference system, resolution, nodata, extent, and
    which criteria use it. Then what a profile can compute from the layers without faults, and
    the faults, all together. Ends with exit code 2 if the study has a fault.

    Example: `standort check study.gpkg`
    """
    from standort.layers import inspect
    from standort.scoring import load_profile

    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    inspection = inspect(study, year=year)
    sound = with_rasters(inspection.sound_layers, files)
    inspection = replace(inspection, sound_layers=sound, rasters=sound.rasters)
    faulty_rasters: dict[str, str] = {}
    for line in inspection_lines(inspection):
        typer.echo(line)
    for line in raster_lines(sound, chosen, faulty_rasters):
        typer.echo(line)
    if inspection.warnings:
        typer.echo(f"\n{_headed('Warnings', inspection.warnings)}")
    _tell_criteria(inspection, chosen, faulty_rasters)
    faults = [*inspection.faults, *faulty_rasters.values()]
    if faults:
        typer.echo(_headed("Faults", faults))
        raise typer.Exit(BAD_INPUT)
    typer.echo("The study is sound.")


def inspection_lines(inspection: "Inspection") -> Iterator[str]:
    """Describe a study, layer by layer.

    Parameters
    ----------
    inspection
        What `inspect` found.

    Yields
    ------
    Lines.
    """
    from standort.outputs.wording import count_of
    from standort.roles import ROLES

    tables = sum(ROLES[name].is_table for name in inspection.layers)
    told = [(len(inspection.layers) - tables, "layer"), (tables, "table")]
    counts = [count_of(number, noun) for number, noun in told if number]
    yield f"{inspection.path}: {' and '.join(counts) or 'no layer'}"
    for name, layer in inspection.layers.items():
        yield ""
        yield from _layer_lines(name, layer)
    if inspection.ignored_layers:
        yield f"\nIgnored, of no role standort knows: {', '.join(inspection.ignored_layers)}"


def _layer_lines(name: str, layer: "LayerInspection") -> Iterator[str]:
    source = layer.source
    geometry = ", ".join(f"{count:,} {kind}" for kind, count in source.geometry_types.items())
    yield f"{name}: {_tell_rows(layer)}"
    required, optional = _split_missing(name, source.missing_columns)
    told = {
        "geometry": geometry,
        "CRS": source.crs,
        "to WGS84 by": source.operation,
        "extent": tell_extent(source.extent) if source.extent else None,
        "columns used": ", ".join(source.used_columns),
        "not there (required)": ", ".join(required),
        "not there (optional)": ", ".join(optional),
        "not used": ", ".join(source.unused_columns),
        "unknown": ", ".join(
            _tell_unknown(c, n, source.rows_read if layer.faults else source.rows_kept)
            for c, n in source.unknown.items()
        ),
        "note": "; ".join(source.notes),
    }
    for label, text in told.items():
        if text:
            yield f"  {label}: {text}"


def _split_missing(name: str, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tell the missing columns a layer is of no use without from those it may lack."""
    from standort.roles import ROLES

    required = {column.name for column in ROLES[name].required}
    return [c for c in columns if c in required], [c for c in columns if c not in required]


def _tell_rows(layer: "LayerInspection") -> str:
    """Count the rows: those kept, or those of the file if faults keep the layer out."""
    from standort.outputs.wording import count_of

    read, kept = layer.source.rows_read, layer.source.rows_kept
    if layer.faults:
        faults = count_of(len(layer.faults), "fault")
        return f"{count_of(read, 'row') if read else 'not read'}, {faults}, told below"
    if read > kept:
        return f"{kept:,} of {count_of(read, 'row')} ({read - kept:,} left out)"
    return count_of(kept, "row")


def tell_extent(extent: Sequence[float]) -> str:
    """Write an extent as people read it.

    Parameters
    ----------
    extent
        West, south, east, north [degrees].

    Returns
    -------
    Text.

    Examples
    --------
    >>> tell_extent((-5.25, -1.0, 3.0, 58.5))
    '5.25 W to 3.00 E, 1.00 S to 58.50 N'
    """
    west, south, east, north = extent
    return (
        f"{_degrees(west, 'EW')} to {_degrees(east, 'EW')}, "
        f"{_degrees(south, 'NS')} to {_degrees(north, 'NS')}"
    )


def _degrees(angle: float, halves: str) -> str:
    return f"{abs(angle):.2f} {halves[math.copysign(1, angle) < 0]}"


def _tell_unknown(column: str, count: int, rows: int) -> str:
    share = f" ({count / rows:.0%})" if rows else ""
    return f"{column} in {count:,} of {rows:,}{share}"


def _headed(title: str, items: Sequence[str]) -> str:
    lines = [f"  {number}. {item}" for number, item in enumerate(items, start=1)]
    return "\n".join([f"{title} ({len(items)})", *lines])


def _tell_criteria(
    inspection: "Inspection", profile: "Profile", faulty_rasters: Collection[str]
) -> None:
    """Tell what can be computed from the layers without faults, and what else faults prevent."""
    from standort.study import availability

    criteria = availability(inspection.sound_layers, profile)
    for row in criteria.index[criteria["raster"].isin(list(faulty_rasters))]:
        criteria.loc[row, "available"] = False
        criteria.loc[row, "reason"] = f"raster {criteria.loc[row, 'raster']!r} has faults"
    faulty = inspection.faulty_layers
    criteria["reason"] = [_name_faulty(reason, faulty) for reason in criteria["reason"]]
    available = f"{int(criteria['available'].sum())} of {len(criteria)} criteria"
    told = f"\nProfile {profile.id} {profile.version}: {available}"
    without = " and ".join([*["layers"][: len(faulty)], *["rasters"][: len(faulty_rasters)]])
    typer.echo(f"{told} from the {without} without faults" if without else told)
    layers = inspection.layers
    empty = {name for name in layers if name not in faulty and not layers[name].source.rows_kept}
    output().print(_criteria_table(criteria, empty))
    if "emitters" in faulty:
        typer.echo(
            "The emitters have faults: until they are mended there are no clusters, there is "
            "nothing to measure density against, and nothing is scored.\n"
        )
    elif not inspection.is_sound or faulty_rasters:
        typer.echo("Nothing is scored until all faults are mended.\n")


def _name_faulty(reason: str, faulty: Sequence[str]) -> str:
    """Correct a reason: a layer that faults keep out is there all the same."""
    for name in faulty:
        reason = reason.replace(f"the study has no layer {name!r}", f"layer {name!r} has faults")
    return reason


def _criteria_table(criteria: "pd.DataFrame", empty: set[str]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from standort.outputs.wording import humanise

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in ("Criterion", "Component", "Can be computed"):
        table.add_column(head)
    for row in criteria.itertuples():
        # a criterion without a layer of its own is measured to the clusters that are found
        source = row.layer if isinstance(row.layer, str) else "the clusters of the emitters"
        source = f"raster {row.raster}" if isinstance(row.raster, str) else source
        told = f"yes, from {source}" if row.available else f"no: {row.reason}"
        told += ", which holds no rows" if row.available and row.layer in empty else ""
        names = (humanise(str(row.criterion)), humanise(str(row.component)))
        table.add_row(*(Text(text) for text in (*names, told)))
    return table
