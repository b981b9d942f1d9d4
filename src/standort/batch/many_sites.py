"""Scoring of sites that exceed memory, in chunks.

Memory holds the layers that sites are measured against, but only a few chunks of sites. Each chunk
is scored by the same engine as a study, so its size and the number of workers do not change a bit.
"""

from __future__ import annotations

from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from standort.arguments import YEAR, checked, whole
from standort.batch.workers import process_pool
from standort.errors import OptionError, warn
from standort.layers.attributes.joins import find_doubtful_joins
from standort.layers.features import as_sites
from standort.layers.site_chunks import count_kinds, open_sites
from standort.outputs.geopackage.arrow_columns import as_batch, schema_of
from standort.outputs.geopackage.qgis_styles import STYLES, place_style
from standort.outputs.geopackage.stored_types import stored_type
from standort.outputs.streaming import STREAM_ENDINGS, Rest, write_stream
from standort.results.columns import RANK, describe_tables
from standort.results.manifest import flatten_manifest
from standort.roles import ROLES
from standort.storage.replacement import check_destination
from standort.study.engine import Engine
from standort.study.far_layers import FarLayers
from standort.study.group_scores import score_clusters
from standort.study.places.place_types import assess_places
from standort.study.result.site_table import count_sites, no_clusters, ranked, renamed_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    import pyarrow as pa
    from geopandas import GeoDataFrame

    from standort.array_types import Progress
    from standort.layers import Study
    from standort.layers.provenance import Notice
    from standort.layers.site_chunks import SiteFile
    from standort.results.notes import Note
    from standort.results.schema import ResultColumn
    from standort.scoring import Profile
    from standort.study.result.site_table import Counts


#: Default number of sites per chunk.
CHUNK_SITES = 65_536
#: Number of best sites kept for display.
_BEST = 100


@dataclass(frozen=True)
class Streamed:
    """Summary of a result that was written to a file.

    Parameters
    ----------
    path
        The file or folder.
    best
        Sites with the highest scores, highest first; ties in the order of the file.
    clusters
        Clusters of the emitters.
    manifest
        Inputs and versions from which the result was computed.
    """

    path: Path
    best: GeoDataFrame
    clusters: GeoDataFrame
    manifest: dict[str, Any]


