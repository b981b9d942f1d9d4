"""Sectors of emitters: which are industrial, and which could use hydrogen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from standort.array_types import Floats
    from standort.layers.features import Features


#: Parts of the names of sectors that are not industrial. Power plants and waste treatment may be
#: sources of CO2, but are not industrial sites.
_NO_INDUSTRY = ("power", "electricity", "waste", "incinerat", "district heat", "sewage", "aviation")
#: Sectors that use hydrogen as a feedstock, or could use it as a reducing agent or for heat at
#: temperatures beyond electric heating; our assumption.
_HYDROGEN = ("refin", "chemic", "ammonia", "fertili", "methanol", "steel", "glass", "ceramic")
#: How the name of a sector begins that carries no information.
_NOTHING = ("other", "unknown", "not classified", "combustion")


def sectors_of(emitters: Features) -> NDArray[np.object_]:
    """Return the sector of each emitter in lower case, None where it is unknown."""
    if "sector" not in emitters.table:
        return np.full(len(emitters), None, dtype=object)
    given = emitters.table["sector"].to_numpy(dtype=object)
    names = [None if pd.isna(sector) else str(sector).strip().casefold() for sector in given]
    known = [name if name and not name.startswith(_NOTHING) else None for name in names]
    return np.array(known, dtype=object)


def is_industrial(emitters: Features) -> Floats:
    """Return whether each emitter is an industrial site: 1, 0, or NaN if its sector is unknown.

    Parameters
    ----------
    emitters
        The emitters, with a column ``sector``.

    Returns
    -------
    One number for each emitter.
    """
    return _as_numbers(sectors_of(emitters), lambda name: not _names_any(name, _NO_INDUSTRY))


def could_use_hydrogen(emitters: Features) -> Floats:
    """Return whether the sector of each emitter could use hydrogen: 1, 0, or NaN if unknown."""
    return _as_numbers(sectors_of(emitters), lambda name: _names_any(name, _HYDROGEN))


def _as_numbers(sectors: NDArray[np.object_], is_such: Callable[[str], bool]) -> Floats:
    return np.array([np.nan if name is None else float(is_such(name)) for name in sectors])


def _names_any(name: str, parts: tuple[str, ...]) -> bool:
    return any(part in name for part in parts)
