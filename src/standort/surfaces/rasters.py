"""Writing a surface as a Cloud-Optimised GeoTIFF, block by block."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from standort.outputs.manifest import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from standort.surfaces.grids import CellGrid
    from standort.surfaces.keeping import Finished

__all__ = ["MANIFEST_TAG", "write_raster"]

#: where the file keeps the manifest, as JSON
MANIFEST_TAG = "STANDORT_MANIFEST"
_DONE = "cloud-optimised.tif"
_TILE = 256
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
    "statistics": "yes",
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
    with rasterio.Env(), rasterio.open(working, "w", **_WORKING, **size, **placing) as raster:
        raster.descriptions = columns
        raster.update_tags(**_tags(manifest))
        for block in blocks:
            window = grid.window(block.number)
            cells = np.full((len(columns), window.rows * window.cols), np.nan)
            cells[:, block.place] = block.scores
            raster.write(
                cells.reshape(len(columns), window.rows, window.cols),
                window=rasterio.windows.Window(window.col, window.row, window.cols, window.rows),
            )
    copy(working, done, **_CLOUD_OPTIMISED)
    return done


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
