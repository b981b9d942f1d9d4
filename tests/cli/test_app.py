"""The command line: help, exit codes, messages without tracebacks, and imports."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import pytest
from cli.runs import run, write_study
from geopandas import GeoDataFrame
from shapely import LineString

import standort.study
from standort.cli.app import app
from standort.outputs.geopackage.writer import write_geopackage

COMMAND = Path(sysconfig.get_path("scripts")) / "standort"
COMMANDS = (
    "check",
    "score",
    "explain",
    "compare",
    "whatif",
    "tipping",
    "sensitivity",
    "type",
    "clusters",
    "profile list",
    "profile show",
    "profile new",
    "surface",
    "batch",
    "network fetch",
    "network check",
    "network distance",
    "network pairs",
)


def _run_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *[str(argument) for argument in arguments]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_an_example(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert f"Example: `standort {command}" in " ".join(result.output.split())


@pytest.mark.parametrize("command", [*COMMANDS, "", "profile"])
def test_help_has_no_types_and_no_truncated_sentences(command: str) -> None:
    output = run(*command.split(), "--help", columns=80).output
    for unwanted in ("{", "<", "range", "...\n"):
        assert unwanted not in re.sub(r"(STUDIES|\[ARGS\]|W S E N)\.\.\.", "", output)


def test_suggested_commands_name_the_program_as_it_was_called(
    study_path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out of here.gpkg"
    environment = {**os.environ, "PATH": os.defpath}
    last = subprocess.run(
        [COMMAND, "score", study_path, "--out", out],
        capture_output=True, text=True, check=True, env=environment,
    ).stdout.splitlines()[-1]  # fmt: skip
    assert last.strip() == f"{COMMAND} explain '{out}' b"
    again = subprocess.run(shlex.split(last), capture_output=True, text=True, check=True)
    assert again.stdout.startswith("Beta scores")


def test_help_names_the_exit_codes_and_every_command() -> None:
    output = run("--help").output
    assert "2 problem with the input" in " ".join(output.split())
    for command in COMMANDS:
        assert command.split()[0] in output


def test_without_a_command_help_is_shown() -> None:
    assert "Usage: standort" in run().output


def test_version_is_printed() -> None:
    result = run("--version")
    assert (result.exit_code, result.output) == (0, f"standort {version('standort')}\n")


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys, standort.cli.app; "
        "print(sorted({'pandas', 'numpy', 'geopandas', 'scipy', 'rich', 'pyogrio', 'folium', "
        "'matplotlib', 'pydantic', 'sklearn', 'osmnx', 'rasterio'} & set(sys.modules)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "[]"


def test_scoring_imports_only_what_it_uses(study_path: Path, tmp_path: Path) -> None:
    """A library imported at the top of a module slows down every command."""
    out = str(tmp_path / "out.gpkg")
    code = (
        "import sys; from standort.cli.app import app; "
        f"app(['score', {str(study_path)!r}, '--out', {out!r}], standalone_mode=False); "
        "print(sorted({'esda', 'folium', 'libpysal', 'matplotlib', 'networkx', 'osmnx', "
        "'pyarrow.parquet', 'rasterio', 'scipy.optimize', 'scipy.stats', 'sklearn'} "
        "& set(sys.modules)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip().splitlines()[-1] == "[]"


def test_a_closed_pipe_ends_a_command_without_a_traceback(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gpkg"
    with subprocess.Popen(
        [COMMAND, "score", study_path, "--out", out],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141
    assert out.exists()


def test_bad_input_ends_with_2_and_a_message_on_standard_error(tmp_path: Path) -> None:
    path = write_study(tmp_path / "broken.gpkg", broken=True)
    done = _run_process("score", path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "co2_t_per_yr" in done.stderr
    assert "'b'" in done.stderr


def test_good_input_ends_with_0_and_pipes_without_colour(study_path: Path, tmp_path: Path) -> None:
    done = _run_process("score", study_path, "--out", tmp_path / "out.gpkg")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "Best placed sites" in done.stdout


def test_an_internal_error_ends_with_1_and_one_line(
    study_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        msg = "a table\nwent missing"
        raise KeyError(msg)

    monkeypatch.setattr(standort.study, "score", fail)
    result = run("score", study_path)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "this is a bug in standort, not a problem with your input (KeyError" in result.stderr
    assert "Traceback" not in result.stderr


def test_debug_prints_the_traceback(tmp_path: Path) -> None:
    result = run("--debug", "score", tmp_path / "nothing.gpkg")
    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr
    assert "error: expected a GeoPackage" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score"], "Missing argument 'STUDY'"),
        (["scoer"], "No such command 'scoer'"),
        (["score", "x.gpkg", "--top", "0"], "--top"),
        (["score", "x.gpkg", "--colour", "red"], "No such option: --colour"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_message(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_warnings_are_plain_lines_on_standard_error(tmp_path: Path) -> None:
    emitters = gpd.read_file(write_study(tmp_path / "study.gpkg"), layer="emitters")
    lines = [LineString([(4, 52), (5, 52)]), LineString([(4, 52), (4, 52)])]
    pipelines = GeoDataFrame(
        {"feature_id": ["l1", "l2"], "carrier": ["co2", "co2"]}, geometry=lines, crs=4326
    )
    path = write_geopackage(
        tmp_path / "lines.gpkg", layers={"emitters": emitters, "pipelines": pipelines}, tables={}
    )
    result = run("score", path)
    assert result.exit_code == 0
    assert "warning: layer 'pipelines': degenerate geometry" in result.stderr
    assert "StandortWarning" not in result.stderr
    assert ".py" not in result.stderr


def test_the_entry_point_is_the_app() -> None:
    from standort.cli.app import main

    assert callable(main)
    assert app.info.context_settings == {"help_option_names": ["-h", "--help"]}


def test_a_closed_pipe_is_not_an_error(study_path: Path) -> None:
    with subprocess.Popen(
        [COMMAND, "score", study_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        stderr = process.stderr.read()
    assert "bug in standort" not in stderr
    assert "Traceback" not in stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_standard_output_is_one_error(study_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [COMMAND, "score", study_path],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot write to standard output: No space left on device")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_closed_standard_files_end_up_in_no_result(study_path: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole.gpkg", tmp_path / "out.gpkg"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    for path, closed in ((whole, ""), (out, "<&- >&- 2>&-")):
        command = shlex.join([str(COMMAND), "score", str(study_path), "--out", str(path)])
        subprocess.run(["/bin/sh", "-c", f"{command} {closed}"], check=True, env=environment)
    assert out.read_bytes() == whole.read_bytes()


def test_control_characters_of_names_are_shown_not_obeyed(tmp_path: Path) -> None:
    name = "\x1b]0;mine\x07\u202e"
    emitters = gpd.read_file(write_study(tmp_path / "study.gpkg"), layer="emitters")
    lines = [LineString([(4, 52), (5, 52)]), LineString([(4, 52), (4, 52)])]
    pipelines = GeoDataFrame(
        {"feature_id": ["l1", name], "carrier": "co2"}, geometry=lines, crs=4326
    )
    layers = {"emitters": emitters.assign(name=name), "pipelines": pipelines}
    path, out = tmp_path / "named.gpkg", tmp_path / "out.gpkg"
    write_geopackage(path, layers=layers, tables={})
    scored, explained = run("score", path, "--out", out), run("explain", out, "a")
    for said in (scored.stdout, scored.stderr, explained.stdout):
        assert "1b]0;mine" in said
        assert not {"\x1b", "\x07", "\u202e"} & {*said}


def test_characters_the_terminal_lacks_are_replaced(study_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "score", study_path],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "50"},
    )
    assert done.returncode == 0, done.stderr
    assert b"Best placed sites" in done.stdout


def test_ctrl_c_is_reported(study_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(standort.study, "score", stop)
    result = run("score", study_path)
    assert result.exit_code == 130
    assert result.stderr.startswith("stopped; outputs are complete or as they were\n")
