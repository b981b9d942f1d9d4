"""Descriptions of raster files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from affine import Affine
from raster_files import write_raster

from standort.errors import FileError
from standort.layers import Study, describe_raster, open_raster

if TYPE_CHECKING:
    from pathlib import Path


def test_a_map_in_metres_is_described_and_its_extent_is_in_degrees(tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "wind.tif",
        np.ones((20, 30), dtype="int16"),
        (400_000.0, 5_700_000.0),
        100.0,
        crs="EPSG:32631",
        nodata=-1,
    )
    message = describe_raster(path)
    assert (message.rows, message.columns, message.bands, message.nodata) == (20, 30, 1, -1.0)
    assert (message.crs, message.resolution, message.resolution_unit) == (
        "EPSG:32631",
        (100.0, 100.0),
        "metre",
    )
    assert message.extent is not None
    np.testing.assert_allclose(message.extent, (1.561, 51.424, 1.605, 51.443), atol=0.001)


def test_a_rotated_raster_reaches_as_far_as_its_corners(tmp_path: Path) -> None:
    turned = Affine.translation(5.0, 50.0) @ Affine.rotation(45.0)
    path = write_raster(tmp_path / "r.tif", np.ones((1, 1)), (0, 0), 1.0, transform=turned)
    message = describe_raster(path)
    assert message.resolution == pytest.approx((1.0, 1.0))
    half = np.sqrt(0.5)
    np.testing.assert_allclose(message.extent or (), (5 - half, 50.0, 5 + half, 50 + 2 * half))


def test_a_raster_across_the_antimeridian_ends_in_the_west(tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "fiji.tif", np.ones((2, 2)), (2_000_000.0, 4_100_000.0), 100_000.0,
        crs="EPSG:3460",
    )  # fmt: skip
    west, _, east, _ = describe_raster(path).extent or (0.0,) * 4
    assert west > 170.0
    assert east < -170.0


def test_the_band_that_was_opened_is_described(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "two.tif", np.ones((2, 3, 3)), (5.0, 50.0), 1.0)
    assert describe_raster(open_raster(path, band=2)).bands == 2
    assert describe_raster(path).nodata is None


def test_a_raster_of_a_study_is_added_to_a_copy(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "wind.tif", np.ones((1, 1)), (5.0, 50.0), 1.0)
    before = Study(layers={})
    after = before.with_raster("wind", str(path))
    assert dict(after.rasters) == {"wind": path}
    assert not before.rasters
    assert after.with_raster("wind", path).rasters == after.rasters


def test_a_missing_raster_raises(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="raster 'wind': expected a file, found none at"):
        Study(layers={}).with_raster("wind", tmp_path)
