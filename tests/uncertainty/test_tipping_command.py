"""`standort tipping`, as a person types it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from cli.runs import run, write_study

from standort.layers import read_study
from standort.outputs.geopackage.writer import write_geopackage
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


def written(path: Path, lon: list[float]) -> Path:
    """Write equal emitters along a parallel, each with a port as near as the others have."""
    ids = [f"s{i}" for i in range(len(lon))]
    places = gpd.points_from_xy(lon, [52.0] * len(lon), crs=4326)
    plants = gpd.GeoDataFrame({"site_id": ids, "co2_t_per_yr": 1e6}, geometry=places)
    ports = gpd.GeoDataFrame({"feature_id": ids}, geometry=places)
    return write_geopackage(path, layers={"emitters": plants, "ports": ports}, tables={})


def test_a_tie_is_broken_by_any_amount(tmp_path: Path) -> None:
    done = run("tipping", written(tmp_path / "two.gpkg", [4.0, 4.2]), "s0")
    assert done.exit_code == 0, done.output
    assert "any less" in done.output
    assert [line for line in done.output.splitlines() if "1.00    1.00" in line] == []


def test_a_site_alone_is_told_that_there_is_nobody(tmp_path: Path) -> None:
    done = run("tipping", written(tmp_path / "one.gpkg", [4.0]), "s0")
    assert done.exit_code == 0, done.output
    assert "rank 1 of 1" in done.output
    assert "No other site has a score: none to overtake, none to fall behind." in done.output


def test_a_site_or_place_that_a_gate_excludes_is_told_the_gate(tmp_path: Path) -> None:
    profile = tmp_path / "gates.toml"
    profile.write_text(
        'extends = "net-zero"\nid = "gates"\nversion = "1"\n[gates]\nport_distance = 0.98\n',
        encoding="utf-8",
    )
    study = write_study(tmp_path / "study.gpkg")
    out = tmp_path / "out.gpkg"
    assert run("score", study, "--profile", profile, "--out", out).exit_code == 0
    for source, asked in ((study, "e"), (out, "e"), (out, "0")):
        options = ("--profile", profile) if source == study else ()
        done = run("tipping", source, asked, *options)
        assert done.exit_code == 2
        told = " ".join(done.output.split())
        assert "a gate of the profile excludes it, by port distance (worth 0." in told
        assert "the gate asks for 0.98" in told
