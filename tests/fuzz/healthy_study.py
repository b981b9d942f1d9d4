"""The healthy study that oddities are put into, and the forms in which a study can come."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping

#: the forms of a study, and of a file of sites
FORMS = ("geopackage", "folder", "memory")
#: the row of a layer that an oddity is put into, counted from 0
ODD_ROW = 2
N_ROWS = 6


def healthy_layers() -> dict[str, Any]:
    """Build the layers and the table, six rows each; nothing is wrong with them."""
    lon, lat = 4.0 + 0.05 * np.arange(N_ROWS), np.full(N_ROWS, 52.0)
    tonnes = 1e5 * np.arange(10.0, 10.0 + N_ROWS)
    period: dict[str, Any] = {
        "year_from": np.full(N_ROWS, 1990.0),
        "year_to": np.full(N_ROWS, 2050.0),
    }
    lines = [shapely.LineString([(x, 51.9), (x + 0.03, 52.1)]) for x in lon]
    return {
        "emitters": _layer("e", _points(lon, lat), id_name="site_id", co2_t_per_yr=tonnes),
        "sites": _layer("s", _points(lon + 0.01, lat + 0.02), id_name="site_id", **period),
        "ports": _layer(
            "p", _points(lon, lat - 0.1), liquid_bulk=np.arange(N_ROWS) % 2 == 0, **period
        ),
        "co2_storage": _layer(
            "c", list(shapely.box(lon - 1.0, lat, lon - 0.99, lat + 0.01)), capacity_mt=tonnes / 1e4
        ),
        "pipelines": _layer("l", lines, carrier=["co2", "hydrogen"] * (N_ROWS // 2)),
        "linkages": pd.DataFrame(
            {
                "firm_u": [f"u{i}" for i in range(N_ROWS)],
                "firm_v": [f"v{i}" for i in range(N_ROWS)],
                "kind": ["formal", "informal"] * (N_ROWS // 2),
            }
        ),
        "collection": pd.DataFrame(
            {
                "unit": [f"place {i}" for i in range(N_ROWS)],
                "layer": ["formal", "informal"] * (N_ROWS // 2),
                "source": [f"source {i}" for i in range(N_ROWS)],
                "method": ["roster", "press"] * (N_ROWS // 2),
                "firms": ["u0; v0"] * N_ROWS,
                "detect_lo": np.full(N_ROWS, 0.5),
                "detect_hi": np.full(N_ROWS, 0.9),
                "total": np.full(N_ROWS, 0.95),
                **period,
            }
        ),
        "firms": pd.DataFrame(
            {
                "firm": [f"u{i}" for i in range(N_ROWS)],
                "owner": [f"v{i}" for i in range(N_ROWS)],
                "share": np.full(N_ROWS, 0.5),
                "alias_of": [f"w{i}" for i in range(N_ROWS)],
            }
        ),
    }


def _points(lon: Any, lat: Any) -> list[shapely.Point]:  # noqa: ANN401 - numbers or arrays
    return list(shapely.points(lon, lat))


def _layer(
    letter: str,
    geometries: list[Any],
    *,
    id_name: str = "feature_id",
    **columns: Any,  # noqa: ANN401
) -> gpd.GeoDataFrame:
    """Build a layer whose ids are a letter and a number."""
    ids = [f"{letter}{i}" for i in range(N_ROWS)]
    names = [f"Name {i}" for i in ids]
    return gpd.GeoDataFrame(
        {id_name: ids, "name": names, **columns}, geometry=geometries, crs="EPSG:4326"
    )


def write_form(form: str, layers: Mapping[str, Any], folder: Path) -> Path:
    """Write layers as a GeoPackage, or as a folder of Parquet files."""
    path = folder / ("study.gpkg" if form == "geopackage" else "study")
    if form == "geopackage":
        write_layers(path, layers)
        return path
    path.mkdir()
    for name, layer in layers.items():
        layer.to_parquet(path / f"{name}.parquet")
    return path


def write_layers(path: Path, layers: Mapping[str, Any]) -> None:
    """Write layers to a GeoPackage, without indices so that SQL can change any cell."""
    for name, layer in layers.items():
        options = {"SPATIAL_INDEX": "NO"} if isinstance(layer, gpd.GeoDataFrame) else {}
        pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", layer_options=options)


def study_with(layer: str) -> dict[str, Any]:
    """Build the healthy study of the emitters and one other layer: little to read and to score."""
    layers = healthy_layers()
    return {name: layers[name] for name in layers if name in {"emitters", layer}}


@cache
def healthy_geopackage(layer: str) -> bytes:
    """Return the bytes of that study as a GeoPackage."""
    with TemporaryDirectory() as folder:
        return write_form("geopackage", study_with(layer), Path(folder)).read_bytes()


@cache
def healthy_parquet(layer: str) -> bytes:
    """Return the bytes of a layer of that study as a Parquet file."""
    with TemporaryDirectory() as folder:
        study = write_form("folder", study_with(layer), Path(folder))
        return (study / f"{layer}.parquet").read_bytes()


def change_rows(path: Path, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Change a GeoPackage with SQL, as other programs may."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("PRAGMA writable_schema = 1")
        for statement, values in statements:
            base.execute(statement, values)
