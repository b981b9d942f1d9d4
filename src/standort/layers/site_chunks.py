"""Reading of sites from a file of any size, in chunks.

Rows are checked and converted independently, so results do not depend on the size of the chunks.
Only the uniqueness of ids concerns the whole file; it is checked with hashes of the ids on disk.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from standort.errors import FileError, Problem, name_ids, raise_problems, warn
from standort.layers.attributes.ids import id_texts
from standort.layers.files import choose_layer, file_hash, is_geopackage, is_parquet, list_layers
from standort.layers.preparation import Origin, prepare
from standort.layers.provenance import LayerSource
from standort.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

    from standort.array_types import Floats
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
            After reading the whole file: all problems together, including duplicate ids.

        Warns
        -----
        StandortWarning
            For each kind of repair, after reading the whole file.
        """
        self._prepared.clear()
        problems: list[Problem] = []
        n_with_problems, start = 0, 0
        with tempfile.TemporaryFile() as hashes:
            for frame in self._frames(size):
                prepared = prepare(frame, _ROLE, year=year, origin=Origin(self.path, ""))
                stop = start + len(frame)
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

    def _frames(self, size: int) -> Iterator[GeoDataFrame]:
        if self.layer is None:
            yield from _parquet_frames(self.path, size)
        else:
            yield from _geopackage_frames(self.path, self.layer, size)

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
        for frame in self._frames(size):
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
    if not path.is_file():
        msg = f"expected a file with the layer 'sites', found none at '{path}': check the path"
        raise FileError(msg)
    if is_parquet(path):
        return _open_parquet(path)
    return _open_geopackage(path, choose_layer(path, _ROLE))


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
    if path.is_dir():
        sites = path / "sites.parquet"
        return open_sites(sites) if sites.is_file() else None
    if not path.is_file():
        return None
    if is_parquet(path):
        return open_sites(path)
    names = list_layers(path) if is_geopackage(path) else []
    if "sites" in names or (len(names) == 1 and "emitters" not in names):
        return open_sites(path)
    return None


def _open_parquet(path: Path) -> SiteFile:
    import pyarrow as pa
    from pyarrow import ArrowException, parquet

    try:
        file = parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        msg = f"'{path}' cannot be read as GeoParquet ({error}): export it again"
        raise FileError(msg) from error
    with file:
        schema = file.schema_arrow
        metadata = _geo_metadata(schema, path)
        attributes = schema.remove(schema.get_field_index(metadata["primary_column"]))
        for name in {*metadata["columns"]} & {*attributes.names}:  # other geometries, as WKT
            place = attributes.get_field_index(name)
            attributes = attributes.set(place, pa.field(name, pa.string()))
        return SiteFile(path, None, file.metadata.num_rows, attributes.remove_metadata())


def _geo_metadata(schema: pa.Schema, path: Path) -> dict[str, Any]:
    """Return the geometry metadata of a GeoParquet file."""
    encoded = (schema.metadata or {}).get(b"geo")
    if encoded is None:
        msg = (
            f"'{path}' is Parquet without geometries: write it as GeoParquet, for example "
            "with GeoDataFrame.to_parquet of geopandas"
        )
        raise FileError(msg)
    metadata: dict[str, Any] = json.loads(encoded)
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
    # GDAL's types do not distinguish the time zones of timestamps
    read = pyogrio.read_dataframe(path, layer=layer, max_features=0, use_arrow=True)
    for i, column in enumerate(schema):
        if pa.types.is_timestamp(column.type):
            schema = schema.set(i, column.with_type(pa.Array.from_pandas(read[column.name]).type))
    return SiteFile(path, layer, int(info["features"]), schema.remove_metadata())


def _parquet_frames(path: Path, size: int) -> Iterator[GeoDataFrame]:
    """Yield chunks of a GeoParquet file, marking the geometry for geoarrow."""
    import geopandas
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        geo = _geo_metadata(file.schema_arrow, path)
        name = geo["primary_column"]
        column = geo["columns"][name]
        crs = column.get("crs", "OGC:CRS84")  # the default if absent; null is unknown
        marks = {
            "ARROW:extension:name": f"geoarrow.{column['encoding'].lower()}",
            "ARROW:extension:metadata": json.dumps({} if crs is None else {"crs": crs}),
        }
        for batch in file.iter_batches(size):
            table = pa.Table.from_batches([batch]).replace_schema_metadata(None)
            at = table.schema.get_field_index(name)
            marked = table.schema.field(at).with_metadata(marks)
            table = table.cast(table.schema.set(at, marked))
            yield geopandas.GeoDataFrame.from_arrow(table, geometry=name)


def _geopackage_frames(path: Path, layer: str, size: int) -> Iterator[GeoDataFrame]:
    """Yield chunks of a layer in the order of its primary key."""
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
    return pd.util.hash_array(id_texts(ids).to_numpy(dtype=object), categorize=False)


def _in_rows(problems: tuple[Problem, ...], start: int, stop: int, *, whole: int) -> list[Problem]:
    """Prefix problems with their rows, unless they concern the whole file."""
    if stop - start >= whole:
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
