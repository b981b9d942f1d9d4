"""The whole command as a process: against the plain script, and how long it takes to start."""

from __future__ import annotations

import compileall
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import geopandas
import numpy as np

from benchmarks.timing import ROOT, command_memory_gib, standort_command, timed_command

if TYPE_CHECKING:
    from benchmarks.timing import Run

__all__ = ["compare_command", "time_start"]

#: what every score of a study needs, and nothing else
_LIBRARIES = "import geopandas, pyogrio, scipy.spatial, pydantic"
#: columns that both write, distances first
_DISTANCES = (
    "co2_storage_distance_km",
    "salt_cavern_distance_km",
    "pipeline_distance_km",
    "port_distance_km",
    "neighbour_distance_km",
)
_QUANTITIES = (
    "neighbour_emissions_mt_per_yr",
    "neighbour_count_count",
    "anchor_emissions_mt_per_yr",
    "renewable_capacity_gw",
)


def compare_command(
    study: Path, repeat: int, *, memory: bool
) -> tuple[dict[str, list[Run]], dict[str, float], dict[str, float]]:
    """Time `standort score` and the script on one study, in turn.

    Returns
    -------
    Runs by contender, peak memory [GiB] by contender, differences between what they wrote.
    """
    _compile()
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = (Path(folder) / name for name in ("ours.gpkg", "theirs.gpkg"))
        script = [sys.executable, str(ROOT / "benchmarks" / "peer_score.py"), str(study)]
        planar = str(Path(folder) / "planar.gpkg")
        commands = {
            "standort score": [*standort_command(), "score", str(study), "--out", str(ours)],
            "geopandas + scikit-learn script": [*script, str(theirs)],
            "the same, distances left planar": [*script, planar, "--planar"],
        }
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for _ in range(repeat):
            for name, command in commands.items():
                runs[name].append(timed_command(command))
        peak = {n: command_memory_gib(c) for n, c in commands.items()} if memory else {}
        return runs, peak, _agreement(ours, theirs)


def time_start(study: Path, repeat: int) -> tuple[dict[str, list[Run]], dict[str, float]]:
    """Time what a user waits for before anything happens, and a study against its libraries alone.

    Returns
    -------
    Runs by contender, taken in turn, and the ratios of the study to the libraries alone (medians
    of all runs).
    """
    _compile()
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out.gpkg")
        score = f"standort score {study.name}"
        commands = {
            score: [*standort_command(), "score", str(study), "--out", out],
            "libraries alone": [sys.executable, "-c", _LIBRARIES],
            "standort --help": [*standort_command(), "--help"],
            "import standort": [sys.executable, "-c", "import standort"],
        }
        for command in commands.values():
            timed_command(command)  # warm the cache of files
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for _ in range(repeat):
            for name, command in commands.items():
                runs[name].append(timed_command(command))
    ours, theirs = runs[score], runs["libraries alone"]
    return runs, {
        "times_the_libraries": median(run.wall_s for run in ours)
        / median(run.wall_s for run in theirs),
        "times_the_libraries_in_processor_seconds": median(run.cpu_s for run in ours)
        / median(run.cpu_s for run in theirs),
    }


def _compile() -> None:
    """Compile the package, as pip does when it installs: a checkout may hold no bytecode."""
    import standort

    compileall.compile_dir(str(Path(standort.__file__).parent), quiet=1)


def _agreement(ours: Path, theirs: Path) -> dict[str, float]:
    """Compare what both wrote: planar or spherical there, on the ellipsoid here."""
    one, other = (
        geopandas.read_file(path, layer="sites").set_index("site_id") for path in (ours, theirs)
    )
    other = other.loc[one.index]
    actual: dict[str, float] = {"sites": len(one)}
    for column in _DISTANCES:
        mine, their = one[column].to_numpy(), other[column].to_numpy()
        apart = np.abs(mine - their) / np.maximum(mine, 1.0)
        actual[f"median_difference_of_{column}"] = float(np.nanmedian(apart))
    for column in _QUANTITIES:
        # only unknown quantities within reach: unknown here, 0 there
        mine, their = one[column].fillna(0.0).to_numpy(), other[column].to_numpy()
        same = np.isclose(mine, their, rtol=1e-6, atol=1e-9)
        actual[f"share_of_sites_with_equal_{column}"] = float(same.mean())
    noise = (one["cluster"] == -1).to_numpy() == (other["cluster"] == -1).to_numpy()
    actual["share_of_sites_with_equal_noise"] = float(noise.mean())
    return actual
