"""Files that GDAL may open: local, regular, and in a format named here.

GDAL chooses the format by the content of a file, whatever its name, and some formats refer to other
files or to addresses on the internet, which it then opens: a virtual raster called ``wind.tif``, a
WFS description called ``roads.geojson``. So the format is recognised here first.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from standort.errors import FileError

#: Vector formats, by the first bytes of a file.
_VECTORS = {
    b"SQLite format 3\x00": "GeoPackage",
    b"fgb": "FlatGeobuf",
    b"\x00\x00\x27\x0a": "Shapefile",
    b"{": "GeoJSON",
}
#: GDAL's drivers of raster formats, by the first bytes of a file.
_RASTERS = {
    b"II*\x00": "GTiff",
    b"MM\x00*": "GTiff",
    b"II+\x00": "GTiff",
    b"MM\x00+": "GTiff",
    b"CDF": "netCDF",
    b"\x89HDF": "HDF5",
    b"GRIB": "GRIB",
    b"ncols": "AAIGrid",
}
#: JSON with this type is a pipeline of commands for GDAL.
_PIPELINE = b"gdal_streamed_alg"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HEADER = 1 << 16


def check_local_file(path: Path, *, or_folder: bool = False) -> None:
    """Check that a path is a regular file, before it is opened.

    Parameters
    ----------
    path
        The path.
    or_folder
        Whether a folder is allowed too.

    Raises
    ------
    FileError
        If nothing is there, or a device, pipe or socket, which would never end, or if its name is
        not UTF-8.
    """
    shown = os.fsencode(path).decode("utf-8", "backslashreplace")
    try:
        str(path).encode("utf-8")
        mode = path.stat().st_mode
    except UnicodeEncodeError as error:
        msg = f"cannot open '{shown}': its name is not UTF-8; rename the file or its folder"
        raise FileError(msg) from error
    except (OSError, ValueError) as error:  # a null character is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"cannot open '{shown}': {reason}; check the path and its permissions"
        raise FileError(msg) from error
    if not (stat.S_ISREG(mode) or (or_folder and stat.S_ISDIR(mode))):
        msg = f"cannot open '{shown}': expected a file, got a folder or a device; check the path"
        raise FileError(msg)


def check_vector_file(path: str | Path) -> Path:
    """Return the path of a file that GDAL may open as vectors.

    Parameters
    ----------
    path
        A GeoPackage, GeoJSON, FlatGeobuf or Shapefile.

    Returns
    -------
    The path.

    Raises
    ------
    FileError
        If it is not a local file of one of these formats.
    """
    path = Path(path)
    header = _header(path)
    if _format_of(header, _VECTORS) is None or _PIPELINE in header:
        msg = (
            f"cannot open '{path}': expected a GeoPackage, GeoParquet, GeoJSON, FlatGeobuf or "
            "Shapefile; export it to one of them, in QGIS by 'Save Features As'"
        )
        raise FileError(msg)
    return path


def check_xml_file(path: str | Path) -> Path:
    """Return the path of a file that an XML parser may open; FileError if it declares entities.

    An entity may stand for billions of characters or for another file; no network needs one.
    """
    path = Path(path)
    if b"<!ENTITY" in _header(path):
        msg = f"cannot open '{path}': expected XML without entities; export it again"
        raise FileError(msg)
    return path


def raster_driver(path: str | Path) -> str:
    """Return the name of GDAL's driver for a raster file.

    Parameters
    ----------
    path
        A GeoTIFF, NetCDF, HDF5, GRIB or ASCII grid file.

    Returns
    -------
    Such as ``"GTiff"``.

    Raises
    ------
    FileError
        If it is not a local file of one of these formats, or its mask file is not a TIFF.
    """
    path = Path(path)
    driver = _format_of(_header(path).lower(), {mark.lower(): d for mark, d in _RASTERS.items()})
    if driver is None:
        msg = (
            f"cannot open '{path}': expected a GeoTIFF, NetCDF, HDF5, GRIB or ASCII grid file; "
            "convert it, for example with gdal_translate (virtual rasters too: they refer to other "
            "files)"
        )
        raise FileError(msg)
    for mask in (path.with_name(f"{path.name}{ending}") for ending in (".msk", ".MSK")):
        if mask.exists() and _format_of(_header(mask), _RASTERS) != "GTiff":
            msg = f"cannot open '{path}': expected its mask '{mask.name}' to be a TIFF; remove it"
            raise FileError(msg)
    is_netcdf4 = driver == "HDF5" and path.suffix.lower() in {".nc", ".nc4"}
    return "netCDF" if is_netcdf4 else driver


def _header(path: Path) -> bytes:
    """Return the first bytes of a local file, without byte order mark and leading blanks."""
    check_local_file(path)
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except PermissionError as error:
        msg = f"cannot open '{path}': {error.strerror}; check the path and its permissions"
        raise FileError(msg) from error
    return header.removeprefix(_BYTE_ORDER_MARK).lstrip(b" \t\r\n")


def _format_of(header: bytes, formats: dict[bytes, str]) -> str | None:
    """Return the format whose mark a file begins with."""
    return next((name for mark, name in formats.items() if header.startswith(mark)), None)
