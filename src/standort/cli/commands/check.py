"""`standort check`."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from standort.cli.shared_options import (
    ProfileOption,
    RasterOption,
    StudyArgument,
    YearOption,
    raster_files,
    with_rasters,
)
from standort.cli.terminal import BAD_INPUT, get_console, print_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from rich.table import Table

    from standort.layers import Inspection, LayerInspection, RasterDescription, Study
    from standort.scoring import Criterion, Profile


def check(
    study: StudyArgument,
    *,
    profile: ProfileOption = "net-zero",
    raster: RasterOption = None,
    year: YearOption = None,
) -> None:
    """Check a study and list all problems.

    Shows for each layer its rows, geometry, coordinate reference system, extent, columns (used,
    missing, unused) and unknown quantities; for each raster its size, reference system,
    resolution, nodata value, extent and the criteria that use it. Lists the criteria that can be
    computed, the share of sites at an end of each scale, criteria that move together, and all
    problems. Ends with exit code 2 if there are any.

    Example: `standort check study.gpkg`
    """
    from standort.errors import StandortError
    from standort.layers import inspect
    from standort.scoring import load_profile

    chosen = load_profile(profile)
    files = raster_files(raster, chosen)
    inspection = inspect(study, year=year)
    readable = with_rasters(inspection.sound_layers, files)
    inspection = replace(inspection, sound_layers=readable, rasters=readable.rasters)
    raster_problems: dict[str, str] = {}
    for line in _study_lines(inspection):
        print_text(line)
    for line in _raster_lines(readable, chosen, raster_problems):
        print_text(line)
    firm_problems = []
    try:
        for line in _firm_lines(inspection.sound_layers):
            print_text(line)
    except StandortError as error:
        firm_problems = [str(error)]
    warnings = [*inspection.warnings, *_far_layers(readable, chosen)]
    if warnings:
        print_text(f"\n{_numbered('Warnings', warnings)}")
    _print_criteria(inspection, chosen, raster_problems)
    problems = [*inspection.problems, *firm_problems, *raster_problems.values()]
    if not problems:
        _print_values(readable, chosen)
    if problems:
        print_text(_numbered("Problems", problems))
        raise typer.Exit(BAD_INPUT)
    print_text("No problems found.")


def _far_layers(study: "Study", profile: "Profile") -> list[str]:
    """Describe the layers of which no feature is within reach of any site."""
    from standort.layers import as_sites
    from standort.outputs.note_text import format_notes
    from standort.study.context import Context
    from standort.study.evaluation import available_criteria
    from standort.study.far_layers import FarLayers

    if not {"sites", "emitters"} & set(study.layers):
        return []
    measured = [c.criterion for c in available_criteria(study, profile) if c.reason is None]
    far = FarLayers(Context(study), measured)
    far.see(as_sites(study.sites))
    return format_notes(far.notes())


def _firm_lines(study: "Study") -> Iterator[str]:
    """Describe which names are one firm, with the firms and ties of places before and after."""
    from standort.outputs.firm_sentences import (
        describe_names,
        describe_places,
        describe_rows,
        listed,
    )
    from standort.study.places.place_firms import contract_study, declared_members

    if "firms" not in study.tables or "firm" not in study.layers.get("emitters", ()):
        return
    done = contract_study(study, declared_members(study))
    yield f"\nWho is one firm (names that are another firm: {len(done.names):,})"
    for line in [
        *listed(describe_names(done.names)),
        describe_rows(done.counts),
        *listed(describe_places(done.places)),
    ]:
        yield f"  {line}"


def _study_lines(inspection: "Inspection") -> Iterator[str]:
    from standort.outputs.wording import count_of
    from standort.roles import ROLES

    tables = sum(ROLES[name].is_table for name in inspection.layers)
    kinds = [(len(inspection.layers) - tables, "layer"), (tables, "table")]
    counts = [count_of(number, noun) for number, noun in kinds if number]
    yield f"{inspection.path}: {' and '.join(counts) or 'no layers'}"
    for name, layer in inspection.layers.items():
        yield ""
        yield from _layer_lines(name, layer)
    if inspection.ignored_layers:
        yield f"\nIgnored, not a role in standort: {', '.join(inspection.ignored_layers)}"


def _layer_lines(name: str, layer: "LayerInspection") -> Iterator[str]:
    source = layer.source
    geometry = ", ".join(f"{count:,} {kind}" for kind, count in source.geometry_types.items())
    yield f"{name}: {_describe_rows(layer)}"
    required, optional = _split_missing(name, source.missing_columns)
    properties = {
        "geometry": geometry,
        "CRS": source.crs,
        "converted to WGS84 by": source.operation,
        "extent": format_extent(source.extent) if source.extent else None,
        "columns used": ", ".join(source.used_columns),
        "required columns missing": ", ".join(required),
        "optional columns missing": ", ".join(optional),
        "columns not used": ", ".join(source.unused_columns),
        "unknown": ", ".join(
            _describe_unknown(c, n, source.rows_read if layer.problems else source.rows_kept)
            for c, n in source.unknown.items()
        ),
        "note": "; ".join(source.notes),
    }
    for label, text in properties.items():
        if text:
            yield f"  {label}: {text}"


def _split_missing(name: str, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split missing columns into required and optional ones."""
    from standort.roles import ROLES

    required = {column.name for column in ROLES[name].required}
    return [c for c in columns if c in required], [c for c in columns if c not in required]


