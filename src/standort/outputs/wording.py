"""Format numbers, units, ids and types for people, the same way in every output."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from standort.metric_table import MEMBERS_MEAN, METRICS
from standort.results.cell_values import as_float, as_text
from standort.typology.probabilities import UNDECIDED
from standort.units import UNITS, symbol_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import pandas as pd

#: What an infinite value means, and a missing one; only distances can be infinite.
_NOTHING = "nothing within reach"
_UNKNOWN = "unknown"
#: What stands for the value of a place that has the mean of its members.
_MEAN = "members' mean"
#: A share this close to the next per cent counts as that per cent [per cent].
_ROUNDING = 1e-4


def humanise(identifier: str) -> str:
    """Format an identifier as words.

    Parameters
    ----------
    identifier
        Such as a criterion or component id.

    Returns
    -------
    The words, in lower case except for names such as CO2.

    Examples
    --------
    >>> humanise("co2_storage_distance")
    'CO2 storage distance'
    """
    return identifier.replace("_", " ").replace("co2", "CO2").replace("net zero", "net-zero")


def count_of(number: int, noun: str) -> str:
    """Format a count with its noun.

    Parameters
    ----------
    number
        The count.
    noun
        The noun in the singular; the plural adds an s.

    Returns
    -------
    The number and the noun.

    Examples
    --------
    >>> count_of(1, "site"), count_of(4505, "site")
    ('1 site', '4,505 sites')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cut(text: str, limit: int) -> str:
    """Shorten a text to a number of characters.

    Parameters
    ----------
    text
        The text.
    limit
        Most characters, at least 1.

    Returns
    -------
    The text, or its beginning and an ellipsis.

    Examples
    --------
    >>> cut("Pernis refinery", 9)
    'Pernis r…'
    """
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def join_words(words: Sequence[str], *, last: str = "and") -> str:
    """Join words with commas and a conjunction, as in a sentence.

    Parameters
    ----------
    words
        The words.
    last
        The conjunction before the last word.

    Returns
    -------
    The text.

    Examples
    --------
    >>> join_words(["ports", "pipelines", "heat"])
    'ports, pipelines and heat'
    """
    *first, end = words or [""]
    return f"{', '.join(first)} {last} {end}" if first else end


def format_condition(column: str, condition: object) -> str:
    """Format the condition of a filter on a column.

    Parameters
    ----------
    column
        Name of the column; a unit at its end moves behind the numbers.
    condition
        Accepted values, or a mapping of ``min`` and ``max``, as a manifest holds them.

    Returns
    -------
    The condition in words.

    Examples
    --------
    >>> format_condition("capacity_mt", {"min": 100.0, "max": None})
    'capacity at least 100 Mt'
    >>> format_condition("carrier", ["co2", "natural_gas"])
    'carrier CO2 or natural gas'
    """
    if not isinstance(condition, Mapping):
        accepted = condition if isinstance(condition, list | tuple) else [condition]
        return f"{humanise(column)} {join_words([humanise(str(v)) for v in accepted], last='or')}"
    unit = max((u for u in UNITS if column.endswith(f"_{u}")), key=len, default="count")
    least, most = (as_float(condition.get(end)) for end in ("min", "max"))
    ends = [
        f"{words} {format_measure(end, unit)}"
        for words, end in (("at least", least), ("at most", most))
        if not math.isnan(end)
    ]
    return f"{humanise(column.removesuffix(f'_{unit}'))} {join_words(ends)}".rstrip()


def format_known_share(share: object) -> str:
    """Format the known share of a raster at a site.

    Parameters
    ----------
    share
        In [0, 1]; NaN, None or NA for a criterion without a raster.

    Returns
    -------
    Whole per cent, rounded down so that only a complete raster has 100 %; else an empty text.

    Examples
    --------
    >>> format_known_share(0.998), format_known_share(1.0), format_known_share(float("nan"))
    ('99 % covered', '100 % covered', '')
    """
    number = as_float(share)
    if math.isnan(number):
        return ""
    return f"{math.floor(100 * number + _ROUNDING)} % covered"


def format_score(score: object, *, digits: int = 2) -> str:
    """Format a score, partial value or share.

    Parameters
    ----------
    score
        A number; NaN, None or NA if unknown.
    digits
        Decimals.

    Returns
    -------
    The number, or a hyphen if unknown.

    Examples
    --------
    >>> format_score(0.4567), format_score(float("nan"))
    ('0.46', '-')
    """
    number = as_float(score)
    return "-" if math.isnan(number) else f"{number:.{digits}f}"


