"""Marks for unknown cells, such as -9999, in rasters that do not declare them.

A mark is a value that many programs write where nothing is known. Taken as a value, it spoils every
mean around it, so a mark that no quantity can have is an error, and one that may be real a warning.
Only the smallest and largest cells are examined: amid real values (depths of the sea around
-9999 m) a mark is one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from standort.errors import LayerError, warn

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: No quantity is as large: 1e20 (climate models), 9.97e36 (NetCDF), -3.4e38 (float32), int64.
_TOO_LARGE = 1e18
#: Nines below zero, and the ends of integer types that no quantity reaches.
_MARKS = (
    *(-9_999, -99_999, -999_999, -9_999_999),
    *(-32_768, -32_767, -(2**31), 1 - 2**31, 2**31 - 1, 2**32 - 1),
)
#: Marks that may be real: depths, counts, classes; beside them the largest value of small types.
_PERHAPS = (-999, 9_999, 99_999, 999_999)
_SMALL = {"uint8": 255, "int8": -128, "uint16": 65_535, "int16": 32_767}


def fits(value: float, dtype: np.dtype[Any]) -> bool:
    """Return whether a type can hold a value.

    >>> fits(-9999, np.dtype("uint8")), fits(-9999, np.dtype("float32"))
    (False, True)
    """
    if dtype.kind == "f":
        return True
    limits = np.iinfo(dtype)
    return bool(np.isfinite(value) and value == int(value) and limits.min <= value <= limits.max)


def check_marks(known: NDArray[Any], *, name: str, declared: bool) -> None:
    """Raise or warn if cells that count as known hold a mark for unknown.

    Parameters
    ----------
    known
        Stored values of the cells that count as known, before scale and offset.
    name
        Name of the raster, for messages.
    declared
        Whether unknown cells are declared in any way: then a mark is a warning only.

    Raises
    ------
    LayerError
        If cells hold a mark that no quantity can have, and nothing is declared.

    Warns
    -----
    StandortWarning
        If cells hold a mark that may be real.
    """
    if not known.size:
        return
    extremes = (known.min(), known.max())
    certain = [value for value in extremes if abs(float(value)) >= _TOO_LARGE or value in _MARKS]
    perhaps = [value for value in extremes if value in (*_PERHAPS, _SMALL.get(known.dtype.name))]
    if certain and not declared:
        value, count = _written(certain[0]), int((known == certain[0]).sum())
        msg = (
            f"raster {name}: expected values, got {value} in {count:,} of the cells read, a mark "
            f"for unknown that the file does not declare; declare it (gdal_edit.py -a_nodata "
            f"{value} {name}) or give it as nodata ({_REMEDY}). If {value} is real, declare a "
            "nodata value that does not occur"
        )
        raise LayerError(msg)
    for mark in [*certain, *perhaps]:
        value = _written(mark)
        warn(
            f"raster {name}: cells with {value}, often a mark for unknown, count as values, as "
            f"{'another' if declared else 'no'} nodata value is declared; if they are unknown, "
            f"give {value} as nodata ({_REMEDY})"
        )


_REMEDY = "nodata in [criteria.source] of the profile, or open_raster(path, nodata=...)"


def _written(value: np.generic) -> str:
    """Write a value so that it can be declared: -9999, -3.4028234663852886e+38."""
    number = float(value)
    return str(int(number)) if abs(number) < _TOO_LARGE else repr(number)