def _describe_rows(layer: "LayerInspection") -> str:
    """Count the rows kept; of a layer with problems, the rows of the file."""
    from standort.outputs.wording import count_of

    read, kept = layer.source.rows_read, layer.source.rows_kept
    if layer.problems:
        problems = count_of(len(layer.problems), "problem")
        return f"{count_of(read, 'row') if read else 'not read'}, {problems}, listed below"
    if read > kept:
        return f"{kept:,} of {count_of(read, 'row')} ({read - kept:,} dropped)"
    return count_of(kept, "row")


def format_extent(extent: Sequence[float]) -> str:
    """Format an extent in degrees with hemispheres.

    Parameters
    ----------
    extent
        West, south, east, north [degrees].

    Returns
    -------
    Text.

    Examples
    --------
    >>> format_extent((-5.25, -1.0, 3.0, 58.5))
    '5.25 W to 3.00 E, 1.00 S to 58.50 N'
    """
    west, south, east, north = extent
    return (
        f"{_degrees(west, 'EW')} to {_degrees(east, 'EW')}, "
        f"{_degrees(south, 'NS')} to {_degrees(north, 'NS')}"
    )


def _degrees(angle: float, halves: str) -> str:
    return f"{abs(angle):.2f} {halves[math.copysign(1, angle) < 0]}"


def _describe_unknown(column: str, count: int, rows: int) -> str:
    share = f" ({count / rows:.0%})" if rows else ""
    return f"{column} in {count:,} of {rows:,}{share}"


def _numbered(title: str, items: Sequence[str]) -> str:
    lines = [f"  {number}. {item}" for number, item in enumerate(items, start=1)]
    return "\n".join([f"{title} ({len(items)})", *lines])


def _raster_lines(study: "Study", profile: "Profile", problems: dict[str, str]) -> Iterator[str]:
    """Describe the rasters of a study and a profile; fill in problems with the needed ones."""
    from standort.outputs.wording import humanise
    from standort.study.context import find_raster

    paths = dict(study.rasters)
    for criterion in profile.criteria:
        path = find_raster(study, criterion)
        if criterion.source is not None and path is not None:
            paths[criterion.source.raster] = path
    for name, path in paths.items():
        users = [c for c in profile.criteria if c.source is not None and c.source.raster == name]
        yield f"\n{name}: raster {path.name}"
        yield from _lines_of_raster(study, path, users, problems)
        used_by = ", ".join(humanise(c.id) for c in users)
        yield f"  used by: {used_by or f'no criterion of profile {profile.id}'}"


def _lines_of_raster(
    study: "Study", path: "Path", users: "Sequence[Criterion]", problems: dict[str, str]
) -> Iterator[str]:
    """Describe one raster; it is a problem that it cannot be opened only if it is needed."""
    from standort.errors import StandortError
    from standort.layers import describe_raster
    from standort.study.context import open_rasters

    try:
        opened = open_rasters(study, users)
        description = describe_raster(next(iter(opened.values()), path))
    except StandortError as error:
        if users and users[0].source is not None:
            problems[users[0].source.raster] = str(error)
            yield "  1 problem, listed below"
        else:
            yield f"  {error}"
        return
    bands = sorted({raster.band for raster in opened.values()})
    yield from _describe_raster(description, bands)


