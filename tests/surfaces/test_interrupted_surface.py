"""An interrupted surface keeps finished blocks, explains how to resume, and resumes.

A named pipe holds the work up: the process opens it to write after a few blocks, and waits there
until somebody reads.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import rasterio
from cli.runs import run, write_study

from standort.surfaces import grids
from standort.surfaces.checkpoint import checkpoint_path

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")

#: long enough for any machine; nothing here depends on how fast it is [s]
PATIENCE = 240
#: the command line, with a progress bar that opens a pipe when three blocks are done
COMMAND = """
import contextlib, sys
from standort.cli import app
from standort.cli.commands import surface
from standort.surfaces import grids

@contextlib.contextmanager
def held():
    def progress(label, done, total):
        if done == 3:
            open({pipe!r}, "w").close()
            while True:  # until the signal comes
                pass
    yield progress

grids.SIDE = 4
surface.show_progress = held
app.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_surface_resumes(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    study, out, pipe = write_study(tmp_path / "study.gpkg"), tmp_path / "a.tif", tmp_path / "pipe"
    os.mkfifo(pipe)
    arguments = [str(study), "--cell-km", "10", "--bounds", "3.5", "51.5", "5", "52.5"]
    code = COMMAND.format(pipe=str(pipe))
    process = subprocess.Popen(
        [sys.executable, "-c", code, "surface", *arguments, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with pipe.open() as reached:  # returns when the process opens it, three blocks done
        reached.read()
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number
    assert stdout == ""
    assert "Traceback" not in stderr
    assert stderr.splitlines()[-2:] == [
        f"finished cells are kept in '{checkpoint_path(out)}'; run the same command to resume",
        "stopped; outputs are complete or as they were",
    ]
    assert not out.exists()
    assert checkpoint_path(out).stat().st_size > 1_000

    monkeypatch.setattr(grids, "SIDE", 4)
    again = run("surface", *arguments, "--out", out)
    assert again.exit_code == 0, again.output
    assert "differ" not in again.output, again.output  # it did go on
    at_once = tmp_path / "b.tif"
    assert run("surface", *arguments, "--out", at_once).exit_code == 0
    assert out.read_bytes() == at_once.read_bytes()
    assert not checkpoint_path(out).exists()
    with rasterio.open(out) as raster:
        assert raster.count == 4
