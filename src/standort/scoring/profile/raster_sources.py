"""Rasters as the source of a criterion: which one, in what unit, and what is made of it.

A raster is named, not given: the study holds the file of that name, or the profile tells a path.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Discriminator, Field, PlainValidator, StringConstraints, Tag, model_validator

from standort.metric_table import METRICS
from standort.scoring.profile.base_model import FrozenModel, Number, Positive, Share, Text
from standort.scoring.profile.problems import Fault, as_number, as_table, raise_rules, suggest
from standort.units import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standort.metric_table import Metric

__all__ = [
    "Availability",
    "Density",
    "RasterSource",
    "Statistic",
    "Technology",
    "TechnologyChoice",
    "TurbineCurve",
    "raster_unit",
    "source_faults",
    "technology_faults",
]

Statistic = Literal["mean", "min", "max", "sum", "integral", "share"]

#: Largest radius of a disc [km].
_FARTHEST_KM = 5_000.0
_PER_AREA = "_per_km2"
_FACTOR = "ratio"
#: A generic turbine [m/s].
_SPEEDS = {"cut_in": 3.0, "rated": 12.0, "cut_out": 25.0}
#: What does not add up from cell to cell, whatever the cells.
_INTENSIVE = frozenset({"speed", "ratio", "voltage", "irradiation per day", "irradiation per year"})


def _check_band(raw: object) -> int | str:
    if isinstance(raw, str) and raw.strip():
        return raw.strip()
    if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 1:
        return raw
    msg = "expected the number of a band, from 1, or its name"
    raise ValueError(msg)


class RasterSource(FrozenModel):
    """A raster by its name, and how its values are to be read."""

    raster: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
    path: Text | None = None
    """Where it lies if the study has none of that name; in a file, relative to the profile."""
    band: Annotated[int | str, PlainValidator(_check_band)] | None = None
    crs: Text | None = None
    """Reference system of a file that carries none."""
    nodata: Number | None = None
    """A value that stands for unknown besides those the file declares."""
    unit: str | None = None
    """Unit of the values; None for classes."""
    min_coverage: Share | None = None
    """Least known share of the disc for there to be a value; None leaves it to the metric."""


class Density(FrozenModel):
    """Capacity on each km2 that is built on, and who says so."""

    mw_per_km2: Positive
    source: Text


class Availability(FrozenModel):
    """Share of the area that can be built on, and who says so."""

    share: Share
    source: Text


class TurbineCurve(FrozenModel):
    """A turbine in three speeds [m/s], and the Weibull shape of the wind."""

    cut_in: Positive = _SPEEDS["cut_in"]
    rated: Positive = _SPEEDS["rated"]
    cut_out: Positive = _SPEEDS["cut_out"]
    shape: Positive = 2.0

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        raise_rules(_curve_faults(self.model_dump()))
        return self


class Technology(FrozenModel):
    """How densely a technology can be built, and on which share of the area."""

    density: Density
    availability: Availability
    power_curve: TurbineCurve | None = None
    """Turns wind speeds into capacity factors; None is a generic turbine."""


def _kind_of(raw: object) -> str:
    return "technology_name" if isinstance(raw, str) else "technology_table"


#: A technology in figures, or by the name of one that standort knows.
TechnologyChoice = Annotated[
    Annotated[Literal["onshore_wind"], Tag("technology_name")]
    | Annotated[Technology, Tag("technology_table")],
    Discriminator(_kind_of),
    Field(),
]


def source_faults(criterion: Mapping[str, object]) -> list[Fault]:
    """List what the keys of a criterion of a raster mean together; nothing for other criteria."""
    row = METRICS.get(str(criterion.get("metric")))
    if row is None or not row.on_raster:
        return []
    source = as_table(criterion.get("source"))
    faults = [*_class_faults(criterion, row), *_reach_faults(criterion, source, row)]
    if source.get("raster") is not None:
        faults += [fault.under("source") for fault in _value_unit_faults(criterion, source, row)]
    return faults


def technology_faults(criterion: Mapping[str, object]) -> list[Fault]:
    """List what the keys of a technology mean together, with the unit of the raster."""
    curve = as_table(criterion.get("technology")).get("power_curve")
    faults = [fault.under("power_curve") for fault in _curve_faults(curve)]
    unit = as_table(criterion.get("source")).get("unit")
    if curve is not None and unit == _FACTOR:
        message = (
            "means nothing to a raster of capacity factors (unit 'ratio'); remove it, or give "
            "wind speeds (unit 'm_per_s')"
        )
        faults.append(Fault(("power_curve",), message))
    return [fault.under("technology") for fault in faults]


def raster_unit(criterion: Mapping[str, object]) -> str | None:
    """Return the unit of a statistic of a raster; None if the keys do not determine it.

    >>> source = {"raster": "people", "unit": "people_per_km2"}
    >>> raster_unit({"metric": "raster_within", "statistic": "integral", "source": source})
    'people'
    """
    if criterion.get("statistic") == "share":
        return "ratio"
    unit = as_table(criterion.get("source")).get("unit")
    held = unit if isinstance(unit, str) and unit in UNITS else None
    if criterion.get("statistic") != "integral" or held is None:
        return held
    return "km2" if held == "ratio" else _times_area(held)


def _times_area(unit: str) -> str | None:
    """Give the unit of an amount per km2 times an area; None for other units."""
    return unit.removesuffix(_PER_AREA) if unit.endswith(_PER_AREA) else None


def _class_faults(criterion: Mapping[str, object], row: Metric) -> list[Fault]:
    if "statistic" not in row.needs or criterion.get("statistic") is None:
        return []
    by_class, given = criterion["statistic"] == "share", criterion.get("classes") is not None
    if by_class and not given:
        message = "expected the classes that count for statistic 'share', they are missing; "
        return [Fault(("classes",), f"{message}write classes = [130, 190]")]
    if given and not by_class:
        message = f"means nothing to statistic {criterion['statistic']!r}, only to 'share'"
        return [Fault(("classes",), f"{message}; remove it")]
    return []


def _reach_faults(
    criterion: Mapping[str, object], source: Mapping[str, object], row: Metric
) -> list[Fault]:
    faults = []
    radius = as_number(criterion.get("radius_km"))
    if radius is not None and radius > _FARTHEST_KM:
        message = f"expected at most {_FARTHEST_KM:,.0f} km round a site, got {radius:g}"
        faults.append(Fault(("radius_km",), f"{message}; choose a smaller one"))
    if "radius_km" not in row.needs and source.get("min_coverage") is not None:
        message = f"means nothing to metric {row.name!r}, which looks at one cell; remove it"
        faults.append(Fault(("source", "min_coverage"), message))
    return faults


def _value_unit_faults(
    criterion: Mapping[str, object], source: Mapping[str, object], row: Metric
) -> list[Fault]:
    """Check the unit of the raster's values against what is made of them."""
    unit, statistic = source.get("unit"), criterion.get("statistic")
    if statistic == "share":
        message = "means nothing to statistic 'share': classes have no unit; remove it"
        return [] if unit is None else [Fault(("unit",), message)]
    if unit is None:
        message = "expected the unit of the raster's values, it is missing; add it"
        return [Fault(("unit",), message)]
    if not isinstance(unit, str):
        return []
    if unit not in UNITS:
        return [Fault(("unit",), f"no unit standort knows, got {unit!r}; {suggest(unit, UNITS)}")]
    misfit = _misfit(criterion.get("statistic"), unit, row)
    return [] if misfit is None else [Fault(("unit",), misfit)]