def _describe_raster(description: "RasterDescription", bands: Sequence[int]) -> Iterator[str]:
    from standort.outputs.wording import count_of

    n_bands = count_of(description.bands, "band")
    if bands and description.bands > 1:
        n_bands += f", used: {', '.join(map(str, bands))}"
    yield f"  size: {description.rows:,} rows, {description.columns:,} columns, {n_bands}"
    yield f"  CRS: {description.crs}"
    width, height = description.resolution
    yield f"  resolution: {width:.6g} x {height:.6g} {description.resolution_unit}"
    nodata = "not declared" if description.nodata is None else f"{description.nodata:g}"
    yield f"  nodata: {nodata}"
    if description.extent is not None:
        yield f"  extent: {format_extent(description.extent)}"


def _print_criteria(
    inspection: "Inspection", profile: "Profile", raster_problems: Collection[str]
) -> None:
    """Print which criteria the readable layers allow, and what the problems prevent."""
    from standort.study import availability

    criteria = availability(inspection.sound_layers, profile)
    for row in criteria.index[criteria["raster"].isin(list(raster_problems))]:
        criteria.loc[row, "available"] = False
        criteria.loc[row, "reason"] = f"raster {criteria.loc[row, 'raster']!r} has problems"
    unreadable = inspection.layers_with_problems
    criteria["reason"] = [_correct_reason(reason, unreadable) for reason in criteria["reason"]]
    available = f"{int(criteria['available'].sum())} of {len(criteria)} criteria can be computed"
    title = f"\nProfile {profile.id} {profile.version}: {available}"
    usable = [*["layers"][: len(unreadable)], *["rasters"][: len(raster_problems)]]
    print_text(f"{title} from the {' and '.join(usable)} without problems" if usable else title)
    layers = inspection.layers
    empty = {n for n in layers if n not in unreadable and not layers[n].source.rows_kept}
    get_console().print(_criteria_table(criteria, empty))
    if "emitters" in unreadable:
        print_text(
            "The layer 'emitters' has problems: until they are fixed, standort finds no clusters, "
            "measures no density and scores nothing.\n"
        )
    elif not inspection.is_sound or raster_problems:
        print_text("standort scores nothing until all problems are fixed.\n")


def _print_values(study: "Study", profile: "Profile") -> None:
    """Print at how many sites values are at an end of their scale, and which move together."""
    from standort.outputs.wording import humanise
    from standort.scoring import end_shares, rank_correlations
    from standort.study.result.value_notes import sampled_values

    values = sampled_values(study, profile)
    if values.empty:
        return
    shares, pairs = end_shares(values), rank_correlations(values)
    alike: dict[str, list[str]] = {str(name): [] for name in shares.index}
    for pair in pairs.to_dict("records"):
        for one, other in (("first", "second"), ("second", "first")):
            alike[pair[one]].append(f"{humanise(pair[other])} {pair['spearman']:.2f}")
    print_text(f"Values of {_sites_looked_at(len(values), len(study.sites))}")
    table = _plain_table("Criterion", "At 0", "At 1", "Moves with (rank correlation beyond 0.8)")
    for name, n, *ends in shares.itertuples(name=None):
        at = [f"{share:.0%}" if n else "unknown" for share in ends]
        _add_row(table, humanise(name), *at, ", ".join(alike[name]))
    get_console().print(table)


def _sites_looked_at(count: int, of: int) -> str:
    from standort.outputs.wording import count_of

    return f"{count:,} of {count_of(of, 'site')}" if count < of else count_of(of, "site")


def _correct_reason(reason: str, unreadable: Sequence[str]) -> str:
    """Correct a reason: a layer that is left out for its problems is not missing."""
    for name in unreadable:
        reason = reason.replace(f"the study has no layer {name!r}", f"layer {name!r} has problems")
    return reason


def _criteria_table(criteria: "pd.DataFrame", empty: set[str]) -> "Table":
    from standort.outputs.wording import humanise

    table = _plain_table("Criterion", "Component", "Can be computed")
    for row in criteria.itertuples():
        # a criterion without a layer of its own is measured on the clusters
        source = row.layer if isinstance(row.layer, str) else "the clusters of the emitters"
        source = f"raster {row.raster}" if isinstance(row.raster, str) else source
        answer = f"yes, from {source}" if row.available else f"no: {row.reason}"
        answer += " (no rows)" if row.available and row.layer in empty else ""
        names = (humanise(str(row.criterion)), humanise(str(row.component)))
        _add_row(table, *names, answer)
    return table


def _plain_table(*heads: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in heads:
        table.add_column(head)
    return table


def _add_row(table: "Table", *cells: str) -> None:
    from rich.text import Text

    table.add_row(*map(Text, cells))  # Text: brackets in names are not markup
