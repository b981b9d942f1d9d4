"""`standort tipping`, as a person types it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from cli.runs import run, write_study

from standort.layers import read_study
from standort.study import score
from standort.uncertainty import tipping_points

if TYPE_CHECKING:
    from pathlib import Path


def test_a_result_and_its_study_give_the_same_as_the_function(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study.gpkg")
    assert run("score", study, "--out", tmp_path / "out.gpkg").exit_code == 0
    for source, name in ((tmp_path / "out.gpkg", "a.csv"), (study, "b.csv")):
        done = run("tipping", source, "b", "--out", tmp_path / name)
        assert done.exit_code == 0, done.output
        assert "b is overtaken by c" in done.output
        assert "NO" not in done.output
    written = pd.read_csv(tmp_path / "a.csv")
    pd.testing.assert_frame_equal(written, pd.read_csv(tmp_path / "b.csv"))
    found = tipping_points(score(read_study(study)), "b")
    assert written["after"].equals(found["after"].astype(float).reset_index(drop=True))


def test_a_result_keeps_its_own_profile(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study.gpkg")
    run("score", study, "--out", tmp_path / "out.gpkg")
    assert run("tipping", tmp_path / "out.gpkg", "b", "--profile", "net-zero").exit_code == 0
    done = run("tipping", tmp_path / "out.gpkg", "b", "--profile", "frontrunner")
    assert done.exit_code == 2
    assert "was not scored by profile 'frontrunner'" in " ".join(done.output.split())
    assert run("tipping", study, "b", "--profile", "frontrunner").exit_code == 0


def test_a_site_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = run("tipping", write_study(tmp_path / "study.gpkg"), "nowhere")
    assert done.exit_code == 2
    assert "'nowhere'" in done.output
