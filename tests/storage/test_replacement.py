"""Outputs appear whole or not at all, and replace only what standort wrote."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pandas as pd
import pytest

from standort.errors import FileError, StandortWarning
from standort.outputs.csv_tables import write_csv
from standort.outputs.geopackage.writer import write_geopackage
from standort.results.manifest import brief_manifest
from standort.storage.replacement import (
    check_destination,
    remove_leftovers,
    replacing,
    scratch_folder,
)

PAIRS = pd.DataFrame({"from_id": ["a"], "to_id": ["b"], "distance_km": [1.0]})
ENDINGS = (".gpkg", ".csv", ".html", ".json", ".png", ".tif", ".parquet", ".txt", ".graphml", "")


def result(path: Path, number: int = 1) -> Path:
    tables = {"t": pd.DataFrame({"n": [number]}), "manifest": brief_manifest("a test")}
    return write_geopackage(path, layers={}, tables=tables)


def folder_result(path: Path, number: int) -> Path:
    with replacing(path) as scratch:
        scratch.mkdir()
        brief_manifest("a test").to_parquet(scratch / "manifest.parquet")
        pd.DataFrame({"n": [number]}).to_parquet(scratch / "sites.parquet")
    return path


def number_in(path: Path) -> int:
    if path.is_dir():
        return int(pd.read_parquet(path / "sites.parquet")["n"].iloc[0])
    with closing(sqlite3.connect(path)) as connection:
        (number,) = connection.execute("SELECT n FROM t").fetchone()
    return int(number)


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_standort_did_not_write_is_refused(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"mine{ending}"
    path.write_text("site_id,name\na,my own notes\n")
    with pytest.raises(FileError, match="is not a result of standort and would be lost"):
        check_destination(path, endings=(ending,))
    with pytest.raises(FileError, match="expected another output than the input"):
        check_destination(path, endings=(ending,), inputs=[path])


def test_special_files_and_circles_of_links_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "a.csv").symlink_to("b.csv")
    (tmp_path / "b.csv").symlink_to("a.csv")
    for name, message in (("pipe.csv", "is not a result"), ("a.csv", "links form a circle")):
        with pytest.raises(FileError, match=message):
            check_destination(tmp_path / name, endings=(".csv",))


def test_inputs_are_recognised_through_links(tmp_path: Path) -> None:
    source = result(tmp_path / "in.gpkg")
    (tmp_path / "soft.gpkg").symlink_to(source)
    (tmp_path / "hard.gpkg").hardlink_to(source)
    for out in (tmp_path / "soft.gpkg", tmp_path / "hard.gpkg", tmp_path / "." / "in.gpkg"):
        with pytest.raises(FileError, match="expected another output than the input"):
            check_destination(out, inputs=[source])


def test_a_folder_that_holds_an_input_or_more_is_refused(tmp_path: Path) -> None:
    out = folder_result(tmp_path / "out", 1)
    with pytest.raises(FileError, match="expected another output than the input"):
        check_destination(out, endings=("",), inputs=[out / "sites.parquet"])
    (out / "notes.txt").touch()
    with pytest.raises(FileError, match=r"holds more than a result .*: notes\.txt"):
        check_destination(out, endings=("",))


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    target = result(tmp_path / "store" / "real.gpkg")
    target.chmod(0o640)
    link = tmp_path / "link.gpkg"
    link.symlink_to(target)
    result(link, 2)
    assert link.is_symlink()
    assert number_in(target) == 2
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in target.parent.iterdir()] == ["real.gpkg"]


def test_pending_changes_are_in_the_earlier_result_before_it_is_replaced(tmp_path: Path) -> None:
    path = result(tmp_path / "out.gpkg")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("UPDATE t SET n = 7")
        connection.commit()
        result(path, 2)
    assert number_in(path) == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.gpkg"]


def test_a_locked_result_is_reported_as_locked(tmp_path: Path) -> None:
    path = result(tmp_path / "out.gpkg")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(FileError, match="is locked by another program"):
            check_destination(path)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_an_error_leaves_the_earlier_result(kind: str, tmp_path: Path) -> None:
    path = result(tmp_path / "o.gpkg") if kind == "file" else folder_result(tmp_path / "o", 1)
    with suppress(KeyError), replacing(path) as scratch:
        scratch.write_text("half")
        raise KeyError
    assert number_in(path) == 1
    assert len(list(tmp_path.iterdir())) == 1


KILL = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from storage.test_replacement import folder_result, result
left = int(sys.argv[2])
def kill(event, arguments):
    global left
    if event == "ctypes.dlsym" and sys.argv[4] == "two steps":
        raise AttributeError  # as where the C library has no exchange
    watched = event in {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "tempfile.mkdtemp"}
    if watched or (event == "open" and "standort-" in str(arguments[0])):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(kill)
path = Path(sys.argv[1])
(result if path.suffix else folder_result)(path, 2)
"""


@pytest.mark.parametrize(
    ("name", "way"), [("out.gpkg", "one step"), ("out", "one step"), ("out", "two steps")]
)
def test_a_kill_at_any_step_loses_nothing(name: str, way: str, tmp_path: Path) -> None:
    write = result if name.endswith("gpkg") else folder_result
    code, step = -signal.SIGKILL, 0
    while code == -signal.SIGKILL:
        path = write(tmp_path / str(step) / name, 1) if _made(tmp_path / str(step)) else tmp_path
        tests = str(Path(__file__).parents[1])
        code = subprocess.run(
            [sys.executable, "-c", KILL, path, str(step), tests, way], check=False
        ).returncode
        assert path.exists() or way == "two steps"
        with pytest.warns(StandortWarning) if _has_scratch(path.parent) else _nothing():
            check_destination(path, endings=(".gpkg", ""))
        assert number_in(path) in {1, 2}
        assert [entry.name for entry in path.parent.iterdir()] == [name]
        step += 3  # each run takes a second
    assert code == 0
    assert step > 3


def _made(folder: Path) -> bool:
    folder.mkdir()
    return True


def _has_scratch(folder: Path) -> bool:
    return any(any(scratch.iterdir()) for scratch in folder.glob(".standort-*"))


def _nothing() -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(":memory:"))


def test_what_a_killed_run_had_moved_aside_is_restored(tmp_path: Path) -> None:
    path = folder_result(tmp_path / "out", 1)
    scratch = tmp_path / ".standort-abcdefgh.unfinished"
    (scratch / "before").mkdir(parents=True)
    (scratch / "lock").touch()
    path.rename(scratch / "before" / "out")
    with pytest.warns(StandortWarning) as caught:
        check_destination(path, endings=("",))
    assert [str(one.message).split(",")[0] for one in caught] == [
        "restored 'out'",
        "removed '.standort-abcdefgh.unfinished'",
    ]
    assert number_in(path) == 1


def test_the_scratch_of_a_living_run_stays(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        remove_leftovers(tmp_path)
        write_csv(PAIRS, tmp_path / "pairs.csv")
        assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.csv"]
