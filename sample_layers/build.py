"""Build ``north_sea.gpkg`` from the tables in this folder.

Run from anywhere: ``python sample_layers/build.py [--out FILE]``. The same tables give the
same bytes on the same GDAL: the only clock in a GeoPackage is fixed by ``OGR_CURRENT_DATE``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyogrio

HERE: Final = Path(__file__).resolve().parent
LAYERS: Final = ("emitters", "co2_storage", "salt_caverns", "ports", "pipelines", "renewables")
TABLES: Final = ("assets", "linkages", "memberships", "initiatives", "collection")
FLAGS: Final = ("liquid_bulk", "offshore")
NUMBERS: Final = (
    "co2_t_per_yr",
    "capacity_mt",
    "capacity_low_mt",
    "capacity_high_mt",
    "injection_mt_per_yr",
    "capacity_gwh",
    "capacity_mw",
    "precision_km",
)
PERIOD: Final = ("year_from", "year_to")
FIXED_DATE: Final = "2024-01-01T00:00:00.000Z"


def read_table(layer: str, folder: Path = HERE) -> gpd.GeoDataFrame:
    """Read one CSV file as a layer in WGS84, unknown quantities as NaN.

    Parameters
    ----------
    layer
        Name of the layer, which is the name of its CSV file.
    folder
        Where the CSV files lie.

    Returns
    -------
    GeoDataFrame with the columns of the table in their order; coordinates become the geometry.
    """
    table = pd.read_csv(folder / f"{layer}.csv", keep_default_na=False, na_values=[""])
    for column in table.columns.intersection(list(NUMBERS)):
        table[column] = table[column].astype(float)
    for column in table.columns.intersection(list(FLAGS)):
        table[column] = table[column].astype(bool)
    if "wkt" in table:
        geometry = gpd.GeoSeries.from_wkt(table.pop("wkt"))
    else:
        geometry = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
    return gpd.GeoDataFrame(table, geometry=geometry, crs="EPSG:4326")


def read_links(table: str, folder: Path = HERE) -> pd.DataFrame:
    """Read one table on links between firms, or on their collection; open ends are missing.

    Parameters
    ----------
    table
        Name of the table, which is the name of its CSV file.
    folder
        Where the CSV files lie.

    Returns
    -------
    DataFrame with the columns of the table in their order, years as whole numbers.
    """
    years = dict.fromkeys(PERIOD, "Int64")
    return pd.read_csv(folder / f"{table}.csv", keep_default_na=False, na_values=[""], dtype=years)


def build(out: Path, folder: Path = HERE) -> None:
    """Write every table to one GeoPackage, complete or not at all.

    Parameters
    ----------
    out
        The GeoPackage to write; an existing file is replaced.
    folder
        Where the CSV files lie.
    """
    options = {"OGR_CURRENT_DATE": FIXED_DATE}
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
            part = Path(scratch) / out.name
            for layer in LAYERS:
                read_table(layer, folder).to_file(part, layer=layer, driver="GPKG")
            for table in TABLES:
                pyogrio.write_dataframe(read_links(table, folder), part, layer=table, driver="GPKG")
            os.replace(part, out)  # noqa: PTH105 - replaces atomically on every platform
    finally:
        pyogrio.set_gdal_config_options(before)


def main() -> None:
    """Build the file named on the command line and say what it holds."""
    parser = argparse.ArgumentParser(description="Build the sample layers from their tables.")
    parser.add_argument("--out", type=Path, default=HERE / "north_sea.gpkg")
    out: Path = parser.parse_args().out
    build(out)
    counts = ", ".join(
        f"{name} {pyogrio.read_info(out, name)['features']}" for name in (*LAYERS, *TABLES)
    )
    print(f"{out.name}: {counts}")


if __name__ == "__main__":
    main()
