"""Writing results in chunks, to a GeoPackage or a folder of GeoParquet files."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

from standort.outputs.geopackage.arrow_columns import GEOMETRY, parquet_writer
from standort.outputs.geopackage.column_descriptions import describe_columns
from standort.outputs.geopackage.writer import (
    GEOPACKAGE_VERSION,
    add_styles,
    gdal_settings,
    write_layer,
)
from standort.storage.replacement import check_destination, replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa
    from geopandas import GeoDataFrame

    from standort.results.schema import Schema

#: Endings of destinations; a folder has none.
STREAM_ENDINGS = (".gpkg", "")


class Rest(NamedTuple):
    """The layers, tables, QGIS styles and schema that are written after the sites."""

    layers: Mapping[str, GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]
    styles: Mapping[str, str]
    schema: Schema


def write_stream(
    path: Path, schema: pa.Schema, sites: Iterator[pa.RecordBatch], finish: Callable[[], Rest]
) -> Path:
    """Write sites chunk by chunk, then the rest; completely or not at all.

    Parameters
    ----------
    path
        A file name that ends in ``.gpkg``, or a folder name without an ending.
    schema
        Columns of the sites, ``geometry`` as WKB.
    sites
        The chunks.
    finish
        Returns the rest, once all sites are written.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If it cannot be written; an existing file stays unchanged.
    """
    path = check_destination(path, endings=STREAM_ENDINGS)
    with replacing(path) as scratch:
        if path.suffix:
            with gdal_settings():
                _write_geopackage(scratch, schema, sites, finish)
        else:
            scratch.mkdir()
            _write_folder(scratch, schema, sites, finish)
            _keep_permissions(path, scratch)
    return path


def _keep_permissions(earlier: Path, folder: Path) -> None:
    """Give files the permissions of those of the same names in an earlier result."""
    for file in folder.iterdir():
        if (earlier / file.name).exists():
            shutil.copymode(earlier / file.name, file)


def _write_geopackage(
    path: Path, schema: pa.Schema, sites: Iterator[pa.RecordBatch], finish: Callable[[], Rest]
) -> None:
    import pyarrow as pa
    from pyogrio.raw import write_arrow

    stopped: list[BaseException] = []

    def batches() -> Iterator[pa.RecordBatch]:
        """Keep the error that stops the sites, which GDAL would replace by its own."""
        try:
            yield from sites
        except BaseException as error:
            stopped.append(error)
            raise

    try:
        write_arrow(
            pa.RecordBatchReader.from_batches(schema, batches()),
            path,
            layer="sites",
            driver="GPKG",
            geometry_name=GEOMETRY,
            geometry_type="Point",
            crs="EPSG:4326",
            dataset_options={"VERSION": GEOPACKAGE_VERSION},
            layer_options={"GEOMETRY_NAME": "geom", "FID": "fid"},
        )
    except RuntimeError:
        if stopped:
            raise stopped[0] from None
        raise
    rest = finish()
    for name, frame in {**rest.layers, **rest.tables}.items():
        write_layer(path, name, frame)
    add_styles(path, rest.styles, {"sites": "geom"}, rest.layers, rest.schema)
    describe_columns(path, rest.schema)


def _write_folder(
    folder: Path, schema: pa.Schema, sites: Iterator[pa.RecordBatch], finish: Callable[[], Rest]
) -> None:
    with parquet_writer(folder / "sites.parquet", schema, ["Point"]) as writer:
        for batch in sites:
            writer.write_batch(batch)
    rest = finish()
    for name, frame in {**rest.layers, **rest.tables}.items():
        frame.to_parquet(folder / f"{name}.parquet")
