"""`standort score --draws` fills intervals, and refuses what it would ignore."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
from cli.runs import run

if TYPE_CHECKING:
    from pathlib import Path

FIVE = ["score_p05", "score_p95", "rank_p05", "rank_p95", "p_top10"]


def test_draws_fill_the_columns_and_the_manifest(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gpkg"
    result = run("score", study_path, "--draws", 60, "--seed", 4, "--out", out)
    assert result.exit_code == 0, result.output
    assert "5-95 %" in result.output
    assert "(60 draws; by chance the ends are off by about 0." in " ".join(result.output.split())
    sites = pyogrio.read_dataframe(out, layer="sites")
    assert set(FIVE) <= set(sites.columns)
    assert np.isfinite(sites[FIVE].to_numpy(dtype=float)).all()
    assert (sites["score_p05"] <= sites["score_p95"]).all()
    for name in FIVE:
        assert list(sites).index(f"{name}_error") == list(sites).index(name) + 1
    places = pyogrio.read_dataframe(out, layer="places")
    assert list(places).index("advantage_p05_error") == list(places).index("advantage_p05") + 1
    assert {"linkage_p95_error", "p_forerunner_error", "entropy_error"} <= set(places)
    manifest = pyogrio.read_dataframe(out, layer="manifest", read_geometry=False)
    told = dict(zip(manifest["key"], manifest["value"], strict=True))
    assert json.loads(told["monte_carlo.draws"]) == 60
    assert json.loads(told["monte_carlo.seed"]) == 4
    assert json.loads(told["monte_carlo.replicates"]) == 32
    explained = run("explain", out, "a")
    assert explained.exit_code == 0, explained.output


def test_draws_too_few_to_tell_their_error_say_so(study_path: Path, tmp_path: Path) -> None:
    result = run("score", study_path, "--draws", 3, "--out", tmp_path / "out.gpkg")
    assert "(3 draws, too few to tell how far" in " ".join(result.output.split())


def test_without_draws_there_are_no_such_columns(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gpkg"
    assert run("score", study_path, "--out", out).exit_code == 0
    assert not set(FIVE) & set(pyogrio.read_dataframe(out, layer="sites").columns)


def test_a_seed_without_draws_is_refused(study_path: Path) -> None:
    result = run("score", study_path, "--seed", 3)
    assert result.exit_code == 2
    assert "add --draws 10000" in result.output


def test_draws_do_not_go_with_chunks(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gpkg"
    result = run("score", study_path, "--draws", 10, "--chunk-sites", 2, "--out", out)
    assert result.exit_code == 2
    assert "leave out --draws, or --chunk-sites" in result.output
    assert not out.exists()
