"""`standort compare` reads two results and reports the changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cli.runs import run

if TYPE_CHECKING:
    from pathlib import Path


def test_two_results_are_compared(result_path: Path, study_path: Path, tmp_path: Path) -> None:
    from standort.layers import read_study
    from standort.study import score
    from standort.study.whatif.edits import edit_study

    other = tmp_path / "other.gpkg"
    edited, _ = edit_study(read_study(study_path), remove=["p2"])
    score(edited).write(other)
    result = run("compare", result_path, other)
    assert result.exit_code == 0, result.output
    assert "6 sites in both: 1 lose (largest: Far [out], -" in result.output
    assert "input ports: 2 rows, study.gpkg, ports -> 1 of 2 rows" in result.output
    as_json = run("compare", result_path, other, "--format", "json", "-o", tmp_path / "c.csv")
    assert json.loads(as_json.stdout)["sites"][0]["site_id"] == "far"
    assert (tmp_path / "c.csv").exists()


def test_a_study_is_refused(result_path: Path, study_path: Path) -> None:
    result = run("compare", result_path, study_path)
    assert result.exit_code == 2
    assert "give the file written by standort score --out" in result.stderr


def test_the_inputs_are_not_overwritten(result_path: Path) -> None:
    result = run("compare", result_path, result_path, "--out", result_path)
    assert result.exit_code == 2
    assert "expected another output than the input" in result.stderr
