"""Small studies on disk, and commands run in the process of the tests."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import geopandas as gpd
from geopandas import GeoDataFrame
from typer.testing import CliRunner

from standort.cli.app import app
from standort.outputs.geopackage.writer import write_geopackage
from standort.scoring import load_profile

if TYPE_CHECKING:
    from typer.testing import Result

NET_ZERO = load_profile("net-zero")
#: as summaries name the profile, and say how many criteria it has
PROFILE_NAME, ALL_CRITERIA = f"net-zero {NET_ZERO.version}", f"{len(NET_ZERO.criteria)} criteria"


def write_study(path: Path, *, with_ports: bool = True, broken: bool = False) -> Path:
    """Write a study of five emitters in a row, 5 km apart, a distant one and two ports."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_study_file(with_ports=with_ports, broken=broken))
    return path


@cache
def _study_file(*, with_ports: bool, broken: bool) -> bytes:
    """Return the bytes of the study; cached, because writing takes long and many tests need it."""
    lon, lat = [4.0, 4.07, 4.14, 4.21, 4.28, 9.0], [52.0] * 6
    emitters = GeoDataFrame(
        {
            "site_id": ["a", "b", "c", "d", "e", "far"],
            "name": ["Alpha works", "Beta", "Gamma", "Delta", "Epsilon", "Far [out]"],
            "co2_t_per_yr": [2e6, -1e6 if broken else 1e6, 3e5, None, 2e5, 1.5e6],
        },
        geometry=gpd.points_from_xy(lon, lat),
        crs=4326,
    )
    ports = GeoDataFrame(
        {"feature_id": ["p1", "p2"], "name": ["Old Quay", "New Quay"]},
        geometry=gpd.points_from_xy([4.0, 9.1], [52.0, 52.0]),
        crs=4326,
    )
    layers = {"emitters": emitters, **({"ports": ports} if with_ports else {})}
    with TemporaryDirectory() as folder:
        return write_geopackage(Path(folder) / "study.gpkg", layers=layers, tables={}).read_bytes()


def run(*arguments: object, columns: int = 100) -> Result:
    """Run a command as typed, without the leading `standort`."""
    runner = CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": "1"})
    return runner.invoke(app, [str(argument) for argument in arguments], prog_name="standort")


def write_study_with_problems(path: Path) -> Path:
    """Write a study of ports, stores with two kinds of problems, and pipelines without CRS."""
    write_study(path)
    stores = GeoDataFrame(
        {"feature_id": ["s1", "s2", "s3"], "capacity_mt": [100.0, -5.0, None]},
        geometry=[*gpd.points_from_xy([3.0, 5.0], [53.0, 55.0]), None],
        crs=4326,
    )
    lines = GeoDataFrame(
        {"feature_id": ["l1"], "diameter_mm": [900]},
        geometry=gpd.GeoSeries.from_wkt(["LINESTRING (530000 180000, 540000 190000)"]),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the missing CRS
        stores.to_file(path, layer="co2_storage")
        lines.to_file(path, layer="pipelines")
    return path
