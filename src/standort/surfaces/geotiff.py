"""Writer of surfaces as Cloud-Optimised GeoTIFF, block by block."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.results.manifest import plain
from standort.storage.own_files import MANIFEST_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from standort.surfaces.checkpoint import FinishedBlock
    from standort.surfaces.grids import CellGrid, Window

_TILE = 256
#: Cache of GDAL [MB]; its default is a twentieth of the machine's memory.
_CACHE_MB = 256
#: Options of the working file; a missing tile reads as nodata.
_WORKING = {
    "driver": "GTiff",
    "dtype": "float64",
    "nodata": np.nan,
    "tiled": True,
    "blockxsize": _TILE,
    "blockysize": _TILE,
    "interleave": "band",
    "sparse_ok": True,
    "bigtiff": "if_safer",
}
_CLOUD_OPTIMISED = {
    "driver": "COG",
    "blocksize": _TILE,
    "compress": "deflate",
    "predictor": "yes",
    "overviews": "auto",
    "overview_resampling": "average",
    "statistics": "auto",  # copied from the working file: GDAL miscounts nodata cells
    "bigtiff": "if_safer",
    "num_threads": "all_cpus",
}


def write_raster(
    path: Path,
    grid: CellGrid,
    columns: Sequence[str],
    blocks: Iterable[FinishedBlock],
    manifest: Mapping[str, object],
) -> None:
    """Write a raster with a band for each column.

    Bands are float64, which keeps scores exact; cells without a score are NaN, the nodata value.
    Overviews average the cells with a score. The tags of each band hold its minimum, maximum, mean
    and standard deviation, the tags of the file the manifest.

    Parameters
    ----------
    path
        Output file, in a folder where a working file may lie beside it.
    grid
        Grid of the cells.
    columns
        Names of the bands.
    blocks
        Finished blocks with at least one cell.
    manifest
        Manifest of the surface.
    """
    import rasterio
    from rasterio.shutil import copy

    working = path.with_name("working.tif")
    size = {"height": grid.rows, "width": grid.cols, "count": len(columns)}
    georeference = {
        "crs": rasterio.crs.CRS.from_wkt(grid.crs.to_wkt()),
        "transform": rasterio.Affine(grid.width, 0.0, grid.left, 0.0, -grid.height, grid.top),
    }
    with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
        with rasterio.open(working, "w", **_WORKING, **size, **georeference) as raster:
            raster.descriptions = columns
            raster.update_tags(**_tags(manifest))
            for block in blocks:
                _write_block(raster, grid.window(block.number), block)
        with rasterio.open(working, "r+") as raster:
            for band in raster.indexes:
                raster.update_tags(band, **_statistics(raster, band))
        copy(working, path, **_CLOUD_OPTIMISED)


def _write_block(raster: Any, window: Window, block: FinishedBlock) -> None:  # noqa: ANN401 - rasterio has no types
    from rasterio import windows

    cells = np.full((len(block.scores), window.rows * window.cols), np.nan)
    cells[:, block.cell_ids] = block.scores
    raster.write(
        cells.reshape(-1, window.rows, window.cols),
        window=windows.Window(window.col, window.row, window.cols, window.rows),
    )


def _statistics(raster: Any, band: int) -> dict[str, str]:  # noqa: ANN401 - rasterio has no types
    """Return the statistics of a band under the names used by GDAL and QGIS."""
    count, mean, square, least, most = 0, 0.0, 0.0, np.inf, -np.inf
    for _, window in raster.block_windows(band):
        cells = raster.read(band, window=window)
        known = cells[np.isfinite(cells)]
        if not known.size:
            continue
        # Chan, Golub and LeVeque (1983), equation 2.1: moments of two parts together
        away, share = float(known.mean()) - mean, known.size / (count + known.size)
        square += float(((known - known.mean()) ** 2).sum()) + away**2 * count * share
        mean, count = mean + away * share, count + known.size
        least, most = min(least, float(known.min())), max(most, float(known.max()))
    if not count:
        return {}
    statistics = {
        "MINIMUM": least,
        "MAXIMUM": most,
        "MEAN": mean,
        "STDDEV": (square / count) ** 0.5,
        "VALID_PERCENT": 100.0 * count / (raster.width * raster.height),
    }
    return {f"STATISTICS_{name}": repr(number) for name, number in statistics.items()}


def _tags(manifest: Mapping[str, object]) -> dict[str, str]:
    """Return the tags of a file: main entries and the whole manifest."""
    profile, inputs = manifest["profile"], manifest["inputs"]
    assert isinstance(profile, dict)
    assert isinstance(inputs, dict)
    hashes = {name: source["sha256"] for name, source in inputs.items() if source["sha256"]}
    return {
        "TIFFTAG_SOFTWARE": f"standort {manifest['standort']}",
        "STANDORT_PROFILE": f"{profile['id']} {profile['version']}",
        "STANDORT_PROFILE_HASH": profile["hash"],
        "STANDORT_INPUT_HASHES": json.dumps(hashes),
        MANIFEST_TAG: json.dumps(plain(manifest), ensure_ascii=False),
    }
