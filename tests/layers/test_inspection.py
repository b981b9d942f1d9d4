from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pytest
from geopandas import GeoDataFrame
from shapely import Point

from standort.errors import FileError
from standort.layers.inspection import _count_colocated, inspect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_valid_study_is_described(
    tmp_path: Path,
    make_emitters: Callable[..., GeoDataFrame],
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    emitters = make_emitters(co2_t_per_yr=[1.0, None, 2.0], country="NL").to_crs("EPSG:3857")
    emitters.to_parquet(tmp_path / "emitters.parquet")
    make_layer([Point(0, 0)]).to_parquet(tmp_path / "harbours.parquet")
    inspection = inspect(tmp_path)
    assert inspection.is_sound
    assert inspection.ignored_layers == ("harbours",)
    source = inspection.layers["emitters"].source
    assert source.rows_read == source.rows_kept == 3
    assert source.geometry_types == {"Point": 3}
    assert source.crs == "EPSG:3857"
    assert source.extent == pytest.approx((0, 0, 2, 0), abs=1e-9)
    assert source.used_columns == ("site_id", "co2_t_per_yr")
    assert source.unused_columns == ("country",)
    assert "firm" in source.missing_columns
    assert source.unknown == {"co2_t_per_yr": 1}
    assert inspection.warnings == ()


def test_problems_are_returned_not_raised(
    tmp_path: Path,
    make_emitters: Callable[..., GeoDataFrame],
    make_layer: Callable[..., GeoDataFrame],
) -> None:
    make_emitters(2, co2_t_per_yr=[-1.0, 2.0]).to_parquet(tmp_path / "emitters.parquet")
    make_layer([Point(0, 0)], crs=None).to_parquet(tmp_path / "ports.parquet")
    (tmp_path / "land.parquet").write_bytes(b"junk")
    inspection = inspect(tmp_path)
    assert not inspection.is_sound
    assert [problem.split("'")[1] for problem in inspection.problems] == [
        "emitters",
        "ports",
        "land",
    ]
    assert inspection.layers["emitters"].problems[0] in inspection.problems
    assert inspection.layers["emitters"].source.rows_read == 2
    assert inspection.layers["emitters"].source.crs == "EPSG:4326"


def test_a_study_without_sites_is_a_problem_of_the_study(
    tmp_path: Path, make_layer: Callable[..., GeoDataFrame]
) -> None:
    make_layer([Point(0, 0)]).to_parquet(tmp_path / "ports.parquet")
    inspection = inspect(tmp_path)
    assert inspection.layers["ports"].problems == ()
    assert inspection.problems[0].startswith("a study needs a layer 'emitters' or 'sites'")


def test_a_missing_study_raises(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="found nothing at"):
        inspect(tmp_path / "nothing.gpkg")


def test_colocated_emitters_are_counted_in_pairs_and_rows(
    tmp_path: Path, make_emitters: Callable[..., GeoDataFrame]
) -> None:
    """Three at one place make three pairs; half a millimetre is still one place, 2 mm is not."""
    half_millimetre, two_millimetres = 0.5e-3 / 111_320, 2e-3 / 111_320
    places = [0.0, 0.0, half_millimetre, 5.0, 5.0 + two_millimetres]
    emitters = make_emitters(5, geometries=[Point(lon, 0) for lon in places])
    assert _count_colocated(emitters) == (3, 3)
    emitters.to_parquet(tmp_path / "emitters.parquet")
    assert inspect(tmp_path).warnings == (
        (
            "layer 'emitters': 3 rows share their position with another (3 pairs within 1 mm): "
            "merge them if they are one plant"
        ),
    )


def test_no_emitters_are_not_colocated(make_emitters: Callable[..., GeoDataFrame]) -> None:
    assert _count_colocated(make_emitters(0)) == (0, 0)


def test_many_colocated_emitters_need_little_memory() -> None:
    heap = geopandas.points_from_xy(np.zeros(20_000), np.zeros(20_000), crs="EPSG:4326")
    pairs = 20_000 * 19_999 // 2
    assert _count_colocated(GeoDataFrame(geometry=heap)) == (pairs, 20_000)


def test_co_location_is_detected_across_the_antimeridian() -> None:
    pair = geopandas.points_from_xy([180.0, -180.0], [10.0, 10.0], crs="EPSG:4326")
    assert _count_colocated(GeoDataFrame(geometry=pair)) == (1, 2)


def test_the_study_of_europe_has_2088_colocated_pairs(europe_study_path: Path) -> None:
    """decisions.md 4."""
    inspection = inspect(europe_study_path)
    assert inspection.is_sound
    assert inspection.layers["emitters"].colocated_pairs == 2088
    assert len(inspection.warnings) == 3


def test_the_study_of_great_britain_has_no_problems(great_britain_study_path: Path) -> None:
    inspection = inspect(great_britain_study_path)
    assert inspection.problems == ()
    assert inspection.layers["pipelines"].source.rows_kept == 142
