"""Words and numbers as people read them: units, ids, scores. Every output writes them alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import pandas as pd

if TYPE_CHECKING:
    from typing import SupportsFloat

__all__ = [
    "UNIT_SYMBOLS",
    "as_float",
    "as_text",
    "count_of",
    "humanise",
    "tell_measure",
    "tell_score",
]

#: How a unit is written behind a number; units that are written as they are named are left out.
UNIT_SYMBOLS = {
    "t_per_yr": "t/yr",
    "kt_per_yr": "kt/yr",
    "mt_per_yr": "Mt/yr",
    "mt": "Mt",
    "gt": "Gt",
    "mw": "MW",
    "gw": "GW",
    "kv": "kV",
    "gwh": "GWh",
    "twh": "TWh",
    "gwh_per_yr": "GWh/yr",
    "twh_per_yr": "TWh/yr",
    "m2": "m²",
    "km2": "km²",
    "yr": "years",
    "count": "",
    "thousand_jobs": "thousand jobs",
    "million_people": "million people",
    "ratio": "",
}

#: What an infinite measurement of each unit means; only distances can be infinite.
_NOTHING = "nothing within reach"
_UNKNOWN = "unknown"


def humanise(identifier: str) -> str:
    """Write an identifier as words.

    Parameters
    ----------
    identifier
        Such as a criterion or component id.

    Returns
    -------
    The words, in lower case but for what is always written otherwise.

    Examples
    --------
    >>> humanise("co2_storage_distance")
    'CO2 storage distance'
    """
    return identifier.replace("_", " ").replace("co2", "CO2").replace("net zero", "net-zero")


def as_float(value: object) -> float:
    """Turn a cell into a number; what is missing becomes NaN.

    Parameters
    ----------
    value
        A number, or None, NA or NaN.

    Returns
    -------
    The number.

    Examples
    --------
    >>> as_float(None), as_float(3)
    (nan, 3.0)
    """
    return math.nan if _is_missing(value) else float(cast("SupportsFloat", value))


def as_text(value: object) -> str | None:
    """Turn a cell into text; what is missing becomes None.

    Parameters
    ----------
    value
        Text, an id of any kind, or None, NA or NaN.

    Returns
    -------
    The text; a whole number held as a float is written without its ``.0``.

    Examples
    --------
    >>> as_text(12), as_text(float("nan"))
    ('12', None)
    """
    if _is_missing(value):
        return None
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole and isinstance(value, float) else str(value)


def count_of(number: int, noun: str) -> str:
    """Write how many there are of something.

    Parameters
    ----------
    number
        How many.
    noun
        Of what, in the singular; takes an s in the plural.

    Returns
    -------
    The number and the noun.

    Examples
    --------
    >>> count_of(1, "site"), count_of(4505, "site")
    ('1 site', '4,505 sites')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def tell_score(score: object, *, digits: int = 2) -> str:
    """Write a score, partial value or share.

    Parameters
    ----------
    score
        A number; NaN, None or NA if it is not known.
    digits
        Places behind the point.

    Returns
    -------
    The number, or a hyphen for one that is not known.

    Examples
    --------
    >>> tell_score(0.4567), tell_score(float("nan"))
    ('0.46', '-')
    """
    number = as_float(score)
    return "-" if math.isnan(number) else f"{number:.{digits}f}"


def tell_measure(value: object, unit: str) -> str:
    """Write what was measured, with its unit.

    Parameters
    ----------
    value
        The measurement; NaN, None or NA if it is not known, inf if nothing lies within reach.
    unit
        One of `standort.units.UNITS`.

    Returns
    -------
    Three significant digits and the unit, or what there is instead of a number.

    Examples
    --------
    >>> tell_measure(12.345, "mt_per_yr"), tell_measure(3, "count")
    ('12.3 Mt/yr', '3')
    >>> tell_measure(float("inf"), "km"), tell_measure(float("nan"), "km")
    ('nothing within reach', 'unknown')
    """
    number = as_float(value)
    if math.isnan(number):
        return _UNKNOWN
    if math.isinf(number):
        return _NOTHING
    return f"{_round(number)} {UNIT_SYMBOLS.get(unit, unit)}".rstrip()


def _round(number: float) -> str:
    """Keep three significant digits, and all digits before the point."""
    if number == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{min(digits, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
