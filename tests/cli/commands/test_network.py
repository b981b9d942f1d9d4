"""`standort network`: what is printed, what is written, and how it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import osmnx
import pandas as pd
import pytest
import shapely
from cli.runs import run, write_study

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def road(tmp_path: Path) -> Path:
    """Write a road along the five emitters of the study that passes the old quay."""
    path = tmp_path / "road.gpkg"
    lines = shapely.from_wkt(["LINESTRING (3.9 52, 4.1 52)", "LINESTRING (4.1 52, 4.4 52)"])
    gpd.GeoDataFrame(geometry=lines, crs=4326).to_file(path)
    return path


def test_check_prints_size_and_connectivity(road: Path) -> None:
    result = run("network", "check", road)
    assert result.exit_code == 0
    lines = (line.split(":", 1) for line in result.stdout.splitlines())
    assert {label: text.strip() for label, text in lines} == {
        "nodes": "3",
        "edges": "2",
        "length": "34.3 km, 0.0% of it one-way",
        "components": "1",
        "in the largest": "100.0% of the length",
        "unsplit crossings": "0",
    }


def test_check_at_vertices_connects_lines_at_shared_vertices(tmp_path: Path) -> None:
    path = tmp_path / "cross.geojson"
    lines = shapely.from_wkt(["LINESTRING (0 0, 1 0, 2 0)", "LINESTRING (1 -1, 1 0, 1 1)"])
    gpd.GeoDataFrame(geometry=lines, crs=4326).to_file(path)
    ends = run("network", "check", path)
    assert "components:        2" in ends.stdout
    assert (
        "warning: layer 'cross.geojson': lines cross or touch without ending at 1 position"
        in ends.stderr
    )
    vertices = run("network", "check", path, "--at-vertices")
    assert "components:        1" in vertices.stdout
    assert vertices.stderr == ""


@pytest.mark.parametrize("name", ["ways.csv", "ways.gpkg"])
def test_distance_writes_a_row_for_each_site(tmp_path: Path, road: Path, name: str) -> None:
    study = write_study(tmp_path / "study.gpkg")
    out = tmp_path / name
    result = run("network", "distance", study, "--layer", "ports", "--network", road, "--out", out)
    assert result.exit_code == 0, result.stderr
    assert "6 sites: 5 reached, 0 unreachable, 1 too far from the network" in result.stdout
    assert "1 of 2 features are farther than 5 km" in result.stderr
    read = (
        pd.read_csv(out) if name.endswith("csv") else gpd.read_file(out, layer="network_distance")
    )
    table = read.set_index("site_id")
    assert table["feature_id"].dropna().unique().tolist() == ["p1"]
    assert table.loc["b", "network_km"] == pytest.approx(4.806, abs=0.01)
    assert table.loc["far", "status"] == "not_snapped"


def test_clusters_accept_the_pairs_of_a_network(tmp_path: Path, road: Path) -> None:
    study, out = write_study(tmp_path / "study.gpkg"), tmp_path / "pairs.csv"
    result = run("network", "pairs", study, "--network", road, "--out", out, "--reach-km", "15")
    assert result.exit_code == 0, result.stderr
    written = pd.read_csv(out)
    assert result.stdout.startswith(
        f"{len(written)} pairs of 6 emitters, written to {out}. Use them with:"
    )
    assert (written["distance_km"] >= written["geodesic_km"]).all()
    assert written["distance_km"].max() <= 15
    options = ["--distances", out, "--distances-reach-km", "15", "--eps-km", "5,10,15"]
    clusters = run("clusters", study, *options)
    assert clusters.exit_code == 0, clusters.stderr
    refused = run("network", "pairs", study, "--network", road, "--out", tmp_path / "pairs.gpkg")
    assert (refused.exit_code, "ends in .csv" in refused.stderr) == (2, True)


def test_distances_from_the_fallback_are_counted(tmp_path: Path, road: Path) -> None:
    study = write_study(tmp_path / "study.gpkg")
    out = tmp_path / "ways.csv"
    options = ["--layer", "ports", "--network", road, "--out", out, "--fallback-detour", "1.3"]
    result = run("network", "distance", study, *options)
    assert "distances from the fallback, without a route: 1" in result.stdout


@pytest.mark.parametrize(
    ("layer", "out", "words"),
    [
        ("harbours", "ways.csv", "no layer 'harbours'; it holds emitters, ports"),
        ("ports", "ways.txt", "ends in .csv or .gpkg"),
        ("ports", "study.gpkg", "expected another output than the input"),
        ("ports", "study.gpkg/ways.csv", "cannot create the folder"),
    ],
)
def test_distance_refuses_wrong_options(
    tmp_path: Path, road: Path, layer: str, out: str, words: str
) -> None:
    study = write_study(tmp_path / "study.gpkg")
    result = run(
        "network", "distance", study, "--layer", layer, "--network", road, "--out", tmp_path / out
    )
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_missing_network_is_reported(tmp_path: Path) -> None:
    result = run("network", "check", tmp_path / "none.graphml")
    assert result.exit_code == 2
    assert "there is no file" in result.stderr


@pytest.mark.parametrize(
    "where", [["5.2", "50.5", "5.9", "50.9"], ["-3.2,53,-2.5,53.6"], ["Liege,", "Belgium"]]
)
def test_fetch_without_internet_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: list[str]
) -> None:
    # nothing listens on the discard port
    monkeypatch.setattr(osmnx.settings, "overpass_url", "http://127.0.0.1:9/api")
    out = tmp_path / "rail.graphml"
    result = run("network", "fetch", *where, "--type", "rail", "--out", out)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "cannot reach OpenStreetMap at 127.0.0.1" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (["5.9", "50.5", "5.2", "50.9"], "west < east"),
        (["5.2", "50.5", "5.9"], "west, south, east, north"),
        (["Liege", "--tpe", "rail"], "no such option: --tpe"),
    ],
)
def test_fetch_refuses_a_wrong_area(tmp_path: Path, where: list[str], words: str) -> None:
    result = run("network", "fetch", *where, "--out", tmp_path / "a.graphml")
    assert result.exit_code == 2
    assert words in result.stderr