def format_measure(value: object, unit: str) -> str:
    """Format a value with its unit.

    Parameters
    ----------
    value
        The value; NaN, None or NA if unknown, inf if nothing is within reach.
    unit
        One of `standort.units.UNITS`.

    Returns
    -------
    Three significant digits and the unit, or words for an unknown or infinite value.

    Examples
    --------
    >>> format_measure(12.345, "mt_per_yr"), format_measure(3, "count")
    ('12.3 Mt/yr', '3')
    >>> format_measure(float("inf"), "km"), format_measure(float("nan"), "km")
    ('nothing within reach', 'unknown')
    """
    number = as_float(value)
    if math.isnan(number):
        return _UNKNOWN
    if math.isinf(number):
        return _NOTHING
    return f"{_round(number)} {symbol_of(unit)}".rstrip()


def format_metric(metric: str, value: object, unit: str) -> str:
    """Format the value of a metric, as `format_measure` with the words the metric has for inf.

    Parameters
    ----------
    metric
        The metric.
    value, unit
        As for `format_measure`.

    Returns
    -------
    The text.

    Examples
    --------
    >>> format_metric("neighbour_distance", float("inf"), "km")
    'too few in reach'
    """
    if metric == MEMBERS_MEAN:
        return _MEAN
    if metric in METRICS and math.isinf(as_float(value)):
        return METRICS[metric].nothing
    return format_measure(value, unit)


def describe_reference(
    criterion: str, *, title: str, metric: str, direction: str, reference: float, unit: str
) -> str:
    """Describe what a site needs to reach a reference point of a criterion.

    Parameters
    ----------
    criterion, title, metric
        Id, title and metric of the criterion.
    direction
        ``cost`` if less is better.
    reference
        The point [`unit`].
    unit
        Its unit.

    Returns
    -------
    The phrase.

    Examples
    --------
    >>> describe_reference("pipeline_distance", title="Distance to a CO2 pipeline",
    ...                metric="nearest_distance", direction="cost", reference=15.0, unit="km")
    'a CO2 pipeline within 15 km'
    >>> describe_reference("renewable_capacity", title="Renewable capacity", metric="sum_within",
    ...                direction="benefit", reference=10.0, unit="gw")
    'renewable capacity of at least 10 GW'
    """
    thing = title.removeprefix("Distance to ")
    phrase = METRICS[metric].phrase if metric in METRICS else None
    if phrase is not None and direction == "cost" and thing != title:
        one = thing.replace("the nearest ", "a ", 1) if thing.startswith("the ") else thing
        return phrase.format(feature=one, reference=format_measure(reference, unit))
    limit = "at most" if direction == "cost" else "at least"
    return f"{humanise(criterion)} of {limit} {format_measure(reference, unit)}"


def format_type(row: Mapping[str, object] | pd.Series[Any], *, when: str = "") -> str:
    """Format the type of a place, or its possible types if it has none.

    Parameters
    ----------
    row
        Row with any of ``label``, ``type`` and ``type_set``.
    when
        Suffix of these names, such as ``_before``.

    Returns
    -------
    The label, else the type, else the set of types; a hyphen if all are missing. Of an undecided
    place, its possible types.

    Examples
    --------
    >>> format_type({"type": None, "type_set": "forerunner | classic_cluster"})
    'forerunner or classic cluster'
    >>> format_type({"type": None, "label": "ambiguous forerunner/dispersed_cluster"})
    'ambiguous forerunner/dispersed cluster'
    >>> format_type({"label": "undecided by the data", "type_set": "forerunner | classic_cluster"})
    'undecided: forerunner or classic cluster'
    """
    if row.get(f"label{when}") == UNDECIDED and as_text(row.get(f"type_set{when}")):
        return f"undecided: {format_type({'type_set': row[f'type_set{when}']})}"
    for what in ("label", "type", "type_set"):
        text = as_text(row.get(f"{what}{when}"))
        if text:
            return humanise(text).replace(" | ", " or ")
    return "-"


def _round(number: float) -> str:
    """Format with three significant digits, and all digits before the point."""
    if number == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{min(digits, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
