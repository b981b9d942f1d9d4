"""Rasters on the way in: which file, which band, where on Earth, and what in it is unknown.

A raster stays in its file. What is asked for is read window by window, so a raster larger than
memory works. Unknown cells come out as NaN: those the file declares (a nodata value, a mask, an
alpha band), those that are no finite number, and nothing else; 0 is a value like any other.
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
    from numpy.typing import NDArray

    from standort.earth.raster.cell_coverage import Window
    from standort.earth.raster.cells import Grid

    Floats = NDArray[np.float64]

__all__ = ["Raster", "RasterDescription", "as_raster", "describe_raster", "open_raster"]

#: how many names a message lists
_LISTED = 8


@dataclass(frozen=True)
class Raster:
    """One band of a raster file, checked; made by `open_raster`.

    Parameters
    ----------
    source
        Path of the file, or what GDAL calls a part of it.
    band
        Number of the band, from 1.
    crs
        Reference system.
    placement
        From column and row to map coordinates.
    rows, cols
        Size [cells].
    nodata
        A value that stands for unknown besides those the file declares.
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
        """The file's name, for messages."""
        return Path(self.source).name

    @cached_property
    def grid(self) -> Grid:
        """The cells on Earth."""
        return make_grid(self.crs, self.placement, self.rows, self.cols)

    @contextmanager
    def reading(self) -> Iterator[Callable[[Window], Floats]]:
        """Open the file to read windows from it.

        Yields
        ------
        A function from a window to the values of its cells, shape (rows, columns), scaled as the
        file tells; NaN where unknown.

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
    """Open a raster and check that it can be measured.

    Any format GDAL reads, in any reference system and resolution, rotated or not. All problems are
    told together.

    Parameters
    ----------
    path
        The file.
    band
        Number of the band, from 1, or its description; in a file of several variables (NetCDF,
        HDF5) the name of the variable. May be left out where there is only one.
    crs
        Reference system of a file that carries none (NetCDF often does not), such as
        ``"EPSG:4326"``.
    nodata
        Value that stands for unknown but is not declared in the file, such as -9999.

    Returns
    -------
    The raster; its values are not read yet.

    Raises
    ------
    FileError
        If the file is missing or no raster.
    CRSError
        If there is no reference system, or one that is no map.
    LayerError
        If the cells are not placed on a map, the band is not told or not there, or the values
        are no real numbers.

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
    """Open a raster given by its path; an open one passes through."""
    return raster if isinstance(raster, Raster) else open_raster(raster)


@contextmanager
def _opened(source: str) -> Iterator[Any]:
    """Open a file with rasterio; what goes wrong with it is an error of the file."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    with warnings.catch_warnings():
        # a raster that is nowhere is refused below, with the remedy
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
    """Find the part of a file of several variables that a name means; None for a plain raster."""
    parts = list(dataset.subdatasets)
    if not parts:
        return None
    names = [part.rsplit(":", 1)[-1].strip('/"') for part in parts]
    if band in names:
        return str(parts[names.index(band)])
    if dataset.count and not isinstance(band, str):
        return None
    msg = (
        f"raster {Path(dataset.name).name} holds several variables; expected band= to be one of "
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
    no_map = bool(problems)
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
        only_map = no_map and len(problems) == 1
        raise (CRSError if only_map else LayerError)(gather(problems, of=f"raster {source}"))
    return Raster(source, number, system, placement, dataset.height, dataset.width, nodata=nodata)


def _reference_system(dataset: Any, crs: str | int | None, problems: list[str]) -> Any:  # noqa: ANN401
    """Find the reference system, of the file or as told."""
    import pyproj
    from pyproj.exceptions import CRSError as NoSuchCRS

    own = None if dataset.crs is None else pyproj.CRS.from_wkt(dataset.crs.to_wkt())
    if own is None and crs is None:
        problems.append("it has no reference system; give it as crs=, such as crs='EPSG:4326'")
        return None
    try:
        told = own if crs is None else pyproj.CRS.from_user_input(crs)
    except NoSuchCRS as error:
        msg = f"expected crs to be a reference system, got {crs!r} ({error})"
        raise OptionError(msg) from error
    if own is not None and told is not None and not own.equals(told, ignore_axis_order=True):
        problems.append(f"it is in {name_crs(own)}, but crs={crs!r} was given; leave crs out")
    elif told is not None and not (told.is_geographic or told.is_projected):
        problems.append(f"its reference system {name_crs(told)} is no map; bring it to EPSG:4326")
    return told


def _band_number(dataset: Any, band: int | str | None, problems: list[str]) -> int:  # noqa: ANN401
    """Find the band a number or description means, or add the problem."""
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
    """Read a window of a band: scaled values, NaN where the file or the user says unknown."""
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
            f"{error}; the file may be damaged or cut off"
        )
        raise FileError(msg) from error
    values = stored.astype(np.float64)
    if raster.nodata is not None:
        # as the file stores it: -3.4e38 told in full is not what a float32 holds
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
    """What a raster file tells of itself; its values are not read.

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
        The value the band declares as unknown; None if it declares none.
    extent
        West, south, east and north [degrees]; west > east crosses the antimeridian. None where
        the map cannot be brought to longitude and latitude.
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
        A raster opened with `open_raster`, or the path of one, of which the first band is taken.

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
    >>> told = describe_raster(path)
    >>> told.crs, told.resolution, told.resolution_unit, told.nodata, told.extent
    ('EPSG:4326', (1.0, 1.0), 'degrees', -1.0, (6.0, 49.0, 9.0, 51.0))
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
    """Bring the outline of the raster to longitude and latitude."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    cols, rows = np.array([0, 1, 0, 1]) * raster.cols, np.array([0, 0, 1, 1]) * raster.rows
    x, y = raster.placement.to_map(cols.astype(float), rows.astype(float))
    try:
        to_earth = Transformer.from_crs(raster.crs, "EPSG:4326", always_xy=True)
        found = to_earth.transform_bounds(x.min(), y.min(), x.max(), y.max(), densify_pts=21)
    except ProjError:
        return None
    west, south, east, north = map(float, found)
    return (west, south, east, north) if all(map(math.isfinite, found)) else None
