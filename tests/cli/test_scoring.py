"""`standort score` prints a summary and writes a complete result."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
from cli.runs import run, write_study
from geopandas import GeoDataFrame

from standort.cli.commands import score as scoring

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_file_holds_every_layer_and_table(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "out.gpkg"
    result = run("score", study_path, "--out", out)
    assert result.exit_code == 0, result.output
    layers = {name for name, _ in pyogrio.list_layers(out)}
    expected = {"sites", "clusters", "cluster_hulls", "contributions", "manifest", "places"}
    expected |= {"place_members", "place_contributions"}
    assert layers == {*expected, "layer_styles"}
    sites = gpd.read_file(out, layer="sites")
    assert sites["site_id"].tolist() == ["a", "b", "c", "d", "e", "far"]
    *_, last = result.output.splitlines()
    best = sites.set_index("site_id")["score"].idxmax()
    assert last.strip() == f"standort explain {out} {best}"


def test_a_study_with_initiatives_is_screened(study_path: Path, tmp_path: Path) -> None:
    table = pd.DataFrame({"initiative": ["Both"] * 2, "site_id": ["a", "b"]})
    pyogrio.write_dataframe(table, study_path, layer="initiatives", append=False)
    out = tmp_path / "out.gpkg"
    result = run("score", study_path, "--out", out)
    assert result.exit_code == 0, result.output
    layers = {name for name, _ in pyogrio.list_layers(out)}
    assert {"screening", "solution_families"} <= layers
    assert "Types of 3 places: 3 with a set of possible types." in result.output


def test_the_summary_tells_clusters_sites_and_basis(study_path: Path) -> None:
    output = run("score", study_path, "--top", 2).output
    assert "Best placed sites (2 of 6)" in output
    assert "1 cluster: 5 in clusters, 0 adjacent to one, 1 dispersed" in output
    assert "Scores stand on 6 of 18 criteria" in output
    assert "CO2 storage distance: the study has no layer 'co2_storage'" in output


def test_other_sites_can_be_scored_against_the_same_emitters(
    study_path: Path, tmp_path: Path
) -> None:
    sites = GeoDataFrame(
        {"site_id": ["plot"]}, geometry=gpd.points_from_xy([4.1], [52.01]), crs=4326
    )
    csv = tmp_path / "plots.csv"
    csv.write_text("site_id,lon,lat\nplot,4.1,52.01\n")
    refused = run("score", study_path, "--sites", csv)
    assert refused.exit_code == 2
    assert "expected a GeoPackage, GeoParquet or GeoJSON file with the layer 'sites'" in (
        refused.stderr
    )
    sites.to_file(tmp_path / "plots.geojson")
    out = tmp_path / "out.gpkg"
    result = run("score", study_path, "--sites", tmp_path / "plots.geojson", "--out", out)
    assert result.exit_code == 0, result.output
    assert gpd.read_file(out, layer="sites")["site_id"].tolist() == ["plot"]
    assert len(gpd.read_file(out, layer="clusters")) == 1


def test_a_profile_of_ones_own_is_taken(study_path: Path, tmp_path: Path) -> None:
    run("profile", "new", tmp_path / "mine.toml")
    result = run("score", study_path, "--profile", tmp_path / "mine.toml")
    assert result.exit_code == 0, result.output
    assert "by profile mine 1.0" in result.output


def test_reruns_write_the_same_bytes(
    study_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("first.gpkg", "second.gpkg"):
        assert run("score", study_path, "--out", tmp_path / name).exit_code == 0
    assert (tmp_path / "first.gpkg").read_bytes() == (tmp_path / "second.gpkg").read_bytes()


def test_how_texts_are_held_changes_nothing_that_is_told(
    study_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    told = []
    for small in (0, 16_000_000):
        monkeypatch.setattr(scoring, "_SMALL", small)
        result = run("score", study_path, "--draws", 50, "--out", tmp_path / "out.gpkg")
        assert result.exit_code == 0, result.output
        told.append((result.stdout, _rows_of_all_tables(tmp_path / "out.gpkg")))
    assert told[0] == told[1]
    assert pd.get_option("mode.string_storage") == "auto"


def _rows_of_all_tables(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        rows = ((name, file.execute(f'SELECT * FROM "{name}"').fetchall()) for (name,) in names)  # noqa: S608
        return {name: repr(found) for name, found in rows}


def test_the_input_is_never_written_over(study_path: Path) -> None:
    before = study_path.read_bytes()
    result = run("score", study_path, "--out", study_path)
    assert result.exit_code == 2
    assert "expected another file for the result than for the input" in result.stderr
    assert study_path.read_bytes() == before


def test_a_destination_that_cannot_be_is_told_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    result = run("score", tmp_path / "not-read.gpkg", "--out", tmp_path / "file" / "out.gpkg")
    assert result.exit_code == 2
    assert "cannot make the folder" in result.stderr
    result = run("score", tmp_path / "not-read.gpkg", "--out", tmp_path / "out.shp")
    assert "expected a file name that ends in .gpkg" in result.stderr


def test_an_unknown_profile_is_told(study_path: Path) -> None:
    result = run("score", study_path, "--profile", "net-zer")
    assert result.exit_code == 2
    assert "net-zero" in result.stderr


def test_a_study_without_ports_stands_on_less(tmp_path: Path) -> None:
    result = run("score", write_study(tmp_path / "no-ports.gpkg", with_ports=False))
    assert result.exit_code == 0, result.output
    assert "Scores stand on 5 of 18 criteria" in result.output
    assert "port distance: the study has no layer 'ports'" in result.output


def test_names_with_brackets_are_printed_as_they_are(study_path: Path) -> None:
    assert "Far [out]" in run("score", study_path).output


def test_only_a_result_is_replaced(study_path: Path, tmp_path: Path) -> None:
    other = write_study(tmp_path / "precious.gpkg")
    before = other.read_bytes()
    result = run("score", study_path, "--out", other)
    assert result.exit_code == 2
    assert "is no result of standort and would be lost" in result.stderr
    assert other.read_bytes() == before
    for _ in range(2):
        assert run("score", study_path, "--out", tmp_path / "out.gpkg").exit_code == 0


def test_the_command_for_types_keeps_the_profile(study_path: Path) -> None:
    told = run("score", study_path, "--profile", "frontrunner").output
    assert f"type {study_path} --profile frontrunner" in " ".join(told.split())
    assert "--profile" not in run("score", study_path).output
