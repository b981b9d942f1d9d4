"""An interrupted batch ends at once with all its processes and leaves only complete results.

A study of very many emitters in one place stands for one that takes for ever.
"""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from cli.runs import write_study

from standort.outputs.geopackage.stored_results import is_result

if TYPE_CHECKING:
    from pathlib import Path

#: Long enough for any machine; nothing here depends on how fast it is [s].
PATIENCE = 240
#: Ctrl-C is heard even where the tests run in the background of a shell, which ignores it.
HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
COMMAND = [sys.executable, "-c", f"{HEARING}from standort.cli.app import main; main()", "batch"]


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a study whose clusters take minutes."""
    path = tmp_path_factory.mktemp("endless") / "study.gpkg"
    lon, lat = np.random.default_rng(0).uniform(-0.08, 0.08, (2, 100_000))
    emitters = gpd.GeoDataFrame(
        {"site_id": np.arange(len(lon)), "co2_t_per_yr": 1e5},
        geometry=gpd.points_from_xy(4.0 + lon, 52.0 + lat),
        crs=4326,
    )
    emitters.to_file(path, layer="emitters")
    return path


def start(folder: Path, workers: int, endless: Path) -> subprocess.Popen[str]:
    """Start a batch of a sound study, one that never ends, and one more."""
    studies = [folder / f"{name}.gpkg" for name in ("first", "stuck", "third")]
    write_study(studies[0])
    shutil.copy(endless, studies[1])
    write_study(studies[2])
    if workers > 1:  # both workers are held up, so that one study is left over
        studies.insert(2, folder / "stuck_too.gpkg")
        shutil.copy(endless, studies[2])
    return subprocess.Popen(
        [*COMMAND, *map(str, studies), "--out-dir", str(folder / "out"), "-w", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert process.poll() is None, "the batch ended before it was stopped"
        assert time.monotonic() < deadline, f"{path.name} never came"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("workers", "number", "to_all"),
    [
        (1, signal.SIGINT, False),
        (1, signal.SIGTERM, False),
        (2, signal.SIGINT, True),  # as Ctrl-C in a terminal does
        (2, signal.SIGINT, False),
        (2, signal.SIGTERM, True),
        (2, signal.SIGTERM, False),
    ],
)
def test_an_interrupted_batch_ends_all_processes_and_keeps_what_is_done(
    tmp_path: Path, endless: Path, workers: int, number: signal.Signals, *, to_all: bool
) -> None:
    process, out = start(tmp_path, workers, endless), tmp_path / "out"
    wait_for(out / "first.gpkg", process)
    (os.killpg if to_all else os.kill)(process.pid, number)
    # pipes stay open as long as any process of the batch lives, so this waits for all of them
    stdout, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number
    assert stdout == ""
    assert "Traceback" not in stderr
    assert stderr.splitlines()[:2] == [
        f"{out / 'batch.csv'} lists the studies that are finished",
        "stopped; outputs are complete or as they were",
    ]
    assert sorted(entry.name for entry in out.iterdir()) == ["batch.csv", "first.gpkg"]
    assert is_result(out / "first.gpkg")
    with (out / "batch.csv").open(newline="", encoding="utf-8") as file:
        first, *others = csv.DictReader(file)
    assert (first["study"], first["status"], first["n_sites"]) == ("first.gpkg", "ok", "6")
    assert {row["message"] for row in others} == {
        "the batch was stopped before this study was done"
    }


def test_a_batch_interrupted_at_its_start_leaves_no_result(tmp_path: Path, endless: Path) -> None:
    process, out = start(tmp_path, 2, endless), tmp_path / "out"
    wait_for(out, process)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert {entry.name for entry in out.iterdir()} <= {"batch.csv"}


def test_processes_end_with_their_parent(tmp_path: Path, endless: Path) -> None:
    process, out = start(tmp_path, 2, endless), tmp_path / "out"
    wait_for(out / "first.gpkg", process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)  # ends only when no process is left
    assert process.returncode == -signal.SIGKILL
    assert {entry.name for entry in out.glob("*.gpkg")} == {"first.gpkg"}


def test_deferred_interrupts_arrive_afterwards_also_with_threads() -> None:
    """A signal may reach any thread of a process, such as one of numpy with its own mask."""
    script = """
import signal, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from standort.batch.workers import deferred_interrupts

other = threading.Thread(target=time.sleep, args=(600,), daemon=True)
other.start()
try:
    with deferred_interrupts():
        signal.pthread_kill(other.ident, signal.SIGINT)
        for _ in range(100):
            time.sleep(0.001)
        print("deferred")
except KeyboardInterrupt:
    print("raised")
"""
    run = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert run.stdout.split("\n") == ["deferred", "raised", ""]
