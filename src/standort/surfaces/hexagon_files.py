"""Writers of surfaces of hexagons as GeoParquet or GeoPackage, and reader of manifests."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from standort.outputs.geopackage.writer import GEOPACKAGE_VERSION, gdal_settings
from standort.results.manifest import flatten_manifest, plain, unflatten_manifest
from standort.storage.database_access import open_database
from standort.storage.own_files import MANIFEST_KEY, MANIFEST_TAG
from standort.surfaces.hexagons import as_text, outlines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import geopandas

    from standort.surfaces.checkpoint import FinishedBlock

#: Name of the layer in a GeoPackage.
_LAYER = "surface"
#: Number of hexagons outlined and written at a time.
_AT_A_TIME = 65_536


def write_hexagon_parquet(
    path: Path,
    columns: Sequence[str],
    blocks: Iterable[FinishedBlock],
    manifest: Mapping[str, object],
) -> None:
    """Write hexagons as GeoParquet 1.1, in order of ids.

    Parameters
    ----------
    path
        Output file.
    columns
        Names of the values.
    blocks
        Finished blocks with at least one hexagon.
    manifest
        Manifest of the surface, stored in the metadata of the file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        # without a CRS, coordinates are longitude and latitude on WGS84
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Polygon", "MultiPolygon"]}},
    }
    text = json.dumps(plain(manifest), ensure_ascii=False)
    schema = pa.schema(
        [
            pa.field("h3", pa.string(), nullable=False),
            *(pa.field(name, pa.float64()) for name in columns),
            pa.field("geometry", pa.binary(), nullable=False),
        ],
        metadata={b"geo": json.dumps(geo).encode(), MANIFEST_KEY: text.encode()},
    )
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for ids, values in _portions(blocks):
            arrays = [
                pa.array(as_text(ids), pa.string()),
                *(pa.array(column, from_pandas=True) for column in values),  # NaN is null
                pa.array(shapely.to_wkb(outlines(ids)), pa.binary()),
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def write_hexagon_geopackage(
    path: Path,
    columns: Sequence[str],
    blocks: Iterable[FinishedBlock],
    manifest: Mapping[str, object],
) -> None:
    """Write hexagons as a layer of a GeoPackage, with the manifest as a table.

    Parameters
    ----------
    path, columns, blocks, manifest
        As for `write_hexagon_parquet`.
    """
    import pyogrio

    options: dict[str, Any] = {"driver": "GPKG", "use_arrow": True}
    made: dict[str, Any] = {"dataset_options": {"VERSION": GEOPACKAGE_VERSION}}
    with gdal_settings():
        for ids, values in _portions(blocks):
            frame = _frame(ids, columns, values)
            kind = {"geometry_type": "MultiPolygon", "promote_to_multi": True}
            mode = {"layer_options": {"GEOMETRY_NAME": "geom"}} if made else {"append": True}
            pyogrio.write_dataframe(frame, path, layer=_LAYER, **kind, **mode, **made, **options)
            made = {}
        pyogrio.write_dataframe(flatten_manifest(manifest), path, layer="manifest", **options)


def _frame(ids: np.ndarray, columns: Sequence[str], values: np.ndarray) -> geopandas.GeoDataFrame:
    import geopandas

    table = {"h3": as_text(ids), **dict(zip(columns, values, strict=True))}
    return geopandas.GeoDataFrame(table, geometry=outlines(ids), crs="EPSG:4326")


def _portions(blocks: Iterable[FinishedBlock]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Regroup blocks into portions of equal size, except the last."""
    ids: list[np.ndarray] = []
    values: list[np.ndarray] = []
    held = 0
    for block in blocks:
        ids.append(block.cell_ids)
        values.append(block.scores)
        held += len(block.cell_ids)
        while held >= _AT_A_TIME:
            all_ids, all_values = np.concatenate(ids), np.concatenate(values, axis=1)
            yield all_ids[:_AT_A_TIME], all_values[:, :_AT_A_TIME]
            ids, values = [all_ids[_AT_A_TIME:]], [all_values[:, _AT_A_TIME:]]
            held -= _AT_A_TIME
    if held:
        yield np.concatenate(ids), np.concatenate(values, axis=1)


def read_manifest(path: str | Path) -> dict[str, Any] | None:
    """Read the manifest of a surface.

    Parameters
    ----------
    path
        File to read.

    Returns
    -------
    The manifest; None if the file is not a surface of standort.

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
    manifest: dict[str, Any] | None = None if text is None else json.loads(text)
    return manifest


def _of_raster(path: Path) -> str | None:
    import rasterio

    try:
        with rasterio.open(path, driver="GTiff") as raster:
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
    try:
        with open_database(path) as file:
            names = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
            if not {_LAYER, "manifest"} <= names:
                return None
            rows = file.execute('SELECT "key", "value" FROM manifest').fetchall()
    except sqlite3.DatabaseError:
        return None
    return unflatten_manifest(pd.DataFrame(rows, columns=["key", "value"]))
