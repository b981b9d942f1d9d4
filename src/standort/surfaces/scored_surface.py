"""Computation of a surface: score the cells of a grid and write the map."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
import shapely

from standort.arguments import FARTHEST_KM, between, checked, whole
from standort.errors import OptionError
from standort.layers.features import Sites
from standort.results.manifest import package_versions
from standort.storage.replacement import check_destination, readable_write_errors, replacing
from standort.study.engine import Engine
from standort.study.result.site_table import absent_components
from standort.surfaces.bounds import Bounds, enclosing_bounds, read_bounds
from standort.surfaces.checkpoint import FinishedBlock, open_checkpoint, study_digests
from standort.surfaces.geotiff import write_raster
from standort.surfaces.grids import (
    CellGrid,
    Cells,
    GridKind,
    create_grid,
)
from standort.surfaces.hexagon_files import write_hexagon_geopackage, write_hexagon_parquet
from standort.surfaces.hexagons import create_hexagons
from standort.surfaces.mask import Region, as_mask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geopandas import GeoDataFrame
    from pyproj import CRS

    from standort.array_types import Progress
    from standort.layers import Study
    from standort.scoring import Profile
    from standort.study.result.site_table import Counts
    from standort.surfaces.checkpoint import Checkpoint
    from standort.surfaces.mask import Mask


#: Most cells of a surface; more would take days and give an unusable file.
MOST_CELLS = 1_000_000_000
RASTER_ENDINGS = (".tif", ".tiff")
_PARQUET = (".parquet", ".geoparquet")
TABLE_ENDINGS = (*_PARQUET, ".gpkg")
#: Default margin of the surface around the emitters [m].
_MARGIN_M = 25_000.0
_LABEL = "Scoring cells"


class _Blocks(Protocol):
    """Cells in blocks: of a grid, or hexagons."""

    def __len__(self) -> int: ...
    def block(self, number: int, region: Region) -> Cells: ...
    def describe(self) -> dict[str, object]: ...
    @property
    def cells(self) -> int: ...


@checked(
    cell_km=between(0.001, FARTHEST_KM, "km"),
    h3=whole(0, 15),
    bounds=between(-1e9, 1e9),
    crs=whole(1, 999_999),
)
def surface(  # noqa: PLR0913 - independent options
    study: Study,
    profile: str | Path | Profile = "net-zero",
    *,
    out: str | Path,
    cell_km: float | None = None,
    h3: int | None = None,
    bounds: Sequence[float] | None = None,
    mask: str | Path | GeoDataFrame | None = None,
    grid: GridKind = "equal-area",
    crs: str | int | CRS | None = None,
    resume: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Score a hypothetical site at the centre of each grid cell, and write a map of scores.

    A cell has the score, to the bit, of a site at its centre that is not an emitter. The centre is
    that of ``h3.cell_to_latlng``, or of the raster cell in longitude and latitude. The score holds
    only at the centre: if it changes within a kilometre, as at the edge of a radius, a coarse grid
    misses that. Layers do not record the area they cover: a cell outside it appears to be far from
    everything, so choose bounds or a mask inside.

    Cells are scored block by block, so memory does not grow with the surface. Finished blocks are
    kept in a hidden file beside the output until the surface is complete; the same call resumes an
    interrupted run.

    Parameters
    ----------
    study
        Layers, as for `score`. The emitters are the context; the sites are ignored.
    profile
        As for `score`.
    out
        Output file: ``.tif`` for a raster, ``.parquet`` or ``.gpkg`` for
        hexagons. A result of standort is replaced.
    cell_km
        Side of a cell [km], > 0; for a raster.
    h3
        Resolution of H3, 0 to 15 (7 is about 5 km2); for hexagons, instead of `cell_km`.
    bounds
        West, south, east, north [degrees]; west > east crosses the antimeridian. By default the
        bounds of the mask or, without a mask, of the emitters (of all layers if there are none)
        with a margin of 25 km. Cells with centres outside are nodata.
    mask
        Polygons, or a file of polygons, in any coordinate reference system. Cells with centres
        outside are nodata.
    grid
        ``"equal-area"`` or ``"geographic"``, as for `create_grid`.
    crs
        Projected reference system in metres for the grid, instead of the one `create_grid` chooses.
    resume
        Whether to resume an unfinished run.
    progress
        Called during the computation with a label, the number of blocks done and of all blocks.

    Returns
    -------
    The path. A raster is a Cloud-Optimised GeoTIFF of float64 with the bands ``score``, the
    components used for the score, and ``coverage``; nodata is NaN. Hexagons have a column for each
    of these and ``h3``, the id; those outside are omitted.

    Raises
    ------
    OptionError
        If options are contradictory, or give no cells or more than 1,000,000,000.
    FileError
        If a file cannot be read or written, or another run is writing it.
    LayerError, ProfileError
        As for `score`; `LayerError` also for an invalid mask.

    Warns
    -----
    StandortWarning
        If an unfinished surface with other inputs is discarded, or the mask was repaired.

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
    path = check_destination(out, endings=RASTER_ENDINGS if h3 is None else TABLE_ENDINGS)
    engine = Engine.of(study, profile)
    polygons = None if mask is None else as_mask(mask)
    region = Region(_choose_bounds(study, bounds, polygons), polygons)
    cells: _Blocks
    if cell_km is not None:
        cells = create_grid(region.bounds, cell_km, grid, crs=crs)
    else:
        cells = create_hexagons(region.bounds, int(h3 or 0))
    _check_number(cells, region)
    columns = _columns(engine)
    made_from = {
        "cells": {**cells.describe(), **region.describe(), "blocks": len(cells)},
        "profile": engine.profile.content_hash,
        "study": study_digests(study),
        "rasters": engine.raster_hashes,
        "versions": package_versions(),
    }
    with readable_write_errors(path), open_checkpoint(path, made_from, resume=resume) as kept:
        _score_blocks(engine, cells, region, kept, progress)
        if len(kept):
            _finish(path, cells, columns, kept, _manifest(engine, cells, region, kept))
    if not len(kept):
        msg = (
            f"no cell has its centre in the bounds {region.bounds.text()}"
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
        msg = "the H3 grid is fixed; omit grid and crs, which do not apply, or use cell_km"
        raise OptionError(msg)


def _choose_bounds(study: Study, given: Sequence[float] | None, mask: Mask | None) -> Bounds:
    """Return the given bounds, those of the mask, or those of the study with a margin."""
    if given is not None:
        return read_bounds(given)
    if mask is not None:
        return enclosing_bounds(mask.boxes())
    context = [name for name in study.layers if name != "sites"] or ["sites"]
    names = ["emitters"] if "emitters" in study.layers else context
    parts = [shapely.get_parts(study.layers[name].geometry.to_numpy()) for name in names]
    boxes = shapely.bounds(np.concatenate(parts))
    return enclosing_bounds(boxes, margin_m=_MARGIN_M)


def _check_number(cells: _Blocks, region: Region) -> None:
    if cells.cells > MOST_CELLS:
        msg = (
            f"expected at most {MOST_CELLS:,} cells, bounds {region.bounds.text()} contain "
            f"{cells.cells:,}; choose larger cells (for H3, a lower resolution) or smaller bounds"
        )
        raise OptionError(msg)


def _columns(engine: Engine) -> list[str]:
    """Return the names of the values: the score, the components used and the coverage."""
    profile = engine.profile
    absent = absent_components([criterion.id for criterion in engine.measured], profile)
    used = [c.id for c in profile.components if c.id not in absent]
    return ["score", *used, "coverage"]


def _score_blocks(
    engine: Engine, cells: _Blocks, region: Region, kept: Checkpoint, progress: Progress | None
) -> None:
    """Score the unfinished blocks and keep those with at least one cell."""
    columns = _columns(engine)
    for number in range(len(cells)):
        if progress is not None:
            progress(_LABEL, number, len(cells))
        if number in kept:
            continue
        some = cells.block(number, region)
        if len(some.cell_ids):
            kept.add(FinishedBlock(number, some.cell_ids, _scores(engine, some, columns)))
    if progress is not None:
        progress("Writing the file", len(cells), len(cells))


def _scores(engine: Engine, cells: Cells, columns: Sequence[str]) -> np.ndarray:
    """Score cells as sites that are not emitters; shape (columns, cells)."""
    sites = Sites(cells.lon, cells.lat, pd.RangeIndex(len(cells.cell_ids)), None)
    table = engine.scores(engine.evaluate(sites))
    return np.stack([table[name].to_numpy(dtype=np.float64) for name in columns])


def _manifest(
    engine: Engine, cells: _Blocks, region: Region, kept: Checkpoint
) -> dict[str, object]:
    """Return the manifest of the surface."""
    blocks = [(len(block.cell_ids), block.scores[0]) for block in kept.blocks()]
    counts: Counts = Counter(
        {
            ("cells",): sum(n for n, _ in blocks),
            ("scored",): sum(int(np.isfinite(scores).sum()) for _, scores in blocks),
            ("clusters",): 0 if engine.clusters is None else len(engine.clusters.table),
        }
    )
    definition = {**cells.describe(), **region.describe()}
    return {**engine.manifest(counts), "surface": definition}


def _finish(
    path: Path,
    cells: _Blocks,
    columns: Sequence[str],
    kept: Checkpoint,
    manifest: dict[str, object],
) -> None:
    """Write the file from the finished blocks."""
    with replacing(path) as scratch:
        if isinstance(cells, CellGrid):
            write_raster(scratch, cells, columns, kept.blocks(), manifest)
        elif path.suffix.lower() in _PARQUET:
            write_hexagon_parquet(scratch, columns, kept.blocks(), manifest)
        else:
            write_hexagon_geopackage(scratch, columns, kept.blocks(), manifest)