@checked(year=YEAR, chunk_sites=whole(1, 2**31), workers=whole(1, 1024))
def score_file(  # noqa: PLR0913 - independent options
    study: Study,
    sites: str | Path,
    out: str | Path,
    *,
    profile: str | Path | Profile = "net-zero",
    year: int | None = None,
    chunk_sites: int = CHUNK_SITES,
    workers: int = 1,
    progress: Progress | None = None,
) -> Streamed:
    """Score any number of sites from a file into another file.

    Memory holds the layers of the study and a few chunks of sites. Metrics, values and scores are
    equal to the bit to those of `score`. What would need all sites at once is omitted: the column
    ``rank`` (sort by ``score``) and the long table of contributions (score a single site to explain
    it).

    Parameters
    ----------
    study
        Layers to measure against; sites in it are not scored.
    sites
        GeoPackage (with a layer ``sites`` or a single layer) or GeoParquet file of points with
        ``site_id``.
    out
        GeoPackage to write or, without an extension, a folder of GeoParquet files. A result of
        standort is replaced.
    profile
        As for `score`.
    year
        Year of the study: sites whose ``year_from`` and ``year_to`` do not cover it are omitted.
    chunk_sites
        Number of sites that each worker holds at a time.
    workers
        Number of processes that score chunks; 1 starts no other process. Measuring uses all cores
        in any case.
    progress
        Called with a label, the number of sites done and the number of all sites.

    Returns
    -------
    Destination, best sites, clusters and manifest.

    Raises
    ------
    OptionError
        If `chunk_sites` or `workers` is below 1.
    FileError
        If a file cannot be read or written.
    LayerError
        If there are problems with the sites: all of them, after all were read. Nothing is written.

    Examples
    --------
    >>> import tempfile, geopandas
    >>> from standort.layers import Study
    >>> at = geopandas.points_from_xy([4, 5], [52, 52], crs=4326)
    >>> plants = geopandas.GeoDataFrame({"site_id": ["a", "b"], "co2_t_per_yr": 1e6}, geometry=at)
    >>> sites = geopandas.GeoDataFrame({"site_id": ["x", "y"]}, geometry=at)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sites.to_file(f"{folder}/in.gpkg", layer="sites")
    ...     study = Study.from_layers(emitters=plants)
    ...     done = score_file(study, f"{folder}/in.gpkg", f"{folder}/out.gpkg", chunk_sites=1)
    >>> done.best["score"].round(3).tolist(), done.manifest["counts"]["sites"]
    ([0.036, 0.036], 2)
    """
    for option, number in (("chunk_sites", chunk_sites), ("workers", workers)):
        if number < 1:
            msg = f"expected {option} to be a whole number of at least 1, got {number!r}"
            raise OptionError(msg)
    destination = check_destination(out, endings=STREAM_ENDINGS, inputs=[sites])
    file = open_sites(Path(sites))
    run = _Run(Engine.of(study, profile), file)
    tally = _Tally()
    table, hulls, of_emitters = *no_clusters(), None
    if run.engine.clusters is not None:
        of_emitters = run.engine.evaluate(as_sites(study.emitters))
        table, hulls = (
            score_clusters(run.engine.context, run.engine.profile, of_emitters),
            run.engine.clusters.hulls,
        )
    placed = assess_places(run.engine, of_emitters)
    far = FarLayers(run.engine.context, run.engine.measured)
    manifest: dict[str, Any] = {}

    def batches() -> Iterator[pa.RecordBatch]:
        for batch, counted in _scored(
            run, _watched(file.chunks(chunk_sites, year=year), study, far), workers
        ):
            tally.add(counted)
            if progress is not None:
                progress("scoring sites", tally.counts["sites",], file.rows)
            yield batch

    def finish() -> Rest:
        tally.counts["clusters",] = len(table)
        layers = {"clusters": table, "cluster_hulls": hulls, "places": placed.places}
        schema = describe_tables(
            {"sites": run.empty, **layers},
            run.engine.profile,
            run.columns,
            also=("place_members", "manifest"),
        )
        manifest.update(
            run.manifest(tally.counts, (*far.notes(), *placed.notes)), schema=schema.to_entries()
        )
        tables = {"place_members": placed.members, "manifest": flatten_manifest(manifest)}
        return Rest(layers, tables, {**STYLES, "places": place_style()}, schema)

    write_stream(destination, run.schema, batches(), finish)
    return Streamed(destination, ranked(tally.best), table, manifest)


def _watched(
    chunks: Iterator[GeoDataFrame], study: Study, far: FarLayers
) -> Iterator[GeoDataFrame]:
    """Pass chunks on; note layers out of reach, and warn of ids that nearly match emitters."""
    doubts: list[Notice] = []
    for sites in chunks:
        far.see(as_sites(sites))
        doubts += find_doubtful_joins({**study.layers, "sites": sites}, {})
        yield sites
    for text in count_kinds(doubts):
        warn(text)


