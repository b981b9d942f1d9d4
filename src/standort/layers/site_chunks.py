"""Sites from a file of any length, a chunk at a time, checked like any other layer.

What comes out of a chunk never depends on where the file was cut: every row is checked and
converted by itself. Only that each id occurs once is a matter of the whole file; hashes of the ids
are kept on disk for it.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.errors import FileError, name_ids, warn
from standort.layers.files import (
    choose_layer,
    file_hash,
    is_geopackage,
    is_parquet,
    list_layers,
)
from standort.layers.preparation import Origin, prepare
from standort.layers.provenance import Problem, LayerSource, raise_problems
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.layers.preparation import Prepared

__all__ = ["SiteFile", "find_sites", "open_sites"]

_ROLE = ROLES["sites"]
_ID = "site_id"
#: chunks with problems after which no more are looked for
_MOST_FAULTY = 20
#: ids looked up by name in a message
_NAMED = 10


@dataclass(frozen=True)
class SiteFile:
    """A file of sites that is read in chunks.

    Parameters
    ----------
    path
        A GeoPackage or GeoParquet file.
    layer
        Its layer; None in a GeoParquet file.
    rows
        Number of rows.
    schema
        Names and Arrow types of its attributes, the same for every chunk.
    """

    path: Path
    layer: str | None
    rows: int
    schema: pa.Schema
    _noted: list[Prepared] = field(default_factory=list)

    def chunks(self, size: int, *, year: int | None = None) -> Iterator[GeoDataFrame]:
        """Read, check and convert the file, chunk by chunk.

        Parameters
        ----------
        size
            Rows of a chunk at most.
        year
            Year of the study: rows whose ``year_from`` and ``year_to`` do not cover it are left
            out.

        Yields
        ------
        Sites in EPSG:4326, indexed by ``site_id``, in the order of the file. After the first
        problem only problems are looked for.

        Raises
        ------
        LayerError
            Once everything is read: all problems together, among them ids that occur twice.

        Warns
        -----
        StandortWarning
            For each kind of repair, once everything is read.
        """
        self._noted.clear()
        problems: list[Problem] = []
        n_faulty, start = 0, 0
        with tempfile.TemporaryFile() as hashes:
            for frame in self._frames(size):
                prepared = prepare(frame, _ROLE, year=year, origin=Origin(self.path, ""))
                stop = start + len(frame)
                self._noted.append(replace(prepared, frame=None))
                if prepared.frame is not None:
                    _hash_ids(prepared.frame.index).tofile(hashes)
                    if not problems:
                        yield prepared.frame
                else:
                    n_faulty += 1
                    problems += _in_rows(prepared.problems, start, stop, whole=self.rows)
                if n_faulty == _MOST_FAULTY:
                    problems.append(Problem("attribute", "and perhaps more: mend these first"))
                    break
                start = stop
            if not n_faulty:
                problems += self._repeated(hashes, size)
        raise_problems(problems, of=self.path.name)
        for text in _distinct([text for noted in self._noted for text in noted.warnings]):
            warn(text)

    def source(self) -> LayerSource:
        """Tell where the sites came from and what was done, after all chunks were read."""
        noted = [prepared.source for prepared in self._noted]
        first = noted[0] if noted else LayerSource(self.path, "sites")
        kinds: dict[str, int] = {}
        for source in noted:
            for kind, count in source.geometry_types.items():
                kinds[kind] = kinds.get(kind, 0) + count
        extents = np.array([source.extent for source in noted if source.extent is not None])
        return replace(
            first,
            sha256=file_hash(self.path),
            rows_read=sum(source.rows_read for source in noted),
            rows_kept=sum(source.rows_kept for source in noted),
            notes=tuple(_distinct([note for source in noted for note in source.notes])),
            geometry_types=kinds,
            extent=_around(extents) if len(extents) else None,
        )

    def _frames(self, size: int) -> Iterator[GeoDataFrame]:
        if self.layer is None:
            yield from _parquet_frames(self.path, size)
        else:
            yield from _geopackage_frames(self.path, self.layer, size)

    def _repeated(self, hashes: Any, size: int) -> list[Problem]:  # noqa: ANN401 - a file
        """Find ids that occur in more than one chunk: sort their hashes on disk, then look."""
        hashes.flush()
        if not hashes.tell():
            return []
        every = np.memmap(hashes, dtype=np.uint64, mode="r+")
        every.sort()
        suspects = np.unique(every[1:][every[1:] == every[:-1]])
        if not len(suspects):
            return []
        seen: dict[object, int] = {}
        for frame in self._frames(size):
            ids = pd.Index(frame.index if frame.index.name == _ID else frame[_ID])
            for found in ids[np.isin(_hash_ids(ids), suspects)]:
                seen[found] = seen.get(found, 0) + 1
        twice = [found for found, count in seen.items() if count > 1]
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
    """Open a file of sites to read it in chunks.

    Parameters
    ----------
    path
        A GeoPackage with a layer ``sites`` or with one layer only, or a GeoParquet file.

    Returns
    -------
    The file, none of its rows read.

    Raises
    ------
    FileError
        If it is missing, of another format, or holds no geometries.
    """
    if not path.is_file():
        msg = f"expected a file with the layer 'sites', found none at '{path}': check the path"
        raise FileError(msg)
    if is_parquet(path):
        return _open_parquet(path)
    return _open_geopackage(path, choose_layer(path, _ROLE))


def find_sites(path: Path) -> SiteFile | None:
    """Find the sites of a study, or of a file of sites, that can be read in chunks.

    Parameters
    ----------
    path
        A study or a file.

    Returns
    -------
    The file; None if the study has no layer ``sites`` of its own, or the file is of another
    format than GeoPackage and GeoParquet.

    Raises
    ------
    FileError
        If it is not clear which layer is meant.
    """
    if path.is_dir():
        held = path / "sites.parquet"
        return open_sites(held) if held.is_file() else None
    if not path.is_file():
        return None
    if is_parquet(path):
        return open_sites(path)
    names = list_layers(path) if is_geopackage(path) else []
    if "sites" in names or (len(names) == 1 and "emitters" not in names):
        return open_sites(path)
    return None


def _open_parquet(path: Path) -> SiteFile:
    from pyarrow import ArrowException, parquet

    try:
        file = parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        msg = f"'{path}' cannot be read as GeoParquet ({error}): export it anew"
        raise FileError(msg) from error
    with file:
        schema = file.schema_arrow
        geometry = _geo_metadata(schema, path)["primary_column"]
        attributes = schema.remove(schema.get_field_index(geometry)).remove_metadata()
        return SiteFile(path, None, file.metadata.num_rows, attributes)


def _geo_metadata(schema: pa.Schema, path: Path) -> dict[str, Any]:
    """Give what a GeoParquet file tells of its geometry."""
    held = (schema.metadata or {}).get(b"geo")
    if held is None:
        msg = (
            f"'{path}' is Parquet without geometries: write it as GeoParquet, with geopandas by "
            "GeoDataFrame.to_parquet"
        )
        raise FileError(msg)
    metadata: dict[str, Any] = json.loads(held)
    return metadata


def _open_geopackage(path: Path, layer: str) -> SiteFile:
    import pyarrow as pa
    import pyogrio

    with pyogrio.open_arrow(path, layer=layer, use_pyarrow=True) as (meta, reader):
        schema, geometry = reader.schema, meta["geometry_name"] or "wkb_geometry"
    if geometry in schema.names:
        schema = schema.remove(schema.get_field_index(geometry))
    info = pyogrio.read_info(path, layer=layer, force_feature_count=True)
    fid = info["fid_column"]
    if fid in schema.names and fid != _ID:
        schema = schema.remove(schema.get_field_index(fid))
    # times are read as their writer meant them, which GDAL's own types do not tell
    read = pyogrio.read_dataframe(path, layer=layer, max_features=0, use_arrow=True)
    for i, column in enumerate(schema):
        if pa.types.is_timestamp(column.type):
            schema = schema.set(i, column.with_type(pa.Array.from_pandas(read[column.name]).type))
    return SiteFile(path, layer, int(info["features"]), schema.remove_metadata())


def _parquet_frames(path: Path, size: int) -> Iterator[GeoDataFrame]:
    """Read a GeoParquet file as tables of Arrow whose geometry says what it is."""
    import geopandas
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        geo = _geo_metadata(file.schema_arrow, path)
        name = geo["primary_column"]
        told = geo["columns"][name]
        crs = told.get("crs", "OGC:CRS84")  # absent means that, null means unknown
        marks = {
            "ARROW:extension:name": f"geoarrow.{told['encoding'].lower()}",
            "ARROW:extension:metadata": json.dumps({} if crs is None else {"crs": crs}),
        }
        for batch in file.iter_batches(size):
            table = pa.Table.from_batches([batch]).replace_schema_metadata(None)
            at = table.schema.get_field_index(name)
            marked = table.schema.field(at).with_metadata(marks)
            table = table.cast(table.schema.set(at, marked))
            yield geopandas.GeoDataFrame.from_arrow(table, geometry=name)


def _geopackage_frames(path: Path, layer: str, size: int) -> Iterator[GeoDataFrame]:
    """Read a layer in the order of its primary key, going on after the last one seen."""
    import pyogrio

    info = pyogrio.read_info(path, layer=layer)
    key = info["fid_column"]
    last: int | None = None
    while True:
        where = None if last is None else f'"{key}" > {last}'
        frame = pyogrio.read_dataframe(
            path, layer=layer, where=where, max_features=size, use_arrow=True, fid_as_index=True
        )
        if not len(frame):
            return
        last = int(frame.index.max())
        named = key == _ID and _ID not in frame.columns
        frame.index.name = _ID if named else None
        yield frame


def _hash_ids(ids: pd.Index[Any]) -> NDArray[np.uint64]:
    return pd.util.hash_array(np.asarray(ids.astype(str), dtype=object), categorize=False)


def _in_rows(problems: tuple[Problem, ...], start: int, stop: int, *, whole: int) -> list[Problem]:
    """Say in which rows problems are, where a file has more than those."""
    if stop - start >= whole:
        return list(problems)
    rows = f"rows {start + 1:,} to {stop:,}: "
    return [Problem(problem.kind, rows + problem.text) for problem in problems]


def _distinct(texts: list[str]) -> list[str]:
    """Keep one of the texts that differ in numbers and ids only, and count the others."""
    kinds: dict[str, list[str]] = {}
    for text in texts:
        kinds.setdefault(re.sub(r"\([^)]*\)|[\d.,]+", "", text), []).append(text)
    return [
        first if not others else f"{first} (and alike in {len(others)} other chunks)"
        for first, *others in kinds.values()
    ]


def _around(extents: NDArray[np.float64]) -> tuple[float, float, float, float]:
    west, south = extents[:, :2].min(axis=0)
    east, north = extents[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)
