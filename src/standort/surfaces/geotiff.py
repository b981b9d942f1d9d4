"""Writing a surface as a Cloud-Optimised GeoTIFF, block by block."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.results.manifest import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from standort.surfaces.checkpoint import Finished
    from standort.surfaces.grids import CellGrid, Window

__all__ = ["MANIFEST_TAG", "write_raster"]

#: where the file keeps the manifest, as JSON
MANIFEST_TAG = "STANDORT_MANIFEST"
_DONE = "cloud-optimised.tif"
_TILE = 256
#: what GDAL may keep in memory; left alone it takes a twentieth of the machine's [MB]
_CACHE_MB = 256
#: of the working file: its tiles are whole or not there at all, which reads as no data
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
    "statistics": "auto",  # those of the working file: GDAL miscounts cells without data
    "bigtiff": "if_safer",
    "num_threads": "all_cpus",
}


def write_raster(
    folder: Path,
    grid: CellGrid,
    columns: Sequence[str],
    blocks: Iterable[Finished],
    manifest: Mapping[str, object],
) -> Path:
    """Write a raster with a band for each column.

    Bands are float64, so that a cell has the very score; cells without one are NaN, which is the
    nodata value. Overviews average the cells that have a score. Minimum, maximum, mean and
    standard deviation of each band are in its tags, the manifest in those of the file.

    Parameters
    ----------
    folder
        An empty folder to work in.
    grid
        The cells.
    columns
        Names of the bands.
    blocks
        The blocks with any cell.
    manifest
        What the surface was computed from.

    Returns
    -------
    The file in the folder.
    """
    import rasterio
    from rasterio.shutil import copy

    working, done = folder / "working.tif", folder / _DONE
    size = {"height": grid.rows, "width": grid.cols, "count": len(columns)}
    placing = {
        "crs": rasterio.crs.CRS.from_wkt(grid.crs.to_wkt()),
        "transform": rasterio.Affine(grid.width, 0.0, grid.left, 0.0, -grid.height, grid.top),
    }
    with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
        with rasterio.open(working, "w", **_WORKING, **size, **placing) as raster:
            raster.descriptions = columns
            raster.update_tags(**_tags(manifest))
            for block in blocks:
                _write_block(raster, grid.window(block.number), block)
        with rasterio.open(working, "r+") as raster:
            for band in raster.indexes:
                raster.update_tags(band, **_statistics(raster, band))
        copy(working, done, **_CLOUD_OPTIMISED)
    return done


def _write_block(raster: Any, window: Window, block: Finished) -> None:  # noqa: ANN401 - rasterio has no types
    from rasterio import windows

    cells = np.full((len(block.scores), window.rows * window.cols), np.nan)
    cells[:, block.place] = block.scores
    raster.write(
        cells.reshape(-1, window.rows, window.cols),
        window=windows.Window(window.col, window.row, window.cols, window.rows),
    )


def _statistics(raster: Any, band: int) -> dict[str, str]:  # noqa: ANN401 - rasterio has no types
    """Describe a band, tile by tile: numbers under the names that GDAL and QGIS look for."""
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
    found = {
        "MINIMUM": least,
        "MAXIMUM": most,
        "MEAN": mean,
        "STDDEV": (square / count) ** 0.5,
        "VALID_PERCENT": 100.0 * count / (raster.width * raster.height),
    }
    return {f"STATISTICS_{name}": repr(number) for name, number in found.items()}


def _tags(manifest: Mapping[str, object]) -> dict[str, str]:
    """Give the tags of a file: what people look for, and the whole manifest."""
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
