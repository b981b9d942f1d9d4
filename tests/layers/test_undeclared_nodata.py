"""Marks for unknown cells that a raster does not declare."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pytest
import rasterio
from raster_files import write_raster

from standort.earth.raster.cell_coverage import Window
from standort.errors import LayerError, StandortWarning
from standort.layers import open_raster
from standort.metrics import ONSHORE_WIND, raster_value, raster_within, technical_potential

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from standort.layers import Raster

CORNER = (6.0, 51.0)


def values_of(raster: Raster) -> NDArray[np.float64]:
    with raster.reading() as read:
        return read(Window(0, raster.rows, 0, raster.cols))


def marked(dtype: str, mark: float) -> NDArray[np.generic]:
    """Four cells of which one holds a mark."""
    cells = np.array([[5, 6], [7, 8]], dtype=dtype)
    cells[0, 1] = np.array(mark).astype(dtype)
    return cells


@pytest.mark.parametrize(
    ("dtype", "mark"),
    [
        *(("float32", mark) for mark in (-9999, -99_999, -32_768, -3.4028234663852886e38, -3.4e38)),
        *(("float32", mark) for mark in (1e20, -1e30, 9.96921e36, 3.4e38)),
        *(("float64", mark) for mark in (-9999, -1.7976931348623157e308, 1e20, -2147483648)),
        *(("int16", mark) for mark in (-9999, -32_768, -32_767)),
        *(("int32", mark) for mark in (-9999, -2_147_483_648, 2_147_483_647)),
        *(("int64", mark) for mark in (-9999, -9_223_372_036_854_775_808)),
        ("uint32", 4_294_967_295),
    ],
)
def test_a_mark_that_no_quantity_can_have_raises(tmp_path: Path, dtype: str, mark: float) -> None:
    path = write_raster(tmp_path / "wind.tif", marked(dtype, mark), CORNER, 1.0)
    with pytest.raises(LayerError, match=r"wind\.tif: .*1 of the cells read.*a_nodata -?\d"):
        values_of(open_raster(path))
    np.testing.assert_array_equal(values_of(open_raster(path, nodata=mark)), [[5, np.nan], [7, 8]])


@pytest.mark.parametrize(
    ("dtype", "mark"),
    [("uint8", 255), ("int8", -128), ("uint16", 65_535), ("int16", 32_767), ("float32", -999)],
)
def test_a_mark_that_may_be_real_is_a_value_and_warns(
    tmp_path: Path, dtype: str, mark: float
) -> None:
    path = write_raster(tmp_path / "wind.tif", marked(dtype, mark), CORNER, 1.0)
    with pytest.warns(StandortWarning, match=rf"cells with {mark}, .* no nodata value is declared"):
        values = values_of(open_raster(path))
    np.testing.assert_array_equal(values, [[5, mark], [7, 8]])


def test_another_declared_value_turns_the_error_into_a_warning(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", marked("float32", -9999), CORNER, 1.0, nodata=-32_768)
    with pytest.warns(StandortWarning, match="cells with -9999, .* another nodata value"):
        values = values_of(open_raster(path))
    np.testing.assert_array_equal(values, [[5, -9999], [7, 8]])


def test_a_declared_value_that_the_type_cannot_hold_declares_nothing(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", marked("int16", -9999), CORNER, 1.0, nodata=1.5)
    with pytest.raises(LayerError, match="-9999 in 1 of the cells read"):
        values_of(open_raster(path))


@pytest.mark.parametrize(("dtype", "nodata"), [("uint8", -9999), ("int16", 1.5), ("int16", np.nan)])
def test_a_given_value_that_the_type_cannot_hold_raises(
    tmp_path: Path, dtype: str, nodata: float
) -> None:
    path = write_raster(tmp_path / "a.tif", marked(dtype, 1), CORNER, 1.0)
    with pytest.raises(LayerError, match=f"nodata to be a value that cells of {dtype} can have"):
        open_raster(path, nodata=nodata)


def test_real_values_beyond_a_mark_show_that_it_is_one_of_them(tmp_path: Path) -> None:
    depths = np.array([[-9998, -9999], [-10_000, -10_911]], dtype="int16")
    path = write_raster(tmp_path / "sea.tif", depths, CORNER, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(values_of(open_raster(path)), depths)


def test_cells_that_a_mask_or_an_alpha_band_leaves_out_are_not_examined(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", marked("float32", -9999), CORNER, 1.0)
    with rasterio.open(path, "r+") as file:
        file.write_mask(np.array([[True, False], [True, True]]))
    np.testing.assert_array_equal(values_of(open_raster(path)), [[5, np.nan], [7, 8]])
    alpha = np.array([[255, 0], [255, 255]], dtype="uint16")
    bands = np.stack([marked("uint16", 65_535), alpha])
    path = write_raster(tmp_path / "b.tif", bands, CORNER, 1.0, alpha="yes")
    np.testing.assert_array_equal(values_of(open_raster(path, band=1)), [[5, np.nan], [7, 8]])


@pytest.mark.parametrize(
    "measure",
    [
        raster_value,
        lambda sites, path: raster_within(sites, path, radius_km=20),
        lambda sites, path: raster_within(sites, path, radius_km=20, statistic="min"),
        lambda sites, path: raster_within(
            sites, path, radius_km=20, statistic="share", classes=[5.0]
        ),
        lambda sites, path: technical_potential(sites, path, ONSHORE_WIND, radius_km=20),
    ],
)
def test_every_measure_refuses_a_mark(tmp_path: Path, measure: Callable[..., object]) -> None:
    path = write_raster(tmp_path / "wind.tif", marked("float32", -9999), CORNER, 1.0)
    sites = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([7.5], [50.5]), crs=4326)
    with pytest.raises(LayerError, match=r"raster wind\.tif: expected values, got -9999"):
        measure(sites, path)