@dataclass(frozen=True)
class _Run:
    """Engine and result columns shared by all chunks."""

    engine: Engine
    file: SiteFile

    @cached_property
    def empty(self) -> GeoDataFrame:
        """The table of sites, without rows."""
        import geopandas

        none = geopandas.GeoDataFrame(
            {name: pd.Series(dtype=object) for name in self._given()}, geometry=[], crs="EPSG:4326"
        )
        return self.table(none.set_index("site_id"))

    @cached_property
    def columns(self) -> list[ResultColumn]:
        """The columns that scoring adds."""
        return self.engine.site_columns(self.engine.evaluate(as_sites(self.empty)))

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns and types of the result, the same for every chunk."""
        given, table = self._given(), self.empty
        inputs = [name for name in given if name != "site_id"]
        renamed = renamed_inputs(inputs, {RANK, *(column.name for column in self.columns)})
        types = {renamed.get(name, name): given[name] for name in inputs}
        return schema_of(table, {**types, **self._feature_types(), "site_id": given["site_id"]})

    def table(self, sites: GeoDataFrame) -> GeoDataFrame:
        """Score a chunk."""
        return self.engine.table(sites, self.engine.evaluate(as_sites(sites)))

    def manifest(self, counts: Counts, notes: Iterable[Note]) -> dict[str, Any]:
        """Return the manifest of the result, including the file of sites."""
        return self.engine.manifest(counts, notes, {"sites": self.file.source()})

    def _given(self) -> dict[str, pa.DataType]:
        """Return the column types of the file after checking."""
        import pyarrow as pa

        types = {field.name: field.type for field in self.file.schema}
        kinds = {"quantity": pa.float64(), "year": pa.float64(), "flag": pa.bool_()}
        for column in ROLES["sites"].columns:
            if column.name in types and column.kind in kinds:
                types[column.name] = kinds[column.kind]
        for name, kind in types.items():
            types[name] = kind.value_type if pa.types.is_dictionary(kind) else kind
        ids = types.get("site_id", pa.string())
        whole = (pa.types.is_integer(ids) and ids != pa.uint64()) or pa.types.is_floating(ids)
        types["site_id"] = pa.int64() if whole else pa.string()
        return {name: stored_type(kind) for name, kind in types.items()}

    def _feature_types(self) -> dict[str, pa.DataType]:
        """Return the type of the ids of deciding features, for each criterion."""
        import pyarrow as pa

        types = {}
        for criterion in self.engine.measured:
            if criterion.source is not None:  # a raster has no features
                continue
            ids = self.engine.context.measured_against(criterion).ids
            whole = pd.api.types.is_integer_dtype(ids.dtype)
            types[f"{criterion.id}_feature"] = pa.int64() if whole else pa.string()
        return types


class _Tally:
    """Counts and best sites of the chunks scored so far."""

    def __init__(
        self, sites: GeoDataFrame | None = None, columns: Iterable[ResultColumn] = ()
    ) -> None:
        self.counts: Counts = Counter() if sites is None else count_sites(sites, columns)
        self.best = sites if sites is None else _best(sites)

    def add(self, other: _Tally) -> None:
        """Add the next chunk."""
        self.counts.update(other.counts)
        both = [tally.best for tally in (self, other) if tally.best is not None]
        self.best = _best(pd.concat(both))


def _best(sites: GeoDataFrame) -> GeoDataFrame:
    """Return the sites with the highest scores; of equal ones, the first."""
    return sites.sort_values("score", ascending=False, kind="stable").iloc[:_BEST]


def _scored(
    run: _Run, chunks: Iterator[GeoDataFrame], workers: int
) -> Iterator[tuple[pa.RecordBatch, _Tally]]:
    """Yield the scored chunks of a file, in order."""
    if workers == 1:
        for sites in chunks:
            yield _score_chunk(run, sites)
        return
    with _pool(workers, run) as submit:
        running: deque[Future[tuple[pa.RecordBatch, _Tally]]] = deque()
        for sites in chunks:
            running.append(submit(sites))
            if len(running) > workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def _score_chunk(run: _Run, sites: GeoDataFrame) -> tuple[pa.RecordBatch, _Tally]:
    table = run.table(sites)
    return as_batch(table, run.schema), _Tally(table, run.columns)


#: Engine of a worker process.
_worker_run: list[_Run] = []


@contextmanager
def _pool(workers: int, run: _Run) -> Iterator[Callable[[GeoDataFrame], Future[Any]]]:
    """Start processes that each prepare the study once."""
    arguments = (run.engine.context.study, run.engine.profile, run.file)
    with process_pool(workers, initialise=_initialise, arguments=arguments) as pool:
        yield lambda sites: pool.submit(_work, sites)


def _initialise(study: Study, profile: Profile, file: SiteFile) -> None:
    _worker_run[:] = [_Run(Engine.of(study, profile), file)]


def _work(sites: GeoDataFrame) -> tuple[pa.RecordBatch, _Tally]:
    return _score_chunk(_worker_run[0], sites)
