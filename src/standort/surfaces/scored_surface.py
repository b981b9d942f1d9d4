"""Score every cell of a grid with the engine that scores sites, and write the surface."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
import shapely

from standort.errors import OptionError
from standort.layers.features import Sites, check_positive
from standort.outputs.geopackage.writer import check_destination, put_in_place, sync, told_plainly
from standort.results.manifest import package_versions
from standort.study.chain import Engine
from standort.study.result.site_table import absent_components
from standort.surfaces.bounds import Bounds, bounds_of, read_bounds
from standort.surfaces.checkpoint import Finished, study_digests, unfinished
from standort.surfaces.geotiff import write_raster
from standort.surfaces.grids import CellGrid, Cells, lay_grid
from standort.surfaces.hexagon_files import write_geopackage_of, write_parquet_of
from standort.surfaces.hexagons import lay_hexagons
from standort.surfaces.mask import Region, as_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geopandas import GeoDataFrame

    from standort.layers import Study
    from standort.scoring import Profile
    from standort.study.result.site_table import Counts
    from standort.surfaces.checkpoint import Unfinished
    from standort.surfaces.grids import GridKind
    from standort.surfaces.mask import Mask

    Progress = Callable[[str, int, int], None]

__all__ = ["MOST_CELLS", "surface"]

#: more cells than that are refused: they would take days, and nobody could open the file
MOST_CELLS = 1_000_000_000
_RASTERS = (".tif", ".tiff")
_PARQUET = (".parquet", ".geoparquet")
_TABLES = (*_PARQUET, ".gpkg")
#: how far the surface reaches beyond the emitters where nothing else is asked for [m]
_MARGIN_M = 25_000.0
#: what other programs keep beside a raster; that of an earlier file would be applied to this one
_SIDECARS = (".aux.xml", ".ovr", ".msk")
_LABEL = "Scoring cells"


class _Blocks(Protocol):
    """Cells in blocks: of a grid, or hexagons."""

    def __len__(self) -> int: ...
    def block(self, number: int, region: Region) -> Cells: ...
    def describe(self) -> dict[str, object]: ...
    @property
    def cells(self) -> int: ...


def surface(  # noqa: PLR0913 - where, which cells, what for: each is a choice of its own
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    out: str | Path,
    cell_km: float | None = None,
    h3: int | None = None,
    bounds: Sequence[float] | None = None,
    mask: str | Path | GeoDataFrame | None = None,
    grid: GridKind = "equal-area",
    crs: object | None = None,
    resume: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Score every cell of a grid as if a site stood at its centre, and write a map of scores.

    A cell has, to the bit, the score of a site at its centre that is no emitter: with
    ``h3.cell_to_latlng``, or the centre of the raster's cell brought to longitude and latitude. It
    says nothing of the rest of the cell: where the score changes within a kilometre, as at the
    edge of a radius, a coarse grid misses it. Layers do not tell where they end: a cell beyond
    what they cover reads as one far from everything, so choose bounds or a mask within.

    Cells are scored block by block, so that memory does not grow with the surface. What is done is
    kept in a hidden file beside the output until all is; the same call goes on where the last one
    was stopped.

    Parameters
    ----------
    study
        Layers, as for `score`. The emitters are the context; its sites play no part.
    profile
        As for `score`.
    out
        Where to write; replaces what is there. A raster ends in ``.tif``; hexagons end in
        ``.parquet`` or ``.gpkg``.
    cell_km
        Side of a cell [km], > 0; for a raster.
    h3
        Resolution of H3, 0 to 15 (7 is about 5 km2); for hexagons, instead of `cell_km`.
    bounds
        West, south, east, north [degrees]; west > east crosses the antimeridian. By default those
        of the mask, or else of the emitters (all layers, if there are none) and 25 km around.
        Cells whose centres lie outside are nodata.
    mask
        Polygons, or a file of some in any coordinate reference system. Cells whose centres lie
        outside are nodata.
    grid
        ``"equal-area"`` or ``"geographic"``, as for `lay_grid`.
    crs
        Projected reference system in metres for the grid, instead of the one `lay_grid` chooses.
    resume
        Whether to go on with what an earlier run left unfinished.
    progress
        Called while it works with a label, the number of blocks done and of blocks in all.

    Returns
    -------
    The path. A raster is a Cloud-Optimised GeoTIFF of float64 with the bands ``score``, the
    components that the score stands on, and ``coverage``; nodata is NaN. Hexagons have a column
    for each of these and ``h3``, the id; those outside are left out.

    Raises
    ------
    OptionError
        If options contradict each other or leave no cell, or more than 1,000,000,000.
    FileError
        If a file cannot be read or written, or another run is writing the same one.
    LayerError, ProfileError
        As for `score`; `LayerError` also for a faulty mask.

    Warns
    -----
    StandortWarning
        If an unfinished surface of something else is thrown away, or the mask was repaired.

    Examples
    --------
    >>> import tempfile, geopandas, rasterio
    >>> from standort.layers import Study
    >>> plants = geopandas.GeoDataFrame(
    ...     {"site_id": ["a", "b"], "co2_t_per_yr": [1e6, 1e6]},
    ...     geometry=geopandas.points_from_xy([4.0, 4.1], [52, 52]),
    ...     crs=4326,
    ... )
    >>> study = Study.from_layers(emitters=plants)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = surface(study, cell_km=10, bounds=(3, 51, 5, 53), out=f"{folder}/surface.tif")
    ...     with rasterio.open(path) as raster:
    ...         print(raster.descriptions, raster.shape)
    ('score', 'firm_proximity', 'net_zero_assets', 'coverage') (24, 16)
    """
    _check_options(cell_km, h3, grid, crs)
    path = check_destination(out, endings=_RASTERS if h3 is None else _TABLES)
    engine = Engine.of(study, profile)
    polygons = None if mask is None else as_mask(mask)
    region = Region(_choose_bounds(study, bounds, polygons), polygons)
    cells: _Blocks
    if cell_km is not None:
        size = check_positive("cell_km", cell_km)
        cells = lay_grid(region.bounds, size, grid, crs=crs)
    else:
        cells = lay_hexagons(region.bounds, int(h3 or 0))
    _refuse_too_many(cells, region)
    columns = _columns(engine)
    made_from = {
        "cells": {**cells.describe(), **region.describe(), "blocks": len(cells)},
        "profile": engine.profile.content_hash,
        "study": study_digests(study),
        "rasters": engine.raster_hashes,
        "versions": package_versions(),
    }
    with told_plainly(path), unfinished(path, made_from, resume=resume) as kept:
        _score_blocks(engine, cells, region, kept, progress)
        if len(kept):
            _finish(path, cells, columns, kept, _manifest(engine, cells, region, kept))
    if not len(kept):
        msg = (
            f"no cell has its centre within the bounds {region.bounds.text()}"
            f"{'' if polygons is None else f' and the mask {polygons.name!r}'}: "
            "check them, or choose smaller cells"
        )
        raise OptionError(msg)
    return path


