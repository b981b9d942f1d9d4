"""Rasters: opening, checking and reading them by window.

Rasters are read window by window, so they may exceed memory. Unknown cells become NaN: those
declared by the file (a nodata value, a mask, an alpha band) and those that are not finite. 0 is an
ordinary value; -9999 and the like are refused unless declared.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.arguments import ANY_NUMBER, checked, whole
from standort.earth.raster.cells import Placement
from standort.earth.raster.disc_cells import make_grid
from standort.errors import CRSError, FileError, LayerError, OptionError, gather
from standort.layers.formats.local_files import raster_driver
from standort.layers.geometry.crs import name_crs
from standort.layers.rasters.undeclared_nodata import check_marks, fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyproj

    from standort.array_types import Floats
    from standort.earth.raster.cell_coverage import Window
    from standort.earth.raster.cells import Grid


#: Number of names listed in a message.
_LISTED = 8
_CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
#: Largest longitude and latitude of any raster in degrees, with a margin for wrapped ones.
_MOST_LON, _MOST_LAT = 720.0, 100.0
#: GDAL's driver for a part of a file, by the first word of its name.
_DRIVER_OF_PART = {"netcdf": "netCDF", "hdf5": "HDF5Image", "gtiff_dir": "GTiff"}


@dataclass(frozen=True)
class Raster:
    """A checked band of a raster file; created by `open_raster`.

    Parameters
    ----------
    source
        Path of the file, or GDAL's name of a part of it.
    band
        Number of the band, from 1.
    crs
        Reference system.
    placement
        Transformation from column and row to map coordinates.
    rows, cols
        Size [cells].
    nodata
        Additional value for unknown, besides those declared by the file.
    driver
        GDAL's driver for the file.
    """

    source: str
    band: int
    crs: pyproj.CRS
    placement: Placement
    rows: int
    cols: int
    nodata: float | None = None
    driver: str = "GTiff"

    @property
    def name(self) -> str:
        """Name of the file, for messages."""
        return Path(self.source).name

    @cached_property
    def grid(self) -> Grid:
        """Grid of the cells on the Earth."""
        return make_grid(self.crs, self.placement, self.rows, self.cols)

    @contextmanager
    def dataset(self) -> Iterator[Any]:
        """Open the file as a dataset of rasterio; FileError if it cannot be opened."""
        with _opened(self.source, self.driver) as dataset:
            yield dataset

    @contextmanager
    def reading(self) -> Iterator[Callable[[Window], Floats]]:
        """Open the file for reading windows.

        Yields
        ------
        A function from a window to the values of its cells, shape (rows, columns), scaled as
        declared by the file; NaN where unknown.

        Raises
        ------
        FileError
            If the file cannot be opened or read.
        LayerError
            If cells hold a mark for unknown that the file does not declare.
        """
        with self.dataset() as dataset:

            def read(window: Window) -> Floats:
                return _read(dataset, self, window)

            yield read


@checked(
    band=whole(1, 65_535),
    crs=whole(1, 999_999),
    nodata=ANY_NUMBER,
)
def open_raster(
    path: str | Path,
    *,
    band: int | str | None = None,
    crs: str | int | None = None,
    nodata: float | None = None,
) -> Raster:
    """Open and check a raster.

    It may have any reference system and resolution, and may be rotated. All problems are raised
    together. Virtual rasters and other formats that refer to further files are refused.

    Parameters
    ----------
    path
        A local GeoTIFF, NetCDF, HDF5, GRIB or ASCII grid file.
    band
        Number of the band, from 1, or its description; in a file of several variables (NetCDF,
        HDF5) the name of the variable. Optional if there is only one.
    crs
        Reference system of a file without one (often NetCDF), such as
        ``"EPSG:4326"``.
    nodata
        Value for unknown that the file does not declare, such as -9999.

    Returns
    -------
    The raster; no values are read yet.

    Raises
    ------
    FileError
        If the file is missing or of another format.
    CRSError
        If there is no reference system, or one that is not a map.
    LayerError
        If there is no geotransform, the band is ambiguous or missing, the values are not real
        numbers, or they cannot be `nodata`.

    Examples
    --------
    >>> import numpy, rasterio, tempfile
    >>> from affine import Affine
    >>> path = tempfile.mkdtemp() + "/wind.tif"
    >>> options = dict(width=2, height=2, count=1, dtype="float32", crs="EPSG:4326")
    >>> with rasterio.open(path, "w", transform=Affine(1, 0, 6, 0, -1, 51), **options) as file:
    ...     file.write(numpy.full((1, 2, 2), 7, dtype="float32"))
    >>> raster = open_raster(path)
    >>> raster.name, raster.rows, raster.cols
    ('wind.tif', 2, 2)
    """
    source, driver = str(path), raster_driver(path)
    with _opened(source, driver) as dataset:
        part = _variable(dataset, band)
        if part is None:
            return _checked(dataset, source, band, crs, nodata)
    with _opened(part, _DRIVER_OF_PART[_first_word(part)]) as dataset:
        return _checked(dataset, part, None, crs, nodata)


def as_raster(raster: Raster | str | Path) -> Raster:
    """Open a raster given by its path; an open raster is unchanged."""
    return raster if isinstance(raster, Raster) else open_raster(raster)


@contextmanager
def _opened(source: str, driver: str) -> Iterator[Any]:
    """Open a file, or a part of one, with one driver, converting errors."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    with warnings.catch_warnings():
        # rasters without georeference are rejected below, with a remedy
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            is_part = _first_word(source) in _DRIVER_OF_PART
            # an absolute path is never taken for the address of something else
            dataset = rasterio.open(source if is_part else Path(source).absolute(), driver=driver)
        except RasterioError as error:
            msg = (
                f"cannot open '{source}': {error}; the file may be damaged or truncated: "
                "write it again (gdal_translate makes a GeoTIFF)"
            )
            raise FileError(msg) from error
    with dataset:
        yield dataset


