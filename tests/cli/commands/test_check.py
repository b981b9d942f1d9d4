"""`standort check` describes a study and lists all problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from cli.runs import ALL_CRITERIA, PROFILE_NAME, run, write_study, write_study_with_problems

from standort.cli.commands.check import format_extent
from standort.layers import read_study
from standort.study import score

if TYPE_CHECKING:
    from pathlib import Path

OF_SOUND_LAYERS = "can be computed from the layers without problems"


def test_a_study_without_problems_is_described(study_path: Path) -> None:
    result = run("check", study_path)
    assert result.exit_code == 0, result.output
    for line in (
        f"{study_path}: 2 layers",
        "emitters: 6 rows",
        "  geometry: 6 Point",
        "  CRS: EPSG:4326",
        "  extent: 4.00 E to 9.00 E, 52.00 N to 52.00 N",
        "  columns used: site_id, name, co2_t_per_yr",
        "  unknown: co2_t_per_yr in 1 of 6 (17%)",
        f"Profile {PROFILE_NAME}: 6 of {ALL_CRITERIA} can be computed",
        "No problems found.",
    ):
        assert line in result.output.splitlines()
    assert "yes, from ports" in result.output
    assert "no: the study has no layer 'land'" in result.output


def test_problems_end_with_2_and_are_all_listed(tmp_path: Path) -> None:
    result = run("check", write_study(tmp_path / "broken.gpkg", broken=True))
    assert result.exit_code == 2
    assert "Problems (1)" in result.output
    assert "emitters: 6 rows, 1 problem, listed below" in result.output.splitlines()
    assert "[t/yr]" in result.output
    assert "co2_t_per_yr" in result.output.split("Problems (1)")[1]
    assert "No problems found" not in result.output


def test_layers_without_problems_are_described_with_their_criteria(tmp_path: Path) -> None:
    result = run("check", write_study_with_problems(tmp_path / "faulty.gpkg"), columns=120)
    assert result.exit_code == 2
    assert "Traceback" not in result.output + result.stderr
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    for line in (
        "emitters: 6 rows",
        "unknown: co2_t_per_yr in 1 of 6 (17%)",
        "extent: 4.00 E to 9.10 E, 52.00 N to 52.00 N",  # of the ports
        f"Profile {PROFILE_NAME}: 6 of {ALL_CRITERIA} {OF_SOUND_LAYERS}",
        "port distance net-zero assets yes, from ports",
        "CO2 storage distance net-zero assets no: layer 'co2_storage' has problems",
        "pipeline distance net-zero assets no: layer 'pipelines' has problems",
        "salt cavern distance net-zero assets no: the study has no layer 'salt_caverns'",
        "standort scores nothing until all problems are fixed.",
    ):
        assert line in lines
    rows = [line for line in result.output.splitlines() if " net-zero assets " in line]
    assert len({row.index("net-zero assets") for row in rows}) == 1, "columns are aligned"
    assert "yes, from co2_storage" not in result.output
    assert "No problems found" not in result.output


def test_a_layer_with_problems_is_described_as_far_as_possible(tmp_path: Path) -> None:
    output = run("check", write_study_with_problems(tmp_path / "faulty.gpkg")).output
    _, stores = output.split("co2_storage: 3 rows, 2 problems, listed below")
    stores, pipelines = stores.split("pipelines: 1 row, 2 problems, listed below")
    for line in (
        "  CRS: EPSG:4326",
        "  extent: 3.00 E to 5.00 E, 53.00 N to 55.00 N",
        "  columns used: feature_id, capacity_mt",
        "  unknown: capacity_mt in 1 of 3 (33%)",
        "  note: the extent is that of the 2 rows with valid geometry",
    ):
        assert line in stores.splitlines()
    pipelines = pipelines.split("Profile")[0]
    for line in (
        "  geometry: 1 LineString",
        "  columns used: feature_id",
        "  required columns missing: carrier",
        "  columns not used: diameter_mm",
    ):
        assert line in pipelines.splitlines()
    assert "extent:" not in pipelines
    assert "x is from 530,000 to 540,000 and y from 180,000 to 190,000" in pipelines


def test_problems_of_all_layers_are_listed_at_the_end(tmp_path: Path) -> None:
    output = run("check", write_study_with_problems(tmp_path / "faulty.gpkg")).output
    problems = output.split("Problems (4)")[1].splitlines()[1:]
    layers = ["co2_storage", "co2_storage", "pipelines", "pipelines"]
    assert len(problems) == len(layers)
    for number, (name, problem) in enumerate(zip(layers, problems, strict=True), start=1):
        assert problem.startswith(f"  {number}. layer {name!r}: ")


def test_the_log_of_the_collection_is_described_with_its_problems(tmp_path: Path) -> None:
    path = write_study(tmp_path / "study.gpkg")
    log = pd.DataFrame({"unit": ["x"], "layer": ["formal"], "source": ["s"], "method": ["press"]})
    pyogrio.write_dataframe(log, path, layer="collection")
    pyogrio.write_dataframe(pd.DataFrame({"firm": ["a"], "owner": ["b"]}), path, layer="firms")
    result = run("check", path, columns=200)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == f"{path}: 2 layers and 2 tables"
    assert "collection: 1 row" in lines
    assert "  columns used: unit, layer, source, method" in lines
    assert "firms: 1 row" in lines
    wrong = log.assign(method="asked around", detect_lo=40, initiative="y")
    pyogrio.write_dataframe(wrong, path, layer="collection")
    result = run("check", path, columns=200)
    assert result.exit_code == 2
    problems = result.output.split("Problems (3)")[1]
    assert "'unit' and 'initiative' are two names of one thing and differ in 1 row" in problems
    assert "column 'method' must be one of roster, member_list, register," in problems
    assert "column 'detect_lo' must hold finite numbers from 0 to 1; above 1 in 1 row" in problems


def test_who_is_one_firm_is_shown_before_and_after(tmp_path: Path) -> None:
    path = write_study(tmp_path / "study.gpkg")
    sites = gpd.read_file(path, layer="emitters")
    sites["firm"] = ["Plant", "A", "A1", "B", "C", "unknown"]
    sites.to_file(path, layer="emitters")
    edges = pd.DataFrame({"firm_u": ["Plant", "A1", "C"], "firm_v": ["A", "Plant", "A1"]})
    pyogrio.write_dataframe(edges.assign(kind="formal"), path, layer="linkages")
    owners = pd.DataFrame(
        {
            "firm": ["Plant", "Plant", "A1"],
            "owner": ["A", "B", None],
            "share": [0.5, 0.5, None],
            "alias_of": [None, None, "A"],
        }
    )
    pyogrio.write_dataframe(owners, path, layer="firms")
    result = run("check", path, columns=200)
    assert result.exit_code == 0, result.output
    shown = result.output.split("Who is one firm ")[1].splitlines()[:6]
    assert shown == [
        "(names that are another firm: 2)",
        "  'A1' is 'A' (alias)",
        "  'Plant' is 'A' (joint venture: A 50 %, B 50 %)",
        "  ties of a joint venture to its owners: 2, ties between owners of a joint venture: 1",
        "  all sites: 5 firms before, 3 after; 3 tied pairs before, 2 after",
        "",
    ]
    circle = owners.assign(alias_of=None, owner=["A1", "B", "Plant"], share=1.0).iloc[[0, 2]]
    pyogrio.write_dataframe(circle, path, layer="firms")
    result = run("check", path, columns=200)
    assert result.exit_code == 2
    assert "A1, Plant own each other in a circle" in result.output.split("Problems (1)")[1]


def test_values_at_the_ends_and_criteria_that_move_together_are_shown(tmp_path: Path) -> None:
    """Ports stand beside stores, so the farther a plant is from one, the farther from both."""
    path = tmp_path / "study.gpkg"
    lon = np.arange(40) * 0.02
    columns = {"site_id": [f"s{i}" for i in range(40)], "co2_t_per_yr": 1e6}
    plants = gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lon, lon * 0), crs=4326)
    plants.to_file(path, layer="emitters")
    at = gpd.points_from_xy([-0.02, -0.03], [0.0, 0.0])
    for name, column in (("ports", {}), ("co2_storage", {"capacity_mt": 200.0})):
        features = gpd.GeoDataFrame({"feature_id": ["a", "b"], **column}, geometry=at, crs=4326)
        features.to_file(path, layer=name)
    result = run("check", path, columns=140)
    assert result.exit_code == 0, result.output
    table = result.output.split("Values of 40 sites")[1]
    rows = {line.partition("  ")[0].strip(): line for line in table.splitlines()}
    assert rows["Criterion"].split()[1:5] == ["At", "0", "At", "1"], table
    # ports are worth 1 up to 5 km, the first site, and 0 from 100 km on
    values = score(read_study(path)).sites["port_distance_value"]
    expected = [f"{(values == end).mean():.0%}" for end in (0, 1)]
    assert rows["port distance"].split()[2:4] == expected
    assert "CO2 storage distance 1.00" in rows["port distance"]
    assert "port distance 1.00" in rows["CO2 storage distance"]


def test_nothing_is_measured_while_there_are_problems(tmp_path: Path) -> None:
    output = run("check", write_study(tmp_path / "broken.gpkg", broken=True)).output
    assert "Values of" not in output


def test_problems_of_emitters_prevent_scoring(tmp_path: Path) -> None:
    output = run("check", write_study(tmp_path / "b.gpkg", broken=True), columns=120).output
    assert f"Profile {PROFILE_NAME}: 1 of {ALL_CRITERIA} {OF_SOUND_LAYERS}" in output
    assert "no: layer 'emitters' has problems" in output
    assert (
        "The layer 'emitters' has problems: until they are fixed, standort finds no clusters"
        in output
    )
    assert "yes, from ports" in output


def test_a_study_without_sites_still_lists_its_criteria(tmp_path: Path) -> None:
    path = write_study(tmp_path / "study.gpkg")
    gpd.read_file(path, layer="ports").to_file(tmp_path / "ports.gpkg", layer="ports")
    result = run("check", tmp_path / "ports.gpkg", columns=120)
    assert result.exit_code == 2
    assert f"1 of {ALL_CRITERIA} can be computed\n" in result.output
    assert "a study needs a layer 'emitters' or 'sites'" in result.output.split("Problems (1)")[1]


def test_one_layer_is_singular(tmp_path: Path) -> None:
    path = write_study(tmp_path / "alone.gpkg", with_ports=False)
    assert run("check", path).output.splitlines()[0] == f"{path}: 1 layer"


def test_dropped_rows_are_counted(tmp_path: Path) -> None:
    path = write_study(tmp_path / "study.gpkg")
    emitters = gpd.read_file(path, layer="emitters").assign(year_to=[2020, *[None] * 5])
    emitters.to_file(path, layer="emitters")
    output = run("check", path, "--year", 2025).output
    assert "emitters: 5 of 6 rows (1 dropped)" in output.splitlines()


def test_a_missing_file_ends_with_2(tmp_path: Path) -> None:
    result = run("check", tmp_path / "none.gpkg")
    assert result.exit_code == 2
    assert "none.gpkg" in result.stderr


def test_a_wrong_profile_is_reported_before_the_study_is_read(tmp_path: Path) -> None:
    result = run("check", tmp_path / "none.gpkg", "--profile", "gross-zero")
    assert result.exit_code == 2
    assert "gross-zero" in result.stderr


def test_extents_name_hemispheres() -> None:
    assert format_extent((-0.5, -60, 179.999, 0)) == "0.50 W to 180.00 E, 60.00 S to 0.00 N"


def test_a_layer_without_rows_is_marked(tmp_path: Path) -> None:
    path = write_study(tmp_path / "study.gpkg")
    gpd.read_file(path, layer="ports").iloc[:0].to_file(path, layer="ports")
    assert "yes, from ports (no rows)" in run("check", path, columns=120).output
