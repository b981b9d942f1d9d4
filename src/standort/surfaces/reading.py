"""Reading back what a surface was computed from."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from standort.outputs.manifest import unflatten_manifest
from standort.surfaces.rasters import MANIFEST_TAG
from standort.surfaces.tables import LAYER, MANIFEST_KEY

__all__ = ["read_manifest"]


def read_manifest(path: str | Path) -> dict[str, Any] | None:
    """Read the manifest of a surface.

    Parameters
    ----------
    path
        A file.

    Returns
    -------
    What `surface` computed it from and with; None if the file is no surface of standort.

    Examples
    --------
    >>> read_manifest("no-such-file.tif") is None
    True
    """
    path = Path(path)
    if not path.is_file():
        return None
    ending = path.suffix.lower()
    if ending == ".gpkg":
        return _of_geopackage(path)
    text = _of_raster(path) if ending in {".tif", ".tiff"} else _of_parquet(path)
    found: dict[str, Any] | None = None if text is None else json.loads(text)
    return found


def _of_raster(path: Path) -> str | None:
    import rasterio

    try:
        with rasterio.open(path) as raster:
            text: str | None = raster.tags().get(MANIFEST_TAG)
    except rasterio.errors.RasterioError:
        return None
    return text


def _of_parquet(path: Path) -> str | None:
    from pyarrow import ArrowException, parquet

    try:
        metadata = parquet.read_schema(path).metadata or {}
    except (ArrowException, OSError):
        return None
    text = metadata.get(MANIFEST_KEY)
    return None if text is None else text.decode()


def _of_geopackage(path: Path) -> dict[str, Any] | None:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
        try:
            names = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
            if not {LAYER, "manifest"} <= names:
                return None
            rows = file.execute('SELECT "key", "value" FROM manifest').fetchall()
        except sqlite3.DatabaseError:
            return None
    return unflatten_manifest(pd.DataFrame(rows, columns=["key", "value"]))