def _first_word(source: str) -> str:
    """Return the first word of GDAL's name of a part, such as netcdf."""
    return source.partition(":")[0].lower()


def _variable(dataset: Any, band: int | str | None) -> str | None:  # noqa: ANN401 - rasterio has no types
    """Return the part of a file that holds a named variable; None for an ordinary raster."""
    parts = list(dataset.subdatasets)
    if not parts:
        return None
    names = [part.rsplit(":", 1)[-1].strip('/"') for part in parts]
    if band in names:
        return str(parts[names.index(band)])
    if dataset.count and not isinstance(band, str):
        return None
    msg = (
        f"raster {Path(dataset.name).name} has several variables; expected band= to be one of "
        f"{_listed(names)}, got {band!r}"
    )
    raise LayerError(msg)


def _checked(
    dataset: Any,  # noqa: ANN401 - rasterio has no types
    source: str,
    band: int | str | None,
    crs: str | int | None,
    nodata: float | None,
) -> Raster:
    problems: list[str] = []
    system = _reference_system(dataset, crs, problems)
    no_crs = bool(problems)
    placement = Placement(*dataset.transform[:6])
    determinant = dataset.transform.determinant
    if dataset.transform.is_identity or not determinant or not np.isfinite(determinant):
        problems.append(
            "its cells are not placed on a map (no geotransform); georeference it, for example "
            "with gdalwarp or gdal_translate -a_ullr"
        )
    elif not no_crs:
        problems += _misplaced(dataset, system)
    number = _band_number(dataset, band, problems)
    _check_nodata(dataset, number, nodata, problems)
    if problems:
        only_crs = no_crs and len(problems) == 1
        raise (CRSError if only_crs else LayerError)(gather(problems, of=f"raster {source}"))
    size = dataset.height, dataset.width
    return Raster(source, number, system, placement, *size, nodata=nodata, driver=dataset.driver)


def _reference_system(dataset: Any, crs: str | int | None, problems: list[str]) -> Any:  # noqa: ANN401
    """Return the reference system of the file or the given one; add a problem if neither fits."""
    import pyproj
    from pyproj.exceptions import CRSError as NoSuchCRS

    own = None if dataset.crs is None else pyproj.CRS.from_wkt(dataset.crs.to_wkt())
    if own is None and crs is None:
        problems.append("it has no reference system; give it as crs=, such as crs='EPSG:4326'")
        return None
    try:
        system = own if crs is None else pyproj.CRS.from_user_input(crs)
    except NoSuchCRS as error:
        msg = f"expected crs to be a reference system, got {crs!r} ({error})"
        raise OptionError(msg) from error
    if own is not None and system is not None and not own.equals(system, ignore_axis_order=True):
        problems.append(f"it is in {name_crs(own)}, but crs={crs!r} was given; omit crs")
    elif system is not None and not (system.is_geographic or system.is_projected):
        problems.append(
            f"its reference system {name_crs(system)} is not a map; convert it to EPSG:4326"
        )
    return system


