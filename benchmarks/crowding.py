"""Crowded emitters: all at 100 places, or all within 25 km of each other; how time and memory grow.

    python -m benchmarks.crowding 100_places 100000 score      one run, as the benchmark does

The peers are of scikit-learn: its ball tree counts neighbours without listing them, its DBSCAN
lists all pairs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np

from benchmarks.timing import ROOT, Run, peak_memory_gib, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from geopandas import GeoDataFrame

__all__ = ["time_crowds"]

RADIUS_KM = 25.0
#: mean radius of the Earth [km], to which the haversine formula of the peer refers
_EARTH_KM = 6_371.0088
KINDS = ("100_places", "within_25_km")
#: emitters up to which a peer is run: its memory grows with the square
_MOST = {"sklearn DBSCAN": 12_500}
EPS_KM, MIN_SAMPLES = 10.0, 4


def crowd(kind: str, n: int) -> GeoDataFrame:
    """Generate emitters, a fifth of them of unknown emissions."""
    rng = np.random.default_rng(1)
    at = rng.integers(0, 100, n) if kind == "100_places" else np.arange(n)
    lon = 4.0 + rng.uniform(-0.12, 0.12, at.max() + 1)[at]
    lat = 52.0 + rng.uniform(-0.08, 0.08, at.max() + 1)[at]
    emitted = np.round(rng.lognormal(11.0, 1.5, n), 1)
    emitted[rng.random(n) < 0.2] = np.nan  # noqa: PLR2004
    columns = {"site_id": np.arange(n), "co2_t_per_yr": emitted}
    return geopandas.GeoDataFrame(columns, geometry=geopandas.points_from_xy(lon, lat), crs=4326)


def our_score(emitters: GeoDataFrame) -> Callable[[], Any]:
    """Prepare all that the default profile computes of emitters alone."""
    from standort import Study, score

    study = Study.from_layers(emitters=emitters)
    return lambda: score(study).contributions


def our_count(emitters: GeoDataFrame) -> Callable[[], Any]:
    """Prepare our count of other emitters."""
    from standort.metrics import count_within

    return lambda: count_within(emitters, emitters, radius_km=RADIUS_KM).to_numpy()


def our_dbscan(emitters: GeoDataFrame) -> Callable[[], Any]:
    """Prepare our clusters."""
    from standort.clusters import dbscan

    return lambda: dbscan(emitters, eps_km=EPS_KM, min_samples=MIN_SAMPLES)["cluster"]


def peer_dbscan(emitters: GeoDataFrame) -> Callable[[], Any]:
    """Prepare the peer's clusters."""
    from sklearn.cluster import DBSCAN

    radians = np.radians(emitters.get_coordinates().to_numpy()[:, ::-1])
    model = DBSCAN(
        eps=EPS_KM / _EARTH_KM,
        min_samples=MIN_SAMPLES,
        metric="haversine",
        algorithm="ball_tree",
    )
    return lambda: model.fit(radians).labels_


def peer_count(emitters: GeoDataFrame) -> Callable[[], Any]:
    """Prepare the peer's count, with its tree ready."""
    from sklearn.neighbors import BallTree

    radians = np.radians(emitters.get_coordinates().to_numpy()[:, ::-1])
    tree = BallTree(radians, metric="haversine")
    return lambda: tree.query_radius(radians, RADIUS_KM / _EARTH_KM, count_only=True) - 1


WORK = {
    "score": our_score,
    "count": our_count,
    "sklearn BallTree": peer_count,
    "dbscan": our_dbscan,
    "sklearn DBSCAN": peer_dbscan,
}


def time_crowds(
    most: int,
) -> tuple[dict[str, list[Run]], dict[str, float], dict[str, float]]:
    """Time 1/16, 1/8, 1/4, 1/2 of the emitters, then all, each in a process of its own.

    Returns
    -------
    Runs and peak memory [GiB] by kind, number and work; and how the mean counts compare.
    """
    runs: dict[str, list[Run]] = {}
    peak: dict[str, float] = {}
    figures: dict[str, float] = {}
    for kind in KINDS:
        for n in (most // part for part in (16, 8, 4, 2, 1)):
            for what in WORK:
                if n > _MOST.get(what, most):
                    continue
                done = _alone(kind, n, what)
                name = f"{what}, {kind}, {n:,}"
                runs[name] = [Run(done["wall_s"], done["cpu_s"])]
                peak[name] = done["peak_gib"]
                figures |= {f"mean {name}": done["mean"]} if what != "score" else {}
                print(f"  {name}: {done}", flush=True)
    return runs, peak, figures


def _alone(kind: str, n: int, what: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.crowding", kind, str(n), what]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE)  # noqa: S603
    actual: dict[str, float] = json.loads(done.stdout)
    return actual


def main() -> None:
    """Run one kind of work once and print what it took."""
    kind, n, what = sys.argv[1:]
    run, answer = timed(WORK[what](crowd(kind, int(n))))
    mean = float("nan") if what == "score" else float(np.mean(answer))
    figures = {"wall_s": run.wall_s, "cpu_s": run.cpu_s, "peak_gib": peak_memory_gib()}
    print(json.dumps({**figures, "mean": mean}))


if __name__ == "__main__":
    main()
