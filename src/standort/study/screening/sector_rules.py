"""What the sector of an emitter says: whether it is industry, and whether it could use hydrogen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from standort.layers.features import Features

    Floats = NDArray[np.float64]

__all__ = ["could_use_hydrogen", "is_industrial", "sectors_of"]

#: What a sector is called that is no industry. Power plants and waste treatment may be sources of
#: CO2, but no industrial sites.
_NO_INDUSTRY = ("power", "electricity", "waste", "incinerat", "district heat", "sewage", "aviation")
#: Sectors that use hydrogen as a feedstock, or could as a reducing agent or for heat that is too
#: high for electricity; our assumption.
_HYDROGEN = ("refin", "chemic", "ammonia", "fertili", "methanol", "steel", "glass", "ceramic")
#: How a sector begins that says nothing.
_NOTHING = ("other", "unknown", "not classified", "combustion")


def sectors_of(emitters: Features) -> NDArray[np.object_]:
    """Give the sector of each emitter in small letters, None where it is unknown."""
    if "sector" not in emitters.table:
        return np.full(len(emitters), None, dtype=object)
    given = emitters.table["sector"].to_numpy(dtype=object)
    told = [None if pd.isna(sector) else str(sector).strip().casefold() for sector in given]
    known = [name if name and not name.startswith(_NOTHING) else None for name in told]
    return np.array(known, dtype=object)


def is_industrial(emitters: Features) -> Floats:
    """Tell of each emitter whether it is an industrial site: 1, 0, or NaN if its sector is unknown.

    Parameters
    ----------
    emitters
        The emitters, with a column ``sector``.

    Returns
    -------
    A number for each emitter.
    """
    return _told(sectors_of(emitters), lambda name: not _names_any(name, _NO_INDUSTRY))


def could_use_hydrogen(emitters: Features) -> Floats:
    """Tell of each emitter whether its sector could use hydrogen: 1, 0, or NaN if unknown."""
    return _told(sectors_of(emitters), lambda name: _names_any(name, _HYDROGEN))


def _told(sectors: NDArray[np.object_], says: Callable[[str], bool]) -> Floats:
    return np.array([np.nan if name is None else float(says(name)) for name in sectors])


def _names_any(name: str, parts: tuple[str, ...]) -> bool:
    return any(part in name for part in parts)
