"""`standort explain` reads a result back, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cli.runs import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def result_path(study_path: Path, tmp_path: Path) -> Path:
    """Score the study."""
    path = tmp_path / "out.gpkg"
    assert run("score", study_path, "--out", path).exit_code == 0
    return path


def test_the_deciding_feature_is_named(result_path: Path) -> None:
    result = run("explain", result_path, "far")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Far [out] scores ")
    port = next(line for line in result.output.splitlines() if "  port distance" in line)
    assert "New Quay" in port
    assert "6.87 km" in port  # 0.1 degrees of longitude at 52 N


def test_json_adds_up_to_the_score(result_path: Path) -> None:
    result = run("explain", result_path, "a", "--json")
    told = json.loads(result.stdout)
    assert sum(row["contribution"] for row in told["criteria"]) == pytest.approx(told["score"])
    assert told["not_available"]["heat_demand"] == "the study has no layer 'heat_demand'"


def test_it_says_the_same_as_the_result_in_memory(result_path: Path, study_path: Path) -> None:
    from standort.layers import read_study
    from standort.study import score

    explanation = score(read_study(study_path)).explain("b")
    for width in (80, 120):
        told = run("explain", result_path, "b", columns=width).output
        assert told == f"{explanation.to_text(width=width)}\n"


def test_a_site_that_is_not_there_ends_with_2(result_path: Path) -> None:
    result = run("explain", result_path, "farr")
    assert result.exit_code == 2
    assert (
        "has no site, cluster or place 'farr'; did you mean site 'far' (Far [out])" in result.stderr
    )


def test_a_study_is_no_result(study_path: Path) -> None:
    result = run("explain", study_path, "a")
    assert result.exit_code == 2
    assert "give the file written by standort score --out" in result.stderr


def test_a_folder_is_no_result(tmp_path: Path) -> None:
    result = run("explain", tmp_path, "a")
    assert result.exit_code == 2
    assert "is a folder; give the file in it" in result.stderr


def test_an_id_may_begin_with_a_hyphen(result_path: Path) -> None:
    result = run("explain", result_path, "-1")
    assert result.exit_code == 2
    assert "has no site, cluster or place '-1'" in result.stderr


def test_without_an_id_all_are_listed(result_path: Path) -> None:
    lines = run("explain", result_path).output.splitlines()
    assert [line.split()[0] for line in lines] == ["cluster", "unclustered", *["site"] * 6]
    assert lines[0].split()[2:] == ["0", "Alpha", "works"]
    found = json.loads(run("explain", result_path, "--of", "site", "--json").stdout)
    assert [entry["id"] for entry in found] == ["a", "b", "c", "d", "e", "far"]


def test_without_an_id_there_is_no_page(result_path: Path) -> None:
    result = run("explain", result_path, "--format", "html")
    assert result.exit_code == 2
    assert "expected an ID to explain as HTML" in result.stderr


def test_two_formats_are_refused(result_path: Path) -> None:
    result = run("explain", result_path, "a", "--format", "text", "--json")
    assert result.exit_code == 2
    assert "--json and --format text contradict each other" in result.stderr
    assert run("explain", result_path, "a", "--format", "json", "--json").exit_code == 0
