"""The ways in which a study is read and scored; each returns what was read, and what came out."""

from __future__ import annotations

import io
import sqlite3
import traceback
import warnings
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely
from child_runs import BUG, DONE, REFUSED, Outcome, run_child, standort_command
from fuzz.healthy_study import healthy_geopackage

from standort.errors import StandortError

if TYPE_CHECKING:
    from collections.abc import Callable

    from standort.layers import LayerSource, Study

#: a child that takes longer hangs [s]
PATIENCE = 30.0
#: rows of a chunk; does not divide the number of rows
CHUNK = 4


@dataclass(frozen=True)
class Reading:
    """What a route read and what it made of it: plain values, so that routes can be compared."""

    layers: dict[str, pd.DataFrame] = field(default_factory=dict)
    rows: dict[str, tuple[int, int]] = field(default_factory=dict)
    scored: list[dict[str, Any]] = field(default_factory=list)
    told: tuple[str, ...] = ()


def check(path: Path, _: Path) -> Reading:
    """Run `standort check`."""
    standort_command(["check", str(path)])
    return Reading()


def inspect(path: Path, _: Path) -> Reading:
    """Look for problems, as `standort check` does, without printing."""
    from standort.layers import inspect as look

    problems = look(path).problems
    if problems:
        raise StandortError("\n".join(problems))
    return Reading()


def read(path: Path, _: Path) -> Reading:
    """Read a study from a file or folder."""
    from standort.layers import read_study

    return _as_read(read_study(path))


def build(layers: dict[str, Any], _: Path) -> Reading:
    """Build a study in memory."""
    from standort.layers import Study

    return _as_read(Study.from_layers(**layers))


def sites_in_one_go(path: Path, _: Path) -> Reading:
    """Read the sites of a file."""
    from standort.layers import read_layer

    sites, source = read_layer(path, "sites")
    return Reading({"sites": _plain(sites)}, _rows({"sites": source}), told=source.notes)


def sites_in_chunks(path: Path, _: Path) -> Reading:
    """Read the sites of a file, a few at a time."""
    from standort.layers.site_chunks import open_sites

    file = open_sites(path)
    chunks = list(file.chunks(CHUNK))
    sites = {"sites": _plain(pd.concat(chunks))} if chunks else {}
    source = file.source()
    return Reading(sites, _rows({"sites": source}), told=source.notes)


def score(path: Path, folder: Path) -> Reading:
    """Read a study from a file or folder, score it and write the result."""
    from standort.layers import read_study

    return _scored(read_study(path), folder)


def score_built(layers: dict[str, Any], folder: Path) -> Reading:
    """Build a study in memory, score it and write the result."""
    from standort.layers import Study

    return _scored(Study.from_layers(**layers), folder)


def score_in_chunks(path: Path, folder: Path) -> Reading:
    """Score the sites of a file against the healthy emitters, a few at a time."""
    from standort.batch import score_file
    from standort.layers import read_study

    study = folder / "healthy.gpkg"
    study.write_bytes(healthy_geopackage("emitters"))
    done = score_file(read_study(study), path, folder / "out.gpkg", chunk_sites=CHUNK)
    return Reading(scored=_stored_sites(done.path))


Plan = dict[str, tuple["Callable[[Any, Path], Reading]", Any]]


def take(routes: Plan) -> dict[str, Outcome]:
    """Take routes in one child, and each in a child of its own if that one does not survive."""
    together = run_child(_answers, routes, seconds=PATIENCE)
    if together.value is not None:
        answers: dict[str, Outcome] = together.value
        return answers
    answers = {}
    for name, route in routes.items():
        alone = run_child(_answers, {name: route}, seconds=PATIENCE)
        answers |= alone.value or {name: alone}
    return answers


def _answers(routes: Plan) -> dict[str, Outcome]:
    return {name: _answer(*route) for name, route in routes.items()}


def _answer(route: Callable[[Any, Path], Reading], given: object) -> Outcome:
    """Take a route; its outcome has the exit code that the command line would end with."""
    code, value, said = DONE, None, io.StringIO()
    with (
        warnings.catch_warnings(record=True) as issued,
        TemporaryDirectory() as folder,
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        warnings.simplefilter("always")
        try:
            value = route(given, Path(folder))
        except StandortError as error:
            code = REFUSED
            print(f"error: {error}")  # noqa: T201 - as the command line has it
        except SystemExit as error:
            code = int(error.code or DONE)
        except Exception:  # noqa: BLE001 - whatever it is, it is a bug
            code = BUG
            traceback.print_exc()
    if value is not None:
        told = (*value.told, *(str(warning.message) for warning in issued))
        value = Reading(value.layers, value.rows, value.scored, told)
    return Outcome(code, said.getvalue(), "", value)


def _as_read(study: Study) -> Reading:
    layers = {name: _plain(layer) for name, layer in {**study.layers, **study.tables}.items()}
    notes = tuple(note for source in study.sources.values() for note in source.notes)
    return Reading(layers, _rows(study.sources), told=notes)


def _scored(study: Study, folder: Path) -> Reading:
    from standort.study import score

    path = score(study).write(folder / "out.gpkg")
    return Reading(scored=_stored_sites(path))


def _plain(layer: Any) -> pd.DataFrame:  # noqa: ANN401 - a table with or without geometry
    """Return a layer as a plain table, geometries as WKB."""
    table = pd.DataFrame(layer).copy()
    if "geometry" in table:
        table["geometry"] = shapely.to_wkb(layer.geometry.to_numpy())
    return table.reset_index()


def _rows(sources: Any) -> dict[str, tuple[int, int]]:  # noqa: ANN401 - a mapping
    """Return the rows read and the rows kept of each layer."""
    found: dict[str, LayerSource] = dict(sources)
    return {name: (source.rows_read, source.rows_kept) for name, source in found.items()}


def _stored_sites(path: Path) -> list[dict[str, Any]]:
    """Read the sites of a result with SQLite alone, in their order."""
    with closing(sqlite3.connect(path)) as base:
        base.text_factory = bytes
        rows = base.execute("SELECT * FROM sites ORDER BY fid")
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]
