"""Reading of sites from a file of any size, in chunks.

Rows are checked and converted independently, so results do not depend on the size of the chunks.
Only the uniqueness of ids concerns the whole file; it is checked with hashes of the ids on disk.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.errors import (
    FileError,
    LayerError,
    Problem,
    name_ids,
    raise_problems,
    warn,
)
from standort.layers.attributes.ids import id_texts
from standort.layers.files import (
    check_geopackage,
    choose_layer,
    file_hash,
    prepare_rows,
    unreadable,
)
from standort.layers.formats.arrow_tables import to_frame
from standort.layers.formats.geopackages import (
    check_pages,
    is_geopackage,
    list_tables,
    open_geopackage,
)
from standort.layers.formats.local_files import check_local_file
from standort.layers.formats.parquet_files import (
    PARQUET,
    is_parquet,
    parquet_schema,
    read_parquet,
)
from standort.layers.formats.vector_files import (
    compare_stored,
    describe_table,
    read_vector,
    vector_schema,
)
from standort.layers.preparation import Origin
from standort.layers.provenance import LayerSource
from standort.layers.study import no_rows
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Floats
    from standort.layers.formats.arrow_tables import ArrowRows
    from standort.layers.formats.vector_files import VectorLayer
    from standort.layers.preparation import Prepared
    from standort.layers.provenance import Notice

_ROLE = ROLES["sites"]
_ID = "site_id"
#: Number of chunks with problems after which reading stops.
_MOST_CHUNKS_WITH_PROBLEMS = 20
#: Number of ids listed in a message.
_NAMED = 10


@dataclass(frozen=True)
class SiteFile:
    """A file of sites to be read in chunks.

    Parameters
    ----------
    path
        A GeoPackage or GeoParquet file.
    layer
        Layer of the file; None for GeoParquet.
    rows
        Number of rows.
    schema
        Names and Arrow types of the attributes, the same for every chunk.
    """

    path: Path
    layer: str | None
    rows: int
    schema: pa.Schema
    _source: VectorLayer | None = None
    _prepared: list[Prepared] = field(default_factory=list)

    def chunks(self, size: int, *, year: int | None = None) -> Iterator[GeoDataFrame]:
        """Read, check and convert the file, chunk by chunk.

        Parameters
        ----------
        size
            Largest number of rows of a chunk.
        year
            Year of the study: rows whose ``year_from`` and ``year_to`` do not cover it are
            omitted.

        Yields
        ------
        Sites in EPSG:4326, indexed by ``site_id``, in the order of the file. After the first
        problem, the rest of the file is only checked.

        Raises
        ------
        LayerError
            After reading the whole file: all problems together, including duplicate ids, or no
            rows at all.

        Warns
        -----
        StandortWarning
            For each kind of repair, after reading the whole file.
        """
        self._prepared.clear()
        problems, notices = self._compare_stored()
        n_with_problems, start = 0, 0
        with tempfile.TemporaryFile() as hashes:
            for prepared in self._converted(size, year, notices):
                stop = start + prepared.source.rows_read
                self._prepared.append(replace(prepared, frame=None))
                if prepared.frame is not None:
                    _hash_ids(prepared.frame.index).tofile(hashes)
                    if not problems:
                        yield prepared.frame
                else:
                    n_with_problems += 1
                    problems += _in_rows(prepared.problems, start, stop, whole=self.rows)
                if n_with_problems == _MOST_CHUNKS_WITH_PROBLEMS:
                    problems.append(Problem("attribute", "possibly more: correct these first"))
                    break
                start = stop
            if not n_with_problems:
                problems += self._repeated(hashes, size)
        if not problems and not any(chunk.source.rows_kept for chunk in self._prepared):
            problems.append(no_rows(self.source()))
        raise_problems(problems, of=self.path.name)
        for text in count_kinds(notice for chunk in self._prepared for notice in chunk.warnings):
            warn(text)

    def source(self) -> LayerSource:
        """Return the source of the sites and a record of how they were read, after all chunks."""
        sources = [chunk.source for chunk in self._prepared]
        notes = (notice for chunk in self._prepared for notice in chunk.notes)
        first = sources[0] if sources else LayerSource(self.path, "sites")
        kinds: dict[str, int] = {}
        for source in sources:
            for kind, count in source.geometry_types.items():
                kinds[kind] = kinds.get(kind, 0) + count
        extents = np.array([source.extent for source in sources if source.extent is not None])
        return replace(
            first,
            sha256=file_hash(self.path),
            rows_read=sum(source.rows_read for source in sources),
            rows_kept=sum(source.rows_kept for source in sources),
            notes=tuple(count_kinds(notes)),
            geometry_types=kinds,
            extent=_enclosing(extents) if len(extents) else None,
        )

    def _compare_stored(self) -> tuple[list[Problem], list[Notice]]:
        """Check a GeoPackage as it is stored."""
        if self._source is None:
            return [], []
        with open_geopackage(self.path) as base:
            check_pages(base, self.path)
            problems, notices = compare_stored(base, self._source, _ROLE)
        return [Problem(p.kind, f"layer 'sites': {p.text}") for p in problems], notices

    def _converted(
        self, size: int, year: int | None, notices: Sequence[Notice]
    ) -> Iterator[Prepared]:
        """Read, check and convert chunks; an error of reading is the last one."""
        origin = Origin(self.path, "")
        try:
            for rows in self._chunks(size):
                yield prepare_rows(rows, _ROLE, year=year, origin=origin, notices=notices)
                notices = ()
        except LayerError as error:
            yield unreadable(_ROLE, self.path, error)

    def _chunks(self, size: int) -> Iterator[ArrowRows]:
        if self._source is None:
            return read_parquet(self.path, size)
        return read_vector(self._source, size)

    def _repeated(self, hashes: Any, size: int) -> list[Problem]:  # noqa: ANN401 - a file
        """Return the problem of ids in more than one chunk, by sorting hashes on disk."""
        hashes.flush()
        if not hashes.tell():
            return []
        every = np.memmap(hashes, dtype=np.uint64, mode="r+")
        every.sort()
        suspects = np.unique(every[1:][every[1:] == every[:-1]])
        if not len(suspects):
            return []
        seen: dict[object, int] = {}
        for rows in self._chunks(size):
            frame = to_frame(rows, _ID).frame
            ids = pd.Index(frame.index if frame.index.name == _ID else frame[_ID])
            for id_ in ids[np.isin(_hash_ids(ids), suspects)]:
                seen[id_] = seen.get(id_, 0) + 1
        twice = [id_ for id_, count in seen.items() if count > 1]
        if not twice:
            return []
        verb = "occurs" if len(twice) == 1 else "occur"
        text = (
            f"layer 'sites': column {_ID!r} must name each row once; {name_ids(twice[:_NAMED])}"
            f"{' and more' * (len(twice) > _NAMED)} {verb} more than once: "
            "give every row its own id"
        )
        return [Problem("attribute", text)]


def open_sites(path: Path) -> SiteFile:
    """Open a file of sites for reading in chunks.

    Parameters
    ----------
    path
        A GeoPackage with a layer ``sites`` or a single layer, or a GeoParquet file.

    Returns
    -------
    The file; no rows are read yet.

    Raises
    ------
    FileError
        If it is missing, has another format or has no geometries.
    """
    if not os.path.lexists(path):
        msg = f"expected a file with the layer 'sites', found none at '{path}': check the path"
        raise FileError(msg)
    check_local_file(path)
    try:
        return _open_parquet(path) if is_parquet(path) else _open_geopackage(path)
    except LayerError as error:
        msg = f"{path.name}: layer 'sites': {error}"
        raise type(error)(msg) from error


def find_sites(path: Path) -> SiteFile | None:
    """Open the sites of a study, or a file of sites, if they can be read in chunks.

    Parameters
    ----------
    path
        Study or file of sites.

    Returns
    -------
    The file; None if the study has no layer ``sites``, or the format is neither GeoPackage nor
    GeoParquet.

    Raises
    ------
    FileError
        If the layer is ambiguous.
    """
    if not os.path.lexists(path):  # unlike Path.exists, false for a name that is too long
        return None
    if path.is_dir():
        files = [path / f"sites{ending}" for ending in PARQUET]
        return next((open_sites(file) for file in files if file.is_file()), None)
    if path.is_file() and (is_parquet(path) or _has_sites(path)):
        return open_sites(path)
    return None


def _has_sites(path: Path) -> bool:
    """Return whether a file is a GeoPackage with a layer of sites, or with one other layer."""
    if not is_geopackage(path):
        return False
    with open_geopackage(path) as base:
        names = list_tables(base, ["sites", "emitters"])
    return "sites" in names or (len(names) == 1 and "emitters" not in names)


def _open_parquet(path: Path) -> SiteFile:
    schema, geometry, rows = parquet_schema(path)
    if geometry is None:
        msg = (
            f"'{path}' is Parquet without geometries: write it as GeoParquet, for example "
            "with GeoDataFrame.to_parquet of geopandas"
        )
        raise FileError(msg)
    return SiteFile(path, None, rows, schema)


def _open_geopackage(path: Path) -> SiteFile:
    check_geopackage(path)
    with open_geopackage(path) as base:
        source = describe_table(base, path, choose_layer(base, path, _ROLE), _ROLE)
    return SiteFile(path, source.layer, int(source.rows or 0), vector_schema(source), source)


def _hash_ids(ids: pd.Index[Any]) -> NDArray[np.uint64]:
    return pd.util.hash_array(id_texts(ids).to_numpy(dtype=object), categorize=False)


def _in_rows(problems: tuple[Problem, ...], start: int, stop: int, *, whole: int) -> list[Problem]:
    """Prefix problems with their rows, unless they concern the whole file."""
    if stop == start or stop - start >= whole:
        return list(problems)
    rows = f"rows {start + 1:,} to {stop:,}: "
    return [Problem(problem.kind, rows + problem.text) for problem in problems]


def count_kinds(notices: Iterable[Notice]) -> list[str]:
    """Return the first text of each kind of notice, with the number of other chunks."""
    kinds: dict[str, list[str]] = {}
    for kind, text in notices:
        kinds.setdefault(kind, []).append(text)
    return [
        first if not others else f"{first} (and similar in {len(others)} other chunks)"
        for first, *others in kinds.values()
    ]


def _enclosing(extents: Floats) -> tuple[float, float, float, float]:
    west, south = extents[:, :2].min(axis=0)
    east, north = extents[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)
