"""`standort check` tells what is in a study, and everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
from cli.runs import run, write_study

from standort.cli.checking import tell_extent

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
        "Profile net-zero 1.0: 5 of 18 criteria",
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
