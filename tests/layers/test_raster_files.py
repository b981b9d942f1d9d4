"""Opening rasters: unknown cells, bands, reference systems and problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pytest
import rasterio
from affine import Affine
from raster_files import write_raster
from rasterio.errors import NotGeoreferencedWarning
from scipy.io import netcdf_file

from standort.earth.raster.cell_coverage import Window
from standort.errors import CRSError, FileError, LayerError, OptionError
from standort.layers import Raster, open_raster
from standort.metrics import raster_value

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FOUR = np.array([[1.0, 2.0], [3.0, 4.0]])
CORNER = (6.0, 51.0)


def values_of(raster: Raster) -> NDArray[np.float64]:
    with raster.reading() as read:
        return read(Window(0, raster.rows, 0, raster.cols))


def test_zero_is_an_ordinary_value(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", np.zeros((2, 2), dtype=np.uint8), CORNER, 1.0)
    np.testing.assert_array_equal(values_of(open_raster(path)), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("dtype", "nodata"),
    [("float32", -999.0), ("float32", -3.4028234663852886e38), ("int16", -32768), ("uint8", 0)],
)
def test_declared_nodata_is_unknown(tmp_path: Path, dtype: str, nodata: float) -> None:
    stored = np.array([[1, nodata], [nodata, 4]]).astype(dtype)
    raster = open_raster(write_raster(tmp_path / "a.tif", stored, CORNER, 1.0, nodata=nodata))
    np.testing.assert_array_equal(values_of(raster), [[1, np.nan], [np.nan, 4]])


@pytest.mark.parametrize("nodata", [np.nan, -999.0, None])
def test_numbers_that_are_not_finite_are_unknown(tmp_path: Path, nodata: float | None) -> None:
    stored = np.array([[1.0, np.nan], [np.inf, 4.0]])
    raster = open_raster(write_raster(tmp_path / "a.tif", stored, CORNER, 1.0, nodata=nodata))
    np.testing.assert_array_equal(values_of(raster), [[1, np.nan], [np.nan, 4]])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_undeclared_nodata_can_be_given(tmp_path: Path, dtype: str) -> None:
    stored = np.array([[1, -9999], [3, 4]], dtype=dtype)
    path = write_raster(tmp_path / "a.tif", stored, CORNER, 1.0)
    message = values_of(open_raster(path, nodata=-9999))
    np.testing.assert_array_equal(message, [[1, np.nan], [3, 4]])


def test_given_nodata_is_compared_in_the_type_of_the_file(tmp_path: Path) -> None:
    stored = np.array([[1.0, -3.4e38], [16_777_216.0, 4.0]], dtype=np.float32)
    path = write_raster(tmp_path / "a.tif", stored, CORNER, 1.0)
    assert np.isnan(values_of(open_raster(path, nodata=-3.4e38))[0, 1])
    whole = write_raster(tmp_path / "b.tif", stored.clip(0).astype(np.int32), CORNER, 1.0)
    assert values_of(open_raster(whole, nodata=16_777_217))[1, 0] == 16_777_216.0


def test_masks_are_unknown(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_raster(path, FOUR, CORNER, 1.0)
    with rasterio.open(path, "r+") as file:
        file.write_mask(np.array([[True, False], [True, True]]))
    np.testing.assert_array_equal(values_of(open_raster(path)), [[1, np.nan], [3, 4]])


def test_an_alpha_band_of_zero_is_unknown(tmp_path: Path) -> None:
    bands = np.array([[[1, 2], [3, 4]], [[255, 0], [255, 255]]], dtype=np.uint8)
    path = write_raster(tmp_path / "a.tif", bands, CORNER, 1.0, alpha="yes")
    np.testing.assert_array_equal(values_of(open_raster(path, band=1)), [[1, np.nan], [3, 4]])


def test_scale_and_offset_are_applied(tmp_path: Path) -> None:
    path = write_raster(
        tmp_path / "a.tif", np.array([[10, 20], [30, 255]], dtype=np.uint8), CORNER, 1.0, nodata=255
    )
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (5.0,)
    np.testing.assert_allclose(values_of(open_raster(path)), np.array([[6, 7], [8, np.nan]]))


def test_bands_are_selected_by_number_or_name(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", np.stack([FOUR, FOUR * 10]), CORNER, 1.0)
    with rasterio.open(path, "r+") as file:
        file.descriptions = ("wind", "sun")
    np.testing.assert_array_equal(values_of(open_raster(path, band=2)), FOUR * 10)
    np.testing.assert_array_equal(values_of(open_raster(path, band="wind")), FOUR)
    for wrong in (0, True):
        with pytest.raises(OptionError, match="expected band to be a whole number from 1"):
            open_raster(path, band=wrong)
    for band in (None, 3, "rain"):
        with pytest.raises(LayerError, match=r"one of 2 bands.*'wind', 'sun'"):
            open_raster(path, band=band)


def test_windows_are_read_separately(tmp_path: Path) -> None:
    values = np.arange(12.0).reshape(3, 4)
    raster = open_raster(write_raster(tmp_path / "a.tif", values, CORNER, 1.0))
    with raster.reading() as read:
        np.testing.assert_array_equal(read(Window(1, 3, 2, 4)), values[1:3, 2:4])


def test_a_raster_without_crs_raises_unless_given(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", FOUR, CORNER, 1.0, crs=None)
    with pytest.raises(CRSError, match="crs='EPSG:4326'"):
        open_raster(path)
    assert open_raster(path, crs="EPSG:4326").crs.to_epsg() == 4326
    with pytest.raises(OptionError, match="reference system"):
        open_raster(path, crs="EPSG:nonsense")


def test_a_crs_that_contradicts_the_file_raises(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", FOUR, CORNER, 1.0)
    with pytest.raises(CRSError, match="omit crs"):
        open_raster(path, crs=3035)
    assert open_raster(path, crs="OGC:CRS84").rows == 2


def test_a_crs_that_is_not_a_map_raises(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", FOUR, CORNER, 1.0, crs="EPSG:4978")
    with pytest.raises(CRSError, match="not a map"):
        open_raster(path)


@pytest.mark.parametrize(
    ("crs", "corner", "size", "words"),
    [
        (
            "EPSG:3035",
            CORNER,
            0.01,
            "reach only 6.02 and 51, as degrees do, but those of EPSG:3035",
        ),
        ("EPSG:4326", (4_000_000.0, 3_000_000.0), 100.0, "reach 4,000,200 and 3,000,000, but"),
    ],
)
def test_degrees_labelled_as_metres_and_the_reverse_raise(
    tmp_path: Path, crs: str, corner: tuple[float, float], size: float, words: str
) -> None:
    path = write_raster(tmp_path / "a.tif", FOUR, corner, size, crs=crs)
    with pytest.raises(LayerError, match=words):
        open_raster(path)


@pytest.mark.parametrize("corner", [(179.0, 1.0), (359.0, 1.0), (-181.0, 90.5)])
def test_wrapped_longitudes_and_centres_at_the_pole_are_degrees(
    tmp_path: Path, corner: tuple[float, float]
) -> None:
    assert open_raster(write_raster(tmp_path / "a.tif", FOUR, corner, 1.0)).rows == 2


def test_an_infinite_placement_raises(tmp_path: Path) -> None:
    nowhere = Affine(np.nan, 0.0, 6.0, 0.0, -1.0, 51.0)
    path = write_raster(tmp_path / "a.tif", FOUR, CORNER, 1.0, transform=nowhere)
    with pytest.raises(LayerError, match="not placed on a map"):
        open_raster(path)


def test_a_raster_whose_rows_run_north_is_read(tmp_path: Path) -> None:
    upward = Affine(1.0, 0.0, 6.0, 0.0, 1.0, 49.0)
    path = write_raster(tmp_path / "a.tif", FOUR, CORNER, 1.0, transform=upward)
    site = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([6.5], [49.5]), crs=4326)
    assert raster_value(site, path).tolist() == [1.0]


def test_all_problems_of_a_raster_are_raised_together(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    nowhere = Affine.identity()
    with pytest.warns(NotGeoreferencedWarning):
        write_raster(path, np.stack([FOUR, FOUR]), CORNER, 1.0, crs=None, transform=nowhere)
    with pytest.raises(
        LayerError, match=r"(?s)3 problems.*no reference.*not placed.*one of 2 bands"
    ):
        open_raster(path)


def test_complex_numbers_raise(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", FOUR.astype(np.complex64), CORNER, 1.0)
    with pytest.raises(LayerError, match="expected real numbers in band 1, got complex64"):
        open_raster(path)


def test_a_nodata_value_that_is_not_a_number_raises(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "a.tif", FOUR, CORNER, 1.0)
    with pytest.raises(OptionError, match="expected nodata to be a number or None, got 'none'"):
        open_raster(path, nodata="none")  # type: ignore[arg-type]


def test_files_that_are_not_rasters_raise(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no raster")
    for path in (text, tmp_path / "missing.tif"):
        with pytest.raises(FileError, match="cannot open"):
            open_raster(path)


def test_a_truncated_file_raises_when_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = write_raster(tmp_path / "a.tif", rng.random((300, 300)), CORNER, 0.01)
    path.write_bytes(path.read_bytes()[:300_000])
    raster = open_raster(path)
    with pytest.raises(FileError, match=r"cannot read rows 0 to 300 of .*damaged or truncated"):
        values_of(raster)


def test_a_variable_of_a_netcdf_is_selected_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    with netcdf_file(path, "w") as file:
        for name, degrees in (("lat", [50.5, 49.5, 48.5]), ("lon", [6.5, 7.5])):
            file.createDimension(name, len(degrees))
            axis = file.createVariable(name, "d", (name,))
            axis[:] = degrees
            setattr(axis, "units", {"lat": "degrees_north", "lon": "degrees_east"}[name])  # noqa: B010
        for name, factor in (("wind", 1.0), ("sun", 10.0)):
            values = factor * np.arange(6.0).reshape(3, 2)
            file.createVariable(name, "d", ("lat", "lon"))[:] = values
    raster = open_raster(path, band="sun", crs="EPSG:4326")
    np.testing.assert_array_equal(values_of(raster), 10.0 * np.arange(6.0).reshape(3, 2))
    assert raster.placement.c == pytest.approx(6.0)
    for band in (None, "rain"):
        with pytest.raises(LayerError, match=r"one of 'wind', 'sun'"):
            open_raster(path, band=band, crs="EPSG:4326")


def test_the_netcdf_of_era5_needs_a_crs_and_a_band(real_data: Path) -> None:
    folder = real_data / "real" / "resource_rasters_aachen"
    path = folder / "era5_100m_wind_speed.processed.nc"
    with pytest.raises(LayerError, match=r"(?s)crs='EPSG:4326'.*one of 140 bands"):
        open_raster(path)
    values = values_of(open_raster(path, band=1, crs="EPSG:4326"))
    assert values.shape == (13, 11)
    # stored as whole numbers with a scale: speeds, once that is applied
    assert 0.0 < values.min() < values.max() < 40.0
