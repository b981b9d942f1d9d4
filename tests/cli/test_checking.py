"""`standort check` tells what is in a study, and everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
from cli.runs import run, write_faulty_study, write_study

from standort.cli.commands.check import tell_extent

if TYPE_CHECKING:
    from pathlib import Path


def test_a_sound_study_is_described(study_path: Path) -> None:
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
        "Profile net-zero 1.0: 6 of 18 criteria",
        "The study is sound.",
    ):
        assert line in result.output.splitlines()
    assert "yes, from ports" in result.output
    assert "no: the study has no layer 'land'" in result.output


def test_faults_end_with_2_and_are_all_told(tmp_path: Path) -> None:
    result = run("check", write_study(tmp_path / "broken.gpkg", broken=True))
    assert result.exit_code == 2
    assert "Faults (1)" in result.output
    assert "emitters: 6 rows, 1 fault, told below" in result.output.splitlines()
    assert "[t/yr]" in result.output
    assert "co2_t_per_yr" in result.output.split("Faults (1)")[1]
    assert "The study is sound" not in result.output


def test_layers_beside_a_faulty_one_are_described_and_what_they_allow(tmp_path: Path) -> None:
    result = run("check", write_faulty_study(tmp_path / "faulty.gpkg"), columns=120)
    assert result.exit_code == 2
    assert "Traceback" not in result.output + result.stderr
    lines = [line.strip() for line in result.output.splitlines()]
    for line in (
        "emitters: 6 rows",
        "unknown: co2_t_per_yr in 1 of 6 (17%)",
        "extent: 4.00 E to 9.10 E, 52.00 N to 52.00 N",  # of the ports
        "Profile net-zero 1.0: 6 of 18 criteria from the layers without faults",
        "port distance             net-zero assets      yes, from ports",
        "CO2 storage distance      net-zero assets      no: layer 'co2_storage' has faults",
        "pipeline distance         net-zero assets      no: layer 'pipelines' has faults",
        "salt cavern distance      net-zero assets      no: the study has no layer 'salt_caverns'",
        "Nothing is scored until all faults are mended.",
    ):
        assert line in lines
    assert "yes, from co2_storage" not in result.output
    assert "The study is sound" not in result.output


def test_a_faulty_layer_is_described_as_far_as_it_can_be_known(tmp_path: Path) -> None:
    output = run("check", write_faulty_study(tmp_path / "faulty.gpkg")).output
    _, stores = output.split("co2_storage: 3 rows, 2 faults, told below")
    stores, pipelines = stores.split("pipelines: 1 row, 2 faults, told below")
    for told in (
        "  CRS: EPSG:4326",
        "  extent: 3.00 E to 5.00 E, 53.00 N to 55.00 N",
        "  columns used: feature_id, capacity_mt",
        "  unknown: capacity_mt in 1 of 3 (33%)",
        "  note: the extent is that of 2 rows without fault in their geometry",
    ):
        assert told in stores.splitlines()
    pipelines = pipelines.split("Profile")[0]
    for told in (
        "  geometry: 1 LineString",
        "  columns used: feature_id",
        "  not there (required): carrier",
        "  not used: diameter_mm",
    ):
        assert told in pipelines.splitlines()
    assert "extent:" not in pipelines
    assert "x runs from 530,000 to 540,000 and y from 180,000 to 190,000" in pipelines


def test_the_faults_of_all_layers_come_together_at_the_end(tmp_path: Path) -> None:
    output = run("check", write_faulty_study(tmp_path / "faulty.gpkg")).output
    faults = output.split("Faults (4)")[1].splitlines()[1:]
    layers = ["co2_storage", "co2_storage", "pipelines", "pipelines"]
    assert len(faults) == len(layers)
    for number, (name, fault) in enumerate(zip(layers, faults, strict=True), start=1):
        assert fault.startswith(f"  {number}. layer {name!r}: ")


def test_faulty_emitters_are_told_plainly(tmp_path: Path) -> None:
    output = run("check", write_study(tmp_path / "b.gpkg", broken=True), columns=120).output
    assert "Profile net-zero 1.0: 1 of 18 criteria from the layers without faults" in output
    assert "no: layer 'emitters' has faults" in output
    assert "The emitters have faults: until they are mended there are no clusters" in output
    assert "yes, from ports" in output


def test_a_study_of_nothing_to_score_still_tells_what_its_layers_allow(tmp_path: Path) -> None:
    path = write_study(tmp_path / "study.gpkg")
    gpd.read_file(path, layer="ports").to_file(tmp_path / "ports.gpkg", layer="ports")
    result = run("check", tmp_path / "ports.gpkg", columns=120)
    assert result.exit_code == 2
    assert "1 of 18 criteria\n" in result.output
    assert "a study needs a layer 'emitters' or 'sites'" in result.output.split("Faults (1)")[1]


def test_one_layer_is_told_in_the_singular(tmp_path: Path) -> None:
    path = write_study(tmp_path / "alone.gpkg", with_ports=False)
    assert run("check", path).output.splitlines()[0] == f"{path}: 1 layer"


def test_rows_left_out_are_counted(tmp_path: Path) -> None:
    path = write_study(tmp_path / "study.gpkg")
    emitters = gpd.read_file(path, layer="emitters").assign(year_to=[2020, *[None] * 5])
    emitters.to_file(path, layer="emitters")
    output = run("check", path, "--year", 2025).output
    assert "emitters: 5 of 6 rows (1 left out)" in output.splitlines()


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    result = run("check", tmp_path / "none.gpkg")
    assert result.exit_code == 2
    assert "none.gpkg" in result.stderr


def test_a_wrong_profile_is_told_before_the_study_is_read(tmp_path: Path) -> None:
    result = run("check", tmp_path / "none.gpkg", "--profile", "gross-zero")
    assert result.exit_code == 2
    assert "gross-zero" in result.stderr


def test_extents_name_the_half_of_the_globe() -> None:
    assert tell_extent((-0.5, -60, 179.999, 0)) == "0.50 W to 180.00 E, 60.00 S to 0.00 N"


def test_a_layer_without_rows_is_told(tmp_path: Path) -> None:
    path = write_study(tmp_path / "study.gpkg")
    gpd.read_file(path, layer="ports").iloc[:0].to_file(path, layer="ports")
    assert "yes, from ports, which holds no rows" in run("check", path, columns=120).output
