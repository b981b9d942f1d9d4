"""`standort score` with sites of a file, in chunks."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from cli.runs import run
from geopandas import GeoDataFrame

from standort.cli.commands import score as scoring

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def plots(tmp_path: Path) -> Path:
    sites = GeoDataFrame(
        {"site_id": [f"plot {i}" for i in range(12)]},
        geometry=gpd.points_from_xy(np.linspace(3.9, 4.4, 12), [52.01] * 12),
        crs=4326,
    )
    sites.to_parquet(tmp_path / "plots.parquet")
    return tmp_path / "plots.parquet"


def test_a_geopackage_of_chunks_opens_like_any_result(
    study_path: Path, plots: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.gpkg"
    result = run("score", study_path, "--sites", plots, "--out", out, "--chunk-sites", 5)
    assert result.exit_code == 0, result.output
    assert "12 sites scored by profile net-zero" in result.output
    assert "Best placed sites (10 of 12)" in result.output
    assert "without ranks and contributions: sort its sites by score" in result.output
    whole = run("score", study_path, "--sites", plots, "--out", tmp_path / "whole.gpkg")
    assert whole.exit_code == 0, whole.output
    found, expected = (
        gpd.read_file(path, layer="sites") for path in (out, tmp_path / "whole.gpkg")
    )
    assert found.drop(columns="geometry").equals(expected.drop(columns=["rank", "geometry"]))
    with sqlite3.connect(out) as file:
        styles = [name for (name,) in file.execute("SELECT f_table_name FROM layer_styles")]
        assert styles == ["sites", "clusters", "cluster_hulls", "places"]


def test_a_name_without_an_ending_is_a_folder_of_geoparquet(
    study_path: Path, plots: Path, tmp_path: Path
) -> None:
    for _ in range(2):  # the second time it replaces its own result
        result = run(
            "score", study_path, "--sites", plots, "--out", tmp_path / "scores", "--workers", 2
        )
        assert result.exit_code == 0, result.output
    found = gpd.read_parquet(tmp_path / "scores" / "sites.parquet")
    assert found["site_id"].tolist() == [f"plot {i}" for i in range(12)]


def test_many_sites_are_scored_in_chunks_without_being_asked(
    study_path: Path, plots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "_MANY_SITES", 12)
    refused = run("score", study_path, "--sites", plots)
    assert refused.exit_code == 2
    assert "expected --out: the scores of 12 sites go to a file, not to memory" in refused.stderr
    result = run("score", study_path, "--sites", plots, "--out", tmp_path / "out.gpkg")
    assert "without ranks and contributions" in result.output


def test_sites_of_the_study_itself_can_be_many(
    study_path: Path, plots: Path, tmp_path: Path
) -> None:
    gpd.read_parquet(plots).to_file(study_path, layer="sites")
    out = tmp_path / "out"
    result = run("score", study_path, "--out", out)
    assert result.exit_code == 0, result.output
    assert len(gpd.read_parquet(out / "sites.parquet")) == 12


def test_emitters_alone_are_no_file_of_sites(study_path: Path, tmp_path: Path) -> None:
    for options in (["--out", tmp_path / "folder"], ["--chunk-sites", 5]):
        refused = run("score", study_path, *options)
        assert refused.exit_code == 2
        assert (
            "takes a GeoPackage or GeoParquet file of sites: give it by --sites" in refused.stderr
        )


def test_what_is_no_result_is_not_replaced(study_path: Path, plots: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    refused = run("score", study_path, "--sites", plots, "--out", tmp_path / "mine")
    assert refused.exit_code == 2
    assert "is no folder of results and would be lost" in refused.stderr
    refused = run("score", study_path, "--sites", plots, "--out", plots, "--chunk-sites", 5)
    assert refused.exit_code == 2
