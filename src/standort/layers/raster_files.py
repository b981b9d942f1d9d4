"""Rasters: opening, checking, reading by window and describing them.

Rasters are read window by window, so they may exceed memory. Unknown cells become NaN: those
declared by the file (a nodata value, a mask, an alpha band) and those that are not finite. 0 is an
ordinary value.
"""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from standort.earth.raster.cells import Placement
from standort.earth.raster.disc_cells import make_grid
from standort.errors import CRSError, FileError, LayerError, OptionError, gather
from standort.layers.geometry.crs import name_crs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyproj

    from standort.array_types import Floats
    from standort.earth.raster.cell_coverage import Window
    from standort.earth.raster.cells import Grid


#: Number of names listed in a message.
_LISTED = 8


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
    """

    source: str
    band: int
    crs: pyproj.CRS
    placement: Placement
    rows: int
    cols: int
    nodata: float | None = None

    @property
    def name(self) -> str:
        """Name of the file, for messages."""
        return Path(self.source).name

    @cached_property
    def grid(self) -> Grid:
        """Grid of the cells on the Earth."""
        return make_grid(self.crs, self.placement, self.rows, self.cols)

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
        """
        with _opened(self.source) as dataset:

            def read(window: Window) -> Floats:
                return _read(dataset, self, window)

            yield read


def open_raster(
    path: str | Path,
    *,
    band: int | str | None = None,
    crs: str | int | None = None,
    nodata: float | None = None,
) -> Raster:
    """Open and check a raster.

    It may have any format of GDAL, reference system and resolution, and may be rotated. All
    problems are raised together.

    Parameters
    ----------
    path
        File to open.
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
        If the file is missing or not a raster.
    CRSError
        If there is no reference system, or one that is not a map.
    LayerError
        If there is no geotransform, the band is ambiguous or missing, or the values are not real
        numbers.

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
    source = str(path)
    with _opened(source) as dataset:
        part = _variable(dataset, band)
        if part is not None:
            return open_raster(part, band=None, crs=crs, nodata=nodata)
        return _checked(dataset, source, band, crs, nodata)


def as_raster(raster: Raster | str | Path) -> Raster:
    """Open a raster given by its path; an open raster is unchanged."""
    return raster if isinstance(raster, Raster) else open_raster(raster)


@contextmanager
def _opened(source: str) -> Iterator[Any]:
    """Open a file with rasterio, converting its errors."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    with warnings.catch_warnings():
        # rasters without georeference are rejected below, with a remedy
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            dataset = rasterio.open(source)
        except RasterioError as error:
            msg = (
                f"cannot open raster {source}: {error}; expected a file that GDAL "
                f"{rasterio.__gdal_version__} reads, such as a GeoTIFF (gdal_translate makes one)"
            )
            raise FileError(msg) from error
    with dataset:
        yield dataset


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
    if dataset.transform.is_identity or not dataset.transform.determinant:
        problems.append(
            "its cells are not placed on a map (no geotransform); georeference it, for example "
            "with gdalwarp or gdal_translate -a_ullr"
        )
    number = _band_number(dataset, band, problems)
    if nodata is not None and not np.issubdtype(type(nodata), np.number):
        problems.append(f"expected nodata to be a number, got {nodata!r}")
    if problems:
        only_crs = no_crs and len(problems) == 1
        raise (CRSError if only_crs else LayerError)(gather(problems, of=f"raster {source}"))
    return Raster(source, number, system, placement, dataset.height, dataset.width, nodata=nodata)


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
    values = values * dataset.scales[raster.band - 1] + dataset.offsets[raster.band - 1]
    return np.where(known, values, np.nan)


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_LISTED]))
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"


_DEGREES = "degrees"


@dataclass(frozen=True, slots=True)
class RasterDescription:
    """Description of a raster file, without its values.

    Parameters
    ----------
    rows, columns
        Size [cells].
    bands
        Number of bands.
    crs
        Reference system.
    resolution
        Width and height of a cell [`resolution_unit`].
    resolution_unit
        Such as ``"degrees"`` or ``"metre"``.
    nodata
        Declared nodata value of the band; None if there is none.
    extent
        West, south, east and north [degrees]; west > east crosses the antimeridian. None if
        the extent cannot be converted.
    """

    rows: int
    columns: int
    bands: int
    crs: str
    resolution: tuple[float, float]
    resolution_unit: str
    nodata: float | None
    extent: tuple[float, float, float, float] | None


def describe_raster(raster: Raster | str | Path) -> RasterDescription:
    """Describe a raster.

    Parameters
    ----------
    raster
        A raster opened with `open_raster`, or a path, of which the first band is used.

    Returns
    -------
    The description.

    Raises
    ------
    FileError, CRSError, LayerError
        As for `open_raster`.

    Examples
    --------
    >>> import numpy, rasterio, tempfile
    >>> from affine import Affine
    >>> path = tempfile.mkdtemp() + "/wind.tif"
    >>> options = dict(width=3, height=2, count=1, dtype="float32", crs="EPSG:4326", nodata=-1)
    >>> with rasterio.open(path, "w", transform=Affine(1, 0, 6, 0, -1, 51), **options) as file:
    ...     file.write(numpy.full((1, 2, 3), 7, dtype="float32"))
    >>> description = describe_raster(path)
    >>> description.crs, description.resolution, description.resolution_unit
    ('EPSG:4326', (1.0, 1.0), 'degrees')
    >>> description.nodata, description.extent
    (-1.0, (6.0, 49.0, 9.0, 51.0))
    """
    import rasterio

    opened = raster if isinstance(raster, Raster) else open_raster(raster, band=1)
    at = opened.placement
    with rasterio.open(opened.source) as dataset:
        bands, nodata = dataset.count, dataset.nodatavals[opened.band - 1]
    return RasterDescription(
        rows=opened.rows,
        columns=opened.cols,
        bands=bands,
        crs=name_crs(opened.crs),
        resolution=(math.hypot(at.a, at.d), math.hypot(at.b, at.e)),
        resolution_unit=_unit_of(opened),
        nodata=None if nodata is None else float(nodata),
        extent=_extent(opened),
    )


def _unit_of(raster: Raster) -> str:
    if raster.crs.is_geographic:
        return _DEGREES
    return str(raster.crs.axis_info[0].unit_name)


def _extent(raster: Raster) -> tuple[float, float, float, float] | None:
    """Return the extent of the raster in longitude and latitude; None if not convertible."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    cols, rows = np.array([0, 1, 0, 1]) * raster.cols, np.array([0, 0, 1, 1]) * raster.rows
    x, y = raster.placement.to_map(cols.astype(float), rows.astype(float))
    try:
        to_earth = Transformer.from_crs(raster.crs, "EPSG:4326", always_xy=True)
        bounds = to_earth.transform_bounds(x.min(), y.min(), x.max(), y.max(), densify_pts=21)
    except ProjError:
        return None
    west, south, east, north = map(float, bounds)
    return (west, south, east, north) if all(map(math.isfinite, bounds)) else None
