"""Sites by the million, from GeoParquet to GeoParquet: throughput, memory, and how both grow.

    python -m benchmarks.streaming SITES.parquet OUT --workers 2     one run, as the benchmark does

The sites are generated, 70 % of them in clusters; so are 100,000 emitters. Pipelines and storage
are those of the real study of Europe, where it is at hand.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.data import emitters, site_chunks
from benchmarks.timing import ROOT, Run, children_cpu

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standort.layers import Study

__all__ = ["PROFILE", "grow", "write_sites"]

PROFILE = ROOT / "benchmarks" / "eight_criteria.toml"
#: how often memory is looked at [s]
_EVERY_S = 0.05
_GIB = 2**30
#: fewer sites only show how long a study takes to prepare
_FEWEST = 10_000


def grow(
    most: int, points: int, study: Path, *, chunk_sites: int, workers: int
) -> tuple[dict[str, list[Run]], dict[str, float], dict[str, float]]:
    """Score 1/1000, 1/100, 1/10 of the sites, then all.

    Parameters
    ----------
    most
        How many sites there are in the end.
    points
        How many emitters.
    study
        GeoPackage with ``pipelines`` and ``co2_storage``.
    chunk_sites, workers
        As for `score_file`.

    Returns
    -------
    Runs by number of sites, peak memory of all processes together [GiB], and what came of it.
    """
    runs: dict[str, list[Run]] = {}
    peak: dict[str, float] = {}
    actual: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        sites, out = Path(folder) / "sites.parquet", Path(folder) / "out"
        for n in sorted({max(most // part, min(most, _FEWEST)) for part in (1_000, 100, 10, 1)}):
            write_sites(sites, n)
            options = [f"--points={points}", f"--chunk-sites={chunk_sites}", f"--workers={workers}"]
            run, gib, reported = _watched([str(sites), str(out), f"--study={study}", *options])
            name = f"{n:,} sites"
            runs[name], peak[name] = [run], gib
            print(f"  {name}: {run.wall_s:.1f} s, {gib:.2f} GiB, {reported}", flush=True)
            actual |= _figures(n, run, reported, out / "sites.parquet")
            shutil.rmtree(out)
    return runs, peak, actual


def write_sites(path: Path, n: int) -> None:
    """Generate sites into a GeoParquet file; few of them stand in memory at a time."""
    import pyarrow as pa
    import shapely

    from standort.outputs.geopackage.arrow_columns import parquet_writer

    schema = pa.schema([("site_id", pa.int64()), ("geometry", pa.binary())])
    with parquet_writer(path, schema, ["Point"]) as writer:
        for some in site_chunks(n):
            at = shapely.to_wkb(some.geometry.to_numpy())
            writer.write_batch(pa.record_batch([some["site_id"], at], schema=schema))


def _figures(n: int, run: Run, reported: dict[str, float], written: Path) -> dict[str, float]:
    from pyarrow import compute, parquet

    score = parquet.read_table(written, columns=["score"])["score"]
    sites = f"of_{n}"
    later = n - reported["first_sites"]  # than the first chunk, when all is ready
    return {
        f"seconds_until_first_chunk_{sites}": reported["ready_s"],
        f"sites_per_second_{sites}": n / run.wall_s,
        f"sites_per_second_after_first_chunk_{sites}": later / reported["scoring_s"],
        f"bytes_written_per_site_{sites}": written.stat().st_size / n,
        f"rows_missing_{sites}": n - len(score),
        f"mean_score_{sites}": float(compute.mean(score).as_py()),
    }


def _watched(options: Sequence[str]) -> tuple[Run, float, dict[str, float]]:
    """Run this module in a new process; return seconds, peak memory [GiB] and its report."""
    command = [sys.executable, "-m", "benchmarks.streaming", *options]
    before, wall = children_cpu(), time.perf_counter()
    # a command of our own
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:  # noqa: S603
        peak = [0.0]
        watch = threading.Thread(target=_watch, args=(process, peak))
        watch.start()
        assert process.stdout is not None
        reported: dict[str, float] = json.loads(process.stdout.read() or "{}")
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, command)
        watch.join()
    return Run(time.perf_counter() - wall, children_cpu() - before), peak[0], reported


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    """Note the largest memory of a process and all it started, until it ends."""
    while process.poll() is None:
        peak[0] = max(peak[0], _resident(process.pid) / _GIB)
        time.sleep(_EVERY_S)


def _resident(pid: int) -> int:
    """Add up the resident memory of a process and its descendants; pages they share count twice."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [c for t in threads for c in (t / "children").read_text().split()]
    except OSError:  # it has ended meanwhile
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(_resident(int(child)) for child in children)


# ------------------------------------------------------------------ what the new process does


def _study(path: Path, points: int) -> Study:
    """Put generated emitters beside the pipelines and the storage of a study."""
    from standort.layers import Study, read_study

    real = read_study(path)
    layers: dict[str, Any] = {
        name: real.layers[name].reset_index() for name in ("pipelines", "co2_storage")
    }
    return Study.from_layers(emitters=emitters(points), **layers)


def main(arguments: Sequence[str] | None = None) -> None:
    """Score a file of sites and report the time it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streaming", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("sites", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--chunk-sites", type=int, default=65_536)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args(arguments)

    from standort.batch import score_file

    start = time.perf_counter()
    study = _study(options.study, options.points)
    scoring: list[tuple[int, float]] = []
    score_file(
        study,
        options.sites,
        options.out,
        profile=PROFILE,
        chunk_sites=options.chunk_sites,
        workers=options.workers,
        progress=lambda _, done, __: scoring.append((done, time.perf_counter())),
    )
    end = time.perf_counter()
    # the first chunk is scored when progress is first reported
    first, ready = scoring[0]
    reported = {"ready_s": ready - start, "first_sites": first, "scoring_s": end - ready}
    print(json.dumps(reported))


if __name__ == "__main__":
    main()