def _misfit(statistic: object, unit: str, row: Metric) -> str | None:
    """Say why a metric cannot be computed from values of a unit; None if it can."""
    if row.raster_units is not None:
        if unit in row.raster_units:
            return None
        wanted = " or ".join(f"{name!r} ({what})" for name, what in row.raster_units.items())
        return f"expected {wanted} for metric {row.name!r}, got {unit!r}; convert the raster"
    per_area = [name for name in UNITS if name.endswith(_PER_AREA)]
    if statistic == "integral" and unit != "ratio" and unit not in per_area:
        return (
            f"expected an amount per km2 ({', '.join(per_area)}) or a share of the area (ratio) "
            f"for statistic 'integral', got {unit!r}; amounts per cell add up by 'sum'"
        )
    if statistic == "sum" and unit in per_area:
        return (
            f"expected an amount per cell for statistic 'sum', got {unit!r}, an amount per km2; "
            "use statistic 'integral'"
        )
    if statistic == "sum" and UNITS[unit][0] in _INTENSIVE:
        return (
            f"expected an amount per cell for statistic 'sum', got {unit!r}, which does not add "
            "up from cell to cell; use statistic 'mean'"
        )
    return None


def _curve_faults(raw: object) -> list[Fault]:
    table = as_table(raw)
    speeds = [as_number(table.get(key, default)) for key, default in _SPEEDS.items()]
    known = [speed for speed in speeds if speed is not None]
    if all(lower < higher for lower, higher in pairwise(known)):
        return []
    told = ", ".join(f"{speed:g}" for speed in known)
    return [Fault((), f"expected cut_in < rated < cut_out [m/s], got {told}; sort them")]
