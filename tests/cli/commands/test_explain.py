"""`standort explain` reads a result back, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import pytest
from cli.runs import run, write_study

if TYPE_CHECKING:
    from pathlib import Path


def test_the_deciding_feature_is_named(result_path: Path) -> None:
    result = run("explain", result_path, "far")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Far [out] scores ")
    port = next(line for line in result.output.splitlines() if "  port distance" in line)
    assert "New Quay" in port
    assert "6.87 km" in port  # 0.1 degrees of longitude at 52 N


def test_json_adds_up_to_the_score(result_path: Path) -> None:
    result = run("explain", result_path, "a", "--json")
    explained = json.loads(result.stdout)
    assert sum(row["contribution"] for row in explained["criteria"]) == pytest.approx(
        explained["score"]
    )
    assert explained["not_available"]["heat_demand"] == "the study has no layer 'heat_demand'"


def test_a_file_and_a_result_in_memory_give_the_same_text(
    result_path: Path, study_path: Path
) -> None:
    from standort.layers import read_study
    from standort.study import score

    explanation = score(read_study(study_path)).explain("b")
    for width in (80, 120):
        explained = run("explain", result_path, "b", columns=width).output
        assert explained == f"{explanation.to_text(width=width)}\n"


def test_an_unknown_site_ends_with_2(result_path: Path) -> None:
    result = run("explain", result_path, "farr")
    assert result.exit_code == 2
    assert (
        "has no site, cluster or place 'farr'; did you mean site 'far' (Far [out])" in result.stderr
    )


def test_a_study_is_refused(study_path: Path) -> None:
    result = run("explain", study_path, "a")
    assert result.exit_code == 2
    assert "give the file written by standort score --out" in result.stderr


def test_a_folder_is_refused(tmp_path: Path) -> None:
    result = run("explain", tmp_path, "a")
    assert result.exit_code == 2
    assert "is a folder; give a GeoPackage" in result.stderr


def test_an_id_may_begin_with_a_hyphen(result_path: Path) -> None:
    result = run("explain", result_path, "-1")
    assert result.exit_code == 2
    assert "has no site, cluster or place '-1'" in result.stderr


def test_without_an_id_all_are_listed(result_path: Path) -> None:
    lines = run("explain", result_path).output.splitlines()
    assert [line.split()[0] for line in lines] == ["cluster", "unclustered", *["site"] * 6]
    assert lines[0].split()[2:] == ["0", "Alpha", "works"]
    entries = json.loads(run("explain", result_path, "--of", "site", "--json").stdout)
    assert [entry["id"] for entry in entries] == ["a", "b", "c", "d", "e", "far"]


def test_html_needs_an_id(result_path: Path) -> None:
    result = run("explain", result_path, "--format", "html")
    assert result.exit_code == 2
    assert "expected an ID to explain as HTML" in result.stderr


def test_two_formats_are_refused(result_path: Path) -> None:
    result = run("explain", result_path, "a", "--format", "text", "--json")
    assert result.exit_code == 2
    assert "--json and --format text contradict each other" in result.stderr
    assert run("explain", result_path, "a", "--format", "json", "--json").exit_code == 0


def test_the_next_best_feature_is_named(tmp_path: Path) -> None:
    study, out = write_study(tmp_path / "study.gpkg"), tmp_path / "scored.gpkg"
    more = gpd.GeoDataFrame(
        {"feature_id": ["p3"], "name": ["Third Quay"]},
        geometry=gpd.points_from_xy([4.5], [52.0]),
        crs=4326,
    )
    pyogrio.write_dataframe(more, study, layer="ports", append=True)
    assert run("score", study, "--out", out).exit_code == 0
    explained = run("explain", out, "a", columns=200).output
    assert "Next best: port distance Third Quay (34.3 km)" in explained
    # a port 300 km away adds nothing
    assert "Next best" not in run("explain", out, "far", columns=200).output


def test_the_largest_gains_are_named(result_path: Path) -> None:
    explained = run("explain", result_path, "far", columns=200).output
    assert "What would raise the score most: " in explained
    assert "neighbour" in explained.split("What would raise the score most: ")[1].split(".")[0]


def test_a_cluster_is_explained_by_number_and_by_name(result_path: Path) -> None:
    by_number = run("explain", result_path, "0", columns=200)
    assert by_number.exit_code == 0, by_number.output
    assert "Cluster 0 of 5 emitters" in by_number.output
    assert "Members: Alpha works (" in by_number.output
    assert run("explain", result_path, "Alpha works", columns=200).output == by_number.output


def test_a_page_needs_no_internet(result_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "far.html"
    explained = run("explain", result_path, "far", "--format", "html", "--out", out)
    assert explained.exit_code == 0, explained.output
    page = out.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<svg" in page
    assert "http" not in page
    assert "<script" not in page


def test_json_has_stable_keys(result_path: Path) -> None:
    explained = json.loads(run("explain", result_path, "a", "--format", "json").stdout)
    assert set(explained) == {
        *("kind", "site_id", "name", "score", "score_min", "score_max", "coverage", "basis"),
        *("setting", "sentence", "criteria", "raises", "unknowns", "members", "notes"),
        *("not_available", "counted"),
    }
    assert set(explained["raises"][0]) == {
        *("criterion", "what", "reference", "unit", "partial_value", "score", "gain"),
    }


def test_an_unknown_place_ends_with_2(result_path: Path) -> None:
    explained = run("explain", result_path, "nobody", "--of", "place")
    assert explained.exit_code == 2
    assert "has no cluster or place 'nobody'" in explained.stderr
    assert "lists the 1 cluster and 1 other place in it" in explained.stderr
