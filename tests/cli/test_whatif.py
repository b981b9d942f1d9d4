"""`standort whatif`, `standort compare` and `standort explain` as people type them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from cli.runs import run, write_study

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def port_path(tmp_path: Path) -> Path:
    """Write two ports that could be built, one by the emitters in a row."""
    path = tmp_path / "ports.gpkg"
    ports = gpd.GeoDataFrame(
        {"feature_id": ["near", "nowhere"], "name": ["<New> Quay", "No Quay"]},
        geometry=gpd.points_from_xy([4.28, 20.0], [52.0, 40.0]),
        crs=4326,
    )
    ports.to_file(path, layer="ports")
    return path


def test_whatif_tells_who_gains_and_who_loses(study_path: Path, port_path: Path) -> None:
    told = run("whatif", study_path, "--add", f"ports={port_path}", "--remove", "p2")
    assert told.exit_code == 0, told.output
    assert told.output.startswith(
        "What if: 'near', 'nowhere' added to ports; 'p2' removed from ports."
    )
    assert "lose (most Far [out], -" in told.output
    assert "gain (most Epsilon, +" in told.output


def test_whatif_as_json_and_file(study_path: Path, port_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "changes.csv"
    told = run("whatif", study_path, "--add", f"ports={port_path}", "--format", "json", "-o", out)
    assert told.exit_code == 0, told.output
    report = json.loads(told.stdout)
    assert report["what_if"]["added"] == {"ports": ["near", "nowhere"]}
    assert report["counts"]["gain"] == (pd.read_csv(out)["change"] > 1e-9).sum() > 0


def test_best_next_ranks_candidates(study_path: Path, port_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "ranked.gpkg"
    told = run("whatif", study_path, "--best-next", f"ports={port_path}", "--out", out)
    assert told.exit_code == 0, told.output
    assert "2 candidates for ports, each added alone: <New> Quay (near) adds most" in told.output
    assert "2 sites gain, most Epsilon (e), +" in told.output
    ranked = gpd.read_file(out, layer="candidates")
    assert ranked["feature_id"].tolist() == ["near", "nowhere"]
    assert ranked["total_gain"].tolist()[1] == 0.0
    assert ranked["best_site_name"].fillna("").tolist() == ["Epsilon", ""]
    as_json = run("whatif", study_path, "--best-next", f"ports={port_path}", "--format", "json")
    rows = json.loads(as_json.stdout)
    assert [row["feature_id"] for row in rows] == ["near", "nowhere"]
    assert [row["best_site_name"] for row in rows] == ["Epsilon", None]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--remove", "p3"], "no feature 'p3' in any layer; look the ids up"),
        (["--remove", "ports=zz"], "no feature 'zz' in layer 'ports'"),
        (["--add", "ports"], "expected LAYER=FILE"),
        (["--add", "harbours=x.gpkg"], "no layer of a study is called 'harbours'"),
        ([], "nothing to change"),
    ],
)
def test_what_is_wrong_is_told_and_ends_with_2(
    study_path: Path, options: list[str], message: str
) -> None:
    told = run("whatif", study_path, *options)
    assert told.exit_code == 2
    assert message in told.stderr


def test_ranking_and_changing_at_once_is_refused(study_path: Path, port_path: Path) -> None:
    at = f"ports={port_path}"
    told = run("whatif", study_path, "--best-next", at, "--add", at)
    assert told.exit_code == 2
    assert "not both" in told.stderr


@pytest.fixture
def scored_path(study_path: Path, tmp_path: Path) -> Path:
    """Score the study."""
    path = tmp_path / "scored.gpkg"
    assert run("score", study_path, "--out", path).exit_code == 0
    return path


def test_compare_reads_two_results(scored_path: Path, study_path: Path, tmp_path: Path) -> None:
    from standort.layers import read_study
    from standort.study import score
    from standort.study.whatif.edits import edit_study

    other = tmp_path / "other.gpkg"
    edited, _ = edit_study(read_study(study_path), remove=["p2"])
    score(edited).write(other)
    told = run("compare", scored_path, other)
    assert told.exit_code == 0, told.output
    assert "6 sites in both: 1 lose (most Far [out], -" in told.output
    assert "input ports: 2 rows, study.gpkg, ports -> 1 of 2 rows" in told.output
    as_json = run("compare", scored_path, other, "--format", "json", "-o", tmp_path / "c.csv")
    assert json.loads(as_json.stdout)["sites"][0]["site_id"] == "far"
    assert (tmp_path / "c.csv").exists()


def test_compare_refuses_a_study(scored_path: Path, study_path: Path) -> None:
    told = run("compare", scored_path, study_path)
    assert told.exit_code == 2
    assert "give the file written by standort score --out" in told.stderr


def test_compare_does_not_write_over_what_it_reads(scored_path: Path) -> None:
    told = run("compare", scored_path, scored_path, "--out", scored_path)
    assert told.exit_code == 2
    assert "expected another file for the comparison" in told.stderr


def test_explain_names_the_next_best(tmp_path: Path) -> None:
    study, out = write_study(tmp_path / "study.gpkg"), tmp_path / "scored.gpkg"
    more = gpd.GeoDataFrame(
        {"feature_id": ["p3"], "name": ["Third Quay"]},
        geometry=gpd.points_from_xy([4.5], [52.0]),
        crs=4326,
    )
    pyogrio.write_dataframe(more, study, layer="ports", append=True)
    assert run("score", study, "--out", out).exit_code == 0
    told = run("explain", out, "a", columns=200).output
    assert "Next best: port distance Third Quay (34.3 km)" in told
    # a port 300 km off is worth as little as none
    assert "Next best" not in run("explain", out, "far", columns=200).output


def test_explain_tells_what_would_help(scored_path: Path) -> None:
    told = run("explain", scored_path, "far", columns=200).output
    assert "What would raise the score most: " in told
    assert "neighbour" in told.split("What would raise the score most: ")[1].split(".")[0]


def test_explain_a_cluster_by_number_and_by_name(scored_path: Path) -> None:
    by_number = run("explain", scored_path, "0", columns=200)
    assert by_number.exit_code == 0, by_number.output
    assert "Cluster 0 of 5 emitters" in by_number.output
    assert "Members: Alpha works (" in by_number.output
    assert run("explain", scored_path, "Alpha works", columns=200).output == by_number.output


def test_explain_writes_a_page_that_needs_no_net(scored_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "far.html"
    told = run("explain", scored_path, "far", "--format", "html", "--out", out)
    assert told.exit_code == 0, told.output
    page = out.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<svg" in page
    assert "http" not in page
    assert "<script" not in page


def test_explain_as_json_has_a_stable_shape(scored_path: Path) -> None:
    told = json.loads(run("explain", scored_path, "a", "--format", "json").stdout)
    assert set(told) == {
        *("kind", "site_id", "name", "score", "score_min", "score_max", "coverage", "basis"),
        *("place", "sentence", "criteria", "raises", "unknowns", "members", "notes"),
        *("not_available", "counted"),
    }
    assert set(told["raises"][0]) == {
        *("criterion", "what", "reference", "unit", "partial_value", "score", "gain"),
    }


def test_explain_a_place_that_is_not_there_ends_with_2(scored_path: Path) -> None:
    told = run("explain", scored_path, "nobody", "--of", "place")
    assert told.exit_code == 2
    assert "has no cluster or place 'nobody'" in told.stderr
    assert "lists the 1 cluster and 1 other place in it" in told.stderr


def test_best_next_is_given_once(study_path: Path, port_path: Path) -> None:
    given = f"ports={port_path}"
    told = run("whatif", study_path, "--best-next", given, "--best-next", given)
    assert told.exit_code == 2
    assert "--best-next is given 2 times" in told.stderr
