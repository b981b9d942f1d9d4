"""`standort tipping` on the command line."""

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
    expected = tipping_points(score(read_study(study)), "b")
    assert written["after"].equals(expected["after"].astype(float).reset_index(drop=True))


def test_a_result_keeps_its_own_profile(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study.gpkg")
    run("score", study, "--out", tmp_path / "out.gpkg")
    assert run("tipping", tmp_path / "out.gpkg", "b", "--profile", "net-zero").exit_code == 0
    done = run("tipping", tmp_path / "out.gpkg", "b", "--profile", "frontrunner")
    assert done.exit_code == 2
    assert "was not scored by profile 'frontrunner'" in " ".join(done.output.split())
    assert run("tipping", study, "b", "--profile", "frontrunner").exit_code == 0


def test_an_unknown_site_is_rejected(tmp_path: Path) -> None:
    done = run("tipping", write_study(tmp_path / "study.gpkg"), "nowhere")
    assert done.exit_code == 2
    assert "'nowhere'" in done.output


def written(path: Path, lon: list[float]) -> Path:
    """Write equal emitters along a parallel, each with a port at its position."""
    ids = [f"s{i}" for i in range(len(lon))]
    positions = gpd.points_from_xy(lon, [52.0] * len(lon), crs=4326)
    plants = gpd.GeoDataFrame({"site_id": ids, "co2_t_per_yr": 1e6}, geometry=positions)
    ports = gpd.GeoDataFrame({"feature_id": ids}, geometry=positions)
    return write_geopackage(path, layers={"emitters": plants, "ports": ports}, tables={})


def test_a_tie_is_broken_by_any_amount(tmp_path: Path) -> None:
    done = run("tipping", written(tmp_path / "two.gpkg", [4.0, 4.2]), "s0")
    assert done.exit_code == 0, done.output
    assert "any less" in done.output
    assert [line for line in done.output.splitlines() if "1.00    1.00" in line] == []


def test_a_single_site_has_nothing_to_overtake(tmp_path: Path) -> None:
    done = run("tipping", written(tmp_path / "one.gpkg", [4.0]), "s0")
    assert done.exit_code == 0, done.output
    assert "rank 1 of 1" in done.output
    assert "No other site has a score: none to overtake, none to fall behind." in done.output


def test_the_error_for_an_excluded_site_or_place_names_the_gate(tmp_path: Path) -> None:
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
        message = " ".join(done.output.split())
        assert "a gate of the profile excludes it: 'port_distance' (partial value 0." in message
        assert "at least 0.98 needed" in message
