"""Recognising files that standort wrote, because only those may be replaced.

A GeoPackage, a raster, a Parquet file and a folder hold a manifest, and figures and pages the
words of `MARK`. Tables and texts without room for either are recognised by their columns, keys or
last line.
"""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

from standort.storage.database_access import open_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: What figures and pages hold somewhere, and the last line of a text.
MARK = "Written by standort"
#: The mark is that near to the beginning or the end of a file [bytes].
_MARGIN = 65_536
#: Tag of a raster that holds the manifest as JSON.
MANIFEST_TAG = "STANDORT_MANIFEST"
#: Metadata key of a Parquet file that holds the manifest as JSON.
MANIFEST_KEY = b"standort"
#: Key of the version in a manifest.
_VERSION = "standort"
#: The file of the manifest in a folder of Parquet files, and the others.
_MANIFEST_FILE = "manifest.parquet"
_FOLDER_FILES = {
    f"{name}.parquet"
    for name in ("sites", "clusters", "cluster_hulls", "places", "place_members", "manifest")
}
#: Columns of each kind of CSV table; a table may have more.
_CSV_COLUMNS = (
    {"study", "status", "message", "n_sites", "basis"},
    {"site_id", "score_before", "score_after"},
    {"total_gain", "best_site", "best_gain"},
    {"target", "rival", "kind", "changed"},
    {"factor", "S1", "ST"},
    {"factor", "mu_star"},
    {"factor", "varied", "how"},
    {"factor", "level", "rank_shift"},
    {"rank_shift"},
    {"network_km", "geodesic_km", "detour"},
    {"from_id", "to_id", "distance_km"},
)
#: Keys of an explanation, of an entry of a list of sites and places, and of a list of columns.
_JSON_KEYS = (
    {"kind", "site_id", "score_min", "basis", "criteria"},
    {"kind", "id", "name", "score"},
    {"name", "kind", "meaning"},
)


def is_own(path: Path) -> bool:
    r"""Return whether standort wrote a file or folder.

    Parameters
    ----------
    path
        An existing file or folder.

    Returns
    -------
    Whether it is a result of any kind. A damaged one is not recognised.

    Raises
    ------
    FileError
        If another program has locked it.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "pairs.csv")
    ...     _ = path.write_text("from_id,to_id,distance_km\n")
    ...     is_own(path), is_own(Path(folder))
    (True, False)
    """
    if path.is_dir():
        return _is_own_folder(path)
    return path.is_file() and _RECOGNISE.get(path.suffix.lower(), _is_marked)(path)


def foreign_entries(folder: Path) -> list[str]:
    """Return the names of the entries of a folder that no result has.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    Names in alphabetical order.
    """
    return sorted({entry.name for entry in folder.iterdir()} - _FOLDER_FILES)


def _is_own_folder(folder: Path) -> bool:
    import pandas as pd

    try:
        return _VERSION in set(pd.read_parquet(folder / _MANIFEST_FILE)["key"])
    except (OSError, ValueError, KeyError):
        return False


def _is_own_geopackage(path: Path) -> bool:
    try:
        with open_database(path) as connection:
            statement = 'SELECT 1 FROM manifest WHERE "key" = ?'
            return connection.execute(statement, (_VERSION,)).fetchone() is not None
    except sqlite3.DatabaseError:
        return False


def _is_own_raster(path: Path) -> bool:
    import rasterio

    try:
        with rasterio.open(path, driver="GTiff") as raster:
            return MANIFEST_TAG in raster.tags()
    except rasterio.errors.RasterioError:
        return False


def _is_own_parquet(path: Path) -> bool:
    from pyarrow import ArrowException, parquet

    try:
        return MANIFEST_KEY in (parquet.read_schema(path).metadata or {})
    except (ArrowException, OSError):
        return False


def _is_own_csv(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            header = set(next(csv.reader(file), []))
        except csv.Error:
            return False
    return any(columns <= header for columns in _CSV_COLUMNS)


def _is_own_json(path: Path) -> bool:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    lists = [content, *(content.values() if isinstance(content, dict) else ())]
    records = [content, *(part[0] for part in lists if isinstance(part, list) and part)]
    found = [set(record) for record in records if isinstance(record, dict)]
    return any(keys <= names for keys in _JSON_KEYS for names in found)


def _is_marked(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(_MARGIN)
        file.seek(max(file.seek(0, os.SEEK_END) - _MARGIN, 0))
        return MARK.encode() in start + file.read()


_RECOGNISE: dict[str, Callable[[Path], bool]] = {
    ".gpkg": _is_own_geopackage,
    ".tif": _is_own_raster,
    ".tiff": _is_own_raster,
    ".parquet": _is_own_parquet,
    ".geoparquet": _is_own_parquet,
    ".csv": _is_own_csv,
    ".json": _is_own_json,
}