def _misplaced(dataset: Any, crs: pyproj.CRS) -> list[str]:  # noqa: ANN401
    """Return a problem if coordinates look like metres labelled as degrees, or the reverse."""
    corners = [
        dataset.transform @ (col * dataset.width, row * dataset.height) for col, row in _CORNERS
    ]
    x, y = np.abs(corners).max(axis=0)
    size = max(map(abs, dataset.transform[:2]))
    remedy = "assign the reference system of the coordinates (gdal_edit.py -a_srs)"
    if crs.is_geographic and (x > _MOST_LON or y > _MOST_LAT):
        found = f"its coordinates reach {x:,.0f} and {y:,.0f}"
        return [f"{found}, but those of {name_crs(crs)} are degrees; {remedy}"]
    if crs.is_projected and x <= _MOST_LON and y <= _MOST_LAT and size <= 1.0:
        found = f"its coordinates reach only {x:g} and {y:g}, as degrees do"
        return [f"{found}, but those of {name_crs(crs)} are not; {remedy}"]
    return []


def _band_number(dataset: Any, band: int | str | None, problems: list[str]) -> int:  # noqa: ANN401
    """Return the number of a band given by number or description, or add a problem."""
    count, described = dataset.count, [name or "" for name in dataset.descriptions]
    number = 0
    if band is None and count == 1:
        number = 1
    elif isinstance(band, str) and described.count(band) == 1:
        number = described.index(band) + 1
    elif isinstance(band, int) and not isinstance(band, bool) and 1 <= band <= count:
        number = band
    if not number:
        named = _listed([name for name in described if name])
        problems.append(
            f"expected band= to choose one of {count} bands, by number from 1"
            + (f" or by name ({named})" if named else "")
            + f", got {band!r}"
        )
        return 0
    kind = (
        np.dtype(dataset.dtypes[number - 1])
        if "complex" not in dataset.dtypes[number - 1]
        else None
    )
    if kind is None or kind.kind not in "iuf":
        problems.append(f"expected real numbers in band {number}, got {dataset.dtypes[number - 1]}")
    return number


def _check_nodata(
    dataset: Any,  # noqa: ANN401
    band: int,
    nodata: float | None,
    problems: list[str],
) -> None:
    """Add a problem if the given nodata value cannot occur in the band."""
    if nodata is None or not band:
        return
    dtype = dataset.dtypes[band - 1]
    if not np.issubdtype(type(nodata), np.number):
        problems.append(f"expected nodata to be a number, got {nodata!r}")
    elif not fits(nodata, np.dtype(dtype)):
        expected = f"expected nodata to be a value that cells of {dtype} can have"
        problems.append(f"{expected}, got {nodata}")


def _read(dataset: Any, raster: Raster, window: Window) -> Floats:  # noqa: ANN401
    """Return the scaled values of a window of a band, NaN where unknown."""
    from rasterio.errors import RasterioError
    from rasterio.windows import Window as Part

    part = Part.from_slices(
        (window.row_start, window.row_stop), (window.col_start, window.col_stop)
    )
    try:
        stored = dataset.read(raster.band, window=part)
        known = dataset.read_masks(raster.band, window=part) > 0
    except RasterioError as error:
        msg = (
            f"cannot read rows {window.row_start} to {window.row_stop} of raster {raster.source}: "
            f"{error}; the file may be damaged or truncated"
        )
        raise FileError(msg) from error
    values = stored.astype(np.float64)
    if raster.nodata is not None:
        # in the type of the file: the decimal -3.4e38 differs from the float32
        is_float = np.issubdtype(stored.dtype, np.floating)
        known &= stored != (stored.dtype.type(raster.nodata) if is_float else raster.nodata)
    known &= np.isfinite(values)
    declared = raster.nodata is not None or _declares_unknown(dataset, raster.band)
    check_marks(stored[known], name=raster.name, declared=declared)
    values = values * dataset.scales[raster.band - 1] + dataset.offsets[raster.band - 1]
    return np.where(known, values, np.nan)


def _declares_unknown(dataset: Any, band: int) -> bool:  # noqa: ANN401
    """Return whether a band has a nodata value that its cells can have, a mask or an alpha band."""
    from rasterio.enums import MaskFlags

    nodata, flags = dataset.nodatavals[band - 1], dataset.mask_flag_enums[band - 1]
    if nodata is not None and MaskFlags.nodata in flags:
        return fits(nodata, np.dtype(dataset.dtypes[band - 1]))
    return MaskFlags.all_valid not in flags


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_LISTED]))
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"
