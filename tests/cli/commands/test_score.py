"""`standort score` prints a summary and writes a complete result, also in chunks and with draws."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from cli.runs import ALL_CRITERIA, NET_ZERO, run, write_study
from geopandas import GeoDataFrame

from standort.cli.commands import score as scoring

if TYPE_CHECKING:
    from pathlib import Path

FIVE = ["score_p05", "score_p95", "rank_p05", "rank_p95", "p_top10"]


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


def test_the_summary_names_clusters_sites_and_basis(study_path: Path) -> None:
    output = run("score", study_path, "--top", 2).output
    assert "Best placed sites (2 of 6)" in output
    assert "1 cluster: 5 in clusters, 0 adjacent to one, 1 dispersed" in output
    assert f"Scores use 6 of the {ALL_CRITERIA}" in output
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


def test_a_custom_profile_is_used(study_path: Path, tmp_path: Path) -> None:
    run("profile", "new", tmp_path / "mine.toml")
    result = run("score", study_path, "--profile", tmp_path / "mine.toml")
    assert result.exit_code == 0, result.output
    assert f"by profile mine {NET_ZERO.version}" in result.output


def test_reruns_write_the_same_bytes(
    study_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("first.gpkg", "second.gpkg"):
        assert run("score", study_path, "--out", tmp_path / name).exit_code == 0
    assert (tmp_path / "first.gpkg").read_bytes() == (tmp_path / "second.gpkg").read_bytes()


def test_python_strings_do_not_change_results(
    study_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    outputs = []
    for small in (0, 16_000_000):
        monkeypatch.setattr(scoring, "_SMALL", small)
        result = run("score", study_path, "--draws", 50, "--out", tmp_path / "out.gpkg")
        assert result.exit_code == 0, result.output
        outputs.append((result.stdout, _rows_of_all_tables(tmp_path / "out.gpkg")))
    assert outputs[0] == outputs[1]
    assert pd.get_option("mode.string_storage") == "auto"


def _rows_of_all_tables(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as file:
        names = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        rows = ((name, file.execute(f'SELECT * FROM "{name}"').fetchall()) for (name,) in names)  # noqa: S608
        return {name: repr(values) for name, values in rows}


def test_the_input_is_never_overwritten(study_path: Path) -> None:
    before = study_path.read_bytes()
    result = run("score", study_path, "--out", study_path)
    assert result.exit_code == 2
    assert "expected another output than the input" in result.stderr
    assert study_path.read_bytes() == before


def test_a_wrong_destination_is_reported_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    result = run("score", tmp_path / "not-read.gpkg", "--out", tmp_path / "file" / "out.gpkg")
    assert result.exit_code == 2
    assert "cannot create the folder" in result.stderr
    result = run("score", tmp_path / "not-read.gpkg", "--out", tmp_path / "out.shp")
    assert "expected a file name that ends in .gpkg" in result.stderr


def test_an_unknown_profile_is_reported(study_path: Path) -> None:
    result = run("score", study_path, "--profile", "net-zer")
    assert result.exit_code == 2
    assert "net-zero" in result.stderr


def test_a_study_without_ports_uses_fewer_criteria(tmp_path: Path) -> None:
    result = run("score", write_study(tmp_path / "no-ports.gpkg", with_ports=False))
    assert result.exit_code == 0, result.output
    assert f"Scores use 5 of the {ALL_CRITERIA}" in result.output
    assert "port distance: the study has no layer 'ports'" in result.output


def test_names_with_brackets_are_printed_unchanged(study_path: Path) -> None:
    assert "Far [out]" in run("score", study_path).output


def test_only_a_result_is_replaced(study_path: Path, tmp_path: Path) -> None:
    other = write_study(tmp_path / "precious.gpkg")
    before = other.read_bytes()
    result = run("score", study_path, "--out", other)
    assert result.exit_code == 2
    assert "is not a result of standort and would be lost" in result.stderr
    assert other.read_bytes() == before
    for _ in range(2):
        assert run("score", study_path, "--out", tmp_path / "out.gpkg").exit_code == 0


def test_the_command_for_types_keeps_the_profile(study_path: Path) -> None:
    output = run("score", study_path, "--profile", "frontrunner").output
    assert f"type {study_path} --profile frontrunner" in " ".join(output.split())
    assert "--profile" not in run("score", study_path).output


@pytest.fixture
def plots(tmp_path: Path) -> Path:
    sites = GeoDataFrame(
        {"site_id": [f"plot {i}" for i in range(12)]},
        geometry=gpd.points_from_xy(np.linspace(3.9, 4.4, 12), [52.01] * 12),
        crs=4326,
    )
    sites.to_parquet(tmp_path / "plots.parquet")
    return tmp_path / "plots.parquet"


def test_chunks_give_the_same_sites_as_a_whole_result(
    study_path: Path, plots: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.gpkg"
    result = run("score", study_path, "--sites", plots, "--out", out, "--chunk-sites", 5)
    assert result.exit_code == 0, result.output
    assert "12 sites scored by profile net-zero" in result.output
    assert "Best placed sites (10 of 12)" in result.output
    assert "without ranks and contributions; sort the sites by score" in result.output
    whole = run("score", study_path, "--sites", plots, "--out", tmp_path / "whole.gpkg")
    assert whole.exit_code == 0, whole.output
    chunked, expected = (
        gpd.read_file(path, layer="sites") for path in (out, tmp_path / "whole.gpkg")
    )
    assert chunked.drop(columns="geometry").equals(expected.drop(columns=["rank", "geometry"]))
    with closing(sqlite3.connect(out)) as file:
        styles = [name for (name,) in file.execute("SELECT f_table_name FROM layer_styles")]
        assert styles == ["sites", "clusters", "cluster_hulls", "places"]


def test_an_output_without_extension_is_a_folder_of_geoparquet(
    study_path: Path, plots: Path, tmp_path: Path
) -> None:
    for _ in range(2):  # the second run replaces the result of the first
        result = run(
            "score", study_path, "--sites", plots, "--out", tmp_path / "scores", "--workers", 2
        )
        assert result.exit_code == 0, result.output
    stored = gpd.read_parquet(tmp_path / "scores" / "sites.parquet")
    assert stored["site_id"].tolist() == [f"plot {i}" for i in range(12)]


def test_many_sites_are_scored_in_chunks_by_default(
    study_path: Path, plots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "_MANY_SITES", 12)
    refused = run("score", study_path, "--sites", plots)
    assert refused.exit_code == 2
    assert "expected --out: 12 sites are scored in chunks, into a file" in refused.stderr
    result = run("score", study_path, "--sites", plots, "--out", tmp_path / "out.gpkg")
    assert "without ranks and contributions" in result.output


def test_sites_of_the_study_are_scored_in_chunks(
    study_path: Path, plots: Path, tmp_path: Path
) -> None:
    gpd.read_parquet(plots).to_file(study_path, layer="sites")
    out = tmp_path / "out"
    result = run("score", study_path, "--out", out)
    assert result.exit_code == 0, result.output
    assert len(gpd.read_parquet(out / "sites.parquet")) == 12


def test_chunks_need_a_file_of_sites(study_path: Path, tmp_path: Path) -> None:
    for options in (["--out", tmp_path / "folder"], ["--chunk-sites", 5]):
        refused = run("score", study_path, *options)
        assert refused.exit_code == 2
        assert (
            "needs a GeoPackage or GeoParquet file of sites; give it with --sites" in refused.stderr
        )


def test_only_a_folder_of_results_is_replaced(
    study_path: Path, plots: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    refused = run("score", study_path, "--sites", plots, "--out", tmp_path / "mine")
    assert refused.exit_code == 2
    assert "is not a folder of results of standort and would be lost" in refused.stderr
    refused = run("score", study_path, "--sites", plots, "--out", plots, "--chunk-sites", 5)
    assert refused.exit_code == 2


def test_draws_add_columns_and_manifest_entries(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gpkg"
    result = run("score", study_path, "--draws", 60, "--seed", 4, "--out", out)
    assert result.exit_code == 0, result.output
    assert "5-95 %" in result.output
    assert "(60 draws; standard error of its ends: median 0." in " ".join(result.output.split())
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
    entries = dict(zip(manifest["key"], manifest["value"], strict=True))
    assert json.loads(entries["monte_carlo.draws"]) == 60
    assert json.loads(entries["monte_carlo.seed"]) == 4
    assert json.loads(entries["monte_carlo.replicates"]) == 32
    explained = run("explain", out, "a")
    assert explained.exit_code == 0, explained.output


def test_too_few_draws_are_marked(study_path: Path, tmp_path: Path) -> None:
    result = run("score", study_path, "--draws", 3, "--out", tmp_path / "out.gpkg")
    assert "(3 draws, too few for standard errors of its ends)" in " ".join(result.output.split())


def test_without_draws_there_are_no_such_columns(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gpkg"
    assert run("score", study_path, "--out", out).exit_code == 0
    assert not set(FIVE) & set(pyogrio.read_dataframe(out, layer="sites").columns)


def test_a_seed_without_draws_is_refused(study_path: Path) -> None:
    result = run("score", study_path, "--seed", 3)
    assert result.exit_code == 2
    assert "add --draws 10000" in result.output


def test_draws_and_chunks_are_refused_together(study_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gpkg"
    result = run("score", study_path, "--draws", 10, "--chunk-sites", 2, "--out", out)
    assert result.exit_code == 2
    assert "leave out --draws, or --chunk-sites" in result.output
    assert not out.exists()
