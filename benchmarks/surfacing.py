"""A surface of Great Britain at 1 km as a process: cells, seconds, cells a second."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import rasterio
import shapely

from benchmarks.timing import ROOT, command_memory_gib, timed_command

if TYPE_CHECKING:
    from benchmarks.timing import Run

__all__ = ["time_surface"]

_LAND = ROOT.parent / "shared" / "data" / "real" / "natural_earth"
#: Great Britain without Northern Ireland, whose island reaches beyond
_BRITAIN = (-9.0, 49.5, 2.2, 61.2)
_NAME = "standort surface"


def time_surface(
    study: Path, repeat: int, *, smoke: bool, memory: bool
) -> tuple[dict[str, list[Run]], dict[str, float], dict[str, float]]:
    """Time `standort surface` of Great Britain, or of little to see that it runs.

    Returns
    -------
    Runs by contender, peak memory [GiB] by contender, and what came of it.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "surface.tif"
        command = [*_standort(), "surface", str(study), "--out", str(out)]
        if smoke:
            command += ["--cell-km", "20", "--bounds", "3", "51", "6", "53"]
        else:
            command += ["--cell-km", "1", *_where(Path(folder))]
        runs = [timed_command(command) for _ in range(repeat)]
        peak = {_NAME: command_memory_gib(command)} if memory else {}
        with rasterio.open(out) as raster:
            coverage = raster.read(raster.count, masked=True)
    cells, seconds = int(coverage.count()), min(run.wall_s for run in runs)
    figures = {"cells": cells, "seconds": seconds, "cells_per_second": cells / seconds}
    return {_NAME: runs}, peak, figures


def _where(folder: Path) -> list[str]:
    """Mask the sea where the land is at hand, else take the whole box."""
    if not _LAND.is_dir():
        return ["--bounds", *map(str, _BRITAIN)]
    land = geopandas.read_file(f"/vsigzip/{_LAND / 'ne_10m_land_nw_europe.geojson.gz'}")
    countries = geopandas.read_file(f"/vsigzip/{_LAND / 'ne_50m_admin_0_countries.json.gz'}")
    kingdom = countries.loc[countries["ADM0_A3"] == "GBR"].union_all().buffer(0.05)
    parts = land.explode().geometry
    kept = parts[parts.within(shapely.box(*_BRITAIN)) & parts.intersects(kingdom)]
    mask = folder / "land.gpkg"
    kept.to_file(mask, layer="land")
    return ["--mask", str(mask)]


def _standort() -> list[str]:
    return [sys.executable, "-c", "from standort.cli.app import main; main()"]
