"""Writing results in chunks, to a GeoPackage or a folder of GeoParquet files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from standort.errors import FileError
from standort.outputs.geopackage.arrow_columns import GEOMETRY, parquet_writer
from standort.outputs.geopackage.column_descriptions import describe_columns
from standort.outputs.geopackage.writer import (
    GEOPACKAGE_VERSION,
    add_styles,
    check_destination,
    gdal_settings,
    put_in_place,
    readable_write_errors,
    sync,
    write_layer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd
    import pyarrow as pa
    from geopandas import GeoDataFrame

    from standort.results.schema import Schema

#: The file that marks a folder as a result.
_MARK = "manifest.parquet"


class Rest(NamedTuple):
    """The layers, tables, QGIS styles and schema that are written after the sites."""

    layers: Mapping[str, GeoDataFrame]
    tables: Mapping[str, pd.DataFrame]
    styles: Mapping[str, str]
    schema: Schema


def check_stream_destination(path: str | Path) -> Path:
    """Raise unless a destination can be written, before any computation.

    Parameters
    ----------
    path
        A file name that ends in ``.gpkg``, or a folder name without an ending.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If it has another ending, cannot be written, or is a folder without a result.
    """
    path = Path(path)
    if path.suffix:
        return check_destination(path)
    if path.exists() and not (path / _MARK).is_file():
        msg = (
            f"{str(path)!r} is not a folder of results and would be lost; choose another name, or "
            "remove it first"
        )
        raise FileError(msg)
    check_destination(path.with_suffix(".gpkg"))  # in the same parent folder
    return path


def write_stream(
    path: Path, schema: pa.Schema, sites: Iterator[pa.RecordBatch], finish: Callable[[], Rest]
) -> Path:
    """Write sites chunk by chunk, then the rest; completely or not at all.

    Parameters
    ----------
    path
        As `check_stream_destination` returns it.
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
    with (
        readable_write_errors(path),
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as scratch,
    ):
        written = Path(scratch) / path.name
        if path.suffix:
            with gdal_settings():
                _write_geopackage(written, schema, sites, finish)
            sync(written)
            put_in_place(written, path)
        else:
            written.mkdir()
            _write_folder(written, schema, sites, finish)
            if path.exists():
                path.rename(Path(scratch) / "before")
            shutil.move(written, path)
    return path


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