def _check_options(
    cell_km: float | None, h3: int | None, grid: GridKind, crs: object | None
) -> None:
    if (cell_km is None) == (h3 is None):
        given = "neither" if cell_km is None else "both"
        msg = (
            f"expected either cell_km (a raster) or h3 (hexagons), got {given}; give one of the two"
        )
        raise OptionError(msg)
    if h3 is not None and (grid != "equal-area" or crs is not None):
        msg = "hexagons of H3 lie where they lie; leave grid and crs out, or give cell_km instead"
        raise OptionError(msg)


def _choose_bounds(study: Study, given: Sequence[float] | None, mask: Mask | None) -> Bounds:
    """Take the bounds given, those of the mask, or those of the study with a margin."""
    if given is not None:
        return read_bounds(given)
    if mask is not None:
        return bounds_of(mask.boxes())
    others = [name for name in study.layers if name != "sites"] or ["sites"]
    names = ["emitters"] if "emitters" in study.layers else others
    parts = [shapely.get_parts(study.layers[name].geometry.to_numpy()) for name in names]
    boxes = shapely.bounds(np.concatenate(parts))
    return bounds_of(boxes, margin_m=_MARGIN_M)


def _refuse_too_many(cells: _Blocks, region: Region) -> None:
    if cells.cells > MOST_CELLS:
        msg = (
            f"expected at most {MOST_CELLS:,} cells, bounds {region.bounds.text()} hold "
            f"{cells.cells:,}; choose larger cells (of H3: a lower resolution) or narrower bounds"
        )
        raise OptionError(msg)


def _columns(engine: Engine) -> list[str]:
    """Name the values of a cell: the score, the components it stands on, and the coverage."""
    profile = engine.profile
    absent = absent_components([criterion.id for criterion in engine.measured], profile)
    there = [c.id for c in profile.components if c.id not in absent]
    return ["score", *there, "coverage"]


def _score_blocks(
    engine: Engine,
    cells: _Blocks,
    region: Region,
    kept: Unfinished,
    progress: Progress | None,
) -> None:
    """Score the blocks that are not done yet; those without a cell leave nothing to keep."""
    columns = _columns(engine)
    for number in range(len(cells)):
        if progress is not None:
            progress(_LABEL, number, len(cells))
        if number in kept:
            continue
        some = cells.block(number, region)
        if len(some.place):
            kept.add(Finished(number, some.place, _scores(engine, some, columns)))
    if progress is not None:
        progress("Writing the file", len(cells), len(cells))


def _scores(engine: Engine, cells: Cells, columns: Sequence[str]) -> np.ndarray:
    """Score cells as sites that are no emitters, shape (columns, cells)."""
    sites = Sites(cells.lon, cells.lat, pd.RangeIndex(len(cells.place)), None)
    table = engine.scores(engine.evaluate(sites))
    return np.stack([table[name].to_numpy(dtype=np.float64) for name in columns])


def _manifest(
    engine: Engine, cells: _Blocks, region: Region, kept: Unfinished
) -> dict[str, object]:
    """Write down what the surface was computed from and with."""
    found = [(len(block.place), block.scores[0]) for block in kept.blocks()]
    counts: Counts = Counter(
        {
            ("cells",): sum(n for n, _ in found),
            ("scored",): sum(int(np.isfinite(scores).sum()) for _, scores in found),
            ("clusters",): 0 if engine.clusters is None else len(engine.clusters.table),
        }
    )
    place = {**cells.describe(), **region.describe()}
    return {**engine.manifest(counts), "surface": place}


def _finish(
    path: Path,
    cells: _Blocks,
    columns: Sequence[str],
    kept: Unfinished,
    manifest: dict[str, object],
) -> None:
    """Write the file in a folder of its own, and put it in its place in one step."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        if isinstance(cells, CellGrid):
            done = write_raster(Path(folder), cells, columns, kept.blocks(), manifest)
        else:
            done = Path(folder) / path.name
            write = write_parquet_of if path.suffix.lower() in _PARQUET else write_geopackage_of
            write(done, columns, kept.blocks(), manifest)
        sync(done)
        for ending in _SIDECARS:
            path.with_name(path.name + ending).unlink(missing_ok=True)
        put_in_place(done, path)
